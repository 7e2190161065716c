/*
 * entry_list.h
 *		The entries of a whole sample as consecutive blocks (entry_block.h).
 *
 * All blocks have ENTRY_BLOCK_MAX_ENTRIES entries, the last one what is left; an empty sample has no
 * block. So the bytes follow from the sample alone. How many entries, observations and bytes there are
 * is kept elsewhere, in three words of 32 bits that every stored sample has.
 *
 * Bytes that are read are not trusted: well-formed samples come out of them, or SDQ_BAD_DATA with an
 * EntryListFault as detail. No function keeps anything; any thread may call them, each with its own
 * stream, as long as there is no Stop.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_ENTRY_LIST_H
#define SYNTHDQ_CORE_SAMPLE_ENTRY_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/base/stop.h"
#include "core/sample/entry_block.h"
#include "core/sample/stream.h"

/* A stored sample. Borrowed. */
typedef struct EntryList
{
	uint64_t n;        /* observations */
	size_t n_distinct; /* entries */
	size_t n_bytes;
	const unsigned char *bytes; /* [n_bytes] */
} EntryList;

/* What is wrong; `row` of the status is the index of the block, -1 where there is none. */
typedef enum EntryListFault
{
	ENTRY_LIST_OK = 0,
	ENTRY_LIST_BAD_TOTAL,     /* n, n_distinct and the counts contradict each other */
	ENTRY_LIST_BAD_SIZE,      /* n_bytes does not fit the number of entries */
	ENTRY_LIST_BAD_BLOCK,     /* a block cannot be read */
	ENTRY_LIST_NOT_ASCENDING, /* a block does not begin above the last value of the one before it */
} EntryListFault;

/*
 * The number of entries and of bytes of a sample. The stream must be at its start and is brought back
 * to it. SDQ_INTERRUPTED if the Stop, which may be NULL, says so; failures of the stream.
 */
extern SdqStatus entry_list_measure(SampleStream *stream, Stop *stop, size_t *n_distinct,
									size_t *n_bytes);

/* Write to out[], which has as many bytes as entry_list_measure() says; finds the same numbers. Same
 * conditions. */
extern SdqStatus entry_list_write(SampleStream *stream, Stop *stop, unsigned char *out,
								  size_t *n_distinct, size_t *n_bytes);

/* Can the three numbers be those of a sample? Constant time. If so, memory for n_distinct entries is
 * at most some ten thousand times n_bytes. */
extern SdqStatus entry_list_check(const EntryList *list);

/* Read the whole list, which entry_list_check() accepted, into values[n_distinct], counts[n_distinct].
 * The view promises what SampleView does. */
extern SdqStatus entry_list_read(const EntryList *list, Stop *stop, double *values,
								 uint64_t *counts, SampleView *view);

/* A list that is read block by block: the source of a stream. */
typedef struct EntryListReader
{
	EntryList list;
	double *values;   /* [entry_list_piece()], the caller's */
	uint64_t *counts; /* [entry_list_piece()], the caller's */
	size_t n_read;    /* bytes, entries and observations of the blocks so far */
	size_t n_entries;
	uint64_t total;
	double last; /* value of the last entry so far */
} EntryListReader;

/* Entries that a reader of the list needs room for. */
extern size_t entry_list_piece(const EntryList *list);

/* The stream of a list, which entry_list_check() accepted; reader->values and ->counts are set. The
 * reader must outlive it. Its fetch returns SDQ_BAD_DATA where entry_list_read() would. */
extern SampleStream entry_list_stream(EntryListReader *reader, const EntryList *list);

#endif
