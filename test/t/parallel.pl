#!/usr/bin/perl
# Every aggregate gives the same bits in a parallel plan as in a serial one, for any order of rows,
# hashed or sorted, and in window frames; and the query argument of a set-returning function may
# itself run in parallel.
#
# The aggregates are taken from the catalog, so that none is forgotten: each of their argument types
# stands for a column below.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib $FindBin::Bin;
use TestServer;

my $server = TestServer->new('parallel');
my $session = $server->session;

# Values with ties, fractions, NULLs and infinities; arrays of 12 with NULL elements; NULL rows.
my $error = $session->query(q{
    CREATE TABLE rows_of_all_types AS
    SELECT id, id % 3 AS label, id % 7 = 0 AS is_synthetic,
           CASE WHEN id % 11 <> 0 THEN hashint4(id) / 1e8 END AS x,
           CASE WHEN id % 13 <> 0 THEN (hashint4(-id) % 50)::double precision END AS y,
           CASE WHEN id % 17 <> 0 THEN a::smallint[] END AS i2,
           CASE WHEN id % 17 <> 1 THEN a::integer[] END AS i4,
           CASE WHEN id % 17 <> 2 THEN a::real[] END AS f4,
           CASE WHEN id % 17 <> 3 THEN a || '{infinity,-0,0.1}'::double precision[] END AS f8
    FROM (SELECT id, array_agg(nullif(hashint4(id * 100 + j) & 255, 9) ORDER BY j) AS a
          FROM generate_series(1, 20000) id, generate_series(1, 12) j GROUP BY id) images;
});
is($error, '', 'the rows are made');

# Stored states are columns too, where the extension has their types.
my %column_of = (
    %TestServer::columns,
    bigint => ['hashint4(id) % 40', 'nullif(hashint4(-id) % 10, 3)'],
    text => [q{'label ' || hashint4(id) % 40}, q{nullif('source ' || id % 5, 'source 4')}],
);
my $table = 'rows_of_all_types';
for my $type (grep { /^ecdf|^covariance/ } $server->state_types) {
    my $array = $type eq 'covariance' ? TestServer::complete_array('i2', 'smallint[]') : 'i2';
    $column_of{$type} = ["a_$type", "a_$type"];
    $error = $session->query(qq{
        CREATE TABLE with_$type AS
        SELECT r.*, s.a_$type FROM $table r LEFT JOIN
            (SELECT id / 10 AS tens, $type($array) AS a_$type FROM rows_of_all_types GROUP BY 1) s
        ON r.id % 5 = 0 AND r.id / 10 = s.tens});
    is($error, '', "states of type $type are stored");
    $table = "with_$type";
}
$session->query(qq{
    CREATE TABLE shuffled AS SELECT * FROM $table ORDER BY hashint4(id);
    VACUUM ANALYZE});

my $serial = q{
    SET max_parallel_workers_per_gather = 0;};
my $parallel = q{
    SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
    SET max_parallel_workers_per_gather = 3; SET parallel_leader_participation = off;};

for my $aggregate ($server->aggregates(\%column_of)) {
    my ($label, $name, undef, $arguments) = @$aggregate;
    my $call = "$name(" . join(', ', @$arguments) . ')';
    my $sql = "SELECT md5(($call)::text) FROM $table";

    my $plan = $session->query("$serial EXPLAIN $sql");
    unlike($plan, qr/Gather/, "$label: the serial plan is serial");
    my $want = $session->query("$serial $sql");
    like($want, qr/^[0-9a-f]{32}$/, "$label has a result") or next;

    $plan = $session->query("$parallel EXPLAIN $sql");
    like($plan, qr/Finalize Aggregate.*Gather.*Partial Aggregate.*Parallel Seq Scan/s,
        "$label can run in parallel");
    is($session->query("$parallel $sql"), $want, "$label has the same bits in a parallel plan");
    is($session->query("$serial SELECT md5(($call)::text) FROM shuffled"),
        $want, "$label has the same bits for rows in another order");
    is($session->query("$parallel SELECT md5(($call)::text) FROM shuffled"),
        $want, "$label has the same bits for rows in another order in a parallel plan");

    my $grouped = "SELECT label, md5(($call)::text) FROM $table GROUP BY label ORDER BY label";
    $want = $session->query("$serial SET enable_hashagg = on; SET enable_sort = off; $grouped");
    is($session->query("$serial SET enable_hashagg = off; SET enable_sort = on; $grouped"),
        $want, "$label has the same bits in sorted groups as in hashed ones");
    is($session->query("$parallel SET enable_hashagg = on; $grouped"),
        $want, "$label has the same bits in groups of a parallel plan");
    $session->query('RESET enable_hashagg; RESET enable_sort');

    is($session->query("$parallel SELECT ($call) IS NULL FROM $table WHERE id < 0"),
        't', "$label of no rows is NULL in a parallel plan");
    is($session->query("$parallel SELECT count(*) FROM (SELECT label, $call FILTER (WHERE label = 1) r
                        FROM $table GROUP BY label) g WHERE r IS NULL"),
        '2', "$label of groups that FILTER empties is NULL in a parallel plan");

    is( $session->query("$serial SELECT string_agg(md5(r::text), ' ' ORDER BY id) FROM (SELECT id,
            $call OVER (ORDER BY id ROWS BETWEEN 25 PRECEDING AND CURRENT ROW) r
            FROM $table WHERE id <= 60) w WHERE id IN (26, 43, 60)"),
        $session->query("$serial SELECT string_agg(md5(r::text), ' ' ORDER BY last) FROM (
            SELECT last, $call AS r FROM (VALUES (26), (43), (60)) v(last)
            JOIN $table ON id BETWEEN last - 25 AND last GROUP BY last) g"),
        "$label gives in a window frame what it gives for the same rows alone");
    is( $session->query("$serial SELECT md5(r::text) FROM (SELECT id,
            $call OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) r
            FROM $table WHERE id <= 60) w WHERE id = 60"),
        $session->query("$serial SELECT md5(($call)::text) FROM $table WHERE id <= 60"),
        "$label may be asked again and again while its state grows");
}

# Many distinct numbers travel between the processes as they are. -0 is an integer, which is counted
# elsewhere; infinities are not.
$error = $session->query(q{
    CREATE TABLE many_numbers (label integer, is_synthetic boolean, x double precision)
        PARTITION BY LIST (label);
    CREATE TABLE many_numbers_0 PARTITION OF many_numbers FOR VALUES IN (0);
    CREATE TABLE many_numbers_1 PARTITION OF many_numbers FOR VALUES IN (1);
    INSERT INTO many_numbers
    SELECT i % 2, i % 3 = 0, CASE i % 100000 WHEN 1 THEN 'infinity' WHEN 2 THEN '-infinity'
                             WHEN 3 THEN 'nan' ELSE hashint8(i) / 8388608.1 END
    FROM generate_series(1::bigint, 600000) i;
    CREATE TABLE some_numbers AS SELECT * FROM many_numbers UNION ALL SELECT 0, true, '-0';
    ANALYZE});
is($error, '', 'rows of many numbers are made');
for my $call ('ecdf(x)', 'ks_test(x, is_synthetic)', 'mw_test(x, is_synthetic)',
    q{kde(CASE WHEN abs(x) < 1e300 THEN x END, 400, 'scott')}) {
    for my $from ('many_numbers', 'some_numbers') {
        my $sql = "SELECT md5(($call)::text) FROM $from";
        my $want = $session->query("$serial $sql");

        like($want, qr/^[0-9a-f]{32}$/, "$call of $from has a result");
        is($session->query("$parallel $sql"), $want, "$call of $from has the same bits in parallel");
        is( $session->query("$parallel SET parallel_leader_participation = on; $sql"),
            $want, "$call of $from has the same bits where the leader takes part");
    }
    my $grouped = "SELECT label, md5(($call)::text) FROM many_numbers GROUP BY label ORDER BY label";
    my $want = $session->query("$serial $grouped");
    is($session->query("$parallel $grouped"), $want, "$call of groups of many numbers is the same");
}
# Workers that finish their aggregates pass on values as they are stored.
my $by_partition = 'SELECT label, ecdf(x) AS e FROM many_numbers GROUP BY label';
my $plan = $session->query(
    "$parallel SET enable_partitionwise_aggregate = on; EXPLAIN $by_partition");
like($plan, qr/Gather.*Parallel Append.*Aggregate/s, 'partitions can be aggregated in workers');
$session->query("$parallel CREATE TABLE by_partition AS $by_partition");
is( $session->query('SELECT md5(ecdf_send(ecdf(e))) FROM by_partition'),
    $session->query("$serial SELECT md5(ecdf_send(ecdf(x))) FROM many_numbers"),
    'their distributions can be stored and united');
$session->query('RESET enable_partitionwise_aggregate');

# The plan of the query argument shows in auto_explain.
SKIP: {
    my $loaded = $session->query(q{
        LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0;
        SET auto_explain.log_nested_statements = on; SET auto_explain.log_analyze = on;
        SET client_min_messages = log});
    skip "auto_explain cannot be loaded: $loaded", 2 if $loaded =~ /ERROR/;
    my $sql = q{SELECT sum(cluster) >= 0 FROM kmeans('SELECT id, i4 FROM rows_of_all_types
        WHERE i4 IS NOT NULL AND array_position(i4, NULL) IS NULL', 3, n_init => 1)};
    my $output = $session->query("$parallel $sql");
    like($output, qr/Gather.*Workers Launched: [1-9].*Parallel Seq Scan/s,
        'the query argument of kmeans runs in parallel');
    like($output, qr/^t$/m, 'and kmeans has a result');
}

done_testing();
