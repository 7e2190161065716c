-- A set-returning function that is called for each of many rows must not need more memory with each
-- call: what it leaves behind in the executor's memory is freed at the end of the statement only.
CREATE FUNCTION executor_bytes() RETURNS numeric LANGUAGE sql VOLATILE AS $$
    SELECT sum(used_bytes) FROM pg_backend_memory_contexts WHERE name = 'ExecutorState'
$$;
-- The growth over 20,000 calls, sampled at the first and at the last of them.
SELECT max(bytes) - min(bytes) < 1000000 AS stays_small
FROM (SELECT CASE WHEN g IN (1, 20000) THEN executor_bytes() END AS bytes
      FROM generate_series(1, 20000) g, LATERAL ecdf_points(ecdf_add(NULL, g::float8)) p) s;
-- The same in the target list.
SELECT max(bytes) - min(bytes) < 1000000 AS stays_small
FROM (SELECT CASE WHEN g IN (1, 20000) THEN executor_bytes() END AS bytes, p
      FROM (SELECT g, ecdf_points(ecdf_add(NULL, g::float8)) AS p FROM generate_series(1, 20000) g) s
      OFFSET 0) s;
DROP FUNCTION executor_bytes();
