-- wilcoxon_test: results by hand, acceptance cases, references, shapes, hostile input, states.

CREATE FUNCTION near(got float8, want float8, tolerance float8 DEFAULT 1e-9) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$ SELECT abs(got - want) <= tolerance * abs(want) $$;

-- wsr_neg_ties. All ranks are 2.5. Of 16 choices of signs one has no +, four have one: P(W+ <= 2.5) = 5/16.
-- The variance is 4 * 2.5^2 / 4.
SELECT * FROM (SELECT (wilcoxon_test(x, y)).* FROM (VALUES (1, 2), (2, 3), (3, 4), (5, 4)) v(x, y)) r;
-- wsr_ten_slices: the smallest p-value of ten pairs is 2 / 1024.
SELECT p_value = 2 / 1024.0 AS p, p_greater = 1 / 1024.0 AS greater, p_less, effect, n, method
FROM (SELECT (wilcoxon_test(i + i * 0.01, i)).* FROM generate_series(1, 10) i) r;

-- R: wilcox.test(x, y, paired = TRUE) of its help page (depression), exact and normal.
CREATE TABLE depression AS SELECT unnest('{1.83,0.50,1.62,2.48,1.68,1.88,1.55,3.06,1.30}'::float8[]) AS x,
    unnest('{0.878,0.647,0.598,2.05,1.06,1.29,1.06,3.14,1.29}'::float8[]) AS y;
SELECT w_plus, near(p_value, 0.0390625, 1e-12) AS p, near(p_greater, 0.01953125, 1e-12) AS greater, near(p_less, 0.986328125, 1e-12) AS less, method
FROM (SELECT (wilcoxon_test(x, y)).* FROM depression) r;
SELECT w_plus, near(p_value, 0.0381517101734152) AS p, near(p_greater, 0.0190758550867076) AS greater, near(p_less, 0.980924144913292) AS less, method
FROM (SELECT (wilcoxon_test(x, y, 'wilcox', 'asymptotic')).* FROM depression) r;

-- Ties and zeros in all three ways: normal by scipy, exact by counting all 1024 signs.
CREATE TABLE mixed AS SELECT unnest('{0,0,0,1,-1,2,2,-3,4,5,5,-5,6}'::float8[]) AS d;
SELECT zero_method, w_plus, w_minus, near(p_value, normal[1]) AS p, near(p_greater, normal[2]) AS greater, near(p_less, normal[3]) AS less,
    z > 0 AS z, n, n_ranked, n_zeros, method
FROM (VALUES ('wilcox', '{0.1834274418287195,0.09171372091435975,0.9082862790856403}'::float8[]),
    ('pratt', '{0.1796522097530573,0.08982610487652865,0.9101738951234714}'),
    ('zsplit', '{0.18289327757982765,0.09144663878991383,0.9085533612100862}')) want(zero_method, normal),
    wilcoxon_test((SELECT ecdf(d) FROM mixed), zero_method, 'asymptotic') ORDER BY 1;
SELECT zero_method, p_value = 2 * greater / 1024.0 AS p, p_greater = greater / 1024.0 AS greater, p_less = less / 1024.0 AS less, method
FROM (VALUES ('wilcox', 106, 934), ('pratt', 98, 936), ('zsplit', 98, 936)) want(zero_method, greater, less),
    wilcoxon_test((SELECT ecdf(d) FROM mixed), zero_method) ORDER BY 1;
-- The shapes agree.
SELECT m, z, (SELECT wilcoxon_test(d, 0, z, m) FROM mixed) = wilcoxon_test((SELECT ecdf(d) FROM mixed), z, m) AS same
FROM unnest('{auto,exact,asymptotic}'::text[]) m, unnest('{wilcox,pratt,zsplit}'::text[]) z ORDER BY 1, 2;
SELECT wilcoxon_test(d, 0) = wilcoxon_test(d, 0, 'wilcox', 'auto') AS defaults, wilcoxon_test(d, 0) = wilcoxon_test(ecdf(d)) AS stored,
    (wilcoxon_test(d, 0)).w_plus = (wilcoxon_test(0, d)).w_minus AS swapped, wilcoxon_test(d::numeric, 0::smallint) = wilcoxon_test(d, 0) AS numerics FROM mixed;

-- wsr_all_zero: no sign at all.
SELECT zero_method, w_plus, w_minus, p_value, log10_p, p_greater, p_less, z, effect, n_ranked, n_zeros, method
FROM unnest('{wilcox,pratt,zsplit}'::text[]) zero_method, wilcoxon_test('{0:3}'::ecdf, zero_method) ORDER BY 1;

-- nan_everywhere. Left are -inf, +inf, +inf, 2 and -1: ranks 4, 4, 4, 2, 1.
SELECT w_plus, w_minus, n, n_zeros FROM (SELECT (wilcoxon_test(x, y)).* FROM (VALUES ('NaN'::float8, 1::float8), (1, 'NaN'), (NULL, 1), (1, NULL),
    ('Infinity', 'Infinity'), ('-Infinity', '-Infinity'), ('-Infinity', 7), ('Infinity', '-Infinity'), (3, '-Infinity'), (5, 3), (2, 3)) v(x, y)) r;
-- -0 is 0: both differences are zeros.
SELECT n, n_zeros FROM (SELECT (wilcoxon_test(x, y)).* FROM (VALUES ('-0'::float8, '0'::float8), ('0', '-0')) v(x, y)) r;
-- Exact comparison: two differences that look like 0.1 are not equal, unless they are rounded.
SELECT (wilcoxon_test(x, y)).w_plus, (wilcoxon_test(round((x - y)::numeric, 6)::float8, 0)).w_plus AS rounded
FROM (VALUES (0.3::float8, 0.2::float8), (0.1, 0.2)) v(x, y);

-- No pair is a NULL result, and does not kill other groups.
SELECT wilcoxon_test(1::float8, NULL::float8) IS NULL AS one_side, wilcoxon_test('Infinity'::float8, 'Infinity') IS NULL AS no_difference,
    wilcoxon_test(1::float8, NULL::float8, NULL, NULL) IS NULL AS no_row_counts FROM (VALUES (1)) v;
SELECT wilcoxon_test('{}'::ecdf) IS NULL AS empty, wilcoxon_test(NULL::ecdf) IS NULL AS null, wilcoxon_test('{1:1}'::ecdf, NULL) IS NULL AS null_method,
    wilcoxon_final(NULL) IS NULL AS by_hand;
SELECT g, (wilcoxon_test(x, y)).w_plus, count(*) FROM (VALUES (1, 3, 2), (2, NULL, 2), (3, 3, 3)) v(g, x, y) GROUP BY g ORDER BY g;

-- wsr_tail, wsr_big_tie: one absolute value is a sign test, z = (plus - minus) / sqrt(n).
SELECT near(z, sqrt(2147483648::float8)) AS z, p_value, log10_p < -100000000 AS log10_p, p_less, effect, method FROM wilcoxon_test('{1:2147483648}'::ecdf);
SELECT near(z, 1000 / sqrt(2147483648::float8)) AS z FROM wilcoxon_test('{-1:1073741324,1:1073742324}'::ecdf);
SELECT p_value, near(log10_p, -1999 * log(2::float8), 1e-12) AS log10_p, method
FROM (SELECT (wilcoxon_test(i, 0, 'wilcox', 'exact')).* FROM generate_series(1, 2000) i) r;
SELECT n, method FROM generate_series(50, 51) m, LATERAL (SELECT (wilcoxon_test(i, 25.5)).* FROM generate_series(1, m) i) r ORDER BY 1;

-- state_hygiene. Windows by hand: d = 1, -2, 3, -4 ...: W+ = 1, 1, 4, 4, 9.
SELECT i, (wilcoxon_test(i * (i % 2 * 2 - 1), 0) OVER (ORDER BY i)).w_plus FROM generate_series(1, 5) i ORDER BY i;
CREATE TABLE pairs AS SELECT i % 4 AS g, CASE WHEN i % 11 > 0 THEN round((100 * sin(i))::numeric)::float8 END AS x, i % 100 - 50.0::float8 AS y
    FROM generate_series(1, 20000) i;
ANALYZE pairs;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial AS SELECT g, wilcoxon_test(x, y) AS a, wilcoxon_test(x, y, 'pratt', 'asymptotic') AS b FROM pairs GROUP BY g;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT count(*), bool_and(s.a = p.a AND s.b = p.b) AS serial_is_parallel FROM serial s JOIN (SELECT g, wilcoxon_test(x, y) AS a,
    wilcoxon_test(x, y, 'pratt', 'asymptotic') AS b FROM pairs GROUP BY g) p USING (g);
RESET ALL;
SELECT count(*), bool_and(a = wilcoxon_test((SELECT ecdf(x - y) FROM pairs p WHERE p.g = serial.g))) AS stored FROM serial;
-- States can be stored and merged by hand; their text is the differences and both parameters.
SELECT wilcoxon_state_add(wilcoxon_state_add(NULL, 3, 1, 'pratt', 'exact'), 1, 2, 'pratt', 'exact') AS state;
SELECT (wilcoxon_final(wilcoxon_state_combine(wilcoxon_state_add(NULL, 3, 1), wilcoxon_state_add(NULL, 1, 2)))).w_plus;

-- Errors.
SELECT wilcoxon_test('{1:1}'::ecdf, 'drop');
SELECT wilcoxon_test('{1:1}'::ecdf, 'pratt', 'approx');
SELECT wilcoxon_test(1, 2, 'drop', 'auto');
SELECT wilcoxon_test(1, 2, NULL, 'auto');
SELECT wilcoxon_test(1, 2, 'pratt', NULL);
SELECT wilcoxon_test(i, 2, CASE i WHEN 1 THEN 'pratt' ELSE 'wilcox' END, 'auto') FROM generate_series(1, 2) i;
\set VERBOSITY sqlstate
SELECT wilcoxon_state_combine(wilcoxon_state_add(NULL, 3, 1, 'pratt', 'auto'), wilcoxon_state_add(NULL, 3, 1));
SELECT '{1:1}'::wilcoxon_state;
SELECT wilcoxon_test('a'::text, 'b'::text);
\set VERBOSITY terse
SELECT wilcoxon_test(i * (i % 2 * 2 - 1), 0, 'wilcox', 'exact') FROM generate_series(1, 5000) i;
\set VERBOSITY sqlstate
-- A forced exact p-value is held to synthdq.max_memory, and can be interrupted.
SET synthdq.max_memory = '1MB';
SELECT wilcoxon_test(i * (i % 2 * 2 - 1), 0, 'wilcox', 'exact') FROM generate_series(1, 1500) i;
RESET synthdq.max_memory;
SET statement_timeout = '50ms';
SELECT wilcoxon_test(i * (i % 2 * 2 - 1), 0, 'wilcox', 'exact') FROM generate_series(1, 3000) i;
RESET statement_timeout;
\set VERBOSITY default
DROP TABLE depression, mixed, pairs, serial;
DROP FUNCTION near;
