/*
 * label_counts.h
 *		The aggregate state of chi2_test over labels: how often each label occurs in each source.
 *
 * Labels and sources are strings, compared byte by byte, whatever the collation. In memory under
 * construction it is an expanded object, a hash table changed in place; elsewhere it is flat, in
 * ascending order of label and source. The same counts have the same flat bytes, whatever the order of
 * rows and of merging.
 */
#ifndef SYNTHDQ_PG_LABEL_COUNTS_H
#define SYNTHDQ_PG_LABEL_COUNTS_H

#include "postgres.h"

#include "fmgr.h"

#define LABEL_COUNTS_NAME "label_counts"

/* An expanded value that may be changed. */
typedef struct LabelCounts LabelCounts;

/* A string without terminator. */
typedef struct LabelText
{
	const char *bytes;
	size_t size;
} LabelText;

/* One pair that occurs. */
typedef struct LabelCount
{
	LabelText label;
	LabelText source;
	int64 count; /* at least 1 */
} LabelCount;

/* Argument 0 as an object that may be changed in place; an empty one if argument 0 is NULL, in the
 * aggregate's context where there is one. */
extern LabelCounts *label_counts_for_update(FunctionCallInfo fcinfo);

/* A new, empty object, allocated alike. */
extern LabelCounts *label_counts_create(FunctionCallInfo fcinfo);

/* Add to the count of a pair. Is it new? The pair's strings are copied; they may be the state's own if it is
 * not. Errors (PROGRAM_LIMIT_EXCEEDED) beyond synthdq.max_memory leave the value whole. */
extern bool label_counts_add(LabelCounts *state, const LabelCount *pair);

/* The read-write Datum of a state, as a transition function returns it. */
extern Datum label_counts_datum(LabelCounts *state);

/* A flat copy in CurrentMemoryContext; the object is deleted. */
extern Datum label_counts_flat_datum(LabelCounts *state);

/* The pairs of a value, flat or expanded, in ascending order of label and source: an array of *n in
 * CurrentMemoryContext, whose strings are borrowed from the value or from a detoasted copy there. */
extern LabelCount *label_counts_open(Datum value, size_t *n);

/* Byte order, a proper prefix first: below, at or above 0. */
extern int compare_label_texts(LabelText a, LabelText b);

#endif
