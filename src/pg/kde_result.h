/*
 * kde_result.h
 *		What every density of one variable shares: its named arguments, its bandwidth, and its kde_result.
 */
#ifndef SYNTHDQ_PG_KDE_RESULT_H
#define SYNTHDQ_PG_KDE_RESULT_H

#include "postgres.h"

#include "fmgr.h"

#include "core/density/kde.h"
#include "core/sample/sample.h"
#include "pg/computation.h"
#include "pg/result.h"

/* Fields of kde_result, in order. */
enum
{
	KDE_FIELD_X,
	KDE_FIELD_DENSITY,
	KDE_FIELD_BANDWIDTH,
	KDE_FIELD_N,
	KDE_FIELD_MASS,
	KDE_FIELD_WEIGHT,
	KDE_FIELD_KERNEL,
	KDE_FIELD_RULE,
	KDE_FIELD_METHOD,
	KDE_N_FIELDS,
};

/* The field `rule` of a density for which 'isj' was asked and has no solution. */
#define KDE_RULE_WITHOUT_SOLUTION "silverman (isj has no solution)"

typedef struct KdeRequest KdeRequest;

/* What the core is asked for. The first five members are the caller's. */
struct KdeRequest
{
	KdeOptions options;
	const void *source; /* a SampleView of counted values, or what evaluate() understands */
	size_t
		n_values; /* about so many kernels at each node; 0: an empty sample. Of a view: not in use */
	/* Fill in what is below, and evaluate the density on a grid; NULL for a view. */
	SdqStatus (*evaluate)(Job *job, KdeRequest *request, Kde *result);
	/* Raise the statuses of evaluate(); NULL for check_status(). */
	void (*check)(SdqStatus status);
	const Sample *unordered; /* instead of a view: see kde_unordered_datum() */
	bool is_unordered_done;

	WeightedSample weighted; /* what the kernels stand on */
	int64 n;                 /* observations */
	double weight;           /* of all of them */
};

/* `bandwidth` of type text: 'scott', 'silverman', 'isj', or a number in words. */
extern Bandwidth argument_kde_bandwidth(FunctionCallInfo fcinfo, int i);

/* Could this have passed the function above? */
extern bool is_valid_kde_bandwidth(const Bandwidth *bandwidth);

/* The options without arguments: 200 nodes, Scott's rule. */
extern KdeOptions default_kde_options(void);

/* Arguments first and first + 1: grid_size, bandwidth; rest to rest + 8: kernel, lo, hi, bw_adjust, cut,
 * lower_bound, upper_bound, method, clip. */
extern KdeOptions argument_kde_options(FunctionCallInfo fcinfo, int first, int rest);

/* Arguments first to first + 5: bandwidth, kernel, bw_adjust, lower_bound, upper_bound, method; for densities
 * at given places. */
extern KdeOptions argument_kde_at_options(FunctionCallInfo fcinfo, int first);

/* The kde_result, which the calling function returns: NULL if the sample is empty or holds an infinite value. A
 * value beyond a bound and a kernel that is too wide for the domain are errors. */
extern Datum kde_result_datum(FunctionCallInfo fcinfo, KdeRequest *request);

/* The same of many values in no order, without a sort; false: nothing was done, they need one. */
extern bool kde_unordered_datum(FunctionCallInfo fcinfo, const KdeOptions *options,
								const Sample *sample, Datum *datum);

/* The two halves of the above, for sets: the density on a grid, with errors raised, and the fields of a kde_result for
 * any outcome but KDE_INFINITE. */
extern void kde_request_run(Computation *computation, KdeRequest *request, Kde *result);
extern void kde_result_fields(const KdeRequest *request, const Kde *result, ResultRow *row);

/* values[n] = a density or its integral at at[n], without NaN; false, and no values, where there is none. Errors
 * as above. */
extern bool kde_values_at(KdeRequest *request, KdeQuantity quantity, const double *at, size_t n,
						  double *values);

#endif
