-- tsne_place: new rows in a t-SNE map that stands.

-- tsne_place(reference, query, perplexity => 15, pca => 50) -> setof (id, x, y, distance, distance_rank)
-- Where the rows of a query would lie in the map of others, which stays as it is: maps fitted apart cannot be compared,
-- but each version of synthetic rows can be placed in one map of the real ones.
--   reference   one SELECT that returns (id, array, x, y): the rows of the map and their places in it, real or double
--               precision; at least 4 rows
--   query       one SELECT that returns (id, array), or the array alone (id = row number from 1)
--   perplexity  effective number of neighbors, above 1, at most 1000; a third of the reference rows if that is less
--   pca         look for neighbors among so many principal components of the reference, if arrays are longer; 0 = never
--   id          of the row of the query
--   x, y        its place
--   distance    Euclidean distance from the nearest row of the reference, over all elements of the arrays. A row that
--               is far from everything is placed somewhere, too; this tells
--   distance_rank
--               the share, 0 to 1, of the reference rows whose own nearest other row of the reference is nearer than
--               that: 0.5 is as far as reference rows are from each other, 1 farther than any of them, and 0 as near as
--               a copy; percent_rank() of the distance among theirs. Of more than 4,096 rows, 4,096 are taken, spaced
--               evenly in the order of ids: the standard error of the share is 0.8 % at most
-- A row starts at the place of one of its 25 nearest reference rows, or at their median, whichever suits its neighbors
-- best, and moves 250 steps down the gradient of t-SNE with the reference fixed. It is placed by itself: the same
-- reference gives it the same place, bit for bit on one machine, whatever other rows the query returns, in any order,
-- and for any number of threads. A row of the reference that is placed anew lands near its place, not in it, at
-- distance 0. No row is placed outside the disc around the map.
-- Rows whose array, x or y is NULL are skipped. NaN, an infinite value, or a coordinate beyond 1e15 is an error that
-- names the id; so are NULL arguments and another number of elements. No rows to place: no rows.
--   CREATE TABLE map AS SELECT * FROM tsne('SELECT id, px FROM real');
--   SELECT * FROM tsne_place('SELECT id, px, x, y FROM real JOIN map USING (id)', 'SELECT id, px FROM fake')
--   WHERE distance_rank < 0.99;
-- Policar, Strazar and Zupan, "Embedding to reference t-SNE space addresses batch effects in single-cell
-- classification", Machine Learning 112, 2023.
CREATE FUNCTION tsne_place(
    reference text,
    query text,
    perplexity double precision DEFAULT 15,
    pca integer DEFAULT 50
)
RETURNS TABLE (
    id bigint,
    x double precision,
    y double precision,
    distance double precision,
    distance_rank double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_tsne_place'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION tsne_place(text, text, double precision, integer) IS
    'places of the rows of a query in the t-SNE map of another';

-- tsne_place(id_type, reference, query, ...): the same for ids of any type that can be ordered, the same type on both
-- sides; only the type of the first argument matters. The form for text stands beside the general one because literals
-- would otherwise be taken for the queries.
--   SELECT * FROM tsne_place(NULL::uuid, 'SELECT key, px, x, y FROM real', 'SELECT key, px FROM fake');
CREATE FUNCTION tsne_place(
    id_type anyelement,
    reference text,
    query text,
    perplexity double precision DEFAULT 15,
    pca integer DEFAULT 50
)
RETURNS TABLE (
    id anyelement,
    x double precision,
    y double precision,
    distance double precision,
    distance_rank double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_tsne_place'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION tsne_place(anyelement, text, text, double precision, integer) IS
    'places in a t-SNE map, with ids of the type of the first argument';

CREATE FUNCTION tsne_place(
    id_type text,
    reference text,
    query text,
    perplexity double precision DEFAULT 15,
    pca integer DEFAULT 50
)
RETURNS TABLE (
    id text,
    x double precision,
    y double precision,
    distance double precision,
    distance_rank double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_tsne_place'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION tsne_place(text, text, text, double precision, integer) IS
    'places in a t-SNE map, with text ids';
