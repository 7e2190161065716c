-- Judging maps: map_quality over the rows and their places in a map, neighbor_mixing over labelled rows.

-- map_quality_result: what map_quality() returns.
CREATE TYPE map_quality_result AS (
    n bigint,
    k integer,
    trustworthiness double precision,
    continuity double precision,
    preservation double precision
);
COMMENT ON TYPE map_quality_result IS 'how well a map keeps the neighbors of its rows';
COMMENT ON COLUMN map_quality_result.n IS 'number of rows';
COMMENT ON COLUMN map_quality_result.k IS 'neighbors of each row that were compared';
COMMENT ON COLUMN map_quality_result.trustworthiness IS '1 = neighbors in the map are neighbors in the original, less the ranks by which they are not';
COMMENT ON COLUMN map_quality_result.continuity IS '1 = neighbors in the original are neighbors in the map, less the ranks by which they are not';
COMMENT ON COLUMN map_quality_result.preservation IS 'share of the k neighbors in the map that are among the k in the original';

-- map_quality(original, map, k) -> map_quality_result
-- Compares the k nearest other rows of each row in the original with its k nearest in a map of the same rows, made by
-- tsne(), pca() or anything else.
--   original         one SELECT that returns (id, array) with an integer id: the rows that were mapped
--   map              the same for their places in the map: (id, ARRAY[x, y]), with the same ids
--   k                neighbors of each row, at least 1 and less than half of the rows
--   trustworthiness  1 - 2 / (n k (2n - 3k - 1)) times the sum, over all rows and their neighbors in the map that are
--                    none in the original, of rank - k, rank being the neighbor's place in the original. As
--                    scikit-learn's trustworthiness()
--   continuity       the same with the roles of the two exchanged: what was torn apart
--   preservation     the share of neighbors in the map that are neighbors in the original
-- Distances are Euclidean; among equally near rows the lower id comes first. Exact: every row is compared with every
-- other one. Rows whose array is NULL are skipped; a NULL, NaN or infinite element, another number of elements, or an id
-- that only one of the queries returns is an error that names the id. NULL without rows. The same rows give the same
-- result, bit for bit, in any order and for any number of threads.
--   CREATE TABLE map AS SELECT * FROM tsne('SELECT id, px FROM digits');
--   SELECT * FROM map_quality('SELECT id, px FROM digits', 'SELECT id, ARRAY[x, y] FROM map', 12);
-- Source: Venna and Kaski, "Neighborhood preservation in nonlinear projection methods: an experimental study", 2001.
CREATE FUNCTION map_quality(
    original text,
    map text,
    k integer DEFAULT 12
)
RETURNS map_quality_result
    AS 'MODULE_PATHNAME', 'synthdq_map_quality'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000;
COMMENT ON FUNCTION map_quality(text, text, integer) IS
    'trustworthiness, continuity and neighbor preservation of a map of the rows of a query';

-- map_quality(id_type, original, map, k): the same for ids of any type that can be ordered.
CREATE FUNCTION map_quality(
    id_type anyelement,
    original text,
    map text,
    k integer DEFAULT 12
)
RETURNS map_quality_result
    AS 'MODULE_PATHNAME', 'synthdq_map_quality'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000;
COMMENT ON FUNCTION map_quality(anyelement, text, text, integer) IS
    'quality of a map with ids of the type of the first argument';

CREATE FUNCTION map_quality(
    id_type text,
    original text,
    map text,
    k integer DEFAULT 12
)
RETURNS map_quality_result
    AS 'MODULE_PATHNAME', 'synthdq_map_quality'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000;
COMMENT ON FUNCTION map_quality(text, text, text, integer) IS
    'quality of a map with text ids';

-- map_quality_points(original, map, k) -> setof (id, trustworthiness, continuity, preservation)
-- The same row by row, so that badly placed points can be marked; map_quality() returns the means. The
-- trustworthiness of a row is 0 if its neighbors in the map are the rows that are farthest from it in the original.
--   CREATE TABLE misplaced AS
--   SELECT id FROM map_quality_points('SELECT id, px FROM digits', 'SELECT id, ARRAY[x, y] FROM map')
--   WHERE trustworthiness < 0.8;
CREATE FUNCTION map_quality_points(
    original text,
    map text,
    k integer DEFAULT 12
)
RETURNS TABLE (
    id bigint,
    trustworthiness double precision,
    continuity double precision,
    preservation double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_map_quality_points'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION map_quality_points(text, text, integer) IS
    'trustworthiness, continuity and neighbor preservation of each row of a map';

-- map_quality_points(id_type, original, map, k): the same for ids of any type that can be ordered.
CREATE FUNCTION map_quality_points(
    id_type anyelement,
    original text,
    map text,
    k integer DEFAULT 12
)
RETURNS TABLE (
    id anyelement,
    trustworthiness double precision,
    continuity double precision,
    preservation double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_map_quality_points'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION map_quality_points(anyelement, text, text, integer) IS
    'quality of each row of a map with ids of the type of the first argument';

CREATE FUNCTION map_quality_points(
    id_type text,
    original text,
    map text,
    k integer DEFAULT 12
)
RETURNS TABLE (
    id text,
    trustworthiness double precision,
    continuity double precision,
    preservation double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_map_quality_points'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION map_quality_points(text, text, text, integer) IS
    'quality of each row of a map with text ids';

-- neighbor_mixing(query, k) -> setof (id, is_synthetic, synthetic_share, expected_share)
-- The number that the eye tries to read off a map: how many of the k nearest other rows of each row are synthetic.
-- Neighbors are sought among the rows themselves, not in the map.
--   query            one SELECT that returns (id, array, is_synthetic), or (array, is_synthetic)
--   k                neighbors of each row, from 1 to the number of other rows
--   is_synthetic     of the row
--   synthetic_share  the share of its k nearest other rows that are synthetic; of equally near rows those with the lowest
--                    ids count
--   expected_share   what chance gives: the share of synthetic rows among all others
-- Where synthetic rows are as good as real ones the shares of both kinds are near what chance gives. Synthetic rows with
-- a higher share keep to themselves; real ones with a share near 0 have nothing like them among the synthetic.
-- Rows whose array or kind is NULL are skipped; a NULL, NaN or infinite element or another number of elements is an
-- error that names the id. Fewer than two rows: no rows. Exact, and the same for any number of threads.
--   SELECT is_synthetic, avg(synthetic_share), avg(expected_share)
--   FROM neighbor_mixing($$ SELECT id, px, false FROM real UNION ALL SELECT -1 - id, px, true FROM fake $$)
--   GROUP BY is_synthetic;
-- Source: Schilling, "Multivariate two-sample tests based on nearest neighbors", 1986.
CREATE FUNCTION neighbor_mixing(
    query text,
    k integer DEFAULT 30
)
RETURNS TABLE (
    id bigint,
    is_synthetic boolean,
    synthetic_share double precision,
    expected_share double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_neighbor_mixing'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION neighbor_mixing(text, integer) IS
    'share of synthetic rows among the nearest neighbors of each row, and what chance gives';

-- neighbor_mixing(id_type, query, k): the same for ids of any type that can be ordered.
CREATE FUNCTION neighbor_mixing(
    id_type anyelement,
    query text,
    k integer DEFAULT 30
)
RETURNS TABLE (
    id anyelement,
    is_synthetic boolean,
    synthetic_share double precision,
    expected_share double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_neighbor_mixing'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION neighbor_mixing(anyelement, text, integer) IS
    'mixing of neighbors with ids of the type of the first argument';

CREATE FUNCTION neighbor_mixing(
    id_type text,
    query text,
    k integer DEFAULT 30
)
RETURNS TABLE (
    id text,
    is_synthetic boolean,
    synthetic_share double precision,
    expected_share double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_neighbor_mixing'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION neighbor_mixing(text, text, integer) IS
    'mixing of neighbors with text ids';
