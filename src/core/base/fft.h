/*
 * fft.h
 *		Sixteen complex Fourier transforms at a time, of any length 2^a 3^b 5^c, in float.
 *
 * A panel is x[n][2][FFT_LANES]: of each of n elements the real parts of all transforms, then their
 * imaginary parts. The forward transform is X[k] = sum_j x[j] exp(-2 pi i j k / n), the inverse the
 * same with the other sign; neither divides by n. The relative error, in the root mean square over a
 * transform, is about 1e-7. All instruction sets give the same bits.
 *
 * Two-dimensional transforms, and those of real data, are made of panels by their users: sixteen
 * neighbouring columns of a row-major matrix are a panel as they lie there.
 */
#ifndef SYNTHDQ_CORE_BASE_FFT_H
#define SYNTHDQ_CORE_BASE_FFT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/status.h"

/* Transforms of a panel, and floats of one of its elements. */
#define FFT_LANES   16
#define FFT_ELEMENT (2 * FFT_LANES)

/* Longest transform. */
#define FFT_MAX_LENGTH ((size_t) 1 << 20)

/* More factors than a length has. */
#define FFT_MAX_PASSES 20

/* One factor of the length. */
typedef struct FftPass
{
	int radix;
	size_t groups;         /* butterflies with different twiddles */
	size_t stride;         /* butterflies with the same */
	const float *twiddles; /* [groups][radix - 1][2] */
} FftPass;

/* Transforms all passes: from data to the buffer that is returned, data or other. re and im say where
 * in an element the parts lie. */
typedef struct FftPlan FftPlan;
typedef float *(*FftKernel)(const FftPlan *plan, float *data, float *other, size_t re, size_t im);

struct FftPlan
{
	size_t n;
	int n_passes;
	FftPass passes[FFT_MAX_PASSES];
	FftKernel kernel;
};

/* The smallest even 2^a 3^b 5^c that is at least `least`, 1 <= least <= FFT_MAX_LENGTH / 2. */
extern size_t fft_good_length(size_t least);

/* Prepare transforms of length n = 2^a 3^b 5^c, for the processor at hand. The twiddles are written to
 * twiddles[2 n], which must live as long as the plan. SDQ_BAD_ARGUMENT for another length. */
extern SdqStatus fft_plan(size_t n, float *twiddles, FftPlan *plan);

/* Transform the panel in data[n][2][FFT_LANES]; other is as large. Both are overwritten; returned is
 * the one that holds the result. They must be aligned to 64 bytes. Any thread. */
extern float *fft_forward(const FftPlan *plan, float *data, float *other);
extern float *fft_inverse(const FftPlan *plan, float *data, float *other);

#endif
