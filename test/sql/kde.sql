-- kde: densities of one variable against scipy (test/reference/kde.py), as an aggregate and of a stored
-- distribution; grids, degenerate groups, plans, windows, states, and every error.

-- Two values by hand, h = 1: density(0) = (phi(0) + phi(2)) / 2, density(1) = phi(1).
SELECT (k).x, (k).bandwidth, (k).n,
       abs((k).density[1] - (1 + exp(-2)) / 2 / sqrt(2 * pi())) < 1e-15 AS at_value,
       abs((k).density[2] - exp(-0.5) / sqrt(2 * pi())) < 1e-15 AS between,
       (k).density[1] = (k).density[3] AS symmetric,
       abs((k).mass - 0.47724986805182079) < 1e-15 AS mass_is_phi_2_minus_half
FROM (SELECT kde(ecdf(x), 3, '1', 'gaussian', 0, 2) AS k FROM (VALUES (0::float8), (2)) v(x)) s;

-- kde_scipy_1d: both rules, on 9 nodes from min - 3 h to max + 3 h; a number is h itself.
CREATE TEMPORARY TABLE vals AS
SELECT i, (i * 7919 % 1009) / 64.0::float8 AS x FROM generate_series(1, 300) i;
CREATE FUNCTION pg_temp.close_to(got float8[], want float8[], relative float8) RETURNS boolean
LANGUAGE sql AS $$
    SELECT count(*) > 0
           AND bool_and(g IS NOT NULL AND w IS NOT NULL AND abs(g - w) <= relative * abs(w))
    FROM (SELECT unnest(got) AS g, unnest(want) AS w) s
$$;
SELECT (k).n, abs((k).bandwidth / 1.4534422959219189 - 1) < 1e-13 AS h,
       pg_temp.close_to((k).x, '{-4.344701887765757, -1.291729540824317, 1.7612428061171226,
           4.814215153058562, 7.867187500000002, 10.920159846941441, 13.973132193882881,
           17.02610454082432, 20.07907688776576}', 1e-13) AS x,
       pg_temp.close_to((k).density, '{8.631061380771546e-05, 0.01165471351302076, 0.05566143982070253,
           0.06279525889474624, 0.06385122591525944, 0.06410974954495523, 0.056932744413891574,
           0.0121695865048551, 9.32591978914148e-05}', 1e-12) AS density
FROM (SELECT kde(x, 9, 'scott') AS k FROM vals) s;
SELECT (k).n, abs((k).bandwidth / 1.5395207314292192 - 1) < 1e-13 AS h,
       pg_temp.close_to((k).x, '{-4.602937194287658, -1.4854060207157431, 1.6321251528561715,
           4.749656326428085, 7.867187500000001, 10.984718673571916, 14.102249847143828,
           17.219781020715743, 20.33731219428766}', 1e-13) AS x,
       pg_temp.close_to((k).density, '{8.621192815258798e-05, 0.010425444643036795, 0.053660700648215834,
           0.06277169135698568, 0.06382652374772448, 0.06407225596746036, 0.05491256938584926,
           0.010880878962868731, 9.284677254311443e-05}', 1e-12) AS density
FROM (SELECT kde(x, 9, 'silverman') AS k FROM vals) s;
SELECT (k).x, (k).bandwidth, pg_temp.close_to((k).density,
           '{0.03102193593440854, 0.06490541834618285, 0.01978402539122867}', 1e-12) AS density
FROM (SELECT kde(ecdf(x), 3, '0.5', lo => 0, hi => 16) AS k FROM vals) s;

-- The three forms agree: aggregate, aggregate with a number as text or double, stored distribution.
SELECT kde(x) = kde(ecdf(x)) AS plain, kde(x, 50, 'silverman') = kde(ecdf(x), 50, 'silverman') AS rule,
       kde(x, 50, 0.75) = kde(x, 50, '0.75') AS number, kde(x, 50, 0.75) = kde(ecdf(x), 50, '0.75') AS stored,
       kde(x, 200, 'scott') = kde(x) AS defaults
FROM vals;
SELECT array_length((k).x, 1) AS nodes, array_length((k).density, 1) AS densities,
       abs((k).mass - 1) < 1e-3 AS mass
FROM (SELECT kde(x) AS k FROM vals) s;
SELECT count(*), count(*) FILTER (WHERE p.x = (k).x[o] AND p.density = (k).density[o]) AS matching
FROM (SELECT kde(x, 7, 'scott') AS k FROM vals) s, kde_points(k) WITH ORDINALITY AS p(x, density, o);
-- One grid for two groups; the mass is what the grid holds.
SELECT count(DISTINCT (k).x) AS axes, count(*) AS groups, bool_and((k).mass BETWEEN 0.4 AND 0.6) AS half
FROM (SELECT kde(ecdf(x), 100, lo => 0, hi => 8) AS k FROM vals GROUP BY i % 2) s;
SELECT (k).x[1], (k).x[5] > 16 AS to_the_data FROM (SELECT kde(ecdf(x), 5, lo => 3) AS k FROM vals) s;
SELECT (k).x[1] < 0 AS from_the_data, (k).x[5] FROM (SELECT kde(ecdf(x), 5, hi => 3) AS k FROM vals) s;

-- kde_counts: repeated values, and the union of stored distributions, count as often as they come. Images.
SELECT kde(x, 9, 'scott') = (SELECT kde(ecdf(e), 9) FROM (SELECT ecdf(x) AS e FROM vals GROUP BY i % 3) q)
FROM vals;
SELECT (a).n, a = b AS same
FROM (SELECT kde(v, 9, 'scott') AS a FROM vals, unnest(ARRAY[1, 2, 2, i % 5]) v) s,
     (SELECT kde(ecdf(ARRAY[1, 2, 2, i % 5]), 9) AS b FROM vals) t;

-- Arrays: their elements together, of any length and dimension; NULL elements and NaN are skipped.
CREATE TEMPORARY TABLE rows_of_vals AS
SELECT i % 7 AS part, array_agg(x ORDER BY i) || '{NULL,NaN}'::float8[] AS xs FROM vals GROUP BY i % 7;
SELECT kde(xs) = (SELECT kde(x) FROM vals) AS plain,
       kde(xs, 50, 'silverman') = (SELECT kde(x, 50, 'silverman') FROM vals) AS rule,
       kde(xs, 50, 0.75) = (SELECT kde(x, 50, 0.75) FROM vals) AS number,
       kde(xs ORDER BY part DESC) = kde(xs) AS backwards, (kde(xs)).n
FROM rows_of_vals;
SELECT kde(xs, 9, 0.5) = (SELECT kde(x, 9, 0.5) FROM (VALUES (1::float8), (2), (2), (7)) v(x)) AS dimensions
FROM (VALUES ('{{1,2},{2,NULL}}'::float8[]), ('{}'), (NULL), ('{7}')) v(xs);
SELECT kde(xs) IS NULL AS no_rows FROM rows_of_vals WHERE false;
SELECT kde(NULL::float8[]) IS NULL AS only_null, kde('{}'::float8[], 10, 0.5) IS NULL AS empty,
       kde('{NULL,NaN}'::float8[]) IS NULL AS only_nan, kde('{1,Infinity}'::float8[], 10, 0.5) IS NULL AS infinite
FROM rows_of_vals;

-- NULLs and NaN are skipped, -0 is 0, the order of rows does not matter.
SELECT kde(x, 9, 'scott') = (SELECT kde(x, 9, 'scott') FROM vals) AS skipped
FROM (SELECT x FROM vals UNION ALL VALUES (NULL::float8), ('NaN') ORDER BY x DESC) s;
SELECT kde(x, 9, 'scott') = (SELECT kde(x, 9, 'scott') FROM (VALUES (0::float8), (0), (1)) v(x)) AS zero
FROM (VALUES ('-0'::float8), (0), (1)) v(x);

-- kde_constant: no rows, only NULLs or NaN, all removed by FILTER; one value, equal values; a stated
-- bandwidth needs no spread; interquartile range 0; infinity.
SELECT kde(x) IS NULL AS no_rows FROM vals WHERE false;
SELECT kde(NULL::float8) IS NULL AS only_nulls, kde('NaN'::float8) IS NULL AS only_nan,
       kde(x) FILTER (WHERE x < 0) IS NULL AS filtered, kde(NULL::ecdf) IS NULL AS null_ecdf FROM vals;
SELECT kde(x, 3, 'scott') AS one_value FROM vals WHERE i = 1;
SELECT kde(7, 3, 'silverman') AS equal_values, kde(ecdf(7::float8), lo => 0, hi => 9) AS stored FROM vals;
SELECT (k).bandwidth, (k).n, abs((k).density[2] * 0.5 * sqrt(2 * pi()) - 1) < 1e-15 AS kernel
FROM (SELECT kde(7, 3, 0.5) AS k FROM vals) s;
SELECT (k).bandwidth > 0 AS bandwidth, array_position((k).density, NULL) IS NULL AS density
FROM (SELECT kde(CASE WHEN i > 290 THEN 255 ELSE 0 END, 9, 'scott') AS k FROM vals) s;
SELECT kde(x, 3, 'scott') IS NULL AS infinite FROM (SELECT x FROM vals UNION ALL SELECT 'Infinity') s;
SELECT kde(x, 3, 1) IS NULL AS infinite FROM (SELECT x FROM vals UNION ALL SELECT '-Infinity') s;
SELECT kde('Infinity'::float8) IS NULL AS infinite FROM vals;
SELECT count(*) AS points_of_null FROM (SELECT kde(7, 3, 'scott') AS k FROM vals) s, kde_points(k);
-- An end of the grid beyond all data leaves no nodes; the bandwidth stands.
SELECT (k).x IS NULL AS x, (k).density IS NULL AS density, (k).mass IS NULL AS mass,
       (k).bandwidth > 0 AS bandwidth, (k).n
FROM (SELECT kde(ecdf(x), lo => 1000) AS k FROM vals) s;
-- One bad group does not end the others.
SELECT g, (k).n, (k).bandwidth IS NULL AS undefined
FROM (SELECT least(i, 3) AS g, kde(x, 3, 'scott') AS k FROM vals GROUP BY 1) s ORDER BY g;

-- kde_unit: density scales inversely with the unit; an offset moves it; the largest and smallest doubles.
SELECT u, abs((b).bandwidth / u / (a).bandwidth - 1) < 1e-13 AS bandwidth,
       pg_temp.close_to((SELECT array_agg(d * u) FROM unnest((b).density) d), (a).density, 1e-12) AS density
FROM (VALUES (1e-9::float8), (1e9)) v(u),
     LATERAL (SELECT kde(x, 9, 'scott') AS a, kde(x * u, 9, 'scott') AS b FROM vals) s ORDER BY u;
SELECT abs((b).bandwidth / (a).bandwidth - 1) < 1e-13 AS bandwidth,
       pg_temp.close_to((b).density, (a).density, 1e-12) AS density
FROM (SELECT kde(ecdf(x), 9, lo => 0, hi => 16) AS a,
             kde(ecdf(x + 1e9), 9, lo => 1e9, hi => 1e9 + 16) AS b FROM vals) s;
-- The end of the doubles cuts kernels: with stddev = max, h = 3^(-1/5) max = 0.803 max, and of the mass
-- (2 Phi(1.246) - 1 + 2 (Phi(2.491) - 1/2)) / 3 = 0.5915 remain.
SELECT (k).n, abs((k).mass - 0.5915) < 0.001 AS mass, 'NaN' = ANY ((k).density) AS nan,
       'Infinity' = ANY ((k).x) AS infinite
FROM (SELECT kde(x) AS k FROM (VALUES (-1.7976931348623157e308), (1.7976931348623157e308), (4.9e-324)) v(x)) s;
-- So near each other that the density, some 1e319, is no double.
SELECT kde(x) FROM (VALUES (4.9e-324), (1e-320), (0)) v(x);

-- Parallel plan = serial plan = any number of threads and any instruction set, bit for bit, with NULL rows.
CREATE TABLE kde_many AS
SELECT i, CASE WHEN i % 10 > 0 THEN sin(i) + sin(i * 0.37) END AS x FROM generate_series(1, 50000) i;
ANALYZE kde_many;
CREATE TEMPORARY TABLE plans (plan text, k kde_result);
SET max_parallel_workers_per_gather = 0;
SET synthdq.threads = 1;
INSERT INTO plans SELECT 'serial', kde(x, 100, 'scott') FROM kde_many;
SET synthdq.threads = 3;
INSERT INTO plans SELECT 'threads', kde(x, 100, 'scott') FROM kde_many;
SET synthdq.cpu_level = plain;
INSERT INTO plans SELECT 'plain', kde(x, 100, 'scott') FROM (SELECT * FROM kde_many ORDER BY i DESC) s;
RESET synthdq.cpu_level;
RESET synthdq.threads;
SET max_parallel_workers_per_gather = 3;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
CREATE FUNCTION pg_temp.plan_contains(query text, what text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
        IF line LIKE '%' || what || '%' THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END
$$;
SELECT pg_temp.plan_contains('SELECT kde(x, 100, ''scott'') FROM kde_many', 'Partial Aggregate');
CREATE TEMPORARY TABLE parallel_plan AS SELECT 'parallel' AS plan, kde(x, 100, 'scott') AS k FROM kde_many;
INSERT INTO plans SELECT * FROM parallel_plan;
SELECT count(DISTINCT k) AS results, count(*) AS plans, min((k).n) AS n FROM plans;
-- A group that is empty in all workers, or in some.
SELECT kde(x) FILTER (WHERE i < 0) IS NULL AS none FROM kde_many;
SELECT (kde(x, 5, 'scott') FILTER (WHERE i < 9)).n FROM kde_many;
-- Hashed and sorted groups.
RESET max_parallel_workers_per_gather;
CREATE TEMPORARY TABLE hashed AS SELECT i % 5 AS g, kde(x, 5, 'scott') AS k FROM kde_many GROUP BY 1;
SET enable_hashagg = off;
CREATE TEMPORARY TABLE sorted AS SELECT i % 5 AS g, kde(x, 5, 'scott') AS k FROM kde_many GROUP BY 1;
RESET enable_hashagg;
SELECT count(*) FROM hashed JOIN sorted USING (g) WHERE hashed.k = sorted.k;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET parallel_leader_participation;
DROP TABLE kde_many;

-- Windows: the state grows, the final function changes nothing; a moving frame starts anew.
SELECT count(*), count(*) FILTER (WHERE w = (SELECT kde(x, 4, 'scott') FROM vals q WHERE q.i <= s.i)) AS growing,
       count(*) FILTER (WHERE m = (SELECT kde(x, 4, 'scott') FROM vals q
                                   WHERE q.i BETWEEN s.i - 4 AND s.i)) AS moving
FROM (SELECT i, kde(x, 4, 'scott') OVER (ORDER BY i) AS w,
             kde(x, 4, 'scott') OVER (ORDER BY i ROWS 4 PRECEDING) AS m
      FROM vals WHERE i <= 20) s WHERE i >= 5;

-- Called by hand: NULL states, flat states; states as text and as bytes come back as they were.
SELECT kde_state_combine(NULL, NULL) IS NULL AS nulls, kde_state_add(NULL, NULL::float8) IS NULL AS null_row,
       kde_result(NULL) IS NULL AS null_state;
CREATE TEMPORARY TABLE states (s kde_state);
INSERT INTO states
SELECT kde_state_add(NULL, 1.5)
UNION ALL SELECT kde_state_add(kde_state_add(NULL, 0.1, 10, 'silverman'), 4.9e-324, 10, 'silverman')
UNION ALL SELECT kde_state_add(NULL, 'Infinity'::float8, 4096, 0.1);
SELECT count(*) AS states, bool_and(s::text::kde_state::text = s::text) AS text_round_trip,
       bool_and(kde_state_combine(s, NULL)::text = s::text) AS left_alone,
       bool_and(kde_state_combine(NULL, s)::text = s::text) AS right_alone FROM states;
SELECT (kde_result(kde_state_combine(s, s))).n FROM states ORDER BY s::text COLLATE "C";
-- Bytes reach the receive function through a binary COPY: header, one row of one column, end.
CREATE TEMPORARY TABLE received (s kde_state);
CREATE FUNCTION pg_temp.receive(bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    copied bytea := '\x5047434f50590aff0d0a00'::bytea || int4send(0) || int4send(0) || int2send(1::int2)
        || int4send(length(bytes)) || bytes || int2send((-1)::int2);
    octal text;
    result text;
BEGIN
    SELECT string_agg('\' || (b >> 6) || (b >> 3 & 7) || (b & 7), '' ORDER BY i) INTO octal
    FROM generate_series(0, length(copied) - 1) i, LATERAL (SELECT get_byte(copied, i) AS b) s;
    TRUNCATE received;
    EXECUTE format('COPY received FROM PROGRAM %L (FORMAT binary)', 'printf ''' || octal || '''');
    SELECT s::text INTO result FROM received;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
SELECT bool_and(pg_temp.receive(kde_state_send(s)) = s::text) AS binary_round_trip FROM states;
-- Cut short at every length, it is refused; and so are bad parameters: eight bytes each, from byte 4 on,
-- for grid size, rule and number.
SELECT bool_and(pg_temp.receive(substr(b, 1, l)) IN ('08P01', '22P03')) AS refused
FROM (SELECT kde_state_send(kde_state_add(NULL, 1.5)) AS b) s, generate_series(0, length(b) - 1) l;
SELECT pg_temp.receive(set_byte(set_byte(b, 10, 16), 11, 1)) AS grid_4097,
       pg_temp.receive(set_byte(b, 11, 1)) AS grid_1,
       pg_temp.receive(set_byte(b, 4, 255)) AS grid_negative,
       pg_temp.receive(set_byte(b, 19, 4)) AS rule_4,
       pg_temp.receive(set_byte(b, 15, 1)) AS rule_beyond_32_bits,
       pg_temp.receive(set_byte(b, 19, 2)) AS number_0,
       pg_temp.receive(set_byte(set_byte(b, 20, 191), 19, 2)) AS number_negative,
       pg_temp.receive(set_byte(b, 20, 63)) AS rule_with_number
FROM (SELECT kde_state_send(kde_state_add(NULL, 1.5, 2, 'scott')) AS b) s;

-- Errors. Parameters: out of range, NULL, unknown, changing within a group.
SELECT kde(x, 1, 'scott') FROM vals;
SELECT kde(x, 4097, 'scott') FROM vals;
SELECT kde(x, NULL, 'scott') FROM vals;
SELECT kde(x, 10, NULL::text) FROM vals;
SELECT kde(x, 10, NULL::float8) FROM vals;
SELECT kde(x, 10, 'isj?') FROM vals;
SELECT kde(x, 10, '') FROM vals;
SELECT kde(x, 10, 0) FROM vals;
SELECT kde(x, 10, '-0.5') FROM vals;
SELECT kde(x, 10, 'Infinity'::float8) FROM vals;
SELECT kde(x, 10 + i % 2, 'scott') FROM vals;
SELECT kde(x, 10, CASE i % 2 WHEN 0 THEN 'scott' ELSE 'silverman' END) FROM vals;
SELECT kde(x, 10, 0.5 + i % 2) FROM vals;
SELECT kde(xs, 1, 'scott') FROM rows_of_vals;
SELECT kde(xs, 10, 'isj?') FROM rows_of_vals;
SELECT kde(xs, 10, 0) FROM rows_of_vals;
SELECT kde(xs, 10 + part, 0.5) FROM rows_of_vals;
SELECT kde(ecdf(x), 10, 'scott', 'biweight') FROM vals;
SELECT kde(ecdf(x), kernel => NULL) FROM vals;
SELECT kde(ecdf(x), 0) FROM vals;
SELECT kde(ecdf(x), lo => 1, hi => 1) FROM vals;
SELECT kde(ecdf(x), lo => 'NaN') FROM vals;
SELECT kde(ecdf(x), hi => 'Infinity') FROM vals;
SELECT kde(NULL::ecdf, 1);
-- The parameters count where a row has a value.
SELECT (kde(CASE WHEN i > 3 THEN x END, CASE WHEN i > 3 THEN 10 ELSE 20 END, 'scott')).n FROM vals;
\set VERBOSITY sqlstate
SELECT kde(x, 1, 'scott') FROM vals;
SELECT kde(x, NULL, 'scott') FROM vals;
SELECT kde(x, 10, 'isj?') FROM vals;
SELECT kde(x, 10 + i % 2, 'scott') FROM vals;
SELECT kde(ecdf(x), 10, 'scott', 'biweight') FROM vals;
-- Memory of the computation beyond the limit.
SET synthdq.max_memory = '64kB';
SELECT kde(ecdf(x), 4096) FROM vals;
RESET synthdq.max_memory;
-- Results put together by hand.
SELECT * FROM kde_points(ROW('{1,2}', '{1,2,3}', 1, 5, 1, 5, 'gaussian', 'scott', 'exact')::kde_result);
SELECT * FROM kde_points(ROW('{1,NULL}', '{1,2}', 1, 5, 1, 5, 'gaussian', 'scott', 'exact')::kde_result);
SELECT * FROM kde_points(ROW('{1,2}', NULL, 1, 5, 1, 5, 'gaussian', 'scott', 'exact')::kde_result);
SELECT * FROM kde_points(ROW('{}', '{}', 1, 5, 1, 5, 'gaussian', 'scott', 'exact')::kde_result);
SELECT * FROM kde_points(NULL);
-- A cancel ends the sums, and the connection lives.
SET statement_timeout = 500;
SELECT (kde(e, 4096, method => 'exact')).n FROM (SELECT ecdf(sin(i)) AS e FROM generate_series(1, 1000000) i) s;
RESET statement_timeout;
SELECT (kde(x, 10, 'scott')).n FROM vals;
