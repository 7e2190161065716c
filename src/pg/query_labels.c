/*
 * query_labels.c
 *		Distinct labels, by binary search among those found so far: there are few of them.
 */
#include "pg/query_labels.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "pg/errors.h"

#define INITIAL_LABELS 16

static int
compare_labels(const LabelSearch *search, Datum a, Datum b)
{
	return DatumGetInt32(FunctionCall2Coll(search->compare, search->collation, a, b));
}

LabelSearch
label_search_open(const char *name, Oid type, Oid collation)
{
	TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_CMP_PROC_FINFO);

	if (!OidIsValid(entry->cmp_proc_finfo.fn_oid))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION),
						errmsg("column \"%s\" of the query has type %s, which cannot be ordered",
							   name, format_type_be(type)),
						errhint("Cast it to a type with an order, such as text.")));
	return (LabelSearch){.compare = &entry->cmp_proc_finfo, .collation = collation};
}

size_t
label_search_find(const LabelSearch *search, Datum label, bool *is_new)
{
	size_t low = 0;
	size_t high = search->n;

	*is_new = true;
	while (low < high)
	{
		size_t middle = low + (high - low) / 2;
		int order = compare_labels(search, label, search->values[middle]);

		if (order == 0)
		{
			*is_new = false;
			return middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

void
label_search_insert(LabelSearch *search, Computation *computation, size_t place, Datum label)
{
	if (search->n == search->capacity)
	{
		size_t capacity = search->capacity == 0 ? INITIAL_LABELS : search->capacity * 2;
		Datum *values = arena_alloc(&computation->arena, capacity, sizeof(Datum));
		int32_t *number = arena_alloc(&computation->arena, capacity, sizeof(int32_t));

		if (values == NULL || number == NULL)
			check_status(arena_failure(&computation->arena));
		if (search->n > 0)
		{
			memcpy(values, search->values, search->n * sizeof(Datum));
			memcpy(number, search->number, search->n * sizeof(int32_t));
		}
		search->values = values;
		search->number = number;
		search->capacity = capacity;
	}
	memmove(search->values + place + 1, search->values + place,
			(search->n - place) * sizeof(Datum));
	memmove(search->number + place + 1, search->number + place,
			(search->n - place) * sizeof(int32_t));
	search->values[place] = label;
	search->number[place] = (int32_t) search->n++;
}

void
query_labels(Computation *computation, const QueryColumn *column, size_t n_rows,
			 QueryLabels *labels)
{
	LabelSearch search = label_search_open(column->name, column->type, column->collation);
	int32_t *rank;

	labels->type = column->type;
	labels->label = arena_alloc(&computation->arena, n_rows, sizeof(int32_t));
	if (labels->label == NULL)
		check_status(arena_failure(&computation->arena));
	for (size_t i = 0; i < n_rows; i++)
	{
		bool is_new;
		size_t place = label_search_find(&search, column->values[i], &is_new);

		CHECK_FOR_INTERRUPTS();
		if (is_new)
			label_search_insert(&search, computation, place, column->values[i]);
		labels->label[i] = search.number[place];
	}

	/* From order of appearance to order of the type. */
	labels->n = search.n;
	labels->values = search.values;
	rank = arena_alloc(&computation->arena, search.n, sizeof(int32_t));
	if (rank == NULL)
		check_status(arena_failure(&computation->arena));
	for (size_t c = 0; c < search.n; c++)
		rank[search.number[c]] = (int32_t) c;
	for (size_t i = 0; i < n_rows; i++)
		labels->label[i] = rank[labels->label[i]];
}

Datum
query_labels_array(const QueryLabels *labels)
{
	Datum *texts = palloc_extended(labels->n * sizeof(Datum), MCXT_ALLOC_HUGE);
	FmgrInfo output;
	Oid function;
	bool is_varlena;

	getTypeOutputInfo(labels->type, &function, &is_varlena);
	fmgr_info(function, &output);
	for (size_t c = 0; c < labels->n; c++)
		texts[c] = CStringGetTextDatum(OutputFunctionCall(&output, labels->values[c]));
	return PointerGetDatum(
		construct_array(texts, (int) labels->n, TEXTOID, -1, false, TYPALIGN_INT));
}
