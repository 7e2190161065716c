/*
 * density_similarity.h
 *		The composites density_similarity and density_similarity_2d, and what their aggregates share.
 */
#ifndef SYNTHDQ_PG_DENSITY_SIMILARITY_H
#define SYNTHDQ_PG_DENSITY_SIMILARITY_H

#include "postgres.h"

#include "core/density/pair.h"
#include "core/density/similarity.h"
#include "fmgr.h"
#include "pg/computation.h"
#include "utils/float.h"

/* What stands in a result beside the measures. Numbers that are NAN become NULL. */
typedef struct SimilaritySides
{
	float8 bandwidth_x[2];
	float8 bandwidth_y[2]; /* not read in one dimension */
	int64 n[2];            /* below 0: NULL */
	float8 p_value;
	int64 permutations;
} SimilaritySides;

/* The composite that the function which is being called returns. `grid` is not read where no measure is
 * defined. */
extern Datum similarity_1d_datum(FunctionCallInfo fcinfo, const Similarity *similarity,
								 const SimilarityGrid *grid, const SimilaritySides *sides);
extern Datum similarity_2d_datum(FunctionCallInfo fcinfo, const Similarity *similarity,
								 const SimilarityGrid *grid, const SimilaritySides *sides);

/* What a row of an aggregate asks for, from argument `first` on: nothing, or grid_size and bandwidth, or these
 * and permutations and seed. Errors are those of pg/arguments.h. */
extern PairOptions argument_pair_options(FunctionCallInfo fcinfo, int first);

/* Run the comparison of n points, without threads where it is short. Raises what the core reports. */
extern void run_pair(Computation *computation, ComputationWork work, void *argument,
					 const PairOptions *options, double n, size_t n_nodes);

/* Raise that a density of a pair is beyond the largest double, if one is. */
extern void check_pair_range(const DensityPair *pair);

/* What stands beside the measures of a pair that was computed from n[0] and n[1] values. */
extern SimilaritySides pair_sides(const DensityPair *pair, const PairOptions *options, uint64 n_1,
								  uint64 n_2);

#endif
