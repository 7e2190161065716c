-- ecdf_vector over the real digits of data/: 10,000 images of 784 pixels.
\set data `echo "${PG_ABS_SRCDIR:-test}/../data"`
CREATE TEMPORARY TABLE digits (id bigint, px smallint[]);
BEGIN;
\set file :data/mnist-train-first10k-images-idx3-ubyte.gz
\lo_import :file
\set loid :LASTOID
INSERT INTO digits SELECT * FROM idx_images(lo_get(:loid));
\lo_unlink :loid
COMMIT;
CREATE TEMPORARY TABLE vector AS SELECT ecdf_vector(px) AS v FROM digits;
ALTER TABLE vector ALTER COLUMN v SET STORAGE external;
INSERT INTO vector SELECT ecdf_vector(px) FROM digits;

SELECT n_positions(v), n(v, 1), n(v, 784), pg_column_size(v) < 250000 AS small FROM vector;
-- All pixels add up to 262146600 (Python's gzip and sum()), and the pooled distribution is that of all.
SELECT round((SELECT sum(m) FROM unnest(mean(v)) m) * 10000) AS sum, ecdf_pooled(v) = e AS pooled
FROM vector, (SELECT ecdf(px) AS e FROM digits) d;
-- The corners are blank in all images, the middle is not.
SELECT i, ecdf_at(v, i) = '{0:10000}' AS blank FROM vector, unnest('{1,28,757,784,407}'::int[]) i GROUP BY i, 2 ORDER BY i;
SELECT count(*) AS positions, bool_and(ecdf_at(v, (r - 1) * 28 + c) = (SELECT ecdf(px[r][c]) FROM digits)) AS same
FROM (SELECT v FROM vector LIMIT 1) s, (VALUES (5, 14), (14, 14), (15, 7), (20, 20), (28, 28)) p(r, c);
-- As integer[], real[] and double precision[], in groups and united: the same bytes.
SELECT bool_and(ecdf_vector_send(v) = b) AS same
FROM (SELECT ecdf_vector_send(v) AS b FROM vector LIMIT 1) s,
     (SELECT ecdf_vector(px::integer[]) FROM digits UNION ALL SELECT ecdf_vector(px::real[]) FROM digits
      UNION ALL SELECT ecdf_vector(px::double precision[]) FROM digits
      UNION ALL SELECT ecdf_vector(g) FROM (SELECT ecdf_vector(px) AS g FROM digits GROUP BY id % 9) u) t(v);
-- Scaled to [0, 1] the same counts stand at other values.
SELECT bool_and(n = m AND abs(value - w * 255) < 1e-4 AND "position" = p) AS same, count(*) = count(value) AS complete
FROM (SELECT row_number() OVER () AS r, * FROM ecdf_vector_points((SELECT v FROM vector LIMIT 1))) a
FULL JOIN (SELECT row_number() OVER () AS r, "position" AS p, value AS w, n AS m
           FROM ecdf_vector_points((SELECT ecdf_vector(min_max_scale(px, 0, 255)) FROM digits))) b USING (r);
