/*
 * query_reader.c
 *		The query argument.
 *
 * Why an own DestReceiver: execution into a receiver is the one way that both allows a parallel plan
 * (a cursor with a fetch count does not) and holds no second copy of the rows (SPI_tuptable does).
 * Nothing keeps a pointer into a slot: ids are copied, arrays are appended to the row store, scratch
 * lives in a context that is reset per row.
 */
#include "pg/query_reader.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/array_reader.h"
#include "pg/compat.h"
#include "pg/errors.h"
#include "pg/id_order.h"
#include "pg/query_ids.h"

#define INITIAL_VALUES 1024

/* Copies of one column's values, in order of arrival. */
typedef struct ValueList
{
	Datum *values;
	size_t capacity;
	int16 length; /* typlen and typbyval */
	bool by_value;
} ValueList;

/* The receiver and all it needs to convert a row. */
typedef struct Reader
{
	DestReceiver receiver; /* first: the executor knows us by it */
	Computation *computation;
	QueryRows *result;
	MemoryContext per_row;

	int array_column; /* attribute numbers, from 1 */
	int id_column;    /* 0: the row number is the id */
	Oid id_column_type;
	ValueList ids;
	QueryColumn *columns; /* [n_columns], which follow the array */
	int n_columns;
	ValueList *lists;   /* [n_columns] their values */
	size_t value_bytes; /* held by all lists and their copies, for the memory limit */
	uint64 rows_seen;

	QueryVisitor visit; /* what is done with a row instead of keeping it; NULL = nothing else */
	void *visit_argument;

	bool has_cast; /* the column's type needs this function to become real[] */
	FmgrInfo cast;
} Reader;

/* What orders two positions of a list of ids. */
typedef struct PositionOrder
{
	const Datum *ids;
	IdOrder order;
} PositionOrder;

/* What the query must return, for a hint. */
static char *
shape_text(const QueryColumn *columns, int n_columns)
{
	StringInfoData names;

	if (n_columns == 0)
		return pstrdup("The query must return (id, array), or the array alone.");
	initStringInfo(&names);
	for (int k = 0; k < n_columns; k++)
		appendStringInfo(&names, ", %s", columns[k].name);
	return psprintf("The query must return (id, array%s), or (array%s).", names.data, names.data);
}

static int
hint_shape(const QueryColumn *columns, int n_columns)
{
	return errhint("%s", shape_text(columns, n_columns));
}

static bool
is_integer_type(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

/* Resolve how the array column is read: directly, or through an implicit cast to real[]. */
static void
startup_array_column(Reader *reader, Form_pg_attribute column)
{
	Oid type = getBaseType(column->atttypid);
	Oid function = InvalidOid;

	if (is_numeric_array_type(type))
		return;
	if (find_coercion_pathway(FLOAT4ARRAYOID, type, COERCION_IMPLICIT, &function) !=
			COERCION_PATH_FUNC ||
		!OidIsValid(function))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of the query has type %s, which is not an array of numbers",
						NameStr(column->attname), format_type_be(column->atttypid)),
				 reader->n_columns > 0
					 ? hint_shape(reader->columns, reader->n_columns)
					 : errhint("Return smallint[], integer[], real[] or double precision[], for "
							   "example by writing %s::real[].",
							   NameStr(column->attname))));
	reader->has_cast = true;
	fmgr_info_cxt(function, &reader->cast, reader->computation->context);
}

/* Can values of the column's type be returned as ids without a conversion? */
static bool
is_id_type(Oid type, Oid wanted)
{
	if (wanted == INT8OID)
		return is_integer_type(getBaseType(type));
	/* Nothing checks a domain's constraints here, so only the domain itself will do. */
	if (getBaseType(wanted) != wanted)
		return type == wanted;
	return IsBinaryCoercible(getBaseType(type), wanted);
}

/* Check the type of the id column against the type of id the function returns. */
static void
startup_id_column(Reader *reader, Form_pg_attribute column)
{
	Oid wanted = reader->result->id_type;

	if (is_id_type(column->atttypid, wanted))
	{
		reader->id_column_type = getBaseType(column->atttypid);
		return;
	}
	if (wanted == INT8OID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of the query has type %s, but ids must be integers",
						NameStr(column->attname), format_type_be(column->atttypid)),
				 errhint("Cast the column, or pass a value of its type before the query, as in "
						 "NULL::%s.",
						 format_type_be(column->atttypid))));
	ereport(
		ERROR,
		(errcode(ERRCODE_DATATYPE_MISMATCH),
		 errmsg("column \"%s\" of the query has type %s, but the first argument says that "
				"ids are of type %s",
				NameStr(column->attname), format_type_be(column->atttypid), format_type_be(wanted)),
		 errhint("Make the two types the same.")));
}

/* DestReceiver: the columns are known. */
static void
reader_startup(DestReceiver *self, int operation, TupleDesc descriptor)
{
	Reader *reader = (Reader *) self;
	int n_leading = descriptor->natts - reader->n_columns;

	if (n_leading != 1 && n_leading != 2)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("the query returns %d columns", descriptor->natts),
						hint_shape(reader->columns, reader->n_columns)));
	if (n_leading == 1 && reader->result->id_type != INT8OID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the query returns no id, but the first argument says that ids are of "
						"type %s",
						format_type_be(reader->result->id_type)),
				 hint_shape(reader->columns, reader->n_columns)));
	reader->array_column = n_leading;
	reader->id_column = n_leading == 2 ? 1 : 0;
	startup_array_column(reader, TupleDescAttr(descriptor, reader->array_column - 1));
	if (reader->id_column > 0)
		startup_id_column(reader, TupleDescAttr(descriptor, 0));
	get_typlenbyval(reader->result->id_type, &reader->ids.length, &reader->ids.by_value);
	for (int k = 0; k < reader->n_columns; k++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, reader->array_column + k);

		reader->columns[k].type = attribute->atttypid;
		reader->columns[k].collation = attribute->attcollation;
		reader->lists[k].length = attribute->attlen;
		reader->lists[k].by_value = attribute->attbyval;
	}
}

/* The row's id, in memory of the row. */
static Datum
row_id(Reader *reader, TupleTableSlot *slot)
{
	bool is_null;
	Datum id;

	if (reader->id_column == 0)
		return Int64GetDatum((int64) reader->rows_seen);
	id = slot_getattr(slot, reader->id_column, &is_null);
	if (is_null)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("the query returns a row without id"),
						errhint("Exclude rows whose id is null, or return the array alone.")));
	if (reader->result->id_type != INT8OID)
		return id;
	switch (reader->id_column_type)
	{
		case INT2OID: return Int64GetDatum(DatumGetInt16(id));
		case INT4OID: return Int64GetDatum(DatumGetInt32(id));
		default: return id;
	}
}

/* Keep a copy of the value as number `position`. */
static void
keep_value(Reader *reader, ValueList *list, Datum value, size_t position)
{
	MemoryContext caller = MemoryContextSwitchTo(reader->computation->context);

	if (position >= list->capacity)
	{
		size_t capacity = list->capacity == 0 ? INITIAL_VALUES : list->capacity * 2;

		/* repalloc_huge refuses sizes that are not representable; the product is checked. */
		if (capacity > MaxAllocHugeSize / sizeof(Datum))
			check_status(sdq_error(SDQ_TOO_LARGE, (double) capacity, (double) MaxAllocHugeSize));
		list->values = list->values == NULL ? palloc(capacity * sizeof(Datum))
											: repalloc_huge(list->values, capacity * sizeof(Datum));
		list->capacity = capacity;
	}
	reader->value_bytes += sizeof(Datum);
	if (!list->by_value)
		reader->value_bytes += datumGetSize(value, false, list->length);
	check_status(arena_check(&reader->computation->arena, reader->value_bytes));
	list->values[position] = datumCopy(value, list->by_value, list->length);
	MemoryContextSwitchTo(caller);
}

/* Raise what the row store found wrong with a row. */
static void
check_append(Reader *reader, SdqStatus status, Datum id)
{
	char *text;

	if (status.code != SDQ_BAD_DATA)
	{
		check_status(status);
		return;
	}
	text = id_text(reader->result->id_type, id);
	switch ((RowStoreFault) status.detail)
	{
		case ROW_NOT_FINITE:
			ereport(ERROR,
					(errcode(ERRCODE_DATA_EXCEPTION),
					 errmsg("row with id %s has NaN or infinity at position %.0f", text, status.a),
					 errhint("Exclude the row, or replace the value.")));
			break;
		case ROW_LENGTH:
			ereport(ERROR,
					(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
					 errmsg("row with id %s has %.0f elements, but the first row has %.0f", text,
							status.a, status.b),
					 errhint("All arrays of one query must have the same number of elements.")));
			break;
		case ROW_EMPTY:
			ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
							errmsg("row with id %s is an empty array", text)));
			break;
	}
	elog(ERROR, "unknown row fault %d", status.detail);
}

/* Remember the dimensions that all arrays have in common. */
static void
note_shape(QueryRows *result, ArrayType *array)
{
	int n_dims = ARR_NDIM(array);

	if (result->rows.n == 0)
	{
		result->n_dims = n_dims;
		memcpy(result->dims, ARR_DIMS(array), n_dims * sizeof(int));
	}
	else if (n_dims != result->n_dims ||
			 memcmp(ARR_DIMS(array), result->dims, n_dims * sizeof(int)) != 0)
		result->n_dims = 0;
}

/* The array in a column's value, of numbers alone. */
static ArrayType *
open_array(Reader *reader, Datum value, Datum id, ArrayElements *elements)
{
	ArrayType *array;

	if (reader->has_cast)
		/* A cast function takes up to three arguments: value, typmod, is it explicit. */
		value = FunctionCall3(&reader->cast, value, Int32GetDatum(-1), BoolGetDatum(false));
	array = DatumGetArrayTypeP(value);
	*elements = array_elements(array);
	if (elements->n_present != elements->n)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("row with id %s has a null element", id_text(reader->result->id_type, id)),
				 errhint("Exclude the row, or replace the element.")));
	return array;
}

/* Append the array to the row store. */
static void
append_array(Reader *reader, Datum value, Datum id)
{
	RowStore *rows = &reader->result->rows;
	ArrayElements elements;
	ArrayType *array = open_array(reader, value, id, &elements);
	SdqStatus status;

	note_shape(reader->result, array);
	if (elements.type == INT2OID)
		status = row_store_append_int16(rows, elements.data, elements.n);
	else if (elements.type == FLOAT4OID)
		status = row_store_append_float(rows, elements.data, elements.n);
	else
	{
		double *values = palloc_extended(elements.n * sizeof(double) + 1, MCXT_ALLOC_HUGE);

		array_read_doubles(&elements, values);
		status = row_store_append(rows, values, elements.n);
	}
	check_append(reader, status, id);
}

/* Show the array to the visitor. */
static void
visit_array(Reader *reader, Datum value, Datum id)
{
	ArrayElements elements;

	open_array(reader, value, id, &elements);
	check_append(reader, reader->visit(reader->visit_argument, &elements, id), id);
}

/* Does one of the columns behind the array have no value? */
static bool
has_null_column(Reader *reader, TupleTableSlot *slot)
{
	bool is_null = false;

	for (int k = 0; k < reader->n_columns && !is_null; k++)
		slot_getattr(slot, reader->array_column + 1 + k, &is_null);
	return is_null;
}

/* Keep the columns behind the array, none of them NULL, as number `position`. */
static void
keep_columns(Reader *reader, TupleTableSlot *slot, size_t position)
{
	for (int k = 0; k < reader->n_columns; k++)
	{
		ValueList *list = &reader->lists[k];
		bool is_null;
		Datum value = slot_getattr(slot, reader->array_column + 1 + k, &is_null);

		/* A pointer into a TOAST table would be followed at each use. */
		if (list->length == -1)
			value = PointerGetDatum(PG_DETOAST_DATUM_PACKED(value));
		keep_value(reader, list, value, position);
	}
}

/* Keep a row: the array in the store, the rest in lists. */
static void
keep_row(Reader *reader, TupleTableSlot *slot, Datum value, Datum id)
{
	size_t position = reader->result->rows.n;

	append_array(reader, value, id);
	keep_value(reader, &reader->ids, id, position);
	keep_columns(reader, slot, position);
}

/* DestReceiver: a row. */
static bool
reader_receive(TupleTableSlot *slot, DestReceiver *self)
{
	Reader *reader = (Reader *) self;
	MemoryContext caller;
	bool is_null;
	Datum value;

	CHECK_FOR_INTERRUPTS();
	reader->rows_seen++;
	value = slot_getattr(slot, reader->array_column, &is_null);
	if (is_null || has_null_column(reader, slot))
		return true;
	caller = MemoryContextSwitchTo(reader->per_row);
	{
		Datum id = row_id(reader, slot);

		if (reader->visit != NULL)
			visit_array(reader, value, id);
		else
			keep_row(reader, slot, value, id);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextReset(reader->per_row);
	return true;
}

static void
reader_shutdown(DestReceiver *self)
{
}

static void
reader_destroy(DestReceiver *self)
{
}

/* qsort comparator over positions; never 0 for different positions. */
static int
compare_positions(const void *a, const void *b, void *argument)
{
	const PositionOrder *order = argument;
	size_t i = *(const size_t *) a;
	size_t j = *(const size_t *) b;
	int result;

	CHECK_FOR_INTERRUPTS();
	result = id_compare(&order->order, order->ids[i], order->ids[j]);
	if (result == 0)
		result = (i > j) - (i < j);
	return result;
}

/* row_store_finish as a computation's work; the argument is a FinishWork. */
typedef struct FinishWork
{
	RowStore *rows;
	const size_t *order;
} FinishWork;

static SdqStatus
finish_rows(Job *job, void *argument)
{
	FinishWork *work = argument;

	return row_store_finish(work->rows, job, work->order);
}

/* The values in this order, in the arena; the list is freed. */
static Datum *
arrange_values(Computation *computation, ValueList *list, const size_t *positions, size_t n)
{
	Datum *arranged = arena_alloc(&computation->arena, n, sizeof(Datum));

	if (arranged == NULL)
		check_status(arena_failure(&computation->arena));
	for (size_t i = 0; i < n; i++)
		arranged[i] = list->values[positions[i]];
	if (list->values != NULL)
		pfree(list->values);
	return arranged;
}

/* Bring ids, rows and columns into ascending order of id, which must be unique. */
static void
sort_rows(Reader *reader)
{
	Computation *computation = reader->computation;
	QueryRows *result = reader->result;
	size_t n = result->rows.n;
	size_t *positions = arena_alloc(&computation->arena, n, sizeof(size_t));
	PositionOrder order = {.ids = reader->ids.values, .order = id_order(result->id_type)};
	FinishWork work = {.rows = &result->rows, .order = positions};
	bool ascending = true;

	if (positions == NULL)
		check_status(arena_failure(&computation->arena));
	for (size_t i = 0; i < n; i++)
	{
		positions[i] = i;
		if (ascending && i > 0)
			ascending = compare_positions(&positions[i - 1], &positions[i], &order) < 0;
	}
	if (!ascending)
		qsort_arg(positions, n, sizeof(size_t), compare_positions, &order);
	result->ids = arrange_values(computation, &reader->ids, positions, n);
	for (size_t i = 1; i < n; i++)
		if (id_compare(&order.order, result->ids[i - 1], result->ids[i]) == 0)
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("id %s occurs more than once in the query's result",
								   id_text(result->id_type, result->ids[i])),
							errhint("Return unique ids, for example row_number() OVER (ORDER BY "
									"...).")));
	for (int k = 0; k < reader->n_columns; k++)
		reader->columns[k].values = arrange_values(computation, &reader->lists[k], positions, n);
	check_status(computation_run(computation, finish_rows, &work));
}

/* Prepare the one SELECT that the text must be. */
static SPIPlanPtr
prepare_query(const char *query, const char *shape)
{
	SPIPlanPtr plan = SPI_prepare_cursor(query, 0, NULL, CURSOR_OPT_PARALLEL_OK);

	if (plan == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("could not prepare the query: %s", SPI_result_code_string(SPI_result)),
				 errhint("%s", shape)));
	if (!SPI_is_cursor_plan(plan))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the query must be a single statement that returns rows"),
						errhint("%s", shape)));
	return plan;
}

DestReceiver
query_receiver(void (*startup)(DestReceiver *, int, TupleDesc),
			   bool (*receive)(TupleTableSlot *, DestReceiver *))
{
	return (DestReceiver){.receiveSlot = receive,
						  .rStartup = startup,
						  .rShutdown = reader_shutdown,
						  .rDestroy = reader_destroy,
						  .mydest = DestNone};
}

void
query_run(const char *query, const char *shape, DestReceiver *receiver)
{
	int code;

	SPI_connect();
	code = compat_execute_plan(prepare_query(query, shape), receiver);
	if (code < 0)
		elog(ERROR, "could not execute the query: %s", SPI_result_code_string(code));
	SPI_finish();
}

/* Run the query; the reader knows what to do with its rows. */
static void
run_query(Reader *reader, const char *query, Oid id_type)
{
	reader->receiver = query_receiver(reader_startup, reader_receive);
	memset(reader->result, 0, sizeof(*reader->result));
	reader->result->id_type = id_type;
	row_store_init(&reader->result->rows, &reader->computation->arena);
	reader->per_row =
		AllocSetContextCreate(reader->computation->context, "synthdq row", ALLOCSET_DEFAULT_SIZES);
	query_run(query, shape_text(reader->columns, reader->n_columns), &reader->receiver);
	MemoryContextDelete(reader->per_row);
}

void
query_read_rows(Computation *computation, const char *query, Oid id_type, QueryRows *result)
{
	query_read_columns(computation, query, id_type, NULL, 0, result);
}

void
query_read_columns(Computation *computation, const char *query, Oid id_type, QueryColumn *columns,
				   int n_columns, QueryRows *result)
{
	ValueList lists[QUERY_MAX_COLUMNS] = {{NULL}};
	Reader reader = {
		.computation = computation,
		.result = result,
		.columns = columns,
		.n_columns = n_columns,
		.lists = lists,
	};

	Assert(n_columns <= QUERY_MAX_COLUMNS);
	run_query(&reader, query, id_type);
	sort_rows(&reader);
}

void
query_visit_rows(Computation *computation, const char *query, Oid id_type, QueryVisitor visit,
				 void *argument)
{
	QueryRows none;
	Reader reader = {
		.computation = computation, .result = &none, .visit = visit, .visit_argument = argument};

	run_query(&reader, query, id_type);
}
