/*
 * query_labels.h
 *		A column of labels as classes: the distinct labels, and which of them each row has.
 */
#ifndef SYNTHDQ_PG_QUERY_LABELS_H
#define SYNTHDQ_PG_QUERY_LABELS_H

#include "postgres.h"

#include "pg/computation.h"
#include "pg/query_reader.h"

typedef struct QueryLabels
{
	size_t n;
	Datum *values;  /* [n] in the order of their type, the first by id of those that are equal */
	int32_t *label; /* [n_rows] of each row: index into values */
	Oid type;
} QueryLabels;

/* The labels of n_rows rows of a column that query_read_columns() filled; its type needs a default btree
 * order. In the computation's arena. */
extern void query_labels(Computation *computation, const QueryColumn *column, size_t n_rows,
						 QueryLabels *labels);

/* The distinct labels as text[], as their type writes them. */
extern Datum query_labels_array(const QueryLabels *labels);

#endif
