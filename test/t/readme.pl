#!/usr/bin/perl
# The study and every SQL block of README.md and of the pages in doc/ run as they stand, and answer what
# the page shows.
#
# The study runs in a database of its own, with a small map; then each section of the README and of the
# pages, its SQL blocks in order, in the same database. Blocks of Python run before the SQL of their
# section, since they write the file that it reads.
#
# A fenced block without a language that follows an SQL block, with nothing but blank lines between them,
# is its output. It must be what psql prints: the same lines and columns, texts and whole numbers equal,
# other numbers within $tolerance of each other, since their last digits belong to the processor. The
# widths of columns do not count. An output that no test can foresee is shown below the mark
#
#     <!-- not compared: why -->
#
# on a line of its own. It stands where the answer rests on the map (which is larger in the study, and
# another one on another processor) or on chance.
use strict;
use warnings;
use Cwd qw(getcwd);
use File::Temp qw(tempdir);
use FindBin;
use POSIX ();
use Test::More;
use lib $FindBin::Bin;
use TestServer;

# Digits of each source on the map: enough for its perplexity of 30, few enough for a test.
my $map_rows = 200;

# How far a number that is not whole may be off, as a share of itself.
my $tolerance = 1e-6;

my $top = getcwd();
my $server = TestServer->new('readme');
chomp(my $psql = `@{[ $ENV{PG_CONFIG} || 'pg_config' ]} --bindir`);
$psql .= '/psql';
my $work = tempdir(CLEANUP => 1);
symlink "$top/data", "$work/data" or die "could not link data: $!\n";

# Run a command in a directory; its status and its output, both streams.
sub run_in
{
    my ($directory, @command) = @_;
    my $pid = open my $out, '-|';
    die "could not fork: $!\n" unless defined $pid;
    if ($pid == 0) {
        chdir $directory and open STDERR, '>&', \*STDOUT and exec @command;
        # Without the destructors, which belong to the parent.
        POSIX::_exit(127);
    }
    my $text = do { local $/; <$out> };
    close $out;
    return ($?, $text // '');
}

sub psql
{
    my ($directory, @arguments) = @_;
    return run_in($directory, $psql, '-h', $server->{directory}, '-U', 'postgres', '-d', 'readme',
        '-X', '-q', '-v', 'ON_ERROR_STOP=1', @arguments);
}

# The lines that tell what failed: the errors, or else the end.
sub reason
{
    my @lines = split /\n/, shift;
    my @errors = grep { /ERROR|FATAL|HINT|DETAIL|error:/ } @lines;
    return join "\n", @errors ? @errors : @lines[($#lines < 10 ? 0 : -10) .. -1];
}

sub write_file
{
    my ($name, $text) = @_;
    open my $file, '>', $name or die "could not write $name: $!\n";
    print $file $text;
    close $file or die "could not write $name: $!\n";
}

# The sections of a page: name, the text of its Python, and its SQL blocks: query, output, and whether the
# output is not to be compared.
sub sections
{
    my ($page) = @_;
    my (@sections, $language, $block, $query, $unforeseen);
    local $_;
    open my $text, '<', "$top/$page" or die "could not read $page: $!\n";
    while (<$text>) {
        if (defined $language && /^```\s*$/) {
            if ($language eq 'sql') {
                push @{ $sections[-1]{sql} }, $query = { query => $block };
            } elsif ($language eq 'python') {
                $sections[-1]{python} .= $block;
            } elsif ($language eq '' && $query) {
                @$query{qw(output unforeseen)} = ($block, $unforeseen);
            }
            undef $query unless $language eq 'sql';
            undef $_ for $language, $unforeseen;
        } elsif (defined $language) {
            $block .= $_;
        } elsif (/^```(\w*)\s*$/) {
            ($language, $block) = ($1, '');
        } elsif (/^<!-- not compared: \S.* -->$/) {
            $unforeseen = 1;
        } elsif (/^#+ (.*)/) {
            push @sections, { name => $1, page => $page };
            undef $_ for $query, $unforeseen;
        } elsif (/\S/) {
            undef $_ for $query, $unforeseen;
        }
    }
    die "$page ends within a block\n" if defined $language;
    return @sections;
}

my $number = qr/-?\d+(?:\.\d+)?(?:e[-+]?\d+)?/;

# Whether two cells say the same: numbers within the tolerance, all else letter by letter.
sub cells_agree
{
    my ($left, $right) = @_;
    return 1 if $left eq $right;
    # Numbers are aligned to the right, and the width of the column moves them.
    s/^\s+// for $left, $right;
    my @left = split /($number)/, $left;
    my @right = split /($number)/, $right;
    return 0 if @left < 2 || @left != @right;
    for my $i (0 .. $#left) {
        next if $left[$i] eq $right[$i];
        return 0 if $i % 2 == 0 || "$left[$i] $right[$i]" =~ /^-?\d+ -?\d+$/;
        my ($size) = sort { $b <=> $a } map { abs } $left[$i], $right[$i];
        return 0 if abs($left[$i] - $right[$i]) > $tolerance * $size;
    }
    return 1;
}

# The first line in which the output of psql departs from the one shown; undef if there is none.
sub first_difference
{
    my ($shown, $printed) = @_;
    # Neither blanks at the end of a line nor blank lines at the end of a table say anything.
    s/ +$//mg, s/\s+\z/\n/ for $shown, $printed;
    my @shown = split /\n/, $shown;
    my @printed = split /\n/, $printed;
    my $headings = 1;
    for my $i (0 .. ($#shown > $#printed ? $#shown : $#printed)) {
        my ($left, $right) = ($shown[$i], $printed[$i]);
        my $difference = 'shown:   ' . ($left // '(nothing)') . "\nprinted: " . ($right // '(nothing)');
        return $difference unless defined $left && defined $right;
        my @left = split /\|/, $left, -1;
        my @right = split /\|/, $right, -1;
        if ($left =~ /^-[-+]*$/ && $right =~ /^-[-+]*$/) {
            # The rule below the headings; its columns are those of the headings, which were compared.
            $headings = 0;
        } elsif ($headings) {
            # Headings are centred, so the width of the column moves them.
            s/^\s+|\s+$//g for @left, @right;
            return $difference if join('|', @left) ne join '|', @right;
        } else {
            return $difference if @left != @right;
            cells_agree($left[$_], $right[$_]) or return $difference for 0 .. $#left;
        }
    }
    return undef;
}

my ($status, $text) = psql($top, '-v', "map_rows=$map_rows", '-f', 'demo/study.sql');
is($status, 0, 'the study runs to its end') or diag(reason($text));

my $has_python = (run_in($work, 'python3', '--version'))[0] == 0;
my $compared = 0;
# Between the outputs of two blocks.
my $end_of_block = '-- end of block --';
# A notice is no part of an output.
$ENV{PGOPTIONS} = '-c client_min_messages=warning';
for my $section (map { sections($_) } 'README.md', sort glob 'doc/*.md') {
    next unless defined $section->{sql};
    my @blocks = @{ $section->{sql} };
    my $where = "the SQL of '$section->{name}' in $section->{page}";
    SKIP: {
        my $name = "$where runs as it stands";
        if (defined $section->{python}) {
            skip "$name: there is no python3", 1 unless $has_python;
            write_file("$work/block.py", $section->{python});
            ($status, $text) = run_in($work, 'python3', 'block.py');
            $status == 0 or fail("$name (its Python)") or diag($text), next;
        }
        write_file("$work/block.sql", join '', map { "$_->{query}\n\\echo $end_of_block\n" } @blocks);
        ($status, $text) = psql($work, '-P', 'footer=off', '-f', 'block.sql');
        is($status, 0, $name) or diag(reason($text)), next;
        my @printed = split /^\Q$end_of_block\E\n/m, $text;
        for my $i (grep { defined $blocks[$_]{output} && !$blocks[$_]{unforeseen} } 0 .. $#blocks) {
            $compared++;
            my $difference = first_difference($blocks[$i]{output}, $printed[$i] // '');
            ok(!defined $difference, "$where answers what the page shows (block @{[ $i + 1 ]})")
                or diag($difference);
        }
    }
}
cmp_ok($compared, '>', 0, 'the pages show answers');

done_testing();
