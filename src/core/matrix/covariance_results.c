/*
 * covariance_results.c
 *		Means and covariances from exact sums.
 *
 * With x = sum of x_a 2^(21 (2 - a)) in units of the lowest digit, and y alike,
 *
 *		n sum(x y) - sum(x) sum(y) = sum over a, b of 2^(21 (4 - a - b)) (n sum(x_a y_b) - sum(x_a) sum(y_b)),
 *
 * where each bracket fits 128 bits: n is at most 2^40, so both of its terms are at most 2^122. Their sum
 * fits 256 bits, and is turned into a double at the very end: however large the mean is, nothing cancels
 * after a rounding.
 */
#include "core/matrix/covariance.h"

#include <math.h>

#define LIMBS 4

__extension__ typedef unsigned __int128 UnsignedInt128;

/* A sum of 256 bits in two's complement, the lowest limb first. */
typedef struct LongInteger
{
	uint64_t limbs[LIMBS];
} LongInteger;

/* Add value * 2^shift, shift < 128. */
static void
long_add(LongInteger *sum, Int128 value, unsigned shift)
{
	uint64_t sign = value < 0 ? UINT64_MAX : 0;
	uint64_t parts[2 + LIMBS] = {0, (uint64_t) value, (uint64_t) (value >> 64), sign, sign, sign};
	unsigned words = shift / 64;
	unsigned bits = shift % 64;
	UnsignedInt128 carry = 0;

	for (unsigned k = words; k < LIMBS; k++)
	{
		const uint64_t *part = &parts[1 + k - words];
		uint64_t limb = bits == 0 ? part[0] : part[0] << bits | part[-1] >> (64 - bits);

		carry += (UnsignedInt128) sum->limbs[k] + limb;
		sum->limbs[k] = (uint64_t) carry;
		carry >>= 64;
	}
}

/* The nearest double. */
static double
long_to_double(LongInteger sum)
{
	bool is_negative = sum.limbs[LIMBS - 1] >> 63;
	int top = LIMBS - 1;
	uint64_t leading;
	int zeros;

	if (is_negative)
	{
		LongInteger zero = {{0}};
		UnsignedInt128 borrow = 0;

		for (int k = 0; k < LIMBS; k++)
		{
			UnsignedInt128 difference = (UnsignedInt128) zero.limbs[k] - sum.limbs[k] - borrow;

			sum.limbs[k] = (uint64_t) difference;
			borrow = difference >> 64 != 0;
		}
	}
	while (top > 0 && sum.limbs[top] == 0)
		top--;
	if (sum.limbs[top] == 0)
		return 0;
	zeros = __builtin_clzll(sum.limbs[top]);
	leading = sum.limbs[top] << zeros;
	if (top > 0 && zeros > 0)
		leading |= sum.limbs[top - 1] >> (64 - zeros);
	/* A last bit that stands for all the bits below: 64 bits of which 53 are kept round rightly. */
	if (top > 0 && sum.limbs[top - 1] << zeros != 0)
		leading |= 1;
	for (int k = top - 2; k >= 0; k--)
		if (sum.limbs[k] != 0)
			leading |= 1;
	return ldexp(is_negative ? -(double) leading : (double) leading, 64 * top - zeros);
}

void
covariance_mean(const Covariance *covariance, double *mean)
{
	for (size_t j = 0; j < covariance->d; j++)
	{
		Int128 sum = 0;

		mean[j] = 0;
		if (covariance->planes[j] == COLUMN_OF_ZEROS)
			continue;
		for (int a = 0; a < DIGIT_SLOTS; a++)
			sum = sum * ((Int128) 1 << DIGIT_BITS) +
				  (covariance->sums[a] == NULL ? 0 : covariance->sums[a][j]);
		mean[j] = ldexp((double) sum / (double) covariance->n, covariance_unit(covariance, j));
	}
}

/* One covariance; infinite if it does not fit a double. */
static double
covariance_of(const Covariance *covariance, size_t i, size_t j)
{
	double n = (double) covariance->n;
	LongInteger sum = {{0}};

	if (covariance->planes[i] == COLUMN_OF_ZEROS || covariance->planes[j] == COLUMN_OF_ZEROS)
		return 0;
	for (int a = 0; a < DIGIT_SLOTS; a++)
		for (int b = 0; b < DIGIT_SLOTS; b++)
			if (covariance->sums[a] != NULL && covariance->sums[b] != NULL)
				long_add(&sum,
						 (Int128) covariance->n * covariance_product(covariance, a, b, i, j) -
							 (Int128) covariance->sums[a][i] * covariance->sums[b][j],
						 (unsigned) (2 * (DIGIT_SLOTS - 1) - a - b) * DIGIT_BITS);
	return ldexp(long_to_double(sum) / (n * (n - 1)),
				 covariance_unit(covariance, i) + covariance_unit(covariance, j));
}

/* The refusal of a value that is infinite. */
static SdqStatus
check_finite(double value)
{
	return isfinite(value) ? sdq_ok() : sdq_bad_data(COVARIANCE_OVERFLOW, -1, value, 0);
}

SdqStatus
covariance_matrix(const Covariance *covariance, Stop *stop, double *matrix)
{
	size_t d = covariance->d;
	SdqStatus status = sdq_ok();

	for (size_t i = 0; i < d && !sdq_failed(status); i++)
	{
		for (size_t j = i; j < d && !sdq_failed(status); j++)
		{
			matrix[i * d + j] = covariance_of(covariance, i, j);
			matrix[j * d + i] = matrix[i * d + j];
			status = check_finite(matrix[i * d + j]);
		}
		if (!sdq_failed(status) && stop_poll(stop))
			status = sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return status;
}

SdqStatus
covariance_variances(const Covariance *covariance, double *variances)
{
	SdqStatus status = sdq_ok();

	for (size_t j = 0; j < covariance->d && !sdq_failed(status); j++)
	{
		variances[j] = covariance_of(covariance, j, j);
		status = check_finite(variances[j]);
	}
	return status;
}
