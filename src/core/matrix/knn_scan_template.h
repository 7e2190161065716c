/*
 * knn_scan_template.h
 *		From products to candidate lists, included by each engine. It defines
 *			SCAN_KEY					the type of keys and products
 *			SCAN_SIDE					the engine's member of KnnWork
 *			SCAN_KEYS, SCAN_THRESHOLDS	the scans of key_scan.h for this type
 *			scan_multiply()				a tile of products of queries with held reference rows
 *			scan_threshold()			the threshold after a list was cut to some packed key
 *		and gets the tasks scan_chunk() and scan_pair_chunk().
 */

/* Cut a list to the candidates that are kept, and lower the row's threshold. */
static void
cut_list(KnnWork *work, size_t local, KeyList *list)
{
	uint64_t last = packed_select(list->entries, list->length, work->keep);

	list->length = work->keep;
	work->SCAN_SIDE.thresholds[local] = scan_threshold(work, last);
}

/* The list of a row. */
static inline KeyList
list_of(const KnnWork *work, size_t local)
{
	return (KeyList){.entries = work->lists + local * work->capacity,
					 .length = work->lengths[local],
					 .capacity = work->capacity};
}

/* Offer reference rows to a query row. */
static void
scan_span(KnnWork *work, size_t local, const SCAN_KEY *products, size_t column, size_t count)
{
	const SCAN_KEY *offsets = work->SCAN_SIDE.base_offsets + column;
	uint32_t row = (uint32_t) (work->held_first + column);
	KeyList list = list_of(work, local);
	size_t done = 0;

	for (;;)
	{
		done += SCAN_KEYS(products + done, offsets + done, count - done,
						  work->SCAN_SIDE.thresholds[local], row + (uint32_t) done, &list);
		if (done == count)
			break;
		cut_list(work, local, &list);
	}
	work->lengths[local] = list.length;
}

/* The same, but for the row itself. */
static void
scan_row(KnnWork *work, size_t local, const SCAN_KEY *products, size_t column, size_t count)
{
	/* If it is not there, this is at least count. */
	size_t own = knn_own_row(work, local) - work->held_first - column;

	if (own >= count)
	{
		scan_span(work, local, products, column, count);
		return;
	}
	scan_span(work, local, products, column, own);
	scan_span(work, local, products + own + 1, column + own + 1, count - own - 1);
}

/* Offer one row to the rows `column` and following, in a symmetric search. */
static void
scan_column_rows(KnnWork *work, size_t row, const SCAN_KEY *products, size_t column, size_t count,
				 uint64_t *scratch)
{
	KeyList found = {.entries = scratch, .capacity = work->block_rows + KEY_SCAN_ROOM};

	SCAN_THRESHOLDS(products, work->SCAN_SIDE.offsets[row], work->SCAN_SIDE.thresholds + column,
					count, (uint32_t) column, &found);
	for (size_t i = 0; i < found.length; i++)
	{
		size_t local = (uint32_t) found.entries[i];
		KeyList list = list_of(work, local);

		if (list.length == list.capacity)
			cut_list(work, local, &list);
		list.entries[list.length] = (found.entries[i] & ~(uint64_t) UINT32_MAX) | row;
		work->lengths[local] = list.length + 1;
	}
}

/* Task: a tile of the super-block by the panel. */
static void
scan_chunk(void *argument, size_t chunk, int thread)
{
	KnnWork *work = argument;
	size_t start = chunk * work->tile_rows;
	size_t rows = minimum(work->tile_rows, work->count - start);
	SCAN_KEY *tile = work->SCAN_SIDE.tiles + (size_t) thread * QUERY_ROWS * TILE_STRIDE;

	scan_multiply(work, start, rows, 0, work->base_count, tile);
	for (size_t i = 0; i < rows; i++)
		scan_row(work, start + i, tile + i * TILE_STRIDE, 0, work->base_count);
}

/* Task: a pair of blocks. The rows of each are offered to those of the other. */
static void
scan_pair_chunk(void *argument, size_t chunk, int thread)
{
	KnnWork *work = argument;
	BlockPair pair = work->pairs[chunk];
	size_t column = pair.b * work->block_rows;
	size_t columns = minimum(work->block_rows, work->count - column);
	size_t end = minimum((pair.a + 1) * work->block_rows, work->count);
	SCAN_KEY *tile = work->SCAN_SIDE.tiles + (size_t) thread * QUERY_ROWS * TILE_STRIDE;
	uint64_t *scratch = work->found + (size_t) thread * (work->block_rows + KEY_SCAN_ROOM);

	for (size_t start = pair.a * work->block_rows; start < end; start += QUERY_ROWS)
	{
		size_t rows = minimum(QUERY_ROWS, end - start);

		if (stop_requested(work->stop))
			return;
		scan_multiply(work, start, rows, column, columns, tile);
		for (size_t i = 0; i < rows; i++)
		{
			scan_row(work, start + i, tile + i * TILE_STRIDE, column, columns);
			/* A block with itself has both orders of each pair of rows already. */
			if (pair.a != pair.b)
				scan_column_rows(work, start + i, tile + i * TILE_STRIDE, column, columns, scratch);
		}
	}
}

#undef SCAN_KEY
#undef SCAN_SIDE
#undef SCAN_KEYS
#undef SCAN_THRESHOLDS
