/*
 * query_ids.h
 *		The queries of one function, and the ids of their rows.
 */
#ifndef SYNTHDQ_PG_QUERY_IDS_H
#define SYNTHDQ_PG_QUERY_IDS_H

#include "postgres.h"

#include "pg/query_reader.h"

/* The id as text, for messages. */
extern char *id_text(Oid type, Datum id);

/* The query that is argument `name` of a function with several: query_read_rows(), whose errors then say
 * which query they are about. */
extern void query_read_argument(Computation *computation, const char *name, const char *query,
								Oid id_type, QueryRows *result);

/* The same with columns behind the array: query_read_columns(). */
extern void query_read_argument_columns(Computation *computation, const char *name,
										const char *query, Oid id_type, QueryColumn *columns,
										int n_columns, QueryRows *result);

/* An error unless the arrays of two such arguments, both with rows, have the same number of elements. */
extern void query_check_same_length(const char *name_a, const QueryRows *a, const char *name_b,
									const QueryRows *b);

/* An error unless the rows of two such arguments have the same ids. */
extern void query_check_same_ids(const char *name_a, const QueryRows *a, const char *name_b,
								 const QueryRows *b);

#endif
