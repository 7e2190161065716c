/*
 * kde2d_sample.c
 *		Functions over stored points: their order, and their density on a grid.
 */
#include "postgres.h"

#include "fmgr.h"

#include "pg/arguments.h"
#include "pg/computation.h"
#include "pg/density_arguments.h"
#include "pg/errors.h"
#include "pg/kde2d_result.h"
#include "pg/kde2d_state.h"

#include <float.h>

/* Arguments of kde2d(s, ...), in order. */
enum
{
	ARGUMENT_SAMPLE,
	ARGUMENT_GRID_SIZE,
	ARGUMENT_BANDWIDTH,
	ARGUMENT_X_RANGE, /* and the rest */
};

PG_FUNCTION_INFO_V1(synthdq_kde2d_sample_result);
PG_FUNCTION_INFO_V1(synthdq_kde2d_of_sample);

/* Points to be put in order. */
typedef struct SortWork
{
	const Point2d *points;
	size_t n;
	PointSet set;
} SortWork;

static SdqStatus
sort_points(Job *job, void *argument)
{
	SortWork *work = argument;

	return points_collect(job, work->points, work->n, &work->set);
}

/*
 * kde2d_sample_result(kde2d_state)
 *		The state with its points in order, so that the same points are the same bytes.
 */
Datum
synthdq_kde2d_sample_result(PG_FUNCTION_ARGS)
{
	SortWork work;
	Kde2dOptions options;
	Computation *computation;
	Datum result;

	work.n = kde2d_state_open(PG_GETARG_DATUM(0), &work.points, &options);
	computation = computation_begin();
	check_status(run_density(computation, sort_points, &work, work.n, 1));
	result = kde2d_state_of_set(&work.set, work.n, &options);
	computation_end(computation);
	PG_RETURN_DATUM(result);
}

Kde2dOptions
argument_kde2d_options(FunctionCallInfo fcinfo, int first, int rest)
{
	Kde2dOptions options = {.has_cut = true};

	options.grid_size = argument_grid_size(fcinfo, first);
	options.bandwidth = argument_bandwidth_text(fcinfo, first + 1);
	options.x_range = argument_range(fcinfo, rest, "x_lo", "x_hi");
	options.y_range = argument_range(fcinfo, rest + 2, "y_lo", "y_hi");
	options.adjust = argument_plane_adjust(fcinfo, rest + 4);
	options.cut = argument_double(fcinfo, rest + 5, "cut", 0, DBL_MAX);
	options.method = argument_kde_method(fcinfo, rest + 6);
	return options;
}

/*
 * kde2d(s kde2d_state, grid_size, bandwidth, x_lo, x_hi, y_lo, y_hi, bw_adjust, cut, method)
 *		The density of stored points. Arguments are checked even where s is NULL.
 */
Datum
synthdq_kde2d_of_sample(PG_FUNCTION_ARGS)
{
	Kde2dOptions options = argument_kde2d_options(fcinfo, ARGUMENT_GRID_SIZE, ARGUMENT_X_RANGE);
	Kde2dOptions stored;
	const Point2d *points;
	size_t n;

	if (PG_ARGISNULL(ARGUMENT_SAMPLE))
		PG_RETURN_NULL();
	n = kde2d_state_open(PG_GETARG_DATUM(ARGUMENT_SAMPLE), &points, &stored);
	return kde2d_datum(fcinfo, points, n, &options);
}
