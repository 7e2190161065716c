-- synthdq: quality of synthetic data, in SQL. Built from the fragments in sql/, in install order.

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION synthdq" to load this file. \quit
