-- ks_tests, mw_tests, cvm_tests, wasserstein_tests: by hand, each position beside the scalar test,
-- adjusted p-values, threads, empty positions, errors, cancel.

-- Three images a side, of 2 x 2 pixels. Position 1: {1,2,3} / {4,5,6}: D = 1, exact p = 2/20 for either
-- test, U = 0. Positions 2 and 3: the same on both sides, D = 0, p = 1. Position 4: x is empty.
-- BH of (.1, 1, 1) is (.3, 1, 1).
CREATE TEMP TABLE small AS
SELECT ecdf_vector(x) AS x, ecdf_vector(y) AS y
FROM (VALUES ('{{1,0},{5,NULL}}'::int[], '{{4,0},{5,1}}'::int[]), ('{{2,0},{5,NULL}}', '{{5,0},{5,0}}'), ('{{3,1},{6,NULL}}', '{{6,1},{6,NULL}}')) v(x, y);
SELECT position, row, col, statistic, round(p_value::numeric, 9) AS p_value, round(log10_p::numeric, 9) AS log10_p, d_plus, d_minus,
    round(p_greater::numeric, 9) AS p_greater, p_less, location, n_x, n_y, method, d_low, round(p_adjusted::numeric, 9) AS p_adjusted,
    round(10 ^ log10_p_adjusted::numeric, 9) AS "10^log10_p_adjusted", round(zeros_x::numeric, 9) AS zeros_x, round(zeros_y::numeric, 9) AS zeros_y
FROM small, ks_tests(x, y, 2) ORDER BY position;
SELECT position, row, col, u, round(p_value::numeric, 9) AS p_value, auc, cliffs_delta, n_x, n_y, method,
    round(p_adjusted::numeric, 9) AS p_adjusted, round(zeros_x::numeric, 9) AS zeros_x, round(zeros_y::numeric, 9) AS zeros_y
FROM small, mw_tests(x, y, 1) ORDER BY position;
-- T: F - G at 1 to 6 is 1/3, 2/3, 1, 2/3, 1/3, 0; the squares sum to 19/9, and 19/9 * 9/36 = 19/36. Nothing is
-- farther apart: p = 2/20.
SELECT position, row, col, round(statistic::numeric, 9) AS statistic, round(p_value::numeric, 9) AS p_value, round(log10_p::numeric, 9) AS log10_p,
    n_x, n_y, method, round(p_adjusted::numeric, 9) AS p_adjusted, round(zeros_y::numeric, 9) AS zeros_y
FROM small, cvm_tests(x, y, 2) ORDER BY position;
-- All of {1,2,3} moves by 3.
SELECT position, row, col, round(distance::numeric, 9) AS distance, round(distance_over_sd_x::numeric, 9) AS distance_over_sd_x, x_above,
    round(y_above::numeric, 9) AS y_above, n_x, n_y, round(zeros_x::numeric, 9) AS zeros_x, zeros_y > 0 AS zeros_y
FROM small, wasserstein_tests(x, y, 2) ORDER BY position;

-- The arguments: width, adjust, method; a family of three.
SELECT position, row, col, method FROM small, ks_tests(x, y, width => 4, method => 'asymptotic') ORDER BY position;
SELECT a, (SELECT array_agg(round(p_adjusted::numeric, 6) ORDER BY position) FROM ks_tests(x, y, adjust => a)) AS ks,
    (SELECT array_agg(round(p_adjusted::numeric, 6) ORDER BY position) FROM mw_tests(x, y, adjust => a)) AS mw
FROM small, unnest('{bh,fdr,by,holm,bonferroni,none}'::text[]) a ORDER BY a;

-- Many positions: sizes, ties, zeros and empty ones. Position i has values of 0 .. i % 17, or reals.
CREATE TEMP TABLE many AS
SELECT ecdf_vector(x) AS x, ecdf_vector(y) AS y FROM (
    SELECT array_agg(CASE WHEN i % 23 = 0 OR (i * n) % 11 = 0 THEN NULL WHEN i % 3 = 0 THEN sin(n * i) ELSE n * i % (i % 17 + 1) END ORDER BY i) AS x,
        array_agg(CASE WHEN i % 29 = 0 OR n > i * 4 THEN NULL WHEN i % 3 = 0 THEN cos(n * i) ELSE n * (i + 1) % (i % 17 + 2) END ORDER BY i) AS y
    FROM generate_series(1, 120) n, generate_series(1, 150) i GROUP BY n) r;

-- batch_independence: a position gives the same as the test of its two distributions alone.
SELECT m, count(*), count(t.statistic) AS tested, bool_and((t.statistic, t.p_value, t.log10_p, t.d_plus, t.d_minus, t.p_greater, t.p_less, t.location, t.n_x, t.n_y, t.method) IS NOT DISTINCT FROM
    (s.statistic, s.p_value, s.log10_p, s.d_plus, s.d_minus, s.p_greater, s.p_less, s.location, s.n_x, s.n_y, s.method)) AS batch_independence
FROM unnest('{auto,asymptotic}'::text[]) m, many, ks_tests(x, y, method => m) t, ks_test(ecdf_at(x, position), ecdf_at(y, position), m) s GROUP BY m ORDER BY m;
SELECT m, count(*), count(t.u) AS tested, bool_and((t.u, t.p_value, t.log10_p, t.p_greater, t.p_less, t.z, t.auc, t.cliffs_delta, t.n_x, t.n_y, t.method) IS NOT DISTINCT FROM
    (s.u, s.p_value, s.log10_p, s.p_greater, s.p_less, s.z, s.auc, s.cliffs_delta, s.n_x, s.n_y, s.method)) AS batch_independence
FROM unnest('{auto,asymptotic}'::text[]) m, many, mw_tests(x, y, method => m) t, mw_test(ecdf_at(x, position), ecdf_at(y, position), m) s GROUP BY m ORDER BY m;
SELECT m, count(*), count(t.statistic) AS tested, bool_and((t.statistic, t.statistic_midrank, t.p_value, t.log10_p, t.n_x, t.n_y, t.method) IS NOT DISTINCT FROM
    (s.statistic, s.statistic_midrank, s.p_value, s.log10_p, s.n_x, s.n_y, s.method)) AS batch_independence
FROM unnest('{auto,asymptotic}'::text[]) m, many, cvm_tests(x, y, method => m) t, cvm_test(ecdf_at(x, position), ecdf_at(y, position), m) s GROUP BY m ORDER BY m;
SELECT count(*), count(t.distance) AS tested, bool_and((t.distance, t.distance_over_sd_x, t.distance_over_sd_pooled, t.x_above, t.y_above, t.n_x, t.n_y) IS NOT DISTINCT FROM
    (s.distance, s.distance_over_sd_x, s.distance_over_sd_pooled, s.x_above, s.y_above, s.n_x, s.n_y)) AS batch_independence
FROM many, wasserstein_tests(x, y) t, wasserstein(ecdf_at(x, position), ecdf_at(y, position)) s;

-- Rows come in the order of positions; p is adjusted over those tested; zeros are counted.
SELECT bool_and(t.position = t.ordinality) AS in_order, array_agg(p_adjusted) IS NOT DISTINCT FROM p_adjust(array_agg(p_value), 'by') AS p_adjusted,
    bool_and(abs(a - log10_p_adjusted) <= 1e-12 * abs(a) OR (a IS NULL AND log10_p_adjusted IS NULL)) AS log10_p_adjusted
FROM many, LATERAL (SELECT p_adjust_log10(array_agg(log10_p), 'by') AS adjusted FROM mw_tests(x, y)) f,
    mw_tests(x, y, adjust => 'by') WITH ORDINALITY t, LATERAL (SELECT adjusted[t.position] AS a) e;
SELECT count(zeros_x), count(zeros_y), bool_and(abs(cdf(a, 0) - cdf(a, -1e-300) - zeros_x) < 1e-15) AS zeros_x,
    bool_and(abs(cdf(b, 0) - cdf(b, -1e-300) - zeros_y) < 1e-15) AS zeros_y, max(zeros_x) > 0.5 AS many, min(zeros_x) AS none
FROM many, ks_tests(x, y), LATERAL (SELECT ecdf_at(x, position) AS a, ecdf_at(y, position) AS b) e;

-- The same for any number of threads.
SET synthdq.threads = 1;
CREATE TEMP TABLE one_thread AS SELECT string_agg(ks::text, ' ' ORDER BY position) AS ks, string_agg(mw::text, ' ' ORDER BY position) AS mw
FROM many, ks_tests(x, y, 10) ks JOIN mw_tests(x, y, 10) mw USING (position);
SET synthdq.threads = 5;
SELECT string_agg(k::text, ' ' ORDER BY position) = o.ks AS ks, string_agg(m::text, ' ' ORDER BY position) = o.mw AS mw
FROM one_thread o, many, ks_tests(x, y, 10) k JOIN mw_tests(x, y, 10) m USING (position) GROUP BY o.ks, o.mw;
RESET synthdq.threads;

-- The share of positions whose effect exceeds a band.
SELECT count(*) FILTER (WHERE statistic > 0.5) AS "D > 0.5", count(statistic) AS tested FROM small, ks_tests(x, y);

-- d_low: 5,000 zeros and 5,000 ones against 2,000 twos: D = 1, less sqrt(ln(4 / .05) / (2 n)) of each side.
SELECT statistic, abs(d_low - (1 - sqrt(ln(80) / 20000) - sqrt(ln(80) / 4000))) < 1e-12 AS d_low, zeros_x, zeros_y
FROM ks_tests((SELECT ecdf_vector(ARRAY[i % 2]) FROM generate_series(1, 10000) i), (SELECT ecdf_vector(ARRAY[2]) FROM generate_series(1, 2000) i));

-- A test per group; a group without one side has no rows.
SELECT g, count(position), max(statistic) FROM (
    SELECT g, ecdf_vector(px) FILTER (WHERE i < 3) AS x, ecdf_vector(px) FILTER (WHERE i > 1 AND g <> 2) AS y
    FROM generate_series(1, 3) g, generate_series(1, 3) i, LATERAL (SELECT ARRAY[g, i * g] AS px) p GROUP BY g) r LEFT JOIN LATERAL ks_tests(x, y) ON true GROUP BY g ORDER BY g;
-- Arrays without elements have no positions; where all values are NULL there is nothing to test.
SELECT (SELECT count(*) FROM ks_tests(v, v, 28)) AS none, position, statistic, p_adjusted, zeros_x
FROM (SELECT ecdf_vector('{}'::int[]) AS v, ecdf_vector('{NULL}'::int[]) AS w) a, ks_tests(w, w);
SELECT count(*) FROM ks_tests(NULL, NULL);
SELECT count(*) FROM small, mw_tests(x, NULL);

-- Errors.
SELECT count(*) FROM small, ks_tests(x, y, 3);
SELECT count(*) FROM small, ks_tests(x, y, 0);
SELECT count(*) FROM small, mw_tests(x, y, -2);
SELECT count(*) FROM small, ks_tests(x, (SELECT ecdf_vector(ARRAY[1,2,3])));
SELECT count(*) FROM small, ks_tests(x, y, adjust => 'hochberg');
SELECT count(*) FROM small, ks_tests(x, y, adjust => NULL);
SELECT count(*) FROM small, ks_tests(x, y, method => 'approximate');
SELECT count(*) FROM small, ks_tests(x, y, method => NULL);
\set VERBOSITY sqlstate
CREATE TEMP TABLE large AS
SELECT (SELECT ecdf_vector(ARRAY[1, i % 2]) FROM generate_series(1, 900) i) AS x, (SELECT ecdf_vector(ARRAY[1, i % 2]) FROM generate_series(1, 700) i) AS y,
    (SELECT ecdf_vector(array_fill(i / 2, '{20}')) FROM generate_series(1, 250) i) AS long_x, (SELECT ecdf_vector(array_fill(i / 2 + 1, '{20}')) FROM generate_series(1, 250) i) AS long_y;
\set VERBOSITY default
SELECT count(*) FROM large, mw_tests(x, y, method => 'exact');
\set VERBOSITY sqlstate
-- Exact laws are held to synthdq.max_memory, and can be interrupted.
SET synthdq.max_memory = '1MB';
SELECT count(*) FROM large, mw_tests(long_x, long_y, method => 'exact');
RESET synthdq.max_memory;
SET statement_timeout = '100ms';
SELECT count(*) FROM large, mw_tests(long_x, long_y, method => 'exact');
RESET statement_timeout;
\set VERBOSITY default
