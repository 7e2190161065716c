-- Part 5: k-means on the real digits; every digit gets its cluster and its distance from a border.
\ir output.sql
DROP TABLE IF EXISTS centers, clustered CASCADE;

\echo
\echo '=== 5. How many digits are ambiguous?'
\echo
\echo 'k-means on the real digits alone, then every digit is given to its nearest centre. margin is'
\echo '(d2 - d1) / (d2 + d1) for the distances to the nearest and the second nearest centre: 1 at a centre,'
\echo '0 on the border between two clusters.'
\echo
\echo 'Computing ...'
SET synthdq.progress = notice;
SET client_min_messages = notice;
\set ECHO queries
CREATE TABLE centers AS
SELECT * FROM kmeans_centers('SELECT id, px FROM real', k => 10, seed => 0);

CREATE TABLE clustered AS
SELECT source, id, label, nearest.*
FROM digits,
	(SELECT array_agg(center ORDER BY cluster) AS centers FROM centers) AS fitted,
	nearest_center(px, centers) AS nearest;
\set ECHO none
SET client_min_messages = warning;
\echo
\echo 'The clusters, the digits that make up a fifth or more of each, and how many images of each source fall into it:'
\echo
\set ECHO queries
CREATE VIEW cluster_names AS
SELECT cluster, string_agg(label::text, ' ' ORDER BY rows DESC) AS digits
FROM (
	SELECT cluster, label, count(*) AS rows, sum(count(*)) OVER (PARTITION BY cluster) AS size
	FROM clustered
	WHERE source = 'real'
	GROUP BY cluster, label
) AS counted
WHERE rows >= 0.2 * size
GROUP BY cluster;

SELECT cluster, digits,
	count(*) FILTER (WHERE source = 'real') AS real,
	count(*) FILTER (WHERE source = 'holdout') AS holdout,
	count(*) FILTER (WHERE source = 'e01') AS e01,
	count(*) FILTER (WHERE source = 'e05') AS e05,
	count(*) FILTER (WHERE source = 'e25') AS e25
FROM clustered JOIN cluster_names USING (cluster)
GROUP BY cluster, digits
ORDER BY cluster;
\set ECHO none
\echo 'How to read it: a cluster that is much emptier on a synthetic side is a kind of digit that the generator'
\echo 'neglects. k-means finds shapes, not digits: some digits share a cluster, others have two.'
\echo
\echo '--- The share of ambiguous digits'
\echo
\echo 'Ambiguous means: nearer to a border than 95 % of the held-out real digits are.'
\echo
\set ECHO queries
CREATE VIEW border AS
SELECT percentile_cont(0.05) WITHIN GROUP (ORDER BY margin) AS margin
FROM clustered
WHERE source = 'holdout';

SELECT source,
	round(100.0 * count(*) FILTER (WHERE clustered.margin < border.margin) / count(*), 2) AS "ambiguous, %",
	round(avg(clustered.margin)::numeric, 4) AS "mean margin",
	round(avg(distance)::numeric) AS "mean distance"
FROM clustered, border
GROUP BY source
ORDER BY array_position('{real,holdout,e01,e05,e25}', source);
\set ECHO none
\echo 'How to read it: 5 % is the holdout by definition; the real rows have less, for the centres were fitted to'
\echo 'them. More on a synthetic side means digits between two kinds, such as a 7 that is half a 9. A mean distance'
\echo 'far below the real one would mean the opposite fault: digits nearer to the average than handwriting is.'
\echo
\echo 'Between which digits do they lie? The pairs of clusters with the most ambiguous digits of e25:'
\echo
\set ECHO queries
SELECT least(a.digits, b.digits) AS "one side", greatest(a.digits, b.digits) AS "other side",
	count(*) FILTER (WHERE source = 'e25') AS e25,
	count(*) FILTER (WHERE source = 'holdout') AS holdout
FROM clustered
JOIN border ON clustered.margin < border.margin
JOIN cluster_names AS a USING (cluster)
JOIN cluster_names AS b ON b.cluster = second_cluster
GROUP BY 1, 2
ORDER BY e25 DESC, 1, 2
LIMIT 5;
\set ECHO none
\echo
\echo 'The three e25 digits with the smallest margin:'
\echo
\pset tuples_only on
WITH ambiguous AS (
	SELECT row_number() OVER (ORDER BY margin, id) AS place, id
	FROM clustered
	WHERE source = 'e25'
	ORDER BY margin, id
	LIMIT 3
)
SELECT string_agg(p.text, ' | ' ORDER BY place) AS "picture"
FROM ambiguous JOIN fake USING (id), picture(px) AS p
GROUP BY p.line
ORDER BY p.line;
\pset tuples_only off
