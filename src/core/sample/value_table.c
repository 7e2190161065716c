/*
 * value_table.c
 *		Growing and reading the hash of distinct values.
 */
#include "core/sample/value_table.h"

#include "core/sample/sort.h"

/* Slots per value at least, and of the first table. */
#define SLOTS_PER_VALUE 4
#define MIN_SLOTS       1024

/* A table is no larger than this part of the memory that there may be. */
#define MEMORY_SHARE 8

_Static_assert(sizeof(ValueSlot) <= sizeof(double) + 2 * sizeof(uint64_t),
			   "a table that is full takes a few times what its run does");

/* An empty table with room for n values. */
static SdqStatus
allocate(SampleMemory *memory, size_t n, ValueTable *table)
{
	SdqStatus status = sdq_ok();
	size_t n_slots = MIN_SLOTS;
	ValueSlot *slots;

	while (n_slots < n * SLOTS_PER_VALUE)
		n_slots *= 2;
	if (memory->limit != 0 && n_slots * sizeof(ValueSlot) > memory->limit / MEMORY_SHARE)
		return sdq_error(SDQ_OVER_LIMIT, (double) (n_slots * sizeof(ValueSlot)),
						 (double) (memory->limit / MEMORY_SHARE));
	slots = sample_memory_resize(memory, NULL, 0, n_slots * sizeof(ValueSlot), &status);
	if (slots == NULL)
		return status;
	memset(slots, 0, n_slots * sizeof(ValueSlot));
	*table = (ValueTable){
		.slots = slots, .n_slots = n_slots, .shift = 64 - __builtin_ctzll(n_slots), .n_values = 0};
	return sdq_ok();
}

SdqStatus
value_table_open(ValueTable *table, SampleMemory *memory, const Run *run)
{
	/* Values still to come find room as they come: for each of many groups, a table of the 255 grey
	 * levels of a group of images should not begin at twice its size. */
	SdqStatus status = allocate(memory, run->n, table);

	if (sdq_failed(status))
		return status;
	for (size_t i = 0; i < run->n; i++)
	{
		uint64_t key = run_key(run->values[i]);
		ValueSlot *slot = value_table_find(table, key);

		slot->key = key;
		slot->counts[0] = (uint32_t) run->counts[i];
	}
	table->n_values = run->n;
	return sdq_ok();
}

/* Twice the slots; false if there is no memory. */
static bool
grow(ValueTable *table, SampleMemory *memory)
{
	ValueTable larger;

	if (sdq_failed(allocate(memory, 2 * table->n_slots / SLOTS_PER_VALUE, &larger)))
		return false;
	for (size_t i = 0; i < table->n_slots; i++)
		if (table->slots[i].key != VALUE_TABLE_NO_KEY)
			*value_table_find(&larger, table->slots[i].key) = table->slots[i];
	larger.n_values = table->n_values;
	value_table_free(table, memory);
	*table = larger;
	return true;
}

ValueSlot *
value_table_add(ValueTable *table, SampleMemory *memory, uint64_t key)
{
	ValueSlot *slot = value_table_find(table, key);

	if (slot->key == key)
		return slot;
	if (table->n_values == VALUE_TABLE_MAX)
		return NULL;
	if (table->n_values * SLOTS_PER_VALUE >= table->n_slots)
	{
		if (!grow(table, memory))
			return NULL;
		slot = value_table_find(table, key);
	}
	slot->key = key;
	table->n_values++;
	return slot;
}

void
value_table_entries(const ValueTable *table, double *values, uint64_t *counts)
{
	uint64_t *keys = counts;
	size_t n = 0;

	for (size_t i = 0; i < table->n_slots; i++)
		if (table->slots[i].key != VALUE_TABLE_NO_KEY)
			keys[n++] = table->slots[i].key;
	/* Few keys: done long before anybody would ask to stop. */
	sort_keys(keys, (void *) values, n, NULL);
	for (size_t i = 0; i < n; i++)
	{
		const ValueSlot *slot = value_table_find(table, keys[i]);

		values[i] = run_key_value(keys[i]);
		counts[i] = 0;
		for (int lane = 0; lane < VALUE_TABLE_LANES; lane++)
			counts[i] += slot->counts[lane];
	}
}

void
value_table_free(ValueTable *table, SampleMemory *memory)
{
	sample_memory_free(memory, table->slots, table->n_slots * sizeof(ValueSlot));
	*table = (ValueTable){.slots = NULL, .n_slots = 0, .shift = 0, .n_values = 0};
}
