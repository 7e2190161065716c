/*
 * kde_options.h
 *		Named options of kde() over states, and its result.
 */
#ifndef SYNTHDQ_PG_KDE_OPTIONS_H
#define SYNTHDQ_PG_KDE_OPTIONS_H

#include "postgres.h"

#include "core/density/kde.h"
#include "fmgr.h"

/* Arguments 1 to 10 of kde(state, grid_size, bandwidth, kernel, lo, hi, bw_adjust, cut, lower_bound, upper_bound,
 * method), checked. */
extern KdeOptions kde_option_arguments(FunctionCallInfo fcinfo);

/* The kde_result of so many observations with that total weight; what its outcome has no value for is NULL. The whole
 * result is NULL for KDE_INFINITE, and KDE_OUT_OF_BOUNDS an error. */
extern Datum kde_result_value(FunctionCallInfo fcinfo, const Kde *kde, const KdeOptions *options,
							  int64 n, double weight);

#endif
