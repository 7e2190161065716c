-- Densities: kde over values and stored distributions, kde2d over points.

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

-- kde2d_result: a density of points of the plane on a grid.
--   x, y         nodes of the axes, ascending, equally spaced
--   density      density[i][j] is the density at (x[j], y[i]), per unit of x times unit of y: one row of the
--                array is a line of equal y, as matplotlib and numpy.meshgrid have it
--   factor       the kernel's covariance is factor^2 times that of the points
--   bandwidth_x, bandwidth_y   standard deviations of the kernel along the axes
--   correlation  of the points, and so of the kernel
--   n            number of points, without those that have a NULL or NaN coordinate
--   mass         integral of the density over the grid (trapezoidal rule): below 1 where the grid cuts tails
CREATE TYPE kde2d_result AS (
    x double precision[],
    y double precision[],
    density double precision[],
    factor double precision,
    bandwidth_x double precision,
    bandwidth_y double precision,
    correlation double precision,
    n bigint,
    mass double precision
);
COMMENT ON TYPE kde2d_result IS 'density of points on a grid: axes, density[y][x], kernel, number of points, mass on the grid';
COMMENT ON COLUMN kde2d_result.x IS 'nodes of the first coordinate, ascending';
COMMENT ON COLUMN kde2d_result.y IS 'nodes of the second coordinate, ascending';
COMMENT ON COLUMN kde2d_result.density IS 'density[i][j] at x[j], y[i]';
COMMENT ON COLUMN kde2d_result.factor IS 'the kernel has factor^2 times the covariance of the points';
COMMENT ON COLUMN kde2d_result.bandwidth_x IS 'standard deviation of the kernel along x';
COMMENT ON COLUMN kde2d_result.bandwidth_y IS 'standard deviation of the kernel along y';
COMMENT ON COLUMN kde2d_result.correlation IS 'correlation of the points, and so of the kernel';
COMMENT ON COLUMN kde2d_result.n IS 'points without a NULL or NaN coordinate';
COMMENT ON COLUMN kde2d_result.mass IS 'integral of the density over the grid: below 1 where the grid cuts tails';

-- kde2d_state: what kde2d() has collected. Merges exactly.
CREATE TYPE kde2d_state;

CREATE FUNCTION kde2d_state_in(cstring) RETURNS kde2d_state
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_state_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde2d_state_in(cstring) IS 'I/O';

CREATE FUNCTION kde2d_state_out(kde2d_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_state_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde2d_state_out(kde2d_state) IS 'I/O';

CREATE FUNCTION kde2d_state_recv(internal) RETURNS kde2d_state
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_state_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde2d_state_recv(internal) IS 'I/O';

CREATE FUNCTION kde2d_state_send(kde2d_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_state_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kde2d_state_send(kde2d_state) IS 'I/O';

CREATE TYPE kde2d_state (
    INPUT = kde2d_state_in,
    OUTPUT = kde2d_state_out,
    RECEIVE = kde2d_state_recv,
    SEND = kde2d_state_send,
    ALIGNMENT = double,
    STORAGE = external
);
COMMENT ON TYPE kde2d_state IS 'state of the aggregate kde2d: points, grid and bandwidth';

-- Support functions of the aggregates: collect, merge, evaluate.
CREATE FUNCTION kde2d_state_add(kde2d_state, x double precision, y double precision)
RETURNS kde2d_state
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde2d_state_add(kde2d_state, double precision, double precision) IS
    'transition function of kde2d';

CREATE FUNCTION kde2d_state_add(
    kde2d_state,
    x double precision,
    y double precision,
    grid_size integer,
    bandwidth text
) RETURNS kde2d_state
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_add_with_rule' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde2d_state_add(kde2d_state, double precision, double precision, integer, text) IS
    'transition function of kde2d';

CREATE FUNCTION kde2d_state_add(
    kde2d_state,
    x double precision,
    y double precision,
    grid_size integer,
    bandwidth text,
    x_lo double precision,
    x_hi double precision,
    y_lo double precision,
    y_hi double precision
) RETURNS kde2d_state
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_add_with_rule' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde2d_state_add(
    kde2d_state, double precision, double precision, integer, text,
    double precision, double precision, double precision, double precision
) IS 'transition function of kde2d';

CREATE FUNCTION kde2d_state_add(
    kde2d_state,
    x double precision,
    y double precision,
    grid_size integer,
    bandwidth double precision
) RETURNS kde2d_state
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_add_with_factor' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde2d_state_add(kde2d_state, double precision, double precision, integer, double precision) IS
    'transition function of kde2d';

CREATE FUNCTION kde2d_state_add(
    kde2d_state,
    x double precision,
    y double precision,
    grid_size integer,
    bandwidth double precision,
    x_lo double precision,
    x_hi double precision,
    y_lo double precision,
    y_hi double precision
) RETURNS kde2d_state
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_add_with_factor' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde2d_state_add(
    kde2d_state, double precision, double precision, integer, double precision,
    double precision, double precision, double precision, double precision
) IS 'transition function of kde2d';

CREATE FUNCTION kde2d_state_combine(kde2d_state, kde2d_state) RETURNS kde2d_state
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_state_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION kde2d_state_combine(kde2d_state, kde2d_state) IS 'combine function of kde2d';

CREATE FUNCTION kde2d_result(kde2d_state) RETURNS kde2d_result
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_result'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000;
COMMENT ON FUNCTION kde2d_result(kde2d_state) IS 'final function of kde2d';

-- kde2d(x, y) -> kde2d_result
-- The Gaussian kernel density of points (x, y) with their full covariance, by exact sums.
--   grid_size  nodes per axis, 2 to 4096, default 200; an axis reaches 3 bandwidths beyond the points
--   bandwidth  'scott' (default) or 'silverman', which in two dimensions are the same factor n^(-1/6), or a
--              number above 0: the factor itself, as in scipy (not a length, unlike in kde)
--   x_lo, x_hi, y_lo, y_hi   ends of the axes; NULL: 3 bandwidths beyond the points. State all four to
--              compare two groups on one grid.
-- A point with a NULL or NaN coordinate is skipped. No point, or an infinite one: NULL. Fewer than three
-- points, or points on a line: only n is set, for their covariance has no inverse. Parameters must be the
-- same in all rows of a group. The cost is n * grid_size^2 terms of 1 to 2 ns on each thread.
--   SELECT is_synthetic, kde2d(x, y, 100, 'scott', -50, 50, -50, 50) FROM map GROUP BY is_synthetic;
-- Source: scipy.stats.gaussian_kde, whose values these are to 12 digits of the peak; seaborn's grid.
CREATE AGGREGATE kde2d(x double precision, y double precision) (
    SFUNC = kde2d_state_add,
    STYPE = kde2d_state,
    SSPACE = 4096,
    COMBINEFUNC = kde2d_state_combine,
    FINALFUNC = kde2d_result,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde2d(double precision, double precision) IS
    'Gaussian kernel density of points on 200 x 200 nodes, bandwidth by Scott''s rule';

CREATE AGGREGATE kde2d(
    x double precision,
    y double precision,
    grid_size integer,
    bandwidth text
) (
    SFUNC = kde2d_state_add,
    STYPE = kde2d_state,
    SSPACE = 4096,
    COMBINEFUNC = kde2d_state_combine,
    FINALFUNC = kde2d_result,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde2d(double precision, double precision, integer, text) IS
    'Gaussian kernel density of points; bandwidth: scott, silverman or a factor';

CREATE AGGREGATE kde2d(
    x double precision,
    y double precision,
    grid_size integer,
    bandwidth text,
    x_lo double precision,
    x_hi double precision,
    y_lo double precision,
    y_hi double precision
) (
    SFUNC = kde2d_state_add,
    STYPE = kde2d_state,
    SSPACE = 4096,
    COMBINEFUNC = kde2d_state_combine,
    FINALFUNC = kde2d_result,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde2d(
    double precision, double precision, integer, text,
    double precision, double precision, double precision, double precision
) IS
    'Gaussian kernel density of points on a stated range';

CREATE AGGREGATE kde2d(
    x double precision,
    y double precision,
    grid_size integer,
    bandwidth double precision
) (
    SFUNC = kde2d_state_add,
    STYPE = kde2d_state,
    SSPACE = 4096,
    COMBINEFUNC = kde2d_state_combine,
    FINALFUNC = kde2d_result,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde2d(double precision, double precision, integer, double precision) IS
    'Gaussian kernel density of points with a stated factor';

CREATE AGGREGATE kde2d(
    x double precision,
    y double precision,
    grid_size integer,
    bandwidth double precision,
    x_lo double precision,
    x_hi double precision,
    y_lo double precision,
    y_hi double precision
) (
    SFUNC = kde2d_state_add,
    STYPE = kde2d_state,
    SSPACE = 4096,
    COMBINEFUNC = kde2d_state_combine,
    FINALFUNC = kde2d_result,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde2d(
    double precision, double precision, integer, double precision,
    double precision, double precision, double precision, double precision
) IS
    'Gaussian kernel density of points with a stated factor, on a stated range';

-- kde2d_points(kde2d_result) -> setof (x, y, density)
-- One row per node, by y and then by x, for plots. No rows where the density is NULL.
CREATE FUNCTION kde2d_points(k kde2d_result)
RETURNS TABLE (x double precision, y double precision, density double precision)
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_points'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5000 ROWS 40000;
COMMENT ON FUNCTION kde2d_points(kde2d_result) IS 'the nodes of a density of points as rows';
