/*
 * query_reader.h
 *		Runs the query argument of a set-returning function into a row store.
 *
 * The query is one SELECT that returns (id, array) or the array alone (the id is then the row
 * number, from 1). A function may ask for columns behind the array, such as a label: the query then
 * returns (id, array, label) or (array, label). The array is smallint[], integer[], real[] or double
 * precision[], or any type with an implicit cast function to real[] (pgvector's vector). It runs with
 * the caller's rights and snapshot, read-only, may itself use parallel workers, and goes row by row
 * into the store.
 *
 * Rows end up in ascending order of id, whatever order the query returns them in. A row whose array
 * is NULL is skipped, and so is one in which a column behind the array is NULL. Errors: another shape
 * of columns, several statements, a statement that writes, a NULL id, an id twice, arrays of different
 * lengths, an empty array, a NULL, NaN or infinite element (each naming the id).
 */
#ifndef SYNTHDQ_PG_QUERY_READER_H
#define SYNTHDQ_PG_QUERY_READER_H

#include "postgres.h"

#include "tcop/dest.h"
#include "utils/array.h"

#include "core/matrix/row_store.h"
#include "pg/array_reader.h"
#include "pg/computation.h"

typedef struct QueryRows
{
	RowStore rows; /* in the computation's arena */
	Oid id_type;
	Datum *ids;       /* [rows.n], ascending; in the computation's arena */
	int n_dims;       /* of the arrays as the query returned them; 0 if they differ */
	int dims[MAXDIM]; /* [n_dims] */
} QueryRows;

/* A column behind the array. */
typedef struct QueryColumn
{
	const char *name; /* what it is, for messages; set by the caller */
	Oid type;         /* as the query returns it, and its collation */
	Oid collation;
	Datum *values; /* [rows.n] in the order of ids, detoasted; in the computation's arena */
} QueryColumn;

#define QUERY_MAX_COLUMNS 4

/* id_type: INT8OID for ids of any integer type (given back as bigint), else exactly that type,
 * which needs a default btree order. */
extern void query_read_rows(Computation *computation, const char *query, Oid id_type,
							QueryRows *result);

/* The same with columns[n_columns] behind the array, at most QUERY_MAX_COLUMNS, of any type. */
extern void query_read_columns(Computation *computation, const char *query, Oid id_type,
							   QueryColumn *columns, int n_columns, QueryRows *result);

/* What is done with a row that is not kept: its elements, none of them NULL, and its id, both in memory
 * of the row. SDQ_BAD_DATA with a RowStoreFault becomes an error that names the id. */
typedef SdqStatus (*QueryVisitor)(void *argument, const ArrayElements *row, Datum id);

/* Visit the rows in the order in which the query returns them; ids may occur twice. */
extern void query_visit_rows(Computation *computation, const char *query, Oid id_type,
							 QueryVisitor visit, void *argument);

/* What other readers of a query argument share: a receiver that calls these two functions, and running the one
 * SELECT that the query must be, as said above, into it. A receiver keeps no pointer into a slot. `shape` is the
 * hint that says which columns the query must return. */
extern DestReceiver query_receiver(void (*startup)(DestReceiver *, int, TupleDesc),
								   bool (*receive)(TupleTableSlot *, DestReceiver *));
extern void query_run(const char *query, const char *shape, DestReceiver *receiver);

#endif
