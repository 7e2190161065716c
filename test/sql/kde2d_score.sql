-- kde2d_log_density at one place: by hand, against scipy (test/reference/kde2d_score.py) and the form for arrays, what
-- is kept from row to row, plans, and every error.
\set values `echo "${PG_ABS_SRCDIR:-test}/reference/values/kde2d_score.sql"`
\i :values

-- The corners of a square of side 2: with factor sqrt(3)/2 the kernel is round with h = 1 (see kde2d.sql), and
-- the density at the centre is exp(-1) / (2 pi). At (1000, 1) two of the four corners are at distance
-- sqrt(998^2 + 1), the others add nothing.
CREATE TEMPORARY TABLE square (x float8, y float8);
INSERT INTO square VALUES (0, 0), (0, 2), (2, 0), (2, 2);
CREATE TEMPORARY TABLE corners AS SELECT kde2d_sample(x, y) AS s FROM square;
SELECT abs(kde2d_log_density(s, 1, 1, (sqrt(3) / 2)::text) + 1 + ln(2 * pi())) < 1e-14 AS centre,
       abs(kde2d_log_density(s, 1000, 1, (sqrt(3) / 2)::text) + 998 * 998 / 2 + 0.5 + ln(4 * pi())) < 1e-8 AS far,
       abs(kde2d_log_density(s, 1, 1, (sqrt(3) / 4)::text, bw_adjust => 2) + 1 + ln(2 * pi())) < 1e-14 AS adjusted
FROM corners;

-- kde2d_score_scipy.
CREATE TEMPORARY TABLE pts AS
SELECT i, (i * 7919 % 1000) / 100.0::float8 - i % 3 AS x FROM generate_series(1, 400) i;
ALTER TABLE pts ADD y float8;
UPDATE pts SET y = (i * 31 % 97) / 8.0::float8 + x / 2;
CREATE TEMPORARY TABLE stored AS SELECT kde2d_sample(x, y) AS s FROM pts;
SELECT count(*), bool_and(abs(kde2d_log_density(s, x, y, bandwidth, bw_adjust) - want) <= 1e-11 * abs(want)) AS scipy
FROM scipy_scores, stored;

-- The same bits as the form for arrays, in whatever order rows and options come.
SELECT bool_and(kde2d_log_density(s, p.x, p.y) = v) AS same
FROM stored, LATERAL (SELECT unnest(a.x) AS x, unnest(a.y) AS y, unnest(kde2d_log_density(s, a.x, a.y)) AS v
                      FROM (SELECT array_agg(x) AS x, array_agg(y) AS y FROM pts) a) p;

-- What is kept from row to row: samples of equal size that differ in one point take turns, so do options, and
-- samples in a table that are toasted, short, compressed or plain. Each row must have the value it has alone.
CREATE TEMPORARY TABLE samples (i integer, s kde2d_state);
INSERT INTO samples SELECT g, kde2d_sample(CASE WHEN i = 7 * g THEN x + 0.25 ELSE x END, y)
FROM pts, generate_series(1, 6) g GROUP BY g;
INSERT INTO samples SELECT 6 + g, kde2d_sample(CASE WHEN i = 7 * g THEN x + 0.25 ELSE x END, y)
FROM pts, generate_series(1, 6) g WHERE i <= 60 GROUP BY g;
INSERT INTO samples SELECT 12 + g, kde2d_sample(i * i, g + i % 2) FROM pts, generate_series(1, 2) g WHERE i <= 3 GROUP BY g;
ALTER TABLE samples ALTER s SET STORAGE extended;
INSERT INTO samples SELECT 14 + g, kde2d_sample((i % 4)::float8, (i % 3 + g)::float8) FROM pts, generate_series(1, 2) g GROUP BY g;
SELECT min(pg_column_size(s)) < 127 AS short, min(pg_column_size(s)) FILTER (WHERE i > 14) < 3000 AS compressed,
       count(*) FILTER (WHERE pg_column_size(s) BETWEEN 1000 AND 1100) AS plain,
       max(pg_column_size(s)) > 6000 AS toasted FROM samples;
CREATE FUNCTION pg_temp.alone(s kde2d_state, x float8, y float8, bandwidth text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE result float8;
BEGIN
    -- A new plan, and so nothing that was kept.
    EXECUTE 'SELECT kde2d_log_density($1, $2, $3, $4)' INTO result USING s, x, y, bandwidth;
    RETURN result;
END
$$;
CREATE TEMPORARY TABLE turns AS
SELECT row_number() OVER () AS turn, i, s, x, bandwidth
FROM generate_series(1, 3) x, samples, unnest(ARRAY['scott', 'scott', '0.3']) bandwidth ORDER BY x, i;
SELECT count(*), count(DISTINCT v), bool_and(v = pg_temp.alone(s, x, 2, bandwidth)) AS as_alone
FROM (SELECT turn, s, x, bandwidth, kde2d_log_density(s, x, 2, bandwidth) AS v FROM turns ORDER BY turn) t;
SELECT bool_and(v = pg_temp.alone(s, x, 2, bandwidth)) AS flat
FROM (SELECT s, x, bandwidth, kde2d_log_density(s, x, 2, bandwidth) AS v
      FROM (SELECT kde2d_sample(s) AS s, x, bandwidth FROM turns GROUP BY turn, x, bandwidth ORDER BY turn) u) t;
SELECT bool_and(v = pg_temp.alone(s, x, 2, '1')) AS expanded
FROM (SELECT x, kde2d_log_density(kde2d_state_add(s, x, x), x, 2, '1') AS v, kde2d_state_add(s, x, x) AS s
      FROM (SELECT kde2d_sample(a, a * a) AS s FROM generate_series(1, 5) a) p, generate_series(1, 9) x) t;

-- A parallel plan, with a sample from each of its processes.
BEGIN;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
CREATE TABLE score_places AS SELECT i, x + 1 AS x, y FROM pts;
CREATE TABLE score_sample AS SELECT s FROM stored;
CREATE TEMPORARY TABLE parallel_scores AS
SELECT i, kde2d_log_density((SELECT s FROM score_sample), x, y) AS v FROM score_places;
SET LOCAL max_parallel_workers_per_gather = 0;
SELECT bool_and(v = kde2d_log_density(s, x, y)) AS serial
FROM parallel_scores JOIN score_places USING (i), score_sample;
ROLLBACK;

-- A place of NULL or NaN has no value; an infinite one has no density.
SELECT kde2d_log_density(s, NULL, 1::float8) IS NULL AS no_x, kde2d_log_density(s, 1::float8, NULL) IS NULL AS no_y,
       kde2d_log_density(s, 'NaN'::float8, 1) IS NULL AS nan, kde2d_log_density(s, 1::float8, 'NaN') IS NULL AS nan_y,
       kde2d_log_density(s, 'Infinity'::float8, 1) AS far, kde2d_log_density(s, 1::float8, '-Infinity') AS below,
       kde2d_log_density(NULL, 1, 1) IS NULL AS no_sample, kde2d_log_density(s, 1e200, 1) AS overflow FROM stored;
-- Points without a density: one, two, on a line, a constant, infinite. An offset of 1e9 changes nothing.
SELECT i, kde2d_log_density(s, 1, 1) IS NULL AS none
FROM (SELECT 1 AS i, kde2d_sample(1, 2) AS s
      UNION ALL SELECT 2, kde2d_sample(v, v * v) FROM generate_series(1, 2) v
      UNION ALL SELECT 3, kde2d_sample(v, 3 * v) FROM generate_series(1, 9) v
      UNION ALL SELECT 4, kde2d_sample(v, 7) FROM generate_series(1, 9) v
      UNION ALL SELECT 5, kde2d_sample(v, 'Infinity') FROM generate_series(1, 9) v
      UNION ALL SELECT 6, kde2d_sample(v, v * v) FROM generate_series(1, 9) v) t ORDER BY i;
SELECT abs(kde2d_log_density(a, 1e9 + 1, 1.5) - kde2d_log_density(s, 1, 1.5)) < 1e-6 AS offset_1e9
FROM corners, (SELECT kde2d_sample(x + 1e9, y) AS a FROM square) t;
-- Units do not matter, but for the unit of the density.
SELECT abs(kde2d_log_density(a, 1e-200, 1.5e-200) - kde2d_log_density(s, 1, 1.5) - 400 * ln(10.0::float8)) < 1e-9 AS tiny
FROM corners, (SELECT kde2d_sample(x * 1e-200, y * 1e-200) AS a FROM square) t;

-- Errors, with and without points. After one, the same call site goes on.
SELECT kde2d_log_density(s, 1, 1, 'isj') FROM stored;
SELECT kde2d_log_density(s, 1, 1, '0') FROM stored;
SELECT kde2d_log_density(s, 1, 1, 'NaN') FROM stored;
SELECT kde2d_log_density(s, 1, 1, NULL) FROM stored;
SELECT kde2d_log_density(s, 1, 1, bw_adjust => -1) FROM stored;
SELECT kde2d_log_density(s, 1, 1, bw_adjust => 'NaN') FROM stored;
SELECT kde2d_log_density(NULL, 1, 1, bw_adjust => NULL);
CREATE TEMPORARY TABLE large AS SELECT kde2d_sample(i, sin(i)) AS b FROM generate_series(1, 30000) i;
SET synthdq.max_memory = '1MB';
SELECT kde2d_log_density(b, 1, 1) FROM large;
CREATE FUNCTION pg_temp.scores(big kde2d_state, small kde2d_state) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    value float8;
    said text := '';
BEGIN
    FOR i IN 1 .. 4 LOOP
        BEGIN
            value := kde2d_log_density(CASE WHEN i % 2 = 0 THEN big ELSE small END, 1, 1);
            said := said || (value < 0)::text || ' ';
        EXCEPTION WHEN program_limit_exceeded THEN
            said := said || 'limit ';
        END;
    END LOOP;
    RETURN said;
END
$$;
SELECT pg_temp.scores(b, s) FROM stored, large;
RESET synthdq.max_memory;
