/*
 * label_counts.c
 *		The type label_counts: expanded in memory, flat in rows.
 *
 * Expanded: entries in order of arrival, the bytes of their strings one after the other in one buffer,
 * and an open hash table of entry numbers. All three grow by doubling, in a context of the object's own
 * below the aggregate's, and are charged against synthdq.max_memory.
 *
 * Flat: varlena header, version, number of entries; then each entry as count, size of label, size of source,
 * bytes of both, without padding. It is checked whenever it is met, as far as memory safety and the order
 * that readers rely on need it.
 */
#include "pg/label_counts.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/expandeddatum.h"
#include "utils/memutils.h"

#include "pg/errors.h"
#include "pg/settings.h"

#define FLAT_VERSION   1
#define EXPANDED_MAGIC 0x6c61626c /* "labl" */

#define FIRST_ENTRIES 8
#define FIRST_KEYS    64
#define FIRST_SLOTS   16 /* a power of 2; at most half of the slots are taken */

/* Entry numbers fit a slot. */
#define MAX_ENTRIES ((size_t) 1 << 30)

/* Entries, or comparisons, between two looks for interrupts. */
#define INTERRUPT_INTERVAL 4096

typedef struct Entry
{
	size_t offset; /* of the label in keys; the source follows */
	uint32 label_size;
	uint32 source_size;
	uint32 hash;
	int64 count;
} Entry;

struct LabelCounts
{
	ExpandedObjectHeader header;
	uint32 magic;
	size_t n;
	size_t entries_capacity;
	Entry *entries;
	size_t keys_used;
	size_t keys_capacity;
	char *keys;
	size_t n_slots;
	uint32 *slots; /* entry number + 1; 0 is free */
	int64 total;   /* sum of counts */
};

/* What stands before the bytes of each flat entry; copied, since nothing is aligned there. */
typedef struct FlatEntry
{
	int64 count;
	uint32 label_size;
	uint32 source_size;
} FlatEntry;

typedef struct FlatLabelCounts
{
	int32 vl_len_;
	uint32 version;
	int64 n;
	char data[FLEXIBLE_ARRAY_MEMBER];
} FlatLabelCounts;

StaticAssertDecl(sizeof(FlatEntry) == 16, "the flat entry has no padding");

PG_FUNCTION_INFO_V1(synthdq_label_counts_combine);

static Size label_counts_flat_size(ExpandedObjectHeader *header);
static void label_counts_flatten(ExpandedObjectHeader *header, void *result, Size size);

static const ExpandedObjectMethods label_counts_methods = {
	.get_flat_size = label_counts_flat_size,
	.flatten_into = label_counts_flatten,
};

int
compare_label_texts(LabelText a, LabelText b)
{
	int order = memcmp(a.bytes, b.bytes, Min(a.size, b.size));

	return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

/* The order of pairs, for qsort_arg; *calls counts, so that a long sort can be interrupted. */
static int
compare_pairs(const void *a, const void *b, void *calls)
{
	const LabelCount *x = a;
	const LabelCount *y = b;
	int order = compare_label_texts(x->label, y->label);

	if (++*(size_t *) calls % INTERRUPT_INTERVAL == 0)
		CHECK_FOR_INTERRUPTS();
	return order != 0 ? order : compare_label_texts(x->source, y->source);
}

/* An array of pairs in CurrentMemoryContext. */
static LabelCount *
allocate_pairs(size_t n)
{
	return palloc_extended(Max(n, 1) * sizeof(LabelCount), MCXT_ALLOC_HUGE);
}

/* The pairs of an object in ascending order. */
static LabelCount *
sorted_pairs(const LabelCounts *state)
{
	LabelCount *pairs = allocate_pairs(state->n);
	size_t calls = 0;

	for (size_t i = 0; i < state->n; i++)
	{
		const Entry *entry = &state->entries[i];
		const char *key = state->keys + entry->offset;

		pairs[i] =
			(LabelCount){.label = {.bytes = key, .size = entry->label_size},
						 .source = {.bytes = key + entry->label_size, .size = entry->source_size},
						 .count = entry->count};
	}
	qsort_arg(pairs, state->n, sizeof(LabelCount), compare_pairs, &calls);
	return pairs;
}

static Size
label_counts_flat_size(ExpandedObjectHeader *header)
{
	LabelCounts *state = (LabelCounts *) header;
	Size size = offsetof(FlatLabelCounts, data) + state->n * sizeof(FlatEntry) + state->keys_used;

	if (size > MaxAllocSize)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("%s of %zu labels exceeds the maximum size of a value",
							   LABEL_COUNTS_NAME, state->n),
						errhint("Set max_parallel_workers_per_gather to 0, or pass fewer rows.")));
	return size;
}

static void
label_counts_flatten(ExpandedObjectHeader *header, void *result, Size size)
{
	LabelCounts *state = (LabelCounts *) header;
	FlatLabelCounts *flat = result;
	/* The caller's context may be one of a sort, which cannot free (since PostgreSQL 17). */
	MemoryContext caller = MemoryContextSwitchTo(header->eoh_context);
	LabelCount *pairs = sorted_pairs(state);
	char *at = flat->data;

	MemoryContextSwitchTo(caller);
	SET_VARSIZE(flat, size);
	flat->version = FLAT_VERSION;
	flat->n = (int64) state->n;
	for (size_t i = 0; i < state->n; i++)
	{
		FlatEntry entry = {.count = pairs[i].count,
						   .label_size = (uint32) pairs[i].label.size,
						   .source_size = (uint32) pairs[i].source.size};

		memcpy(at, &entry, sizeof(entry));
		at += sizeof(entry);
		/* The source follows its label in memory as well. */
		memcpy(at, pairs[i].label.bytes, entry.label_size + (size_t) entry.source_size);
		at += entry.label_size + (size_t) entry.source_size;
	}
	Assert(at == (char *) result + size);
	pfree(pairs);
}

LabelCounts *
label_counts_create(FunctionCallInfo fcinfo)
{
	MemoryContext parent;
	MemoryContext context;
	LabelCounts *state;

	if (!AggCheckCallContext(fcinfo, &parent))
		parent = CurrentMemoryContext;
	context = AllocSetContextCreate(parent, LABEL_COUNTS_NAME, ALLOCSET_SMALL_SIZES);
	state = MemoryContextAllocZero(context, sizeof(LabelCounts));
	EOH_init_header(&state->header, &label_counts_methods, context);
	state->magic = EXPANDED_MAGIC;
	return state;
}

/* Is this Datum an expanded object of ours? */
static bool
is_expanded_state(Datum value)
{
	return VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)) &&
		   DatumGetEOHP(value)->eoh_methods == &label_counts_methods;
}

static uint32
hash_pair(LabelText label, LabelText source)
{
	uint32 hash = hash_bytes((const unsigned char *) label.bytes, (int) label.size);

	return hash_combine(hash, hash_bytes((const unsigned char *) source.bytes, (int) source.size));
}

/* The slot of a pair: the one that holds it, or the free one where it belongs. */
static uint32 *
find_slot(const LabelCounts *state, LabelText label, LabelText source, uint32 hash)
{
	size_t i = hash & (state->n_slots - 1);

	for (; state->slots[i] != 0; i = (i + 1) & (state->n_slots - 1))
	{
		const Entry *entry = &state->entries[state->slots[i] - 1];
		const char *key = state->keys + entry->offset;

		if (entry->hash == hash && entry->label_size == label.size &&
			entry->source_size == source.size && memcmp(key, label.bytes, label.size) == 0 &&
			memcmp(key + label.size, source.bytes, source.size) == 0)
			break;
	}
	return &state->slots[i];
}

/* Twice the capacity, or more if that is not enough. */
static size_t
grown(size_t capacity, size_t first, size_t needed)
{
	return needed <= capacity ? capacity : Max(needed, Max(first, 2 * capacity));
}

/* Resize an array of the object, or make it. */
static void *
resize(LabelCounts *state, void *array, size_t bytes)
{
	if (array == NULL)
		return MemoryContextAllocHuge(state->header.eoh_context, bytes);
	return repalloc_huge(array, bytes);
}

/* Double the hash table. */
static void
grow_slots(LabelCounts *state, size_t n_slots)
{
	uint32 *slots = MemoryContextAllocExtended(state->header.eoh_context, n_slots * sizeof(uint32),
											   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	for (size_t e = 0; e < state->n; e++)
	{
		size_t i = state->entries[e].hash & (n_slots - 1);

		while (slots[i] != 0)
			i = (i + 1) & (n_slots - 1);
		slots[i] = (uint32) e + 1;
	}
	if (state->slots != NULL)
		pfree(state->slots);
	state->slots = slots;
	state->n_slots = n_slots;
}

/* Make room for one more entry with a key of this size; an error leaves the state's value as it is. */
static void
reserve(LabelCounts *state, size_t key_size)
{
	size_t entries = grown(state->entries_capacity, FIRST_ENTRIES, state->n + 1);
	size_t keys = grown(state->keys_capacity, FIRST_KEYS, state->keys_used + key_size);
	size_t slots = state->n_slots == 0                   ? FIRST_SLOTS
				   : 2 * (state->n + 1) > state->n_slots ? 2 * state->n_slots
														 : state->n_slots;
	size_t bytes = entries * sizeof(Entry) + keys + slots * sizeof(uint32);

	if (state->n >= MAX_ENTRIES)
		check_status(sdq_error(SDQ_TOO_LARGE, (double) state->n + 1, (double) MAX_ENTRIES));
	if (bytes > settings_max_memory())
		check_status(sdq_error(SDQ_OVER_LIMIT, (double) bytes, (double) settings_max_memory()));
	if (entries > state->entries_capacity)
	{
		state->entries = resize(state, state->entries, entries * sizeof(Entry));
		state->entries_capacity = entries;
	}
	if (keys > state->keys_capacity)
	{
		state->keys = resize(state, state->keys, keys);
		state->keys_capacity = keys;
	}
	if (slots > state->n_slots)
		grow_slots(state, slots);
}

bool
label_counts_add(LabelCounts *state, const LabelCount *pair)
{
	uint32 hash = hash_pair(pair->label, pair->source);
	size_t key_size = pair->label.size + pair->source.size;
	uint32 *slot = NULL;
	Entry *entry;
	int64 total;

	if (__builtin_add_overflow(state->total, pair->count, &total))
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("%s cannot hold more than " INT64_FORMAT " observations",
							   LABEL_COUNTS_NAME, PG_INT64_MAX)));
	if (state->n_slots > 0)
		slot = find_slot(state, pair->label, pair->source, hash);
	if (slot != NULL && *slot != 0)
	{
		state->entries[*slot - 1].count += pair->count;
		state->total = total;
		return false;
	}

	reserve(state, key_size);
	slot = find_slot(state, pair->label, pair->source, hash);
	entry = &state->entries[state->n];
	*entry = (Entry){.offset = state->keys_used,
					 .label_size = (uint32) pair->label.size,
					 .source_size = (uint32) pair->source.size,
					 .hash = hash,
					 .count = pair->count};
	memcpy(state->keys + entry->offset, pair->label.bytes, pair->label.size);
	memcpy(state->keys + entry->offset + pair->label.size, pair->source.bytes, pair->source.size);
	state->keys_used += key_size;
	*slot = (uint32) ++state->n;
	state->total = total;
	return true;
}

/* Refuse a flat value; does not return. */
static _Noreturn void
damaged(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED), errmsg("stored %s is damaged", LABEL_COUNTS_NAME)));
}

/* The pairs of a flat value. */
static LabelCount *
flat_pairs(const FlatLabelCounts *flat, size_t *n)
{
	size_t left = VARSIZE(flat);
	const char *at = flat->data;
	size_t calls = 0;
	int64 total = 0;
	LabelCount *pairs;

	if (left < offsetof(FlatLabelCounts, data) || flat->version != FLAT_VERSION)
		damaged();
	left -= offsetof(FlatLabelCounts, data);
	if (flat->n < 0 || (uint64) flat->n > left / sizeof(FlatEntry))
		damaged();
	*n = (size_t) flat->n;
	pairs = allocate_pairs(*n);
	for (size_t i = 0; i < *n; i++)
	{
		FlatEntry entry;
		size_t key_size;

		if (left < sizeof(entry))
			damaged();
		memcpy(&entry, at, sizeof(entry));
		at += sizeof(entry);
		left -= sizeof(entry);
		key_size = (size_t) entry.label_size + entry.source_size;
		if (entry.count < 1 || left < key_size ||
			__builtin_add_overflow(total, entry.count, &total))
			damaged();
		pairs[i] =
			(LabelCount){.label = {.bytes = at, .size = entry.label_size},
						 .source = {.bytes = at + entry.label_size, .size = entry.source_size},
						 .count = entry.count};
		at += key_size;
		left -= key_size;
		if (i > 0 && compare_pairs(&pairs[i - 1], &pairs[i], &calls) >= 0)
			damaged();
	}
	if (left > 0)
		damaged();
	return pairs;
}

LabelCount *
label_counts_open(Datum value, size_t *n)
{
	if (is_expanded_state(value))
	{
		LabelCounts *state = (LabelCounts *) DatumGetEOHP(value);

		Assert(state->magic == EXPANDED_MAGIC);
		*n = state->n;
		return sorted_pairs(state);
	}
	return flat_pairs((FlatLabelCounts *) PG_DETOAST_DATUM(value), n);
}

LabelCounts *
label_counts_for_update(FunctionCallInfo fcinfo)
{
	LabelCounts *state;
	LabelCount *pairs;
	size_t n;

	if (PG_ARGISNULL(0))
		return label_counts_create(fcinfo);
	if (is_expanded_state(PG_GETARG_DATUM(0)) &&
		VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(PG_GETARG_DATUM(0))))
		return (LabelCounts *) DatumGetEOHP(PG_GETARG_DATUM(0));
	pairs = label_counts_open(PG_GETARG_DATUM(0), &n);
	state = label_counts_create(fcinfo);
	for (size_t i = 0; i < n; i++)
		label_counts_add(state, &pairs[i]);
	return state;
}

Datum
label_counts_datum(LabelCounts *state)
{
	return EOHPGetRWDatum(&state->header);
}

Datum
label_counts_flat_datum(LabelCounts *state)
{
	Size size = EOH_get_flat_size(&state->header);
	void *flat = palloc(size);

	EOH_flatten_into(&state->header, flat, size);
	DeleteExpandedObject(EOHPGetRWDatum(&state->header));
	return PointerGetDatum(flat);
}

/*
 * label_counts_combine(label_counts, label_counts)
 *		The union of two states, in all four cases of NULL.
 */
Datum
synthdq_label_counts_combine(PG_FUNCTION_ARGS)
{
	LabelCount *pairs;
	LabelCounts *state;
	size_t n;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	pairs = label_counts_open(PG_GETARG_DATUM(1), &n);
	state = label_counts_for_update(fcinfo);
	for (size_t i = 0; i < n; i++)
	{
		if (i % INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
		label_counts_add(state, &pairs[i]);
	}
	PG_RETURN_DATUM(label_counts_datum(state));
}
