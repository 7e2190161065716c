-- nearest: by hand, every type, sameness with knn, ties, LATERAL, and every error.
\set SHOW_CONTEXT never

-- 0, 1, 3, 7 on a line; 2 is as far from 1 as from 3: the lower id first, whatever order the rows come in.
CREATE TEMPORARY TABLE points (id int, px float8[]);
INSERT INTO points VALUES (40, '{7}'), (30, '{3}'), (10, '{0}'), (20, '{1}');
SELECT * FROM nearest(ARRAY[2], 'SELECT id, px FROM points', 3) ORDER BY rank;
SELECT * FROM nearest(ARRAY[2], 'SELECT -id, px FROM points ORDER BY id', 3) ORDER BY rank;
SELECT * FROM nearest(ARRAY[2], 'SELECT -id, px FROM points ORDER BY id DESC', 1) ORDER BY rank;

-- k = n; k = 5 unless given; the array alone, numbered from 1.
SELECT * FROM nearest(ARRAY[10], 'SELECT id, px FROM points', 4) ORDER BY rank;
SELECT max(rank) FROM nearest(ARRAY[0], 'SELECT ARRAY[i] FROM generate_series(1, 9) i');
SELECT * FROM nearest(ARRAY[2.25]::real[], 'SELECT px FROM points ORDER BY id', 2) ORDER BY rank;

-- All array types, on either side, two dimensions.
SELECT neighbor_id, distance FROM nearest(ARRAY[6]::smallint[], 'SELECT id, px::int[] FROM points', 1);
SELECT neighbor_id, distance FROM nearest(ARRAY[6]::int[], 'SELECT id, px::smallint[] FROM points', 1);
SELECT neighbor_id, distance FROM nearest(ARRAY[6]::real[], 'SELECT id, px FROM points', 1);
SELECT neighbor_id, distance FROM nearest('[3:3][0:0]={{6}}'::float8[], 'SELECT id, px::real[] FROM points', 1);

-- Ids of other types.
SELECT pg_typeof(neighbor_id), neighbor_id, rank, distance
FROM nearest(NULL::text, ARRAY[2], 'SELECT ''p'' || id, px FROM points', 3) ORDER BY rank;
SELECT pg_typeof(neighbor_id), neighbor_id
FROM nearest(NULL::date, ARRAY[2], 'SELECT date ''2024-01-01'' + id, px FROM points', 1);

-- The columns of knn, bit for bit, also with ties and more kept rows than one allocation holds.
CREATE TEMPORARY TABLE cloud AS
SELECT i AS id, ARRAY[i * 7919 % 251 / 7.0, i * 104729 % 13, i * 15485863 % 3, i % 5]::real[] AS px
FROM generate_series(1, 2000::bigint) i;
WITH one_by_one AS MATERIALIZED (
    SELECT c.id, n.* FROM cloud c, nearest(c.px, 'SELECT id, px FROM cloud ORDER BY md5(id::text)', 300) n
    WHERE c.id % 100 = 0)
SELECT count(*), bool_and((n.neighbor_id, n.distance) = (k.neighbor_id, k.distance)) AS same
FROM one_by_one n
     JOIN knn('SELECT id, px FROM cloud WHERE id % 100 = 0', 'SELECT id, px FROM cloud', 300) k USING (id, rank);
SELECT count(*), bool_and(n.neighbor_id = k.neighbor_id) AS same
FROM nearest(NULL::text, ARRAY[1, 1, 1, 1], 'SELECT md5(id::text), px FROM cloud', 300) n
     JOIN knn(NULL::text, 'SELECT ''q''::text, ARRAY[1, 1, 1, 1]', 'SELECT md5(id::text), px FROM cloud', 300) k USING (rank);

-- Rows whose array is NULL are skipped; an array that is NULL, or a reference without rows: no rows.
SELECT * FROM nearest(ARRAY[2], 'SELECT id, nullif(px, ''{3}'') FROM points', 3) ORDER BY rank;
SELECT * FROM nearest(NULL::int[], 'SELECT id, px FROM points', 3);
SELECT * FROM nearest(ARRAY[2], 'SELECT id, px FROM points WHERE false', 3);
SELECT p.id, n.neighbor_id FROM (SELECT id, nullif(px, '{7}') AS px FROM points) p
     LEFT JOIN LATERAL nearest(px, 'SELECT id, px FROM points', 2) n ON n.rank = 2 ORDER BY p.id;

-- Errors.
SELECT * FROM nearest(ARRAY[2], NULL, 3);
SELECT * FROM nearest(ARRAY[2], 'SELECT id, px FROM points', NULL);
SELECT * FROM nearest(ARRAY[2], 'SELECT id, px FROM points', 0);
SELECT * FROM nearest(ARRAY[2], 'SELECT id, px FROM points', 5);
SELECT * FROM nearest(ARRAY[2, 3], 'SELECT id, px FROM points', 1);
SELECT * FROM nearest('{}'::int[], 'SELECT id, px FROM points', 1);
SELECT * FROM nearest(ARRAY[2, NULL], 'SELECT id, px FROM points', 1);
SELECT * FROM nearest('{NaN}'::real[], 'SELECT id, px FROM points', 1);
SELECT * FROM nearest(ARRAY[2], 'SELECT id, CASE id WHEN 30 THEN ''{Infinity}'' ELSE px END FROM points', 1);
SELECT * FROM nearest(ARRAY[2], 'SELECT id, CASE id WHEN 30 THEN ''{NULL}'' ELSE px END FROM points', 1);
SELECT * FROM nearest(ARRAY[2], 'SELECT nullif(id, 30), px FROM points', 1);
SELECT * FROM nearest(ARRAY[2], 'SELECT id FROM points', 1);
SELECT * FROM nearest(ARRAY[2], 'SELECT id::text, px FROM points', 1);
SELECT * FROM nearest(NULL::point, ARRAY[2], 'SELECT point(id, 0), px FROM points', 1);
\set VERBOSITY sqlstate
SELECT * FROM nearest(ARRAY[2], 'DELETE FROM points RETURNING id, px', 1);
\set VERBOSITY default
SELECT count(*) FROM points;
