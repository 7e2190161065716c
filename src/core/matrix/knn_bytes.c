/*
 * knn_bytes.c
 *		Neighbours of rows of bytes: integers decide, on every machine alike.
 *
 * Products of bytes are exact, and so is the key |y|^2 - 2 x.y, which fits an int32: it is at least
 * -|x|^2, and |x|^2 + |y|^2 - 2 x.y is at most 255^2 d. Hence the k smallest (key, row) are the
 * neighbours: there is nothing to refine, to prove, or to keep to spare.
 */
#include "core/matrix/knn_work.h"

#include "core/base/sizes.h"
#include "core/matrix/byte_products.h"

/* Rows that one chunk sorts. */
#define FINISH_ROWS ((size_t) 64)

/* ---------- reading ---------- */

/* |x|^2 of a row of at most BYTE_PRODUCTS_MAX_COLUMNS bytes. */
static int32_t
byte_norm2(const uint8_t *x, size_t d)
{
	int32_t sum = 0;

	for (size_t j = 0; j < d; j++)
		sum += (int32_t) x[j] * x[j];
	return sum;
}

/* Look up at most READ_ROWS rows of a store; write their squared norms. */
static void
find_rows(const RowStore *store, size_t first, size_t count, const uint8_t **rows, int32_t *norms)
{
	for (size_t i = 0; i < count; i++)
	{
		rows[i] = row_store_bytes(store, first + i);
		norms[i] = byte_norm2(rows[i], store->d);
	}
}

/* Pack some reference rows; `column` is a multiple of READ_ROWS. */
static void
pack_base(KnnWork *work, size_t column, const uint8_t *const *rows, size_t count)
{
	size_t d = work->reference.d;
	ByteLines lines = {.lines = rows};

	byte_right_pack(&lines, count, d, work->bytes.base + byte_right_size(column, d));
}

/* Pack some rows of the panel. */
static void
read_panel_chunk(void *argument, size_t chunk, int thread)
{
	KnnWork *work = argument;
	const uint8_t *rows[READ_ROWS];
	size_t start = chunk * READ_ROWS;
	size_t count = minimum(READ_ROWS, work->base_count - start);

	find_rows(&work->reference, work->base_first + start, count, rows,
			  work->bytes.base_offsets + start);
	pack_base(work, start, rows, count);
}

/* Pack some query rows and empty their lists. */
static void
read_query_chunk(void *argument, size_t chunk, int thread)
{
	KnnWork *work = argument;
	size_t d = work->queries.d;
	const uint8_t *rows[READ_ROWS];
	ByteLines lines = {.lines = rows};
	size_t start = chunk * READ_ROWS;
	size_t count = minimum(READ_ROWS, work->count - start);

	find_rows(&work->queries, work->first + start, count, rows, work->bytes.offsets + start);
	byte_left_pack(&lines, count, d, work->bytes.queries + byte_left_size(start, d));
	if (work->is_symmetric)
		pack_base(work, start, rows, count);
	for (size_t i = start; i < start + count; i++)
	{
		work->bytes.thresholds[i] = INT32_MAX;
		work->lengths[i] = 0;
	}
}

/* ---------- scan ---------- */

/* Products of queries with held reference rows; both start with whole groups. */
static void
scan_multiply(const KnnWork *work, size_t start, size_t rows, size_t column, size_t columns,
			  int32_t *tile)
{
	size_t d = work->reference.d;

	byte_products(work->bytes.queries + byte_left_size(start, d), rows,
				  work->bytes.base + byte_right_size(column, d), columns, d, tile, TILE_STRIDE);
}

/* Later rows lose ties where rows come in ascending order, as they do but for a symmetric search. Keys
 * are less than INT32_MAX. */
static int32_t
scan_threshold(const KnnWork *work, uint64_t last)
{
	return packed_key_int32(last) + (work->is_symmetric ? 1 : 0);
}

#define SCAN_KEY        int32_t
#define SCAN_SIDE       bytes
#define SCAN_KEYS       key_scan_int32
#define SCAN_THRESHOLDS key_scan_thresholds_int32
#include "core/matrix/knn_scan_template.h"

/* ---------- results ---------- */

/* Sort the candidates of some rows. */
static void
finish_chunk(void *argument, size_t chunk, int thread)
{
	KnnWork *work = argument;
	Candidate *nearest = work->bytes.nearest + (size_t) thread * work->k;
	size_t end = minimum((chunk + 1) * FINISH_ROWS, work->count);

	for (size_t local = chunk * FINISH_ROWS; local < end && !stop_requested(work->stop); local++)
	{
		KeyList list = list_of(work, local);
		double norm2 = work->bytes.offsets[local];

		if (list.length > work->k)
			packed_select(list.entries, list.length, work->k);
		for (size_t i = 0; i < work->k; i++)
			nearest[i] = (Candidate){.distance2 = norm2 + packed_key_int32(list.entries[i]),
									 .index = (uint32_t) list.entries[i]};
		candidates_make_heap(nearest, work->k);
		candidates_sort_heap(nearest, work->k);
		knn_store(work->result, work->first + local, nearest);
	}
}

/* Lists to results. */
static SdqStatus
finish_super_block(Job *job, KnnWork *work)
{
	return pool_run(job->pool, finish_chunk, work, divide_up(work->count, FINISH_ROWS));
}

/* ---------- setting up ---------- */

/* Bytes of a packed row, about. */
static size_t
row_bytes(size_t d)
{
	return byte_right_size(BYTE_RIGHT_GROUP, d) / BYTE_RIGHT_GROUP;
}

/* Bytes that allocate() takes. */
static size_t
memory(const KnnWork *work, size_t threads)
{
	size_t d = work->reference.d;

	return byte_left_size(work->super_rows, d) + byte_right_size(work->held_rows, d) +
		   2 * (work->super_rows + work->held_rows) * sizeof(int32_t) +
		   threads * (QUERY_ROWS * TILE_STRIDE * sizeof(int32_t) + work->k * sizeof(Candidate));
}

/* Allocate what is used in a super-block. */
static SdqStatus
allocate(Job *job, KnnWork *work)
{
	Arena *arena = job->arena;
	ByteSide *bytes = &work->bytes;
	size_t threads = (size_t) pool_threads(job->pool);
	size_t d = work->reference.d;

	bytes->queries = arena_alloc(arena, byte_left_size(work->super_rows, d), 1);
	bytes->offsets = arena_alloc(arena, work->super_rows, sizeof(int32_t));
	bytes->thresholds = arena_alloc(arena, work->super_rows, sizeof(int32_t));
	bytes->base = arena_alloc(arena, byte_right_size(work->held_rows, d), 1);
	bytes->base_offsets = bytes->offsets;
	if (!work->is_symmetric)
		bytes->base_offsets = arena_alloc(arena, work->held_rows, sizeof(int32_t));
	bytes->tiles = arena_alloc(arena, threads * QUERY_ROWS * TILE_STRIDE, sizeof(int32_t));
	bytes->nearest = arena_alloc(arena, threads * work->k, sizeof(Candidate));
	if (bytes->queries == NULL || bytes->offsets == NULL || bytes->thresholds == NULL ||
		bytes->base == NULL || bytes->base_offsets == NULL || bytes->tiles == NULL ||
		bytes->nearest == NULL)
		return arena_failure(arena);
	return sdq_ok();
}

const KnnEngine knn_byte_engine = {
	.spare = 0,
	.row_bytes = row_bytes,
	.memory = memory,
	.allocate = allocate,
	.read_queries = read_query_chunk,
	.read_panel = read_panel_chunk,
	.scan = scan_chunk,
	.scan_pair = scan_pair_chunk,
	.finish = finish_super_block,
};
