--
-- tsne_place: shapes of the result, new rows in their clusters, independence, degenerate input, errors.
--
-- The places themselves are tested by the unit tests of the core, against a plain descent.

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

-- Three groups in four dimensions, far apart: id % 3. Those up to 300 are the reference, in the map on three squares
-- of side 8 whose middles are 30 apart; the others are new.
CREATE TEMPORARY TABLE points AS
SELECT i AS id, i % 3 AS part,
       ARRAY[sin(i * 12.9898), sin(i * 78.233), sin(i * 37.719) + 50 * (i % 3), sin(i * 4.581)] AS px,
       30 * (i % 3) + 4 * sin(i * 12.9898) AS x, 4 * sin(i * 78.233) AS y
FROM generate_series(1, 400) i;
CREATE TEMPORARY VIEW reference AS SELECT id, px, x, y FROM points WHERE id <= 300;
CREATE TEMPORARY VIEW fresh AS SELECT id, px FROM points WHERE id > 300;

-- Columns and types of all forms.
SELECT * FROM tsne_place('SELECT * FROM reference', 'SELECT * FROM fresh') LIMIT 0 \gdesc
SELECT * FROM tsne_place(NULL::uuid, 'SELECT gen_random_uuid(), px, x, y FROM reference',
                         'SELECT gen_random_uuid(), px FROM fresh') LIMIT 0 \gdesc
SELECT * FROM tsne_place(NULL::text, 'SELECT id::text, px, x, y FROM reference',
                         'SELECT id::text, px FROM fresh') LIMIT 0 \gdesc

-- Every new row once, on the square of its group or next to it.
CREATE TEMPORARY TABLE places AS
SELECT * FROM tsne_place('SELECT * FROM reference', 'SELECT * FROM fresh');
SELECT count(*), min(id), max(id), count(DISTINCT id),
       count(*) FILTER (WHERE abs(x - 30 * (id % 3)) < 5 AND abs(y) < 5) AS in_their_group
FROM places;

-- The distance is that of knn.
SELECT count(*) FROM places p
JOIN knn('SELECT * FROM fresh', 'SELECT id, px FROM reference', 1) k USING (id) WHERE p.distance = k.distance;

-- Its rank is the share of the reference rows that are nearer to the nearest other: percent_rank() among them.
CREATE TEMPORARY TABLE own AS
SELECT id, distance FROM knn('SELECT id, px FROM reference', 'SELECT id, px FROM reference', 1);
SELECT count(*), count(*) FILTER (WHERE distance_rank = expected) AS right
FROM places, LATERAL (SELECT percent_rank(places.distance) WITHIN GROUP (ORDER BY own.distance) AS expected FROM own) e;

-- By hand: on a line 0, 1, 3, 7, 15 the nearest other is 1, 1, 2, 4, 8 away. With two copies of 0 and one of 15 it is
-- 0, 0, 0, 1, 2, 4, 0, 0.
SELECT id, distance, distance_rank
FROM tsne_place('SELECT v, ARRAY[v], v::real, 0::real FROM unnest(ARRAY[0, 1, 3, 7, 15]) v',
                'SELECT v, ARRAY[v] FROM unnest(ARRAY[-1, 15, 17, 18, 20, 23, 24]) v') ORDER BY id;
SELECT id, distance, distance_rank
FROM tsne_place('SELECT i, ARRAY[v], v::real, 0::real FROM unnest(ARRAY[0, 0, 0, 1, 3, 7, 15, 15]) WITH ORDINALITY u(v, i)',
                'SELECT v, ARRAY[v] FROM unnest(ARRAY[0, 2, 5, 11, 99]) v') ORDER BY id;

-- Beyond 4,096 reference rows, 4,096 are taken, spaced evenly in the order of ids, whatever the order of arrival.
CREATE TEMPORARY TABLE many AS
SELECT i AS id, ARRAY[sin(i * 12.9898), sin(i * 78.233), sin(i * 37.719)] AS px, sin(i * 12.9898) AS x, sin(i * 78.233) AS y
FROM generate_series(1, 5000) i;
CREATE TEMPORARY TABLE sampled AS
SELECT distance FROM knn('SELECT id, px FROM many', 'SELECT id, px FROM many', 1)
WHERE id IN (SELECT 1 + i * 5000 / 4096 FROM generate_series(0, 4095) i);
SELECT count(*), count(*) FILTER (WHERE distance_rank = expected) AS right,
       max(distance_rank) - min(distance_rank) > 0.5 AS spread
FROM tsne_place('SELECT * FROM many ORDER BY id DESC',
                'SELECT id, ARRAY[px[1], px[2], px[3] / 10] FROM fresh') p,
     LATERAL (SELECT percent_rank(p.distance) WITHIN GROUP (ORDER BY s.distance) AS expected FROM sampled s) e;

-- place_reference: a row of the reference placed anew lands near its place, at distance 0.
SELECT count(*), count(*) FILTER (WHERE p.distance = 0 AND p.distance_rank = 0) AS at_distance_0,
       count(*) FILTER (WHERE (p.x - r.x) ^ 2 + (p.y - r.y) ^ 2 < 4 ^ 2) AS near_their_place
FROM tsne_place('SELECT * FROM reference', 'SELECT id, px FROM reference') p JOIN reference r USING (id);

-- place_independent: a row has the same place alone, among others, in any order, with fewer threads, and with ids
-- of another type. With the principal components of the reference, too.
SELECT count(*) FROM places p
JOIN tsne_place('SELECT * FROM reference ORDER BY id DESC', 'SELECT * FROM fresh WHERE id = 333') q USING (id)
WHERE (p.x, p.y, p.distance, p.distance_rank) = (q.x, q.y, q.distance, q.distance_rank);
SELECT count(*) FROM places p
JOIN tsne_place('SELECT * FROM reference', 'SELECT * FROM fresh ORDER BY id DESC') q USING (id)
WHERE (p.x, p.y, p.distance, p.distance_rank) = (q.x, q.y, q.distance, q.distance_rank);
SET synthdq.threads = 1;
SELECT count(*) FROM places p
JOIN tsne_place('SELECT * FROM reference', 'SELECT * FROM fresh') q USING (id)
WHERE (p.x, p.y, p.distance, p.distance_rank) = (q.x, q.y, q.distance, q.distance_rank);
RESET synthdq.threads;
SELECT count(*) FROM places p
JOIN tsne_place(NULL::text, 'SELECT lpad(id::text, 3, ''0''), px, x, y FROM reference',
                'SELECT id::text, px FROM fresh') q ON q.id = p.id::text
WHERE (p.x, p.y, p.distance, p.distance_rank) = (q.x, q.y, q.distance, q.distance_rank);
SELECT count(*), bool_and(abs(p.x - 30 * (p.id % 3)) < 6 AND p.distance = q.distance) AS in_their_group
FROM tsne_place('SELECT * FROM reference', 'SELECT * FROM fresh WHERE id = 333', pca => 2) p
JOIN tsne_place('SELECT * FROM reference', 'SELECT * FROM fresh') q USING (id);
SELECT count(*)
FROM tsne_place('SELECT * FROM reference', 'SELECT * FROM fresh WHERE id = 333', pca => 2) p
JOIN tsne_place('SELECT * FROM reference', 'SELECT * FROM fresh', pca => 2) q USING (id)
WHERE (p.x, p.y, p.distance, p.distance_rank) = (q.x, q.y, q.distance, q.distance_rank);

-- Four rows around the middle: symmetry leaves a row there. Coordinates may be real; the array alone: ids from 1.
CREATE TEMPORARY TABLE four (id int, px int[], x real, y real);
INSERT INTO four VALUES (1, '{1,0}', 17, 5), (2, '{-1,0}', 3, 5), (3, '{0,1}', 10, 12), (4, '{0,-1}', 10, -2);
SELECT id, abs(x - 10) < 0.01 AS x, abs(y - 5) < 0.01 AS y, distance, distance_rank
FROM tsne_place('TABLE four', 'SELECT ARRAY[0, 0]');
SELECT id, abs(x - 10) < 0.01 AS x, abs(y - 5) < 0.01 AS y, distance, distance_rank
FROM tsne_place('TABLE four', 'SELECT ARRAY[0, 0]', perplexity => 1000);

-- A map that is a point takes every row there. Equal rows get one place.
SELECT DISTINCT x, y FROM tsne_place('SELECT id, px, 3::float8, -4::float8 FROM reference', 'SELECT * FROM fresh');
SELECT count(*), count(DISTINCT (x, y)), max(distance), max(distance_rank)
FROM tsne_place('SELECT id, ARRAY[7], x, y FROM reference', 'SELECT id, ARRAY[7] FROM fresh');

-- A row that is far from everything is placed within the disc around the map.
SELECT (x - 30) ^ 2 + y ^ 2 <= 34 ^ 2 + 4 ^ 2 AS within, distance > 9e5 AS far, distance_rank
FROM tsne_place('SELECT * FROM reference', 'SELECT ARRAY[0, 0, 0, 1000000]');

-- NULL arrays and coordinates: the row is skipped. With four rows left it works, with three it does not.
SELECT count(*) FROM tsne_place('TABLE four UNION ALL SELECT 5, NULL, 1, 1 UNION ALL SELECT 6, ARRAY[1, 1], NULL, 1',
                                'SELECT ARRAY[0, 0] UNION ALL SELECT NULL');
SELECT pg_temp.error_of($$ SELECT tsne_place('SELECT id, px, nullif(x, 17), y FROM four', 'SELECT ARRAY[0, 0]') $$);

-- No rows to place.
SELECT count(*) FROM tsne_place('SELECT * FROM reference', 'SELECT * FROM fresh WHERE false');
SELECT count(*) FROM tsne_place('SELECT * FROM reference WHERE false', 'SELECT * FROM fresh WHERE false');
SELECT pg_temp.error_of($$ SELECT tsne_place('SELECT * FROM reference WHERE false', 'SELECT * FROM fresh') $$);

-- Coordinates that are none.
SELECT pg_temp.error_of($$ SELECT tsne_place('SELECT id, px, CASE id WHEN 3 THEN ''NaN'' ELSE x END, y FROM four', 'SELECT ARRAY[0, 0]') $$);
SELECT pg_temp.error_of($$ SELECT tsne_place('SELECT id, px, x, CASE id WHEN 2 THEN ''-Infinity'' ELSE y END FROM four', 'SELECT ARRAY[0, 0]') $$);
SELECT pg_temp.error_of($$ SELECT tsne_place('SELECT id, px, x, y * 1e15::float8 FROM four WHERE id = 4', 'SELECT ARRAY[0, 0]') $$);
SELECT pg_temp.error_of($$ SELECT tsne_place('SELECT id, px, x::numeric, y FROM four', 'SELECT ARRAY[0, 0]') $$);
SELECT pg_temp.error_of($$ SELECT tsne_place('SELECT id, px, x, y::text FROM four', 'SELECT ARRAY[0, 0]') $$);

-- Rows that are none.
SELECT pg_temp.error_of($$ SELECT tsne_place('TABLE four', 'SELECT ARRAY[0, 0, 0]') $$);
SELECT pg_temp.error_of($$ SELECT tsne_place('TABLE four', 'SELECT 9, ARRAY[0, ''NaN''::float8]') $$);
SELECT pg_temp.error_of($$ SELECT tsne_place('TABLE four', 'SELECT 9, ARRAY[0, NULL]') $$);
SELECT split_part(pg_temp.error_of($$ SELECT tsne_place('SELECT id, px FROM four', 'SELECT ARRAY[0, 0]') $$), E'\n', 1);

-- Arguments.
SELECT pg_temp.error_of($$ SELECT tsne_place(NULL, 'SELECT ARRAY[0, 0]') $$);
SELECT pg_temp.error_of($$ SELECT tsne_place('TABLE four', NULL) $$);
SELECT pg_temp.error_of($$ SELECT tsne_place('TABLE four', 'SELECT ARRAY[0, 0]', perplexity => NULL) $$);
SELECT pg_temp.error_of($$ SELECT tsne_place('TABLE four', 'SELECT ARRAY[0, 0]', pca => NULL) $$);
SELECT pg_temp.error_of($$ SELECT tsne_place('TABLE four', 'SELECT ARRAY[0, 0]', 1) $$);
SELECT pg_temp.error_of($$ SELECT tsne_place('TABLE four', 'SELECT ARRAY[0, 0]', 1001) $$);
SELECT pg_temp.error_of($$ SELECT tsne_place('TABLE four', 'SELECT ARRAY[0, 0]', perplexity => 'NaN') $$);
SELECT pg_temp.error_of($$ SELECT tsne_place('TABLE four', 'SELECT ARRAY[0, 0]', pca => -1) $$);

-- Memory: refused before the work.
SET synthdq.max_memory = '5MB';
SELECT split_part(pg_temp.error_of($$ SELECT tsne_place('SELECT * FROM reference', 'SELECT * FROM fresh') $$), E'\n', 1);
RESET synthdq.max_memory;
