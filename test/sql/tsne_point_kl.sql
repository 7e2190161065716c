--
-- tsne_point_kl: by hand, against reference values, against tsne_stats, awkward rows and maps, every error.
--

-- Five rows at the same distance from each other: at the largest perplexity every p is 1 / 20. Four of them at one place of
-- the map and the fifth 1 away: w is 1 among the four and 1/2 to the fifth, Z = 12 + 8 / 2 = 16. So each of the four has
-- 3/20 ln(16/20) + 1/20 ln(32/20), and the fifth 4/20 ln(32/20).
CREATE TEMPORARY TABLE five AS
SELECT i AS id, (SELECT array_agg((i = j)::integer ORDER BY j) FROM generate_series(1, 5) j) AS px,
       (i = 5)::integer::float8 AS x
FROM generate_series(1, 5) i;
SELECT id, abs(kl - CASE id WHEN 5 THEN 0.2 * ln(1.6) ELSE 0.15 * ln(0.8) + 0.05 * ln(1.6) END) < 1e-8 AS kl
FROM tsne_point_kl('SELECT id, px FROM five', 'SELECT id, ARRAY[x, 7] FROM five', 4.0 / 3) ORDER BY id;
-- All at one place: p and q are the same. A map of one coordinate is one, too.
SELECT bool_and(abs(kl) < 1e-8) FROM tsne_point_kl('SELECT id, px FROM five', 'SELECT id, ARRAY[3, 4, 5] FROM five', 4.0 / 3);
SELECT abs(sum(kl) - 4 * (0.15 * ln(0.8) + 0.05 * ln(1.6)) - 0.2 * ln(1.6)) < 1e-7 AS sum
FROM tsne_point_kl('SELECT id, px FROM five', 'SELECT id, ARRAY[x] FROM five', 4.0 / 3);

-- Columns and types of all forms.
SELECT * FROM tsne_point_kl('SELECT id, px FROM five', 'SELECT id, ARRAY[x, 7] FROM five', 1.3) LIMIT 0 \gdesc
SELECT pg_typeof(id), min(id), max(id) FROM tsne_point_kl(NULL::text, 'SELECT ''row '' || id, px FROM five',
    'SELECT ''row '' || id, ARRAY[x, 7] FROM five', 1.3) GROUP BY 1;
SELECT pg_typeof(id), min(id), max(id) FROM tsne_point_kl(NULL::numeric, 'SELECT id / 2.0, px FROM five',
    'SELECT id / 2.0, ARRAY[x, 7] FROM five', 1.3) GROUP BY 1;

-- Real digits and a map of two weighted sums of pixels (test/reference/point_kl.py).
\set data `echo "${PG_ABS_SRCDIR:-test}/../data"`
BEGIN;
\set file :data/mnist-t10k-images-idx3-ubyte.gz
\lo_import :file
\set loid :LASTOID
CREATE TEMPORARY TABLE digits AS SELECT * FROM idx_images(lo_get(:loid)) WHERE id < 2500;
\lo_unlink :loid
COMMIT;
CREATE TEMPORARY TABLE sums AS
SELECT id, sum(p * cos(i)) / 200 AS x, sum(p * sin(i)) / 200 AS y
FROM digits, unnest(px) WITH ORDINALITY u (p, i) WHERE id < 500 GROUP BY id;
CREATE TEMPORARY TABLE points AS
SELECT * FROM tsne_point_kl('SELECT id, px FROM digits WHERE id < 500', 'SELECT id, ARRAY[x, y] FROM sums', pca => 0);
SELECT count(*), abs(sum(kl) / 2.922760497453658 - 1) < 1e-6 AS sum FROM points;
SELECT id, abs(kl / want - 1) < 1e-5 AS kl
FROM points JOIN (VALUES (0, 0.006581498635141351), (1, 0.004290292429604898), (249, 0.015268748012499288),
                         (326, 0.0016906301287574906), (499, 0.00783565345989862)) w (id, want) USING (id)
ORDER BY id;
SELECT (SELECT id FROM points ORDER BY kl DESC LIMIT 1) AS worst, (SELECT id FROM points ORDER BY kl LIMIT 1) AS best;

-- point_kl_sum: the sum over all rows is the divergence that tsne_stats tells of the same map: exactly but for float sums
-- while that one sums all pairs, and within the error of the grid beyond 2,000 rows. Reduced rows, too.
CREATE TEMPORARY TABLE map AS SELECT * FROM tsne('SELECT id, px FROM digits', n_iter => 400);
SELECT n, abs(sum(p.kl) / s.kl - 1) < CASE WHEN n < 2000 THEN 1e-5 ELSE 1e-3 END AS equal
FROM (VALUES (500), (1999), (2000), (2500)) sizes (n)
CROSS JOIN LATERAL (SELECT format('SELECT id, px FROM digits WHERE id < %s', n) AS query,
                           format('SELECT id, ARRAY[x, y] FROM map WHERE id < %s', n) AS places) q
CROSS JOIN LATERAL tsne_stats(query, n_iter => 0, init => places) s (same_n, dimensions, n_components, perplexity, kl)
CROSS JOIN LATERAL tsne_point_kl(query, places) p
GROUP BY n, s.kl ORDER BY n;
-- Another perplexity asks another question.
SELECT abs(sum(p.kl) / s.kl - 1) < 1e-5 AS equal
FROM tsne_stats('SELECT id, px FROM digits WHERE id < 500', 5, n_iter => 0, init => 'SELECT id, ARRAY[x, y] FROM map') s,
     tsne_point_kl('SELECT id, px FROM digits WHERE id < 500', 'SELECT id, ARRAY[x, y] FROM map WHERE id < 500', 5) p
GROUP BY s.kl;
-- A row that is taken away from its neighbors is the worst.
SELECT id FROM tsne_point_kl('SELECT id, px FROM digits',
    'SELECT id, ARRAY[CASE id WHEN 77 THEN -x ELSE x END, CASE id WHEN 77 THEN 500 - y ELSE y END] FROM map')
ORDER BY kl DESC LIMIT 1;
-- Moving or mirroring the map changes nothing.
SELECT bool_and(abs(a.kl - b.kl) < 1e-12)
FROM tsne_point_kl('SELECT id, px FROM digits WHERE id < 500', 'SELECT id, ARRAY[x, y] FROM map WHERE id < 500') a
JOIN tsne_point_kl('SELECT id, px FROM digits WHERE id < 500', 'SELECT id, ARRAY[1000 - y, x - 50] FROM map WHERE id < 500') b
USING (id);

-- The same bits in any order and for any number of threads.
SET synthdq.threads = 1;
CREATE TEMPORARY TABLE one AS
SELECT * FROM tsne_point_kl('SELECT id, px FROM digits', 'SELECT id, ARRAY[x, y] FROM map');
SET synthdq.threads = 3;
SELECT count(*) FROM (SELECT * FROM tsne_point_kl('SELECT id, px FROM digits ORDER BY id % 7, id DESC',
    'SELECT id, ARRAY[x, y] FROM map ORDER BY x') INTERSECT SELECT * FROM one) same;
RESET synthdq.threads;

-- Less than five rows, or all rows equal: there are no similarities. Without rows there are none.
SELECT * FROM tsne_point_kl('SELECT id, px FROM five WHERE id < 5', 'SELECT id, ARRAY[x, 7] FROM five WHERE id < 5') ORDER BY id;
SELECT count(*), count(kl) FROM tsne_point_kl('SELECT id, ARRAY[1] FROM digits', 'SELECT id, ARRAY[x, y] FROM map');
SELECT * FROM tsne_point_kl('SELECT id, px FROM five WHERE false', 'SELECT id, ARRAY[x, 7] FROM five WHERE false');
-- Thousands of duplicates, a map that is one point, and one that is as wide as can be.
SELECT count(*), count(kl), bool_and(abs(kl) < 1) AS finite
FROM tsne_point_kl('SELECT id, ARRAY[id / 2400]::integer[] FROM digits', 'SELECT id, ARRAY[x, y] FROM map');
SELECT count(*), count(kl), bool_and(abs(kl) < 1) AS finite
FROM tsne_point_kl('SELECT id, px FROM digits', 'SELECT id, ARRAY[1e6, -1e6]::float8[] FROM map');
SELECT count(*), count(kl), bool_and(abs(kl) < 1e4) AS finite
FROM tsne_point_kl('SELECT id, px FROM digits', 'SELECT id, ARRAY[(id % 3) * 5e99, id / 9 * 1e90]::float8[] FROM map');

-- Errors.
SELECT * FROM tsne_point_kl(NULL, 'SELECT id, ARRAY[x, 7] FROM five');
SELECT * FROM tsne_point_kl('SELECT id, px FROM five', NULL);
SELECT * FROM tsne_point_kl('SELECT id, px FROM five', 'SELECT id, ARRAY[x, 7] FROM five');
SELECT * FROM tsne_point_kl('SELECT id, px FROM five', 'SELECT id, ARRAY[x, 7] FROM five', 1);
SELECT * FROM tsne_point_kl('SELECT id, px FROM five', 'SELECT id, ARRAY[x, 7] FROM five', 'nan'::float8);
SELECT * FROM tsne_point_kl('SELECT id, px FROM five', 'SELECT id, ARRAY[x, 7] FROM five', NULL::float8);
SELECT * FROM tsne_point_kl('SELECT id, px FROM five', 'SELECT id, ARRAY[x, 7] FROM five', 1.3, -1);
SELECT * FROM tsne_point_kl('SELECT id, px FROM five', 'SELECT id, ARRAY[x, 7] FROM five', 1.3, NULL);
SELECT * FROM tsne_point_kl('SELECT id, px FROM five', 'SELECT id, ARRAY[x, 7, 7, 7] FROM five', 1.3);
SELECT * FROM tsne_point_kl('SELECT id, px FROM five', 'SELECT id, ARRAY[x, 7] FROM five WHERE id <> 2', 1.3);
SELECT * FROM tsne_point_kl('SELECT id, px FROM five WHERE id <> 2', 'SELECT id, ARRAY[x, 7] FROM five', 1.3);
SELECT * FROM tsne_point_kl('SELECT id, px FROM five', 'SELECT id, ARRAY[x, ''nan''] FROM five', 1.3);
SELECT * FROM tsne_point_kl('SELECT id, px FROM five', 'SELECT id, ARRAY[x, -2e100 * id]::float8[] FROM five', 1.3);
SELECT * FROM tsne_point_kl('SELECT id, px FROM five', 'SELECT id, x FROM five', 1.3);
SET synthdq.max_memory = '1MB';
\set VERBOSITY sqlstate
SELECT * FROM tsne_point_kl('SELECT id, ARRAY[id, id % 7]::integer[] FROM digits', 'SELECT id, ARRAY[x, y] FROM map');
RESET synthdq.max_memory;
