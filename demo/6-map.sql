-- Part 6: one t-SNE map of real, held-out and synthetic digits, kept as a table.
-- :map_rows digits of each source; more take longer.
\ir output.sql
\if :{?map_rows}
\else
	\set map_rows 2000
\endif
DROP TABLE IF EXISTS map, map_rows CASCADE;

\echo
\echo '=== 6. One map of real and synthetic digits'
\echo
\echo 't-SNE places digits that look alike next to each other. All sides must be in ONE map: two maps fitted apart'
\echo 'have nothing in common, and comparing their coordinates compares two accidents.'
\echo 'The digits are drawn by a hash, since files have an order (the first half of the holdout is the neater one).'
\echo 'The ids are dealt out by a hash too, so the map cannot know which rows are synthetic.'
\echo
\echo 'Computing ...'
SET synthdq.progress = notice;
SET client_min_messages = notice;
\set ECHO queries
CREATE TABLE map_rows AS
SELECT row_number() OVER (ORDER BY md5(source || source_id)) AS id, source, source_id, px
FROM (
	SELECT source, id AS source_id, px,
		row_number() OVER (PARTITION BY source ORDER BY md5(id || source)) AS place
	FROM digits
	WHERE source IN ('real', 'holdout', 'e01', 'e25')
) AS drawn
WHERE place <= :map_rows;

CREATE TABLE map AS
SELECT map_rows.id, map_rows.source, source_id, label, x, y, cluster, second_cluster, margin
FROM tsne('SELECT id, px FROM map_rows', perplexity => 30, seed => 0) AS placed
JOIN map_rows USING (id)
JOIN clustered ON clustered.source = map_rows.source AND clustered.id = map_rows.source_id;
\set ECHO none
SET client_min_messages = warning;
ANALYZE map;
\echo
\echo 'The table has plain columns, so any BI tool can plot it: x and y as axes, source or label as colour.'
\echo
\set ECHO queries
SELECT id, source, label, round(x::numeric, 2) AS x, round(y::numeric, 2) AS y, cluster,
	round(margin::numeric, 3) AS margin
FROM map
ORDER BY id
LIMIT 5;
\set ECHO none

\echo '--- The tests of the study, on the coordinates of the common map'
\echo
\set ECHO queries
WITH samples AS (
	SELECT source, ecdf(x) AS x, ecdf(y) AS y FROM map GROUP BY source
)
SELECT s.source AS "real against",
	axis,
	round(ks.statistic::numeric, 4) AS "KS D",
	ks.p_value::numeric(8, 6) AS "p (KS)",
	round(ks.log10_p::numeric, 1) AS "log10 p",
	round(mw.cliffs_delta::numeric, 4) AS "Cliff's delta",
	mw.p_value::numeric(8, 6) AS "p (MW)"
FROM samples AS r, samples AS s,
	LATERAL (VALUES ('x', r.x, s.x), ('y', r.y, s.y)) AS axes (axis, a, b),
	ks_test(a, b) AS ks,
	mw_test(a, b) AS mw
WHERE r.source = 'real' AND s.source <> 'real'
ORDER BY array_position('{holdout,e01,e25}', s.source), axis;
\set ECHO none
\echo 'How to read it: the map was made without knowing the sources, so under "both sides are alike" any digit'
\echo 'could have carried either name, and these p-values hold for this map. A small D does not prove that the'
\echo 'sides are alike: a map shows neighbourhoods, and two tests on two axes see only part of them.'

\echo
\echo '--- Where each digit lies: the most frequent label in each cell of the map'
\echo
\pset tuples_only on
WITH bounds AS (
	SELECT min(x) AS x_min, max(x) AS x_max, min(y) AS y_min, max(y) AS y_max FROM map
), cells AS (
	SELECT width_bucket(x, x_min, x_max + 1e-9, 64) AS c, width_bucket(y, y_min, y_max + 1e-9, 26) AS r,
		mode() WITHIN GROUP (ORDER BY label) AS label, count(*) AS n
	FROM map, bounds
	GROUP BY c, r
)
SELECT string_agg(coalesce(label::text, ' '), '' ORDER BY c) AS line
FROM generate_series(1, 64) AS c
CROSS JOIN generate_series(1, 26) AS r
LEFT JOIN cells USING (c, r)
GROUP BY r
ORDER BY r DESC;
\pset tuples_only off
