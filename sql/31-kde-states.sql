-- Densities that merge: stored results on one grid, bins on a stated grid, weighted samples, pooled arrays.

-- kde_merge_state: what kde_merge() and kde2d_merge() have collected. Merges exactly.
CREATE TYPE kde_merge_state;

CREATE FUNCTION kde_merge_state_in(cstring) RETURNS kde_merge_state
    AS 'MODULE_PATHNAME', 'synthdq_kde_merge_state_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde_merge_state_in(cstring) IS 'I/O';

CREATE FUNCTION kde_merge_state_out(kde_merge_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'synthdq_kde_merge_state_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde_merge_state_out(kde_merge_state) IS 'I/O';

CREATE FUNCTION kde_merge_state_recv(internal) RETURNS kde_merge_state
    AS 'MODULE_PATHNAME', 'synthdq_kde_merge_state_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde_merge_state_recv(internal) IS 'I/O';

CREATE FUNCTION kde_merge_state_send(kde_merge_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'synthdq_kde_merge_state_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde_merge_state_send(kde_merge_state) IS 'I/O';

CREATE TYPE kde_merge_state (
    INPUT = kde_merge_state_in,
    OUTPUT = kde_merge_state_out,
    RECEIVE = kde_merge_state_recv,
    SEND = kde_merge_state_send,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE kde_merge_state IS
    'state of the aggregates kde_merge and kde2d_merge: the grid, and exact sums of weighted densities';

-- Support functions of the aggregates: collect, merge, evaluate.
CREATE FUNCTION kde_merge_state_combine(kde_merge_state, kde_merge_state) RETURNS kde_merge_state
    AS 'MODULE_PATHNAME', 'synthdq_kde_merge_state_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_merge_state_combine(kde_merge_state, kde_merge_state) IS
    'combine function of kde_merge and kde2d_merge';

CREATE FUNCTION kde_merge_state_add(kde_merge_state, k kde_result) RETURNS kde_merge_state
    AS 'MODULE_PATHNAME', 'synthdq_kde_merge_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_merge_state_add(kde_merge_state, kde_result) IS
    'transition function of kde_merge';

CREATE FUNCTION kde_merge_result(kde_merge_state) RETURNS kde_result
    AS 'MODULE_PATHNAME', 'synthdq_kde_merge_result'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION kde_merge_result(kde_merge_state) IS 'final function of kde_merge';

-- kde_merge(kde_result) -> kde_result
-- The mixture of densities that were made on one and the same grid: density(x) = sum of weight * density /
-- sum of weights, the weight of a result being its `weight` (its `n` where that is NULL). It is the density that
-- kde() gives for all the data together with the bandwidths of the parts; so stored results of days or labels
-- become one of all, without their data. Node by node, products are summed exactly: the same bits in any
-- order and in any plan.
-- n, weight: sums. bandwidth, kernel, rule, method: of the parts where they all agree, otherwise NULL. mass:
-- that of the mixture.
-- NULLs, and results without a density, are skipped; nothing left: NULL. Grids that differ in any node, lengths
-- that contradict each other, a negative, NaN or infinite density or weight: an error.
--   SELECT kde_merge(k) FROM (SELECT label, kde(ecdf(px), lo => 0, hi => 255) AS k FROM digits GROUP BY label) s;
CREATE AGGREGATE kde_merge(k kde_result) (
    SFUNC = kde_merge_state_add,
    STYPE = kde_merge_state,
    SSPACE = 8192,
    COMBINEFUNC = kde_merge_state_combine,
    FINALFUNC = kde_merge_result,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde_merge(kde_result) IS
    'mixture of densities on one grid, each weighted by its data';
