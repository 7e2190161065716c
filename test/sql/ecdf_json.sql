-- Casts of ecdf and ecdf_vector to json: valid json with all that is in the value.
SELECT '{}'::ecdf::json, '{0:3,1.5:1}'::ecdf::json, '{-Infinity:1,-2:7,Infinity:2}'::ecdf::json;
SELECT '[]'::ecdf_vector::json, '[{1:2},{},{-Infinity:1,0.5:3}]'::ecdf_vector::json;
SELECT NULL::ecdf::json IS NULL AS "null", NULL::ecdf_vector::json IS NULL AS "null";

-- It is what a json parser reads back.
SELECT j ->> 'n' AS n, j -> 'values' ->> 0 AS first, json_typeof(j -> 'values' -> 0) AS type, json_typeof(j -> 'values' -> 1) AS type
FROM (VALUES ('{-Infinity:1,-2:7,Infinity:2}'::ecdf::json)) v(j);
CREATE TABLE values AS
SELECT ecdf(x) AS e FROM unnest('{0,1e300,-1e-300,5e-324,-5e-324,1.7976931348623157e308,0.1,123456789012345680,1e15,1e16,1e21,-Infinity,Infinity}'::float8[]) x
UNION ALL SELECT ecdf(i) FROM generate_series(1, 10000) i
UNION ALL SELECT ecdf(hashint4(i) / 1e5) FROM generate_series(1, 10000) i
UNION ALL SELECT ecdf(3 * i) FROM generate_series(-5000, 5000) i;
SELECT count(*) AS values, bool_and(again = e) AS same, bool_and((j ->> 'n')::bigint = n(e)) AS n
FROM (SELECT e, e::json AS j FROM values) v,
     LATERAL (SELECT ('{' || string_agg(value || ':' || count, ',' ORDER BY value::float8) || '}')::ecdf AS again
              FROM ROWS FROM (json_array_elements_text(j -> 'values'), json_array_elements_text(j -> 'counts')) u(value, count)) a;
SELECT count(*) AS positions, bool_and(p.e::jsonb = ecdf_at(v, i::int)::json::jsonb) AS same
FROM (SELECT ecdf_vector(ARRAY[i, i % 7, i / 8.0, 'Infinity'::float8, NULL]) AS v FROM generate_series(1, 100) i) s,
     json_array_elements(v::json -> 'positions') WITH ORDINALITY p(e, i);
SELECT ('[{1:1},{}]'::ecdf_vector)::json ->> 'n_positions' AS n_positions;

-- PostgreSQL's own functions use the casts.
SELECT to_json('{0:3}'::ecdf), json_build_object('a', '{0:3}'::ecdf, 'b', '[{0:3}]'::ecdf_vector), json_agg(e) FROM (VALUES ('{1:1}'::ecdf), ('{2:1}')) v(e);
SELECT to_jsonb('{0:3}'::ecdf) -> 'counts' AS counts;
-- The cast must be asked for: an ecdf is not taken for json by accident.
\set VERBOSITY sqlstate
SELECT json_typeof('{0:3}'::ecdf);

DROP TABLE values;
