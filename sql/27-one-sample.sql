-- One sample against a law: do the values follow a stated continuous distribution?

-- ---------------------------------------------------------------------------------------------
-- ks_test_1samp: the one-sample Kolmogorov-Smirnov test.
--
-- The law is given by its distribution function F, as an expression beside each value; F_n is the
-- distribution function of the values:
--
--     SELECT (ks_test_1samp(x, 1 - exp(-x))).* FROM waiting_times;                      exponential
--     SELECT (ks_test_1samp(x, least(greatest(x / 255, 0), 1))).* FROM noise;           uniform on 0..255
--     SELECT (ks_test_1samp(x, 1 / (1 + exp(-(x - 3) / 2)))).* FROM scores;             logistic
--
-- Only u = F(x) is kept, as an ecdf. So a stored distribution of u can be tested, merged and tested
-- again: ks_test_1samp(u).
--
-- A row is ignored if x or F(x) is NULL or x is NaN. F(x) outside of [0, 1], or NaN for an x that is a
-- number, is an error. No row: NULL. That F grows with x is not checked.
--
-- d_plus = max(F_n - F), d_minus = max(F - F_n). p_greater belongs to d_plus, small when the values tend to
-- be SMALLER than F has them, p_less to d_minus: scipy's names (scipy.stats.kstest).
--
-- method: 'exact' or 'asymptotic' is the law of p_value; the one-sided p-values are exact unless 'asymptotic'
-- was asked for. 'auto' is exact up to some 3,000 values, and for any number of them where p_value is
-- below 9e-5; an asymptotic p_value is off by less than 1e-8. A statistic of 1 is out of the law's
-- reach: p_value is 0 and log10_p -Infinity.
--
-- p-values are valid for a continuous F that was not fitted to the same rows: parameters estimated from
-- them, as in a mean and a deviation, make all p-values far too large (Lilliefors 1967). Fit on one
-- half, test the other. Where F has jumps, or the values are rounded, p-values are too large as well
-- or, for rounded values, too small.
--
-- Exact: Birnbaum and Tingey 1951 for one side; a recursion over the borders of the band for two, the law
-- of Durbin 1973. Asymptotic: Pelz and Good 1976.
-- ---------------------------------------------------------------------------------------------
CREATE TYPE ks_1samp_result AS (
    statistic double precision,
    p_value double precision,
    log10_p double precision,
    d_plus double precision,
    d_minus double precision,
    p_greater double precision,
    p_less double precision,
    location double precision,
    n bigint,
    method text
);
COMMENT ON TYPE ks_1samp_result IS 'result of the one-sample Kolmogorov-Smirnov test';
COMMENT ON COLUMN ks_1samp_result.statistic IS 'D, the largest distance of the sample''s distribution function and F, between 0 and 1';
COMMENT ON COLUMN ks_1samp_result.p_value IS 'two-sided p-value';
COMMENT ON COLUMN ks_1samp_result.log10_p IS 'decimal logarithm of p_value, also where p_value underflows';
COMMENT ON COLUMN ks_1samp_result.d_plus IS 'max(F_n - F), F_n being the distribution function of the sample';
COMMENT ON COLUMN ks_1samp_result.d_minus IS 'max(F - F_n)';
COMMENT ON COLUMN ks_1samp_result.p_greater IS 'p-value of d_plus: small when the values tend to be smaller than F has them';
COMMENT ON COLUMN ks_1samp_result.p_less IS 'p-value of d_minus: small when the values tend to be larger than F has them';
COMMENT ON COLUMN ks_1samp_result.location IS 'smallest F(x) at which D is attained';
COMMENT ON COLUMN ks_1samp_result.n IS 'observations';
COMMENT ON COLUMN ks_1samp_result.method IS 'law of p_value: exact or asymptotic';

CREATE FUNCTION ks_test_1samp_add(ecdf, x double precision, cdf_of_x double precision) RETURNS ecdf
    AS 'MODULE_PATHNAME', 'synthdq_ks_test_1samp_add'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION ks_test_1samp_add(ecdf, double precision, double precision) IS 'transition function of ks_test_1samp()';

CREATE FUNCTION ks_test_1samp_final(ecdf) RETURNS ks_1samp_result
    AS 'MODULE_PATHNAME', 'synthdq_ks_test_1samp_final'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION ks_test_1samp_final(ecdf) IS 'final function of ks_test_1samp(): NULL if there is no observation';

CREATE FUNCTION ks_test_1samp(u ecdf, method text DEFAULT 'auto') RETURNS ks_1samp_result
    AS 'MODULE_PATHNAME', 'synthdq_ks_test_1samp'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION ks_test_1samp(ecdf, text) IS 'one-sample Kolmogorov-Smirnov test of the distribution of F(x); method auto, exact or asymptotic';

CREATE AGGREGATE ks_test_1samp(x double precision, cdf_of_x double precision) (
    SFUNC = ks_test_1samp_add,
    STYPE = ecdf,
    SSPACE = 4096,
    COMBINEFUNC = ecdf_combine,
    FINALFUNC = ks_test_1samp_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ks_test_1samp(double precision, double precision) IS 'one-sample Kolmogorov-Smirnov test of values against a distribution function';
