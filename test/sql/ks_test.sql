-- ks_test: shapes, results by hand, acceptance cases, hostile input, states.

CREATE FUNCTION near(got float8, want float8, tolerance float8 DEFAULT 1e-9) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$ SELECT abs(got - want) <= tolerance * abs(want) $$;

-- ks_small_exact. {1,2,3} lies below {4,5,6}: F - G is 1 at 3. Two of the C(6,3) = 20 assignments are
-- as extreme, one of them on this side.
SELECT statistic, near(p_value, 0.1) AS p, near(log10_p, -1) AS log10_p, d_plus, d_minus,
    near(p_greater, 0.05) AS greater, p_less, location, n_x, n_y, method
FROM (SELECT (ks_test(x, y)).* FROM (VALUES (1, 4), (2, 5), (3, 6)) v(x, y)) r;

-- ks_tie_block. {1,1,2} against {1,2,2}: F - G is 1/3 at 1, looked at after the whole block. Every
-- assignment differs somewhere by at least 1/3.
SELECT near(statistic, 1 / 3.0) AS d, p_value = 1 AS p, location
FROM (SELECT (ks_test(x, y)).* FROM (VALUES (1, 1), (1, 2), (2, 2)) v(x, y)) r;

-- ks_tie_conditional, ks_zero_heavy, ks_1_10_3_12, ks_5_5
SELECT statistic, near(p_value, 50 / 143.0) AS p, method
FROM (SELECT (ks_test(ARRAY[0,0,0,0,1,2,3], ARRAY[0,0,1,1,3,4,5,5])).*) r;
SELECT statistic, near(p_value, .002132066, 1e-6) AS p, method
FROM ks_test('{0:9500,1:250,2:250}'::ecdf, '{0:9400,1:300,2:300}'::ecdf);
SELECT statistic, near(p_value, .9944576, 1e-6) AS p
FROM (SELECT (ks_test(i::float8, i + 2)).* FROM generate_series(1, 10) i) r;
SELECT statistic, near(p_value, .0793651, 1e-6) AS p
FROM (SELECT (ks_test(ARRAY[1,2,3,4,9], ARRAY[5,6,7,8,10])).*) r;

-- ks_scale: no tolerance, no scale.
SELECT (ks_test(i * 5e-10, 5e-8 + i * 5e-10)).statistic FROM generate_series(0, 99) i;
SELECT a.statistic = b.statistic AS d, a.p_value = b.p_value AS p
FROM (SELECT (ks_test(i % 17, i * 7 % 23)).* FROM generate_series(1, 100) i) a,
    (SELECT (ks_test(i % 17 * 1e-9, i * 7 % 23 * 1e-9)).* FROM generate_series(1, 100) i) b;
SELECT statistic, p_value, log10_p, p_greater, p_less, location
FROM (SELECT (ks_test(sqrt(i), sqrt(i))).* FROM generate_series(1, 1000) i) r;

-- ks_1e5_equal, ks_near_copy
SELECT statistic, near(p_value, 8.47577e-18, 1e-6) AS p, method
FROM (SELECT (ks_test(i::float8, i + 1999.5)).* FROM generate_series(1, 100000) i) r;
SELECT statistic, p_value
FROM (SELECT (ks_test(2 * i, 2 * i + 1)).* FROM generate_series(1, 100000) i) r;

-- ks_881_369 is a law without a sample (unit test). A sample of these sizes takes the exact law.
SELECT n_x, n_y, method
FROM (SELECT (ks_test(sqrt(i), CASE WHEN i <= 369 THEN 2 * ln(i) END)).* FROM generate_series(1, 881) i) r;

-- All shapes agree.
CREATE TEMP TABLE shape AS
    SELECT i AS id, ARRAY[i % 7, i % 3, -i % 5]::smallint[] AS px, i % 3 = 0 AS is_synthetic
    FROM generate_series(1, 60) i;
CREATE TEMP VIEW answer AS
    SELECT (ks_test(x.e, y.e)).* FROM (SELECT ecdf(px) AS e FROM shape WHERE NOT is_synthetic) x,
        (SELECT ecdf(px) AS e FROM shape WHERE is_synthetic) y;
CREATE TEMP TABLE reality AS SELECT id, px FROM shape WHERE NOT is_synthetic;
CREATE TEMP TABLE fake AS SELECT row_number() OVER (ORDER BY id) AS id, px FROM shape WHERE is_synthetic;
SELECT near(statistic, d) AS statistic, n_x, n_y, method
FROM answer, (SELECT max(abs(f - g)) AS d FROM (SELECT
    (SELECT avg((v <= at)::int) FROM shape, unnest(px) v WHERE NOT is_synthetic) AS f,
    (SELECT avg((v <= at)::int) FROM shape, unnest(px) v WHERE is_synthetic) AS g
    FROM generate_series(-5, 7) at) c) by_hand;
SELECT (SELECT (ks_test(px, is_synthetic)) = (SELECT answer::text::ks_result FROM answer) FROM shape) AS labelled,
    (SELECT (ks_test(px::int[], is_synthetic)) = (SELECT answer::text::ks_result FROM answer) FROM shape) AS int_labelled,
    (SELECT (ks_test(px::real[], is_synthetic)) = (SELECT answer::text::ks_result FROM answer) FROM shape) AS real_labelled,
    (SELECT (ks_test(px::float8[], is_synthetic)) = (SELECT answer::text::ks_result FROM answer) FROM shape) AS double_labelled,
    (SELECT ks_test(v, is_synthetic) = (SELECT answer::text::ks_result FROM answer) FROM shape, unnest(px) v) AS scalar_labelled;
SELECT (SELECT ks_test(a.px, b.px) = (SELECT answer::text::ks_result FROM answer) FROM reality a FULL JOIN fake b USING (id)) AS pair,
    (SELECT ks_test(a.px::int[], b.px::int[]) = (SELECT answer::text::ks_result FROM answer) FROM reality a FULL JOIN fake b USING (id)) AS int_pair,
    (SELECT ks_test(a.px::real[], b.px::real[]) = (SELECT answer::text::ks_result FROM answer) FROM reality a FULL JOIN fake b USING (id)) AS real_pair,
    (SELECT ks_test(a.px::float8[], b.px::float8[]) = (SELECT answer::text::ks_result FROM answer) FROM reality a FULL JOIN fake b USING (id)) AS double_pair;

-- The two statements of the README, word for word.
ALTER TABLE reality RENAME TO real;
SELECT (ks_test).n_x, (ks_test).n_y FROM (SELECT ks_test(real.px, fake.px) FROM real FULL JOIN fake USING (id)) r;
SELECT (ks_test).n_x, (ks_test).n_y FROM (SELECT ks_test(real.px, fake.px) FROM (SELECT ecdf(px) AS px FROM real) real,
    (SELECT ecdf(px) AS px FROM fake) fake) r;

-- Scalars of other types are cast.
SELECT (ks_test(i, i + 1)).statistic = (ks_test(i::numeric, i + 1::numeric)).statistic AS numerics,
    (ks_test(i, i + 1)).statistic = (ks_test(i::real, (i + 1)::real)).statistic AS reals,
    (ks_test(i::smallint, i > 5)).statistic AS labelled
FROM generate_series(1, 10) i;

SELECT (ks_test(ARRAY[1], ARRAY[1.5::real])).statistic AS integers_and_reals;

-- Methods.
SELECT method, near(p_value, .0335416594) AS p FROM ks_test(
    (SELECT ecdf(v) FROM unnest('{.22,-.87,-2.39,-1.79,.37,-1.54,1.28,-.31,-.74,1.72,.38,-.17,-.62,-1.10,.30,.15,2.30,.19,-.50,-.09}'::float8[]) v),
    (SELECT ecdf(v) FROM unnest('{-5.13,-2.19,-2.43,-3.83,.50,-3.25,4.32,1.63,5.18,-.43,7.11,4.87,-3.10,-5.81,3.76,6.31,2.58,.07,5.76,3.50}'::float8[]) v),
    'exact');
SELECT method, abs(p_value / .002132066 - 1) < .02 AS p
FROM ks_test('{0:9500,1:250,2:250}'::ecdf, '{0:9400,1:300,2:300}'::ecdf, method => 'asymptotic');
SELECT method, p_value, log10_p < -1000 AS log10_p, log10_p > -100000 AS finite
FROM ks_test('{0:6300000,255:1540000}'::ecdf, '{0:6000000,255:1840000}'::ecdf);

-- nan_everywhere: NaN and NULL are not there, -0 is 0, infinities are the ends.
SELECT n_x, n_y, statistic, location FROM (SELECT (ks_test(x, y)).* FROM
    (VALUES ('NaN'::float8, 1::float8), (0, '-0'), ('-0', NULL), (NULL, 'NaN'), ('Infinity', 'Infinity'),
    ('-Infinity', '-Infinity'), (NULL, NULL)) v(x, y)) r;
SELECT n_x, n_y FROM (SELECT (ks_test('{NaN,1,NULL,-Infinity}'::real[], '{NULL,NaN,Infinity}'::real[])).*) r;
SELECT n_x, n_y FROM (SELECT (ks_test('{}'::int[], '{}'::int[])).*) r;

-- An empty side is a NULL result.
SELECT ks_test(1::float8, NULL::float8) IS NULL AS one_side, ks_test(NULL::float8, NULL::float8) IS NULL AS both,
    ks_test(1::float8, NULL::boolean) IS NULL AS no_label, ks_test(1::float8, true) IS NULL AS one_label,
    ks_test('NaN'::float8, 1::float8) IS NULL AS only_nan;
SELECT ks_test(x, x) IS NULL AS no_rows FROM (SELECT 1::float8 AS x WHERE false) v;
SELECT ks_test(x, x) FILTER (WHERE false) IS NULL AS all_filtered FROM (SELECT 1::float8 AS x) v;
SELECT ks_test('{}'::ecdf, '{1:1}'::ecdf) IS NULL AS empty_ecdf, ks_test(NULL::ecdf, '{1:1}'::ecdf) IS NULL AS null_ecdf,
    ks_test('{1:1}'::ecdf, '{1:1}'::ecdf, NULL) IS NULL AS null_method;
SELECT ks_final(NULL) IS NULL AS by_hand;
-- One bad group does not kill the others.
SELECT g, (ks_test(x, y)).statistic FROM (VALUES (1, 1, 2), (2, NULL, 2), (3, 3, 3)) v(g, x, y) GROUP BY g ORDER BY g;

-- state_hygiene: the final function leaves a growing state alone; many groups; serial = parallel.
-- By hand: x = {1..i}, y = {4, 3, ... 5-i}; then the last three of each.
SELECT i, near((ks_test(i, 5 - i) OVER (ORDER BY i)).statistic, (ARRAY[1, 1, 1/3.0, 0, 0.2, 1/3.0])[i]) AS d FROM generate_series(1, 6) i ORDER BY i;
SELECT i, near((ks_test(i, 5 - i) OVER (ORDER BY i ROWS 2 PRECEDING)).statistic, (ARRAY[1, 1, 1/3.0, 1/3.0, 1, 1])[i]) AS d FROM generate_series(1, 6) i ORDER BY i;
SELECT a = b AS shared_state FROM (SELECT ks_test(i, i * i) AS a, ks_test(i, i * i) AS b FROM generate_series(1, 9) i) r;
-- The rows repeat after 70, so all groups but the first (69 rows) and the last (1 row) are the same.
SELECT count(*), count(DISTINCT r) FROM (SELECT (ks_test(i % 10, i % 7))::text AS r FROM generate_series(1, 7000) i GROUP BY i / 70) r;

CREATE TABLE ks_rows AS SELECT i % 4 AS g, CASE WHEN i % 11 > 0 THEN sin(i) END AS x,
    ARRAY[i % 251, NULL, i % 13]::int[] AS px, nullif(i % 3, 2) = 1 AS is_synthetic FROM generate_series(1, 20000) i;
ANALYZE ks_rows;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial AS SELECT g, ks_test(x, is_synthetic) AS a, ks_test(px, is_synthetic) AS b FROM ks_rows GROUP BY g;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT count(*), bool_and(s.a = p.a AND s.b = p.b) AS serial_is_parallel FROM serial s JOIN (SELECT g, ks_test(x, is_synthetic) AS a,
    ks_test(px, is_synthetic) AS b FROM ks_rows GROUP BY g) p USING (g);
SET parallel_leader_participation = off;
SET enable_hashagg = off;
SELECT count(*), bool_and(s.a = p.a AND s.b = p.b) AS serial_is_parallel FROM serial s JOIN (SELECT g, ks_test(x, is_synthetic) AS a,
    ks_test(px, is_synthetic) AS b FROM ks_rows GROUP BY g) p USING (g);
RESET ALL;
DROP TABLE ks_rows;

-- Errors.
SELECT ks_test('{1:1}'::ecdf, '{1:1}'::ecdf, 'approximate');
SELECT ks_test('{1:1}'::ecdf, '{1:1}'::ecdf, '');
-- A thousand values of so many observations each, slightly fewer of the larger ones in x and more in y.
CREATE FUNCTION many(n int, slope int) RETURNS ecdf LANGUAGE sql AS $$
    SELECT ('{' || string_agg(i || ':' || n + i * slope, ', ' ORDER BY i) || '}')::ecdf FROM generate_series(1, 1000) i $$;
CREATE TEMP TABLE large AS SELECT many(20000, -1) AS x, many(20000, 1) AS y;
CREATE TEMP TABLE too_large AS SELECT many(1000000, -50) AS x, many(1000000, 50) AS y;
DROP FUNCTION many;
\set VERBOSITY sqlstate
SELECT ks_test(x, y, 'exact') FROM too_large;
SELECT (ks_test(x, y)).method FROM too_large;
-- A forced exact p-value can be interrupted, and the session lives.
SET statement_timeout = '50ms';
SELECT ks_test(x, y, 'exact') FROM large;
RESET statement_timeout;
SELECT (ks_test(x, y)).method FROM large;
SELECT ks_test('a'::text, 'b'::text);
\set VERBOSITY default
DROP FUNCTION near;
