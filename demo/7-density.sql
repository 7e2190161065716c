-- Part 7: kernel densities of both sides on one grid, and how much of them they share.
\ir output.sql
DROP TABLE IF EXISTS map_density;

\echo
\echo '=== 7. How much of their densities do both sides share?'
\echo
\echo '--- In one dimension: the ink of each image'
\echo
\echo 'Overlap is the area below both curves: 1 if they are the same, 0 if they never meet.'
\echo
\set ECHO queries
WITH range AS (
	SELECT min(ink) AS lo, max(ink) AS hi FROM ink
), densities AS (
	SELECT source, kde(ecdf(ink), grid_size => 200, lo => min(lo), hi => max(hi)) AS kde
	FROM ink, range
	GROUP BY source
), points AS (
	SELECT source, (kde).bandwidth, point.x, point.density
	FROM densities, kde_points(kde) AS point
)
SELECT other.source AS "real against",
	round((sum(least(real.density, other.density)) * (max(x) - min(x)) / 199)::numeric, 4) AS overlap,
	round(min(real.bandwidth)::numeric, 2) AS "bandwidth, real",
	round(min(other.bandwidth)::numeric, 2) AS "other"
FROM points AS real JOIN points AS other USING (x)
WHERE real.source = 'real' AND other.source <> 'real'
GROUP BY other.source
ORDER BY array_position('{holdout,e01,e05,e25}', other.source);
\set ECHO none
\echo 'How to read it: one number per image is one view. By its ink alone a later version may look worse than an'
\echo 'earlier one, while its shapes are better. Never rank generators by a single number.'
\echo
\echo '--- In two dimensions: the common map'
\echo
\echo 'Real against each other source: one kernel and one grid for both sides. The kernel is a tenth of the'
\echo 'spread of the map: the usual rules of thumb are made for one hill, and would smear clusters into each other.'
\echo
\set ECHO queries
CREATE TABLE map_density AS
WITH range AS (
	SELECT min(x) - 0.03 * (max(x) - min(x)) AS x_lo, max(x) + 0.03 * (max(x) - min(x)) AS x_hi,
		min(y) - 0.03 * (max(y) - min(y)) AS y_lo, max(y) + 0.03 * (max(y) - min(y)) AS y_hi
	FROM map
), densities AS (
	SELECT source, kde2d(x, y, 100, 0.1, x_lo, x_hi, y_lo, y_hi) AS kde
	FROM map, range
	GROUP BY source
)
SELECT source, point.x, point.y, point.density
FROM densities, kde2d_points(kde) AS point;

WITH similarities AS (
	SELECT other, kde2d_similarity(x, y, source <> 'real', 100, '0.1') AS s,
		kde2d_similarity_baseline(x, y, source <> 'real', 100, '0.1') AS b
	FROM map JOIN unnest('{holdout,e01,e25}'::text[]) AS other ON source IN ('real', other)
	GROUP BY other
)
SELECT other AS "real against", round((s).overlap::numeric, 4) AS overlap,
	round((max((s).overlap) FILTER (WHERE other = 'holdout') OVER ())::numeric, 4) AS "baseline: holdout",
	round((b).overlap::numeric, 4) AS "halves of real", round((s).js::numeric, 4) AS "js, bits"
FROM similarities
ORDER BY array_position('{holdout,e01,e25}', other);
\set ECHO none
\echo 'How to read it: the holdout row is what two samples of real digits share, with so many rows and this kernel. A'
\echo 'version with less than that paints digits where no real ones lie, or leaves out kinds of real ones. A version'
\echo 'with as much cannot be told from real digits by this picture; the parts before may still tell it. Halves of the real'
\echo 'rows share less for their size alone.'
\echo
\echo 'The densities of real digits (left) and of e25 (right); darker letters mean more:'
\echo
\pset tuples_only on
WITH cells AS (
	SELECT source, width_bucket(x, x_min, x_max, 48) AS c, width_bucket(y, y_min, y_max, 22) AS r,
		avg(density) / max(avg(density)) OVER () AS density
	FROM map_density,
		(SELECT min(x) AS x_min, max(x) + 1e-9 AS x_max, min(y) AS y_min, max(y) + 1e-9 AS y_max
			FROM map_density) AS range
	WHERE source IN ('real', 'e25')
	GROUP BY source, c, r
), lines AS (
	SELECT source, r, string_agg(substr(' .:-=+*#%@', 1 + (9 * density)::int, 1), '' ORDER BY c) AS line
	FROM cells
	GROUP BY source, r
)
SELECT real.line || '  |  ' || other.line
FROM lines AS real JOIN lines AS other USING (r)
WHERE real.source = 'real' AND other.source = 'e25'
ORDER BY r DESC;
\pset tuples_only off
