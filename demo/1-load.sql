-- Part 1: images become rows. The client sends each file as a large object, the server reads it.
\ir output.sql
\set QUIET on

\echo
\echo '=== 1. The images, as rows'
\echo
CREATE EXTENSION IF NOT EXISTS synthdq;
DROP TABLE IF EXISTS real, holdout, generated CASCADE;

-- Real digits: the first 10,000 of the MNIST training set, or all 60,000 where the files are there.
\set full `test -f data/full/train-images-idx3-ubyte.gz && test -f data/full/train-labels-idx1-ubyte.gz && echo on || echo off`
\if :full
	\echo 'Loading all 60,000 real digits from data/full ...'
	\lo_import data/full/train-images-idx3-ubyte.gz
	\set images :LASTOID
	\lo_import data/full/train-labels-idx1-ubyte.gz
\else
	\echo 'Loading 10,000 real digits ...'
	\lo_import data/mnist-train-first10k-images-idx3-ubyte.gz
	\set images :LASTOID
	\lo_import data/mnist-train-first10k-labels-idx1-ubyte.gz
\endif
\set labels :LASTOID
CREATE TABLE real AS
SELECT id, label, px
FROM idx_images(lo_get(:images)) JOIN idx_labels(lo_get(:labels)) USING (id);
\lo_unlink :images
\lo_unlink :labels

-- Real digits that the generator never saw: the measure of what "no difference" looks like.
\echo 'Loading 10,000 held-out real digits ...'
\lo_import data/mnist-t10k-images-idx3-ubyte.gz
\set images :LASTOID
\lo_import data/mnist-t10k-labels-idx1-ubyte.gz
\set labels :LASTOID
CREATE TABLE holdout AS
SELECT id, label, px
FROM idx_images(lo_get(:images)) JOIN idx_labels(lo_get(:labels)) USING (id);
\lo_unlink :images
\lo_unlink :labels

-- Three versions of one generator: after 1, 5 and 25 passes over the training set.
\echo 'Loading 10,000 digits of each of three versions of a DCGAN ...'
CREATE TABLE generated (version text, id bigint, label smallint, px smallint[]);
\set version e01
\ir load-version.sql
\set version e05
\ir load-version.sql
\set version e25
\ir load-version.sql

-- The names the questions use: `fake` is the last version, `digits` is everything.
CREATE VIEW fake AS
SELECT id, label, px FROM generated WHERE version = 'e25';

CREATE VIEW digits AS
SELECT 'real' AS source, id, label, px FROM real
UNION ALL
SELECT 'holdout', id, label, px FROM holdout
UNION ALL
SELECT version, id, label, px FROM generated;

ANALYZE real, holdout, generated;

\echo
\set ECHO queries
SELECT source, count(*) AS images, array_dims(min(px)) AS shape, pg_typeof(min(px)) AS type
FROM digits
GROUP BY source
ORDER BY array_position('{real,holdout,e01,e05,e25}', source);
\set ECHO none

-- A picture of a digit, in text: one line for two rows of pixels.
CREATE OR REPLACE FUNCTION picture(px smallint[])
RETURNS TABLE (line int, text text)
LANGUAGE SQL IMMUTABLE PARALLEL SAFE AS $$
	SELECT line, string_agg(substr(' .:-=+*#%@', 1 + (px[2 * line - 1][c] + px[2 * line][c]) / 57, 1), '' ORDER BY c)
	FROM generate_series(2, 13) AS line, generate_series(1, 28) AS c
	GROUP BY line
$$;

\echo 'A real digit, and one of the first and of the last version:'
\echo
\pset tuples_only on
SELECT string_agg(p.text, ' | ' ORDER BY array_position('{real,e01,e25}', source)) AS "picture"
FROM digits, picture(px) AS p
WHERE id = 1 AND source IN ('real', 'e01', 'e25')
GROUP BY p.line
ORDER BY p.line;
\pset tuples_only off
