/*
 * count_table.h
 *		Tables of counts of which most cells are empty: how often each pair of labels occurs.
 */
#ifndef SYNTHDQ_CORE_TESTS_COUNT_TABLE_H
#define SYNTHDQ_CORE_TESTS_COUNT_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* A cell that is not empty. */
typedef struct CountCell
{
	size_t row;
	int64_t count; /* at least 1 */
} CountCell;

/* A table column by column: column j has the cells column_ends[j - 1] (0 for the first) to
 * column_ends[j] - 1, each row at most once. */
typedef struct CountTable
{
	const CountCell *cells;
	const size_t *column_ends; /* [n_columns], ascending */
	size_t n_columns;
	size_t n_rows;
} CountTable;

#endif
