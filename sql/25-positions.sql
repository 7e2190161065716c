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
