-- How far apart are two distributions, in numbers that do not grow with the size of the samples?
--
-- All functions are plain ones of two stored distributions, the real x and the synthetic y:
--     SELECT (wasserstein(x, y)).* FROM (SELECT ecdf(px) AS x FROM real) r, (SELECT ecdf(px) AS y FROM fake) f;
-- NULL rows, NULL elements and NaN never entered an ecdf. An empty side, and a NULL argument, give
-- NULL.
--
-- F and G are the distribution functions of x and y. No result has a p-value: these are effect sizes, to be
-- read beside the same number for real against held-out real rows.
--
-- COST: 10000 as for the tests, 1 to 3 passes over the distinct values.

-- ---------------------------------------------------------------------------------------------
-- wasserstein: the 1-Wasserstein or earth mover's distance, the area between F and G. It is how far
-- a value of one side has to move, on the mean, to make the two distributions equal, in the unit
-- of the values. x_above is the part of it where x lies higher (F < G), y_above the other part; if one of
-- them is 0, the distance is the difference of the means.
--
-- distance_over_sd_x is the distance in standard deviations of the real values, distance_over_sd_pooled
-- in those of all values together, both with divisor n - 1. They are NULL if there is no such standard
-- deviation above 0: a single value, all values equal, or an infinite one.
--
-- Infinities: what the two sides have in common at an infinity adds nothing; if their shares there differ,
-- the distance is Infinity.
--
--     SELECT (wasserstein('{1:1,2:1,3:1}', '{4:1,5:1,6:1}')).distance;   -- 3
--
-- Agrees with scipy.stats.wasserstein_distance.
-- ---------------------------------------------------------------------------------------------
CREATE TYPE wasserstein_result AS (
    distance double precision,
    distance_over_sd_x double precision,
    distance_over_sd_pooled double precision,
    x_above double precision,
    y_above double precision,
    n_x bigint,
    n_y bigint
);
COMMENT ON TYPE wasserstein_result IS 'Wasserstein-1 distance of two distributions';
COMMENT ON COLUMN wasserstein_result.distance IS 'area between the distribution functions, in the unit of the values';
COMMENT ON COLUMN wasserstein_result.distance_over_sd_x IS 'distance in standard deviations of x; NULL if it has none above 0';
COMMENT ON COLUMN wasserstein_result.distance_over_sd_pooled IS 'distance in standard deviations of all values together; NULL if they have none above 0';
COMMENT ON COLUMN wasserstein_result.x_above IS 'part of the distance where x lies higher';
COMMENT ON COLUMN wasserstein_result.y_above IS 'part of the distance where y lies higher';
COMMENT ON COLUMN wasserstein_result.n_x IS 'observations of x';
COMMENT ON COLUMN wasserstein_result.n_y IS 'observations of y';

CREATE FUNCTION wasserstein(x ecdf, y ecdf) RETURNS wasserstein_result
    AS 'MODULE_PATHNAME', 'synthdq_wasserstein'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION wasserstein(ecdf, ecdf) IS 'Wasserstein-1 (earth mover''s) distance of two distributions';

-- ---------------------------------------------------------------------------------------------
-- energy_distance: energy is twice the area under (F - G)^2, which is 2 E|X - Y| - E|X - X'| - E|Y - Y'|
-- (Szekely and Rizzo 2013); distance is its root, which is what scipy.stats.energy_distance
-- returns. Beside the Wasserstein distance it weighs large differences of F and G more.
-- Infinities as in wasserstein.
--
--     SELECT (energy_distance('{0:1,5:1}', '{2:1}')).energy;   -- 2.5
-- ---------------------------------------------------------------------------------------------
CREATE TYPE energy_result AS (
    energy double precision,
    distance double precision,
    n_x bigint,
    n_y bigint
);
COMMENT ON TYPE energy_result IS 'energy distance of two distributions';
COMMENT ON COLUMN energy_result.energy IS 'twice the area under the squared difference of the distribution functions';
COMMENT ON COLUMN energy_result.distance IS 'square root of energy';
COMMENT ON COLUMN energy_result.n_x IS 'observations of x';
COMMENT ON COLUMN energy_result.n_y IS 'observations of y';

CREATE FUNCTION energy_distance(x ecdf, y ecdf) RETURNS energy_result
    AS 'MODULE_PATHNAME', 'synthdq_energy_distance'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION energy_distance(ecdf, ecdf) IS 'energy distance of two distributions';

-- ---------------------------------------------------------------------------------------------
-- drift: the measures of drift that monitoring tools show, over bins.
--
-- Bins. Edges e1 < e2 < ... separate the bins: up to and including e1; above e1 up to and including e2;
-- ...; above the last edge. The first and the last bin are open and take the infinities. The edges are
--     drift(x, y, bins => 10)       the quantiles j/bins of x, j = 1 .. bins - 1 (as quantile() gives them),
--                                   equal ones merged. If the smallest or largest value of x is one of
--                                   them, what y has below or above it gets a bin of its own. Where both
--                                   sides together have no more than `bins` distinct values, each of them
--                                   is a bin.
--     drift(x, y, edges)            those given: 1 or more, ascending (the `edges` of an earlier result, to
--                                   compare over time)
-- 2 to 10000 bins. The result says how many there were, and where.
--
-- With p and q the shares of x and y in a bin, and m = (p + q) / 2:
--     psi               sum (p' - q') ln(p' / q'), p' = (count + smoothing) / (n + smoothing * bins), q'
--                       likewise: the population stability index. smoothing is 1/2 by default, so that a
--                       bin that is empty on one side is counted and stays finite; with smoothing => 0
--                       such a bin makes psi Infinity.
--     js_divergence     sum (p ld(p/m) + q ld(q/m)) / 2, Jensen-Shannon in bits: 0 (equal) to 1 (nothing
--                       in common). scipy's jensenshannon(p, q, base=2) is its root, js_distance.
--     hellinger         sqrt(sum (sqrt p - sqrt q)^2 / 2): 0 to 1
--     total_variation   sum abs(p - q) / 2: 0 to 1, the share that would have to change its bin
-- None but psi is smoothed.
--
-- Samples of one distribution do not have psi = 0 either. psi_null_mean and psi_null_95 say what chance makes
-- of it at these sizes: its mean, and what 95 in 100 stay below, (1/n_x + 1/n_y) times a chi-squared
-- variable with one degree of freedom less than there are bins with anything in them. The
-- customary limits .1 and .25 know nothing of sizes: with 500 values a side chance alone makes .068.
--
--     SELECT (drift('{1:60,2:40}', '{1:30,2:70}', smoothing => 0)).total_variation;   -- 0.3
-- ---------------------------------------------------------------------------------------------
CREATE TYPE drift_result AS (
    psi double precision,
    js_divergence double precision,
    js_distance double precision,
    hellinger double precision,
    total_variation double precision,
    psi_null_mean double precision,
    psi_null_95 double precision,
    bins integer,
    edges double precision[],
    smoothing double precision,
    n_x bigint,
    n_y bigint
);
COMMENT ON TYPE drift_result IS 'measures of drift between two distributions over bins';
COMMENT ON COLUMN drift_result.psi IS 'population stability index of smoothed shares';
COMMENT ON COLUMN drift_result.js_divergence IS 'Jensen-Shannon divergence in bits, 0 to 1';
COMMENT ON COLUMN drift_result.js_distance IS 'square root of js_divergence';
COMMENT ON COLUMN drift_result.hellinger IS 'Hellinger distance, 0 to 1';
COMMENT ON COLUMN drift_result.total_variation IS 'total variation distance, 0 to 1';
COMMENT ON COLUMN drift_result.psi_null_mean IS 'mean of psi if nothing has drifted, at these sizes';
COMMENT ON COLUMN drift_result.psi_null_95 IS '95 % quantile of psi if nothing has drifted, at these sizes';
COMMENT ON COLUMN drift_result.bins IS 'number of bins, one more than edges';
COMMENT ON COLUMN drift_result.edges IS 'upper ends of all bins but the last';
COMMENT ON COLUMN drift_result.smoothing IS 'what was added to each count for psi';
COMMENT ON COLUMN drift_result.n_x IS 'observations of x';
COMMENT ON COLUMN drift_result.n_y IS 'observations of y';

CREATE FUNCTION drift(
    x ecdf,
    y ecdf,
    bins integer DEFAULT 10,
    smoothing double precision DEFAULT 0.5
) RETURNS drift_result
    AS 'MODULE_PATHNAME', 'synthdq_drift'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION drift(ecdf, ecdf, integer, double precision) IS 'PSI, Jensen-Shannon, Hellinger and total variation over quantiles of x';

CREATE FUNCTION drift(
    x ecdf,
    y ecdf,
    edges double precision[],
    smoothing double precision DEFAULT 0.5
) RETURNS drift_result
    AS 'MODULE_PATHNAME', 'synthdq_drift_over_edges'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION drift(ecdf, ecdf, double precision[], double precision) IS 'PSI, Jensen-Shannon, Hellinger and total variation over given bins';
