#!/usr/bin/perl
# The module loads when the server starts, or late; it brings threads and BLAS into a process only
# while it computes there; its settings are checked whenever it comes.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib $FindBin::Bin;
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

done_testing();
