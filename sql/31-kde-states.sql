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
-- the mean of theirs, by weight.
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

-- kde_weighted: values that each have a weight, a multiset; 16 bytes a value. Stored and merged exactly: equal
-- multisets have equal bytes. The text form is that of bytea.
CREATE TYPE kde_weighted;

CREATE FUNCTION kde_weighted_in(cstring) RETURNS kde_weighted
    AS 'MODULE_PATHNAME', 'synthdq_kde_weighted_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde_weighted_in(cstring) IS 'I/O';

CREATE FUNCTION kde_weighted_out(kde_weighted) RETURNS cstring
    AS 'MODULE_PATHNAME', 'synthdq_kde_weighted_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde_weighted_out(kde_weighted) IS 'I/O';

CREATE FUNCTION kde_weighted_recv(internal) RETURNS kde_weighted
    AS 'MODULE_PATHNAME', 'synthdq_kde_weighted_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde_weighted_recv(internal) IS 'I/O';

CREATE FUNCTION kde_weighted_send(kde_weighted) RETURNS bytea
    AS 'MODULE_PATHNAME', 'synthdq_kde_weighted_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde_weighted_send(kde_weighted) IS 'I/O';

CREATE TYPE kde_weighted (
    INPUT = kde_weighted_in,
    OUTPUT = kde_weighted_out,
    RECEIVE = kde_weighted_recv,
    SEND = kde_weighted_send,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE kde_weighted IS 'values with weights, for densities';

CREATE FUNCTION kde_weighted_combine(kde_weighted, kde_weighted) RETURNS kde_weighted
    AS 'MODULE_PATHNAME', 'synthdq_kde_weighted_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_weighted_combine(kde_weighted, kde_weighted) IS
    'combine function of kde_weighted, and transition function of its union';

CREATE FUNCTION kde_weighted_add(
    kde_weighted,
    x double precision,
    weight double precision
) RETURNS kde_weighted
    AS 'MODULE_PATHNAME', 'synthdq_kde_weighted_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_weighted_add(kde_weighted, double precision, double precision) IS
    'transition function of kde_weighted';

-- kde_weighted(x, weight) -> kde_weighted
-- Collects values with weights of reliability, as the `weights` of scipy.stats.gaussian_kde.
-- Rows with a NULL or NaN in either are skipped, and so is a weight of 0. A negative or infinite weight is an
-- error. Infinite values are kept; they have no density. No rows: NULL.
--   SELECT (kde(kde_weighted(x, w))).bandwidth FROM t;
CREATE AGGREGATE kde_weighted(x double precision, weight double precision) (
    SFUNC = kde_weighted_add,
    STYPE = kde_weighted,
    SSPACE = 4096,
    COMBINEFUNC = kde_weighted_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde_weighted(double precision, double precision) IS
    'collects weighted values for densities';

-- kde_weighted(kde_weighted) -> kde_weighted
-- The union of stored ones. NULLs are skipped.
CREATE AGGREGATE kde_weighted(w kde_weighted) (
    SFUNC = kde_weighted_combine,
    STYPE = kde_weighted,
    SSPACE = 4096,
    COMBINEFUNC = kde_weighted_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde_weighted(kde_weighted) IS
    'union of weighted values';

-- n(kde_weighted) -> bigint
-- The number of values, whatever they weigh.
CREATE FUNCTION n(w kde_weighted) RETURNS bigint
    AS 'MODULE_PATHNAME', 'synthdq_kde_weighted_n' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION n(kde_weighted) IS 'number of weighted values';

-- kde(w kde_weighted, ...) -> kde_result
-- density(g) = sum of weight * K((g - x) / h) / (h * sum of weights). 'scott' and 'silverman' take Kish's effective number
-- of observations, (sum of weights)^2 / (sum of their squares), and the variance sum of weight * (x - mean)^2
-- over sum of weights, times neff / (neff - 1): the values are those of scipy.stats.gaussian_kde(weights = ...).
-- Only the ratios of weights matter. The other options, and what is NULL when, are as of kde(ecdf).
--   SELECT p.* FROM (SELECT kde(kde_weighted(x, w), bandwidth => 'silverman') AS k FROM t) s, kde_points(k) p;
CREATE FUNCTION kde(
    w kde_weighted,
    grid_size integer DEFAULT 200,
    bandwidth text DEFAULT 'scott',
    kernel text DEFAULT 'gaussian',
    lo double precision DEFAULT NULL,
    hi double precision DEFAULT NULL,
    bw_adjust double precision DEFAULT 1,
    cut double precision DEFAULT 3,
    lower_bound double precision DEFAULT NULL,
    upper_bound double precision DEFAULT NULL,
    method text DEFAULT 'auto',
    clip double precision[] DEFAULT NULL
) RETURNS kde_result
    AS 'MODULE_PATHNAME', 'synthdq_kde_weighted_density' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5000;
COMMENT ON FUNCTION kde(
    kde_weighted, integer, text, text, double precision, double precision, double precision,
    double precision, double precision, double precision, text, double precision[]
) IS 'kernel density of weighted values';

-- kde_bins: values as shares of the nodes of a stated grid, a state of fixed size however many values there are:
-- 8 bytes a bin (with weights 4 bytes for each 32 binary places in use). Merges exactly: equal multisets have
-- equal bytes, whatever the order and the plan. The text form is that of bytea.
CREATE TYPE kde_bins;

CREATE FUNCTION kde_bins_in(cstring) RETURNS kde_bins
    AS 'MODULE_PATHNAME', 'synthdq_kde_bins_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde_bins_in(cstring) IS 'I/O';

CREATE FUNCTION kde_bins_out(kde_bins) RETURNS cstring
    AS 'MODULE_PATHNAME', 'synthdq_kde_bins_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde_bins_out(kde_bins) IS 'I/O';

CREATE FUNCTION kde_bins_recv(internal) RETURNS kde_bins
    AS 'MODULE_PATHNAME', 'synthdq_kde_bins_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde_bins_recv(internal) IS 'I/O';

CREATE FUNCTION kde_bins_send(kde_bins) RETURNS bytea
    AS 'MODULE_PATHNAME', 'synthdq_kde_bins_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde_bins_send(kde_bins) IS 'I/O';

CREATE TYPE kde_bins (
    INPUT = kde_bins_in,
    OUTPUT = kde_bins_out,
    RECEIVE = kde_bins_recv,
    SEND = kde_bins_send,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE kde_bins IS 'values binned on a stated grid, for densities';

CREATE FUNCTION kde_bins_combine(kde_bins, kde_bins) RETURNS kde_bins
    AS 'MODULE_PATHNAME', 'synthdq_kde_bins_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_bins_combine(kde_bins, kde_bins) IS
    'combine function of kde_bins, and transition function of its union';

CREATE FUNCTION kde_bins_add(
    kde_bins,
    x double precision,
    lo double precision,
    hi double precision,
    bins integer
) RETURNS kde_bins
    AS 'MODULE_PATHNAME', 'synthdq_kde_bins_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_bins_add(kde_bins, double precision, double precision, double precision, integer) IS
    'transition function of kde_bins';

CREATE FUNCTION kde_bins_add(
    kde_bins,
    x smallint[],
    lo double precision,
    hi double precision,
    bins integer
) RETURNS kde_bins
    AS 'MODULE_PATHNAME', 'synthdq_kde_bins_add_array' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_bins_add(kde_bins, smallint[], double precision, double precision, integer) IS
    'transition function of kde_bins';

CREATE FUNCTION kde_bins_add(
    kde_bins,
    x integer[],
    lo double precision,
    hi double precision,
    bins integer
) RETURNS kde_bins
    AS 'MODULE_PATHNAME', 'synthdq_kde_bins_add_array' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_bins_add(kde_bins, integer[], double precision, double precision, integer) IS
    'transition function of kde_bins';

CREATE FUNCTION kde_bins_add(
    kde_bins,
    x real[],
    lo double precision,
    hi double precision,
    bins integer
) RETURNS kde_bins
    AS 'MODULE_PATHNAME', 'synthdq_kde_bins_add_array' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_bins_add(kde_bins, real[], double precision, double precision, integer) IS
    'transition function of kde_bins';

CREATE FUNCTION kde_bins_add(
    kde_bins,
    x double precision[],
    lo double precision,
    hi double precision,
    bins integer
) RETURNS kde_bins
    AS 'MODULE_PATHNAME', 'synthdq_kde_bins_add_array' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_bins_add(kde_bins, double precision[], double precision, double precision, integer) IS
    'transition function of kde_bins';

CREATE FUNCTION kde_bins_add(
    kde_bins,
    x double precision,
    weight double precision,
    lo double precision,
    hi double precision,
    bins integer
) RETURNS kde_bins
    AS 'MODULE_PATHNAME', 'synthdq_kde_bins_add_weighted' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_bins_add(
    kde_bins, double precision, double precision, double precision, double precision, integer
) IS 'transition function of kde_bins';

-- kde_bins(x, lo, hi, bins) -> kde_bins
-- [lo, hi] is cut into `bins` equal bins, 1 to 65536, and each value, or each element of an array, gives the two nodes beside
-- it shares in proportion to nearness (linear binning). Mean, variance, minimum and maximum are kept as of
-- the values, to 2^-33 of a bin. For a density to 1e-4 of its peak a bin should be at most h / 10.
-- Values beyond [lo, hi], infinite ones too, are counted: n_below(b), n_above(b). NULLs and NaN are skipped; no rows:
-- NULL. lo, hi and bins must be the same in all rows of a group.
--   SELECT kde(kde_bins(px, 0, 255, 255), lower_bound => 0, upper_bound => 255) FROM digits;
-- Source: Jones and Lotwick, "A Remark on Algorithm AS 176", Applied Statistics 33, 1984.
CREATE AGGREGATE kde_bins(
    x double precision,
    lo double precision,
    hi double precision,
    bins integer
) (
    SFUNC = kde_bins_add,
    STYPE = kde_bins,
    SSPACE = 16384,
    COMBINEFUNC = kde_bins_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde_bins(double precision, double precision, double precision, integer) IS
    'bins values on a stated grid, for densities';

CREATE AGGREGATE kde_bins(
    x smallint[],
    lo double precision,
    hi double precision,
    bins integer
) (
    SFUNC = kde_bins_add,
    STYPE = kde_bins,
    SSPACE = 16384,
    COMBINEFUNC = kde_bins_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde_bins(smallint[], double precision, double precision, integer) IS
    'bins values on a stated grid, for densities';

CREATE AGGREGATE kde_bins(
    x integer[],
    lo double precision,
    hi double precision,
    bins integer
) (
    SFUNC = kde_bins_add,
    STYPE = kde_bins,
    SSPACE = 16384,
    COMBINEFUNC = kde_bins_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde_bins(integer[], double precision, double precision, integer) IS
    'bins values on a stated grid, for densities';

CREATE AGGREGATE kde_bins(
    x real[],
    lo double precision,
    hi double precision,
    bins integer
) (
    SFUNC = kde_bins_add,
    STYPE = kde_bins,
    SSPACE = 16384,
    COMBINEFUNC = kde_bins_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde_bins(real[], double precision, double precision, integer) IS
    'bins values on a stated grid, for densities';

CREATE AGGREGATE kde_bins(
    x double precision[],
    lo double precision,
    hi double precision,
    bins integer
) (
    SFUNC = kde_bins_add,
    STYPE = kde_bins,
    SSPACE = 16384,
    COMBINEFUNC = kde_bins_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde_bins(double precision[], double precision, double precision, integer) IS
    'bins values on a stated grid, for densities';

-- kde_bins(x, weight, lo, hi, bins) -> kde_bins
-- The same with weights of reliability, as in kde_weighted: 0 leaves a row out, a negative or infinite one is an error.
-- A value without a weight counts as one of weight 1, so that both kinds may be united.
CREATE AGGREGATE kde_bins(
    x double precision,
    weight double precision,
    lo double precision,
    hi double precision,
    bins integer
) (
    SFUNC = kde_bins_add,
    STYPE = kde_bins,
    SSPACE = 16384,
    COMBINEFUNC = kde_bins_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde_bins(
    double precision, double precision, double precision, double precision, integer
) IS
    'bins weighted values on a stated grid, for densities';

-- kde_bins(kde_bins) -> kde_bins
-- The union of stored ones, which must have the same grid. NULLs are skipped.
CREATE AGGREGATE kde_bins(b kde_bins) (
    SFUNC = kde_bins_combine,
    STYPE = kde_bins,
    SSPACE = 16384,
    COMBINEFUNC = kde_bins_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde_bins(kde_bins) IS
    'union of binned values';

-- n(kde_bins) -> bigint: number of binned values, those beyond the ends included.
CREATE FUNCTION n(b kde_bins) RETURNS bigint
    AS 'MODULE_PATHNAME', 'synthdq_kde_bins_n' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION n(kde_bins) IS 'number of binned values, those beyond the ends included';

-- n_below(kde_bins) -> bigint: number of values below the range of bins.
CREATE FUNCTION n_below(b kde_bins) RETURNS bigint
    AS 'MODULE_PATHNAME', 'synthdq_kde_bins_n_below' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION n_below(kde_bins) IS 'number of values below the range of bins';

-- n_above(kde_bins) -> bigint: number of values above the range of bins.
CREATE FUNCTION n_above(b kde_bins) RETURNS bigint
    AS 'MODULE_PATHNAME', 'synthdq_kde_bins_n_above' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION n_above(kde_bins) IS 'number of values above the range of bins';

-- kde(b kde_bins, ...) -> kde_result
-- The density of binned values: the sum of kernels at the nodes, each times its share. The bandwidth is that of the values:
-- binning adds nothing to their variance. n counts all values, and so the density of those within [lo, hi] has a mass
-- below 1 by the share of those beyond. Without values inside: NULL. method of the result is 'binned'. A bound
-- inside a bin that holds values is an error, for a node lies beyond it. An open end of the grid lies cut * h
-- beyond the values, and, where a bin is wider than h / 10, beyond the nodes. The options are those of kde(ecdf).
--   SELECT kde(kde_bins(b), 512, 'silverman') FROM daily_bins;
CREATE FUNCTION kde(
    b kde_bins,
    grid_size integer DEFAULT 200,
    bandwidth text DEFAULT 'scott',
    kernel text DEFAULT 'gaussian',
    lo double precision DEFAULT NULL,
    hi double precision DEFAULT NULL,
    bw_adjust double precision DEFAULT 1,
    cut double precision DEFAULT 3,
    lower_bound double precision DEFAULT NULL,
    upper_bound double precision DEFAULT NULL,
    method text DEFAULT 'auto',
    clip double precision[] DEFAULT NULL
) RETURNS kde_result
    AS 'MODULE_PATHNAME', 'synthdq_kde_bins_density' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5000;
COMMENT ON FUNCTION kde(
    kde_bins, integer, text, text, double precision, double precision, double precision,
    double precision, double precision, double precision, text, double precision[]
) IS 'kernel density of binned values';
