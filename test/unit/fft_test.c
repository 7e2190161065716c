/*
 * fft_test.c
 *		Panels of Fourier transforms against the definition, at every level.
 */
#include "check.h"

#include <string.h>

#include "core/base/cpu.h"
#include "core/base/fft.h"
#include "core/base/rng.h"
#include "workbench.h"

/* Root mean square of rounding: some 6e-8 for each pass. */
#define MAX_ERROR 4e-7

static const char *const LEVEL_NAME[] = {"plain", "avx2", "avx512"};

/* |got - want| / |want| of a transform of length n by the definition, over all lanes. */
static double
error_of(const float *in, const float *got, size_t n, double sign)
{
	const double turn = 2 * acos(-1.0);
	double difference = 0;
	double norm = 0;

	for (size_t lane = 0; lane < FFT_LANES; lane++)
		for (size_t k = 0; k < n; k++)
		{
			double re = 0;
			double im = 0;

			for (size_t j = 0; j < n; j++)
			{
				double angle = sign * turn * (double) (j * k % n) / (double) n;
				double x = in[j * FFT_ELEMENT + lane];
				double y = in[j * FFT_ELEMENT + FFT_LANES + lane];

				re += x * cos(angle) - y * sin(angle);
				im += x * sin(angle) + y * cos(angle);
			}
			difference += pow(got[k * FFT_ELEMENT + lane] - re, 2) +
						  pow(got[k * FFT_ELEMENT + FFT_LANES + lane] - im, 2);
			norm += re * re + im * im;
		}
	return sqrt(difference / norm);
}

/* Both directions of one length. */
static void
check_length(Bench *bench, size_t n, double *forward, double *inverse)
{
	float *in = arena_alloc(&bench->arena, n * FFT_ELEMENT, sizeof(float));
	float *data = arena_alloc(&bench->arena, n * FFT_ELEMENT, sizeof(float));
	float *other = arena_alloc(&bench->arena, n * FFT_ELEMENT, sizeof(float));
	FftPlan plan;
	Rng rng;

	rng_seed(&rng, n, RNG_STREAM_TEST);
	for (size_t v = 0; v < n * FFT_ELEMENT; v++)
		in[v] = (float) rng_normal(&rng);
	if (sdq_failed(fft_plan(n, arena_alloc(&bench->arena, 2 * n, sizeof(float)), &plan)))
	{
		*forward = INFINITY;
		return;
	}
	memcpy(data, in, n * FFT_ELEMENT * sizeof(float));
	*forward = fmax(*forward, error_of(in, fft_forward(&plan, data, other), n, -1));
	memcpy(data, in, n * FFT_ELEMENT * sizeof(float));
	*inverse = fmax(*inverse, error_of(in, fft_inverse(&plan, data, other), n, 1));
}

/* Equal bits at every level for a length with all radices. */
static void
test_same_bits(void)
{
	enum
	{
		N = 120
	};
	static _Alignas(64) float data[N * FFT_ELEMENT];
	static _Alignas(64) float other[N * FFT_ELEMENT];
	static float first[N * FFT_ELEMENT];
	float twiddles[2 * N];
	bool same = true;

	for (CpuLevel level = CPU_PLAIN; level <= CPU_AVX512; level++)
	{
		FftPlan plan;
		Rng rng;
		const float *result;

		cpu_set_limit(level);
		rng_seed(&rng, 1, RNG_STREAM_TEST);
		for (size_t v = 0; v < N * FFT_ELEMENT; v++)
			data[v] = (float) rng_normal(&rng);
		same = same && !sdq_failed(fft_plan(N, twiddles, &plan));
		result = fft_forward(&plan, data, other);
		if (level == CPU_PLAIN)
			memcpy(first, result, sizeof(first));
		same = same && memcmp(first, result, sizeof(first)) == 0;
	}
	cpu_set_limit(CPU_HIGHEST);
	check(same, "every instruction set gives the same bits");
}

static void
test_levels(void)
{
	static const size_t lengths[] = {1,  2,  3,  4,  5,  6,  8,  9,   10,  12,  15,
									 16, 20, 24, 25, 27, 30, 60, 128, 180, 250, 486};

	for (CpuLevel level = CPU_PLAIN; level <= CPU_AVX512; level++)
	{
		Bench bench;
		double forward = 0;
		double inverse = 0;
		char name[100];

		cpu_set_limit(level);
		if (cpu_level() != level)
			continue;
		bench_open(&bench, 1);
		for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
			check_length(&bench, lengths[i], &forward, &inverse);
		printf("# %s: %.1e, %.1e\n", LEVEL_NAME[level], forward, inverse);
		snprintf(name, sizeof(name), "%s: forward transforms of 22 lengths", LEVEL_NAME[level]);
		check(forward <= MAX_ERROR, name);
		snprintf(name, sizeof(name), "%s: inverse transforms of 22 lengths", LEVEL_NAME[level]);
		check(inverse <= MAX_ERROR, name);
		bench_close(&bench);
	}
	cpu_set_limit(CPU_HIGHEST);
}

/* Every even product of 2, 3 and 5 is its own good length, and nothing smaller is good. */
static void
test_good_lengths(void)
{
	bool right = true;

	for (size_t least = 1; least <= 5000; least++)
	{
		size_t n = least + least % 2;

		for (;; n += 2)
		{
			size_t rest = n;

			while (rest % 2 == 0)
				rest /= 2;
			while (rest % 3 == 0)
				rest /= 3;
			while (rest % 5 == 0)
				rest /= 5;
			if (rest == 1)
				break;
		}
		right = right && fft_good_length(least) == n;
	}
	check(right, "the good length is the next even number without other factors than 2, 3, 5");
}

static void
test_bad_lengths(void)
{
	float twiddles[2];
	FftPlan plan;

	check(fft_plan(0, twiddles, &plan).code == SDQ_BAD_ARGUMENT, "length 0 is refused");
	check(fft_plan(7, twiddles, &plan).code == SDQ_BAD_ARGUMENT, "length 7 is refused");
	check(fft_plan(2 * FFT_MAX_LENGTH, twiddles, &plan).code == SDQ_BAD_ARGUMENT,
		  "a length beyond the limit is refused");
}

int
main(void)
{
	test_levels();
	test_same_bits();
	test_good_lengths();
	test_bad_lengths();
	return check_done();
}
