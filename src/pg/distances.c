/*
 * distances.c
 *		Distances and measures of drift in SQL: wasserstein(), energy_distance() and drift(), plain
 *		functions of two stored distributions.
 */
#include "postgres.h"

#include "fmgr.h"

#include "core/tests/distances.h"
#include "core/tests/drift.h"
#include "pg/arguments.h"
#include "pg/array_reader.h"
#include "pg/test_call.h"
#include "pg/test_fields.h"

#include <math.h>
#include <string.h>

PG_FUNCTION_INFO_V1(synthdq_wasserstein);
PG_FUNCTION_INFO_V1(synthdq_energy_distance);
PG_FUNCTION_INFO_V1(synthdq_drift);
PG_FUNCTION_INFO_V1(synthdq_drift_over_edges);

/* One distance under way. */
typedef struct DistanceWork
{
	Tally tally;
	WassersteinResult wasserstein; /* of either */
	EnergyResult energy;
} DistanceWork;

/* One measurement of drift under way. */
typedef struct DriftWork
{
	Tally tally;
	size_t wanted_bins; /* by quantiles of x; 0 if the edges are given */
	double *edges;      /* [n_edges], room for wanted_bins of them */
	size_t n_edges;
	double smoothing;
	DriftResult result;
} DriftWork;

static SdqStatus
run_wasserstein(Job *job, void *argument)
{
	DistanceWork *work = argument;

	return wasserstein_distance(&work->tally, job->stop, &work->wasserstein);
}

static SdqStatus
run_energy(Job *job, void *argument)
{
	DistanceWork *work = argument;

	return energy_distance(&work->tally, job->stop, &work->energy);
}

static SdqStatus
run_drift(Job *job, void *argument)
{
	DriftWork *work = argument;
	DriftBins bins = {.edges = work->edges, .n_bins = work->n_edges + 1};
	SdqStatus status;

	if (work->wanted_bins > 0)
	{
		status = drift_quantile_bins(&work->tally, work->wanted_bins, job->arena, job->stop, &bins);
		if (sdq_failed(status))
			return status;
		/* The arena does not outlive this call. */
		work->n_edges = bins.n_bins - 1;
		memcpy(work->edges, bins.edges, work->n_edges * sizeof(double));
	}
	return drift_measure(&work->tally, &bins, work->smoothing, job->arena, job->stop,
						 &work->result);
}

/* wasserstein(x ecdf, y ecdf); NULL if a side is empty. */
Datum
synthdq_wasserstein(PG_FUNCTION_ARGS)
{
	DistanceWork work;
	ResultRow row = {.n_fields = 0};

	if (!open_two(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), &work.tally))
		PG_RETURN_NULL();
	run_test(run_wasserstein, &work, work.tally.x.n, work.tally.y.n);
	put_wasserstein_fields(&row, &work.wasserstein);
	return result_row_composite(fcinfo, &row);
}

/* energy_distance(x ecdf, y ecdf); NULL if a side is empty. */
Datum
synthdq_energy_distance(PG_FUNCTION_ARGS)
{
	DistanceWork work;
	ResultRow row = {.n_fields = 0};

	if (!open_two(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), &work.tally))
		PG_RETURN_NULL();
	run_test(run_energy, &work, work.tally.x.n, work.tally.y.n);
	result_row_float8(&row, work.energy.energy);
	result_row_float8(&row, work.energy.distance);
	result_row_int8(&row, work.energy.n_x);
	result_row_int8(&row, work.energy.n_y);
	return result_row_composite(fcinfo, &row);
}

/* Measure the drift; its result as a drift_result. */
static Datum
drift_result_datum(FunctionCallInfo fcinfo, DriftWork *work)
{
	const DriftResult *r = &work->result;
	ResultRow row = {.n_fields = 0};

	run_test(run_drift, work, work->tally.x.n, work->tally.y.n);
	result_row_float8(&row, r->psi);
	result_row_float8(&row, r->js_divergence);
	result_row_float8(&row, r->js_distance);
	result_row_float8(&row, r->hellinger);
	result_row_float8(&row, r->total_variation);
	result_row_float8(&row, r->psi_null_mean);
	result_row_float8(&row, r->psi_null_95);
	result_row_datum(&row, Int32GetDatum((int32) work->n_edges + 1));
	result_row_datum(&row, PointerGetDatum(make_float8_array(work->edges, work->n_edges)));
	result_row_float8(&row, work->smoothing);
	result_row_int8(&row, r->n_x);
	result_row_int8(&row, r->n_y);
	return result_row_composite(fcinfo, &row);
}

/* drift(x ecdf, y ecdf, bins integer, smoothing double precision); NULL if a side is empty. */
Datum
synthdq_drift(PG_FUNCTION_ARGS)
{
	DriftWork work = {.n_edges = 0};

	work.wanted_bins = (size_t) argument_int(fcinfo, 2, "bins", 2, DRIFT_MAX_BINS);
	work.smoothing = argument_double(fcinfo, 3, "smoothing", 0, DRIFT_MAX_SMOOTHING);
	if (!open_two(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), &work.tally))
		PG_RETURN_NULL();
	work.edges = palloc(work.wanted_bins * sizeof(double));
	return drift_result_datum(fcinfo, &work);
}

/* The edges of bins from an argument: ascending, without NULL and NaN, neither none nor too many. */
static double *
argument_edges(FunctionCallInfo fcinfo, int i, size_t *n_edges)
{
	ArrayElements elements = array_elements(PG_GETARG_ARRAYTYPE_P(i));
	double *edges;

	if (elements.n_present < elements.n)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("argument \"edges\" must not contain nulls"),
						errhint("Remove them with array_remove(edges, NULL).")));
	if (elements.n < 1 || elements.n > DRIFT_MAX_BINS - 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"edges\" must have 1 to %d elements, not %zu",
							   DRIFT_MAX_BINS - 1, elements.n),
						errhint("n edges separate n + 1 bins, the first and the last one open.")));
	edges = palloc(elements.n * sizeof(double));
	array_read_doubles(&elements, edges);
	for (size_t k = 0; k < elements.n; k++)
	{
		/* Written so that NaN fails. */
		bool ascends = k == 0 ? !isnan(edges[0]) : edges[k - 1] < edges[k];

		if (!ascends)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("argument \"edges\" must ascend, but element %zu does not", k + 1),
					 errhint("Sort the edges, and leave out equal ones and NaN.")));
	}
	*n_edges = elements.n;
	return edges;
}

/* drift(x ecdf, y ecdf, edges double precision[], smoothing double precision); NULL if a side is
 * empty. */
Datum
synthdq_drift_over_edges(PG_FUNCTION_ARGS)
{
	DriftWork work = {.wanted_bins = 0};

	work.edges = argument_edges(fcinfo, 2, &work.n_edges);
	work.smoothing = argument_double(fcinfo, 3, "smoothing", 0, DRIFT_MAX_SMOOTHING);
	if (!open_two(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), &work.tally))
		PG_RETURN_NULL();
	return drift_result_datum(fcinfo, &work);
}
