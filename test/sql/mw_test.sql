-- mw_test: shapes, results by hand, acceptance cases, hostile input, states.

CREATE FUNCTION near(got float8, want float8, tolerance float8 DEFAULT 1e-9) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$ SELECT abs(got - want) <= tolerance * abs(want) $$;

-- mw_small_exact. No pair has x > y: U = 0 of 9. Two of 20 assignments are as extreme.
-- sigma^2 = 9 * 7 / 12, z = -4.5 / sigma.
SELECT u, near(p_value, 0.1) AS p, near(log10_p, -1) AS log10_p, p_greater, near(p_less, 0.05) AS less,
    near(z, -4.5 / sqrt(63 / 12.0)) AS z, auc, cliffs_delta, n_x, n_y, method
FROM (SELECT (mw_test(x, y)).* FROM (VALUES (1, 4), (2, 5), (3, 6)) v(x, y)) r;
SELECT near(p_value, .0808556, 1e-5) AS p, method FROM mw_test('{1:1,2:1,3:1}'::ecdf, '{4:1,5:1,6:1}'::ecdf, 'asymptotic');

-- mw_sign: the real values are larger.
SELECT u, auc, cliffs_delta, near(p_greater, 0.05) AS greater, p_less
FROM (SELECT (mw_test(x, y)).* FROM (VALUES (10, 1), (11, 2), (12, 3)) v(x, y)) r;

-- mw_at_mean: U is its mean, p = 1 by either law.
SELECT m, a.p_value, a.z, b.p_value FROM (VALUES ('exact'), ('asymptotic')) v(m),
    mw_test('{1:1,4:1}'::ecdf, '{2:1,3:1}'::ecdf, m) a, mw_test('{1:1,4:1,5:1,8:1}'::ecdf, '{2:1,3:1,6:1,7:1}'::ecdf, m) b
ORDER BY m;

-- mw_all_equal, mw_big_tie
SELECT u, p_value, log10_p, p_greater, p_less, z, auc, cliffs_delta
FROM (SELECT (mw_test(x, y)).* FROM (VALUES (5, 5), (5, 5), (5, NULL)) v(x, y)) r;
SELECT m, u, p_value, z FROM (VALUES ('exact'), ('asymptotic')) v(m),
    mw_test('{5:3000000}'::ecdf, '{5:3000000}'::ecdf, m) ORDER BY m;
-- 2^31 - 1 zeros and a one against 2^31 zeros: one value sticks out, z = 1.
SELECT near(z, 1, 1e-8) AS z, n_x, method FROM mw_test('{0:2147483647,1:1}'::ecdf, '{0:2147483648}'::ecdf);

-- mw_zero_heavy, mw_tied_exact
SELECT u, cliffs_delta, near(p_value, .0019332922, 1e-7) AS p, method
FROM mw_test('{0:9500,1:250,2:250}'::ecdf, '{0:9400,1:300,2:300}'::ecdf);
SELECT u, near(p_less, .0764569, 1e-6) AS less, near(p_value, .1529137, 1e-6) AS p, method
FROM (SELECT (mw_test(ARRAY[0,0,0,0,1,2,3], ARRAY[0,0,1,1,3,4,5,5])).*) r;

-- ks_madlib_sample, its Mann-Whitney part
SELECT m, u, cliffs_delta, near(p_value, (CASE m WHEN 'exact' THEN .3546522034 ELSE .3507022237 END)) AS p
FROM (VALUES ('exact'), ('asymptotic')) v(m), mw_test(
    (SELECT ecdf(v) FROM unnest('{.22,-.87,-2.39,-1.79,.37,-1.54,1.28,-.31,-.74,1.72,.38,-.17,-.62,-1.10,.30,.15,2.30,.19,-.50,-.09}'::float8[]) v),
    (SELECT ecdf(v) FROM unnest('{-5.13,-2.19,-2.43,-3.83,.50,-3.25,4.32,1.63,5.18,-.43,7.11,4.87,-3.10,-5.81,3.76,6.31,2.58,.07,5.76,3.50}'::float8[]) v),
    m) ORDER BY m;

-- mw_z30: p underflows, its logarithm does not.
SELECT p_value, log10_p > -10000000 AS finite, log10_p < -100000 AS log10_p, p_greater, p_less
FROM mw_test('{0:1000000}'::ecdf, '{0:500000,1:500000}'::ecdf);

-- mw_swap
SELECT u, near(p_value, 1.38384e-8, 1e-5) AS p, method
FROM mw_test('{1:1,2:1}'::ecdf, (SELECT ecdf(i) FROM generate_series(3, 17002) i));
SELECT u, near(p_value, 1.38384e-8, 1e-5) AS p, method
FROM mw_test((SELECT ecdf(i) FROM generate_series(3, 17002) i), '{1:1,2:1}'::ecdf);

-- mw_one_sided: 11 of 126 assignments have U = 11.
SELECT u, near(p_greater + p_less, 1 + 11 / 126.0) AS sum
FROM (SELECT (mw_test(ARRAY[1,5,7,8], ARRAY[2,3,4,6,9])).*) r;

-- `greater` points the other way than in ks_test: here x is larger.
SELECT (mw_test(x, y)).p_greater < (mw_test(x, y)).p_less AS mw, (ks_test(x, y)).p_greater > (ks_test(x, y)).p_less AS ks
FROM (VALUES (10, 1), (11, 2), (12, 3)) v(x, y);

-- All shapes agree; u is counted by hand.
CREATE TEMP TABLE shape AS
    SELECT i AS id, ARRAY[i % 7, i % 3, -i % 5]::smallint[] AS px, i % 3 = 0 AS is_synthetic
    FROM generate_series(1, 60) i;
CREATE TEMP TABLE answer AS
    SELECT mw_test(x.e, y.e) AS r FROM (SELECT ecdf(px) AS e FROM shape WHERE NOT is_synthetic) x,
        (SELECT ecdf(px) AS e FROM shape WHERE is_synthetic) y;
CREATE TEMP TABLE real AS SELECT id, px FROM shape WHERE NOT is_synthetic;
CREATE TEMP TABLE fake AS SELECT row_number() OVER (ORDER BY id) AS id, px FROM shape WHERE is_synthetic;
SELECT (r).u = (SELECT sum((v > w)::int + (v = w)::int / 2.0) FROM real, fake, unnest(real.px) v, unnest(fake.px) w) AS u,
    (r).n_x, (r).n_y, (r).method FROM answer;
SELECT (SELECT mw_test(px, is_synthetic) = (SELECT r FROM answer) FROM shape) AS labelled,
    (SELECT mw_test(px::int[], is_synthetic) = (SELECT r FROM answer) FROM shape) AS int_labelled,
    (SELECT mw_test(px::real[], is_synthetic) = (SELECT r FROM answer) FROM shape) AS real_labelled,
    (SELECT mw_test(px::float8[], is_synthetic) = (SELECT r FROM answer) FROM shape) AS double_labelled,
    (SELECT mw_test(v, is_synthetic) = (SELECT r FROM answer) FROM shape, unnest(px) v) AS scalar_labelled;
SELECT (SELECT mw_test(real.px, fake.px) = (SELECT r FROM answer) FROM real FULL JOIN fake USING (id)) AS pair,
    (SELECT mw_test(a.px::int[], b.px::int[]) = (SELECT r FROM answer) FROM real a FULL JOIN fake b USING (id)) AS int_pair,
    (SELECT mw_test(a.px::real[], b.px::real[]) = (SELECT r FROM answer) FROM real a FULL JOIN fake b USING (id)) AS real_pair,
    (SELECT mw_test(a.px::float8[], b.px::float8[]) = (SELECT r FROM answer) FROM real a FULL JOIN fake b USING (id)) AS double_pair;
SELECT (mw_test(i, i + 1)).u = (mw_test(i::numeric, i + 1::numeric)).u AS numerics FROM generate_series(1, 10) i;

-- nan_everywhere: NaN and NULL are not there, -0 is 0, infinities are the ends.
-- x = {-inf, 0, 0, inf}, y = {-inf, 0, 1, inf}: U = 0.5 + 2 * 1.5 + 3.5.
SELECT n_x, n_y, u FROM (SELECT (mw_test(x, y)).* FROM
    (VALUES ('NaN'::float8, 1::float8), (0, '-0'), ('-0', NULL), (NULL, 'NaN'), ('Infinity', 'Infinity'),
    ('-Infinity', '-Infinity'), (NULL, NULL)) v(x, y)) r;

-- An empty side is a NULL result, and does not kill other groups.
SELECT mw_test(1::float8, NULL::float8) IS NULL AS one_side, mw_test(NULL::float8, NULL::float8) IS NULL AS both,
    mw_test(1::float8, true) IS NULL AS one_label, mw_test('{}'::int[], '{}'::int[]) IS NULL AS no_elements,
    mw_test('{}'::ecdf, '{1:1}'::ecdf) IS NULL AS empty_ecdf, mw_test('{1:1}'::ecdf, '{1:1}'::ecdf, NULL) IS NULL AS null_method;
SELECT mw_final(NULL) IS NULL AS by_hand;
SELECT g, (mw_test(x, y)).u FROM (VALUES (1, 1, 2), (2, NULL, 2), (3, 3, 3)) v(g, x, y) GROUP BY g ORDER BY g;

-- state_hygiene. Windows by hand: x = {1..i}, y = {4, 3, ... 5-i}: pairs with x > y, ties 1/2.
SELECT i, (mw_test(i, 5 - i) OVER (ORDER BY i)).u FROM generate_series(1, 5) i ORDER BY i;
SELECT (a).n_x = (b).n_x AS shared_state, (a).statistic, (b).u FROM (SELECT ks_test(i, i * i) AS a, mw_test(i, i * i) AS b FROM generate_series(1, 4) i) r;
CREATE TABLE mw_rows AS SELECT i % 4 AS g, CASE WHEN i % 11 > 0 THEN sin(i) END AS x,
    ARRAY[i % 251, NULL, i % 13]::int[] AS px, nullif(i % 3, 2) = 1 AS is_synthetic FROM generate_series(1, 20000) i;
ANALYZE mw_rows;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial AS SELECT g, mw_test(x, is_synthetic) AS a, mw_test(px, is_synthetic) AS b FROM mw_rows GROUP BY g;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT count(*), bool_and(s.a = p.a AND s.b = p.b) AS serial_is_parallel FROM serial s JOIN (SELECT g, mw_test(x, is_synthetic) AS a,
    mw_test(px, is_synthetic) AS b FROM mw_rows GROUP BY g) p USING (g);
RESET ALL;
DROP TABLE mw_rows;

-- Errors.
SELECT mw_test('{1:1}'::ecdf, '{1:1}'::ecdf, 'approximate');
\set VERBOSITY sqlstate
SELECT mw_test('{0:500,1:500}'::ecdf, '{0:400,1:500}'::ecdf, 'exact');
SELECT mw_test('a'::text, 'b'::text);
-- A forced exact p-value is held to synthdq.max_memory, and can be interrupted.
SET synthdq.max_memory = '1MB';
SELECT mw_test('{0:150,1:150}'::ecdf, '{0:150,1:140,2:10}'::ecdf, 'exact');
RESET synthdq.max_memory;
SET statement_timeout = '30ms';
SELECT mw_test((SELECT ecdf(i / 2) FROM generate_series(1, 250) i), (SELECT ecdf(i / 2 + 1) FROM generate_series(1, 250) i), 'exact');
RESET statement_timeout;
\set VERBOSITY default
DROP FUNCTION near;
