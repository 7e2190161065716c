-- Densities of one variable: kde over values and stored distributions.

-- kde_result: a density of one variable on a grid.
--   x          nodes of the grid, ascending, equally spaced
--   density    the density at each node, per unit of x
--   bandwidth  h, the standard deviation of the kernel, in units of x
--   n          number of values, without NULLs and NaN
--   mass       integral of the density over the grid (trapezoidal rule): below 1 where the grid cuts tails
CREATE TYPE kde_result AS (
    x double precision[],
    density double precision[],
    bandwidth double precision,
    n bigint,
    mass double precision
);
COMMENT ON TYPE kde_result IS 'density of one variable on a grid: nodes, density, bandwidth, number of values, mass on the grid';
COMMENT ON COLUMN kde_result.x IS 'nodes of the grid, ascending; NULL without a bandwidth';
COMMENT ON COLUMN kde_result.density IS 'density at the nodes';
COMMENT ON COLUMN kde_result.bandwidth IS 'standard deviation h of the kernel; NULL if no rule gives one';
COMMENT ON COLUMN kde_result.n IS 'observations';
COMMENT ON COLUMN kde_result.mass IS 'integral of the density over the grid: below 1 where the grid cuts tails';

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

CREATE FUNCTION kde_state_combine(kde_state, kde_state) RETURNS kde_state
    AS 'MODULE_PATHNAME', 'synthdq_kde_state_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde_state_combine(kde_state, kde_state) IS 'combine function of kde';

CREATE FUNCTION kde_result(kde_state) RETURNS kde_result
    AS 'MODULE_PATHNAME', 'synthdq_kde_result'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5000;
COMMENT ON FUNCTION kde_result(kde_state) IS 'final function of kde';

-- kde(x) -> kde_result
-- The Gaussian kernel density of x, by exact sums: density(g) = mean of phi((g - x) / h) / h.
--   grid_size  nodes of the grid, 2 to 4096, default 200; it reaches from min(x) - 3 h to max(x) + 3 h
--   bandwidth  'scott' (default: h = stddev * n^(-1/5)), 'silverman' (h = stddev * (3 n / 4)^(-1/5)), or a
--              number above 0: h itself
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
    'Gaussian kernel density; bandwidth: scott, silverman or a number';

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

-- kde(e ecdf, ...) -> kde_result
-- The density of a stored distribution. Counts weigh like repeated values.
--   kernel  'gaussian'
--   lo, hi  ends of the grid; NULL (default): 3 h beyond the data. State both to compare two
--           distributions on one grid. If one is stated and lies beyond all data, x and density are NULL.
--   SELECT kde(e, lo => 0, hi => 255) FROM (SELECT ecdf(px) AS e FROM digits) s;
CREATE FUNCTION kde(
    e ecdf,
    grid_size integer DEFAULT 200,
    bandwidth text DEFAULT 'scott',
    kernel text DEFAULT 'gaussian',
    lo double precision DEFAULT NULL,
    hi double precision DEFAULT NULL
) RETURNS kde_result
    AS 'MODULE_PATHNAME', 'synthdq_kde_ecdf' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5000;
COMMENT ON FUNCTION kde(ecdf, integer, text, text, double precision, double precision) IS
    'Gaussian kernel density of a stored distribution';

-- kde_points(kde_result) -> setof (x, density)
-- One row per node, for plots. No rows where the density is NULL.
CREATE FUNCTION kde_points(k kde_result)
RETURNS TABLE (x double precision, density double precision)
    AS 'MODULE_PATHNAME', 'synthdq_kde_points'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 200;
COMMENT ON FUNCTION kde_points(kde_result) IS 'the nodes of a density as rows';
