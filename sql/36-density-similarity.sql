-- How alike two densities are: kde_similarity, kde2d_similarity, and what they are between halves of one sample.

-- density_similarity: f (the first or real density) against g (the second or synthetic one), each divided by its own
-- integral over the common grid. Integrals by the trapezoidal rule.
--   overlap      int min(f, g): 1 for equal densities, 0 for those that never meet
--   l1           int |f - g| = 2 (1 - overlap)
--   l2           sqrt(int (f - g)^2), in the unit 1 / sqrt(x)
--   hellinger    sqrt(int (sqrt f - sqrt g)^2 / 2), 0 to 1
--   js           Jensen-Shannon divergence in bits, 0 to 1
--   kl_12, kl_21 Kullback-Leibler divergence of f from g and of g from f, in nats; Infinity where one has mass
--                and the other is 0, which it is beyond 37 bandwidths from all its values, 20 from its points
--   gap, gap_x   f - g where |f - g| is largest, and where that is
--   bandwidth_1, bandwidth_2   of both kernels: where they differ, that alone makes a difference
--   n_1, n_2     number of values
--   p_value, permutations      of the permutation test where one was asked for, else NULL and 0
CREATE TYPE density_similarity AS (
    overlap double precision,
    l1 double precision,
    l2 double precision,
    hellinger double precision,
    js double precision,
    kl_12 double precision,
    kl_21 double precision,
    gap double precision,
    gap_x double precision,
    bandwidth_1 double precision,
    bandwidth_2 double precision,
    n_1 bigint,
    n_2 bigint,
    p_value double precision,
    permutations bigint
);
COMMENT ON TYPE density_similarity IS 'how alike two densities of one variable are: overlap, distances, divergences, the largest gap';
COMMENT ON COLUMN density_similarity.overlap IS 'area below both densities, 0 to 1';
COMMENT ON COLUMN density_similarity.l1 IS 'area between both densities, 2 (1 - overlap)';
COMMENT ON COLUMN density_similarity.l2 IS 'root of the integral of the squared difference';
COMMENT ON COLUMN density_similarity.hellinger IS 'Hellinger distance, 0 to 1';
COMMENT ON COLUMN density_similarity.js IS 'Jensen-Shannon divergence in bits, 0 to 1';
COMMENT ON COLUMN density_similarity.kl_12 IS 'Kullback-Leibler divergence of the first from the second, in nats';
COMMENT ON COLUMN density_similarity.kl_21 IS 'Kullback-Leibler divergence of the second from the first, in nats';
COMMENT ON COLUMN density_similarity.gap IS 'first density less the second, where they differ most';
COMMENT ON COLUMN density_similarity.gap_x IS 'where they differ most';
COMMENT ON COLUMN density_similarity.bandwidth_1 IS 'bandwidth of the first density';
COMMENT ON COLUMN density_similarity.bandwidth_2 IS 'bandwidth of the second density';
COMMENT ON COLUMN density_similarity.n_1 IS 'values of the first sample';
COMMENT ON COLUMN density_similarity.n_2 IS 'values of the second sample';
COMMENT ON COLUMN density_similarity.p_value IS 'chance of an overlap as small among random labels; NULL if not asked for';
COMMENT ON COLUMN density_similarity.permutations IS 'random labellings looked at for p_value';

-- density_similarity_2d: the same for densities of points.
CREATE TYPE density_similarity_2d AS (
    overlap double precision,
    l1 double precision,
    l2 double precision,
    hellinger double precision,
    js double precision,
    kl_12 double precision,
    kl_21 double precision,
    gap double precision,
    gap_x double precision,
    gap_y double precision,
    bandwidth_x_1 double precision,
    bandwidth_y_1 double precision,
    bandwidth_x_2 double precision,
    bandwidth_y_2 double precision,
    n_1 bigint,
    n_2 bigint,
    p_value double precision,
    permutations bigint
);
COMMENT ON TYPE density_similarity_2d IS 'how alike two densities of points are: overlap, distances, divergences, the largest gap';
COMMENT ON COLUMN density_similarity_2d.overlap IS 'volume below both densities, 0 to 1';
COMMENT ON COLUMN density_similarity_2d.l1 IS 'volume between both densities, 2 (1 - overlap)';
COMMENT ON COLUMN density_similarity_2d.l2 IS 'root of the integral of the squared difference';
COMMENT ON COLUMN density_similarity_2d.hellinger IS 'Hellinger distance, 0 to 1';
COMMENT ON COLUMN density_similarity_2d.js IS 'Jensen-Shannon divergence in bits, 0 to 1';
COMMENT ON COLUMN density_similarity_2d.kl_12 IS 'Kullback-Leibler divergence of the first from the second, in nats';
COMMENT ON COLUMN density_similarity_2d.kl_21 IS 'Kullback-Leibler divergence of the second from the first, in nats';
COMMENT ON COLUMN density_similarity_2d.gap IS 'first density less the second, where they differ most';
COMMENT ON COLUMN density_similarity_2d.gap_x IS 'first coordinate of where they differ most';
COMMENT ON COLUMN density_similarity_2d.gap_y IS 'second coordinate of where they differ most';
COMMENT ON COLUMN density_similarity_2d.bandwidth_x_1 IS 'bandwidth of the first density along x';
COMMENT ON COLUMN density_similarity_2d.bandwidth_y_1 IS 'bandwidth of the first density along y';
COMMENT ON COLUMN density_similarity_2d.bandwidth_x_2 IS 'bandwidth of the second density along x';
COMMENT ON COLUMN density_similarity_2d.bandwidth_y_2 IS 'bandwidth of the second density along y';
COMMENT ON COLUMN density_similarity_2d.n_1 IS 'points of the first sample';
COMMENT ON COLUMN density_similarity_2d.n_2 IS 'points of the second sample';
COMMENT ON COLUMN density_similarity_2d.p_value IS 'chance of an overlap as small among random labels; NULL if not asked for';
COMMENT ON COLUMN density_similarity_2d.permutations IS 'random labellings looked at for p_value';

-- kde_similarity(a kde_result, b kde_result) -> density_similarity
-- Two densities that were computed on one grid, node by node. Another grid for b is an error that shows both. A
-- density that is NULL, or 0 on the whole grid, gives NULL measures; a NULL argument gives NULL.
--   SELECT s.* FROM kde_similarity(
--       (SELECT kde(ecdf(ink), lo => 0, hi => 255) FROM real),
--       (SELECT kde(ecdf(ink), lo => 0, hi => 255) FROM fake)) s;
CREATE FUNCTION kde_similarity(a kde_result, b kde_result) RETURNS density_similarity
    AS 'MODULE_PATHNAME', 'synthdq_kde_similarity'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION kde_similarity(kde_result, kde_result) IS
    'how alike two densities on one grid are';

-- kde2d_similarity(a kde2d_result, b kde2d_result) -> density_similarity_2d
CREATE FUNCTION kde2d_similarity(a kde2d_result, b kde2d_result) RETURNS density_similarity_2d
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_similarity'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION kde2d_similarity(kde2d_result, kde2d_result) IS
    'how alike two densities of points on one grid are';

-- kde_similarity_state: what kde_similarity() has collected. Merges exactly.
CREATE TYPE kde_similarity_state;

CREATE FUNCTION kde_similarity_state_in(cstring) RETURNS kde_similarity_state
    AS 'MODULE_PATHNAME', 'synthdq_kde_similarity_state_in'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde_similarity_state_in(cstring) IS 'I/O';

CREATE FUNCTION kde_similarity_state_out(kde_similarity_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'synthdq_kde_similarity_state_out'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde_similarity_state_out(kde_similarity_state) IS 'I/O';

CREATE FUNCTION kde_similarity_state_recv(internal) RETURNS kde_similarity_state
    AS 'MODULE_PATHNAME', 'synthdq_kde_similarity_state_recv'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde_similarity_state_recv(internal) IS 'I/O';

CREATE FUNCTION kde_similarity_state_send(kde_similarity_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'synthdq_kde_similarity_state_send'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde_similarity_state_send(kde_similarity_state) IS 'I/O';

CREATE TYPE kde_similarity_state (
    INPUT = kde_similarity_state_in,
    OUTPUT = kde_similarity_state_out,
    RECEIVE = kde_similarity_state_recv,
    SEND = kde_similarity_state_send,
    ALIGNMENT = double,
    STORAGE = external
);
COMMENT ON TYPE kde_similarity_state IS
    'state of the aggregates kde_similarity: values of two sides, grid and bandwidth';

-- Support functions of the aggregates: collect, merge, evaluate.
CREATE FUNCTION kde_similarity_state_add(
    kde_similarity_state,
    x double precision,
    is_synthetic boolean
) RETURNS kde_similarity_state
    AS 'MODULE_PATHNAME', 'synthdq_kde_similarity_state_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_similarity_state_add(
    kde_similarity_state, double precision, boolean
) IS 'transition function of kde_similarity';

CREATE FUNCTION kde_similarity_state_add(
    kde_similarity_state,
    x double precision,
    is_synthetic boolean,
    grid_size integer,
    bandwidth text
) RETURNS kde_similarity_state
    AS 'MODULE_PATHNAME', 'synthdq_kde_similarity_state_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_similarity_state_add(
    kde_similarity_state, double precision, boolean, integer, text
) IS 'transition function of kde_similarity';

CREATE FUNCTION kde_similarity_state_add(
    kde_similarity_state,
    x double precision,
    is_synthetic boolean,
    grid_size integer,
    bandwidth text,
    permutations integer,
    seed bigint
) RETURNS kde_similarity_state
    AS 'MODULE_PATHNAME', 'synthdq_kde_similarity_state_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_similarity_state_add(
    kde_similarity_state, double precision, boolean, integer, text, integer, bigint
) IS 'transition function of kde_similarity';

CREATE FUNCTION kde_similarity_state_combine(kde_similarity_state, kde_similarity_state)
RETURNS kde_similarity_state
    AS 'MODULE_PATHNAME', 'synthdq_kde_similarity_state_combine'
    LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_similarity_state_combine(kde_similarity_state, kde_similarity_state) IS
    'combine function of kde_similarity';

CREATE FUNCTION density_similarity(kde_similarity_state) RETURNS density_similarity
    AS 'MODULE_PATHNAME', 'synthdq_kde_similarity_final'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5000;
COMMENT ON FUNCTION density_similarity(kde_similarity_state) IS 'final function of kde_similarity';

CREATE FUNCTION density_similarity_baseline(kde_similarity_state) RETURNS density_similarity
    AS 'MODULE_PATHNAME', 'synthdq_kde_similarity_baseline_final'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5000;
COMMENT ON FUNCTION density_similarity_baseline(kde_similarity_state) IS
    'final function of kde_similarity_baseline';

-- kde_similarity(x, is_synthetic) -> density_similarity
-- kde_similarity(x, is_synthetic, grid_size, bandwidth)
-- kde_similarity(x, is_synthetic, grid_size, bandwidth, permutations, seed)
-- The densities of real (f) and synthetic (g) values with one kernel, on one grid, compared as above.
--   grid_size     nodes of the grid, 2 to 4096, default 200; it reaches from 3 h below the lowest value of both sides to
--                 3 h above the highest
--   bandwidth     'scott' (default), 'silverman', or a number above 0: h itself. A rule gives both sides one h: the
--                 standard deviation within the sides (not of their union, which a distance between the sides would
--                 widen) times the geometric mean of the rule's factors for n_1 and n_2. 'isj' has no such factor and is an
--                 error: take h from kde() of the real values, and state it as a number
--   permutations  0 to 1000000, default 0: random labellings for p_value = (b + 1) / (permutations + 1), b of them with an
--                 overlap as small as that of the given labels or smaller. They keep n_1 and n_2, and are computed
--                 with the kernel of the union, which does not depend on labels, on values rounded to a quarter of its h.
--   seed          of these labellings
-- Rows with a NULL, and NaN, are skipped. No value on one side, or an infinite one: NULL. Fewer than three values, or
-- equal ones within each side, under a rule: only n_1 and n_2 are set. Parameters must be the same in all rows of
-- a group. The order of rows, the plan and the number of threads change no bit.
--   SELECT label, (kde_similarity(ink, is_synthetic)).overlap FROM digits GROUP BY label;
-- Source: Bowman and Azzalini, "Applied Smoothing Techniques for Data Analysis", 1997, section 6.2; for the form of the
-- p-value Phipson and Smyth, "Permutation p-values should never be zero", 2010.
CREATE AGGREGATE kde_similarity(
    x double precision,
    is_synthetic boolean
) (
    SFUNC = kde_similarity_state_add,
    STYPE = kde_similarity_state,
    SSPACE = 4096,
    COMBINEFUNC = kde_similarity_state_combine,
    FINALFUNC = density_similarity,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde_similarity(
    double precision, boolean
) IS 'how alike the densities of real and synthetic values are, on 200 nodes';

CREATE AGGREGATE kde_similarity(
    x double precision,
    is_synthetic boolean,
    grid_size integer,
    bandwidth text
) (
    SFUNC = kde_similarity_state_add,
    STYPE = kde_similarity_state,
    SSPACE = 4096,
    COMBINEFUNC = kde_similarity_state_combine,
    FINALFUNC = density_similarity,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde_similarity(
    double precision, boolean, integer, text
) IS 'how alike the densities of real and synthetic values are, on a stated grid, with a stated bandwidth';

CREATE AGGREGATE kde_similarity(
    x double precision,
    is_synthetic boolean,
    grid_size integer,
    bandwidth text,
    permutations integer,
    seed bigint
) (
    SFUNC = kde_similarity_state_add,
    STYPE = kde_similarity_state,
    SSPACE = 4096,
    COMBINEFUNC = kde_similarity_state_combine,
    FINALFUNC = density_similarity,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde_similarity(
    double precision, boolean, integer, text, integer, bigint
) IS 'how alike the densities of real and synthetic values are, with a permutation test';

-- kde_similarity_baseline(same arguments) -> density_similarity
-- What kde_similarity() gives for two samples of real values: the values with is_synthetic = false, split at random
-- into halves, of which the first has n / 2 of them, rounded down. The split depends on the values and the seed (0 where
-- none is given) alone; rows with is_synthetic = true play no part. The halves are smaller than the sides, so that their
-- overlap is a little lower than that of two samples of full size.
--   SELECT (kde_similarity(ink, is_synthetic)).overlap, (kde_similarity_baseline(ink, is_synthetic)).overlap AS baseline
--   FROM digits;
CREATE AGGREGATE kde_similarity_baseline(
    x double precision,
    is_synthetic boolean
) (
    SFUNC = kde_similarity_state_add,
    STYPE = kde_similarity_state,
    SSPACE = 4096,
    COMBINEFUNC = kde_similarity_state_combine,
    FINALFUNC = density_similarity_baseline,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde_similarity_baseline(
    double precision, boolean
) IS 'how alike the densities of two random halves of the real values are, on 200 nodes';

CREATE AGGREGATE kde_similarity_baseline(
    x double precision,
    is_synthetic boolean,
    grid_size integer,
    bandwidth text
) (
    SFUNC = kde_similarity_state_add,
    STYPE = kde_similarity_state,
    SSPACE = 4096,
    COMBINEFUNC = kde_similarity_state_combine,
    FINALFUNC = density_similarity_baseline,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde_similarity_baseline(
    double precision, boolean, integer, text
) IS 'how alike the densities of two random halves of the real values are, on a stated grid, with a stated bandwidth';

CREATE AGGREGATE kde_similarity_baseline(
    x double precision,
    is_synthetic boolean,
    grid_size integer,
    bandwidth text,
    permutations integer,
    seed bigint
) (
    SFUNC = kde_similarity_state_add,
    STYPE = kde_similarity_state,
    SSPACE = 4096,
    COMBINEFUNC = kde_similarity_state_combine,
    FINALFUNC = density_similarity_baseline,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde_similarity_baseline(
    double precision, boolean, integer, text, integer, bigint
) IS 'how alike the densities of two random halves of the real values are, with a permutation test';

-- kde2d_similarity_state: what kde2d_similarity() has collected. Merges exactly.
CREATE TYPE kde2d_similarity_state;

CREATE FUNCTION kde2d_similarity_state_in(cstring) RETURNS kde2d_similarity_state
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_similarity_state_in'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde2d_similarity_state_in(cstring) IS 'I/O';

CREATE FUNCTION kde2d_similarity_state_out(kde2d_similarity_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_similarity_state_out'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde2d_similarity_state_out(kde2d_similarity_state) IS 'I/O';

CREATE FUNCTION kde2d_similarity_state_recv(internal) RETURNS kde2d_similarity_state
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_similarity_state_recv'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde2d_similarity_state_recv(internal) IS 'I/O';

CREATE FUNCTION kde2d_similarity_state_send(kde2d_similarity_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_similarity_state_send'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde2d_similarity_state_send(kde2d_similarity_state) IS 'I/O';

CREATE TYPE kde2d_similarity_state (
    INPUT = kde2d_similarity_state_in,
    OUTPUT = kde2d_similarity_state_out,
    RECEIVE = kde2d_similarity_state_recv,
    SEND = kde2d_similarity_state_send,
    ALIGNMENT = double,
    STORAGE = external
);
COMMENT ON TYPE kde2d_similarity_state IS
    'state of the aggregates kde2d_similarity: points of two sides, grid and bandwidth';

-- Support functions of the aggregates: collect, merge, evaluate.
CREATE FUNCTION kde2d_similarity_state_add(
    kde2d_similarity_state,
    x double precision,
    y double precision,
    is_synthetic boolean
) RETURNS kde2d_similarity_state
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_similarity_state_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde2d_similarity_state_add(
    kde2d_similarity_state, double precision, double precision, boolean
) IS 'transition function of kde2d_similarity';

CREATE FUNCTION kde2d_similarity_state_add(
    kde2d_similarity_state,
    x double precision,
    y double precision,
    is_synthetic boolean,
    grid_size integer,
    bandwidth text
) RETURNS kde2d_similarity_state
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_similarity_state_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde2d_similarity_state_add(
    kde2d_similarity_state, double precision, double precision, boolean, integer, text
) IS 'transition function of kde2d_similarity';

CREATE FUNCTION kde2d_similarity_state_add(
    kde2d_similarity_state,
    x double precision,
    y double precision,
    is_synthetic boolean,
    grid_size integer,
    bandwidth text,
    permutations integer,
    seed bigint
) RETURNS kde2d_similarity_state
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_similarity_state_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde2d_similarity_state_add(
    kde2d_similarity_state, double precision, double precision, boolean, integer, text, integer, bigint
) IS 'transition function of kde2d_similarity';

CREATE FUNCTION kde2d_similarity_state_combine(kde2d_similarity_state, kde2d_similarity_state)
RETURNS kde2d_similarity_state
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_similarity_state_combine'
    LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde2d_similarity_state_combine(kde2d_similarity_state, kde2d_similarity_state) IS
    'combine function of kde2d_similarity';

CREATE FUNCTION density_similarity_2d(kde2d_similarity_state) RETURNS density_similarity_2d
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_similarity_final'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000;
COMMENT ON FUNCTION density_similarity_2d(kde2d_similarity_state) IS 'final function of kde2d_similarity';

CREATE FUNCTION density_similarity_baseline_2d(kde2d_similarity_state) RETURNS density_similarity_2d
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_similarity_baseline_final'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000;
COMMENT ON FUNCTION density_similarity_baseline_2d(kde2d_similarity_state) IS
    'final function of kde2d_similarity_baseline';

-- kde2d_similarity(x, y, is_synthetic) -> density_similarity_2d
-- kde2d_similarity(x, y, is_synthetic, grid_size, bandwidth)
-- kde2d_similarity(x, y, is_synthetic, grid_size, bandwidth, permutations, seed)
-- The same for points, with a full covariance.
--   grid_size     nodes per axis, 2 to 4096, default 200
--   bandwidth     'scott' (default) or 'silverman', or a number above 0: the factor, as in kde2d. The kernel's covariance is
--                 factor^2 times the covariance within the sides
--   permutations, seed   as above; on points rounded to half a bandwidth
-- A row with a NULL, or a NaN coordinate, is skipped. No point on one side, or an infinite one: NULL. Where the covariance
-- within the sides has no inverse only n_1 and n_2 are set.
--   SELECT (kde2d_similarity(x, y, is_synthetic, 100, '0.1', 999, 0)).* FROM map;
CREATE AGGREGATE kde2d_similarity(
    x double precision,
    y double precision,
    is_synthetic boolean
) (
    SFUNC = kde2d_similarity_state_add,
    STYPE = kde2d_similarity_state,
    SSPACE = 4096,
    COMBINEFUNC = kde2d_similarity_state_combine,
    FINALFUNC = density_similarity_2d,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde2d_similarity(
    double precision, double precision, boolean
) IS 'how alike the densities of real and synthetic points are, on 200 x 200 nodes';

CREATE AGGREGATE kde2d_similarity(
    x double precision,
    y double precision,
    is_synthetic boolean,
    grid_size integer,
    bandwidth text
) (
    SFUNC = kde2d_similarity_state_add,
    STYPE = kde2d_similarity_state,
    SSPACE = 4096,
    COMBINEFUNC = kde2d_similarity_state_combine,
    FINALFUNC = density_similarity_2d,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde2d_similarity(
    double precision, double precision, boolean, integer, text
) IS 'how alike the densities of real and synthetic points are, on a stated grid, with a stated bandwidth';

CREATE AGGREGATE kde2d_similarity(
    x double precision,
    y double precision,
    is_synthetic boolean,
    grid_size integer,
    bandwidth text,
    permutations integer,
    seed bigint
) (
    SFUNC = kde2d_similarity_state_add,
    STYPE = kde2d_similarity_state,
    SSPACE = 4096,
    COMBINEFUNC = kde2d_similarity_state_combine,
    FINALFUNC = density_similarity_2d,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde2d_similarity(
    double precision, double precision, boolean, integer, text, integer, bigint
) IS 'how alike the densities of real and synthetic points are, with a permutation test';

-- kde2d_similarity_baseline(same arguments) -> density_similarity_2d
CREATE AGGREGATE kde2d_similarity_baseline(
    x double precision,
    y double precision,
    is_synthetic boolean
) (
    SFUNC = kde2d_similarity_state_add,
    STYPE = kde2d_similarity_state,
    SSPACE = 4096,
    COMBINEFUNC = kde2d_similarity_state_combine,
    FINALFUNC = density_similarity_baseline_2d,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde2d_similarity_baseline(
    double precision, double precision, boolean
) IS 'how alike the densities of two random halves of the real points are, on 200 x 200 nodes';

CREATE AGGREGATE kde2d_similarity_baseline(
    x double precision,
    y double precision,
    is_synthetic boolean,
    grid_size integer,
    bandwidth text
) (
    SFUNC = kde2d_similarity_state_add,
    STYPE = kde2d_similarity_state,
    SSPACE = 4096,
    COMBINEFUNC = kde2d_similarity_state_combine,
    FINALFUNC = density_similarity_baseline_2d,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde2d_similarity_baseline(
    double precision, double precision, boolean, integer, text
) IS 'how alike the densities of two random halves of the real points are, on a stated grid, with a stated bandwidth';

CREATE AGGREGATE kde2d_similarity_baseline(
    x double precision,
    y double precision,
    is_synthetic boolean,
    grid_size integer,
    bandwidth text,
    permutations integer,
    seed bigint
) (
    SFUNC = kde2d_similarity_state_add,
    STYPE = kde2d_similarity_state,
    SSPACE = 4096,
    COMBINEFUNC = kde2d_similarity_state_combine,
    FINALFUNC = density_similarity_baseline_2d,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde2d_similarity_baseline(
    double precision, double precision, boolean, integer, text, integer, bigint
) IS 'how alike the densities of two random halves of the real points are, with a permutation test';
