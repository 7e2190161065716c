-- Principal components: pca and pca_fit over a query; pca_transform, pca_inverse and pca_error for single rows.

-- pca(query, n_components) -> setof (id, components)
-- Coordinates of the rows of a query along their principal components: the directions, perpendicular to each
-- other, in which the rows scatter most.
--   query         one SELECT that returns (id, array) with an integer id, or the array alone (id = row number
--                 from 1); smallint[], integer[], real[], double precision[] or pgvector's vector
--   n_components  1 to the number of elements of an array
--   components    (row - mean of the rows) . component, for each component, in units of the data
-- The first component has the largest variance, and so on. The sign of a component is such that its loading of
-- largest magnitude (the first of equals) is positive. Beyond the rank of the rows, which is at most their number
-- less one, variances are 0 and the directions arbitrary. Constant columns are fine; columns are not standardised.
-- Rows whose array is NULL are skipped; a NULL, NaN or infinite element is an error that names the id. No rows:
-- no rows. One row is an error: it has no variance. The same rows give the same result, bit for bit, in any order
-- and for any number of threads.
--   SELECT id, components[1] AS x, components[2] AS y FROM pca('SELECT id, px FROM real') ORDER BY id;
-- Source: Jolliffe, "Principal Component Analysis", 2002; eigenvectors of the covariance matrix.
CREATE FUNCTION pca(
    query text,
    n_components integer DEFAULT 2
)
RETURNS TABLE (
    id bigint,
    components real[]
)
    AS 'MODULE_PATHNAME', 'synthdq_pca'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION pca(text, integer) IS
    'coordinates of the rows of a query along their principal components';

-- pca(id_type, query, n_components): the same for ids of any type that can be ordered; only the type of the first
-- argument matters.
--   SELECT * FROM pca(NULL::uuid, 'SELECT id, px FROM real', 10);
CREATE FUNCTION pca(
    id_type anyelement,
    query text,
    n_components integer DEFAULT 2
)
RETURNS TABLE (
    id anyelement,
    components real[]
)
    AS 'MODULE_PATHNAME', 'synthdq_pca'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION pca(anyelement, text, integer) IS
    'principal coordinates of the rows of a query with ids of the type of the first argument';

CREATE FUNCTION pca(
    id_type text,
    query text,
    n_components integer DEFAULT 2
)
RETURNS TABLE (
    id text,
    components real[]
)
    AS 'MODULE_PATHNAME', 'synthdq_pca'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION pca(text, text, integer) IS
    'principal coordinates of the rows of a query with text ids';

-- pca_model: principal components that were fitted to rows, to be stored and applied to other rows.
CREATE TYPE pca_model AS (
    n bigint,
    mean double precision[],
    components double precision[],
    variance double precision[],
    variance_ratio double precision[],
    total_variance double precision
);
COMMENT ON TYPE pca_model IS 'principal components that were fitted to rows';
COMMENT ON COLUMN pca_model.n IS 'number of rows';
COMMENT ON COLUMN pca_model.mean IS 'mean of each column';
COMMENT ON COLUMN pca_model.components IS
    'one line per component, of length 1, perpendicular to each other; the largest variance first';
COMMENT ON COLUMN pca_model.variance IS
    'variance of the rows along each component, with divisor n - 1; 0 beyond the rank';
COMMENT ON COLUMN pca_model.variance_ratio IS
    'its share of the total variance; 0 if there is none';
COMMENT ON COLUMN pca_model.total_variance IS 'sum of the variances of all columns';

-- pca_fit(query, n_components) -> pca_model
-- The components that pca() with the same arguments uses. Fit them to the real rows only, and apply them to real
-- and synthetic ones: components of both together hide what tells them apart. A model of q components of arrays
-- of d elements has about 8 d (q + 1) bytes, 320 kB for 50 components of 28 x 28 pixels.
-- NULL without rows; one row is an error.
--   CREATE TABLE models AS SELECT 'real' AS name, pca_fit('SELECT id, px FROM real', 50) AS model;
--   SELECT (model).variance_ratio FROM models;
CREATE FUNCTION pca_fit(
    query text,
    n_components integer DEFAULT 2
)
RETURNS pca_model
    AS 'MODULE_PATHNAME', 'synthdq_pca_fit'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000;
COMMENT ON FUNCTION pca_fit(text, integer) IS 'principal components of the rows of a query, as a model';

-- pca_fit(id_type, query, n_components): the same for ids of any type that can be ordered.
CREATE FUNCTION pca_fit(
    id_type anyelement,
    query text,
    n_components integer DEFAULT 2
)
RETURNS pca_model
    AS 'MODULE_PATHNAME', 'synthdq_pca_fit'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000;
COMMENT ON FUNCTION pca_fit(anyelement, text, integer) IS
    'principal components of the rows of a query with ids of the type of the first argument, as a model';

CREATE FUNCTION pca_fit(
    id_type text,
    query text,
    n_components integer DEFAULT 2
)
RETURNS pca_model
    AS 'MODULE_PATHNAME', 'synthdq_pca_fit'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000;
COMMENT ON FUNCTION pca_fit(text, text, integer) IS
    'principal components of the rows of a query with text ids, as a model';

-- pca_transform(model, px) -> real[]
-- Coordinates of one row along the components of a model, which may be fitted to other rows. For a row that the
-- model was fitted to they are those of pca(), bit for bit.
--   model  a pca_model; of one that was put together by hand only mean and components are looked at
--   px     an array of as many elements as the model's mean, read in storage order
-- NULL if an argument is NULL. Another length, a NULL, NaN or infinite element is an error.
-- A model that is a column, a constant or a subquery like the one below is read once for all rows. A call of
-- pca_fit() in its place would be made for each of them.
--   SELECT id, pca_transform((SELECT model FROM models WHERE name = 'real'), px) FROM fake;
CREATE FUNCTION pca_transform(model pca_model, px smallint[]) RETURNS real[]
    AS 'MODULE_PATHNAME', 'synthdq_pca_transform'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION pca_transform(pca_model, smallint[]) IS
    'coordinates of an array along the components of a model';

CREATE FUNCTION pca_transform(model pca_model, px integer[]) RETURNS real[]
    AS 'MODULE_PATHNAME', 'synthdq_pca_transform'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION pca_transform(pca_model, integer[]) IS
    'coordinates of an array along the components of a model';

CREATE FUNCTION pca_transform(model pca_model, px real[]) RETURNS real[]
    AS 'MODULE_PATHNAME', 'synthdq_pca_transform'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION pca_transform(pca_model, real[]) IS
    'coordinates of an array along the components of a model';

CREATE FUNCTION pca_transform(model pca_model, px double precision[]) RETURNS real[]
    AS 'MODULE_PATHNAME', 'synthdq_pca_transform'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION pca_transform(pca_model, double precision[]) IS
    'coordinates of an array along the components of a model';

-- pca_inverse(model, coords) -> real[]
-- The row that coordinates stand for: mean + coords . components. Of an image it is the picture of what the
-- components keep. The result has one dimension.
--   coords  as many numbers as the model has components, as pca_transform() and pca() return them
-- NULL if an argument is NULL. Another length, a NULL, NaN or infinite element is an error.
--   SELECT pca_inverse(model, pca_transform(model, px)) FROM models, fake WHERE name = 'real';
CREATE FUNCTION pca_inverse(model pca_model, coords real[]) RETURNS real[]
    AS 'MODULE_PATHNAME', 'synthdq_pca_inverse'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION pca_inverse(pca_model, real[]) IS
    'array that coordinates along the components of a model stand for';

CREATE FUNCTION pca_inverse(model pca_model, coords double precision[]) RETURNS real[]
    AS 'MODULE_PATHNAME', 'synthdq_pca_inverse'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION pca_inverse(pca_model, double precision[]) IS
    'array that coordinates along the components of a model stand for';

-- pca_error(model, px) -> double precision
-- The reconstruction error: Euclidean distance between an array and the one that its coordinates stand for, in
-- units of the data; the root of the sum of squared differences, not squared. Computed from the differences: 0 up
-- to rounding for what the components can represent, and so for any row if all components were kept.
-- Synthetic rows with errors that real held-out rows do not have show what the real components do not contain.
-- NULL if an argument is NULL. Another length, a NULL, NaN or infinite element is an error.
--   SELECT avg(pca_error(model, px)) FROM models, fake WHERE name = 'real';
CREATE FUNCTION pca_error(model pca_model, px smallint[]) RETURNS double precision
    AS 'MODULE_PATHNAME', 'synthdq_pca_error'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION pca_error(pca_model, smallint[]) IS
    'distance of an array from what the components of a model keep of it';

CREATE FUNCTION pca_error(model pca_model, px integer[]) RETURNS double precision
    AS 'MODULE_PATHNAME', 'synthdq_pca_error'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION pca_error(pca_model, integer[]) IS
    'distance of an array from what the components of a model keep of it';

CREATE FUNCTION pca_error(model pca_model, px real[]) RETURNS double precision
    AS 'MODULE_PATHNAME', 'synthdq_pca_error'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION pca_error(pca_model, real[]) IS
    'distance of an array from what the components of a model keep of it';

CREATE FUNCTION pca_error(model pca_model, px double precision[]) RETURNS double precision
    AS 'MODULE_PATHNAME', 'synthdq_pca_error'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION pca_error(pca_model, double precision[]) IS
    'distance of an array from what the components of a model keep of it';
