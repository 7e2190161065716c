#!/usr/bin/perl
# What synthdq.progress = notice tells while a computation runs.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep);
use FindBin;
use lib $FindBin::Bin;
use TestServer;

my $server = TestServer->new('progress', 'fsync=off');
my $session = $server->session;
my $control = $server->session;
my $pid = $session->pid;

# What a query says in so many seconds; then it is cancelled.
sub messages
{
    my ($seconds, $sql) = @_;
    $session->start($sql);
    sleep $seconds;
    $control->query("SELECT pg_cancel_backend($pid)");
    return $session->finish;
}

my $rows = 'SELECT i, ARRAY[sin(i), cos(i * 0.37), i % 13] FROM generate_series(1, 3000) i';
my $endless = "SELECT count(*) FROM tsne('$rows', n_iter => 1000000)";

$session->query('SET client_min_messages = notice');
unlike(messages(3, $endless), qr/NOTICE/, 'nothing is told unless asked for');
$session->query('SET synthdq.progress = notice');
my $told = messages(5, $endless);
like($told, qr/NOTICE:  00000: layout: \d+ of 1000000, KL \d\.\d+, \d+ s left/,
    'tsne tells the iteration, the divergence and the time left');
my @kl = $told =~ /KL (\d\.\d+)/g;
cmp_ok(scalar(@kl), '<=', 3, 'a line every two seconds, no more');
is($session->query("SELECT count(*) FROM tsne('$rows', n_iter => 10)"), '3000', 'what is short tells nothing');

done_testing();
