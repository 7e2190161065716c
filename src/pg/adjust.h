/*
 * adjust.h
 *		The argument by which a function adjusts its p-values for their number.
 */
#ifndef SYNTHDQ_PG_ADJUST_H
#define SYNTHDQ_PG_ADJUST_H

#include "postgres.h"

#include "core/tests/adjust.h"
#include "fmgr.h"

/* Argument i, of type text, by its name in SQL: 'bh' (or R's name 'fdr'), 'by', 'holm', 'bonferroni' or 'none', in any case,
 * else INVALID_PARAMETER_VALUE. */
extern AdjustMethod argument_adjustment(FunctionCallInfo fcinfo, int i, const char *argument);

#endif
