-- kde beyond the plain Gaussian: kernels, rules, bounds, grids, methods, and kde_pdf and kde_cdf at places, against
-- scikit-learn, scipy and 40 digits (test/reference/kde_kernels.py); what must hold for degenerate data; errors.
CREATE TEMPORARY TABLE vals AS
SELECT i, (i * 7919 % 1009) / 64.0::float8 AS x FROM generate_series(1, 300) i;
CREATE TEMPORARY TABLE stored AS SELECT ecdf(x) AS e FROM vals;
CREATE FUNCTION pg_temp.close_to(got float8[], want float8[], tolerance float8) RETURNS boolean
LANGUAGE sql AS $$
    SELECT count(*) > 0
           AND bool_and(g IS NOT NULL AND w IS NOT NULL AND abs(g - w) <= tolerance * abs(w))
    FROM (SELECT unnest(got) AS g, unnest(want) AS w) s
$$;

-- One value at 0, h = 2: heights 3/8, 1/4, 1/2, pi/8 of the compact kernels, and half the mass below 0.
SELECT kernel, abs(kde_pdf(ecdf, 0, '2', kernel) - height) < 1e-15 AS peak, kde_pdf(ecdf, 2, '2', kernel) AS edge,
       kde_pdf(ecdf, -2.1, '2', kernel) AS beyond, abs(kde_cdf(ecdf, 0, '2', kernel) - 0.5) < 1e-15 AS half,
       kde_cdf(ecdf, '{-2, 2}'::float8[], '2', kernel) AS ends
FROM (SELECT ecdf(0::float8)) s,
     (VALUES ('epanechnikov', 0.375), ('tophat', 0.25), ('triangular', 0.5), ('linear', 0.5), ('cosine', pi() / 8)) v(kernel, height)
ORDER BY kernel COLLATE "C";

-- The kernels of scikit-learn, the distributions of scipy; h = 0.75.
SELECT kernel, pg_temp.close_to(kde_pdf(e, at, '0.75', kernel), pdf, 1e-12) AS pdf,
       pg_temp.close_to(kde_cdf(e, at, '0.75', kernel), cdf, 1e-12) AS cdf,
       pg_temp.close_to(ARRAY[kde_pdf(e, at[3], '0.75', kernel)], ARRAY[pdf[3]], 1e-12) AS scalar_pdf,
       pg_temp.close_to(ARRAY[kde_cdf(e, at[3], '0.75', kernel)], ARRAY[cdf[3]], 1e-12) AS scalar_cdf,
       abs((kde(e, kernel => kernel, cut => 10)).mass - 1) < 1e-12 AS mass
FROM stored, (SELECT ARRAY[-1, 0.35, 7.9, 16.1]::float8[] AS at) a, (VALUES
    ('gaussian', ARRAY[0.005623364959266441, 0.04237295584869686, 0.06429811826930759, 0.020576557243045083]::float8[],
     ARRAY[0.001954736348569061, 0.031417274845385965, 0.49675328700249516, 0.9899532915832757]::float8[]),
    ('epanechnikov', ARRAY[0, 0.05146903935185185, 0.06501788194444448, 0.011188773148148085],
     ARRAY[0, 0.023226766553337188, 0.4963108185643326, 0.9983274832417052]),
    ('tophat', ARRAY[0, 0.04444444444444442, 0.06444444444444442, 0.015555555555555559],
     ARRAY[0, 0.02503472222222222, 0.49636805555555563, 0.9965555555555556]),
    ('triangular', ARRAY[0, 0.05409259259259259, 0.06505555555555557, 0.009185185185185131],
     ARRAY[0, 0.022801707175925928, 0.49631710069444446, 0.9987054976851854]),
    ('cosine', ARRAY[0, 0.05216240131797906, 0.06510606518080629, 0.01062078738092462],
     ARRAY[0, 0.02309154693524567, 0.49632181826757055, 0.9984617564779446])) v(kernel, pdf, cdf)
ORDER BY kernel COLLATE "C";

-- isj: the value of 40 digits, for any unit; the aggregate, the text of a state, the adjusted bandwidth.
SELECT u, abs((kde(x * u, 9, 'isj')).bandwidth / u / 1.1287410199368006 - 1) < 1e-6 AS isj,
       abs((kde(ecdf(x * u), bandwidth => 'isj', bw_adjust => 0.5)).bandwidth / u / 1.1287410199368006 - 0.5) < 1e-6 AS half
FROM vals, (VALUES (1e-9::float8), (1), (1e9)) v(u) GROUP BY u ORDER BY u;
SELECT (k).rule, (k).kernel, (k).method, (k).weight FROM (SELECT kde(x, 9, 'isj') AS k FROM vals) s;
SELECT (kde(e, bandwidth => '2')).rule, (kde(e, bandwidth => 'silverman')).rule FROM stored;
-- No solution: it says so. Few values, each often: a warning.
SELECT (k).rule, (k).bandwidth = (l).bandwidth AS silverman
FROM (SELECT kde(x, 9, 'isj') AS k, kde(x, 9, 'silverman') AS l FROM (VALUES (0::float8), (1)) v(x)) s;
SELECT (k).rule FROM (SELECT kde(i % 60, 9, 'isj') AS k FROM generate_series(1, 3000) i) s;
SELECT (k).rule FROM (SELECT kde(round(20 * sin(i) * cos(i * 0.37) * sin(i * 0.77)), 9, 'isj') AS k FROM generate_series(1, 3000) i) s;

-- Bounds: what leaves at an end comes back; the mass between them is 1.
SELECT pg_temp.close_to(kde_pdf(e, '{0, 0.5, 15.9, 16}'::float8[], '0.75', lower_bound => 0, upper_bound => 16),
                        '{0.06216442909593369, 0.06230857055484907, 0.04758714192505727, 0.04744636199788047}', 1e-12) AS reflected,
       kde_pdf(e, '{-0.1, 16.1}'::float8[], '0.75', lower_bound => 0, upper_bound => 16) AS outside,
       kde_cdf(e, '{-1, 0, 16, 17}'::float8[], '0.75', lower_bound => 0, upper_bound => 16) AS integral
FROM stored;
SELECT kernel, (k).x[1], (k).x[500], abs((k).mass - 1) < 1e-12 AS mass,
       abs((SELECT sum(d) FROM unnest((k).density) d) * 16 / 499
           - ((k).density[1] + (k).density[500]) / 2 * 16 / 499 - 1) < 1e-3 AS trapezoid
FROM (SELECT kernel, kde(e, 500, '0.9', kernel, -1, 20, lower_bound => 0, upper_bound => 16) AS k
      FROM stored, (VALUES ('gaussian'), ('epanechnikov'), ('triangular'), ('cosine')) v(kernel)) s
ORDER BY kernel COLLATE "C";
SELECT abs((k).mass - 1) < 1e-6 AS mass, (k).x[1] AS lo, (k).x[200] > 16 AS hi
FROM (SELECT kde(e, lower_bound => 0, cut => 9) AS k FROM stored) s;
-- Pixels: most are 0, and the interquartile range is 0.
SELECT abs((k).mass - 1) < 1e-6 AS mass, (k).x[1], (k).x[200],
       abs(((SELECT sum(d) FROM unnest((k).density) d) - ((k).density[1] + (k).density[200]) / 2) / 199 - 1) < 1e-6 AS trapezoid
FROM (SELECT kde(ecdf(CASE WHEN i % 5 = 0 THEN i % 256 / 255.0 ELSE 0 END), lo => 0, hi => 1, lower_bound => 0, upper_bound => 1) AS k
      FROM generate_series(1, 3000) i) s;

-- Grids: cut, clip, 2 and 4096 nodes.
SELECT (k).x[1] = min(x) AS first, (k).x[200] = max(x) AS last
FROM vals, LATERAL (SELECT kde(e, cut => 0) AS k FROM stored) s GROUP BY k;
SELECT (kde(e, clip => '{1, NULL}')).x[1] AS clipped, (kde(e, clip => '{-1000, 1000}')).x = (kde(e)).x AS unchanged,
       (kde(e, clip => '{100, 200}')).x IS NULL AS nothing_left, (kde(e, lo => -5, hi => 5, clip => '{NULL, 2}')).x[200] AS stated
FROM stored;
SELECT array_length((kde(e, 2)).x, 1), array_length((kde(e, 4096)).x, 1), (kde(e, 4096)).method FROM stored;

-- kde_binned: within 1e-4 of the peak, never negative; the choice follows the work and is reported.
CREATE TEMPORARY TABLE many AS SELECT ecdf(sin(i) + sin(i * 0.37)) AS e FROM generate_series(1, 120000) i;
SELECT (b).method AS binned, (a).method AS exact, (c).method AS auto, b = c AS same,
       (SELECT max(abs(f - g)) < 1e-4 * max(f) AND min(g) >= 0 FROM unnest((a).density, (b).density) u(f, g)) AS close,
       abs((a).mass - (b).mass) < 1e-6 AS mass
FROM (SELECT kde(e, 1000, method => 'exact') AS a, kde(e, 1000, method => 'binned') AS b, kde(e, 1000) AS c FROM many) s;
SELECT (kde(e, 20)).method FROM many;

-- kde_counts, kde_offset: a common offset of 1e9 moves the density.
SELECT abs((b).bandwidth / (a).bandwidth - 1) < 1e-13 AS bandwidth, pg_temp.close_to((b).density, (a).density, 1e-11) AS density
FROM (SELECT kde(ecdf(x), 9, kernel => 'epanechnikov', lo => 0, hi => 16, lower_bound => -1, upper_bound => 17) AS a,
             kde(ecdf(x + 1e9), 9, kernel => 'epanechnikov', lo => 1e9, hi => 1e9 + 16, lower_bound => 1e9 - 1,
                 upper_bound => 1e9 + 17) AS b FROM vals) s;

-- Degenerate data: constant, one value, two values, zero interquartile range, infinity, NaN, nothing; all kernels, all rules.
SELECT rule, bool_and((kde(constant, bandwidth => rule, kernel => kernel)).density IS NULL) AS constant,
       bool_and((kde(one, bandwidth => rule, kernel => kernel)).bandwidth IS NULL) AS one,
       bool_and((kde(two, bandwidth => rule, kernel => kernel)).bandwidth > 0) AS two,
       bool_and('NaN' <> ALL ((kde(flat, bandwidth => rule, kernel => kernel)).density)) AS flat,
       bool_and(kde(infinite, bandwidth => rule, kernel => kernel) IS NULL) AS infinite,
       bool_and(kde(nothing, bandwidth => rule, kernel => kernel) IS NULL) AS nothing,
       bool_and(kde_pdf(constant, 7, rule, kernel) IS NULL AND kde_pdf(infinite, 7, rule, kernel) IS NULL
                AND kde_cdf(nothing, 7, rule, kernel) IS NULL) AS no_density_at
FROM (SELECT ecdf('{7, 7, 7}'::float8[]) AS constant, ecdf(7::float8) AS one, ecdf('{7, 8}'::float8[]) AS two,
             ecdf('{0, 0, 0, 0, 0, 0, 0, 0, 255}'::float8[]) AS flat, ecdf('{1, Infinity}'::float8[]) AS infinite,
             ecdf('{NaN, NULL}'::float8[]) AS nothing) d,
     (VALUES ('scott'), ('silverman'), ('isj')) r(rule),
     (VALUES ('gaussian'), ('epanechnikov'), ('tophat'), ('triangular'), ('cosine')) v(kernel)
GROUP BY rule ORDER BY rule COLLATE "C";
SELECT kde_pdf(e, NULL::float8) IS NULL AS no_place, kde_pdf(e, 'NaN'::float8) IS NULL AS nan, kde_pdf(e, 'Infinity'::float8) AS infinity,
       kde_cdf(e, '{-Infinity, Infinity, NULL, NaN}'::float8[]) AS ends, kde_pdf(e, '{}'::float8[]) AS empty, kde_pdf(NULL::ecdf, 1) IS NULL AS no_sample,
       kde_pdf(e, NULL::float8[]) IS NULL AS no_places
FROM stored;
-- The left tail: pnorm(-20) of R.
SELECT abs(kde_cdf(ecdf(0::float8), -20, '1') / 2.753624118606234e-89 - 1) < 1e-12 AS tail,
       kde_pdf(ecdf(0::float8), 38, '1') AS beyond FROM vals WHERE i = 1;
-- Any number of threads and any instruction set.
SET synthdq.threads = 1;
SET synthdq.cpu_level = plain;
CREATE TEMPORARY TABLE plain AS
SELECT kde(e, 1000) AS binned, kde(e, 300, 'isj', 'cosine') AS cosine, kde_cdf(e, '{-1, 0, 1}'::float8[]) AS cdf FROM many;
RESET synthdq.cpu_level;
SET synthdq.threads = 3;
SELECT binned = kde(e, 1000) AS binned, cosine = kde(e, 300, 'isj', 'cosine') AS cosine,
       cdf = kde_cdf(e, '{-1, 0, 1}'::float8[]) AS cdf FROM many, plain;
RESET synthdq.threads;

-- Errors.
SELECT kde(e, kernel => 'biweight') FROM stored;
SELECT kde(e, method => 'fft') FROM stored;
SELECT kde(e, method => 'binned', kernel => 'cosine') FROM stored;
SELECT kde(e, bw_adjust => 0) FROM stored;
SELECT kde(e, bw_adjust => NULL) FROM stored;
SELECT kde(e, cut => -1) FROM stored;
SELECT kde(e, lower_bound => 1, upper_bound => 1) FROM stored;
SELECT kde(e, lower_bound => 1) FROM stored;
SELECT kde(e, upper_bound => 1) FROM stored;
SELECT kde(e, lower_bound => 'NaN') FROM stored;
SELECT kde(e, clip => '{1}') FROM stored;
SELECT kde(e, clip => '{2, 1}') FROM stored;
SELECT kde(e, bandwidth => '1e9', kernel => 'tophat', lower_bound => 0, upper_bound => 16) FROM stored;
SELECT kde_pdf(e, 1, '0') FROM stored;
SELECT kde_cdf(e, 1, kernel => NULL) FROM stored;
SELECT kde_pdf(e, 1, lower_bound => 3) FROM stored;
SELECT kde2d(x, x * i, 10, 'isj') FROM vals;
