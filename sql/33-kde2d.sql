-- Densities of points of the plane: kde2d.

-- kde2d_result: a density of points of the plane on a grid.
--   x, y         nodes of the axes, ascending, equally spaced
--   density      density[i][j] is the density at (x[j], y[i]), per unit of x times unit of y: one row of the
--                array is a line of equal y, as matplotlib and numpy.meshgrid have it
--   factor       the kernel's covariance is factor^2 times that of the points
--   bandwidth_x, bandwidth_y   standard deviations of the kernel along the axes
--   correlation  of the points, and so of the kernel
--   n            number of points, without those that have a NULL or NaN coordinate
--   mass         integral of the density over the grid (trapezoidal rule): below 1 where the grid cuts tails
--   method       'exact', or 'binned': points were spread over a lattice of an eighth of the kernel's width
CREATE TYPE kde2d_result AS (
    x double precision[],
    y double precision[],
    density double precision[],
    factor double precision,
    bandwidth_x double precision,
    bandwidth_y double precision,
    correlation double precision,
    n bigint,
    mass double precision,
    method text
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
COMMENT ON COLUMN kde2d_result.method IS 'exact or binned';

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
-- The Gaussian kernel density of points (x, y) with their full covariance: by exact sums, or where these would
-- have more than 4e10 terms (a million points on 200 x 200 nodes) over binned points, as `method` says.
--   grid_size  nodes per axis, 2 to 4096, default 200; an axis reaches 3 bandwidths beyond the points
--   bandwidth  'scott' (default) or 'silverman', which in two dimensions are the same factor n^(-1/6), or a
--              number above 0: the factor itself, as in scipy (not a length, unlike in kde)
--   x_lo, x_hi, y_lo, y_hi   ends of the axes; NULL: 3 bandwidths beyond the points. State all four to
--              compare two groups on one grid.
-- A point with a NULL or NaN coordinate is skipped. No point, or an infinite one: NULL. Fewer than three
-- points, or points on a line: only n is set, for their covariance has no inverse. Parameters must be the
-- same in all rows of a group. An exact sum takes some 0.05 ns a term (AVX-512), two to five
-- times that where points are more than 1000 standard deviations from 0, up to 2 ns where they are as good as on a
-- line.
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

CREATE FUNCTION kde2d_sample_result(kde2d_state) RETURNS kde2d_state
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_sample_result'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION kde2d_sample_result(kde2d_state) IS 'final function of kde2d_sample';

-- kde2d_sample(x, y) -> kde2d_state
-- The points themselves, to be stored and asked later: by kde2d(s, ...) and kde2d_log_density(s, ...). A point
-- with a NULL or NaN coordinate is skipped; without any the result is NULL.
CREATE AGGREGATE kde2d_sample(x double precision, y double precision) (
    SFUNC = kde2d_state_add,
    STYPE = kde2d_state,
    SSPACE = 4096,
    COMBINEFUNC = kde2d_state_combine,
    FINALFUNC = kde2d_sample_result,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde2d_sample(double precision, double precision) IS 'points, stored for kde2d';

-- kde2d_sample(kde2d_state) -> kde2d_state
-- The union of stored points.
CREATE AGGREGATE kde2d_sample(s kde2d_state) (
    SFUNC = kde2d_state_combine,
    STYPE = kde2d_state,
    SSPACE = 4096,
    COMBINEFUNC = kde2d_state_combine,
    FINALFUNC = kde2d_sample_result,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kde2d_sample(kde2d_state) IS 'union of stored points';

-- kde2d(s, grid_size, bandwidth, x_lo, x_hi, y_lo, y_hi, bw_adjust, cut, method) -> kde2d_result
-- The density of stored points, as the aggregate kde2d has it.
--   bw_adjust  multiplies the factor
--   cut        bandwidths by which an axis exceeds the points
--   method     'exact': every point; 'binned': points spread over a lattice, within 1e-4 of the peak for any
--              points (but exact if points are 1e9 bandwidths apart); 'auto': binned beyond 4e10 terms (points
--              times nodes; 1.3e9 for grids so coarse, or kernels so narrow, that terms cost more), where
--              that is estimated to halve the cost; never by a clock. What was done is in the result.
--   SELECT kde2d(kde2d_sample(x, y), grid_size => 100, bw_adjust => 0.5) FROM map;
CREATE FUNCTION kde2d(
    s kde2d_state,
    grid_size integer DEFAULT 200,
    bandwidth text DEFAULT 'scott',
    x_lo double precision DEFAULT NULL,
    x_hi double precision DEFAULT NULL,
    y_lo double precision DEFAULT NULL,
    y_hi double precision DEFAULT NULL,
    bw_adjust double precision DEFAULT 1,
    cut double precision DEFAULT 3,
    method text DEFAULT 'auto'
) RETURNS kde2d_result
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_of_sample'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000;
COMMENT ON FUNCTION kde2d(
    kde2d_state, integer, text, double precision, double precision, double precision, double precision,
    double precision, double precision, text
) IS 'density of stored points';

-- kde2d_log_density(s, x, y, bandwidth, bw_adjust) -> double precision, or double precision[] for arrays
-- The natural logarithm of the density of stored points at the place (x, y), or at the places (x[i], y[i]) of two
-- arrays: finite however far out a place is, minus infinity at an infinite one. NULL where an argument is NULL,
-- where x or y is NaN, or where the points have no density (fewer than three, on a line, infinite). Arrays of
-- different lengths, NULL or NaN in them: an error. The points are sorted once for all rows of a query that
-- bring the same ones; a place takes about 1 ns for each point within 9 bandwidths along x.
--   SELECT avg(kde2d_log_density(s, x, y)) FROM map, (SELECT kde2d_sample(x, y) AS s FROM map WHERE NOT is_synthetic) r
--   WHERE is_synthetic;
CREATE FUNCTION kde2d_log_density(
    s kde2d_state,
    x double precision,
    y double precision,
    bandwidth text DEFAULT 'scott',
    bw_adjust double precision DEFAULT 1
) RETURNS double precision
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_log_density'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION kde2d_log_density(kde2d_state, double precision, double precision, text, double precision)
    IS 'logarithm of the density of stored points at a place';

CREATE FUNCTION kde2d_log_density(
    s kde2d_state,
    x double precision[],
    y double precision[],
    bandwidth text DEFAULT 'scott',
    bw_adjust double precision DEFAULT 1
) RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_log_density_array'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000;
COMMENT ON FUNCTION kde2d_log_density(kde2d_state, double precision[], double precision[], text, double precision)
    IS 'logarithm of the density of stored points at given places';

-- kde2d_marginal(k, axis) -> kde_result
-- The density of one coordinate, 'x' or 'y': the integral of the density over the other one, by the trapezoidal
-- rule along the grid. That of Gaussian kernels is the density kde() has with bandwidth_x (or bandwidth_y) as a
-- number, which 'bandwidth' is here, and 'rule' "number"; it is met to 1e-8 of the peak where nodes are no further
-- apart than the kernel is wide along a line of the other axis, bandwidth * sqrt(1 - correlation^2). What lies
-- beyond the grid along the other axis is missing, and nothing is divided by the rest: 'mass' is that of the grid,
-- by the same rule; a wider grid (cut, or x_lo and its like) brings it to 1. NULL for NULL; without a density
-- only n, weight, kernel and rule are set.
--   SELECT p.* FROM (SELECT kde2d_marginal(kde2d(x, y), 'x') AS k FROM map) m, kde_points(k) p;
CREATE FUNCTION kde2d_marginal(k kde2d_result, axis text) RETURNS kde_result
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_marginal'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION kde2d_marginal(kde2d_result, text) IS 'density of one coordinate, from a density of points';
