-- kmeans_step(px, centers real[]) -> kmeans_step_result: one iteration of k-means, as an aggregate.
-- Gives each row to the nearest of the given centres, as nearest_center() does, and returns the means of the rows of each:
-- the centres of the next iteration. So a table of any size is clustered by a loop in SQL that keeps
-- nothing but the centres; each pass may run in a parallel plan, over partitions, or distributed. kmeans_fit() is
-- such a loop.
--   px        smallint[], integer[], real[] or double precision[], of the length of a centre
--   centers   array of two dimensions, the same in all rows of a group: array_agg(center ORDER BY cluster), or
--             the field `centers` of the step before
--   centers, sizes[i], ...   of the result: those of cluster i - 1 in place i
-- A cluster without rows keeps its centre and has the size 0. Rows whose px is NULL are not counted; no
-- rows give NULL. Another length, a NULL, NaN or infinite element is an error. Sums are exact, and rounded once at the
-- end: the result has the same bits for any plan and any order of rows.
-- Memory: 12 bytes for each number of the centres, and 8 more for each 32 bits of the range of their sums: 0.2 MB for ten
-- centres of 784 pixels.
--
--     WITH step AS (SELECT (kmeans_step(px, centers)).* FROM real, (SELECT array_agg(center ORDER BY cluster) AS centers
--                                                                   FROM prototypes) AS given)
--     SELECT inertia, moved, sizes FROM step;
--
-- The iteration has settled when nothing has moved; kmeans() and scikit-learn stop when moved is at most 1e-4 times
-- variance.
-- Source: Lloyd, "Least squares quantization in PCM", 1982.

CREATE TYPE kmeans_step_result AS (
    centers real[],
    sizes bigint[],
    inertia double precision,
    moved double precision,
    variance double precision,
    n bigint
);
COMMENT ON TYPE kmeans_step_result IS 'result of one iteration of k-means';
COMMENT ON COLUMN kmeans_step_result.centers IS 'mean of the rows of each cluster; where there is none, the given centre';
COMMENT ON COLUMN kmeans_step_result.sizes IS 'rows of each cluster';
COMMENT ON COLUMN kmeans_step_result.inertia IS 'sum of the squared distances of all rows to the nearest given centre';
COMMENT ON COLUMN kmeans_step_result.moved IS 'sum of the squared distances of new to given centres: 0 when the iteration has settled';
COMMENT ON COLUMN kmeans_step_result.variance IS 'variance of a column of px, mean over all columns';
COMMENT ON COLUMN kmeans_step_result.n IS 'rows';

-- kmeans_step_state: the given centres and the exact sums of the rows of each. Merges exactly.
CREATE TYPE kmeans_step_state;

CREATE FUNCTION kmeans_step_state_in(cstring) RETURNS kmeans_step_state
    AS 'MODULE_PATHNAME', 'synthdq_kmeans_step_state_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kmeans_step_state_in(cstring) IS 'I/O';

CREATE FUNCTION kmeans_step_state_out(kmeans_step_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'synthdq_kmeans_step_state_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kmeans_step_state_out(kmeans_step_state) IS 'I/O';

CREATE FUNCTION kmeans_step_state_recv(internal) RETURNS kmeans_step_state
    AS 'MODULE_PATHNAME', 'synthdq_kmeans_step_state_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kmeans_step_state_recv(internal) IS 'I/O';

CREATE FUNCTION kmeans_step_state_send(kmeans_step_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'synthdq_kmeans_step_state_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kmeans_step_state_send(kmeans_step_state) IS 'I/O';

CREATE TYPE kmeans_step_state (
    INPUT = kmeans_step_state_in,
    OUTPUT = kmeans_step_state_out,
    RECEIVE = kmeans_step_state_recv,
    SEND = kmeans_step_state_send,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE kmeans_step_state IS 'state of the aggregate kmeans_step(): the given centres, and the exact sums of the rows of each';

CREATE FUNCTION kmeans_step_combine(kmeans_step_state, kmeans_step_state) RETURNS kmeans_step_state
    AS 'MODULE_PATHNAME', 'synthdq_kmeans_step_state_combine'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION kmeans_step_combine(kmeans_step_state, kmeans_step_state) IS 'combine function of kmeans_step()';

CREATE FUNCTION kmeans_step_final(kmeans_step_state) RETURNS kmeans_step_result
    AS 'MODULE_PATHNAME', 'synthdq_kmeans_step_final'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION kmeans_step_final(kmeans_step_state) IS 'final function of kmeans_step()';

CREATE FUNCTION kmeans_step_add(kmeans_step_state, px smallint[], centers real[]) RETURNS kmeans_step_state
    AS 'MODULE_PATHNAME', 'synthdq_kmeans_step_add'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION kmeans_step_add(kmeans_step_state, smallint[], real[]) IS 'transition function of kmeans_step()';

CREATE AGGREGATE kmeans_step(px smallint[], centers real[]) (
    SFUNC = kmeans_step_add,
    STYPE = kmeans_step_state,
    SSPACE = 200000,
    COMBINEFUNC = kmeans_step_combine,
    FINALFUNC = kmeans_step_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kmeans_step(smallint[], real[]) IS 'one iteration of k-means: rows to the nearest centres, and their means';

CREATE FUNCTION kmeans_step_add(kmeans_step_state, px integer[], centers real[]) RETURNS kmeans_step_state
    AS 'MODULE_PATHNAME', 'synthdq_kmeans_step_add'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION kmeans_step_add(kmeans_step_state, integer[], real[]) IS 'transition function of kmeans_step()';

CREATE AGGREGATE kmeans_step(px integer[], centers real[]) (
    SFUNC = kmeans_step_add,
    STYPE = kmeans_step_state,
    SSPACE = 200000,
    COMBINEFUNC = kmeans_step_combine,
    FINALFUNC = kmeans_step_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kmeans_step(integer[], real[]) IS 'one iteration of k-means: rows to the nearest centres, and their means';

CREATE FUNCTION kmeans_step_add(kmeans_step_state, px real[], centers real[]) RETURNS kmeans_step_state
    AS 'MODULE_PATHNAME', 'synthdq_kmeans_step_add'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION kmeans_step_add(kmeans_step_state, real[], real[]) IS 'transition function of kmeans_step()';

CREATE AGGREGATE kmeans_step(px real[], centers real[]) (
    SFUNC = kmeans_step_add,
    STYPE = kmeans_step_state,
    SSPACE = 200000,
    COMBINEFUNC = kmeans_step_combine,
    FINALFUNC = kmeans_step_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kmeans_step(real[], real[]) IS 'one iteration of k-means: rows to the nearest centres, and their means';

CREATE FUNCTION kmeans_step_add(kmeans_step_state, px double precision[], centers real[]) RETURNS kmeans_step_state
    AS 'MODULE_PATHNAME', 'synthdq_kmeans_step_add'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION kmeans_step_add(kmeans_step_state, double precision[], real[]) IS 'transition function of kmeans_step()';

CREATE AGGREGATE kmeans_step(px double precision[], centers real[]) (
    SFUNC = kmeans_step_add,
    STYPE = kmeans_step_state,
    SSPACE = 200000,
    COMBINEFUNC = kmeans_step_combine,
    FINALFUNC = kmeans_step_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE kmeans_step(double precision[], real[]) IS 'one iteration of k-means: rows to the nearest centres, and their means';

-- CALL kmeans_fit(query, k, ...): k-means of a table of any size, by passes of kmeans_step() until the centres settle.
--   query       one SELECT that returns (array) or (id, array); smallint[], integer[], real[] or double precision[]
--   k           number of clusters; the centres to begin with are then those of kmeans_centers() over a sample:
--               the `sample` rows whose ids have the smallest hashes with the `seed`. It depends neither on the order of
--               rows nor on the plan. Without ids the arrays are hashed, for which all of them have to be sorted: return
--               ids of a large table
--   centers     centres to begin with, instead of k; then the centres that were found, in the same order
--   max_iter    passes, at most; a NOTICE says if they did not do. Each pass may run in a parallel plan
--   tol         it also ends when moved is at most tol times variance, as in kmeans(); 0: when nothing moves
--   sizes, inertia, iterations, converged    rows of each cluster and the sum of their squared distances to the
--               centres that were found; passes; whether it ended before max_iter. Pass nothing for them
-- All passes see the same rows, those of the snapshot in which the call began. No rows give NULLs. A cluster
-- that loses all rows keeps its centre. The same rows give the same bits for any plan and any order. kmeans() is faster as
-- long as the rows fit memory, and starts more than once.
--
--     CALL kmeans_fit('SELECT px FROM real', 10);
--     CALL kmeans_fit('SELECT px FROM real', centers => (SELECT array_agg(center ORDER BY cluster) FROM prototypes));
--
-- It does what this loop in PL/pgSQL does:
--
--     LOOP
--         SELECT * INTO step FROM (SELECT (kmeans_step(px, centers)).* FROM real) AS pass;
--         centers := step.centers;
--         EXIT WHEN step.moved <= 1e-4 * step.variance;
--     END LOOP;
CREATE PROCEDURE kmeans_fit(
    query text,
    k integer DEFAULT NULL,
    INOUT centers real[] DEFAULT NULL,
    INOUT sizes bigint[] DEFAULT NULL,
    INOUT inertia double precision DEFAULT NULL,
    INOUT iterations integer DEFAULT NULL,
    INOUT converged boolean DEFAULT NULL,
    max_iter integer DEFAULT 300,
    tol double precision DEFAULT 1e-4,
    sample integer DEFAULT 10000,
    seed bigint DEFAULT 0
)
    AS 'MODULE_PATHNAME', 'synthdq_kmeans_fit'
    LANGUAGE C;
COMMENT ON PROCEDURE kmeans_fit(text, integer, real[], bigint[], double precision, integer, boolean, integer, double precision, integer, bigint) IS
    'k-means of a table of any size, by passes of kmeans_step() over a query';
