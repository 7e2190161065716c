-- kmeans_step, kmeans_fit: by hand, loops to the end, kmeans() from the same centres, sameness over plans and order, its
-- state, awkward rows, and every error.
\set SHOW_CONTEXT never

-- 0, 2, 10, 11 and 15 to centres 1, 9 and 100: means 1 and 12, and the last one stays. Squared distances 1, 1, 1,
-- 4, 36; one centre moves by 3; the variance of all is (57.76 + 31.36 + 5.76 + 11.56 + 54.76) / 5 = 32.24.
CREATE TEMPORARY TABLE points (id int, px int[]);
INSERT INTO points VALUES (1, '{0}'), (2, '{2}'), (3, '{10}'), (4, '{11}'), (5, '{15}'), (6, NULL);
SELECT centers, sizes, inertia, moved, round(variance::numeric, 12) AS variance, n
FROM (SELECT (kmeans_step(px, '{{1},{9},{100}}')).* FROM points) s;
-- Then nothing moves any more.
SELECT moved, inertia FROM (SELECT (kmeans_step(px, '{{1},{12},{100}}')).* FROM points) s;
-- One centre: the mean, 7.6, and five times the variance about it.
SELECT centers, round(inertia::numeric, 4) AS inertia, round((n * variance)::numeric, 4) AS same
FROM (SELECT (kmeans_step(px, '{{7.6}}')).* FROM points) s;
-- Ties go to the lowest centre, as those of nearest_center.
SELECT (kmeans_step(px, '{{4},{2},{4}}')).sizes FROM (VALUES (ARRAY[3])) v(px);

-- All array types, and arrays of two dimensions with other lower bounds, give the same.
SELECT kmeans_step(px::smallint[], '{{1},{9}}') = r AS "smallint", kmeans_step(px::real[], '{{1},{9}}') = r AS "real",
    kmeans_step(px::float8[], '{{1},{9}}') = r AS "float8", kmeans_step(('[5:5][0:0]={{' || px[1] || '}}')::int[], '[3:4][0:0]={{1},{9}}') = r AS "2-D"
FROM points, (SELECT kmeans_step(px, '{{1},{9}}') AS r FROM points) one WHERE px IS NOT NULL GROUP BY r;

-- Nothing is counted: NULL.
SELECT kmeans_step(px, '{{1}}') IS NULL AS no_rows FROM points WHERE false;
SELECT kmeans_step(px, '{{1}}') IS NULL AS null_px FROM points WHERE px IS NULL;
SELECT kmeans_step(px, NULL) IS NULL AS null_px_first FROM points WHERE px IS NULL;
SELECT kmeans_step_final(NULL) IS NULL AS final, kmeans_step_combine(NULL, NULL) IS NULL AS combined;
SELECT id % 2 AS g, (kmeans_step(px, '{{1},{9}}') FILTER (WHERE id % 2 = 0)).sizes FROM points GROUP BY 1 ORDER BY 1;

-- Against joins, for rows of real numbers: means, sizes, inertia, variance.
CREATE TABLE step_rows AS
SELECT i AS id, i % 3 AS part, ARRAY[hashint4(i) / 1e7, hashint4(i * 7) / 1e9, i % 10 * 1e-3, i % 2 * 1e6]::float8[] AS px FROM generate_series(1, 5000) i;
ANALYZE step_rows;
CREATE TEMPORARY TABLE given AS SELECT array_agg(px::real[] ORDER BY id) AS centers FROM step_rows WHERE id IN (7, 1009, 4242);
ANALYZE given;
CREATE TEMPORARY TABLE step AS SELECT (kmeans_step(px, centers)).* FROM step_rows, given;
CREATE TEMPORARY TABLE assigned AS SELECT id, px, cluster, distance FROM step_rows, given, nearest_center(px, centers);
SELECT count(*) AS numbers, bool_and(abs(centers[cluster + 1][j] - mean) <= 1e-6 * abs(mean)) AS means, bool_and(sizes[cluster + 1] = a.n) AS sizes
FROM step, (SELECT cluster, j, avg(x) AS mean, count(*) AS n FROM assigned, unnest(px) WITH ORDINALITY u (x, j) GROUP BY cluster, j) a;
SELECT abs(inertia / (SELECT sum(distance ^ 2) FROM assigned) - 1) < 1e-12 AS inertia, n,
    abs(variance / (SELECT avg(v) FROM (SELECT var_pop(x) AS v FROM assigned, unnest(px) WITH ORDINALITY u (x, j) GROUP BY j) c) - 1) < 1e-9 AS variance
FROM step;

-- The same bits in any order of rows, in parallel plans, in hashed and sorted groups, merged from parts.
SELECT (SELECT kmeans_step(px, centers ORDER BY id DESC) FROM step_rows, given)::text = step::text AS descending,
    (SELECT kmeans_step(px, centers ORDER BY hashint4(id)) FROM step_rows, given)::text = step::text AS shuffled
FROM step;
CREATE AGGREGATE step_state(float8[], real[]) (SFUNC = kmeans_step_add, STYPE = kmeans_step_state);
CREATE AGGREGATE step_union(kmeans_step_state) (SFUNC = kmeans_step_combine, STYPE = kmeans_step_state);
CREATE TEMPORARY TABLE parts AS SELECT part, step_state(px, centers) AS s FROM step_rows, given GROUP BY part;
SELECT kmeans_step_final(step_union(s)) = (SELECT ROW(step.*)::kmeans_step_result FROM step) AS merged,
    kmeans_step_state_send(step_union(s)) = kmeans_step_state_send(step_union(s ORDER BY part DESC)) AS any_order,
    kmeans_step_state_send(step_union(s)) = (SELECT kmeans_step_state_send(step_state(px, centers ORDER BY hashint4(id))) FROM step_rows, given) AS same_bytes,
    kmeans_step_state_send(step_union(s)) = kmeans_step_state_send(step_union(s)::text::kmeans_step_state) AS round_trip
FROM parts;
-- A stored state is not changed by a query that goes on with it.
SELECT count(DISTINCT kmeans_step_add(s, ARRAY[1, 2, 3, 4], centers)::text) AS extended FROM parts, given;
SELECT kmeans_step_final(step_union(s)) = (SELECT ROW(step.*)::kmeans_step_result FROM step) AS unchanged FROM parts;
SELECT kmeans_step_combine(s, NULL)::text = s::text AS one, kmeans_step_combine(NULL, s)::text = s::text AS other FROM parts ORDER BY part LIMIT 1;
-- A window sees a growing state.
SELECT id, (kmeans_step(px, '{{1},{9}}') OVER (ORDER BY id)).sizes AS growing, (kmeans_step(px, '{{1},{9}}') OVER (ORDER BY id ROWS 1 PRECEDING)).sizes AS moving
FROM points ORDER BY id;

-- Numbers of all sizes: nothing is lost on the way, whatever the order.
SELECT (kmeans_step(ARRAY[x]::float8[], '{{0}}')).centers
FROM (VALUES (1, 3e38), (2, 1e-30), (3, -3e38), (4, 2e-30)) v(i, x);
SELECT (kmeans_step(ARRAY[x]::float8[], '{{0}}' ORDER BY i)).centers, (kmeans_step(ARRAY[x]::float8[], '{{0}}' ORDER BY x)).centers
FROM (VALUES (1, 2e30), (2, 9e-15), (3, -2e30)) v(i, x);

-- Real digits: from the same ten images, the loop in SQL ends where kmeans() of scikit-learn ends (test/reference/kmeans.py
-- has the inertia), and each pass has the same bits in a parallel plan.
\set data `echo "${PG_ABS_SRCDIR:-test}/../data"`
\set file :data/mnist-t10k-images-idx3-ubyte.gz
BEGIN;
\lo_import :file
\set loid :LASTOID
CREATE TABLE step_digits AS SELECT * FROM idx_images(lo_get(:loid)) WHERE id < 500;
\lo_unlink :loid
COMMIT;
ANALYZE step_digits;
CREATE TEMPORARY TABLE settled AS SELECT * FROM kmeans_centers('SELECT id, px FROM step_digits', 10, tol => 0, n_init => 1);
SET max_parallel_workers_per_gather = 0;
CREATE TEMPORARY TABLE loop_serial AS
WITH RECURSIVE lloyd AS (
    SELECT 0 AS i, array_agg(ARRAY(SELECT unnest(px))::real[] ORDER BY id) AS centers, NULL::float8 AS inertia, NULL::float8 AS moved FROM step_digits WHERE id < 10
    UNION ALL
    SELECT i + 1, (s).centers, (s).inertia, (s).moved
    FROM lloyd, LATERAL (SELECT kmeans_step(px, lloyd.centers) AS s FROM step_digits) step WHERE moved IS DISTINCT FROM 0 AND i < 100
)
SELECT * FROM lloyd;
SELECT count(*) BETWEEN 10 AND 40 AS passes, min(moved) AS last_moved, bool_and(inertia <= before * (1 + 1e-12)) AS falling, abs(min(inertia) / 1185163852.3100038 - 1) < 1e-3 AS ends_alike
FROM (SELECT *, lag(inertia) OVER (ORDER BY i) AS before FROM loop_serial) l WHERE before IS NOT NULL;
-- kmeans() with tol = 0 ends at a fixed point as well, but for what rounding to real moves.
SELECT sizes = (SELECT array_agg(size ORDER BY cluster) FROM settled) AS sizes, moved < 1e-6 * variance AS settled,
    abs(inertia / (SELECT sum(c.inertia) FROM settled c) - 1) < 1e-9 AS inertia
FROM (SELECT array_agg(center ORDER BY cluster) AS centers FROM settled) c, LATERAL (SELECT (kmeans_step(px, c.centers)).* FROM step_digits) s;
SET max_parallel_workers_per_gather = 3;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
SELECT count(*) AS passes, bool_and(s::text = (after.centers, after.inertia, after.moved)::text) AS same_bits
FROM (SELECT i, (SELECT ((s).centers, (s).inertia, (s).moved) FROM (SELECT kmeans_step(px, l.centers) AS s FROM step_digits) p) AS s FROM loop_serial l WHERE i < 5) parallel
    JOIN loop_serial after ON after.i = parallel.i + 1;
RESET ALL;

-- kmeans_fit, the loop: the first pass moves 9 to 12, the second nothing.
CALL kmeans_fit('SELECT px FROM points', centers => '{{1},{9}}');
-- From a sample, which is all rows here: the two groups, the larger one first.
CALL kmeans_fit('SELECT id, px FROM points -- with ids and a comment', k => 2);
CALL kmeans_fit('SELECT px FROM points; ', 2);
-- Many copies of few arrays: the sample has a first copy of each, so that all are found, with ids or without.
CALL kmeans_fit('SELECT ARRAY[i % 3 * 10] FROM generate_series(1, 999) i', k => 3, sample => 20);
CALL kmeans_fit('SELECT i, ARRAY[i % 3 * 10] FROM generate_series(1, 999) i', k => 4, sample => 50);
-- A cluster without rows keeps its centre; a single pass does not settle; what it found is gone on from.
CALL kmeans_fit('SELECT px FROM points', centers => '{{1},{9},{100}}');
CALL kmeans_fit('SELECT px FROM points', centers => '{{0},{9}}', max_iter => 1);
-- No rows: NULLs.
CALL kmeans_fit('SELECT px FROM points WHERE false', k => 2);
CALL kmeans_fit('SELECT px FROM points WHERE px IS NULL', centers => '{{1}}');
-- Whatever the search_path is.
BEGIN;
SET LOCAL search_path = pg_catalog;
CALL public.kmeans_fit('SELECT px FROM pg_temp.points', k => 2);
CREATE FUNCTION pg_temp.kmeans_step(int[], real[]) RETURNS int LANGUAGE sql AS 'SELECT 1 / 0';
CALL public.kmeans_fit('SELECT px FROM pg_temp.points', centers => '{{1},{9}}');
ROLLBACK;
-- Of the digits: the loop above, to the bit; and with scikit-learn's tolerance its inertia (test/reference/kmeans.py).
SELECT centers AS first FROM loop_serial WHERE i = 0 \gset
CALL kmeans_fit('SELECT px FROM step_digits', centers => :'first', tol => 0) \gset fit_
SELECT centers = :'fit_centers' AS centers, inertia = :fit_inertia AS inertia, i = :fit_iterations AS passes, :'fit_converged' AS converged
FROM loop_serial ORDER BY i DESC LIMIT 1;
CALL kmeans_fit('SELECT id, px FROM step_digits', centers => :'first') \gset fit_
SELECT abs(:fit_inertia / 1185163852.3100038 - 1) < 1e-6 AS inertia, :'fit_converged' AS converged;
-- Parallel passes and another order of rows change nothing, nor does the sample depend on them.
CALL kmeans_fit('SELECT px FROM step_digits', k => 5, sample => 100) \gset fit_
CALL kmeans_fit('SELECT px FROM step_digits ORDER BY id DESC', k => 5, sample => 100, seed => 0) \gset other_
SET max_parallel_workers_per_gather = 3;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
CALL kmeans_fit('SELECT px FROM step_digits', k => 5, sample => 100) \gset parallel_
RESET ALL;
CALL kmeans_fit('SELECT id, px FROM step_digits', k => 5, sample => 100, seed => -9223372036854775808) \gset seed_
SELECT :'fit_centers' <> :'seed_centers' AS seed, :'fit_centers' = :'other_centers' AND :fit_inertia = :other_inertia AS order, :'fit_centers' = :'parallel_centers' AND :fit_inertia = :parallel_inertia AS plan,
    (SELECT sum(n) FROM unnest(:'fit_sizes'::bigint[]) n) AS n, :fit_inertia < 1.02 * (SELECT sum(inertia) FROM kmeans_centers('SELECT id, px FROM step_digits', 5)) AS good;

-- Errors: centres.
SELECT kmeans_step(px, NULL) FROM points;
SELECT kmeans_step(px, '{}') FROM points;
SELECT kmeans_step(px, '{1,2}') FROM points;
SELECT kmeans_step(px, '{{{1}}}') FROM points;
SELECT kmeans_step(px, '{{1},{NULL}}') FROM points;
SELECT kmeans_step(px, '{{1},{NaN}}') FROM points;
SELECT kmeans_step(px, '{{1},{-Infinity}}') FROM points;
SELECT kmeans_step(px, ARRAY[[id]]::real[]) FROM points;
SELECT kmeans_step(px, CASE WHEN id < 3 THEN '{{1},{2}}' ELSE '{{1,2}}' END::real[]) FROM points;
SELECT kmeans_step(px, CASE WHEN id < 3 THEN '{{1},{2}}' ELSE '{{1},{NULL}}' END::real[]) FROM points;
SELECT kmeans_step_combine(a.s, kmeans_step_add(NULL, '{1}'::int[], '{{1}}')) FROM parts a WHERE part = 0;

-- Errors: rows.
SELECT kmeans_step('{1,2}'::int[], '{{1},{2}}');
SELECT kmeans_step('{}'::int[], '{{1},{2}}');
SELECT kmeans_step('{1,NULL}'::int[], '{{1,2}}');
SELECT kmeans_step('{1,NaN}'::real[], '{{1,2}}');
SELECT kmeans_step('{Infinity}'::float8[], '{{1}}');
SELECT kmeans_step('{1e200}'::float8[], '{{1}}');
SELECT kmeans_step('{1e39}'::float8[], '{{1}}');
SELECT kmeans_step(ARRAY[1e154]::float8[], '{{1}}') FROM generate_series(1, 3);

-- Errors: calls.
CALL kmeans_fit(NULL, k => 2);
CALL kmeans_fit('SELECT px FROM points');
CALL kmeans_fit('SELECT px FROM points', centers => '{{1},{9}}', k => 2);
CALL kmeans_fit('SELECT px FROM points', k => 0);
CALL kmeans_fit('SELECT px FROM points', k => 6);
CALL kmeans_fit('SELECT px FROM points', k => 2, max_iter => 0);
CALL kmeans_fit('SELECT px FROM points', k => 2, tol => -1);
CALL kmeans_fit('SELECT px FROM points', k => 2, sample => 0);
CALL kmeans_fit('SELECT px FROM points', k => 2, seed => NULL);
CALL kmeans_fit('SELECT px FROM points', centers => '{1,2}');
CALL kmeans_fit('SELECT id, px, 1 FROM points', k => 2);
CALL kmeans_fit('SELECT', k => 2);
CALL kmeans_fit('', k => 2);
CALL kmeans_fit('SELECT 1; SELECT 2', k => 2);
\set VERBOSITY sqlstate
CALL kmeans_fit('SELECT px FROM no_such_table', k => 2);
CALL kmeans_fit('SELECT id FROM points', k => 2);
CALL kmeans_fit('DELETE FROM points RETURNING px', k => 2);
CALL kmeans_fit('SELECT px FROM points) AS a, (SELECT px FROM points', k => 2);
\set VERBOSITY default
SELECT count(*) FROM points;

-- Errors: states.
SELECT ''::kmeans_step_state;
SELECT '\x00'::kmeans_step_state;
SELECT 'not hex \x'::kmeans_step_state;
SELECT '\x010000000000000001000000'::kmeans_step_state;
SELECT '\x01000000ffffffffffffffff'::kmeans_step_state;
-- More centres than memory allows.
SET synthdq.max_memory = '1MB';
SELECT (kmeans_step(array_fill(1, '{1000}'), array_fill(1::real, '{10,1000}'))).n;
\set VERBOSITY sqlstate
SELECT (kmeans_step(array_fill(1, '{1000}'), array_fill(1::real, '{100,1000}'))).n;
\set VERBOSITY default
RESET synthdq.max_memory;
DROP TABLE step_rows, step_digits;
