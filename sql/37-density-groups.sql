-- Densities of groups on one grid: kde_groups, kde2d_groups.

-- kde_groups(query, grid_size, bandwidth, pooled_bandwidth, kernel, lo, hi, bw_adjust, cut, lower_bound, upper_bound,
--            method, clip) -> setof (label, density)
-- The density of each group of numbers, as seaborn's kdeplot(hue=, common_norm=False, common_grid=True) draws them: all
-- at the same nodes, each with integral 1. So any two of them can go to kde_similarity, and all of them to kde_merge.
--   query        one SELECT that returns (label, x): a label of any type with an order, and a number of any type
--   pooled_bandwidth  true (default): one bandwidth for all groups, so that its width makes no difference between them:
--                s = sqrt(sum((n_g - 1) s_g^2) / sum(n_g - 1)), the deviation within the groups, times the factor of the
--                rule for the geometric mean of their sizes, as in kde_similarity. Needs a rule that has a factor, so not
--                'isj'. false: each group has the bandwidth that kde would give it.
--   lo, hi       ends of the grid; NULL: `cut` bandwidths (the largest of any group) beyond the values of all groups
-- All else is as in kde(ecdf, ...); a number as bandwidth is that of all groups, pooled or not.
-- Rows come in the order of the labels, which are written as text, the NULL label last. A row whose number is NULL or NaN
-- is skipped; a label that has no others is no group. No rows: no rows. A group with an infinite value has a NULL density
-- and counts neither for the grid nor for the pooled bandwidth. Without a bandwidth (a group of one value or of equal
-- ones that is not pooled; all groups like that) n and weight are set, and no density. The same rows in any order give
-- the same bits. The data and one density at a time are in memory; if these and the result exceed synthdq.max_memory that
-- is an error, before the work.
--   SELECT label, (density).bandwidth, p.* FROM kde_groups('SELECT source, ink FROM ink'), kde_points(density) AS p;
-- Source: for the pooled bandwidth Bowman and Azzalini, "Applied Smoothing Techniques for Data Analysis", 1997, section
-- 6.2; for grid and norm seaborn.kdeplot.
CREATE FUNCTION kde_groups(
    query text,
    grid_size integer DEFAULT 200,
    bandwidth text DEFAULT 'scott',
    pooled_bandwidth boolean DEFAULT true,
    kernel text DEFAULT 'gaussian',
    lo double precision DEFAULT NULL,
    hi double precision DEFAULT NULL,
    bw_adjust double precision DEFAULT 1,
    cut double precision DEFAULT 3,
    lower_bound double precision DEFAULT NULL,
    upper_bound double precision DEFAULT NULL,
    method text DEFAULT 'auto',
    clip double precision[] DEFAULT NULL
)
RETURNS TABLE (
    label text,
    density kde_result
)
    AS 'MODULE_PATHNAME', 'synthdq_kde_groups'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10;
COMMENT ON FUNCTION kde_groups(text, integer, text, boolean, text, double precision, double precision, double precision, double precision, double precision, double precision, text, double precision[]) IS
    'kernel densities of the labelled numbers of a query on one grid';

-- kde2d_groups(query, grid_size, bandwidth, pooled_bandwidth, x_lo, x_hi, y_lo, y_hi, bw_adjust, cut, method)
--   -> setof (label, density)
-- The density of each group of points, at the same nodes and each with integral 1: for kde2d_similarity of any two of
-- them, kde2d_merge, and contours of each.
--   query        one SELECT that returns (label, x, y)
--   pooled_bandwidth  true (default): one kernel for all groups, factor^2 times the covariance within them,
--                sum((n_g - 1) C_g) / sum(n_g - 1), with the factor of the rule for the geometric mean of their sizes, as
--                in kde2d_similarity; `factor`, bandwidths and `correlation` of the results are those of that kernel.
--                false: each group has the kernel that kde2d would give it, which is seaborn's.
--   x_lo, x_hi, y_lo, y_hi   ends of the grid; NULL: `cut` bandwidths (the largest of any group) beyond all points
-- All else is as in kde2d(kde2d_state, ...); a number as bandwidth is the factor. (seaborn measures the margin of a common
-- grid by the bandwidth that the union of the groups would have; state the ends for its very grid.)
-- Labels, skipped rows, order of rows and memory as in kde_groups. A group with an infinite coordinate has a NULL density
-- and counts for nothing else. Fewer than three points, or points on a line, have a density by the pooled kernel, and
-- without it only n.
--   SELECT a.label, b.label, (kde2d_similarity(a.density, b.density)).overlap
--   FROM kde2d_groups('SELECT source, x, y FROM map') a JOIN kde2d_groups('SELECT source, x, y FROM map') b ON a.label < b.label;
-- Source: as kde_groups; of the densities as kde2d.
CREATE FUNCTION kde2d_groups(
    query text,
    grid_size integer DEFAULT 200,
    bandwidth text DEFAULT 'scott',
    pooled_bandwidth boolean DEFAULT true,
    x_lo double precision DEFAULT NULL,
    x_hi double precision DEFAULT NULL,
    y_lo double precision DEFAULT NULL,
    y_hi double precision DEFAULT NULL,
    bw_adjust double precision DEFAULT 1,
    cut double precision DEFAULT 3,
    method text DEFAULT 'auto'
)
RETURNS TABLE (
    label text,
    density kde2d_result
)
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_groups'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10;
COMMENT ON FUNCTION kde2d_groups(text, integer, text, boolean, double precision, double precision, double precision, double precision, double precision, double precision, text) IS
    'kernel densities of the labelled points of a query on one grid';
