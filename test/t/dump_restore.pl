#!/usr/bin/perl
# Stored states survive pg_dump and binary COPY, bit for bit, and the extension is dumped by name.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib $FindBin::Bin;
use TestServer;

my $server = TestServer->new('dump_restore');
my $session = $server->session;

my @types = $server->state_types;
cmp_ok(scalar @types, '>', 0, 'the extension has types whose values can be stored');

# Small integers, fractions, the extremes of double precision, nothing but NULLs, and no rows.
is($session->query(q{
    CREATE TABLE numbers AS
    SELECT id, id % 4 AS part,
           CASE id % 4 WHEN 0 THEN hashint4(id) & 255
                       WHEN 1 THEN hashint4(id) / 1e7
                       WHEN 2 THEN (ARRAY['-infinity', 'infinity', '1e308', '5e-324', '-0', '0.1',
                                          '-1.7976931348623157e308', NULL])[1 + id % 8]
                                  ::double precision
           END AS x
    FROM generate_series(1, 4000) id}), '', 'the numbers are made');
my %columns = (
    'double precision' => ['x', 'id'],
    'double precision[]' => ['ARRAY[x, 7]', 'ARRAY[x, id]'],
    'smallint[]' => ['ARRAY[id, id % 256]', 'ARRAY[part, 3]'],
    boolean => ['id % 2 = 0'],
    bigint => ['id % 50', 'part'],
    text => ['x', q{'"\\' || chr(228 + part)}],
);
for my $type (@types) {
    is($session->query("CREATE TABLE stored_$type (part int, state $type);
        INSERT INTO stored_$type VALUES (9, NULL)"), '', "values of $type can be stored");
    my @calls = $server->state_calls($type, \%columns);
    cmp_ok(scalar @calls, '>', 0, "there are aggregates with states of type $type");
    is($session->query("INSERT INTO stored_$type SELECT part, $_ FROM numbers GROUP BY part"),
        '', "$_ is stored") for @calls;
}

# Models are composites, whose numbers are dumped as text.
is($session->query(q{
    CREATE TABLE models AS
    SELECT columns, pca_fit(format('SELECT id, array_agg(x * hashint4(j)) FROM numbers, generate_series(1, %s) j
                                    WHERE part = 1 GROUP BY id', columns), 3) AS model
    FROM generate_series(3, 120, 39) columns;
    INSERT INTO models VALUES (0, NULL)}), '', 'models are stored');
my $models = q{SELECT count(*), count(model), sum(cardinality((model).components)),
                      md5(string_agg(md5(record_send(model)), ' ' ORDER BY columns)) FROM models};

# Densities are composites with arrays of two kinds; one has none.
my $finite = 'abs(x) < 1e9';
is($session->query(qq{
    CREATE TABLE densities AS
    SELECT part, kde(x, 100, 'silverman') FILTER (WHERE $finite) AS line,
           kde2d(x, x * id, 20, 'scott') FILTER (WHERE $finite) AS plane,
           kde_similarity(x, id % 8 > 3) FILTER (WHERE $finite) AS similarity,
           kde2d_similarity(x, x * id, id % 8 > 3, 20, 'scott') FILTER (WHERE $finite) AS similarity_2d
    FROM numbers GROUP BY part;
    INSERT INTO densities VALUES (9, NULL), (10, '(,,,7,,,,,)')}), '', 'densities are stored');
my $densities = q{SELECT count(*), count(line), sum(cardinality((plane).density)),
    md5(string_agg(md5(record_send(line)) || md5(record_send(plane)) || md5(record_send(similarity))
                   || md5(record_send(similarity_2d)), ' ' ORDER BY part)) FROM densities};

# All states of a type as one checksum of their binary form.
sub checksum
{
    my ($connection, $table, $type) = @_;
    return $connection->query(qq{
        SELECT count(state) || ' ' || md5(string_agg(md5(${type}_send(state)), ' '
                                              ORDER BY part, ${type}_send(state)))
        FROM $table});
}

my $scratch = TestServer::scratch_directory();
my $dump = $server->run('pg_dump');
like($dump, qr/CREATE EXTENSION IF NOT EXISTS synthdq/, 'the dump creates the extension by name');
unlike($dump, qr/CREATE FUNCTION/, 'the dump repeats no object of the extension');
open my $file, '>', "$scratch/dump.sql" or die;
print $file $dump;
close $file;

my $restored_server = TestServer->new('dump_restored');
my $restored = $restored_server->session;
my $output = $restored->query("DROP EXTENSION synthdq;\n\\i $scratch/dump.sql\n");
unlike($output, qr/ERROR/, 'the dump is restored without an error');
# The dump sets an empty search path for the session.
$restored->query('RESET search_path');

for my $type (@types) {
    my $want = checksum($session, "stored_$type", $type);
    like($want, qr/^[1-9]\d* [0-9a-f]{32}$/, "$type has binary output");
    is(checksum($restored, "stored_$type", $type), $want, "values of $type survive pg_dump");

    is($session->query(qq{
        \\copy stored_$type to $scratch/copy.bin (format binary)
        CREATE TABLE copied_$type (LIKE stored_$type);
        \\copy copied_$type from $scratch/copy.bin (format binary)
        }), '', "values of $type can be copied in binary form");
    is(checksum($session, "copied_$type", $type), $want, "values of $type survive binary COPY");

    is($session->query(qq{
        SELECT count(*) FROM stored_$type WHERE ${type}_send(state::text::$type) <> ${type}_send(state)}),
        '0', "values of $type survive a cast to text and back");
}

like($session->query($models), qr/^5\|4\|/, 'there are models');
is($restored->query($models), $session->query($models), 'models survive pg_dump');
is($session->query(qq{
    \\copy models to $scratch/copy.bin (format binary)
    CREATE TABLE copied (LIKE models);
    \\copy copied from $scratch/copy.bin (format binary)
    SELECT count(*) FROM models m JOIN copied c USING (columns) WHERE m.model IS DISTINCT FROM c.model}),
    '0', 'models survive binary COPY');

like($session->query($densities), qr/^\d+\|\d+\|[1-9]\d*\|[0-9a-f]{32}$/, 'there are densities');
is($restored->query($densities), $session->query($densities), 'densities survive pg_dump');
is($session->query(qq{
    \\copy densities to $scratch/copy.bin (format binary)
    CREATE TABLE copied_densities (LIKE densities);
    \\copy copied_densities from $scratch/copy.bin (format binary)
    SELECT count(*) FROM densities d JOIN copied_densities c USING (part)
    WHERE (d.line, d.plane, d.similarity, d.similarity_2d)
          IS DISTINCT FROM (c.line, c.plane, c.similarity, c.similarity_2d)}),
    '0', 'densities survive binary COPY');

my $question = q{
    SELECT ks_test(a.state, b.state), mw_test(a.state, b.state), mean(a.state), quantile(a.state, 0.25), n(b.state)
    FROM stored_ecdf a JOIN stored_ecdf b ON a.part = 0 AND b.part = 1 ORDER BY n(a.state), n(b.state)};
my $answer = $session->query($question);
unlike($answer, qr/ERROR|^\|/, 'stored states answer questions');
is($restored->query($question), $answer, 'restored states give the same answers');

unlike($restored->query('DROP EXTENSION synthdq'), qr/^DROP/, 'the extension cannot be dropped under them');
is($restored->query('DROP EXTENSION synthdq CASCADE'), '', 'but with CASCADE it can');
is($restored->query('CREATE EXTENSION synthdq'), '', 'and be created again');

done_testing();
