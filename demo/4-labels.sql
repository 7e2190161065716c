-- Part 4: the same test for every label, by GROUP BY.
\ir output.sql

\echo
\echo '=== 4. Which digits are worse than others?'
\echo
\echo 'Labelled rows: the second argument says which rows are synthetic. Labels of the synthetic digits are'
\echo 'the predictions of a classifier.'
\echo
\set ECHO queries
SELECT label AS digit,
	count(*) FILTER (WHERE source = 'real') AS "n real",
	count(*) FILTER (WHERE source = 'e25') AS "n e25",
	round((ks_test(px, source <> 'real') FILTER (WHERE source IN ('real', 'holdout'))).statistic::numeric, 4)
		AS "D holdout",
	round((ks_test(px, source <> 'real') FILTER (WHERE source IN ('real', 'e25'))).statistic::numeric, 4)
		AS "D e25",
	round((mw_test(px, source <> 'real') FILTER (WHERE source IN ('real', 'holdout'))).cliffs_delta::numeric, 4)
		AS "delta holdout",
	round((mw_test(px, source <> 'real') FILTER (WHERE source IN ('real', 'e25'))).cliffs_delta::numeric, 4)
		AS "delta e25"
FROM digits
WHERE source IN ('real', 'holdout', 'e25')
GROUP BY label
ORDER BY label;
\set ECHO none
\echo 'How to read it: compare the two D columns of one line, and the lines with each other: the digits with the'
\echo 'largest D are the ones to look at first. delta below 0: a synthetic pixel tends to be brighter than a real one'
\echo 'of that digit; above 0: darker. With about 1,000 images of a digit, the holdout D is larger than in part 2.'
