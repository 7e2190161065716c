/*
 * query_groups.c
 *		Labels to groups, and columns of any numeric type to numbers.
 */
#include "pg/query_groups.h"

#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/errors.h"
#include "pg/query_labels.h"
#include "pg/query_reader.h"

#include <math.h>

/* Column 1 is the label. */
#define FIRST_NUMBER 2

/* A column of numbers. */
typedef struct NumberColumn
{
	bool has_cast; /* the type needs this function to become double precision */
	FmgrInfo cast;
} NumberColumn;

/* The receiver and all it needs. */
typedef struct GroupReader
{
	DestReceiver receiver; /* first: the executor knows us by it */
	Computation *computation;
	MemoryContext per_row;
	const char *shape;
	int n_numbers;
	NumberColumn columns[QUERY_GROUPS_MAX_NUMBERS];
	LabelSearch search;
	int16 label_length; /* typlen and typbyval */
	bool label_by_value;
	FmgrInfo label_output;
	bool has_null; /* there is a group whose label is NULL: this one */
	size_t null_number;
	size_t label_bytes; /* of copies of labels, for the memory limit */
	GroupVisitor visit;
	void *visit_argument;
} GroupReader;

/* Resolve how a column becomes double precision. */
static void
startup_number(GroupReader *reader, Form_pg_attribute attribute, NumberColumn *column)
{
	Oid type = getBaseType(attribute->atttypid);
	Oid function = InvalidOid;

	if (type == FLOAT8OID)
		return;
	if (find_coercion_pathway(FLOAT8OID, type, COERCION_IMPLICIT, &function) !=
			COERCION_PATH_FUNC ||
		!OidIsValid(function))
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("column \"%s\" of the query has type %s, which is not a number",
							   NameStr(attribute->attname), format_type_be(attribute->atttypid)),
						errhint("%s", reader->shape)));
	column->has_cast = true;
	fmgr_info_cxt(function, &column->cast, reader->computation->context);
}

/* DestReceiver: the columns are known. */
static void
groups_startup(DestReceiver *self, int operation, TupleDesc descriptor)
{
	GroupReader *reader = (GroupReader *) self;
	Form_pg_attribute label;
	Oid output;
	bool is_varlena;

	if (descriptor->natts != reader->n_numbers + 1)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("the query returns %d columns", descriptor->natts),
						errhint("%s", reader->shape)));
	label = TupleDescAttr(descriptor, 0);
	reader->search =
		label_search_open(NameStr(label->attname), label->atttypid, label->attcollation);
	reader->label_length = label->attlen;
	reader->label_by_value = label->attbyval;
	getTypeOutputInfo(label->atttypid, &output, &is_varlena);
	fmgr_info_cxt(output, &reader->label_output, reader->computation->context);
	for (int i = 0; i < reader->n_numbers; i++)
		startup_number(reader, TupleDescAttr(descriptor, FIRST_NUMBER - 1 + i),
					   &reader->columns[i]);
}

/* The numbers of a row; false if one of them is NULL or NaN. */
static bool
read_numbers(GroupReader *reader, TupleTableSlot *slot, float8 *numbers)
{
	for (int i = 0; i < reader->n_numbers; i++)
	{
		NumberColumn *column = &reader->columns[i];
		bool is_null;
		Datum value = slot_getattr(slot, FIRST_NUMBER + i, &is_null);

		if (is_null)
			return false;
		if (column->has_cast)
			/* A cast function takes up to three arguments: value, typmod, is it explicit. */
			value = FunctionCall3(&column->cast, value, Int32GetDatum(-1), BoolGetDatum(false));
		/* 0 for -0. */
		numbers[i] = DatumGetFloat8(value) + 0.0;
		if (isnan(numbers[i]))
			return false;
	}
	return true;
}

/* A copy of a label that stays. */
static Datum
keep_label(GroupReader *reader, Datum label)
{
	MemoryContext caller = MemoryContextSwitchTo(reader->computation->context);
	Datum copy;

	if (!reader->label_by_value)
		reader->label_bytes += datumGetSize(label, false, reader->label_length);
	check_status(arena_check(&reader->computation->arena, reader->label_bytes));
	copy = datumCopy(label, reader->label_by_value, reader->label_length);
	MemoryContextSwitchTo(caller);
	return copy;
}

/* Of labels that are equal and look different, such as 1.0 and 1.00, the lower text stays: it must not depend on
 * the order of rows. */
static void
settle_label(GroupReader *reader, size_t place, Datum label)
{
	Datum *kept = &reader->search.values[place];

	if (datum_image_eq(*kept, label, reader->label_by_value, reader->label_length))
		return;
	if (strcmp(OutputFunctionCall(&reader->label_output, label),
			   OutputFunctionCall(&reader->label_output, *kept)) < 0)
		*kept = keep_label(reader, label);
}

/* The number of the group whose label stands at a place. The group without a label takes a number of its own among
 * the others'. */
static size_t
group_number(const GroupReader *reader, size_t place)
{
	size_t number = (size_t) reader->search.number[place];

	return number + (reader->has_null && number >= reader->null_number);
}

/* The number of the group that has the label. */
static size_t
group_of(GroupReader *reader, Datum label, bool is_null)
{
	LabelSearch *search = &reader->search;
	size_t place;
	bool is_new;

	if (is_null)
	{
		if (!reader->has_null)
			reader->null_number = search->n;
		reader->has_null = true;
		return reader->null_number;
	}
	if (reader->label_length == -1)
		label = PointerGetDatum(PG_DETOAST_DATUM_PACKED(label));
	place = label_search_find(search, label, &is_new);
	if (is_new)
		label_search_insert(search, reader->computation, place, keep_label(reader, label));
	else
		settle_label(reader, place, label);
	return group_number(reader, place);
}

/* DestReceiver: a row. */
static bool
groups_receive(TupleTableSlot *slot, DestReceiver *self)
{
	GroupReader *reader = (GroupReader *) self;
	MemoryContext caller = MemoryContextSwitchTo(reader->per_row);
	float8 numbers[QUERY_GROUPS_MAX_NUMBERS];

	CHECK_FOR_INTERRUPTS();
	if (read_numbers(reader, slot, numbers))
	{
		bool is_null;
		Datum label = slot_getattr(slot, 1, &is_null);
		size_t group = group_of(reader, label, is_null);

		MemoryContextSwitchTo(reader->computation->context);
		reader->visit(reader->visit_argument, group, numbers);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextReset(reader->per_row);
	return true;
}

/* What the query must return, for a hint. */
static char *
shape_of(const char *const *names, int n_numbers)
{
	StringInfoData shape;

	initStringInfo(&shape);
	appendStringInfoString(&shape, "The query must return (label");
	for (int i = 0; i < n_numbers; i++)
		appendStringInfo(&shape, ", %s", names[i]);
	appendStringInfoString(&shape, n_numbers == 1 ? "), where x is a number."
												  : "), where x and y are numbers.");
	return shape.data;
}

/* The groups in the order of their labels. */
static size_t
list_groups(GroupReader *reader, QueryGroup **groups)
{
	const LabelSearch *search = &reader->search;
	size_t n = search->n + (reader->has_null ? 1 : 0);

	*groups = arena_alloc(&reader->computation->arena, n, sizeof(QueryGroup));
	if (*groups == NULL)
		check_status(arena_failure(&reader->computation->arena));
	for (size_t place = 0; place < search->n; place++)
		(*groups)[place] =
			(QueryGroup){.number = group_number(reader, place),
						 .label = OutputFunctionCall(&reader->label_output, search->values[place])};
	if (reader->has_null)
		(*groups)[search->n] = (QueryGroup){.number = reader->null_number};
	return n;
}

size_t
query_read_groups(Computation *computation, const char *query, const char *const *names,
				  int n_numbers, GroupVisitor visit, void *argument, QueryGroup **groups)
{
	GroupReader reader = {.receiver = query_receiver(groups_startup, groups_receive),
						  .computation = computation,
						  .n_numbers = n_numbers,
						  .visit = visit,
						  .visit_argument = argument};
	MemoryContext caller = MemoryContextSwitchTo(computation->context);
	size_t n;

	Assert(n_numbers <= QUERY_GROUPS_MAX_NUMBERS);
	reader.shape = shape_of(names, n_numbers);
	reader.per_row =
		AllocSetContextCreate(computation->context, "synthdq row", ALLOCSET_DEFAULT_SIZES);
	query_run(query, reader.shape, &reader.receiver);
	n = list_groups(&reader, groups);
	MemoryContextDelete(reader.per_row);
	MemoryContextSwitchTo(caller);
	return n;
}
