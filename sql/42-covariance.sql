-- covariance: exact sums of arrays and of products of their elements, from which means, covariances and
-- principal components of any number of rows follow.
--
-- A value is small, and the union of two is exact: parallel workers, partitions, days and nodes each make
-- theirs, and the union has the same bits as one aggregate over all rows, in any order. Arrays may have any
-- dimensions and lower bounds, they are read in storage order, and positions count from 1. NULL arrays are
-- ignored. A NULL, NaN or infinite element is an error, and so are arrays of different length.
--
-- What is exact: each column keeps at least 43 significant bits of its largest magnitude, whatever the other
-- columns hold; what a number has below that is cut off, and nothing is rounded after it. smallint and integer
-- lose nothing, nor does real down to 2^-19 of the largest of its column, and so 8-bit pixels that were scaled. An
-- offset that all rows have takes its share of the bits, and costs nothing else: numbers that vary by less than 1e-9 of
-- it should be passed as differences from it. d elements need 4 d^2 bytes for 8-bit pixels and other small integers, four times as much
-- for most numbers in single precision, nine times for double precision: 2.5 MB, 10 MB and 22 MB for 28 x 28.
-- Source: Ozaki, Ogita, Oishi, Rump, "Error-free transformations of matrix multiplication", 2012; Demmel, Nguyen,
-- "Fast reproducible floating-point summation", 2013.
--
-- COST: a row of 784 elements takes some ten microseconds, 1000 what reads the whole of a value.

-- ---------------------------------------------------------------------------------------------
-- The type. Text form: number of rows, number of elements, and the sums as hexadecimal digits.
-- ---------------------------------------------------------------------------------------------
CREATE TYPE covariance;

CREATE FUNCTION covariance_in(cstring) RETURNS covariance
    AS 'MODULE_PATHNAME', 'synthdq_covariance_in'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION covariance_in(cstring) IS 'input function of type covariance';

CREATE FUNCTION covariance_out(covariance) RETURNS cstring
    AS 'MODULE_PATHNAME', 'synthdq_covariance_out'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION covariance_out(covariance) IS 'output function of type covariance';

CREATE FUNCTION covariance_recv(internal) RETURNS covariance
    AS 'MODULE_PATHNAME', 'synthdq_covariance_recv'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION covariance_recv(internal) IS 'receive function of type covariance';

CREATE FUNCTION covariance_send(covariance) RETURNS bytea
    AS 'MODULE_PATHNAME', 'synthdq_covariance_send'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION covariance_send(covariance) IS 'send function of type covariance';

CREATE TYPE covariance (
    INPUT = covariance_in,
    OUTPUT = covariance_out,
    RECEIVE = covariance_recv,
    SEND = covariance_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = int4,
    STORAGE = extended
);
COMMENT ON TYPE covariance IS 'exact sums of arrays and of products of their elements';

-- ---------------------------------------------------------------------------------------------
-- covariance(px): the sums over all arrays of the group. NULL if there is no array.
--     SELECT label, covariance(px) FROM real GROUP BY label;
-- covariance(c): the union of stored values.
--     SELECT pca_fit(covariance(c), 50) FROM covariance_of_each_day;
-- In a call, covariance(NULL) is read as NULL::covariance; write covariance(NULL::real[]).
-- ---------------------------------------------------------------------------------------------
CREATE FUNCTION covariance_add(covariance, smallint[]) RETURNS covariance
    AS 'MODULE_PATHNAME', 'synthdq_covariance_add'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION covariance_add(covariance, smallint[]) IS 'transition function of covariance(smallint[])';

CREATE FUNCTION covariance_add(covariance, integer[]) RETURNS covariance
    AS 'MODULE_PATHNAME', 'synthdq_covariance_add'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION covariance_add(covariance, integer[]) IS 'transition function of covariance(integer[])';

CREATE FUNCTION covariance_add(covariance, real[]) RETURNS covariance
    AS 'MODULE_PATHNAME', 'synthdq_covariance_add'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION covariance_add(covariance, real[]) IS 'transition function of covariance(real[])';

CREATE FUNCTION covariance_add(covariance, double precision[]) RETURNS covariance
    AS 'MODULE_PATHNAME', 'synthdq_covariance_add'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION covariance_add(covariance, double precision[]) IS 'transition function of covariance(double precision[])';

CREATE FUNCTION covariance_combine(covariance, covariance) RETURNS covariance
    AS 'MODULE_PATHNAME', 'synthdq_covariance_combine'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION covariance_combine(covariance, covariance) IS 'union of two covariances; combine function of covariance()';

-- SSPACE: of 784 elements, the buffer takes 0.8 MB for 100 rows and twice that from the 129th on; the sums take
-- 2.5 MB more from the 257th row on if they are of small integers, and the planner cannot know. The estimate
-- lies between; test/t/groups.pl holds it to a factor of two for 100 rows.
CREATE AGGREGATE covariance(smallint[]) (
    SFUNC = covariance_add,
    STYPE = covariance,
    SSPACE = 1572864,
    COMBINEFUNC = covariance_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE covariance(smallint[]) IS 'exact sums for means, covariances and principal components';

CREATE AGGREGATE covariance(integer[]) (
    SFUNC = covariance_add,
    STYPE = covariance,
    SSPACE = 1572864,
    COMBINEFUNC = covariance_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE covariance(integer[]) IS 'exact sums for means, covariances and principal components';

CREATE AGGREGATE covariance(real[]) (
    SFUNC = covariance_add,
    STYPE = covariance,
    SSPACE = 1572864,
    COMBINEFUNC = covariance_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE covariance(real[]) IS 'exact sums for means, covariances and principal components';

CREATE AGGREGATE covariance(double precision[]) (
    SFUNC = covariance_add,
    STYPE = covariance,
    SSPACE = 1572864,
    COMBINEFUNC = covariance_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE covariance(double precision[]) IS 'exact sums for means, covariances and principal components';

CREATE AGGREGATE covariance(covariance) (
    SFUNC = covariance_combine,
    STYPE = covariance,
    SSPACE = 2621440,
    COMBINEFUNC = covariance_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE covariance(covariance) IS 'union of covariances';

-- a = b: the same sums, as of the same rows in any order.
CREATE FUNCTION covariance_eq(covariance, covariance) RETURNS boolean
    AS 'MODULE_PATHNAME', 'synthdq_covariance_eq'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION covariance_eq(covariance, covariance) IS 'implementation of = for covariance';

CREATE OPERATOR = (
    LEFTARG = covariance,
    RIGHTARG = covariance,
    FUNCTION = covariance_eq,
    COMMUTATOR = =,
    RESTRICT = eqsel,
    JOIN = eqjoinsel
);
COMMENT ON OPERATOR = (covariance, covariance) IS 'same sums';

-- ---------------------------------------------------------------------------------------------
-- Questions to a value.
-- ---------------------------------------------------------------------------------------------

-- n(c): the number of rows.
CREATE FUNCTION n(c covariance) RETURNS bigint
    AS 'MODULE_PATHNAME', 'synthdq_covariance_n'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION n(covariance) IS 'number of rows';

-- n_positions(c): the number of elements of a row.
CREATE FUNCTION n_positions(c covariance) RETURNS integer
    AS 'MODULE_PATHNAME', 'synthdq_covariance_n_positions'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION n_positions(covariance) IS 'number of array positions';

-- mean(c): the mean at each position: the mean image.
CREATE FUNCTION mean(c covariance) RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'synthdq_covariance_mean'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION mean(covariance) IS 'arithmetic mean at each position';

-- variances(c): the variance at each position, with divisor n - 1; NULL for fewer than two rows. A variance beyond
-- the range of double precision is an error.
CREATE FUNCTION variances(c covariance) RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'synthdq_covariance_variances'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION variances(covariance) IS 'variance with divisor n - 1 at each position';

-- covariance_matrix(c): the covariance of each pair of positions, with divisor n - 1, as a symmetric array of two
-- dimensions; NULL for fewer than two rows. Each is correct to a few units of the last digit for the numbers as they
-- are kept, however large the mean is. One beyond the range of double precision is an error.
--     SELECT (covariance_matrix(covariance(px)))[407][408] FROM real;
CREATE FUNCTION covariance_matrix(c covariance) RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'synthdq_covariance_matrix'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION covariance_matrix(covariance) IS 'covariance of each pair of positions, with divisor n - 1';

-- pca_fit(c, n_components) -> pca_model
-- The components that pca_fit(query) finds in the same rows, up to rounding, without reading them again: a table of
-- any size is added up in parallel, and days or partitions by covariance(c). For one row an error, NULL for NULL.
--     SELECT pca_fit(covariance(px), 50) FROM real;
CREATE FUNCTION pca_fit(
    c covariance,
    n_components integer DEFAULT 2
)
RETURNS pca_model
    AS 'MODULE_PATHNAME', 'synthdq_pca_fit_covariance'
    LANGUAGE C IMMUTABLE PARALLEL RESTRICTED COST 1000000;
COMMENT ON FUNCTION pca_fit(covariance, integer) IS 'principal components of the rows of a covariance, as a model';
