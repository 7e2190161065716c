-- kde2d_sample, kde2d over it, kde2d_log_density: by hand, against the aggregate, unions, degenerate points,
-- and every error.

-- The corners of a square of side 2: with factor sqrt(3)/2 the kernel is round with h = 1 (see kde2d.sql), and
-- the density at the centre is exp(-1) / (2 pi). At (1000, 1) two of the four corners are at distance
-- sqrt(998^2 + 1), the others add nothing.
CREATE TEMPORARY TABLE square (x float8, y float8);
INSERT INTO square VALUES (0, 0), (0, 2), (2, 0), (2, 2), (NULL, 1), (1, 'NaN');
CREATE TEMPORARY TABLE stored AS SELECT kde2d_sample(x, y) AS s FROM square;
SELECT abs(v[1] + 1 + ln(2 * pi())) < 1e-14 AS centre, abs(v[2] + 998 * 998 / 2 + 0.5 + ln(4 * pi())) < 1e-8 AS far
FROM (SELECT kde2d_log_density(s, ARRAY[1, 1000], ARRAY[1, 1], (sqrt(3) / 2)::text) AS v FROM stored) t;
SELECT kde2d(s, 30) = (SELECT kde2d(x, y, 30, 'scott') FROM square) AS same, (kde2d(s)).method,
       (kde2d(s, 30, method => 'binned')).method AS forced FROM stored;
SELECT kde2d(kde2d_sample(s), 20) = kde2d((SELECT kde2d_sample(x, y) FROM square, generate_series(1, 2)), 20)
           AS union_counts
FROM stored, generate_series(1, 2);
-- The adjusted factor is the factor; cut moves the ends.
SELECT kde2d(s, 9, '0.5', bw_adjust => 2) = kde2d(s, 9, '1') AS adjusted,
       (kde2d(s, 9, '1', cut => 0)).x[1] AS lo, (kde2d(s, 9, '1', cut => 0)).x[9] AS hi FROM stored;

-- Nothing, one point, two points, a line, a constant, an infinity: no density.
SELECT kde2d_sample(x, y) IS NULL AS empty FROM square WHERE x > 5;
SELECT i, (kde2d(s, 5)).n, (kde2d(s, 5)).density IS NULL AS none,
       kde2d_log_density(s, '{0}'::float8[], '{0}') IS NULL AS none_at
FROM (SELECT 1 AS i, kde2d_sample(1, 2) AS s
      UNION ALL SELECT 2, kde2d_sample(v, v) FROM generate_series(1, 2) v
      UNION ALL SELECT 3, kde2d_sample(v, 3 * v) FROM generate_series(1, 9) v
      UNION ALL SELECT 4, kde2d_sample(v, 7) FROM generate_series(1, 9) v
      UNION ALL SELECT 5, kde2d_sample(v, 'Infinity') FROM generate_series(1, 9) v) t ORDER BY i;

-- Grids of 1 node are refused, 4,096 are done; an offset of 1e9 changes nothing.
SELECT kde2d(s, 1) FROM stored;
SELECT array_length((kde2d(s, 4096)).x, 1) FROM stored;
SELECT abs((kde2d(a, 50, x_lo => 1e9 - 4, x_hi => 1e9 + 6)).density[25][25] -
           (kde2d(s, 50, x_lo => -4, x_hi => 6)).density[25][25]) < 1e-7 AS offset_1e9
FROM stored, (SELECT kde2d_sample(x + 1e9, y) AS a FROM square) t;

-- Errors.
SELECT kde2d(s, bandwidth => 'isj') FROM stored;
SELECT kde2d(s, bandwidth => 'silver') FROM stored;
SELECT kde2d(s, bw_adjust => 0) FROM stored;
SELECT kde2d(s, cut => -1) FROM stored;
SELECT kde2d(s, method => 'fast') FROM stored;
SELECT kde2d(s, x_lo => 2, x_hi => 1) FROM stored;
SELECT kde2d_log_density(s, '{1,2}'::float8[], '{1}') FROM stored;
SELECT kde2d_log_density(s, '{1,NULL}'::float8[], '{1,2}') FROM stored;
SELECT kde2d_log_density(s, '{1,NaN}'::float8[], '{1,2}') FROM stored;
SELECT kde2d_log_density(NULL, '{1}'::float8[], '{1}') IS NULL AS null_sample;
SELECT kde2d_log_density(s, '{}'::float8[], '{}') AS no_place FROM stored;
