-- nearest_center: by hand, all array types, ties, one centre, extremes, NULLs, and every error.

-- Centres (0,0), (3,4), (6,8). (3,4) lies on the second; the others are 5 away: the first of them is named.
SELECT * FROM nearest_center('{3,4}'::int[], '{{0,0},{3,4},{6,8}}');
-- (0,1): 1 from (0,0), sqrt(18) from (3,4).
SELECT cluster, distance, second_cluster, abs(margin - (sqrt(18) - 1) / (sqrt(18) + 1)) < 1e-15 AS margin
FROM nearest_center('{0,1}'::real[], '{{0,0},{3,4},{6,8}}');
-- On the border: margin 0, the lower number.
SELECT * FROM nearest_center('{1.5,2}'::float8[], '{{3,4},{0,0}}');
-- Equal centres: both at the row.
SELECT * FROM nearest_center('{1,1}'::smallint[], '{{1,1},{1,1}}');
-- One centre: no second.
SELECT * FROM nearest_center('{1,1}'::smallint[], '{{4,5}}');

-- The four array types agree; storage order counts, not the shape.
SELECT nearest_center('{1,2,3,4}'::smallint[], c) = nearest_center('{1,2,3,4}'::int[], c) AS int,
       nearest_center('{1,2,3,4}'::smallint[], c) = nearest_center('{1,2,3,4}'::real[], c) AS real,
       nearest_center('{1,2,3,4}'::smallint[], c) = nearest_center('{1,2,3,4}'::float8[], c) AS float8,
       nearest_center('{1,2,3,4}'::smallint[], c) = nearest_center('{{1,2},{3,4}}'::int[], c) AS matrix,
       nearest_center('{1,2,3,4}'::smallint[], c) = nearest_center('[0:1][3:4]={{1,2},{3,4}}'::int[], c) AS bounds
FROM (SELECT '{{0,0,0,0},{1,2,3,5},{9,9,9,9}}'::real[] AS c) s;

-- Squares that overflow or underflow do no harm.
SELECT cluster, distance, margin = 0 AS far FROM nearest_center('{1e200,0}'::float8[], '{{0,0},{1,1}}');
SELECT cluster, abs(distance / 5e-200 - 1) < 1e-15 AS tiny
FROM nearest_center('{3e-200,4e-200}'::float8[], '{{1,1},{0,0}}');

-- Centres as kmeans_centers gives them; an index on the cluster may use it, since it is immutable.
SELECT id, n.*
FROM (VALUES (1, '{0}'::int[]), (2, '{12}'), (3, '{100}')) v(id, px),
     nearest_center(px, (SELECT array_agg(center ORDER BY cluster)
                         FROM kmeans_centers('SELECT ARRAY[i] FROM unnest(ARRAY[0, 0, 0, 10, 10]) i', 2))) n
ORDER BY id;
CREATE TEMPORARY TABLE rows_to_index (px smallint[]);
CREATE INDEX ON rows_to_index (((nearest_center(px, '{{0},{10}}')).cluster));

-- NULL in, NULL out.
SELECT nearest_center(NULL::int[], '{{1}}') IS NULL AS px, nearest_center('{1}'::int[], NULL) IS NULL AS centers;

-- Errors.
SELECT nearest_center('{1,2,3}'::int[], '{{1,2},{3,4}}');
SELECT nearest_center('{}'::int[], '{{1,2},{3,4}}');
SELECT nearest_center('{1,2}'::int[], '{1,2}');
SELECT nearest_center('{1,2}'::int[], '{}');
SELECT nearest_center('{1,2}'::int[], '{{{1,2}}}');
SELECT nearest_center('{1,NULL}'::int[], '{{1,2},{3,4}}');
SELECT nearest_center('{1,2}'::int[], '{{1,2},{NULL,4}}');
SELECT nearest_center('{1,NaN}'::real[], '{{1,2},{3,4}}');
SELECT nearest_center('{1,2}'::int[], '{{1,2},{3,Infinity}}');
\set VERBOSITY sqlstate
SELECT nearest_center('{a}'::text[], '{{1,2}}');
