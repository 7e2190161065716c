-- Part 2: Kolmogorov-Smirnov and Mann-Whitney, real against synthetic, beside real against real.
\ir output.sql
DROP TABLE IF EXISTS pixels, ink;

\echo
\echo '=== 2. Do real and synthetic pixels have the same distribution?'
\echo
\echo 'The question in one statement. x is the real sample, y the synthetic one.'
\echo
\set ECHO queries
SELECT ks_test(real.px, fake.px) FROM real FULL JOIN fake USING (id);
\set ECHO none
\echo 'The same with its fields by name, and Mann-Whitney:'
\echo
\pset expanded on
\set ECHO queries
SELECT (ks_test(real.px, fake.px)).* FROM real FULL JOIN fake USING (id);
SELECT (mw_test(real.px, fake.px)).* FROM real FULL JOIN fake USING (id);
\set ECHO none
\pset expanded off
\echo 'How to read it: "statistic" is D, the largest gap between the two cumulative distributions,'
\echo 'found at the pixel value "location". auc is the chance that a real pixel is brighter than a'
\echo 'synthetic one (ties count half); cliffs_delta is 2 auc - 1, zero when neither side is brighter.'
\echo 'With millions of pixels every p-value is next to zero; and the pixels of one image depend on each'
\echo 'other, so it is not even a fair one. The effect sizes answer the question: is D large?'

\echo
\echo '--- Large compared with what? Each version beside held-out real digits'
\echo
\echo 'Build once, merge, ask: one stored distribution for each source and digit, then no image is read again.'
\echo
\set ECHO queries
CREATE TABLE pixels AS
SELECT source, label, ecdf(px) AS px
FROM digits
GROUP BY source, label;

WITH merged AS (
	SELECT source, ecdf(px) AS px FROM pixels GROUP BY source
)
SELECT y.source AS "real against",
	round(ks.statistic::numeric, 4) AS "KS D",
	ks.location AS "at pixel",
	round(ks.log10_p::numeric) AS "log10 p (KS)",
	round(mw.auc::numeric, 4) AS auc,
	round(mw.cliffs_delta::numeric, 4) AS "Cliff's delta",
	round(mw.log10_p::numeric) AS "log10 p (MW)",
	round(mean(y.px)::numeric, 2) AS "mean pixel"
FROM merged AS x, merged AS y,
	ks_test(x.px, y.px) AS ks,
	mw_test(x.px, y.px) AS mw
WHERE x.source = 'real' AND y.source <> 'real'
ORDER BY array_position('{holdout,e01,e05,e25}', y.source);
\set ECHO none
\echo 'How to read it: the holdout row is what two samples of real digits give. A version is good on this'
\echo 'measure when its D comes near that row. Even there p is tiny: at these sizes p answers nothing. A D that'
\echo 'is found at pixel 0 means that one side has more pixels of exact black: a generator paints borders softly.'

\echo
\echo '--- One number per image: here a p-value means what it says'
\echo
\echo 'Images do not depend on each other as the pixels of one image do. So test the mean pixel of each ("ink").'
\echo
\set ECHO queries
CREATE TABLE ink AS
SELECT source, id, label, (SELECT avg(value)::float8 FROM unnest(px) AS value) AS ink
FROM digits;

WITH images AS (
	SELECT source, ecdf(ink) AS ink FROM ink GROUP BY source
)
SELECT y.source AS "real against",
	n(y.ink) AS images,
	round(ks.statistic::numeric, 4) AS "KS D",
	ks.p_value::numeric(8, 6) AS "p (KS)",
	round(ks.log10_p::numeric, 1) AS "log10 p",
	ks.method,
	round(mw.cliffs_delta::numeric, 4) AS "Cliff's delta",
	mw.p_value::numeric(8, 6) AS "p (MW)"
FROM images AS x, images AS y,
	ks_test(x.ink, y.ink) AS ks,
	mw_test(x.ink, y.ink) AS mw
WHERE x.source = 'real' AND y.source <> 'real'
ORDER BY array_position('{holdout,e01,e05,e25}', y.source);
\set ECHO none
\echo 'How to read it: two sets of real images may differ a little too, since their writers differ. A p-value'
\echo 'says how surprising a gap would be if both sides were drawn from one source. It does not say how large'
\echo 'the gap is, nor that the images are good: pictures of noise can have the right ink.'
