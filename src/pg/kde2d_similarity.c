/*
 * kde2d_similarity.c
 *		The aggregates kde2d_similarity() and kde2d_similarity_baseline() over labelled points.
 *
 * Both have the same state, the points of two sides and what is asked of them; all work is done in the final
 * function, on sorted points.
 */
#include "postgres.h"

#include "fmgr.h"

#include "core/density/labelled_points.h"
#include "pg/byte_state.h"
#include "pg/density_similarity.h"
#include "pg/errors.h"

#include <math.h>

/* Arguments of the transition functions: state, x, y, is_synthetic, and options. */
#define ARGUMENT_X       1
#define ARGUMENT_Y       2
#define ARGUMENT_SIDE    3
#define ARGUMENT_OPTIONS 4

/* What the core is asked for. */
typedef struct SimilarityWork
{
	const LabelledPoints *labelled;
	bool is_baseline; /* of side 0 alone */
	size_t n[2];      /* the sizes of what was compared */
	DensityPair pair;
} SimilarityWork;

PG_FUNCTION_INFO_V1(synthdq_kde2d_similarity_state_in);
PG_FUNCTION_INFO_V1(synthdq_kde2d_similarity_state_out);
PG_FUNCTION_INFO_V1(synthdq_kde2d_similarity_state_recv);
PG_FUNCTION_INFO_V1(synthdq_kde2d_similarity_state_send);
PG_FUNCTION_INFO_V1(synthdq_kde2d_similarity_state_add);
PG_FUNCTION_INFO_V1(synthdq_kde2d_similarity_state_combine);
PG_FUNCTION_INFO_V1(synthdq_kde2d_similarity_final);
PG_FUNCTION_INFO_V1(synthdq_kde2d_similarity_baseline_final);

static void
init_points(void *object)
{
	labelled_points_init(object);
}

static SdqStatus
measure_points(void *object, SampleMemory *memory, size_t *size)
{
	*size = labelled_points_size(object);
	return sdq_ok();
}

static void
encode_points(const void *object, uint8_t *bytes)
{
	labelled_points_encode(object, bytes);
}

static SdqStatus
decode_points(void *object, SampleMemory *memory, const uint8_t *bytes, size_t size)
{
	return labelled_points_decode(object, memory, bytes, size);
}

static SdqStatus
merge_points(void *object, SampleMemory *memory, const void *other)
{
	return labelled_points_merge(object, memory, other);
}

/* Raise what adding and merging report. */
static void
check_points(SdqStatus status)
{
	if (status.code == SDQ_BAD_DATA)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("parameters of kde2d_similarity_state must be the same for all rows"),
				 errhint("Pass constants, or group by the columns they come from.")));
	check_status(status);
}

static const ByteStateType similarity_type = {
	.name = "kde2d_similarity_state",
	.object_size = sizeof(LabelledPoints),
	.init = init_points,
	.measure = measure_points,
	.encode = encode_points,
	.decode = decode_points,
	.merge = merge_points,
	.check = check_points,
};

Datum
synthdq_kde2d_similarity_state_in(PG_FUNCTION_ARGS)
{
	return byte_state_in(fcinfo, &similarity_type);
}

Datum
synthdq_kde2d_similarity_state_out(PG_FUNCTION_ARGS)
{
	return byte_state_out(fcinfo, &similarity_type);
}

Datum
synthdq_kde2d_similarity_state_recv(PG_FUNCTION_ARGS)
{
	return byte_state_recv(fcinfo, &similarity_type);
}

Datum
synthdq_kde2d_similarity_state_send(PG_FUNCTION_ARGS)
{
	return byte_state_send(fcinfo, &similarity_type);
}

Datum
synthdq_kde2d_similarity_state_combine(PG_FUNCTION_ARGS)
{
	return byte_state_combine(fcinfo, &similarity_type);
}

/* Does this row have a point and a side? */
static bool
has_point(FunctionCallInfo fcinfo)
{
	return !PG_ARGISNULL(ARGUMENT_X) && !PG_ARGISNULL(ARGUMENT_Y) && !PG_ARGISNULL(ARGUMENT_SIDE) &&
		   !isnan(PG_GETARG_FLOAT8(ARGUMENT_X)) && !isnan(PG_GETARG_FLOAT8(ARGUMENT_Y));
}

/*
 * kde2d_similarity_state_add(kde2d_similarity_state, x, y, is_synthetic
 *							  [, grid_size, bandwidth [, permutations, seed]])
 */
Datum
synthdq_kde2d_similarity_state_add(PG_FUNCTION_ARGS)
{
	PairOptions options;
	ByteState *state;
	LabelledPoints *labelled;

	if (!has_point(fcinfo))
		return byte_state_unchanged(fcinfo);
	options = argument_pair_options(fcinfo, ARGUMENT_OPTIONS);
	state = byte_state_for_update(fcinfo, &similarity_type);
	labelled = byte_state_object(state);
	check_points(labelled_points_expect(labelled, &options));
	check_points(labelled_points_add(labelled, byte_state_memory(state),
									 PG_GETARG_BOOL(ARGUMENT_SIDE) ? 1 : 0,
									 PG_GETARG_FLOAT8(ARGUMENT_X), PG_GETARG_FLOAT8(ARGUMENT_Y)));
	return byte_state_datum(state);
}

/* Work of a computation. */
static SdqStatus
compare(Job *job, void *argument)
{
	SimilarityWork *work = argument;
	const LabelledPoints *labelled = work->labelled;
	PointSet all;
	PointSet sides[2];
	SdqStatus status = sdq_ok();

	work->n[0] = labelled->n[0];
	work->n[1] = labelled->n[1];
	if (work->is_baseline)
	{
		status = points_collect(job, labelled->points[0], labelled->n[0], &all);
		if (!sdq_failed(status))
			status = pair_split_2d(job, &all, labelled->options.seed, sides);
		work->n[0] = labelled->n[0] / 2;
		work->n[1] = labelled->n[0] - work->n[0];
	}
	for (int side = 0; side < 2 && !work->is_baseline && !sdq_failed(status); side++)
		status = points_collect(job, labelled->points[side], labelled->n[side], &sides[side]);
	if (sdq_failed(status))
		return status;
	return pair_compare_2d(job, sides, &labelled->options, &work->pair);
}

/* The result of a state. */
static Datum
similarity_of_state(FunctionCallInfo fcinfo, bool is_baseline)
{
	SimilarityWork work = {.is_baseline = is_baseline};
	const PairOptions *options;
	SimilaritySides sides;
	Computation *computation;
	Datum result;

	work.labelled = byte_state_open(PG_GETARG_DATUM(0), &similarity_type);
	if (work.labelled->n[0] == 0 || (work.labelled->n[1] == 0 && !is_baseline))
		PG_RETURN_NULL();
	options = &work.labelled->options;
	computation = computation_begin();
	run_pair(computation, compare, &work, options,
			 (double) work.labelled->n[0] + (double) work.labelled->n[1],
			 options->grid_size * options->grid_size);
	if (work.pair.outcome == KDE_INFINITE)
	{
		computation_end(computation);
		PG_RETURN_NULL();
	}
	check_pair_range(&work.pair);
	sides = pair_sides(&work.pair, options, work.n[0], work.n[1]);
	result = similarity_2d_datum(fcinfo, &work.pair.similarity, &work.pair.grid, &sides);
	computation_end(computation);
	return result;
}

/*
 * density_similarity(kde2d_similarity_state)
 *		Real against synthetic points.
 */
Datum
synthdq_kde2d_similarity_final(PG_FUNCTION_ARGS)
{
	return similarity_of_state(fcinfo, false);
}

/*
 * density_similarity_baseline(kde2d_similarity_state)
 *		Real against real points.
 */
Datum
synthdq_kde2d_similarity_baseline_final(PG_FUNCTION_ARGS)
{
	return similarity_of_state(fcinfo, true);
}
