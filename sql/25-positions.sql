-- Many tests at once: p-values adjusted for their number, and one test per array position.

-- ---------------------------------------------------------------------------------------------
-- p_adjust: a family of p-values, adjusted for their number.
--
-- Of m tests of samples that do not differ, one in twenty is below .05. Adjusted p-values can be
-- compared with .05 as if there were one test. Of the m p-values in ascending order:
--     'bh'          running minimum from the top of m p(i) / i (Benjamini and Hochberg 1995): of what is
--                   below .05, at most .05 is expected to be false. For tests that are independent or
--                   positively dependent, as pixels are. R's other name 'fdr' is understood.
--     'by'          the same times 1 + 1/2 + ... + 1/m (Benjamini and Yekutieli 2001): under any
--                   dependence
--     'holm'        running maximum of (m - i + 1) p(i) (Holm 1979): the chance that anything below .05
--                   is false is at most .05
--     'bonferroni'  m p(i): the same, and never smaller than Holm
--     'none'        p(i)
-- each at most 1. The results are those of R's p.adjust().
--
-- The result has the shape of the argument. NULL elements and NaN stay what they are and are not
-- counted in m. A p-value below 0 or above 1 is an error. An empty array gives an empty array.
--
--     SELECT p_adjust('{.01,.04,.03,.005}');           -- {0.02,0.04,0.04,0.02}
--     SELECT p_adjust('{.01,.04,.03,.005}', 'holm');   -- {0.03,0.06,0.06,0.02}
--
-- p_adjust_log10() is the same from decimal logarithms to decimal logarithms: p-values of large
-- samples underflow to 0, log10_p does not.
--
--     SELECT p_adjust_log10('{-781.4,-5740.9}');
--
-- COST 100: a microsecond for short families.
-- ---------------------------------------------------------------------------------------------
CREATE FUNCTION p_adjust(p double precision[], method text DEFAULT 'bh') RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'synthdq_p_adjust'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION p_adjust(double precision[], text) IS 'p-values adjusted for their number; method bh, by, holm, bonferroni or none';

CREATE FUNCTION p_adjust_log10(log10_p double precision[], method text DEFAULT 'bh') RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'synthdq_p_adjust_log10'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION p_adjust_log10(double precision[], text) IS 'decimal logarithms of p-values, adjusted for their number; method bh, by, holm, bonferroni or none';

-- ---------------------------------------------------------------------------------------------
-- Tests of every array position of two stored vectors: which pixels differ, and where in the image.
--
--     ks_tests(x, y)            one ks_test() per position
--     mw_tests(x, y)            one mw_test()
--     cvm_tests(x, y)           one cvm_test()
--     wasserstein_tests(x, y)   one wasserstein(), which is a distance and has no p-value
--
-- x and y are the ecdf_vector of the real and of the synthetic images, of the same number of positions
-- (else an error). The result has one row per position, in order:
--     position           from 1, as PostgreSQL's subscripts, in storage order
--     row, col           from 1, if the argument width (columns of the image) is given, else NULL; a
--                        width that does not fill whole rows is an error
--     ...                the fields of the test's own result, in their order
--     d_low              of ks_tests: the lower end of the 95 % interval of ks_interval(). So far apart are
--                        the two distributions at least; 0 if they may be the same
--     p_adjusted,        the p-value adjusted for the number of positions (see p_adjust), and its decimal
--     log10_p_adjusted   logarithm. adjust => 'bh' (the default), 'by', 'holm', 'bonferroni' or 'none'
--     zeros_x, zeros_y   the share of values that are exactly 0: of images, of pixels left black. NULL if
--                        the side is empty
--
-- A position gives the same as the test of ecdf_at(x, position) and ecdf_at(y, position), to the last
-- bit. method => 'exact' or 'asymptotic' overrides the choice made for each position. A position where a side is
-- empty (all its values are NULL or NaN) has NULL fields and is not counted among the p-values. x or y
-- being NULL gives no rows.
--
-- With thousands of images every adjusted p-value is near 0. The share of positions whose effect exceeds
-- what matters says more:
--
--     SELECT count(*) FILTER (WHERE statistic > 0.05) / count(statistic)::float8
--     FROM (SELECT ecdf_vector(px) AS v FROM real) AS r,
--         (SELECT ecdf_vector(px) AS v FROM fake) AS f, ks_tests(r.v, f.v);
--
-- The positions are spread over synthdq.threads. COST and ROWS are those of an image of 28 x 28.
-- ---------------------------------------------------------------------------------------------
CREATE FUNCTION ks_tests(
        x ecdf_vector,
        y ecdf_vector,
        width integer DEFAULT NULL,
        method text DEFAULT 'auto',
        adjust text DEFAULT 'bh')
    RETURNS TABLE (
        "position" integer,
        "row" integer,
        col integer,
        statistic double precision,
        p_value double precision,
        log10_p double precision,
        d_plus double precision,
        d_minus double precision,
        p_greater double precision,
        p_less double precision,
        location double precision,
        n_x bigint,
        n_y bigint,
        method text,
        d_low double precision,
        p_adjusted double precision,
        log10_p_adjusted double precision,
        zeros_x double precision,
        zeros_y double precision)
    AS 'MODULE_PATHNAME', 'synthdq_ks_tests'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000000 ROWS 784;
COMMENT ON FUNCTION ks_tests(ecdf_vector, ecdf_vector, integer, text, text) IS 'two-sample Kolmogorov-Smirnov test at each position; adjust bh, by, holm, bonferroni or none';

CREATE FUNCTION mw_tests(
        x ecdf_vector,
        y ecdf_vector,
        width integer DEFAULT NULL,
        method text DEFAULT 'auto',
        adjust text DEFAULT 'bh')
    RETURNS TABLE (
        "position" integer,
        "row" integer,
        col integer,
        u double precision,
        p_value double precision,
        log10_p double precision,
        p_greater double precision,
        p_less double precision,
        z double precision,
        auc double precision,
        cliffs_delta double precision,
        n_x bigint,
        n_y bigint,
        method text,
        p_adjusted double precision,
        log10_p_adjusted double precision,
        zeros_x double precision,
        zeros_y double precision)
    AS 'MODULE_PATHNAME', 'synthdq_mw_tests'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000000 ROWS 784;
COMMENT ON FUNCTION mw_tests(ecdf_vector, ecdf_vector, integer, text, text) IS 'Mann-Whitney U test at each position; adjust bh, by, holm, bonferroni or none';

CREATE FUNCTION cvm_tests(
        x ecdf_vector,
        y ecdf_vector,
        width integer DEFAULT NULL,
        method text DEFAULT 'auto',
        adjust text DEFAULT 'bh')
    RETURNS TABLE (
        "position" integer,
        "row" integer,
        col integer,
        statistic double precision,
        statistic_midrank double precision,
        p_value double precision,
        log10_p double precision,
        n_x bigint,
        n_y bigint,
        method text,
        p_adjusted double precision,
        log10_p_adjusted double precision,
        zeros_x double precision,
        zeros_y double precision)
    AS 'MODULE_PATHNAME', 'synthdq_cvm_tests'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000000 ROWS 784;
COMMENT ON FUNCTION cvm_tests(ecdf_vector, ecdf_vector, integer, text, text) IS 'two-sample Cramer-von Mises test at each position; adjust bh, by, holm, bonferroni or none';

CREATE FUNCTION wasserstein_tests(x ecdf_vector, y ecdf_vector, width integer DEFAULT NULL)
    RETURNS TABLE (
        "position" integer,
        "row" integer,
        col integer,
        distance double precision,
        distance_over_sd_x double precision,
        distance_over_sd_pooled double precision,
        x_above double precision,
        y_above double precision,
        n_x bigint,
        n_y bigint,
        zeros_x double precision,
        zeros_y double precision)
    AS 'MODULE_PATHNAME', 'synthdq_wasserstein_tests'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000 ROWS 784;
COMMENT ON FUNCTION wasserstein_tests(ecdf_vector, ecdf_vector, integer) IS 'Wasserstein-1 (earth mover''s) distance at each position';
