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

VACUUM ANALYZE;
