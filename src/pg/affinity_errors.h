/*
 * affinity_errors.h
 *		What may be wrong with a perplexity.
 */
#ifndef SYNTHDQ_PG_AFFINITY_ERRORS_H
#define SYNTHDQ_PG_AFFINITY_ERRORS_H

#include "postgres.h"

#include "core/base/status.h"

/* Three times as many neighbors of each row have to be kept. */
#define MAX_PERPLEXITY 1e6

/* check_status() of a computation over row_affinities_check() of n rows. */
extern void check_affinities(SdqStatus status, size_t n);

#endif
