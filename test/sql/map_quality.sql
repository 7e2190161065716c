--
-- map_quality and map_quality_points: by hand, against reference values, threads, awkward rows, and
-- every error.
--

-- Five rows on a line, the first moved to the other end in the map. With k = 1, ties to the lower id: two of
-- five neighbors are preserved; ids 0, 1 and 4 have intruders 3, 1 and 3 ranks too far away, of 15 at
-- worst (test/unit/map_quality_test.c says how).
CREATE TEMPORARY TABLE original AS SELECT id, ARRAY[id]::real[] AS v FROM generate_series(0, 4) id;
CREATE TEMPORARY TABLE map AS
SELECT id, CASE id WHEN 0 THEN 5 ELSE id END::float8 AS x, 0::float8 AS y FROM generate_series(0, 4) id;
SELECT n, k, abs(trustworthiness - 8 / 15.0) < 1e-15 AS trustworthiness, preservation
FROM map_quality('SELECT id, v FROM original', 'SELECT id, ARRAY[x, y] FROM map', 1);
SELECT id, trustworthiness::numeric(6, 4), continuity::numeric(6, 4), preservation
FROM map_quality_points('SELECT id, v FROM original', 'SELECT id, ARRAY[x, y] FROM map', 1) ORDER BY id;
-- A map that is the original is perfect.
SELECT * FROM map_quality('SELECT id, v FROM original', 'SELECT id, v FROM original', 2);
-- Ids of other types.
SELECT id, preservation FROM map_quality_points(NULL::text, $$ SELECT 'row ' || id, v FROM original $$,
    $$ SELECT 'row ' || id, ARRAY[x, y] FROM map $$, 1) ORDER BY id;
SELECT preservation FROM map_quality(NULL::numeric, 'SELECT id::numeric, v FROM original',
    'SELECT id::numeric, ARRAY[x, y] FROM map', 1);

-- Real digits and a map of two weighted sums of pixels (test/reference/map_quality.py).
\set data `echo "${PG_ABS_SRCDIR:-test}/../data"`
BEGIN;
\set file :data/mnist-t10k-images-idx3-ubyte.gz
\lo_import :file
\set loid :LASTOID
CREATE TEMPORARY TABLE digits AS SELECT * FROM idx_images(lo_get(:loid)) WHERE id < 1000;
\lo_unlink :loid
COMMIT;
CREATE TEMPORARY TABLE digit_map AS
SELECT id, sum(p * cos(i)) AS x, sum(p * sin(i)) AS y
FROM digits, unnest(px) WITH ORDINALITY u (p, i) GROUP BY id;
SELECT k, abs(trustworthiness - want_t) < 1e-12 AS trustworthiness,
       abs(continuity - want_c) < 1e-12 AS continuity, abs(preservation - want_p) < 1e-12 AS preservation
FROM (VALUES
    (1, 0.5152184368737476::float8, 0.547558116232465::float8, 0.0::float8),
    (12, 0.5176363559178129::float8, 0.5397120903379182::float8, 0.014333333333333332::float8),
    (499, 0.5591713546615142::float8, 0.5628781786680932::float8, 0.5370320641282564::float8)
) w (k, want_t, want_c, want_p),
    LATERAL map_quality('SELECT id, px FROM digits', 'SELECT id, ARRAY[x, y] FROM digit_map', w.k)
        q (n, same_k, trustworthiness, continuity, preservation) ORDER BY k;
-- The mean of all rows is the whole; threads and the order of rows do not matter.
SET synthdq.threads = 1;
CREATE TEMPORARY TABLE one AS
SELECT * FROM map_quality_points('SELECT id, px FROM digits', 'SELECT id, ARRAY[x, y] FROM digit_map');
SET synthdq.threads = 3;
SELECT count(*) FROM (SELECT * FROM map_quality_points('SELECT id, px FROM digits ORDER BY id % 7, id DESC',
    'SELECT id, ARRAY[x, y] FROM digit_map ORDER BY x') INTERSECT SELECT * FROM one) same;
RESET synthdq.threads;
SELECT abs(avg(p.trustworthiness) - q.trustworthiness) < 1e-12 AS trustworthiness,
       abs(avg(p.preservation) - q.preservation) < 1e-12 AS preservation
FROM one p, map_quality('SELECT id, px FROM digits', 'SELECT id, ARRAY[x, y] FROM digit_map') q
GROUP BY q.trustworthiness, q.preservation;

-- Rows without a place are no rows; all rows equal; no rows.
SELECT n FROM map_quality('SELECT id, CASE WHEN id < 3 THEN v END FROM original',
    'SELECT id, ARRAY[x, y] FROM map WHERE id < 3', 1);
SELECT * FROM map_quality('SELECT id, ARRAY[1] FROM original', 'SELECT id, ARRAY[0, 0] FROM original', 2);
SELECT map_quality('SELECT id, v FROM original WHERE false', 'SELECT id, ARRAY[x, y] FROM map WHERE false') IS NULL;
SELECT * FROM map_quality_points('SELECT id, v FROM original WHERE false', 'SELECT id, ARRAY[x, y] FROM map WHERE false');

-- Errors.
SELECT map_quality('SELECT id, v FROM original', 'SELECT id, ARRAY[x, y] FROM map', 3);
SELECT map_quality('SELECT id, v FROM original', 'SELECT id, ARRAY[x, y] FROM map', 0);
SELECT map_quality('SELECT id, v FROM original', 'SELECT id, ARRAY[x, y] FROM map', NULL::integer);
SELECT map_quality(NULL, 'SELECT id, ARRAY[x, y] FROM map');
SELECT map_quality('SELECT id, v FROM original', NULL);
SELECT map_quality('SELECT id, v FROM original', 'SELECT id, ARRAY[x, y] FROM map WHERE id <> 2', 1);
SELECT map_quality('SELECT id, v FROM original WHERE id < 4', 'SELECT id, ARRAY[x, y] FROM map', 1);
SELECT map_quality('SELECT id, v FROM original', 'SELECT id, ARRAY[x, ''nan'' + y] FROM map', 1);
SELECT map_quality('SELECT id, v FROM original', 'SELECT x FROM map', 1);
SET synthdq.max_memory = '200kB';
\set VERBOSITY sqlstate
SELECT map_quality('SELECT id, v FROM original', 'SELECT id, ARRAY[x, y] FROM map', 1);
\set VERBOSITY default
RESET synthdq.max_memory;

--
-- neighbor_mixing
--

-- Rows 0 to 3 of one kind and 10, 11 of the other: with k = 2, id 10 has 11 and 3, the others their own kind, but
-- for id 11: 10 and 3. By chance 2 of 5 others of a row of the first kind are synthetic, 1 of 5 of the second.
CREATE TEMPORARY TABLE mixed AS
SELECT v AS id, ARRAY[v] AS v, v >= 10 AS is_synthetic FROM unnest(ARRAY[0, 1, 2, 3, 10, 11]) v;
SELECT * FROM neighbor_mixing('SELECT id, v, is_synthetic FROM mixed', 2) ORDER BY id;
SELECT * FROM neighbor_mixing('SELECT v, is_synthetic FROM mixed ORDER BY id', 1) ORDER BY id;
SELECT * FROM neighbor_mixing(NULL::text, $$ SELECT 'row ' || id, v, is_synthetic FROM mixed $$, 1) ORDER BY id;
SELECT * FROM neighbor_mixing(NULL::numeric, 'SELECT id::numeric, v, is_synthetic FROM mixed', 5) ORDER BY id;
-- Halves of one set of images mix as by chance: the mean of the shares is that of the chances, but for the luck
-- of 1,000 images (a standard error of 0.02).
SELECT is_synthetic, abs(avg(synthetic_share - expected_share)) < 0.05 AS as_by_chance, count(*)
FROM neighbor_mixing('SELECT id, px, id % 2 = 0 FROM digits', 10) GROUP BY 1 ORDER BY 1;
-- Rows without array or kind are skipped; a row alone has no neighbors.
SELECT * FROM neighbor_mixing('SELECT id, CASE WHEN id <> 10 THEN v END, CASE WHEN id <> 0 THEN is_synthetic END FROM mixed', 1) ORDER BY id;
SELECT * FROM neighbor_mixing('SELECT id, v, is_synthetic FROM mixed WHERE id = 0', 1);
SELECT * FROM neighbor_mixing('SELECT id, v, is_synthetic FROM mixed WHERE false', 1);
-- Errors.
SELECT * FROM neighbor_mixing('SELECT id, v, is_synthetic FROM mixed', 6);
SELECT * FROM neighbor_mixing('SELECT id, v, is_synthetic FROM mixed', 0);
SELECT * FROM neighbor_mixing('SELECT id, v FROM mixed', 1);
SELECT * FROM neighbor_mixing('SELECT id, v, 1 FROM mixed', 1);
SELECT * FROM neighbor_mixing(NULL, 1);
