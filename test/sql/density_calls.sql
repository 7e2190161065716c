-- Densities in every place of SQL where a function may stand: cursors, LIMIT, the target list, LATERAL, generic plans, PL/pgSQL
-- with errors that are caught, generated columns, indexes, checks, triggers, materialized views, inlined functions. Each gives what the
-- plain call gives.

CREATE TEMPORARY TABLE points AS SELECT i, sin(i) AS x, cos(i * 1.7) + sin(i) / 3 AS y FROM generate_series(1, 200) i;
CREATE TEMPORARY TABLE stored AS
SELECT kde2d(x, y, 30, 'scott') AS plane, kde(x, 30, 'scott') AS line, kde2d_sample(x, y) AS s, ecdf(x) AS e FROM points;
CREATE TEMPORARY TABLE nodes AS SELECT o, x, density FROM stored, unnest((line).x, (line).density) WITH ORDINALITY u(x, density, o);

-- Cursors that outlive their transaction and go backwards.
BEGIN;
DECLARE line SCROLL CURSOR WITH HOLD FOR SELECT p.* FROM stored, kde_points(line) p;
DECLARE target SCROLL CURSOR WITH HOLD FOR SELECT (kde_points(line)).x FROM stored;
DECLARE contours SCROLL CURSOR WITH HOLD FOR SELECT level, path FROM stored, kde2d_contours(plane, ARRAY[0.5, 0.9]) c;
COMMIT;
MOVE LAST IN line;
MOVE BACKWARD 2 IN line;
CREATE FUNCTION pg_temp.at_cursor(name refcursor) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE got record;
BEGIN
    FETCH name INTO got;
    RETURN got.x;
END $$;
SELECT pg_temp.at_cursor('line') = (SELECT x FROM nodes WHERE o = 29) AS line;
MOVE ABSOLUTE 4 IN target;
SELECT pg_temp.at_cursor('target') = (SELECT x FROM nodes WHERE o = 5) AS target;
MOVE LAST IN contours;
FETCH FIRST FROM contours;
CLOSE ALL;

-- LIMIT, the target list beside another set, and a set that is made again for each row.
SELECT (SELECT x FROM stored, kde_points(line) LIMIT 1) = (SELECT x FROM nodes WHERE o = 1) AS first_row,
       (SELECT count(*) FROM (SELECT kde2d_points(plane) FROM stored LIMIT 7) s) AS some_rows,
       (SELECT count(*) FROM (SELECT kde_points(line), generate_series(1, 2) FROM stored) s) AS beside_a_set,
       EXISTS (SELECT FROM stored, kde2d_contours(plane, 5) WHERE level = 2) AS exists;
SELECT g, (SELECT count(*) FROM kde_points(line) p WHERE p.density > g / 10.0) =
          (SELECT count(*) FROM nodes n WHERE n.density > g / 10.0) AS correlated
FROM stored, generate_series(1, 3) g ORDER BY g;
SELECT r.share, count(*) > 0 AS parts
FROM stored, LATERAL (SELECT * FROM kde2d_regions(plane, ARRAY[0.1, 0.5]) ORDER BY share DESC LIMIT 1) r,
     LATERAL kde_regions(line, ARRAY[r.share]) GROUP BY 1;

-- A plan that does not know its parameters; an error leaves it usable.
SET plan_cache_mode = force_generic_plan;
PREPARE bandwidths (float8, text) AS
    SELECT (kde(e, 5, $2, bw_adjust => $1)).bandwidth / (kde(e, 5)).bandwidth AS ratio FROM stored;
EXECUTE bandwidths (1, 'scott');
EXECUTE bandwidths (2, 'scott');
EXECUTE bandwidths (NULL, 'scott');
EXECUTE bandwidths (1, 'none');
EXECUTE bandwidths (4, 'scott');
PREPARE shares (float8[]) AS SELECT share FROM stored, kde2d_regions(plane, $1);
EXECUTE shares ('{0.5}');
EXECUTE shares ('{2}');
EXECUTE shares ('{}');
EXECUTE shares ('{0.9,0.1}');
RESET plan_cache_mode;

-- Errors that are caught: variables keep what they hold, and caches do not keep what failed.
DO $$
DECLARE
    k kde2d_result;
    w kde_weighted;
    b kde_bins;
    p kde2d_state;
    caught integer := 0;
BEGIN
    FOR i IN 1 .. 30 LOOP
        SELECT (plane).x, (plane).y, CASE WHEN i % 3 = 0 THEN ARRAY[1.0] ELSE (plane).density END
        INTO k.x, k.y, k.density FROM stored;
        BEGIN
            w := kde_weighted_add(w, i, CASE WHEN i % 3 = 0 THEN -1 ELSE 1 END);
            b := kde_bins_add(b, i::float8, 0, 30, 30);
            p := kde2d_state_add(p, i, i * i % 7);
            IF kde2d_share(k, 0, 0) IS DISTINCT FROM (SELECT kde2d_share(plane, 0, 0) FROM stored) THEN
                RAISE NOTICE 'another share';
            END IF;
        EXCEPTION WHEN data_exception THEN
            caught := caught + 1;
            BEGIN
                PERFORM kde2d_share(k, 0, 0);
            EXCEPTION WHEN data_exception THEN
                caught := caught + 1;
            END;
        END;
    END LOOP;
    RAISE NOTICE '% caught, % weighted, % binned, % points', caught, n(w), n(b), (kde2d(p, 5)).n;
    w := kde_weighted_combine(w, w);
    b := kde_bins_combine(b, b);
    p := kde2d_state_combine(p, p);
    RAISE NOTICE '% weighted, % binned, % points', n(w), n(b), (kde2d(p, 5)).n;
END $$;

-- Immutable functions in a generated column, an index, a check, an inlined function; others in a trigger, a view.
CREATE TABLE density_calls (
    e ecdf,
    k kde_result GENERATED ALWAYS AS (kde(e, 5)) STORED,
    CHECK ((kde_similarity(kde(e, 5), kde(e, 5))).overlap = 1));
CREATE FUNCTION density_calls_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM kde_points(kde(new.e, 5))) THEN
        RAISE EXCEPTION 'no density';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER density_calls_check BEFORE INSERT ON density_calls FOR EACH ROW EXECUTE FUNCTION density_calls_check();
CREATE INDEX ON density_calls (kde_cdf(e, 0.1::float8));
INSERT INTO density_calls (e) SELECT e FROM stored;
INSERT INTO density_calls (e) VALUES ('{1:1}');
SET enable_seqscan = off;
SELECT count(*) AS by_index FROM density_calls WHERE kde_cdf(e, 0.1::float8) > 0.1;
RESET enable_seqscan;
CREATE FUNCTION pg_temp.inlined(e ecdf) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT kde_pdf($1, 0.25::float8)';
SELECT d.k = kde(s.e, 5) AS generated, pg_temp.inlined(s.e) = kde_pdf(s.e, 0.25::float8) AS inlined
FROM density_calls d, stored s;
CREATE MATERIALIZED VIEW density_calls_view AS SELECT kde_similarity(k, k) AS itself, p.x FROM density_calls, kde_points(k) p;
REFRESH MATERIALIZED VIEW density_calls_view;
SELECT count(*) AS rows, min((itself).overlap) AS overlap FROM density_calls_view;
DROP MATERIALIZED VIEW density_calls_view;
DROP TABLE density_calls;
DROP FUNCTION density_calls_check();
