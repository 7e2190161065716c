-- The type ecdf_vector: a distribution per array position; its aggregates, union, questions, text and
-- binary form. Most results are compared inside the query, so that the expected output is t.

-- Three rows by hand: columns 1 1 0, 2 5 2 and 3 NULL 300.
SELECT ecdf_vector(a) FROM (VALUES ('{1,2,3}'::smallint[]), ('{1,5,NULL}'), (NULL), ('{0,2,300}')) v(a);
SELECT ecdf_vector(a) FROM (VALUES ('{1,2,3}'::integer[]), ('{1,5,NULL}'), (NULL), ('{0,2,300}')) v(a);
SELECT ecdf_vector(a) FROM (VALUES ('{1,2,3}'::real[]), ('{1,5,NULL}'), (NULL), ('{0,2,300}')) v(a);
SELECT ecdf_vector(a) FROM (VALUES ('{1,2,3}'::double precision[]), ('{1,5,NULL}'), (NULL), ('{0,2,300}')) v(a);
-- NaN is skipped at its position, -0 is 0, infinities and fractions are values, a real is its value.
SELECT ecdf_vector(a) FROM (VALUES ('{NaN,-0,0.5}'::float8[]), ('{1e300,0,-Infinity}'), ('{5e-324,Infinity,NaN}')) v(a);
SELECT ecdf_vector(a) = ecdf_vector(a::float8[]) AS same FROM (VALUES ('{0.1,0.5,-3e38}'::real[]), ('{1,2,3}')) v(a);
-- Dimensions and lower bounds do not matter: storage order counts.
SELECT ecdf_vector(a) FROM (VALUES ('{{1,2},{3,4}}'::smallint[]), ('{1,2,3,5}'), ('[0:3]={0,2,3,4}'), ('[-1:0][7:8]={{1,2},{3,6}}')) v(a);
-- Extremes of the integer types, in one table of counters or not.
SELECT ecdf_vector(a) FROM (VALUES ('{-32768,32767,0}'::smallint[]), ('{32767,-32768,1}')) v(a);
SELECT ecdf_vector(a) FROM (VALUES ('{-2147483648,2147483647}'::integer[]), ('{2147483647,2147483646}')) v(a);

-- Nothing: no rows, only NULLs, FILTER, arrays without elements; a column without numbers stays one.
SELECT ecdf_vector(a) IS NULL AS no_rows FROM (VALUES ('{1}'::real[])) v(a) WHERE false;
SELECT ecdf_vector(a) IS NULL AS only_null FROM (VALUES (NULL::real[]), (NULL)) v(a);
SELECT ecdf_vector(a) FILTER (WHERE a[1] > 5) IS NULL AS filtered FROM (VALUES ('{1}'::real[])) v(a);
SELECT ecdf_vector(a) IS NULL AS empty FROM (VALUES ('{}'::smallint[]), ('{}')) v(a);
SELECT ecdf_vector(a) FROM (VALUES ('{NULL,1}'::smallint[]), ('{NULL,NULL}')) v(a);
SELECT ecdf_vector(a) FROM (VALUES ('{NaN,1}'::real[])) v(a);
SELECT ecdf_vector(v) IS NULL AS union_of_nothing FROM (VALUES ('[]'::ecdf_vector), (NULL)) w(v);
SELECT ecdf_vector(NULL::real[]) IS NULL, ecdf_vector(NULL::smallint[]) IS NULL;
SELECT g, ecdf_vector(a) FROM (VALUES (1, NULL::real[]), (2, '{3,4}'), (2, NULL), (3, '{NaN,NULL}')) v(g, a)
GROUP BY g ORDER BY g;

-- Rows of different length.
SELECT ecdf_vector(a) FROM (VALUES ('{1,2,3}'::real[]), ('{1,5}')) v(a);
SELECT ecdf_vector(a) FROM (VALUES ('{}'::smallint[]), ('{1,5}')) v(a);
SELECT ecdf_vector(v) FROM (VALUES ('[{1:1},{}]'::ecdf_vector), ('[{1:1}]')) w(v);
\set VERBOSITY sqlstate
SELECT ecdf_vector(a) FROM (VALUES ('{1,2,3}'::real[]), ('{1,5}')) v(a);
SELECT ecdf_vector_add('[{1:1}]', '{1,2}'::smallint[]);
\set VERBOSITY default

-- Questions.
SELECT n_positions(v), n(v, 1), n(v, 2), n(v, 3), mean(v), stddev(v) AS stddev_of_one_is_null
FROM (VALUES ('[{1:2,4:1},{},{7:1}]'::ecdf_vector)) w(v);
SELECT i, ecdf_at('[{1:2,4:1},{},{7:1}]', i) FROM generate_series(1, 3) i ORDER BY i;
SELECT ecdf_pooled('[{0.5:1,1:2,4:1},{},{1:1}]');
SELECT ecdf_pooled('[{},{}]') IS NULL AS nothing;
SELECT * FROM ecdf_vector_points('[{1:2},{},{3:4,5:6}]');
SELECT n_positions('[]'::ecdf_vector), mean('[]'::ecdf_vector), stddev('[]'::ecdf_vector), ecdf_pooled('[]') IS NULL,
       (SELECT count(*) FROM ecdf_vector_points('[]'));
SELECT mean('[{-Infinity:1,Infinity:1},{Infinity:2}]'::ecdf_vector), stddev('[{1:1,Infinity:1}]'::ecdf_vector);
SELECT n('[{1:1}]'::ecdf_vector, 0);
SELECT ecdf_at('[{1:1}]', 2);
SELECT ecdf_at('[]', 1);
SELECT ecdf_at('[{1:1}]', -2147483648);
-- Equality.
SELECT a = b FROM (VALUES ('[{1:1},{}]'::ecdf_vector, '[{1:1},{}]'::ecdf_vector), ('[{1:1},{}]', '[{1:1}]'),
    ('[{1:1}]', '[{1:2}]'), ('[{1:1}]', '[{2:1}]'), ('[]', '[]')) v(a, b);

-- Against ecdf() column by column: small integers, wide ones, fractions, all of it, with NULLs.
CREATE TABLE images AS
SELECT id, id % 4 AS day,
       (SELECT array_agg(CASE WHEN hashint4(id * 7 + j) % 3 = 0 THEN hashint4(id * 11 + j) & 255 ELSE 0 END ORDER BY j)
        FROM generate_series(1, 6) j)::smallint[] AS px,
       (SELECT array_agg(hashint4(id * 13 + j) ORDER BY j) FROM generate_series(1, 6) j)::integer[] AS wide,
       (SELECT array_agg(CASE WHEN (id + j) % 9 > 0 THEN (hashint4(id * 17 + j) & 255) / 255.0 END ORDER BY j)
        FROM generate_series(1, 6) j)::real[] AS scaled,
       (SELECT array_agg(CASE (id + j) % 5 WHEN 0 THEN 1 WHEN 1 THEN 'NaN' WHEN 2 THEN 'Infinity' WHEN 3 THEN NULL
                              ELSE hashint4(id * 19 + j) / 1e7::float8 END ORDER BY j)
        FROM generate_series(1, 6) j)::double precision[] AS mixed
FROM generate_series(1, 3000) id;
SELECT count(*) AS positions,
       bool_and(ecdf_at(px, i) = (SELECT ecdf(r.px[i]) FROM images r)) AS px,
       bool_and(ecdf_at(wide, i) = (SELECT ecdf(r.wide[i]) FROM images r)) AS wide,
       bool_and(ecdf_at(scaled, i) = (SELECT ecdf(r.scaled[i]) FROM images r)) AS scaled,
       bool_and(ecdf_at(mixed, i) = (SELECT ecdf(r.mixed[i]) FROM images r)) AS mixed
FROM (SELECT ecdf_vector(px) AS px, ecdf_vector(wide) AS wide, ecdf_vector(scaled) AS scaled,
             ecdf_vector(mixed) AS mixed FROM images) v, generate_series(1, 6) i;
SELECT ecdf_pooled(px) = e_px AS px, ecdf_pooled(wide) = e_wide AS wide, ecdf_pooled(scaled) = e_scaled AS scaled,
       ecdf_pooled(mixed) = e_mixed AS mixed
FROM (SELECT ecdf_vector(px) AS px, ecdf(px) AS e_px, ecdf_vector(wide) AS wide, ecdf(wide) AS e_wide,
             ecdf_vector(scaled) AS scaled, ecdf(scaled) AS e_scaled, ecdf_vector(mixed) AS mixed, ecdf(mixed) AS e_mixed
      FROM images) v;
SELECT count(*) AS wrong FROM (SELECT ecdf_vector(px) AS v FROM images) s, generate_series(1, 6) i,
    LATERAL (SELECT avg(px[i]) AS mean, stddev_samp(px[i]) AS stddev FROM images) a
WHERE NOT (abs((mean(v))[i] / a.mean - 1) < 1e-12 AND abs((stddev(v))[i] / a.stddev - 1) < 1e-12);
SELECT count(*) AS wrong FROM (SELECT ecdf_vector(mixed) AS v FROM images) s, LATERAL ecdf_vector_points(v) p
FULL JOIN (SELECT i AS "position", p.* FROM (SELECT ecdf_vector(mixed) AS v FROM images) s, generate_series(1, 6) i,
           LATERAL ecdf_points(ecdf_at(v, i)) p) q
    USING ("position", value, n, cum) WHERE s.v IS NULL;

-- The union of the vectors of parts is the vector of the whole, to the byte, and so are other types,
-- orders, groups, window frames and parallel plans.
CREATE TABLE stored AS
SELECT day, ecdf_vector(px) AS px, ecdf_vector(wide) AS wide, ecdf_vector(scaled) AS scaled, ecdf_vector(mixed) AS mixed
FROM images GROUP BY day;
CREATE TABLE whole AS
SELECT ecdf_vector_send(ecdf_vector(px)) AS px, ecdf_vector_send(ecdf_vector(wide)) AS wide,
       ecdf_vector_send(ecdf_vector(scaled)) AS scaled, ecdf_vector_send(ecdf_vector(mixed)) AS mixed FROM images;
CREATE FUNCTION is_whole(px ecdf_vector, wide ecdf_vector, scaled ecdf_vector, mixed ecdf_vector) RETURNS boolean LANGUAGE sql AS
$$
    SELECT ecdf_vector_send($1) = w.px AND ecdf_vector_send($2) = w.wide AND ecdf_vector_send($3) = w.scaled
       AND ecdf_vector_send($4) = w.mixed FROM whole w
$$;
SELECT is_whole(ecdf_vector(px), ecdf_vector(wide), ecdf_vector(scaled), ecdf_vector(mixed)) AS union_of_parts FROM stored;
SELECT is_whole(ecdf_vector(px ORDER BY id DESC), ecdf_vector(wide ORDER BY hashint4(id)), ecdf_vector(scaled ORDER BY id DESC),
                ecdf_vector(mixed ORDER BY hashint4(id))) AS other_order FROM images;
SELECT is_whole(ecdf_vector(px::double precision[]), ecdf_vector(wide::double precision[]),
                ecdf_vector(scaled::double precision[]), ecdf_vector(mixed)) AS other_types FROM images;
SELECT is_whole(ecdf_vector(px::text::ecdf_vector), ecdf_vector(wide::text::ecdf_vector), ecdf_vector(scaled::text::ecdf_vector),
                ecdf_vector(mixed::text::ecdf_vector)) AS texts FROM stored;
SELECT count(DISTINCT is_whole(px, px, px, px)) AS one, bool_and(ecdf_vector_send(px) = ecdf_vector_send(again)) AS same
FROM (SELECT day, ecdf_vector(px) AS px, ecdf_vector(px ORDER BY id DESC) AS again FROM images GROUP BY day) s;
SET enable_hashagg = off;
SELECT count(*) AS groups, bool_and(s.px = g.px) AS sorted
FROM stored s JOIN (SELECT day, ecdf_vector(px) AS px FROM images GROUP BY day) g USING (day);
RESET enable_hashagg;
SELECT count(*) AS frames, bool_and(grown = (SELECT ecdf_vector(mixed) FROM images r WHERE r.id <= w.id)) AS grown,
       bool_and(moved = (SELECT ecdf_vector(px) FROM images r WHERE r.id BETWEEN w.id - 9 AND w.id)) AS moved
FROM (SELECT id, ecdf_vector(mixed) OVER (ORDER BY id) AS grown,
             ecdf_vector(px) OVER (ORDER BY id ROWS 9 PRECEDING) AS moved FROM images WHERE id <= 60) w;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT is_whole(ecdf_vector(px), ecdf_vector(wide), ecdf_vector(scaled), ecdf_vector(mixed)) AS parallel FROM images;
RESET ALL;
SELECT ecdf_vector_combine(a.px, b.px) = u.v AND ecdf_vector_combine(b.px, a.px) = u.v AS pairwise,
       a.px = (SELECT px FROM stored WHERE day = 0) AS arguments_unchanged
FROM stored a, stored b, (SELECT ecdf_vector(px) AS v FROM stored WHERE day < 2) u WHERE a.day = 0 AND b.day = 1;

-- The support functions called by hand, with NULLs.
SELECT ecdf_vector_add(NULL, '{1,2}'::smallint[]), ecdf_vector_add('[{1:1},{}]', '{1,0.5}'::real[]),
       ecdf_vector_add('[{1:1}]', NULL::integer[]), ecdf_vector_add(NULL, NULL::real[]) IS NULL AS nothing,
       ecdf_vector_combine(NULL, NULL) IS NULL AS both_null, ecdf_vector_combine('[{1:1}]', NULL),
       ecdf_vector_combine(NULL, '[{1:1}]'), ecdf_vector_combine('[{1:1}]', '[{1:1,2:3}]'), ecdf_vector_final('[{1:1}]');

-- Counts have a limit at each position.
SELECT ecdf_vector(v) FROM (VALUES ('[{0:2147483647},{0:1}]'::ecdf_vector), ('[{0:1},{0:2147483647}]')) w(v);
SELECT ecdf_vector(v) FROM (VALUES ('[{0:2147483647},{0:1}]'::ecdf_vector), ('[{0:1,1:1},{}]')) w(v);
SELECT ecdf_vector_add('[{0:2147483648},{}]', '{0,1}'::smallint[]);
SELECT ecdf_vector_add('[{0:2147483648},{}]', '{NULL,1}'::smallint[]);
SELECT ecdf_vector_add('[{0.5:2147483648},{1:2147483647}]', '{NaN,1.5}'::real[]);
SELECT ecdf_vector_add('[{0.5:2147483648},{1:2147483647}]', '{1.5,1.5}'::real[]);
-- Memory too.
\set VERBOSITY sqlstate
SET synthdq.max_memory = '1MB';
SELECT ecdf_vector(ARRAY(SELECT j + 0.5 FROM generate_series(1, 100000) j)::float8[]) FROM generate_series(1, 10);
RESET synthdq.max_memory;
\set VERBOSITY default

-- Text form: what is written is read back; malformed texts are refused.
SELECT E' [ {1:2 , 3:4} ,\n{},{-0:1}] '::ecdf_vector;
SELECT count(*) AS vectors, bool_and(px = px::text::ecdf_vector AND wide = wide::text::ecdf_vector
    AND scaled = scaled::text::ecdf_vector AND mixed = mixed::text::ecdf_vector) AS read_back FROM stored;
SELECT ''::ecdf_vector;
SELECT '{1:1}'::ecdf_vector;
SELECT '[{1:1}'::ecdf_vector;
SELECT '[{1:1},]'::ecdf_vector;
SELECT '[{2:1,1:1}]'::ecdf_vector;
SELECT '[{1:1}{1:1}]'::ecdf_vector;
SELECT '[[{1:1}]]'::ecdf_vector;
SELECT '[{1:1}] x'::ecdf_vector;
-- A text column: the server takes ecdf_vector(t) for a cast of each row.
SELECT ecdf_vector(t) FROM (VALUES ('{1,2}'), ('{2,3}')) AS images (t);
-- Binary form: version, positions, then per position the number of entries, values and counts.
SELECT ecdf_vector_send('[{1:2},{}]') =
    ('\x01' || '00000002' || '0000000000000001' || '3ff0000000000000' || '0000000000000002' || '0000000000000000')::bytea AS wire;

-- Stored vectors: compressed, toasted, short.
CREATE TABLE columns (id int, v ecdf_vector);
ALTER TABLE columns ALTER COLUMN v SET STORAGE external;
INSERT INTO columns SELECT 1, px FROM stored WHERE day = 1;
INSERT INTO columns SELECT 2, wide FROM stored WHERE day = 1;
ALTER TABLE columns ALTER COLUMN v SET STORAGE extended;
INSERT INTO columns SELECT 3, wide FROM stored WHERE day = 1;
INSERT INTO columns VALUES (4, '[{1:1}]'), (5, '[]'), (6, NULL);
SELECT id, n_positions(v), n(v, 1) FROM columns WHERE id <> 5 ORDER BY id;
SELECT a.v = b.v AS same FROM columns a, columns b WHERE a.id = 2 AND b.id = 3;

DROP TABLE images, stored, whole, columns CASCADE;
DROP FUNCTION is_whole;
