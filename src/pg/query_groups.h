/*
 * query_groups.h
 *		Runs the query argument of a function over groups: rows of a label and one or two numbers.
 *
 * The query is one SELECT that returns (label, x) or (label, x, y), and runs as query_reader.h says. Labels are of any
 * type with an order, NULL among them; numbers of any type with an implicit cast to double precision. A row in which a
 * number is NULL or NaN is skipped, as aggregates skip it, and makes no group. Errors: another shape of columns, a
 * label that cannot be ordered, a column that is no number, and those of running a query.
 */
#ifndef SYNTHDQ_PG_QUERY_GROUPS_H
#define SYNTHDQ_PG_QUERY_GROUPS_H

#include "postgres.h"

#include "pg/computation.h"

#define QUERY_GROUPS_MAX_NUMBERS 2

/* What is done with a row: its group, by order of appearance, and its numbers, -0 as 0. */
typedef void (*GroupVisitor)(void *argument, size_t group, const float8 *numbers);

/* A group, in the order of labels. */
typedef struct QueryGroup
{
	size_t number; /* as the visitor knows it */
	char *label;   /* as its type writes it; NULL for the NULL label, which is the last */
} QueryGroup;

/* Visit the rows of a query that returns a label and n_numbers numbers called names. Returns the number of groups,
 * and in *groups the groups, in the computation's memory: the same for any order of the rows. */
extern size_t query_read_groups(Computation *computation, const char *query,
								const char *const *names, int n_numbers, GroupVisitor visit,
								void *argument, QueryGroup **groups);

#endif
