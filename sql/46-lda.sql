-- Linear discriminants: what tells labels apart, and what tells synthetic rows from real ones.

-- lda(query, n_components, shrinkage) -> setof (id, components)
-- Coordinates of the rows along the directions in which labels differ most, compared with how much the rows of one
-- label differ among themselves (linear discriminant analysis).
--   query         one SELECT that returns (id, array, label) with an integer id, or (array, label) (id = row number
--                 from 1); arrays as for kmeans(); labels of any type that can be ordered
--   n_components  number of coordinates; if there are fewer, a NOTICE says so: C labels have at most C - 1
--   shrinkage     s, a number between 0 and 1 as text, or 'auto' for Ledoit and Wolf's estimate; see below
--   components    (px - mean) times each component; the rows of one label have the variance 1 along each, and
--                 are uncorrelated; components in descending order of the variance between the labels
-- With S = sum (x - m_c)(x - m_c)' / N over all rows x of labels c with the means m_c, B = sum n_c (m_c - m)(m_c - m)' / N
-- and S' = (1 - s) S + s tr(S)/d I, the components v solve B v = l S' v with v' S' v = 1. The loading of largest
-- magnitude is positive. Pixels that are constant, or nearly, need s > 0; s = 0 gives those of scikit-learn's
-- LinearDiscriminantAnalysis(solver='eigen'). With s > 0 components span the space of its solver='lsqr'.
-- Rows whose array or label is NULL are skipped; a NULL, NaN or infinite element is an error that names the id. No
-- rows: no rows. One label, or labels whose rows are all equal: an error. The same rows give the same result, bit for
-- bit, in any order and for any number of threads.
--   SELECT label, avg(components[1]) FROM lda('SELECT id, px, label FROM real') JOIN real USING (id) GROUP BY label;
-- Source: Fisher, "The use of multiple measurements in taxonomic problems", 1936; Rao, "The utilization of multiple
-- measurements in problems of biological classification", 1948; Ledoit and Wolf, "A well-conditioned estimator for
-- large-dimensional covariance matrices", 2004.
CREATE FUNCTION lda(
    query text,
    n_components integer DEFAULT 2,
    shrinkage text DEFAULT '0.001'
)
RETURNS TABLE (
    id bigint,
    components real[]
)
    AS 'MODULE_PATHNAME', 'synthdq_lda'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION lda(text, integer, text) IS
    'coordinates of the rows of a query along the directions that tell their labels apart';

-- lda(id_type, query, ...): the same for ids of any type that can be ordered; only the type of the first argument
-- matters.
CREATE FUNCTION lda(
    id_type anyelement,
    query text,
    n_components integer DEFAULT 2,
    shrinkage text DEFAULT '0.001'
)
RETURNS TABLE (
    id anyelement,
    components real[]
)
    AS 'MODULE_PATHNAME', 'synthdq_lda'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION lda(anyelement, text, integer, text) IS
    'coordinates along discriminants, with ids of the type of the first argument';

CREATE FUNCTION lda(
    id_type text,
    query text,
    n_components integer DEFAULT 2,
    shrinkage text DEFAULT '0.001'
)
RETURNS TABLE (
    id text,
    components real[]
)
    AS 'MODULE_PATHNAME', 'synthdq_lda'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10000;
COMMENT ON FUNCTION lda(text, text, integer, text) IS 'coordinates along discriminants, with text ids';

-- lda_model: a fit, for lda_transform() and lda_classify(). Everything in units of the data but what says otherwise.
CREATE TYPE lda_model AS (
    labels text[],
    n bigint[],
    means double precision[],
    mean double precision[],
    components double precision[],
    centers double precision[],
    variance double precision[],
    variance_ratio double precision[],
    shrinkage double precision
);
COMMENT ON TYPE lda_model IS 'linear discriminants fitted to labelled rows';
COMMENT ON COLUMN lda_model.labels IS 'the distinct labels, in the order of their type';
COMMENT ON COLUMN lda_model.n IS 'rows of each label';
COMMENT ON COLUMN lda_model.means IS 'mean of the rows of each label, one line each';
COMMENT ON COLUMN lda_model.mean IS 'mean of all rows';
COMMENT ON COLUMN lda_model.components IS 'discriminants, one line each: variance 1 within the labels; the loading of largest magnitude is positive';
COMMENT ON COLUMN lda_model.centers IS 'coordinates of the means along the components, one line for each label';
COMMENT ON COLUMN lda_model.variance IS 'variance between the labels along each component, where that within them is 1; descending';
COMMENT ON COLUMN lda_model.variance_ratio IS 'share of each component in the sum of these variances over all discriminants there are';
COMMENT ON COLUMN lda_model.shrinkage IS 'the shrinkage in use';

-- lda_fit(query, n_components, shrinkage) -> lda_model
-- The discriminants of lda() with the same arguments, to be applied to other rows. No rows: NULL.
--   CREATE TABLE models AS SELECT lda_fit('SELECT id, px, label FROM real', 9) AS model;
CREATE FUNCTION lda_fit(
    query text,
    n_components integer DEFAULT 2,
    shrinkage text DEFAULT '0.001'
) RETURNS lda_model
    AS 'MODULE_PATHNAME', 'synthdq_lda_fit'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000;
COMMENT ON FUNCTION lda_fit(text, integer, text) IS 'linear discriminants of the labelled rows of a query';

-- lda_fit(id_type, query, ...): the same for ids of any type that can be ordered.
CREATE FUNCTION lda_fit(
    id_type anyelement,
    query text,
    n_components integer DEFAULT 2,
    shrinkage text DEFAULT '0.001'
) RETURNS lda_model
    AS 'MODULE_PATHNAME', 'synthdq_lda_fit'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000;
COMMENT ON FUNCTION lda_fit(anyelement, text, integer, text) IS
    'linear discriminants of the labelled rows of a query with ids of the type of the first argument';

CREATE FUNCTION lda_fit(
    id_type text,
    query text,
    n_components integer DEFAULT 2,
    shrinkage text DEFAULT '0.001'
) RETURNS lda_model
    AS 'MODULE_PATHNAME', 'synthdq_lda_fit'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000;
COMMENT ON FUNCTION lda_fit(text, text, integer, text) IS
    'linear discriminants of the labelled rows of a query with text ids';

-- lda_transform(model, px) -> real[]
-- The coordinates of a row: (px - mean) times each component of the model. NULL if an argument is NULL; another length
-- than the model's, a NULL, NaN or infinite element is an error.
--   SELECT id, lda_transform(model, px) FROM fake, models;
CREATE FUNCTION lda_transform(model lda_model, px smallint[]) RETURNS real[]
    AS 'MODULE_PATHNAME', 'synthdq_lda_transform'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION lda_transform(lda_model, smallint[]) IS 'coordinates of an array along discriminants';

CREATE FUNCTION lda_transform(model lda_model, px integer[]) RETURNS real[]
    AS 'MODULE_PATHNAME', 'synthdq_lda_transform'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION lda_transform(lda_model, integer[]) IS 'coordinates of an array along discriminants';

CREATE FUNCTION lda_transform(model lda_model, px real[]) RETURNS real[]
    AS 'MODULE_PATHNAME', 'synthdq_lda_transform'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION lda_transform(lda_model, real[]) IS 'coordinates of an array along discriminants';

CREATE FUNCTION lda_transform(model lda_model, px double precision[]) RETURNS real[]
    AS 'MODULE_PATHNAME', 'synthdq_lda_transform'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION lda_transform(lda_model, double precision[]) IS 'coordinates of an array along discriminants';

-- lda_classify(model, px) -> text
-- The label that a row most likely has, by the coordinates z of lda_transform() and those of the labels' means z_c: the one
-- with the largest ln(n_c) - |z - z_c|^2 / 2, the first of equals. With all discriminants in the model this is the Bayes
-- rule for normal rows of equal covariance, and labels as frequent as in the fit.
--   SELECT label, avg((lda_classify(model, px) = label::text)::int) FROM fake, models GROUP BY label ORDER BY label;
CREATE FUNCTION lda_classify(model lda_model, px smallint[]) RETURNS text
    AS 'MODULE_PATHNAME', 'synthdq_lda_classify'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION lda_classify(lda_model, smallint[]) IS 'most likely label of an array by discriminants';

CREATE FUNCTION lda_classify(model lda_model, px integer[]) RETURNS text
    AS 'MODULE_PATHNAME', 'synthdq_lda_classify'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION lda_classify(lda_model, integer[]) IS 'most likely label of an array by discriminants';

CREATE FUNCTION lda_classify(model lda_model, px real[]) RETURNS text
    AS 'MODULE_PATHNAME', 'synthdq_lda_classify'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION lda_classify(lda_model, real[]) IS 'most likely label of an array by discriminants';

CREATE FUNCTION lda_classify(model lda_model, px double precision[]) RETURNS text
    AS 'MODULE_PATHNAME', 'synthdq_lda_classify'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION lda_classify(lda_model, double precision[]) IS 'most likely label of an array by discriminants';

-- lda_separation_result: what two groups of rows differ by. x is the first label (real), y the second (synthetic).
CREATE TYPE lda_separation_result AS (
    direction real[],
    shrinkage double precision,
    mahalanobis2 double precision,
    auc double precision,
    auc_corrected double precision,
    auc_cross_validated double precision,
    t2 double precision,
    f double precision,
    df_1 double precision,
    df_2 double precision,
    p_value double precision,
    log10_p double precision,
    n_x bigint,
    n_y bigint
);
COMMENT ON TYPE lda_separation_result IS 'linear separation of two groups of rows: direction, AUC, Hotelling''s test';
COMMENT ON COLUMN lda_separation_result.direction IS 'weight of each position, in the shape of the arrays; positive where y is larger, other positions being equal';
COMMENT ON COLUMN lda_separation_result.shrinkage IS 'the shrinkage in use';
COMMENT ON COLUMN lda_separation_result.mahalanobis2 IS 'squared Mahalanobis distance of the means; its root is their distance along direction';
COMMENT ON COLUMN lda_separation_result.auc IS 'AUC of two normal groups at this distance: optimistic, for it was fitted to these rows';
COMMENT ON COLUMN lda_separation_result.auc_corrected IS 'the same without what chance adds to the distance: of the best direction there is';
COMMENT ON COLUMN lda_separation_result.auc_cross_validated IS 'AUC of each half of the rows by the direction of the other; NULL if a half cannot be fitted';
COMMENT ON COLUMN lda_separation_result.t2 IS 'Hotelling''s T squared';
COMMENT ON COLUMN lda_separation_result.f IS 'the F statistic of T squared; NULL if there are too few rows';
COMMENT ON COLUMN lda_separation_result.df_1 IS 'its degrees of freedom: positions that are not constant';
COMMENT ON COLUMN lda_separation_result.df_2 IS 'n_x + n_y - df_1 - 1';
COMMENT ON COLUMN lda_separation_result.p_value IS 'P(F >= f): exact for normal rows if shrinkage is 0, else an upper bound';
COMMENT ON COLUMN lda_separation_result.log10_p IS 'its decimal logarithm, which does not underflow';
COMMENT ON COLUMN lda_separation_result.n_x IS 'rows of the first label';
COMMENT ON COLUMN lda_separation_result.n_y IS 'rows of the second label';

-- lda_separation(query, shrinkage) -> lda_separation_result
-- How well one weighted sum of all positions tells two groups apart, and which sum that is: a picture of what gives the
-- synthetic images away.
--   query      one SELECT that returns (id, array, is_synthetic) or (array, is_synthetic); any labels, two of them
--   shrinkage  as for lda()
-- With S the covariance within the groups (divisor N - 2), shrunk to S' as in lda(), and delta = mean of y - mean of x:
--   mahalanobis2   D^2 = delta' S'^-1 delta
--   direction      S'^-1 delta / D: the rows of a group have the variance 1 along it, the means lie D apart
--   auc            Phi(D / sqrt 2): the chance that a row of y lies further along it than one of x
--   auc_corrected  the same of (N - e - 3)/(N - 2) D^2 - e (1/n_x + 1/n_y), at least 0, e = tr(S'^-1 S): unbiased for
--                  normal rows if s = 0, where e = d; an approximation otherwise. What the best direction reaches, which
--                  is more than the fitted one does
--   auc_cross_validated  what the fitted direction reaches on rows it was not fitted to, with half the rows: of each two
--                  rows of a label, in the order of ids, a coin with a fixed seed deals one to either half; each half is
--                  scored by the other's direction; pairs (x, y) in which y is larger, ties 1/2, over all pairs of
--                  both halves
--   t2, f, p_value Hotelling's test: t2 = n_x n_y / N D^2, f = (1 - s) t2 (N - d' - 1) / (d' (N - 2)), d' the number of
--                  positions that are not constant. For s > 0 an upper bound of the p-value, since S' >= (1 - s) S
-- An AUC of 0.5 says that no weighted sum tells the groups apart; of other differences it says nothing. Copies of rows
-- that fall into both halves deceive the cross-validation. Rows whose array or label is NULL are skipped. No rows:
-- NULL. Other than two labels: an error.
--   SELECT auc_cross_validated, direction
--   FROM lda_separation($$SELECT px, false FROM real UNION ALL SELECT px, true FROM fake$$);
-- Source: Hotelling, "The generalization of Student's ratio", 1931; Lachenbruch and Mickey, "Estimation of error rates in
-- discriminant analysis", 1968.
CREATE FUNCTION lda_separation(
    query text,
    shrinkage text DEFAULT '0.001'
) RETURNS lda_separation_result
    AS 'MODULE_PATHNAME', 'synthdq_lda_separation'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000;
COMMENT ON FUNCTION lda_separation(text, text) IS
    'the direction that separates two groups of rows, the AUC it reaches, and Hotelling''s test';

-- lda_separation(id_type, query, shrinkage): the same for ids of any type that can be ordered. With text ids shrinkage must
-- be stated: two texts are a query and a shrinkage.
--   SELECT * FROM lda_separation(NULL::uuid, 'SELECT id, px, is_synthetic FROM images');
--   SELECT * FROM lda_separation(NULL::text, 'SELECT file, px, is_synthetic FROM images', '0.001');
CREATE FUNCTION lda_separation(
    id_type anyelement,
    query text,
    shrinkage text DEFAULT '0.001'
) RETURNS lda_separation_result
    AS 'MODULE_PATHNAME', 'synthdq_lda_separation'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000;
COMMENT ON FUNCTION lda_separation(anyelement, text, text) IS
    'the direction that separates two groups of rows with ids of the type of the first argument';

CREATE FUNCTION lda_separation(
    id_type text,
    query text,
    shrinkage text
) RETURNS lda_separation_result
    AS 'MODULE_PATHNAME', 'synthdq_lda_separation'
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000;
COMMENT ON FUNCTION lda_separation(text, text, text) IS
    'the direction that separates two groups of rows with text ids';
