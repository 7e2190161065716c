-- Contours and highest-density regions: by hand, against seaborn's levels formed in SQL, as GeoJSON and WKT, on
-- degenerate densities, and every error. The core's rules are in test/unit/contours_test.c.

-- A density by its axes and values, whatever other fields the type has.
CREATE FUNCTION pg_temp.plane(x float8[], y float8[], density float8[]) RETURNS kde2d_result
LANGUAGE plpgsql AS $$
DECLARE k kde2d_result;
BEGIN
    k.x := x; k.y := y; k.density := density;
    RETURN k;
END $$;
CREATE FUNCTION pg_temp.line(x float8[], density float8[]) RETURNS kde_result
LANGUAGE plpgsql AS $$
DECLARE k kde_result;
BEGIN
    k.x := x; k.density := density;
    RETURN k;
END $$;

-- ---------- by hand ----------

-- Two cells of masses 3.5 and 2 times 10. Above a level L from 2 to 4, with t = L / 2 - 1, the first cell has lost t^2 + 2 t^3 / 3
-- - t^4 / 12, and the second has a triangle with legs (1 - t) / 2 and 1 - t; half of the mass is above 3.493199. At level 2
-- the mass leaps, since two nodes next to each other have it, and 0.8 is within the leap.
CREATE TEMPORARY TABLE stairs AS
SELECT pg_temp.plane('{0,1,2}', '{0,10}', '{{4,4,0},{4,2,2}}') AS k;
SELECT share, round(density::numeric, 6) AS density, n_parts FROM stairs, kde2d_regions(k, '{0, 0.5, 0.75, 0.8, 1}');
-- At level 2 the lower side is left at x = 1.5 and the right side entered at y = 10, its last node: the region is
-- the grid without the triangle (1.5, 0), (2, 0), (2, 10) of area 2.5.
SELECT level, share, density, path, is_hole, round(x[1]::numeric, 6) AS x1, round(y[1]::numeric, 6) AS y1,
       array_length(x, 1) AS n, x[1] = x[array_length(x, 1)] AND y[1] = y[array_length(y, 1)] AS closed
FROM stairs, kde2d_contours(k, ARRAY[0.8]);
SELECT round(area::numeric, 6) AS area FROM stairs, kde2d_regions(k, ARRAY[0.8]);
-- Two levels from thresh: the outer one, and the peak, which has no contour.
SELECT level, share, density FROM stairs, kde2d_contours(k, 2, 0.2);
SELECT level, share, density FROM stairs, kde2d_contours(k, levels => 1, thresh => 0.2);

-- A pit in the middle: a polygon with a hole, as numbers, as WKT, as GeoJSON. 8 nodes of 4; the pit's contour at level 4
-- is a diamond that reaches the four nodes around it, but for 2^-30, at which contours keep away from nodes.
CREATE TEMPORARY TABLE pit AS
SELECT pg_temp.plane('{0,1,2}', '{0,1,2}', '{{4,4,4},{4,0,4},{4,4,4}}') AS k;
SELECT path, is_hole, (SELECT array_agg(round(v::numeric, 6)::float8) FROM unnest(x) v) AS x,
       (SELECT array_agg(round(v::numeric, 6)::float8) FROM unnest(y) v) AS y
FROM pit, kde2d_contours(k, ARRAY[0.5]);
SELECT level, share, density, wkt
FROM pit, kde2d_contours_wkt(k, ARRAY[0.5]);
SELECT kde2d_contours_geojson(k, ARRAY[0.5]) AS json
FROM pit;
-- Its area is 4 less the diamond's 2. Its mass: in each cell f = 4 (1 - u v), of which the half with u + v < 1 has
-- 4 (1/2 - 1/24) = 11/6.
SELECT round(area::numeric, 6) AS area, n_parts, round(mass::numeric, 6) AS mass
FROM pit, kde2d_regions(k, ARRAY[0.5]);

-- ---------- on a density of points ----------

CREATE TEMPORARY TABLE points AS
SELECT i, hashint4(i) / 2^31 + hashint4(-i) / 2^31 + hashint4(i + 1000000) / 2^31 + (i % 3) / 2 * 3.0 AS x,
       hashint4(i * 3) / 2^31 + hashint4(i * 7) / 2^31 + hashint4(i * 11) / 2^31 + (i % 2) AS y
FROM generate_series(1, 2000) i;
CREATE TEMPORARY TABLE densities AS
SELECT 100 AS size, kde2d(x, y, 100, 'scott') AS k, kde(x) AS line FROM points
UNION ALL SELECT 200, kde2d(x, y, 200, 'scott'), NULL FROM points;

-- kde_levels: seaborn's levels by their definition; the default is ten, of which the last is the peak.
WITH sorted AS (
    SELECT size, d, sum(d) OVER (PARTITION BY size ORDER BY d DESC ROWS UNBOUNDED PRECEDING) /
                    sum(d) OVER (PARTITION BY size) AS reached
    FROM densities, unnest((k).density) d
), wanted AS (
    SELECT size, q, max(d) AS density
    FROM sorted, generate_series(1, 9) q WHERE reached >= 1 - (0.05 + (q - 1) * 0.95 / 9) GROUP BY size, q
)
SELECT size, count(DISTINCT c.level) AS levels, bool_and(abs(c.density - w.density) <= 1e-12 * w.density) AS equal,
       bool_and(abs(c.share - (1 - (0.05 + (q - 1) * 0.95 / 9))) < 1e-15) AS shares
FROM densities JOIN wanted w USING (size), kde2d_contours(k) c WHERE c.level = w.q GROUP BY size ORDER BY size;

-- They enclose the mass they claim; regions are nested, so areas grow.
SELECT size, bool_and(abs(r.mass / (k).mass - r.share) <= 1e-6) AS mass,
       array_agg(r.area ORDER BY r.share) = array_agg(r.area ORDER BY r.area) AS nested
FROM densities, kde2d_regions(k, ARRAY[0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]) r GROUP BY size ORDER BY size;
-- Each ring is closed, and turns as its kind does; the rings have the area of the region.
WITH rings AS (
    SELECT size, c.*, (SELECT sum(x[i] * y[i + 1] - x[i + 1] * y[i]) / 2
                       FROM generate_series(1, array_length(x, 1) - 1) i) AS area
    FROM densities, kde2d_contours(k, ARRAY[0.3, 0.6, 0.9]) c
)
SELECT size, bool_and(x[1] = x[array_length(x, 1)] AND y[1] = y[array_length(y, 1)]) AS closed,
       bool_and((ring_area > 0) <> is_hole) AS turns,
       bool_and(abs(total / r_area - 1) < 1e-6) AS areas
FROM (SELECT size, x, y, is_hole, rings.area AS ring_area, sum(rings.area) OVER (PARTITION BY size, rings.share) AS total, r.area AS r_area
      FROM rings JOIN densities USING (size), kde2d_regions(k, ARRAY[0.3, 0.6, 0.9]) r
      WHERE r.share = rings.share) s
GROUP BY size ORDER BY size;
-- GeoJSON: the very points of the rows, a feature per level.
WITH features AS (
    SELECT size, (f -> 'properties' ->> 'level')::int AS level, f -> 'geometry' AS geometry,
           (f -> 'properties' ->> 'share')::float8 AS share, (f -> 'properties' ->> 'density')::float8 AS density
    FROM densities, jsonb_array_elements(kde2d_contours_geojson(k, ARRAY[0.9, 0.3])::jsonb -> 'features') f
), numbered AS (
    SELECT size, level, share, density, geometry ->> 'type' AS type,
           row_number() OVER (PARTITION BY size, level ORDER BY p, r) AS path, r > 1 AS is_hole, ring
    FROM features, jsonb_array_elements(geometry -> 'coordinates') WITH ORDINALITY polygons(polygon, p),
         jsonb_array_elements(polygon) WITH ORDINALITY rings(ring, r)
)
SELECT size, count(*) = (SELECT count(*) FROM densities e, kde2d_contours(e.k, ARRAY[0.9, 0.3])
                         WHERE e.size = c.size) AS all_rings,
       bool_and(n.type = 'MultiPolygon' AND n.share = c.share AND n.density = c.density AND n.is_hole = c.is_hole) AS fields,
       bool_and(ARRAY(SELECT (p ->> 0)::float8 FROM jsonb_array_elements(ring) p) = c.x AND
                ARRAY(SELECT (p ->> 1)::float8 FROM jsonb_array_elements(ring) p) = c.y) AS points
FROM (SELECT d.size, r.* FROM densities d, kde2d_contours(d.k, ARRAY[0.9, 0.3]) r) c
JOIN numbered n USING (size, level, path) GROUP BY size ORDER BY size;
-- WKT: one for each level but the peak.
SELECT bool_and(wkt ~ '^MULTIPOLYGON\(\(\((-?[0-9.e-]+ -?[0-9.e-]+(, )?)+\).*\)\)$') AS form, array_agg(level ORDER BY level)
FROM densities, kde2d_contours_wkt(k, 5, 0.2) w WHERE size = 200;

-- The share of a point: below s exactly where the density reaches the level of s. At nodes nothing is interpolated.
SELECT count(*) AS wrong
FROM densities, kde2d_points(k) p, kde2d_regions(k, ARRAY[0.1, 0.5, 0.9]) r
WHERE size = 100 AND (kde2d_share(k, p.x, p.y) < r.share) <> (p.density >= r.density)
      AND abs(kde2d_share(k, p.x, p.y) - r.share) > 1e-4;
SELECT min(kde2d_share(k, p.x, p.y)) AS peak, max(kde2d_share(k, p.x, p.y)) > 0.9999 AS far
FROM densities, kde2d_points(k) p WHERE size = 100;
-- Outside, NULL, NaN, no density; another density in each row.
SELECT kde2d_share(k, 1000, 0), kde2d_share(k, NULL, 0), kde2d_share(k, 'NaN', 0), kde2d_share(k, 0, 'infinity'),
       kde2d_share(NULL, 0, 0), kde2d_share(pg_temp.plane(NULL, NULL, NULL), 0, 0)
FROM densities WHERE size = 100;
-- 1 + x + 2 y has 5/12 of 5/2 in the triangle below 2, where x + 2 y < 1, and 5/6 of 5/2 in the one above 3.
SELECT round(kde2d_share(pg_temp.plane('{0,1}', '{0,1}', ARRAY[1, 2, 3, d]), 1, 0)::numeric, 6) AS share FROM generate_series(4, 6) d ORDER BY d;
DO $$
DECLARE k kde2d_result;
BEGIN
    k.x := '{0,1}'; k.y := '{0,1}';
    FOR d IN 4 .. 5 LOOP
        k.density := ARRAY[1, 2, 3, d];
        RAISE NOTICE '%', round(kde2d_share(k, 0, 1)::numeric, 6);
    END LOOP;
END $$;

-- ---------- on a line ----------

-- A tent of mass 4: above level L it has 4 - L^2, so half of it is above sqrt(2), between sqrt(2) and 4 - sqrt(2).
SELECT share, part, abs(density - sqrt(2)) < 1e-12 AS density, abs(lo - sqrt(2)) < 1e-12 AS lo,
       abs(hi - 4 + sqrt(2)) < 1e-12 AS hi
FROM kde_regions(pg_temp.line('{0,1,2,3,4}', '{0,1,2,1,0}'), ARRAY[0, 0.5]);
-- Two tents: above level L they have 4 - L^2 together, three quarters above 1. All of them meet at 2, as one part.
SELECT share, part, round(density::numeric, 9) AS density, round(lo::numeric, 9) AS lo, round(hi::numeric, 9) AS hi
FROM kde_regions(pg_temp.line('{0,1,2,3,4}', '{0,2,0,2,0}'), ARRAY[0.75, 1]);
-- The density of a normal sample: 95 % within 1.96 standard deviations, kernel included.
SELECT count(*) AS parts, bool_and(abs(hi - lo - 2 * 1.959964 * s) < 0.02 * s) AS width
FROM (SELECT kde(q) AS k, sqrt(variance(q) + max(h) ^ 2) AS s
      FROM (SELECT sqrt(-2 * ln((i - 0.5) / 500)) * cos(2 * pi() * (i * 0.6180339887498949)) AS q,
                   500 ^ (-0.2) * 1.0 AS h FROM generate_series(1, 500) i) n) t, kde_regions(k, ARRAY[0.95]);

-- ---------- degenerate ----------

-- Flat: everything, whatever the share; above 0 there is no smaller region.
SELECT level, x, y FROM kde2d_contours(pg_temp.plane('{0,1,2}', '{5,6}', '{{2,2,2},{2,2,2}}'), ARRAY[0, 0.1, 1]);
SELECT * FROM kde_regions(pg_temp.line('{0,1,2}', '{2,2,2}'), ARRAY[0.1]);
-- One peak at a node, of mass 4: a diamond holds half of it. With t = 1 - L / 4 it has 16 (t^2 / 2 - t^3 / 3 + t^4 / 24), 2
-- at t = 0.642156, and an area of 2 t^2.
SELECT count(*) FROM kde2d_contours(pg_temp.plane('{0,1,2}', '{0,1,2}', '{0,0,0,0,4,0,0,0,0}'), ARRAY[0.5]);
SELECT share, round(density::numeric, 6) AS density, round(area::numeric, 6) AS area, n_parts, round(mass::numeric, 6) AS mass
FROM kde2d_regions(pg_temp.plane('{0,1,2}', '{0,1,2}', '{0,0,0,0,4,0,0,0,0}'), ARRAY[0.5]);
-- All 0; no density; NULL; no shares.
SELECT count(*) FROM kde2d_contours(pg_temp.plane('{0,1}', '{0,1}', '{0,0,0,0}'));
SELECT count(*) FROM kde2d_contours(pg_temp.plane(NULL, NULL, NULL));
SELECT count(*) FROM kde2d_contours(NULL);
SELECT count(*) FROM kde2d_regions(NULL, ARRAY[0.5]);
SELECT count(*) FROM kde2d_contours_wkt(NULL, ARRAY[0.5]);
SELECT count(*) FROM kde_regions(NULL, ARRAY[0.5]);
SELECT count(*) FROM kde_regions(pg_temp.line('{0,1}', '{0,0}'), ARRAY[0.5]);
SELECT kde2d_contours_geojson(NULL) IS NULL AS nothing,
       kde2d_contours_geojson(pg_temp.plane(NULL, NULL, NULL)) AS empty;
SELECT count(*) FROM densities, kde2d_contours(k, '{}'::float8[]);
-- The second cell falls to 0: it holds 0.35 of its 0.5 in the first 1 - sqrt(0.3) = 0.452277. Densities beyond the sum, and coordinates in small units at a large offset.
SELECT round(area::numeric, 6) AS area, n_parts
FROM kde2d_regions(pg_temp.plane('{0,1,2}', '{0,1}', '{1e308,1e308,0,1e308,1e308,0}'), ARRAY[0.9]);
SELECT n_parts, abs(area / 1e-6 - 1.452277) < 0.001 AS area
FROM kde2d_regions(pg_temp.plane('{1000000000,1000000000.001,1000000000.002}', '{0,0.001}', '{4,4,0,4,4,0}'), ARRAY[0.9]) r;

-- ---------- errors ----------

\set VERBOSITY sqlstate
SELECT * FROM densities, kde2d_contours(k, 0);
SELECT * FROM densities, kde2d_contours(k, 1001);
SELECT * FROM densities, kde2d_contours(k, NULL::integer);
SELECT * FROM densities, kde2d_contours(k, 10, 1.5);
SELECT * FROM densities, kde2d_contours(k, 10, 'NaN');
SELECT * FROM densities, kde2d_contours(k, 10, NULL);
\set VERBOSITY terse
SELECT * FROM densities, kde2d_contours(k, NULL::float8[]);
SELECT * FROM densities, kde2d_contours(k, ARRAY[0.5, NULL]);
SELECT * FROM densities, kde2d_contours(k, ARRAY[0.5, 95]);
SELECT * FROM densities, kde2d_contours(k, ARRAY[-0.5]);
SELECT * FROM densities, kde2d_contours(k, ARRAY['NaN'::float8]);
SELECT * FROM densities, kde2d_contours(k, array_fill(0.5, ARRAY[1001]));
-- Arguments are checked even without a density.
SELECT * FROM kde2d_contours(NULL, ARRAY[2.0]);
SELECT * FROM kde_regions(NULL, ARRAY[2.0]);
-- Densities that were put together by hand.
SELECT * FROM kde2d_contours(pg_temp.plane('{0,1}', '{0,1}', '{1,2,3}'));
SELECT * FROM kde2d_contours(pg_temp.plane('{0}', '{0,1}', '{1,2}'));
SELECT * FROM kde2d_contours(pg_temp.plane('{}', '{}', '{}'));
SELECT * FROM kde2d_contours(pg_temp.plane('{1,0}', '{0,1}', '{1,2,3,4}'));
SELECT * FROM kde2d_contours(pg_temp.plane('{0,1}', '{0,1,3}', '{1,2,3,4,5,6}'));
SELECT * FROM kde2d_contours(pg_temp.plane('{0,NaN}', '{0,1}', '{1,2,3,4}'));
SELECT * FROM kde2d_contours(pg_temp.plane('{-1.5e308,1.5e308}', '{0,1}', '{1,2,3,4}'));
SELECT * FROM kde2d_contours(pg_temp.plane('{0,1}', '{0,NULL}', '{1,2,3,4}'));
SELECT * FROM kde2d_contours(pg_temp.plane('{0,1}', '{0,1}', '{1,2,3,-4}'));
SELECT * FROM kde2d_contours(pg_temp.plane('{0,1}', '{0,1}', '{1,2,3,NaN}'));
SELECT kde2d_share(pg_temp.plane('{0,1}', '{0,1}', '{1,2,3,infinity}'), 0, 0);
SELECT * FROM kde_regions(pg_temp.line('{0,1}', '{1,2,3}'), ARRAY[0.5]);
SELECT * FROM kde_regions(pg_temp.line('{0,0}', '{1,2}'), ARRAY[0.5]);
SELECT * FROM kde_regions(pg_temp.line('{0,1}', '{1,NaN}'), ARRAY[0.5]);
-- A failure leaves nothing behind that a later question would meet.
SELECT round(kde2d_share(pg_temp.plane('{0,1}', '{0,1}', '{1,2,3,4}'), 1, 0)::numeric, 6) AS share;
