-- About t-SNE maps: how one was computed, and how well each row lies in one.

-- tsne_stats_result: what tsne_stats() returns.
CREATE TYPE tsne_stats_result AS (
    n bigint,
    dimensions integer,
    n_components integer,
    perplexity double precision,
    kl double precision,
    iterations integer,
    gradient_norm double precision,
    seconds double precision,
    seconds_reading double precision,
    seconds_reduction double precision,
    seconds_neighbors double precision,
    seconds_affinities double precision,
    seconds_layout double precision,
    memory_announced bigint,
    memory_peak bigint
);
COMMENT ON TYPE tsne_stats_result IS 'how a t-SNE map was computed';
COMMENT ON COLUMN tsne_stats_result.n IS 'number of rows';
COMMENT ON COLUMN tsne_stats_result.dimensions IS 'elements of each array';
COMMENT ON COLUMN tsne_stats_result.n_components IS 'coordinates of each row in the map';
COMMENT ON COLUMN tsne_stats_result.perplexity IS 'effective number of neighbors of a row';
COMMENT ON COLUMN tsne_stats_result.kl IS 'Kullback-Leibler divergence, what t-SNE makes small, in nats; NULL where there is no map';
COMMENT ON COLUMN tsne_stats_result.iterations IS 'iterations that were done';
COMMENT ON COLUMN tsne_stats_result.gradient_norm IS 'of the last iteration, as min_grad_norm measures it; NULL without one';
COMMENT ON COLUMN tsne_stats_result.seconds IS 'time of all phases';
COMMENT ON COLUMN tsne_stats_result.seconds_reading IS 'time of the queries';
COMMENT ON COLUMN tsne_stats_result.seconds_reduction IS 'time of the principal components, 0 if the arrays are short enough';
COMMENT ON COLUMN tsne_stats_result.seconds_neighbors IS 'time of the search for nearest neighbors';
COMMENT ON COLUMN tsne_stats_result.seconds_affinities IS 'time of making similarities of them';
COMMENT ON COLUMN tsne_stats_result.seconds_layout IS 'time of the start and all iterations';
COMMENT ON COLUMN tsne_stats_result.memory_announced IS 'bytes that were expected to be needed at most, which synthdq.max_memory must allow';
COMMENT ON COLUMN tsne_stats_result.memory_peak IS 'bytes that were in use at most, rows included';

-- tsne_stats(query, perplexity => 30, ...) -> tsne_stats_result
-- tsne_stats(id_type, query, ...)
-- Computes the map that tsne() returns for the same arguments, and tells about it instead of returning it.
--   kl             sum p ln (p / q) over all pairs, at the end, with p not exaggerated. Comparable between maps of the same
--                  rows and perplexity; tsne_point_kl() parts it among the rows. From 2,000 rows on in two dimensions
--                  it rests on the grid's sum over all pairs, and is off by up to 0.001
--   gradient_norm  sqrt(rows * sum |g|^2) of the last iteration: what min_grad_norm is compared with
--   seconds...     elapsed time of each phase, and their sum
--   memory...      bytes: what was announced before the work, and what was in use at most. Near synthdq.max_memory the search
--                  for neighbors takes less than announced
-- Less than five rows, or all rows equal: kl is NULL and there are no iterations. Without rows the result is NULL.
-- With n_iter => 0 and init => a query for (id, ARRAY[x, y]) kl is that of a stored map. Errors are those of tsne().
--   SELECT * FROM tsne_stats('SELECT id, px FROM digits');
--   SELECT kl FROM tsne_stats('SELECT id, px FROM digits', n_iter => 0, init => 'SELECT id, ARRAY[x, y] FROM map');
CREATE FUNCTION tsne_stats(
    query text,
    perplexity double precision DEFAULT 30,
    n_components integer DEFAULT 2,
    n_iter integer DEFAULT 750,
    early_exaggeration double precision DEFAULT 12,
    exaggeration double precision DEFAULT 1,
    learning_rate double precision DEFAULT NULL,
    pca integer DEFAULT 50,
    init text DEFAULT 'pca',
    seed bigint DEFAULT 0,
    min_grad_norm double precision DEFAULT 0
)
RETURNS tsne_stats_result
    AS 'MODULE_PATHNAME', 'synthdq_tsne_stats'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000;
COMMENT ON FUNCTION tsne_stats(
    text, double precision, integer, integer, double precision, double precision, double precision, integer, text,
    bigint, double precision
) IS 'divergence, iterations, seconds of each phase and memory of the map that tsne() computes';

-- tsne_stats(id_type, query, ...): the same for ids of any type that can be ordered. The form for text stands beside the
-- general one because a literal query would otherwise be taken for perplexity.
CREATE FUNCTION tsne_stats(
    id_type anyelement,
    query text,
    perplexity double precision DEFAULT 30,
    n_components integer DEFAULT 2,
    n_iter integer DEFAULT 750,
    early_exaggeration double precision DEFAULT 12,
    exaggeration double precision DEFAULT 1,
    learning_rate double precision DEFAULT NULL,
    pca integer DEFAULT 50,
    init text DEFAULT 'pca',
    seed bigint DEFAULT 0,
    min_grad_norm double precision DEFAULT 0
)
RETURNS tsne_stats_result
    AS 'MODULE_PATHNAME', 'synthdq_tsne_stats'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000;
COMMENT ON FUNCTION tsne_stats(
    anyelement, text, double precision, integer, integer, double precision, double precision, double precision, integer,
    text, bigint, double precision
) IS 'how a t-SNE map is computed, with ids of the type of the first argument';

CREATE FUNCTION tsne_stats(
    id_type text,
    query text,
    perplexity double precision DEFAULT 30,
    n_components integer DEFAULT 2,
    n_iter integer DEFAULT 750,
    early_exaggeration double precision DEFAULT 12,
    exaggeration double precision DEFAULT 1,
    learning_rate double precision DEFAULT NULL,
    pca integer DEFAULT 50,
    init text DEFAULT 'pca',
    seed bigint DEFAULT 0,
    min_grad_norm double precision DEFAULT 0
)
RETURNS tsne_stats_result
    AS 'MODULE_PATHNAME', 'synthdq_tsne_stats'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000;
COMMENT ON FUNCTION tsne_stats(
    text, text, double precision, integer, integer, double precision, double precision, double precision, integer,
    text, bigint, double precision
) IS 'how a t-SNE map is computed, with text ids';
