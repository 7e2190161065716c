-- ecdf_vector: one empirical distribution per array position.
--
-- An image is an array, so the images of a table give a sample for each pixel. What is said of samples
-- in 10-ecdf.sql holds at each position: NULL elements and NaN are ignored and not counted there, -0 is
-- 0, infinities are ordinary values; equal vectors are equal values, to the byte, whatever the order of
-- rows, of parallel workers and of unions. Arrays may have any dimensions and lower bounds, they are
-- read in storage order, and positions count from 1. NULL arrays are ignored. Rows of different length
-- are an error.
--
-- 10,000 images of 784 8-bit pixels take 0.2 MB as an ecdf_vector, 60,000 not much more: what is
-- stored are distinct values and their counts.
--
-- COST: as in 10-ecdf.sql; 1000 for what reads all positions of a vector.

-- ---------------------------------------------------------------------------------------------
-- The type. Text form: [{value:count,...},{...},...], a sample for each position, e.g. [{0:2},{0:1,9:1}].
-- ---------------------------------------------------------------------------------------------
CREATE TYPE ecdf_vector;

CREATE FUNCTION ecdf_vector_in(cstring) RETURNS ecdf_vector
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_vector_in'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION ecdf_vector_in(cstring) IS 'input function of type ecdf_vector';

CREATE FUNCTION ecdf_vector_out(ecdf_vector) RETURNS cstring
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_vector_out'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION ecdf_vector_out(ecdf_vector) IS 'output function of type ecdf_vector';

CREATE FUNCTION ecdf_vector_recv(internal) RETURNS ecdf_vector
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_vector_recv'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION ecdf_vector_recv(internal) IS 'receive function of type ecdf_vector';

CREATE FUNCTION ecdf_vector_send(ecdf_vector) RETURNS bytea
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_vector_send'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION ecdf_vector_send(ecdf_vector) IS 'send function of type ecdf_vector';

CREATE TYPE ecdf_vector (
    INPUT = ecdf_vector_in,
    OUTPUT = ecdf_vector_out,
    RECEIVE = ecdf_vector_recv,
    SEND = ecdf_vector_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE ecdf_vector IS 'empirical distribution for each array position, exact';

-- ---------------------------------------------------------------------------------------------
-- ecdf_vector(px): the distribution at each position over all arrays of the group. NULL if there is no
-- array, or if the arrays have no elements. A position where all elements are NULL or NaN has a
-- distribution without observations.
--     SELECT label, ecdf_vector(px) FROM real GROUP BY label;
-- ecdf_vector(v): the union of stored vectors, position by position; their observations are added up.
-- In a call, ecdf_vector(NULL) is read as NULL::ecdf_vector; write ecdf_vector(NULL::real[]).
-- ---------------------------------------------------------------------------------------------
CREATE FUNCTION ecdf_vector_add(ecdf_vector, smallint[]) RETURNS ecdf_vector
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_vector_add'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION ecdf_vector_add(ecdf_vector, smallint[]) IS 'transition function of ecdf_vector(smallint[])';

CREATE FUNCTION ecdf_vector_add(ecdf_vector, integer[]) RETURNS ecdf_vector
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_vector_add'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION ecdf_vector_add(ecdf_vector, integer[]) IS 'transition function of ecdf_vector(integer[])';

CREATE FUNCTION ecdf_vector_add(ecdf_vector, real[]) RETURNS ecdf_vector
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_vector_add'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION ecdf_vector_add(ecdf_vector, real[]) IS 'transition function of ecdf_vector(real[])';

CREATE FUNCTION ecdf_vector_add(ecdf_vector, double precision[]) RETURNS ecdf_vector
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_vector_add'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION ecdf_vector_add(ecdf_vector, double precision[]) IS 'transition function of ecdf_vector(double precision[])';

CREATE FUNCTION ecdf_vector_combine(ecdf_vector, ecdf_vector) RETURNS ecdf_vector
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_vector_combine'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION ecdf_vector_combine(ecdf_vector, ecdf_vector) IS 'union of two vectors of distributions; combine function of ecdf_vector()';

CREATE FUNCTION ecdf_vector_final(ecdf_vector) RETURNS ecdf_vector
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_vector_final'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION ecdf_vector_final(ecdf_vector) IS 'final function of ecdf_vector(): NULL if there are no positions';

-- SSPACE: the object and the counters of 784 8-bit pixels, 256 and a cache line each.
CREATE AGGREGATE ecdf_vector(smallint[]) (
    SFUNC = ecdf_vector_add,
    STYPE = ecdf_vector,
    SSPACE = 860160,
    COMBINEFUNC = ecdf_vector_combine,
    FINALFUNC = ecdf_vector_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ecdf_vector(smallint[]) IS 'empirical distribution at each array position';

CREATE AGGREGATE ecdf_vector(integer[]) (
    SFUNC = ecdf_vector_add,
    STYPE = ecdf_vector,
    SSPACE = 860160,
    COMBINEFUNC = ecdf_vector_combine,
    FINALFUNC = ecdf_vector_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ecdf_vector(integer[]) IS 'empirical distribution at each array position';

CREATE AGGREGATE ecdf_vector(real[]) (
    SFUNC = ecdf_vector_add,
    STYPE = ecdf_vector,
    SSPACE = 860160,
    COMBINEFUNC = ecdf_vector_combine,
    FINALFUNC = ecdf_vector_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ecdf_vector(real[]) IS 'empirical distribution at each array position';

CREATE AGGREGATE ecdf_vector(double precision[]) (
    SFUNC = ecdf_vector_add,
    STYPE = ecdf_vector,
    SSPACE = 860160,
    COMBINEFUNC = ecdf_vector_combine,
    FINALFUNC = ecdf_vector_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ecdf_vector(double precision[]) IS 'empirical distribution at each array position';

CREATE AGGREGATE ecdf_vector(ecdf_vector) (
    SFUNC = ecdf_vector_combine,
    STYPE = ecdf_vector,
    SSPACE = 1638400,
    COMBINEFUNC = ecdf_vector_combine,
    FINALFUNC = ecdf_vector_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ecdf_vector(ecdf_vector) IS 'union of vectors of empirical distributions';

-- a = b: as many positions, and the same values with the same counts at each of them.
CREATE FUNCTION ecdf_vector_eq(ecdf_vector, ecdf_vector) RETURNS boolean
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_vector_eq'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION ecdf_vector_eq(ecdf_vector, ecdf_vector) IS 'implementation of = for ecdf_vector';

CREATE OPERATOR = (
    LEFTARG = ecdf_vector,
    RIGHTARG = ecdf_vector,
    FUNCTION = ecdf_vector_eq,
    COMMUTATOR = =,
    RESTRICT = eqsel,
    JOIN = eqjoinsel
);
COMMENT ON OPERATOR = (ecdf_vector, ecdf_vector) IS 'same distributions at all positions';

-- ---------------------------------------------------------------------------------------------
-- Questions to a vector. A position that does not exist is an error.
-- ---------------------------------------------------------------------------------------------

-- n_positions(v): the number of positions.
CREATE FUNCTION n_positions(v ecdf_vector) RETURNS integer
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_vector_n_positions'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION n_positions(ecdf_vector) IS 'number of array positions';

-- n(v, position): the number of observations at a position.
CREATE FUNCTION n(v ecdf_vector, "position" integer) RETURNS bigint
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_vector_n'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION n(ecdf_vector, integer) IS 'number of observations at a position';

-- ecdf_at(v, position): the distribution at a position, {} if there are no observations.
--     SELECT ks_test(ecdf_at(r.v, 407), ecdf_at(f.v, 407)) FROM real_vector r, fake_vector f;
CREATE FUNCTION ecdf_at(v ecdf_vector, "position" integer) RETURNS ecdf
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_vector_at'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION ecdf_at(ecdf_vector, integer) IS 'distribution at a position';

-- ecdf_pooled(v): the distribution over all positions, what ecdf(px) over the same arrays gives; NULL if
-- there are no observations.
CREATE FUNCTION ecdf_pooled(v ecdf_vector) RETURNS ecdf
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_vector_pooled'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION ecdf_pooled(ecdf_vector) IS 'distribution over all positions';

-- mean(v): the mean at each position, as mean(ecdf) has it: the mean image. NULL where there are no
-- observations.
CREATE FUNCTION mean(v ecdf_vector) RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_vector_mean'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION mean(ecdf_vector) IS 'arithmetic mean at each position';

-- stddev(v): the standard deviation at each position, as stddev(ecdf) has it. NULL where there are
-- fewer than two observations.
CREATE FUNCTION stddev(v ecdf_vector) RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_vector_stddev'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION stddev(ecdf_vector) IS 'standard deviation with divisor n - 1 at each position';

-- ecdf_vector_points(v): what ecdf_points(ecdf_at(v, position)) gives, for all positions.
CREATE FUNCTION ecdf_vector_points(v ecdf_vector)
    RETURNS TABLE ("position" integer, value double precision, n bigint, cum double precision)
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_vector_points'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 100000;
COMMENT ON FUNCTION ecdf_vector_points(ecdf_vector) IS 'distinct values of each position with their counts and cumulated shares';

-- v::json: {"n_positions": 2, "positions": [e, e]} with what e::json gives for each position.
CREATE FUNCTION ecdf_vector_json(v ecdf_vector) RETURNS json
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_vector_json'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION ecdf_vector_json(ecdf_vector) IS 'distributions of all positions as json';

CREATE CAST (ecdf_vector AS json) WITH FUNCTION ecdf_vector_json(ecdf_vector);
COMMENT ON CAST (ecdf_vector AS json) IS 'distributions of all positions as json';
