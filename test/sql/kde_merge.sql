-- kde_merge, kde2d_merge: by hand, against the density of all data, sameness over orders, plans and groupings, the
-- state, results without a density, and every error.
\set SHOW_CONTEXT never

-- A density by hand: f(nodes), bandwidth, n. Its mass, which it does not say, is what the trapezoidal rule gives.
CREATE FUNCTION pg_temp.density(x float8[], f float8[], h float8, n bigint) RETURNS kde_result
    LANGUAGE sql AS $$
    SELECT k FROM jsonb_populate_record(NULL::kde_result, jsonb_build_object('x', x, 'density', f, 'bandwidth', h, 'n', n)) k $$;
CREATE TEMPORARY TABLE three AS
SELECT id, pg_temp.density('{0,1,3}', f, h, n) AS k
FROM (VALUES (1, ARRAY[1, 2, 3]::float8[], 0.5, 1), (2, '{5,0,1}', 0.5, 3), (3, NULL, NULL, 100), (4, NULL, NULL, NULL)) v(id, f, h, n);
-- (1 + 3 * 5) / 4, (2 + 0) / 4, (3 + 3 * 1) / 4; mass (4 + .5) / 2 + 2 * (.5 + 1.5) / 2. What has no density counts nothing.
SELECT (k).x, (k).density, (k).bandwidth, (k).n, (k).mass FROM (SELECT kde_merge(k) AS k FROM three) s;
-- One of another bandwidth: the mixture has none of its own.
SELECT (k).density, (k).bandwidth, (k).n FROM (SELECT kde_merge(k) AS k FROM
    (SELECT k FROM three UNION ALL SELECT pg_temp.density('{0,1,3}', '{4,0.5,1.5}', 0.25, 4)) u) s;
-- So do kernel, rule and method: those that all share. 0, 1 has no solution for 'isj', and says so.
SELECT (k).kernel, (k).rule, (k).method FROM (SELECT kde_merge(k) AS k FROM
    (SELECT kde(ecdf(x), 9, 'isj', lo => -1, hi => 2) AS k FROM (VALUES (0::float8), (1)) v(x), generate_series(1, 2) i GROUP BY i) s) t;
SELECT (k).kernel, (k).rule, (k).method FROM (SELECT kde_merge(k) AS k FROM
    (SELECT kde(ecdf(x), 9, rule, lo => -1, hi => 2) AS k FROM (VALUES (0::float8), (1)) v(x), (VALUES ('isj'), ('silverman')) r(rule) GROUP BY rule) s) t;
-- One alone is itself. (Of eight values, so that to multiply and to divide by n rounds nothing.)
SELECT kde_merge(k) = k AS itself FROM (SELECT kde(ecdf(i), 10, lo => -3, hi => 12) AS k FROM generate_series(1, 8) i) s GROUP BY k;
-- Nothing at all; no data.
SELECT kde_merge(k) IS NULL AS nothing FROM three WHERE id > 2;
SELECT kde_merge(NULL::kde_result) IS NULL AS null_value, kde_merge_result(NULL) IS NULL AS final, kde_merge_state_combine(NULL, NULL) IS NULL AS combined;
SELECT (k).n, (k).density IS NULL AS no_density FROM (SELECT kde_merge(pg_temp.density('{0,1}', '{1,1}', 1, 0)) AS k) s;

-- Groups of data on one grid with one bandwidth are the density of all data.
CREATE TABLE merge_rows AS SELECT i AS id, i % 7 AS part, hashint4(i) / 1e9 + i % 7 AS x, hashint4(-i) / 2e9 + (i % 7) / 3. AS y FROM generate_series(1, 4000) i;
CREATE TABLE merge_parts AS
SELECT part, kde(ecdf(x), 60, '0.4', lo => -4, hi => 10) AS k, kde(ecdf(x), 60, lo => -4, hi => 10) AS own,
    kde2d(x, y, 20, 'scott', -4, 10, -3, 5) AS k2
FROM merge_rows GROUP BY part;
ANALYZE merge_parts;
SELECT count(*) AS nodes, bool_and(abs(f - g) <= 1e-13 * g) AS equal, bool_and(u = v) AS same_grid,
    every((a).n = 4000 AND (a).n = (b).n AND (a).bandwidth = 0.4) AS n, every(abs((a).mass - (b).mass) < 1e-13) AS mass
FROM (SELECT kde_merge(k) AS a FROM merge_parts) s, (SELECT kde(ecdf(x), 60, '0.4', lo => -4, hi => 10) AS b FROM merge_rows) t,
    unnest((a).x, (a).density, (b).x, (b).density) n(u, f, v, g);
-- Bandwidths of their own: the mixture still has the mass of its parts.
SELECT (k).bandwidth IS NULL AS no_bandwidth, abs((k).mass - (SELECT sum((own).mass * (own).n) / sum((own).n) FROM merge_parts)) < 1e-13 AS mass
FROM (SELECT kde_merge(own) AS k FROM merge_parts) s;
-- In two dimensions, node by node.
SELECT array_dims((k).density) AS dims, (k).n, (k).factor IS NULL AND (k).bandwidth_x IS NULL AND (k).bandwidth_y IS NULL AND (k).correlation IS NULL AS differ,
    (k).x = (SELECT (k2).x FROM merge_parts LIMIT 1) AND (k).y = (SELECT (k2).y FROM merge_parts LIMIT 1) AS axes,
    abs((k).mass - (SELECT sum((k2).mass * (k2).n) / sum((k2).n) FROM merge_parts)) < 1e-13 AS mass,
    (SELECT bool_and(abs((k).density[i][j] - f) <= 1e-13 * f) FROM (
        SELECT i, j, sum((k2).density[i][j] * (k2).n) / sum((k2).n) AS f FROM merge_parts, generate_series(1, 20) i, generate_series(1, 20) j GROUP BY i, j) n) AS density
FROM (SELECT kde2d_merge(k2) AS k FROM merge_parts) s;
SELECT (m).x = (k2).x AND (m).y = (k2).y AND (m).factor = (k2).factor AND (m).bandwidth_x = (k2).bandwidth_x AND (m).bandwidth_y = (k2).bandwidth_y AS itself,
    (m).correlation = (k2).correlation AND (m).n = (k2).n AND abs((m).mass - (k2).mass) < 1e-14 AS numbers,
    (SELECT bool_and(abs(f - g) <= 1e-15 * g) FROM unnest((m).density, (k2).density) u(f, g)) AS density
FROM (SELECT k2, kde2d_merge(k2) AS m FROM merge_parts WHERE part = 3 GROUP BY k2) s;
SELECT kde2d_merge(k2) IS NULL AS nothing FROM merge_parts WHERE part > 9;

-- The same bits in any order, in a parallel plan, in any grouping, as bytes and as text.
SET extra_float_digits = 3;
SELECT count(DISTINCT kde_merge::text) AS one_1d, count(DISTINCT kde2d_merge::text) AS one_2d FROM (
    SELECT kde_merge(own ORDER BY part), kde2d_merge(k2 ORDER BY part) FROM merge_parts UNION ALL
    SELECT kde_merge(own ORDER BY part DESC), kde2d_merge(k2 ORDER BY part DESC) FROM merge_parts UNION ALL
    SELECT kde_merge(own ORDER BY part * 3 % 7), kde2d_merge(k2 ORDER BY part * 5 % 7) FROM merge_parts) s;
CREATE AGGREGATE merge_state(kde_result) (SFUNC = kde_merge_state_add, STYPE = kde_merge_state);
CREATE AGGREGATE merge_state_2d(kde2d_result) (SFUNC = kde_merge_state_add, STYPE = kde_merge_state);
CREATE AGGREGATE merge_union(kde_merge_state) (SFUNC = kde_merge_state_combine, STYPE = kde_merge_state);
CREATE TEMPORARY TABLE merge_states AS SELECT part % 3 AS third, merge_state(own) AS s, merge_state_2d(k2) AS s2 FROM merge_parts GROUP BY 1;
SELECT kde_merge_result(merge_union(s)) = (SELECT kde_merge(own) FROM merge_parts) AS united,
    kde2d_merge_result(merge_union(s2)) = (SELECT kde2d_merge(k2) FROM merge_parts) AS united_2d,
    merge_union(s)::text = (SELECT merge_state(own ORDER BY part DESC)::text FROM merge_parts) AS same_state,
    kde_merge_state_send(merge_union(s2)::text::kde_merge_state) = kde_merge_state_send(merge_union(s2)) AS round_trip
FROM merge_states;
-- A stored state is not changed by a query that goes on with it.
SELECT count(DISTINCT kde_merge_state_combine(s, s)::text) AS doubled FROM merge_states;
SELECT kde_merge_result(merge_union(s)) = (SELECT kde_merge(own) FROM merge_parts) AS unchanged FROM merge_states;
-- A window sees a growing state.
SELECT part, (kde_merge(own) OVER (ORDER BY part)).n AS growing, (kde_merge(own) OVER (ORDER BY part ROWS 1 PRECEDING)).n AS moving FROM merge_parts ORDER BY part;
SET max_parallel_workers_per_gather = 3;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
SELECT md5(kde_merge(own)::text) AS parallel_1d, md5(kde2d_merge(k2)::text) AS parallel_2d FROM merge_parts \gset
RESET ALL;
SET extra_float_digits = 3;
SET max_parallel_workers_per_gather = 0;
SELECT md5(kde_merge(own)::text) = :'parallel_1d' AS same_1d, md5(kde2d_merge(k2)::text) = :'parallel_2d' AS same_2d FROM merge_parts;
RESET ALL;
\set SHOW_CONTEXT never

-- Errors.
\set VERBOSITY default
SELECT kde_merge(k) FROM (SELECT kde(ecdf(i), 10) AS k FROM generate_series(1, 9) i GROUP BY i % 2) s;
SELECT kde_merge(k) FROM (SELECT kde(ecdf(x), 10, lo => part, hi => 99) AS k FROM merge_rows GROUP BY part) s;
SELECT kde_merge(k) FROM (SELECT kde(ecdf(x), 10 + part, lo => 0, hi => 99) AS k FROM merge_rows GROUP BY part) s;
SELECT kde2d_merge(k) FROM (SELECT kde2d(x, y, 10, 'scott', 0, 10, 0, 10 + part) AS k FROM merge_rows GROUP BY part) s;
SELECT kde_merge(pg_temp.density('{0,1}', '{1,2,3}', 1, 1));
SELECT kde_merge(pg_temp.density('{0}', '{1}', 1, 1));
SELECT kde_merge(pg_temp.density('{0,0}', '{1,1}', 1, 1));
SELECT kde_merge(pg_temp.density('{0,NULL}', '{1,1}', 1, 1));
SELECT kde_merge(k) FROM (SELECT pg_temp.density(array_agg(i), array_agg(1), 1, 1) AS k FROM generate_series(1, 4097) i) s;
SELECT kde_merge(pg_temp.density('{0,1}', '{1,-1}', 1, 1));
SELECT kde_merge(pg_temp.density('{0,1}', '{1,1e308}', 1, 1000));
SELECT kde_merge(pg_temp.density('{0,1}', '{1,1}', 1, NULL));
SELECT kde_merge(pg_temp.density('{0,1}', '{1,1}', 1, -1));
SELECT kde_merge_result(k) IS NULL FROM (SELECT merge_state_2d(k2) AS k FROM merge_parts) s;
SELECT kde_merge_state_combine(s, s2) FROM merge_states;
SELECT ''::kde_merge_state;
SELECT '\x01'::kde_merge_state;
SELECT left(s::text, -2)::kde_merge_state FROM merge_states LIMIT 1;
SELECT (s::text || '00')::kde_merge_state FROM merge_states LIMIT 1;
SELECT overlay(s::text PLACING '02' FROM 3)::kde_merge_state FROM merge_states LIMIT 1;
DROP AGGREGATE merge_state(kde_result);
DROP AGGREGATE merge_state_2d(kde2d_result);
DROP AGGREGATE merge_union(kde_merge_state);
DROP TABLE merge_rows, merge_parts;
