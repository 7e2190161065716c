-- Part 8: other questions to the same stored distributions: where, how far, and is it little enough?
\ir output.sql
DROP TABLE IF EXISTS vectors, pixel_tests;

\echo
\echo '=== 8. Where do they differ, by how much, and is it little enough?'
\echo
\echo '--- Where: one test for each pixel'
\echo
\echo 'One pass over the images builds 784 distributions for each source, which take some hundred kilobytes.'
\echo
\set ECHO queries
CREATE TABLE vectors AS
SELECT source, ecdf_vector(px) AS px
FROM digits
GROUP BY source;

CREATE TABLE pixel_tests AS
SELECT y.source, test.*
FROM vectors AS x, vectors AS y, ks_tests(x.px, y.px, width => 28) AS test
WHERE x.source = 'real' AND y.source <> 'real';

SELECT source AS "real against",
	round(max(statistic)::numeric, 3) AS "largest D",
	count(*) FILTER (WHERE statistic > 0.05) AS "pixels with D > .05",
	count(*) FILTER (WHERE p_adjusted < 0.05) AS "with p < .05, adjusted",
	round(avg(zeros_x)::numeric, 3) AS "black, real",
	round(avg(zeros_y)::numeric, 3) AS "black, other"
FROM pixel_tests
GROUP BY source
ORDER BY array_position('{holdout,e01,e05,e25}', source);
\set ECHO none
\echo 'D of each pixel, real against held-out real (left) and against e25 (right); @ is .3 and more:'
\echo
\pset tuples_only on
WITH lines AS (
	SELECT source, "row",
		string_agg(repeat(substr(' .:-=+*#%@', 1 + least(9, 30 * statistic)::int, 1), 2), '' ORDER BY col) AS line
	FROM pixel_tests
	GROUP BY source, "row"
)
SELECT l.line || '|' || r.line
FROM lines AS l JOIN lines AS r USING ("row")
WHERE l.source = 'holdout' AND r.source = 'e25'
ORDER BY "row";
\pset tuples_only off
\echo 'How to read it: the picture of the holdout is what chance and other writers make of it. Dense marks in the'
\echo 'middle mean strokes of another thickness or darkness; marks where no digit reaches mean stray ink.'

\echo
\echo '--- How far: distances and measures of drift'
\echo
\set ECHO queries
WITH merged AS (
	SELECT source, ecdf(px) AS px FROM pixels GROUP BY source
)
SELECT y.source AS "real against",
	round(w.distance::numeric, 2) AS "Wasserstein, grey levels",
	round(w.distance_over_sd_x::numeric, 4) AS "in real sd",
	round(e.distance::numeric, 4) AS energy,
	round(d.psi::numeric, 4) AS "PSI",
	round(d.hellinger::numeric, 4) AS "Hellinger",
	round(d.total_variation::numeric, 4) AS "total variation"
FROM merged AS x, merged AS y,
	wasserstein(x.px, y.px) AS w, energy_distance(x.px, y.px) AS e, drift(x.px, y.px) AS d
WHERE x.source = 'real' AND y.source <> 'real'
ORDER BY array_position('{holdout,e01,e05,e25}', y.source);
\set ECHO none

\echo '--- Little enough? One number per image, and a margin chosen before'
\echo
\echo '"Not significant" is no answer; "at most the margin, at level .05" is one.'
\echo
\set ECHO queries
WITH images AS (
	SELECT source, ecdf(ink) AS ink FROM ink GROUP BY source
)
SELECT y.source AS "real against",
	round(a.auc::numeric, 4) AS auc,
	round(a.auc_low::numeric, 4) AS low,
	round(a.auc_high::numeric, 4) AS high,
	a.magnitude,
	s.same AS "auc within .05",
	round(i.d::numeric, 4) AS "D",
	round(i.d_low::numeric, 4) AS "D at least",
	round(i.d_high::numeric, 4) AS "D at most",
	k.same AS "D within .1"
FROM images AS x, images AS y,
	auc_interval(x.ink, y.ink) AS a, auc_same_within(x.ink, y.ink, 0.05) AS s,
	ks_interval(x.ink, y.ink) AS i, ks_same_within(x.ink, y.ink, 0.1) AS k
WHERE x.source = 'real' AND y.source <> 'real'
ORDER BY array_position('{holdout,e01,e05,e25}', y.source);
\set ECHO none

\echo '--- Labels: are all digits made as often as they occur?'
\echo
\set ECHO queries
SELECT v.source AS "real against",
	round(test.statistic::numeric) AS "chi-squared",
	test.df,
	round(test.log10_p::numeric, 1) AS "log10 p",
	round(test.cramers_v_corrected::numeric, 4) AS "Cramer's V",
	test.small_expected AS "small cells"
FROM (VALUES ('holdout'), ('e01'), ('e05'), ('e25')) AS v (source),
	LATERAL (
		SELECT (chi2_test(label, d.source <> 'real')).*
		FROM digits AS d
		WHERE d.source IN ('real', v.source)
	) AS test
ORDER BY array_position('{holdout,e01,e05,e25}', v.source);
\set ECHO none
\echo 'How to read it: an early version makes some digits too seldom; Cramer''s V is the effect size, 0 to 1.'

\echo '--- Versions against each other: paired by digit'
\echo
\echo 'The same ten digits, measured in two versions, are pairs: the signed rank test is made for them.'
\echo
\set ECHO queries
WITH distances AS (
	SELECT y.label, y.source, (wasserstein(x.px, y.px)).distance
	FROM pixels AS x JOIN pixels AS y USING (label)
	WHERE x.source = 'real' AND y.source IN ('e05', 'e25')
)
SELECT count(*) AS digits,
	round(avg(e05.distance)::numeric, 2) AS "distance, e05",
	round(avg(e25.distance)::numeric, 2) AS "distance, e25",
	(wilcoxon_test(e05.distance, e25.distance)).w_plus,
	(wilcoxon_test(e05.distance, e25.distance)).w_minus,
	(wilcoxon_test(e05.distance, e25.distance)).p_value::numeric(8, 6),
	(wilcoxon_test(e05.distance, e25.distance)).method
FROM distances AS e05 JOIN distances AS e25 USING (label)
WHERE e05.source = 'e05' AND e25.source = 'e25';
\set ECHO none
\echo 'How to read it: with ten pairs the smallest possible p is .00195, when all ten digits agree.'
