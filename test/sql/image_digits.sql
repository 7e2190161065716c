--
-- The real digits of data/, read by way of large objects, as a client would.
--
\set data `echo "${PG_ABS_SRCDIR:-test}/../data"`
CREATE TEMPORARY TABLE files (name text, content bytea);
BEGIN;
\set file :data/mnist-train-first10k-images-idx3-ubyte.gz
\lo_import :file
\set loid :LASTOID
INSERT INTO files VALUES ('train', lo_get(:loid));
\lo_unlink :loid
\set file :data/mnist-train-first10k-labels-idx1-ubyte.gz
\lo_import :file
\set loid :LASTOID
INSERT INTO files VALUES ('train labels', lo_get(:loid));
\lo_unlink :loid
\set file :data/mnist-t10k-images-idx3-ubyte.gz
\lo_import :file
\set loid :LASTOID
INSERT INTO files VALUES ('test', lo_get(:loid));
\lo_unlink :loid
\set file :data/mnist-t10k-labels-idx1-ubyte.gz
\lo_import :file
\set loid :LASTOID
INSERT INTO files VALUES ('test labels', lo_get(:loid));
\lo_unlink :loid
\set file :data/mnist-dcgan-e25-tanh-first2k-f32.npy.gz
\lo_import :file
\set loid :LASTOID
INSERT INTO files VALUES ('tanh', lo_get(:loid));
\lo_unlink :loid
\set file :data/mnist-dcgan-e25-images-idx3-ubyte.gz
\lo_import :file
\set loid :LASTOID
INSERT INTO files VALUES ('e25', lo_get(:loid));
\lo_unlink :loid
COMMIT;

-- Python's gzip and sum() find in the same files: pixels 264923200 (test) and 262146600 (train); labels
-- 44434 and 44368, the first ten 7 2 1 0 4 1 4 9 5 9 and 5 0 4 1 9 2 1 3 1 4.
SELECT name, count(*), sum(array_length(px, 1) * array_length(px, 2)) AS pixels,
    sum((SELECT sum(v) FROM unnest(px) v)) AS total
FROM files, idx_images(content)
WHERE name IN ('train', 'test')
GROUP BY name ORDER BY name;

SELECT name, count(*), min(id), max(id), sum(label) AS total,
    array_agg(label ORDER BY id) FILTER (WHERE id < 10) AS first_ten
FROM files, idx_labels(content)
WHERE name LIKE '%labels'
GROUP BY name ORDER BY name;

-- The first image of each file, a 5 and a 7: the sum of its pixels is 27525, 18454.
SELECT name, (SELECT sum(v) FROM unnest(px) v) AS total
FROM files, idx_images(content)
WHERE name IN ('train', 'test') AND id = 0
ORDER BY name;

-- The generator's raw output, scaled from [-1, 1], is what the 8-bit images hold, up to their
-- rounding of half a step and float32's.
SELECT count(*), min(cardinality(t."row")) AS pixels,
    max((SELECT max(abs(a - b)) FROM
        unnest(min_max_scale(t."row", -1, 1), min_max_scale(e.px, 0, 255)) u (a, b))) < 0.6 / 255
        AS same_images
FROM (SELECT r.* FROM files, npy_rows(content) r WHERE name = 'tanh') t
    JOIN (SELECT i.* FROM files, idx_images(content) i WHERE name = 'e25') e USING (id);
