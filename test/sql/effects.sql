-- ks_interval, ks_same_within, auc_interval, auc_same_within, brunner_munzel_test: by hand and by scipy;
-- samples without variance; both shapes; NULL and arguments out of range.
CREATE FUNCTION near(got double precision, want double precision, tolerance double precision DEFAULT 1e-12)
    RETURNS boolean LANGUAGE SQL AS 'SELECT abs(got - want) <= tolerance * abs(want)';

-- D = |.6 - .2| = .4; half-widths sqrt(ln(80) / 200) each, clipped to [0, 1] with few observations.
SELECT d, near(d_low, 0.4 - 2 * sqrt(ln(80::float8) / 200)) AS low, near(d_high, 0.4 + 2 * sqrt(ln(80::float8) / 200)) AS high,
    alpha, n_x, n_y FROM ks_interval('{1:60,2:40}'::ecdf, '{1:20,2:80}'::ecdf);
SELECT d, d_low, d_high FROM ks_interval('{1:3,2:2}'::ecdf, '{1:1,2:4}'::ecdf, alpha => 0.1);
SELECT d_high - d_low > 2 * 0.0208 AND d_high - d_low < 2 * 0.0209 AS width FROM ks_interval('{1:30000,2:30000}'::ecdf, '{1:6000,2:4000}'::ecdf);
-- The result of a test serves as well, from an aggregate too.
SELECT ks_interval(ks_test(x, y)) = ks_interval(x, y) AS interval, ks_same_within(ks_test(x, y), 0.1) = ks_same_within(x, y, 0.1) AS same
FROM (VALUES ('{1:60,2:40}'::ecdf, '{1:20,2:80}'::ecdf)) v(x, y);
SELECT g, (ks_interval(ks_test(x, x > 3))).d, (ks_same_within(ks_test(x, x > 3), 0.9)).same FROM (SELECT i % 2 AS g, i AS x FROM generate_series(1, 8) i
    UNION ALL SELECT 2, 1) r GROUP BY g ORDER BY g;

-- "At most .2" of samples whose D is .1: not with 100 observations a side, but with 1,000.
SELECT same, d, near(d_high, 0.1 + 2 * sqrt(ln(40::float8) / 200)) AS high, margin, alpha, n_x, n_y
FROM ks_same_within('{1:50,2:50}'::ecdf, '{1:40,2:60}'::ecdf, 0.2);
SELECT same, d, near(d_high, 0.1 + 2 * sqrt(ln(40::float8) / 2000)) AS high FROM ks_same_within('{1:500,2:500}'::ecdf, '{1:400,2:600}'::ecdf, 0.2);
-- A margin of 1 says nothing, and is granted; one of 0 never.
SELECT (ks_same_within(e, e, 1)).same AS one, (ks_same_within(e, e, 0)).same AS zero FROM (VALUES ('{1:1000000}'::ecdf)) v(e);

-- x = {1, 3}, y = {2, 2}: auc 1/2, variance (1/2) / 2 + 0; ln(A / (1 - A)) = 0 -+ 1.96 * (1/2) / (1/4).
SELECT auc, near(auc_low, 1 / (1 + exp(2 * 1.959963984540054))) AS low, near(auc_high, 1 / (1 + exp(-2 * 1.959963984540054))) AS high, std_error,
    cliffs_delta, near(delta_low, 2 * auc_low - 1) AS delta_low, near(delta_high, 2 * auc_high - 1) AS delta_high, magnitude, confidence, n_x, n_y
FROM auc_interval('{1:1,3:1}'::ecdf, '{2:2}'::ecdf);
-- Bands of abs(delta), by the shares of 1 in 1000: delta is their difference.
SELECT k, magnitude, cliffs_delta FROM (VALUES (146), (147), (329), (330), (473), (474), (-147)) v(k),
    auc_interval(('{0:500,1:500}')::ecdf, format('{0:%s,1:%s}', 500 + k, 500 - k)::ecdf) ORDER BY k;
-- A wider confidence is a wider interval, around the auc of mw_test.
SELECT a.auc = m.auc AS auc, a.cliffs_delta = m.cliffs_delta AS delta, b.auc_low < a.auc_low AND a.auc_low < a.auc AND a.auc < a.auc_high
    AND a.auc_high < b.auc_high AS wider FROM (VALUES ('{1:4,2:5,5:1}'::ecdf, '{0:3,2:5,4:4}'::ecdf)) v(x, y), mw_test(x, y) m,
    auc_interval(x, y) a, auc_interval(x, y, 0.999) b;
-- No variance: disjoint, constant, one observation.
SELECT name, auc, auc_low, auc_high, std_error, magnitude FROM (VALUES ('disjoint', '{1:3}'::ecdf, '{4:1,5:2}'::ecdf), ('constant', '{7:3}', '{7:2}'),
    ('one', '{7:1}', '{7:1,8:1}')) v(name, x, y), auc_interval(x, y) ORDER BY name;

-- scipy.stats.brunnermunzel([1,2,1,1,1,1,1,1,1,1,2,4,1,1], [3,3,4,3,1,2,3,1,1,5,4]), scipy 1.10; the sign is ours.
SELECT near(statistic, -3.1374674823029505) AS statistic, near(p_value, 0.0057862086661515377, 1e-9) AS p, near(p_less, 0.0028931043330757342, 1e-9) AS less,
    near(p_greater, 0.99710689566692423, 1e-9) AS greater, near(df, 17.682841979481548) AS df, n_x, n_y, method
FROM brunner_munzel_test((SELECT ecdf(x) FROM unnest('{1,2,1,1,1,1,1,1,1,1,2,4,1,1}'::int[]) x), (SELECT ecdf(x) FROM unnest('{3,3,4,3,1,2,3,1,1,5,4}'::int[]) x));
-- bm_sign: as in mw_test, and against ks_test.
SELECT b.statistic > 0 AS positive, b.auc = m.auc AS auc, b.p_greater < 0.5 AS bm_greater, m.p_greater < 0.5 AS mw_greater, k.p_greater < 0.5 AS ks_greater
FROM (VALUES ('{2:4,3:3}'::ecdf, '{1:4,3:1}'::ecdf)) v(x, y), brunner_munzel_test(x, y) b, mw_test(x, y) m, ks_test(x, y) k;
-- bm_separated: 2 of 20 assignments do not overlap; bm_all_equal; one observation.
SELECT name, statistic, near(p_value, p) AS p, near(p_less, less) AS less, p_greater, df, method FROM (VALUES ('disjoint', '{1:3}'::ecdf, '{4:1,5:2}'::ecdf, 0.1, 0.05),
    ('constant', '{7:3}', '{7:2}', 1, 1), ('one', '{7:1}', '{7:1,8:1}', NULL, NULL)) v(name, x, y, p, less), brunner_munzel_test(x, y) ORDER BY name;
-- Far out.
SELECT p_value, log10_p < -10000 AS far_out, method FROM brunner_munzel_test('{1:999999,3:1}'::ecdf, '{2:1000000}'::ecdf);

-- No larger than a margin of .05: 100 a side will not do (two standard errors are .08), 4,000 will; a shift of the same size never.
SELECT n, (auc_same_within(x, y, 0.05)).same AS same, (auc_same_within(x, z, 0.05)).same AS shifted, (mw_test(x, y)).p_value > 0.05 AS not_significant
FROM (SELECT n, ecdf(i % 100) AS x, ecdf((i + 1) % 100) AS y, ecdf(i % 100 + 10) AS z FROM (VALUES (100), (4000)) v(n), generate_series(1, n) i GROUP BY n) r ORDER BY n;
-- auc 1/2, variance (1/4) / 99 + 0; h = (z^2 + 1) / 400. And a single value that differs: auc .4995, as sure as of a count of 1.
SELECT same, auc, near(auc_low, 0.5 - w) AS low, near(auc_high, 0.5 + w) AS high, margin, alpha, n_x, n_y
FROM (VALUES (1.6448536269514722 ^ 2)) z(z2), LATERAL (VALUES ((z2 + 1) / 400 + sqrt(z2 / 396 + ((z2 + 1) / 400) ^ 2))) r(w),
    auc_same_within('{1:50,3:50}'::ecdf, '{2:100}'::ecdf, 0.5);
SELECT same, auc, near(auc_low, 0.5 - 5.330332327041731 / 2000) AS low FROM auc_same_within('{0:1000}'::ecdf, '{0:999,1:1}'::ecdf, 0.0022);
-- Constants are the same if there are enough of them; no overlap never is, one observation neither.
SELECT (auc_same_within('{0:60000}'::ecdf, '{0:10000}', 0.02)).same AS constant, (auc_same_within('{0:5}'::ecdf, '{0:5}', 0.02)).same AS few,
    (auc_same_within('{0:60000}'::ecdf, '{1:10000}', 0.49)).same AS disjoint, (auc_same_within('{0:1}'::ecdf, '{0:1000}', 0.1)).same AS one;

-- NULL: an empty side, or a NULL argument.
SELECT ks_interval('{}'::ecdf, '{1:1}') IS NULL AS a, ks_same_within('{1:1}'::ecdf, '{}', 0.1) IS NULL AS b, auc_interval('{}'::ecdf, '{}') IS NULL AS c,
    auc_same_within('{1:1}'::ecdf, '{}', 0.1) IS NULL AS d, brunner_munzel_test('{1:1}', '{}') IS NULL AS e, ks_interval(NULL::ks_result) IS NULL AS f,
    ks_interval(ks_test(1, NULL::float8)) IS NULL AS g, ks_same_within(NULL::ks_result, 0.1) IS NULL AS h, auc_interval('{1:1}'::ecdf, '{1:1}', NULL) IS NULL AS i,
    ks_interval(ROW(0.5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 10, NULL)::ks_result) IS NULL AS j;

-- Errors.
SELECT ks_interval('{1:1}'::ecdf, '{1:1}', 0);
SELECT ks_interval('{1:1}'::ecdf, '{1:1}', 'NaN');
SELECT auc_interval('{1:1}'::ecdf, '{1:1}', 95);
SELECT ks_same_within('{1:1}'::ecdf, '{1:1}', -0.1);
SELECT ks_same_within('{1:1}'::ecdf, '{1:1}', 0.1, 1);
SELECT ks_same_within(ks_test('{1:1}'::ecdf, '{1:1}'::ecdf), 'NaN');
SELECT auc_same_within('{1:1}'::ecdf, '{1:1}', 0.6);
SELECT auc_same_within('{1:1}'::ecdf, '{1:1}', 0.1, 0.5);
SELECT ks_interval(ROW(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 10, 10, NULL)::ks_result);
SELECT ks_same_within(ROW(0.2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 10, NULL)::ks_result, 0.3);
DROP FUNCTION near;
