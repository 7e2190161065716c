#!/usr/bin/perl
# The query argument runs with the caller's rights, reads only, and must be one well-shaped SELECT.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib $FindBin::Bin;
use TestServer;

my $server = TestServer->new('rights');
my $owner = $server->session;

$owner->query(q{
    DROP ROLE IF EXISTS synthdq_reader;
    CREATE ROLE synthdq_reader;
    CREATE TABLE secret AS SELECT i AS id, ARRAY[i, 1]::real[] AS px FROM generate_series(1, 10) i;
    CREATE TABLE guarded AS SELECT i AS id, ARRAY[i, i % 3]::real[] AS px
                            FROM generate_series(1, 30) i;
    ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
    CREATE POLICY even ON guarded TO synthdq_reader USING (id % 2 = 0);
    GRANT SELECT ON guarded TO synthdq_reader;
    CREATE TABLE written (id int);
});

my $reader = $server->session;
$reader->query('SET ROLE synthdq_reader');

# All read their queries through the same code; each must use it.
my %functions = (
    kmeans => sub { "SELECT count(*) FROM kmeans(\$q\$$_[0]\$q\$, 2)" },
    kmeans_centers => sub { "SELECT sum(size) FROM kmeans_centers(\$q\$$_[0]\$q\$, 2)" },
    knn => sub { "SELECT count(*) FROM knn(\$q\$$_[0]\$q\$, \$q\$$_[0]\$q\$, 1)" },
    map_quality => sub { "SELECT (map_quality(\$q\$$_[0]\$q\$, \$q\$$_[0]\$q\$, 1)).n" },
    pca => sub { "SELECT count(*) FROM pca(\$q\$$_[0]\$q\$, 2)" },
    pca_fit => sub { "SELECT (pca_fit(\$q\$$_[0]\$q\$, 2)).n" },
    tsne => sub { "SELECT count(*) FROM tsne(\$q\$$_[0]\$q\$, perplexity => 2, n_iter => 10)" },
);

for my $name (sort keys %functions) {
    my $call = $functions{$name};

    is($owner->query($call->('SELECT id, px FROM guarded')), '30',
        "$name sees all rows for the owner of the table");
    is($reader->query($call->('SELECT id, px FROM guarded')), '15',
        "$name sees only the rows that row-level security shows to the caller");
    like($reader->query($call->('SELECT id, px FROM secret')), qr/^ERROR:  42501: permission denied/,
        "$name may not read a table that the caller may not read");

    for my $case (
        ['an INSERT', q{INSERT INTO written VALUES (1) RETURNING id, ARRAY[1.0, 2.0]::real[]}],
        ['a DELETE in WITH', q{WITH gone AS (DELETE FROM guarded RETURNING id, px)
                               SELECT id, px FROM gone}],
        ['SELECT INTO', q{SELECT id, px INTO copied FROM guarded}],
        ['two statements', q{SELECT id, px FROM guarded; SELECT id, px FROM guarded}],
        ['a statement hidden after a comment', qq{SELECT id, px FROM guarded --\n; DROP TABLE secret}],
        ['a utility statement', q{VACUUM}],
        ['SET', q{SET work_mem = 64}],
        ['COMMIT', q{COMMIT}],
        ['an empty text', q{}],
        ['a comment alone', q{-- nothing}],
        ['half a statement', q{SELECT id, px FROM}],
        ['a column of another type', q{SELECT id, id::text FROM guarded}],
        ['a text id', q{SELECT id::text, px FROM guarded}],
        ['three columns', q{SELECT id, px, px FROM guarded}],
        ['no column', q{SELECT FROM guarded}],
        ['a parameter', q{SELECT id, px FROM guarded WHERE id = $1}],
        ['an id twice', q{SELECT id % 5, px FROM guarded}],
        ['a NULL id', q{SELECT nullif(id, 3), px FROM guarded}],
        ['rows of different lengths', q{SELECT id, array_fill(1::real, ARRAY[id]) FROM guarded}],
        ['a NULL element', q{SELECT id, px || NULL::real FROM guarded}],
        ['NaN', q{SELECT id, px || 'NaN'::real FROM guarded}],
        ['an error while it runs', q{SELECT id, px || (1 / (id - 20))::real FROM guarded}],
      )
    {
        my ($what, $query) = @$case;
        my $output = $owner->query($call->($query));
        like($output, qr/^ERROR:  (?!XX|42883)\w{5}: /, "$name refuses $what");
        note($output);
    }
    my $queries = $name =~ /^(knn|map_quality)$/ ? 'NULL, NULL' : 'NULL';
    like($owner->query("SELECT count(*) FROM $name($queries, 2)"), qr/^ERROR:  (?!XX|42883)\w{5}: /,
        "$name refuses a NULL query");
}

# Those that ask for a label too.
my $labelled = q{SELECT (SELECT sum(c) FROM unnest((m).n) c)
                 FROM lda_fit('SELECT id, px, id %% 3 = 0 FROM %s', 1) m};
is($owner->query(sprintf $labelled, 'guarded'), '30', 'lda_fit sees all rows for the owner of the table');
is($reader->query(sprintf $labelled, 'guarded'), '15',
    'lda_fit sees only the rows that row-level security shows to the caller');
like($reader->query(sprintf $labelled, 'secret'), qr/^ERROR:  42501: permission denied/,
    'lda_fit may not read a table that the caller may not read');

for my $name ('kde_groups', 'kde2d_groups') {
    my $columns = $name eq 'kde_groups' ? 'px[1]' : 'px[1], sin(id)';
    my $call = "SELECT sum((density).n) FROM $name('SELECT id %% 3, $columns FROM %s', 5)";
    is($owner->query(sprintf $call, 'guarded'), '30', "$name sees all rows for the owner of the table");
    is($reader->query(sprintf $call, 'guarded'), '15',
        "$name sees only the rows that row-level security shows to the caller");
    like($reader->query(sprintf $call, 'secret'), qr/^ERROR:  42501: permission denied/,
        "$name may not read a table that the caller may not read");
    like($owner->query("SELECT count(*) FROM $name('DELETE FROM guarded RETURNING id, $columns')"),
        qr/^ERROR:  (?!XX|42883)\w{5}: /, "$name refuses a DELETE");
}

is($owner->query('SELECT count(*) FROM written'), '0', 'nothing was written');
is($owner->query('SELECT count(*) FROM guarded'), '30', 'nothing was deleted');
is($owner->query(q{SELECT to_regclass('copied') IS NULL}), 't', 'nothing was created');
is($owner->query(q{SELECT to_regclass('secret') IS NOT NULL}), 't', 'nothing was dropped');
is($owner->query(q{SELECT count(*) FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid
                   JOIN pg_extension e ON e.oid = d.refobjid
                   WHERE e.extname = 'synthdq' AND p.prosecdef}),
    '0', 'no function of the extension is SECURITY DEFINER');

$reader->query('RESET ROLE');
$owner->query('DROP OWNED BY synthdq_reader; DROP ROLE synthdq_reader');

done_testing();
