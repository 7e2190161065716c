/*
 * query_ids.c
 *		What functions over two queries have in common.
 */
#include "pg/query_ids.h"

#include "miscadmin.h"
#include "utils/lsyscache.h"

#include "pg/id_order.h"

char *
id_text(Oid type, Datum id)
{
	Oid output;
	bool is_varlena;

	getTypeOutputInfo(type, &output, &is_varlena);
	return OidOutputFunctionCall(output, id);
}

/* Error context: which of several queries an error is about. */
static void
name_argument(void *name)
{
	errcontext("query of argument \"%s\"", (const char *) name);
}

void
query_read_argument_columns(Computation *computation, const char *name, const char *query,
							Oid id_type, QueryColumn *columns, int n_columns, QueryRows *result)
{
	ErrorContextCallback callback;

	/* Field by field, where cppcheck can follow it. */
	callback.previous = error_context_stack;
	callback.callback = name_argument;
	callback.arg = unconstify(char *, name);
	error_context_stack = &callback;
	query_read_columns(computation, query, id_type, columns, n_columns, result);
	error_context_stack = callback.previous;
}

void
query_read_argument(Computation *computation, const char *name, const char *query, Oid id_type,
					QueryRows *result)
{
	query_read_argument_columns(computation, name, query, id_type, NULL, 0, result);
}

void
query_check_same_length(const char *name_a, const QueryRows *a, const char *name_b,
						const QueryRows *b)
{
	if (a->rows.d != b->rows.d)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("arrays of argument \"%s\" have %zu elements, but those of argument "
							   "\"%s\" have %zu",
							   name_a, a->rows.d, name_b, b->rows.d),
						errhint("Rows of both queries must have the same number of elements.")));
}

/* Raise that row i of one argument is missing in the other. */
static _Noreturn void
missing_row(const char *name, const QueryRows *rows, size_t i, const char *other_name)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
					errmsg("row with id %s of argument \"%s\" is missing in argument \"%s\"",
						   id_text(rows->id_type, rows->ids[i]), name, other_name),
					errhint("Both queries must return rows with the same ids.")));
}

void
query_check_same_ids(const char *name_a, const QueryRows *a, const char *name_b, const QueryRows *b)
{
	IdOrder order = id_order(a->id_type);

	for (size_t i = 0; i < a->rows.n || i < b->rows.n; i++)
	{
		int compared;

		CHECK_FOR_INTERRUPTS();
		/* Ids ascend, so the lower of two that differ is missing on the other side. */
		compared = i == a->rows.n   ? 1
				   : i == b->rows.n ? -1
									: id_compare(&order, a->ids[i], b->ids[i]);
		if (compared < 0)
			missing_row(name_a, a, i, name_b);
		if (compared > 0)
			missing_row(name_b, b, i, name_a);
	}
}
