/*
 * row_blocks.h
 *		Where the rows of a store lie. Private to row_store.c and row_store_finish.c.
 */
#ifndef SYNTHDQ_CORE_MATRIX_ROW_BLOCKS_H
#define SYNTHDQ_CORE_MATRIX_ROW_BLOCKS_H

#include "core/matrix/row_store.h"

/* Bytes of an element of each ElementType. */
extern const size_t row_element_size[];

/* The row with this arrival number. */
static inline void *
arrived_row(const RowStore *store, size_t arrival, ElementType *type)
{
	const RowBlock *block = &store->blocks[arrival >> store->block_shift];
	size_t within = arrival & (((size_t) 1 << store->block_shift) - 1);

	*type = block->type;
	return (char *) block->data + within * store->d * row_element_size[block->type];
}

/* Row i in final order; all blocks have store->type by now. */
static inline const void *
final_row(const RowStore *store, size_t i)
{
	ElementType type;

	return arrived_row(store, store->order == NULL ? i : store->order[i], &type);
}

/* Bring one block with `rows` rows to a wider type; its old memory stays in the arena. */
extern SdqStatus row_store_widen_block(RowStore *store, RowBlock *block, size_t rows,
									   ElementType type);

#endif
