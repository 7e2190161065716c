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

-- tsne_point_kl(query, map, perplexity => 30, pca => 50) -> setof (id, kl)
-- The part of each row in the divergence of a map, so that badly placed rows can be marked.
--   query       one SELECT that returns (id, array) with an integer id: the rows that were mapped
--   map         the same for their places in the map: (id, ARRAY[x, y]), one to three coordinates, with the same ids. The
--               map may be that of tsne() or of any other program
--   perplexity  as in tsne(): above 1, at most a third of the number of other rows
--   pca         look for neighbors among so many principal components, if arrays are longer; 0 = never
--   kl          sum over j of p_ij ln(p_ij / q_ij), p being the similarities of tsne() and q_ij = w_ij / Z,
--               w_ij = 1 / (1 + |y_i - y_j|^2), Z the sum of w over all pairs of different rows
-- The sum over all rows is the kl of tsne_stats(), but for the error of the grid there: this one is exact. A row whose
-- neighbors lie far from it in the map has more than its share; a value below zero is no fault. With less than five
-- rows, or all rows equal, kl is NULL. Rows whose array is NULL are skipped; a NULL, NaN or infinite element, another
-- number of elements, or an id that only one of the queries returns is an error that names the id. No rows: no rows. The
-- same rows give the same result, bit for bit on one machine, in any order and for any number of threads.
--   SELECT id FROM tsne_point_kl('SELECT id, px FROM digits', 'SELECT id, ARRAY[x, y] FROM map') ORDER BY kl DESC LIMIT 20;
-- van der Maaten and Hinton, "Visualizing Data using t-SNE", JMLR 9, 2008.
CREATE FUNCTION tsne_point_kl(
    query text,
    map text,
    perplexity double precision DEFAULT 30,
    pca integer DEFAULT 50
)
RETURNS TABLE (
    id bigint,
    kl double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_tsne_point_kl'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION tsne_point_kl(text, text, double precision, integer) IS
    'the part of each row in the Kullback-Leibler divergence of a map';

-- tsne_point_kl(id_type, query, map, ...): the same for ids of any type that can be ordered.
--   SELECT * FROM tsne_point_kl(NULL::uuid, 'SELECT key, px FROM digits', 'SELECT key, ARRAY[x, y] FROM map');
CREATE FUNCTION tsne_point_kl(
    id_type anyelement,
    query text,
    map text,
    perplexity double precision DEFAULT 30,
    pca integer DEFAULT 50
)
RETURNS TABLE (
    id anyelement,
    kl double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_tsne_point_kl'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION tsne_point_kl(anyelement, text, text, double precision, integer) IS
    'divergence of the rows of a map, with ids of the type of the first argument';

CREATE FUNCTION tsne_point_kl(
    id_type text,
    query text,
    map text,
    perplexity double precision DEFAULT 30,
    pca integer DEFAULT 50
)
RETURNS TABLE (
    id text,
    kl double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_tsne_point_kl'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION tsne_point_kl(text, text, text, double precision, integer) IS
    'divergence of the rows of a map, with text ids';
