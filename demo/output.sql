-- How the parts print: read by each of them first.
\set ON_ERROR_STOP on
\set SHOW_CONTEXT never
\set ECHO none
\pset footer off
\pset border 1
\pset linestyle ascii
\pset null '-'
SET client_min_messages = warning;
