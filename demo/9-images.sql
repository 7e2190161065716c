-- Part 9: whole images instead of single pixels: copies, what real digits cannot be made of, what gives the
-- synthetic ones away.
\ir output.sql
DROP TABLE IF EXISTS covariances, reduced, nearness, separations, lacking CASCADE;

\echo
\echo '=== 9. Whole images: copies, strange strokes, and what gives synthetic digits away'
\echo
\echo '--- Copies: how far is the nearest real digit, and the nearest of the same source?'
\echo
\echo 'The same query twice, and no row is its own neighbor.'
\echo
\set ECHO queries
CREATE TABLE nearness AS
SELECT source, id, r.distance AS to_real, o.distance AS to_own
FROM (VALUES ('holdout'), ('e25')) AS s (source),
	format('SELECT id, px FROM digits WHERE source = %L', source) AS images,
	knn(images, 'SELECT id, px FROM real', 1) AS r JOIN knn(images, images, 1) AS o USING (id);

SELECT source,
	count(*) FILTER (WHERE to_real = 0) AS copies,
	round(min(to_real)::numeric) AS "nearest real, min",
	round(percentile_cont(0.01) WITHIN GROUP (ORDER BY to_real)::numeric) AS "1 %",
	round(percentile_cont(0.5) WITHIN GROUP (ORDER BY to_real)::numeric) AS median,
	round(min(to_own)::numeric) AS "nearest own, min",
	round(percentile_cont(0.01) WITHIN GROUP (ORDER BY to_own)::numeric) AS "1 %",
	round(percentile_cont(0.5) WITHIN GROUP (ORDER BY to_own)::numeric) AS median
FROM nearness
GROUP BY source
ORDER BY source DESC;
\set ECHO none
\echo 'How to read it: a generator that repeats its training images has a nearest real digit at distances that held-out'
\echo 'digits do not have; one that repeats itself has a nearest one of its own at such distances.'

\echo
\echo '--- Strange strokes: what components of real digits cannot represent'
\echo
\echo 'Sums for each digit, united into one model without reading a row again; parts of a table of any size will do.'
\echo
\set ECHO queries
CREATE TABLE covariances AS
SELECT label, covariance(px) AS c FROM real GROUP BY label;

CREATE TABLE reduced AS
SELECT pca_fit(covariance(c), 50) AS model FROM covariances;

CREATE TABLE lacking AS
SELECT source, id, pca_error(model, px) AS error
FROM digits, reduced
WHERE source IN ('holdout', 'e25');

SELECT digits AS cluster,
	round(avg(error) FILTER (WHERE source = 'holdout')::numeric) AS "error, holdout",
	round(avg(error) FILTER (WHERE source = 'e25')::numeric) AS "e25",
	round(1 - (mw_test(error, source = 'e25')).auc::numeric, 3) AS "e25 larger",
	round(avg(to_real) FILTER (WHERE source = 'holdout')::numeric) AS "to real, holdout",
	round(avg(to_real) FILTER (WHERE source = 'e25')::numeric) AS "e25",
	round(1 - (mw_test(to_real, source = 'e25')).auc::numeric, 3) AS "e25 larger"
FROM lacking
JOIN nearness USING (source, id)
JOIN clustered USING (source, id)
JOIN cluster_names USING (cluster)
GROUP BY cluster, digits
ORDER BY (mw_test(error, source = 'e25')).auc, cluster;
\set ECHO none
\echo 'How to read it: "e25 larger" is the chance that a synthetic digit has the larger error, or lies farther from its'
\echo 'nearest real digit, than a held-out one of the same cluster of part 5: .5 is no difference. The first lines are'
\echo 'the kinds of digits to look at.'
\echo
\echo 'The two e25 digits with the largest error, each beside what 50 real components make of it:'
\echo
\pset tuples_only on
WITH strange AS (
	SELECT row_number() OVER (ORDER BY error DESC, id) AS place, px
	FROM lacking JOIN fake USING (id)
	WHERE source = 'e25'
	ORDER BY place
	LIMIT 2
), images AS (
	SELECT 2 * place AS place, px FROM strange
	UNION ALL
	SELECT 2 * place + 1, (
		SELECT array_agg(pixels ORDER BY "row")
		FROM (
			SELECT (i - 1) / 28 AS "row", array_agg(least(greatest(pixel, 0), 255)::smallint ORDER BY i) AS pixels
			FROM unnest(pca_inverse(model, pca_transform(model, px))) WITH ORDINALITY AS kept (pixel, i)
			GROUP BY 1
		) AS rows
	)
	FROM strange, reduced
)
SELECT string_agg(p.text, ' | ' ORDER BY place) AS "picture"
FROM images, picture(px) AS p
GROUP BY p.line
ORDER BY p.line;
\pset tuples_only off

\echo '--- What gives them away? The weighted sum of pixels that tells both sides apart best'
\echo
\set ECHO queries
CREATE TABLE separations AS
SELECT source, s.*
FROM (VALUES ('holdout'), ('e25')) AS v (source),
	lda_separation(format('SELECT px, source <> ''real'' FROM digits WHERE source IN (''real'', %L)', source)) AS s;

SELECT source AS "real against",
	round(auc::numeric, 3) AS "auc, rows of the fit",
	round(auc_corrected::numeric, 3) AS "auc, corrected",
	round(auc_cross_validated::numeric, 3) AS "auc, other rows",
	array_dims(direction) AS direction
FROM separations
ORDER BY source DESC;
\set ECHO none
\echo 'How to read it: take the last auc: it is what a weighted sum that was fitted to half the digits reaches on the'
\echo 'other half. .5 means that no such sum tells the sides apart.'
\echo
\echo 'The weights for the holdout (left) and for e25 (right): + and # where a synthetic digit is brighter, - and = where'
\echo 'it is darker, other pixels being equal:'
\echo
\pset tuples_only on
WITH weights AS (
	SELECT source, (i - 1) / 28 AS "row", (i - 1) % 28 AS col, weight / max(abs(weight)) OVER (PARTITION BY source) AS weight
	FROM separations, unnest(direction) WITH ORDINALITY AS d (weight, i)
), lines AS (
	SELECT source, "row",
		string_agg(repeat(substr('=- +#', 1 + width_bucket(weight, '{-0.4,-0.1,0.1,0.4}'::float8[]), 1), 2), '' ORDER BY col)
			AS line
	FROM weights
	GROUP BY source, "row"
)
SELECT l.line || '|' || r.line
FROM lines AS l JOIN lines AS r USING ("row")
WHERE l.source = 'holdout' AND r.source = 'e25'
ORDER BY "row";
\pset tuples_only off
\echo 'How to read it: hardly visible in a digit, but every second row and column of e25 has weights of the other'
\echo 'sign: the grid that a network leaves which doubles the size of its pictures by transposed convolutions. The'
\echo 'holdout has no such order.'
