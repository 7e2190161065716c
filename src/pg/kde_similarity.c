/*
 * kde_similarity.c
 *		The aggregates kde_similarity() and kde_similarity_baseline() over labelled numbers.
 *
 * Both have the same state, two samples with four parameters, which merges exactly; all work is done in
 * the final function, on sorted values.
 */
#include "postgres.h"

#include "fmgr.h"

#include "core/density/labelled_points.h"
#include "pg/density_similarity.h"
#include "pg/sample_state.h"

/* Arguments of the transition functions: state, x, is_synthetic, and options. */
#define ARGUMENT_X       1
#define ARGUMENT_SIDE    2
#define ARGUMENT_OPTIONS 3

/* Parameters of kde_similarity_state. */
enum
{
	PARAMETER_SIZES, /* grid_size + permutations * 2^32 */
	PARAMETER_RULE,
	PARAMETER_NUMBER,
	PARAMETER_SEED,
	N_PARAMETERS,
};

/* What the core is asked for. */
typedef struct SimilarityWork
{
	SampleView sides[2];
	PairOptions options;
	bool is_baseline; /* of side 0 alone */
	DensityPair pair;
} SimilarityWork;

PG_FUNCTION_INFO_V1(synthdq_kde_similarity_state_in);
PG_FUNCTION_INFO_V1(synthdq_kde_similarity_state_out);
PG_FUNCTION_INFO_V1(synthdq_kde_similarity_state_recv);
PG_FUNCTION_INFO_V1(synthdq_kde_similarity_state_send);
PG_FUNCTION_INFO_V1(synthdq_kde_similarity_state_add);
PG_FUNCTION_INFO_V1(synthdq_kde_similarity_state_combine);
PG_FUNCTION_INFO_V1(synthdq_kde_similarity_final);
PG_FUNCTION_INFO_V1(synthdq_kde_similarity_baseline_final);

static PairOptions
options_of_parameters(const SampleParameter *parameters)
{
	return (PairOptions){.grid_size =
							 (size_t) (parameters[PARAMETER_SIZES].integer & PG_UINT32_MAX),
						 .bandwidth = {.rule = (BandwidthRule) parameters[PARAMETER_RULE].integer,
									   .value = parameters[PARAMETER_NUMBER].number},
						 .permutations = parameters[PARAMETER_SIZES].integer >> 32,
						 .seed = (uint64) parameters[PARAMETER_SEED].integer};
}

/* Could these parameters stem from the transition functions? */
static bool
are_valid_parameters(const SampleParameter *parameters)
{
	PairOptions options = options_of_parameters(parameters);

	/* A rule is an enum: one beyond 32 bits must not pass for another. */
	return parameters[PARAMETER_RULE].integer == (int64) options.bandwidth.rule &&
		   pair_options_are_valid(&options);
}

static const SampleStateType similarity_type = {
	.name = "kde_similarity_state",
	.n_sides = 2,
	.n_parameters = N_PARAMETERS,
	.parameters_valid = are_valid_parameters,
};

Datum
synthdq_kde_similarity_state_in(PG_FUNCTION_ARGS)
{
	return sample_state_in(fcinfo, &similarity_type);
}

Datum
synthdq_kde_similarity_state_out(PG_FUNCTION_ARGS)
{
	return sample_state_out(fcinfo, &similarity_type);
}

Datum
synthdq_kde_similarity_state_recv(PG_FUNCTION_ARGS)
{
	return sample_state_recv(fcinfo, &similarity_type);
}

Datum
synthdq_kde_similarity_state_send(PG_FUNCTION_ARGS)
{
	return sample_state_send(fcinfo, &similarity_type);
}

Datum
synthdq_kde_similarity_state_combine(PG_FUNCTION_ARGS)
{
	return sample_state_combine(fcinfo, &similarity_type);
}

/*
 * kde_similarity_state_add(kde_similarity_state, x, is_synthetic [, grid_size, bandwidth [, permutations, seed]])
 */
Datum
synthdq_kde_similarity_state_add(PG_FUNCTION_ARGS)
{
	SampleParameter parameters[N_PARAMETERS];
	PairOptions options;
	SampleState *state;

	if (PG_ARGISNULL(ARGUMENT_X) || PG_ARGISNULL(ARGUMENT_SIDE))
		return sample_state_unchanged(fcinfo);
	options = argument_pair_options(fcinfo, ARGUMENT_OPTIONS);
	parameters[PARAMETER_SIZES].integer =
		(int64) options.grid_size + options.permutations * (INT64CONST(1) << 32);
	parameters[PARAMETER_RULE].integer = (int64) options.bandwidth.rule;
	parameters[PARAMETER_NUMBER].number = options.bandwidth.value;
	parameters[PARAMETER_SEED].integer = (int64) options.seed;
	state = sample_state_for_update(fcinfo, &similarity_type, parameters);
	sample_state_add_float8(state, PG_GETARG_BOOL(ARGUMENT_SIDE) ? 1 : 0,
							PG_GETARG_FLOAT8(ARGUMENT_X));
	return sample_state_datum(state);
}

/* Work of a computation. */
static SdqStatus
compare(Job *job, void *argument)
{
	SimilarityWork *work = argument;
	SdqStatus status = sdq_ok();

	if (work->is_baseline)
	{
		SampleView sample = work->sides[0];

		status = pair_split(job, &sample, work->options.seed, work->sides);
	}
	if (sdq_failed(status))
		return status;
	return pair_compare(job, work->sides, &work->options, &work->pair);
}

/* The result of a state. */
static Datum
similarity_of_state(FunctionCallInfo fcinfo, bool is_baseline)
{
	SimilarityWork work = {.is_baseline = is_baseline};
	SimilaritySides sides;
	Computation *computation;
	Datum result;

	work.options =
		options_of_parameters(sample_state_open(PG_GETARG_DATUM(0), &similarity_type, work.sides));
	if (work.sides[0].n == 0 || (work.sides[1].n == 0 && !is_baseline))
		PG_RETURN_NULL();
	computation = computation_begin();
	run_pair(computation, compare, &work, &work.options,
			 (double) work.sides[0].n_distinct + (double) work.sides[1].n_distinct,
			 work.options.grid_size);
	if (work.pair.outcome == KDE_INFINITE)
	{
		computation_end(computation);
		PG_RETURN_NULL();
	}
	check_pair_range(&work.pair);
	sides = pair_sides(&work.pair, &work.options, work.sides[0].n, work.sides[1].n);
	result = similarity_1d_datum(fcinfo, &work.pair.similarity, &work.pair.grid, &sides);
	computation_end(computation);
	return result;
}

/*
 * density_similarity(kde_similarity_state)
 *		Real against synthetic values.
 */
Datum
synthdq_kde_similarity_final(PG_FUNCTION_ARGS)
{
	return similarity_of_state(fcinfo, false);
}

/*
 * density_similarity_baseline(kde_similarity_state)
 *		Real against real values.
 */
Datum
synthdq_kde_similarity_baseline_final(PG_FUNCTION_ARGS)
{
	return similarity_of_state(fcinfo, true);
}
