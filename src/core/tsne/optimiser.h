/*
 * optimiser.h
 *		The descent of t-SNE: from given affinities and a start to a map.
 */
#ifndef SYNTHDQ_CORE_TSNE_OPTIMISER_H
#define SYNTHDQ_CORE_TSNE_OPTIMISER_H

#include <stddef.h>

#include "core/base/job.h"
#include "core/tsne/affinities.h"
#include "core/tsne/field_exact.h" /* MAP_MAX_DIMS */

/* Iterations at the start with the affinities multiplied by early_exaggeration. */
#define EARLY_ITERATIONS 250

/* Iterations between two evaluations of the objective for the progress report. */
#define REPORT_ITERATIONS 50

/* The descent has settled once the gradient has been small in so many successive iterations. */
#define SETTLED_ITERATIONS 50

/* Points move at most 5 an iteration; up to here no map leaves the range of the float kernels. */
#define MAX_ITERATIONS 1000000

typedef struct DescentOptions
{
	int n_iter;                /* 0 .. MAX_ITERATIONS; the first EARLY_ITERATIONS are exaggerated */
	double early_exaggeration; /* > 0 */
	double exaggeration;       /* of the iterations after those, > 0 */
	/* > 0 for the gradient without the factor 4, in both phases; 0 = max(200, n / early_exaggeration) in
	 * the first and max(200, 2 n / exaggeration) in the second. */
	double learning_rate;
	/* Stop when the gradient's norm, as in DescentResult, has stayed below this for SETTLED_ITERATIONS
	 * after the exaggerated ones; 0 = never. */
	double min_grad_norm;
} DescentOptions;

typedef struct DescentResult
{
	double kl;      /* at the result, with p not exaggerated */
	int iterations; /* that were done */
	/* Of the last of them: sqrt(n sum_i |g_i|^2), g_i being the gradient without its factor 4, p being
	 * exaggerated if it was in that iteration: the root mean square of n g_i, since g_i shrinks as 1 / n.
	 * 0 without iterations. */
	double gradient_norm;
} DescentResult;

/*
 * Move y[n][dims] (n = affinities->n, dims 2 or 3) downhill on
 *
 *		KL = sum_ij p_ij ln(p_ij / q_ij),	q_ij = w_ij / Z,	w_ij = 1 / (1 + |y_i - y_j|^2),
 *
 * and centre it. The state after m iterations is that of any longer run after m. Progress is reported as
 * phase "layout". Scratch comes from job->arena. Same bits for any number of threads. SDQ_INTERRUPTED or
 * a memory status.
 */
extern SdqStatus optimise_map(Job *job, const Affinities *affinities, int dims,
							  const DescentOptions *options, double *y, DescentResult *result);

/* At most so many bytes are allocated by optimise_map with so many threads and for P of so many entries;
 * false if that overflows. */
extern bool optimise_map_bytes(size_t n, size_t entries, int dims, int threads, size_t *bytes);

#endif
