/*
 * tsne.c
 *		tsne(query, ...): rows in, coordinates out; tsne_stats() with the same arguments: how it went.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "core/base/clock.h"
#include "core/tsne/tsne.h"
#include "pg/affinity_errors.h"
#include "pg/arguments.h"
#include "pg/blas_library.h"
#include "pg/computation.h"
#include "pg/errors.h"
#include "pg/id_order.h"
#include "pg/query_ids.h"
#include "pg/query_reader.h"
#include "pg/result.h"

#include <math.h>
#include <string.h>

/* Arguments of the form without id_type. */
#define TSNE_ARGUMENTS 11

/* Beyond these the arithmetic of a step could overflow; no use is known for values near them. */
#define MAX_EXAGGERATION           1000.0
#define MIN_LEARNING_RATE_ARGUMENT 1e-6
#define MAX_LEARNING_RATE_ARGUMENT 1e9
#define MAX_GRADIENT_NORM_ARGUMENT 1e9

/* What the value of `init` consists of unless it is a query. */
#define WORD_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

/* Columns of the result. */
#define TSNE_COLUMNS 4

/* One call of either function. */
typedef struct TsneCall
{
	QueryRows rows;
	TsneOptions options;
	double reading_seconds;
	TsneMap map;
} TsneCall;

PG_FUNCTION_INFO_V1(synthdq_tsne);
PG_FUNCTION_INFO_V1(synthdq_tsne_stats);

/* The start's name, or TSNE_INIT_GIVEN if the value is a query. No query that returns rows is a single word, so
 * a wrong name is told from it. */
static TsneInit
parse_init(const char *name)
{
	if (strcmp(name, "pca") == 0)
		return TSNE_INIT_PCA;
	if (strcmp(name, "random") == 0)
		return TSNE_INIT_RANDOM;
	if (name[strspn(name, WORD_CHARACTERS)] != '\0')
		return TSNE_INIT_GIVEN;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown value \"%s\" of argument \"init\"", name),
			 errhint("Known values are \"pca\", \"random\", and a query that returns (id, array) "
					 "with the coordinates of each row.")));
}

/* All options, the query being argument number `query`. */
static TsneOptions
read_options(FunctionCallInfo fcinfo, int query)
{
	TsneOptions options = {0};

	options.affinities.perplexity = argument_perplexity(fcinfo, query + 1, MAX_PERPLEXITY);
	options.dims = argument_int(fcinfo, query + 2, "n_components", 2, MAP_MAX_DIMS);
	options.descent.n_iter = argument_int(fcinfo, query + 3, "n_iter", 0, MAX_ITERATIONS);
	options.descent.early_exaggeration =
		argument_double(fcinfo, query + 4, "early_exaggeration", 1, MAX_EXAGGERATION);
	options.descent.exaggeration =
		argument_double(fcinfo, query + 5, "exaggeration", 1, MAX_EXAGGERATION);
	if (!PG_ARGISNULL(query + 6))
		options.descent.learning_rate =
			argument_double(fcinfo, query + 6, "learning_rate", MIN_LEARNING_RATE_ARGUMENT,
							MAX_LEARNING_RATE_ARGUMENT);
	options.affinities.pca = (size_t) argument_int(fcinfo, query + 7, "pca", 0, PG_INT32_MAX);
	options.init = parse_init(argument_text(fcinfo, query + 8, "init"));
	options.seed = (uint64_t) argument_bigint(fcinfo, query + 9, "seed");
	options.descent.min_grad_norm =
		argument_double(fcinfo, query + 10, "min_grad_norm", 0, MAX_GRADIENT_NORM_ARGUMENT);
	return options;
}

/* The coordinates of a row of the start, after a check. */
static void
copy_start_row(const QueryRows *start, size_t i, double *coordinates)
{
	row_store_read_exact(&start->rows, i, coordinates);
	for (size_t d = 0; d < start->rows.d; d++)
		if (fabs(coordinates[d]) > TSNE_MAX_START)
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("row with id %s of argument \"init\" has the coordinate %g",
								   id_text(start->id_type, start->ids[i]), coordinates[d]),
							errhint("Coordinates lie between -%g and %g.", TSNE_MAX_START,
									TSNE_MAX_START)));
}

/* The start of rows[n], in their order, from a query: [n][dims] in the computation's arena. Rows of that
 * query that are none of rows are ignored. */
static double *
read_start(Computation *computation, const char *text, const QueryRows *rows, int dims)
{
	IdOrder order = id_order(rows->id_type);
	QueryRows start;
	double *coordinates;
	size_t j = 0;

	query_read_argument(computation, "init", text, rows->id_type, &start);
	if (start.rows.n > 0 && start.rows.d != (size_t) dims)
		ereport(
			ERROR,
			(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
			 errmsg("the query of argument \"init\" returns arrays of %zu elements, but the map "
					"has %d dimensions",
					start.rows.d, dims),
			 errhint("Return (id, ARRAY[x, y]), or (id, ARRAY[x, y, z]) for three dimensions.")));
	coordinates = arena_alloc(&computation->arena, rows->rows.n, (size_t) dims * sizeof(double));
	if (coordinates == NULL)
		check_status(arena_failure(&computation->arena));
	/* Both sides ascend. */
	for (size_t i = 0; i < rows->rows.n; i++, j++)
	{
		CHECK_FOR_INTERRUPTS();
		while (j < start.rows.n && id_compare(&order, start.ids[j], rows->ids[i]) < 0)
			j++;
		if (j == start.rows.n || id_compare(&order, start.ids[j], rows->ids[i]) > 0)
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("row with id %s is missing in argument \"init\"",
								   id_text(rows->id_type, rows->ids[i])),
							errhint("The start must give coordinates to every row.")));
		copy_start_row(&start, j, coordinates + i * (size_t) dims);
	}
	return coordinates;
}

/* The core's part; the argument is a TsneCall. */
static SdqStatus
run_tsne(Job *job, void *argument)
{
	TsneCall *call = argument;

	return tsne_map(job, &call->rows.rows, &call->options, &call->map);
}

/* Check the arguments, from the query's number on, read the queries and compute the map. */
static void
perform(FunctionCallInfo fcinfo, int query, Oid id_type, Computation *computation, TsneCall *call)
{
	char *text = argument_text(fcinfo, query, "query");
	double since = clock_seconds();
	SdqStatus status;

	call->options = read_options(fcinfo, query);
	require_blas();
	query_read_rows(computation, text, id_type, &call->rows);
	if (call->options.init == TSNE_INIT_GIVEN)
		call->options.start = read_start(computation, argument_text(fcinfo, query + 8, "init"),
										 &call->rows, call->options.dims);
	clock_lap(&since, &call->reading_seconds);
	status = computation_run(computation, run_tsne, call);
	check_affinities(status, call->rows.rows.n);
}

/* One row of the result per row of the map. */
static void
put_map(ResultSet *result, const TsneMap *map, const Datum *ids)
{
	for (size_t i = 0; i < map->n; i++)
	{
		Datum values[TSNE_COLUMNS] = {ids[i]};
		bool nulls[TSNE_COLUMNS] = {false, true, true, true};

		for (int d = 0; d < map->dims; d++)
		{
			values[1 + d] = Float8GetDatum(map->y[i * (size_t) map->dims + (size_t) d]);
			nulls[1 + d] = false;
		}
		result_set_put(result, values, nulls);
	}
}

/* tsne([id_type,] query, perplexity, n_components, n_iter, early_exaggeration, exaggeration,
 * learning_rate, pca, init, seed, min_grad_norm) */
Datum
synthdq_tsne(PG_FUNCTION_ARGS)
{
	Oid id_type;
	int query = argument_skip_id_type(fcinfo, TSNE_ARGUMENTS, &id_type);
	ResultSet result = result_set_begin(fcinfo);
	Computation *computation = computation_begin();
	TsneCall call = {.reading_seconds = 0};

	perform(fcinfo, query, id_type, computation, &call);
	put_map(&result, &call.map, call.rows.ids);
	computation_end(computation);
	return (Datum) 0;
}

/* The fields of tsne_stats_result. `peak` is the most bytes that were in use. */
static void
fill_stats(ResultRow *row, const TsneCall *call, size_t peak)
{
	const TsneMap *map = &call->map;
	const AffinityTimes *times = &map->affinity_times;
	double total = call->reading_seconds + times->reduction + times->neighbors + times->affinities +
				   map->layout_seconds;

	result_row_int8(row, (int64) map->n);
	result_row_datum(row, Int32GetDatum((int32) call->rows.rows.d));
	result_row_datum(row, Int32GetDatum(map->dims));
	result_row_float8(row, call->options.affinities.perplexity);
	result_row_float8(row, map->descent.kl);
	result_row_datum(row, Int32GetDatum(map->descent.iterations));
	/* Without an iteration there is no gradient. */
	result_row_float8(row, map->descent.iterations > 0 ? map->descent.gradient_norm : NAN);
	result_row_float8(row, total);
	result_row_float8(row, call->reading_seconds);
	result_row_float8(row, times->reduction);
	result_row_float8(row, times->neighbors);
	result_row_float8(row, times->affinities);
	result_row_float8(row, map->layout_seconds);
	result_row_int8(row, (int64) map->announced_bytes);
	result_row_int8(row, (int64) peak);
}

/* tsne_stats([id_type,] query, ...), with the arguments of tsne() */
Datum
synthdq_tsne_stats(PG_FUNCTION_ARGS)
{
	Oid id_type;
	int query = argument_skip_id_type(fcinfo, TSNE_ARGUMENTS, &id_type);
	Computation *computation = computation_begin();
	TsneCall call = {.reading_seconds = 0};
	ResultRow row = {.n_fields = 0};

	perform(fcinfo, query, id_type, computation, &call);
	fill_stats(&row, &call, computation->arena.peak);
	computation_end(computation);
	if (call.map.n == 0)
		PG_RETURN_NULL();
	return result_row_composite(fcinfo, &row);
}
