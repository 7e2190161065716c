-- cvm_test, kuiper_test and ad_test: results by hand, references, shapes, hostile input.

CREATE FUNCTION near(got float8, want float8, tolerance float8 DEFAULT 1e-9) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$ SELECT abs(got - want) <= tolerance * abs(want) $$;

-- Disjoint: 9 (F - G) is 3 6 9 6 3 0, so T = (9 + 36 + 81 + 36 + 9) / (36 * 9); 2 of 20 assignments.
SELECT near(statistic, 171 / 324.0) AS t, near(statistic_midrank, 171 / 324.0) AS midrank, near(p_value, 0.1) AS p,
    near(log10_p, -1) AS log10_p, n_x, n_y, method
FROM cvm_test('{1:1,2:1,3:1}', '{4:1,5:1,6:1}');
-- Of 20 orders of xxxyyy those with V = 1 are the 6 turns of a circle of it.
SELECT statistic, near(p_value, 0.3) AS p, near(log10_p, log(0.3)) AS log10_p, location_plus, location_minus, n_x, n_y, method
FROM kuiper_test('{1:1,2:1,3:1}', '{4:1,5:1,6:1}');
-- A2 = (9/5 + 36/8 + 81/9 + 36/8 + 9/5) / 9.
SELECT near(statistic, 2.4) AS a2, near(statistic_midrank, 2.4 * statistic_midrank / statistic) AS midrank, p_value BETWEEN .02 AND .2 AS p,
    near(log10_p, log(p_value)) AS log10_p, k, n, method
FROM ad_test('{1:1,2:1,3:1}', '{4:1,5:1,6:1}');
-- The same centre, twice the spread: kuiper_test sees more than ks_test. yyxxyy and its turns: 6 of 15.
SELECT k.statistic, k.location_plus, k.location_minus, near(k.p_value, 0.4) AS p, d.statistic AS d
FROM kuiper_test('{3:1,4:1}', '{1:1,2:1,5:1,6:1}') k, ks_test('{3:1,4:1}'::ecdf, '{1:1,2:1,5:1,6:1}'::ecdf) d;

-- scipy 1.10: cramervonmises_2samp(method='exact'), anderson_ksamp; the samples of ks_madlib_sample.
CREATE TEMP TABLE sample AS SELECT
    (SELECT ecdf(v) FROM unnest('{.22,-.87,-2.39,-1.79,.37,-1.54,1.28,-.31,-.74,1.72,.38,-.17,-.62,-1.10,.30,.15,2.30,.19,-.50,-.09}'::float8[]) v) AS x,
    (SELECT ecdf(v) FROM unnest('{-5.13,-2.19,-2.43,-3.83,.50,-3.25,4.32,1.63,5.18,-.43,7.11,4.87,-3.10,-5.81,3.76,6.31,2.58,.07,5.76,3.50}'::float8[]) v) AS y;
SELECT near(statistic, 0.585) AS t, near(p_value, 0.0245057260630119) AS p, method FROM sample, cvm_test(x, y);
SELECT near(p_value, 0.0241899591879373) AS p, method FROM sample, cvm_test(x, y, 'asymptotic');
SELECT near(standardized, 3.6279126715775) AS right_continuous, near(standardized_midrank, 3.73411559160523) AS midrank FROM sample, ad_test(x, y);
-- The tied samples of ks_tie_conditional. All 6435 assignments counted in whole numbers.
SELECT near(c.statistic, 0.305873015873016) AS t, near(c.statistic_midrank, 0.252876984126984) AS midrank, near(c.p_value, 0.208236208236208) AS p,
    k.statistic = 3/8::float8 AS v, near(k.p_value, 0.596736596736597) AS kuiper_p, near(a.standardized_midrank, 1.12175079529589) AS ad
FROM (SELECT '{0:4,1:1,2:1,3:1}'::ecdf AS x, '{0:2,1:2,3:1,4:1,5:2}'::ecdf AS y) s, cvm_test(x, y) c, kuiper_test(x, y) k, ad_test(x, y) a;

-- All values equal, one against one, infinities, the same sample twice.
SELECT m, c.statistic, c.p_value, c.log10_p, k.statistic, k.p_value, k.location_plus, c.method = CASE m WHEN 'asymptotic' THEN m ELSE 'exact' END AS method
FROM (VALUES ('auto'), ('exact'), ('asymptotic')) v(m), cvm_test('{5:3000000}', '{5:7}', m) c, kuiper_test('{5:3000000}', '{5:7}', m) k ORDER BY m;
SELECT statistic, statistic_midrank, standardized, standardized_midrank, p_value, log10_p, k, n, method FROM ad_test(ARRAY['{5:3000000}'::ecdf, '{5:7}', '{5:1}']);
SELECT c.statistic, c.p_value, k.statistic, k.p_value, a.statistic, a.standardized IS NULL AS too_few
FROM cvm_test('{1:1}', '{2:1}') c, kuiper_test('{1:1}', '{2:1}') k, ad_test('{1:1}', '{2:1}') a;
SELECT c.statistic, c.p_value, k.statistic, k.p_value, a.statistic, a.p_value
FROM (SELECT ecdf(i % 7) AS e FROM generate_series(1, 50) i) s, cvm_test(e, e) c, kuiper_test(e, e) k, ad_test(e, e) a;
SELECT cvm_test(x, y) = cvm_test(u, v) AS cvm, (kuiper_test(x, y)).p_value = (kuiper_test(u, v)).p_value AS kuiper, ad_test(x, y) = ad_test(u, v) AS ad
FROM (SELECT '{-Infinity:2,0:1,1:1}'::ecdf AS x, '{0:3,Infinity:2}'::ecdf AS y, '{1:2,2:1,3:1}'::ecdf AS u, '{2:3,4:2}'::ecdf AS v) s;

-- Symmetric in x and y; the same for any order of samples of an array, and for two as for an array of two.
SELECT (cvm_test(x, y)).statistic = (cvm_test(y, x)).statistic AS t, (cvm_test(x, y)).p_value = (cvm_test(y, x)).p_value AS p,
    (kuiper_test(x, y)).p_value = (kuiper_test(y, x)).p_value AS kuiper, ad_test(x, y) = ad_test(ARRAY[x, y]) AS ad,
    near((ad_test(ARRAY[x, y, x])).statistic, (ad_test(ARRAY[y, x, x])).statistic, 1e-12) AS a2
FROM sample;
-- Empty and NULL samples are left out.
SELECT ad_test(ARRAY[NULL, x, '{}', y, NULL]) = ad_test(x, y) AS left_out, ad_test(ARRAY[[x, y], [NULL, y]]) = ad_test(ARRAY[x, y, y]) AS dimensions,
    ad_test(ARRAY[x, '{}', NULL]) IS NULL AS one, ad_test('{}'::ecdf[]) IS NULL AS none, ad_test(NULL::ecdf[]) IS NULL AS no_array
FROM sample;
SELECT cvm_test('{}', '{1:1}') IS NULL AS cvm, kuiper_test('{1:1}', '{}') IS NULL AS kuiper, ad_test('{}', '{1:1}') IS NULL AS ad,
    cvm_test(NULL, '{1:1}') IS NULL AS null_x, kuiper_test('{1:1}', '{1:1}', NULL) IS NULL AS null_method, ad_test('{1:1}', NULL) IS NULL AS null_y;
SELECT g, (cvm_test(x, y)).statistic FROM (SELECT g, ecdf(x) AS x, ecdf(y) AS y FROM (VALUES (1, 1, 2), (2, NULL, 2), (3, 3, 3)) v(g, x, y) GROUP BY g) s ORDER BY g;

-- Ties decide: the zero-heavy counts of ks_zero_heavy, by the law of these ties and by that without.
SELECT near(c.statistic, (18900 + 550 * 0.25) / 40000) AS t, near(c.statistic_midrank, 0.246562499999982) AS midrank, c.p_value < 0.005 AS p, c.method
FROM cvm_test('{0:9500,1:250,2:250}', '{0:9400,1:300,2:300}') c;
-- The large-sample laws beside the exact ones: 300 values, shifted.
SELECT near(c.p_value, d.p_value, 0.05) AS cvm, near(k.p_value, l.p_value, 0.05) AS kuiper, c.method, d.method, k.method, l.method
FROM (SELECT ecdf(i) AS x FROM generate_series(1, 150) i) a, (SELECT ecdf(1.1 * i + 0.05) AS y FROM generate_series(1, 150) i) b,
    cvm_test(x, y, 'asymptotic') c, cvm_test(x, y, 'exact') d, kuiper_test(x, y, 'asymptotic') k, kuiper_test(x, y, 'exact') l;
-- Far out p underflows, its logarithm does not. (That of 1 / C(4e9, 2e9) is -1.204e9.)
SELECT c.p_value AS cvm, c.log10_p BETWEEN -1e9 AND -1000 AS cvm_log, k.p_value AS kuiper, k.log10_p BETWEEN -1.3e9 AND -1.1e9 AS kuiper_log,
    a.p_value AS ad, a.log10_p BETWEEN -1e9 AND -1000 AS ad_log
FROM (SELECT '{0:2000000000,1:1}'::ecdf AS x, '{0:1,1:2000000000}'::ecdf AS y) s, cvm_test(x, y) c, kuiper_test(x, y) k, ad_test(x, y) a;

-- 200,000 values of few different ones.
SELECT c.method, c.p_value > 0 AS cvm, k.method, near(k.statistic, d.d_plus + d.d_minus, 1e-14) AS v, k.location_plus, a.k, a.n
FROM (SELECT ecdf(i % 1000 * (i % 1000) % 251) AS x FROM generate_series(1, 100000) i) p, (SELECT ecdf(i % 1000 * (i % 1000) % 251) AS y FROM generate_series(7, 100355) i) q,
    cvm_test(x, y) c, kuiper_test(x, y) k, ad_test(x, y) a, ks_test(x, y) d;

-- Errors.
SELECT cvm_test('{1:1}', '{1:1}', 'approximate');
SELECT kuiper_test('{1:1}', '{1:1}', '');
\set VERBOSITY sqlstate
SELECT cvm_test(ecdf(i), ecdf(nullif(i, 3000) + 700.5), 'exact') FROM generate_series(1, 3000) i;
SELECT kuiper_test(ecdf(i), ecdf(i / 2), 'exact') FROM generate_series(1, 20000) i;
SELECT ad_test('{1:1}'::ecdf);
SELECT cvm_test('a'::text, 'b'::text);
-- A forced exact p-value is held to synthdq.max_memory, and can be interrupted.
SET synthdq.max_memory = '1MB';
SELECT cvm_test(ecdf(i), ecdf(i + 40.5), 'exact') FROM generate_series(1, 150) i;
RESET synthdq.max_memory;
SET statement_timeout = '100ms';
SELECT cvm_test(ecdf(i), ecdf(i + 30.5), 'exact') FROM generate_series(1, 250) i;
SELECT kuiper_test(ecdf(i), ecdf(i + 2), 'exact') FROM generate_series(1, 1000) i;
RESET statement_timeout;
\set VERBOSITY default
DROP FUNCTION near;
