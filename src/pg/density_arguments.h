/*
 * density_arguments.h
 *		What kde() and kde2d() share: arguments, how they run, and arrays of their results. Errors in
 *		arguments are those of pg/arguments.h.
 */
#ifndef SYNTHDQ_PG_DENSITY_ARGUMENTS_H
#define SYNTHDQ_PG_DENSITY_ARGUMENTS_H

#include "postgres.h"

#include "access/htup.h"
#include "fmgr.h"

#include "core/density/bandwidth.h"
#include "core/density/grid.h"
#include "core/density/kde.h"
#include "pg/computation.h"

/* `grid_size`, a count of nodes per axis. */
extern size_t argument_grid_size(FunctionCallInfo fcinfo, int i);

/* `bandwidth` of type text: 'scott', 'silverman', or a number in words. */
extern Bandwidth argument_bandwidth_text(FunctionCallInfo fcinfo, int i);

/* The same, with a hint for what is none of these. */
extern Bandwidth argument_bandwidth_hinted(FunctionCallInfo fcinfo, int i, const char *hint);

/* `bandwidth` of type double precision: finite and above 0. */
extern Bandwidth argument_bandwidth_number(FunctionCallInfo fcinfo, int i);

/* The position of a text argument in names[n]; an error with the hint if it is none of them. `name` is the
 * argument's. */
extern int argument_choice(FunctionCallInfo fcinfo, int i, const char *name,
						   const char *const *names, int n, const char *hint);

/* `method`: 'auto', 'exact' or 'binned'; and the name of one. */
extern KdeMethod argument_kde_method(FunctionCallInfo fcinfo, int i);
extern const char *kde_method_name(KdeMethod method);

/* `bw_adjust` of points of the plane: finite, above 0. */
extern double argument_plane_adjust(FunctionCallInfo fcinfo, int i);

/* The two ends of an axis, arguments i and i + 1; NULL leaves an end open. `lo_name` and `hi_name` are
 * their SQL names. */
extern GridRange argument_range(FunctionCallInfo fcinfo, int i, const char *lo_name,
								const char *hi_name);

/* Could these have passed the functions above? For parameters that come from outside. */
extern bool is_valid_grid_size(int64 grid_size);
extern bool is_valid_bandwidth(const Bandwidth *bandwidth);
extern bool is_valid_range(const GridRange *range);

/* Nodes that are checked between two looks for interrupts: below a millisecond. */
#define DENSITY_INTERRUPT_INTERVAL 65536

/* Run the sum of n_points kernels at n_nodes nodes, without threads where it is short. */
extern SdqStatus run_density(Computation *computation, ComputationWork work, void *argument,
							 size_t n_points, size_t n_nodes);

/* Raise that a density is beyond the largest double, if one of values[n] is: where the core has the largest double
 * itself, infinity, or NaN. */
extern void check_density_range(const double *values, size_t n);

/* The elements of a composite's field (from 0) of type double precision[], in storage order; NULL if
 * the field is NULL. An error if one of them is NULL. */
extern double *composite_float8_array(HeapTupleHeader tuple, int field, size_t *n);

#endif
