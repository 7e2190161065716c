--
-- tsne_stats: its fields against the map that tsne() returns, degenerate input, errors.

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
CREATE TEMPORARY TABLE many AS
SELECT i AS id, ARRAY[sin(i), cos(i * 0.37), sin(i * 1.9), i % 13, i % 17] AS px
FROM generate_series(1, 2500) i;

-- Columns and types.
SELECT * FROM tsne_stats('SELECT id, px FROM points') LIMIT 0 \gdesc

-- The arguments come back.
SELECT n, dimensions, n_components, perplexity, iterations FROM tsne_stats('SELECT id, px FROM points', 15, 3, 300);

-- Without an iteration the rows lie within 1e-4 of each other: every q is 1 / (n (n - 1)), and the divergence is what it is
-- from the uniform distribution. p has 3 * 39 of 119 others at perplexity 39.66, nearly all of them: it is small.
SELECT iterations, gradient_norm IS NULL AS no_gradient, kl BETWEEN 0 AND 1.5 AS kl
FROM tsne_stats('SELECT id, px FROM points', 39.66, n_iter => 0);

-- tsne_stats_stored: the map that tsne() returns has the divergence that is told of it, up to the digits of float sums.
CREATE TEMPORARY TABLE map AS SELECT * FROM tsne('SELECT id, px FROM points');
SELECT s.kl > 0 AS positive, abs(s.kl - stored.kl) < 1e-5 * s.kl AS equal, s.iterations, stored.iterations AS none
FROM tsne_stats('SELECT id, px FROM points') s,
     tsne_stats('SELECT id, px FROM points', n_iter => 0, init => 'SELECT id, ARRAY[x, y] FROM map') stored;

-- More iterations make it smaller; a map of more dimensions has less to give up.
SELECT early.kl > late.kl AS falls, late.kl > three.kl AS smaller
FROM tsne_stats('SELECT id, px FROM points', n_iter => 260) early,
     tsne_stats('SELECT id, px FROM points') late,
     tsne_stats('SELECT id, px FROM points', n_components => 3) three;

-- The same bits in any order of rows and for any number of threads; forms for ids of other types.
SET synthdq.threads = 1;
CREATE TEMPORARY TABLE one AS SELECT * FROM tsne_stats('SELECT id, px FROM many', n_iter => 60);
SET synthdq.threads = 2;
SELECT (a.kl, a.gradient_norm, a.memory_announced) = (b.kl, b.gradient_norm, a.memory_announced) AS any_order,
       (a.kl, a.gradient_norm) = (c.kl, c.gradient_norm) AS text, (a.kl, a.gradient_norm) = (d.kl, d.gradient_norm) AS uuid
FROM one a, tsne_stats('SELECT id, px FROM many ORDER BY md5(id::text)', n_iter => 60) b,
     tsne_stats(NULL::text, 'SELECT to_char(id, ''00000''), px FROM many', n_iter => 60) c,
     tsne_stats(NULL::uuid, 'SELECT lpad(id::text, 32, ''0'')::uuid, px FROM many', n_iter => 60) d;
RESET synthdq.threads;

-- It stops when the gradient is small: any is below 1e9.
SELECT iterations, gradient_norm < 1e9 AS small FROM tsne_stats('SELECT id, px FROM points', min_grad_norm => 1e9);

-- The phases add up, and only what happens takes time.
SELECT seconds > 0 AS total, seconds_reading > 0 AS reading, seconds_reduction = 0 AS no_reduction,
       seconds_neighbors > 0 AS neighbors, seconds_affinities > 0 AS affinities, seconds_layout > 0 AS layout,
       abs(seconds_reading + seconds_reduction + seconds_neighbors + seconds_affinities + seconds_layout - seconds) < 1e-9
           AS sum
FROM tsne_stats('SELECT id, px FROM many', n_iter => 20);
SELECT seconds_reduction > 0 AS reduction FROM tsne_stats('SELECT id, px FROM many', n_iter => 0, pca => 3);

-- memory_announced: no more is used, whatever the phase that needs most.
SELECT bool_and(memory_peak BETWEEN 2500 * 5 * 8 AND memory_announced) AS kept
FROM unnest(ARRAY[2, 30, 300]) perplexity, unnest(ARRAY[2, 3]) n_components, unnest(ARRAY[0, 2]) pca,
     LATERAL tsne_stats('SELECT id, px FROM many', perplexity, n_components, 10, pca => pca);

-- tsne_small: less than five rows, or all rows equal, have no map; without rows there is nothing.
SELECT n, dimensions, kl, iterations, gradient_norm, seconds_layout FROM tsne_stats('SELECT id, px FROM points WHERE id < 5');
SELECT n, dimensions, kl, iterations, gradient_norm FROM tsne_stats('SELECT id, ARRAY[1] FROM points');
SELECT tsne_stats('SELECT id, px FROM points WHERE false') IS NULL AS nothing;
-- NULL arrays are skipped.
SELECT n FROM tsne_stats('SELECT id, CASE WHEN id > 20 THEN px END FROM points', n_iter => 0);

\pset format unaligned
\pset tuples_only on
-- The errors of tsne().
SELECT pg_temp.error_of($$ SELECT tsne_stats(NULL) $$);
SELECT pg_temp.error_of($$ SELECT tsne_stats('SELECT px FROM points WHERE id <= 91', perplexity => 30.01) $$);
SELECT pg_temp.error_of($$ SELECT tsne_stats('SELECT px FROM points', perplexity => NULL) $$);
SELECT pg_temp.error_of($$ SELECT tsne_stats('SELECT px FROM points', n_components => 4) $$);
SELECT pg_temp.error_of($$ SELECT tsne_stats('SELECT px FROM points', init => 'spectral') $$);
SELECT pg_temp.error_of($$ SELECT tsne_stats('SELECT id, px FROM points', init => 'SELECT id, ARRAY[x, y] FROM map WHERE id <> 17') $$);
SELECT pg_temp.error_of($$ SELECT tsne_stats('SELECT id, px || NULL::float8 FROM points') $$);
SELECT pg_temp.error_of($$ SELECT tsne_stats('DELETE FROM points') $$);
SET synthdq.max_memory = '1MB';
SELECT (regexp_split_to_array(pg_temp.error_of($$ SELECT tsne_stats('SELECT id, px FROM many') $$), E'\n'))[1];
RESET synthdq.max_memory;
