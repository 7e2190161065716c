-- cluster_agreement, adjusted_rand_index, normalized_mutual_info, cluster_purity: by hand, scikit-learn's example,
-- degenerate groups, all types, formulas in SQL over generated labels, real digits, names that do not matter.

CREATE FUNCTION near(got float8, want float8, tolerance float8 DEFAULT 1e-12) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$ SELECT abs(got - want) <= tolerance $$;

-- Cluster 0 holds a, a, b; cluster 1 holds b, b, b. 4 of the 15 pairs are together in both, 7 in the labels, 6 in
-- the clusters: (4 - 42/15) / (6.5 - 42/15) = 12/37. Purity (2 + 3)/6. Homogeneity: half of the entropy is told.
CREATE TEMP TABLE small (label text, cluster int);
INSERT INTO small VALUES ('a', 0), ('a', 0), ('b', 0), ('b', 1), ('b', 1), ('b', 1);
SELECT near(adjusted_rand_index, 12 / 37.0) AS ari, near(homogeneity, 0.5) AS homogeneity,
    near(completeness, (ln(3) - ln(2) * 2 / 3) / 2 / ln(2)) AS completeness,
    near(normalized_mutual_info, 2 * homogeneity * completeness / (homogeneity + completeness)) AS nmi,
    near(purity, 5 / 6.0) AS purity, n_labels, n_clusters, n
FROM (SELECT (cluster_agreement(label, cluster)).* FROM small) s;
-- Each measure alone is the same number.
SELECT adjusted_rand_index(label, cluster) = (cluster_agreement(label, cluster)).adjusted_rand_index AS ari,
    normalized_mutual_info(label, cluster) = (cluster_agreement(label, cluster)).normalized_mutual_info AS nmi,
    cluster_purity(label, cluster) = (cluster_agreement(label, cluster)).purity AS purity
FROM small;
-- The examples of scikit-learn's documentation.
SELECT near(adjusted_rand_index(l, c), 0.57142857142857) AS ari FROM (VALUES (0, 0), (0, 0), (1, 1), (1, 2)) v(l, c);
SELECT near(adjusted_rand_index(l, c), -0.5) AS ari FROM (VALUES (0, 0), (0, 1), (1, 0), (1, 1)) v(l, c);
SELECT near(adjusted_rand_index(l, c), 0.24242424242424) AS ari, near(normalized_mutual_info(l, c), 0.515803742979) AS nmi
FROM (VALUES (0, 0), (0, 0), (0, 1), (1, 1), (1, 2), (1, 2)) v(l, c);

-- All pairs of types; a number and its digits are the same label.
SELECT cluster_agreement(l, c) = cluster_agreement(l::text, c::text) AS text_text, cluster_agreement(l, c) = cluster_agreement(l::text, c) AS text_int,
    cluster_agreement(l, c) = cluster_agreement(l, c::text) AS int_text, cluster_agreement(l, c) = cluster_agreement(l::smallint, c::bigint) AS others,
    adjusted_rand_index(l::text, c) = adjusted_rand_index(l, c::text) AND adjusted_rand_index(l, c) = adjusted_rand_index(l::text, c::text) AS ari,
    normalized_mutual_info(l::text, c) = normalized_mutual_info(l, c::text) AND normalized_mutual_info(l, c) = normalized_mutual_info(l::text, c::text) AS nmi,
    cluster_purity(l::text, c) = cluster_purity(l, c::text) AND cluster_purity(l, c) = cluster_purity(l::text, c::text) AS purity
FROM (SELECT i % 5 AS l, i % 7 / 2 AS c FROM generate_series(-40, 60) i) s;

-- Degenerate groups, with scikit-learn's conventions.
-- Twelve rows in a table of ones: (0 - 12 * 18 / 66) / (15 - 12 * 18 / 66) = -12/43.
SELECT what, round((r).adjusted_rand_index::numeric, 9) AS ari, (r).normalized_mutual_info AS nmi, (r).homogeneity, (r).completeness,
    round((r).purity::numeric, 9) AS purity, (r).n_labels, (r).n_clusters, (r).n
FROM (SELECT 'one row', cluster_agreement(1, 1)
    UNION ALL SELECT 'one label, one cluster', cluster_agreement('a', 'b') FROM generate_series(1, 9)
    UNION ALL SELECT 'one label, many clusters', cluster_agreement('a', i) FROM generate_series(1, 9) i
    UNION ALL SELECT 'many labels, one cluster', cluster_agreement(i, 'b') FROM generate_series(1, 9) i
    UNION ALL SELECT 'each row alone', cluster_agreement(i, -i) FROM generate_series(1, 9) i
    UNION ALL SELECT 'the same under other names', cluster_agreement(i % 4, 'cluster ' || 3 - i % 4) FROM generate_series(1, 99) i
    UNION ALL SELECT 'independent', cluster_agreement(i % 4, i / 4) FROM generate_series(0, 11) i) v(what, r)
ORDER BY what COLLATE "C";
-- Labels are bytes: no case folding, no trailing spaces ignored.
SELECT (cluster_agreement(l, 1)).n_labels FROM (VALUES ('a'), ('A'), ('a '), ('')) v(l);
-- A NULL label or cluster is not counted; nothing counted is NULL.
SELECT (cluster_agreement(l, c)).n FROM (VALUES ('a', 1), (NULL, 1), ('a', NULL), (NULL, NULL)) v(l, c);
SELECT cluster_agreement(NULL::text, 1) IS NULL AS label, adjusted_rand_index(1, NULL::int) IS NULL AS cluster,
    normalized_mutual_info(1, 1) FILTER (WHERE false) IS NULL AS filtered, cluster_purity(NULL::text, NULL::text) IS NULL AS both;
SELECT cluster_agreement(i, i) IS NULL AS no_rows FROM generate_series(1, 0) i;
SELECT cluster_agreement_final(NULL) IS NULL AS final, cluster_agreement_final('') IS NULL AS empty, adjusted_rand_index_final('') IS NULL AS ari,
    normalized_mutual_info_final('') IS NULL AS nmi, cluster_purity_final('') IS NULL AS purity;

-- 300 groups of generated labels, from independent to equal, against the formulas in SQL.
CREATE TABLE agreement_rows AS
SELECT g, label, CASE WHEN abs(hashint4(g * 1000 + i)) % 10 < g % 11 THEN label ELSE abs(hashint4(-g * 1000 - i)) % (1 + g % 8) END AS cluster
FROM (SELECT g, i, abs(hashint4(g * 7919 + i)) % (1 + g % 9) AS label FROM generate_series(1, 300) g, generate_series(1, 5 + g) i) s;
ANALYZE agreement_rows;
CREATE TEMP TABLE got AS SELECT g, (cluster_agreement(label, cluster)).* FROM agreement_rows GROUP BY g;
CREATE TEMP TABLE cells AS SELECT g, label, cluster, count(*) AS n FROM agreement_rows GROUP BY g, label, cluster;
CREATE TEMP TABLE labels AS SELECT g, label, sum(n) AS n FROM cells GROUP BY g, label;
CREATE TEMP TABLE clusters AS SELECT g, cluster, sum(n) AS n, max(n) AS largest FROM cells GROUP BY g, cluster;
CREATE TEMP TABLE want AS
SELECT g, n.n, (SELECT sum(c.n * (c.n - 1) / 2) FROM cells c WHERE c.g = n.g) AS pairs_both, (SELECT sum(l.n * (l.n - 1) / 2) FROM labels l WHERE l.g = n.g) AS pairs_label,
    (SELECT sum(c.n * (c.n - 1) / 2) FROM clusters c WHERE c.g = n.g) AS pairs_cluster,
    (SELECT sum(largest) FROM clusters c WHERE c.g = n.g) AS largest,
    (SELECT -sum(l.n / n.n * ln(l.n / n.n)) FROM labels l WHERE l.g = n.g)::float8 AS h_label, (SELECT -sum(c.n / n.n * ln(c.n / n.n)) FROM clusters c WHERE c.g = n.g)::float8 AS h_cluster,
    (SELECT sum(c.n / n.n * ln(c.n * n.n / (l.n * k.n))) FROM cells c JOIN labels l USING (g, label) JOIN clusters k USING (g, cluster) WHERE c.g = n.g)::float8 AS information
FROM (SELECT g, sum(n) AS n FROM cells GROUP BY g) n;
SELECT count(*) AS groups, bool_and(got.n = want.n) AS n, bool_and(near(purity, largest / want.n)) AS purity,
    bool_and(near(adjusted_rand_index, CASE WHEN pairs_both = pairs_label AND pairs_both = pairs_cluster THEN 1 ELSE
        (pairs_both - pairs_label * pairs_cluster / (want.n * (want.n - 1) / 2))
        / ((pairs_label + pairs_cluster) / 2 - pairs_label * pairs_cluster / (want.n * (want.n - 1) / 2)) END)) AS ari,
    bool_and(near(normalized_mutual_info, CASE WHEN h_label + h_cluster = 0 THEN 1 ELSE 2 * information / (h_label + h_cluster) END)) AS nmi,
    bool_and(near(homogeneity, CASE WHEN h_label = 0 THEN 1 ELSE information / h_label END)) AS homogeneity,
    bool_and(near(completeness, CASE WHEN h_cluster = 0 THEN 1 ELSE information / h_cluster END)) AS completeness,
    min(adjusted_rand_index) < 0 AS some_negative, bool_or(adjusted_rand_index = 1 AND n_labels > 5) AS some_equal
FROM got JOIN want USING (g);
-- Names do not matter, nor does the side; ARI is equal to the bit.
SELECT bool_and(a.adjusted_rand_index = s.adjusted_rand_index AND a.purity = s.purity AND near(a.normalized_mutual_info, s.normalized_mutual_info)) AS renamed
FROM got a JOIN (SELECT g, (cluster_agreement(md5(label::text), (cluster * 7919 + 5) % 104729)).* FROM agreement_rows GROUP BY g) s USING (g);
SELECT bool_and(a.adjusted_rand_index = s.adjusted_rand_index AND near(a.normalized_mutual_info, s.normalized_mutual_info) AND near(a.homogeneity, s.completeness)
    AND a.n_labels = s.n_clusters) AS swapped
FROM got a JOIN (SELECT g, (cluster_agreement(cluster, label)).* FROM agreement_rows GROUP BY g) s USING (g);
-- Serial is parallel.
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT count(*), bool_and((a.*) IS NOT DISTINCT FROM (b.*)) AS serial_is_parallel
FROM got a JOIN (SELECT g, (cluster_agreement(label, cluster)).* FROM agreement_rows GROUP BY g) b USING (g);
RESET ALL;
DROP TABLE agreement_rows;
-- A window sees a growing state; DISTINCT counts each pair once.
SELECT i, near((cluster_agreement(i % 2, i % 3) OVER (ORDER BY i)).purity, (array[1, 1, 1, 0.75, 0.6, 0.5])[i]) AS growing,
    (cluster_agreement(i % 2, i % 3) OVER (ORDER BY i ROWS 2 PRECEDING)).n AS moving
FROM generate_series(1, 6) i ORDER BY i;
SELECT (cluster_agreement(DISTINCT label, cluster)).n FROM small;

-- Real digits: ten clusters of 1,000 test images find the labels in part.
\set data `echo "${PG_ABS_SRCDIR:-test}/../data"`
\set images :data/mnist-t10k-images-idx3-ubyte.gz
\set labels :data/mnist-t10k-labels-idx1-ubyte.gz
BEGIN;
\lo_import :images
\set loid :LASTOID
CREATE TEMP TABLE digits AS SELECT * FROM idx_images(lo_get(:loid)) WHERE id < 1000;
\lo_unlink :loid
\lo_import :labels
\set loid :LASTOID
CREATE TEMP TABLE digit_labels AS SELECT * FROM idx_labels(lo_get(:loid)) WHERE id < 1000;
\lo_unlink :loid
COMMIT;
SELECT a.adjusted_rand_index BETWEEN 0.3 AND 0.45 AS ari, a.normalized_mutual_info BETWEEN 0.4 AND 0.6 AS nmi, a.purity BETWEEN 0.5 AND 0.7 AS purity, n_labels, n_clusters, n
FROM (SELECT (cluster_agreement(label, cluster)).* FROM kmeans('SELECT id, px FROM digits', 10) JOIN digit_labels USING (id)) a;

-- Errors: what is no label.
\set VERBOSITY sqlstate
SELECT cluster_agreement(1.5, 2);
SELECT adjusted_rand_index(ARRAY[1], 2);
SELECT cluster_agreement_final('("a","x",9223372036854775807)'::label_counts) IS NULL;
-- Many long labels meet the limit of memory.
SET synthdq.max_memory = '1MB';
SELECT cluster_agreement(repeat(i::text, 100), i) FROM generate_series(1, 10000) i;
RESET synthdq.max_memory;
\set VERBOSITY default
DROP FUNCTION near;
