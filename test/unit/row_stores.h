/*
 * row_stores.h
 *		Stores of rows for unit tests that keep one arena for all of their stores.
 */
#ifndef SYNTHDQ_TEST_UNIT_ROW_STORES_H
#define SYNTHDQ_TEST_UNIT_ROW_STORES_H

#include "core/matrix/row_store.h"

/* A fresh store over a fresh arena: whatever was in the arena is freed. */
static inline RowStore
new_store(Arena *arena)
{
	RowStore store;

	arena_free(arena);
	row_store_init(&store, arena);
	return store;
}

#endif
