#!/usr/bin/perl
# Bytes from outside are hostile: mutated text and binary input of the types, mutated files given to
# the image readers. Each call succeeds or raises an error that fits; the server never crashes, and no
# "cannot happen" error (class XX) shows.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib $FindBin::Bin;
use TestServer;

my $rounds = $ENV{ROUNDS} || 2000;
my $server = TestServer->new('inputs');
my $session = $server->session;
my $scratch = TestServer::scratch_directory();

# The same mutations on every run.
srand($ENV{SEED} || 20240607);

# A copy of the bytes with one to four random changes: a bit, a byte, a cut, an insertion, a piece
# repeated, eight bytes replaced by an extreme number.
sub mutate
{
    my ($bytes, $alphabet) = @_;
    my @extremes = (
        "\xff" x 8, "\x7f" . "\xff" x 7, "\x80" . "\0" x 7, "\0" x 8, "\x7f\xf8" . "\0" x 6,
        "\0\0\0\0\xff\xff\xff\xff", "\x7f\xff\xff\xff\x7f\xff\xff\xff");
    for (0 .. int rand 4) {
        my $length = length $bytes or last;
        my $at = int rand $length;
        my $kind = int rand 7;
        if ($alphabet && $kind != 3) {
            my $new = substr $alphabet, int(rand length $alphabet), 1;
            substr($bytes, $at, $kind < 4 ? 1 : 0) = $kind < 6 ? $new : $new x 40;
        } elsif ($kind == 0) {
            substr($bytes, $at, 1) ^= chr(1 << int rand 8);
        } elsif ($kind == 1) {
            substr($bytes, $at, 1) = chr int rand 256;
        } elsif ($kind == 2) {
            substr($bytes, $at, 8) = $extremes[rand @extremes];
        } elsif ($kind == 3) {
            $bytes = substr $bytes, 0, $at;
        } elsif ($kind == 4) {
            substr($bytes, $at, 0) = chr(int rand 256) x (1 + int rand 9);
        } elsif ($kind == 5) {
            substr($bytes, $at, 0) = substr $bytes, int(rand $length), 1 + int rand 16;
        } else {
            substr($bytes, int(rand 64) % $length, 1) = chr int rand 256;
        }
    }
    return $bytes;
}

# Count the outcomes of one subject; fail on what must not be.
sub judge
{
    my ($name, $outputs) = @_;
    my ($good, $refused) = (0, 0);
    for my $output (@$outputs) {
        if ($output =~ /connection lost/) {
            fail("$name: the server lives");
            diag($output);
            $session = eval { $server->session } || BAIL_OUT('no server any more');
            return;
        }
        my @states = $output =~ /^ERROR:  (\w{5}): /mg;
        # XX is "cannot happen"; 42 would be a mistake of this test.
        if (grep { /^(XX|42)/ } @states) {
            fail("$name: only errors show that fit a wrong input");
            diag($output);
            return;
        }
        @states ? $refused++ : $good++;
    }
    pass("$name: " . @$outputs . ' mutated inputs, each read or refused with a fitting error');
    note("$good read, $refused refused");
    cmp_ok($good, '>', 0, "$name: some of them are read");
}

# Everything that looks into a value. A mutated value that is accepted must be a sound one.
my %uses = (
    ecdf => q{n(s), mean(s), stddev(s), quantile(s, 0.5), cdf(s, 1),
              (SELECT count(*) FROM ecdf_points(s)), ks_test(s, s), mw_test(s, s),
              wasserstein(s, s), energy_distance(s, s), drift(s, s), chi2_test(s, s),
              (kde(s)).n, kruskal_test(ARRAY[s, s]), wilcoxon_test(s), ks_interval(s, s),
              auc_interval(s, s), brunner_munzel_test(s, s),
              CASE WHEN quantile(s, 0) >= 0 AND quantile(s, 1) <= 1 THEN ks_test_1samp(s) END,
              length(s::text)},
    covariance => q{n(s), n_positions(s), mean(s), length(covariance_combine(s, s)::text), length(s::text),
              CASE WHEN n_positions(s) < 100 THEN variances(s) END,
              CASE WHEN n_positions(s) < 100 THEN covariance_matrix(s) END},
    label_counts => q{chi2_final(s), cluster_agreement_final(s), label_counts_combine(NULL, s), length(s::text)},
    kde_bins => q{n(s), n_below(s), n_above(s), (kde(s)).n, kde_bins_combine(s, s), length(s::text)},
    kde_weighted => q{n(s), (kde(s)).n, kde_weighted_combine(s, s), length(s::text)},
    kde_merge_state => q{CASE WHEN right(left(s::text, 12), 2) = '01' THEN kde_merge_result(s)::text
              ELSE kde2d_merge_result(s)::text END, kde_merge_state_combine(s, s), length(s::text)},
    kde_state => q{(kde_result(s)).n, kde_state_combine(s, s), length(s::text)},
    kde2d_state => q{kde2d_state_combine(s, s), length(s::text),
              CASE WHEN split_part(s::text, ' ', 1)::integer < 300 THEN (kde2d_result(s)).n END},
    # Only few permutations, and small grids of the plane: hexadecimal digits of the texts say how many.
    kde_similarity_state => q{kde_similarity_state_combine(s, s), length(s::text),
              CASE WHEN substr(s::text, 2, 6) = '000000' THEN density_similarity(s) END,
              CASE WHEN substr(s::text, 2, 6) = '000000' THEN density_similarity_baseline(s) END},
    kde2d_similarity_state => q{kde2d_similarity_state_combine(s, s), length(s::text),
              CASE WHEN substr(s::text, 13, 6) || substr(s::text, 45, 14) = repeat('0', 20)
              THEN density_similarity_2d(s) END,
              CASE WHEN substr(s::text, 13, 6) || substr(s::text, 45, 14) = repeat('0', 20)
              THEN density_similarity_baseline_2d(s) END},
    kmeans_step_state => q{kmeans_step_final(s), kmeans_step_combine(s, s), length(s::text)},
    sample_pair => q{ks_final(s), mw_final(s), sample_pair_combine(s, s), length(s::text)},
    wilcoxon_state => q{wilcoxon_final(s), length(s::text)},
);

# Single numbers, small integers in arrays (they may have a representation of their own), extremes.
my %columns = (
    'double precision' => ['x', 'x * x'],
    'smallint[]' => ['ARRAY[x, 1]', 'ARRAY[x, x]'],
    'real[]' => ['ARRAY[x, 1]', 'ARRAY[x, x]'],
    'double precision[]' => ['ARRAY[x, 1]', 'ARRAY[x, x]'],
    boolean => ['x > 3'],
    bigint => ['x', 'x * x'],
    text => ['x', q{'"\\' || chr(228)}],
);
my @numbers = (
    'SELECT i % 5 FROM generate_series(1, 20) i',
    'SELECT i % 256 FROM generate_series(1, 300) i',
    'SELECT hashint4(i) / 1e7 FROM generate_series(1, 40) i',
    q{SELECT unnest('{-infinity, infinity, 1e150, 5e-324, 0.1}'::double precision[])},
    'SELECT 7',
);

for my $type ($server->state_types) {
    my @calls = $server->state_calls($type, \%columns);
    cmp_ok(scalar @calls, '>', 0, "there are aggregates with states of type $type");
    my $use = $uses{$type} || 'length(s::text)';
    $session->query("CREATE TABLE seeds_$type (id serial, s $type); CREATE TABLE got_$type (s $type)");
    for my $call (@calls) {
        # Not every number fits every type of array.
        $session->query("INSERT INTO seeds_$type (s) SELECT $call FROM ($_) v(x)") for @numbers;
    }
    cmp_ok($session->query("SELECT count(s) FROM seeds_$type"), '>=', 3, "there are seeds of $type");

    my @texts = split /\n/, $session->query("SELECT s::text FROM seeds_$type ORDER BY id");
    my @outputs;
    for (1 .. $rounds) {
        my $text = mutate($texts[rand @texts], ' ,:;(){}[]"0123456789+-.eExnNaIif~');
        $text =~ s/'/''/g;
        push @outputs, $session->query("SELECT $use FROM (SELECT '$text'::$type AS s OFFSET 0) v");
        last if $outputs[-1] =~ /connection lost/;
    }
    judge("the text input of $type", \@outputs);

    # Binary COPY is the way from SQL to the receive function: header, one field, trailer.
    my @images = map { pack 'H*', $_ }
        split /\n/, $session->query("SELECT encode(${type}_send(s), 'hex') FROM seeds_$type ORDER BY id");
    @outputs = ();
    for (1 .. $rounds) {
        my $bytes = mutate($images[rand @images]);
        open my $file, '>:raw', "$scratch/copy.bin" or die;
        print $file "PGCOPY\n\xff\r\n\0", pack('NNnN', 0, 0, 1, length $bytes), $bytes, pack('n', 65535);
        close $file;
        push @outputs, $session->query(qq{TRUNCATE got_$type;
            \\copy got_$type from $scratch/copy.bin (format binary)
            SELECT $use FROM got_$type});
        last if $outputs[-1] =~ /connection lost/;
    }
    judge("the binary input of $type", \@outputs);
}

# Whole files for the image readers, small enough for a literal.
my $pixels = join '', map { chr(($_ * 37) % 256) } 0 .. 5 * 6 * 7 - 1;
my $header = sub {
    my ($major, $text) = @_;
    my $padded = $text . ' ' x (63 - (10 + length $text) % 64) . "\n";
    return "\x93NUMPY" . chr($major) . "\0" . pack($major == 1 ? 'v' : 'V', length $padded) . $padded;
};
my %files = (
    idx_images => [
        pack('N4', 0x803, 5, 6, 7) . $pixels, pack('N3', 0x802, 5, 42) . $pixels,
        pack('N4', 0x803, 0, 6, 7) ],
    idx_labels => [ pack('N2', 0x801, 30) . substr $pixels, 0, 30 ],
    npy_rows => [
        $header->(1, q{{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }}) .
            pack('f<*', map { $_ / 3 } 1 .. 12),
        $header->(2, q{{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2, 3), }}) .
            pack('d<*', map { $_ / 3 } 1 .. 12),
        $header->(1, q{{'descr': '|u1', 'fortran_order': False, 'shape': (5,), }}) . 'abcde',
        $header->(1, q{{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }}) . 'abcdefghijkl',
        $header->(1, q{{'descr': '<f2', 'fortran_order': False, 'shape': (1, 4), }}) . 'abcdefgh' ],
);
my $has_gzip = eval { require IO::Compress::Gzip; 1 };
for my $function (sort keys %files) {
    my @seeds = @{ $files{$function} };
    for my $index (0 .. $#seeds) {
        my $output = $session->query("SELECT count(*) FROM $function('\\x" . unpack('H*', $seeds[$index]) . "')");
        like($output, qr/^\d+$/, "$function reads the unchanged file $index");
    }
    if ($has_gzip) {
        no warnings 'once';
        push @seeds, map {
            my $packed;
            IO::Compress::Gzip::gzip(\$_ => \$packed) or die $IO::Compress::Gzip::GzipError;
            $packed
        } @seeds;
    }
    my @outputs;
    for (1 .. $rounds) {
        my $hex = unpack 'H*', mutate($seeds[rand @seeds]);
        push @outputs, $session->query("SELECT count(*), max(length(f::text)) FROM $function('\\x$hex') f");
        last if $outputs[-1] =~ /connection lost/;
    }
    judge($function, \@outputs);
}

is($session->query('SELECT 1'), '1', 'the server is still up');

done_testing();
