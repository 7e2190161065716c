-- kde_groups, kde2d_groups: by hand, against numpy, scipy and seaborn, against the functions for one sample, what the
-- result must not depend on, groups without a density, labels and numbers of other types, and every error.
\set SHOW_CONTEXT never
\set values `echo "${PG_ABS_SRCDIR:-test}/reference/values/density_groups.sql"`
\set ECHO none
\i :values
\set ECHO all

-- By hand. (0, 2), (10, 14, 12) and (20): squares about the means are 2, 8 and 0, on 1 + 2 + 0 degrees of freedom; Scott's
-- factors are 2^(-1/5), 3^(-1/5) and 1. So h = 6^(-1/15) sqrt(10/3), the grid goes from -3h to 20 + 3h, and the density of
-- (20) is one kernel.
CREATE TEMPORARY TABLE few AS SELECT * FROM (VALUES ('b', 10), ('a', 0), ('c', 20), ('b', 14), ('a', 2), ('b', 12), ('a', NULL), ('e', NULL)) v(label, x);
SELECT label, (density).n, (density).weight, abs((density).bandwidth - h) < 1e-14 AS h,
    abs((density).x[1] + 3 * h) < 1e-13 AND abs((density).x[9] - (20 + 3 * h)) < 1e-13 AS grid, (density).kernel, (density).rule, (density).method
FROM kde_groups('SELECT label, x FROM few', 9), (SELECT power(6, -1 / 15.) * sqrt(10 / 3.) AS h) b;
SELECT bool_and(abs(f - exp(-0.5 * ((x - 20) / h) ^ 2) / (h * sqrt(2 * pi()))) < 1e-14) AS kernel
FROM kde_groups('SELECT label, x FROM few', 9), (SELECT power(6, -1 / 15.) * sqrt(10 / 3.) AS h) b, unnest((density).x, (density).density) u(x, f) WHERE label = 'c';
-- The corners of the unit square, the same twice as high at (5, 0), and one point: squares 1 and 1 along x, 1 and 4 along y, on
-- 3 + 3 + 0 degrees of freedom; factor (4 * 4 * 1)^(-1/18).
CREATE TEMPORARY TABLE corners AS SELECT l AS label, 5 * l + i AS x, j * (l + 1) AS y FROM generate_series(0, 1) l, generate_series(0, 1) i, generate_series(0, 1) j
UNION ALL VALUES (2, 9, -4), (3, NULL, 1), (2, 1, NULL);
SELECT label, (density).n, abs((density).factor - f) < 1e-14 AS factor, abs((density).bandwidth_x - f * sqrt(1 / 3.)) < 1e-14 AS h_x,
    abs((density).bandwidth_y - f * sqrt(5 / 6.)) < 1e-14 AS h_y, (density).correlation, abs((density).y[1] - (-4 - 3 * f * sqrt(5 / 6.))) < 1e-13 AS grid
FROM kde2d_groups('SELECT label, x, y FROM corners', 9), (SELECT power(16, -1 / 18.) AS f) g;

-- Against peers, by the rule of test/reference/density_groups.py.
CREATE TEMPORARY TABLE rows AS
SELECT i, label, x, (i * 4409 % 997) / 250.::float8 + x / 4 AS y
FROM (SELECT i, label, (i * 7919 % 1000) / 100.::float8 + CASE label WHEN 'a' THEN 0 WHEN 'b' THEN 3 WHEN 'c' THEN -2 ELSE 5 END AS x
      FROM (SELECT i, CASE WHEN i <= 60 THEN 'a' WHEN i <= 85 THEN 'b' WHEN i <= 89 THEN 'c' ELSE 'd' END AS label FROM generate_series(1, 90) i) l) x;
SELECT p.kind, p.rule, p.label, abs((k.density).bandwidth / p.bandwidth - 1) < 1e-13 AS h, (k.density).rule = p.rule AS rule,
    (SELECT bool_and(abs(f - g) <= 1e-12 * g + 1e-18) FROM unnest((k.density).density, p.density) u(f, g)) AS density
FROM peer_line p, LATERAL kde_groups('SELECT label, x FROM rows', 11, p.rule, p.kind = 'pooled', lo => nodes[1], hi => nodes[11]) k
WHERE k.label = p.label ORDER BY p.kind, p.rule, p.label;
SELECT p.kind, p.label, abs((k.density).factor / p.factor - 1) < 1e-13 AS factor, abs((k.density).bandwidth_x / p.bandwidth_x - 1) < 1e-13 AS h_x,
    abs((k.density).bandwidth_y / p.bandwidth_y - 1) < 1e-13 AS h_y, abs((k.density).correlation - p.correlation) < 1e-13 AS correlation,
    (SELECT bool_and(abs(f - g) <= 1e-12 * peak) FROM (SELECT max(f) AS peak FROM unnest(p.density) f) m,
        unnest((k.density).density, p.density) u(f, g)) AS density
FROM peer_plane p, LATERAL kde2d_groups('SELECT label, x, y FROM rows', 7, pooled_bandwidth => p.kind = 'pooled', x_lo => -4, x_hi => 16, y_lo => -2, y_hi => 8) k
WHERE k.label = p.label ORDER BY p.kind, p.label;

-- A group is what the function for one sample makes of it, on the grid and with the bandwidth of all; not pooled, to the bit.
SELECT k.label, k.density = (SELECT kde(ecdf(x), 50, lo => (k.density).x[1], hi => (k.density).x[50]) FROM rows r WHERE r.label = k.label) AS same
FROM kde_groups('SELECT label, x FROM rows', 50, pooled_bandwidth => false) k;
SELECT k.label, (k.density).density = (SELECT (kde(ecdf(x), 50, (k.density).bandwidth::text, lo => (k.density).x[1], hi => (k.density).x[50])).density FROM rows r WHERE r.label = k.label) AS same
FROM kde_groups('SELECT label, x FROM rows', 50) k;
SELECT k.label, k.density = (SELECT kde2d(kde2d_sample(x, y), 20, x_lo => (k.density).x[1], x_hi => (k.density).x[20], y_lo => (k.density).y[1], y_hi => (k.density).y[20])
    FROM rows r WHERE r.label = k.label) AS same
FROM kde2d_groups('SELECT label, x, y FROM rows', 20, pooled_bandwidth => false) k WHERE label < 'd';
-- One group alone is the sample itself.
SELECT density = (SELECT kde(ecdf(x)) FROM rows) AS same FROM kde_groups('SELECT 1, x FROM rows');
SELECT density = (SELECT kde2d(x, y, 30, 'scott') FROM rows) AS same FROM kde2d_groups('SELECT 1, x, y FROM rows', 30);
-- The pooled bandwidth is that of kde_similarity, and what two of the densities say is what that says.
SELECT abs((s).overlap - (p).overlap) < 1e-12 AS overlap, abs((s).bandwidth_1 / (p).bandwidth_1 - 1) < 1e-13 AS h, (p).n_1, (p).n_2
FROM (SELECT kde_similarity(x, label = 'b') AS s FROM rows WHERE label < 'c') s,
    (SELECT kde_similarity(a.density, b.density) AS p FROM kde_groups('SELECT label, x FROM rows WHERE label < ''c''') a,
        kde_groups('SELECT label, x FROM rows WHERE label < ''c''') b WHERE a.label = 'a' AND b.label = 'b') p;
SELECT abs((s).overlap - (p).overlap) < 1e-12 AS overlap, abs((s).bandwidth_y_1 / (p).bandwidth_y_1 - 1) < 1e-13 AS h
FROM (SELECT kde2d_similarity(x, y, label = 'b', 40, 'scott') AS s FROM rows WHERE label < 'c') s,
    (SELECT kde2d_similarity(a.density, b.density) AS p FROM kde2d_groups('SELECT label, x, y FROM rows WHERE label < ''c''', 40) a,
        kde2d_groups('SELECT label, x, y FROM rows WHERE label < ''c''', 40) b WHERE a.label = 'a' AND b.label = 'b') p;
-- All groups are on one grid, have mass 1, and merge to the density of all rows with that bandwidth.
SELECT count(DISTINCT (density).x) AS grids, bool_and(abs((density).mass - 1) < 0.003) AS mass, (kde_merge(density)).n, (kde_merge(density)).rule
FROM kde_groups('SELECT label, x FROM rows');
SELECT bool_and(abs(f - g) <= 1e-13 * g) AS merged
FROM (SELECT kde_merge(density) AS m FROM kde_groups('SELECT label, x FROM rows')) m,
    LATERAL (SELECT kde(ecdf(x), 200, (m).bandwidth::text, lo => (m).x[1], hi => (m).x[200]) AS k FROM rows) k, unnest((m).density, (k).density) u(f, g);
SELECT count(DISTINCT ((density).x, (density).y)) AS grids, (kde2d_merge(density)).n FROM kde2d_groups('SELECT label, x, y FROM rows', 30);

-- Options: a number is the bandwidth, pooled or not; bw_adjust, cut, kernel, bounds, clip, method.
SELECT pooled, array_agg(DISTINCT (density).bandwidth) AS h, abs(min((density).x[1]) - (SELECT min(x) FROM rows) + 1) < 1e-14 AS margin
FROM unnest('{t,f}'::bool[]) pooled, LATERAL kde_groups('SELECT label, x FROM rows', 5, '0.5', pooled, cut => 2) GROUP BY pooled ORDER BY pooled DESC;
SELECT abs(min((a.density).bandwidth) / max((b.density).bandwidth) - 2) < 1e-14 AS twice, min((a.density).x[1]) = (SELECT min(x) FROM rows) AS no_margin
FROM kde_groups('SELECT label, x FROM rows', 5, bw_adjust => 2, cut => 0) a, kde_groups('SELECT label, x FROM rows', 5) b;
SELECT label, (density).kernel, (density).x[1] AS lo, abs((density).x[5] - (SELECT max(x) FROM rows) - 3 * (density).bandwidth) < 1e-13 AS hi, abs((density).mass - 1) < 1e-12 AS mass
FROM kde_groups('SELECT label, x FROM rows', 5, kernel => 'epanechnikov', lower_bound => -2, upper_bound => 20);
SELECT DISTINCT (density).x FROM kde_groups('SELECT label, x FROM rows', 3, clip => '{0,4}');
SELECT DISTINCT (density).x FROM kde_groups('SELECT label, x FROM rows', 3, lo => 1, hi => 5);
SELECT DISTINCT (density).method FROM kde_groups('SELECT label, x FROM rows', method => 'binned');
SELECT label, (density).method FROM kde2d_groups('SELECT label, x, y FROM rows', 20, method => 'binned');
SELECT label, (density).rule FROM kde_groups('SELECT i % 2, (hashint4(i) / 1e9) ^ 3 + i % 4 * 9 FROM generate_series(1, 3000) i', bandwidth => 'isj', pooled_bandwidth => false);
SELECT abs(max((a.density).factor) / min((b.density).factor) - 3) < 1e-14 AS three_times, max((a.density).y[1]) = (SELECT min(y) FROM rows) AS no_margin
FROM kde2d_groups('SELECT label, x, y FROM rows', 5, bw_adjust => 3, cut => 0) a, kde2d_groups('SELECT label, x, y FROM rows', 5) b;
SELECT DISTINCT (density).factor, (density).x, abs((density).y[1] - (SELECT min(y) FROM rows) + 9 * (density).bandwidth_y) < 1e-13 AS y_open, (density).y[3] FROM kde2d_groups('SELECT label, x, y FROM rows', 3, '0.5', cut => 9, x_lo => 1, x_hi => 5, y_hi => 7);

-- The same bits for any order of rows, number of threads, and parallel plan of the query.
CREATE TABLE many AS SELECT i, i % 5 AS label, hashint4(i) / 1e9 + i % 5 AS x, hashint4(-i) / 1e9 AS y FROM generate_series(1, 30000) i;
ANALYZE many;
CREATE FUNCTION pg_temp.prints(query text, OUT line text, OUT plane text) LANGUAGE sql AS $$
    SELECT (SELECT md5(string_agg(k::text, ' ')) FROM kde_groups('SELECT label, x FROM ' || query, 300) k),
           (SELECT md5(string_agg(k::text, ' ')) FROM kde2d_groups('SELECT label, x, y FROM ' || query, 40) k) $$;
CREATE TEMPORARY TABLE prints AS SELECT * FROM pg_temp.prints('many ORDER BY i');
INSERT INTO prints SELECT * FROM pg_temp.prints('many ORDER BY -i');
INSERT INTO prints SELECT * FROM pg_temp.prints('many ORDER BY hashint4(i)');
SET synthdq.threads = 1;
INSERT INTO prints SELECT * FROM pg_temp.prints('many');
SET synthdq.threads = 3;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
INSERT INTO prints SELECT * FROM pg_temp.prints('many');
RESET synthdq.threads;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
SELECT count(*), count(DISTINCT line) AS line, count(DISTINCT plane) AS plane FROM prints;
DROP TABLE many;

-- Labels of any type with an order, in its order, NULL last; labels that are equal are one.
SELECT label, (density).n FROM kde_groups($$SELECT l, x FROM unnest('{10,9,NULL,9,10,NULL}'::int[], '{1,2,3,4,5,6}'::int[]) u(l, x)$$, 2);
SELECT label, (density).n FROM kde_groups($$SELECT l, x FROM unnest('{t,f,t,f}'::bool[], '{1,2,3,4}'::int[]) u(l, x)$$, 2);
SELECT label, (density).n FROM kde_groups($$SELECT l, x FROM unnest('{2026-03-01,2025-12-31,2026-03-01}'::date[], '{1,2,3}'::int[]) u(l, x)$$, 2);
SELECT label, (density).n FROM kde_groups($$SELECT ARRAY[i % 2, i % 3], i FROM generate_series(1, 12) i$$, 2);
SELECT label, (density).n FROM kde_groups($$SELECT l, x FROM (VALUES (1.00, 1), (1.0, 2), (2, 3), (1.000, 4)) v(l, x)$$, 2);
SELECT label, (density).n FROM kde_groups($$SELECT l, x FROM (VALUES (1.0, 1), (1.000, 2), (2, 3), (1.00, 4)) v(l, x)$$, 2);
SELECT label IS NULL AS no_label, (density).n FROM kde2d_groups('SELECT NULL::text, x, y FROM rows', 2);
SELECT label, (density).n FROM kde2d_groups('SELECT CASE WHEN i > 10 THEN label END, x, y FROM rows', 2);
CREATE DOMAIN part AS text;
SELECT label, (density).n FROM kde2d_groups('SELECT label::part, x, y FROM rows', 2);
DROP DOMAIN part;
-- A long label is kept whole.
SELECT length(label), (density).n FROM kde_groups($$SELECT repeat('x', 100000 + i % 2), i FROM generate_series(1, 6) i$$, 2);

-- Numbers of any type; NULL and NaN are skipped, -0 is 0.
SELECT count(DISTINCT k::text) AS one
FROM unnest('{smallint,integer,bigint,real,double precision,numeric}'::text[]) t, LATERAL kde_groups(format('SELECT i %% 2, (i * 7 %% 50)::%s FROM generate_series(1, 40) i', t), 20) k WHERE label = '1';
SELECT count(DISTINCT k::text) AS one
FROM unnest('{smallint,integer,bigint,real,double precision,numeric}'::text[]) t, LATERAL kde2d_groups(format('SELECT i %% 2, (i * 7 %% 50)::%s, (i * 3 %% 20)::%1$s FROM generate_series(1, 40) i', t), 20) k WHERE label = '1';
CREATE DOMAIN share AS numeric CHECK (VALUE BETWEEN 0 AND 1);
SELECT (density).n FROM kde_groups('SELECT 1, (i / 10.)::share FROM generate_series(1, 10) i', 2);
DROP DOMAIN share;
SELECT label, (density).n, (density).x FROM kde_groups($$VALUES ('a', 0::float8), ('a', '-0'), ('a', 1), ('a', 'NaN'), ('a', NULL), ('b', 'NaN'), (NULL, NULL)$$, 2, '1');
SELECT label, (density).n FROM kde2d_groups($$VALUES ('a', 0::float8, 0::numeric), ('a', 1, 0), ('a', 0, 1), ('a', 0, 'NaN'), ('b', 'NaN', 1), ('b', 1, NULL)$$, 2, '1');

-- Groups without a density, beside others that have one. Infinite: NULL, and the others are as if it were not there.
SELECT a.label, a.density IS NOT DISTINCT FROM b.density AS same, a.density IS NULL AS none
FROM kde_groups($$SELECT label, x FROM rows UNION ALL SELECT 'z', 'Infinity' UNION ALL SELECT 'z', 1e6$$, 20) a LEFT JOIN kde_groups('SELECT label, x FROM rows', 20) b ON a.label = b.label;
SELECT a.label, a.density IS NOT DISTINCT FROM b.density AS same, a.density IS NULL AS none
FROM kde2d_groups($$SELECT label, x, y FROM rows UNION ALL SELECT 'z', 1, '-Infinity' UNION ALL SELECT 'z', 1e6, 1e6$$, 20) a LEFT JOIN kde2d_groups('SELECT label, x, y FROM rows', 20) b ON a.label = b.label;
-- Constant ones, one value, points on a line: by the pooled kernel; not by their own.
SELECT pooled, label, (density).n, (density).bandwidth IS NOT NULL AS h, (density).density IS NOT NULL AS density, (density).method
FROM unnest('{t,f}'::bool[]) pooled, LATERAL kde_groups($$SELECT 'some', i FROM generate_series(1, 9) i UNION ALL SELECT 'equal', 3 FROM generate_series(1, 4) UNION ALL SELECT 'one', 7$$, 9, pooled_bandwidth => pooled)
ORDER BY pooled DESC, label;
SELECT pooled, label, (density).n, (density).factor IS NOT NULL AS factor, (density).density IS NOT NULL AS density, (density).method
FROM unnest('{t,f}'::bool[]) pooled, LATERAL kde2d_groups($$SELECT 'some', i, i * i FROM generate_series(1, 9) i UNION ALL SELECT 'line', i, 2 * i FROM generate_series(1, 4) i UNION ALL SELECT 'one', 7, 7 UNION ALL SELECT 'two', i, -i FROM generate_series(1, 2) i$$, 9, pooled_bandwidth => pooled)
ORDER BY pooled DESC, label;
-- No group has any.
SELECT label, density FROM kde_groups('VALUES (1, 5), (1, 5), (2, 6)');
SELECT label, density FROM kde2d_groups('VALUES (1, 0, 0), (1, 1, 1), (2, 3, 3), (2, 4, 4)');
SELECT label, density FROM kde_groups($$VALUES (1, 'Infinity'::float8)$$);
-- All lie beyond an end of the grid: no grid.
SELECT label, (density).bandwidth, (density).x FROM kde_groups('VALUES (1, 5), (1, 6), (2, 6)', bandwidth => '0.5', lo => 100);
-- Far from zero, tiny, huge: the bandwidth follows.
SELECT u, bool_and(abs((k.density).bandwidth / ((o.density).bandwidth * u) - 1) < 1e-13) AS follows, bool_and(abs((k.density).mass - (o.density).mass) < 1e-12) AS mass
FROM unnest('{1e-300,1e-9,1e9,1e300}'::float8[]) u, LATERAL kde_groups(format('SELECT label, x * %s::float8 FROM rows', u), 20) k, kde_groups('SELECT label, x FROM rows', 20) o
WHERE k.label = o.label GROUP BY u ORDER BY u;
SELECT u, bool_and(abs((k.density).bandwidth_y / ((o.density).bandwidth_y * u) - 1) < 1e-12) AS follows, bool_and(abs((k.density).mass - (o.density).mass) < 1e-9) AS mass
FROM unnest('{1e-150,1e-9,1e9,1e150}'::float8[]) u, LATERAL kde2d_groups(format('SELECT label, x * %s::float8, y * %1$s FROM rows', u), 20) k, kde2d_groups('SELECT label, x, y FROM rows', 20) o
WHERE k.label = o.label GROUP BY u ORDER BY u;
SELECT bool_and(abs((k.density).bandwidth / (o.density).bandwidth - 1) < 1e-6) AS with_offset FROM kde_groups('SELECT label, x + 1e9 FROM rows', 20) k, kde_groups('SELECT label, x FROM rows', 20) o;
-- The largest grid and the smallest.
SELECT label, array_length((density).density, 1) FROM kde_groups('SELECT label, x FROM rows', 4096);
SELECT label, array_dims((density).density) FROM kde2d_groups('SELECT label, x, y FROM rows WHERE label = ''a''', 1024);

-- No rows: no rows.
SELECT * FROM kde_groups('SELECT label, x FROM rows WHERE false');
SELECT * FROM kde2d_groups('SELECT label, x, y FROM rows WHERE false');
SELECT * FROM kde_groups('SELECT label, NULL::int FROM rows');

-- In a query over rows, and inside of the query itself.
SELECT v, (SELECT count(*) FROM kde_groups(format('SELECT label, x FROM rows WHERE i > %s', v), 2)) AS groups FROM unnest('{0,60,85,89,90}'::int[]) v;
SELECT label, (density).n FROM kde_groups('SELECT label, (density).bandwidth FROM kde_groups(''SELECT label, x FROM rows'')', 2);

-- Errors: arguments.
SELECT kde_groups(NULL);
SELECT kde_groups('SELECT label, x FROM rows', 1);
SELECT kde_groups('SELECT label, x FROM rows', NULL);
SELECT kde_groups('SELECT label, x FROM rows', bandwidth => 'wide');
SELECT kde_groups('SELECT label, x FROM rows', bandwidth => '-1');
SELECT kde_groups('SELECT label, x FROM rows', bandwidth => 'isj');
SELECT kde_groups('SELECT label, x FROM rows', pooled_bandwidth => NULL);
SELECT kde_groups('SELECT label, x FROM rows', kernel => 'box');
SELECT kde_groups('SELECT label, x FROM rows', lo => 2, hi => 1);
SELECT kde_groups('SELECT label, x FROM rows', bw_adjust => 0);
SELECT kde_groups('SELECT label, x FROM rows', cut => -1);
SELECT kde_groups('SELECT label, x FROM rows', lower_bound => 0);
SELECT kde_groups('SELECT label, x FROM rows', kernel => 'cosine', method => 'binned');
SELECT kde_groups('SELECT label, x FROM rows', clip => '{1}');
SELECT kde2d_groups(NULL);
SELECT kde2d_groups('SELECT label, x, y FROM rows', 5000);
SELECT kde2d_groups('SELECT label, x, y FROM rows', bandwidth => 'isj');
SELECT kde2d_groups('SELECT label, x, y FROM rows', pooled_bandwidth => NULL);
SELECT kde2d_groups('SELECT label, x, y FROM rows', x_lo => 'Infinity');
SELECT kde2d_groups('SELECT label, x, y FROM rows', y_lo => 3, y_hi => 3);
SELECT kde2d_groups('SELECT label, x, y FROM rows', bw_adjust => -1);
SELECT kde2d_groups('SELECT label, x, y FROM rows', cut => 'NaN');
SELECT kde2d_groups('SELECT label, x, y FROM rows', method => 'fast');
-- The query.
SELECT kde_groups('SELECT label FROM rows');
SELECT kde_groups('SELECT label, x, y FROM rows');
SELECT kde2d_groups('SELECT label, x FROM rows');
SELECT kde_groups('SELECT label, label FROM rows');
SELECT kde_groups('SELECT label, NULL FROM rows');
SELECT kde_groups('SELECT label, ARRAY[x] FROM rows');
SELECT kde2d_groups('SELECT label, x, i > 3 FROM rows');
SELECT kde_groups('SELECT point(x, x), x FROM rows');
SELECT kde_groups($$SELECT '{}'::json, x FROM rows$$);
SELECT kde_groups('SELECT label, x FROM rows; SELECT 1');
SELECT kde_groups('CREATE TABLE x ()');
SELECT kde_groups('');
\set VERBOSITY sqlstate
-- Out of range, not read-only, no such column, and an error in a row.
SELECT kde_groups('SELECT label, 1e400::numeric FROM rows');
SELECT kde_groups('DELETE FROM rows RETURNING label, x');
SELECT kde_groups('SELECT label, nothing FROM rows');
SELECT kde_groups('SELECT label, 1 / (i - 50) FROM rows');
-- Memory: refused before the work. A row's number as its label, and a grid that no memory holds.
SET synthdq.max_memory = '2MB';
SELECT kde2d_groups('SELECT i, x, y FROM rows');
SELECT kde2d_groups('SELECT label, x, y FROM rows', 4096);
SELECT kde2d_groups('SELECT 1, i, i % 9 FROM generate_series(1, 1000000) i', 2);
SELECT kde_groups('SELECT i % 3, sqrt(i) FROM generate_series(1, 1000000) i', 2);
SELECT kde_groups('SELECT i, i FROM generate_series(1, 100000) i', 2);
SELECT label, (density).n FROM kde_groups('SELECT i % 3, i % 256 FROM generate_series(1, 300000) i', 2);
RESET synthdq.max_memory;
\set VERBOSITY default
