-- The type ecdf: aggregates, union, questions, text form, rules for NULL, NaN, infinities and -0.
-- Most results are compared inside the query, so that the expected output is t.

-- Five values by hand: 1, 2, 2, 4 and 10.
SELECT ecdf(x) FROM unnest('{2,10,1,4,2}'::float8[]) x;
SELECT * FROM ecdf_points('{1:1,2:2,4:1,10:1}');
SELECT n(e), cdf(e, 0.5) AS below, cdf(e, 2) AS at_2, cdf(e, 3.9) AS at_3_9, cdf(e, 10) AS all_of_it
FROM (SELECT ecdf(x) AS e FROM unnest('{2,10,1,4,2}'::float8[]) x) s;
-- F(1) = 0.2, F(2) = 0.6, F(4) = 0.8: the smallest v with F(v) >= p.
SELECT p, quantile('{1:1,2:2,4:1,10:1}', p)
FROM unnest('{0,0.1,0.2,0.21,0.6,0.61,0.8,0.81,1}'::float8[]) p ORDER BY p;
-- Mean 19/5 = 3.8; squares of distances 7.84 + 2 x 3.24 + 0.04 + 38.44 = 52.8, over 4 = 13.2.
SELECT abs(mean(e) - 3.8) < 1e-15 AS mean, abs(stddev(e) - sqrt(13.2)) < 1e-14 AS stddev
FROM (VALUES ('{1:1,2:2,4:1,10:1}'::ecdf)) v(e);
-- quantile() is percentile_disc(), cdf() is counting, over values with ties.
SELECT count(*) AS wrong
FROM generate_series(0, 100) i,
     (SELECT ecdf(x) AS e, array_agg(x) AS xs FROM generate_series(1, 64) g, LATERAL (SELECT (g * g % 23)::float8) v(x)) s,
     LATERAL (SELECT percentile_disc(i / 100.0) WITHIN GROUP (ORDER BY x) AS q,
                     count(*) FILTER (WHERE x <= i / 4.0) / 64.0::float8 AS f FROM unnest(xs) x) p
WHERE cdf(e, i / 4.0) <> f
   OR (quantile(e, i / 100.0) <> q AND i * 64 % 100 <> 0);
-- An inverse in doubles too: 7 of 100 values are a share of 0.07, and 0.07 x 100 > 7.
SELECT count(*) AS wrong FROM (SELECT ecdf(x) AS e FROM generate_series(1, 100) x) s, generate_series(1, 100) x
WHERE quantile(e, cdf(e, x)) <> x;
-- A small spread around a large mean, and the same far from it.
SELECT abs(stddev(e) - 1) < 1e-9 AS stddev, mean(e) = 1000000001 AS mean
FROM (SELECT ecdf(1e9 + x) AS e FROM generate_series(0, 2) x) s;
SELECT abs(mean(e) / avg - 1) < 1e-12 AS mean, abs(stddev(e) / stddev_samp - 1) < 1e-9 AS stddev
FROM (SELECT ecdf(x) AS e, avg(x), stddev_samp(x)
      FROM generate_series(1, 1000) i, LATERAL (SELECT sin(i) * exp(i % 7)) v(x)) s;

-- Every element type gives the same.
SELECT ecdf(a) = '{0:2,7:1,255:1}' FROM (VALUES ('{0,255,7,0}'::smallint[])) v(a);
SELECT ecdf(a) = '{0:2,7:1,255:1}' FROM (VALUES ('{0,255,7,0}'::integer[])) v(a);
SELECT ecdf(a) = '{0:2,7:1,255:1}' FROM (VALUES ('{0,255,7,0}'::real[])) v(a);
SELECT ecdf(a) = '{0:2,7:1,255:1}' FROM (VALUES ('{0,255,7,0}'::double precision[])) v(a);
SELECT ecdf(x) = '{0:2,7:1,255:1}' FROM unnest('{0,255,7,0}'::integer[]) x;
SELECT ecdf(x) = '{0:2,7:1,255:1}' FROM unnest('{0,255,7,0}'::numeric[]) x;
-- A real is its value as a double.
SELECT ecdf(a) = ecdf(a::float8[]) FROM (VALUES ('{0.1,0.5,-3e38}'::real[])) v(a);

-- Nothing: no rows, only NULLs, FILTER, empty arrays, only NaN.
SELECT ecdf(x) IS NULL AS no_rows FROM (VALUES (1.5::float8)) v(x) WHERE false;
SELECT ecdf(x) IS NULL AS only_null FROM (VALUES (NULL::float8), (NULL)) v(x);
SELECT ecdf(a) IS NULL AS only_null FROM (VALUES (NULL::real[]), (NULL)) v(a);
SELECT ecdf(x) FILTER (WHERE x > 5) IS NULL AS filtered FROM (VALUES (1.5::float8)) v(x);
SELECT ecdf(a) IS NULL AS empty FROM (VALUES ('{}'::smallint[]), ('{NULL,NULL}')) v(a);
SELECT ecdf(x) IS NULL AS only_nan FROM (VALUES ('NaN'::float8), ('NaN')) v(x);
SELECT ecdf(e) IS NULL AS union_of_nothing FROM (VALUES ('{}'::ecdf), (NULL)) v(e);
SELECT ecdf(NULL::float8) IS NULL, ecdf(NULL::smallint[]) IS NULL;
SELECT g, ecdf(x) FROM (VALUES (1, NULL::float8), (2, 3), (2, NULL), (3, 'NaN')) v(g, x) GROUP BY g ORDER BY g;
-- The empty distribution exists as a value.
SELECT n(e), cdf(e, 1) IS NULL, quantile(e, 0.5) IS NULL, mean(e) IS NULL, stddev(e) IS NULL,
       (SELECT count(*) FROM ecdf_points(e)) AS points
FROM (VALUES ('{}'::ecdf)) v(e);
-- One value.
SELECT n(e), mean(e), stddev(e) IS NULL AS no_stddev, quantile(e, 0) = 5 AND quantile(e, 1) = 5 AS quantiles
FROM (SELECT ecdf(5) AS e) s;
-- All equal: no rounding in the mean, a standard deviation of 0.
SELECT mean(e) = 0.1, stddev(e) = 0 FROM (SELECT ecdf(0.1) AS e FROM generate_series(1, 1000)) s;

-- NaN, infinities, -0, the smallest and the largest numbers.
SELECT ecdf(x) FROM unnest('{NaN,-0,0,Infinity,-Infinity,5e-324,-5e-324,1.7976931348623157e308,NULL,NaN}'::float8[]) x;
SELECT ecdf(a) FROM (VALUES ('{NaN,-0,Infinity,NULL}'::real[]), ('{1e-45,3.4028235e38,0,-Infinity}')) v(a);
SELECT ecdf(a) FROM (VALUES ('{-32768,32767}'::smallint[]), ('{-32768,0}')) v(a);
SELECT ecdf(a) FROM (VALUES ('{-2147483648,2147483647}'::integer[]), ('{0,-2147483648}')) v(a);
SELECT mean(e), stddev(e) FROM (VALUES ('{1:1,Infinity:1}'::ecdf)) v(e);
SELECT mean(e), stddev(e) FROM (VALUES ('{-Infinity:1,1:1}'::ecdf)) v(e);
SELECT mean(e), stddev(e) FROM (VALUES ('{-Infinity:1,Infinity:1}'::ecdf)) v(e);
SELECT cdf(e, '-Infinity'), cdf(e, 0), cdf(e, 'Infinity'), cdf(e, 'NaN'), quantile(e, 0.25), quantile(e, 1)
FROM (VALUES ('{-Infinity:1,0:2,Infinity:1}'::ecdf)) v(e);
SELECT mean(e) = 1.7976931348623157e308 AND stddev(e) = 0 AS no_overflow
FROM (VALUES ('{1.7976931348623157e308:3}'::ecdf)) v(e);

-- Shapes of arrays: rows of different lengths, dimensions and lower bounds.
SELECT ecdf(a) FROM (VALUES ('{1,2}'::integer[]), ('{{1,2},{3,4}}'), ('[5:7]={1,NULL,9}'), ('{}'), (NULL),
                            ('[0:0][-1:0]={{4,4}}')) v(a);

-- Integers that are not dense, and integers among others.
SELECT ecdf(x) = '{0:1,1:2,70000:1,1000000000:1,9007199254740992:1}'
FROM unnest('{1,1000000000,70000,1,0,9007199254740992}'::float8[]) x;
-- 100,000 distinct values twice each: F(0.49999) is the first to reach a half.
SELECT n(e), quantile(e, 0.5), (SELECT count(*) FROM ecdf_points(e)) AS points
FROM (SELECT ecdf(i % 100000 / 100000.0::float8) AS e FROM generate_series(1, 200000) i) s;

-- Union: the same as the distribution of all rows.
CREATE TABLE readings (id int, day int, x float8, px smallint[], r real[]);
INSERT INTO readings
SELECT i, i % 7, CASE WHEN i % 11 = 0 THEN NULL ELSE sin(i) * (i % 5) END,
       CASE WHEN i % 13 = 0 THEN NULL ELSE ARRAY[i % 256, 0, 0, i * i % 256, NULL] END,
       ARRAY[i % 256, (i % 256) / 255.0, 'NaN', NULL]
FROM generate_series(1, 3000) i;
ANALYZE readings;
SELECT (SELECT ecdf(e) FROM (SELECT ecdf(x) AS e FROM readings GROUP BY day) s) = (SELECT ecdf(x) FROM readings) AS x,
       (SELECT ecdf(e) FROM (SELECT ecdf(px) AS e FROM readings GROUP BY day) s) = (SELECT ecdf(px) FROM readings) AS px,
       (SELECT ecdf(e) FROM (SELECT ecdf(r) AS e FROM readings GROUP BY day) s) = (SELECT ecdf(r) FROM readings) AS r;
-- The order of rows does not show, not even in the text.
SELECT (SELECT ecdf(x)::text FROM (SELECT x FROM readings ORDER BY id) s)
     = (SELECT ecdf(x)::text FROM (SELECT x FROM readings ORDER BY x DESC NULLS FIRST) s) AS same;
-- Against plain SQL.
SELECT count(*) AS wrong
FROM (SELECT x, count(*) AS c FROM (SELECT x + 0 AS x FROM readings WHERE x IS NOT NULL) s GROUP BY x) plain
FULL JOIN (SELECT p.* FROM (SELECT ecdf(x) AS e FROM readings) s, ecdf_points(e) p) points ON plain.x = points.value
WHERE c IS DISTINCT FROM n;
SELECT count(*) AS wrong
FROM (SELECT v, count(*) AS c FROM readings, unnest(px) v WHERE v IS NOT NULL GROUP BY v) plain
FULL JOIN (SELECT p.* FROM (SELECT ecdf(px) AS e FROM readings) s, ecdf_points(e) p) points ON plain.v = points.value
WHERE c IS DISTINCT FROM n;

-- DISTINCT and ORDER BY in the call.
SELECT ecdf(DISTINCT x), n(ecdf(x ORDER BY x DESC)) FROM unnest('{2,1,2,3,1}'::float8[]) x;

-- Two aggregates share a state; two different ones run over one column; one final function twice.
SELECT ecdf(x) = ecdf(x) AS shared, n(ecdf(x)) = count(x) AS counted, mean(ecdf(x)) IS NOT NULL AS asked FROM readings;

-- Window frames: growing, moving and whole ones, against counting again from nothing.
SELECT count(*) AS wrong
FROM (SELECT id, ecdf(x) OVER (ORDER BY id) AS grown,
             ecdf(x) OVER (ORDER BY id ROWS BETWEEN 9 PRECEDING AND 2 PRECEDING) AS moved,
             ecdf(px) OVER (PARTITION BY day) AS whole, day
      FROM readings WHERE id <= 200) w,
     LATERAL (SELECT ecdf(x) AS e FROM readings r WHERE r.id <= w.id) a,
     LATERAL (SELECT ecdf(x) AS e FROM readings r WHERE r.id BETWEEN w.id - 9 AND w.id - 2) b,
     LATERAL (SELECT ecdf(px) AS e FROM readings r WHERE r.day = w.day AND r.id <= 200) c
WHERE NOT (grown = a.e) OR (moved = b.e) IS FALSE OR (moved IS NULL) <> (b.e IS NULL) OR NOT (whole = c.e);

-- Rescan through LATERAL.
SELECT d, e FROM generate_series(0, 2) d, LATERAL (SELECT ecdf(y) AS e FROM unnest(ARRAY[d, d, 5]::float8[]) y OFFSET 0) s
ORDER BY d;

-- Grouping sets; hashed groups are sorted groups.
SET enable_sort = off;
CREATE TEMP TABLE hashed AS SELECT day, ecdf(x) AS e FROM readings GROUP BY day;
RESET enable_sort;
SET enable_hashagg = off;
CREATE TEMP TABLE sorted AS SELECT day, ecdf(x) AS e FROM readings GROUP BY day;
RESET enable_hashagg;
SELECT count(*) AS groups, bool_and(h.e = s.e) AS same FROM hashed h JOIN sorted s USING (day);
SELECT count(*) AS groups, sum(n(e)) = 2 * (SELECT count(x) FROM readings) AS all_rows
FROM (SELECT ecdf(x) AS e FROM readings GROUP BY GROUPING SETS ((day), ())) s;

-- A parallel plan gives the same value, with NULL rows and with groups that no worker fills.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SET parallel_leader_participation = off;
CREATE FUNCTION is_partial(query text) RETURNS boolean LANGUAGE plpgsql AS
$$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
        IF line ~ 'Partial (Hash|Group)?Aggregate' THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END
$$;
SELECT is_partial('SELECT ecdf(x), ecdf(px), ecdf(r) FROM readings') AS parallel;
SELECT is_partial('SELECT day, ecdf(x) FROM readings GROUP BY day') AS parallel;
CREATE TEMP TABLE parallel AS SELECT ecdf(x) AS x, ecdf(px) AS px, ecdf(r) AS r, ecdf(x) FILTER (WHERE id = 1) AS one,
                                     ecdf(x) FILTER (WHERE id < 0) AS none FROM readings;
CREATE TEMP TABLE parallel_groups AS SELECT day, ecdf(x) AS e FROM readings GROUP BY day;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial AS SELECT ecdf(x) AS x, ecdf(px) AS px, ecdf(r) AS r, ecdf(x) FILTER (WHERE id = 1) AS one,
                                   ecdf(x) FILTER (WHERE id < 0) AS none FROM readings;
SELECT p.x = s.x AS x, p.px = s.px AS px, p.r = s.r AS r, p.one = s.one AS one, p.none IS NULL AND s.none IS NULL AS none,
       ecdf_send(p.x) = ecdf_send(s.x) AS bytes
FROM parallel p, serial s;
SELECT count(*) AS groups, bool_and(p.e = s.e) AS same FROM parallel_groups p JOIN sorted s USING (day);
RESET ALL;

-- Stored values: short, long and compressed, and toasted arrays.
CREATE TABLE stored (id int, e ecdf);
ALTER TABLE stored ALTER COLUMN e SET STORAGE external;
INSERT INTO stored SELECT 1, ecdf(1.5);
INSERT INTO stored SELECT 2, ecdf(3 * i) FROM generate_series(1, 5000) i;
ALTER TABLE stored ALTER COLUMN e SET STORAGE extended;
INSERT INTO stored SELECT 3, ecdf(3 * i) FROM generate_series(1, 5000) i;
INSERT INTO stored VALUES (4, '{}'), (5, NULL);
SELECT id, n(e), pg_column_size(e) < 5000 AS small_or_packed FROM stored ORDER BY id;
SELECT a.e = b.e AS same FROM stored a, stored b WHERE a.id = 2 AND b.id = 3;
SELECT n(ecdf(e)) FROM stored;
CREATE TABLE toasted (a integer[]);
ALTER TABLE toasted ALTER COLUMN a SET STORAGE external;
INSERT INTO toasted SELECT array_agg(i % 1000) FROM generate_series(1, 20000) i;
ALTER TABLE toasted ALTER COLUMN a SET STORAGE extended;
INSERT INTO toasted SELECT array_agg(i % 1000) FROM generate_series(1, 20000) i;
INSERT INTO toasted VALUES ('{1}');
SELECT n(ecdf(a)), count(*), mean(ecdf(a)) FROM toasted WHERE cardinality(a) > 1;
SELECT ecdf(a) = (SELECT ecdf(v) FROM toasted, unnest(a) v) AS same FROM toasted;

-- Text and binary copies are exact.
CREATE TEMP TABLE copies AS SELECT id, e, e::text::ecdf = e AS text FROM stored WHERE e IS NOT NULL
    UNION ALL SELECT 6, ecdf(x), ecdf(x)::text::ecdf = ecdf(x) FROM readings
    UNION ALL SELECT 7, e, e::text::ecdf = e FROM (VALUES ('{-Infinity:1,-1.7976931348623157e308:2,-5e-324:3,0.1:4,Infinity:5}'::ecdf)) v(e);
SELECT id, text FROM copies ORDER BY id;
SET extra_float_digits = 0;
SELECT bool_and(e::text::ecdf = e) AS whatever_extra_float_digits FROM copies;
RESET extra_float_digits;
-- 0.1 has the bits 3fb999999999999a; version 1, one side, no parameters, no flags, one entry.
SELECT ecdf_send('{0.1:7}') = ('\x01010000' || '0000000000000001' || '3fb999999999999a' || '0000000000000007')::bytea AS wire;

-- Support functions by hand: every form of NULL, and arguments that must not change.
SELECT ecdf_add(NULL, NULL::float8) IS NULL, ecdf_add(NULL, NULL::real[]) IS NULL, ecdf_combine(NULL, NULL) IS NULL,
       ecdf_final(NULL) IS NULL, ecdf_final('{}') IS NULL;
SELECT ecdf_add(NULL, 1.5), ecdf_add('{1:1}', NULL::float8), ecdf_add('{1:1}', 1), ecdf_add('{1:1}', '{1,2}'::smallint[]);
SELECT ecdf_combine('{1:1}', NULL), ecdf_combine(NULL, '{1:1}'), ecdf_combine('{1:1}', '{1:2,3:1}');
SELECT ecdf_add(ecdf_add(ecdf_add(NULL, 1), 2), 1);
SELECT e, ecdf_add(e, 5) AS one_more, ecdf_combine(e, e) AS twice, e AS unchanged
FROM (SELECT ecdf_add(ecdf_add(NULL, 1), 2) AS e OFFSET 0) s;
DO $$
DECLARE
    a ecdf := ecdf_add(ecdf_add(NULL, 1), 2.5);
    b ecdf := a;
BEGIN
    a := ecdf_add(a, 2.5);
    b := ecdf_combine(b, b);
    BEGIN
        a := ecdf_combine(a, '{0:2147483648}');
    EXCEPTION WHEN program_limit_exceeded THEN
        RAISE NOTICE 'refused, still %', a;
    END;
    RAISE NOTICE '% %', a, b;
END
$$;
SELECT ecdf_eq(NULL, '{}') IS NULL, NOT ('{1:1}'::ecdf = '{1:2}') AND NOT ('{1:1}'::ecdf = '{2:1}') AND '{}'::ecdf = '{}' AS eq;

-- Arguments that are wrong.
SELECT quantile('{1:1}', 1.01);
SELECT quantile('{1:1}', -1e-300);
SELECT quantile('{1:1}', 'NaN');
SELECT ecdf(a) FROM (VALUES ('{a,b}'::text[])) v(a);
SELECT '{1:1}'::ecdf < '{2:1}'::ecdf;

-- Limits: the number of observations, the memory.
SELECT ecdf_combine('{1:2147483647}', '{1:1}');
SELECT ecdf_combine('{1:2147483648}', '{2:1}');
SELECT ecdf_add('{1:2147483648}', '{2,3}'::smallint[]);
-- What memory has no room for goes to disk, and is the same value; i / 4.0 for i = 1 to 20000.
CREATE TEMP TABLE in_memory AS SELECT ecdf(i / 4.0) AS e FROM generate_series(1, 20000) i;
SET synthdq.max_memory = '64kB';
SELECT n(d.e), cdf(d.e, 1250) AS cdf, quantile(d.e, 0.5) AS median, mean(d.e),
       abs(stddev(d.e)^2 * 12 * 16 / 20000 - 20001) < 1e-6 AS stddev, d.e = m.e AS same
FROM (SELECT ecdf(i / 4.0) AS e FROM generate_series(1, 20000) i OFFSET 0) d, in_memory m;
SELECT ecdf_send(d.e) = ecdf_send(m.e) AS bytes FROM (SELECT ecdf(i / 4.0) AS e FROM generate_series(1, 20000) i) d, in_memory m;
SELECT count(*), min(value), max(value), sum(n) FROM ecdf_points((SELECT ecdf(i / 4.0) FROM generate_series(1, 20000) i));
-- Both halves of the labelled values: 20001 - i is above i for i = 1 to 10000.
SELECT (ks_test(i / 4.0, i > 10000)).statistic, (mw_test(i / 4.0, i > 10000)).u FROM generate_series(1, 20000) i;
-- A union of what is stored.
SELECT n(u.e), u.e = ecdf_combine(m.e, m.e) AS same
FROM (SELECT ecdf(m.e) AS e FROM in_memory m, generate_series(1, 2) OFFSET 0) u, in_memory m;
-- As a window, whose result is asked for while rows come.
SELECT count(*) FILTER (WHERE n <> i), max(median)
FROM (SELECT i, n(e), quantile(e, 0.5) AS median
      FROM (SELECT i, ecdf(i / 4.0) OVER (ORDER BY i) AS e FROM generate_series(1, 8000) i) w WHERE i % 2000 = 0) d;
-- A view of the whole is refused with both sizes.
\set VERBOSITY sqlstate
SELECT kde(i / 4.0) FROM generate_series(1, 20000) i;
\set VERBOSITY default
-- Pixels need no disk.
SELECT n(ecdf(i % 256)) FROM generate_series(1, 10000) i;
RESET synthdq.max_memory;

-- Text that is not an ecdf.
\set VERBOSITY terse
SELECT ''::ecdf;
SELECT '{'::ecdf;
SELECT '{}}'::ecdf;
SELECT '{1}'::ecdf;
SELECT '{1:}'::ecdf;
SELECT '{:1}'::ecdf;
SELECT '{1:1,}'::ecdf;
SELECT '{1:1 2:1}'::ecdf;
SELECT '{1:0}'::ecdf;
SELECT '{1:-1}'::ecdf;
SELECT '{1:1.5}'::ecdf;
SELECT '{NaN:1}'::ecdf;
SELECT '{nan:1}'::ecdf;
SELECT '{inf:1}'::ecdf;
SELECT '{0x1p3:1}'::ecdf;
SELECT '{1e999:1}'::ecdf;
SELECT '{1,5:1}'::ecdf;
SELECT '({1:1})'::ecdf;
\set VERBOSITY default
SELECT '{2:1,1:1}'::ecdf;
SELECT '{1:1,1:1}'::ecdf;
SELECT '{-0:1,0:1}'::ecdf;
SELECT '{1:2147483648,2:1}'::ecdf;
SELECT '{1:99999999999999999999}'::ecdf;
SELECT '{1:1,abc:1}'::ecdf;
SELECT '{1:1,1e-999:1}'::ecdf;
SELECT ('{' || repeat('ä', 100) || '}')::ecdf;
-- A text column: the server takes ecdf(t) for a cast of each row.
SELECT ecdf(t) FROM (VALUES ('1'), ('2')) AS readings (t);
SELECT ecdf('{1,2}');
-- Blanks are allowed, -0 is read as 0.
SELECT E' { -0 : 1 ,\t0.50:02 \n} '::ecdf;

DROP TABLE readings, stored, toasted;
DROP FUNCTION is_partial(text);
