-- kde2d_marginal: by hand, against kde of the coordinate, what other functions make of it, and hostile densities.

-- Densities 1 2 4 / 3 5 7 over x = 0 1 2 and y = 0 2, by hand: over y (1 + 3) / 2 * 2 = 4, 7, 11, of integral 14.5;
-- over x 1.5 + 3 and 4 + 6, of integral 14.5.
CREATE TEMPORARY TABLE by_hand AS
SELECT ROW('{0,1,2}', '{0,2}', '{{1,2,4},{3,5,7}}', 0.5, 0.25, 0.75, 0.1, 9, 14.5, 'exact')::kde2d_result AS k;
SELECT axis, m.* FROM by_hand, unnest(ARRAY['x', 'y']) axis, kde2d_marginal(k, axis) m ORDER BY axis;

-- kde2d_marginal_is_kde: on a fine grid that reaches 8 bandwidths beyond the points the marginal is the density of
-- the coordinate with the same bandwidth. Round clouds, and correlations of either sign.
CREATE TEMPORARY TABLE pts AS
SELECT r, i, (i * 7919 % 1009) / 64.0::float8 AS x,
       r * (i * 7919 % 1009) / 64.0::float8 + (1 - abs(r)) * (i * 31 % 97) / 4.0::float8 AS y
FROM generate_series(1, 500) i, unnest(ARRAY[-0.8, 0, 0.5]) r;
CREATE TEMPORARY TABLE planes AS SELECT r, kde2d(kde2d_sample(x, y), 500, cut => 8) AS k FROM pts GROUP BY r;
CREATE TEMPORARY TABLE marginals AS
SELECT r, axis, k, kde2d_marginal(k, axis) AS m FROM planes, unnest(ARRAY['x', 'y']) axis;
CREATE TEMPORARY TABLE lines AS
SELECT r, axis, kde(ecdf(CASE axis WHEN 'x' THEN p.x ELSE p.y END), 500, (m).bandwidth::text, cut => 8) AS k
FROM pts p JOIN marginals USING (r) GROUP BY r, axis, m;
SELECT r, axis, (m).n, (m).weight, (m).kernel, (m).rule, (m).method, (m).n = (l.k).n AS same_n,
       (m).bandwidth = CASE axis WHEN 'x' THEN (p.k).bandwidth_x ELSE (p.k).bandwidth_y END AS bandwidth,
       (m).x = CASE axis WHEN 'x' THEN (p.k).x ELSE (p.k).y END AS nodes,
       (SELECT max(abs(a - b)) < 1e-9 * max(b) AND count(*) = 500
        FROM unnest((m).density, (l.k).density) v (a, b)) AS density,
       (SELECT max(abs(a - b)) < 1e-9 FROM unnest((m).x, (l.k).x) v (a, b)) AS grid,
       abs((m).mass - (p.k).mass) < 1e-12 AS mass_of_plane, abs((m).mass - 1) < 1e-6 AS mass_1
FROM marginals p JOIN lines l USING (r, axis) ORDER BY r, axis;

-- Tails that the grid cuts along y are missing at each x, and the mass says so, which is that of the plane.
SELECT abs((m).mass - (k).mass) < 1e-12 AS mass, (m).mass < 0.999 AS below_1
FROM (SELECT k, kde2d_marginal(k, 'x') AS m
      FROM (SELECT kde2d(kde2d_sample(x, y), 100, cut => 0) AS k FROM pts WHERE r = 0) p) q;
-- A grid far away holds nothing.
SELECT (m).density, (m).mass, (m).n, (m).method
FROM (SELECT kde2d_marginal(kde2d(kde2d_sample(x, y), 3, x_lo => 1e6, x_hi => 1e6 + 1), 'x') AS m FROM pts WHERE r = 0) q;

-- What reads a kde_result reads this one.
SELECT count(*) AS points FROM marginals, kde_points(m) WHERE r = 0 AND axis = 'x';
SELECT axis, count(*) > 0 AS regions, bool_and(lo < hi) AS ascending FROM marginals, kde_regions(m, ARRAY[0.5, 0.9])
WHERE r = 0.5 GROUP BY axis ORDER BY axis;
SELECT abs((kde_similarity(m, l.k)).overlap - 1) < 1e-9 AS same FROM marginals, lines l
WHERE marginals.r = 0.5 AND l.r = 0.5 AND marginals.axis = 'y' AND l.axis = 'y';
SELECT (k).n, (k).weight, (k).kernel, (k).rule, (k).method, abs((k).mass - 1) < 1e-6 AS mass
FROM (SELECT kde_merge(m) AS k FROM marginals, generate_series(1, 3) WHERE r = 0.5 AND axis = 'x') s;
-- The marginal of a mixture is the mixture of marginals.
SELECT (SELECT max(abs(u - v)) < 1e-15 FROM unnest((kde2d_marginal(k, 'y')).density, (m).density) w (u, v)) AS same
FROM (SELECT kde2d_merge(k) AS k, kde_merge(kde2d_marginal(k, 'y')) AS m
      FROM (SELECT kde2d(x, y, 40, 'scott', -20, 40, -20, 40) AS k FROM pts GROUP BY r) g) s;

-- NULL; points without a density (one, on a line); no axis.
SELECT kde2d_marginal(NULL, 'x') IS NULL AS nothing;
SELECT i, m.* FROM (SELECT 1 AS i, kde2d(kde2d_sample(1, 2)) AS k
                    UNION ALL SELECT 2, kde2d(kde2d_sample(v, 3 * v)) FROM generate_series(1, 9) v) s,
    kde2d_marginal(k, 'y') m ORDER BY i;
SELECT kde2d_marginal(k, 'z') FROM by_hand;
SELECT kde2d_marginal(k, 'X') FROM by_hand;
SELECT kde2d_marginal(k, NULL) FROM by_hand;
SELECT kde2d_marginal(NULL, 'xy');

-- Densities put together by hand. A density without a bandwidth or a method is one for all that.
CREATE FUNCTION pg_temp.made(x float8[], y float8[], density float8[], bandwidth_x float8 DEFAULT 1, n bigint DEFAULT 3)
RETURNS kde2d_result LANGUAGE sql AS $$
    SELECT ROW(x, y, density, 1, bandwidth_x, 1, 0, n, NULL, NULL)::kde2d_result
$$;
SELECT * FROM kde2d_marginal(pg_temp.made('{0,1}', '{0,1}', '{1,1,1,1}', NULL), 'x');
SELECT kde2d_marginal(pg_temp.made('{0,1}', '{0,1}', '{1,1,1}'), 'x');
SELECT kde2d_marginal(pg_temp.made('{0,1}', '{0}', '{1,1}'), 'x');
SELECT kde2d_marginal(pg_temp.made('{}', '{}', '{}'), 'x');
SELECT kde2d_marginal(pg_temp.made('{0,1}', '{1,0}', '{1,1,1,1}'), 'x');
SELECT kde2d_marginal(pg_temp.made('{0,1}', '{0,NaN}', '{1,1,1,1}'), 'x');
SELECT kde2d_marginal(pg_temp.made('{0,1,5}', '{0,1}', '{1,1,1,1,1,1}'), 'y');
SELECT kde2d_marginal(pg_temp.made('{0,1}', '{0,1}', '{1,1,NaN,1}'), 'x');
SELECT kde2d_marginal(pg_temp.made('{0,1}', '{0,1}', '{1,1,-1,1}'), 'x');
SELECT kde2d_marginal(pg_temp.made('{0,1}', '{0,1}', '{1,Infinity,1,1}'), 'x');
SELECT kde2d_marginal(pg_temp.made('{0,1}', '{0,1}', '{1,NULL,1,1}'), 'x');
SELECT kde2d_marginal(pg_temp.made('{0,1}', '{0,1}', '{1,1,1,1}', 'NaN'), 'x');
SELECT kde2d_marginal(pg_temp.made('{0,1}', '{0,1}', '{1,1,1,1}', 0), 'x');
SELECT kde2d_marginal(pg_temp.made('{0,1}', '{0,1}', '{1,1,1,1}', 'Infinity'), 'x');
SELECT kde2d_marginal(pg_temp.made('{0,1}', '{0,1}', '{1,1,1,1}', 1, NULL), 'x');
SELECT kde2d_marginal(pg_temp.made('{0,1}', '{0,1}', '{1,1,1,1}', 1, -1), 'x');
SELECT kde2d_marginal(pg_temp.made('{0,1}', '{0,4}', '{1e308,1,1e308,1}'), 'x');
SELECT kde2d_marginal(pg_temp.made('{0,1}', NULL, '{1,1}'), 'x') AS no_axis;
