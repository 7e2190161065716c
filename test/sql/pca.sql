-- pca, pca_fit: small cases by hand, every type of array and id, sameness over order and threads, awkward rows,
-- real digits, and every error.
\set SHOW_CONTEXT never

CREATE FUNCTION near(got float8, want float8, tolerance float8 DEFAULT 1e-9) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$ SELECT abs(got - want) <= tolerance * abs(want) $$;
CREATE FUNCTION near(got float8[], want float8[], tolerance float8 DEFAULT 1e-9) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$
    SELECT array_length(got, 1) = array_length(want, 1) AND bool_and(abs(g - w) <= tolerance)
    FROM unnest(got, want) v(g, w) $$;

-- (0, 0), (1, 2), (2, 4): mean (1, 2); variance 1 + 4 along (1, 2) / sqrt 5, none across.
CREATE TEMPORARY TABLE points (id int, px float8[]);
INSERT INTO points VALUES (3, '{2,4}'), (1, '{0,0}'), (2, '{1,2}');
SELECT id, near(components, ARRAY[(id - 2) * sqrt(5), 0], 1e-6) AS coordinates, pg_typeof(components)
FROM pca('SELECT id, px FROM points') ORDER BY id;
SELECT n, mean, near(variance, '{5,0}') AS variance, variance[2] AS second, near(variance_ratio, '{1,0}') AS ratio,
    near(total_variance, 5) AS total, array_dims(components) AS dims,
    near(components[1][1], 1 / sqrt(5)) AND near(components[1][2], 2 / sqrt(5)) AS first,
    near(abs(components[2][1]), 2 / sqrt(5)) AND near(abs(components[2][2]), 1 / sqrt(5)) AS across
FROM pca_fit('SELECT id, px FROM points');
SELECT id, array_length(components, 1), near(components[1], (id - 2) * sqrt(5), 1e-6) OR id = 2 AS coordinate
FROM pca('SELECT id, px FROM points', 1) ORDER BY id;

-- The array alone: rows are numbered from 1, as they come.
SELECT id, sign(round(components[1])) FROM pca('SELECT px FROM points ORDER BY id', 1) ORDER BY id;

-- All array types, and arrays of two dimensions with other lower bounds, give the same.
SELECT t, count(*), bool_and(a.components = b.components) AS same
FROM pca('SELECT id, px FROM points') a
     JOIN (SELECT 'smallint' AS t, * FROM pca('SELECT id, px::smallint[] FROM points')
           UNION ALL SELECT 'integer', * FROM pca('SELECT id, px::integer[] FROM points')
           UNION ALL SELECT 'real', * FROM pca('SELECT id, px::real[] FROM points')
           UNION ALL SELECT '2-D', * FROM pca('SELECT id, (''[5:5][0:1]={{'' || px[1] || '','' || px[2] || ''}}'')
                                               ::real[] FROM points')) b USING (id)
GROUP BY t ORDER BY t;

-- Ids: integers come back as bigint; other types by the first argument, text in a form of its own.
SELECT pg_typeof(id), min(id), max(id) FROM pca('SELECT id::smallint, px FROM points') GROUP BY 1;
SELECT pg_typeof(id), id, sign(round(components[1])) FROM pca(NULL::text, 'SELECT ''p'' || id, px FROM points', 1) ORDER BY id;
SELECT pg_typeof(id), count(DISTINCT id) FROM pca(NULL::uuid, 'SELECT md5(id::text)::uuid, px FROM points') GROUP BY 1;
SELECT n, near(total_variance, 5) AS total FROM pca_fit(NULL::date, 'SELECT date ''2024-01-01'' + id, px FROM points');
SELECT n, near(total_variance, 5) AS total FROM pca_fit(NULL::text, 'SELECT ''p'' || id, px FROM points');

-- Rows whose array is NULL are skipped; no rows: no rows, or NULL.
SELECT id, sign(round(components[1])) FROM pca(
    'SELECT 0 AS id, NULL::float8[] AS px UNION ALL SELECT id, px FROM points UNION ALL SELECT 9, NULL', 1) ORDER BY id;
SELECT * FROM pca('SELECT id, px FROM points WHERE false', 70);
SELECT pca_fit('SELECT NULL::real[]', 7) IS NULL AS no_model, pca_fit('SELECT id, px FROM points WHERE false') IS NULL AS nor_here;

-- Two rows: one variance, half the squared distance, along the difference (3, -4) / 5.
SELECT near(variance, '{12.5,0}') AS variance, near(components[1][1], -0.6) AND near(components[1][2], 0.8) AS first
FROM pca_fit('SELECT px FROM (VALUES (''{1,7}''::int[]), (''{4,3}'')) v(px)');
-- One column: its variance, 82.5 / 9 for 0 to 9.
SELECT components, near(variance[1], 82.5 / 9) AS variance, variance_ratio
FROM pca_fit('SELECT ARRAY[i] FROM generate_series(0, 9) i', 1);
-- Equal rows: no variance, no ratio, and a mean.
SELECT n, mean, variance, variance_ratio, total_variance, array_dims(components)
FROM pca_fit('SELECT ARRAY[3, 1, 4] FROM generate_series(1, 5)', 3);
SELECT DISTINCT components FROM pca('SELECT ARRAY[3, 1, 4] FROM generate_series(1, 5)', 3);
-- Constant columns have no loading. Every row twice: 2 n - 1 takes the place of n - 1.
SELECT near(variance, ARRAY[2 * 82.5 / 19, 0, 0]) AS variance, components[1:1] AS first
FROM pca_fit('SELECT ARRAY[7, i % 10, 255] FROM generate_series(0, 19) i', 3);
-- More columns than rows, all components: 3 rows of 40 columns have two variances, whose sum is the total.
SELECT array_length(variance, 1), variance[2] > 0 AS second, variance[3:40] = array_fill(0::float8, ARRAY[38]) AS others_0,
    near(variance[1] + variance[2], total_variance) AS total
FROM pca_fit('SELECT i, array_agg(hashint4(i * 40 + j) % 1000) FROM generate_series(1, 3) i, generate_series(1, 40) j GROUP BY i', 40);
-- A large common offset costs no digits: 1e9 + (0 or 1) has the variance 1/3 of four rows.
SELECT near(variance[1], 1.0 / 3, 1e-14) AS variance, variance[2] FROM pca_fit('SELECT ARRAY[1e9 + i % 2, 0]::float8[] FROM generate_series(1, 4) i');
-- Variances of small numbers are not lost; of large ones neither, as long as they can be written down.
SELECT near(variance[1], 0.5e-300) AS small FROM pca_fit('SELECT ARRAY[i * float8 ''1e-150''] FROM generate_series(0, 1) i', 1);
SELECT near(variance[1], 0.5e300) AS large FROM pca_fit('SELECT ARRAY[i * float8 ''1e150''] FROM generate_series(0, 1) i', 1);

-- Same bits for any number of threads and any order of rows, for bytes and for real numbers.
CREATE TEMPORARY TABLE cloud AS
SELECT i AS id, array_agg((abs(hashint4(i * 64 + j)) % (1 + 3 * j))::smallint ORDER BY j) AS px
FROM generate_series(1, 2500) i, generate_series(1, 64) j GROUP BY i;
CREATE TEMPORARY TABLE runs (run text, kind text, rows text, model pca_model);
\set rows '(SELECT md5(string_agg(r::text, '' '' ORDER BY id)) FROM pca(query, 9) r)'
\set queries '(VALUES (''bytes'', ''SELECT id, px FROM cloud''), (''reals'', ''SELECT id, min_max_scale(px, 0, 7) FROM cloud'')) v(kind, query)'
INSERT INTO runs SELECT 'as it is', kind, :rows, pca_fit(query, 9) FROM :queries;
SET synthdq.threads = 1;
INSERT INTO runs SELECT '1 thread', kind, :rows, pca_fit(query, 9) FROM :queries;
SET synthdq.threads = 3;
INSERT INTO runs SELECT '3 threads', kind, :rows, pca_fit(query, 9) FROM :queries;
SET synthdq.threads = 7;
INSERT INTO runs SELECT '7 threads', kind, :rows, pca_fit(query, 9) FROM :queries;
RESET synthdq.threads;
INSERT INTO runs SELECT 'shuffled', kind, :rows, pca_fit(query, 9)
FROM (SELECT kind, query || ' ORDER BY md5(id::text)' AS query FROM :queries) q;
SELECT kind, count(*), count(DISTINCT rows) AS different_rows, count(DISTINCT model::text) AS different_models
FROM runs GROUP BY kind ORDER BY kind;
-- Components are orthonormal, and the coordinates' variances are those of the model.
WITH model AS (SELECT (model).* FROM runs WHERE run = 'as it is' AND kind = 'bytes'),
     loading AS (SELECT k, j, components[k][j] AS c FROM model, generate_series(1, 9) k, generate_series(1, 64) j)
SELECT bool_and(near(s, (a = b)::int) OR a <> b AND abs(s) < 1e-12) AS orthonormal
FROM (SELECT a.k AS a, b.k AS b, sum(a.c * b.c) AS s FROM loading a JOIN loading b USING (j) GROUP BY a.k, b.k) t;
SELECT bool_and(near(v, (model).variance[k], 1e-6) AND abs(mean) < 1e-4) AS variances
FROM (SELECT k, var_samp(c) AS v, avg(c) AS mean
      FROM pca('SELECT id, px FROM cloud', 9), unnest(components::float8[]) WITH ORDINALITY u(c, k) GROUP BY k) t, runs
WHERE run = 'as it is' AND kind = 'bytes';

-- Real digits against scikit-learn's PCA(50, svd_solver='full') of 10,000 (test/reference/pca.py).
\set data `echo "${PG_ABS_SRCDIR:-test}/../data"`
\set file :data/mnist-train-first10k-images-idx3-ubyte.gz
BEGIN;
\lo_import :file
\set loid :LASTOID
CREATE TEMPORARY TABLE digits AS SELECT * FROM idx_images(lo_get(:loid));
\lo_unlink :loid
COMMIT;
SELECT n, array_dims(components), near(variance[1], 349917.2333281881, 1e-10) AS first, near(variance[50], 11193.072456841477, 1e-10) AS last,
    near(variance_ratio[1], 0.10200026888748714, 1e-10) AS share_1, near(variance_ratio[2], 0.07215439513825798, 1e-10) AS share_2,
    near((SELECT sum(s) FROM unnest(variance_ratio) s), 0.8282615852510061, 1e-10) AS share_50, near(total_variance, 3430552.067604539, 1e-10) AS total
FROM pca_fit('SELECT id, px FROM digits', 50);
SELECT near(var_samp(components[1]), 349917.2333281881, 1e-6) AS first, near(var_samp(components[50]), 11193.072456841477, 1e-6) AS last
FROM pca('SELECT id, px FROM digits', 50);

-- It writes nothing, and may be called for each row of another query.
BEGIN READ ONLY;
SELECT count(*) FROM pca('WITH w AS (SELECT id, px FROM points) SELECT * FROM w', 2);
COMMIT;
SELECT q, (SELECT array_length(components, 1) FROM pca('SELECT id, px FROM points', q) LIMIT 1) FROM generate_series(1, 2) q ORDER BY q;

-- Errors: arguments.
SELECT * FROM pca(NULL, 2);
SELECT * FROM pca('SELECT id, px FROM points', NULL::int);
SELECT * FROM pca('SELECT id, px FROM points', 0);
SELECT * FROM pca('SELECT id, px FROM points', -3);
SELECT * FROM pca('SELECT id, px FROM points', 3);
SELECT pca_fit('SELECT id, px FROM points', 3);
SELECT pca_fit('SELECT id, px FROM points WHERE false', 0);
SELECT pca_fit(NULL::uuid, NULL, 2);

-- Errors: rows.
SELECT * FROM pca('SELECT id, px FROM points WHERE id = 1', 1);
SELECT pca_fit('SELECT id, px FROM points WHERE id = 1', 1);
SELECT * FROM pca('SELECT id, px || CASE WHEN id = 3 THEN float8 ''1'' END FROM points', 2);
SELECT * FROM pca('SELECT id, CASE id WHEN 3 THEN ''{1}'' ELSE px END FROM points ORDER BY id', 1);
SELECT * FROM pca('SELECT id, CASE id WHEN 2 THEN ''{NaN,1}'' ELSE px END FROM points', 2);
SELECT pca_fit('SELECT id, CASE id WHEN 2 THEN ''{1,-Infinity}'' ELSE px END FROM points', 2);
SELECT * FROM pca('SELECT id, CASE id WHEN 3 THEN ''{}'' ELSE px END FROM points', 2);
SELECT * FROM pca('SELECT 7, px FROM points', 2);
SELECT * FROM pca('SELECT id, ARRAY[id * float8 ''1e200''] FROM points', 1);
SELECT pca_fit('SELECT id, ARRAY[id * float8 ''1e200''] FROM points', 1);

-- Errors: queries, and too little memory for 2,000 columns.
SELECT * FROM pca('SELECT id, px, 1 FROM points', 2);
SELECT * FROM pca('SELECT id::text, px FROM points', 2);
SELECT * FROM pca(NULL::uuid, 'SELECT id, px FROM points', 2);
\set VERBOSITY sqlstate
SELECT pca_fit('DELETE FROM points RETURNING id, px', 2);
SET synthdq.max_memory = '8MB';
SELECT pca_fit('SELECT array_agg(i + j) FROM generate_series(1, 2000) i, generate_series(1, 3) j GROUP BY j', 2);
RESET synthdq.max_memory;
\set VERBOSITY default
SELECT count(*) FROM points;
DROP FUNCTION near(float8, float8, float8), near(float8[], float8[], float8);
