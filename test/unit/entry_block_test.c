/*
 * entry_block_test.c
 *		Blocks of entries: their bytes by hand, round trips of all kinds of values, the smallest form,
 *		and bytes that are cut short or changed.
 */
#include "check.h"

#include <float.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/base/search.h"
#include "core/sample/entry_block.h"
#include "core/sample/stream.h"

#define MAX_N ENTRY_BLOCK_MAX_ENTRIES

/* Kinds of values and of counts that blocks are generated with. */
typedef enum ValueKind
{
	CONSECUTIVE,
	NEAR_INTEGERS,
	FAR_INTEGERS,
	FLOATS,
	DOUBLES,
	EXTREMES,
	N_VALUE_KINDS,
} ValueKind;

typedef enum CountKind
{
	ONES,
	SMALL,
	ANY,
	N_COUNT_KINDS,
} CountKind;

static double values[MAX_N];
static uint64_t counts[MAX_N];
static unsigned char bytes[ENTRY_BLOCK_MAX_BYTES];
static double got_values[MAX_N];
static uint64_t got_counts[MAX_N];

/* Is values[n] what was decoded? */
static bool
is_same(size_t n)
{
	return memcmp(values, got_values, n * sizeof(*values)) == 0 &&
		   memcmp(counts, got_counts, n * sizeof(*counts)) == 0;
}

/* Encode n entries, compare the bytes, decode them again. */
static bool
has_bytes(size_t n, const char *want, size_t n_want)
{
	EntryBlock block;

	return entry_block_size(values, counts, n) == n_want &&
		   entry_block_encode(values, counts, n, bytes) == n_want &&
		   memcmp(bytes, want, n_want) == 0 &&
		   !sdq_failed(entry_block_decode(bytes, n_want, MAX_N, got_values, got_counts, &block)) &&
		   block.n_entries == n && block.n_bytes == n_want && is_same(n);
}

/* Set entry i. */
static void
put(size_t i, double value, uint64_t count)
{
	values[i] = value;
	counts[i] = count;
}

/* The header's layout, byte for byte: stored values depend on it. */
static void
test_by_hand(void)
{
	put(0, 0, 1);
	check(has_bytes(1, "\x00\x01\x00", 3), "0 once");
	put(0, -3, 1);
	put(1, -2, 1);
	put(2, -1, 1);
	check(has_bytes(3, "\x00\x03\x05", 3), "three consecutive integers, once each");
	put(1, -2, 2);
	check(has_bytes(3, "\x04\x03\x05\x01\x02\x01", 6), "the same with counts");
	put(1, -1, 128);
	check(has_bytes(2, "\x04\x02\x05\x01\x00\x80\x01", 7), "a gap is a count of 0");
	put(0, 64, 1);
	put(1, 66, 1);
	put(2, 266, 1);
	check(has_bytes(3, "\x01\x03\x80\x01\x01\xc7\x01", 7), "integers at a distance, once each");
	put(0, 1, 3);
	put(1, 1000, 2);
	check(has_bytes(2, "\x05\x02\x02\xe6\x07\x03\x02", 7), "integers at a distance, with counts");
	put(0, -INFINITY, 1);
	put(1, 0.5, 2);
	check(has_bytes(2, "\x06\x02\x00\x00\x80\xff\x00\x00\x00\x3f\x01\x02", 12), "floats");
	put(0, 0.1, 1);
	check(has_bytes(1, "\x03\x01\x9a\x99\x99\x99\x99\x99\xb9\x3f", 10), "a double");
	put(0, 0x1p51, 1);
	check(has_bytes(1, "\x02\x01\x00\x00\x00\x59", 6), "2^51 is smaller as a float");
	put(0, 0x1p51 - 1, (uint64_t) SAMPLE_MAX_COUNT);
	check(has_bytes(1, "\x04\x01\xfe\xff\xff\xff\xff\xff\xff\x07\x80\x80\x80\x80\x08", 15),
		  "the largest count");
}

/* A value of a kind; the caller sorts and drops doubles. */
static double
random_value(Rng *rng, ValueKind kind, size_t i)
{
	static const double extremes[] = {-INFINITY,       INFINITY,      DBL_MAX,      -DBL_MAX,
									  DBL_TRUE_MIN,    -DBL_TRUE_MIN, DBL_MIN,      0,
									  FLT_TRUE_MIN,    FLT_MAX,       0x1p51,       -0x1p51,
									  0x1p51 + 1,      0x1p52,        0x1p53,       -0x1p51 - 1,
									  0x1p62,          -0x1p63,       0x1p52 - 0.5, 0x1p51 - 0.5,
									  1 + DBL_EPSILON, FLT_MAX * 2.0};
	uint64_t word = rng_u64(rng);
	float single;

	switch (kind)
	{
		case CONSECUTIVE: return -100 + (double) i;
		case NEAR_INTEGERS: return (double) (word % (8 * MAX_N)) - 1000;
		case FAR_INTEGERS: return (double) (int64_t) (word >> (12 + word % 30)) - 0x1p50;
		case FLOATS:
			single = (float) ((double) (int64_t) word * 0x1p-60);
			return (double) single + 0.0;
		case DOUBLES: return (double) (int64_t) word * 0x1p-60 + 0.0;
		default: return extremes[word % (sizeof(extremes) / sizeof(*extremes))];
	}
}

/* Ascending entries, at most n, of these kinds; returns how many. */
static size_t
generate(Rng *rng, ValueKind value_kind, CountKind count_kind, size_t n)
{
	size_t distinct = 1;

	for (size_t i = 0; i < n; i++)
		values[i] = random_value(rng, value_kind, i);
	qsort(values, n, sizeof(*values), compare_doubles);
	for (size_t i = 1; i < n; i++)
		if (values[i] != values[distinct - 1])
			values[distinct++] = values[i];
	for (size_t i = 0; i < distinct; i++)
	{
		uint64_t word = rng_u64(rng);

		counts[i] = count_kind == ONES    ? 1
					: count_kind == SMALL ? 1 + word % 300
										  : 1 + (word >> (33 + word % 31));
	}
	return distinct;
}

/* Bytes of a varint, by division. */
static size_t
plain_varint_size(uint64_t number)
{
	size_t size = 1;

	for (; number >= 128; number /= 128)
		size++;
	return size;
}

/* The size of the smallest form, computed plainly. */
static size_t
plain_size(size_t n)
{
	size_t head = 1 + plain_varint_size(n);
	size_t count_bytes = 0;
	size_t best;
	bool ones = true;
	bool floats = true;
	bool integers = true;

	for (size_t i = 0; i < n; i++)
	{
		ones &= counts[i] == 1;
		floats &= (double) (float) values[i] == values[i];
		integers &= fabs(values[i]) <= ENTRY_MAX_INTEGER && floor(values[i]) == values[i];
		count_bytes += plain_varint_size(counts[i]);
	}
	best = (floats ? 4 : 8) * n + (ones ? 0 : count_bytes);
	if (integers)
	{
		int64_t first = (int64_t) values[0];
		size_t n_slots = (size_t) (values[n - 1] - values[0]) + 1;
		size_t first_bytes =
			plain_varint_size(first < 0 ? 2 * (uint64_t) (-(first + 1)) + 1 : 2 * (uint64_t) first);
		size_t delta = first_bytes + (ones ? 0 : count_bytes);
		size_t dense = first_bytes + (ones && n_slots == n ? 0 : count_bytes + n_slots - n);

		for (size_t i = 1; i < n; i++)
			delta += plain_varint_size((uint64_t) (values[i] - values[i - 1]) - 1);
		best = delta < best ? delta : best;
		best = dense < best ? dense : best;
	}
	return head + best;
}

static void
test_round_trips(void)
{
	static const size_t sizes[] = {1, 2, 3, 7, 100, 256, 1000, MAX_N};
	Rng rng;
	bool same = true;
	bool smallest = true;
	bool within = true;
	bool summed = true;

	rng_seed(&rng, 1, 0);
	for (int round = 0; round < 12; round++)
		for (int kinds = 0; kinds < N_VALUE_KINDS * N_COUNT_KINDS; kinds++)
			for (size_t k = 0; k < sizeof(sizes) / sizeof(*sizes); k++)
			{
				size_t n = generate(&rng, kinds / N_COUNT_KINDS, kinds % N_COUNT_KINDS, sizes[k]);
				size_t n_bytes = entry_block_encode(values, counts, n, bytes);
				EntryBlock block = {0};
				uint64_t total = 0;

				for (size_t i = 0; i < n; i++)
					total += counts[i];
				same &= !sdq_failed(entry_block_decode(bytes, n_bytes, n, got_values, got_counts,
													   &block)) &&
						block.n_entries == n && block.n_bytes == n_bytes && is_same(n);
				summed &= block.total == total;
				smallest &=
					n_bytes == plain_size(n) && entry_block_size(values, counts, n) == n_bytes;
				within &= n_bytes <= ENTRY_BLOCK_MAX_BYTES && n_bytes >= ENTRY_BLOCK_MIN_BYTES;
				if (n > 1)
					same &= sdq_failed(
						entry_block_decode(bytes, n_bytes, n - 1, got_values, got_counts, &block));
			}
	check(same, "what is encoded is decoded, and no more entries than there is room for");
	check(smallest, "the form is the smallest there is");
	check(within, "no block is larger or smaller than promised");
	check(summed, "the counts are added up");
}

/* Do decoded entries keep what they must? */
static bool
is_sound(const EntryBlock *block, size_t n_bytes)
{
	uint64_t total = 0;

	if (block->n_entries < 1 || block->n_entries > MAX_N || block->n_bytes > n_bytes)
		return false;
	for (size_t i = 0; i < block->n_entries; i++)
	{
		if (isnan(got_values[i]) || (got_values[i] == 0 && signbit(got_values[i])) ||
			(i > 0 && !(got_values[i] > got_values[i - 1])) || got_counts[i] < 1 ||
			got_counts[i] > (uint64_t) SAMPLE_MAX_COUNT)
			return false;
		total += got_counts[i];
	}
	return total == block->total;
}

static void
test_damage(void)
{
	bool refused = true;
	bool sound = true;
	size_t n_read = 0;
	Rng rng;

	rng_seed(&rng, 2, 0);
	for (int round = 0; round < 20; round++)
		for (int kinds = 0; kinds < N_VALUE_KINDS * N_COUNT_KINDS; kinds++)
		{
			size_t n = generate(&rng, kinds / N_COUNT_KINDS, kinds % N_COUNT_KINDS, 1 + round % 10);
			size_t n_bytes = entry_block_encode(values, counts, n, bytes);
			EntryBlock block;

			for (size_t length = 0; length < n_bytes; length++)
			{
				/* Its own block of memory, so that a sanitizer sees what lies beyond. */
				unsigned char *prefix = malloc(length + 1);

				memcpy(prefix + 1, bytes, length);
				refused &=
					entry_block_decode(prefix + 1, length, MAX_N, got_values, got_counts, &block)
						.code == SDQ_BAD_DATA;
				free(prefix);
			}
			for (size_t at = 0; at < n_bytes; at++)
				for (int flip = 1; flip < 256; flip++)
				{
					unsigned char *changed = malloc(n_bytes);
					SdqStatus status;

					memcpy(changed, bytes, n_bytes);
					changed[at] ^= (unsigned char) flip;
					status =
						entry_block_decode(changed, n_bytes, MAX_N, got_values, got_counts, &block);
					if (sdq_failed(status))
						sound &= status.code == SDQ_BAD_DATA && status.detail != ENTRY_OK;
					else
					{
						n_read++;
						sound &= is_sound(&block, n_bytes);
					}
					free(changed);
				}
		}
	check(refused, "a block that is cut short is refused");
	check(sound && n_read > 0, "a changed byte gives well-formed entries or a fault");
}

/* Is this fault found in these bytes? */
static bool
has_fault(const char *literal, size_t n_bytes, EntryFault fault)
{
	EntryBlock block;
	SdqStatus status = entry_block_decode((const unsigned char *) literal, n_bytes, MAX_N,
										  got_values, got_counts, &block);

	return status.code == SDQ_BAD_DATA && status.detail == (int) fault;
}

static void
test_faults(void)
{
	check(has_fault("\x08\x01\x00", 3, ENTRY_BAD_FORM), "an unknown form");
	check(has_fault("\x00\x00\x00", 3, ENTRY_BAD_NUMBER), "a block without entries");
	check(has_fault("\x00\x81\x20\x00", 4, ENTRY_BAD_NUMBER), "a block of 4097 entries");
	check(has_fault("\x00\x81\x00\x00", 4, ENTRY_BAD_VARINT), "a varint with a needless byte");
	check(has_fault("\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 12, ENTRY_BAD_VARINT),
		  "a varint beyond 64 bits");
	check(has_fault("\x00\x01\x82\x80\x80\x80\x80\x80\x80\x08", 10, ENTRY_BAD_VALUES),
		  "an integer above 2^51");
	check(has_fault("\x00\x02\x80\x80\x80\x80\x80\x80\x80\x08", 10, ENTRY_BAD_VALUES),
		  "consecutive integers that end above 2^51");
	check(has_fault("\x01\x02\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13, ENTRY_BAD_VALUES),
		  "a distance of 2^64");
	check(has_fault("\x04\x02\x00\x00\x01\x01", 6, ENTRY_BAD_COUNT),
		  "consecutive integers that begin with a gap");
	check(has_fault("\x05\x02\x00\x00\x01\x00", 6, ENTRY_BAD_COUNT), "a count of 0");
	check(has_fault("\x05\x01\x00\x81\x80\x80\x80\x08", 8, ENTRY_BAD_COUNT),
		  "a count above the limit");
	check(has_fault("\x02\x01\x00\x00\xc0\x7f", 6, ENTRY_BAD_VALUES), "NaN");
	check(has_fault("\x02\x01\x00\x00\x00\x80", 6, ENTRY_BAD_VALUES), "a negative zero");
	check(has_fault("\x02\x02\x00\x00\x80\x3f\x00\x00\x80\x3f", 10, ENTRY_BAD_VALUES),
		  "equal values");
}

int
main(void)
{
	test_by_hand();
	test_round_trips();
	test_damage();
	test_faults();
	return check_done();
}
