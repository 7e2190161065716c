-- Values whose stored bytes are damaged, as by a failing disk: memory safety must not depend on them.
-- A type of bytes that is read as a state without conversion stands in for the disk.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE SCHEMA damaged_state;
SET search_path = damaged_state, public;

CREATE TYPE raw;
CREATE FUNCTION raw_in(cstring) RETURNS raw LANGUAGE internal IMMUTABLE STRICT AS 'byteain';
CREATE FUNCTION raw_out(raw) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'byteaout';
CREATE TYPE raw (INPUT = raw_in, OUTPUT = raw_out, ALIGNMENT = double, STORAGE = extended);
CREATE CAST (raw AS ecdf) WITHOUT FUNCTION;
CREATE CAST (raw AS ecdf_vector) WITHOUT FUNCTION;
CREATE CAST (raw AS sample_pair) WITHOUT FUNCTION;
CREATE CAST (raw AS kde_state) WITHOUT FUNCTION;
CREATE CAST (raw AS kde2d_state) WITHOUT FUNCTION;
CREATE CAST (raw AS label_counts) WITHOUT FUNCTION;
CREATE CAST (raw AS kmeans_step_state) WITHOUT FUNCTION;

-- 64-bit words as they lie in the memory of a little-endian machine; int8send puts the highest byte first.
CREATE FUNCTION words(VARIADIC bigint[]) RETURNS bytea LANGUAGE sql AS $$
    SELECT string_agg(substr(int8send(w), 9 - b, 1), '' ORDER BY i, b)
    FROM unnest($1) WITH ORDINALITY u (w, i), generate_series(1, 8) b
$$;
CREATE FUNCTION words32(VARIADIC int[]) RETURNS bytea LANGUAGE sql AS $$
    SELECT string_agg(substr(int4send(w), 5 - b, 1), '' ORDER BY i, b)
    FROM unnest($1) WITH ORDINALITY u (w, i), generate_series(1, 4) b
$$;
CREATE FUNCTION raw(bytea) RETURNS raw LANGUAGE sql AS 'SELECT $1::text::damaged_state.raw';

-- The bits of 1.0 and of 2.0.
\set one 4607182418800017408
\set two 4611686018427387904

-- Whole values, to show that the layout here is the real one: numbers of observations, entries and
-- bytes, then blocks. ecdf: 0 once, 1 twice as dense integers; -1 and 1e9 as distances; 0.5 as a float;
-- 0.1 as a double.
SELECT raw('\x01010000' || words32(3, 2, 5) || '\x0402000102')::ecdf;
SELECT raw('\x01010000' || words32(2, 2, 8) || '\x0102018094ebdc03')::ecdf AS minus_one_and_1e9;
SELECT raw('\x01010000' || words32(1, 1, 6) || '\x02010000003f')::ecdf;
SELECT raw('\x01010000' || words32(1, 1, 10) || '\x03019a9999999999b93f')::ecdf;
SELECT raw('\x01020000' || words32(1, 1, 3, 2, 1, 4) || '\x000100' || '\x04010202')::sample_pair;
-- ecdf_vector: three positions, each with observations, entries and the end of its bytes.
SELECT raw('\x01000000' || words32(3, 3, 2, 5, 0, 0, 5, 1, 1, 11) || '\x0402000102' || '\x02010000003f')::ecdf_vector;
-- kde_state: grid size, rule, number; 0 and 1 once each.
CREATE FUNCTION kde_raw(grid_size bigint, rule bigint, number bigint) RETURNS kde_state LANGUAGE sql AS $$
    SELECT damaged_state.raw('\x01010300' || damaged_state.words(
        grid_size, rule, number) || damaged_state.words32(2, 2, 3) || '\x000200')::kde_state
$$;
SELECT array_length((kde_result(kde_raw(7, 0, 0))).x, 1);
-- kde2d_state: grid size and rule, number, four open ends, n, fingerprint, points (0, 1) and (1, 2).
CREATE FUNCTION kde2d_raw(grid_size bigint, n bigint) RETURNS kde2d_state LANGUAGE sql AS $$
    SELECT damaged_state.raw('\x01000000' || damaged_state.words(
        grid_size, 0, 9221120237041090560, 9221120237041090560, 9221120237041090560, 9221120237041090560,
        n, 77, 0, 4607182418800017408, 4607182418800017408, 4611686018427387904))::kde2d_state
$$;
SELECT kde2d_raw(7, 2);
-- label_counts: number of entries; count, sizes of label and source, their bytes.
SELECT raw('\x01000000' || words(2, 5) || words32(1, 1) || 'af' || words(6) || words32(2, 1) || 'bct')::label_counts;
-- Entries in the wrong order, twice the same one, one too few, a count of 0, a sum that does not fit.
SELECT chi2_final(raw('\x01000000' || words(2, 5) || words32(1, 1) || 'bf' || words(6) || words32(1, 1) || 'at')::label_counts);
SELECT chi2_final(raw('\x01000000' || words(2, 5) || words32(1, 1) || 'af' || words(6) || words32(1, 1) || 'af')::label_counts);
SELECT chi2_final(raw('\x01000000' || words(3, 5) || words32(1, 1) || 'af' || words(6) || words32(1, 1) || 'bf')::label_counts);
SELECT chi2_final(raw('\x01000000' || words(1, 0) || words32(1, 1) || 'af')::label_counts);
SELECT chi2_final(raw('\x01000000' || words(2, 9223372036854775807) || words32(1, 1) || 'af' || words(1) || words32(1, 1) || 'bf')::label_counts);
-- kmeans_step_state: version, one centre of two numbers, (0, 0), with one row; a plane of digits at the place of
-- units, 5 and 7; the same of the inertia, 74. A plane twice, one of zeros, a number of rows below 0.
CREATE FUNCTION step_raw(n_rows bigint, first int, second int, digit int) RETURNS kmeans_step_state LANGUAGE sql AS $$
    SELECT damaged_state.raw(damaged_state.words32(1, 1, 2, 0, 0) || damaged_state.words(n_rows)
        || damaged_state.words32(2, first, 5, 7, second, digit, 0) || damaged_state.words32(1, 34, 74))::kmeans_step_state
$$;
SELECT kmeans_step_final(step_raw(1, 34, 35, 1));
SELECT kmeans_step_final(step_raw(1, 34, 34, 1));
SELECT kmeans_step_final(step_raw(1, 34, 33, 1));
SELECT kmeans_step_final(step_raw(1, 34, 35, 0));
SELECT kmeans_step_final(step_raw(1, 34, 69, 1));
SELECT kmeans_step_final(step_raw(1, 34, 68, 1));
SELECT kmeans_step_final(step_raw(-1, 34, 35, 1));

-- Parameters that no transition function writes: a grid without nodes, with fewer than none, with more
-- than there may be; rules that do not exist; a bandwidth beside a rule; no bandwidth where a number is due.
SELECT kde_result(kde_raw(0, 0, 0));
SELECT kde_result(kde_raw(-1, 0, 0));
SELECT kde_result(kde_raw(1, 0, 0));
SELECT kde_result(kde_raw(1000000000, 0, 0));
SELECT kde_result(kde_raw(7, 77, 0));
SELECT kde_result(kde_raw(7, 4294967296, 0));
SELECT kde_result(kde_raw(7, 0, :one));
SELECT kde_result(kde_raw(7, 2, 0));
SELECT kde_state_add(kde_raw(0, 0, 0), 1);
SELECT kde_state_combine(NULL, kde_raw(0, 0, 0));
SELECT kde_raw(0, 0, 0);
SELECT kde2d_result(kde2d_raw(0, 2));
SELECT kde2d_result(kde2d_raw(-1, 2));
SELECT kde2d_result(kde2d_raw(7, 3));
SELECT kde2d_result(kde2d_raw(7, -1));

-- Any byte of a value may be any other, and it may be cut short. What is read must not crash, nor fail
-- in another way than by saying that the value is damaged or out of range (or by a NaN that shows up as a result).
CREATE FUNCTION survive(good bytea, use text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    bad bytea;
    at int;
BEGIN
    FOR i IN 0 .. 12 * length(good) LOOP
        at := i % length(good);
        bad := set_byte(good, at, (i / length(good) * 37 + get_byte(good, at) + 1) % 256);
        IF i % 40 = 0 THEN
            bad := substr(bad, 1, at);
        END IF;
        BEGIN
            EXECUTE use USING damaged_state.raw(bad);
        EXCEPTION WHEN data_corrupted OR numeric_value_out_of_range OR program_limit_exceeded THEN
            NULL;
        END;
    END LOOP;
    RETURN true;
END
$$;
SELECT survive('\x01010000' || words32(3, 2, 5) || '\x0402000102',
    'SELECT mean(e), stddev(e), quantile(e, 0.5), cdf(e, 1), n(e), e::text, ecdf_add(e, 3),
            ecdf_combine(e, e), kde(e, 5) FROM (SELECT $1::ecdf) v (e)');
SELECT survive('\x01010000' || words32(6, 3, 17) || '\x0603' || '\x000080ff' || '\x0000003f' || '\x0000807f'
        || '\x010203',
    'SELECT mean(e), e::text, ks_test(e, e), ecdf_send(e), ecdf_combine(NULL, e) FROM (SELECT $1::ecdf) v (e)');
SELECT survive('\x01000000' || words32(3, 3, 2, 5, 0, 0, 5, 1, 1, 11) || '\x0402000102' || '\x02010000003f',
    'SELECT mean(v), stddev(v), ecdf_pooled(v), ecdf_at(v, least(2, n_positions(v))), v::text, v::json, ecdf_vector_send(v), v = v,
            ecdf_vector_combine(v, v), ecdf_vector_final(v), (SELECT count(*) FROM ks_tests(v, v)), (SELECT count(*) FROM ecdf_vector_points(v))
     FROM (SELECT $1::ecdf_vector) w (v)');
SELECT survive('\x01020000' || words32(1, 1, 3, 2, 1, 4) || '\x000100' || '\x04010202',
    'SELECT s::text, sample_pair_add(s, 1, 2), sample_pair_combine(s, s) FROM (SELECT $1::sample_pair) v (s)');
SELECT survive('\x01010300' || words(7, 0, 0) || words32(2, 2, 3) || '\x000200',
    'SELECT s::text, kde_result(s), kde_state_combine(s, s) FROM (SELECT $1::kde_state) v (s)');
SELECT survive('\x01000000' || words(7, 0, 9221120237041090560, 9221120237041090560, 9221120237041090560,
        9221120237041090560, 3, 77, 0, :one, :one, :two, :two, 0),
    'SELECT s::text, kde2d_result(s), kde2d_log_density(s, 0.5, 1), kde2d_state_combine(s, s) FROM (SELECT $1::kde2d_state) v (s)');
SELECT survive('\x01000000' || words(3, 5) || words32(1, 1) || 'af' || words(6) || words32(2, 1) || 'bct' || words(7) || words32(3, 1) || 'bcdf',
    'SELECT s::text, chi2_final(s), label_counts_send(s), label_counts_combine(NULL, s) FROM (SELECT $1::label_counts) v (s)');
SELECT survive(words32(1, 1, 2, 0, 0) || words(1) || words32(2, 34, 5, 7, 35, 1, 0) || words32(1, 34, 74),
    'SELECT s::text, kmeans_step_final(s), kmeans_step_state_send(s), kmeans_step_combine(NULL, s), kmeans_step_combine(s, s) FROM (SELECT $1::kmeans_step_state) v (s)');

DROP SCHEMA damaged_state CASCADE;
