/*
 * label_counts_table.c
 *		From the pairs of labels that occur to a table of counts.
 */
#include "pg/label_counts_table.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "pg/label_counts.h"

/* Comparisons between two looks for interrupts. */
#define INTERRUPT_INTERVAL 4096

/* The order of strings, for qsort_arg; *calls counts, so that a long sort can be interrupted. */
static int
compare_sources(const void *a, const void *b, void *calls)
{
	if (++*(size_t *) calls % INTERRUPT_INTERVAL == 0)
		CHECK_FOR_INTERRUPTS();
	return compare_label_texts(*(const LabelText *) a, *(const LabelText *) b);
}

/* The distinct sources of the pairs, in ascending order. */
static LabelText *
distinct_sources(const LabelCount *pairs, size_t n, size_t *n_sources)
{
	LabelText *sources = palloc_extended(Max(n, 1) * sizeof(LabelText), MCXT_ALLOC_HUGE);
	size_t calls = 0;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		sources[i] = pairs[i].source;
	qsort_arg(sources, n, sizeof(LabelText), compare_sources, &calls);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || compare_label_texts(sources[kept - 1], sources[i]) != 0)
			sources[kept++] = sources[i];
	*n_sources = kept;
	return sources;
}

/* The number of a source among the distinct ones. */
static size_t
find_source(const LabelText *sources, size_t n_sources, LabelText source)
{
	size_t low = 0;
	size_t high = n_sources - 1;

	while (low < high)
	{
		size_t middle = low + (high - low) / 2;

		if (compare_label_texts(sources[middle], source) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

CountTable
label_counts_table(Datum value)
{
	size_t n;
	LabelCount *pairs = label_counts_open(value, &n);
	size_t n_sources;
	LabelText *sources = distinct_sources(pairs, n, &n_sources);
	CountCell *cells = palloc_extended(Max(n, 1) * sizeof(CountCell), MCXT_ALLOC_HUGE);
	size_t *column_ends = palloc_extended(Max(n, 1) * sizeof(size_t), MCXT_ALLOC_HUGE);
	size_t n_columns = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (i % INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
		cells[i] = (CountCell){.row = find_source(sources, n_sources, pairs[i].source),
							   .count = pairs[i].count};
		if (i == 0 || compare_label_texts(pairs[i - 1].label, pairs[i].label) != 0)
			n_columns++;
		column_ends[n_columns - 1] = i + 1;
	}
	return (CountTable){
		.cells = cells, .column_ends = column_ends, .n_columns = n_columns, .n_rows = n_sources};
}
