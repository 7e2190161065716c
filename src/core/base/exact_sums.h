/*
 * exact_sums.h
 *		Sums of doubles without any rounding, so that no order of terms and of merging matters.
 *
 * A sum is kept in fixed point, in digits of 32 bits at absolute places: digit p of a sum weighs
 * 2^(32 p - 1088). A double lies within two or three neighbouring places, and all places together hold
 * 2^62 doubles of any size. Digits of the same place of all n sums make a plane, an array of int64; a plane is
 * allocated when a digit that is not 0 first meets it. Whole numbers below 2^32 take one plane, images
 * of floats two or three, the worst mixture of magnitudes 67. A digit is signed and may outgrow its 32 bits
 * for 2^30 additions before carries have to be brought up. (Kulisch's long accumulator, "Computer
 * Arithmetic and Validity", 2008, with Neal's small superaccumulator's lazy carries, arXiv 1505.05571.)
 *
 * Normal form: every digit in [-2^31, 2^31). It exists once for each value, so that equal sums have
 * equal digits once they are normalised.
 */
#ifndef SYNTHDQ_CORE_BASE_EXACT_SUMS_H
#define SYNTHDQ_CORE_BASE_EXACT_SUMS_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/status.h"
#include "core/sample/memory.h"

/* Digits 0 to 66 take any double; two more take the carries. */
#define EXACT_PLANES 69

/* Sums of a plane between two looks for a cancel: a few milliseconds at most. */
#define EXACT_POLL_SUMS ((size_t) 1 << 18)

typedef struct ExactSums
{
	size_t n;                      /* sums */
	uint64_t load;                 /* every digit is at most load * 2^32 in size */
	int64_t *planes[EXACT_PLANES]; /* [n], or NULL where all digits are 0 */
} ExactSums;

/* n sums of nothing, without memory of their own so far. */
extern void exact_sums_init(ExactSums *sums, size_t n);

/* Give all memory back to where it came from. */
extern void exact_sums_free(ExactSums *sums, SampleMemory *memory);

/* Add x[i], finite, to sum first + i, for i below count. Failures, here and below: those of memory, and
 * SDQ_INTERRUPTED where its owner wants to end; part of the terms may have been added then. */
extern SdqStatus exact_sums_add(ExactSums *sums, SampleMemory *memory, size_t first,
								const double *x, size_t count);

/* Add all sums of another object of as many. */
extern SdqStatus exact_sums_merge(ExactSums *sums, SampleMemory *memory, const ExactSums *other);

/* Bring all digits into normal form. */
extern SdqStatus exact_sums_normalize(ExactSums *sums, SampleMemory *memory);

/* The plane with digits p, allocated if need be; for a reader of digits. NULL with *status set on failure. */
extern int64_t *exact_sums_plane(ExactSums *sums, SampleMemory *memory, size_t p,
								 SdqStatus *status);

/* Sum i over divisor > 0, rounded once from at least 64 bits: within half a unit in the last place and a
 * thousandth. With divisor 1 that is the sum correctly rounded. Infinite if it exceeds a double. */
extern double exact_sums_quotient(const ExactSums *sums, size_t i, int64_t divisor);

/* As bytes: add what sums in normal form take to *size (false: beyond a size_t), write them and return where
 * they end, read n sums into an object of n sums without memory of its own. Bytes that were not so written are
 * noted in the cursor. */
extern bool exact_sums_add_size(const ExactSums *sums, size_t *size);
extern uint8_t *exact_sums_write(const ExactSums *sums, uint8_t *at);
extern SdqStatus exact_sums_read(ExactSums *sums, SampleMemory *memory, ByteCursor *cursor);

/* Is any of some sums in normal form below 0? For a reader of sums that cannot be. */
extern bool exact_sums_has_negative(const ExactSums *sums);

#endif
