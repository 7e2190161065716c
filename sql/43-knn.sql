-- Nearest neighbors: knn over two queries; nearest for single rows.

-- knn(query, reference, k) -> setof (id, rank, neighbor_id, distance)
-- The k rows of the reference that are nearest to each row of the query, by Euclidean distance: which real image a
-- synthetic one copies, or how far the nearest is.
--   query        one SELECT that returns (id, array) with an integer id, or the array alone (id = row number from
--                1); smallint[], integer[], real[], double precision[] or pgvector's vector
--   reference    the same of the rows among which neighbors are looked for. The very same text as the query: it is
--                read once, and no row is its own neighbor (but rows that are equal to it may be)
--   k            neighbors of each row: 1 to the number of reference rows, or one less where both are the same
--   id           of the row of the query
--   rank         1 = the nearest
--   neighbor_id  the id of the row of the reference; the lowest first among equally near ones
--   distance     Euclidean distance in units of the data
-- The search is exact: every row is compared with every reference row, and distances of what remains are formed in
-- double precision. Equal rows are at distance 0, and images of 8 bits have exact squared distances.
-- Rows whose array is NULL are skipped; a NULL, NaN or infinite element is an error that names the id, and so is
-- another number of elements. No rows in either query, or one row that is also the reference: no rows. Squared
-- distances beyond 1e308 are infinite, those below 1e-308 are 0. The same rows give the same result, bit for bit, in
-- any order of rows and for any number of threads.
--   SELECT id, neighbor_id, distance
--   FROM knn('SELECT id, px FROM fake', 'SELECT id, px FROM real', 1) ORDER BY distance LIMIT 10;
-- A single row is a query, too; a value at hand becomes one by format(), or goes to nearest():
--   SELECT * FROM knn('SELECT px FROM new_image', 'SELECT id, px FROM real', 5);
--   SELECT * FROM knn(format('SELECT %L::real[]', ARRAY[0.5, 1.5]), 'SELECT id, v FROM points', 5);
CREATE FUNCTION knn(
    query text,
    reference text,
    k integer DEFAULT 5
)
RETURNS TABLE (
    id bigint,
    rank integer,
    neighbor_id bigint,
    distance double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_knn'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION knn(text, text, integer) IS
    'the k rows of a reference query that are nearest to each row of a query: rank, id, distance';

-- knn(id_type, query, reference, k): the same for ids of any type that can be ordered, the same type on both sides;
-- only the type of the first argument matters. The form for text stands beside the general one because literals
-- would otherwise be taken for the queries.
--   SELECT * FROM knn(NULL::uuid, 'SELECT id, px FROM fake', 'SELECT id, px FROM real', 5);
CREATE FUNCTION knn(
    id_type anyelement,
    query text,
    reference text,
    k integer DEFAULT 5
)
RETURNS TABLE (
    id anyelement,
    rank integer,
    neighbor_id anyelement,
    distance double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_knn'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION knn(anyelement, text, text, integer) IS
    'nearest rows of a reference query with ids of the type of the first argument';

CREATE FUNCTION knn(
    id_type text,
    query text,
    reference text,
    k integer DEFAULT 5
)
RETURNS TABLE (
    id text,
    rank integer,
    neighbor_id text,
    distance double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_knn'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION knn(text, text, text, integer) IS
    'nearest rows of a reference query with text ids';

-- nearest(px, reference, k) -> setof (rank, neighbor_id, distance)
-- The k rows of a query that are nearest to one array: knn() for a value at hand, in an instant.
--   px         smallint[], integer[], real[] or double precision[], read in storage order
--   reference  one SELECT that returns (id, array) or the array alone, as of knn()
--   k          1 to the number of rows of the reference
-- The columns are those of knn(), with the same values. The rows of the reference are read one after the other, and
-- only k of them are kept; ids are not checked for being unique. A row of the reference that equals px is found, at
-- distance 0, px itself included. px NULL, or no rows in the reference: no rows. Another number of elements, a NULL,
-- NaN or infinite element is an error. Each call reads the reference anew: for many arrays use knn().
--   SELECT f.id, n.* FROM fake f, nearest(f.px, 'SELECT id, px FROM real', 3) n WHERE f.id < 10;
CREATE FUNCTION nearest(px smallint[], reference text, k integer DEFAULT 5)
RETURNS TABLE (rank integer, neighbor_id bigint, distance double precision)
    AS 'MODULE_PATHNAME', 'synthdq_nearest'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 5;
COMMENT ON FUNCTION nearest(smallint[], text, integer) IS
    'the k rows of a query that are nearest to an array';

CREATE FUNCTION nearest(px integer[], reference text, k integer DEFAULT 5)
RETURNS TABLE (rank integer, neighbor_id bigint, distance double precision)
    AS 'MODULE_PATHNAME', 'synthdq_nearest'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 5;
COMMENT ON FUNCTION nearest(integer[], text, integer) IS
    'the k rows of a query that are nearest to an array';

CREATE FUNCTION nearest(px real[], reference text, k integer DEFAULT 5)
RETURNS TABLE (rank integer, neighbor_id bigint, distance double precision)
    AS 'MODULE_PATHNAME', 'synthdq_nearest'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 5;
COMMENT ON FUNCTION nearest(real[], text, integer) IS
    'the k rows of a query that are nearest to an array';

CREATE FUNCTION nearest(px double precision[], reference text, k integer DEFAULT 5)
RETURNS TABLE (rank integer, neighbor_id bigint, distance double precision)
    AS 'MODULE_PATHNAME', 'synthdq_nearest'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 5;
COMMENT ON FUNCTION nearest(double precision[], text, integer) IS
    'the k rows of a query that are nearest to an array';

-- nearest(id_type, px, reference, k): the same for ids of any type that can be ordered; only the type of the first
-- argument matters.
--   SELECT n.* FROM new_image, nearest(NULL::uuid, px, 'SELECT id, px FROM real', 3) n;
CREATE FUNCTION nearest(
    id_type anyelement,
    px smallint[],
    reference text,
    k integer DEFAULT 5
)
RETURNS TABLE (rank integer, neighbor_id anyelement, distance double precision)
    AS 'MODULE_PATHNAME', 'synthdq_nearest'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 5;
COMMENT ON FUNCTION nearest(anyelement, smallint[], text, integer) IS
    'the k rows of a query that are nearest to an array, with ids of the type of the first argument';

CREATE FUNCTION nearest(
    id_type anyelement,
    px integer[],
    reference text,
    k integer DEFAULT 5
)
RETURNS TABLE (rank integer, neighbor_id anyelement, distance double precision)
    AS 'MODULE_PATHNAME', 'synthdq_nearest'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 5;
COMMENT ON FUNCTION nearest(anyelement, integer[], text, integer) IS
    'the k rows of a query that are nearest to an array, with ids of the type of the first argument';

CREATE FUNCTION nearest(
    id_type anyelement,
    px real[],
    reference text,
    k integer DEFAULT 5
)
RETURNS TABLE (rank integer, neighbor_id anyelement, distance double precision)
    AS 'MODULE_PATHNAME', 'synthdq_nearest'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 5;
COMMENT ON FUNCTION nearest(anyelement, real[], text, integer) IS
    'the k rows of a query that are nearest to an array, with ids of the type of the first argument';

CREATE FUNCTION nearest(
    id_type anyelement,
    px double precision[],
    reference text,
    k integer DEFAULT 5
)
RETURNS TABLE (rank integer, neighbor_id anyelement, distance double precision)
    AS 'MODULE_PATHNAME', 'synthdq_nearest'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 5;
COMMENT ON FUNCTION nearest(anyelement, double precision[], text, integer) IS
    'the k rows of a query that are nearest to an array, with ids of the type of the first argument';
