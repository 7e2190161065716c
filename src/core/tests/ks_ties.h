/*
 * ks_ties.h
 *		The ties of a pooled sample, as the null laws of Kolmogorov-Smirnov statistics ask for
 *		them.
 */
#ifndef SYNTHDQ_CORE_TESTS_KS_TIES_H
#define SYNTHDQ_CORE_TESTS_KS_TIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/sample/tally.h"

/* Up to this many distinct values their counts are kept, so that the laws need not read the
 * samples again. Covers 8-bit images; 4 kB. */
#define KS_TIES_KEPT_MAX 512

/* Into how many parts of equal length the values are divided to foresee a law's work. */
#define KS_TIES_PARTS 64

/* The blocks of ties that end in one part of the values. */
typedef struct KsTiesPart
{
	int64_t n_blocks;
	int64_t last_end; /* values up to the end of the last of them */
	double n_taps;    /* over all of them, in how many ways that matter they can be divided */
} KsTiesPart;

typedef struct KsTies
{
	Tally *tally; /* read again where the counts are not kept; borrowed */
	int64_t n_x;
	int64_t n_y;
	int64_t n_blocks; /* distinct values */
	int64_t n_values; /* n_x + n_y once all blocks are added */
	int part;         /* where the last block ends */
	int64_t part_end; /* values in it and in the parts before */
	KsTiesPart parts[KS_TIES_PARTS];
	int64_t kept[KS_TIES_KEPT_MAX]; /* counts of the first distinct values */
} KsTies;

/* Reads the block sizes from the first on. */
typedef struct KsTiesCursor
{
	const KsTies *ties;
	int64_t next;
} KsTiesCursor;

/* No blocks yet. */
extern void ks_ties_init(KsTies *ties, Tally *tally);

/* The next n distinct values. */
extern void ks_ties_add(KsTies *ties, const TallyBlock *blocks, size_t n);

/* Values that occur at most so often are light: they are divided in all ways, and their taps are whole
 * numbers. */
#define KS_TIES_LIGHT 120

/* The next n_blocks distinct values with n_values observations in all, each of them light. What
 * ks_ties_add() would do with them, bit for bit where all values of the pooled sample are light; but for
 * the counts of the first KS_TIES_KEPT_MAX. False, and nothing is added: they end in different parts. */
extern bool ks_ties_add_light(KsTies *ties, int64_t n_blocks, int64_t n_values);

/* Read the whole tally. The failures of the tally. */
extern SdqStatus ks_ties_read(KsTies *ties, Tally *tally);

/* Rewinds the tally if it is needed. */
extern KsTiesCursor ks_ties_open(const KsTies *ties);

/* The size of the next block; 0 at the end and on a failure of the tally (ks_ties_status). */
extern int64_t ks_ties_next(KsTiesCursor *cursor);
extern SdqStatus ks_ties_status(const KsTiesCursor *cursor);

#endif
