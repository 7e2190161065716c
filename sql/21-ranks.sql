-- Tests of ranks beyond two independent samples: more samples than two, and pairs.
--
-- NULL and NaN are ignored and not counted; infinities are the ends of the order; equality is exact.
-- p_value and log10_p: see 20-tests.sql.

-- ---------------------------------------------------------------------------------------------
-- kruskal_test: the Kruskal-Wallis test. Do k samples have one distribution?
--
-- All values are ranked together, ties by their mean rank, and H measures how far the samples' mean
-- ranks lie apart. The p-value is that of chi-squared with k - 1 degrees of freedom, which H roughly follows
-- for samples of five or more values. For fewer it is too large: three samples of three that do not overlap
-- at all have .0273, where counting all assignments would give 6/1680 = .0036. The effect size epsilon_squared = h / (n - 1) is 0 where all mean
-- ranks are equal and at most 1; with tens of thousands of rows it is the number to watch. For two
-- samples h is the square of mw_test's z. To learn which samples differ: dunn_test().
--
--     SELECT (kruskal_test(array_agg(e))).*
--     FROM (SELECT ecdf(ink) AS e FROM digits GROUP BY label) g;
--
-- The time is that of k times the number of distinct values: some thousands of samples are fine.
-- Empty and NULL samples are left out; NULL if fewer than two are left. All values equal: h = 0,
-- p_value = 1. An array of any number of dimensions is read in storage order.
--
-- Source: Kruskal and Wallis 1952, with their correction for ties; scipy.stats.kruskal and R's
-- kruskal.test give the same numbers.
-- ---------------------------------------------------------------------------------------------
CREATE TYPE kruskal_result AS (
    h double precision,
    p_value double precision,
    log10_p double precision,
    df bigint,
    epsilon_squared double precision,
    k bigint,
    n bigint,
    method text
);
COMMENT ON TYPE kruskal_result IS 'result of the Kruskal-Wallis test';
COMMENT ON COLUMN kruskal_result.h IS 'H, corrected for ties; 0 if all values are equal';
COMMENT ON COLUMN kruskal_result.p_value IS 'p-value of H';
COMMENT ON COLUMN kruskal_result.log10_p IS 'decimal logarithm of p_value, also where p_value underflows';
COMMENT ON COLUMN kruskal_result.df IS 'degrees of freedom, k - 1';
COMMENT ON COLUMN kruskal_result.epsilon_squared IS 'effect size h / (n - 1), between 0 and 1';
COMMENT ON COLUMN kruskal_result.k IS 'samples that are not empty';
COMMENT ON COLUMN kruskal_result.n IS 'observations in all samples';
COMMENT ON COLUMN kruskal_result.method IS 'law of the p-value: asymptotic';

CREATE FUNCTION kruskal_test(samples ecdf[]) RETURNS kruskal_result
    AS 'MODULE_PATHNAME', 'synthdq_kruskal_test'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION kruskal_test(ecdf[]) IS 'Kruskal-Wallis test of many distributions: have they all the same location?';

-- ---------------------------------------------------------------------------------------------
-- dunn_test: Dunn's comparisons after Kruskal-Wallis. Which of k samples differ?
--
-- One row for each pair of samples that are not empty. group_a < group_b are positions in the array,
-- from 1. mean_rank_difference is the mean rank of a less that of b, among the ranks of ALL samples:
-- positive when the values of a tend to be larger. z divides it by its standard deviation, corrected for
-- ties; p_value is two-sided and normal; p_adjusted takes the number of pairs into account (see
-- p_adjust()): 'bh' (default), 'by', 'holm', 'bonferroni' or 'none'.
--
--     WITH g AS (
--         SELECT array_agg(label ORDER BY label) AS labels, array_agg(e ORDER BY label) AS samples
--         FROM (SELECT label, ecdf(ink) AS e FROM digits GROUP BY label) s)
--     SELECT labels[group_a], labels[group_b], z, p_adjusted
--     FROM g, dunn_test(samples) ORDER BY p_adjusted;
--
-- No rows if fewer than two samples are not empty. All values equal: z = 0, p_value = 1.
--
-- Source: Dunn 1964, with the correction for ties.
-- ---------------------------------------------------------------------------------------------
CREATE FUNCTION dunn_test(samples ecdf[], adjust text DEFAULT 'bh')
RETURNS TABLE (
    group_a integer,
    group_b integer,
    mean_rank_difference double precision,
    z double precision,
    p_value double precision,
    log10_p double precision,
    p_adjusted double precision,
    log10_p_adjusted double precision
)
    AS 'MODULE_PATHNAME', 'synthdq_dunn_test'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 50;
COMMENT ON FUNCTION dunn_test(ecdf[], text) IS 'Dunn''s test of each pair of distributions, with p-values adjusted for the number of pairs';

-- ---------------------------------------------------------------------------------------------
-- wilcoxon_test: the Wilcoxon signed rank test. Do paired values differ, in one direction?
--
-- For pairs (x, y) of one object: two versions of a generator over the same seeds, a score before and
-- after. Real and synthetic images are not paired; for them there is mw_test. The differences x - y are
-- ranked by absolute value, and the ranks of the positive and of the negative ones are added up.
--
--     SELECT (wilcoxon_test(a.score, b.score)).* FROM version_a a JOIN version_b b USING (seed);
--
-- p_greater is small when x tends to be LARGER than y, as in scipy.stats.wilcoxon; the statistic there
-- is least(w_plus, w_minus) for two sides, in R it is w_plus. z is signed, without continuity correction
-- (scipy's default; R's is another). effect = (w_plus - w_minus) / (w_plus + w_minus) is the rank biserial
-- correlation, between -1 and 1.
--
-- A pair with a NULL or NaN is ignored and not counted, as are two equal infinities, which have no
-- difference; other infinite differences rank last, tied. Differences are those of double precision:
-- 0.3 - 0.2 and 0.2 - 0.1 are not equal. Where ties and zeros should count as such, round first:
-- wilcoxon_test(round((x - y)::numeric, 6)::double precision, 0).
--
-- zero_method says what a difference of 0 is:
--     'wilcox'  nothing: it is dropped before ranking (default)
--     'pratt'   it is ranked with the others, and its rank then dropped
--     'zsplit'  it is ranked, and one half of its rank goes to either side
-- method: 'auto' is exact for up to 50 ranked differences, 'exact' counts all signs (given the ties
-- and zeros; up to some 3000 differences), 'asymptotic' is normal, with correction for ties and zeros.
-- (For 'zsplit' that is scipy's variance, which counts zeros as if they had a sign.)
--
-- No pair: NULL. No difference but 0: p_value = 1, z = 0, and effect is NULL unless zeros are split. Ten
-- pairs cannot give a p-value below .00195, five none below .0625.
--
--     SELECT wilcoxon_test('{-1:3,1:1}'::ecdf);     -- w_plus 2.5, w_minus 7.5, p_value 0.625
--
-- Source: Wilcoxon 1945, Pratt 1959, Cureton 1967; rank biserial correlation: Kerby 2014.
-- ---------------------------------------------------------------------------------------------
CREATE TYPE wilcoxon_result AS (
    w_plus double precision,
    w_minus double precision,
    p_value double precision,
    log10_p double precision,
    p_greater double precision,
    p_less double precision,
    z double precision,
    effect double precision,
    n bigint,
    n_ranked bigint,
    n_zeros bigint,
    method text
);
COMMENT ON TYPE wilcoxon_result IS 'result of the Wilcoxon signed rank test';
COMMENT ON COLUMN wilcoxon_result.w_plus IS 'sum of the ranks of positive differences';
COMMENT ON COLUMN wilcoxon_result.w_minus IS 'sum of the ranks of negative differences';
COMMENT ON COLUMN wilcoxon_result.p_value IS 'two-sided p-value';
COMMENT ON COLUMN wilcoxon_result.log10_p IS 'decimal logarithm of p_value, also where p_value underflows';
COMMENT ON COLUMN wilcoxon_result.p_greater IS 'p-value of P(W+ >= w_plus): small when differences tend to be positive';
COMMENT ON COLUMN wilcoxon_result.p_less IS 'p-value of P(W+ <= w_plus): small when differences tend to be negative';
COMMENT ON COLUMN wilcoxon_result.z IS '(w_plus - mean) / sigma, corrected for ties and zeros, no continuity correction; 0 if all differences are 0';
COMMENT ON COLUMN wilcoxon_result.effect IS '(w_plus - w_minus) / (w_plus + w_minus), between -1 and 1; NULL if both are 0';
COMMENT ON COLUMN wilcoxon_result.n IS 'pairs, or differences';
COMMENT ON COLUMN wilcoxon_result.n_ranked IS 'differences that were ranked: without zeros for zero_method wilcox';
COMMENT ON COLUMN wilcoxon_result.n_zeros IS 'differences that are 0';
COMMENT ON COLUMN wilcoxon_result.method IS 'law of the p-values: exact or asymptotic';

-- wilcoxon_state: what wilcoxon_test() has collected. Merges exactly. It is held in memory as a whole, for
-- the ranks are read from the zeros outwards in both directions.
CREATE TYPE wilcoxon_state;

CREATE FUNCTION wilcoxon_state_in(cstring) RETURNS wilcoxon_state
    AS 'MODULE_PATHNAME', 'synthdq_wilcoxon_state_in'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION wilcoxon_state_in(cstring) IS 'input function of type wilcoxon_state';

CREATE FUNCTION wilcoxon_state_out(wilcoxon_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'synthdq_wilcoxon_state_out'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION wilcoxon_state_out(wilcoxon_state) IS 'output function of type wilcoxon_state';

CREATE FUNCTION wilcoxon_state_recv(internal) RETURNS wilcoxon_state
    AS 'MODULE_PATHNAME', 'synthdq_wilcoxon_state_recv'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION wilcoxon_state_recv(internal) IS 'receive function of type wilcoxon_state';

CREATE FUNCTION wilcoxon_state_send(wilcoxon_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'synthdq_wilcoxon_state_send'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION wilcoxon_state_send(wilcoxon_state) IS 'send function of type wilcoxon_state';

CREATE TYPE wilcoxon_state (
    INPUT = wilcoxon_state_in,
    OUTPUT = wilcoxon_state_out,
    RECEIVE = wilcoxon_state_recv,
    SEND = wilcoxon_state_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE wilcoxon_state IS 'state of the aggregate wilcoxon_test: differences, and how to test them';

CREATE FUNCTION wilcoxon_state_add(wilcoxon_state, x double precision, y double precision)
    RETURNS wilcoxon_state
    AS 'MODULE_PATHNAME', 'synthdq_wilcoxon_add'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION wilcoxon_state_add(wilcoxon_state, double precision, double precision) IS 'transition function of wilcoxon_test()';

CREATE FUNCTION wilcoxon_state_add(
    wilcoxon_state,
    x double precision,
    y double precision,
    zero_method text,
    method text
)
    RETURNS wilcoxon_state
    AS 'MODULE_PATHNAME', 'synthdq_wilcoxon_add'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION wilcoxon_state_add(wilcoxon_state, double precision, double precision, text, text) IS 'transition function of wilcoxon_test()';

CREATE FUNCTION wilcoxon_state_combine(wilcoxon_state, wilcoxon_state) RETURNS wilcoxon_state
    AS 'MODULE_PATHNAME', 'synthdq_wilcoxon_state_combine'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION wilcoxon_state_combine(wilcoxon_state, wilcoxon_state) IS 'combine function of wilcoxon_test()';

CREATE FUNCTION wilcoxon_final(wilcoxon_state) RETURNS wilcoxon_result
    AS 'MODULE_PATHNAME', 'synthdq_wilcoxon_final'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION wilcoxon_final(wilcoxon_state) IS 'final function of wilcoxon_test(): NULL if there is no pair';

CREATE FUNCTION wilcoxon_test(
    differences ecdf,
    zero_method text DEFAULT 'wilcox',
    method text DEFAULT 'auto'
) RETURNS wilcoxon_result
    AS 'MODULE_PATHNAME', 'synthdq_wilcoxon_test'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION wilcoxon_test(ecdf, text, text) IS 'Wilcoxon signed rank test of the distribution of differences; zero_method wilcox, pratt or zsplit; method auto, exact or asymptotic';

CREATE AGGREGATE wilcoxon_test(x double precision, y double precision) (
    SFUNC = wilcoxon_state_add,
    STYPE = wilcoxon_state,
    SSPACE = 4096,
    COMBINEFUNC = wilcoxon_state_combine,
    FINALFUNC = wilcoxon_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE wilcoxon_test(double precision, double precision) IS 'Wilcoxon signed rank test of pairs';

CREATE AGGREGATE wilcoxon_test(
    x double precision,
    y double precision,
    zero_method text,
    method text
) (
    SFUNC = wilcoxon_state_add,
    STYPE = wilcoxon_state,
    SSPACE = 4096,
    COMBINEFUNC = wilcoxon_state_combine,
    FINALFUNC = wilcoxon_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE wilcoxon_test(double precision, double precision, text, text) IS 'Wilcoxon signed rank test of pairs; zero_method wilcox, pratt or zsplit; method auto, exact or asymptotic';
