-- Two-sample tests: is the synthetic sample y distributed like the real sample x?
--
-- Shapes, the same for every test:
--     test(x, y)              aggregate; a column per sample, rows paired or not (FULL JOIN)
--     test(x, is_synthetic)   aggregate; one column, and a flag that is true for y
--     test(x ecdf, y ecdf)    plain function of two stored distributions; method => 'exact' or
--                             'asymptotic' overrides the choice
-- over double precision (other numbers are cast) and over the elements of smallint[], integer[],
-- real[] and double precision[].
--
-- NULL rows, NULL elements and NaN are ignored and not counted; infinities are the ends of the order;
-- -0 equals 0. Equality is exact. An empty side gives NULL.
--
-- p_value is two-sided. log10_p is its decimal logarithm and stays meaningful where p_value
-- underflows to 0. method says where all p-values of a result come from: 'exact' (conditional on the
-- ties of the data; chosen wherever it costs some milliseconds) or 'asymptotic'. With tens of
-- thousands of rows p-values reject anything; the effect size beside them is the number to watch.
--
-- COST: 10000 for the functions that test, which take between a microsecond and some ten
-- milliseconds.

-- ---------------------------------------------------------------------------------------------
-- ks_test: the two-sample Kolmogorov-Smirnov test.
--
-- F and G are the distribution functions of x and y. p_greater belongs to the alternative that F > G
-- somewhere: it is small when the values of x tend to be SMALLER than those of y. p_less is its
-- mirror. These are scipy's names (scipy.stats.ks_2samp). Mind that in mw_test the same words point
-- the other way.
--
--     SELECT (ks_test(real.px, fake.px)).* FROM real FULL JOIN fake USING (id);
--
-- Exact: recursion over the conditional law (Viehmann 2021), closed forms where they exist.
-- Asymptotic: Hodges (1957); for at most 512 distinct values with many ties, the same recursion with
-- normal transitions. Not scipy's method='asymp', which uses a one-sample law.
-- ---------------------------------------------------------------------------------------------
CREATE TYPE ks_result AS (
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
    method text
);
COMMENT ON TYPE ks_result IS 'result of the two-sample Kolmogorov-Smirnov test';
COMMENT ON COLUMN ks_result.statistic IS 'D, the largest distance of the two distribution functions, between 0 and 1';
COMMENT ON COLUMN ks_result.p_value IS 'two-sided p-value';
COMMENT ON COLUMN ks_result.log10_p IS 'decimal logarithm of p_value, also where p_value underflows';
COMMENT ON COLUMN ks_result.d_plus IS 'max(F - G), F being the distribution function of x';
COMMENT ON COLUMN ks_result.d_minus IS 'max(G - F)';
COMMENT ON COLUMN ks_result.p_greater IS 'p-value of d_plus: small when x tends to be smaller';
COMMENT ON COLUMN ks_result.p_less IS 'p-value of d_minus: small when x tends to be larger';
COMMENT ON COLUMN ks_result.location IS 'smallest value at which D is attained; NULL if D is 0';
COMMENT ON COLUMN ks_result.n_x IS 'observations of x';
COMMENT ON COLUMN ks_result.n_y IS 'observations of y';
COMMENT ON COLUMN ks_result.method IS 'law of the p-values: exact or asymptotic';

CREATE FUNCTION ks_final(sample_pair) RETURNS ks_result
    AS 'MODULE_PATHNAME', 'synthdq_ks_final'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION ks_final(sample_pair) IS 'final function of ks_test(): NULL if a side is empty';

CREATE FUNCTION ks_test(x ecdf, y ecdf, method text DEFAULT 'auto') RETURNS ks_result
    AS 'MODULE_PATHNAME', 'synthdq_ks_test'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION ks_test(ecdf, ecdf, text) IS 'two-sample Kolmogorov-Smirnov test of two distributions; method auto, exact or asymptotic';

CREATE AGGREGATE ks_test(x double precision, y double precision) (
    SFUNC = sample_pair_add,
    STYPE = sample_pair,
    SSPACE = 7168,
    COMBINEFUNC = sample_pair_combine,
    FINALFUNC = ks_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ks_test(double precision, double precision) IS 'two-sample Kolmogorov-Smirnov test of two columns';

CREATE AGGREGATE ks_test(x smallint[], y smallint[]) (
    SFUNC = sample_pair_add,
    STYPE = sample_pair,
    SSPACE = 12288,
    COMBINEFUNC = sample_pair_combine,
    FINALFUNC = ks_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ks_test(smallint[], smallint[]) IS 'two-sample Kolmogorov-Smirnov test of two columns, over all array elements';

CREATE AGGREGATE ks_test(x integer[], y integer[]) (
    SFUNC = sample_pair_add,
    STYPE = sample_pair,
    SSPACE = 12288,
    COMBINEFUNC = sample_pair_combine,
    FINALFUNC = ks_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ks_test(integer[], integer[]) IS 'two-sample Kolmogorov-Smirnov test of two columns, over all array elements';

CREATE AGGREGATE ks_test(x real[], y real[]) (
    SFUNC = sample_pair_add,
    STYPE = sample_pair,
    SSPACE = 40960,
    COMBINEFUNC = sample_pair_combine,
    FINALFUNC = ks_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ks_test(real[], real[]) IS 'two-sample Kolmogorov-Smirnov test of two columns, over all array elements';

CREATE AGGREGATE ks_test(x double precision[], y double precision[]) (
    SFUNC = sample_pair_add,
    STYPE = sample_pair,
    SSPACE = 40960,
    COMBINEFUNC = sample_pair_combine,
    FINALFUNC = ks_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ks_test(double precision[], double precision[]) IS 'two-sample Kolmogorov-Smirnov test of two columns, over all array elements';

CREATE AGGREGATE ks_test(x double precision, is_synthetic boolean) (
    SFUNC = sample_pair_add,
    STYPE = sample_pair,
    SSPACE = 7168,
    COMBINEFUNC = sample_pair_combine,
    FINALFUNC = ks_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ks_test(double precision, boolean) IS 'two-sample Kolmogorov-Smirnov test of labelled rows';

CREATE AGGREGATE ks_test(x smallint[], is_synthetic boolean) (
    SFUNC = sample_pair_add,
    STYPE = sample_pair,
    SSPACE = 12288,
    COMBINEFUNC = sample_pair_combine,
    FINALFUNC = ks_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ks_test(smallint[], boolean) IS 'two-sample Kolmogorov-Smirnov test of labelled rows, over all array elements';

CREATE AGGREGATE ks_test(x integer[], is_synthetic boolean) (
    SFUNC = sample_pair_add,
    STYPE = sample_pair,
    SSPACE = 12288,
    COMBINEFUNC = sample_pair_combine,
    FINALFUNC = ks_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ks_test(integer[], boolean) IS 'two-sample Kolmogorov-Smirnov test of labelled rows, over all array elements';

CREATE AGGREGATE ks_test(x real[], is_synthetic boolean) (
    SFUNC = sample_pair_add,
    STYPE = sample_pair,
    SSPACE = 40960,
    COMBINEFUNC = sample_pair_combine,
    FINALFUNC = ks_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ks_test(real[], boolean) IS 'two-sample Kolmogorov-Smirnov test of labelled rows, over all array elements';

CREATE AGGREGATE ks_test(x double precision[], is_synthetic boolean) (
    SFUNC = sample_pair_add,
    STYPE = sample_pair,
    SSPACE = 40960,
    COMBINEFUNC = sample_pair_combine,
    FINALFUNC = ks_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ks_test(double precision[], boolean) IS 'two-sample Kolmogorov-Smirnov test of labelled rows, over all array elements';

-- ---------------------------------------------------------------------------------------------
-- mw_test: the Mann-Whitney U test (Wilcoxon's rank-sum test).
--
-- u counts the pairs in which x is larger, ties as one half: U of x, never the smaller of the two.
-- p_greater is small when the values of x tend to be LARGER (as in scipy.stats.mannwhitneyu). z is
-- signed, corrected for ties, without continuity correction; the asymptotic p-values have the
-- correction of 1/2. The effect sizes are auc = P(X > Y) + P(X = Y) / 2 and Cliff's delta
-- 2 auc - 1, which is positive when the real values tend to be larger. The test is blind to
-- differences in spread: look at ks_test as well.
--
--     SELECT label, (mw_test(ink, is_synthetic)).* FROM digits GROUP BY label ORDER BY label;
--
-- Exact: Gaussian binomial coefficients (Mann and Whitney 1947) without ties, the shift algorithm
-- (Streitberg and Roehmel 1986) with ties; two-sided is twice the smaller tail.
-- ---------------------------------------------------------------------------------------------
CREATE TYPE mw_result AS (
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
    method text
);
COMMENT ON TYPE mw_result IS 'result of the Mann-Whitney U test';
COMMENT ON COLUMN mw_result.u IS 'U of x: pairs in which x is larger, ties as one half';
COMMENT ON COLUMN mw_result.p_value IS 'two-sided p-value';
COMMENT ON COLUMN mw_result.log10_p IS 'decimal logarithm of p_value, also where p_value underflows';
COMMENT ON COLUMN mw_result.p_greater IS 'p-value of P(U >= u): small when x tends to be larger';
COMMENT ON COLUMN mw_result.p_less IS 'p-value of P(U <= u): small when x tends to be smaller';
COMMENT ON COLUMN mw_result.z IS '(u - n_x n_y / 2) / sigma, sigma corrected for ties, no continuity correction; 0 if all values are equal';
COMMENT ON COLUMN mw_result.auc IS 'P(X > Y) + P(X = Y) / 2';
COMMENT ON COLUMN mw_result.cliffs_delta IS '2 auc - 1, positive when x tends to be larger';
COMMENT ON COLUMN mw_result.n_x IS 'observations of x';
COMMENT ON COLUMN mw_result.n_y IS 'observations of y';
COMMENT ON COLUMN mw_result.method IS 'law of the p-values: exact or asymptotic';

CREATE FUNCTION mw_final(sample_pair) RETURNS mw_result
    AS 'MODULE_PATHNAME', 'synthdq_mw_final'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION mw_final(sample_pair) IS 'final function of mw_test(): NULL if a side is empty';

CREATE FUNCTION mw_test(x ecdf, y ecdf, method text DEFAULT 'auto') RETURNS mw_result
    AS 'MODULE_PATHNAME', 'synthdq_mw_test'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION mw_test(ecdf, ecdf, text) IS 'Mann-Whitney U test of two distributions; method auto, exact or asymptotic';

CREATE AGGREGATE mw_test(x double precision, y double precision) (
    SFUNC = sample_pair_add,
    STYPE = sample_pair,
    SSPACE = 7168,
    COMBINEFUNC = sample_pair_combine,
    FINALFUNC = mw_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE mw_test(double precision, double precision) IS 'Mann-Whitney U test of two columns';

CREATE AGGREGATE mw_test(x smallint[], y smallint[]) (
    SFUNC = sample_pair_add,
    STYPE = sample_pair,
    SSPACE = 12288,
    COMBINEFUNC = sample_pair_combine,
    FINALFUNC = mw_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE mw_test(smallint[], smallint[]) IS 'Mann-Whitney U test of two columns, over all array elements';

CREATE AGGREGATE mw_test(x integer[], y integer[]) (
    SFUNC = sample_pair_add,
    STYPE = sample_pair,
    SSPACE = 12288,
    COMBINEFUNC = sample_pair_combine,
    FINALFUNC = mw_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE mw_test(integer[], integer[]) IS 'Mann-Whitney U test of two columns, over all array elements';

CREATE AGGREGATE mw_test(x real[], y real[]) (
    SFUNC = sample_pair_add,
    STYPE = sample_pair,
    SSPACE = 40960,
    COMBINEFUNC = sample_pair_combine,
    FINALFUNC = mw_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE mw_test(real[], real[]) IS 'Mann-Whitney U test of two columns, over all array elements';

CREATE AGGREGATE mw_test(x double precision[], y double precision[]) (
    SFUNC = sample_pair_add,
    STYPE = sample_pair,
    SSPACE = 40960,
    COMBINEFUNC = sample_pair_combine,
    FINALFUNC = mw_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE mw_test(double precision[], double precision[]) IS 'Mann-Whitney U test of two columns, over all array elements';

CREATE AGGREGATE mw_test(x double precision, is_synthetic boolean) (
    SFUNC = sample_pair_add,
    STYPE = sample_pair,
    SSPACE = 7168,
    COMBINEFUNC = sample_pair_combine,
    FINALFUNC = mw_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE mw_test(double precision, boolean) IS 'Mann-Whitney U test of labelled rows';

CREATE AGGREGATE mw_test(x smallint[], is_synthetic boolean) (
    SFUNC = sample_pair_add,
    STYPE = sample_pair,
    SSPACE = 12288,
    COMBINEFUNC = sample_pair_combine,
    FINALFUNC = mw_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE mw_test(smallint[], boolean) IS 'Mann-Whitney U test of labelled rows, over all array elements';

CREATE AGGREGATE mw_test(x integer[], is_synthetic boolean) (
    SFUNC = sample_pair_add,
    STYPE = sample_pair,
    SSPACE = 12288,
    COMBINEFUNC = sample_pair_combine,
    FINALFUNC = mw_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE mw_test(integer[], boolean) IS 'Mann-Whitney U test of labelled rows, over all array elements';

CREATE AGGREGATE mw_test(x real[], is_synthetic boolean) (
    SFUNC = sample_pair_add,
    STYPE = sample_pair,
    SSPACE = 40960,
    COMBINEFUNC = sample_pair_combine,
    FINALFUNC = mw_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE mw_test(real[], boolean) IS 'Mann-Whitney U test of labelled rows, over all array elements';

CREATE AGGREGATE mw_test(x double precision[], is_synthetic boolean) (
    SFUNC = sample_pair_add,
    STYPE = sample_pair,
    SSPACE = 40960,
    COMBINEFUNC = sample_pair_combine,
    FINALFUNC = mw_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE mw_test(double precision[], boolean) IS 'Mann-Whitney U test of labelled rows, over all array elements';
