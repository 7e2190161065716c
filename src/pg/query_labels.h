/*
 * query_labels.h
 *		A column of labels as classes: the distinct labels, and which of them each row has; and the search for a
 *		label among those met so far.
 */
#ifndef SYNTHDQ_PG_QUERY_LABELS_H
#define SYNTHDQ_PG_QUERY_LABELS_H

#include "postgres.h"

#include "fmgr.h"

#include "pg/computation.h"
#include "pg/query_reader.h"

/* The distinct labels met so far. */
typedef struct LabelSearch
{
	FmgrInfo *compare;
	Oid collation;
	Datum *values;   /* [n] ascending */
	int32_t *number; /* [n] in order of appearance */
	size_t n;
	size_t capacity;
} LabelSearch;

/* A search among no labels; an error if the type of the column of that name has no default btree order. */
extern LabelSearch label_search_open(const char *name, Oid type, Oid collation);

/* The place of a label among those met; *is_new if it must still be put there. */
extern size_t label_search_find(const LabelSearch *search, Datum label, bool *is_new);

/* Put a label, which must live as long as the search, at its place; it gets the next number. Memory is the
 * computation's arena. */
extern void label_search_insert(LabelSearch *search, Computation *computation, size_t place,
								Datum label);

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
