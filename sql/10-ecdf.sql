-- Empirical distributions: the types ecdf and sample_pair, and the aggregate ecdf().
--
-- Rules for all of them. NULL rows, NULL elements and NaN are ignored and not counted; -0 equals 0;
-- infinities are ordinary values. Arrays are read element by element, whatever their dimensions and
-- lower bounds. Equal samples are equal values, to the byte, whatever the order of rows, of parallel
-- workers and of unions. A sample has at most 2,147,483,648 observations, a value is below 1 GB, and
-- an aggregate that needs more memory than synthdq.max_memory is refused.
--
-- COST: 1 for what takes well below a microsecond, 10 for an array (784 pixels take half a
-- microsecond, other numbers a few), 100 for what reads a whole distribution of some size.

-- ---------------------------------------------------------------------------------------------
-- ecdf: one sample, kept exactly as distinct values and their counts.
--
-- Text form: {value:count,...}, values ascending, e.g. {0:12,1.5:3,Infinity:1}. It reads back
-- exactly. Stored ecdfs can be united later: SELECT ecdf(e) FROM daily.
-- ---------------------------------------------------------------------------------------------
CREATE TYPE ecdf;

CREATE FUNCTION ecdf_in(cstring) RETURNS ecdf
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_in'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION ecdf_in(cstring) IS 'input function of type ecdf';

CREATE FUNCTION ecdf_out(ecdf) RETURNS cstring
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_out'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION ecdf_out(ecdf) IS 'output function of type ecdf';

CREATE FUNCTION ecdf_recv(internal) RETURNS ecdf
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_recv'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION ecdf_recv(internal) IS 'receive function of type ecdf';

CREATE FUNCTION ecdf_send(ecdf) RETURNS bytea
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_send'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION ecdf_send(ecdf) IS 'send function of type ecdf';

CREATE TYPE ecdf (
    INPUT = ecdf_in,
    OUTPUT = ecdf_out,
    RECEIVE = ecdf_recv,
    SEND = ecdf_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE ecdf IS 'empirical distribution of a sample, exact: distinct values with their counts';

-- ecdf(x): the distribution of all values (of all elements, for arrays) in the group. NULL if there
-- is none.
--     SELECT label, ecdf(px) FROM real GROUP BY label;
-- ecdf(e): the union of stored distributions; their observations are added up.
-- In a call, ecdf(NULL) is read as NULL::ecdf; write ecdf(NULL::float8).
CREATE FUNCTION ecdf_add(ecdf, double precision) RETURNS ecdf
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_add_float8'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION ecdf_add(ecdf, double precision) IS 'transition function of ecdf(double precision)';

CREATE FUNCTION ecdf_add(ecdf, smallint[]) RETURNS ecdf
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_add_array'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION ecdf_add(ecdf, smallint[]) IS 'transition function of ecdf(smallint[])';

CREATE FUNCTION ecdf_add(ecdf, integer[]) RETURNS ecdf
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_add_array'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION ecdf_add(ecdf, integer[]) IS 'transition function of ecdf(integer[])';

CREATE FUNCTION ecdf_add(ecdf, real[]) RETURNS ecdf
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_add_array'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION ecdf_add(ecdf, real[]) IS 'transition function of ecdf(real[])';

CREATE FUNCTION ecdf_add(ecdf, double precision[]) RETURNS ecdf
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_add_array'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION ecdf_add(ecdf, double precision[]) IS 'transition function of ecdf(double precision[])';

CREATE FUNCTION ecdf_combine(ecdf, ecdf) RETURNS ecdf
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_combine'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION ecdf_combine(ecdf, ecdf) IS 'union of two distributions; combine function of ecdf()';

CREATE FUNCTION ecdf_final(ecdf) RETURNS ecdf
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_final'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION ecdf_final(ecdf) IS 'final function of ecdf(): NULL if nothing was added';

-- SSPACE: the object (1 kB) and, for arrays, the counters of 8-bit pixels (4 kB, twice that where their
-- range had to grow); for single numbers, buffers of a few hundred. Of floating point arrays the planner
-- cannot know what they hold: the estimate lies between 8-bit pixels (13 kB with a buffer for an image)
-- and such pixels scaled (32 kB: a table of 255 different numbers). test/t/groups.pl holds all of them to
-- a factor of two.
CREATE AGGREGATE ecdf(double precision) (
    SFUNC = ecdf_add,
    STYPE = ecdf,
    SSPACE = 4096,
    COMBINEFUNC = ecdf_combine,
    FINALFUNC = ecdf_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ecdf(double precision) IS 'empirical distribution of the values';

CREATE AGGREGATE ecdf(smallint[]) (
    SFUNC = ecdf_add,
    STYPE = ecdf,
    SSPACE = 8192,
    COMBINEFUNC = ecdf_combine,
    FINALFUNC = ecdf_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ecdf(smallint[]) IS 'empirical distribution of all array elements';

CREATE AGGREGATE ecdf(integer[]) (
    SFUNC = ecdf_add,
    STYPE = ecdf,
    SSPACE = 8192,
    COMBINEFUNC = ecdf_combine,
    FINALFUNC = ecdf_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ecdf(integer[]) IS 'empirical distribution of all array elements';

CREATE AGGREGATE ecdf(real[]) (
    SFUNC = ecdf_add,
    STYPE = ecdf,
    SSPACE = 20480,
    COMBINEFUNC = ecdf_combine,
    FINALFUNC = ecdf_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ecdf(real[]) IS 'empirical distribution of all array elements';

CREATE AGGREGATE ecdf(double precision[]) (
    SFUNC = ecdf_add,
    STYPE = ecdf,
    SSPACE = 20480,
    COMBINEFUNC = ecdf_combine,
    FINALFUNC = ecdf_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ecdf(double precision[]) IS 'empirical distribution of all array elements';

CREATE AGGREGATE ecdf(ecdf) (
    SFUNC = ecdf_combine,
    STYPE = ecdf,
    SSPACE = 8192,
    COMBINEFUNC = ecdf_combine,
    FINALFUNC = ecdf_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ecdf(ecdf) IS 'union of empirical distributions';

-- a = b: the same values with the same counts. There is no order and no hash: an ecdf is a result,
-- not a key.
CREATE FUNCTION ecdf_eq(ecdf, ecdf) RETURNS boolean
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_eq'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION ecdf_eq(ecdf, ecdf) IS 'implementation of = for ecdf';

CREATE OPERATOR = (
    LEFTARG = ecdf,
    RIGHTARG = ecdf,
    FUNCTION = ecdf_eq,
    COMMUTATOR = =,
    RESTRICT = eqsel,
    JOIN = eqjoinsel
);
COMMENT ON OPERATOR = (ecdf, ecdf) IS 'same values with the same counts';

-- n(e): the number of observations.
CREATE FUNCTION n(e ecdf) RETURNS bigint
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_n'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION n(ecdf) IS 'number of observations';

-- cdf(e, x): F(x), the share of observations <= x; NaN for NaN, NULL for an ecdf without
-- observations.
--     SELECT cdf('{0:3,10:1}', 5);      -- 0.75
CREATE FUNCTION cdf(e ecdf, x double precision) RETURNS double precision
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_cdf'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION cdf(ecdf, double precision) IS 'share of observations not above x';

-- quantile(e, p): the smallest observed value v with cdf(e, v) >= p, as percentile_disc() has it;
-- the minimum for p = 0. So quantile(e, cdf(e, v)) = v for every observed v. 0 <= p <= 1; NULL for
-- an ecdf without observations. Source: Hyndman and Fan 1996, definition 1.
--     SELECT quantile('{0:3,10:1}', 0.5);      -- 0
CREATE FUNCTION quantile(e ecdf, p double precision) RETURNS double precision
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_quantile'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION quantile(ecdf, double precision) IS 'smallest observed value whose cdf is at least p';

-- mean(e): the arithmetic mean. With infinite observations the infinity that occurs, NaN if both do;
-- NULL for an ecdf without observations.
CREATE FUNCTION mean(e ecdf) RETURNS double precision
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_mean'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION mean(ecdf) IS 'arithmetic mean';

-- stddev(e): the standard deviation with divisor n - 1, computed in two passes around the mean. NaN
-- with infinite observations; NULL for fewer than two.
CREATE FUNCTION stddev(e ecdf) RETURNS double precision
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_stddev'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION stddev(ecdf) IS 'standard deviation with divisor n - 1';

-- ecdf_points(e): one row per distinct value, ascending: the value, how often it occurs, and
-- cum = cdf(e, value). What a step plot needs.
CREATE FUNCTION ecdf_points(e ecdf)
    RETURNS TABLE (value double precision, n bigint, cum double precision)
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_points'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 256;
COMMENT ON FUNCTION ecdf_points(ecdf) IS 'distinct values with their counts and cumulated shares';

-- e::json: the distribution for inspection elsewhere: {"n": 4, "values": [0, 1.5], "counts": [3, 1]},
-- values ascending, as many counts as values. JSON has no infinities: they are the strings "Infinity"
-- and "-Infinity". to_json(), row_to_json() and json_agg() use the cast. There is no way back; the text
-- form reads back exactly.
--     SELECT ('{0:3,1.5:1}'::ecdf)::json -> 'values';      -- [0, 1.5]
CREATE FUNCTION ecdf_json(e ecdf) RETURNS json
    AS 'MODULE_PATHNAME', 'synthdq_ecdf_json'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION ecdf_json(ecdf) IS 'distribution as json: n, values and counts';

CREATE CAST (ecdf AS json) WITH FUNCTION ecdf_json(ecdf);
COMMENT ON CAST (ecdf AS json) IS 'distribution as json: n, values and counts';

-- ---------------------------------------------------------------------------------------------
-- sample_pair: two samples, x (real) and y (synthetic): the state of every two-sample aggregate.
--
-- Text form: ({value:count,...},{value:count,...}). It is a type of its own, so that partial states
-- can be shipped between nodes.
-- ---------------------------------------------------------------------------------------------
CREATE TYPE sample_pair;

CREATE FUNCTION sample_pair_in(cstring) RETURNS sample_pair
    AS 'MODULE_PATHNAME', 'synthdq_sample_pair_in'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION sample_pair_in(cstring) IS 'input function of type sample_pair';

CREATE FUNCTION sample_pair_out(sample_pair) RETURNS cstring
    AS 'MODULE_PATHNAME', 'synthdq_sample_pair_out'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION sample_pair_out(sample_pair) IS 'output function of type sample_pair';

CREATE FUNCTION sample_pair_recv(internal) RETURNS sample_pair
    AS 'MODULE_PATHNAME', 'synthdq_sample_pair_recv'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION sample_pair_recv(internal) IS 'receive function of type sample_pair';

CREATE FUNCTION sample_pair_send(sample_pair) RETURNS bytea
    AS 'MODULE_PATHNAME', 'synthdq_sample_pair_send'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION sample_pair_send(sample_pair) IS 'send function of type sample_pair';

CREATE TYPE sample_pair (
    INPUT = sample_pair_in,
    OUTPUT = sample_pair_out,
    RECEIVE = sample_pair_recv,
    SEND = sample_pair_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE sample_pair IS 'two samples, exact: the state of the two-sample aggregates';

-- sample_pair_add(state, x, y): rows with a column per sample; a side that is NULL is ignored, and
-- the two arrays of a row may differ in length.
CREATE FUNCTION sample_pair_add(sample_pair, double precision, double precision) RETURNS sample_pair
    AS 'MODULE_PATHNAME', 'synthdq_sample_pair_add_float8'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION sample_pair_add(sample_pair, double precision, double precision) IS 'transition function of two-sample aggregates';

CREATE FUNCTION sample_pair_add(sample_pair, smallint[], smallint[]) RETURNS sample_pair
    AS 'MODULE_PATHNAME', 'synthdq_sample_pair_add_array'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION sample_pair_add(sample_pair, smallint[], smallint[]) IS 'transition function of two-sample aggregates';

CREATE FUNCTION sample_pair_add(sample_pair, integer[], integer[]) RETURNS sample_pair
    AS 'MODULE_PATHNAME', 'synthdq_sample_pair_add_array'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION sample_pair_add(sample_pair, integer[], integer[]) IS 'transition function of two-sample aggregates';

CREATE FUNCTION sample_pair_add(sample_pair, real[], real[]) RETURNS sample_pair
    AS 'MODULE_PATHNAME', 'synthdq_sample_pair_add_array'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION sample_pair_add(sample_pair, real[], real[]) IS 'transition function of two-sample aggregates';

CREATE FUNCTION sample_pair_add(sample_pair, double precision[], double precision[]) RETURNS sample_pair
    AS 'MODULE_PATHNAME', 'synthdq_sample_pair_add_array'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION sample_pair_add(sample_pair, double precision[], double precision[]) IS 'transition function of two-sample aggregates';

-- sample_pair_add(state, x, is_synthetic): labelled rows; true = y. A row without label is ignored.
CREATE FUNCTION sample_pair_add(sample_pair, double precision, boolean) RETURNS sample_pair
    AS 'MODULE_PATHNAME', 'synthdq_sample_pair_add_labelled_float8'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION sample_pair_add(sample_pair, double precision, boolean) IS 'transition function of two-sample aggregates over labelled rows';

CREATE FUNCTION sample_pair_add(sample_pair, smallint[], boolean) RETURNS sample_pair
    AS 'MODULE_PATHNAME', 'synthdq_sample_pair_add_labelled_array'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION sample_pair_add(sample_pair, smallint[], boolean) IS 'transition function of two-sample aggregates over labelled rows';

CREATE FUNCTION sample_pair_add(sample_pair, integer[], boolean) RETURNS sample_pair
    AS 'MODULE_PATHNAME', 'synthdq_sample_pair_add_labelled_array'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION sample_pair_add(sample_pair, integer[], boolean) IS 'transition function of two-sample aggregates over labelled rows';

CREATE FUNCTION sample_pair_add(sample_pair, real[], boolean) RETURNS sample_pair
    AS 'MODULE_PATHNAME', 'synthdq_sample_pair_add_labelled_array'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION sample_pair_add(sample_pair, real[], boolean) IS 'transition function of two-sample aggregates over labelled rows';

CREATE FUNCTION sample_pair_add(sample_pair, double precision[], boolean) RETURNS sample_pair
    AS 'MODULE_PATHNAME', 'synthdq_sample_pair_add_labelled_array'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION sample_pair_add(sample_pair, double precision[], boolean) IS 'transition function of two-sample aggregates over labelled rows';

CREATE FUNCTION sample_pair_combine(sample_pair, sample_pair) RETURNS sample_pair
    AS 'MODULE_PATHNAME', 'synthdq_sample_pair_combine'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION sample_pair_combine(sample_pair, sample_pair) IS 'combine function of two-sample aggregates';

