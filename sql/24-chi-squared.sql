-- chi2_test: the chi-squared test of homogeneity. Do the samples have the same shares of categories? For
-- labels, colours, predicted classes: whatever has no order.
--
--     chi2_test(counts_x bigint[], counts_y bigint[])   plain function: how often each category occurs on
--                                                       each side
--     chi2_test(counts bigint[])                        the same of any number of samples: an array of two
--                                                       dimensions, a row per sample
--     chi2_test(label, is_synthetic boolean)            aggregate over labels, text or bigint
--     chi2_test(label, source text)                     aggregate over labels of any number of sources
--     chi2_test(x ecdf, y ecdf)                         plain function: each distinct value is a category
--
--     SELECT (chi2_test(ARRAY[600,400], ARRAY[550,450])).p_value;   -- 0.0237
--     SELECT (chi2_test(label, source)).* FROM digits;
--
-- Counts, never shares: the same shares of more rows say more. A category that is missing on one side is a count of
-- 0 (a NULL element likewise) and part of the test; one that is missing everywhere, and a sample without
-- any count, are left out. A negative count is an error. Rows whose label or source is NULL are not
-- counted. Labels are compared byte by byte, as under the collation "C": 'Cat', 'cat' and 'cat ' are three
-- labels. Fewer than two samples with counts give NULL.
--
-- statistic is the sum of (count - expected)^2 / expected, expected = row total * column total / n, without
-- Yates' correction; p_value is the upper tail of chi-squared with df = (rows - 1) (columns - 1) degrees
-- of freedom (scipy.stats.chi2_contingency(..., correction=False)). That law is an approximation, and a poor
-- one where expected counts are small: `warning` says so if any is below 5. Then merge rare labels into one
-- before the test (CASE WHEN ... THEN label ELSE 'other' END), or take more rows.
--
-- With thousands of rows p_value rejects anything. The effect size is Cramer's V, 0 (equal shares) to 1
-- (nothing in common); by chance alone it is about sqrt(df / n / min(rows - 1, columns - 1)), which
-- cramers_v_corrected takes out (Bergsma 2013). That one is NULL if every row or every column of the table
-- holds a single observation.
--
-- COST: 10000 for the functions that test, as for the other tests.

CREATE TYPE chi2_result AS (
    statistic double precision,
    p_value double precision,
    log10_p double precision,
    df bigint,
    cramers_v double precision,
    cramers_v_corrected double precision,
    min_expected double precision,
    small_expected bigint,
    warning text,
    n bigint,
    rows bigint,
    columns bigint,
    method text
);
COMMENT ON TYPE chi2_result IS 'result of the chi-squared test of homogeneity';
COMMENT ON COLUMN chi2_result.statistic IS 'sum of (count - expected)^2 / expected over all cells';
COMMENT ON COLUMN chi2_result.p_value IS 'chance of a statistic at least this large if all samples have the same shares';
COMMENT ON COLUMN chi2_result.log10_p IS 'decimal logarithm of p_value, also where p_value underflows';
COMMENT ON COLUMN chi2_result.df IS 'degrees of freedom, (rows - 1) (columns - 1)';
COMMENT ON COLUMN chi2_result.cramers_v IS 'Cramer''s V, sqrt(statistic / (n min(rows - 1, columns - 1))): 0 to 1';
COMMENT ON COLUMN chi2_result.cramers_v_corrected IS 'Cramer''s V without what chance adds to it; NULL if that cannot be told';
COMMENT ON COLUMN chi2_result.min_expected IS 'smallest expected count of a cell';
COMMENT ON COLUMN chi2_result.small_expected IS 'number of cells with an expected count below 5';
COMMENT ON COLUMN chi2_result.warning IS 'why not to trust p_value, NULL if small_expected is 0';
COMMENT ON COLUMN chi2_result.n IS 'sum of all counts';
COMMENT ON COLUMN chi2_result.rows IS 'samples that have counts';
COMMENT ON COLUMN chi2_result.columns IS 'categories that have counts';
COMMENT ON COLUMN chi2_result.method IS 'law of the p-value: always asymptotic';

CREATE FUNCTION chi2_test(x ecdf, y ecdf) RETURNS chi2_result
    AS 'MODULE_PATHNAME', 'synthdq_chi2_test'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION chi2_test(ecdf, ecdf) IS 'chi-squared test of homogeneity of two distributions, each distinct value a category';

CREATE FUNCTION chi2_test(counts_x bigint[], counts_y bigint[]) RETURNS chi2_result
    AS 'MODULE_PATHNAME', 'synthdq_chi2_test_counts'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION chi2_test(bigint[], bigint[]) IS 'chi-squared test of homogeneity of the counts of two samples';

CREATE FUNCTION chi2_test(counts bigint[]) RETURNS chi2_result
    AS 'MODULE_PATHNAME', 'synthdq_chi2_test_table'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION chi2_test(bigint[]) IS 'chi-squared test of homogeneity of a table of counts, a row per sample';

-- label_counts: what chi2_test() over labels has collected. Merges exactly; memory grows with the number of
-- distinct labels, not with that of rows.
CREATE TYPE label_counts;

CREATE FUNCTION label_counts_in(cstring) RETURNS label_counts
    AS 'MODULE_PATHNAME', 'synthdq_label_counts_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION label_counts_in(cstring) IS 'I/O';

CREATE FUNCTION label_counts_out(label_counts) RETURNS cstring
    AS 'MODULE_PATHNAME', 'synthdq_label_counts_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION label_counts_out(label_counts) IS 'I/O';

CREATE FUNCTION label_counts_recv(internal) RETURNS label_counts
    AS 'MODULE_PATHNAME', 'synthdq_label_counts_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION label_counts_recv(internal) IS 'I/O';

CREATE FUNCTION label_counts_send(label_counts) RETURNS bytea
    AS 'MODULE_PATHNAME', 'synthdq_label_counts_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION label_counts_send(label_counts) IS 'I/O';

CREATE TYPE label_counts (
    INPUT = label_counts_in,
    OUTPUT = label_counts_out,
    RECEIVE = label_counts_recv,
    SEND = label_counts_send,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE label_counts IS 'state of the aggregates chi2_test() and cluster_agreement(): how often each label occurs in each source or cluster';

CREATE FUNCTION label_counts_add(label_counts, label text, is_synthetic boolean) RETURNS label_counts
    AS 'MODULE_PATHNAME', 'synthdq_label_counts_add_text_flag'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION label_counts_add(label_counts, text, boolean) IS 'transition function of chi2_test()';

CREATE FUNCTION label_counts_add(label_counts, label bigint, is_synthetic boolean) RETURNS label_counts
    AS 'MODULE_PATHNAME', 'synthdq_label_counts_add_int8_flag'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION label_counts_add(label_counts, bigint, boolean) IS 'transition function of chi2_test()';

CREATE FUNCTION label_counts_add(label_counts, label text, source text) RETURNS label_counts
    AS 'MODULE_PATHNAME', 'synthdq_label_counts_add_text_text'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION label_counts_add(label_counts, text, text) IS 'transition function of chi2_test()';

CREATE FUNCTION label_counts_add(label_counts, label bigint, source text) RETURNS label_counts
    AS 'MODULE_PATHNAME', 'synthdq_label_counts_add_int8_text'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION label_counts_add(label_counts, bigint, text) IS 'transition function of chi2_test()';

CREATE FUNCTION label_counts_combine(label_counts, label_counts) RETURNS label_counts
    AS 'MODULE_PATHNAME', 'synthdq_label_counts_combine'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION label_counts_combine(label_counts, label_counts) IS 'combine function of chi2_test()';

CREATE FUNCTION chi2_final(label_counts) RETURNS chi2_result
    AS 'MODULE_PATHNAME', 'synthdq_chi2_final'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION chi2_final(label_counts) IS 'final function of chi2_test(): NULL for fewer than two sources';

CREATE AGGREGATE chi2_test(label text, is_synthetic boolean) (
    SFUNC = label_counts_add,
    STYPE = label_counts,
    SSPACE = 2048,
    COMBINEFUNC = label_counts_combine,
    FINALFUNC = chi2_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE chi2_test(text, boolean) IS 'chi-squared test of homogeneity over labelled rows: is_synthetic is true for the synthetic side';

CREATE AGGREGATE chi2_test(label bigint, is_synthetic boolean) (
    SFUNC = label_counts_add,
    STYPE = label_counts,
    SSPACE = 8192,
    COMBINEFUNC = label_counts_combine,
    FINALFUNC = chi2_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE chi2_test(bigint, boolean) IS 'chi-squared test of homogeneity over labelled rows: is_synthetic is true for the synthetic side';

CREATE AGGREGATE chi2_test(label text, source text) (
    SFUNC = label_counts_add,
    STYPE = label_counts,
    SSPACE = 2048,
    COMBINEFUNC = label_counts_combine,
    FINALFUNC = chi2_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE chi2_test(text, text) IS 'chi-squared test of homogeneity over labels from any number of sources';

CREATE AGGREGATE chi2_test(label bigint, source text) (
    SFUNC = label_counts_add,
    STYPE = label_counts,
    SSPACE = 8192,
    COMBINEFUNC = label_counts_combine,
    FINALFUNC = chi2_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE chi2_test(bigint, text) IS 'chi-squared test of homogeneity over labels from any number of sources';
