/*
 * fft.c
 *		Stockham's transform, decimated in frequency (W. Cochran et al., "What is the fast Fourier
 *		transform?", Proceedings of the IEEE 55, 1967): one pass for each factor 4, 2, 3 or 5, from one
 *		buffer to the other, in natural order at both ends.
 *
 * All arithmetic is on vectors of one value from each of the sixteen transforms, so the passes need
 * no shuffles, and each line of a pass is a few instructions at any vector width. The inverse
 * exchanges real and imaginary parts.
 *
 * Why not a library: FFTW's licence is GPL; kissfft transforms one series at a time in scalar code, at
 * a tenth of this speed.
 */
#include "core/base/fft.h"

#include <math.h>

#include "core/base/cpu.h"

/* One value of each transform; the compiler splits it where registers are narrower. */
typedef float FftVector __attribute__((vector_size(FFT_LANES * sizeof(float)), may_alias));

#define FFT_TARGET
#define FFT_NAME(name) fft_base_##name
#include "core/base/fft_template.h"

#ifdef CPU_HAS_X86_VARIANTS

#define FFT_TARGET     CPU_TARGET_AVX2
#define FFT_NAME(name) fft_avx2_##name
#include "core/base/fft_template.h"

#define FFT_TARGET     CPU_TARGET_AVX512
#define FFT_NAME(name) fft_avx512_##name
#include "core/base/fft_template.h"

#endif

/* The widest kernel for the processor at hand. */
static FftKernel
choose_kernel(void)
{
#ifdef CPU_HAS_X86_VARIANTS
	if (cpu_level() >= CPU_AVX512)
		return fft_avx512_transform;
	if (cpu_level() >= CPU_AVX2)
		return fft_avx2_transform;
#endif
	return fft_base_transform;
}

size_t
fft_good_length(size_t least)
{
	size_t best = SIZE_MAX;

	for (size_t fives = 1; fives < 2 * least; fives *= 5)
		for (size_t threes = fives; threes < 2 * least; threes *= 3)
		{
			size_t n = 2 * threes;

			while (n < least)
				n *= 2;
			best = n < best ? n : best;
		}
	return best;
}

/* Factors of n in the order of the passes; 0 if there are others than 2, 3, 5. */
static int
factorise(size_t n, int radices[FFT_MAX_PASSES])
{
	static const int known[] = {4, 2, 3, 5};
	int count = 0;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		for (; n % (size_t) known[i] == 0; n /= (size_t) known[i])
			radices[count++] = known[i];
	return n == 1 ? count : 0;
}

SdqStatus
fft_plan(size_t n, float *twiddles, FftPlan *plan)
{
	const double turn = 2 * acos(-1.0);
	int radices[FFT_MAX_PASSES];
	size_t left = n;
	size_t stride = 1;

	*plan = (FftPlan){.n = n, .kernel = choose_kernel()};
	if (n < 1 || n > FFT_MAX_LENGTH)
		return sdq_error(SDQ_BAD_ARGUMENT, (double) n, (double) FFT_MAX_LENGTH);
	plan->n_passes = factorise(n, radices);
	if (plan->n_passes == 0 && n > 1)
		return sdq_error(SDQ_BAD_ARGUMENT, (double) n, (double) FFT_MAX_LENGTH);
	/* A pass has less than `left` of them, which at least halves: less than n in all of the first pass,
	 * n / 2 of the second and so on. */
	for (int i = 0; i < plan->n_passes; i++)
	{
		size_t radix = (size_t) radices[i];
		size_t groups = left / radix;

		plan->passes[i] = (FftPass){
			.radix = radices[i], .groups = groups, .stride = stride, .twiddles = twiddles};
		for (size_t p = 0; p < groups; p++)
			for (size_t k = 1; k < radix; k++)
			{
				double angle = turn * (double) (p * k % left) / (double) left;

				*twiddles++ = (float) cos(angle);
				*twiddles++ = (float) -sin(angle);
			}
		left = groups;
		stride *= radix;
	}
	return sdq_ok();
}

float *
fft_forward(const FftPlan *plan, float *data, float *other)
{
	return plan->kernel(plan, data, other, 0, FFT_LANES);
}

float *
fft_inverse(const FftPlan *plan, float *data, float *other)
{
	return plan->kernel(plan, data, other, FFT_LANES, 0);
}
