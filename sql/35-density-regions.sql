-- Regions of stored densities: contours that enclose shares of the mass, highest-density regions.
--
-- The region of a share s is where the density is highest: the smallest set that holds s of the mass on the
-- grid, {density >= level}. Regions of smaller shares lie within those of larger ones. A share of 0 has an empty
-- region.
-- The mass is the integral of the density, linear between nodes, over what is drawn, and its level is found so that the
-- contours hold their share of the mass on the grid to 12 digits, on coarse grids too. It is more only where the mass
-- leaps, at a plateau or where saddles of one height are bridged at once, and less where nodes of density 0 leave less
-- than the share within a border.
-- Only where `levels` asks for those that seaborn draws, each node counts alike, as there: the level is the density of the
-- first node, in descending order, at which the cumulated density reaches s of the sum over all nodes.
-- A NULL density, one without nodes (a group without a bandwidth) and one that is 0 everywhere have no regions: no
-- rows. Values that a density cannot have and axes that do not ascend in equal steps are errors.

-- kde2d_contours(k, levels, thresh) -> setof (level, share, density, path, is_hole, x, y)
-- The borders of regions, as closed polygons: one row for each, by level and path.
--   levels   how many, 1 to 1000, default 10
--   thresh   the share of the mass outside of the first contour, default 0.05. Contours enclose 1 - q of the mass at
--            `levels` equally spaced q from thresh to 1: the default is 95 %, 84.4 %, ... 10.6 % and the peak, which
--            has no contour, as seaborn's kdeplot(levels => 10, thresh => 0.05) draws them
-- or kde2d_contours(k, shares): a level for each share in the array, each in [0, 1], in the order given
--   level    1 for the first level
--   share    of the mass on the grid that the contours of the level stand for
--   density  the level itself; for `levels` that of seaborn
--   path     numbers the polygons of a level from 1. Holes follow the polygon that they are in
--   is_hole  the outer ring of a polygon runs counter-clockwise, its holes clockwise (x to the right, y up)
--   x, y     the points; the last one is the first
--   mass     the integral of the density over all polygons of the level: mass / (k).mass is what they truly enclose
-- Marching squares, linear between nodes, with ambiguous cells decided by their mean. The border of the grid closes what
-- it cuts. Polygons do not touch or cross themselves or each other. Contours of `shares` enclose the density of the points
-- within 0.5 % if its narrowest part has 2.5 nodes to a standard deviation; those of seaborn need some eight for that.
--   SELECT c.* FROM (SELECT kde2d(x, y) AS k FROM map) s, kde2d_contours(k) c;
--   SELECT c.* FROM (SELECT kde2d(x, y) AS k FROM map) s, kde2d_contours(k, ARRAY[0.5, 0.95]) c;
-- Source: seaborn (M. Waskom, JOSS 6, 2021); Lorensen and Cline, "Marching cubes", SIGGRAPH 1987.
CREATE FUNCTION kde2d_contours(
    k kde2d_result,
    levels integer DEFAULT 10,
    thresh double precision DEFAULT 0.05
) RETURNS TABLE (
    level integer,
    share double precision,
    density double precision,
    path integer,
    is_hole boolean,
    x double precision[],
    y double precision[],
    mass double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_contours'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000 ROWS 50;
COMMENT ON FUNCTION kde2d_contours(kde2d_result, integer, double precision) IS
    'contours of a density as closed polygons, at the levels that seaborn draws';

CREATE FUNCTION kde2d_contours(
    k kde2d_result,
    shares double precision[]
) RETURNS TABLE (
    level integer,
    share double precision,
    density double precision,
    path integer,
    is_hole boolean,
    x double precision[],
    y double precision[],
    mass double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_contours'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000 ROWS 50;
COMMENT ON FUNCTION kde2d_contours(kde2d_result, double precision[]) IS
    'contours of a density as closed polygons that enclose given shares of its mass';

-- kde2d_contours_geojson(k, levels, thresh) or (k, shares) -> json
-- The same as a GeoJSON FeatureCollection (RFC 7946): a feature for each level that has a contour, its geometry a
-- MultiPolygon, its properties level, share and density. Coordinates are those of the density, whatever they stand for,
-- as the shortest decimals that read back exactly. NULL for a NULL density.
--   SELECT kde2d_contours_geojson(kde2d(x, y), ARRAY[0.5, 0.95]) FROM map;
CREATE FUNCTION kde2d_contours_geojson(
    k kde2d_result,
    levels integer DEFAULT 10,
    thresh double precision DEFAULT 0.05
) RETURNS json
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_contours_geojson'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION kde2d_contours_geojson(kde2d_result, integer, double precision) IS
    'contours of a density as GeoJSON, at the levels that seaborn draws';

CREATE FUNCTION kde2d_contours_geojson(
    k kde2d_result,
    shares double precision[]
) RETURNS json
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_contours_geojson'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION kde2d_contours_geojson(kde2d_result, double precision[]) IS
    'contours of a density that enclose given shares of its mass as GeoJSON';

-- kde2d_contours_wkt(k, levels, thresh) or (k, shares) -> setof (level, share, density, wkt)
-- The same as well-known text: a MULTIPOLYGON for each level that has a contour.
--   SELECT w.level, w.wkt FROM (SELECT kde2d(x, y) AS k FROM map) s, kde2d_contours_wkt(k) w;
CREATE FUNCTION kde2d_contours_wkt(
    k kde2d_result,
    levels integer DEFAULT 10,
    thresh double precision DEFAULT 0.05
) RETURNS TABLE (
    level integer,
    share double precision,
    density double precision,
    wkt text
)
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_contours_wkt'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000 ROWS 10;
COMMENT ON FUNCTION kde2d_contours_wkt(kde2d_result, integer, double precision) IS
    'contours of a density as well-known text, at the levels that seaborn draws';

CREATE FUNCTION kde2d_contours_wkt(
    k kde2d_result,
    shares double precision[]
) RETURNS TABLE (
    level integer,
    share double precision,
    density double precision,
    wkt text
)
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_contours_wkt'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000 ROWS 10;
COMMENT ON FUNCTION kde2d_contours_wkt(kde2d_result, double precision[]) IS
    'contours of a density that enclose given shares of its mass as well-known text';

-- kde2d_regions(k, shares) -> setof (share, density, area, n_parts, mass)
-- The smallest regions of the plane that hold given shares of the mass: one row for each share, in the order given.
--   density  the level: the region is where the density reaches it
--   area     of the region, in units of x times units of y: how widely the mass is spread
--   n_parts  how many separate parts it has
--   mass     integral of the density over the region, bilinear between nodes: `share` of that over the grid
--   SELECT r.* FROM (SELECT kde2d(x, y) AS k FROM map) s, kde2d_regions(k, ARRAY[0.5, 0.95]) r;
-- Source: Hyndman, "Computing and graphing highest density regions", The American Statistician 50, 1996.
CREATE FUNCTION kde2d_regions(
    k kde2d_result,
    shares double precision[]
) RETURNS TABLE (
    share double precision,
    density double precision,
    area double precision,
    n_parts bigint,
    mass double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_regions'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000 ROWS 5;
COMMENT ON FUNCTION kde2d_regions(kde2d_result, double precision[]) IS
    'highest-density regions of the plane: level, area, parts and mass for given shares';

-- kde2d_share(k, x, y) -> double precision
-- The share of the smallest highest-density region that holds the point: 0 at the peak, near 1 far out. Shares of points
-- drawn from the density are uniform on [0, 1]; many large ones are points where the density has little. The density
-- at the point is bilinear between nodes, the share linear between some thousand levels: to 1e-6 as a rule, to the mass of a cell at the tops of hills.
-- NULL outside the grid, for NULL, for NaN, and if there is no density.
-- The levels are measured once as long as the density stays the same. Keep it in a table: a question then takes a
-- microsecond. A density that was computed in the same query is compared as a whole at each point.
--   CREATE TEMPORARY TABLE real_density AS SELECT kde2d(x, y) AS k FROM real_map;
--   SELECT id, kde2d_share(k, x, y) FROM synthetic_map, real_density;
CREATE FUNCTION kde2d_share(
    k kde2d_result,
    x double precision,
    y double precision
) RETURNS double precision
    AS 'MODULE_PATHNAME', 'synthdq_kde2d_share'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION kde2d_share(kde2d_result, double precision, double precision) IS
    'share of the smallest highest-density region that holds a point';

-- kde_regions(k, shares) -> setof (share, density, part, lo, hi)
-- The smallest sets on a line that hold given shares of the mass on the grid: one row for each interval, by share in the
-- order given and from left to right.
--   density  the level: the region is where the density, linear between nodes, reaches it
--   part     numbers the intervals of a share from 1
--   lo, hi   the interval
-- The region has its share of the integral to 12 digits. It has more only where the density is constant at the level.
--   SELECT r.* FROM (SELECT kde(x) AS k FROM t) s, kde_regions(k, ARRAY[0.5, 0.95]) r;
-- Source: Hyndman 1996, as above.
CREATE FUNCTION kde_regions(
    k kde_result,
    shares double precision[]
) RETURNS TABLE (
    share double precision,
    density double precision,
    part integer,
    lo double precision,
    hi double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_kde_regions'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000 ROWS 10;
COMMENT ON FUNCTION kde_regions(kde_result, double precision[]) IS
    'highest-density regions of one variable as intervals';
