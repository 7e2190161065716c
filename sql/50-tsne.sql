
-- t-SNE: a map of rows in two or three dimensions in which similar rows lie together.
--
-- tsne(query, perplexity => 30, n_components => 2, n_iter => 750, early_exaggeration => 12,
--      exaggeration => 1, learning_rate => NULL, pca => 50, init => 'pca', seed => 0,
--      min_grad_norm => 0)
--   -> setof (id, x, y, z)
-- tsne(id_type, query, ...)
--
-- id_type             a value of the ids' type, if that is no integer type; NULL will do. The form for text
--                     stands beside the general one, since a literal query would be taken for perplexity
-- query               one SELECT that returns (id, array), or the array alone (id = row number)
-- perplexity          effective number of neighbors, 1 < perplexity <= (rows - 1) / 3
-- n_components        2 or 3; z is null in two dimensions
-- n_iter              iterations; the first 250 exaggerate the similarities
-- early_exaggeration  the factor of those
-- exaggeration        the factor of the others; above 1 clusters become denser
-- learning_rate       NULL: max(200, rows / early_exaggeration) in the first 250 iterations and then
--                     max(200, 2 rows / exaggeration). It multiplies the gradient
--                     without the factor 4; scikit-learn's value is a quarter of it
-- pca                 reduce longer arrays to so many principal components first; 0 = never
-- init                'pca' (the leading principal components), 'random', or one SELECT that returns
--                     (id, ARRAY[x, y]), in three dimensions (id, ARRAY[x, y, z]): where each row starts
-- seed                of the start's jitter, or of the random start
-- min_grad_norm       stop before n_iter once the gradient has stayed below this for 50 iterations after
--                     the first 250; 0 = never. Measured is sqrt(rows * sum |g|^2), g being the gradient
--                     for a row without the factor 4: its root mean square times the number of rows.
--                     After 750 iterations it is 0.0004 for 1,000 digits and 0.0013 for 4,000.
--                     scikit-learn's gradient norm is this times 4 / sqrt(rows)
--
-- The same rows and seed give the same map, bit for bit on one machine, in whatever order the query
-- returns the rows and whatever synthdq.threads is. With fewer than five rows, or if all rows are
-- equal, every row is at the origin. The neighbors are exact, and their time grows with the square
-- of the number of rows; that of the iterations grows with their number in two dimensions, where from
-- 2,000 rows on repulsion goes through a grid, and with its square in three.
--
-- A start that a query gives is taken as it is, without scaling or jitter, and centred; coordinates lie
-- between -1e6 and 1e6. Every row needs one, or an error names its id; other ids are ignored. To go on with
-- a finished map, or to change it little as rows change, pass it with early_exaggeration => 1. Where the
-- start has the arrangement of something else but not the size of a map, divide it in the query by
-- 1e4 times the standard deviation of x. Equal rows that start at the same place stay together.
--
-- Distances in a map are not comparable with those of another map: put real and synthetic rows into
-- one query. A map is an illustration, not a test.
--
--   SELECT * FROM tsne($$ SELECT id, px FROM digits $$);
--   SELECT * FROM tsne(NULL::uuid, $$ SELECT key, features FROM rows $$, perplexity => 50);
--   SELECT * FROM tsne(NULL::text, $$ SELECT file, px FROM images $$);
--   CREATE TABLE map AS SELECT * FROM tsne($$ SELECT id, px FROM digits $$);
--   SELECT * FROM tsne($$ SELECT id, px FROM digits $$, early_exaggeration => 1,
--                      init => $$ SELECT id, ARRAY[x, y] FROM map $$);
--
-- van der Maaten and Hinton, "Visualizing Data using t-SNE", JMLR 9, 2008.
CREATE FUNCTION tsne(
	query text,
	perplexity double precision DEFAULT 30,
	n_components integer DEFAULT 2,
	n_iter integer DEFAULT 750,
	early_exaggeration double precision DEFAULT 12,
	exaggeration double precision DEFAULT 1,
	learning_rate double precision DEFAULT NULL,
	pca integer DEFAULT 50,
	init text DEFAULT 'pca',
	seed bigint DEFAULT 0,
	min_grad_norm double precision DEFAULT 0
) RETURNS TABLE (id bigint, x double precision, y double precision, z double precision)
AS 'MODULE_PATHNAME', 'synthdq_tsne'
LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;

COMMENT ON FUNCTION tsne(
	text, double precision, integer, integer, double precision, double precision, double precision,
	integer, text, bigint, double precision
) IS 't-SNE map of the rows of a query that returns (id, array), with integer ids';

CREATE FUNCTION tsne(
	id_type anyelement,
	query text,
	perplexity double precision DEFAULT 30,
	n_components integer DEFAULT 2,
	n_iter integer DEFAULT 750,
	early_exaggeration double precision DEFAULT 12,
	exaggeration double precision DEFAULT 1,
	learning_rate double precision DEFAULT NULL,
	pca integer DEFAULT 50,
	init text DEFAULT 'pca',
	seed bigint DEFAULT 0,
	min_grad_norm double precision DEFAULT 0
) RETURNS TABLE (id anyelement, x double precision, y double precision, z double precision)
AS 'MODULE_PATHNAME', 'synthdq_tsne'
LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;

COMMENT ON FUNCTION tsne(
	anyelement, text, double precision, integer, integer, double precision, double precision,
	double precision, integer, text, bigint, double precision
) IS 't-SNE map of the rows of a query that returns (id, array), with ids of the type of the first argument';

CREATE FUNCTION tsne(
	id_type text,
	query text,
	perplexity double precision DEFAULT 30,
	n_components integer DEFAULT 2,
	n_iter integer DEFAULT 750,
	early_exaggeration double precision DEFAULT 12,
	exaggeration double precision DEFAULT 1,
	learning_rate double precision DEFAULT NULL,
	pca integer DEFAULT 50,
	init text DEFAULT 'pca',
	seed bigint DEFAULT 0,
	min_grad_norm double precision DEFAULT 0
) RETURNS TABLE (id text, x double precision, y double precision, z double precision)
AS 'MODULE_PATHNAME', 'synthdq_tsne'
LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;

COMMENT ON FUNCTION tsne(
	text, text, double precision, integer, integer, double precision, double precision,
	double precision, integer, text, bigint, double precision
) IS 't-SNE map of the rows of a query that returns (id, array), with text ids';
