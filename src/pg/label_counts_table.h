/*
 * label_counts_table.h
 *		A label_counts value as a table of counts.
 */
#ifndef SYNTHDQ_PG_LABEL_COUNTS_TABLE_H
#define SYNTHDQ_PG_LABEL_COUNTS_TABLE_H

#include "postgres.h"

#include "core/tests/count_table.h"

/* A row per source, a column per label, both in ascending order of bytes; in CurrentMemoryContext. */
extern CountTable label_counts_table(Datum value);

#endif
