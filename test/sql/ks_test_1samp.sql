-- ks_test_1samp: values against a distribution function, by hand and by scipy; NULL, NaN and values that
-- are no probabilities; methods; parallel plans and windows.
CREATE FUNCTION near(got double precision, want double precision, tolerance double precision DEFAULT 1e-9)
    RETURNS boolean LANGUAGE SQL AS 'SELECT abs(got - want) <= tolerance * abs(want)';

-- One value u: d_plus = 1 - u, d_minus = u, P(D >= d) = 2 (1 - d), one side 1 - d.
SELECT (ks_test_1samp(x, x / 8)).* FROM (VALUES (2.0)) v(x);
-- The least D there is, 1 / (2n), which every sample reaches.
SELECT statistic, p_value, n, method FROM (SELECT (ks_test_1samp(i, (i - 0.5) / 4)).* FROM generate_series(1, 4) i) r;
-- Four values in one place: looked at before and after the block.
SELECT statistic, d_plus, d_minus, location FROM (SELECT (ks_test_1samp(1, 0.5)).* FROM generate_series(1, 4)) r;
-- "greater": the distribution function of the values lies above F, they tend to be smaller. The other way
-- round than in mw_test.
SELECT p_greater < 0.01 AS smaller_than_f, p_less > 0.5 AS not_larger
FROM (SELECT (ks_test_1samp(i, i / 60.0)).* FROM generate_series(1, 20) i) r;

-- scipy.stats.kstest(x, 'expon') for x = 0.1, 0.5, 0.7, 1.3, 2.9 (scipy 1.10).
SELECT near(statistic, 0.19346934028736656, 1e-14) AS d, near(p_value, 0.9726046337144215, 1e-12) AS p,
    near(p_greater, 0.8437896470853938, 1e-12) AS greater, near(p_less, 0.6074841329461421, 1e-12) AS less
FROM (SELECT (ks_test_1samp(x, 1 - exp(-x))).* FROM unnest('{0.1,0.5,0.7,1.3,2.9}'::float8[]) x) r;

-- A law of 60 digits (test/reference/ks_one_sample.py has thousands): n = 100, D = .1 exactly.
SELECT near(p_value, 0.252692757006389930, 1e-13) AS both, method
FROM ks_test_1samp((SELECT ecdf(greatest((i - 10) / 100.0, 0)) FROM generate_series(1, 100) i));

-- Out of reach of the law.
SELECT p_value, log10_p, p_greater, p_less FROM (SELECT (ks_test_1samp(-i, 0)).* FROM generate_series(1, 3) i) r;

-- NULL and NaN; infinities are values. u = 0, 1/4, 1: D = 2/3 - 1/4.
SELECT n, near(statistic, 5 / 12.0, 1e-15) AS d FROM (SELECT (ks_test_1samp(x, u)).* FROM (VALUES (1::float8, 0.25::float8), (NULL, 0.5), (NULL, 7), ('NaN', 'NaN'),
    ('NaN', 7), (3, NULL), ('-Infinity', 0), ('Infinity', 1)) v(x, u)) r;
SELECT ks_test_1samp(NULL::float8, NULL::float8) IS NULL AS none, ks_test_1samp('NaN', 0.5) IS NULL AS nan,
    ks_test_1samp('{}'::ecdf) IS NULL AS empty, ks_test_1samp(NULL::ecdf) IS NULL AS null_ecdf,
    ks_test_1samp('{0:1}'::ecdf, NULL) IS NULL AS null_method, ks_test_1samp_final(NULL) IS NULL AS by_hand;
SELECT g, (ks_test_1samp(x, x)).n FROM (VALUES (1, 0.1), (2, NULL), (3, 0.3)) v(g, x) GROUP BY g ORDER BY g;

-- The aggregate, the plain function, and the union of parts are one.
CREATE TABLE one_rows AS SELECT i % 4 AS g, i / 20001.0::float8 AS x FROM generate_series(1, 20000) i;
ANALYZE one_rows;
SELECT ks_test_1samp(x, x * x) = ks_test_1samp(ecdf(x * x)) AS same FROM one_rows;
SELECT (SELECT ks_test_1samp(ecdf(e)) FROM (SELECT ecdf(x * x) AS e FROM one_rows GROUP BY g) parts) =
    (SELECT ks_test_1samp(x, x * x) FROM one_rows) AS union_is_whole;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial AS SELECT g, ks_test_1samp(x, x) AS r FROM one_rows GROUP BY g;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT count(*), bool_and(s.r = p.r) AS serial_is_parallel FROM serial s JOIN (SELECT g, ks_test_1samp(x, x) AS r FROM one_rows GROUP BY g) p USING (g);
RESET ALL;
-- Windows by hand: u = 0, 1/4, 2/4, 3/4, frames of two: D = 1 - 0, then max(1/2 - u1, 1 - u2, u1, u2 - 1/2).
SELECT i, statistic FROM (SELECT i, (ks_test_1samp(i, i / 4.0) OVER (ORDER BY i ROWS 1 PRECEDING)).* FROM generate_series(0, 3) i) r ORDER BY i;

-- Methods: 'auto' is exact while that is quick, and far out always.
SELECT n, (ks_test_1samp(e)).method AS auto, (ks_test_1samp(e, 'exact')).method AS exact, (ks_test_1samp(e, 'asymptotic')).method AS asymptotic,
    near((ks_test_1samp(e, 'asymptotic')).p_value, (ks_test_1samp(e, 'exact')).p_value, 1e-5) AS agree
FROM (SELECT n, ecdf((i - 0.5) / n - 0.8 / sqrt(n)) FILTER (WHERE (i - 0.5) / n >= 0.8 / sqrt(n)) AS e
    FROM (VALUES (1000), (10000)) v(n), generate_series(1, n) i GROUP BY n) r ORDER BY n;
-- D = .9: somewhat more than .1^n, the chance that all values are below .1.
SELECT method, p_value, log10_p BETWEEN -100000 AND -99900 AS far_out FROM (SELECT (ks_test_1samp('{0.1:100000}'::ecdf)).*) r;

-- Errors.
SELECT ks_test_1samp(1, 1.5);
SELECT ks_test_1samp(1, 'NaN');
SELECT ks_test_1samp('{0.5:3,Infinity:1}'::ecdf);
SELECT ks_test_1samp('{-0.5:1,0.5:3}'::ecdf, 'asymptotic');
SELECT ks_test_1samp('{0.5:1}'::ecdf, 'approximate');
CREATE TEMP TABLE many AS SELECT ecdf(i / 300001.0) AS e FROM generate_series(1, 300000) i;
SELECT ks_test_1samp(ecdf_combine(e, '{0.5:1100}'), 'exact') FROM many;
-- An exact law that takes a while can be interrupted.
SET statement_timeout = '30ms';
\set VERBOSITY sqlstate
SELECT ks_test_1samp(ecdf((i - 0.5) / 30000 * 0.995), 'exact') FROM generate_series(1, 30000) i;
\set VERBOSITY default
RESET statement_timeout;
DROP TABLE one_rows;
DROP FUNCTION near;
