-- The study: how good are the digits of a DCGAN, compared with the real ones they stand in for?
--
-- `make demo` runs it in a server of its own. On a server of yours, with the extension installed:
--
--     createdb study
--     psql -X -d study -f demo/study.sql          (from the top directory: it reads data/)
--
-- Each part prints what it asks, the SQL, the answer and how to read it. The parts build on the
-- tables of the parts before them.

\set ON_ERROR_STOP on
\ir 1-load.sql
\ir 2-tests.sql
\ir 3-scale.sql
\ir 4-labels.sql
\ir 5-clusters.sql
\ir 6-map.sql
\ir 7-density.sql
\ir 8-more.sql
\ir 9-images.sql
