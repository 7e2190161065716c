-- kruskal_test and dunn_test: results by hand, acceptance cases, references, shapes, hostile input.

CREATE FUNCTION near(got float8, want float8, tolerance float8 DEFAULT 1e-9) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$ SELECT abs(got - want) <= tolerance * abs(want) $$;

-- kw_three. Mean ranks 2, 5, 8 of nine: H = 12 / 90 * 3 (4 + 25 + 64) - 30 = 7.2; p = exp(-7.2 / 2);
-- epsilon squared = 7.2 / 8.
CREATE TABLE three AS SELECT g, i + 3 * g AS x FROM generate_series(0, 2) g, generate_series(1, 3) i;
SELECT near(h, 7.2, 1e-12) AS h, near(p_value, exp(-3.6::float8), 1e-12) AS p,
    near(log10_p, -3.6 / ln(10::float8), 1e-12) AS log10_p, df, near(epsilon_squared, 0.9, 1e-12) AS effect, k, n, method
FROM (SELECT (kruskal_test(array_agg(e))).* FROM (SELECT ecdf(x) e FROM three GROUP BY g) s) r;
-- The variance of a difference of mean ranks is 9 * 10 / 12 * (1/3 + 1/3) = 5.
SELECT group_a, group_b, mean_rank_difference, near(z, mean_rank_difference / sqrt(5)) AS z,
    near(p_value, CASE mean_rank_difference WHEN -3 THEN 0.17971249487899976 ELSE 0.007290358091535614 END) AS p,
    near(log10_p, log(p_value)) AS log10_p, near(p_adjusted, CASE mean_rank_difference WHEN -3 THEN p_value ELSE 3 * p_value END) AS bh,
    near(log10_p_adjusted, log(p_adjusted)) AS log10_p_adjusted
FROM dunn_test((SELECT array_agg(e ORDER BY g) FROM (SELECT g, ecdf(x) e FROM three GROUP BY g) s)) ORDER BY 1, 2;
-- Each way to adjust is that of p_adjust().
SELECT m, bool_and(p_adjusted = a) AS same, bool_and(log10_p_adjusted = l) AS same_log10 FROM (
    SELECT m, p_adjusted, log10_p_adjusted, unnest(p_adjust(array_agg(p_value) OVER w, m)) AS a,
        unnest(p_adjust_log10(array_agg(log10_p) OVER w, m)) AS l, generate_series(1, 3) AS i, row_number() OVER w2 AS r
    FROM unnest('{bh,by,holm,bonferroni,none,FDR}'::text[]) m,
        dunn_test(ARRAY['{1:1,2:1,3:1}'::ecdf, '{4:1,5:1,6:1}', '{7:1,8:1,9:1}'], m)
    WINDOW w AS (PARTITION BY m ORDER BY group_a, group_b ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING),
        w2 AS (PARTITION BY m ORDER BY group_a, group_b)) s
WHERE i = r GROUP BY m ORDER BY m;

-- R: kruskal.test(list(x, y, z)) of its help page (mucociliary efficiency).
SELECT near(h, 0.771428571428572, 1e-12) AS h, near(p_value, 0.679964773578894, 1e-12) AS p FROM kruskal_test(ARRAY[
    (SELECT ecdf(v) FROM unnest('{2.9,3.0,2.5,2.6,3.2}'::float8[]) v),
    (SELECT ecdf(v) FROM unnest('{3.8,2.7,4.0,2.4}'::float8[]) v),
    (SELECT ecdf(v) FROM unnest('{2.8,3.4,3.7,2.2,2.0}'::float8[]) v)]);

-- kw_two: H is the square of Mann-Whitney's z, Dunn's z is that z.
SELECT near(h, (m).z ^ 2, 1e-12) AS h, near(d.z, (m).z, 1e-12) AS z, near(d.p_value, k.p_value, 1e-11) AS p, d.p_adjusted = d.p_value AS one_pair
FROM (SELECT mw_test(a, b, 'asymptotic') AS m, a, b FROM
    (SELECT ecdf(i % 17) AS a, ecdf(i % 19 + i % 2) AS b FROM generate_series(1, 500) i) s) t,
    kruskal_test(ARRAY[a, b]) k, dunn_test(ARRAY[a, b]) d;

-- kw_all_equal, kw_big_tie, kw_tail: p underflows, its logarithm does not.
SELECT * FROM kruskal_test(ARRAY['{5:3}'::ecdf, '{5:1}', '{5:2}']);
SELECT z, p_value, p_adjusted, log10_p_adjusted FROM dunn_test(ARRAY['{5:3}'::ecdf, '{5:1}']);
SELECT near(h, 1, 1e-8) AS h, n FROM kruskal_test(ARRAY['{0:2147483647,1:1}'::ecdf, '{0:2147483648}']);
SELECT p_value, near(log10_p, -h / 2 / ln(10::float8)) AS log10_p, h > 1e6 AS h
FROM kruskal_test(ARRAY['{0:2000000}'::ecdf, '{1:2000000}', '{0:1000000,1:1000000}']);
SELECT group_a, group_b, p_value, p_adjusted, log10_p_adjusted BETWEEN -1e7 AND -1e4 AS finite
FROM dunn_test(ARRAY['{0:2000000}'::ecdf, '{1:2000000}', '{0:1000000,1:1000000}']) ORDER BY 1, 2;

-- Empty and NULL samples are not there, but count in the numbering; two dimensions are read in order.
SELECT near(h, 7.2, 1e-12) AS h, k, n FROM kruskal_test(ARRAY['{}'::ecdf, '{1:1,2:1,3:1}', NULL, '{4:1,5:1,6:1}', '{7:1,8:1,9:1}']);
SELECT group_a, group_b FROM dunn_test(ARRAY['{}'::ecdf, '{1:1,2:1,3:1}', NULL, '{4:1,5:1,6:1}', '{7:1,8:1,9:1}']) ORDER BY 1, 2;
SELECT group_a, group_b FROM dunn_test(ARRAY[['{1:1}', '{2:1}'], ['{}', '{3:1}']]::ecdf[]) ORDER BY 1, 2;
SELECT group_a, group_b FROM dunn_test('[5:6]={"{1:1}","{2:1}"}'::ecdf[]) ORDER BY 1, 2;
SELECT kruskal_test(NULL) IS NULL AS no_array, kruskal_test('{}') IS NULL AS no_sample, kruskal_test(ARRAY['{1:1}'::ecdf]) IS NULL AS one,
    kruskal_test(ARRAY['{1:1}'::ecdf, '{}', NULL]) IS NULL AS one_not_empty, kruskal_test(ARRAY[NULL, NULL]::ecdf[]) IS NULL AS nulls;
SELECT (SELECT count(*) FROM dunn_test(NULL)) AS no_array, (SELECT count(*) FROM dunn_test('{}')) AS no_sample,
    (SELECT count(*) FROM dunn_test(ARRAY['{1:1}'::ecdf, '{}', NULL])) AS one_not_empty,
    (SELECT count(*) FROM dunn_test(ARRAY['{1:1}'::ecdf, '{2:1}'], NULL)) AS null_adjust;

-- nan_everywhere: NaN and NULL are not there, -0 is 0, infinities are the ends.
-- {-inf, 0} and {0, inf}: doubled ranks 2, 5 and 5, 8; H = 3 * 3 * ((7-10)^2 + (13-10)^2) / 2 / (64 - 10) = 1.5
SELECT near(h, 1.5, 1e-12) AS h, n FROM (SELECT (kruskal_test(array_agg(e))).* FROM (SELECT ecdf(x) AS e FROM (VALUES
    (1, '-Infinity'::float8), (1, '-0'), (1, 'NaN'), (2, '0'), (2, 'Infinity'), (2, NULL), (3, 'NaN'), (3, NULL)) v(g, x) GROUP BY g) s) r;

-- A table of stored distributions, groups of it, and the union of parts.
CREATE TABLE stored AS SELECT i % 3 AS version, i % 5 AS label, ecdf(sin(i) + (i % 5 = 2)::int * (i % 3)) AS e
    FROM generate_series(1, 3000) i GROUP BY 1, 2;
SELECT version, kruskal_test(array_agg(e)) = kruskal_test(array_agg(e ORDER BY label)) AS any_order, (kruskal_test(array_agg(e))).k,
    (kruskal_test(array_agg(e))).p_value < 1e-9 AS differs FROM stored GROUP BY version ORDER BY version;
SELECT kruskal_test(ARRAY(SELECT ecdf(e) FROM stored GROUP BY label ORDER BY label))
     = kruskal_test(ARRAY(SELECT ecdf(sin(i) + (i % 5 = 2)::int * (i % 3)) FROM generate_series(1, 3000) i GROUP BY i % 5 ORDER BY i % 5)) AS union_is_whole;
SELECT count(*), count(*) FILTER (WHERE p_adjusted < 0.001) AS differ, bool_and((p_adjusted < 0.001) = (3 IN (group_a, group_b))) AS label_two
FROM dunn_test((SELECT array_agg(e ORDER BY label) FROM stored WHERE version = 2));
-- As many samples as one likes.
SELECT k, df, n FROM kruskal_test(ARRAY(SELECT ecdf(i * 7919 % 1009) FROM generate_series(1, 5000) i GROUP BY i % 1000));
SELECT count(*), min(group_a), max(group_b), bool_and(p_value <= p_adjusted) AS adjusted
FROM dunn_test(ARRAY(SELECT ecdf(i * 7919 % 1009) FROM generate_series(1, 5000) i GROUP BY i % 100));

-- Errors.
SELECT dunn_test(ARRAY['{1:1}'::ecdf, '{2:1}'], 'sidak');
SELECT kruskal_test(array_fill('{0:2147483648}'::ecdf, ARRAY[2049]));
\set VERBOSITY sqlstate
SELECT * FROM dunn_test(array_fill('{0:2147483648}'::ecdf, ARRAY[2049]));
SELECT kruskal_test(ARRAY[1, 2]);
-- Pairs are held to synthdq.max_memory, and can be interrupted.
SET synthdq.max_memory = '1MB';
SELECT count(*) FROM dunn_test(array_fill('{0:1}'::ecdf, ARRAY[200])); -- 19,900 pairs of 72 bytes
RESET synthdq.max_memory;
SET statement_timeout = '50ms';
SELECT count(*) FROM dunn_test(array_fill('{0:1}'::ecdf, ARRAY[4000]));
RESET statement_timeout;
\set VERBOSITY default
DROP TABLE three, stored;
DROP FUNCTION near;
