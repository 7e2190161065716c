-- Clustering: kmeans, kmeans_centers, kmeans_choose over a query; nearest_center for single rows.

-- kmeans(query, k, ...) -> setof (id, cluster, distance, second_cluster, margin)
-- Splits the rows of a query into k clusters so that the sum of squared distances to the clusters' means
-- (the inertia) is small: greedy k-means++ seeding, Lloyd's iteration, n_init restarts of which the best counts.
--   query           one SELECT that returns (id, array) with an integer id, or the array alone (id = row
--                   number from 1); smallint[], integer[], real[], double precision[] or pgvector's vector
--   k               number of clusters, 1 to the number of rows
--   n_init          restarts
--   max_iter        iterations of one restart; a NOTICE says if the best restart used them up
--   tol             a restart also ends when the centres' squared movement is at most tol times the mean
--                   variance of a column, as in scikit-learn; 0 = when no row changes its cluster
--   seed            of the random numbers
--   cluster         0 to k - 1, the largest first; equal sizes by their lowest id
--   distance        Euclidean distance to the cluster's centre, in units of the data
--   second_cluster  the cluster with the second nearest centre; NULL if there is one cluster
--   margin          (d2 - d1) / (d2 + d1) of the two distances: 0 on the border between two clusters, 1 at a
--                   centre; NULL if there is one cluster. 2 * margin / (1 + margin) is the row's simplified
--                   silhouette, (d2 - d1) / d2
-- Rows whose array is NULL are skipped; a NULL, NaN or infinite element is an error that names the id. No rows:
-- no rows. Fewer distinct rows than k: as many clusters as there are distinct rows, with a NOTICE. The same
-- rows and seed give the same result, bit for bit, in any order of rows and for any number of threads.
--   SELECT cluster, count(*), count(*) FILTER (WHERE margin < 0.05) AS ambiguous
--   FROM kmeans('SELECT id, px FROM real', 10) GROUP BY cluster ORDER BY cluster;
-- Source: Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", 2007; Lloyd, "Least squares
-- quantization in PCM", 1982.
CREATE FUNCTION kmeans(
    query text,
    k integer,
    n_init integer DEFAULT 10,
    max_iter integer DEFAULT 300,
    tol double precision DEFAULT 1e-4,
    seed bigint DEFAULT 0
)
RETURNS TABLE (
    id bigint,
    cluster integer,
    distance double precision,
    second_cluster integer,
    margin double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_kmeans'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION kmeans(text, integer, integer, integer, double precision, bigint) IS
    'k-means clustering of the rows of a query: cluster, distance, second cluster, margin';

-- kmeans(id_type, query, k, ...): the same for ids of any type that can be ordered; only the type of the first
-- argument matters. The form for text stands beside the general one because a literal query would otherwise be
-- taken for k.
--   SELECT * FROM kmeans(NULL::uuid, 'SELECT id, px FROM real', 10);
--   SELECT * FROM kmeans(NULL::text, 'SELECT file, px FROM real', 10);
CREATE FUNCTION kmeans(
    id_type anyelement,
    query text,
    k integer,
    n_init integer DEFAULT 10,
    max_iter integer DEFAULT 300,
    tol double precision DEFAULT 1e-4,
    seed bigint DEFAULT 0
)
RETURNS TABLE (
    id anyelement,
    cluster integer,
    distance double precision,
    second_cluster integer,
    margin double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_kmeans'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION kmeans(anyelement, text, integer, integer, integer, double precision, bigint) IS
    'k-means clustering of the rows of a query with ids of the type of the first argument';

CREATE FUNCTION kmeans(
    id_type text,
    query text,
    k integer,
    n_init integer DEFAULT 10,
    max_iter integer DEFAULT 300,
    tol double precision DEFAULT 1e-4,
    seed bigint DEFAULT 0
)
RETURNS TABLE (
    id text,
    cluster integer,
    distance double precision,
    second_cluster integer,
    margin double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_kmeans'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION kmeans(text, text, integer, integer, integer, double precision, bigint) IS
    'k-means clustering of the rows of a query with text ids';

-- kmeans_centers(query, k, ...) -> setof (cluster, size, inertia, center, silhouette)
-- The clusters of kmeans() with the same arguments, one row each, in ascending order of cluster.
--   size        number of rows
--   inertia     sum of the squared distances of these rows to the centre, in squared units of the data
--   center      mean of the rows, but for what tol lets the centres lag behind
--   silhouette  mean over the rows of (d2 - d1) / d2, of the distances to the nearest and the second nearest centre:
--               near 1 for a cluster apart from all others; NULL if there is one cluster. This is the simplified
--               silhouette of Hruschka, de Castro and Campello (2004), of distances to centres, not to all rows
--   SELECT sum(inertia) FROM kmeans_centers('SELECT px FROM real', 10);
--   CREATE TABLE prototypes AS SELECT * FROM kmeans_centers('SELECT id, px FROM real', 10);
CREATE FUNCTION kmeans_centers(
    query text,
    k integer,
    n_init integer DEFAULT 10,
    max_iter integer DEFAULT 300,
    tol double precision DEFAULT 1e-4,
    seed bigint DEFAULT 0
)
RETURNS TABLE (
    cluster integer,
    size bigint,
    inertia double precision,
    center real[],
    silhouette double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_kmeans_centers'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10;
COMMENT ON FUNCTION kmeans_centers(text, integer, integer, integer, double precision, bigint) IS
    'centres of the k-means clustering of the rows of a query: size, inertia, mean';

-- kmeans_centers(id_type, query, k, ...): the same for ids of any type that can be ordered.
CREATE FUNCTION kmeans_centers(
    id_type anyelement,
    query text,
    k integer,
    n_init integer DEFAULT 10,
    max_iter integer DEFAULT 300,
    tol double precision DEFAULT 1e-4,
    seed bigint DEFAULT 0
)
RETURNS TABLE (
    cluster integer,
    size bigint,
    inertia double precision,
    center real[],
    silhouette double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_kmeans_centers'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10;
COMMENT ON FUNCTION kmeans_centers(anyelement, text, integer, integer, integer, double precision, bigint) IS
    'centres of the k-means clustering of the rows of a query with ids of the type of the first argument';

CREATE FUNCTION kmeans_centers(
    id_type text,
    query text,
    k integer,
    n_init integer DEFAULT 10,
    max_iter integer DEFAULT 300,
    tol double precision DEFAULT 1e-4,
    seed bigint DEFAULT 0
)
RETURNS TABLE (
    cluster integer,
    size bigint,
    inertia double precision,
    center real[],
    silhouette double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_kmeans_centers'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10;
COMMENT ON FUNCTION kmeans_centers(text, text, integer, integer, integer, double precision, bigint) IS
    'centres of the k-means clustering of the rows of a query with text ids';

-- kmeans_choose(query, k_from, k_to, ...) -> setof (k, found, inertia, silhouette, worst_silhouette, smallest,
-- converged)
-- How many clusters? What kmeans() with the same arguments comes to for each k from k_from to k_to, of a query that is
-- read once.
--   found             clusters: fewer than k if there are fewer distinct rows
--   inertia           sum of the squared distances of all rows to their centres. It falls with k in any case; look for
--                     the k from which on it falls slowly
--   silhouette        mean over all rows of (d2 - d1) / d2, as in kmeans_centers(): larger is better apart; NULL for
--                     one cluster
--   worst_silhouette  the least mean of a cluster
--   smallest          rows of the smallest cluster
--   converged         false: the best restart ended at max_iter
-- The k of the largest silhouette is a usual choice. It takes the memory of the largest k, and the time of all.
--   SELECT * FROM kmeans_choose('SELECT id, px FROM real', 2, 20) ORDER BY silhouette DESC LIMIT 3;
CREATE FUNCTION kmeans_choose(
    query text,
    k_from integer,
    k_to integer,
    n_init integer DEFAULT 10,
    max_iter integer DEFAULT 300,
    tol double precision DEFAULT 1e-4,
    seed bigint DEFAULT 0
)
RETURNS TABLE (
    k integer,
    found integer,
    inertia double precision,
    silhouette double precision,
    worst_silhouette double precision,
    smallest bigint,
    converged boolean
)
    AS 'MODULE_PATHNAME', 'synthdq_kmeans_choose'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000000 ROWS 10;
COMMENT ON FUNCTION kmeans_choose(text, integer, integer, integer, integer, double precision, bigint) IS
    'k-means of the rows of a query for several numbers of clusters: inertia, silhouette, sizes';

-- kmeans_choose(id_type, query, k_from, k_to, ...): the same for ids of any type that can be ordered.
CREATE FUNCTION kmeans_choose(
    id_type anyelement,
    query text,
    k_from integer,
    k_to integer,
    n_init integer DEFAULT 10,
    max_iter integer DEFAULT 300,
    tol double precision DEFAULT 1e-4,
    seed bigint DEFAULT 0
)
RETURNS TABLE (
    k integer,
    found integer,
    inertia double precision,
    silhouette double precision,
    worst_silhouette double precision,
    smallest bigint,
    converged boolean
)
    AS 'MODULE_PATHNAME', 'synthdq_kmeans_choose'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000000 ROWS 10;
COMMENT ON FUNCTION kmeans_choose(anyelement, text, integer, integer, integer, integer, double precision, bigint) IS
    'k-means of the rows of a query with ids of the type of the first argument for several numbers of clusters: inertia, silhouette, sizes';

CREATE FUNCTION kmeans_choose(
    id_type text,
    query text,
    k_from integer,
    k_to integer,
    n_init integer DEFAULT 10,
    max_iter integer DEFAULT 300,
    tol double precision DEFAULT 1e-4,
    seed bigint DEFAULT 0
)
RETURNS TABLE (
    k integer,
    found integer,
    inertia double precision,
    silhouette double precision,
    worst_silhouette double precision,
    smallest bigint,
    converged boolean
)
    AS 'MODULE_PATHNAME', 'synthdq_kmeans_choose'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000000 ROWS 10;
COMMENT ON FUNCTION kmeans_choose(text, text, integer, integer, integer, integer, double precision, bigint) IS
    'k-means of the rows of a query with text ids for several numbers of clusters: inertia, silhouette, sizes';

-- nearest_center_result: where a row lies among centres; the columns of kmeans().
CREATE TYPE nearest_center_result AS (
    cluster integer,
    distance double precision,
    second_cluster integer,
    margin double precision
);
COMMENT ON TYPE nearest_center_result IS
    'nearest of several centres, distance to it, second nearest, margin between the two';
COMMENT ON COLUMN nearest_center_result.cluster IS 'nearest centre, counted from 0';
COMMENT ON COLUMN nearest_center_result.distance IS 'Euclidean distance to it';
COMMENT ON COLUMN nearest_center_result.second_cluster IS 'second nearest centre; NULL if there is one centre';
COMMENT ON COLUMN nearest_center_result.margin IS '(d2 - d1) / (d2 + d1): 1 at a centre, 0 on a border; NULL if there is one centre';

-- nearest_center(px, centers) -> nearest_center_result
-- The nearest and second nearest of stored centres to one row: so synthetic rows get the clusters of real ones.
--   px       an array, read in storage order
--   centers  real[][]: one centre in each line, as array_agg(center ORDER BY cluster) builds it; cluster
--            numbers count from 0 in that order, the lower one among equally near
-- second_cluster and margin are NULL if there is one centre. NULL if an argument is NULL; another length than the
-- centres', a NULL, NaN or infinite element is an error.
--   SELECT id, n.cluster, n.margin
--   FROM fake, nearest_center(px, (SELECT array_agg(center ORDER BY cluster) FROM prototypes)) n;
CREATE FUNCTION nearest_center(px smallint[], centers real[]) RETURNS nearest_center_result
    AS 'MODULE_PATHNAME', 'synthdq_nearest_center'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION nearest_center(smallint[], real[]) IS
    'nearest of several centres to an array, and the margin to the second nearest';

CREATE FUNCTION nearest_center(px integer[], centers real[]) RETURNS nearest_center_result
    AS 'MODULE_PATHNAME', 'synthdq_nearest_center'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION nearest_center(integer[], real[]) IS
    'nearest of several centres to an array, and the margin to the second nearest';

CREATE FUNCTION nearest_center(px real[], centers real[]) RETURNS nearest_center_result
    AS 'MODULE_PATHNAME', 'synthdq_nearest_center'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION nearest_center(real[], real[]) IS
    'nearest of several centres to an array, and the margin to the second nearest';

CREATE FUNCTION nearest_center(px double precision[], centers real[]) RETURNS nearest_center_result
    AS 'MODULE_PATHNAME', 'synthdq_nearest_center'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION nearest_center(double precision[], real[]) IS
    'nearest of several centres to an array, and the margin to the second nearest';
