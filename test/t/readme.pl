#!/usr/bin/perl
# The study and every SQL block of README.md and of the pages in doc/ run as they stand.
#
# The study runs in a database of its own, with a small map; then each section of the README and of the
# pages, its SQL blocks in order, in the same database. Blocks of Python run before the SQL of their
# section, since they write the file that it reads.
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

# The sections of a page: name, and the text of its blocks by language.
sub sections
{
    my ($page) = @_;
    my (@sections, $block);
    local $_;
    open my $text, '<', "$top/$page" or die "could not read $page: $!\n";
    while (<$text>) {
        if (/^```\s*$/ || /^```(\w+)\s*$/) {
            $block = defined $block ? undef : ($1 // '');
        } elsif (defined $block) {
            $sections[-1]{$block} .= $_ if @sections;
        } elsif (/^#+ (.*)/) {
            push @sections, { name => $1, page => $page };
        }
    }
    return @sections;
}

my ($status, $text) = psql($top, '-v', "map_rows=$map_rows", '-f', 'demo/study.sql');
is($status, 0, 'the study runs to its end') or diag(reason($text));

my $has_python = (run_in($work, 'python3', '--version'))[0] == 0;
my $sections = 0;
for my $section (map { sections($_) } 'README.md', sort glob 'doc/*.md') {
    next unless defined $section->{sql};
    $sections++;
    SKIP: {
        my $name = "the SQL of '$section->{name}' in $section->{page} runs as it stands";
        if (defined $section->{python}) {
            skip "$name: there is no python3", 1 unless $has_python;
            write_file("$work/block.py", $section->{python});
            ($status, $text) = run_in($work, 'python3', 'block.py');
            $status == 0 or fail("$name (its Python)") or diag($text), next;
        }
        write_file("$work/block.sql", $section->{sql});
        ($status, $text) = psql($work, '-f', 'block.sql');
        is($status, 0, $name) or diag(reason($text));
    }
}
cmp_ok($sections, '>', 0, 'the pages have sections with SQL');

done_testing();
