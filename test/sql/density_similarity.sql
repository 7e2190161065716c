-- kde_similarity, kde2d_similarity and their baselines: densities that are given and rows with labels, by hand and
-- against numpy (test/reference/similarity.py), degenerate groups, random labels, plans, and every error.

CREATE TEMPORARY VIEW rows_300 AS
SELECT i, i % 3 = 0 AS s, (i * 7919 % 1009) / 64.0::float8 + CASE i % 3 WHEN 0 THEN 2 ELSE 0 END AS x,
       (i * 7919 % 1009) / 256.0::float8 + (i * 104729::bigint % 997) / 128.0::float8
       + CASE i % 3 WHEN 0 THEN 1 ELSE 0 END AS y
FROM generate_series(1, 300) i;
CREATE FUNCTION pg_temp.close_to(got float8[], want float8[], tolerance float8) RETURNS boolean
LANGUAGE sql AS $$
    SELECT count(*) > 0 AND bool_and(g IS NOT NULL AND w IS NOT NULL AND abs(g - w) <= tolerance * abs(w))
    FROM (SELECT unnest(got) AS g, unnest(want) AS w) s
$$;

-- Composites by hand, with the fields that matter.
CREATE FUNCTION pg_temp.line(x float8[], density float8[], bandwidth float8 DEFAULT 1, n bigint DEFAULT 3) RETURNS kde_result
LANGUAGE sql AS $$
    SELECT jsonb_populate_record(NULL::kde_result,
        jsonb_build_object('x', x, 'density', density, 'bandwidth', bandwidth, 'n', n))
$$;
CREATE FUNCTION pg_temp.plane(x float8[], y float8[], density float8[], bandwidth_x float8 DEFAULT 1,
                              bandwidth_y float8 DEFAULT 1, n bigint DEFAULT 3) RETURNS kde2d_result
LANGUAGE sql AS $$
    SELECT jsonb_populate_record(NULL::kde2d_result, jsonb_build_object('x', x, 'y', y, 'density', density,
        'bandwidth_x', bandwidth_x, 'bandwidth_y', bandwidth_y, 'n', n))
$$;

-- By hand: nodes 0, 1, 2 have weights 1/2, 1, 1/2, so f = (1, 1/2, 0) and g = (0, 1, 0) integrate to 1 and share 1/2 at
-- the middle. L1 = 1/2 * 1 + 1/2 = 1, L2^2 = 1/2 + 1/4, KL of g from f = ln 2; f has mass at 0, where g has none.
SELECT overlap, l1, abs(l2 - sqrt(0.75)) < 1e-15 AS l2, round(hellinger::numeric, 6) AS hellinger, kl_12, abs(kl_21 - ln(2)) < 1e-15 AS kl_21, gap, gap_x,
       bandwidth_1, bandwidth_2, n_1, n_2, p_value, permutations
FROM kde_similarity(
    pg_temp.line('{0,1,2}', '{1,0.5,0}', 0.5, 10),
    pg_temp.line('{0,1,2}', '{0,1,0}', 0.25, 20));
-- The same along y, with two nodes of x.
SELECT overlap, l1, gap, gap_x, gap_y, bandwidth_x_1, bandwidth_y_1, bandwidth_x_2, bandwidth_y_2, n_1, n_2
FROM kde2d_similarity(
    pg_temp.plane('{0,1}', '{0,1,2}', '{{1,1},{0.5,0.5},{0,0}}', 2, 3, 10),
    pg_temp.plane('{0,1}', '{0,1,2}', '{{0,0},{1,1},{0,0}}', 4, 5, 20));

-- kde_same: exactly 1, 0, 0, 0.
SELECT overlap, l1, l2, hellinger, js, kl_12, kl_21, gap
FROM (SELECT kde(ecdf(x)) AS k FROM rows_300) q, kde_similarity(k, k);
SELECT overlap, l1, l2, hellinger, js, kl_12, kl_21, gap
FROM (SELECT kde2d(x, y, 20, 'scott') AS k FROM rows_300) q, kde2d_similarity(k, k);
-- Both sides the same rows: no difference, for whatever the parameters are.
SELECT (a).overlap, (a).l1, (b).overlap, (b).l1, (b).p_value, (b).permutations
FROM (SELECT kde_similarity(x, s) AS a, kde_similarity(x, s, 50, 'silverman', 99, 1) AS b
      FROM (SELECT x, false AS s FROM rows_300 UNION ALL SELECT x, true FROM rows_300) u) q;
SELECT (a).overlap, (a).l1, (b).overlap, (b).l1, (b).p_value
FROM (SELECT kde2d_similarity(x, y, s, 20, 'scott') AS a, kde2d_similarity(x, y, s, 20, '0.1', 99, 1) AS b
      FROM (SELECT x, y, false AS s FROM rows_300 UNION ALL SELECT x, y, true FROM rows_300) u) q;

-- Against numpy. L1 = 2 (1 - overlap).
SELECT pg_temp.close_to(ARRAY[overlap, l1, l2, hellinger, js, kl_12, kl_21, gap, gap_x, bandwidth_1, bandwidth_2],
           '{0.835276159354321, 0.32944768129135815, 0.09172080472691442, 0.23544370103139073, 0.07365652888464631,
             0.2527396905103887, 0.2413476600898743, 0.03625807347848153, 1.194299356986181,
             1.6889809445392236, 1.6889809445392236}', 1e-11) AS same,
       abs(l1 - 2 * (1 - overlap)) < 1e-14 AS identity, n_1, n_2, p_value, permutations
FROM (SELECT kde_similarity(x, s, 50, 'scott') AS r FROM rows_300) q, LATERAL (SELECT (r).*) m;
SELECT pg_temp.close_to(ARRAY[overlap, l1, l2, hellinger, js, kl_12, kl_21, gap, gap_x, gap_y,
                              bandwidth_x_1, bandwidth_y_1, bandwidth_x_2, bandwidth_y_2],
           '{0.787247028233354, 0.4255059435332922, 0.03165314083272268, 0.2410494251311003, 0.07896840531064483,
             0.25256996095685236, 0.24811946515757732, 0.004262170149616664, 1.1938500639279885, 3.964748897031739,
             1.9920882921352954, 1.1054137255276009, 1.9920882921352954, 1.1054137255276009}', 1e-11) AS same,
       abs(l1 - 2 * (1 - overlap)) < 1e-14 AS identity, n_1, n_2, p_value, permutations
FROM (SELECT kde2d_similarity(x, y, s, 30, 'scott') AS r FROM rows_300) q, LATERAL (SELECT (r).*) m;

-- The aggregate is the plain function over two densities with its bandwidth, on its grid. The rule of a stated h in
-- one dimension has no part in it.
SELECT a.overlap = b.overlap AND a.gap_x = b.gap_x AND a.js = b.js AS same, a.bandwidth_1
FROM (SELECT kde_similarity(x, s, 50, '1.5') AS r FROM rows_300) q, LATERAL (SELECT (r).*) a,
     (SELECT min(x) - 4.5 AS lo, max(x) + 4.5 AS hi FROM rows_300) ends,
     LATERAL (SELECT kde(ecdf(x) FILTER (WHERE NOT s), 50, '1.5', lo => lo, hi => hi) AS f,
                     kde(ecdf(x) FILTER (WHERE s), 50, '1.5', lo => lo, hi => hi) AS g FROM rows_300) k,
     kde_similarity(f, g) b;
-- A number for points is the factor: with Scott's own, the geometric mean of 200^(-1/6) and 100^(-1/6), nothing changes.
SELECT abs((a).overlap - (b).overlap) < 1e-12 AS same
FROM (SELECT kde2d_similarity(x, y, s, 20, 'scott') AS a,
             kde2d_similarity(x, y, s, 20, (20000::float8 ^ (-1.0 / 12))::text) AS b FROM rows_300) q;
-- The default grid; both rules are the same for points.
SELECT (a).overlap = (b).overlap AS default_1d, (c).overlap = (d).overlap AS default_2d, (d).overlap = (e).overlap AS rules
FROM (SELECT kde_similarity(x, s) AS a, kde_similarity(x, s, 200, 'scott') AS b, kde2d_similarity(x, y, s) AS c,
             kde2d_similarity(x, y, s, 200, 'scott') AS d, kde2d_similarity(x, y, s, 200, 'silverman') AS e
      FROM rows_300) q;

-- Sides far apart share nothing; the common kernel does not see the distance.
SELECT round(overlap::numeric, 6) AS overlap, round(l1::numeric, 6) AS l1, round(js::numeric, 6) AS js, gap_x < 100 AS gap_x,
       round(bandwidth_1::numeric, 6) = (SELECT round((kde_similarity(x, s)).bandwidth_1::numeric, 6) FROM rows_300) AS h
FROM (SELECT kde_similarity(CASE WHEN s THEN x + 1000 ELSE x END, s) AS r FROM rows_300) q, LATERAL (SELECT (r).*) m;

-- kde_unit: units change l2 and the gap only; a common offset nothing.
SELECT u, abs((r).overlap - (q).overlap) < 1e-12 AS overlap, abs((r).js - (q).js) < 1e-12 AS js,
       abs((r).gap * u / (q).gap - 1) < 1e-9 AS gap, abs((r).bandwidth_1 / u / (q).bandwidth_1 - 1) < 1e-12 AS h
FROM (VALUES (1e-200::float8), (1e-9), (1e9), (1e200)) v(u),
     LATERAL (SELECT kde_similarity(x * u, s) AS r, kde_similarity(x, s) AS q FROM rows_300) t ORDER BY u;
SELECT abs((r).overlap - (q).overlap) < 1e-6 AS overlap, abs((r).bandwidth_x_1 - (q).bandwidth_x_1) < 1e-9 AS hx,
       (r).p_value = (q).p_value AS p_value
FROM (SELECT kde2d_similarity(x + 1e9, y - 1e9, s, 30, 'scott', 99, 1) AS r,
             kde2d_similarity(x, y, s, 30, 'scott', 99, 1) AS q FROM rows_300) t;
SELECT (r).overlap >= 0 AS overlap, (r).l2 >= 0 AS l2, (r).gap IS NOT NULL AS gap
FROM (SELECT kde_similarity(x, s) AS r
      FROM (VALUES (-1.7e308, true), (1.7e308, true), (0, false), (4.9e-324, false)) v(x, s)) q;

-- NULL and NaN are skipped, -0 is 0, the order of rows does not matter.
SELECT (a).n_1, a = (SELECT kde_similarity(x, s, 50, 'scott', 99, 5) FROM rows_300) AS same_1d,
       b = (SELECT kde2d_similarity(x, y, s, 20, 'scott', 99, 5) FROM rows_300) AS same_2d
FROM (SELECT kde_similarity(x, s, 50, 'scott', 99, 5) AS a, kde2d_similarity(x, y, s, 20, 'scott', 99, 5) AS b
      FROM (SELECT x, y, s FROM rows_300 UNION ALL VALUES (NULL::float8, NULL::float8, true), (1, 1, NULL), ('NaN', 'NaN', true)
            ORDER BY y DESC) u) q;

-- Degenerate groups: no rows, one side, nothing but NULLs, infinities: NULL.
SELECT kde_similarity(x, s) IS NULL, kde2d_similarity(x, y, s) IS NULL, kde_similarity_baseline(x, s) IS NULL,
       kde2d_similarity_baseline(x, y, s) IS NULL FROM rows_300 WHERE false;
SELECT kde_similarity(x, true) IS NULL, kde2d_similarity(x, y, false) IS NULL, kde_similarity_baseline(x, true) IS NULL,
       kde2d_similarity_baseline(x, y, true) IS NULL FROM rows_300;
SELECT kde_similarity(NULL::float8, s) IS NULL, kde2d_similarity(x, NULL, s) IS NULL FROM rows_300;
SELECT kde_similarity(CASE i WHEN 7 THEN 'Infinity' ELSE x END, s) IS NULL,
       kde2d_similarity(x, CASE i WHEN 7 THEN '-Infinity' ELSE y END, s) IS NULL FROM rows_300;
-- No kernel: one value on each side, equal values on each side, points on a line. A stated h needs no spread.
SELECT i, r FROM (
    SELECT 1 AS i, kde_similarity(x, s, 20, 'scott', 9, 0) AS r FROM rows_300 WHERE i IN (1, 3)
    UNION ALL SELECT 2, kde_similarity(CASE WHEN s THEN 1 ELSE 0 END, s) FROM rows_300
    UNION ALL SELECT 3, kde_similarity_baseline(x, s) FROM rows_300 WHERE i = 1) q ORDER BY i;
SELECT i, r FROM (
    SELECT 1 AS i, kde2d_similarity(x, y, s, 20, 'scott', 9, 0) AS r FROM rows_300 WHERE i IN (1, 3)
    UNION ALL SELECT 2, kde2d_similarity(x, 2 * x, s) FROM rows_300
    UNION ALL SELECT 3, kde2d_similarity(5, y, s) FROM rows_300) q ORDER BY i;
-- Two kernels at distance 2 h: they share 2 Phi(-1) = 0.3173, of which the grid cuts 0.3 %.
SELECT round((kde_similarity(x, x > 1, 4096, '1')).overlap::numeric, 2) AS overlap FROM (VALUES (0::float8), (2)) v(x);
-- One constant side: the kernel is that of the other.
SELECT (kde_similarity(CASE WHEN s THEN 5 ELSE x END, s)).overlap BETWEEN 0.01 AND 0.99 AS constant_side FROM rows_300;

-- Random labels. Of the 20 ways to choose three of six, two separate low from high: p is near 0.1.
SELECT abs((kde_similarity(n::float8, n > 50, 20, '1', 9999, 4)).p_value - 0.1) < 0.01 AS numbers,
       abs((kde2d_similarity((n % 7)::float8, n::float8, n > 50, 20, '0.1', 9999, 4)).p_value - 0.1) < 0.01 AS points
FROM (VALUES (0), (1), (2), (100), (101), (102)) v(n);
SELECT (a).p_value = 0.001 AS shifted, (b).p_value > 0.01 AS halves, (b).permutations, (c).p_value, (c).permutations,
       (a).p_value = (d).p_value AS same_seed, (b).p_value <> (e).p_value AS other_seed
FROM (SELECT kde_similarity(x + CASE WHEN s THEN 5 ELSE 0 END, s, 50, 'scott', 999, 1) AS a,
             kde_similarity(x, i % 2 = 0, 50, 'scott', 999, 1) AS b, kde_similarity(x, s, 50, 'scott', 0, 1) AS c,
             kde_similarity(x + CASE WHEN s THEN 5 ELSE 0 END, s, 50, 'scott', 999, 1) AS d,
             kde_similarity(x, i % 2 = 0, 50, 'scott', 999, 3) AS e FROM rows_300) q;

-- The baseline: halves of the real rows, whatever the others are.
SELECT (b).n_1, (b).n_2, (b).overlap > (r).overlap AS higher, b = (SELECT kde_similarity_baseline(x, false) FROM rows_300 WHERE NOT s)
       AS real_rows_alone, b <> o AS another_seed, (b).bandwidth_1 = (b).bandwidth_2 AS one_kernel
FROM (SELECT kde_similarity_baseline(x, s) AS b, kde_similarity_baseline(x, s, 200, 'scott', 0, 1) AS o, kde_similarity(x, s) AS r
      FROM rows_300) q;
SELECT (b).n_1, (b).n_2, (b).overlap > (r).overlap AS higher,
       b = (SELECT kde2d_similarity_baseline(x, y, false, 20, 'scott') FROM rows_300 WHERE NOT s) AS real_rows_alone, b <> o AS another_seed,
       (o).p_value > 0.01 AS p_value
FROM (SELECT kde2d_similarity_baseline(x, y, s, 20, 'scott') AS b, kde2d_similarity_baseline(x, y, s, 20, 'scott', 99, 1) AS o,
             kde2d_similarity(x, y, s, 20, 'scott') AS r FROM rows_300) q;
-- An odd row goes to the second half; counts are split like rows.
SELECT (kde_similarity_baseline(x, s)).n_1, (kde_similarity_baseline(x, s)).n_2, (kde_similarity_baseline(i % 2, s)).n_1 AS counts
FROM rows_300 WHERE i < 8;

-- Parallel plan = serial plan = any number of threads, bit for bit.
CREATE TABLE similarity_many AS
SELECT i, sin(i) + sin(i * 0.37) AS x, CASE WHEN i % 10 > 0 THEN cos(i * 1.3) + sin(i) / 3 END AS y, i % 3 = 0 AS s
FROM generate_series(1, 20000) i;
ANALYZE similarity_many;
CREATE TEMPORARY TABLE plans (plan text, a density_similarity, b density_similarity_2d, c density_similarity, d density_similarity_2d);
CREATE TEMPORARY VIEW results AS
SELECT kde_similarity(x, s, 50, 'scott', 99, 1) AS a, kde2d_similarity(x, y, s, 20, 'scott', 99, 1) AS b,
       kde_similarity_baseline(x, s, 50, 'scott', 99, 1) AS c, kde2d_similarity_baseline(x, y, s, 20, 'scott', 99, 1) AS d
FROM similarity_many;
SET max_parallel_workers_per_gather = 0;
SET synthdq.threads = 1;
INSERT INTO plans SELECT 'serial', * FROM results;
SET synthdq.threads = 3;
INSERT INTO plans SELECT 'threads', * FROM results;
RESET synthdq.threads;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
INSERT INTO plans SELECT 'parallel', * FROM results;
SELECT count(*) AS plans, count(DISTINCT a::text) AS a, count(DISTINCT b::text) AS b, count(DISTINCT c::text) AS c,
       count(DISTINCT d::text) AS d, min((a).p_value) > 0.01 AS chance FROM plans;
RESET max_parallel_workers_per_gather;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET parallel_leader_participation;
DROP VIEW results;
DROP TABLE similarity_many;

-- Errors: another grid, of both kinds, with both in the message.
SELECT kde_similarity(kde(e, 10, lo => 0, hi => 9), kde(e, 10, lo => 0, hi => 8)) FROM (SELECT ecdf(x) AS e FROM rows_300) q;
SELECT kde_similarity(kde(e, 10, lo => 0, hi => 9), kde(e, 20, lo => 0, hi => 9)) FROM (SELECT ecdf(x) AS e FROM rows_300) q;
SELECT kde2d_similarity(kde2d(x, y, 5, 'scott', 0, 9, 0, 9), kde2d(x, y, 5, 'scott', 0, 9, 0, 7.5)) FROM rows_300;
-- A density that is NULL, 0 on the whole grid, or not there.
SELECT r FROM (SELECT kde(ecdf(5::float8), 10) AS k) q, kde_similarity(k, k) r;
SELECT overlap, n_1, n_2 FROM kde_similarity(pg_temp.line('{0,1}', '{0,0}', 1, 3),
                                             pg_temp.line('{0,1}', '{0,1}', 1, NULL));
SELECT kde_similarity(NULL, pg_temp.line(NULL, NULL)) IS NULL AS nothing;
-- Composites that contradict themselves.
\set one 'pg_temp.line(''{0,1}'', ''{1,1}'')'
SELECT kde_similarity(pg_temp.line('{0,1}', '{1,1,1}', 1, 3), :one);
SELECT kde_similarity(pg_temp.line('{0}', '{1}', 1, 3), :one);
SELECT kde_similarity(:one, pg_temp.line('{}', '{}', 1, 3));
SELECT kde_similarity(:one, pg_temp.line('{0,1,1}', '{1,1,1}', 1, 3));
SELECT kde_similarity(:one, pg_temp.line('{0,Infinity}', '{1,1}', 1, 3));
SELECT kde_similarity(:one, pg_temp.line('{NaN,1}', '{1,1}', 1, 3));
SELECT kde_similarity(:one, pg_temp.line('{0,1}', '{1,-1}', 1, 3));
SELECT kde_similarity(:one, pg_temp.line('{0,1}', '{NaN,1}', 1, 3));
SELECT kde_similarity(:one, pg_temp.line('{0,NULL}', '{1,1}', 1, 3));
SELECT kde2d_similarity(k, k) FROM (SELECT pg_temp.plane('{0,1}', '{0,1}', '{1,1,1}', 1, 1, 3) AS k) q;
SELECT kde2d_similarity(k, k) FROM (SELECT pg_temp.plane('{0,1}', '{1,0}', '{1,1,1,1}', 1, 1, 3) AS k) q;
SELECT r FROM kde2d_similarity(pg_temp.plane('{0,1}', NULL, '{1,1,1,1}', 1, 1, 3),
                               pg_temp.plane(NULL, NULL, NULL, 1, 1, 3)) r;
-- Arguments.
SELECT kde_similarity(x, s, 1, 'scott') FROM rows_300;
SELECT kde_similarity(x, s, 10, 'best') FROM rows_300;
SELECT kde_similarity(x, s, 10, '-1') FROM rows_300;
SELECT kde2d_similarity(x, y, s, 5000, 'scott') FROM rows_300;
SELECT kde2d_similarity(x, y, s, 10, NULL) FROM rows_300;
SELECT kde_similarity(x, s, 10, 'scott', -1, 0) FROM rows_300;
SELECT kde_similarity(x, s, 10, 'scott', 1000001, 0) FROM rows_300;
SELECT kde2d_similarity(x, y, s, 10, 'scott', NULL, 0) FROM rows_300;
SELECT kde2d_similarity(x, y, s, 10, 'scott', 10, NULL) FROM rows_300;
SELECT kde_similarity(x, s, 10 + i % 2, 'scott') FROM rows_300;
SELECT kde_similarity(x, s, 10, 'scott', i, 0) FROM rows_300;
SELECT kde2d_similarity(x, y, s, 10, 'scott', 10, i) FROM rows_300;

-- States as text: what was written is read, what was not is refused.
CREATE AGGREGATE pg_temp.state_1d(x float8, s boolean, grid_size integer, bandwidth text, permutations integer, seed bigint)
    (SFUNC = kde_similarity_state_add, STYPE = kde_similarity_state);
CREATE AGGREGATE pg_temp.state_2d(x float8, y float8, s boolean, grid_size integer, bandwidth text, permutations integer, seed bigint)
    (SFUNC = kde2d_similarity_state_add, STYPE = kde2d_similarity_state);
SELECT density_similarity(a::text::kde_similarity_state) = r_1d AS same_1d,
       density_similarity_2d(b::text::kde2d_similarity_state) = r_2d AS same_2d,
       density_similarity_2d(kde2d_similarity_state_combine(b, NULL)) = r_2d AS united
FROM (SELECT pg_temp.state_1d(x, s, 50, '0.7', 99, -5) AS a, kde_similarity(x, s, 50, '0.7', 99, -5) AS r_1d,
             pg_temp.state_2d(x, y, s, 20, '0.7', 99, -5) AS b, kde2d_similarity(x, y, s, 20, '0.7', 99, -5) AS r_2d
      FROM rows_300) q;
SELECT kde2d_similarity_state_combine(a, b) FROM (
    SELECT pg_temp.state_2d(x, y, s, 20, '0.7', 99, 5) AS a, pg_temp.state_2d(x, y, s, 20, '0.7', 99, 6) AS b FROM rows_300) q;
-- A rule of both sides has a factor for their sizes; that of isj follows from the values.
SELECT kde_similarity(x, s, 20, 'isj') FROM rows_300;
SELECT kde_similarity(x, s, 20, 'isj', 99, 1) FROM rows_300;
SELECT kde_similarity_baseline(x, s, 20, 'isj') FROM rows_300;
SELECT kde2d_similarity(x, y, s, 20, 'isj') FROM rows_300;
SELECT 'nonsense'::kde_similarity_state;
SELECT '\x0100'::kde2d_similarity_state;
SELECT overlay(pg_temp.state_2d(x, y, s, 20, '0.7', 99, 5)::text PLACING 'ff' FROM 19)::kde2d_similarity_state FROM rows_300 WHERE i < 4;
