#!/usr/bin/perl
# Thousands of groups, and every place of SQL where an aggregate may stand.
#
# Each aggregate of the extension (taken from the catalog, so that none is forgotten) keeps about as much
# memory for a group as its SSPACE tells the planner, for groups as the study has them; hashed groups
# that exceed their memory go to disk and come back right; and ORDER BY, DISTINCT, GROUPING SETS,
# HAVING, FILTER, LATERAL and window frames give what a plain query of the same rows gives.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib $FindBin::Bin;
use TestServer;

# An estimate is honest if the truth is within this factor of it.
my $honest = 2;

my $groups = 2000;
# Of so many the memory is measured.
my $measured = 400;
my $server = TestServer->new('groups');
my $session = $server->session;

# Rows of a group: 100 numbers with fractions, 100 small integers, 100 tiny 8-bit images.
my $error = $session->query(qq{
    SET jit = off;
    CREATE TABLE many AS
    SELECT g, row AS id, hashint4(g * 1000 + row) / 1e8 AS x,
           (hashint4(-g * 1000 - row) & 63)::double precision AS y,
           row % 2 = 0 AS is_synthetic,
           ('{0,255,' || array_to_string(array_fill(hashint4(row) & 255, '{6}'), ',') || '}')::smallint[] AS i2
    FROM generate_series(1, $groups) g, generate_series(1, 100) row;
    ALTER TABLE many ADD i4 integer[], ADD f4 real[], ADD f8 double precision[];
    UPDATE many SET i4 = i2, f4 = i2, f8 = i2;
    VACUUM (FULL, ANALYZE) many});
is($error, '', 'the rows are made');
my %column_of = (
    %TestServer::columns,
    bigint => ['id::bigint', '(id % 4)::bigint'],
    text => [q{'label ' || id % 10}, q{chr(65 + id % 2)}],
    # Ten centres, of the shape of the images.
    map { ("px $_->[0];centers real[]" =>
            [ $_->[1], 'array_fill(1.5::real, ARRAY[10, cardinality(i2)])' ]) }
        [ 'smallint[]', 'i2' ], [ 'integer[]', 'i4' ], [ 'real[]', 'f4' ], [ 'double precision[]', 'f8' ],
);
my $hashed = q{SET max_parallel_workers_per_gather = 0; SET enable_sort = off;
    SET enable_hashagg = on;};
my $sorted = q{SET max_parallel_workers_per_gather = 0; SET enable_sort = on; SET enable_hashagg = off;};

# Groups of images of the usual size, for the memory that arrays take: 8-bit pixels, two thirds of them
# background as in digits, in each type of array; and the same scaled to [0, 1].
my $albums = 20;
$error = $session->query(qq{
    CREATE TABLE images AS
    SELECT g, row % 2 = 0 AS is_synthetic,
           ARRAY(SELECT greatest(0, (hashint4(g * 100000 + row * 1000 + p) & 1023) - 768)::smallint
                 FROM generate_series(1, 784) p) AS i2
    FROM generate_series(1, $albums) g, generate_series(1, 100) row;
    ALTER TABLE images ADD i4 integer[], ADD f4 real[], ADD f8 double precision[];
    UPDATE images SET i4 = i2, f4 = i2, f8 = i2;
    CREATE TABLE scaled AS
    SELECT g, is_synthetic, min_max_scale(i2, 0, 255) AS f4,
           min_max_scale(i2, 0, 255)::double precision[] AS f8 FROM images});
is($error, '', 'the groups of images are made');

# Of distributions for each position, and of centres, there is a group for a shape of images, not thousands: 28 x 28.
my $shapes = 10;
$error = $session->query(qq{
    CREATE TABLE large AS
    SELECT g, row, ARRAY(SELECT (hashint4(g * 100000 + row * 1000 + p) & 255)::smallint
                         FROM generate_series(1, 784) p) AS i2
    FROM generate_series(1, $shapes) g, generate_series(1, 50) row;
    ALTER TABLE large ADD i4 integer[], ADD f4 real[], ADD f8 double precision[];
    UPDATE large SET i4 = i2, f4 = i2, f8 = i2});
is($error, '', 'the large images are made');

# Stored states are columns too; of a megabyte each, a few in a group.
for my $type (grep { /^ecdf|^covariance/ } $server->state_types) {
    is($session->query("ALTER TABLE many ADD a_$type $type; UPDATE many SET a_$type = s
        FROM (SELECT $type(i2) AS s FROM many WHERE g = 1) one; VACUUM (FULL, ANALYZE) many;
        ALTER TABLE large ADD a_$type $type;
        UPDATE large SET a_$type = s FROM (SELECT $type(i2) AS s FROM large WHERE g = 1) one
            WHERE row <= @{[ $type eq 'covariance' ? 3 : 50 ]};
        VACUUM (FULL, ANALYZE) large"),
        '', "states of type $type are stored");
    $column_of{$type} = ["a_$type", "a_$type"];
}

# The memory of a hashed aggregation of the first groups in bytes, and the number of its batches.
sub hash_memory
{
    my ($call, $settings, $table, $n) = @_;
    my $plan = $session->query("$hashed $settings EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off)
        SELECT g, $call FROM $table WHERE g <= $n GROUP BY g");
    $plan =~ /HashAggregate.*Batches: (\d+)  Memory Usage: (\d+)kB/s or return;
    return wantarray ? ($2 * 1024, $1) : $2 * 1024;
}

my %groups_of = (many => $measured, large => $shapes, images => $albums, scaled => $albums);
my %empty = map {
    $_ => scalar hash_memory('count(*)', q{SET work_mem = '1GB';}, $_, $groups_of{$_}) } keys %groups_of;
$session->query('CREATE TABLE few AS SELECT * FROM many WHERE g <= 3 AND id <= 20; ANALYZE few');

for my $aggregate ($server->aggregates(\%column_of)) {
    my ($label, $name, $types, $arguments) = @$aggregate;
    my $list = join ', ', @$arguments;
    my $call = "$name($list)";

    # What the groups of an aggregate are like: shapes of images, images, or numbers.
    my $for_arrays = grep { /\[\]$/ } @$types;
    my $for_reals = grep { /^(real|double precision)\[\]$/ } @$types;
    my @tables = $name =~ /vector|kmeans/ || $types->[0] eq 'covariance' ? 'large' : !$for_arrays ? 'many'
        : $for_reals ? ('images', 'scaled') : 'images';
    (my $whole_images = $call) =~ s/\[2:7\]//g;
    my $declared = $session->query("SELECT aggtransspace FROM pg_aggregate
        WHERE aggfnoid = '$label'::regprocedure");
    # A density of the plane has ten thousands of nodes, that of this test has four.
    @tables = () if $name eq 'kde2d_merge';
    for my $table (@tables) {
        my $n = $groups_of{$table};
        my $memory = hash_memory($whole_images, q{SET work_mem = '1GB';}, $table, $n);
        my $each = int(($memory - $empty{$table}) / $n);
        ok($declared > 0 && $each <= $declared * $honest && $each >= $declared / $honest,
            "$label needs about as much memory as its SSPACE says, table $table")
            or diag("$each bytes a group, SSPACE $declared");
    }

    # The plain answer: one query for each group.
    my $plain = join ' ', map {
        $session->query("$sorted SELECT md5(($call)::text) FROM few WHERE g = $_") } 1 .. 3;
    like($plain, qr/^[0-9a-f]{32}( [0-9a-f]{32}){2}$/, "$label has a result") or next;
    my %queries = (
        'hashed groups' => "$hashed SELECT string_agg(md5(r::text), ' ' ORDER BY g)
            FROM (SELECT g, $call AS r FROM few GROUP BY g) v",
        'ORDER BY in the call' => "$sorted SELECT string_agg(md5(r::text), ' ' ORDER BY g)
            FROM (SELECT g, $name($list ORDER BY x) AS r FROM few GROUP BY g) v",
        'FILTER and HAVING' => "$hashed SELECT string_agg(md5(r::text), ' ' ORDER BY g)
            FROM (SELECT g, $call FILTER (WHERE id > 0) AS r FROM few GROUP BY g
                  HAVING ($call)::text IS NOT NULL) v",
        'GROUPING SETS' => "$hashed SELECT string_agg(md5(r::text), ' ' ORDER BY g)
            FROM (SELECT g, id, $call AS r FROM few GROUP BY GROUPING SETS ((g), (id), ())) v
            WHERE g IS NOT NULL",
        'LATERAL, rescanned' => "$sorted SELECT string_agg(md5(r::text), ' ' ORDER BY k)
            FROM generate_series(1, 3) k, LATERAL (SELECT $call AS r FROM few WHERE g = k) v",
        'a correlated subquery' => "$sorted SELECT string_agg(md5((SELECT $call FROM few WHERE g = k)::text),
            ' ' ORDER BY k) FROM generate_series(1, 3) k",
        'a window over whole groups' => "$sorted SELECT string_agg(md5(r::text), ' ' ORDER BY g)
            FROM (SELECT DISTINCT ON (g) g, $call OVER (PARTITION BY g) AS r FROM few ORDER BY g) v",
    );
    is($session->query($queries{$_}), $plain, "$label in $_") for sort keys %queries;

    # Frames that move lose rows at their start: there is no inverse, so they are made anew.
    is( $session->query("$sorted SELECT string_agg(md5(r::text), ' ' ORDER BY id) FROM (SELECT id, $call
            OVER (ORDER BY id ROWS BETWEEN 3 PRECEDING AND 2 FOLLOWING EXCLUDE CURRENT ROW) AS r
            FROM few WHERE g = 2) w WHERE id IN (5, 9)"),
        $session->query("$sorted SELECT string_agg(md5(r::text), ' ' ORDER BY k) FROM (SELECT k, $call AS r
            FROM (VALUES (5), (9)) v (k) JOIN few ON g = 2 AND id BETWEEN k - 3 AND k + 2 AND id <> k
            GROUP BY k) v"),
        "$label in a frame that moves and leaves out a row");

    # Rows twice, DISTINCT: for types that have an order.
    next if grep { /^ecdf|^covariance|^kde_(weighted|bins)|^kde2d_state/ } @$types;
    my $columns = join ', ', map { "$arguments->[$_] AS a$_" } 0 .. $#$arguments;
    my $names = join ', ', map { "a$_" } 0 .. $#$arguments;
    is($session->query("$sorted SELECT md5($name(DISTINCT $names)::text) FROM (SELECT $columns FROM few
            UNION ALL SELECT $columns FROM few) v"),
        $session->query("$sorted SELECT md5($name($names)::text) FROM (SELECT $columns FROM few
            UNION SELECT $columns FROM few) v"),
        "$label of DISTINCT rows");
}

# Hashed groups beyond work_mem: they are put on disk, and nothing is lost.
for my $call ('ks_test(x, is_synthetic)', 'mw_test(i2, is_synthetic)', 'ecdf(i2)') {
    my $sql = "SELECT md5(string_agg(r::text, ' ' ORDER BY g)) FROM (SELECT g, $call AS r FROM many GROUP BY g) v";
    my ($memory, $batches) = hash_memory($call, q{SET work_mem = '2MB'; SET hash_mem_multiplier = 1;},
        'many', $groups);
    cmp_ok($batches, '>', 1, "$call of $groups groups in 2 MB is done in batches");
    cmp_ok($memory, '<', 2 * 2 * 1024 * 1024, "$call stays near 2 MB");
    is($session->query("$hashed SET work_mem = '2MB'; SET hash_mem_multiplier = 1; $sql"),
        $session->query("$sorted SET work_mem = '1GB'; $sql"), "$call has the same results in batches");
}

done_testing();
