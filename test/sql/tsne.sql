--
-- tsne: shapes of the result, small and degenerate input, determinism, errors.
--
-- The numbers of a map are tested by the unit tests of the core, against references.

-- The SQLSTATE, message, detail and hint that a query ends with.
CREATE FUNCTION pg_temp.error_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    state text; message text; detail text; hint text;
BEGIN
    EXECUTE query;
    RETURN 'no error';
EXCEPTION WHEN others THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
        detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(E'\n', state, message, nullif(detail, ''), nullif(hint, ''));
END
$$;

-- Two groups of 60 rows in four dimensions, far apart; odd ids are the second group.
CREATE TEMPORARY TABLE points AS
SELECT i AS id,
       ARRAY[sin(i * 12.9898), sin(i * 78.233), sin(i * 37.719), sin(i * 4.581) + 50 * (i % 2)] AS px
FROM generate_series(1, 120) i;

-- Columns and types of both forms.
SELECT * FROM tsne($$ SELECT id, px FROM points $$, n_iter => 0) LIMIT 0 \gdesc
SELECT * FROM tsne(NULL::uuid, $$ SELECT gen_random_uuid(), px FROM points $$, n_iter => 0) LIMIT 0 \gdesc

-- Every row once, two coordinates, no z; the map is centred.
SELECT count(*), min(id), max(id), count(DISTINCT id), count(x), count(y), count(z),
       abs(avg(x)) < 1e-9 AND abs(avg(y)) < 1e-9 AS centred
FROM tsne($$ SELECT id, px FROM points $$);

-- Three coordinates.
SELECT count(*), count(x), count(y), count(z), abs(avg(z)) < 1e-9 AS centred
FROM tsne($$ SELECT id, px FROM points $$, n_components => 3);

-- The nearest row in the map is of the same group for every row.
CREATE TEMPORARY TABLE map AS SELECT * FROM tsne($$ SELECT id, px FROM points $$, perplexity => 15);
SELECT count(*) AS rows_next_to_their_group
FROM map a CROSS JOIN LATERAL (
    SELECT b.id FROM map b WHERE b.id <> a.id
    ORDER BY (a.x - b.x) ^ 2 + (a.y - b.y) ^ 2 LIMIT 1) nearest
WHERE nearest.id % 2 = a.id % 2;

-- No iteration: the leading principal component, which separates the groups, with deviation 1e-4.
SELECT abs(stddev_pop(x) / 1e-4 - 1) < 0.01 AS deviation,
       min(x) FILTER (WHERE id % 2 = 1) > max(x) FILTER (WHERE id % 2 = 0) AS separated
FROM tsne($$ SELECT id, px FROM points $$, n_iter => 0);

-- A random start has the same deviation and separates nothing.
SELECT abs(stddev_pop(x) / 1e-4 - 1) < 0.3 AS deviation,
       min(x) FILTER (WHERE id % 2 = 1) > max(x) FILTER (WHERE id % 2 = 0) AS separated
FROM tsne($$ SELECT id, px FROM points $$, n_iter => 0, init => 'random');

-- The array alone: ids are row numbers. All four array types, and ids of all integer types.
SELECT min(id), max(id) FROM tsne($$ SELECT px FROM points $$, n_iter => 5);
SELECT count(*) FROM tsne($$ SELECT id::smallint, ARRAY[id, id % 7]::smallint[] FROM points $$, n_iter => 5);
SELECT count(*) FROM tsne($$ SELECT id::integer, ARRAY[id, id % 7]::integer[] FROM points $$, n_iter => 5);
SELECT count(*) FROM tsne($$ SELECT id::bigint, px::real[] FROM points $$, n_iter => 5);
SELECT count(*) FROM tsne($$ SELECT px::double precision[] FROM points $$, n_iter => 5);

-- Ids of other types, in their order; text has a form of its own.
SELECT pg_typeof(id), min(id), max(id)
FROM tsne(NULL::text, $$ SELECT 'row ' || lpad(id::text, 3, '0'), px FROM points $$, n_iter => 5)
GROUP BY 1;
SELECT pg_typeof(id), count(*)
FROM tsne(NULL::uuid, $$ SELECT md5(id::text)::uuid, px FROM points $$, n_iter => 5) GROUP BY 1;

-- Arrays of more than `pca` elements are reduced, unless pca is 0.
SELECT count(*) FROM tsne($$ SELECT id, px FROM points $$, pca => 3, n_iter => 5);
SELECT count(*) FROM tsne($$ SELECT id, px FROM points $$, pca => 0, n_iter => 5);
SELECT bool_and(a.x = b.x AND a.y = b.y) AS four_columns_are_not_reduced
FROM tsne($$ SELECT id, px FROM points $$, pca => 0, n_iter => 20) a
JOIN tsne($$ SELECT id, px FROM points $$, n_iter => 20) b USING (id);

-- Determinism: twice; in another order of rows; another seed differs.
SELECT count(*), bool_and(a.x = b.x AND a.y = b.y) AS equal
FROM map a JOIN tsne($$ SELECT id, px FROM points ORDER BY md5(id::text) $$, perplexity => 15) b USING (id);
SELECT bool_and(a.x = b.x) AS equal
FROM map a JOIN tsne($$ SELECT id, px FROM points $$, perplexity => 15, seed => -1) b USING (id);

-- One thread and two, with enough rows for both to work.
CREATE TEMPORARY TABLE many AS
SELECT i AS id, ARRAY[sin(i), cos(i * 0.37), sin(i * 1.9), i % 13, i % 17] AS px
FROM generate_series(1, 2500) i;
SET synthdq.threads = 1;
CREATE TEMPORARY TABLE one AS SELECT * FROM tsne($$ SELECT id, px FROM many $$, n_iter => 30, pca => 4);
SET synthdq.threads = 2;
SELECT count(*), bool_and(a.x = b.x AND a.y = b.y) AS equal
FROM one a JOIN tsne($$ SELECT id, px FROM many $$, n_iter => 30, pca => 4) b USING (id);
RESET synthdq.threads;

-- A long run passes through the map that a shorter one ends with: 250 iterations with and without
-- the later phase. After one more they differ.
SELECT bool_and(a.x = b.x)
FROM tsne($$ SELECT id, px FROM points $$, n_iter => 250, exaggeration => 1) a
JOIN tsne($$ SELECT id, px FROM points $$, n_iter => 250, exaggeration => 4) b USING (id);
SELECT bool_and(a.x = b.x)
FROM tsne($$ SELECT id, px FROM points $$, n_iter => 251, exaggeration => 1) a
JOIN tsne($$ SELECT id, px FROM points $$, n_iter => 251, exaggeration => 4) b USING (id);

-- The automatic learning rate of 120 rows is 200.
SELECT bool_and(a.x = b.x)
FROM tsne($$ SELECT id, px FROM points $$, n_iter => 100) a
JOIN tsne($$ SELECT id, px FROM points $$, n_iter => 100, learning_rate => 200) b USING (id);

-- A start from a query: no iteration returns it, centred. Its rows may come in any order, and those of ids
-- that the map does not have are ignored.
CREATE TEMPORARY TABLE start AS
SELECT i AS id, 100.0::float8 + i AS x, -7 * (i % 2)::float8 AS y, (i % 3)::float8 AS z FROM generate_series(-5, 130) i;
SELECT bool_and(abs(t.x - (t.id - 60.5)) < 1e-9) AS x, bool_and(abs(t.y - (3.5 - 7 * (t.id % 2))) < 1e-9) AS y, count(t.z)
FROM tsne($$ SELECT id, px FROM points $$, n_iter => 0,
          init => $$ SELECT id, ARRAY[x, y] FROM start ORDER BY md5(id::text) $$) t;
SELECT bool_and(abs(t.x - (t.id - 60.5)) < 1e-9) AS x, bool_and(abs(t.z - (t.id % 3 - 1)) < 1e-9) AS z
FROM tsne($$ SELECT id, px FROM points $$, n_iter => 0, n_components => 3,
          init => $$ SELECT id, ARRAY[x, y, z] FROM start $$) t;
-- With ids of another type, and without ids.
SELECT bool_and(abs(t.x - (substr(t.id, 5)::int - 60.5)) < 1e-9) AS x
FROM tsne(NULL::text, $$ SELECT 'row ' || id, px FROM points $$, n_iter => 0,
          init => $$ SELECT 'row ' || id, ARRAY[x, y] FROM start $$) t;
SELECT bool_and(abs(t.x - (get_byte(uuid_send(t.id), 15) - 60.5)) < 1e-9) AS x
FROM tsne(NULL::uuid, $$ SELECT lpad(to_hex(id), 32, '0')::uuid, px FROM points $$, n_iter => 0,
          init => $$ SELECT lpad(to_hex(id), 32, '0')::uuid, ARRAY[x, y] FROM start WHERE id >= 0 $$) t;
SELECT bool_and(abs(t.x - (t.id - 60.5)) < 1e-9) AS x
FROM tsne($$ SELECT px FROM points ORDER BY id $$, n_iter => 0,
          init => $$ SELECT ARRAY[x, y] FROM start WHERE id >= 1 ORDER BY id $$) t;
-- A finished map that is continued stays where it is, and the seed plays no part.
SELECT count(*), bool_and(abs(a.x - b.x) < 1 AND abs(a.y - b.y) < 1) AS stays, bool_or(a.x <> b.x) AS moved,
       bool_and(b.x = c.x AND b.y = c.y) AS equal
FROM map a
JOIN tsne($$ SELECT id, px FROM points $$, perplexity => 15, n_iter => 20, early_exaggeration => 1,
          init => $$ SELECT id, ARRAY[x, y] FROM map $$) b USING (id)
JOIN tsne($$ SELECT id, px FROM points $$, perplexity => 15, n_iter => 20, early_exaggeration => 1, seed => 8,
          init => $$ SELECT id, ARRAY[x, y] FROM map ORDER BY x $$) c USING (id);
-- Rows without a start are no obstacle where there are no rows.
SELECT count(*) FROM tsne($$ SELECT id, px FROM points WHERE false $$,
                          init => $$ SELECT id, ARRAY[x, y] FROM start WHERE false $$);

-- It stops when the gradient has been small for 50 iterations after the first 250: any gradient is below 1e9.
SELECT bool_and(a.x = b.x AND a.y = b.y) AS stopped_at_300, bool_or(a.x <> c.x) AS not_at_299, bool_and(d.x = e.x) AS not_at_300
FROM tsne($$ SELECT id, px FROM points $$, min_grad_norm => 1e9) a
JOIN tsne($$ SELECT id, px FROM points $$, n_iter => 300) b USING (id)
JOIN tsne($$ SELECT id, px FROM points $$, n_iter => 299) c USING (id)
JOIN tsne($$ SELECT id, px FROM points $$, n_iter => 400, min_grad_norm => 1e-12) d USING (id)
JOIN tsne($$ SELECT id, px FROM points $$, n_iter => 400) e USING (id);
SELECT bool_and(a.x = b.x AND a.y = b.y) AS stopped_at_300
FROM tsne(NULL::text, $$ SELECT id::text, px FROM points $$, min_grad_norm => 1e9) a
JOIN tsne(NULL::text, $$ SELECT id::text, px FROM points $$, n_iter => 300) b USING (id);

-- NULL arrays are skipped.
SELECT count(*), min(id), bool_and(z IS NULL)
FROM tsne($$ SELECT id, CASE WHEN id > 20 THEN px END FROM points $$, n_iter => 5);

-- Fewer than five rows, or all rows equal: the origin.
SELECT * FROM tsne($$ SELECT id, px FROM points WHERE false $$);
SELECT * FROM tsne($$ SELECT ARRAY[1, 2] $$);
SELECT * FROM tsne($$ SELECT id, px FROM points WHERE id <= 4 $$, n_components => 3) ORDER BY id;
SELECT count(*), min(x), max(x), min(y), max(y)
FROM tsne($$ SELECT id, ARRAY[0.1, 7]::real[] FROM points $$);

-- Five rows allow a perplexity of 4/3, ten rows 3, 91 rows the default.
SELECT count(x) FROM tsne($$ SELECT id, px FROM points WHERE id <= 5 $$, perplexity => 1.33);
SELECT count(x) FROM tsne($$ SELECT id, px FROM points WHERE id <= 10 $$, perplexity => 3);
SELECT count(x) FROM tsne($$ SELECT id, px FROM points WHERE id <= 91 $$);

-- Duplicates: finite, and apart from each other.
SELECT count(*), count(DISTINCT (x, y)),
       bool_and(abs(x) < 1e6 AND abs(y) < 1e6) AS finite
FROM tsne($$ SELECT id, CASE WHEN id <= 60 THEN ARRAY[1, 2, 3, 4]::float8[] ELSE px END FROM points $$);

-- One column; columns that are constant.
SELECT count(x), count(DISTINCT x) FROM tsne($$ SELECT id, ARRAY[id] FROM points $$, n_iter => 50);
SELECT count(x), count(DISTINCT x) FROM tsne($$ SELECT id, ARRAY[7, id, 0] FROM points $$, n_iter => 50);

-- A set in the select list, and a function that is inlined into a larger query.
SELECT count(*) FROM (SELECT tsne($$ SELECT px FROM points $$, n_iter => 1)) s;
SELECT count(*) FROM points p JOIN tsne($$ SELECT id, px FROM points $$, n_iter => 1) t USING (id);

\pset format unaligned
\pset tuples_only on
-- Perplexity
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points WHERE id <= 91', perplexity => 30.01) $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points WHERE id <= 90') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points WHERE id <= 5', perplexity => 1.34) $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT ARRAY[1] FROM points', perplexity => 40) $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', perplexity => 1) $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', perplexity => 0.5) $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', perplexity => 'NaN') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', perplexity => 'Infinity') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', perplexity => NULL) $$);
-- The other arguments
SELECT pg_temp.error_of($$ SELECT * FROM tsne(NULL) $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', n_components => 1) $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', n_components => 4) $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', n_components => NULL) $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', n_iter => -1) $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', n_iter => 1000001) $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', early_exaggeration => 0.5) $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', early_exaggeration => 'NaN') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', exaggeration => 0) $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', exaggeration => 'Infinity') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', learning_rate => 0) $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', learning_rate => 1e10) $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', pca => -1) $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', init => 'spectral') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', init => '') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', init => NULL) $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', min_grad_norm => -1) $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', min_grad_norm => 'NaN') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', min_grad_norm => NULL) $$);
-- The start
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT id, px FROM points', init => 'no query') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT id, px FROM points', init => 'DELETE FROM start') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT id, px FROM points', init => 'SELECT id, x, y FROM start') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT id, px FROM points', init => 'SELECT id, ARRAY[x, y, z] FROM start') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT id, px FROM points', n_components => 3, init => 'SELECT id, ARRAY[x, y] FROM start') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT id, px FROM points', init => 'SELECT id, ARRAY[x, y] FROM start WHERE id <> 17') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT id, px FROM points', init => 'SELECT id, ARRAY[x, y] FROM start WHERE id < 120') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT id, px FROM points', init => 'SELECT id, ARRAY[x, y] FROM start WHERE false') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT id, px FROM points', init => 'SELECT id, CASE WHEN id <> 17 THEN ARRAY[x, y] END FROM start') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT id, px FROM points', init => 'SELECT id, ARRAY[x, CASE WHEN id <> 17 THEN y END] FROM start') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT id, px FROM points', init => 'SELECT id, ARRAY[x, CASE WHEN id = 17 THEN ''NaN'' ELSE y END] FROM start') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT id, px FROM points', init => 'SELECT id, ARRAY[x, CASE WHEN id = 17 THEN -2000000 ELSE y END] FROM start') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT id, px FROM points', init => 'SELECT 1, ARRAY[x, y] FROM start') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT id, px FROM points', init => 'SELECT id::text, ARRAY[x, y] FROM start') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT px FROM points', seed => NULL) $$);
-- The query
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT id, px, 1 FROM points') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT id::text, px FROM points') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT 1, px FROM points') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT id, px || id::float8 FROM points UNION ALL SELECT 0, px FROM points') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT id, px || NULL::float8 FROM points') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT id, px || float8 ''NaN'' FROM points') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('SELECT id, ''{}''::real[] FROM points') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne('DELETE FROM points') $$);
SELECT pg_temp.error_of($$ SELECT * FROM tsne(NULL::date, 'SELECT id, px FROM points') $$);
-- Memory
SET synthdq.max_memory = '1MB';
SELECT (regexp_split_to_array(pg_temp.error_of($$ SELECT * FROM tsne('SELECT id, px FROM many') $$), E'\n'))[1];
RESET synthdq.max_memory;
