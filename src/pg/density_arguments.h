/*
 * density_arguments.h
 *		Arguments that the densities share. Errors are those of pg/arguments.h.
 */
#ifndef SYNTHDQ_PG_DENSITY_ARGUMENTS_H
#define SYNTHDQ_PG_DENSITY_ARGUMENTS_H

#include "postgres.h"

#include "access/htup_details.h"

#include "core/density/bandwidth.h"
#include "core/density/grid.h"
#include "fmgr.h"

/* `grid_size`, a count of nodes per axis. */
extern size_t argument_grid_size(FunctionCallInfo fcinfo, int i);

/* `bandwidth` of type text: 'scott', 'silverman', or a number in words. */
extern Bandwidth argument_bandwidth_text(FunctionCallInfo fcinfo, int i);

/* `bandwidth` of type double precision: finite and above 0. */
extern Bandwidth argument_bandwidth_number(FunctionCallInfo fcinfo, int i);

/* The two ends of an axis, arguments i and i + 1; NULL leaves an end open. `lo_name` and `hi_name` are
 * their SQL names. */
extern GridRange argument_range(FunctionCallInfo fcinfo, int i, const char *lo_name,
								const char *hi_name);

/* Could these have passed the functions above? For parameters that come from outside. */
extern bool is_valid_grid_size(int64 grid_size);
extern bool is_valid_bandwidth(const Bandwidth *bandwidth);
extern bool is_valid_range(const GridRange *range);

/* The elements of a composite's field (from 0) of type double precision[], in storage order; NULL if
 * the field is NULL. An error if one of them is NULL. */
extern double *composite_float8_array(HeapTupleHeader tuple, int field, size_t *n);

#endif
