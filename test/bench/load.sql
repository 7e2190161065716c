-- The rows of the benchmarks. Variables: full, a file with the real images; copies, how often to
-- load it.
CREATE EXTENSION synthdq;

\lo_import :full
\set file :LASTOID
CREATE TABLE full_real AS
SELECT copy * 100000 + id AS id, px
FROM idx_images(lo_get(:file)), generate_series(1, :copies) copy;
\lo_unlink :file

\lo_import data/mnist-train-first10k-images-idx3-ubyte.gz
\set file :LASTOID
CREATE TABLE real_images AS SELECT id, px FROM idx_images(lo_get(:file));
\lo_unlink :file

\lo_import data/mnist-dcgan-e25-images-idx3-ubyte.gz
\set file :LASTOID
CREATE TABLE fake_images AS SELECT id, px FROM idx_images(lo_get(:file));
\lo_unlink :file

CREATE TABLE samples AS
SELECT id, px, false AS is_synthetic FROM real_images
UNION ALL SELECT id, px, true FROM fake_images;

CREATE TABLE full_samples AS
SELECT id, px, false AS is_synthetic FROM full_real
UNION ALL SELECT id, px, true FROM fake_images;
DROP TABLE full_real;

-- Two numbers for each real image: its ink in the upper and in the lower half.
CREATE TABLE points AS
SELECT id, avg(p) FILTER (WHERE i <= 392)::double precision AS x,
       avg(p) FILTER (WHERE i > 392)::double precision AS y
FROM real_images, unnest(px) WITH ORDINALITY u(p, i) GROUP BY id;

-- The same images as real[], and as reals in [0, 1] as networks take them.
CREATE TABLE full_real_samples AS
SELECT id, px::real[] AS px, is_synthetic FROM full_samples;
CREATE TABLE scaled_samples AS
SELECT id, min_max_scale(px, 0, 255) AS px, is_synthetic FROM samples;

-- All images as their first 50 principal components.
CREATE TABLE full_scores AS
SELECT id, components
FROM pca('SELECT id + CASE WHEN is_synthetic THEN 10000000 ELSE 0 END, px FROM full_samples', 50);

-- Two numbers for each of them: the first two components.
CREATE TABLE full_points AS
SELECT components[1]::double precision AS x, components[2]::double precision AS y FROM full_scores;

-- 2 x 5,000,000 distinct numbers in [0, 1), out of order (the factors are odd, so that multiplying
-- modulo 2^32 is one to one). One in a row, and the same in arrays of 1,000.
CREATE TABLE numbers AS
SELECT i, (i * factor % 4294967296) / 4294967296::double precision AS x, is_synthetic
FROM (VALUES (2654435761, false), (2246822519, true)) factors (factor, is_synthetic),
     generate_series(1::bigint, 5000000) AS i;
CREATE TABLE number_arrays AS
SELECT array_agg(x) AS px, is_synthetic FROM numbers GROUP BY is_synthetic, i / 1000;
ALTER TABLE numbers DROP COLUMN i;

-- Sums of two such numbers, for densities: 784,000 of them in arrays of 1,000 and in rows, the same as bytes, and 10,000,000.
CREATE TABLE sum_arrays AS
SELECT n, array_agg((i * 2654435761 % 4294967296) / 4294967296::double precision
                    + (i * 2246822519 % 4294967296) / 4294967296::double precision) AS px
FROM (VALUES (784000), (10000000)) sizes (n), generate_series(1::bigint, n) AS i
GROUP BY n, i / 1000;
CREATE TABLE sums AS SELECT unnest(px) AS x FROM sum_arrays WHERE n = 784000;
CREATE TABLE sum_bytes AS
SELECT (SELECT array_agg(floor(x * 127)::smallint) FROM unnest(px) AS x) AS px FROM sum_arrays WHERE n = 784000;

VACUUM ANALYZE;
