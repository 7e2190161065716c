/*
 * convolve_test.c
 *		Convolution against the plain double loop, to the bit, on all instruction sets.
 */
#include "core/tests/convolve.h"

#include "check.h"
#include "core/base/cpu.h"
#include "core/base/rng.h"

#define ROW_MAX    150
#define KERNEL_MAX 120
#define RESULT_MAX 400

/* The definition; c ascending. */
static double
plain(const ConvolveRow *row, const ConvolveKernel *kernel, int64_t m)
{
	double sum = 0;

	for (int64_t c = kernel->first; c <= kernel->last; c++)
		if (m - c >= row->first && m - c <= row->last)
			sum += kernel->taps[c - kernel->first] * row->values[m - c - row->first];
	return sum;
}

int
main(void)
{
	bool agrees[3] = {true, true, true};
	Rng rng;

	rng_seed(&rng, 1, RNG_STREAM_TEST);
	for (int repeat = 0; repeat < 3000; repeat++)
	{
		double padded[ROW_MAX + 2 * CONVOLVE_TILE] = {0};
		double taps[KERNEL_MAX];
		double to[RESULT_MAX + CONVOLVE_TILE];
		int64_t row_size = 1 + (int64_t) rng_below(&rng, ROW_MAX);
		int64_t kernel_size = 1 + (int64_t) rng_below(&rng, KERNEL_MAX);
		int64_t first = (int64_t) rng_below(&rng, 1000);
		int64_t first_tap = (int64_t) rng_below(&rng, 100);
		int64_t m_first = first + first_tap - 20 + (int64_t) rng_below(&rng, 60);
		int64_t n = 1 + (int64_t) rng_below(&rng, RESULT_MAX);
		ConvolveRow row = {padded + CONVOLVE_TILE, first, first + row_size - 1};
		ConvolveKernel kernel = {taps, first_tap, first_tap + kernel_size - 1};

		for (int64_t i = 0; i < row_size; i++)
			padded[CONVOLVE_TILE + i] = rng_double(&rng) * exp(40 * rng_double(&rng));
		for (int64_t c = 0; c < kernel_size; c++)
			taps[c] = rng_double(&rng) * exp(40 * rng_double(&rng));
		for (int level = CPU_PLAIN; level <= CPU_AVX512; level++)
		{
			cpu_set_limit((CpuLevel) level);
			convolve(&row, &kernel, m_first, n, to);
			for (int64_t m = 0; m < n; m++)
				agrees[level] = agrees[level] && to[m] == plain(&row, &kernel, m_first + m);
		}
	}
	check(agrees[CPU_PLAIN], "3000 convolutions have the bits of the definition, plain");
	check(agrees[CPU_AVX2], "the same at most with AVX2");
	check(agrees[CPU_AVX512], "the same at most with AVX-512");
	return check_done();
}
