/*
 * kmeans.c
 *		k-means in SQL: rows, centres, several numbers of clusters, and the nearest of stored centres.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/float.h"

#include <float.h>
#include <math.h>

#include "core/matrix/kmeans.h"
#include "core/matrix/silhouette.h"
#include "pg/arguments.h"
#include "pg/array_reader.h"
#include "pg/computation.h"
#include "pg/errors.h"
#include "pg/query_reader.h"
#include "pg/result.h"

/* Arguments of the forms without id_type. */
#define KMEANS_ARGUMENTS         6
#define KMEANS_CENTERS_ARGUMENTS 6
#define KMEANS_CHOOSE_ARGUMENTS  7

PG_FUNCTION_INFO_V1(synthdq_kmeans);
PG_FUNCTION_INFO_V1(synthdq_kmeans_centers);
PG_FUNCTION_INFO_V1(synthdq_kmeans_choose);
PG_FUNCTION_INFO_V1(synthdq_nearest_center);

/* What one number of clusters comes to. */
typedef struct KmeansChoice
{
	size_t k; /* clusters found */
	double inertia;
	double silhouette;
	double worst_silhouette;
	int64 smallest;
	bool converged;
} KmeansChoice;

/* One call of kmeans, kmeans_centers or kmeans_choose. */
typedef struct KmeansCall
{
	Computation *computation;
	QueryRows query_rows;
	KmeansOptions options;
	Kmeans result; /* valid if the query returned rows */
	/* Of kmeans_choose: for options.k and the numbers after it. */
	size_t n_choices;
	KmeansChoice *choices; /* [n_choices] */
} KmeansCall;

/* kmeans() as a computation's work; the argument is a KmeansCall. */
static SdqStatus
run_kmeans(Job *job, void *argument)
{
	KmeansCall *call = argument;

	return kmeans(job, &call->query_rows.rows, &call->options, &call->result);
}

/* Tell what the caller might not expect of the result. */
static void
notice_surprises(const KmeansCall *call)
{
	if (call->result.k < call->options.k)
		ereport(NOTICE, (errmsg("found %zu of %zu clusters", call->result.k, call->options.k),
						 errdetail("The query's rows have too few distinct values for more.")));
	if (!call->result.converged)
		ereport(NOTICE,
				(errmsg("k-means did not settle within max_iter = %zu", call->options.max_iter),
				 errhint("Increase max_iter for a result that more iterations do not change.")));
}

/* Read the arguments after the number of clusters, from number `first` on. */
static void
read_options(FunctionCallInfo fcinfo, int first, KmeansOptions *options)
{
	options->n_init = (size_t) argument_int(fcinfo, first, "n_init", 1, PG_INT32_MAX);
	options->max_iter = (size_t) argument_int(fcinfo, first + 1, "max_iter", 1, PG_INT32_MAX);
	options->tol = argument_double(fcinfo, first + 2, "tol", 0, DBL_MAX);
	options->seed = (uint64) argument_bigint(fcinfo, first + 3, "seed");
}

/* Begin the computation and read the rows; false if there are none. The argument `name`, k, must not exceed
 * their number. */
static bool
read_rows(KmeansCall *call, const char *query, Oid id_type, size_t k, const char *name)
{
	size_t n;

	call->computation = computation_begin();
	query_read_rows(call->computation, query, id_type, &call->query_rows);
	n = call->query_rows.rows.n;
	if (n == 0)
		return false;
	if (k > n)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" is %zu, but the query returns %zu rows", name, k, n),
				 errhint("Choose %s between 1 and %zu.", name, n)));
	return true;
}

/* Check the arguments from number `first` on (the query), read the rows and cluster them. */
static void
perform(FunctionCallInfo fcinfo, int first, Oid id_type, KmeansCall *call)
{
	const char *query = argument_text(fcinfo, first, "query");

	memset(call, 0, sizeof(*call));
	call->options.k = argument_k(fcinfo, first + 1);
	read_options(fcinfo, first + 2, &call->options);
	if (!read_rows(call, query, id_type, call->options.k, "k"))
		return;
	check_status(computation_run(call->computation, run_kmeans, call));
	notice_surprises(call);
}

/* (id, cluster, distance, second_cluster, margin) of every row. */
static Datum
return_rows(FunctionCallInfo fcinfo, int first, Oid id_type)
{
	ResultSet set = result_set_begin(fcinfo);
	KmeansCall call;
	const Kmeans *result = &call.result;

	perform(fcinfo, first, id_type, &call);
	for (size_t i = 0; i < call.query_rows.rows.n; i++)
	{
		bool has_second = result->k > 1;
		Datum values[5] = {call.query_rows.ids[i], Int32GetDatum(result->cluster[i]),
						   Float8GetDatum(result->distance[i])};
		bool nulls[5] = {false, false, false, !has_second, !has_second};

		if (has_second)
		{
			values[3] = Int32GetDatum(result->second[i]);
			values[4] = Float8GetDatum(result->margin[i]);
		}
		result_set_put(&set, values, nulls);
	}
	computation_end(call.computation);
	return (Datum) 0;
}

/* One centre as real[]. */
static ArrayType *
make_center(const Kmeans *result, size_t cluster)
{
	float *center = palloc_extended(result->d * sizeof(float), MCXT_ALLOC_HUGE);
	ArrayType *array;

	for (size_t j = 0; j < result->d; j++)
	{
		double value = result->centers[cluster * result->d + j];

		center[j] = (float) value;
		if (isinf(center[j]))
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("center of cluster %zu has the value %g, which is out of range "
								   "for type real",
								   cluster, value),
							errhint("Scale the data down.")));
	}
	array = make_float4_array(center, result->d);
	pfree(center);
	return array;
}

/* (cluster, size, inertia, center, silhouette) of every cluster. */
static Datum
return_centers(FunctionCallInfo fcinfo, int first, Oid id_type)
{
	ResultSet set = result_set_begin(fcinfo);
	KmeansCall call;
	const Kmeans *result = &call.result;
	double *silhouettes;

	perform(fcinfo, first, id_type, &call);
	silhouettes = palloc_extended(Max(result->k, 1) * sizeof(double), MCXT_ALLOC_HUGE);
	if (result->k > 0)
		kmeans_silhouettes(result, silhouettes);
	for (size_t c = 0; c < result->k; c++)
	{
		ArrayType *center = make_center(result, c);
		ResultRow row = {.n_fields = 0};

		result_row_datum(&row, Int32GetDatum((int32) c));
		result_row_int8(&row, result->size[c]);
		result_row_float8(&row, result->inertia[c]);
		result_row_datum(&row, PointerGetDatum(center));
		result_row_float8(&row, silhouettes[c]);
		result_row_put(&set, &row);
		pfree(center);
	}
	computation_end(call.computation);
	return (Datum) 0;
}

/* Cluster the rows once for each number of clusters; the argument is a KmeansCall. */
static SdqStatus
run_choices(Job *job, void *argument)
{
	KmeansCall *call = argument;
	const Kmeans *result = &call->result;

	for (size_t i = 0; i < call->n_choices; i++)
	{
		ArenaMark mark = arena_mark(job->arena);
		KmeansOptions options = call->options;
		KmeansChoice *choice = &call->choices[i];
		double *silhouettes;
		SdqStatus status;

		options.k += i;
		status = kmeans(job, &call->query_rows.rows, &options, &call->result);
		if (sdq_failed(status))
			return status;
		silhouettes = arena_alloc(job->arena, result->k, sizeof(double));
		if (silhouettes == NULL)
			return arena_failure(job->arena);
		*choice = (KmeansChoice){.k = result->k,
								 .inertia = result->total_inertia,
								 .silhouette = kmeans_silhouettes(result, silhouettes),
								 .worst_silhouette = silhouettes[0],
								 .smallest = result->size[result->k - 1],
								 .converged = result->converged};
		for (size_t c = 1; c < result->k; c++)
			choice->worst_silhouette = Min(choice->worst_silhouette, silhouettes[c]);
		arena_release(job->arena, mark);
	}
	return sdq_ok();
}

/* The columns of kmeans_choose for every number of clusters. */
static Datum
return_choices(FunctionCallInfo fcinfo, int first, Oid id_type)
{
	ResultSet set = result_set_begin(fcinfo);
	const char *query = argument_text(fcinfo, first, "query");
	int k_from = argument_int(fcinfo, first + 1, "k_from", 1, PG_INT32_MAX);
	int k_to = argument_int(fcinfo, first + 2, "k_to", 1, PG_INT32_MAX);
	KmeansCall call = {.n_choices = 0};

	if (k_to < k_from)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"k_to\" must be at least %d, which is k_from, not %d",
							   k_from, k_to),
						errhint("Pass the smallest number of clusters first.")));
	call.options.k = (size_t) k_from;
	read_options(fcinfo, first + 3, &call.options);
	if (read_rows(&call, query, id_type, (size_t) k_to, "k_to"))
	{
		call.n_choices = (size_t) (k_to - k_from) + 1;
		call.choices = palloc_extended(call.n_choices * sizeof(KmeansChoice), MCXT_ALLOC_HUGE);
		check_status(computation_run(call.computation, run_choices, &call));
	}
	for (size_t i = 0; i < call.n_choices; i++)
	{
		const KmeansChoice *choice = &call.choices[i];
		ResultRow row = {.n_fields = 0};

		result_row_datum(&row, Int32GetDatum(k_from + (int) i));
		result_row_datum(&row, Int32GetDatum((int32) choice->k));
		result_row_float8(&row, choice->inertia);
		result_row_float8(&row, choice->silhouette);
		result_row_float8(&row, choice->worst_silhouette);
		result_row_int8(&row, choice->smallest);
		result_row_datum(&row, BoolGetDatum(choice->converged));
		result_row_put(&set, &row);
	}
	computation_end(call.computation);
	return (Datum) 0;
}

/* kmeans([id_type,] query, k, n_init, max_iter, tol, seed) */
Datum
synthdq_kmeans(PG_FUNCTION_ARGS)
{
	Oid id_type;
	int first = argument_skip_id_type(fcinfo, KMEANS_ARGUMENTS, &id_type);

	return return_rows(fcinfo, first, id_type);
}

/* kmeans_centers([id_type,] query, k, n_init, max_iter, tol, seed) */
Datum
synthdq_kmeans_centers(PG_FUNCTION_ARGS)
{
	Oid id_type;
	int first = argument_skip_id_type(fcinfo, KMEANS_CENTERS_ARGUMENTS, &id_type);

	return return_centers(fcinfo, first, id_type);
}

/* kmeans_choose([id_type,] query, k_from, k_to, n_init, max_iter, tol, seed) */
Datum
synthdq_kmeans_choose(PG_FUNCTION_ARGS)
{
	Oid id_type;
	int first = argument_skip_id_type(fcinfo, KMEANS_CHOOSE_ARGUMENTS, &id_type);

	return return_choices(fcinfo, first, id_type);
}

/* nearest_center(px, centers); strict */
Datum
synthdq_nearest_center(PG_FUNCTION_ARGS)
{
	ArrayType *px = PG_GETARG_ARRAYTYPE_P(0);
	ArrayType *centers = PG_GETARG_ARRAYTYPE_P(1);
	int d = ArrayGetNItems(ARR_NDIM(px), ARR_DIMS(px));
	double *x;
	double *c;
	NearestCenter nearest;

	if (ARR_NDIM(centers) != 2)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("argument \"centers\" must have two dimensions, not %d", ARR_NDIM(centers)),
				 errhint("Build it with array_agg(center ORDER BY cluster).")));
	if (d != ARR_DIMS(centers)[1])
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("argument \"px\" has %d elements, but each center has %d", d,
							   ARR_DIMS(centers)[1]),
						errhint("Compare arrays with centers of the same kind of arrays.")));
	x = array_read_vector(px, "px");
	c = array_read_vector(centers, "centers");
	nearest = kmeans_nearest(x, c, (size_t) ARR_DIMS(centers)[0], (size_t) d);
	pfree(x);
	pfree(c);
	{
		bool has_second = nearest.second >= 0;
		Datum values[4] = {Int32GetDatum(nearest.cluster), Float8GetDatum(nearest.distance),
						   Int32GetDatum(nearest.second), Float8GetDatum(nearest.margin)};
		bool nulls[4] = {false, false, !has_second, !has_second};

		return make_composite(fcinfo, values, nulls);
	}
}
