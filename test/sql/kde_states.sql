-- kde_weighted, kde_bins and kde() over both: against scipy, against the values themselves, sameness over orders and
-- groupings, values beyond the ends, and errors.
\set SHOW_CONTEXT never
\set values `echo "${PG_ABS_SRCDIR:-test}/reference/values/kde_states.sql"`
\set ECHO none
\i :values
\set ECHO all

CREATE TABLE state_rows AS SELECT i, i % 4 AS part, (i * 7919 % 1000) / 100. - i % 3 AS x, (i * 31 % 17) / 8. AS w FROM generate_series(1, 400) i;
-- Weights of reliability are those of scipy.stats.gaussian_kde.
SELECT rule, abs((k).bandwidth / r.bandwidth - 1) < 1e-12 AS bandwidth, (SELECT bool_and(abs(f / g - 1) < 1e-12) FROM unnest((k).density, r.density) u(f, g)) AS density,
    (k).n, abs((k).mass - 1) < 1e-3 AS mass
FROM scipy_weighted r, LATERAL (SELECT kde(kde_weighted(x, w), 9, rule, lo => -4, hi => 12) AS k FROM state_rows) s ORDER BY rule;
-- Only ratios of weights matter, sums near 1 as well; equal weights are none.
SELECT count(DISTINCT (k).density::text) AS one FROM (VALUES (1.), (1024), (1 / 1024.)) v(c), LATERAL (SELECT kde(kde_weighted(x, w * c), 20) AS k FROM state_rows) s;
SELECT abs((a).bandwidth / (b).bandwidth - 1) < 1e-12 AS bandwidth, (SELECT bool_and(abs(f / g - 1) < 1e-9) FROM unnest((a).density, (b).density) u(f, g)) AS density
FROM (SELECT kde(kde_weighted(x, 1 / 400.), 20) AS a, kde(ecdf(x), 20) AS b FROM state_rows) s;
-- NULL, NaN and a weight of 0 leave a row out; no rows, one row, equal rows, infinite rows.
SELECT n(kde_weighted(x, w)) FROM (VALUES (1::float8, 1::float8), (NULL, 1), (1, NULL), ('NaN', 1), (1, 'NaN'), (2, 0), (3, 2)) v(x, w);
SELECT kde_weighted(x, w) IS NULL AS no_rows FROM state_rows WHERE i < 0;
SELECT (kde(kde_weighted(1, 2))).bandwidth IS NULL AS one, (kde(kde_weighted(1, 2), bandwidth => '0.5')).bandwidth AS stated;
SELECT (k).n, (k).bandwidth IS NULL AS equal FROM (SELECT kde(kde_weighted(7, i)) AS k FROM generate_series(1, 3) i) s;
SELECT kde(kde_weighted(x, 1)) IS NULL AS infinite FROM (VALUES (1::float8), ('infinity')) v(x);
SELECT kde(NULL::kde_weighted) IS NULL AS weighted, kde(NULL::kde_bins) IS NULL AS bins;
-- Units: the bandwidth follows.
SELECT c, abs((k).bandwidth / c - (one).bandwidth) < 1e-10 AS bandwidth FROM (VALUES (1e-9::float8), (1e9), (1e200)) v(c),
    LATERAL (SELECT kde(kde_weighted(x * c, w)) AS k, kde(kde_weighted(x, w)) AS one FROM state_rows) s ORDER BY c;

-- By hand: 0.25 gives node 0 three quarters; -1 and 9 lie outside, and the density has the mass of two in four.
SELECT n(b), n_below(b), n_above(b), round((kde(b, bandwidth => '1')).mass::numeric, 2) AS mass, (kde(b)).n
FROM (SELECT kde_bins(x, 0, 4, 4) AS b FROM (VALUES (0.25::float8), (4), (-1), (9), (NULL), ('NaN')) v(x)) s;
-- Bins of h / 10: within 1e-4 of the peak of the density of the values, on the same grid, with the same bandwidth.
SELECT rule, abs((a).bandwidth / (e).bandwidth - 1) < 1e-8 AS bandwidth, (a).n = (e).n AS n, abs((a).x[1] - (e).x[1]) < 1e-7 AS grid,
    (SELECT max(abs(f - g)) < 1e-4 * max(g) FROM unnest((a).density, (e).density) u(f, g)) AS density
FROM (VALUES ('scott'), ('silverman'), ('0.7')) v(rule), LATERAL (SELECT kde(kde_bins(x, -5, 15, 400), 50, rule) AS a, kde(ecdf(x), 50, rule) AS e FROM state_rows) s ORDER BY rule;
SELECT abs((a).bandwidth / (e).bandwidth - 1) < 1e-8 AS bandwidth, (SELECT max(abs(f - g)) < 1e-4 * max(g) FROM unnest((a).density, (e).density) u(f, g)) AS density
FROM (SELECT kde(kde_bins(x, w, -5, 15, 400), 50) AS a, kde(kde_weighted(x, w), 50) AS e FROM state_rows) s;
SELECT (k).bandwidth > 0 AS isj FROM (SELECT kde(kde_bins(x, -5, 15, 400), 50, 'isj') AS k FROM state_rows) s;
-- Arrays of all types are their elements; bounds reflect.
SELECT kde_bins(a::smallint[], 0, 10, 5)::text = b AS "smallint", kde_bins(a::integer[], 0, 10, 5)::text = b AS "integer", kde_bins(a::real[], 0, 10, 5)::text = b AS "real", kde_bins(a::float8[], 0, 10, 5)::text = b AS "float8"
FROM (SELECT ARRAY[1, 2, NULL, 11, 7] AS a) s, (SELECT kde_bins(x, 0, 10, 5)::text AS b FROM unnest(ARRAY[1, 2, NULL, 11, 7]) u(x)) t GROUP BY b;
SELECT abs((k).mass - 1) < 1e-9 AS reflected, (k).x[1] AS lo, (k).x[200] AS hi FROM (SELECT kde(kde_bins(i, 0, 255, 255), lower_bound => 0, upper_bound => 255) AS k FROM generate_series(0, 255) i) s;

-- Options and answers are those of kde(ecdf): clip, the rule without a solution, the warning, fields without a density.
SELECT (w).x[1] AS weighted, (b).x[1] AS bins, (w).x[20] > 12 AS open, (b).x[20] > 12 AS open_bins
FROM (SELECT kde(kde_weighted(x, 1), 20, clip => '{1, NULL}') AS w, kde(kde_bins(x, -5, 15, 400), 20, clip => '{1, NULL}') AS b FROM state_rows) s;
SELECT (w).rule, (w).rule = (b).rule AS rule_of_bins, (w).kernel, (w).bandwidth = (l).bandwidth AS silverman, abs((b).bandwidth / (l).bandwidth - 1) < 1e-12 AS bins
FROM (SELECT kde(kde_weighted(x, 1), 9, 'isj') AS w, kde(kde_bins(x, 0, 1, 8), 9, 'isj') AS b, kde(ecdf(x), 9, 'silverman') AS l FROM (VALUES (0::float8), (1)) v(x)) s;
SELECT (kde(kde_weighted(round(20 * sin(i) * cos(i * 0.37) * sin(i * 0.77)), 1), 9, 'isj')).rule FROM generate_series(1, 3000) i;
SELECT (kde(kde_bins(round(20 * sin(i) * cos(i * 0.37) * sin(i * 0.77)), -20, 20, 40), 9, 'isj')).rule FROM generate_series(1, 3000) i;
SELECT (w).n, (w).kernel, (w).rule, (w).method IS NULL AS no_density, (b).n, (b).kernel, (b).rule
FROM (SELECT kde(kde_weighted(7, i)) AS w, kde(kde_bins(7, 0, 10, 4), bandwidth => 'isj') AS b FROM generate_series(1, 3) i) s;
-- A bin ten times as wide as h: 0.25 in bins of width 1 is two kernels at 0 and 1, and no grid cuts one of them; of four
-- values two lie inside.
SELECT round((k).mass::numeric, 2) AS mass, round((k).x[1]::numeric, 9) AS first, round((k).x[200]::numeric, 9) AS last
FROM (SELECT kde(kde_bins(x, 0, 4, 4), bandwidth => '0.1') AS k FROM (VALUES (0.25::float8), (3.75), (-1), (9)) v(x)) s;

-- Bins whose squares overflow or vanish: -1, 1, 7 have the deviation sqrt(52 / 3) and 3^(-1/5) of it as h, in any unit. Weights whose
-- reciprocals overflow: the density of 1, 2, 3 for h = 1/2 is (1 + 2 exp(-2)) / (3 h sqrt(2 pi)) at 2.
SELECT u, abs((k).bandwidth / u / (3 ^ -0.2::float8 * sqrt(52 / 3.0)) - 1) < 1e-9 AS bandwidth, (k).mass > 0.99 AS mass
FROM (VALUES (1e-200::float8), (1), (1e200), (1e298)) v(u), LATERAL (SELECT kde(kde_bins(x * u, -10 * u, 10 * u, 10)) AS k FROM (VALUES (-1), (1), (7)) w(x)) s ORDER BY u;
SELECT w, (k).weight = 3 * w AS weight, abs((k).density[2] / ((1 + 2 * exp(-2::float8)) / (1.5 * sqrt(2 * pi()))) - 1) < 1e-12 AS density
FROM (VALUES (1e-320::float8), (1e-150), (1)) v(w), LATERAL (SELECT kde(kde_bins(x, w, 0, 4, 4), 3, '0.5', lo => 1, hi => 3) AS k FROM generate_series(1, 3) x) s ORDER BY w;

-- The same bytes in any order and grouping; states survive text and bytes, and a query that goes on with them.
CREATE TABLE state_parts AS SELECT part, kde_weighted(x, w) AS kw, kde_bins(x, w, -2, 8, 30) AS bw, kde_bins(x, -2, 8, 30) AS b FROM state_rows GROUP BY part;
SELECT kde_weighted(kw)::text = (SELECT kde_weighted(x, w ORDER BY i DESC)::text FROM state_rows) AS weighted,
    kde_bins(b)::text = (SELECT kde_bins(x, -2, 8, 30 ORDER BY i DESC)::text FROM state_rows) AS bins,
    kde_bins(bw)::text = (SELECT kde_bins(x, w, -2, 8, 30 ORDER BY i DESC)::text FROM state_rows) AS weighted_bins,
    kde_weighted_send(kde_weighted(kw)::text::kde_weighted) = kde_weighted_send(kde_weighted(kw)) AS text_weighted,
    kde_bins_send(kde_bins(bw)::text::kde_bins) = kde_bins_send(kde_bins(bw)) AS text_bins
FROM state_parts;
SELECT count(DISTINCT kde_bins_combine(b, bw)::text) AS both, count(DISTINCT kde_weighted_combine(kw, kw)::text) AS twice FROM state_parts;
SELECT part, n(kde_weighted(kw) OVER (ORDER BY part)) AS growing FROM state_parts ORDER BY part;

-- Errors.
SELECT kde_weighted(1, -1);
SELECT kde_weighted(1, 'infinity');
SELECT kde(kde_weighted(x, 1.7e308)) FROM state_rows;
SELECT kde_bins(1, -1, 0, 1, 5);
SELECT kde_bins(1, 1e200, 0, 1, 5);
SELECT kde_bins(1, 0, 0, 5);
SELECT kde_bins(1, 0, 'infinity', 5);
SELECT kde_bins(1, 0, 1, 0);
SELECT kde_bins(1, 0, 1, 65537);
SELECT kde_bins(1, NULL, 1, 5);
SELECT kde_bins(i, 0, 1, i) FROM generate_series(2, 3) i;
SELECT kde_bins_combine(kde_bins(1, 0, 1, 5), kde_bins(1, 0, 2, 5));
SELECT kde(kde_weighted(1, 1), grid_size => 1);
SELECT kde(kde_weighted(1, 1), kernel => 'box');
SELECT kde(kde_weighted(1, 1), method => 'fast');
SELECT kde(kde_weighted(1, 1), kernel => 'tophat', method => 'binned');
SELECT kde(kde_weighted(1, 1), bw_adjust => 0);
SELECT kde(kde_weighted(1, 1), cut => -1);
SELECT kde(kde_weighted(1, 1), lo => 2, hi => 1);
SELECT kde(kde_weighted(x, 1), lower_bound => 0) FROM state_rows;
SELECT kde(kde_bins(1, 0, 2, 4), clip => '{1}');
SELECT '\x01000000ff'::kde_weighted;
SELECT '\x'::kde_bins;
SELECT (b::text || '00')::kde_bins FROM state_parts LIMIT 1;
SELECT left(b::text, -2)::kde_bins FROM state_parts LIMIT 1;
DROP TABLE state_rows, state_parts;
