-- Densities of one variable: kde over values and stored distributions.

-- kde_result: a density of one variable on a grid.
--   x          nodes of the grid, ascending, equally spaced
--   density    the density at each node, per unit of x
--   bandwidth  h, in units of x: the standard deviation of the Gaussian kernel, half the width of the others
--   n          number of values, without NULLs and NaN
--   mass       integral of the density from the first node to the last, from that of the kernel and so exact
--              however coarse the grid: below 1 where the grid cuts tails
--   weight     sum of the weights; n where values are counted
--   kernel     'gaussian', 'epanechnikov', 'tophat', 'triangular' or 'cosine'
--   rule       where h comes from: 'scott', 'silverman', 'isj', 'number'; 'silverman (isj has no solution)'
--   method     'exact', or 'binned' where the sample was large
CREATE TYPE kde_result AS (
    x double precision[],
    density double precision[],
    bandwidth double precision,
    n bigint,
    mass double precision,
    weight double precision,
    kernel text,
    rule text,
    method text
);
COMMENT ON TYPE kde_result IS 'density of one variable on a grid: nodes, density, bandwidth, number of values, mass on the grid, and how it was made';
COMMENT ON COLUMN kde_result.x IS 'nodes of the grid, ascending; NULL without a bandwidth';
COMMENT ON COLUMN kde_result.density IS 'density at the nodes';
COMMENT ON COLUMN kde_result.bandwidth IS 'h: standard deviation of the Gaussian kernel, half-width of the others; NULL if no rule gives one';
COMMENT ON COLUMN kde_result.n IS 'observations';
COMMENT ON COLUMN kde_result.mass IS 'integral of the density from the first node to the last: below 1 where the grid cuts tails';
COMMENT ON COLUMN kde_result.weight IS 'sum of the weights, n for counted values';
COMMENT ON COLUMN kde_result.kernel IS 'name of the kernel';
COMMENT ON COLUMN kde_result.rule IS 'rule that gave the bandwidth, or number';
COMMENT ON COLUMN kde_result.method IS 'exact or binned; NULL without a density';

-- kde_state: what kde() has collected, a sample with grid size and bandwidth. Merges exactly.
CREATE TYPE kde_state;

CREATE FUNCTION kde_state_in(cstring) RETURNS kde_state
    AS 'MODULE_PATHNAME', 'synthdq_kde_state_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde_state_in(cstring) IS 'I/O';

CREATE FUNCTION kde_state_out(kde_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'synthdq_kde_state_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde_state_out(kde_state) IS 'I/O';

CREATE FUNCTION kde_state_recv(internal) RETURNS kde_state
    AS 'MODULE_PATHNAME', 'synthdq_kde_state_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde_state_recv(internal) IS 'I/O';

CREATE FUNCTION kde_state_send(kde_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'synthdq_kde_state_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde_state_send(kde_state) IS 'I/O';

CREATE TYPE kde_state (
    INPUT = kde_state_in,
    OUTPUT = kde_state_out,
    RECEIVE = kde_state_recv,
    SEND = kde_state_send,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE kde_state IS 'state of the aggregate kde: values, grid size and bandwidth';

-- Support functions of the aggregates: collect, merge, evaluate.
CREATE FUNCTION kde_state_add(kde_state, x double precision) RETURNS kde_state
    AS 'MODULE_PATHNAME', 'synthdq_kde_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_state_add(kde_state, double precision) IS 'transition function of kde';

CREATE FUNCTION kde_state_add(
    kde_state,
    x double precision,
    grid_size integer,
    bandwidth text
) RETURNS kde_state
    AS 'MODULE_PATHNAME', 'synthdq_kde_add_with_rule' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_state_add(kde_state, double precision, integer, text) IS
    'transition function of kde';

CREATE FUNCTION kde_state_add(
    kde_state,
    x double precision,
    grid_size integer,
    bandwidth double precision
) RETURNS kde_state
    AS 'MODULE_PATHNAME', 'synthdq_kde_add_with_number' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_state_add(kde_state, double precision, integer, double precision) IS
    'transition function of kde';

CREATE FUNCTION kde_state_add(kde_state, x double precision[]) RETURNS kde_state
    AS 'MODULE_PATHNAME', 'synthdq_kde_add_array' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_state_add(kde_state, double precision[]) IS
    'transition function of kde over arrays';

CREATE FUNCTION kde_state_add(
    kde_state,
    x double precision[],
    grid_size integer,
    bandwidth text
) RETURNS kde_state
    AS 'MODULE_PATHNAME', 'synthdq_kde_add_array_with_rule' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_state_add(kde_state, double precision[], integer, text) IS
    'transition function of kde over arrays';

CREATE FUNCTION kde_state_add(
    kde_state,
    x double precision[],
    grid_size integer,
    bandwidth double precision
) RETURNS kde_state
    AS 'MODULE_PATHNAME', 'synthdq_kde_add_array_with_number' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_state_add(kde_state, double precision[], integer, double precision) IS
    'transition function of kde over arrays';

CREATE FUNCTION kde_state_combine(kde_state, kde_state) RETURNS kde_state
    AS 'MODULE_PATHNAME', 'synthdq_kde_state_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_state_combine(kde_state, kde_state) IS 'combine function of kde';

CREATE FUNCTION kde_result(kde_state) RETURNS kde_result
    AS 'MODULE_PATHNAME', 'synthdq_kde_result'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5000;
COMMENT ON FUNCTION kde_result(kde_state) IS 'final function of kde';

-- kde(x) -> kde_result
-- The Gaussian kernel density of x: density(g) = mean of phi((g - x) / h) / h.
--   grid_size  nodes of the grid, 2 to 4096, default 200; it reaches from min(x) - 3 h to max(x) + 3 h
--   bandwidth  'scott' (default: h = stddev * n^(-1/5)), 'silverman' (h = stddev * (3 n / 4)^(-1/5)), 'isj'
--              (see below), or a number above 0: h itself
-- NULLs and NaN are skipped. No value, or an infinite one: NULL. Fewer than two values, or all equal,
-- under a rule: only n is set, for a rule has no bandwidth then. grid_size and bandwidth must be the same
-- in all rows of a group. For a stated range of the grid: kde(ecdf(x), lo => ..., hi => ...).
--   SELECT label, (kde(x)).bandwidth FROM t GROUP BY label;
--   SELECT p.* FROM (SELECT kde(x, 100, 'silverman') AS k FROM t) s, kde_points(k) p;
-- Source: scipy.stats.gaussian_kde, whose values these are to 12 digits; the grid is seaborn's. Silverman,
-- "Density Estimation for Statistics and Data Analysis", 1986.
CREATE AGGREGATE kde(x double precision) (
    SFUNC = kde_state_add,
    STYPE = kde_state,
    SSPACE = 4096,
    COMBINEFUNC = kde_state_combine,
    FINALFUNC = kde_result,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde(double precision) IS
    'Gaussian kernel density on 200 nodes, bandwidth by Scott''s rule';

CREATE AGGREGATE kde(x double precision, grid_size integer, bandwidth text) (
    SFUNC = kde_state_add,
    STYPE = kde_state,
    SSPACE = 4096,
    COMBINEFUNC = kde_state_combine,
    FINALFUNC = kde_result,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde(double precision, integer, text) IS
    'Gaussian kernel density; bandwidth: scott, silverman, isj or a number';

CREATE AGGREGATE kde(x double precision, grid_size integer, bandwidth double precision) (
    SFUNC = kde_state_add,
    STYPE = kde_state,
    SSPACE = 4096,
    COMBINEFUNC = kde_state_combine,
    FINALFUNC = kde_result,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde(double precision, integer, double precision) IS
    'Gaussian kernel density with a stated bandwidth';

-- kde(x double precision[]) -> kde_result
-- The density of the elements of all arrays together, whatever their lengths and dimensions. NULL elements and NaN are
-- skipped; all else is as for kde(x). Other arrays: kde(ecdf(px)), which keeps their elements smaller.
--   SELECT label, kde(scores) FROM t GROUP BY label;
CREATE AGGREGATE kde(x double precision[]) (
    SFUNC = kde_state_add,
    STYPE = kde_state,
    SSPACE = 20480,
    COMBINEFUNC = kde_state_combine,
    FINALFUNC = kde_result,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde(double precision[]) IS
    'Gaussian kernel density of all array elements on 200 nodes, bandwidth by Scott''s rule';

CREATE AGGREGATE kde(x double precision[], grid_size integer, bandwidth text) (
    SFUNC = kde_state_add,
    STYPE = kde_state,
    SSPACE = 20480,
    COMBINEFUNC = kde_state_combine,
    FINALFUNC = kde_result,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde(double precision[], integer, text) IS
    'Gaussian kernel density of all array elements; bandwidth: scott, silverman, isj or a number';

CREATE AGGREGATE kde(x double precision[], grid_size integer, bandwidth double precision) (
    SFUNC = kde_state_add,
    STYPE = kde_state,
    SSPACE = 20480,
    COMBINEFUNC = kde_state_combine,
    FINALFUNC = kde_result,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde(double precision[], integer, double precision) IS
    'Gaussian kernel density of all array elements with a stated bandwidth';

-- kde(e ecdf, ...) -> kde_result
-- The density of a stored distribution. Counts weigh like repeated values.
--   grid_size  nodes of the grid, 2 to 4096
--   bandwidth  'scott', 'silverman', 'isj', or a number: h. 'isj' is the rule of Botev, Grotowski and Kroese
--              ("Kernel density estimation via diffusion", Annals of Statistics 38, 2010), which keeps modes apart
--              that the others blur; it is for continuous data, and warns where there are few distinct values. Where
--              its equation has no solution it falls back to 'silverman', and `rule` says so.
--   kernel     'gaussian'; 'epanechnikov', 'tophat', 'triangular' (or 'linear'), 'cosine' with h as in scikit-learn,
--              half the width of the kernel, whatever gave it
--   lo, hi     ends of the grid; NULL (default): cut * h beyond the data. State both to compare two
--              distributions on one grid. If one is stated and lies beyond all data, x and density are NULL.
--   bw_adjust  factor of the bandwidth, 1e-9 to 1e9
--   cut        bandwidths by which the grid exceeds the data, 0 to 1e6
--   lower_bound, upper_bound
--              ends of what values are possible, as 0 and 1 for pixels. The sample is reflected there (Silverman 1986,
--              section 2.10), so that no mass leaks out: it integrates to 1 between them. The grid does not go
--              beyond them. A value beyond them is an error.
--   method     'exact': all sums. 'binned': values are first shared between nodes h / 48 apart (linear binning), error
--              below 1e-4 of the peak; Gaussian kernel only, and only if the nodes are at most a million or no more than
--              the values, and not so far from 0 that doubles are coarse beside them. 'auto': binned if the exact sums
--              have more than 1e8 terms, which of 262,144 values and more are estimated from some thousands of them.
--   clip       {lowest, highest} end of the grid, each may be NULL: limits that only shorten a grid
-- Far from all data the density keeps its relative accuracy down to about 1e-304 of the peak, at 37.5 h, and is 0
-- beyond.
--   SELECT kde(e, lo => 0, hi => 255) FROM (SELECT ecdf(px) AS e FROM digits) s;
--   SELECT kde(e, lower_bound => 0, upper_bound => 255) FROM (SELECT ecdf(px) AS e FROM digits) s;
CREATE FUNCTION kde(
    e ecdf,
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
    AS 'MODULE_PATHNAME', 'synthdq_kde_ecdf' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5000;
COMMENT ON FUNCTION kde(ecdf, integer, text, text, double precision, double precision, double precision, double precision, double precision, double precision, text, double precision[]) IS
    'kernel density of a stored distribution';

-- kde_pdf(e ecdf, at, ...) -> double precision, or double precision[] for an array of places
-- The density of a stored distribution at given places, per unit of x. Arguments as for kde. NULL where `at` is NULL
-- or NaN, and where there is no density: no value, an infinite one, no bandwidth. 0 beyond a bound. An array is
-- much faster than a row for each place, since the distribution is prepared once.
--   SELECT kde_pdf(e, 128.5), kde_pdf(e, ARRAY[0, 128.5, 255]) FROM (SELECT ecdf(px) AS e FROM digits) s;
CREATE FUNCTION kde_pdf(
    e ecdf,
    at double precision,
    bandwidth text DEFAULT 'scott',
    kernel text DEFAULT 'gaussian',
    bw_adjust double precision DEFAULT 1,
    lower_bound double precision DEFAULT NULL,
    upper_bound double precision DEFAULT NULL,
    method text DEFAULT 'auto'
) RETURNS double precision
    AS 'MODULE_PATHNAME', 'synthdq_kde_pdf' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5000;
COMMENT ON FUNCTION kde_pdf(ecdf, double precision, text, text, double precision, double precision, double precision, text) IS
    'kernel density of a stored distribution at a place';

CREATE FUNCTION kde_pdf(
    e ecdf,
    at double precision[],
    bandwidth text DEFAULT 'scott',
    kernel text DEFAULT 'gaussian',
    bw_adjust double precision DEFAULT 1,
    lower_bound double precision DEFAULT NULL,
    upper_bound double precision DEFAULT NULL,
    method text DEFAULT 'auto'
) RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'synthdq_kde_pdf_array' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5000;
COMMENT ON FUNCTION kde_pdf(ecdf, double precision[], text, text, double precision, double precision, double precision, text) IS
    'kernel density of a stored distribution at places';

-- kde_cdf(e ecdf, at, ...) -> double precision, or double precision[] for an array of places
-- The integral of the density from minus infinity, or the lower bound, to `at`: the smoothed share of values up to there.
-- Arguments and NULLs as for kde_pdf. The left tail keeps its relative accuracy unless there are bounds.
--   SELECT kde_cdf(e, 128.5) FROM (SELECT ecdf(px) AS e FROM digits) s;
CREATE FUNCTION kde_cdf(
    e ecdf,
    at double precision,
    bandwidth text DEFAULT 'scott',
    kernel text DEFAULT 'gaussian',
    bw_adjust double precision DEFAULT 1,
    lower_bound double precision DEFAULT NULL,
    upper_bound double precision DEFAULT NULL,
    method text DEFAULT 'auto'
) RETURNS double precision
    AS 'MODULE_PATHNAME', 'synthdq_kde_cdf' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5000;
COMMENT ON FUNCTION kde_cdf(ecdf, double precision, text, text, double precision, double precision, double precision, text) IS
    'integral of the kernel density of a stored distribution up to a place';

CREATE FUNCTION kde_cdf(
    e ecdf,
    at double precision[],
    bandwidth text DEFAULT 'scott',
    kernel text DEFAULT 'gaussian',
    bw_adjust double precision DEFAULT 1,
    lower_bound double precision DEFAULT NULL,
    upper_bound double precision DEFAULT NULL,
    method text DEFAULT 'auto'
) RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'synthdq_kde_cdf_array' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5000;
COMMENT ON FUNCTION kde_cdf(ecdf, double precision[], text, text, double precision, double precision, double precision, text) IS
    'integral of the kernel density of a stored distribution up to places';

-- kde_points(kde_result) -> setof (x, density)
-- One row per node, for plots. No rows where the density is NULL.
CREATE FUNCTION kde_points(k kde_result)
RETURNS TABLE (x double precision, density double precision)
    AS 'MODULE_PATHNAME', 'synthdq_kde_points'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 200;
COMMENT ON FUNCTION kde_points(kde_result) IS 'the nodes of a density as rows';
