-- kde of so many values that they are binned: they need not be sorted, and are the same bits in whatever form and order
-- they come, near to the exact sums.

-- 560,000 different numbers, 20,000 integers among them, some NULLs and NaN.
CREATE TABLE kde_crowd AS
SELECT i, CASE WHEN i % 1000 = 0 THEN NULL WHEN i % 1000 = 1 THEN 'NaN' WHEN i % 30 = 2 THEN (i / 30 % 5)::float8
               ELSE (i * 2654435761 % 4294967296) / 4294967296::float8 * 3
                    + (i * 2246822519 % 4294967296) / 4294967296::float8 * 2 END AS x
FROM generate_series(1::bigint, 600000) i;
CREATE TABLE kde_crowd_rows AS SELECT array_agg(x ORDER BY -i) AS xs FROM kde_crowd GROUP BY i / 1000;
ANALYZE kde_crowd;
CREATE TEMPORARY TABLE forms (form text, k kde_result);
SET max_parallel_workers_per_gather = 0;
INSERT INTO forms SELECT 'values', kde(x, 500, 'scott') FROM kde_crowd;
INSERT INTO forms SELECT 'sorted values', kde(x, 500, 'scott' ORDER BY x DESC) FROM kde_crowd;
INSERT INTO forms SELECT 'arrays', kde(xs, 500, 'scott') FROM kde_crowd_rows;
INSERT INTO forms SELECT 'distribution', kde(ecdf(xs), 500) FROM kde_crowd_rows;
INSERT INTO forms SELECT 'stored distribution', kde(e::text::ecdf, 500) FROM (SELECT ecdf(x) AS e FROM kde_crowd) s;
INSERT INTO forms SELECT 'union', kde(ecdf(e), 500) FROM (SELECT ecdf(x) AS e FROM kde_crowd GROUP BY i % 3) s;
INSERT INTO forms SELECT 'asked for twice', (array_agg(k ORDER BY i DESC))[1]
FROM (SELECT i, kde(x, 500, 'scott') OVER (ORDER BY i / 590000) AS k FROM kde_crowd) s WHERE i = 600000;
SET synthdq.threads = 1;
INSERT INTO forms SELECT 'one thread', kde(x, 500, 'scott') FROM kde_crowd;
SET synthdq.threads = 3;
INSERT INTO forms SELECT 'three threads', kde(x, 500, 'scott') FROM kde_crowd;
RESET synthdq.threads;
SET synthdq.max_memory = '24MB';
INSERT INTO forms SELECT 'little memory', kde(x, 500, 'scott') FROM kde_crowd;
RESET synthdq.max_memory;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
INSERT INTO forms SELECT 'parallel', kde(x, 500, 'scott') FROM kde_crowd;
RESET max_parallel_workers_per_gather;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
SELECT form, (k).method, (k).n, k = (SELECT k FROM forms WHERE form = 'values') AS same FROM forms ORDER BY form COLLATE "C";

-- The exact sums, of the very bandwidth.
SELECT (e).method, (e).bandwidth = (k).bandwidth AS bandwidth, (e).x = (k).x AS x, abs((e).mass - (k).mass) < 1e-6 AS mass,
       (SELECT max(abs(a - b)) < 1e-4 * max(b) FROM unnest((k).density, (e).density) u(a, b)) AS density
FROM forms, (SELECT kde(ecdf(x), 500, method => 'exact') AS e FROM kde_crowd) s WHERE form = 'values';
SELECT abs((k).bandwidth / (sd * n ^ -0.2) - 1) < 1e-13 AS bandwidth
FROM forms, (SELECT stddev(x::numeric)::float8 AS sd, count(*)::float8 AS n FROM kde_crowd WHERE x <> 'NaN') s
WHERE form = 'values';

-- Few distinct values, however often, are summed exactly; an infinite value leaves no density, equal ones no bandwidth.
SELECT (kde((i % 700) / 8.0::float8, 4096, 'scott')).method AS few,
       kde(CASE WHEN i = 77 THEN '-Infinity' ELSE x END) IS NULL AS infinite,
       (kde(0.1::float8)).bandwidth IS NULL AS equal FROM kde_crowd;
-- A value beyond a bound is an error here, too.
SELECT kde(ecdf(x), lower_bound => 1) FROM kde_crowd;

-- Far from 0, where there are few doubles within a bin, what is asked for as bins is summed exactly.
SELECT o, (kde(e, 500, method => 'binned')).method,
       (SELECT max(abs(a - b)) < 1e-4 * max(b) FROM unnest((kde(e, 500, method => 'binned')).density,
                                                          (kde(e, 500, method => 'exact')).density) u(a, b)) AS density
FROM (SELECT o, ecdf(o + x) AS e FROM kde_crowd, unnest('{0,1e10,1e13}'::float8[]) o WHERE i <= 300000 GROUP BY o) s
ORDER BY o;
DROP TABLE kde_crowd, kde_crowd_rows;
