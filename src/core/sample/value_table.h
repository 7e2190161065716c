/*
 * value_table.h
 *		A hash of distinct values with their counts, while there are few.
 *
 * Scaled images hold some hundred different numbers, millions of times each: to look each one up costs
 * a nanosecond or two, to sort them ten. The table is open addressing with linear probing over keys
 * (run.h), at most a quarter full, so that the first place looked at is nearly always the right one.
 * A slot has several counters, used in turn, for the reason given in window.h; they have 32 bits,
 * which suffices for the same reason.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_VALUE_TABLE_H
#define SYNTHDQ_CORE_SAMPLE_VALUE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/constants.h"
#include "core/base/status.h"
#include "core/sample/memory.h"
#include "core/sample/run.h"

#define VALUE_TABLE_LANES 4

/* Most values of a table. */
#define VALUE_TABLE_MAX ((size_t) 4096)

/* The key of no number: an empty slot. */
#define VALUE_TABLE_NO_KEY UINT64_C(0)

typedef struct ValueSlot
{
	uint64_t key;
	uint32_t counts[VALUE_TABLE_LANES];
} ValueSlot;

typedef struct ValueTable
{
	ValueSlot *slots; /* [n_slots], NULL = no table */
	size_t n_slots;   /* a power of 2 */
	int shift;        /* 64 - log2(n_slots) */
	size_t n_values;
} ValueTable;

/* Where the search for a key starts (Knuth's multiplicative hashing, by the golden ratio). */
static inline size_t
value_table_first(const ValueTable *table, uint64_t key)
{
	return (size_t) ((key * GOLDEN_64) >> table->shift);
}

/* The slot that has a key, or else the empty one where it belongs. */
static inline ValueSlot *
value_table_find(const ValueTable *table, uint64_t key)
{
	size_t i = value_table_first(table, key);

	while (table->slots[i].key != key && table->slots[i].key != VALUE_TABLE_NO_KEY)
		i = (i + 1) & (table->n_slots - 1);
	return &table->slots[i];
}

/* A table of the entries of a run of at most VALUE_TABLE_MAX values; *table is untouched on failure
 * (SDQ_NO_MEMORY, SDQ_OVER_LIMIT). */
extern SdqStatus value_table_open(ValueTable *table, SampleMemory *memory, const Run *run);

/* The slot of a key, added if it is new; NULL if there is no room for it, which is no error: it must
 * go elsewhere. Slots may move. */
extern ValueSlot *value_table_add(ValueTable *table, SampleMemory *memory, uint64_t key);

/* The entries as a SampleView has them: values[n_values] and counts[n_values]. */
extern void value_table_entries(const ValueTable *table, double *values, uint64_t *counts);

extern void value_table_free(ValueTable *table, SampleMemory *memory);

#endif
