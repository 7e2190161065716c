-- kde2d: densities of points against scipy (test/reference/kde.py), grids, degenerate groups, plans,
-- windows, states as text and bytes, and every error.

-- Four points, the corners of a square of side 2, by hand. Covariance: 4/3 on the diagonal, 0 beside it.
-- With factor sqrt(3)/2 the kernel is round with h = 1, and at the centre each corner adds
-- exp(-1) / (2 pi), so the density there is exp(-1) / (2 pi).
CREATE TEMPORARY TABLE square (x float8, y float8);
INSERT INTO square VALUES (0, 0), (0, 2), (2, 0), (2, 2);
SELECT (k).n, round((k).bandwidth_x::numeric, 12) AS hx, round((k).bandwidth_y::numeric, 12) AS hy,
       (k).correlation, abs((k).factor - sqrt(3) / 2) < 1e-15 AS factor, (k).x, (k).y,
       abs((k).density[2][2] - exp(-1) / (2 * pi())) < 1e-15 AS centre,
       (k).density[1][1] = (k).density[3][3] AND (k).density[1][3] = (k).density[3][1] AS symmetric
FROM (SELECT kde2d(x, y, 3, sqrt(3) / 2, 0, 2, 0, 2) AS k FROM square) s;

-- density[i][j] is at (x[j], y[i]): points near x = 0, seen on a grid that is wider in x.
SELECT abs((k).density[1][1] / (k).density[3][1] - 1) < 1e-12 AS same_x,
       (k).density[1][1] > (k).density[1][3] * 1000 AS other_x
FROM (SELECT kde2d(x / 100, y, 3, 'scott', 0, 1, 0, 2) AS k FROM square) s;

-- Against scipy: 300 points, correlation 0.44.
CREATE TEMPORARY TABLE points AS
SELECT i, (i * 7919 % 1009) / 64.0::float8 AS x,
       (i * 7919 % 1009) / 256.0::float8 + (i * 104729::bigint % 997) / 128.0::float8 AS y
FROM generate_series(1, 300) i;
CREATE FUNCTION pg_temp.close_to(got float8[], want float8[], tolerance float8) RETURNS boolean
LANGUAGE sql AS $$
    SELECT count(*) > 0 AND bool_and(g IS NOT NULL AND w IS NOT NULL AND abs(g - w) <= tolerance)
    FROM (SELECT unnest(got) AS g, unnest(want) AS w) s
$$;
SELECT (k).n,
       abs((k).bandwidth_x - 1.7577961249003111) < 1e-12 AS hx,
       abs((k).bandwidth_y - 0.9745065790285303) < 1e-12 AS hy,
       abs((k).correlation - 0.4414498717517029) < 1e-12 AS correlation,
       pg_temp.close_to((k).x, '{-5.257763374700933, 7.867187499999999, 20.992138374700932}', 1e-12) AS x,
       pg_temp.close_to((k).y, '{-2.638363487085591, 5.69140625, 14.021175987085591}', 1e-12) AS y,
       pg_temp.close_to((k).density, '{7.523558125489652e-07, 6.968573839628535e-10,
           1.3819129343697673e-25, 1.2149268430670917e-05, 0.008035083909469037, 7.1758349112159545e-06,
           1.626997182371331e-23, 3.35634805875819e-09, 8.926265838259643e-07}', 1e-14) AS density
FROM (SELECT kde2d(x, y, 3, 'scott') AS k FROM points) s;
-- In two dimensions both rules are the same; a number is the factor.
SELECT (a).density = (b).density AS same_rule,
       pg_temp.close_to((c).density, '{6.548853781562118e-07, 6.744576498054569e-09,
           1.1455634908478282e-21, 8.58870589370257e-06, 0.008059383762713245, 5.730205874164306e-06,
           3.1649787985519877e-20, 2.0229814851905346e-08, 7.62735190889311e-07}', 1e-14) AS factor,
       (c).density = (d).density AS factor_as_text
FROM (SELECT kde2d(x, y, 3, 'scott') AS a, kde2d(x, y, 3, 'silverman') AS b,
             kde2d(x, y, 3, 0.5) AS c, kde2d(x, y, 3, '0.5') AS d FROM points) s;
SELECT pg_temp.close_to((k).density, '{0.005385688621475625, 0.0011540026164028308,
           1.4640814923249069e-05, 0.006894738223117418, 0.007981047273470975, 0.00699276117943052,
           5.992293436454464e-06, 0.0006250487476453062, 0.004164660507561504}', 1e-14) AS density,
       (k).x, (k).y
FROM (SELECT kde2d(x, y, 3, 'scott', 2, 14, 1, 11) AS k FROM points) s;

-- The default is 200 x 200 nodes and holds nearly all mass; kde2d_points unrolls it by y, then x.
SELECT array_length((k).x, 1) AS nx, array_length((k).y, 1) AS ny, array_dims((k).density) AS dims,
       abs((k).mass - 1) < 1e-3 AS mass
FROM (SELECT kde2d(x, y) AS k FROM points) s;
SELECT count(*), count(*) FILTER (WHERE p.density = (k).density[(o - 1) / 4 + 1][(o - 1) % 4 + 1]
           AND p.x = (k).x[(o - 1) % 4 + 1] AND p.y = (k).y[(o - 1) / 4 + 1]) AS matching
FROM (SELECT kde2d(x, y, 4, 'scott') AS k FROM points) s,
     kde2d_points(k) WITH ORDINALITY AS p(x, y, density, o);

-- One grid for two groups.
SELECT count(DISTINCT (k).x) AS x_axes, count(DISTINCT (k).y) AS y_axes, count(*) AS groups
FROM (SELECT kde2d(x, y, 5, 'scott', -5, 20, -5, 20) AS k FROM points GROUP BY i % 2) s;

-- Points with a NULL or NaN coordinate are skipped, -0 is 0, the order of rows does not matter.
SELECT kde2d(x, y, 7, 'scott') = (SELECT kde2d(x, y, 7, 'scott') FROM points) AS skipped
FROM (SELECT x, y FROM points
      UNION ALL VALUES (1::float8, NULL::float8), (NULL, 1), (NULL, NULL), ('NaN', 1), (1, 'NaN')
      ORDER BY y DESC) s;
SELECT (kde2d(x, y, 5, 'scott')).n, kde2d(x, y, 5, 'scott') =
       (SELECT kde2d(x, y, 5, 'scott') FROM (VALUES (0::float8, 0::float8), (0, 1), (1, 3), (2, 1)) v(x, y))
       AS same
FROM (VALUES ('-0'::float8, 0::float8), (0, 1), (1, 3), (2, 1)) v(x, y);
-- A repeated point counts as often as it comes.
SELECT (kde2d(x, y, 5, 'scott')).n FROM (SELECT * FROM points UNION ALL SELECT * FROM points) s;

-- kde_constant: no rows, only NULLs, all removed by FILTER, one point, points on a line, infinity.
SELECT kde2d(x, y) IS NULL AS no_rows FROM points WHERE false;
SELECT kde2d(NULL::float8, 1::float8) IS NULL AS only_nulls FROM points;
SELECT kde2d(x, y) FILTER (WHERE x < 0) IS NULL AS filtered FROM points;
SELECT i, k FROM (
    SELECT 1 AS i, kde2d(x, y, 3, 'scott') AS k FROM points WHERE i = 1
    UNION ALL SELECT 2, kde2d(x, 2 * x + 1, 3, 'scott') FROM points
    UNION ALL SELECT 3, kde2d(3, y, 3, 'scott') FROM points
    UNION ALL SELECT 4, kde2d(5, 6, 3, 'scott') FROM points) s ORDER BY i;
SELECT count(*) AS points_of_null FROM (SELECT kde2d(x, x, 3, 'scott') AS k FROM points) s,
     kde2d_points(k);
SELECT kde2d(CASE i WHEN 7 THEN 'Infinity' ELSE x END, y, 3, 'scott') IS NULL AS infinite FROM points;
SELECT kde2d(x, CASE i WHEN 7 THEN '-Infinity' ELSE y END, 3, 'scott') IS NULL AS infinite FROM points;
-- An axis whose stated end lies beyond all points has no nodes; the bandwidth stands.
SELECT (k).x IS NULL AS x, (k).density IS NULL AS density, (k).mass IS NULL AS mass,
       (k).bandwidth_x > 0 AS bandwidth, (k).n
FROM (SELECT kde2d(x, y, 3, 'scott', 1000, NULL, NULL, NULL) AS k FROM points) s;
SELECT (k).x[1], (k).x[3] > 15 AS to_the_data, (k).y[1] < 0 AS from_the_data, (k).y[3]
FROM (SELECT kde2d(x, y, 3, 'scott', 10, NULL, NULL, 8) AS k FROM points) s;

-- kde_unit: density scales inversely with the unit, up to the largest and smallest doubles.
SELECT u, (b).n, abs((b).mass - (a).mass) < 1e-9 AS mass,
       pg_temp.close_to((SELECT array_agg(d * u * u) FROM unnest((b).density) d),
                        (SELECT array_agg(d) FROM unnest((a).density) d), 1e-13) AS density
FROM (VALUES (1e-9::float8), (1e9)) v(u),
     LATERAL (SELECT kde2d(x, y, 9, 'scott') AS a, kde2d(x * u, y * u, 9, 'scott') AS b FROM points) s
ORDER BY u;
SELECT (k).n, (k).mass > 0 AS mass, 'NaN' = ANY ((k).density) AS nan, 'Infinity' = ANY ((k).x) AS infinite
FROM (SELECT kde2d(x, y, 20, 'scott') AS k
      FROM (VALUES (-1.7976931348623157e308, 4.9e-324), (1.7976931348623157e308, 0), (0, 1e-320)) v(x, y)) s;

-- Parallel plan = serial plan = any number of threads, bit for bit, with NULL rows present.
CREATE TABLE kde2d_many AS
SELECT i, sin(i) + sin(i * 0.37) AS x, CASE WHEN i % 10 > 0 THEN cos(i * 1.3) + sin(i) / 3 END AS y
FROM generate_series(1, 20000) i;
ANALYZE kde2d_many;
CREATE TEMPORARY TABLE plans (plan text, k kde2d_result);
SET max_parallel_workers_per_gather = 0;
SET synthdq.threads = 1;
INSERT INTO plans SELECT 'serial', kde2d(x, y, 20, 'scott') FROM kde2d_many;
SET synthdq.threads = 3;
INSERT INTO plans SELECT 'threads', kde2d(x, y, 20, 'scott') FROM kde2d_many;
INSERT INTO plans SELECT 'order', kde2d(x, y, 20, 'scott')
FROM (SELECT * FROM kde2d_many ORDER BY i DESC) s;
SET synthdq.cpu_level = plain;
SELECT pg_temp.close_to((SELECT (kde2d(x, y, 20, 'scott')).density FROM kde2d_many), (k).density, 1e-14)
           AS other_instructions
FROM plans WHERE plan = 'serial';
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
SELECT pg_temp.plan_contains('SELECT kde2d(x, y, 20, ''scott'') FROM kde2d_many', 'Partial Aggregate');
CREATE TEMPORARY TABLE parallel_plan AS
SELECT 'parallel' AS plan, kde2d(x, y, 20, 'scott') AS k FROM kde2d_many;
INSERT INTO plans SELECT * FROM parallel_plan;
SELECT count(DISTINCT k) AS results, count(*) AS plans, min((k).n) AS n FROM plans;
-- A group that is empty in all workers, or in some.
SELECT kde2d(x, y) FILTER (WHERE i < 0) IS NULL AS none FROM kde2d_many;
SELECT (kde2d(x, y, 5, 'scott') FILTER (WHERE i < 9)).n FROM kde2d_many;
-- Hashed and sorted groups.
RESET max_parallel_workers_per_gather;
CREATE TEMPORARY TABLE hashed AS
SELECT i % 5 AS g, kde2d(x, y, 5, 'scott') AS k FROM kde2d_many GROUP BY 1;
SET enable_hashagg = off;
CREATE TEMPORARY TABLE sorted AS
SELECT i % 5 AS g, kde2d(x, y, 5, 'scott') AS k FROM kde2d_many GROUP BY 1;
RESET enable_hashagg;
SELECT count(*) FROM hashed JOIN sorted USING (g) WHERE hashed.k = sorted.k;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET parallel_leader_participation;
DROP TABLE kde2d_many;

-- Windows: the state grows, the final function changes nothing; a moving frame starts anew.
SELECT count(*), count(*) FILTER (WHERE w = (SELECT kde2d(x, y, 4, 'scott') FROM points q
                                             WHERE q.i <= s.i)) AS growing,
       count(*) FILTER (WHERE m = (SELECT kde2d(x, y, 4, 'scott') FROM points q
                                   WHERE q.i BETWEEN s.i - 4 AND s.i)) AS moving
FROM (SELECT i, kde2d(x, y, 4, 'scott') OVER (ORDER BY i) AS w,
             kde2d(x, y, 4, 'scott') OVER (ORDER BY i ROWS 4 PRECEDING) AS m
      FROM points WHERE i <= 20) s WHERE i >= 5;

-- Called by hand: NULL states, flat states, states used twice.
SELECT kde2d_state_combine(NULL, NULL) IS NULL AS nulls;
SELECT kde2d_state_add(NULL, NULL, 1) IS NULL AS null_state;
SELECT kde2d_state_add(NULL, 1, 2);
SELECT kde2d_state_add(kde2d_state_add(NULL, 1, -2.5, 5, 'silverman', -1, NULL, NULL, 1e300), 0.1, '-0', 5,
                       'silverman', -1, NULL, NULL, 1e300);
SELECT kde2d_state_combine(s, NULL), kde2d_state_combine(NULL, s), kde2d_state_combine(s, s), s
FROM (SELECT kde2d_state_add(NULL, 1, 2, 9, 0.25) AS s) q;
SELECT kde2d_result(NULL) IS NULL AS null_state, kde2d_result('9 scott - - - -') IS NULL AS empty_state;

-- States as text and as bytes come back as they were.
CREATE TEMPORARY TABLE states (s kde2d_state);
INSERT INTO states VALUES
    ('200 scott - - - - (1,2) (3.5,-4)'),
    (' 2 silverman -1 1 -2 - ( 1e-320 , 1.7976931348623157e308 ) (Infinity,-Infinity) '),
    ('4096 0.30000000000000004 - - - -1e-5');
SELECT s, s::text::kde2d_state::text = s::text AS round_trip FROM states ORDER BY s::text;
SELECT encode(kde2d_state_send('2 scott 0 - - - (1,2)'), 'hex');
-- Bytes reach the receive function through a binary COPY: header, one row of one column, end.
CREATE TEMPORARY TABLE received (s kde2d_state);
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
    RETURN SQLSTATE || ': ' || SQLERRM;
END
$$;
SELECT bool_and(pg_temp.receive(kde2d_state_send(s)) = s::text) AS round_trip FROM states;
-- Hostile bytes: cut short at every length, another version, bad parameters, NaN, a count that lies or
-- overflows.
CREATE FUNCTION pg_temp.bytes(version int, grid int, rule int, number float8, x_lo float8, x_hi float8,
    n bigint, points bytea) RETURNS bytea LANGUAGE sql AS $$
    SELECT int4send(version) || int4send(grid) || int4send(rule) || float8send(number) || float8send(x_lo)
        || float8send(x_hi) || float8send('NaN') || float8send('NaN') || int8send(n) || points
$$;
SELECT pg_temp.receive(pg_temp.bytes(1, 200, 0, 0, 'NaN', 'NaN', 1, float8send(1) || float8send(2)));
SELECT DISTINCT left(pg_temp.receive(substr(b, 1, length)), 5) AS sqlstate
FROM (SELECT pg_temp.bytes(1, 200, 0, 0, 'NaN', 'NaN', 1, float8send(1) || float8send(2)) AS b) s,
     generate_series(0, 75) length ORDER BY 1;
SELECT what, pg_temp.receive(pg_temp.bytes(version, grid, rule, number, x_lo, x_hi, n, points))
FROM (VALUES
    (1, 'version', 2, 200, 0, 0::float8, 'NaN'::float8, 'NaN'::float8, 0::bigint, ''::bytea),
    (2, 'grid 1', 1, 1, 0, 0, 'NaN', 'NaN', 0, ''),
    (3, 'grid 4097', 1, 4097, 0, 0, 'NaN', 'NaN', 0, ''),
    (4, 'rule 3', 1, 200, 3, 1, 'NaN', 'NaN', 0, ''),
    (5, 'rule -1', 1, 200, -1, 1, 'NaN', 'NaN', 0, ''),
    (6, 'rule with number', 1, 200, 0, 1, 'NaN', 'NaN', 0, ''),
    (7, 'number 0', 1, 200, 2, 0, 'NaN', 'NaN', 0, ''),
    (8, 'number NaN', 1, 200, 2, 'NaN', 'NaN', 'NaN', 0, ''),
    (9, 'empty range', 1, 200, 0, 0, 1, 1, 0, ''),
    (10, 'infinite range', 1, 200, 0, 0, '-Infinity', 1, 0, ''),
    (11, 'count too small', 1, 200, 0, 0, 'NaN', 'NaN', 0, float8send(1) || float8send(2)),
    (12, 'count too large', 1, 200, 0, 0, 'NaN', 'NaN', 2, float8send(1) || float8send(2)),
    (13, 'count negative', 1, 200, 0, 0, 'NaN', 'NaN', -1, ''),
    (14, 'count that overflows', 1, 200, 0, 0, 'NaN', 'NaN', 1152921504606846977,
     float8send(1) || float8send(2)),
    (15, 'half a point', 1, 200, 0, 0, 'NaN', 'NaN', 0, float8send(1)),
    (16, 'a NaN', 1, 200, 0, 0, 'NaN', 'NaN', 1, float8send(1) || float8send('NaN'))
) v(o, what, version, grid, rule, number, x_lo, x_hi, n, points) ORDER BY o;

-- Hostile text.
CREATE FUNCTION pg_temp.try_text(value text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    RETURN value::kde2d_state::text;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN SQLSTATE || ': ' || SQLERRM || '. ' || detail;
END
$$;
SELECT t, pg_temp.try_text(t) FROM unnest(ARRAY[
    '', '200', '200 scott', '200 scott - - -', '200 scott - - - - (1,2', '200 scott - - - - (1,2) x',
    '200 scott - - - - (1,NaN)', '200 scott - - - - (1,1e999)', '200 scott - - - - 1,2)',
    '1 scott - - - -', '4097 scott - - - -', '2.5 scott - - - -', 'NaN scott - - - -', '200 0 - - - -',
    '200 -1 - - - -', '200 Infinity - - - -', '200 gauss - - - -', '200 scott 2 1 - -',
    '200 scott - Infinity - -', '99999999999999999999 scott - - - -'
]) WITH ORDINALITY AS v(t, o) ORDER BY o;

-- Errors. Parameters: out of range, NULL, unknown, changing within a group.
SELECT kde2d(x, y, 1, 'scott') FROM points;
SELECT kde2d(x, y, 4097, 'scott') FROM points;
SELECT kde2d(x, y, NULL, 'scott') FROM points;
SELECT kde2d(x, y, 10, NULL::text) FROM points;
SELECT kde2d(x, y, 10, NULL::float8) FROM points;
SELECT kde2d(x, y, 10, 'Scott') FROM points;
SELECT kde2d(x, y, 10, '1 2') FROM points;
SELECT kde2d(x, y, 10, 0) FROM points;
SELECT kde2d(x, y, 10, -1.5) FROM points;
SELECT kde2d(x, y, 10, 'NaN'::float8) FROM points;
SELECT kde2d(x, y, 10, '1e999') FROM points;
SELECT kde2d(x, y, 10, 'scott', 1, 1, 0, 1) FROM points;
SELECT kde2d(x, y, 10, 'scott', NULL, NULL, 5, -5) FROM points;
SELECT kde2d(x, y, 10, 'scott', NULL, 'Infinity', NULL, NULL) FROM points;
SELECT kde2d(x, y, 10, 0.5, NULL, NULL, 'NaN', NULL) FROM points;
SELECT kde2d(x, y, 10 + i % 2, 'scott') FROM points;
SELECT kde2d(x, y, 10, 0.5 + i % 2) FROM points;
SELECT kde2d(x, y, 10, 'scott', -i, NULL, NULL, NULL) FROM points;
SELECT kde2d_state_combine('10 scott - - - -', '10 silverman - - - -');
-- The parameters count where a row has a point.
SELECT (kde2d(CASE WHEN i > 3 THEN x END, y, CASE WHEN i > 3 THEN 10 ELSE 20 END, 'scott')).n FROM points;
\set VERBOSITY sqlstate
SELECT kde2d(x, y, 1, 'scott') FROM points;
SELECT kde2d(x, y, NULL, 'scott') FROM points;
SELECT kde2d(x, y, 10, 'gauss') FROM points;
SELECT kde2d(x, y, 10 + i % 2, 'scott') FROM points;
-- Memory: a state, and a computation, beyond the limit.
SET synthdq.max_memory = '64kB';
SELECT kde2d(i, sin(i), 10, 'scott') FROM generate_series(1, 5000) i;
SELECT kde2d(i, sin(i), 10, 'scott') FROM generate_series(1, 4000) i;
RESET synthdq.max_memory;
-- Results put together by hand.
SELECT * FROM kde2d_points(ROW('{1,2}', '{1,2}', '{1,2,3}', 1, 1, 1, 0, 5, 1, 'exact')::kde2d_result);
SELECT * FROM kde2d_points(ROW('{1,2}', '{1,NULL}', '{1,2,3,4}', 1, 1, 1, 0, 5, 1, 'exact')::kde2d_result);
SELECT * FROM kde2d_points(ROW('{}', '{}', '{}', 1, 1, 1, 0, 5, 1, 'exact')::kde2d_result);
SELECT * FROM kde2d_points(ROW('{1,2}', '{1}', '{{3,4}}', 1, 1, 1, 0, 5, 1, 'exact')::kde2d_result);
SELECT * FROM kde2d_points(NULL);
-- A cancel ends the sums, and the connection lives.
SET statement_timeout = 200;
SELECT kde2d(i, sin(i), 4096, 'scott') FROM generate_series(1, 20000) i;
RESET statement_timeout;
SELECT (kde2d(x, y, 10, 'scott')).n FROM points;
