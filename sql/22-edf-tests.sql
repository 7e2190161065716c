-- Tests of whole distribution functions beside Kolmogorov-Smirnov: squared differences summed over the
-- order (Cramer-von Mises, Anderson-Darling), and both largest differences together (Kuiper).
--
-- All functions are plain ones of stored distributions; the samples of a group come from ecdf():
--     SELECT (cvm_test(x, y)).* FROM (SELECT ecdf(ink) AS x FROM real) r, (SELECT ecdf(ink) AS y FROM fake) f;
-- NULL rows, NULL elements and NaN never entered an ecdf; infinities are the ends of the order; equality is
-- exact. An empty side and a NULL argument give NULL. All values equal: statistic 0, p_value 1.
--
-- F and G are the distribution functions of x and y. p_value, log10_p and method: see 20-tests.sql. With tens
-- of thousands of rows p-values reject anything; compare the statistic with that of real against
-- held-out real rows of the same sizes.

-- ---------------------------------------------------------------------------------------------
-- cvm_test: the two-sample Cramer-von Mises test.
--
-- statistic is T = n_x n_y / N^2 times the sum of (F - G)^2 over all N = n_x + n_y values. It sees
-- differences that are small everywhere, which D of ks_test overlooks. statistic_midrank is the form of
-- Anderson (1962) with mid-ranks, which scipy.stats.cramervonmises_2samp reports: the same number unless
-- values are tied. It is NULL where n_x n_y exceeds 2^60.
--
-- p_value is that of statistic, conditional on the ties. method: 'auto' is exact where that takes a few
-- milliseconds (some 50 values a side without ties, as many as 100,000 if there are only two different
-- ones), 'exact' takes up to ten seconds, 'asymptotic' is Anderson's law; with ties and at most 512 different
-- values it is the weighted sum of chi-squared variables that belongs to these ties. scipy's p-value
-- takes no notice of ties.
--
--     SELECT (cvm_test('{1:1,2:1,3:1}', '{4:1,5:1,6:1}')).*;   -- statistic 0.5278, p_value 0.1, exact
--
-- Source: Anderson 1962; exact: Xiao, Gordon and Yakovlev 2006.
-- ---------------------------------------------------------------------------------------------
CREATE TYPE cvm_result AS (
    statistic double precision,
    statistic_midrank double precision,
    p_value double precision,
    log10_p double precision,
    n_x bigint,
    n_y bigint,
    method text
);
COMMENT ON TYPE cvm_result IS 'result of the two-sample Cramer-von Mises test';
COMMENT ON COLUMN cvm_result.statistic IS 'T, the mean of (F - G)^2 over all values times n_x n_y / (n_x + n_y)';
COMMENT ON COLUMN cvm_result.statistic_midrank IS 'T by mid-ranks, as in scipy; NULL if n_x n_y exceeds 2^60';
COMMENT ON COLUMN cvm_result.p_value IS 'p-value of statistic';
COMMENT ON COLUMN cvm_result.log10_p IS 'decimal logarithm of p_value, also where p_value underflows';
COMMENT ON COLUMN cvm_result.n_x IS 'observations of x';
COMMENT ON COLUMN cvm_result.n_y IS 'observations of y';
COMMENT ON COLUMN cvm_result.method IS 'law of the p-value: exact or asymptotic';

CREATE FUNCTION cvm_test(x ecdf, y ecdf, method text DEFAULT 'auto') RETURNS cvm_result
    AS 'MODULE_PATHNAME', 'synthdq_cvm_test'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION cvm_test(ecdf, ecdf, text) IS 'two-sample Cramer-von Mises test of two distributions; method auto, exact or asymptotic';

-- ---------------------------------------------------------------------------------------------
-- kuiper_test: Kuiper's two-sample test.
--
-- statistic is V = max(F - G) + max(G - F), between 0 and 1. Where ks_test sees shifts, this sees
-- differences of spread as well; and it is the test for values on a circle, such as angles and hours of the
-- day, since it does not depend on which hour is the first. location_plus and location_minus are the
-- smallest values at which F - G and G - F are largest; NULL where that is 0.
--
-- method: 'auto' is exact, conditional on the ties, where that takes some ten milliseconds (without ties
-- some 2000 values a side, fewer with ties), 'exact' takes up to ten seconds. 'asymptotic' is Kuiper's law at
-- an argument corrected for the sizes; with many ties and at most 1024 different values it is the exact law
-- of 400 values with ties of the same shares, carried over.
--
--     SELECT (kuiper_test('{3:1,4:1}', '{1:1,2:1,5:1,6:1}')).*;   -- statistic 1, p_value 0.4, exact
--
-- Source: Kuiper 1960. (astropy.stats.kuiper_two uses Stephens' factor for one sample instead.)
-- ---------------------------------------------------------------------------------------------
CREATE TYPE kuiper_result AS (
    statistic double precision,
    p_value double precision,
    log10_p double precision,
    location_plus double precision,
    location_minus double precision,
    n_x bigint,
    n_y bigint,
    method text
);
COMMENT ON TYPE kuiper_result IS 'result of Kuiper''s two-sample test';
COMMENT ON COLUMN kuiper_result.statistic IS 'V = max(F - G) + max(G - F), between 0 and 1';
COMMENT ON COLUMN kuiper_result.p_value IS 'p-value of V';
COMMENT ON COLUMN kuiper_result.log10_p IS 'decimal logarithm of p_value, also where p_value underflows';
COMMENT ON COLUMN kuiper_result.location_plus IS 'smallest value at which F - G is largest; NULL if that is 0';
COMMENT ON COLUMN kuiper_result.location_minus IS 'smallest value at which G - F is largest; NULL if that is 0';
COMMENT ON COLUMN kuiper_result.n_x IS 'observations of x';
COMMENT ON COLUMN kuiper_result.n_y IS 'observations of y';
COMMENT ON COLUMN kuiper_result.method IS 'law of the p-value: exact or asymptotic';

CREATE FUNCTION kuiper_test(x ecdf, y ecdf, method text DEFAULT 'auto') RETURNS kuiper_result
    AS 'MODULE_PATHNAME', 'synthdq_kuiper_test'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION kuiper_test(ecdf, ecdf, text) IS 'Kuiper''s two-sample test of two distributions; method auto, exact or asymptotic';

-- ---------------------------------------------------------------------------------------------
-- ad_test: the k-sample Anderson-Darling test. Do all samples have one distribution?
--
-- Like Cramer-von Mises, with each squared difference divided by its variance: it weighs the ends of the
-- order as much as the middle. statistic is A2 in its right-continuous form (Scholz and Stephens 1987,
-- equation 6), about k - 1 for samples of one distribution. statistic_midrank is their equation 7.
-- standardized and standardized_midrank are (A2 - (k - 1)) / sigma, the numbers that
-- scipy.stats.anderson_ksamp(samples, midrank=False) and (samples) return; NULL for fewer than four values
-- and where all are equal.
--
-- p_value is that of statistic, conditional on the ties: the limit law with the exact mean and variance.
-- It is good to a few percent from 50 values on, method is 'asymptotic'. (scipy's p-value is interpolated in
-- a table between 0.001 and 0.25.)
--
--     SELECT (ad_test(array_agg(e))).* FROM (SELECT ecdf(ink) AS e FROM digits GROUP BY source) s;
--
-- The time is that of k times the number of distinct values: some thousands of samples are fine.
-- Empty and NULL samples of an array are left out; NULL if fewer than two are left. An array of any
-- number of dimensions is read in storage order.
--
-- Source: Scholz and Stephens 1987.
-- ---------------------------------------------------------------------------------------------
CREATE TYPE ad_result AS (
    statistic double precision,
    statistic_midrank double precision,
    standardized double precision,
    standardized_midrank double precision,
    p_value double precision,
    log10_p double precision,
    k bigint,
    n bigint,
    method text
);
COMMENT ON TYPE ad_result IS 'result of the k-sample Anderson-Darling test';
COMMENT ON COLUMN ad_result.statistic IS 'A2, right-continuous form; about k - 1 for samples of one distribution';
COMMENT ON COLUMN ad_result.statistic_midrank IS 'A2 by mid-ranks';
COMMENT ON COLUMN ad_result.standardized IS '(statistic - (k - 1)) / sigma; NULL if all values are equal, or fewer than four';
COMMENT ON COLUMN ad_result.standardized_midrank IS '(statistic_midrank - (k - 1)) / sigma, what scipy returns';
COMMENT ON COLUMN ad_result.p_value IS 'p-value of statistic';
COMMENT ON COLUMN ad_result.log10_p IS 'decimal logarithm of p_value, also where p_value underflows';
COMMENT ON COLUMN ad_result.k IS 'samples that are not empty';
COMMENT ON COLUMN ad_result.n IS 'observations in all samples';
COMMENT ON COLUMN ad_result.method IS 'law of the p-value: asymptotic, or exact if all values are equal';

CREATE FUNCTION ad_test(x ecdf, y ecdf) RETURNS ad_result
    AS 'MODULE_PATHNAME', 'synthdq_ad_test'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION ad_test(ecdf, ecdf) IS 'Anderson-Darling test of two distributions';

CREATE FUNCTION ad_test(samples ecdf[]) RETURNS ad_result
    AS 'MODULE_PATHNAME', 'synthdq_ad_test_many'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION ad_test(ecdf[]) IS 'Anderson-Darling test of many distributions: are they all the same?';
