/*
 * density_grid.h
 *		Stored densities as arguments of functions that look for their regions.
 *
 * Nobody checks a kde_result or a kde2d_result that was put together by hand until it is used: here lengths,
 * axes and values are. Errors are DATA_EXCEPTION and NULL_VALUE_NOT_ALLOWED, and name the type.
 */
#ifndef SYNTHDQ_PG_DENSITY_GRID_H
#define SYNTHDQ_PG_DENSITY_GRID_H

#include "postgres.h"

#include "access/htup.h"
#include "fmgr.h"

#include "core/density/contours.h"

/* A density on a line. */
typedef struct DensityLine
{
	size_t n; /* at least 2 */
	double *x;
	double *density;
} DensityLine;

/* The density of a kde2d_result, in CurrentMemoryContext; false if it has none, or no mass at all. */
extern bool density_grid_read(HeapTupleHeader tuple, DensityGrid *grid);

/* The density of a kde_result, as above. */
extern bool density_line_read(HeapTupleHeader tuple, DensityLine *line);

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
