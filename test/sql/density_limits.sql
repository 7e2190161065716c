-- Densities at the limits: NULL in every argument of every function, numbers at the ends of the doubles, and composites that
-- no function of ours has made. Each call has a defined result or an error of its own, never NaN.

-- The SQLSTATE of a query, or its first value; '' for NULL.
CREATE FUNCTION pg_temp.outcome(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
    EXECUTE query INTO result;
    RETURN coalesce(result, '');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;

-- ---------- NULL in each argument ----------

-- An argument of each type. The functions are taken from the catalog, so that none is forgotten.
CREATE TEMPORARY TABLE limits AS
SELECT ecdf(x) AS e, kde(x, 9, 'scott') AS k, kde2d(x, y, 9, 'scott') AS k2, kde2d_sample(x, y) AS s,
       kde_bins(x, -3, 3, 60) AS b, kde_weighted(x, 1.5) AS w,
       (SELECT kde_state_add(NULL, 1)) AS state, (SELECT kde_similarity_state_add(NULL, 1, true)) AS pair,
       (SELECT kde2d_similarity_state_add(NULL, 1, 2, true)) AS pair2, (SELECT kde_merge_state_add(NULL, kde(x, 9, 'scott'))) AS merged
FROM (SELECT sin(i) AS x, cos(i * 1.7) AS y FROM generate_series(1, 40) i) v;
CREATE TEMPORARY TABLE samples (type regtype, expression text);
INSERT INTO samples VALUES
    ('ecdf', 'e'), ('kde_result', 'k'), ('kde2d_result', 'k2'), ('kde2d_state', 's'), ('kde_bins', 'b'),
    ('kde_weighted', 'w'), ('kde_state', 'state'), ('kde_similarity_state', 'pair'),
    ('kde2d_similarity_state', 'pair2'), ('kde_merge_state', 'merged'), ('float8', '0.5'), ('float8[]', '''{0,0.5}'''),
    ('real[]', '''{0,0.5}'''), ('int4[]', '''{0,5}'''), ('int2[]', '''{0,5}'''), ('int4', '20'), ('int8', '5'), ('bool', 'true'),
    ('text', '''scott''');
CREATE TEMPORARY TABLE calls AS
WITH functions AS (
    SELECT p.oid, p.proname, p.proretset, p.proisstrict, p.prokind, p.pronargs, p.proargtypes
    FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass
    JOIN pg_extension x ON x.oid = d.refobjid
    WHERE x.extname = 'synthdq' AND (p.proname ~ '^(kde|density)' OR p.oid::regprocedure::text ~ '^n.*\(kde_')
      AND NOT p.proargtypes::oid[] && ARRAY['internal'::regtype, 'cstring'::regtype]::oid[]
)
SELECT oid::regprocedure::text AS function, proisstrict, prokind, position,
       format(CASE WHEN proretset THEN 'SELECT count(*)::text FROM limits, %s(%s)' ELSE 'SELECT (%s(%s))::text FROM limits' END, proname,
              (SELECT string_agg(format('%s::%s', CASE WHEN n = position THEN 'NULL' ELSE expression END, type), ', ' ORDER BY n)
               FROM unnest(proargtypes) WITH ORDINALITY a(t, n) LEFT JOIN samples ON type = t)) AS call
FROM functions, generate_series(1, pronargs) position;
-- All types of arguments are known here.
SELECT function FROM calls WHERE call ~ '%s' OR call IS NULL ORDER BY 1;
SELECT count(DISTINCT function) > 100 AS functions, count(*) > 300 AS calls FROM calls;
-- A NULL is refused (22004), or gives NULL or no rows (0), or is as good as another value; no other error but that an argument of
-- this list is not the one meant (22023).
SELECT function, position, pg_temp.outcome(call) AS outcome FROM calls
WHERE pg_temp.outcome(call) ~ '^[0-9A-Z]{5}$' AND pg_temp.outcome(call) NOT IN ('22004', '22023') ORDER BY 1, 2;
SELECT function, position, pg_temp.outcome(call) AS outcome FROM calls
WHERE pg_temp.outcome(call) ~ 'NaN' ORDER BY 1, 2;
-- Strict functions give nothing.
SELECT count(*) AS wrong FROM calls WHERE proisstrict AND prokind = 'f' AND pg_temp.outcome(call) NOT IN ('', '0');
-- A data argument that is NULL in all rows leaves an aggregate without a result.
SELECT function FROM calls WHERE prokind = 'a' AND position = 1 AND pg_temp.outcome(call) <> '' ORDER BY 1;

-- ---------- the ends of the doubles ----------

CREATE TEMPORARY TABLE plain AS
SELECT i, sin(i) AS x, cos(i * 1.7) AS y, i % 3 = 0 AS is_synthetic FROM generate_series(1, 60) i;

-- Units are powers of two, so that everything follows them to rounding: bandwidth and grid with the unit, density against it.
CREATE FUNCTION pg_temp.near(got float8[], want float8[], tolerance float8) RETURNS boolean LANGUAGE sql AS $$
    SELECT bool_and(g IS NOT NULL AND w IS NOT NULL AND abs(g - w) <= tolerance * abs(w)) FROM unnest(got, want) u(g, w) $$;
CREATE FUNCTION pg_temp.follows(k kde_result, base kde_result, unit float8) RETURNS boolean LANGUAGE sql AS $$
    SELECT (k).n = (base).n AND abs((k).mass - (base).mass) < 1e-9 AND abs((k).bandwidth / unit / (base).bandwidth - 1) < 1e-9
           AND pg_temp.near((SELECT array_agg(d * unit ORDER BY o) FROM unnest((k).density) WITH ORDINALITY u(d, o)), (base).density, 1e-6) $$;
CREATE TEMPORARY TABLE base AS
SELECT kde(x, 20, 'silverman') AS a, kde(ecdf(x), 20, kernel => 'cosine') AS b,
       kde(ecdf(x), 20, lower_bound => -1, upper_bound => 1) AS c, kde(kde_weighted(x, i), 20) AS d,
       kde(kde_bins(x, -1, 1, 512), 20) AS f, kde2d(x, y, 9, 'scott') AS plane,
       kde2d_similarity(x, y, is_synthetic, 9, 'scott', 9, 1) AS similarity, kde_similarity(x, is_synthetic, 20, 'scott', 9, 1) AS similarity_1
FROM plain;
SELECT exponent, pg_temp.follows(s.a, b.a, unit) AS aggregate, pg_temp.follows(s.b, b.b, unit) AS compact,
       pg_temp.follows(s.c, b.c, unit) AS bounded, pg_temp.follows(s.d, b.d, unit) AS weighted,
       pg_temp.follows(s.f, b.f, unit) AS binned,
       abs((s.similarity).overlap - (b.similarity_1).overlap) < 1e-9 AS similarity
FROM base b,
     (SELECT exponent, unit, kde(x * unit, 20, 'silverman') AS a, kde(ecdf(x * unit), 20, kernel => 'cosine') AS b,
             kde(ecdf(x * unit), 20, lower_bound => -unit, upper_bound => unit) AS c,
             kde(kde_weighted(x * unit, i), 20) AS d, kde(kde_bins(x * unit, -unit, unit, 512), 20) AS f,
             kde_similarity(x * unit, is_synthetic, 20, 'scott', 9, 1) AS similarity
      FROM plain, unnest(ARRAY[-960, -700, -400, 400, 700, 1000]) exponent, power(2::float8, exponent) unit
      GROUP BY exponent, unit) s
ORDER BY exponent;

-- In the plane the unit of one axis may make up for that of the other.
SELECT exponent, (k).n, abs((k).mass - (b.plane).mass) < 1e-9 AS mass,
       pg_temp.near((k).density, (b.plane).density, 1e-6) AS density
FROM base b, LATERAL (SELECT exponent, kde2d(x * power(2::float8, exponent), y * power(2::float8, -exponent), 9, 'scott') AS k
                      FROM plain, unnest(ARRAY[-1000, -500, 500, 1000]) exponent GROUP BY exponent) s ORDER BY exponent;
-- Where both are large, densities vanish, but how alike they are does not.
SELECT abs((s).overlap - (b.similarity).overlap) < 1e-12 AS overlap, abs((s).js - (b.similarity).js) < 1e-12 AS js,
       abs((s).kl_12 - (b.similarity).kl_12) < 1e-9 AS kl_12, (s).p_value = (b.similarity).p_value AS p_value
FROM base b, LATERAL (SELECT kde2d_similarity(x * 2::float8 ^ 900, y * 2::float8 ^ 900, is_synthetic, 9, 'scott', 9, 1) AS s FROM plain) s;
-- Where both are small, densities are no doubles.
SELECT kde2d(x * 1e-200, y * 1e-200) FROM plain;
SELECT kde2d(kde2d_sample(x * 1e-200, y * 1e-200), 9, method => 'binned') FROM plain;
SELECT kde2d_similarity(x * 1e-200, y * 1e-200, is_synthetic) FROM plain;
SELECT kde2d_similarity_baseline(x * 1e-200, y * 1e-200, false) FROM plain;
SELECT kde_similarity(x * 1e-310, is_synthetic) FROM plain;
-- Their logarithms are: each axis adds the logarithm of its unit.
SELECT bool_and(abs(small - plain - 400 * ln(10::float8)) < 1e-9) AS logarithm
FROM (SELECT kde2d_log_density(kde2d_sample(x * 1e-200, y * 1e-200), ARRAY[0, 1e-200], ARRAY[1e-200, 0]) AS a,
             kde2d_log_density(kde2d_sample(x, y), ARRAY[0, 1], ARRAY[1, 0]) AS b FROM plain) s, unnest(a, b) u(small, plain);

-- Kernels that are hardly more than a point: 0 beside them, and no double at them.
SELECT 0 = ALL ((kde(ecdf(x), 4, '5e-324', lo => 2, hi => 3)).density) AS beside,
       kde_pdf(ecdf(x), ARRAY[2, 3]::float8[], '5e-324') AS pdf, kde_cdf(ecdf(x), ARRAY[-2, 2]::float8[], '5e-324') AS cdf,
       0 = ALL ((kde(kde_bins(x, 1e-300, -2, 2, 40), 4, '5e-324', lo => 0.01, hi => 0.02)).density) AS beside_bins
FROM plain;
SELECT kde_pdf(ecdf(x), 1::float8, '5e-324') FROM (VALUES (1), (2)) v(x);
SELECT kde_pdf(ecdf(x), ARRAY[0, 1]::float8[], '5e-324', 'tophat') FROM (VALUES (1), (2)) v(x);
-- Half of a value lies below where it is.
SELECT kde_cdf(ecdf(x), ARRAY[0, 1, 2]::float8[], '5e-324', 'tophat') FROM (VALUES (1), (2)) v(x);
SELECT kde(ecdf(x), 5, '5e-324', lo => 0, hi => 2) FROM (VALUES (1), (2)) v(x);
SELECT kde(kde_bins(x, 0, 2, 2), 5, '5e-324', lo => 0, hi => 2) FROM (VALUES (1), (2)) v(x);
SELECT kde(kde_weighted(x, 1e-300), 5, '5e-324', lo => 0, hi => 2) FROM (VALUES (1), (2)) v(x);
-- A bandwidth that is nothing beside the values, but no extreme: two values, each with half of the mass, and the peak of a normal
-- density with h = 0.5 over 2 at each of them. The integral has half of a value where that is.
SELECT pg_temp.near(kde_pdf(ecdf(x), ARRAY[1e17, 1e17 + 64]::float8[], '0.5'), array_fill(0.398942280401 / 0.5 / 2, ARRAY[2]), 1e-9) AS pdf,
       kde_pdf(ecdf(x), 1e17 + 16, '0.5') < 1e-200 AS between, kde_cdf(ecdf(x), ARRAY[1e17, 1e17 + 16, 1e17 + 64]::float8[], '0.5') AS cdf,
       kde_cdf(ecdf(x), ARRAY[1e17, 1e17 + 16, 1e17 + 64]::float8[], '0.5', 'tophat') AS cdf_tophat,
       kde_pdf(ecdf(x), ARRAY[1e17, 1e17 + 16]::float8[], '0.5', 'tophat') AS pdf_tophat
FROM (VALUES (1e17::float8), (1e17 + 64)) v(x);

-- A grid as wide as all doubles.
SELECT (k).n, (k).mass = 'Infinity' AS mass, 'NaN' = ANY ((k).density) AS nan
FROM (SELECT kde2d(x, y, 5, 'scott', -1e308, 1e308, -1e308, 1e308) AS k FROM plain) s;

-- ---------- composites made by hand ----------

-- Everything that reads a density, given each pair of these arrays as axis and values.
CREATE TEMPORARY TABLE arrays (a float8[]);
INSERT INTO arrays VALUES (NULL), ('{}'), ('{1}'), ('{0,1}'), ('{1,0}'), ('{0,0}'), ('{0,NULL}'), ('{NaN,1}'), ('{0,NaN}'),
    ('{-Infinity,0}'), ('{0,Infinity}'), ('[5:6]={0,1}'), ('{{0,1}}'), ('{{0},{1}}'), ('[-3:-2][7:8]={{1,2},{2,1}}'),
    ('{0,5e-324}'), ('{-1.7e308,1.7e308}'), ('{0,1,3}'), ('{-1,1}'), ('{{1e308,1e308},{1e308,1e308}}'),
    ('{{5e-324,0},{0,0}}'), ('{{1,1},{1,1}}'), ('{{0,0},{0,0}}'), ('{1,2,1,5,6,1}');
CREATE TEMPORARY TABLE readers (type text, reader text);
INSERT INTO readers VALUES
    ('line', '(SELECT string_agg(r::text, '';'') FROM kde_regions(k, ARRAY[0, 0.5, 1]) r)'),
    ('line', 'kde_similarity(k, k)::text'),
    ('line', 'kde_merge_result(kde_merge_state_combine(kde_merge_state_add(NULL, k), kde_merge_state_add(NULL, k)))::text'),
    ('plane', '(SELECT string_agg(r::text, '';'') FROM kde2d_regions(k, ARRAY[0, 0.5, 1]) r)'),
    ('plane', '(SELECT string_agg(r::text, '';'') FROM kde2d_contours(k) r)'),
    ('plane', '(SELECT string_agg(r::text, '';'') FROM kde2d_contours_wkt(k, ARRAY[0, 0.5, 1]) r)'),
    ('plane', 'kde2d_contours_geojson(k, ARRAY[0, 0.5, 1])::text'),
    ('plane', 'kde2d_share(k, 0.5, 0.5)::text'), ('plane', 'kde2d_marginal(k, ''x'')::text'), ('plane', 'kde2d_marginal(k, ''y'')::text'),
    ('plane', 'kde2d_similarity(k, k)::text'),
    ('plane', 'kde2d_merge_result(kde_merge_state_add(NULL, k))::text');
CREATE TEMPORARY TABLE outcomes AS
SELECT type, pg_temp.outcome(format('SELECT %s FROM (SELECT %s AS k OFFSET 0) s', reader, CASE type
    WHEN 'line' THEN format('ROW(%L::float8[], %L::float8[], 1, 3, 1, 3, ''gaussian'', NULL, ''exact'')::kde_result', x.a, d.a)
    ELSE format('ROW(%1$L::float8[], %1$L::float8[], %2$L::float8[], 1, 1, 1, 0, 3, 1, ''exact'')::kde2d_result', x.a, d.a) END)) AS outcome
FROM readers, arrays x, arrays d;
-- A result, or an error that says what is wrong with the data.
SELECT type, count(*) > 1000 AS calls, count(*) FILTER (WHERE outcome !~ '^[0-9A-Z]{5}$') > 50 AS results,
       count(*) FILTER (WHERE outcome ~ 'NaN') AS nan
FROM outcomes GROUP BY type ORDER BY type;
SELECT DISTINCT outcome FROM outcomes WHERE outcome ~ '^[0-9A-Z]{5}$' ORDER BY 1;
-- The error names what is negative.
SELECT kde_merge_state_add(NULL, ROW('{0,1}', '{1,1}', 1, -5, 1, 3, 'gaussian', 'scott', 'exact')::kde_result);
