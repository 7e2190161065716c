-- The type sample_pair, the state of the two-sample aggregates, and its transition functions. An
-- aggregate that shows the state as it is makes them visible.
CREATE AGGREGATE pair(float8, float8) (SFUNC = sample_pair_add, STYPE = sample_pair, COMBINEFUNC = sample_pair_combine, PARALLEL = SAFE);
CREATE AGGREGATE pair(smallint[], smallint[]) (SFUNC = sample_pair_add, STYPE = sample_pair, COMBINEFUNC = sample_pair_combine, PARALLEL = SAFE);
CREATE AGGREGATE pair(integer[], integer[]) (SFUNC = sample_pair_add, STYPE = sample_pair, COMBINEFUNC = sample_pair_combine, PARALLEL = SAFE);
CREATE AGGREGATE pair(real[], real[]) (SFUNC = sample_pair_add, STYPE = sample_pair, COMBINEFUNC = sample_pair_combine, PARALLEL = SAFE);
CREATE AGGREGATE pair(float8[], float8[]) (SFUNC = sample_pair_add, STYPE = sample_pair, COMBINEFUNC = sample_pair_combine, PARALLEL = SAFE);
CREATE AGGREGATE pair(float8, boolean) (SFUNC = sample_pair_add, STYPE = sample_pair, COMBINEFUNC = sample_pair_combine, PARALLEL = SAFE);
CREATE AGGREGATE pair(smallint[], boolean) (SFUNC = sample_pair_add, STYPE = sample_pair, COMBINEFUNC = sample_pair_combine, PARALLEL = SAFE);
CREATE AGGREGATE pair(integer[], boolean) (SFUNC = sample_pair_add, STYPE = sample_pair, COMBINEFUNC = sample_pair_combine, PARALLEL = SAFE);
CREATE AGGREGATE pair(real[], boolean) (SFUNC = sample_pair_add, STYPE = sample_pair, COMBINEFUNC = sample_pair_combine, PARALLEL = SAFE);
CREATE AGGREGATE pair(float8[], boolean) (SFUNC = sample_pair_add, STYPE = sample_pair, COMBINEFUNC = sample_pair_combine, PARALLEL = SAFE);

-- Columns: x to the first side, y to the second; NULL and NaN are ignored per side.
SELECT pair(x, y) FROM (VALUES (1::float8, 10::float8), (2, NULL), (NULL, 10), (NULL, NULL), ('NaN', -0.0)) v(x, y);
SELECT pair(x, y) FROM (VALUES ('{1,2}'::smallint[], '{10}'::smallint[]), (NULL, '{NULL,10}'), ('{}', NULL), ('{1}', '{}')) v(x, y);
SELECT pair(x, y) FROM (VALUES ('{1,2}'::integer[], '{10}'::integer[]), (NULL, '{NULL,10}'), ('{}', NULL), ('{1}', '{}')) v(x, y);
SELECT pair(x, y) FROM (VALUES ('{1,2}'::real[], '{10}'::real[]), (NULL, '{NULL,10}'), ('{}', NULL), ('{1}', '{NaN}')) v(x, y);
SELECT pair(x, y) FROM (VALUES ('{1,2}'::float8[], '{10}'::float8[]), (NULL, '{NULL,10}'), ('{}', NULL), ('{1}', '{NaN}')) v(x, y);
-- Labels: true is synthetic, the second side; rows without label are ignored.
SELECT pair(x, s) FROM (VALUES (1::float8, false), (2, true), (3, NULL), (NULL, true), (2, true)) v(x, s);
SELECT pair(x, s) FROM (VALUES ('{1,2}'::smallint[], false), ('{2}', true), ('{3}', NULL), (NULL, true), ('{2}', true)) v(x, s);
SELECT pair(x, s) FROM (VALUES ('{1,2}'::integer[], false), ('{2}', true), ('{3}', NULL), (NULL, true), ('{2}', true)) v(x, s);
SELECT pair(x, s) FROM (VALUES ('{1,2}'::real[], false), ('{2}', true), ('{3}', NULL), (NULL, true), ('{2}', true)) v(x, s);
SELECT pair(x, s) FROM (VALUES ('{1,2}'::float8[], false), ('{2}', true), ('{3}', NULL), (NULL, true), ('{2}', true)) v(x, s);
-- Nothing on either side: NULL. Nothing on one side: an empty side.
SELECT pair(x, y) IS NULL AS nothing FROM (VALUES (NULL::float8, NULL::float8)) v(x, y);
SELECT pair(x, s) IS NULL AS nothing FROM (VALUES (1::float8, NULL::boolean), (NULL, true)) v(x, s);
SELECT pair(x, NULL::float8) FROM (VALUES (1::float8)) v(x);

-- Parallel = serial, by bytes; windows; groups.
CREATE TABLE rows (id int, x float8, px smallint[], s boolean);
INSERT INTO rows
SELECT i, CASE WHEN i % 11 = 0 THEN NULL ELSE sin(i) * (i % 5) END,
       CASE WHEN i % 13 = 0 THEN NULL ELSE ARRAY[i % 256, 0, 0, i * i % 256, NULL] END,
       CASE WHEN i % 17 = 0 THEN NULL ELSE i % 3 = 0 END
FROM generate_series(1, 3000) i;
ANALYZE rows;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
CREATE TEMP TABLE parallel AS SELECT pair(x, s) AS labelled, pair(px, s) AS pixels, pair(x, cos(x)) AS columns,
                                     pair(x, s) FILTER (WHERE id = 5) AS one, pair(x, s) FILTER (WHERE id < 0) AS none FROM rows;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial AS SELECT pair(x, s) AS labelled, pair(px, s) AS pixels, pair(x, cos(x)) AS columns,
                                   pair(x, s) FILTER (WHERE id = 5) AS one, pair(x, s) FILTER (WHERE id < 0) AS none FROM rows;
SELECT sample_pair_send(p.labelled) = sample_pair_send(s.labelled) AS labelled,
       sample_pair_send(p.pixels) = sample_pair_send(s.pixels) AS pixels,
       sample_pair_send(p.columns) = sample_pair_send(s.columns) AS columns,
       sample_pair_send(p.one) = sample_pair_send(s.one) AS one, p.none IS NULL AND s.none IS NULL AS none
FROM parallel p, serial s;
RESET ALL;
-- The sides are the ecdfs of their rows.
SELECT labelled::text = format('(%s,%s)', (SELECT ecdf(x) FROM rows WHERE NOT s), (SELECT ecdf(x) FROM rows WHERE s)) AS sides,
       pixels::text = format('(%s,%s)', (SELECT ecdf(px) FROM rows WHERE NOT s), (SELECT ecdf(px) FROM rows WHERE s)) AS sides
FROM serial;
SELECT id, pair(x, s) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
FROM (VALUES (1, 1.5::float8, true), (2, 2.5, false), (3, NULL, false), (4, 4.5, NULL), (5, 5.5, true)) v(id, x, s) ORDER BY id;
SELECT bool_and(labelled::text::sample_pair::text = labelled::text) AS text FROM serial;

-- Support functions by hand.
SELECT sample_pair_add(NULL, NULL::float8, NULL::float8) IS NULL, sample_pair_add(NULL, NULL::real[], NULL::real[]) IS NULL,
       sample_pair_add(NULL, 1.5, NULL::boolean) IS NULL, sample_pair_combine(NULL, NULL) IS NULL;
SELECT sample_pair_add('({1:1},{})', 1.5, 2.5::float8), sample_pair_add('({1:1},{})', NULL::float8, true),
       sample_pair_combine(NULL, '({},{1:1})'), sample_pair_combine('({},{1:1})', NULL),
       sample_pair_combine('({2:1},{1:1})', '({0:1},{1:1})');
SELECT p, sample_pair_add(p, 7, true) AS more, sample_pair_combine(p, p) AS twice, p AS unchanged
FROM (SELECT sample_pair_add(NULL, 1, 2::float8) AS p OFFSET 0) v;
SELECT sample_pair_send('({1:2},{})') = ('\x01020000' || '0000000000000001' || '3ff0000000000000' || '0000000000000002' || '0000000000000000')::bytea AS wire;
-- 2^31 observations a side are the limit.
SELECT sample_pair_add('({1:2147483648},{1:2147483647})', 5, true);
SELECT sample_pair_add('({1:2147483648},{1:2147483647})', 5, false);

-- Text that is not a pair.
\set VERBOSITY terse
SELECT '{1:1}'::sample_pair;
SELECT '({1:1})'::sample_pair;
SELECT '({1:1},{1:1}'::sample_pair;
SELECT '({1:1},{1:1},{1:1})'::sample_pair;
SELECT '({1:1},{2:1,1:1})'::sample_pair;
SELECT '({1:1}{2:1})'::sample_pair;

DROP TABLE rows;
DROP AGGREGATE pair(float8, float8), pair(smallint[], smallint[]), pair(integer[], integer[]), pair(real[], real[]),
               pair(float8[], float8[]), pair(float8, boolean), pair(smallint[], boolean), pair(integer[], boolean),
               pair(real[], boolean), pair(float8[], boolean);
