/*
 * kmeans_step_test.c
 *		One iteration of k-means as a sum: by hand, against plain loops, any order and merging, bytes good and bad.
 */
#include "core/matrix/kmeans_step.h"

#include <string.h>

#include "check.h"
#include "core/base/rng.h"
#include "core/matrix/kmeans.h"
#include "stops.h"

#define MAX_K 7
#define MAX_D 40

static void
check_small(void)
{
	/* Rows 0, 2, 10, 11 and 15; centres 1 and 9, and 100 that nothing is near to. */
	const float given[] = {1, 9, 100};
	const double rows[] = {0, 2, 10, 11, 15};
	SampleMemory memory = sample_malloc_memory(0);
	KmeansStep step;
	KmeansStepResult result;
	double means[3];
	float centers[3];

	kmeans_step_init(&step, &memory, given, 3, 1);
	for (size_t i = 0; i < 5; i++)
		kmeans_step_add(&step, &memory, &rows[i]);
	check(!sdq_failed(kmeans_step_finish(&step, NULL, means, centers, &result)), "it finishes");
	check(step.n == 5 && step.sizes[0] == 2 && step.sizes[1] == 3 && step.sizes[2] == 0,
		  "rows go to the nearest centre");
	check(centers[0] == 1 && centers[1] == 12 && centers[2] == 100,
		  "centres become means, and stay where there is no row");
	check(result.inertia == 1 + 1 + 1 + 4 + 36, "inertia is to the given centres");
	check(result.moved == 9, "one centre moved by 3");
	/* The mean is 7.6: 57.76 + 31.36 + 5.76 + 11.56 + 54.76 = 161.2. */
	check_close(result.variance, 161.2 / 5, 1e-14, "the variance is that of all rows");
	kmeans_step_free(&step, &memory);
	check(memory.held == 0, "all memory is given back");

	/* Equal distances: the lower number. */
	kmeans_step_init(&step, &memory, (const float[]){3, 1, 3}, 3, 1);
	kmeans_step_add(&step, &memory, (const double[]){2});
	kmeans_step_add(&step, &memory, (const double[]){3});
	check(step.sizes[0] == 2 && step.sizes[2] == 0, "ties go to the lowest centre");
	kmeans_step_free(&step, &memory);

	kmeans_step_init(&step, &memory, given, 3, 1);
	kmeans_step_finish(&step, NULL, means, centers, &result);
	check(result.inertia == 0 && result.moved == 0 && result.variance == 0 && centers[1] == 9,
		  "no rows: nothing moves");
	kmeans_step_free(&step, &memory);
}

/* Random rows of one kind: 0 bytes, 1 real numbers of all sizes, 2 of few values. */
static void
fill_rows(double *rows, size_t n, int kind, Rng *rng)
{
	for (size_t i = 0; i < n; i++)
		rows[i] = kind == 0   ? (double) rng_below(rng, 256)
				  : kind == 1 ? ldexp(rng_normal(rng), (int) rng_below(rng, 60) - 30)
							  : (double) rng_below(rng, 3) / 3;
}

/* The bytes of an object, with malloc. */
static uint8_t *
encoded(KmeansStep *step, SampleMemory *memory, size_t *size)
{
	uint8_t *bytes;

	kmeans_step_prepare(step, memory);
	*size = kmeans_step_size(step);
	bytes = malloc(*size);
	kmeans_step_encode(step, bytes);
	return bytes;
}

static void
check_random(void)
{
	bool plain = true;
	bool orders = true;
	bool round_trips = true;
	bool cut = true;
	bool survived = true;
	Rng rng;

	rng_seed(&rng, 5, 0);
	for (int round = 0; round < 200; round++)
	{
		size_t k = 1 + rng_below(&rng, MAX_K);
		size_t d = 1 + rng_below(&rng, MAX_D);
		size_t n = 1 + rng_below(&rng, 60);
		SampleMemory memory = sample_malloc_memory(0);
		double *rows = malloc(n * d * sizeof(double));
		double centers[MAX_K * MAX_D];
		double sums[MAX_K * MAX_D] = {0};
		double sizes[MAX_K] = {0};
		double inertia = 0;
		double means[MAX_K * MAX_D];
		float given[MAX_K * MAX_D];
		float got[MAX_K * MAX_D];
		float again[MAX_K * MAX_D];
		KmeansStep step;
		KmeansStep parts[2];
		KmeansStepResult result;
		KmeansStepResult other;
		uint8_t *bytes;
		uint8_t *part_bytes;
		size_t size;
		size_t part_size;

		fill_rows(rows, n * d, round % 3, &rng);
		fill_rows(centers, k * d, round % 3, &rng);
		for (size_t i = 0; i < k * d; i++)
			centers[i] = given[i] = (float) centers[i];

		/* In order, beside a plain loop. */
		kmeans_step_init(&step, &memory, given, k, d);
		for (size_t i = 0; i < n; i++)
		{
			NearestCenter nearest = kmeans_nearest(rows + i * d, centers, k, d);

			kmeans_step_add(&step, &memory, rows + i * d);
			inertia += nearest.distance * nearest.distance;
			sizes[nearest.cluster]++;
			for (size_t j = 0; j < d; j++)
				sums[(size_t) nearest.cluster * d + j] += rows[i * d + j];
		}
		kmeans_step_finish(&step, NULL, means, got, &result);
		plain &= fabs(result.inertia - inertia) <= 1e-12 * inertia;
		for (size_t i = 0; i < k * d; i++)
		{
			double size_of = sizes[i / d];
			double want = size_of == 0 ? centers[i] : sums[i] / size_of;
			double most = 0;

			for (size_t r = 0; r < n; r++)
				most = fmax(most, fabs(rows[r * d + i % d]));
			plain &= step.sizes[i / d] == (int64_t) size_of &&
					 fabs(got[i] - want) <= 1e-6 * fabs(want) + 1e-12 * most;
		}

		/* Backwards, in two parts. */
		kmeans_step_init(&parts[0], &memory, given, k, d);
		kmeans_step_init(&parts[1], &memory, given, k, d);
		for (size_t i = n; i-- > 0;)
			kmeans_step_add(&parts[rng_below(&rng, 2)], &memory, rows + i * d);
		kmeans_step_merge(&parts[1], &memory, &parts[0]);
		kmeans_step_finish(&parts[1], NULL, means, again, &other);
		bytes = encoded(&step, &memory, &size);
		part_bytes = encoded(&parts[1], &memory, &part_size);
		orders &= memcmp(got, again, k * d * sizeof(float)) == 0 &&
				  memcmp(&result, &other, sizeof(result)) == 0 && size == part_size &&
				  memcmp(bytes, part_bytes, size) == 0;

		/* There and back. */
		kmeans_step_free(&parts[0], &memory);
		round_trips &= !sdq_failed(kmeans_step_decode(&parts[0], &memory, bytes, size)) &&
					   parts[0].n == step.n;
		kmeans_step_finish(&parts[0], NULL, means, again, &other);
		free(part_bytes);
		part_bytes = encoded(&parts[0], &memory, &part_size);
		round_trips &= memcmp(got, again, k * d * sizeof(float)) == 0 &&
					   memcmp(&result, &other, sizeof(result)) == 0 && part_size == size &&
					   memcmp(bytes, part_bytes, size) == 0;

		/* Cut short; damaged. */
		for (int i = 0; i < 50; i++)
		{
			SampleMemory limited = sample_malloc_memory(1 << 20);
			size_t at = rng_below(&rng, size);

			kmeans_step_free(&parts[0], &memory);
			cut &= kmeans_step_decode(&parts[0], &memory, bytes, at).detail == KMEANS_STEP_BYTES;
			kmeans_step_free(&parts[0], &memory);
			memcpy(part_bytes, bytes, size);
			part_bytes[at] ^= (uint8_t) (1 << rng_below(&rng, 8));
			part_bytes[rng_below(&rng, size)] = (uint8_t) rng_u64(&rng);
			if (!sdq_failed(kmeans_step_decode(&parts[0], &limited, part_bytes, size)))
			{
				size_t back_size;
				uint8_t *back = encoded(&parts[0], &limited, &back_size);

				/* What is taken is sound: it is written as it was read. */
				survived &= back_size == size && memcmp(back, part_bytes, size) == 0;
				/* Merging with itself fails only if a damaged number of rows is too large for it. */
				if (sdq_failed(kmeans_step_merge(&parts[0], &limited, &parts[0])))
					survived &= parts[0].n > INT64_MAX / 2;
				kmeans_step_finish(&parts[0], NULL, means, again, &other);
				free(back);
			}
			kmeans_step_free(&parts[0], &limited);
			survived &= limited.held == 0;
		}
		kmeans_step_free(&step, &memory);
		kmeans_step_free(&parts[1], &memory);
		free(bytes);
		free(part_bytes);
		free(rows);
	}
	check(plain, "200 random steps are those of plain loops");
	check(orders, "any order and parts give the same bits, results and bytes");
	check(round_trips, "bytes are read back to the bit");
	check(cut, "bytes that are cut short are refused");
	check(survived, "damaged bytes are refused, or are those of another sound object");
}

/* A header, and zeros after it. */
static SdqStatus
decode_header(uint32_t version, uint32_t k, uint32_t d, size_t size)
{
	SampleMemory memory = sample_malloc_memory(1 << 20);
	uint8_t bytes[200] = {(uint8_t) version};
	KmeansStep step;
	SdqStatus status;

	memcpy(bytes + 4, &k, sizeof(k));
	memcpy(bytes + 8, &d, sizeof(d));
	status = kmeans_step_decode(&step, &memory, bytes, size);
	kmeans_step_free(&step, &memory);
	check(memory.held == 0, "refused bytes leave no memory behind");
	return status;
}

static void
check_failures_and_limits(void)
{
	const float given[] = {0, 1, 2, 3};
	const float others[] = {0, 1, 2, 4};
	SampleMemory memory = sample_malloc_memory(0);
	Stop stop = {.poll = stop_now};
	KmeansStep step;
	KmeansStep other;
	KmeansStepResult result;
	double means[4];
	float centers[4];

	kmeans_step_init(&step, &memory, given, 2, 2);
	check(kmeans_step_add(&step, &memory, (const double[]){1e200, 0}).detail ==
			  KMEANS_STEP_DISTANCE,
		  "a distance whose square exceeds a double is refused");
	check(kmeans_step_finish(&step, &stop, means, centers, &result).code == SDQ_INTERRUPTED,
		  "it can be stopped");
	kmeans_step_init(&other, &memory, others, 2, 2);
	check(kmeans_step_merge(&step, &memory, &other).detail == KMEANS_STEP_OTHER_CENTERS,
		  "other centres do not merge");
	kmeans_step_free(&other, &memory);
	kmeans_step_init(&other, &memory, given, 1, 4);
	check(kmeans_step_merge(&step, &memory, &other).detail == KMEANS_STEP_OTHER_CENTERS,
		  "nor do the same numbers in another shape");
	kmeans_step_free(&other, &memory);
	kmeans_step_add(&step, &memory, (const double[]){1e38, 1e39});
	kmeans_step_finish(&step, NULL, means, centers, &result);
	check(isinf(centers[1]), "a mean beyond a float is infinite");
	kmeans_step_free(&step, &memory);

	memory = sample_malloc_memory(50);
	check(kmeans_step_init(&step, &memory, given, 2, 2).code == SDQ_OVER_LIMIT,
		  "centres beyond the limit of memory are refused");
	kmeans_step_free(&step, &memory);
	check(memory.held == 0, "what was allocated is given back");

	check(decode_header(1, 1, 1, 12 + 4 + 8 + 4 + 4).code == SDQ_OK, "a step without rows is read");
	check(decode_header(2, 1, 1, 32).detail == KMEANS_STEP_BYTES, "another version is not");
	check(decode_header(1, 0, 1, 32).detail == KMEANS_STEP_BYTES, "nor no centre");
	check(decode_header(1, 1, 0, 32).detail == KMEANS_STEP_BYTES, "nor centres of no numbers");
	check(decode_header(1, UINT32_MAX, UINT32_MAX, 200).detail == KMEANS_STEP_BYTES,
		  "nor too many");
	check(decode_header(1, 1, 1, 33).detail == KMEANS_STEP_BYTES,
		  "nor more bytes than there should be");
	check(decode_header(1, 1, 1, 0).detail == KMEANS_STEP_BYTES, "nor none");
}

int
main(void)
{
	check_small();
	check_random();
	check_failures_and_limits();
	return check_done();
}
