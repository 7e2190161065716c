/*
 * pair_arguments.c
 *		What the aggregates over labelled rows share: arguments, how they run, the sides of their results.
 */
#include "pg/density_similarity.h"

#include "core/density/labelled_points.h"
#include "core/density/permutation.h"
#include "pg/arguments.h"
#include "pg/density_arguments.h"
#include "pg/errors.h"

#include <math.h>

/* Arguments of the transition functions behind the first one. */
enum
{
	OPTION_GRID_SIZE,
	OPTION_BANDWIDTH,
	OPTION_PERMUTATIONS,
	OPTION_SEED,
	N_OPTIONS,
};

PairOptions
argument_pair_options(FunctionCallInfo fcinfo, int first)
{
	PairOptions options = {.grid_size = GRID_DEFAULT_SIZE, .bandwidth = {.rule = BANDWIDTH_SCOTT}};

	if (PG_NARGS() > first)
	{
		options.grid_size = argument_grid_size(fcinfo, first + OPTION_GRID_SIZE);
		options.bandwidth = argument_bandwidth_text(fcinfo, first + OPTION_BANDWIDTH);
	}
	if (PG_NARGS() == first + N_OPTIONS)
	{
		options.permutations =
			argument_int(fcinfo, first + OPTION_PERMUTATIONS, "permutations", 0, PERMUTATIONS_MAX);
		options.seed = (uint64) argument_bigint(fcinfo, first + OPTION_SEED, "seed");
	}
	if (!pair_options_are_valid(&options))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("this bandwidth is not for the comparison of two densities"),
						errhint("Use \"scott\", \"silverman\", or a number above 0.")));
	return options;
}

void
run_pair(Computation *computation, ComputationWork work, void *argument, const PairOptions *options,
		 double n, size_t n_nodes)
{
	check_status(options->permutations > 0
					 ? computation_run(computation, work, argument)
					 : run_density(computation, work, argument, (size_t) n, n_nodes));
}

void
check_pair_range(const DensityPair *pair)
{
	if (pair->outcome != KDE_DONE)
		return;
	for (int side = 0; side < 2; side++)
		check_density_range(pair->density[side], pair->grid.n_x * pair->grid.n_y);
}

SimilaritySides
pair_sides(const DensityPair *pair, const PairOptions *options, uint64 n_1, uint64 n_2)
{
	return (SimilaritySides){.bandwidth_x = {pair->bandwidth_x, pair->bandwidth_x},
							 .bandwidth_y = {pair->bandwidth_y, pair->bandwidth_y},
							 .n = {(int64) n_1, (int64) n_2},
							 .p_value = pair->p_value,
							 .permutations = isnan(pair->p_value) ? 0 : options->permutations};
}
