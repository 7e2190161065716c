-- The type covariance: its aggregates, union, questions, text and binary form. Most results are compared inside
-- the query, so that the expected output is t.

-- Three rows by hand: (0,0), (1,2), (2,4) have variances 1 and 4 and covariance 2.
SELECT n(c), n_positions(c), mean(c), variances(c), covariance_matrix(c)
FROM (SELECT covariance(a) AS c FROM (VALUES ('{0,0}'::smallint[]), ('{1,2}'), (NULL), ('{2,4}')) v(a)) s;
-- The same for each type, and the same bytes. One digit of 21 bits holds them, in units of 2^-12: the sums of
-- digits are 3 and 6, those of products 5, 10, 20, times powers of two.
SELECT covariance(a) FROM (VALUES ('{0,0}'::smallint[]), ('{1,2}'), (NULL), ('{2,4}')) v(a);
SELECT covariance(a) FROM (VALUES ('{0,0}'::integer[]), ('{1,2}'), (NULL), ('{2,4}')) v(a);
SELECT covariance(a) FROM (VALUES ('{0,0}'::real[]), ('{1,2}'), (NULL), ('{2,4}')) v(a);
SELECT covariance(a) FROM (VALUES ('{0,-0}'::double precision[]), ('{1,2}'), (NULL), ('{2,4}')) v(a);
-- Dimensions and lower bounds do not matter: storage order counts.
SELECT covariance(a) = covariance(b) AS same
FROM (VALUES ('{{1,2},{3,4}}'::smallint[], '{1,2,3,4}'::smallint[]), ('[0:3]={0,2,3,9}', '{0,2,3,9}')) v(a, b);
-- One row has a mean and no variance; equal rows have variance 0; a column of zeros stays one.
SELECT mean(c), variances(c) IS NULL AS no_variance, covariance_matrix(c) IS NULL AS no_matrix
FROM (SELECT covariance('{1,-2.5}'::real[]) AS c) s;
SELECT mean(c), covariance_matrix(c)
FROM (SELECT covariance(a) AS c FROM (VALUES ('{0.1,0}'::real[]), ('{0.1,0}'), ('{0.1,0}')) v(a)) s;
SELECT covariance_matrix(covariance(a)) FROM (VALUES ('{3}'::integer[]), ('{5}')) v(a);

-- Nothing: no rows, only NULLs, FILTER.
SELECT covariance(a) IS NULL AS no_rows FROM (VALUES ('{1}'::real[])) v(a) WHERE false;
SELECT covariance(a) IS NULL AS only_null FROM (VALUES (NULL::real[]), (NULL)) v(a);
SELECT covariance(a) FILTER (WHERE a[1] > 5) IS NULL AS filtered FROM (VALUES ('{1}'::real[])) v(a);
SELECT covariance(NULL::covariance) IS NULL AS null_union, mean(NULL::covariance) IS NULL AS null_mean;
SELECT g, mean(covariance(a)) FROM (VALUES (1, NULL::real[]), (2, '{3,4}'), (2, NULL), (2, '{5,4}')) v(g, a)
GROUP BY g ORDER BY g;

-- Rows that have no covariance.
SELECT covariance(a) FROM (VALUES ('{1,2,3}'::real[]), ('{1,5}')) v(a);
SELECT covariance(a) FROM (VALUES ('{1,2,3}'::integer[]), ('{1,NULL,NULL}')) v(a);
SELECT covariance(a) FROM (VALUES ('{1,2,3}'::real[]), ('{1,2,NaN}')) v(a);
SELECT covariance('{-Infinity}'::double precision[]);
SELECT covariance('{}'::smallint[]);
SELECT covariance(c ORDER BY n_positions(c)) FROM (SELECT covariance('{1}'::real[]) UNION ALL SELECT covariance('{1,2}'::real[])) v(c);
SELECT covariance(array_fill(1, ARRAY[20000]));
\set VERBOSITY sqlstate
SELECT covariance(a) FROM (VALUES ('{1,2,3}'::real[]), ('{1,5}')) v(a);
SELECT covariance('{NULL}'::real[]);
SELECT covariance('{NaN}'::real[]);
SELECT covariance(array_fill(1, ARRAY[20000]));
SET synthdq.max_memory = '64MB';
SELECT covariance(array_fill(1, ARRAY[5000]));
RESET synthdq.max_memory;
\set VERBOSITY default
-- The extremes of double precision have means, but no covariance that fits.
SELECT mean(covariance(a)) FROM (VALUES ('{1e308,5e-324}'::double precision[]), ('{1.5e308,5e-324}')) v(a);
SELECT variances(covariance(a)) FROM (VALUES ('{1e308}'::double precision[]), ('{-1e308}')) v(a);
SELECT covariance_matrix(covariance(a)) FROM (VALUES ('{1e308}'::double precision[]), ('{-1e308}')) v(a);

-- Against exact numbers: bytes, integers of 32 bits far from 0, single precision, double precision with an offset
-- and on scales far apart.
CREATE TABLE rows_of_kinds AS
SELECT id, id % 5 AS day,
       ARRAY[hashint4(id) & 255, hashint4(id + 1) & 255, hashint4(id) >> 26]::smallint[] AS bytes,
       ARRAY[2147483647 - (id % 7), -2147483647 + (id % 11), hashint4(id)] AS integers,
       ARRAY[hashint4(id) / 1e9, hashint4(id * 3) / 1e12, 0.1 * (id % 10)]::real[] AS singles,
       ARRAY[1e9 + hashint4(id) / 3e9, hashint4(id * 5) * 1e-25 / 3, hashint4(id * 5) / 7e3]::double precision[] AS doubles
FROM generate_series(1, 1000) id;
-- A number in units of 2^-40, and n (n - 1) times the covariance of such numbers: products of numeric are exact.
CREATE FUNCTION whole(x double precision) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT trunc(x)::bigint * 1099511627776::numeric + round((x - trunc(x)) * 1099511627776)::bigint $$;
CREATE FUNCTION whole_covariance(a double precision[], b double precision[]) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT count(*) * sum(whole(x) * whole(y)) - sum(whole(x)) * sum(whole(y)) FROM unnest(a, b) u(x, y) $$;
WITH kinds AS (
    SELECT 'bytes' AS kind, id, bytes::float8[] AS a FROM rows_of_kinds
    UNION ALL SELECT 'integers', id, integers::float8[] FROM rows_of_kinds
    UNION ALL SELECT 'singles', id, singles::float8[] FROM rows_of_kinds
    UNION ALL SELECT 'doubles', id, doubles FROM rows_of_kinds),
matrices AS (SELECT kind, covariance_matrix(covariance(a)) AS m FROM kinds GROUP BY kind),
columns AS (
    SELECT kind, i, scale, array_agg(a[i] * scale ORDER BY id) AS x
    FROM kinds, generate_series(1, 3) i, LATERAL (VALUES (CASE WHEN kind = 'doubles' AND i = 2 THEN 2::float8 ^ 80 ELSE 1 END)) s(scale)
    GROUP BY kind, i, scale)
SELECT kind, count(*) AS entries,
       bool_and(abs(m[a.i][b.i] - w) <= 1e-12 * sqrt(m[a.i][a.i] * m[b.i][b.i])) AS exact,
       bool_and(m[a.i][b.i] = m[b.i][a.i]) AS symmetric
FROM matrices JOIN columns a USING (kind) JOIN columns b USING (kind),
     LATERAL (SELECT whole_covariance(a.x, b.x)::float8 / (1000 * 999) / 2::float8 ^ 80 / a.scale / b.scale) e(w)
GROUP BY kind ORDER BY kind;

-- The same bytes in any order, from parts of any size, in nested unions, and with a row alone.
CREATE TABLE days AS
SELECT day, covariance(bytes) AS bytes, covariance(integers) AS integers, covariance(singles) AS singles,
       covariance(doubles) AS doubles
FROM rows_of_kinds GROUP BY day;
SELECT u.bytes = w.bytes AS bytes, u.integers = w.integers AS integers, u.singles = w.singles AS singles,
       u.doubles = w.doubles AS doubles
FROM (SELECT covariance(bytes) AS bytes, covariance(integers) AS integers, covariance(singles) AS singles,
             covariance(doubles) AS doubles FROM days) u,
     (SELECT covariance(bytes) AS bytes, covariance(integers) AS integers, covariance(singles) AS singles,
             covariance(doubles ORDER BY hashint4(-id)) AS doubles FROM rows_of_kinds) w;
SELECT covariance_combine(u.c, l.c) = (SELECT covariance(doubles) FROM rows_of_kinds) AS same
FROM (SELECT covariance(c) AS c
      FROM (SELECT covariance(doubles) AS c FROM rows_of_kinds WHERE id < 1000 GROUP BY id % 300) s) u,
     (SELECT covariance(doubles) AS c FROM rows_of_kinds WHERE id = 1000) l;
-- A number far above the others comes first or last.
SELECT covariance(a ORDER BY id) = covariance(a ORDER BY -id) AS same
FROM (SELECT id, doubles AS a FROM rows_of_kinds UNION ALL SELECT 0, '{1e200,1e200,-1}') v;
-- Growing frames of a window, and frames that move.
SELECT bool_and(o = (SELECT covariance(singles) FROM rows_of_kinds r WHERE r.id <= w.id)) AS growing,
       bool_and(f = (SELECT covariance(singles) FROM rows_of_kinds r WHERE r.id BETWEEN w.id - 4 AND w.id)) AS moving
FROM (SELECT id, covariance(singles) OVER (ORDER BY id) AS o,
             covariance(singles) OVER (ORDER BY id ROWS 4 PRECEDING) AS f
      FROM rows_of_kinds WHERE id <= 40) w;

-- Different rows have different values.
SELECT a = b AS same FROM (VALUES
    ('{n:1,d:1,sums:01000c0103180109}'::covariance, '{n:1,d:1,sums:01000c0103180109}'::covariance),
    ((SELECT covariance('{1}'::real[])), (SELECT covariance('{2}'::real[]))),
    ((SELECT covariance('{1}'::real[])), (SELECT covariance('{1,0}'::real[]))),
    ((SELECT covariance('{0}'::real[])), (SELECT covariance(x) FROM (VALUES ('{0}'::real[]), ('{0}')) r(x)))) v(a, b);

-- Text and binary form.
SELECT bool_and(c::text::covariance = c) AS text_and_back
FROM (SELECT unnest(ARRAY[bytes, integers, singles, doubles]) AS c FROM days) s;
SELECT n(' {n:1,d:1,sums:01000C0103180109} '::covariance), mean('{n:1,d:1,sums:01000c0103180109}'::covariance);
SELECT '{n:1,d:1,sums:01000c01031801}'::covariance;
SELECT '{n:1,d:1,sums:01000c01031801099}'::covariance;
SELECT '{n:0,d:1,sums:01000c0103180109}'::covariance;
SELECT '{n:1,d:2,sums:01000c0103180109}'::covariance;
SELECT '{n:1,d:99999999999999999999,sums:01}'::covariance;
SELECT ''::covariance;
-- Not the shortest form of these sums; a sum that one row of this plane cannot have.
SELECT '{n:1,d:1,sums:01000b0106180109}'::covariance;
SELECT '{n:1,d:1,sums:01000c037fffff180109}'::covariance;

-- Stored out of line, compressed or not.
CREATE TABLE stored (c covariance);
INSERT INTO stored SELECT covariance(ARRAY(SELECT (hashint4(id * 100 + j) & 255)::smallint FROM generate_series(1, 60) j))
FROM generate_series(1, 300) id;
ALTER TABLE stored ALTER COLUMN c SET STORAGE external;
INSERT INTO stored SELECT covariance(c) FROM stored;
SELECT count(*), bool_and(c = (SELECT c FROM stored LIMIT 1)) AS same, max(n(c)) AS n, max(n_positions(c)) AS d FROM stored;

-- Principal components: those of the query, up to rounding, of awkward rows and of real digits, in parts.
CREATE FUNCTION difference(a double precision[], b double precision[]) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
    SELECT max(abs(x - y)) FROM unnest(a, b) u(x, y) $$;
SELECT (a).n = (b).n AS n, difference((a).mean, (b).mean) <= 1e-9 AS mean,
       difference((a).components, (b).components) <= 1e-9 AS components,
       difference((a).variance, (b).variance) <= 1e-9 * (b).variance[1] AS variance,
       difference((a).variance_ratio, (b).variance_ratio) <= 1e-9 AS ratio,
       abs((a).total_variance - (b).total_variance) <= 1e-9 * (b).total_variance AS total
FROM (SELECT pca_fit(covariance(singles), 3) AS a, pca_fit('SELECT id, singles FROM rows_of_kinds', 3) AS b FROM rows_of_kinds) s;
\set data `echo "${PG_ABS_SRCDIR:-test}/../data"`
\set file :data/mnist-train-first10k-images-idx3-ubyte.gz
\lo_import :file
\set loid :LASTOID
CREATE TABLE digits AS SELECT * FROM idx_images(lo_get(:loid));
\lo_unlink :loid
CREATE TABLE digit_parts AS
SELECT id % 7 AS part, covariance(px) AS whole, covariance(min_max_scale(px, 0, 255)) AS scaled FROM digits GROUP BY id % 7;
SELECT (a).n, difference((a).mean, (b).mean) <= 1e-9 AS mean,
       difference((a).components, (b).components) <= 1e-9 AS components,
       difference((a).variance, (b).variance) <= 1e-9 * (b).variance[1] AS variance,
       difference((a).variance_ratio, (b).variance_ratio) <= 1e-9 AS ratio
FROM (SELECT pca_fit(covariance(whole), 10) AS a, pca_fit('SELECT id, px FROM digits', 10) AS b FROM digit_parts) s;
SELECT covariance(whole) = (SELECT covariance(px) FROM digits) AS same_bytes,
       covariance(scaled) = (SELECT covariance(min_max_scale(px, 0, 255)::float8[]) FROM digits) AS same_bytes_scaled,
       max(pg_column_size(whole)) < 1000000 AS is_small FROM digit_parts;
-- Pixels against exact integers.
SELECT count(*) AS pairs, bool_and(abs(m[i][j] - w) <= 1e-12 * abs(w)) AS exact
FROM (SELECT covariance_matrix(covariance(whole)) AS m FROM digit_parts) s,
     (SELECT i, j, (count(*) * sum(x * y) - sum(x) * sum(y))::float8 / (count(*) * (count(*) - 1)) AS w
      FROM digits, (VALUES (407, 408), (407, 407), (300, 500), (211, 350)) p(i, j),
           LATERAL (SELECT px[(i - 1) / 28 + 1][(i - 1) % 28 + 1]::numeric AS x, px[(j - 1) / 28 + 1][(j - 1) % 28 + 1]::numeric AS y) v
      GROUP BY i, j) e;
-- What cannot be fitted.
SELECT pca_fit(NULL::covariance, 2) IS NULL AS null;
SELECT pca_fit(covariance('{1,2}'::real[]), 1);
SELECT pca_fit(covariance(a), 3) FROM (VALUES ('{1,2}'::real[]), ('{2,2}')) v(a);
SELECT pca_fit(covariance(a), 0) FROM (VALUES ('{1,2}'::real[]), ('{2,2}')) v(a);
SELECT pca_fit(covariance(a), 1) FROM (VALUES ('{1e300,2}'::float8[]), ('{-1e300,2}')) v(a);
SELECT (pca_fit(covariance(a), 2)).variance FROM (VALUES ('{5,2}'::real[]), ('{5,2}')) v(a);
DROP TABLE rows_of_kinds, days, stored, digits, digit_parts;
DROP FUNCTION whole(double precision), whole_covariance(double precision[], double precision[]), difference(double precision[], double precision[]);
