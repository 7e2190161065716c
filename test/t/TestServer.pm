# TestServer: what the TAP tests need of a server. Plain Perl and psql, no other module.
#
#   my $server = TestServer->new('cancel');    a new database with the extension, dropped at the end
#   ... TestServer->new('cancel', 'fsync=on')  the same in a server of its own with such settings
#   my $session = $server->session;            a psql that stays connected
#   $session->query('SELECT 1')                its output, errors included, as one string
#   $session->start('SELECT ...');             the same in two steps, to act while the query runs
#   my $output = $session->finish;
#   $server->run('pg_dump', '-Fc')             run a client program on the database; its output
#   $server->state_types                       the extension's types whose values can be stored
#   $server->aggregates(\%columns)             its aggregates, with arguments for a call of each
#   $server->state_calls($type, \%columns)     aggregate calls that give a value of such a type
#
# The server is the one that test/run started (SYNTHDQ_SERVER names its directory), or, if a test is
# run alone (prove test/t/cancel.pl), a throw-away server of its own.
package TestServer;
use strict;
use warnings;
use File::Temp ();
use Test::More ();

my $bindir = `@{[ $ENV{PG_CONFIG} || 'pg_config' ]} --bindir`;
chomp $bindir;

# Ended by a signal, a test still stops the server it started.
$SIG{$_} = sub { exit 1 } for qw(INT TERM HUP PIPE);

sub new
{
    my ($class, $database, @settings) = @_;
    my $self = bless { database => $database, directory => $ENV{SYNTHDQ_SERVER} }, $class;
    if (@settings || !$self->{directory}) {
        $self->{directory} = $self->{own} = File::Temp::tempdir('/tmp/synthdq-tap.XXXXXX');
        system('test/server', 'start', $self->{own}, @settings) == 0 or die "no server: $?\n";
    }
    my $admin = $self->session('postgres');
    $admin->query("DROP DATABASE IF EXISTS $database");
    my $output = $admin->query("CREATE DATABASE $database");
    die $output if $output ne '';
    $output = $self->session->query('CREATE EXTENSION synthdq');
    die $output if $output ne '';
    return $self;
}

# A connection to the test's database, or to another one.
sub session
{
    my ($self, $database) = @_;
    return TestServer::Session->new($self->{directory}, $database || $self->{database});
}

# The output of a client program of PostgreSQL, connected to the test's database.
sub run
{
    my ($self, $program, @arguments) = @_;
    my @command =
        ("$bindir/$program", '-h', $self->{directory}, '-U', 'postgres', @arguments);
    open my $pipe, '-|', @command, $self->{database} or die "could not run $program: $!\n";
    local $/;
    my $output = <$pipe>;
    close $pipe or die "$program failed\n";
    return $output;
}

# The extension's base types: each is the state of some aggregate, and can be stored.
sub state_types
{
    my ($self) = @_;
    return split /\n/, $self->session->query(q{
        SELECT t.typname FROM pg_type t JOIN pg_depend d ON d.objid = t.oid
        JOIN pg_extension e ON e.oid = d.refobjid
        WHERE e.extname = 'synthdq' AND t.typtype = 'b' AND t.typname !~ '^_' ORDER BY 1});
}

# A density of a composite type of n nodes, a function of a column x.
sub density
{
    my ($type, $n, $axes) = @_;
    return qq{jsonb_populate_record(NULL::$type, jsonb_build_object($axes, 'n', 2, 'density',
              array_fill(CASE WHEN abs(x) < 1e4 THEN abs(x) ELSE 3 END, ARRAY[$n])))};
}

# Arguments that are no column, by name and type: parameters, the same for all rows, and functions of a
# column x.
my %parameters = (
    'cdf_of_x double precision' => '0.5 + atan(x::double precision) / 4',
    'grid_size integer' => '20',
    'permutations integer' => '9',
    'seed bigint' => '5',
    'bandwidth text' => q{'scott'},
    'bandwidth double precision' => '0.7',
    'zero_method text' => q{'pratt'},
    'method text' => q{'auto'},
    'weight double precision' => '1 + (x > 0)::integer / 3.0',
    'bins integer' => '1000',
    'w kde_weighted' => 'kde_weighted_add(NULL, x, 1.5)',
    'b kde_bins' => 'kde_bins_add(NULL, x::double precision, -20, 30, 1000)',
    's kde2d_state' => 'kde2d_state_add(NULL, x::double precision, abs(x))',
    'k kde_result' => density('kde_result', 100, q{'x', (SELECT array_agg(i) FROM generate_series(1, 100) i)}),
    'k kde2d_result' => density('kde2d_result', 4, q{'x', ARRAY[0, 1], 'y', ARRAY[5, 7]}),
    (map { ("${_}lo double precision" => '-20', "${_}hi double precision" => '30') } '', 'x_', 'y_'),
);

# Arguments that fit only together, by the names and types of all of them, as functions of a column x: rows
# of two finite numbers and centres of as many.
my %lists = map {
    ("px $_;centers real[]" => [ "CASE WHEN abs(x) < 1e4 THEN ARRAY[x, 1]::$_ END",
            q{'{{0,0},{1,2},{-3,1}}'::real[]} ])
} 'smallint[]', 'integer[]', 'real[]', 'double precision[]';

# The functions of the extension that meet a condition on pg_proc p, each as its name, a reference to
# its argument types, and a reference to arguments for a call. %$columns has, for each type of data, a
# list of expressions to use in turn; an argument without one is undefined. It may have a list of arguments
# for "name type;name type" as well.
sub functions
{
    my ($self, $condition, $columns, $first_argument) = @_;
    my @functions;
    for my $row (split /\n/, $self->session->query(qq{
        SELECT p.proname, string_agg(coalesce(nullif(p.proargnames[n], ''), '-') || ' '
                                     || format_type(t, NULL), ';' ORDER BY n)
        FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass
        JOIN pg_extension e ON e.oid = d.refobjid,
        unnest(p.proargtypes) WITH ORDINALITY u (t, n)
        WHERE e.extname = 'synthdq' AND ($condition) AND n >= $first_argument
        GROUP BY p.oid ORDER BY 1, 2}))
    {
        my ($name, $declared) = split /\|/, $row;
        my (@types, @arguments, %used);
        for my $declaration (split /;/, $declared) {
            my ($type) = $declaration =~ /^\S+ (.*)$/;
            push @types, $type;
            push @arguments, $parameters{$declaration} // ($columns->{$type} || [])->[ $used{$type}++ ];
        }
        push @functions, [ $name, \@types, $columns->{$declared} || $lists{$declared} || \@arguments ];
    }
    return @functions;
}

# Columns by type, as in the tables of tests that call all aggregates.
our %columns = (
    'double precision' => ['x', 'y'],
    'smallint[]' => ['i2', 'i2[2:7]'],
    'integer[]' => ['i4', 'i4[2:7]'],
    'real[]' => ['f4', 'f4[2:7]'],
    'double precision[]' => ['f8', 'f8[2:7]'],
    boolean => ['is_synthetic'],
);

# Aggregates whose arrays must have all their elements, and finite ones, for a result.
my %needs_complete_arrays = map { $_ => 1 } qw(covariance kde);

# Such an array, made of an expression of a type.
sub complete_array
{
    my ($expression, $type) = @_;
    return $expression unless $type =~ /\[\]$/;
    my $complete = "array_replace($expression, NULL, 3)";
    return $complete unless $type eq 'double precision[]';
    return "array_replace(array_replace($complete, 'infinity', 1e3), '-infinity', -1)";
}

# The aggregates of the extension, each as a label, its name and references to its argument types and to
# arguments for a call, as in functions(). One for which %$columns has too little fails a test.
sub aggregates
{
    my ($self, $columns) = @_;
    my @aggregates;
    for my $function ($self->functions(q{p.prokind = 'a'}, $columns, 1)) {
        my ($name, $types, $arguments) = @$function;
        my $label = "$name(" . join(', ', @$types) . ')';
        if (grep { !defined } @$arguments) {
            Test::More::fail("this test knows a column for each argument type of $label");
        } else {
            $arguments = [ map { complete_array($arguments->[$_], $types->[$_]) } 0 .. $#$types ]
                if $needs_complete_arrays{$name};
            push @aggregates, [ $label, $name, $types, $arguments ];
        }
    }
    Test::More::cmp_ok(scalar @aggregates, '>', 0, 'the extension has aggregates');
    return @aggregates;
}

# Calls of aggregates that give a bare state of the type: for each function (state, value, ...) that
# returns the state, an aggregate without a final function is made. Those with arguments for which
# %$columns has nothing are left out.
sub state_calls
{
    my ($self, $type, $columns) = @_;
    my $session = $self->session;
    my @calls;
    for my $function ($self->functions("p.prokind = 'f' AND p.pronargs > 1 AND NOT p.proisstrict
        AND p.prorettype = '$type'::regtype AND p.proargtypes[0] = p.prorettype", $columns, 2))
    {
        my ($name, $types, $arguments) = @$function;
        next if grep { !defined } @$arguments;
        $arguments = [ map { complete_array($arguments->[$_], $types->[$_]) } 0 .. $#$types ]
            if $needs_complete_arrays{$type};
        $session->query("CREATE AGGREGATE state_of_$name(@{[ join ', ', @$types ]})
                         (SFUNC = $name, STYPE = $type)");
        push @calls, "state_of_$name(" .
            join(', ', map { "CAST($arguments->[$_] AS $types->[$_])" } 0 .. $#$types) . ')';
    }
    return @calls;
}

# A new directory for files of the test, removed at its end; psql's user may write there.
sub scratch_directory
{
    return File::Temp::tempdir(CLEANUP => 1);
}

sub DESTROY
{
    my ($self) = @_;
    local $?;
    if ($self->{own}) {
        system('test/server', 'stop', $self->{own});
    } elsif ($self->{directory}) {
        $self->session('postgres')->query("DROP DATABASE IF EXISTS $self->{database} WITH (FORCE)");
    }
}

package TestServer::Session;
use strict;
use warnings;
use IPC::Open2 ();

# psql echoes this after each query, so that we know where its output ends.
my $end_mark = '==end of output==';

sub new
{
    my ($class, $directory, $database) = @_;
    my $self = bless {}, $class;
    local $ENV{PGOPTIONS} = '-c client_min_messages=warning';
    $self->{process} = IPC::Open2::open2(
        my $output, my $input, 'sh', '-c', 'exec "$@" 2>&1', 'sh', "$bindir/psql",
        '-h', $directory, '-U', 'postgres', '-X', '-q', '-A', '-t', '-v', 'VERBOSITY=verbose',
        '-v', 'SHOW_CONTEXT=never', $database);
    $input->autoflush(1);
    @$self{qw(input output)} = ($input, $output);
    $self->{pid} = $self->query('SELECT pg_backend_pid()');
    return $self;
}

# The process id of the server's side.
sub pid { return $_[0]{pid}; }

# Send a query, or several, or backslash commands, without waiting for the answer.
sub start
{
    my ($self, $sql) = @_;
    local $SIG{PIPE} = 'IGNORE';
    $self->{input}->print("$sql\n;\n\\echo $end_mark\n");
}

# Wait for the answer. An error's line starts with "ERROR:  SQLSTATE: "; "connection lost" is added
# if the server went away.
sub finish
{
    my ($self) = @_;
    my $text = '';
    while (defined(my $line = $self->{output}->getline)) {
        return $text =~ s/\n\z//r if $line eq "$end_mark\n";
        # The place in the server's source, part of VERBOSITY=verbose, is of no interest.
        $text .= $line unless $line =~ /^LOCATION:  /;
    }
    return $text . 'connection lost';
}

sub query
{
    my ($self, $sql) = @_;
    $self->start($sql);
    return $self->finish;
}

sub DESTROY
{
    my ($self) = @_;
    local $?;
    close $self->{input};
    close $self->{output};
    waitpid $self->{process}, 0;
}

1;
