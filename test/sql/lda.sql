-- lda, lda_fit, lda_transform, lda_classify, lda_separation: small cases by hand, labels and ids of all kinds, models in
-- tables, digits against scipy and scikit-learn, sameness over order and threads, awkward rows, and every error.
\set SHOW_CONTEXT never

-- Two rectangles of 2 by 20, b 4 to the right of a. Within them the variance is 1 along x and 100 along y; the means lie 2
-- on either side of (3, 10): one discriminant, along x, with the variance 4 between the labels.
CREATE TABLE points (id int, px float8[], label text);
INSERT INTO points VALUES (5, '{4,0}', 'b'), (6, '{6,0}', 'b'), (7, '{4,20}', 'b'), (8, '{6,20}', 'b'),
                          (1, '{0,0}', 'a'), (2, '{2,0}', 'a'), (3, '{0,20}', 'a'), (4, '{2,20}', 'a');
SELECT id, components FROM lda('SELECT id, px, label FROM points', 1, '0');
SELECT labels, n, means, mean, components[1][2], abs(components[1][1] - 1) < 1e-13 AS component,
       abs(centers[1][1] + 2) + abs(centers[2][1] - 2) < 1e-13 AS centers, shrinkage, abs(variance[1] - 4) < 1e-13 AS variance,
       abs(variance_ratio[1] - 1) < 1e-13 AS ratio
FROM lda_fit('SELECT id, px, label FROM points', 1, '0');

-- The same, less wide: 2 by 2. S = 4/3 in both directions with the divisor 8 - 2; D^2 = 16 * 3/4 = 12 along x; T^2 = 2 * 12;
-- F = 24 * 5 / (2 * 6) = 10 with 2 and 5 degrees of freedom, whose tail is (1 + 2 f/5)^(-5/2); without bias D^2 is
-- 12 * 3/6 - 2 * (1/4 + 1/4) = 5. Phi(sqrt 6) and Phi(sqrt 2.5) from a table of the normal law.
CREATE TABLE squares AS SELECT id, ARRAY[px[1], px[2] / 10] AS px, label FROM points;
SELECT direction[2], abs(direction[1] - 3 / sqrt(12)) < 1e-6 AS direction, shrinkage, abs(mahalanobis2 - 12) < 1e-12 AS d2,
       abs(auc - 0.99284706) < 1e-8 AS auc, abs(auc_corrected - 0.94307685) < 1e-8 AS corrected, auc_cross_validated,
       abs(t2 - 24) < 1e-12 AS t2, abs(f - 10) < 1e-12 AS f, df_1, df_2, abs(p_value - 5 ^ -2.5) < 1e-14 AS p,
       abs(log10_p + 2.5 * log(5)) < 1e-13 AS log10_p, n_x, n_y
FROM lda_separation('SELECT id, px, label FROM squares', '0');
-- y is the larger label: with labels exchanged the direction is the other one.
SELECT abs(direction[1] + 3 / sqrt(12)) < 1e-6 AS direction, n_x, n_y
FROM lda_separation('SELECT id, px, label = ''a'' FROM squares', '0');
-- Rows in equal pairs, so that both halves are x = 0, 2 and y = 2, 6: y is larger in 3.5 of 4 pairs.
SELECT auc_cross_validated
FROM lda_separation($$VALUES ('{0}'::int[], false), ('{0}', false), ('{2}', false), ('{2}', false),
                             ('{2}', true), ('{2}', true), ('{6}', true), ('{6}', true)$$, '0');

-- Shrinkage of 1/2: t = 50.5, along x 1/2 + 25.25 = 25.75 instead of 1; 'auto' is some number between.
SELECT abs(variance[1] - 4 / 25.75) < 1e-15 AS variance, abs(components[1][1] - 1 / sqrt(25.75)) < 1e-15 AS component, shrinkage
FROM lda_fit('SELECT id, px, label FROM points', 1, '0.5');
SELECT shrinkage > 0 AND shrinkage < 1 AS automatic FROM lda_fit('SELECT id, px, label FROM points', 1, 'auto');

-- Labels of any type with an order; they come in that order, 2 before 10. Rows without label or array are skipped.
SELECT labels, n FROM lda_fit('SELECT id, px, CASE label WHEN ''a'' THEN 10 ELSE 2 END FROM points', 1);
SELECT labels, n FROM lda_fit('SELECT id, px, (CASE label WHEN ''a'' THEN 10 ELSE 2 END)::text FROM points', 1);
SELECT labels, n FROM lda_fit('SELECT id, px, label = ''a'' FROM points', 1);
SELECT labels, n FROM lda_fit('SELECT id, px, date ''2026-01-31'' - id % 2 FROM points', 1, '1');
SELECT left(labels[1], 2), left(labels[2], 2), length(labels[2]), n
FROM lda_fit('SELECT id, px, CASE WHEN id <> 4 THEN repeat(label, 3000) END FROM points', 1);
SELECT id, sign(components[1]) FROM lda('SELECT id, CASE WHEN id <> 6 THEN px END, CASE WHEN id <> 3 THEN label END FROM points', 1, '1')
WHERE id IN (2, 3, 6, 7);

-- Ids: row numbers, integers, other types.
SELECT id FROM lda('SELECT px, label FROM points ORDER BY id', 1) WHERE components[1] < 0;
SELECT pg_typeof(id), count(*) FROM lda('SELECT id::smallint, px, label FROM points', 1) GROUP BY 1;
SELECT pg_typeof(id), id FROM lda(NULL::text, 'SELECT ''p'' || id, px, label FROM points', 1) WHERE components[1] < 0;
SELECT pg_typeof(id), count(*) FROM lda(NULL::uuid, 'SELECT md5(id::text)::uuid, px, label FROM points', 1) GROUP BY 1;
SELECT n FROM lda_fit(NULL::text, 'SELECT ''p'' || id, px, label FROM points', 1);
SELECT n FROM lda_fit(NULL::date, 'SELECT date ''2026-01-31'' + id, px, label FROM points', 1);
SELECT n_x, n_y FROM lda_separation(NULL::text, 'SELECT ''p'' || id, px, label FROM points', 'auto');
SELECT n_x, n_y FROM lda_separation(NULL::date, 'SELECT date ''2026-01-31'' + id, px, label FROM points');

-- All array types; the direction has the shape of the arrays, if they have one.
SELECT t, count(*), bool_and(a.components = b.components) AS same
FROM lda('SELECT id, px, label FROM points', 1) a
     JOIN (SELECT 'smallint' AS t, * FROM lda('SELECT id, px::smallint[], label FROM points', 1)
           UNION ALL SELECT 'integer', * FROM lda('SELECT id, px::integer[], label FROM points', 1)
           UNION ALL SELECT 'real', * FROM lda('SELECT id, px::real[], label FROM points', 1)
           UNION ALL SELECT '2-D', * FROM lda('SELECT id, ARRAY[px], label FROM points', 1)) b USING (id)
GROUP BY t ORDER BY t;
SELECT array_dims((lda_separation('SELECT id, px, label FROM points')).direction);
SELECT array_dims((lda_separation('SELECT id, ARRAY[px, px], label FROM points')).direction);
SELECT array_dims((lda_separation('SELECT id, ARRAY[ARRAY[px, px], ARRAY[px, px]], label FROM points')).direction);
SELECT array_dims((lda_separation(
    'SELECT id, CASE WHEN id = 5 THEN ARRAY[px] ELSE ARRAY[[px[1]], [px[2]]] END, label FROM points')).direction);
SELECT array_dims((lda_separation(
    'SELECT id, (''[3:3][5:6]={{'' || px[1] || '','' || px[2] || ''}}'')::int[], label FROM points')).direction);

-- Three labels at the corners of a triangle have two discriminants; on a line they have one, as equal columns do.
CREATE TABLE corners AS
SELECT i AS id, ARRAY[i % 3 / 2 * 9 + i % 5, i % 3 % 2 * 9 + i % 7, i % 11] AS px, i % 3 AS label FROM generate_series(1, 90) i;
SELECT count(*), min(array_length(components, 1)) FROM lda('SELECT id, px, label FROM corners');
SELECT array_length(components, 1) AS n, variance[1] >= variance[2] AS descending,
       abs(variance_ratio[1] + variance_ratio[2] - 1) < 1e-12 AS sums_to_1
FROM lda_fit('SELECT id, px, label FROM corners', 9);
SELECT array_length(components, 1) AS n, variance_ratio[1] < 0.9 AS not_all
FROM lda_fit('SELECT id, px, label FROM corners', 1);
SELECT count(*), max(array_length(components, 1)) FROM lda('SELECT id, px[1:1], label FROM corners');
-- Equal means: nothing to discriminate, coordinates without elements; every row goes to the largest class.
CREATE TABLE same_means (id int, px int[], label text);
INSERT INTO same_means VALUES (1, '{-1,1}', 'a'), (2, '{1,-1}', 'a'), (3, '{-1,1}', 'b'), (4, '{1,-1}', 'b'),
                              (5, '{2,2}', 'b'), (6, '{-2,-2}', 'b');
SELECT count(*), min(components), max(components) FROM lda('SELECT id, px, label FROM same_means');
SELECT components, centers, variance, variance_ratio, lda_transform(m, '{5,7}'::int[]), lda_classify(m, '{5,7}'::int[])
FROM lda_fit('SELECT id, px, label FROM same_means', 1) m;
SELECT mahalanobis2, direction, auc, auc_corrected, p_value FROM lda_separation('SELECT id, px, label FROM same_means');

-- No rows: no rows, and NULL.
SELECT * FROM lda('SELECT id, px, label FROM points WHERE false');
SELECT lda_fit('SELECT id, px, NULL::text FROM points') IS NULL AS no_model;
SELECT lda_separation('SELECT id, NULL::real[], label FROM points') IS NULL AS no_result;

-- A model applied to the rows of its fit gives their coordinates; in memory, in a table, compressed or not.
CREATE TABLE models (name text, model lda_model);
INSERT INTO models SELECT 'corners', lda_fit('SELECT id, px, label FROM corners', 2);
INSERT INTO models SELECT 'wide', lda_fit('SELECT id, array_cat(px, array_fill(id % 13, ARRAY[1000])), label FROM corners', 2);
SELECT count(*), bool_and(abs((lda_transform(m, px))[1] - l.components[1]) + abs((lda_transform(m, px))[2] - l.components[2]) < 1e-5) AS same
FROM lda('SELECT id, px, label FROM corners') l JOIN corners USING (id), lda_fit('SELECT id, px, label FROM corners') m;
SELECT count(*), bool_and(abs((lda_transform(model, px))[1] - components[1]) + abs((lda_transform(model, px))[2] - components[2]) < 1e-5) AS same
FROM lda('SELECT id, px, label FROM corners') JOIN corners USING (id), models WHERE name = 'corners';
SELECT count(*), bool_and(abs((lda_transform(model, array_cat(px, array_fill((id % 13)::int, ARRAY[1000]))))[1] - components[1]) < 1e-5) AS same
FROM lda('SELECT id, array_cat(px, array_fill(id % 13, ARRAY[1000])), label FROM corners') JOIN corners USING (id), models
WHERE name = 'wide';
SELECT bool_and(a = lda_transform(model, px::smallint[]) AND a = lda_transform(model, px::real[])
                AND a = lda_transform(model, px::float8[])) AS all_types
FROM (SELECT lda_transform(model, px) AS a, * FROM corners, models WHERE name = 'corners') s;
-- Models that change from row to row.
SELECT bool_and(lda_transform(model, CASE name WHEN 'wide' THEN array_cat(px, array_fill(id % 13, ARRAY[1000])) ELSE px END)
                IS NOT NULL) AS both, count(*)
FROM corners, models;
SELECT lda_transform(NULL, '{1}'::int[]) IS NULL AND lda_transform(model, NULL::real[]) IS NULL AS strict FROM models
WHERE name = 'corners';

-- Corners are far apart: all rows get their label back. At the same distance the more frequent label wins.
SELECT count(*), bool_and(lda_classify(model, px) = label::text AND lda_classify(model, px::smallint[]) = label::text
                          AND lda_classify(model, px::real[]) = label::text
                          AND lda_classify(model, px::float8[]) = label::text) AS own_label
FROM corners, models WHERE name = 'corners';
SELECT lda_classify(m, '{3,10}'::int[]) AS equal, lda_classify(m, '{3.01,10}'::real[]) AS nearer_to_b
FROM lda_fit('SELECT id, px, label FROM points', 1, '0') m;
SELECT lda_classify(ROW(m.labels, '{4,5}', m.means, m.mean, m.components, m.centers, m.variance, m.variance_ratio, 0)::lda_model,
                    '{3,10}'::int[]) AS more_of_b
FROM lda_fit('SELECT id, px, label FROM points', 1, '0') m;

-- Digits, against test/reference/lda.py: 2,000 of ten labels, then 1,000 real ones against 600 of a DCGAN.
\set data `echo "${PG_ABS_SRCDIR:-test}/../data"`
\set images :data/mnist-t10k-images-idx3-ubyte.gz
\set labels :data/mnist-t10k-labels-idx1-ubyte.gz
\set generated :data/mnist-dcgan-e25-images-idx3-ubyte.gz
BEGIN;
\lo_import :images
\set images :LASTOID
\lo_import :labels
\set labels :LASTOID
\lo_import :generated
\set generated :LASTOID
CREATE TABLE digits AS
SELECT id, px, label FROM idx_images(lo_get(:images)) JOIN idx_labels(lo_get(:labels)) USING (id) WHERE id < 2000;
CREATE TABLE fake AS SELECT id, px FROM idx_images(lo_get(:generated)) WHERE id < 600;
\lo_unlink :images
\lo_unlink :labels
\lo_unlink :generated
COMMIT;
SELECT bool_and(abs(got / want - 1) < 1e-9) AS variance, count(*)
FROM lda_fit('SELECT id, px, label FROM digits', 9),
     unnest(variance, ARRAY[5.527140991409045, 5.064283335676793, 3.871230485781771, 3.1868521036544353, 2.48591181710671,
                            1.9305153953630294, 1.3894782824109209, 1.0792881114911201, 0.921501914252781]) v(got, want);
SELECT abs(shrinkage / 0.02738902965682332 - 1) < 1e-8 AS shrinkage, abs(variance[1] / 4.942241937502557 - 1) < 1e-8 AS variance
FROM lda_fit('SELECT id, px, label FROM digits', 9, 'auto');
CREATE VIEW mixed AS
SELECT id, px, false AS is_synthetic FROM digits WHERE id < 1000 UNION ALL SELECT id + 1000, px, true FROM fake;
SELECT array_dims(direction), abs(mahalanobis2 / 4.63094816054697 - 1) < 1e-9 AS d2, abs(auc - 0.9359538790141805) < 1e-10 AS auc,
       abs(auc_corrected - 0.818051839082401) < 1e-9 AS corrected, abs(auc_cross_validated - 0.6437633333333334) < 1e-12 AS validated,
       abs(f / 1.3456588109618324 - 1) < 1e-9 AS f, df_1, df_2, abs(log10_p / -4.85342242706814 - 1) < 1e-8 AS log10_p, n_x, n_y
FROM lda_separation('SELECT * FROM mixed');
SELECT abs(shrinkage / 0.021476077274296287 - 1) < 1e-8 AS shrinkage,
       abs(auc_cross_validated - 0.6691233333333333) < 1e-12 AS validated
FROM lda_separation('SELECT * FROM mixed', 'auto');
-- The digits of the fit are recognised.
SELECT avg((lda_classify(m, px) = label::text)::int) > 0.95 AS own_rows FROM digits,
       lda_fit('SELECT id, px, label FROM digits', 9) m;

-- Order of rows and threads.
CREATE TABLE runs AS SELECT 'as it is' AS run, md5(string_agg(l::text, ' ' ORDER BY id)) AS result
FROM lda('SELECT id, px, label FROM digits', 9) l;
INSERT INTO runs SELECT 'shuffled', md5(string_agg(l::text, ' ' ORDER BY id))
FROM lda('SELECT id, px, label FROM digits ORDER BY md5(id::text)', 9) l;
SET synthdq.threads = 1;
INSERT INTO runs SELECT '1 thread', md5(string_agg(l::text, ' ' ORDER BY id)) FROM lda('SELECT id, px, label FROM digits', 9) l;
SET synthdq.threads = 7;
INSERT INTO runs SELECT '7 threads', md5(string_agg(l::text, ' ' ORDER BY id)) FROM lda('SELECT id, px, label FROM digits', 9) l;
RESET synthdq.threads;
SELECT count(*), count(DISTINCT result) FROM runs;
SELECT a = b AS same FROM lda_separation('SELECT * FROM mixed') a, lda_separation('SELECT * FROM mixed ORDER BY md5(id::text)') b;

-- Errors: arguments.
SELECT * FROM lda(NULL);
SELECT * FROM lda('SELECT id, px, label FROM points', NULL::int);
SELECT * FROM lda('SELECT id, px, label FROM points', 0);
SELECT * FROM lda('SELECT id, px, label FROM points', 1, NULL);
SELECT * FROM lda('SELECT id, px, label FROM points', 1, '-0.001');
SELECT * FROM lda('SELECT id, px, label FROM points', 1, '1.001');
SELECT * FROM lda('SELECT id, px, label FROM points', 1, 'NaN');
SELECT * FROM lda('SELECT id, px, label FROM points', 1, 'ledoit');
SELECT * FROM lda('SELECT id, px, label FROM points', 1, '0.1 or so');
SELECT lda_fit('SELECT id, px, label FROM points', -1);
SELECT lda_separation('SELECT id, px, label FROM points', '');
SELECT lda_separation(NULL);

-- Errors: queries.
SELECT * FROM lda('SELECT id, px FROM points');
SELECT * FROM lda('SELECT px FROM points');
SELECT * FROM lda('SELECT id, px, label, 1 FROM points');
SELECT * FROM lda('SELECT id, px, point(1, 2) FROM points');
SELECT * FROM lda(NULL::uuid, 'SELECT id, px, label FROM points');
SELECT * FROM lda(NULL::uuid, 'SELECT px, label FROM points');
SELECT * FROM lda('');

-- Errors: rows.
SELECT * FROM lda('SELECT id, px, 7 FROM points');
SELECT * FROM lda('SELECT id, px, id FROM points');
SELECT * FROM lda('SELECT id, array_prepend(5, px::int[]), label FROM points', 1, '0');
SELECT lda_fit('SELECT id, px || px[1] + px[2], label FROM points', 1, '0');
SELECT lda_separation('SELECT id, px, id % 3 FROM points');
SELECT lda_separation('SELECT id, px, true FROM points');
SELECT lda_separation('SELECT id, px || float8 ''7'', label FROM points', '0');
SELECT * FROM lda('SELECT id, CASE id WHEN 3 THEN ''{NaN,1}'' ELSE px END, label FROM points', 1);
SELECT * FROM lda('SELECT id, CASE id WHEN 3 THEN ''{1}'' ELSE px END, label FROM points ORDER BY id', 1);
SELECT * FROM lda('SELECT id, CASE id WHEN 3 THEN ''{1,NULL}'' ELSE px END, label FROM points', 1);
SELECT * FROM lda('SELECT 7, px, label FROM points', 1);
SET synthdq.max_memory = '1MB';
SELECT * FROM lda('SELECT id, array_fill(id, ARRAY[2000]), id % 3 FROM generate_series(1, 10) id', 1);
RESET synthdq.max_memory;

-- Errors: models and rows that do not fit together.
SELECT lda_transform(model, '{1,2}'::int[]) FROM models WHERE name = 'corners';
SELECT lda_transform(model, '{1,2,NULL}'::int[]) FROM models WHERE name = 'corners';
SELECT lda_transform(model, '{1,2,NaN}'::real[]) FROM models WHERE name = 'corners';
\set VERBOSITY sqlstate
SELECT lda_transform(model, '{1e300,1e300,1e300}'::float8[]) FROM models WHERE name = 'corners';
\set VERBOSITY default
SELECT lda_transform(ROW('{a}', '{1}', '{{1}}', '{1}', '{{1e300}}', '{{1}}', '{1}', '{1}', 0)::lda_model, '{1e300}'::float8[]);
SELECT lda_transform(ROW('{a}', '{1}', '{{1}}', NULL, '{{1}}', '{{1}}', '{1}', '{1}', 0)::lda_model, '{1}'::int[]);
SELECT lda_transform(ROW('{a}', '{1}', '{{1}}', '{NULL}', '{{1}}', '{{1}}', '{1}', '{1}', 0)::lda_model, '{1}'::int[]);
SELECT lda_transform(ROW('{a}', '{1}', '{{1}}', '{NaN}', '{{1}}', '{{1}}', '{1}', '{1}', 0)::lda_model, '{1}'::int[]);
SELECT lda_transform(ROW('{a}', '{1}', '{{1}}', '{1}', '{1}', '{{1}}', '{1}', '{1}', 0)::lda_model, '{1}'::int[]);
SELECT lda_transform(ROW('{a}', '{1}', '{{1}}', '{1}', '{{1,2}}', '{{1}}', '{1}', '{1}', 0)::lda_model, '{1}'::int[]);
SELECT lda_classify(ROW('{a}', '{1,2}', '{{1}}', '{1}', '{{1}}', '{{1}}', '{1}', '{1}', 0)::lda_model, '{1}'::int[]);
SELECT lda_classify(ROW('{{a}}', '{1}', '{{1}}', '{1}', '{{1}}', '{{1}}', '{1}', '{1}', 0)::lda_model, '{1}'::int[]);
SELECT lda_classify(ROW(NULL, '{1}', '{{1}}', '{1}', '{{1}}', '{{1}}', '{1}', '{1}', 0)::lda_model, '{1}'::int[]);
SELECT lda_classify(ROW('{}', '{}', '{}', '{1}', '{{1}}', '{}', '{1}', '{1}', 0)::lda_model, '{1}'::int[]);
DROP VIEW mixed;
DROP TABLE points, squares, corners, same_means, models, digits, fake, runs;
