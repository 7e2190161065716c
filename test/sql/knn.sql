-- knn: small cases by hand, both sides the same and not, every type of array and id, ties, sameness over order and
-- threads, awkward rows, real digits, and every error.
\set SHOW_CONTEXT never

-- 0, 1, 3, 7 on a line. Neighbors of 3 among the others: 1 (distance 2), 0 (3); of 1: 0 (1), 3 (2).
CREATE TEMPORARY TABLE points (id int, px float8[]);
INSERT INTO points VALUES (40, '{7}'), (10, '{0}'), (30, '{3}'), (20, '{1}');
SELECT * FROM knn('SELECT id, px FROM points', 'SELECT id, px FROM points', 2) ORDER BY id, rank;

-- Among the rows of another query. 2 is as far from 1 as from 3: the lower id first.
SELECT * FROM knn('SELECT 5, ARRAY[2]', 'SELECT id, px FROM points', 3) ORDER BY id, rank;
SELECT * FROM knn('SELECT 5, ARRAY[2]', 'SELECT -id, px FROM points', 3) ORDER BY id, rank;

-- A query of the same rows in other words is another query: each row is its own neighbor.
SELECT * FROM knn('SELECT id, px FROM points ', 'SELECT id, px FROM points', 1) ORDER BY id, rank;

-- k = n among other rows, k = n - 1 among the same; k is 5 unless given.
SELECT * FROM knn('SELECT ARRAY[10]', 'SELECT id, px FROM points', 4) ORDER BY id, rank;
SELECT id, array_agg(neighbor_id ORDER BY rank) AS neighbors, array_agg(distance ORDER BY rank) AS distances
FROM knn('SELECT id, px FROM points', 'SELECT id, px FROM points', k => 3) GROUP BY id ORDER BY id;
SELECT max(rank) FROM knn('SELECT ARRAY[0]', 'SELECT ARRAY[i] FROM generate_series(1, 9) i');

-- One row, as a query or as a value at hand. (0.25, 1.5) to (0, 1): sqrt(0.0625 + 0.25).
SELECT neighbor_id, rank, distance = sqrt(0.3125) AS as_expected
FROM knn(format('SELECT %L::real[]', ARRAY[0.25, 1.5]), $$VALUES (7, '{0,1}'::int[]), (8, '{9,9}')$$, 1);
SELECT p.id, n.neighbor_id, n.distance
FROM points p, knn(format('SELECT %L::float8[]', px), 'SELECT id, px FROM points', 2) n
WHERE n.rank = 2 ORDER BY p.id;

-- All array types, on either side, and arrays of two dimensions with other lower bounds, give the same.
CREATE TEMPORARY TABLE forms AS
SELECT * FROM (VALUES (1, 'SELECT id, px::smallint[] FROM points'), (2, 'SELECT id, px::integer[] FROM points'),
                      (3, 'SELECT id, px::real[] FROM points'), (4, 'SELECT id, px::float8[] FROM points'),
                      (5, 'SELECT id, (''[5:5][0:0]={{'' || px[1] || ''}}'')::real[] FROM points')) v(form, query);
SELECT count(*), count(DISTINCT neighbors) AS results, min(neighbors)
FROM (SELECT a.form, b.form, string_agg(n::text, ' ' ORDER BY n.id, n.rank) AS neighbors
      FROM forms a, forms b, knn(a.query, b.query, 2) n WHERE a.form <> b.form GROUP BY a.form, b.form) s;

-- Equal values in different types are at distance 0, also beside rows that need the wider type.
SELECT * FROM knn('SELECT ARRAY[3, 200]::smallint[]',
                  $$VALUES (1, '{3,200}'::float8[]), (2, '{0.1,1e-300}'), (3, '{3,200}')$$, 3) ORDER BY rank;

-- Ids: smallint and bigint come back as bigint; other types by the first argument, text in a form of its own.
SELECT pg_typeof(id), pg_typeof(neighbor_id), id, neighbor_id
FROM knn('SELECT id::smallint, px FROM points', 'SELECT id + 9007199254740993, px FROM points', 1) ORDER BY id;
SELECT pg_typeof(id), id, neighbor_id
FROM knn(NULL::text, 'SELECT ''p'' || id, px FROM points', 'SELECT ''r'' || id, px FROM points', 1) ORDER BY id;
SELECT pg_typeof(id), id, neighbor_id
FROM knn(NULL::date, 'SELECT date ''2024-01-01'' + id, px FROM points', 'SELECT date ''2024-01-01'' + id, px FROM points',
         1) ORDER BY id;
SELECT pg_typeof(id), pg_typeof(neighbor_id), count(*), count(DISTINCT neighbor_id)
FROM knn(NULL::uuid, 'SELECT md5(id::text)::uuid, px FROM points', 'SELECT md5(id::text)::uuid, px FROM points', 3)
GROUP BY 1, 2;

-- knn_identical: two identical rows are each other's neighbor at distance 0, no row its own.
SELECT id, neighbor_id, distance
FROM knn($$VALUES (1, '{5,5}'::int[]), (2, '{7,9}'), (3, '{5,5}')$$, $$VALUES (1, '{5,5}'::int[]), (2, '{7,9}'), (3, '{5,5}')$$, 1)
ORDER BY id;
SELECT count(*), max(distance), bool_or(id = neighbor_id) AS self,
       bool_and(neighbor_id = rank + (rank >= id)::int) AS lowest_first
FROM knn('SELECT i, ARRAY[4, 2] FROM generate_series(1, 500) i', 'SELECT i, ARRAY[4, 2] FROM generate_series(1, 500) i', 20);

-- knn_saturation: rows of 255 against rows of 0, 784 columns: squared distances of 784 * 65,025.
SELECT rank, neighbor_id, distance = sqrt(784 * 65025::float8) AS exact
FROM knn('SELECT array_fill(255, ARRAY[784])', 'SELECT i, array_fill(0, ARRAY[28, 28]) FROM generate_series(1, 20) i', 2)
ORDER BY rank;

-- More columns than rows; a large offset (doubles at 1e9 are 2^-23 apart); squares that overflow.
SELECT id, neighbor_id, distance
FROM knn('SELECT i, array_fill(i, ARRAY[5000]) FROM generate_series(1, 3) i',
         'SELECT i, array_fill(i * i, ARRAY[5000]) FROM generate_series(1, 3) i', 1) ORDER BY id;
SELECT neighbor_id, distance = 2 ^ -23 AS exact
FROM knn('SELECT ARRAY[1e9]::float8[]', $$VALUES (1, '{1000000000.0000002}'::float8[]), (2, '{1000000000.0000001}')$$, 1);
SELECT neighbor_id, distance
FROM knn('SELECT ARRAY[1e308]::float8[]', $$VALUES (1, '{-1e308}'::float8[]), (2, '{1.5e308}')$$, 2) ORDER BY rank;

-- Rows whose array is NULL are skipped wherever they stand, on both sides.
SELECT * FROM knn('SELECT i, CASE WHEN i % 2 = 0 THEN ARRAY[i] END FROM generate_series(1, 5) i',
                  'SELECT i, CASE WHEN i % 2 = 1 THEN ARRAY[i] END FROM generate_series(1, 5) i', 1) ORDER BY id;

-- No rows on one side: no rows, whatever k. A row alone has no neighbors.
SELECT * FROM knn('SELECT id, px FROM points WHERE false', 'SELECT id, px FROM points', 7);
SELECT * FROM knn('SELECT id, px FROM points', 'SELECT NULL::real[]', 7);
SELECT * FROM knn('SELECT ARRAY[1]', 'SELECT ARRAY[1]', 7);
SELECT * FROM knn('SELECT NULL::int[]', 'SELECT NULL::int[]', 7);

-- Order of rows and threads do not matter, for bytes and for other numbers; nor does the type of integers.
CREATE TEMPORARY TABLE cloud AS
SELECT i AS id, ARRAY[i * 7919 % 251, i * 104729 % 13, i * 15485863 % 97, i % 5 * 50]::int[] AS px
FROM generate_series(1, 3000::bigint) i;
CREATE TEMPORARY TABLE runs (run text, id bigint, rank int, neighbor_id bigint, distance float8);
CREATE FUNCTION pg_temp.add_run(run text, query text, reference text) RETURNS void LANGUAGE sql
AS 'INSERT INTO runs SELECT run, n.* FROM knn(query, reference, 10) n';
SET synthdq.threads = 1;
SELECT pg_temp.add_run('bytes', 'SELECT id, px FROM cloud', 'SELECT id, px FROM cloud'),
       pg_temp.add_run('halves', 'SELECT id, (SELECT array_agg(p / 2.0 ORDER BY o) FROM unnest(px) WITH ORDINALITY u(p, o))::real[]
                                  FROM cloud', 'SELECT id, px FROM cloud WHERE id <= 1000');
SET synthdq.threads = 7;
SELECT pg_temp.add_run('bytes, 7 threads', 'SELECT id, px FROM cloud', 'SELECT id, px FROM cloud'),
       pg_temp.add_run('halves, 7 threads', 'SELECT id, (SELECT array_agg(p / 2.0 ORDER BY o) FROM unnest(px) WITH ORDINALITY u(p, o))::real[]
                                  FROM cloud', 'SELECT id, px FROM cloud WHERE id <= 1000');
RESET synthdq.threads;
SELECT pg_temp.add_run('bytes, shuffled', 'SELECT id, px FROM cloud ORDER BY md5(id::text)',
                       'SELECT id, px FROM cloud ORDER BY md5(id::text)'),
       pg_temp.add_run('halves, shuffled', 'SELECT id, (SELECT array_agg(p / 2.0 ORDER BY o) FROM unnest(px) WITH ORDINALITY u(p, o))::real[]
                                  FROM cloud ORDER BY md5(id::text)', 'SELECT id, px FROM cloud WHERE id <= 1000 ORDER BY id DESC');
-- Shifted by 1000 the same rows are no bytes, but as far from each other.
SELECT pg_temp.add_run('bytes, shifted', 'SELECT id, ARRAY[px[1] + 1000, px[2], px[3], px[4]] FROM cloud',
                       'SELECT id, ARRAY[px[1] + 1000, px[2], px[3], px[4]] FROM cloud');
SELECT a.run, count(*), bool_and((a.neighbor_id, a.distance) = (b.neighbor_id, b.distance)) AS same
FROM runs a JOIN runs b ON b.run = split_part(a.run, ',', 1) AND a.id = b.id AND a.rank = b.rank
GROUP BY a.run ORDER BY a.run;

-- Against all distances by SQL, ties to the lowest id.
SELECT count(*), bool_and(r.neighbor_id = e.neighbor_id AND r.distance = e.distance) AS same
FROM runs r
     JOIN (SELECT q.id, n.id AS neighbor_id, d.distance,
                  row_number() OVER (PARTITION BY q.id ORDER BY d.distance, n.id) AS rank
           FROM (SELECT * FROM cloud WHERE id % 100 = 0) q, cloud n,
                LATERAL (SELECT sqrt(sum((a - b) ^ 2)::float8) AS distance FROM unnest(q.px, n.px) u(a, b)) d
           WHERE q.id <> n.id) e USING (id, rank)
WHERE r.run = 'bytes';

-- Real digits. The sums are those of scikit-learn's brute force (test/reference/knn.py).
\set data `echo "${PG_ABS_SRCDIR:-test}/../data"`
BEGIN;
\set file :data/mnist-t10k-images-idx3-ubyte.gz
\lo_import :file
\set loid :LASTOID
CREATE TEMPORARY TABLE test_digits AS SELECT * FROM idx_images(lo_get(:loid)) WHERE id < 300;
\lo_unlink :loid
\set file :data/mnist-train-first10k-images-idx3-ubyte.gz
\lo_import :file
\set loid :LASTOID
CREATE TEMPORARY TABLE real_digits AS SELECT * FROM idx_images(lo_get(:loid)) WHERE id < 1000;
\lo_unlink :loid
\set file :data/mnist-dcgan-e25-images-idx3-ubyte.gz
\lo_import :file
\set loid :LASTOID
CREATE TEMPORARY TABLE fake_digits AS SELECT * FROM idx_images(lo_get(:loid)) WHERE id < 100;
\lo_unlink :loid
COMMIT;
SELECT count(*), sum((id + 1) * rank * neighbor_id) = 379714937 AS ids,
       abs(sum(distance) / 5285462.524409015 - 1) < 1e-12 AS distances
FROM knn('SELECT id, px FROM test_digits', 'SELECT id, px FROM test_digits', 10);
SELECT count(*), sum((id + 1) * rank * neighbor_id) = 36738617 AS ids,
       abs(sum(distance) / 794554.7945541231 - 1) < 1e-12 AS distances
FROM knn('SELECT id, px FROM fake_digits', 'SELECT id, px FROM real_digits', 5);
-- Scaled to [-1, 1] they are no bytes, but have the same neighbors.
SELECT count(*), sum((id + 1) * rank * neighbor_id) = 36738617 AS ids,
       abs(sum(distance) * 127.5 / 794554.7945541231 - 1) < 1e-6 AS distances
FROM knn('SELECT id, min_max_scale(px, 0, 127.5) FROM fake_digits',
         'SELECT id, min_max_scale(px, 0, 127.5) FROM real_digits', 5);

-- It writes nothing, and too little memory is refused before the work.
BEGIN READ ONLY;
SELECT count(*) FROM knn('WITH w AS (SELECT id, px FROM points) SELECT * FROM w', 'SELECT id, px FROM points', 1);
COMMIT;
SET synthdq.max_memory = '3MB';
\set VERBOSITY sqlstate
SELECT count(*) FROM knn('SELECT id, px FROM cloud', 'SELECT id, px FROM cloud', 100);
\set VERBOSITY default
RESET synthdq.max_memory;

-- Errors: arguments.
SELECT * FROM knn(NULL, 'SELECT id, px FROM points');
SELECT * FROM knn('SELECT id, px FROM points', NULL);
SELECT * FROM knn('SELECT id, px FROM points', 'SELECT id, px FROM points', NULL::int);
SELECT * FROM knn('SELECT id, px FROM points', 'SELECT id, px FROM points', 0);
SELECT * FROM knn('SELECT id, px FROM points', 'SELECT id, px FROM points', -3);
SELECT * FROM knn('SELECT id, px FROM points', 'SELECT id, px FROM points', 4);
SELECT * FROM knn('SELECT px FROM points', 'SELECT id, px FROM points', 5);
SELECT * FROM knn('SELECT px FROM points', 'SELECT id, px FROM points', 2147483647);
SELECT * FROM knn('SELECT px FROM points', 'SELECT id, px || px FROM points', 1);

-- Errors: rows and queries; the context says which of the two queries it is.
\set SHOW_CONTEXT errors
SELECT * FROM knn('SELECT px FROM points', 'SELECT id, px || CASE WHEN id = 30 THEN float8 ''1'' END FROM points', 1);
SELECT * FROM knn('SELECT px || float8 ''NaN'' FROM points WHERE id = 10', 'SELECT id, px FROM points', 1);
\set SHOW_CONTEXT never
SELECT * FROM knn('SELECT id, px FROM points', 'SELECT id, CASE id WHEN 30 THEN ''{1,2}'' ELSE px END FROM points ORDER BY id', 1);
SELECT * FROM knn('SELECT id, CASE id WHEN 20 THEN ''{-Infinity}'' ELSE px END FROM points', 'SELECT id, px FROM points', 1);
SELECT * FROM knn('SELECT id, px FROM points', 'SELECT id, CASE id WHEN 40 THEN ''{}'' ELSE px END FROM points', 1);
SELECT * FROM knn('SELECT 7, px FROM points', 'SELECT id, px FROM points', 1);
SELECT * FROM knn('SELECT id, px FROM points', 'SELECT nullif(id, 20), px FROM points', 1);
SELECT * FROM knn('SELECT id, px, 1 FROM points', 'SELECT id, px FROM points', 1);
SELECT * FROM knn('SELECT id, px FROM points', 'SELECT id FROM points', 1);
SELECT * FROM knn('SELECT id::text, px FROM points', 'SELECT id, px FROM points', 1);
SELECT * FROM knn(NULL::uuid, 'SELECT md5(id::text)::uuid, px FROM points', 'SELECT id, px FROM points', 1);
\set VERBOSITY sqlstate
SELECT * FROM knn('SELECT id, px FROM no_such_table', 'SELECT id, px FROM points', 1);
SELECT * FROM knn('SELECT id, px FROM points', 'DELETE FROM points RETURNING id, px', 1);
\set VERBOSITY default
SELECT count(*) FROM points;
