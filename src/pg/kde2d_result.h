/*
 * kde2d_result.h
 *		Densities of points as values of the type kde2d_result.
 */
#ifndef SYNTHDQ_PG_KDE2D_RESULT_H
#define SYNTHDQ_PG_KDE2D_RESULT_H

#include "postgres.h"

#include "core/density/kde2d.h"
#include "fmgr.h"
#include "pg/result.h"

/* Fields of kde2d_result, in order. */
enum
{
	KDE2D_FIELD_X,
	KDE2D_FIELD_Y,
	KDE2D_FIELD_DENSITY,
	KDE2D_FIELD_FACTOR,
	KDE2D_FIELD_BANDWIDTH_X,
	KDE2D_FIELD_BANDWIDTH_Y,
	KDE2D_FIELD_CORRELATION,
	KDE2D_FIELD_N,
	KDE2D_FIELD_MASS,
	KDE2D_FIELD_METHOD,
	KDE2D_N_FIELDS,
};

/* Arguments first and first + 1: grid_size, bandwidth; rest to rest + 6: x_lo, x_hi, y_lo, y_hi, bw_adjust, cut,
 * method. */
extern Kde2dOptions argument_kde2d_options(FunctionCallInfo fcinfo, int first, int rest);

/* The fields of the density of n points, for any outcome but KDE_INFINITE. */
extern void kde2d_result_fields(const Kde2d *result, size_t n, ResultRow *row);

/* The density of points[n] (borrowed) as the result of the function that is called: NULL (sets
 * fcinfo->isnull) if there is no point or one is infinite. */
extern Datum kde2d_datum(FunctionCallInfo fcinfo, const Point2d *points, size_t n,
						 const Kde2dOptions *options);

#endif
