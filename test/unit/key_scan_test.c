/*
 * key_scan_test.c
 *		Scans of keys against a loop that looks at one key after the other, on all instruction sets.
 */
#include "core/matrix/key_scan.h"

#include <string.h>

#include "check.h"
#include "core/base/cpu.h"
#include "core/base/rng.h"
#include "core/matrix/candidates.h"

#define COUNT_MAX 200
#define FIRST_ROW UINT32_C(4294967000)

static const char *const level_names[] = {"plain", "avx2", "avx512", "avx512_vnni"};

/* The keys of one scan, of both types. */
typedef struct Keys
{
	size_t count;
	float float_products[COUNT_MAX];
	float float_offsets[COUNT_MAX];
	int32_t products[COUNT_MAX];
	int32_t offsets[COUNT_MAX];
} Keys;

/* The four scans, told apart by a number so that one test serves all. */
typedef enum Scan
{
	SCAN_FLOAT,
	SCAN_INT32,
	SCAN_THRESHOLDS_FLOAT,
	SCAN_THRESHOLDS_INT32,
	N_SCANS,
} Scan;

static const char *const scan_names[] = {
	"float keys", "int32 keys", "float keys against thresholds", "int32 keys against thresholds"};

/* Keys that are often equal, with infinities, NaN and the ends of the range of int32 among them. */
static void
make_keys(Keys *keys, size_t count, Rng *rng)
{
	static const float special[] = {0.0f, -0.0f, INFINITY, -INFINITY, NAN, 1e38f};

	keys->count = count;
	for (size_t j = 0; j < count; j++)
	{
		keys->float_products[j] = (float) rng_below(rng, 50) - 25;
		keys->float_offsets[j] = (float) rng_below(rng, 50) / 4;
		if (rng_below(rng, 20) == 0)
			keys->float_products[j] = special[rng_below(rng, 6)];
		/* Products from 0 to 255 * 255 * d, and |y|^2 such that a key is |x - y|^2 - |x|^2. */
		keys->products[j] = (int32_t) rng_below(rng, 60);
		keys->offsets[j] = (int32_t) rng_below(rng, 100);
		if (rng_below(rng, 20) == 0)
		{
			keys->products[j] = 1073725312;
			keys->offsets[j] = 2147450625;
		}
		else if (rng_below(rng, 20) == 0)
		{
			keys->products[j] = 0;
			keys->offsets[j] = 2147450625;
		}
	}
}

/* What the scan with this list should append from key j on, one after the other; the number of keys
 * passed. The threshold of thresholds is the key's offset, its offset the threshold. */
static size_t
scan_plainly(Scan scan, const Keys *keys, size_t first, double threshold, KeyList *list)
{
	for (size_t j = first; j < keys->count; j++)
	{
		bool is_float = scan == SCAN_FLOAT || scan == SCAN_THRESHOLDS_FLOAT;
		float float_key = keys->float_products[j];
		int64_t key = -2 * (int64_t) keys->products[j];
		double limit = threshold;

		if (scan == SCAN_THRESHOLDS_FLOAT)
			limit = (double) keys->float_offsets[j];
		if (scan == SCAN_THRESHOLDS_INT32)
			limit = keys->offsets[j];
		float_key += scan == SCAN_FLOAT ? keys->float_offsets[j] : (float) threshold;
		key += scan == SCAN_INT32 ? keys->offsets[j] : (int64_t) threshold;
		if (!((is_float ? (double) float_key : (double) key) < limit))
			continue;
		if (list->length == list->capacity)
			return j - first;
		list->entries[list->length++] =
			is_float ? packed_make(float_key, FIRST_ROW + (uint32_t) j)
					 : packed_make_int32((int32_t) key, FIRST_ROW + (uint32_t) j);
	}
	return keys->count - first;
}

/* The scan under test, from key `first` on. */
static size_t
scan_from(Scan scan, const Keys *keys, size_t first, double threshold, KeyList *list)
{
	size_t count = keys->count - first;
	uint32_t row = FIRST_ROW + (uint32_t) first;

	switch (scan)
	{
		case SCAN_FLOAT:
			return key_scan_float(keys->float_products + first, keys->float_offsets + first, count,
								  (float) threshold, row, list);
		case SCAN_INT32:
			return key_scan_int32(keys->products + first, keys->offsets + first, count,
								  (int32_t) threshold, row, list);
		case SCAN_THRESHOLDS_FLOAT:
			return key_scan_thresholds_float(keys->float_products + first, (float) threshold,
											 keys->float_offsets + first, count, row, list);
		case SCAN_THRESHOLDS_INT32:
			return key_scan_thresholds_int32(keys->products + first, (int32_t) threshold,
											 keys->offsets + first, count, row, list);
		case N_SCANS: break;
	}
	return 0;
}

/* Does a scan that is continued with an emptied list whenever it stops find what the loop finds, and
 * does it stop only when it may? */
static bool
agrees(Scan scan, const Keys *keys, double threshold, size_t capacity)
{
	uint64_t want_entries[COUNT_MAX] = {0};
	uint64_t got_entries[COUNT_MAX] = {0};
	/* One more place, which must stay as it is. */
	uint64_t entries[COUNT_MAX + 1];
	KeyList want = {.entries = want_entries, .capacity = COUNT_MAX};
	KeyList list = {.entries = entries, .capacity = capacity};
	size_t length = 0;
	size_t done = 0;
	bool result = true;

	scan_plainly(scan, keys, 0, threshold, &want);
	entries[capacity] = 42;
	for (;;)
	{
		done += scan_from(scan, keys, done, threshold, &list);
		memcpy(got_entries + length, entries, list.length * sizeof(uint64_t));
		length += list.length;
		if (done == keys->count)
			break;
		result = result && list.capacity - list.length < KEY_SCAN_ROOM;
		list.length = 0;
	}
	return result && entries[capacity] == 42 && length == want.length &&
		   memcmp(want_entries, got_entries, length * sizeof(uint64_t)) == 0;
}

/* All scans on all instruction sets. */
static void
test_scans(CpuLevel level)
{
	static const double thresholds[] = {-INFINITY, -20, 0, 3, 10, INFINITY};
	static const double int32_thresholds[] = {INT32_MIN, -50, 0, 20, 60, INT32_MAX};

	for (Scan scan = 0; scan < N_SCANS; scan++)
	{
		bool holds = true;
		char name[100];
		Keys keys;
		Rng rng;

		rng_seed(&rng, 1, RNG_STREAM_TEST);
		for (size_t count = 0; count <= COUNT_MAX; count++)
			for (size_t t = 0; t < sizeof(thresholds) / sizeof(thresholds[0]); t++)
			{
				double threshold = scan == SCAN_INT32 ? int32_thresholds[t] : thresholds[t];

				if (scan == SCAN_THRESHOLDS_INT32)
					threshold = (double) rng_below(&rng, 200);
				make_keys(&keys, count, &rng);
				for (size_t capacity = KEY_SCAN_ROOM; capacity <= COUNT_MAX; capacity += 23)
					holds = holds && agrees(scan, &keys, threshold, capacity);
			}
		snprintf(name, sizeof(name), "%s: %s", level_names[level], scan_names[scan]);
		check(holds, name);
	}
}

/* Four keys by hand. */
static void
test_by_hand(void)
{
	/* Keys 3, -1, 1, -1. */
	static const float float_products[] = {-2, -4, 0, -1.5f};
	static const float float_offsets[] = {5, 3, 1, 0.5f};
	/* Keys 3, -1, 1, -1. */
	static const int32_t products[] = {1, 2, 0, 1};
	static const int32_t offsets[] = {5, 3, 1, 1};
	uint64_t entries[KEY_SCAN_ROOM];
	KeyList list = {.entries = entries, .capacity = KEY_SCAN_ROOM};

	check(key_scan_float(float_products, float_offsets, 4, 1, 10, &list) == 4 && list.length == 2 &&
			  packed_key(entries[0]) == -1 && (uint32_t) entries[0] == 11 &&
			  packed_key(entries[1]) == -1 && (uint32_t) entries[1] == 13,
		  "of four float keys two are below the threshold");
	list.length = 0;
	check(key_scan_int32(products, offsets, 4, 1, 10, &list) == 4 && list.length == 2 &&
			  packed_key_int32(entries[0]) == -1 && (uint32_t) entries[0] == 11 &&
			  packed_key_int32(entries[1]) == -1 && (uint32_t) entries[1] == 13,
		  "of four int32 keys two are below the threshold");
	list.length = KEY_SCAN_ROOM;
	check(key_scan_int32(products, offsets, 4, 1, 10, &list) == 0 && list.length == KEY_SCAN_ROOM &&
			  key_scan_int32(products, offsets, 4, -1, 10, &list) == 4,
		  "a full list stops the scan, but only where a key is wanted");
}

/* The extreme keys of the longest rows: all 255 against themselves, and 0 against all 255. */
static void
test_extremes(void)
{
	static const int32_t products[] = {255 * 255 * 33025, 0};
	static const int32_t offsets[] = {255 * 255 * 33025, 255 * 255 * 33025};
	uint64_t entries[KEY_SCAN_ROOM];
	KeyList list = {.entries = entries, .capacity = KEY_SCAN_ROOM};

	key_scan_int32(products, offsets, 2, INT32_MAX, 0, &list);
	check(list.length == 2 && packed_key_int32(entries[0]) == -255 * 255 * 33025 &&
			  packed_key_int32(entries[1]) == 255 * 255 * 33025,
		  "the largest and the smallest key of bytes");
}

/* Packed int32 keys have the order of the keys, then of the rows. */
static void
test_packing(void)
{
	static const int32_t keys[] = {INT32_MIN, INT32_MIN + 1, -1, 0, 1, INT32_MAX};
	bool ordered = true;
	bool restored = true;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
	{
		uint64_t packed = packed_make_int32(keys[i], 7);

		restored = restored && packed_key_int32(packed) == keys[i] && (uint32_t) packed == 7;
		ordered = ordered && packed < packed_make_int32(keys[i], 8);
		if (i > 0)
			ordered = ordered && packed_make_int32(keys[i - 1], UINT32_MAX) < packed;
	}
	check(restored, "packed int32 keys are restored");
	check(ordered, "packed int32 keys have the order of (key, row)");
}

int
main(void)
{
	test_by_hand();
	test_packing();
	test_extremes();
	for (CpuLevel level = CPU_PLAIN; level <= CPU_HIGHEST; level++)
	{
		cpu_set_limit(level);
		if (cpu_level() == level)
			test_scans(level);
		else
			printf("# this processor has no %s\n", level_names[level]);
	}
	return check_done();
}
