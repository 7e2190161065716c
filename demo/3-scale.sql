-- Part 3: the scale trap. A generator gives numbers in [-1, 1], images are stored as 0..255.
\ir output.sql
DROP TABLE IF EXISTS raw;

\echo
\echo '=== 3. The scale trap: the same digits, three answers'
\echo
\echo 'raw holds the output of the generator as it came: tanh, from -1 to 1, for 2,000 digits of e25.'
\echo
\lo_import data/mnist-dcgan-e25-tanh-first2k-f32.npy.gz
\set file :LASTOID
CREATE TABLE raw AS SELECT id, "row" FROM npy_rows(lo_get(:file));
\lo_unlink :file
\set ECHO queries
WITH samples AS (
	SELECT
		(SELECT ecdf(min_max_scale(px, 0, 255)) FROM real) AS real,
		(SELECT ecdf("row") FROM raw) AS as_it_came,
		(SELECT ecdf(min_max_scale("row", -1, 1)) FROM raw) AS scaled,
		(SELECT ecdf(px) FROM real) AS real_bytes,
		(SELECT ecdf(px) FROM fake WHERE id < 2000) AS rounded
)
SELECT comparison,
	round(ks.statistic::numeric, 4) AS "KS D",
	ks.location::numeric(5, 3) AS "at value",
	round(ks.d_plus::numeric, 4) AS "D+",
	round(ks.d_minus::numeric, 4) AS "D-"
FROM samples,
	LATERAL (VALUES
		(1, 'wrong: real in [0, 1], synthetic in [-1, 1]', real, as_it_came),
		(2, 'right: both in [0, 1]', real, scaled),
		(3, 'right: both as 8-bit pixels', real_bytes, rounded)
	) AS pair (position, comparison, x, y),
	ks_test(x, y) AS ks
ORDER BY position;
\set ECHO none
\echo 'How to read it: the first D is large and says nothing about the digits. Black is 0 on one side and'
\echo '-1 on the other, so nearly every synthetic pixel lies below every real one. min_max_scale(px, lo, hi)'
\echo 'maps the stated range lo..hi to 0..1; state the range that the values can take, not the one they happen to'
\echo 'have, so that both sides get the same scale. The rest between the second and the third row is rounding:'
\echo 'a generator paints black as 0.001 where an 8-bit image has exactly 0. Compare what you will store.'
