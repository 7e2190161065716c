-- Densities of points that merge: stored results on one grid.

-- Support functions of kde2d_merge.
CREATE FUNCTION kde_merge_state_add(kde_merge_state, k kde2d_result) RETURNS kde_merge_state
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_merge_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_merge_state_add(kde_merge_state, kde2d_result) IS
    'transition function of kde2d_merge';

CREATE FUNCTION kde2d_merge_result(kde_merge_state) RETURNS kde2d_result
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_merge_result'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5000;
COMMENT ON FUNCTION kde2d_merge_result(kde_merge_state) IS 'final function of kde2d_merge';

-- kde2d_merge(kde2d_result) -> kde2d_result
-- The same for densities of points: each counts by its n. factor, bandwidth_x, bandwidth_y, correlation and method
-- are those of the parts where they all agree, otherwise NULL. A state holds 8 bytes for each node and for each 32
-- binary places that its densities reach: about 10 MB for 200 x 200 nodes.
--   SELECT kde2d_merge(k) FROM maps;
CREATE AGGREGATE kde2d_merge(k kde2d_result) (
    SFUNC = kde_merge_state_add,
    STYPE = kde_merge_state,
    SSPACE = 1000000,
    COMBINEFUNC = kde_merge_state_combine,
    FINALFUNC = kde2d_merge_result,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde2d_merge(kde2d_result) IS
    'mixture of densities of points on one grid, each weighted by its points';
