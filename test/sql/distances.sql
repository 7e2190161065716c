-- wasserstein, energy_distance, drift: results by hand, generated cases computed in SQL, acceptance cases,
-- infinities and empty sides, errors.

CREATE FUNCTION near(got float8, want float8, tolerance float8 DEFAULT 1e-12) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$ SELECT abs(got - want) <= tolerance * abs(want) $$;

-- Each value moves by 3; 1 to 6 have the variance 17.5 / 5. The squares of F - G sum to 19/9.
SELECT distance, distance_over_sd_x, near(distance_over_sd_pooled, 3 / sqrt(3.5)) AS pooled, x_above, y_above, n_x, n_y
FROM wasserstein('{1:1,2:1,3:1}', '{4:1,5:1,6:1}');
SELECT near(energy, 38 / 9.0) AS energy, near(distance, sqrt(38 / 9.0)) AS distance, n_x, n_y
FROM energy_distance('{1:1,2:1,3:1}', '{4:1,5:1,6:1}');
-- F - G is 1/2 on [0, 2) and -1/2 on [2, 5). A single value has no standard deviation.
SELECT distance, x_above, y_above, n_x, n_y FROM wasserstein('{0:1,5:1}', '{2:1}');
SELECT distance, distance_over_sd_x, x_above, y_above FROM wasserstein('{2:1}', '{0:1,5:1}');
SELECT energy FROM energy_distance('{0:1,5:1}', '{2:1}');
-- One sample twice; one value; both.
SELECT distance, distance_over_sd_x FROM wasserstein('{1:4,2:3}', '{1:8,2:6}');
SELECT distance, distance_over_sd_x, distance_over_sd_pooled FROM wasserstein('{7:2}', '{7:5}');
SELECT energy, distance FROM energy_distance('{7:2}', '{7:5}');
-- sd: 4 zeros and 4 tens have the variance 200/7.
SELECT near(distance_over_sd_x, 5 / sqrt(200 / 7.0)) AS over_sd FROM wasserstein('{0:4,10:4}', '{5:1}');

-- Infinities: in common they add nothing, else all is infinite. Larger than a double is Infinity, half of that is none.
SELECT near(distance, 1 / 3.0) AS common, distance_over_sd_x, distance_over_sd_pooled
FROM wasserstein('{-Infinity:1,1:1,Infinity:1}', '{-Infinity:1,2:1,Infinity:1}');
SELECT distance, distance_over_sd_x, x_above, y_above FROM wasserstein('{0:1,1:1}', '{0:1,Infinity:1}');
SELECT energy, distance FROM energy_distance('{0:1,1:1}', '{0:1,Infinity:1}');
SELECT distance FROM wasserstein('{-1.7e308:1}', '{1.7e308:1}');
SELECT near(distance, 1.7e308) AS half FROM wasserstein('{-1.7e308:1,1.7e308:1}', '{1.7e308:2}');
SELECT near(distance, 1e-307 / 2) AS small FROM wasserstein('{0:1,1e300:1}', '{1e-307:1,1e300:1}');

-- Generated samples against sums over pooled values in SQL. y is shifted, spread and tied in various ways.
CREATE TEMP TABLE cases AS
SELECT k, i, hashint4(k * 1000 + i) % (3 + k * k) AS x,
    CASE WHEN i % (1 + k % 4) = 0 THEN hashint4(-k * 1000 - i) % (2 + k * k) + k % 3 END AS y
FROM generate_series(1, 300) k, generate_series(1, 5 + k % 40) i;
CREATE TEMP TABLE pairs AS SELECT k, ecdf(x::float8) AS x, ecdf(y::float8) AS y FROM cases GROUP BY k;
CREATE TEMP TABLE steps AS
SELECT k, cdf(x, v) - cdf(y, v) AS d, lead(v) OVER (PARTITION BY k ORDER BY v) - v AS dv
FROM pairs, LATERAL (SELECT value FROM ecdf_points(x) UNION SELECT value FROM ecdf_points(y)) u (v);
SELECT count(*), bool_and(near(w.distance, s.area, 1e-9)) AS wasserstein, bool_and(near(e.energy, s.squares, 1e-9)) AS energy,
    bool_and(near(w.distance_over_sd_x, s.area / stddev(p.x), 1e-9)) AS over_sd,
    bool_and(abs(w.y_above - w.x_above - (mean(p.y) - mean(p.x))) <= 1e-9 * w.distance) AS means
FROM pairs p, LATERAL wasserstein(x, y) w, LATERAL energy_distance(x, y) e,
    LATERAL (SELECT sum(abs(d) * dv), 2 * sum(d * d * dv) FROM steps WHERE steps.k = p.k) s (area, squares)
WHERE s.area > 0;

-- drift: p = (.6, .4), q = (.3, .7). 3.8414588 is the 95 % point of chi-squared with one degree of freedom.
SELECT near(psi, .3 * ln(2.0) - .3 * ln(4 / 7.0)) AS psi,
    near(js_divergence, (.6 * ln(.6 / .45) + .4 * ln(.4 / .55) + .3 * ln(.3 / .45) + .7 * ln(.7 / .55)) / 2 / ln(2.0), 1e-9) AS js,
    near(js_distance * js_distance, js_divergence) AS js_distance,
    near(hellinger ^ 2, 1 - sqrt(.18) - sqrt(.28), 1e-9) AS hellinger, near(total_variation, .3) AS variation,
    near(psi_null_mean, .2) AS null_mean, near(psi_null_95, 3.841458820694124 * .2, 1e-9) AS null_95,
    bins, edges, smoothing, n_x, n_y
FROM drift('{1:6,2:4}', '{1:3,2:7}', smoothing => 0);
-- Half an observation more in each bin, by default.
SELECT near(psi, 3 / 11.0 * ln(6.5 / 3.5) - 3 / 11.0 * ln(4.5 / 7.5)) AS psi, smoothing FROM drift('{1:6,2:4}', '{1:3,2:7}');

-- drift_empty_bin: (50.5 50.5 .5) and (40.5 40.5 20.5), over 101.5.
SELECT near(psi, 20 / 101.5 * (ln(50.5 / 40.5) + ln(20.5 / 0.5)), 1e-9) AS psi, near(total_variation, .2) AS variation, bins
FROM drift('{1:50,2:50}', '{1:40,2:40,3:20}');
SELECT psi, js_divergence < 1 AS finite FROM drift('{1:50,2:50}', '{1:40,2:40,3:20}', smoothing => 0);
SELECT psi, psi_null_mean, bins FROM drift('{1:50,3:50}', '{1:25,3:25}', '{-5,1,2,2.5,3}'::float8[], 0);
SELECT js_divergence, js_distance, hellinger, total_variation FROM drift('{1:5}', '{2:9}');
SELECT psi, psi_null_95, bins, edges FROM drift('{1:5}', '{1:9}');

-- Bins: quantiles, merged ones, one for each of few values, and what lies outside of a real sample that is tied to its end.
SELECT (drift(x, x, 4)).edges, (drift(x, x, 8)).edges FROM (SELECT ecdf(i) AS x FROM generate_series(1, 8) i) s;
SELECT (drift(x, x)).edges = (SELECT array_agg(quantile(x, j / 10.0) ORDER BY j) FROM generate_series(1, 9) j) AS quantiles
FROM (SELECT ecdf(sin(i)) AS x FROM generate_series(1, 1000) i) s;
SELECT edges FROM drift('{0:8,10:1,20:1}', '{1:1,2:1,3:1}', 4);
SELECT edges, total_variation FROM drift('{0:8,10:1,20:1}', '{-1:1,2:1,3:1}', 4);
SELECT edges FROM drift('{10:1,20:1,30:6}', '{1:1,2:1}', 4);
SELECT edges FROM drift('{10:1,20:1,30:6}', '{1:1,2:1,31:1}', 4);
SELECT edges, total_variation FROM drift('{5:4}', '{6:1,7:1,8:1}', 3);
SELECT bins, total_variation FROM drift('{5:4}', '{2:1,3:1,4:1}', 3);
-- A value on an edge lies below it; infinities in the open bins.
SELECT total_variation FROM drift('{1:5,2:5}', '{1:5}', '{1}'::float8[]);
SELECT near(total_variation, 1 / 3.0) AS open FROM drift('{-Infinity:1,Infinity:2}', '{-Infinity:1,1:1,Infinity:1}', '{0,2}'::float8[]);
-- The edges of a result serve later ones.
SELECT d.edges = e.edges AND d.psi = e.psi AS again
FROM (SELECT ecdf(sin(i)) AS x, ecdf(cos(i) / 2) AS y FROM generate_series(1, 500) i) s,
    LATERAL drift(x, y) d, LATERAL drift(x, y, d.edges) e;
-- 10 bins at the sizes of a small study: .0197.
SELECT round(psi_null_95::numeric, 4) AS null_95, round(psi_null_mean::numeric, 4) AS null_mean
FROM (SELECT ecdf(i) AS x FROM generate_series(1, 6000) i) x, (SELECT ecdf(i) AS y FROM generate_series(1, 1000) i) y, drift(x, y);

-- Generated samples over fixed edges, counted by width_bucket, which closes intervals below: of negated values.
SELECT count(*), bool_and(near(d.total_variation, w.variation, 1e-9)) AS variation, bool_and(near(d.hellinger ^ 2, w.hellinger, 1e-9)) AS hellinger,
    bool_and(near(d.js_divergence, w.js, 1e-9)) AS js, bool_and(near(d.psi, w.psi, 1e-9)) AS psi
FROM pairs p, LATERAL drift(x, y, ARRAY[-k, -1, 1, k]) d,
    LATERAL (
        SELECT sum(abs(p - q)) / 2, sum((sqrt(p) - sqrt(q)) ^ 2) / 2,
            sum(CASE WHEN p > 0 THEN p * ln(2 * p / (p + q)) ELSE 0 END + CASE WHEN q > 0 THEN q * ln(2 * q / (p + q)) ELSE 0 END) / 2 / ln(2.0),
            sum((ps - qs) * ln(ps / qs))
        FROM (SELECT count(x) / sum(count(x)) OVER (), count(y) / sum(count(y)) OVER (),
                (count(x) + 0.5) / (sum(count(x)) OVER () + 2.5), (count(y) + 0.5) / (sum(count(y)) OVER () + 2.5)
            FROM generate_series(0, 4) b LEFT JOIN (
                SELECT x, NULL::int AS y, x AS v FROM cases c WHERE c.k = p.k UNION ALL
                SELECT NULL, y, y FROM cases c WHERE c.k = p.k AND y IS NOT NULL) v
            ON width_bucket((-v)::float8, ARRAY[-p.k, -1, 1, p.k]::float8[]) = b
            GROUP BY b) shares (p, q, ps, qs)
    ) w (variation, hellinger, js, psi)
WHERE k > 1 AND w.variation > 0;

-- An empty side and a NULL are NULL.
SELECT wasserstein('{}', '{1:1}') IS NULL AS w, energy_distance('{1:1}', '{}') IS NULL AS e, drift('{}', '{1:1}') IS NULL AS d,
    drift('{1:1}', '{}', '{1}'::float8[]) IS NULL AS d_edges, wasserstein(NULL, '{1:1}') IS NULL AS n, drift('{1:1}', '{1:1}', NULL::int) IS NULL AS n_bins;

-- Errors.
SELECT drift('{1:1}', '{1:1}', 1);
SELECT drift('{1:1}', '{1:1}', 10001);
SELECT drift('{1:1}', '{1:1}', 10, -0.5);
SELECT drift('{1:1}', '{1:1}', 10, 'NaN');
SELECT drift('{1:1}', '{1:1}', '{1,NULL}'::float8[]);
SELECT drift('{1:1}', '{1:1}', '{}'::float8[]);
SELECT drift('{1:1}', '{1:1}', array_fill(1.0::float8, ARRAY[10000]));
SELECT drift('{1:1}', '{1:1}', '{1,2,2}'::float8[]);
SELECT drift('{1:1}', '{1:1}', '{NaN}'::float8[]);
SELECT drift('{1:1}', '{1:1}', '{1,NaN}'::float8[]);
DROP FUNCTION near;
