-- chi2_test: results by hand, acceptance cases, all shapes, generated tables computed in SQL, labels and their
-- state, errors.

CREATE FUNCTION near(got float8, want float8, tolerance float8 DEFAULT 1e-12) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$ SELECT abs(got - want) <= tolerance * abs(want) $$;

-- chi2_counts: expected 575 and 425 on either side.
SELECT near(statistic, 625 * (2 / 575.0 + 2 / 425.0)) AS statistic, near(statistic, 5.1150895, 1e-8) AS listed, near(p_value, .0237186, 1e-5) AS p,
    near(log10_p, log(p_value::numeric)::float8, 1e-9) AS log10_p, df, near(cramers_v, sqrt(statistic / 2000)) AS v,
    near(cramers_v_corrected, sqrt((statistic / 2000 - 1 / 1999.0) / (1 - 1 / 1999.0)), 1e-9) AS corrected,
    min_expected, small_expected, warning, n, rows, columns, method
FROM chi2_test(ARRAY[600, 400], ARRAY[550, 450]);
-- Shares are not counts: they are of another type, and there is no such function.
\set VERBOSITY sqlstate
SELECT chi2_test(ARRAY[.6, .4], ARRAY[.55, .45]);
\set VERBOSITY default

-- All shapes agree: arrays, a table, distributions, labels of both types with a flag and with a source.
CREATE TEMP TABLE flags AS
    SELECT label, y AS is_synthetic FROM (VALUES (1, false, 60), (2, false, 40), (1, true, 11), (2, true, 9)) v(label, y, n), generate_series(1, n);
CREATE TEMP TABLE answer AS SELECT chi2_test(ARRAY[60, 40], ARRAY[11, 9]) AS r;
SELECT (r).df, (r).n, near((r).statistic, 120 * (60 * 9 - 40 * 11) ^ 2 / (100.0 * 20 * 71 * 49)) AS statistic FROM answer;
SELECT chi2_test(ARRAY[[60, 40], [11, 9]]) = r AS table, chi2_test('{1:60,2:40}'::ecdf, '{1:11,2:9}'::ecdf) = r AS ecdf,
    (SELECT chi2_test(label, is_synthetic) = r FROM flags) AS int_flag, (SELECT chi2_test(label::smallint, is_synthetic) = r FROM flags) AS smallint_flag,
    (SELECT chi2_test('label ' || label, is_synthetic) = r FROM flags) AS text_flag,
    (SELECT chi2_test(label, CASE WHEN is_synthetic THEN 'fake' ELSE 'real' END) = r FROM flags) AS int_text,
    (SELECT chi2_test(label::text, is_synthetic::text) = r FROM flags) AS text_text,
    (SELECT chi2_test(ecdf(label) FILTER (WHERE NOT is_synthetic), ecdf(label) FILTER (WHERE is_synthetic)) = r FROM flags) AS ecdfs
FROM answer;

-- Nothing differs; one category; nothing in common. Perfect dependence is V = 1, corrected or not.
SELECT statistic, p_value, log10_p, cramers_v, cramers_v_corrected, small_expected, warning FROM chi2_test(ARRAY[10, 20, 30], ARRAY[1, 2, 3]);
SELECT statistic, p_value, log10_p, df, cramers_v, cramers_v_corrected, columns FROM chi2_test(ARRAY[5], ARRAY[7]);
SELECT statistic, cramers_v, near(cramers_v_corrected, 1) AS corrected FROM chi2_test(ARRAY[30, 0], ARRAY[0, 50]);
SELECT statistic, cramers_v, cramers_v_corrected FROM chi2_test(ARRAY[1, 0], ARRAY[0, 1]);
-- drift_empty_bin: a category of one side only. NULL is a count of 0; what is empty everywhere is not there.
SELECT near(statistic, 4 * 25 / 45.0 + 2 * 100 / 10.0) AS statistic, df, columns FROM chi2_test(ARRAY[50, 50, NULL], ARRAY[40, 40, 20]);
SELECT near(statistic, 5.1150895, 1e-8) AS statistic, df, rows, columns
FROM chi2_test('{{0,600,NULL,400},{0,0,0,0},{0,550,0,450}}'::bigint[]);
-- The figures that ClickHouse documents for cramersV and cramersVBiasCorrected.
SELECT near((r).cramers_v, .5798088336225178) AS v, near((r).cramers_v_corrected, .5305112825189074) AS corrected, (r).rows, (r).columns, (r).warning
FROM (SELECT chi2_test(i % 10, (i % 4)::text) AS r FROM generate_series(0, 149) i) s;
-- Far out p underflows, its logarithm does not: e^-500000 and a little.
SELECT p_value, log10_p BETWEEN -217151 AND -217147 AS log10_p FROM chi2_test(ARRAY[500000, 0], ARRAY[0, 500000]);

-- 600 generated tables of 2 to 4 sources and up to 9 labels, many of them empty or missing; every statistic from joins.
CREATE TEMP TABLE cells AS
SELECT k, 'label ' || j AS label, 'source ' || i AS source, abs(hashint4(k * 100 + i * 10 + j)) % (3 + k % 50) - 1 AS n
FROM generate_series(1, 600) k, generate_series(1, 2 + k % 3) i, generate_series(1, 1 + k % 9) j;
DELETE FROM cells WHERE n <= 0;
CREATE TEMP TABLE tested AS
    SELECT k, chi2_test(label, source) AS r FROM cells, generate_series(1, n) GROUP BY k;
CREATE TEMP TABLE expected AS
SELECT t.k, sum((coalesce(o.n, 0) - e) ^ 2 / e) AS statistic, min(e) AS least, count(*) FILTER (WHERE e < 5) AS small,
    count(DISTINCT source) AS rows, count(DISTINCT label) AS columns
FROM (SELECT a.k, source, label, a.n::float8 * b.n / c.n AS e
    FROM (SELECT k, source, sum(n) AS n FROM cells GROUP BY 1, 2) a JOIN (SELECT k, label, sum(n) AS n FROM cells GROUP BY 1, 2) b USING (k)
        JOIN (SELECT k, sum(n) AS n FROM cells GROUP BY 1) c USING (k)) t
    LEFT JOIN cells o USING (k, source, label)
GROUP BY t.k;
SELECT count(*) > 500 AS tables, bool_and(abs((r).statistic - statistic) <= 1e-9 * (statistic + 1e-3)) AS statistic, bool_and(near((r).min_expected, least)) AS least,
    bool_and((r).small_expected = small) AS small, bool_and((r).rows = e.rows AND (r).columns = e.columns AND (r).df = (e.rows - 1) * (e.columns - 1)) AS sizes,
    bool_and(((r).warning IS NULL) = (small = 0)) AS warning
FROM tested t JOIN expected e USING (k) WHERE e.rows > 1;
SELECT count(*) AS one_source, bool_and(r IS NULL) AS is_null FROM tested JOIN expected e USING (k) WHERE e.rows < 2;
-- Two samples as distributions, as counted arrays and as labels, for 200 groups.
CREATE TEMP TABLE numbers AS SELECT k, abs(hashint4(k * 1000 + i)) % (2 + k % 8) AS v, i % 3 = 0 AS y FROM generate_series(1, 200) k, generate_series(1, 5 + k) i;
SELECT count(*), bool_and(near((a).statistic + 1, (b).statistic + 1) AND (a).df = (b).df) AS labels, bool_and(a = c) AS arrays
FROM (SELECT k, chi2_test(ecdf(v) FILTER (WHERE NOT y), ecdf(v) FILTER (WHERE y)) AS a, chi2_test(v, y) AS b FROM numbers GROUP BY k) s
    JOIN (SELECT k, chi2_test(array_agg(x ORDER BY v), array_agg(n - x ORDER BY v)) AS c
        FROM (SELECT k, v, count(*) FILTER (WHERE NOT y) AS x, count(*) AS n FROM numbers GROUP BY k, v) v GROUP BY k) t USING (k);

-- Labels are bytes: no case folding, no trailing spaces ignored, no collation. NULLs are not counted.
SELECT (r).n, (r).rows, (r).columns
FROM (SELECT chi2_test(label, source) AS r FROM (VALUES ('a', 'x'), ('A', 'x'), ('a ', 'y'), ('', 'y'), (NULL, 'x'), ('a', NULL), ('a', 'X')) v(label, source)) s;
-- An absent side, no rows, nothing but NULLs: NULL, and other groups live.
SELECT chi2_test(1, true) IS NULL AS one_side, chi2_test('a', 'b'::text) IS NULL AS one_source, chi2_test(NULL::text, true) IS NULL AS null_label,
    chi2_test('a'::text, NULL::boolean) IS NULL AS null_flag, chi2_test('a'::text, true) FILTER (WHERE false) IS NULL AS filtered;
SELECT chi2_test('{}'::ecdf, '{1:1}'::ecdf) IS NULL AS ecdf, chi2_test('{}'::bigint[], '{}'::bigint[]) IS NULL AS empty, chi2_test('{}'::bigint[]) IS NULL AS empty_table,
    chi2_test(ARRAY[0, 0], ARRAY[1, 2]) IS NULL AS zeros, chi2_test(NULL::bigint[]) IS NULL AS null, chi2_test(ARRAY[1], NULL::bigint[]) IS NULL AS null_side, chi2_final(NULL) IS NULL AS final;
SELECT g, (chi2_test(label, y)).n FROM (VALUES (1, 'a', true), (1, 'a', false), (2, 'a', true), (3, NULL, true)) v(g, label, y) GROUP BY g ORDER BY g;
-- DISTINCT counts each pair once; windows see a growing state.
SELECT (chi2_test(DISTINCT label, is_synthetic)).n FROM flags;
SELECT i, (chi2_test(i % 2, i % 3 = 0) OVER (ORDER BY i)).n, (chi2_test(i % 2, i % 3 = 0) OVER (ORDER BY i ROWS 2 PRECEDING)).n AS moving
FROM generate_series(1, 6) i ORDER BY i;

-- The state: text, binary, merging, equal bytes for any order.
CREATE AGGREGATE label_counts_of(text, text) (SFUNC = label_counts_add, STYPE = label_counts);
CREATE AGGREGATE label_counts_of(bigint, boolean) (SFUNC = label_counts_add, STYPE = label_counts);
CREATE AGGREGATE label_counts_union(label_counts) (SFUNC = label_counts_combine, STYPE = label_counts);
SELECT label_counts_of(a, b) FROM (VALUES ('say "a"', 'x'), ('b\c', 'y'), ('say "a"', 'x'), ('', 'z'), ('(1,2) {}', ' ')) v(a, b);
SELECT label_counts_of(i, i > 0) FROM (VALUES (-9223372036854775808), (9223372036854775807), (7), (7)) v(i);
SELECT ' ( "b" , "y" , 3 )("a","x",1)'::label_counts, ''::label_counts, chi2_final('("a","x",1) ("a","y",1)') IS NULL AS one_label;
CREATE TEMP TABLE kept AS SELECT k % 3 AS part, label_counts_of(label, source) AS s FROM cells GROUP BY 1;
SELECT label_counts_send(label_counts_union(s)) = (SELECT label_counts_send(label_counts_of(label, source ORDER BY hashtext(label), k)) FROM cells) AS union_is_whole,
    label_counts_send(label_counts_union(s)) = label_counts_send(label_counts_union(s ORDER BY part DESC)) AS any_order,
    label_counts_send(label_counts_union(s)) = label_counts_send(label_counts_union(s)::text::label_counts) AS round_trip FROM kept;
SELECT label_counts_combine(NULL, NULL) IS NULL AS nulls, label_counts_combine('("a","x",1)', NULL) AS one, label_counts_combine(NULL, '("a","x",1)') AS other,
    label_counts_combine('("a","x",1)', '("a","x",2) ("b","x",1)') AS both, label_counts_add('("a","x",1)', 'a', 'x'::text) AS added, label_counts_add(NULL, NULL::text, true) IS NULL AS none;
-- A stored state is not changed by a query that goes on with it.
SELECT count(DISTINCT label_counts_combine(s, '("new","x",1)')::text) AS extended, sum(length(s::text)) = (SELECT sum(length(s::text)) FROM kept) AS unchanged FROM kept;

-- Thousands of labels and of groups; serial is parallel.
CREATE TABLE chi2_rows AS SELECT i % 1000 AS g, i % 3 = 0 AS y, 'label ' || hashint4(i) % 5000 AS label FROM generate_series(1, 30000) i;
ANALYZE chi2_rows;
SELECT (r).n, (r).columns > 5000 AS many, (r).small_expected > 9000 AS small, (r).cramers_v_corrected < 0.1 AS nothing FROM (SELECT chi2_test(label, y) AS r FROM chi2_rows) s;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial AS SELECT g, chi2_test(label, y) AS r FROM chi2_rows GROUP BY g;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT count(*), bool_and(s.r IS NOT DISTINCT FROM p.r) AS serial_is_parallel FROM serial s JOIN (SELECT g, chi2_test(label, y) AS r FROM chi2_rows GROUP BY g) p USING (g);
RESET ALL;
DROP TABLE chi2_rows;

-- Errors.
SELECT chi2_test(ARRAY[1, -1], ARRAY[1, 2]);
SELECT chi2_test(ARRAY[[1, 2], [3, -4]]);
SELECT chi2_test(ARRAY[1, 2], ARRAY[1, 2, 3]);
SELECT chi2_test(ARRAY[1, 2]);
SELECT chi2_test('{{{1}}}'::bigint[]);
SELECT chi2_test(ARRAY[9223372036854775807, 1], ARRAY[1, 1]);
SELECT 'a'::label_counts;
SELECT '("a","x",0)'::label_counts;
SELECT '("a","x",-1)'::label_counts;
SELECT '("a","x",9223372036854775808)'::label_counts;
SELECT '("a","x",1'::label_counts;
SELECT '("a","x'::label_counts;
SELECT '("a\'::label_counts;
SELECT '("a","x",1) ("a","x",2)'::label_counts;
SELECT '("a","x",9223372036854775807) ("b","x",1)'::label_counts;
SELECT label_counts_add('("a","x",9223372036854775807)', 'a', 'x'::text);
-- Many long labels meet the limit of memory; the same rows with few labels do not.
SET synthdq.max_memory = '1MB';
\set VERBOSITY sqlstate
SELECT chi2_test(repeat(i::text, 100), i % 2 = 0) FROM generate_series(1, 10000) i;
\set VERBOSITY default
SELECT (chi2_test(repeat((i % 10)::text, 100), i % 3 = 0)).n FROM generate_series(1, 10000) i;
RESET synthdq.max_memory;
DROP FUNCTION near;
