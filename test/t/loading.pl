#!/usr/bin/perl
# The module loads when the server starts, or late; it brings threads and BLAS into a process only
# while it computes there; its settings are checked whenever it comes.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib $FindBin::Bin;
use File::Temp ();
use TestServer;

my $server = TestServer->new('loading', 'shared_preload_libraries=$libdir/synthdq', 'synthdq.threads=2');
my $session = $server->session;
my $pid = $session->pid;

is($session->query('SHOW synthdq.threads'), '2', 'a module loaded at the start of the server takes settings');

$session->query(q{
    CREATE TABLE images AS
    SELECT i AS id, array_agg((hashint4(i * 1000 + j) & 255)::smallint ORDER BY j) AS px
    FROM generate_series(1, 3000) i, generate_series(1, 64) j GROUP BY i;
    ANALYZE images});
is($session->query(q{SELECT count(*) FROM kmeans('SELECT id, px FROM images', 8)}),
    '3000', 'kmeans works there');

SKIP: {
    skip 'there is no /proc here', 2 unless -d "/proc/$pid/task";
    is(scalar(my @tasks = glob "/proc/$pid/task/*"), 1, 'no thread outlives a computation');
    open my $maps, '<', "/proc/@{[ $server->session->pid ]}/maps" or skip 'maps cannot be read', 1;
    ok(!(grep { /blas/ } <$maps>), 'a process that has not computed has no BLAS loaded');
}

# A process without the module knows nothing of its settings, until it is loaded.
my $late_server = TestServer->new('loading_late');
my $late = $late_server->session;
is($late->query('SET synthdq.threads = 3; SET synthdq.max_memory = nonsense'), '',
    'settings can be set before the module is loaded');
like($late->query(q{LOAD '$libdir/synthdq'; SHOW synthdq.threads}), qr/^3$/m,
    'they hold once it is loaded');
is($late->query('SHOW synthdq.max_memory'), '1GB', 'but those that make no sense fall back');
like($late->query('SET synthdq.threads = -1'), qr/^ERROR:  22023: .*synthdq\.threads/,
    'a number of threads below 0 is refused');
like($late->query('SET synthdq.progress = loud'), qr/^ERROR:  22023: .*synthdq\.progress/,
    'an unknown kind of progress report is refused');
like($late->query('SET synthdq.nonsense = 1'), qr/^ERROR:  42602: .*synthdq\.nonsense/,
    'a setting that does not exist is refused');

# OpenBLAS is looked for when it is needed.
my $missing = $late_server->session;
my $call = q{SELECT count(*) FROM pca('SELECT ARRAY[0.5::real, 2] UNION ALL SELECT ARRAY[3::real, 4]', 1)};
my @need = (
    q{SELECT count(*) FROM knn('SELECT i, ARRAY[i + 0.5::real] FROM generate_series(1, 2) i',
                               'SELECT i, ARRAY[i] FROM generate_series(1, 3) i', 2)},
    q{SELECT map_quality('SELECT i, ARRAY[i] FROM generate_series(1, 8) i',
                         'SELECT i, ARRAY[i, 0] FROM generate_series(1, 8) i', 2)},
    q{SELECT count(*) FROM neighbor_mixing('SELECT ARRAY[i + 0.5::real], i > 1 FROM generate_series(1, 2) i', 1)},
    q{SELECT count(*) FROM lda('SELECT ARRAY[i, i % 3], i % 2 FROM generate_series(1, 8) i', 1)},
    q{SELECT count(*) FROM tsne('SELECT ARRAY[i, i % 3] FROM generate_series(1, 8) i', 2)});
my @do_without = (
    q{SELECT count(*) FROM kmeans('SELECT ARRAY[0.5::real, 2] UNION ALL SELECT ARRAY[3::real, 4]', 2)},
    q{SELECT count(*) FROM neighbor_mixing('SELECT ARRAY[i], i > 1 FROM generate_series(1, 2) i', 1)},
    q{SELECT count(*) FROM pca('SELECT ARRAY[1, 2] UNION ALL SELECT ARRAY[3, 4]', 1)},
    q{SELECT count(*) FROM knn('SELECT i, ARRAY[i] FROM generate_series(1, 2) i',
                               'SELECT i, ARRAY[i] FROM generate_series(1, 3) i', 1)});
is($missing->query(q{LOAD '$libdir/synthdq'; SET synthdq.blas_library = 'libnone.so.9'}),
    '', 'another library can be named');
like($missing->query($call), qr/^ERROR:  58P01: could not load the OpenBLAS library "libnone\.so\.9".*HINT: .*libopenblas0-pthread/s,
    'a library that is missing is an error that names its Debian package');
like($missing->query($_), qr/^ERROR:  58P01: could not load/, "an error of $_") for @need;
is($missing->query($_), '2', "no need of it: $_") for @do_without;
is($missing->query('SELECT (ks_test(x, x < 3)).n_y FROM generate_series(1, 5) x'), '2',
    'what does without goes on working in the same session');
like($missing->query(q{SET synthdq.blas_library = 'libc.so.6'; } . $call), qr/^ERROR:  58P01: .*"libc\.so\.6"/,
    'a library without matrix products is not taken for it');
is($missing->query("RESET synthdq.blas_library; $call"), '2', 'once it is there it is used');

# One whose products are all nothing.
my $stub = File::Temp->newdir;
chmod 0755, $stub;
open my $source, '>', "$stub/stub.c" or die $!;
print $source "void cblas_sgemm(void) {}\nvoid cblas_dgemm(void) {}\n"
    . "void openblas_set_num_threads(int n) {}\nint openblas_get_parallel(void) { return 1; }\n";
close $source;
system($ENV{CC} // 'cc', '-shared', '-fPIC', '-o', "$stub/libstub.so", "$stub/stub.c") == 0 or die 'no compiler';
like($late_server->session->query(qq{LOAD '\$libdir/synthdq'; SET synthdq.blas_library = '$stub/libstub.so'; $call}),
    qr/^ERROR:  58000: the OpenBLAS library ".*libstub\.so" computes wrong products/,
    'a library that computes wrong products is an error');
like($missing->query(q{CREATE ROLE someone; SET ROLE someone; SET synthdq.blas_library = 'libc.so.6'}),
    qr/^ERROR:  42501: /, 'only superusers choose it');

done_testing();
