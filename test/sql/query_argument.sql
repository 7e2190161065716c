-- The query argument that kmeans, kmeans_centers and tsne share: shapes and types of its columns,
-- ids, rows that are skipped, and everything that is refused. kmeans with k = 1 stands for all: with
-- one cluster the distance to the centre is easily worked out by hand.
\set VERBOSITY terse

CREATE TABLE points (id int, px smallint[]);
INSERT INTO points VALUES (3, '{4,0}'), (1, '{0,0}'), (2, '{2,3}');

-- Centre (2, 1): distances sqrt(5), 2, sqrt(5). Rows come back in ascending order of id.
SELECT id, cluster, abs(distance - CASE id WHEN 2 THEN 2 ELSE sqrt(5) END) < 1e-12 AS distance_ok,
    second_cluster, margin
FROM kmeans('SELECT id, px FROM points', 1);

-- Ids of any integer type are given back as bigint.
SELECT pg_typeof(id), count(*) FROM kmeans('SELECT id::smallint, px FROM points', 1) GROUP BY 1;
SELECT pg_typeof(id), count(*) FROM kmeans('SELECT id::bigint, px FROM points', 1) GROUP BY 1;

-- Extreme ids.
SELECT id FROM kmeans('VALUES (9223372036854775807, ''{1,2}''::real[]),
                              (-9223372036854775808, ''{1,2}'')', 1);

-- The array alone: the row number is the id, counting from 1; a skipped row is counted.
SELECT id FROM kmeans('VALUES (''{1}''::real[]), (NULL), (''{2}'')', 1);

-- All four array types, and domains over them.
CREATE DOMAIN image AS smallint[];
SELECT count(*) FROM kmeans('SELECT id, px::image FROM points', 1);
SELECT count(*) FROM kmeans('SELECT id, px::int[] FROM points', 1);
SELECT count(*) FROM kmeans('SELECT id, px::real[] FROM points', 1);
SELECT count(*) FROM kmeans('SELECT id, px::float8[] FROM points', 1);

-- Dimensions and lower bounds do not matter, storage order does.
SELECT id, distance FROM kmeans($$VALUES (1, '{{1,2},{3,4}}'::int[]), (2, '[5:8]={1,2,3,4}')$$, 1);

-- A type with an implicit cast to real[] is converted by it.
CREATE TYPE pair AS (a real, b real);
CREATE FUNCTION pair_to_array(pair) RETURNS real[] LANGUAGE sql IMMUTABLE
    AS 'SELECT ARRAY[$1.a, $1.b]';
CREATE CAST (pair AS real[]) WITH FUNCTION pair_to_array(pair) AS IMPLICIT;
SELECT id, distance FROM kmeans($$VALUES (1, ROW(0, 0)::pair), (2, ROW(0, 2)::pair)$$, 1);

-- Other types of ids: the first argument names the type, rows are in that type's order.
SELECT id, pg_typeof(id) FROM kmeans(NULL::text, $$VALUES ('b', '{1}'::real[]), ('a', '{2}')$$, 1);
SELECT id FROM kmeans(NULL::uuid,
    $$VALUES ('00000000-0000-0000-0000-000000000002'::uuid, '{1}'::real[]),
             ('00000000-0000-0000-0000-000000000001'::uuid, '{2}')$$, 1);
SELECT id FROM kmeans(NULL::text, $$VALUES ('b'::varchar, '{1}'::real[]), ('a', '{2}')$$, 1);
-- A domain's own values may be returned as the domain, others would evade its constraint.
CREATE DOMAIN even AS integer CHECK (VALUE % 2 = 0);
SELECT id, pg_typeof(id) FROM kmeans(NULL::even, $$VALUES (4::even, '{1}'::real[]), (2::even, '{2}')$$, 1);
SELECT id, pg_typeof(id) FROM kmeans(NULL::even, $$VALUES (1, '{1}'::real[])$$, 1);
SELECT id, pg_typeof(id) FROM kmeans(NULL::integer, $$VALUES (4::even, '{1}'::real[])$$, 1);
SELECT id, pg_typeof(id) FROM kmeans($$VALUES (4::even, '{1}'::real[])$$, 1);
SELECT cluster, size FROM kmeans_centers(NULL::date, $$VALUES ('2026-01-02'::date, '{1}'::real[])$$, 1);

-- Rows whose array is NULL are skipped; no rows give no rows.
SELECT count(*) FROM kmeans('SELECT id, CASE WHEN id <> 2 THEN px END FROM points', 1);
SELECT count(*) FROM kmeans('SELECT id, px FROM points WHERE false', 1);
SELECT count(*) FROM kmeans('SELECT id, NULL::real[] FROM points', 1);

-- The order in which the query returns its rows does not matter.
SELECT count(*) FROM (
    (SELECT * FROM kmeans('SELECT id, px FROM points ORDER BY id', 2)
     EXCEPT SELECT * FROM kmeans('SELECT id, px FROM points ORDER BY id DESC', 2))) AS difference;

-- Refused: columns.
SELECT * FROM kmeans('SELECT id, px, 1 FROM points', 1);
SELECT * FROM kmeans('SELECT FROM points', 1);
SELECT * FROM kmeans('SELECT id, id FROM points', 1);
SELECT * FROM kmeans('SELECT id, px::text FROM points', 1);
SELECT * FROM kmeans('SELECT id, px::numeric[] FROM points', 1);
SELECT * FROM kmeans('SELECT id::text, px FROM points', 1);
SELECT * FROM kmeans('SELECT id::numeric, px FROM points', 1);
SELECT * FROM kmeans(NULL::uuid, 'SELECT id, px FROM points', 1);
SELECT * FROM kmeans(NULL::uuid, 'SELECT px FROM points', 1);
SELECT * FROM kmeans(NULL::json, $$SELECT '1'::json, px FROM points$$, 1);
SELECT * FROM kmeans(NULL::point, $$SELECT '(1,2)'::point, px FROM points$$, 1);

-- Refused: rows.
SELECT * FROM kmeans('SELECT NULL::int, px FROM points', 1);
SELECT * FROM kmeans('SELECT 7, px FROM points', 1);
SELECT * FROM kmeans(NULL::text, $$SELECT 'x', px FROM points$$, 1);
SELECT * FROM kmeans($$VALUES (1, '{1,2}'::int[]), (2, '{1,2,3}')$$, 1);
SELECT * FROM kmeans($$VALUES (1, '{}'::int[])$$, 1);
SELECT * FROM kmeans($$VALUES (1, '{1,NULL}'::int[])$$, 1);
SELECT * FROM kmeans($$VALUES (1, '{1,NaN}'::real[])$$, 1);
SELECT * FROM kmeans($$VALUES (1, '{1,2,-Infinity}'::float8[])$$, 1);

-- Refused: statements.
SELECT * FROM kmeans('DELETE FROM points RETURNING id, px', 1);
SELECT * FROM kmeans('INSERT INTO points VALUES (4, ''{1,1}'') RETURNING id, px', 1);
SELECT * FROM kmeans('SELECT id, px FROM points; SELECT id, px FROM points', 1);
SELECT * FROM kmeans('CREATE TABLE sneaky (id int)', 1);
SELECT * FROM kmeans('COPY points TO STDOUT', 1);
SELECT * FROM kmeans('', 1);
SELECT * FROM kmeans(NULL::text, 1);
SELECT * FROM kmeans('SELECT id, px FROM no_such_table', 1);
SELECT * FROM kmeans('SELECT id px FROM points FROM points', 1);

-- SQLSTATEs of the errors above that have one of their own.
\set VERBOSITY sqlstate
SELECT * FROM kmeans('SELECT id, px, 1 FROM points', 1);
SELECT * FROM kmeans($$VALUES (1, '{1,2}'::int[]), (2, '{1,2,3}')$$, 1);
SELECT * FROM kmeans($$VALUES (1, '{1,NULL}'::int[])$$, 1);
SELECT * FROM kmeans($$VALUES (1, '{1,NaN}'::real[])$$, 1);
SELECT * FROM kmeans('SELECT 7, px FROM points', 1);
SELECT * FROM kmeans('CREATE TABLE sneaky (id int)', 1);

-- Memory is refused (54000), threads are within their range (22023).
SET synthdq.max_memory = '64kB';
SELECT * FROM kmeans('SELECT i, array_fill(i::float8, ARRAY[1000]) FROM generate_series(1, 100) i', 2);
SELECT * FROM kmeans(NULL::text, $$SELECT repeat('x', 1000) || i, '{1}'::real[] FROM generate_series(1, 100) i$$, 1);
RESET synthdq.max_memory;
SET synthdq.threads = 65;
\set VERBOSITY terse

-- All this left the table as it was.
SELECT count(*) FROM points;

DROP CAST (pair AS real[]);
DROP FUNCTION pair_to_array;
DROP TYPE pair;
DROP DOMAIN image;
DROP TABLE points;
