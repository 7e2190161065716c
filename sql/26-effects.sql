-- Effects with their certainty, and equivalence: how large is the difference between the real sample x
-- and the synthetic sample y, and is it certain to be small?
--
-- A test answers "is there any difference?", and with many rows the answer is always yes. These
-- functions answer "how large is it, at least and at most?" (the intervals) and "is it smaller than
-- what I care about?" (same_within). "Not significant" is no answer to the second question;
-- "same = true" is one, and it is wrong with a chance of at most alpha.
--
-- All are plain functions of two stored distributions, in one pass over them. What needs only D takes the
-- result of a ks_test as well, and so applies to the aggregates:
--
--     SELECT label, (ks_interval(ks_test(px, is_synthetic))).* FROM digits GROUP BY label;
--
-- NULL and NaN are ignored and not counted when distributions are built. An empty side gives NULL, as does
-- any NULL argument. Intervals take the observations for independent; pooled pixels are not.
--
-- COST: 1000 for a fold over two distributions of some size, 10 where only D is used.

-- ---------------------------------------------------------------------------------------------
-- ks_interval: bounds of the largest distance of the two distribution functions.
--
-- d is the distance D of the samples; that of the populations lies between d_low and d_high with a
-- certainty of 1 - alpha or more, for any distributions, ties and sizes: d -+ (e_x + e_y), e = sqrt(ln(4 /
-- alpha) / (2 n)), clipped to [0, 1]. d_low > 0 is evidence of a difference, and says of which size.
--
--     SELECT (ks_interval('{1:60,2:40}'::ecdf, '{1:20,2:80}'::ecdf)).d_low;     -- 0.1039
--
-- Source: Dvoretzky, Kiefer and Wolfowitz 1956 with the constant of Massart 1990.
-- ---------------------------------------------------------------------------------------------
CREATE TYPE ks_interval_result AS (
    d double precision,
    d_low double precision,
    d_high double precision,
    alpha double precision,
    n_x bigint,
    n_y bigint
);
COMMENT ON TYPE ks_interval_result IS 'bounds of the largest distance of two distribution functions';
COMMENT ON COLUMN ks_interval_result.d IS 'D of the samples, the statistic of ks_test()';
COMMENT ON COLUMN ks_interval_result.d_low IS 'lower bound of the true distance, at least 0';
COMMENT ON COLUMN ks_interval_result.d_high IS 'upper bound of the true distance, at most 1';
COMMENT ON COLUMN ks_interval_result.alpha IS 'chance that the true distance lies outside, at most';
COMMENT ON COLUMN ks_interval_result.n_x IS 'observations of x';
COMMENT ON COLUMN ks_interval_result.n_y IS 'observations of y';

CREATE FUNCTION ks_interval(x ecdf, y ecdf, alpha double precision DEFAULT 0.05)
    RETURNS ks_interval_result
    AS 'MODULE_PATHNAME', 'synthdq_ks_interval'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION ks_interval(ecdf, ecdf, double precision) IS 'bounds of the largest distance of two distribution functions';

CREATE FUNCTION ks_interval(result ks_result, alpha double precision DEFAULT 0.05)
    RETURNS ks_interval_result
    AS 'MODULE_PATHNAME', 'synthdq_ks_interval_of_result'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION ks_interval(ks_result, double precision) IS 'bounds of the largest distance of two distribution functions, from the result of ks_test()';

-- ---------------------------------------------------------------------------------------------
-- ks_same_within: is the largest distance of the two distribution functions at most margin?
--
-- same is true if d_high <= margin. If the true distance is above the margin, that happens with a chance
-- of at most alpha. d_high = d + e_x + e_y, e = sqrt(ln(2 / alpha) / (2 n)): an upper bound on its own needs
-- less than the interval of ks_interval(), since for the claim to be wrong each sample must err in one
-- direction only. It is safe for any distributions, and wide: with 6,000 observations a side
-- e_x + e_y is .035. same = false means "not shown", not "different".
--
--     SELECT (ks_same_within(x.e, y.e, 0.05)).same FROM x, y;
-- ---------------------------------------------------------------------------------------------
CREATE TYPE ks_same_result AS (
    same boolean,
    d double precision,
    d_high double precision,
    margin double precision,
    alpha double precision,
    n_x bigint,
    n_y bigint
);
COMMENT ON TYPE ks_same_result IS 'is the distance of two distribution functions within a margin?';
COMMENT ON COLUMN ks_same_result.same IS 'true: the distance is at most margin; false: that is not shown';
COMMENT ON COLUMN ks_same_result.d IS 'D of the samples, the statistic of ks_test()';
COMMENT ON COLUMN ks_same_result.d_high IS 'one-sided upper bound of the true distance';
COMMENT ON COLUMN ks_same_result.margin IS 'largest distance that counts as the same';
COMMENT ON COLUMN ks_same_result.alpha IS 'chance that same is true though the distance is larger, at most';
COMMENT ON COLUMN ks_same_result.n_x IS 'observations of x';
COMMENT ON COLUMN ks_same_result.n_y IS 'observations of y';

CREATE FUNCTION ks_same_within(
    x ecdf,
    y ecdf,
    margin double precision,
    alpha double precision DEFAULT 0.05
) RETURNS ks_same_result
    AS 'MODULE_PATHNAME', 'synthdq_ks_same_within'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION ks_same_within(ecdf, ecdf, double precision, double precision) IS 'is the distance of two distribution functions at most margin, at level alpha?';

CREATE FUNCTION ks_same_within(
    result ks_result,
    margin double precision,
    alpha double precision DEFAULT 0.05
) RETURNS ks_same_result
    AS 'MODULE_PATHNAME', 'synthdq_ks_same_within_of_result'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION ks_same_within(ks_result, double precision, double precision) IS 'is the distance in the result of ks_test() at most margin, at level alpha?';

-- ---------------------------------------------------------------------------------------------
-- auc_interval: the chance that a real value is larger than a synthetic one, with its bounds.
--
-- auc = P(X > Y) + P(X = Y) / 2 and cliffs_delta = 2 auc - 1 are those of mw_test(). The interval is
-- symmetric in ln(auc / (1 - auc)), so it stays within (0, 1); it is made for large samples (from some
-- 20 a side). magnitude names the size of cliffs_delta by the usual bands: below .147 negligible, .33
-- small, .474 medium, else large. Where fewer than some 20 values differ from one that all others have, the
-- interval is too narrow, whatever n. The bounds are NULL where no variance can be estimated: auc is 0 or
-- 1, all values are equal, or a side has one observation.
--
--     SELECT (auc_interval(x.e, y.e)).* FROM x, y;
--
-- Source: the variance of DeLong, DeLong and Clarke-Pearson 1988; bands: Romano et al. 2006.
-- ---------------------------------------------------------------------------------------------
CREATE TYPE auc_interval_result AS (
    auc double precision,
    auc_low double precision,
    auc_high double precision,
    std_error double precision,
    cliffs_delta double precision,
    delta_low double precision,
    delta_high double precision,
    magnitude text,
    confidence double precision,
    n_x bigint,
    n_y bigint
);
COMMENT ON TYPE auc_interval_result IS 'chance that x is larger than y, with its confidence interval';
COMMENT ON COLUMN auc_interval_result.auc IS 'P(X > Y) + P(X = Y) / 2';
COMMENT ON COLUMN auc_interval_result.auc_low IS 'lower bound of auc; NULL without a variance';
COMMENT ON COLUMN auc_interval_result.auc_high IS 'upper bound of auc';
COMMENT ON COLUMN auc_interval_result.std_error IS 'standard error of auc; NULL if a side has one observation';
COMMENT ON COLUMN auc_interval_result.cliffs_delta IS '2 auc - 1, positive when x tends to be larger';
COMMENT ON COLUMN auc_interval_result.delta_low IS 'lower bound of cliffs_delta';
COMMENT ON COLUMN auc_interval_result.delta_high IS 'upper bound of cliffs_delta';
COMMENT ON COLUMN auc_interval_result.magnitude IS 'negligible, small, medium or large: the size of cliffs_delta';
COMMENT ON COLUMN auc_interval_result.confidence IS 'chance that the interval holds the true auc';
COMMENT ON COLUMN auc_interval_result.n_x IS 'observations of x';
COMMENT ON COLUMN auc_interval_result.n_y IS 'observations of y';

CREATE FUNCTION auc_interval(x ecdf, y ecdf, confidence double precision DEFAULT 0.95)
    RETURNS auc_interval_result
    AS 'MODULE_PATHNAME', 'synthdq_auc_interval'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION auc_interval(ecdf, ecdf, double precision) IS 'chance that x is larger than y, with its confidence interval';

-- ---------------------------------------------------------------------------------------------
-- auc_same_within: does neither side tend to be larger, within a margin?
--
-- same is true if the auc is certain to lie within 1/2 -+ margin: two one-sided tests, each at level
-- alpha, by auc -+ (h + sqrt(z^2 variance + h^2)), h = (z^2 + 1) / (4 min(n_x, n_y)), z the normal quantile of
-- alpha (auc_low, auc_high). If the true auc lies outside, same is true with a chance of about alpha or
-- less, also where nearly all values are the same, as in the margin of an image, for which auc_interval() is
-- too narrow. Where no variance can be estimated the bounds are those of ks_same_within(), which always
-- hold: a constant that is the same on both sides is the same, given enough observations.
-- A margin of .0735 is the upper end of "negligible" (cliffs_delta .147).
--
--     SELECT (auc_same_within(x.e, y.e, 0.02)).same FROM x, y;
--
-- Source: Schuirmann 1987 (two one-sided tests); the bounds are score intervals, as in Wilson 1927.
-- ---------------------------------------------------------------------------------------------
CREATE TYPE auc_same_result AS (
    same boolean,
    auc double precision,
    auc_low double precision,
    auc_high double precision,
    margin double precision,
    alpha double precision,
    n_x bigint,
    n_y bigint
);
COMMENT ON TYPE auc_same_result IS 'is the chance that x is larger than y within a margin of one half?';
COMMENT ON COLUMN auc_same_result.same IS 'true: auc is within 1/2 -+ margin; false: that is not shown';
COMMENT ON COLUMN auc_same_result.auc IS 'P(X > Y) + P(X = Y) / 2';
COMMENT ON COLUMN auc_same_result.auc_low IS 'lower bound of auc, wrong with a chance of alpha';
COMMENT ON COLUMN auc_same_result.auc_high IS 'upper bound of auc, wrong with a chance of alpha';
COMMENT ON COLUMN auc_same_result.margin IS 'largest distance of auc from 1/2 that counts as the same, up to 0.5';
COMMENT ON COLUMN auc_same_result.alpha IS 'chance that same is true though the auc lies outside';
COMMENT ON COLUMN auc_same_result.n_x IS 'observations of x';
COMMENT ON COLUMN auc_same_result.n_y IS 'observations of y';

CREATE FUNCTION auc_same_within(
    x ecdf,
    y ecdf,
    margin double precision,
    alpha double precision DEFAULT 0.05
) RETURNS auc_same_result
    AS 'MODULE_PATHNAME', 'synthdq_auc_same_within'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION auc_same_within(ecdf, ecdf, double precision, double precision) IS 'is the chance that x is larger than y within a margin of one half, at level alpha?';

-- ---------------------------------------------------------------------------------------------
-- brunner_munzel_test: does one side tend to be larger, whatever the spreads?
--
-- mw_test's law supposes that without a tendency the two distributions are the same; where their
-- spreads differ, its p-values can be wrong. This test does not. statistic = (auc - 1/2) / its standard
-- error, referred to Student's law with df degrees of freedom: an approximation for 10 observations a
-- side or more.
--
-- Signs are those of mw_test: statistic > 0 and p_greater small when x tends to be LARGER. scipy
-- (scipy.stats.brunnermunzel) and R report the statistic with the other sign, and the same p-values. auc =
-- P(X > Y) + P(X = Y) / 2; the relative effect of R is 1 - auc.
--
-- Without a variance there is no such law: if all values are equal, statistic = 0 and p_value = 1; if the
-- samples do not overlap, statistic is infinite and the p-values are exact, 2 (p_greater, p_less: 1) out of
-- all assignments, where scipy has NaN; if a side has one observation, statistic and p-values are NULL.
--
--     SELECT (brunner_munzel_test(x.e, y.e)).* FROM x, y;
--
-- Source: Brunner and Munzel 2000; Neubert and Brunner 2007 (permutation law).
-- ---------------------------------------------------------------------------------------------
CREATE TYPE brunner_munzel_result AS (
    statistic double precision,
    p_value double precision,
    log10_p double precision,
    p_greater double precision,
    p_less double precision,
    df double precision,
    auc double precision,
    n_x bigint,
    n_y bigint,
    method text
);
COMMENT ON TYPE brunner_munzel_result IS 'result of the Brunner-Munzel test';
COMMENT ON COLUMN brunner_munzel_result.statistic IS '(auc - 1/2) / its standard error: positive when x tends to be larger';
COMMENT ON COLUMN brunner_munzel_result.p_value IS 'two-sided p-value';
COMMENT ON COLUMN brunner_munzel_result.log10_p IS 'decimal logarithm of p_value, also where p_value underflows';
COMMENT ON COLUMN brunner_munzel_result.p_greater IS 'one-sided p-value: small when x tends to be larger';
COMMENT ON COLUMN brunner_munzel_result.p_less IS 'one-sided p-value: small when x tends to be smaller';
COMMENT ON COLUMN brunner_munzel_result.df IS 'degrees of freedom of Student''s law; NULL without a variance';
COMMENT ON COLUMN brunner_munzel_result.auc IS 'P(X > Y) + P(X = Y) / 2';
COMMENT ON COLUMN brunner_munzel_result.n_x IS 'observations of x';
COMMENT ON COLUMN brunner_munzel_result.n_y IS 'observations of y';
COMMENT ON COLUMN brunner_munzel_result.method IS 'law of the p-values: asymptotic (Student''s), or exact for samples without variance';

CREATE FUNCTION brunner_munzel_test(x ecdf, y ecdf) RETURNS brunner_munzel_result
    AS 'MODULE_PATHNAME', 'synthdq_brunner_munzel_test'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION brunner_munzel_test(ecdf, ecdf) IS 'Brunner-Munzel test of two distributions: does one tend to be larger, whatever the spreads?';
