-- Agreement of clusters with labels: do clusters that know no labels find them again?
--
--     cluster_agreement(label, cluster) -> cluster_agreement_result   aggregate: all measures in one pass
--     adjusted_rand_index(label, cluster)      -> double precision    aggregates: one of them
--     normalized_mutual_info(label, cluster)   -> double precision
--     cluster_purity(label, cluster)           -> double precision
--
--     SELECT (cluster_agreement(label, cluster)).*
--     FROM kmeans('SELECT id, px FROM real', 10) JOIN real_labels USING (id);
--
-- label and cluster are text or bigint (smaller integers come by themselves, other types by a cast to text). Only
-- which rows are together matters, neither the names nor their order; texts are compared byte by byte, as under
-- the collation "C". A row whose label or cluster is NULL is not counted; no rows give NULL. The numbers of
-- rows in each (label, cluster) are exact, and so merge exactly; memory grows with the number of such pairs, not
-- with that of rows.
--
-- adjusted_rand_index (Hubert and Arabie 1985) looks at pairs of rows: together or apart in both, over what
-- chance would give for clusters of the same sizes. 1: the same partition; 0: as by chance; it may be negative.
-- normalized_mutual_info is 2 I / (H(label) + H(cluster)), 0 to 1, with the mutual information I and the entropies
-- H: the harmonic mean of homogeneity, I / H(label), and completeness, I / H(cluster), also called V-measure
-- (Rosenberg and Hirschberg 2007). Homogeneity is 1 if no cluster mixes labels, completeness if no label is
-- spread over clusters. cluster_purity is the share of rows that bear the most frequent label of their cluster. All but
-- the adjusted Rand index grow with the number of clusters even for random ones; purity and homogeneity reach 1
-- with clusters of one row.
--
-- The values are those of scikit-learn's adjusted_rand_score, normalized_mutual_info_score, homogeneity_score
-- and completeness_score, also where they degenerate: a single label in a single cluster, and a single row,
-- have 1 throughout; a single label in several clusters has homogeneity 1, completeness 0, mutual information 0.
--
-- COST: 10000 for the final functions, as for the tests.

CREATE TYPE cluster_agreement_result AS (
    adjusted_rand_index double precision,
    normalized_mutual_info double precision,
    homogeneity double precision,
    completeness double precision,
    purity double precision,
    n_labels bigint,
    n_clusters bigint,
    n bigint
);
COMMENT ON TYPE cluster_agreement_result IS 'agreement of clusters with labels';
COMMENT ON COLUMN cluster_agreement_result.adjusted_rand_index IS 'pairs of rows together or apart in both, corrected for chance: 1 for equal partitions, 0 by chance';
COMMENT ON COLUMN cluster_agreement_result.normalized_mutual_info IS 'harmonic mean of homogeneity and completeness: 0 to 1';
COMMENT ON COLUMN cluster_agreement_result.homogeneity IS 'mutual information over the entropy of the labels: 1 if no cluster mixes labels';
COMMENT ON COLUMN cluster_agreement_result.completeness IS 'mutual information over the entropy of the clusters: 1 if no label is spread over clusters';
COMMENT ON COLUMN cluster_agreement_result.purity IS 'share of rows that bear the most frequent label of their cluster';
COMMENT ON COLUMN cluster_agreement_result.n_labels IS 'distinct labels';
COMMENT ON COLUMN cluster_agreement_result.n_clusters IS 'distinct clusters';
COMMENT ON COLUMN cluster_agreement_result.n IS 'rows with a label and a cluster';

CREATE FUNCTION label_counts_add(label_counts, label text, cluster bigint) RETURNS label_counts
    AS 'MODULE_PATHNAME', 'synthdq_label_counts_add_text_int8'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION label_counts_add(label_counts, text, bigint) IS 'transition function of cluster_agreement()';

CREATE FUNCTION label_counts_add(label_counts, label bigint, cluster bigint) RETURNS label_counts
    AS 'MODULE_PATHNAME', 'synthdq_label_counts_add_int8_int8'
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION label_counts_add(label_counts, bigint, bigint) IS 'transition function of cluster_agreement()';

CREATE FUNCTION cluster_agreement_final(label_counts) RETURNS cluster_agreement_result
    AS 'MODULE_PATHNAME', 'synthdq_cluster_agreement_final'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION cluster_agreement_final(label_counts) IS 'final function of cluster_agreement(): NULL if nothing was counted';

CREATE AGGREGATE cluster_agreement(label text, cluster bigint) (
    SFUNC = label_counts_add,
    STYPE = label_counts,
    SSPACE = 8192,
    COMBINEFUNC = label_counts_combine,
    FINALFUNC = cluster_agreement_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE cluster_agreement(text, bigint) IS 'agreement of clusters with labels: all measures';

CREATE AGGREGATE cluster_agreement(label bigint, cluster bigint) (
    SFUNC = label_counts_add,
    STYPE = label_counts,
    SSPACE = 8192,
    COMBINEFUNC = label_counts_combine,
    FINALFUNC = cluster_agreement_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE cluster_agreement(bigint, bigint) IS 'agreement of clusters with labels: all measures';

CREATE AGGREGATE cluster_agreement(label text, cluster text) (
    SFUNC = label_counts_add,
    STYPE = label_counts,
    SSPACE = 2048,
    COMBINEFUNC = label_counts_combine,
    FINALFUNC = cluster_agreement_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE cluster_agreement(text, text) IS 'agreement of clusters with labels: all measures';

CREATE AGGREGATE cluster_agreement(label bigint, cluster text) (
    SFUNC = label_counts_add,
    STYPE = label_counts,
    SSPACE = 8192,
    COMBINEFUNC = label_counts_combine,
    FINALFUNC = cluster_agreement_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE cluster_agreement(bigint, text) IS 'agreement of clusters with labels: all measures';

CREATE FUNCTION adjusted_rand_index_final(label_counts) RETURNS double precision
    AS 'MODULE_PATHNAME', 'synthdq_adjusted_rand_index_final'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION adjusted_rand_index_final(label_counts) IS 'final function of adjusted_rand_index(): NULL if nothing was counted';

CREATE AGGREGATE adjusted_rand_index(label text, cluster bigint) (
    SFUNC = label_counts_add,
    STYPE = label_counts,
    SSPACE = 8192,
    COMBINEFUNC = label_counts_combine,
    FINALFUNC = adjusted_rand_index_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE adjusted_rand_index(text, bigint) IS 'adjusted Rand index of clusters and labels: 1 for equal partitions, 0 by chance';

CREATE AGGREGATE adjusted_rand_index(label bigint, cluster bigint) (
    SFUNC = label_counts_add,
    STYPE = label_counts,
    SSPACE = 8192,
    COMBINEFUNC = label_counts_combine,
    FINALFUNC = adjusted_rand_index_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE adjusted_rand_index(bigint, bigint) IS 'adjusted Rand index of clusters and labels: 1 for equal partitions, 0 by chance';

CREATE AGGREGATE adjusted_rand_index(label text, cluster text) (
    SFUNC = label_counts_add,
    STYPE = label_counts,
    SSPACE = 2048,
    COMBINEFUNC = label_counts_combine,
    FINALFUNC = adjusted_rand_index_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE adjusted_rand_index(text, text) IS 'adjusted Rand index of clusters and labels: 1 for equal partitions, 0 by chance';

CREATE AGGREGATE adjusted_rand_index(label bigint, cluster text) (
    SFUNC = label_counts_add,
    STYPE = label_counts,
    SSPACE = 8192,
    COMBINEFUNC = label_counts_combine,
    FINALFUNC = adjusted_rand_index_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE adjusted_rand_index(bigint, text) IS 'adjusted Rand index of clusters and labels: 1 for equal partitions, 0 by chance';

CREATE FUNCTION normalized_mutual_info_final(label_counts) RETURNS double precision
    AS 'MODULE_PATHNAME', 'synthdq_normalized_mutual_info_final'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION normalized_mutual_info_final(label_counts) IS 'final function of normalized_mutual_info(): NULL if nothing was counted';

CREATE AGGREGATE normalized_mutual_info(label text, cluster bigint) (
    SFUNC = label_counts_add,
    STYPE = label_counts,
    SSPACE = 8192,
    COMBINEFUNC = label_counts_combine,
    FINALFUNC = normalized_mutual_info_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE normalized_mutual_info(text, bigint) IS 'normalised mutual information of clusters and labels: 0 to 1';

CREATE AGGREGATE normalized_mutual_info(label bigint, cluster bigint) (
    SFUNC = label_counts_add,
    STYPE = label_counts,
    SSPACE = 8192,
    COMBINEFUNC = label_counts_combine,
    FINALFUNC = normalized_mutual_info_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE normalized_mutual_info(bigint, bigint) IS 'normalised mutual information of clusters and labels: 0 to 1';

CREATE AGGREGATE normalized_mutual_info(label text, cluster text) (
    SFUNC = label_counts_add,
    STYPE = label_counts,
    SSPACE = 2048,
    COMBINEFUNC = label_counts_combine,
    FINALFUNC = normalized_mutual_info_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE normalized_mutual_info(text, text) IS 'normalised mutual information of clusters and labels: 0 to 1';

CREATE AGGREGATE normalized_mutual_info(label bigint, cluster text) (
    SFUNC = label_counts_add,
    STYPE = label_counts,
    SSPACE = 8192,
    COMBINEFUNC = label_counts_combine,
    FINALFUNC = normalized_mutual_info_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE normalized_mutual_info(bigint, text) IS 'normalised mutual information of clusters and labels: 0 to 1';

CREATE FUNCTION cluster_purity_final(label_counts) RETURNS double precision
    AS 'MODULE_PATHNAME', 'synthdq_cluster_purity_final'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION cluster_purity_final(label_counts) IS 'final function of cluster_purity(): NULL if nothing was counted';

CREATE AGGREGATE cluster_purity(label text, cluster bigint) (
    SFUNC = label_counts_add,
    STYPE = label_counts,
    SSPACE = 8192,
    COMBINEFUNC = label_counts_combine,
    FINALFUNC = cluster_purity_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE cluster_purity(text, bigint) IS 'share of rows that bear the most frequent label of their cluster';

CREATE AGGREGATE cluster_purity(label bigint, cluster bigint) (
    SFUNC = label_counts_add,
    STYPE = label_counts,
    SSPACE = 8192,
    COMBINEFUNC = label_counts_combine,
    FINALFUNC = cluster_purity_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE cluster_purity(bigint, bigint) IS 'share of rows that bear the most frequent label of their cluster';

CREATE AGGREGATE cluster_purity(label text, cluster text) (
    SFUNC = label_counts_add,
    STYPE = label_counts,
    SSPACE = 2048,
    COMBINEFUNC = label_counts_combine,
    FINALFUNC = cluster_purity_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE cluster_purity(text, text) IS 'share of rows that bear the most frequent label of their cluster';

CREATE AGGREGATE cluster_purity(label bigint, cluster text) (
    SFUNC = label_counts_add,
    STYPE = label_counts,
    SSPACE = 8192,
    COMBINEFUNC = label_counts_combine,
    FINALFUNC = cluster_purity_final,
    FINALFUNC_MODIFY = READ_ONLY,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE cluster_purity(bigint, text) IS 'share of rows that bear the most frequent label of their cluster';
