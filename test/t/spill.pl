#!/usr/bin/perl
# Samples larger than synthdq.max_memory go to temporary files of the server: the answers are those
# without a limit, and no file is left after success, error, cancel, timeout or the end of the session.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use FindBin;
use lib $FindBin::Bin;
use TestServer;

# The promise is 100 ms on a machine with nothing else to do; a busy one gets more.
my $promise = 0.1;
my $allowed = 0.3;

# A server of its own: it logs each temporary file when it is removed.
my $server = TestServer->new('spill', 'log_temp_files=0', 'fsync=off');
my $control = $server->session;
my $session = $server->session;

# 1.5 million distinct numbers, some of which come twice.
my $error = $control->query(q{
    CREATE TABLE numbers AS
    SELECT id, hashint8(id % 1450000) / float8 '1e6' AS x, hashint8(-id) / float8 '1e6' AS y, id % 3 = 0 AS is_synthetic
    FROM generate_series(1, 1500000) id;
    CREATE TABLE chunks AS
    SELECT id / 10000 AS id, array_agg(x) AS x, is_synthetic FROM numbers GROUP BY id / 10000, is_synthetic;
    CREATE TABLE days AS SELECT id % 7 AS day, ecdf(x) AS e FROM numbers GROUP BY 1;
    VACUUM ANALYZE});
is($error, '', 'the rows are made');

sub files { return $control->query('SELECT count(*) FROM pg_ls_tmpdir()'); }

# Temporary files that the server has removed so far.
sub files_made
{
    my ($log) = glob "$server->{directory}/server.log";
    open my $file, '<', $log or die "$log: $!";
    return scalar grep { /temporary file: path/ } <$file>;
}

my $memory = q{SET max_parallel_workers_per_gather = 0; SET synthdq.max_memory = '4GB';};
my $disk = q{SET max_parallel_workers_per_gather = 0; SET synthdq.max_memory = '4MB';};
my $little = q{SET max_parallel_workers_per_gather = 0; SET synthdq.max_memory = '256kB';};
my $parallel = q{
    SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
    SET max_parallel_workers_per_gather = 2; SET parallel_leader_participation = off;
    SET synthdq.max_memory = '4MB';};

my @answers = (
    ['labelled rows', 'SELECT ks_test(x, is_synthetic), mw_test(x, is_synthetic) FROM numbers'],
    ['two columns', 'SELECT ks_test(x, y), mw_test(x, y) FROM numbers'],
    ['arrays', 'SELECT ks_test(x, is_synthetic) FROM chunks'],
    ['an ecdf and what is asked of it', q{
        SELECT n(e), cdf(e, 100), quantile(e, 0.3), mean(e), stddev(e), e = e, ks_test(e, e), mw_test(e, e)
        FROM (SELECT ecdf(x) AS e FROM numbers OFFSET 0) s}],
    ['its points', q{SELECT count(*), sum(n), min(value), max(value), max(cum)
        FROM (SELECT ecdf(x) AS e FROM numbers OFFSET 0) s, ecdf_points(e)}],
    ['its bytes', 'SELECT md5(ecdf_send(ecdf(x))) FROM numbers'],
    ['two ecdfs', q{SELECT ks_test(x, y) FROM (SELECT ecdf(x) AS x, ecdf(y) AS y FROM numbers OFFSET 0) s}],
    ['a union of stored ecdfs', 'SELECT md5(ecdf_send(ecdf(e))) FROM days'],
    ['groups', q{SELECT md5(string_agg(r::text, ',' ORDER BY g))
        FROM (SELECT id % 5 AS g, ks_test(x, is_synthetic) AS r FROM numbers GROUP BY 1) s}],
    ['several aggregates', q{SELECT ks_test(x, y), ks_test(x, is_synthetic), md5(ecdf_send(ecdf(y)))
        FROM numbers WHERE id <= 400000}],
);
for my $case (@answers) {
    my ($name, $sql) = @$case;
    my $want = $session->query("$memory $sql");
    unlike($want, qr/ERROR|^$/, "$name: there is an answer in memory");
    my $before = files_made();
    is($session->query("$disk $sql"), $want, "$name: the same within 4 MB");
    cmp_ok(files_made(), '>', $before, "$name: with the help of temporary files");
    is($session->query("$parallel $sql"), $want, "$name: the same in a parallel plan");
    is(files(), '0', "$name: no file is left");
}
my ($name, $sql) = ('a quarter of a megabyte', 'SELECT ks_test(x, is_synthetic) FROM numbers WHERE id <= 300000');
is($session->query("$little $sql"), $session->query("$memory $sql"), "$name is enough as well");
is($session->query(q{SELECT md5(ecdf_send(u)) = md5(ecdf_send(w)) FROM
    (SELECT ecdf(e) AS u FROM (SELECT ecdf(x) AS e FROM numbers GROUP BY id % 20) parts OFFSET 0) a,
    (SELECT ecdf(x) AS w FROM numbers OFFSET 0) b}), 't', 'the union of partitions is the whole');

# A frame whose result is asked for again and again, and a cursor that is left open in between.
is($session->query("$little SELECT count(*), max(m) FROM (SELECT quantile(e, 0) AS m FROM
    (SELECT id, ecdf(id + 0.5) OVER (ORDER BY id) AS e FROM generate_series(1, 20000) id) w
    WHERE id % 4000 = 0) s"), '5|1.5', 'a window over a sample on disk');
is(files(), '0', 'leaves no file');
$session->query("BEGIN; $disk DECLARE c CURSOR FOR SELECT g, n(e) FROM
    (SELECT id % 2 AS g, ecdf(x) AS e FROM numbers GROUP BY 1 OFFSET 0) s; FETCH 1 FROM c");
cmp_ok(files(), '>', 0, 'a cursor has files while it is open');
$session->query('CLOSE c');
is(files(), '0', 'none when it is closed');
$session->query('ROLLBACK');

# Errors: of the query, of the server's own limit, and caught in a subtransaction.
like($session->query("$disk SELECT ks_test(x, is_synthetic), sum(1 / (id - 1499999)) FROM numbers"),
    qr/^ERROR:  22012/, 'a query that fails for another reason fails for that reason');
is(files(), '0', 'and leaves no file');
like($session->query("$disk SET temp_file_limit = '2MB'; SELECT ks_test(x, is_synthetic) FROM numbers"),
    qr/^ERROR:  53400: temporary file size exceeds temp_file_limit \(2048kB\)/,
    q{temp_file_limit is answered with the server's own error});
is(files(), '0', 'and leaves no file');
is($session->query('RESET temp_file_limit; SELECT 1'), '1', 'the session works');
is($session->query(q{
    DO $$ BEGIN
        PERFORM set_config('temp_file_limit', '2MB', true);
        PERFORM ks_test(x, is_synthetic) FROM numbers;
    EXCEPTION WHEN configuration_limit_exceeded THEN NULL; END $$;
    SELECT count(*) FROM pg_ls_tmpdir()}), '0', 'no file is left of an error that was caught');

# A variable of PL/pgSQL keeps its value, and the files, over a commit.
is($session->query(q{
    DO $$ DECLARE e ecdf; BEGIN
        SELECT ecdf(x) INTO e FROM numbers;
        COMMIT;
        IF n(e) <> 1500000 OR quantile(e, 1) <> (SELECT max(x) FROM numbers) THEN RAISE 'wrong'; END IF;
    END $$;}), '', 'a variable outlives a transaction');
is(files(), '0', 'and leaves no file');

# Cancel: while rows are read and runs written, while they are merged, and while a test reads them.
my $rows = '(SELECT a.x, a.y, a.is_synthetic FROM numbers a, generate_series(1, 20)) r';
for my $case (['reading rows', "SELECT ks_test(x, y) FROM $rows", 1.0],
    ['reading rows with little memory', "SET synthdq.max_memory = '1MB'; SELECT ks_test(x, y) FROM $rows", 0.7],
    ['the test', q{SELECT ks_test(e, e) FROM (SELECT ecdf(x) AS e FROM numbers OFFSET 0) s,
        generate_series(1, 100)}, 2.0])
{
    my ($name, $sql, $wait) = @$case;
    my $pid = $session->pid;
    for my $moment ($wait, $wait + 0.13, $wait + 0.29) {
        $session->start("$disk $sql");
        sleep $moment;
        my $start = time;
        $control->query("SELECT pg_cancel_backend($pid)");
        like($session->finish, qr/^ERROR:  57014/, "$name answers a cancel after $moment s");
        my $seconds = time - $start;
        cmp_ok($seconds, '<', $allowed, "$name stops soon after it");
        diag(sprintf '%s: %.0f ms, promised are %.0f ms', $name, 1000 * $seconds, 1000 * $promise)
            if $seconds >= $promise;
        is(files(), '0', "no file is left of $name");
    }
    like($session->query("$disk SET statement_timeout = 900; $sql"), qr/^ERROR:  57014/,
        "$name answers statement_timeout");
    $session->query('RESET statement_timeout');
    is(files(), '0', "no file is left of $name");
}

# A connection that is terminated takes its files along.
my $doomed = $server->session;
$doomed->start("$disk SELECT ks_test(x, y) FROM $rows");
sleep 1;
cmp_ok(files(), '>', 0, 'a query has files while it runs');
$control->query("SELECT pg_terminate_backend(@{[ $doomed->pid ]})");
like($doomed->finish, qr/FATAL:  57P01/, 'it can be terminated');
for (1 .. 50) { last if files() eq '0'; sleep 0.1; }
is(files(), '0', 'its files are gone');

done_testing();
