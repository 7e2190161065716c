/*
 * kmeans_step.c
 *		One iteration of Lloyd's algorithm as a sum over rows.
 */
#include "core/matrix/kmeans_step.h"

#include <math.h>
#include <string.h>

#include "core/matrix/distance.h"
#include "core/matrix/kmeans.h"

SdqStatus
kmeans_step_init(KmeansStep *step, SampleMemory *memory, const float *given, size_t k, size_t d)
{
	SdqStatus status = sdq_ok();
	size_t n;

	*step = (KmeansStep){.k = k, .d = d};
	if (!checked_multiply(k, d, &n) || n > SIZE_MAX / sizeof(double))
		return sdq_error(SDQ_TOO_LARGE, (double) k * (double) d, (double) SIZE_MAX);
	exact_sums_init(&step->sums, n);
	exact_sums_init(&step->inertia, 1);
	step->given = sample_memory_resize(memory, NULL, 0, n * sizeof(float), &status);
	if (step->given != NULL)
		step->centers = sample_memory_resize(memory, NULL, 0, n * sizeof(double), &status);
	if (step->centers != NULL)
		step->sizes = sample_memory_resize(memory, NULL, 0, k * sizeof(int64_t), &status);
	if (step->sizes == NULL)
		return status;
	memcpy(step->given, given, n * sizeof(float));
	for (size_t i = 0; i < n; i++)
		step->centers[i] = given[i];
	memset(step->sizes, 0, k * sizeof(int64_t));
	return status;
}

void
kmeans_step_free(KmeansStep *step, SampleMemory *memory)
{
	size_t n = step->sums.n;

	sample_memory_free(memory, step->given, step->given == NULL ? 0 : n * sizeof(float));
	sample_memory_free(memory, step->centers, step->centers == NULL ? 0 : n * sizeof(double));
	sample_memory_free(memory, step->sizes, step->sizes == NULL ? 0 : step->k * sizeof(int64_t));
	exact_sums_free(&step->sums, memory);
	exact_sums_free(&step->inertia, memory);
	*step = (KmeansStep){.k = 0};
}

SdqStatus
kmeans_step_add(KmeansStep *step, SampleMemory *memory, const double *x)
{
	NearestCenter nearest = kmeans_nearest(x, step->centers, step->k, step->d);
	double distance2 = nearest.distance * nearest.distance;
	SdqStatus status;

	if (!isfinite(distance2))
		return sdq_bad_data(KMEANS_STEP_DISTANCE, -1, nearest.distance, 0);
	if (step->n == INT64_MAX)
		return sdq_error(SDQ_TOO_LARGE, (double) step->n, (double) INT64_MAX);
	status = exact_sums_add(&step->inertia, memory, 0, &distance2, 1);
	if (!sdq_failed(status))
		status =
			exact_sums_add(&step->sums, memory, (size_t) nearest.cluster * step->d, x, step->d);
	if (sdq_failed(status))
		return status;
	step->sizes[nearest.cluster]++;
	step->n++;
	return status;
}

SdqStatus
kmeans_step_merge(KmeansStep *step, SampleMemory *memory, const KmeansStep *other)
{
	SdqStatus status;

	if (step->k != other->k || step->d != other->d ||
		memcmp(step->given, other->given, step->sums.n * sizeof(float)) != 0)
		return sdq_bad_data(KMEANS_STEP_OTHER_CENTERS, -1, 0, 0);
	if (other->n > INT64_MAX - step->n)
		return sdq_error(SDQ_TOO_LARGE, (double) step->n + (double) other->n, (double) INT64_MAX);
	status = exact_sums_merge(&step->inertia, memory, &other->inertia);
	if (!sdq_failed(status))
		status = exact_sums_merge(&step->sums, memory, &other->sums);
	if (sdq_failed(status))
		return status;
	for (size_t c = 0; c < step->k; c++)
		step->sizes[c] += other->sizes[c];
	step->n += other->n;
	return status;
}

/*
 * The variance of all rows from what is known about clusters. With w the sum of squared distances to the clusters' own
 * means and b that of these means, weighted by their sizes, to the mean of all, it is (w + b) / (n d); and w is the
 * inertia without what the distance of mean and given centre has added to it.
 */
static double
find_variance(const KmeansStep *step, const double *means, double inertia)
{
	double between = 0;
	double added = 0;

	for (size_t j = 0; j < step->d; j++)
	{
		double mean = 0;

		for (size_t c = 0; c < step->k; c++)
			mean += (double) step->sizes[c] / (double) step->n * means[c * step->d + j];
		for (size_t c = 0; c < step->k; c++)
		{
			double to_all = means[c * step->d + j] - mean;
			double to_given = means[c * step->d + j] - step->centers[c * step->d + j];

			between += (double) step->sizes[c] * (to_all * to_all);
			added += (double) step->sizes[c] * (to_given * to_given);
		}
	}
	return fmax(0, inertia - added + between) / (double) step->n / (double) step->d;
}

SdqStatus
kmeans_step_finish(const KmeansStep *step, Stop *stop, double *means, float *centers,
				   KmeansStepResult *result)
{
	*result = (KmeansStepResult){.inertia = exact_sums_quotient(&step->inertia, 0, 1)};
	for (size_t c = 0; c < step->k; c++)
	{
		size_t first = c * step->d;

		if (stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		for (size_t j = first; j < first + step->d; j++)
		{
			means[j] = step->sizes[c] == 0 ? step->centers[j]
										   : exact_sums_quotient(&step->sums, j, step->sizes[c]);
			centers[j] = (float) means[j];
		}
		result->moved += float_distance2(centers + first, step->given + first, step->d);
	}
	if (step->n > 0)
		result->variance = find_variance(step, means, result->inertia);
	return sdq_ok();
}

SdqStatus
kmeans_step_prepare(KmeansStep *step, SampleMemory *memory)
{
	SdqStatus status = exact_sums_normalize(&step->inertia, memory);

	return sdq_failed(status) ? status : exact_sums_normalize(&step->sums, memory);
}
