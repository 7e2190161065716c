/*
 * exact_sums.c
 *		Sums of doubles in planes of digits.
 *
 * Terms are added block by block. What is left of a block is compared with the place of its largest
 * term: each term gives off its digit there, rounded to the nearest, and keeps an exact rest of at most
 * half a unit of that place, until all rests are 0. That takes as many passes over a block as planes are
 * touched, one for images of small integers, and a pass is a few additions and multiplications
 * by powers of two without branches. Blocks with terms so large or so small that these powers leave the range
 * of a double go term by term, in integers.
 */
#include "core/base/exact_sums.h"

#include <math.h>
#include <string.h>

#include "core/base/integers.h"
#include "core/base/sizes.h"

#define DIGIT_BITS 32
#define DIGIT_MASK ((uint64_t) 0xffffffff)
#define HALF_DIGIT ((int64_t) 1 << 31)

/* The weight of digit 0 is 2^-LOWEST_BIT; a multiple of DIGIT_BITS, so that one digit counts units. Below
 * 2^-1074, the smallest double. */
#define LOWEST_BIT 1088

/* Carries are brought up before a digit may exceed 2^62: so many additions of digits of up to 2^32. */
#define MAX_LOAD ((uint64_t) 1 << 30)

/* Terms that are taken apart together; their rests stay in the first-level cache. */
#define BLOCK_TERMS 256

/* Comparisons that do not wait for each other. */
#define LANES 8

/* Places whose weight, and that of the next one, are doubles with an inverse. */
#define FIRST_EASY_PLANE 4
#define LAST_EASY_PLANE  64

/* Bits of a number whose quotient by any count has at least 64. */
#define QUOTIENT_BITS 127

/* 1.5 * 2^52: a number below 2^51 that is added to it is rounded to an integer, which stands in the low bits. */
#define ROUNDER 6755399441055744.0

/* A double in IEEE 754 binary64. */
#define MANTISSA_BITS 52
#define MANTISSA_MASK (((uint64_t) 1 << MANTISSA_BITS) - 1)
#define EXPONENT_MASK 0x7ff
#define EXPONENT_OFFSET                                                                            \
	1075 /* a mantissa with all its bits, as an integer, weighs 2^(exponent - 1075) */

__extension__ typedef unsigned __int128 Unsigned128;

void
exact_sums_init(ExactSums *sums, size_t n)
{
	*sums = (ExactSums){.n = n, .load = 1};
}

void
exact_sums_free(ExactSums *sums, SampleMemory *memory)
{
	for (size_t p = 0; p < EXACT_PLANES; p++)
	{
		sample_memory_free(memory, sums->planes[p],
						   sums->planes[p] == NULL ? 0 : sums->n * sizeof(int64_t));
		sums->planes[p] = NULL;
	}
}

/* Does the query that the sums belong to end? Then *status says so. */
static bool
is_cancelled(const SampleMemory *memory, SdqStatus *status)
{
	if (!sample_memory_cancelled(memory))
		return false;
	*status = sdq_error(SDQ_INTERRUPTED, 0, 0);
	return true;
}

int64_t *
exact_sums_plane(ExactSums *sums, SampleMemory *memory, size_t p, SdqStatus *status)
{
	int64_t *plane;
	size_t bytes;

	if (sums->planes[p] != NULL)
		return sums->planes[p];
	if (!checked_multiply(sums->n, sizeof(int64_t), &bytes))
	{
		*status = sdq_error(SDQ_TOO_LARGE, (double) sums->n, (double) SIZE_MAX);
		return NULL;
	}
	plane = sample_memory_resize(memory, NULL, 0, bytes, status);
	for (size_t i = 0; plane != NULL && i < sums->n; i += EXACT_POLL_SUMS)
	{
		if (is_cancelled(memory, status))
		{
			sample_memory_free(memory, plane, bytes);
			return NULL;
		}
		memset(plane + i, 0, minimum(EXACT_POLL_SUMS, sums->n - i) * sizeof(int64_t));
	}
	sums->planes[p] = plane;
	return plane;
}

/* Add one term, whatever its size. */
static SdqStatus
add_term(ExactSums *sums, SampleMemory *memory, size_t i, double x)
{
	SdqStatus status = sdq_ok();
	uint64_t bits = bits_of(x);
	uint64_t exponent = (bits >> MANTISSA_BITS) & EXPONENT_MASK;
	uint64_t mantissa = bits & MANTISSA_MASK;
	size_t place;
	Unsigned128 digits;

	if (exponent == 0)
		exponent = 1;
	else
		mantissa |= MANTISSA_MASK + 1;
	place = (size_t) exponent + LOWEST_BIT - EXPONENT_OFFSET;
	digits = (Unsigned128) mantissa << (place % DIGIT_BITS);
	for (size_t p = place / DIGIT_BITS; digits != 0; p++, digits >>= DIGIT_BITS)
	{
		int64_t digit = (int64_t) ((uint64_t) digits & DIGIT_MASK);
		int64_t *plane;

		if (digit == 0)
			continue;
		plane = exact_sums_plane(sums, memory, p, &status);
		if (plane == NULL)
			return status;
		plane[i] += x < 0 ? -digit : digit;
	}
	return status;
}

/* The largest magnitude of a block: lane by lane, which compiles to instructions of vectors. */
static double
largest_magnitude(const double *x, size_t n)
{
	double lanes[LANES] = {0};
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		for (size_t l = 0; l < LANES; l++)
			lanes[l] = fabs(x[i + l]) > lanes[l] ? fabs(x[i + l]) : lanes[l];
	for (; i < n; i++)
		lanes[0] = fmax(lanes[0], fabs(x[i]));
	for (size_t l = 1; l < LANES; l++)
		lanes[0] = fmax(lanes[0], lanes[l]);
	return lanes[0];
}

/* Move the digits of one place, of the weight `unit`, from the terms to their sums. */
static void
move_digits(double *rest, int64_t *sums, size_t n, double unit)
{
	double inverse = 1 / unit;

	for (size_t i = 0; i < n; i++)
	{
		/* What underflows in the product is far below half a unit, and its digit is 0. */
		double rounded = rest[i] * inverse + ROUNDER;

		sums[i] += (int64_t) (bits_of(rounded) - bits_of(ROUNDER));
		rest[i] -= (rounded - ROUNDER) * unit;
	}
}

/* Add a block of terms. */
static SdqStatus
add_block(ExactSums *sums, SampleMemory *memory, size_t first, const double *x, size_t n)
{
	double rest[BLOCK_TERMS];
	double largest;
	SdqStatus status = sdq_ok();

	memcpy(rest, x, n * sizeof(double));
	while ((largest = largest_magnitude(rest, n)) > 0)
	{
		/* 2^ilogb is the highest bit; the place is not negative. */
		size_t p = (size_t) (ilogb(largest) + LOWEST_BIT) / DIGIT_BITS;
		int64_t *plane;

		if (p < FIRST_EASY_PLANE || p > LAST_EASY_PLANE)
		{
			for (size_t i = 0; i < n && !sdq_failed(status); i++)
				status = add_term(sums, memory, first + i, rest[i]);
			return status;
		}
		plane = exact_sums_plane(sums, memory, p, &status);
		if (plane == NULL)
			return status;
		move_digits(rest, plane + first, n, ldexp(1, (int) p * DIGIT_BITS - LOWEST_BIT));
	}
	return status;
}

/* Make room for digits of another `load`. */
static SdqStatus
add_load(ExactSums *sums, SampleMemory *memory, uint64_t load)
{
	if (load >= MAX_LOAD - sums->load)
	{
		SdqStatus status = exact_sums_normalize(sums, memory);

		if (sdq_failed(status))
			return status;
	}
	sums->load += load;
	return sdq_ok();
}

SdqStatus
exact_sums_add(ExactSums *sums, SampleMemory *memory, size_t first, const double *x, size_t count)
{
	SdqStatus status = add_load(sums, memory, 1);

	for (size_t i = 0; i < count && !sdq_failed(status); i += BLOCK_TERMS)
		status = add_block(sums, memory, first + i, x + i, minimum(BLOCK_TERMS, count - i));
	return status;
}

SdqStatus
exact_sums_merge(ExactSums *sums, SampleMemory *memory, const ExactSums *other)
{
	SdqStatus status = add_load(sums, memory, other->load);

	for (size_t p = 0; p < EXACT_PLANES && !sdq_failed(status); p++)
	{
		int64_t *plane;

		if (other->planes[p] == NULL)
			continue;
		plane = exact_sums_plane(sums, memory, p, &status);
		if (plane == NULL)
			return status;
		for (size_t i = 0; i < sums->n; i++)
		{
			if (i % EXACT_POLL_SUMS == 0 && is_cancelled(memory, &status))
				return status;
			plane[i] += other->planes[p][i];
		}
	}
	return status;
}

/* What a digit has too much for the normal form, in units of the next place. */
static inline int64_t
carry_of(int64_t digit)
{
	return (digit + HALF_DIGIT) >> DIGIT_BITS;
}

/* Does any digit of a plane carry? */
static bool
has_carry(const int64_t *plane, size_t n)
{
	int64_t carries = 0;

	for (size_t i = 0; i < n; i++)
		carries |= carry_of(plane[i]);
	return carries != 0;
}

SdqStatus
exact_sums_normalize(ExactSums *sums, SampleMemory *memory)
{
	SdqStatus status = sdq_ok();

	for (size_t p = 0; p + 1 < EXACT_PLANES; p++)
	{
		int64_t *plane = sums->planes[p];
		int64_t *next;

		if (is_cancelled(memory, &status))
			return status;
		if (plane == NULL || !has_carry(plane, sums->n))
			continue;
		next = exact_sums_plane(sums, memory, p + 1, &status);
		if (next == NULL)
			return status;
		for (size_t i = 0; i < sums->n; i++)
		{
			int64_t carry = carry_of(plane[i]);

			if (i % EXACT_POLL_SUMS == 0 && is_cancelled(memory, &status))
				return status;
			plane[i] -= carry * ((int64_t) 1 << DIGIT_BITS);
			next[i] += carry;
		}
	}
	sums->load = 1;
	return status;
}

/* Sum i in digits of 0 to 2^32 - 1: its magnitude. Is it negative? */
static bool
unsigned_digits(const ExactSums *sums, size_t i, uint32_t *digits)
{
	int64_t carry = 0;
	uint64_t increment = 1;

	for (size_t p = 0; p < EXACT_PLANES; p++)
	{
		int64_t digit = (sums->planes[p] == NULL ? 0 : sums->planes[p][i]) + carry;

		digits[p] = (uint32_t) ((uint64_t) digit & DIGIT_MASK);
		carry = digit >> DIGIT_BITS;
	}
	if (carry >= 0)
		return false;
	for (size_t p = 0; p < EXACT_PLANES; p++)
	{
		increment += (uint32_t) ~digits[p];
		digits[p] = (uint32_t) increment;
		increment >>= DIGIT_BITS;
	}
	return true;
}

/* The number of bits of x, which is not 0. */
static int
bit_length(Unsigned128 x)
{
	uint64_t high = (uint64_t) (x >> 64);

	return high != 0 ? 128 - __builtin_clzll(high) : 64 - __builtin_clzll((uint64_t) x);
}

/* The 64 highest bits of x, which has at least as many. The lowest of them says, if it is not set anyway, whether any bit
 * below was; *exponent grows by the number of bits below. */
static uint64_t
top_64_bits(Unsigned128 x, int *exponent)
{
	int below = bit_length(x) - 64;
	bool lost = (x & (((Unsigned128) 1 << below) - 1)) != 0;

	*exponent += below;
	return (uint64_t) (x >> below) | lost;
}

double
exact_sums_quotient(const ExactSums *sums, size_t i, int64_t divisor)
{
	uint32_t digits[EXACT_PLANES];
	bool negative = unsigned_digits(sums, i, digits);
	size_t top = EXACT_PLANES;
	Unsigned128 head = 0;
	bool lost = false;
	int exponent;
	int shift;
	double size;

	while (top > 0 && digits[top - 1] == 0)
		top--;
	if (top == 0)
		return 0;
	/* The three highest digits have 65 to 96 bits; below digit 0 there are zeros. */
	for (size_t p = top; p-- > 0;)
	{
		if (p + 3 >= top)
			head = head << DIGIT_BITS | digits[p];
		else
			lost |= digits[p] != 0;
	}
	exponent = (int) (top > 3 ? top - 3 : 0) * DIGIT_BITS - LOWEST_BIT;
	/* The quotient needs 64 bits as well: the head moves up as far as it goes. */
	shift = QUOTIENT_BITS - bit_length(head);
	head <<= shift;
	exponent -= shift;
	lost |= head % (uint64_t) divisor != 0;
	size = (double) (top_64_bits(head / (uint64_t) divisor, &exponent) | lost);
	size = ldexp(size, exponent);
	return negative ? -size : size;
}
