/*
 * entry_block.c
 *		Choosing the form of a block, writing it, and reading it with distrust.
 *
 * Encoding looks at all entries twice: a pass without branches, which the compiler turns into vector
 * code, finds which forms are possible and what they take; the other one writes. The sizes of
 * varints are added up one by one only where some need more than a byte.
 */
#include "core/sample/entry_block.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/base/double_bits.h"
#include "core/sample/stream.h"

/* Adding and subtracting it leaves integers up to ENTRY_MAX_INTEGER alone and rounds others; the sum's
 * bits hold the integer, as an offset from its own. */
#define ROUNDER 6755399441055744.0 /* 1.5 x 2^52 */

#define VARINT_BITS   7
#define VARINT_MORE   0x80
#define VARINT_MAX    10 /* bytes of the largest */
#define NEGATIVE_ZERO (UINT64_C(1) << 63)
#define N_VALUE_FORMS 4

/* What a block can be, and what the values and counts take in each form. */
typedef struct Choice
{
	unsigned char form; /* with ENTRY_COUNTS */
	size_t bytes;       /* of the whole block */
} Choice;

/* Bytes of a number as a varint: a seventh of its bits, rounded up; exact below 2^63. */
static inline size_t
varint_size(uint64_t number)
{
	size_t bits = 64 - (size_t) __builtin_clzll(number | 1);

	return (bits * 9 + 64) / 64;
}

/* Write a varint; returns where it ends. */
static inline unsigned char *
write_varint(unsigned char *out, uint64_t number)
{
	while (number >= VARINT_MORE)
	{
		*out++ = (unsigned char) (number | VARINT_MORE);
		number >>= VARINT_BITS;
	}
	*out++ = (unsigned char) number;
	return out;
}

/* Where bytes are being read, and what was wrong first. */
typedef struct ByteCursor
{
	const unsigned char *next;
	const unsigned char *end;
	EntryFault fault;
} ByteCursor;

/* Remember a fault unless there is one. */
static void
set_fault(ByteCursor *cursor, EntryFault fault)
{
	if (cursor->fault == ENTRY_OK)
		cursor->fault = fault;
}

/* A varint of more than one byte, or none. */
static uint64_t
read_long_varint(ByteCursor *cursor)
{
	uint64_t number = 0;

	for (int i = 0; i < VARINT_MAX; i++)
	{
		uint64_t byte;

		if (cursor->next == cursor->end)
		{
			set_fault(cursor, ENTRY_CUT_SHORT);
			return 0;
		}
		byte = *cursor->next++;
		/* A last byte of 0 is needless; the last of all has room for one bit. */
		if ((i > 0 && byte == 0) || (i == VARINT_MAX - 1 && byte > 1))
			break;
		number |= (byte & (VARINT_MORE - 1)) << (i * VARINT_BITS);
		if (byte < VARINT_MORE)
			return number;
	}
	set_fault(cursor, ENTRY_BAD_VARINT);
	return 0;
}

/* Read a varint; after a fault, which the cursor keeps, the number means nothing. */
static inline uint64_t
read_varint(ByteCursor *cursor)
{
	if (cursor->next < cursor->end && *cursor->next < VARINT_MORE)
		return *cursor->next++;
	return read_long_varint(cursor);
}

/* Signed numbers near 0 as small unsigned ones: 0, -1, 1, -2, 2 ... */
static inline uint64_t
zigzag(int64_t number)
{
	return ((uint64_t) number << 1) ^ (uint64_t) - (number < 0);
}

static inline int64_t
zigzag_value(uint64_t number)
{
	return (int64_t) (number >> 1) ^ -(int64_t) (number & 1);
}

/* Eight or four bytes in the order of the format. */
static inline uint64_t
order64(uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

static inline uint32_t
order32(uint32_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap32(word);
#endif
	return word;
}

/* The integer that a value is, where it is one, as an offset from that of 0. */
static inline uint64_t
integer_bits(double value)
{
	return bits_of(value + ROUNDER);
}

/* The integer next to a value, by way of memory: a wider register would keep what is to be lost. */
static inline double
rounded(double value)
{
	return double_of(bits_of(value + ROUNDER)) - ROUNDER;
}

/* Are all values integers of the range? */
static bool
all_integers(const double *values, size_t n)
{
	int others = 0;

	if (!(values[0] >= -ENTRY_MAX_INTEGER && values[n - 1] <= ENTRY_MAX_INTEGER))
		return false;
	for (size_t i = 0; i < n; i++)
		others |= rounded(values[i]) != values[i];
	return others == 0;
}

/* Are all values floats? */
static bool
all_floats(const double *values, size_t n)
{
	int others = 0;

	for (size_t i = 0; i < n; i++)
		others |= (double) (float) values[i] != values[i];
	return others == 0;
}

/* Bytes of the counts as varints; *all_one = none of them is above 1. */
static size_t
count_bytes(const uint64_t *counts, size_t n, bool *all_one)
{
	uint64_t bits = 0;
	size_t bytes = 0;

	for (size_t i = 0; i < n; i++)
		bits |= counts[i];
	*all_one = bits == 1;
	if (bits < VARINT_MORE)
		return n;
	for (size_t i = 0; i < n; i++)
		bytes += varint_size(counts[i]);
	return bytes;
}

/* Bytes of what each integer is above the last, less 1. */
static size_t
delta_bytes(const double *values, size_t n)
{
	uint64_t bits = 0;
	size_t bytes = 0;

	for (size_t i = 1; i < n; i++)
		bits |= integer_bits(values[i]) - integer_bits(values[i - 1]) - 1;
	if (bits < VARINT_MORE)
		return n - 1;
	for (size_t i = 1; i < n; i++)
		bytes += varint_size(integer_bits(values[i]) - integer_bits(values[i - 1]) - 1);
	return bytes;
}

/* The smallest form of these entries, the first of several. */
static Choice
choose_form(const double *values, const uint64_t *counts, size_t n)
{
	bool all_one;
	size_t all_counts = count_bytes(counts, n, &all_one);
	size_t written_counts = all_one ? 0 : all_counts;
	unsigned char counts_flag = all_one ? 0 : ENTRY_COUNTS;
	size_t head = 1 + varint_size(n);
	Choice best = {.form = ENTRY_DOUBLE | counts_flag,
				   .bytes = head + n * sizeof(double) + written_counts};

	if (all_integers(values, n))
	{
		size_t first = varint_size(zigzag((int64_t) values[0]));
		size_t n_absent = (size_t) (values[n - 1] - values[0]) + 1 - n;
		size_t delta = head + first + delta_bytes(values, n) + written_counts;
		size_t dense = head + first + n_absent + (n_absent > 0 ? all_counts : written_counts);

		if (delta < best.bytes)
			best = (Choice){.form = ENTRY_DELTA | counts_flag, .bytes = delta};
		if (dense <= best.bytes)
			best = (Choice){.form = ENTRY_DENSE | (n_absent > 0 ? ENTRY_COUNTS : counts_flag),
							.bytes = dense};
	}
	if (best.bytes > head + n * sizeof(float) + written_counts && all_floats(values, n))
		best = (Choice){.form = ENTRY_FLOAT | counts_flag,
						.bytes = head + n * sizeof(float) + written_counts};
	return best;
}

/* Write the counts of consecutive integers, those that do not occur included. */
static unsigned char *
write_dense_counts(const double *values, const uint64_t *counts, size_t n, unsigned char *out)
{
	uint64_t next = integer_bits(values[0]);

	for (size_t i = 0; i < n; i++)
	{
		uint64_t integer = integer_bits(values[i]);

		for (; next < integer; next++)
			*out++ = 0;
		out = write_varint(out, counts[i]);
		next++;
	}
	return out;
}

size_t
entry_block_size(const double *values, const uint64_t *counts, size_t n)
{
	return choose_form(values, counts, n).bytes;
}

size_t
entry_block_encode(const double *values, const uint64_t *counts, size_t n, unsigned char *out)
{
	Choice choice = choose_form(values, counts, n);
	unsigned char *start = out;
	EntryForm value_form = choice.form & (ENTRY_COUNTS - 1);

	*out++ = choice.form;
	out = write_varint(out, n);
	switch (value_form)
	{
		case ENTRY_DENSE:
			out = write_varint(out, zigzag((int64_t) values[0]));
			if (choice.form & ENTRY_COUNTS)
				out = write_dense_counts(values, counts, n, out);
			return (size_t) (out - start);
		case ENTRY_DELTA:
			out = write_varint(out, zigzag((int64_t) values[0]));
			for (size_t i = 1; i < n; i++)
				out = write_varint(out, integer_bits(values[i]) - integer_bits(values[i - 1]) - 1);
			break;
		case ENTRY_FLOAT:
			for (size_t i = 0; i < n; i++)
			{
				float value = (float) values[i];
				uint32_t word;

				memcpy(&word, &value, sizeof(word));
				word = order32(word);
				memcpy(out + i * sizeof(word), &word, sizeof(word));
			}
			out += n * sizeof(float);
			break;
		default:
			for (size_t i = 0; i < n; i++)
			{
				uint64_t word = order64(bits_of(values[i]));

				memcpy(out + i * sizeof(word), &word, sizeof(word));
			}
			out += n * sizeof(double);
			break;
	}
	if (choice.form & ENTRY_COUNTS)
		for (size_t i = 0; i < n; i++)
			out = write_varint(out, counts[i]);
	return (size_t) (out - start);
}

/* Is an integer of the range? */
static bool
is_in_range(int64_t integer)
{
	return integer >= -(int64_t) ENTRY_MAX_INTEGER && integer <= (int64_t) ENTRY_MAX_INTEGER;
}

/* The first of the integers. */
static int64_t
read_first(ByteCursor *cursor)
{
	int64_t first = zigzag_value(read_varint(cursor));

	if (is_in_range(first))
		return first;
	set_fault(cursor, ENTRY_BAD_VALUES);
	return 0;
}

/* Consecutive integers with their counts. */
static void
read_dense(ByteCursor *cursor, size_t n, double *values, uint64_t *counts)
{
	int64_t integer = read_first(cursor);
	size_t i = 0;

	/* Each turn takes a byte or leaves a fault. */
	while (i < n && cursor->fault == ENTRY_OK)
	{
		uint64_t count = read_varint(cursor);

		values[i] = (double) integer++;
		counts[i] = count;
		i += count > 0;
		/* A block begins with an entry. */
		if (i == 0)
			set_fault(cursor, ENTRY_BAD_COUNT);
	}
	if (!is_in_range(integer - 1))
		set_fault(cursor, ENTRY_BAD_VALUES);
}

/* Consecutive integers that occur once each. */
static void
read_consecutive(ByteCursor *cursor, size_t n, double *values)
{
	int64_t first = read_first(cursor);

	for (size_t i = 0; i < n; i++)
		values[i] = (double) (first + (int64_t) i);
	if (!is_in_range(first + (int64_t) n - 1))
		set_fault(cursor, ENTRY_BAD_VALUES);
}

/* Integers by their distances. */
static void
read_deltas(ByteCursor *cursor, size_t n, double *values)
{
	int64_t integer = read_first(cursor);

	values[0] = (double) integer;
	for (size_t i = 1; i < n && cursor->fault == ENTRY_OK; i++)
	{
		uint64_t delta = read_varint(cursor);

		if (delta >= 2 * (uint64_t) ENTRY_MAX_INTEGER ||
			!is_in_range(integer + (int64_t) delta + 1))
		{
			set_fault(cursor, ENTRY_BAD_VALUES);
			return;
		}
		integer += (int64_t) delta + 1;
		values[i] = (double) integer;
	}
}

/* Do the values ascend, without NaN and -0? */
static bool
values_are_sound(const double *values, size_t n)
{
	int faults = !(values[0] == values[0]);

	for (size_t i = 0; i < n; i++)
		faults |= bits_of(values[i]) == NEGATIVE_ZERO;
	for (size_t i = 1; i < n; i++)
		faults |= !(values[i] > values[i - 1]);
	return faults == 0;
}

/* Room for n objects of so many bytes in what is left? */
static bool
has_bytes(ByteCursor *cursor, size_t n, size_t size)
{
	if (n * size <= (size_t) (cursor->end - cursor->next))
		return true;
	set_fault(cursor, ENTRY_CUT_SHORT);
	return false;
}

static void
read_floats(ByteCursor *cursor, size_t n, double *values)
{
	if (!has_bytes(cursor, n, sizeof(float)))
		return;
	for (size_t i = 0; i < n; i++)
	{
		uint32_t word;
		float value;

		memcpy(&word, cursor->next + i * sizeof(word), sizeof(word));
		word = order32(word);
		memcpy(&value, &word, sizeof(value));
		values[i] = value;
	}
	cursor->next += n * sizeof(float);
	if (!values_are_sound(values, n))
		set_fault(cursor, ENTRY_BAD_VALUES);
}

static void
read_doubles(ByteCursor *cursor, size_t n, double *values)
{
	if (!has_bytes(cursor, n, sizeof(double)))
		return;
	for (size_t i = 0; i < n; i++)
	{
		uint64_t word;

		memcpy(&word, cursor->next + i * sizeof(word), sizeof(word));
		word = order64(word);
		memcpy(&values[i], &word, sizeof(values[i]));
	}
	cursor->next += n * sizeof(double);
	if (!values_are_sound(values, n))
		set_fault(cursor, ENTRY_BAD_VALUES);
}

/* The counts, written or all 1. */
static void
read_counts(ByteCursor *cursor, unsigned char form, size_t n, uint64_t *counts)
{
	if (form & ENTRY_COUNTS)
		for (size_t i = 0; i < n && cursor->fault == ENTRY_OK; i++)
			counts[i] = read_varint(cursor);
	else
		for (size_t i = 0; i < n; i++)
			counts[i] = 1;
}

/* Values and counts of a block whose head has been read. */
static void
read_entries(ByteCursor *cursor, unsigned char form, size_t n, double *values, uint64_t *counts)
{
	if (form == (ENTRY_DENSE | ENTRY_COUNTS))
	{
		read_dense(cursor, n, values, counts);
		return;
	}
	switch (form & (ENTRY_COUNTS - 1))
	{
		case ENTRY_DENSE: read_consecutive(cursor, n, values); break;
		case ENTRY_DELTA: read_deltas(cursor, n, values); break;
		case ENTRY_FLOAT: read_floats(cursor, n, values); break;
		default: read_doubles(cursor, n, values); break;
	}
	read_counts(cursor, form, n, counts);
}

SdqStatus
entry_block_decode(const unsigned char *bytes, size_t n_bytes, size_t max_entries, double *values,
				   uint64_t *counts, EntryBlock *block)
{
	ByteCursor cursor = {.next = bytes, .end = bytes + n_bytes, .fault = ENTRY_OK};
	unsigned char form;
	uint64_t n;
	uint64_t total = 0;
	int faults = 0;

	if (n_bytes < ENTRY_BLOCK_MIN_BYTES)
		return sdq_bad_data(ENTRY_CUT_SHORT, -1, (double) n_bytes, ENTRY_BLOCK_MIN_BYTES);
	form = *cursor.next++;
	if (form >= N_VALUE_FORMS * 2)
		return sdq_bad_data(ENTRY_BAD_FORM, -1, form, 0);
	n = read_varint(&cursor);
	if (cursor.fault == ENTRY_OK && (n == 0 || n > ENTRY_BLOCK_MAX_ENTRIES || n > max_entries))
		return sdq_bad_data(ENTRY_BAD_NUMBER, -1, (double) n, (double) max_entries);
	if (cursor.fault == ENTRY_OK)
		read_entries(&cursor, form, (size_t) n, values, counts);
	if (cursor.fault != ENTRY_OK)
		return sdq_bad_data(cursor.fault, -1, 0, 0);

	for (size_t i = 0; i < n; i++)
	{
		faults |= counts[i] - 1 >= (uint64_t) SAMPLE_MAX_COUNT;
		total += counts[i];
	}
	if (faults != 0)
		return sdq_bad_data(ENTRY_BAD_COUNT, -1, 0, (double) SAMPLE_MAX_COUNT);
	*block = (EntryBlock){
		.n_entries = (size_t) n, .n_bytes = (size_t) (cursor.next - bytes), .total = total};
	return sdq_ok();
}
