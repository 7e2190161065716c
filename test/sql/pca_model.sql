-- pca_transform, pca_inverse, pca_error: by hand, against pca(), stored models of all storages, models made by hand,
-- real digits, and every error.
\set SHOW_CONTEXT never

CREATE FUNCTION near(got float8, want float8, tolerance float8 DEFAULT 1e-9) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$ SELECT abs(got - want) <= tolerance * abs(want) $$;
CREATE FUNCTION near(got float8[], want float8[], tolerance float8 DEFAULT 1e-9) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$
    SELECT array_length(got, 1) = array_length(want, 1) AND bool_and(abs(g - w) <= tolerance)
    FROM unnest(got, want) v(g, w) $$;

-- Mean (1, 2), component (0.6, 0.8): (8, 1) - mean = (7, -1) has the coordinate 3.4, stands for
-- (1 + 2.04, 2 + 2.72), and lies |0.8 * 7 + 0.6 * 1| = 6.2 beside it. Only mean and components are looked at.
CREATE TEMPORARY TABLE hand AS SELECT ROW(NULL, '{1,2}', '{{0.6,0.8}}', NULL, NULL, NULL)::pca_model AS model;
SELECT pca_transform(model, '{8,1}'::smallint[]) AS coordinate, pca_inverse(model, '{3.4}'::real[]) AS stands_for,
    near(pca_error(model, '{8,1}'::smallint[]), 6.2) AS error FROM hand;
-- All types of arrays; any dimensions.
SELECT pca_transform(model, '{8,1}'::integer[]), pca_transform(model, '{8,1}'::real[]), pca_transform(model, '{8,1}'::float8[]),
    pca_transform(model, '[0:0][4:5]={{8,1}}'::smallint[]), pca_inverse(model, '{3.4}'::float8[]), pca_inverse(model, '{{3.4}}'::real[])
FROM hand;
SELECT near(pca_error(model, '{8,1}'::integer[]), 6.2) AS i, near(pca_error(model, '{8,1}'::real[]), 6.2) AS r,
    near(pca_error(model, '{8,1}'::float8[]), 6.2) AS d, pca_error(model, '{1,2}'::smallint[]) AS of_the_mean FROM hand;
-- NULL in, NULL out.
SELECT pca_transform(NULL, '{1}'::real[]) IS NULL AND pca_transform(model, NULL::smallint[]) IS NULL AND pca_inverse(model, NULL::real[]) IS NULL
    AND pca_inverse(NULL, '{1}'::real[]) IS NULL AND pca_error(model, NULL::float8[]) IS NULL AND pca_error(NULL, '{1}'::integer[]) IS NULL AS all_null
FROM hand;
-- Errors of any size, without overflow: (6, -8) e200 is |0.8 * 6 + 0.6 * 8| e200 beside the component.
SELECT near(pca_error(model, '{6e200,-8e200}'::float8[]), 9.6e200) AS large, near(pca_error(model, '{1.00000000006,1.99999999992}'::float8[]), 9.6e-11, 1e-5) AS small
FROM hand;

-- Rows and the models they were fitted to: bytes, and reals out of their range.
CREATE TEMPORARY TABLE cloud AS
SELECT i AS id, array_agg((abs(hashint4(i * 40 + j)) % (1 + 6 * j))::smallint ORDER BY j) AS px,
    array_agg((hashint4(i * 40 - j) / 1e7)::real ORDER BY j) AS f
FROM generate_series(1, 700) i, generate_series(1, 40) j GROUP BY i;
CREATE TABLE models (name text PRIMARY KEY, model pca_model);
INSERT INTO models VALUES ('bytes', pca_fit('SELECT id, px FROM cloud', 10)), ('reals', pca_fit('SELECT id, f FROM cloud', 10)),
    ('all', pca_fit('SELECT id, px FROM cloud', 40)), ('none', NULL);
-- pca_transform gives what pca gives, to the bit; also for the other types of the same numbers.
SELECT count(*), bool_and(p.components = pca_transform(model, px)) AS smallints, bool_and(p.components = pca_transform(model, px::int[])) AS integers,
    bool_and(p.components = pca_transform(model, px::real[])) AS reals, bool_and(p.components = pca_transform(model, px::float8[])) AS doubles
FROM models, cloud JOIN pca('SELECT id, px FROM cloud', 10) p USING (id) WHERE name = 'bytes';
SELECT count(*), bool_and(p.components = pca_transform(model, f)) AS reals
FROM models, cloud JOIN pca('SELECT id, f FROM cloud', 10) p USING (id) WHERE name = 'reals';
-- The error is the distance from the picture; its squares add up to the variance that is not kept.
SELECT bool_and(near(pca_error(model, px), (SELECT sqrt(sum((x - y) ^ 2)) FROM unnest(px, pca_inverse(model, pca_transform(model, px))) u(x, y)), 1e-5)) AS distances,
    near(sum(pca_error(model, px) ^ 2) / 699, (array_agg((model).total_variance - (SELECT sum(v) FROM unnest((model).variance) v)))[1]) AS lost
FROM models, cloud WHERE name = 'bytes';
-- All components: nothing is lost.
SELECT max(pca_error(model, px)) < 1e-11 AS nothing_lost, bool_and(near(pca_inverse(model, pca_transform(model, px)), px, 1e-4)) AS same_picture
FROM models, cloud WHERE name = 'all';

-- However the model arrives: pointer to TOAST, compressed, plain, subquery, parameter, PL/pgSQL variable; and
-- changing from row to row.
CREATE TABLE stored (storage text, name text, model pca_model);
ALTER TABLE stored ALTER model SET STORAGE EXTERNAL;
INSERT INTO stored SELECT 'external', name, model FROM models;
ALTER TABLE stored ALTER model SET STORAGE MAIN;
INSERT INTO stored SELECT 'main', name, model FROM models WHERE name <> 'all';
-- Zeros: a model that is stored compressed, in place.
INSERT INTO stored SELECT 'compressed', 'zeros ' || i, ROW(NULL, array_fill(i, '{300}'), array_fill(0::float8, '{2,300}'), NULL, NULL, NULL)::pca_model
FROM generate_series(1, 2) i;
SELECT storage, count(*), bool_and(pca_transform(s.model, px) = pca_transform(m.model, px)) AS same
FROM stored s JOIN models m USING (name), cloud WHERE name <> 'none' GROUP BY storage ORDER BY storage;
SELECT count(*), bool_and(pca_transform(model, px) = pca_transform((SELECT model FROM models WHERE name = 'bytes'), px)) AS subquery,
    bool_and(pca_transform(model, px) = pca_transform(ROW((model).n, (model).mean, (model).components, NULL, NULL, NULL)::pca_model, px)) AS put_together
FROM models, cloud WHERE name = 'bytes';
-- Two models take turns with every row; each call sees its own.
SELECT name, count(*), near(sum(pca_error(model, px)), (SELECT sum(pca_error((SELECT model FROM models m WHERE m.name = t.name), px)) FROM cloud), 1e-12) AS right
FROM (SELECT * FROM cloud, models WHERE name IN ('bytes', 'all') ORDER BY id, name OFFSET 0) t GROUP BY name ORDER BY name;
SELECT name, min(pca_error(model, array_fill(0, '{300}'))) = max(pca_error(model, array_fill(0, '{300}'))) AS one_error,
    near(min(pca_error(model, array_fill(0, '{300}'))), sqrt(300) * right(name, 1)::int) AS right
FROM (SELECT * FROM stored, generate_series(1, 20) g WHERE storage = 'compressed' ORDER BY g, name OFFSET 0) t GROUP BY name ORDER BY name;
-- A model that is replaced, in one transaction and one prepared statement.
PREPARE first_coordinate AS SELECT (pca_transform(model, '{8,1}'::real[]))[1] FROM hand;
BEGIN;
EXECUTE first_coordinate;
UPDATE hand SET model = ROW(NULL, '{1,2}', '{{0.8,-0.6}}', NULL, NULL, NULL)::pca_model;
EXECUTE first_coordinate;
ROLLBACK;
EXECUTE first_coordinate;
CREATE FUNCTION coordinates_of_three() RETURNS SETOF real LANGUAGE plpgsql AS $$
DECLARE
    m pca_model;
BEGIN
    FOR i IN 1 .. 3 LOOP
        m := ROW(NULL, ARRAY[i], '{{1}}', NULL, NULL, NULL);
        RETURN NEXT (pca_transform(m, '{7}'::real[]))[1];
        m.mean := ARRAY[10 * i];
        RETURN NEXT (pca_transform(m, '{7}'::real[]))[1];
    END LOOP;
END $$;
SELECT * FROM coordinates_of_three();
-- In a parallel plan.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
CREATE TABLE many AS SELECT id, px FROM cloud;
SELECT near(sum(pca_error(model, px)), (SELECT sum(pca_error(model, px)) FROM models, cloud WHERE name = 'bytes'), 1e-12) AS same
FROM models, many WHERE name = 'bytes';
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
-- Immutable: it may be indexed.
CREATE INDEX ON many (pca_error(ROW(NULL, array_fill(0::float8, '{40}'), array_fill(0.5::float8, '{1,40}'), NULL, NULL, NULL)::pca_model, px));

-- Real digits against scikit-learn: components of 10,000, images 0 to 2 of the test set (test/reference/pca.py).
\set data `echo "${PG_ABS_SRCDIR:-test}/../data"`
\set file :data/mnist-train-first10k-images-idx3-ubyte.gz
BEGIN;
\lo_import :file
\set loid :LASTOID
CREATE TEMPORARY TABLE digits AS SELECT * FROM idx_images(lo_get(:loid));
\lo_unlink :loid
\set file :data/mnist-t10k-images-idx3-ubyte.gz
\lo_import :file
\set loid :LASTOID
CREATE TEMPORARY TABLE others AS SELECT * FROM idx_images(lo_get(:loid)) WHERE id < 3;
\lo_unlink :loid
COMMIT;
INSERT INTO models VALUES ('digits', pca_fit('SELECT id, px FROM digits', 50));
SELECT array_length(c, 1), near(c[1], -281.7182044863086, 1e-6) AS first, near(c[2], -775.1881175131764, 1e-6) AS second,
    near(c[50], -136.99839328437986, 1e-6) AS last
FROM (SELECT pca_transform(model, px) AS c FROM models, others WHERE name = 'digits' AND id = 0) s;
SELECT id, near(pca_error(model, px), want, 1e-10) AS error, array_dims(pca_inverse(model, pca_transform(model, px)))
FROM models, others JOIN (VALUES (0, 668.3338720973106), (1, 959.3118776864715), (2, 515.2108280520532)) v(id, want) USING (id)
WHERE name = 'digits' ORDER BY id;
-- Noise is farther from what the components can represent than any digit.
SELECT min(e) FILTER (WHERE noise) > 2 * max(e) FILTER (WHERE NOT noise) AS noise_shows
FROM (SELECT pca_error(model, px) AS e, false AS noise FROM models, digits WHERE name = 'digits' AND id < 1000
      UNION ALL SELECT pca_error(model, noise), true
      FROM models, (SELECT array_agg(abs(hashint4(i * 784 + j)) % 256) AS noise
                    FROM generate_series(1, 20) i, generate_series(1, 784) j GROUP BY i) n WHERE name = 'digits') t;

-- Errors: models.
SELECT pca_transform(ROW(NULL, NULL, '{{1}}', NULL, NULL, NULL)::pca_model, '{1}'::real[]);
SELECT pca_transform(ROW(NULL, '{1}', NULL, NULL, NULL, NULL)::pca_model, '{1}'::real[]);
SELECT pca_transform(ROW(NULL, '{1,NULL}', '{{1,0}}', NULL, NULL, NULL)::pca_model, '{1,2}'::real[]);
SELECT pca_transform(ROW(NULL, '{1,2}', '{{1,NULL}}', NULL, NULL, NULL)::pca_model, '{1,2}'::real[]);
SELECT pca_transform(ROW(NULL, '{1,2}', '{1,0}', NULL, NULL, NULL)::pca_model, '{1,2}'::real[]);
SELECT pca_transform(ROW(NULL, '{1,2}', '{}', NULL, NULL, NULL)::pca_model, '{1,2}'::real[]);
SELECT pca_error(ROW(NULL, '{}', '{{1}}', NULL, NULL, NULL)::pca_model, '{}'::real[]);
SELECT pca_transform(ROW(NULL, '{1,2}', '{{1,0,0}}', NULL, NULL, NULL)::pca_model, '{1,2}'::real[]);
SELECT pca_inverse(ROW(NULL, '{1,2,3}', '{{1,0}}', NULL, NULL, NULL)::pca_model, '{1}'::real[]);
SELECT pca_transform(ROW(NULL, '{1,NaN}', '{{1,0}}', NULL, NULL, NULL)::pca_model, '{1,2}'::real[]);
SELECT pca_inverse(ROW(NULL, '{-Infinity,1}', '{{1,0}}', NULL, NULL, NULL)::pca_model, '{1}'::real[]);
SELECT pca_error(ROW(NULL, '{1,2}', '{{0,Infinity}}', NULL, NULL, NULL)::pca_model, '{1,2}'::real[]);
SELECT pca_inverse(ROW(NULL, '{1,2}', '{{1,0},{0,NaN}}', NULL, NULL, NULL)::pca_model, '{1,0}'::real[]);

-- Errors: arrays.
SELECT pca_transform(model, '{1}'::smallint[]) FROM hand;
SELECT pca_error(model, '{1,2,3}'::smallint[]) FROM hand;
SELECT pca_transform(model, '{}'::float8[]) FROM hand;
SELECT pca_inverse(model, '{1,2}'::real[]) FROM hand;
SELECT pca_transform(model, '{1,NULL}'::smallint[]) FROM hand;
SELECT pca_error(model, '{NaN,1}'::real[]) FROM hand;
SELECT pca_transform(model, '{1,-Infinity}'::float8[]) FROM hand;
SELECT pca_inverse(model, '{NaN}'::real[]) FROM hand;
SELECT pca_inverse(model, '{NULL}'::float8[]) FROM hand;
SELECT pca_transform(model, '{1e39,1}'::float8[]) FROM hand;
SELECT pca_inverse(model, '{1e40}'::float8[]) FROM hand;
SELECT pca_transform(model, '{1.7e308,1.7e308}'::float8[]) FROM hand;

DROP TABLE models, stored, many;
DROP FUNCTION coordinates_of_three;
DROP FUNCTION near(float8, float8, float8), near(float8[], float8[], float8);
