/*
 * entry_block.h
 *		Blocks of (value, count) entries as bytes: what stored samples and runs on disk consist of.
 *
 * A block holds 1 to ENTRY_BLOCK_MAX_ENTRIES entries as a SampleView has them: values strictly
 * ascending, no NaN, no -0, counts from 1 to SAMPLE_MAX_COUNT. Its bytes are
 *
 *		form		1 byte: the form of the values, plus ENTRY_COUNTS if counts are written
 *		n			varint: number of entries
 *		values		by form
 *		counts		one varint each, unless all are 1 and ENTRY_COUNTS is not set
 *
 * The forms of the values:
 *
 *		ENTRY_DENSE		consecutive integers: the first as a zigzag varint. The counts that follow, if
 *						written, include a 0 for each integer up to the last that does not occur.
 *		ENTRY_DELTA		integers: the first as a zigzag varint, then what each is above the last, less 1
 *		ENTRY_FLOAT		4 bytes each, where every value is a float
 *		ENTRY_DOUBLE	8 bytes each
 *
 * Integers are those of at most ENTRY_MAX_INTEGER in magnitude. A varint has 7 bits a byte, the lowest
 * first, the eighth bit set in all bytes but the last, and no needless bytes. Everything is
 * little-endian on every machine.
 *
 * The encoder takes the smallest form, the first of the list where several are; so equal entries have
 * equal bytes. The decoder reads any form that holds the entries, and trusts nothing: any bytes give
 * well-formed entries or SDQ_BAD_DATA with an EntryFault as detail. Both take one to two
 * nanoseconds an entry, three to seven where varints are of mixed lengths. No function keeps anything; any thread may call them.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_ENTRY_BLOCK_H
#define SYNTHDQ_CORE_SAMPLE_ENTRY_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"

#define ENTRY_BLOCK_MAX_ENTRIES 4096

/* The form byte, the number of entries, and per entry a double and the largest count. */
#define ENTRY_BLOCK_MAX_BYTES (1 + 2 + ENTRY_BLOCK_MAX_ENTRIES * (8 + 5))

/* The least that a block takes: form, number, first value. */
#define ENTRY_BLOCK_MIN_BYTES 3

#define ENTRY_MAX_INTEGER 2251799813685248.0 /* 2^51 */

/* The form byte of a block; these are stored values. */
typedef enum EntryForm
{
	ENTRY_DENSE = 0,
	ENTRY_DELTA = 1,
	ENTRY_FLOAT = 2,
	ENTRY_DOUBLE = 3,
	ENTRY_COUNTS = 4, /* a flag: counts are written */
} EntryForm;

/* What is wrong with bytes; `row` of the status is the index of the entry, -1 where there is none. */
typedef enum EntryFault
{
	ENTRY_OK = 0,
	ENTRY_BAD_FORM,   /* a = the form byte */
	ENTRY_BAD_NUMBER, /* a = the number of entries */
	ENTRY_CUT_SHORT,  /* the bytes end within the block */
	ENTRY_BAD_VARINT, /* a varint has needless bytes or does not fit */
	ENTRY_BAD_VALUES, /* values are not ascending, or NaN, or -0, or beyond the integers */
	ENTRY_BAD_COUNT,  /* a count is 0 or above SAMPLE_MAX_COUNT */
} EntryFault;

/* What a block that was decoded holds. */
typedef struct EntryBlock
{
	size_t n_entries; /* 1 to ENTRY_BLOCK_MAX_ENTRIES */
	size_t n_bytes;   /* that it took of those given */
	uint64_t total;   /* sum of the counts, which may exceed SAMPLE_MAX_COUNT */
} EntryBlock;

/* Bytes that values[n] and counts[n], 1 <= n <= ENTRY_BLOCK_MAX_ENTRIES, take as a block. */
extern size_t entry_block_size(const double *values, const uint64_t *counts, size_t n);

/* Write them to out[entry_block_size()], at most ENTRY_BLOCK_MAX_BYTES; returns that size. */
extern size_t entry_block_encode(const double *values, const uint64_t *counts, size_t n,
								 unsigned char *out);

/* Read the block at the start of bytes[n_bytes] into values[max_entries] and counts[max_entries];
 * ENTRY_BLOCK_MAX_ENTRIES are always enough, a block with more than max_entries is ENTRY_BAD_NUMBER.
 * What stands in the arrays after a failure means nothing. */
extern SdqStatus entry_block_decode(const unsigned char *bytes, size_t n_bytes, size_t max_entries,
									double *values, uint64_t *counts, EntryBlock *block);

#endif
