--
-- min_max_scale: (value - lo) / (hi - lo).
--
-- The SQLSTATE, message, detail and hint that a query ends with.
CREATE FUNCTION pg_temp.error_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    state text; message text; detail text; hint text;
BEGIN
    EXECUTE query;
    RETURN 'no error';
EXCEPTION WHEN others THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
        detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(E'\n', state, message, nullif(detail, ''), nullif(hint, ''));
END
$$;

-- 51 / 255 = 0.2 and 255 / 255 = 1, in each of the four types.
SELECT min_max_scale(ARRAY[0, 51, 255]::smallint[], 0, 255);
SELECT min_max_scale(ARRAY[0, 51, 255]::integer[], 0, 255);
SELECT min_max_scale(ARRAY[0, 51, 255]::real[], 0, 255);
SELECT min_max_scale(ARRAY[0, 51, 255]::double precision[], 0, 255);
SELECT pg_typeof(min_max_scale(ARRAY[0]::double precision[], 0, 255));

-- The output of tanh: (-1 + 1) / 2 = 0, (0 + 1) / 2 = 0.5, (0.5 + 1) / 2 = 0.75.
SELECT min_max_scale(ARRAY[-1, 0, 0.5, 1]::real[], -1, 1);

-- Not clipped: (-10 - 0) / 10 = -1, 30 / 10 = 3.
SELECT min_max_scale(ARRAY[-10, 30]::smallint[], 0, 10);

-- NULL elements stay NULL, NaN stays NaN, infinities stay infinite.
SELECT min_max_scale(ARRAY[NULL, 5, NULL, 10]::smallint[], 0, 10);
SELECT min_max_scale(ARRAY[NULL, NULL]::real[], 0, 10);
SELECT min_max_scale(ARRAY['NaN', 'Infinity', '-Infinity', 5, NULL]::double precision[], 0, 10);

-- The shape is kept: dimensions, lower bounds, with NULLs and without; no elements stay none.
SELECT min_max_scale(ARRAY[[0, 1, 2], [3, 4, 5]]::integer[], 0, 5);
SELECT min_max_scale(ARRAY[[[1], [2]], [[NULL], [4]]]::smallint[], 0, 4);
SELECT min_max_scale('[0:1][-1:0]={{1,2},{3,4}}'::real[], 0, 4);
SELECT min_max_scale('[5:6]={1,NULL}'::double precision[], 0, 4);
SELECT min_max_scale('{}'::smallint[], 0, 4);

-- NULL arguments.
SELECT min_max_scale(NULL::real[], 0, 1) IS NULL;
SELECT min_max_scale(ARRAY[1]::real[], NULL, 1) IS NULL;
SELECT min_max_scale(ARRAY[1]::real[], 0, NULL) IS NULL;

-- Extremes of the types; rounded once, to the nearest real.
SELECT min_max_scale(ARRAY[-32768, 32767]::smallint[], -32768, 32767);
SELECT min_max_scale(ARRAY[-2147483648, 2147483647]::integer[], -2147483648, 2147483647);
SELECT (min_max_scale(ARRAY[1]::smallint[], 0, 3))[1] = (1 / 3.0)::real;
-- The smallest subnormal as the range: its double becomes 2.
SELECT min_max_scale(ARRAY[0, 1e-323]::double precision[], 0, 5e-324);

-- A stored, long (TOASTed) array, and a short one with a short header.
CREATE TEMPORARY TABLE scaled (px integer[]);
INSERT INTO scaled SELECT array_agg(i) FROM generate_series(0, 99999) i;
INSERT INTO scaled VALUES ('{99999}');
SELECT cardinality(s), s[1], s[cardinality(s)] FROM scaled, min_max_scale(px, 0, 99999) s ORDER BY 1;

\pset format unaligned
\pset tuples_only on
-- Ranges that are none
SELECT pg_temp.error_of($$ SELECT min_max_scale(ARRAY[1]::real[], 1, 1) $$);
SELECT pg_temp.error_of($$ SELECT min_max_scale(ARRAY[1]::real[], 255, 0) $$);
SELECT pg_temp.error_of($$ SELECT min_max_scale(ARRAY[1]::real[], 0, 'NaN') $$);
SELECT pg_temp.error_of($$ SELECT min_max_scale(ARRAY[1]::real[], 'NaN', 1) $$);
SELECT pg_temp.error_of($$ SELECT min_max_scale(ARRAY[1]::real[], 0, 'Infinity') $$);
SELECT pg_temp.error_of($$ SELECT min_max_scale(ARRAY[1]::real[], '-Infinity', 0) $$);
SELECT pg_temp.error_of($$ SELECT min_max_scale(ARRAY[1]::real[], -1e308, 1e308) $$);
SELECT pg_temp.error_of($$ SELECT min_max_scale(ARRAY[]::real[], 1, 1) $$);
-- Results beyond the range of real
SELECT pg_temp.error_of($$ SELECT min_max_scale(ARRAY[1, 1e39]::double precision[], 0, 1) $$);
SELECT pg_temp.error_of($$ SELECT min_max_scale(ARRAY[1.7e308]::double precision[], -1e308, 0) $$);
-- Another element type
SELECT pg_temp.error_of($$ SELECT min_max_scale(ARRAY['a']::text[], 0, 1) $$);
