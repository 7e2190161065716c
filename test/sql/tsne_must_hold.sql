--
-- tsne: what must hold for awkward rows: no NaN, no runaway, or a clear error. On a map that holds, coordinates are
-- finite, it is centred, and no point runs away: maps of so many rows are some 100 wide. 100 iterations after the exaggerated
-- ones are enough to see that.

-- How many rows a map has, whether it is sound, and how many places are taken.
CREATE FUNCTION pg_temp.sound(query text, perplexity float8, n_components integer DEFAULT 2)
RETURNS TABLE (n bigint, sound boolean, places bigint) LANGUAGE sql AS $$
    SELECT count(*), bool_and(sqrt(x * x + y * y + coalesce(z * z, 0)) < 1e4) AND abs(avg(x)) < 1e-6 AND abs(avg(y)) < 1e-6,
           count(DISTINCT (x, y, z))
    FROM tsne(query, perplexity, n_components, n_iter => 350)
$$;
CREATE TEMPORARY TABLE points AS
SELECT i AS id, ARRAY[sin(i * 12.9898), sin(i * 78.233), sin(i * 37.719), i % 3] AS px FROM generate_series(1, 2500) i;

-- tsne_duplicates: thousands of identical rows, of one kind, of two, and with others among them; they lie apart. Of
-- 25 kinds, below the crossover and above it, reduced or not.
SELECT * FROM pg_temp.sound('SELECT id, CASE WHEN id % 10 > 0 THEN ARRAY[1, 2, 3, 4]::float8[] ELSE px END FROM points', 30);
SELECT * FROM pg_temp.sound('SELECT id, ARRAY[id % 2, 5]::integer[] FROM points', 30);
SELECT * FROM pg_temp.sound('SELECT id, ARRAY[id % 25, id % 5, 7]::integer[] FROM points WHERE id <= 1500', 30);
SELECT * FROM pg_temp.sound('SELECT id, array_fill(id % 2, ARRAY[60]) FROM points', 30);
SELECT n, sound FROM pg_temp.sound('SELECT id, ARRAY[id % 2, 5]::integer[] FROM points WHERE id <= 400', 30, 3);
-- All but one the same.
SELECT * FROM pg_temp.sound('SELECT id, ARRAY[id / 2500]::integer[] FROM points WHERE id <= 2500', 30);

-- tsne_constant: all rows equal are at the origin, below the crossover and above it; constant columns say nothing.
SELECT count(*), min(x), max(x), min(y), max(y) FROM tsne('SELECT id, ARRAY[0.1, 7]::real[] FROM points');
SELECT count(*), min(x), max(x), min(y), max(y) FROM tsne('SELECT id, array_fill(3, ARRAY[100]) FROM points WHERE id < 999');
SELECT bool_and(a.x = b.x AND a.y = b.y)
FROM tsne('SELECT id, px || ARRAY[9.0, 0]::float8[] FROM points WHERE id < 300', n_iter => 0) a
JOIN tsne('SELECT id, px FROM points WHERE id < 300', n_iter => 0) b USING (id);

-- tsne_two_rows, tsne_three_rows: no perplexity is legal, and none is asked for.
SELECT * FROM tsne('SELECT id, px FROM points WHERE id <= 2') ORDER BY id;
SELECT * FROM tsne('SELECT id, px FROM points WHERE id <= 3', perplexity => 2, n_components => 3) ORDER BY id;

-- tsne_perplexity_limits: just above 1, and the largest that is legal, of few rows and of many; above it is an error.
SELECT * FROM pg_temp.sound('SELECT id, px FROM points WHERE id <= 400', 1.0000001);
SELECT * FROM pg_temp.sound('SELECT id, px FROM points WHERE id <= 2500', 1.0000001);
SELECT * FROM pg_temp.sound('SELECT id, px FROM points WHERE id <= 400', 399 / 3.0);
SELECT * FROM pg_temp.sound('SELECT id, px FROM points WHERE id <= 1501', 500);
SELECT * FROM pg_temp.sound('SELECT id, px FROM points WHERE id <= 1501', 500.01);
SELECT * FROM pg_temp.sound('SELECT id, px FROM points WHERE id <= 400', 1);

-- tsne_outliers: rows 1e6 away, one or a few, below the crossover and above it, reduced or not, and one 1e150 away.
SELECT * FROM pg_temp.sound('SELECT id, CASE id WHEN 7 THEN ARRAY[1e6, -1e6, 0, 0]::float8[] ELSE px END FROM points WHERE id <= 400', 30);
SELECT * FROM pg_temp.sound('SELECT id, CASE id WHEN 7 THEN ARRAY[1e6, -1e6, 0, 0]::float8[] ELSE px END FROM points WHERE id <= 2500', 30);
SELECT * FROM pg_temp.sound('SELECT id, CASE WHEN id % 100 = 0 THEN ARRAY[id * 1e6, 0, 0, 0]::float8[] ELSE px END FROM points WHERE id <= 400', 30);
SELECT * FROM pg_temp.sound('SELECT id, CASE id WHEN 7 THEN array_fill(1e6::float8, ARRAY[60]) ELSE array_fill(sin(id), ARRAY[60]) END FROM points WHERE id <= 2500', 30);
SELECT * FROM pg_temp.sound('SELECT id, CASE id WHEN 7 THEN ARRAY[1e150, 0, 0, 0]::float8[] ELSE px END FROM points WHERE id <= 400', 30);

-- tsne_crossover: 1,999, 2,000 and 2,001 rows; what is near in the map of all pairs is near in that of the grid.
SELECT n, s.sound, s.places = n AS apart
FROM generate_series(1999, 2001) n,
     LATERAL pg_temp.sound(format('SELECT id, px FROM points WHERE id <= %s', n), 30) s (same_n, sound, places) ORDER BY n;
SELECT abs(a.kl - b.kl) < 0.05 AS as_good
FROM tsne_stats('SELECT id, px FROM points WHERE id <= 1999') a, tsne_stats('SELECT id, px FROM points WHERE id <= 2000') b;
