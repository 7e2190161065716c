/*
 * query_reader.h
 *		Runs the query argument of a set-returning function into a row store.
 *
 * The query is one SELECT that returns (id, array) or the array alone (the id is then the row
 * number, from 1). The array is smallint[], integer[], real[] or double precision[], or any type with
 * an implicit cast function to real[] (pgvector's vector). It runs with the caller's rights and
 * snapshot, read-only, may itself use parallel workers, and goes row by row into the store.
 *
 * Rows end up in ascending order of id, whatever order the query returns them in. A row whose array
 * is NULL is skipped. Errors: another shape of columns, several statements, a statement that writes,
 * a NULL id, an id twice, arrays of different lengths, an empty array, a NULL, NaN or infinite
 * element (each naming the id).
 */
#ifndef SYNTHDQ_PG_QUERY_READER_H
#define SYNTHDQ_PG_QUERY_READER_H

#include "postgres.h"

#include "core/matrix/row_store.h"
#include "pg/computation.h"

typedef struct QueryRows
{
	RowStore rows; /* in the computation's arena */
	Oid id_type;
	Datum *ids; /* [rows.n], ascending; in the computation's context */
} QueryRows;

/* id_type: INT8OID for ids of any integer type (given back as bigint), else exactly that type,
 * which needs a default btree order. */
extern void query_read_rows(Computation *computation, const char *query, Oid id_type,
							QueryRows *result);

#endif
