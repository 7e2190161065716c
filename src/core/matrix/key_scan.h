/*
 * key_scan.h
 *		Finding the keys of a tile that are below a threshold.
 *
 * A key orders the rows y of a panel by their distance from a row x; it is the squared distance less
 * |x|^2, which is the same for all of them. It is formed from a product while it is compared:
 *
 *		float:	key = product + offset			product = -2 x.y, offset = |y|^2
 *		int32:	key = offset - 2 product		product = x.y, offset = |y|^2, of bytes
 *
 * A key of bytes fits an int32 for up to BYTE_PRODUCTS_MAX_COLUMNS columns, and is less than
 * INT32_MAX. Keys below the threshold (a NaN is not) are appended to a list, packed with their row
 * number such that integers have the order of (key, row).
 *
 * A scan stops before keys that are wanted when the list has less than KEY_SCAN_ROOM places left, and
 * returns how many keys it has passed. The caller then cuts the list (packed_select()), lowers the
 * threshold to the largest key kept, and continues behind the keys passed:
 *
 *		for (done = 0;; threshold = packed_key(packed_select(list.entries, list.length, keep)),
 *						list.length = keep)
 *		{
 *			done += key_scan_float(products + done, offsets + done, count - done, threshold,
 *								   first_row + done, &list);
 *			if (done == count)
 *				break;
 *		}
 *
 * which comes to an end if capacity is at least keep + KEY_SCAN_ROOM. Rows come in ascending order, so
 * of equal keys the first are kept. Where a row must not find itself, scan what is before and what is
 * behind it.
 *
 * The scans against thresholds look for the other side of a tile: one row y against the thresholds of
 * many rows x, whose numbers are packed with the keys. The caller distributes what was found, and may
 * continue with the same thresholds or lower ones.
 *
 * Nothing here allocates; pool threads may call everything. Results are the same on all instruction
 * sets; entries are in the order of the rows.
 */
#ifndef SYNTHDQ_CORE_MATRIX_KEY_SCAN_H
#define SYNTHDQ_CORE_MATRIX_KEY_SCAN_H

#include <stddef.h>
#include <stdint.h>

/* Places that a list must have left for a scan to pass wanted keys. */
#define KEY_SCAN_ROOM ((size_t) 16)

/* Packed keys and row numbers, see packed_make() of candidates.h and packed_make_int32() below.
 * Places beyond `length` may be written to by a scan. */
typedef struct KeyList
{
	uint64_t *entries; /* [capacity] */
	size_t length;
	size_t capacity;
} KeyList;

/* An int32 key and a row number in one integer that has the order of (key, row). */
static inline uint64_t
packed_make_int32(int32_t key, uint32_t row)
{
	return (uint64_t) ((uint32_t) key ^ UINT32_C(0x80000000)) << 32 | row;
}

static inline int32_t
packed_key_int32(uint64_t packed)
{
	return (int32_t) ((int64_t) (packed >> 32) + INT32_MIN);
}

/* Keys of the rows first_row, first_row + 1, ...: products[count], offsets[count]. */
extern size_t key_scan_float(const float *products, const float *offsets, size_t count,
							 float threshold, uint32_t first_row, KeyList *list);
extern size_t key_scan_int32(const int32_t *products, const int32_t *offsets, size_t count,
							 int32_t threshold, uint32_t first_row, KeyList *list);

/* One offset, and a threshold for each product: products[count], thresholds[count]. */
extern size_t key_scan_thresholds_float(const float *products, float offset,
										const float *thresholds, size_t count, uint32_t first_row,
										KeyList *list);
extern size_t key_scan_thresholds_int32(const int32_t *products, int32_t offset,
										const int32_t *thresholds, size_t count, uint32_t first_row,
										KeyList *list);

#endif
