/*
 * density_grid.h
 *		Stored densities as arguments of functions.
 *
 * Nobody checks a kde_result or a kde2d_result that was put together by hand until it is used: here lengths,
 * axes and values are, for all who use one. Errors are DATA_EXCEPTION and NULL_VALUE_NOT_ALLOWED, and name the type.
 */
#ifndef SYNTHDQ_PG_DENSITY_GRID_H
#define SYNTHDQ_PG_DENSITY_GRID_H

#include "postgres.h"

#include "access/htup.h"
#include "fmgr.h"

#include "core/density/contours.h"

/* The axes and the values of a kde_result, which has n_y = 1 and no y, in CurrentMemoryContext; false if one of them is
 * NULL. Axes have at least two finite nodes that ascend, densities are finite and at least 0. */
extern bool stored_line_read(HeapTupleHeader tuple, DensityGrid *grid);

/* The same of a kde2d_result. */
extern bool stored_plane_read(HeapTupleHeader tuple, DensityGrid *grid);

/* The same for those who look for regions: nodes are equally spaced; false also if there is no mass at all. */
extern bool density_line_read(HeapTupleHeader tuple, DensityGrid *line);
extern bool density_grid_read(HeapTupleHeader tuple, DensityGrid *grid);

/* Shares of the mass, each in [0, 1], in CurrentMemoryContext. */
typedef struct ShareList
{
	size_t n;
	double *shares;
	bool is_of_nodes; /* counted over nodes, as seaborn does, not integrated */
} ShareList;

/* Those of the arguments behind the density: (shares double precision[]), or (levels integer, thresh double
 * precision), which stand for 1 - q at `levels` equally spaced q from thresh to 1. */
extern ShareList argument_shares(FunctionCallInfo fcinfo);

#endif
