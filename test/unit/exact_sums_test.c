/*
 * exact_sums_test.c
 *		Exact sums: by hand, hostile magnitudes against fractions, every order and grouping, carries, memory.
 */
#include "core/base/exact_sums.h"

#include <float.h>
#include <string.h>

#include "check.h"
#include "core/base/rng.h"
#include "exact_sums.h"
#include "generated_samples.h"

#define N_ITEMS(array) (sizeof(array) / sizeof((array)[0]))

#define MAX_TERMS 700

static double
sum_of(const double *terms, size_t n, int64_t divisor)
{
	SampleMemory memory = sample_malloc_memory(0);
	ExactSums sums;
	double result;

	exact_sums_init(&sums, 1);
	for (size_t i = 0; i < n; i++)
		exact_sums_add(&sums, &memory, 0, &terms[i], 1);
	result = exact_sums_quotient(&sums, 0, divisor);
	exact_sums_free(&sums, &memory);
	check(memory.held == 0, "all memory is given back");
	return result;
}

#define SUM_OF(...)                                                                                \
	sum_of((const double[]){__VA_ARGS__}, N_ITEMS(((const double[]){__VA_ARGS__})), 1)

static void
check_small(void)
{
	check(SUM_OF(0.0) == 0 && !signbit(SUM_OF(-0.0)), "0 and -0 are 0");
	check(SUM_OF(1, 2, 3) == 6, "1 + 2 + 3");
	check(SUM_OF(-1, -2, 3.5) == .5, "-1 - 2 + 3.5");
	check(SUM_OF(0.1) == 0.1 && SUM_OF(-0.1) == -0.1, "a single term is itself");
	check(SUM_OF(1e300, 1, -1e300) == 1, "1e300 + 1 - 1e300 is 1");
	check(SUM_OF(DBL_MAX, DBL_TRUE_MIN, -DBL_MAX) == DBL_TRUE_MIN,
		  "nothing is too small beside the largest");
	check(SUM_OF(DBL_MAX, DBL_MAX, -DBL_MAX) == DBL_MAX, "it may exceed a double on its way");
	check(SUM_OF(DBL_MAX, DBL_MAX) == INFINITY && SUM_OF(-DBL_MAX, -DBL_MAX) == -INFINITY,
		  "but not at its end");
	check(SUM_OF(DBL_MIN, -DBL_TRUE_MIN) == DBL_MIN - DBL_TRUE_MIN, "subnormals are exact");
	/* 2^53 + 1 is a tie, to the even 2^53; the least bit more breaks it. */
	check(SUM_OF(9007199254740992.0, 1) == 9007199254740992.0, "ties go to even");
	check(SUM_OF(9007199254740992.0, 1, DBL_TRUE_MIN) == 9007199254740994.0,
		  "and nothing else is one");
	check(SUM_OF(9007199254740992.0, 3) == 9007199254740996.0, "both ways");
	check(SUM_OF(9007199254740992.0, 3, -DBL_TRUE_MIN) == 9007199254740994.0, "in both directions");
	check(sum_of((const double[]){DBL_MAX, DBL_MAX, DBL_MAX}, 3, 3) == DBL_MAX,
		  "a mean of numbers whose sum exceeds a double");
	check(sum_of((const double[]){1, 1}, 2, 3) == 2. / 3, "2 / 3");
	check(sum_of((const double[]){1}, 1, INT64_MAX) == 1. / 9223372036854775807.,
		  "over the largest divisor");
	check(sum_of((const double[]){-7}, 1, 7) == -1, "of a negative sum");
}

/* The terms of a case of test/reference/exact_sums.py. */
static size_t
make_terms(uint64_t number, double *terms)
{
	static const struct
	{
		int low;
		uint64_t count;
	} spans[] = {{-52, 1}, {-60, 40}, {-1074, 2046}, {-1074, 80}, {900, 72}};
	Generator generator = {number};
	/* Below the largest remainder there is: the generator's own numbers. */
	size_t n = 1 + (size_t) generator_below(&generator, 300);

	for (size_t i = 0; i < n; i++)
	{
		uint64_t bits = generator_below(&generator, UINT64_MAX);
		int exponent =
			spans[number % 5].low + (int) generator_below(&generator, spans[number % 5].count);
		double size = (double) (bits >> 11);

		while (isinf(ldexp(size, exponent)))
			exponent--;
		terms[i] = bits & 1 ? -ldexp(size, exponent) : ldexp(size, exponent);
	}
	if (number % 3 == 0)
	{
		for (size_t i = 0; i + 1 < n; i++)
			terms[n + i] = -terms[i];
		n += n - 1;
	}
	return n;
}

/* Are the digits of two objects the same, in normal form? */
static bool
same_digits(ExactSums *a, ExactSums *b, SampleMemory *memory)
{
	exact_sums_normalize(a, memory);
	exact_sums_normalize(b, memory);
	for (size_t p = 0; p < EXACT_PLANES; p++)
		for (size_t i = 0; i < a->n; i++)
			if ((a->planes[p] == NULL ? 0 : a->planes[p][i]) !=
				(b->planes[p] == NULL ? 0 : b->planes[p][i]))
				return false;
	return true;
}

static void
check_references(void)
{
	bool sums_equal = true;
	bool means_near = true;
	bool whole_rows = true;
	bool groupings = true;

	for (size_t c = 0; c < N_ITEMS(exact_sums_reference); c++)
	{
		SampleMemory memory = sample_malloc_memory(0);
		double terms[MAX_TERMS];
		size_t n = make_terms(c, terms);
		ExactSums single;
		ExactSums rows;
		ExactSums parts[3];
		double mean;

		/* One by one into one sum. */
		exact_sums_init(&single, 1);
		for (size_t i = 0; i < n; i++)
			exact_sums_add(&single, &memory, 0, &terms[i], 1);
		sums_equal &= exact_sums_quotient(&single, 0, 1) == exact_sums_reference[c].sum;
		mean = exact_sums_quotient(&single, 0, (int64_t) n);
		means_near &= mean == exact_sums_reference[c].mean ||
					  fabs(mean - exact_sums_reference[c].mean) <= fabs(mean) * DBL_EPSILON;

		/* As one row of many sums: each is its term. */
		exact_sums_init(&rows, n + 1);
		exact_sums_add(&rows, &memory, 1, terms, n);
		for (size_t i = 0; i < n; i++)
			whole_rows &= exact_sums_quotient(&rows, i + 1, 1) == terms[i];
		whole_rows &= exact_sums_quotient(&rows, 0, 1) == 0;

		/* Backwards into three objects, normalised at times, merged. */
		for (size_t g = 0; g < 3; g++)
			exact_sums_init(&parts[g], 1);
		for (size_t i = n; i-- > 0;)
		{
			exact_sums_add(&parts[i * i % 3], &memory, 0, &terms[i], 1);
			if (i % 50 == 0)
				exact_sums_normalize(&parts[i % 3], &memory);
		}
		exact_sums_merge(&parts[2], &memory, &parts[0]);
		exact_sums_merge(&parts[2], &memory, &parts[1]);
		groupings &= exact_sums_quotient(&parts[2], 0, 1) == exact_sums_reference[c].sum &&
					 same_digits(&single, &parts[2], &memory) &&
					 exact_sums_quotient(&parts[2], 0, 1) == exact_sums_reference[c].sum;

		exact_sums_free(&single, &memory);
		exact_sums_free(&rows, &memory);
		for (size_t g = 0; g < 3; g++)
			exact_sums_free(&parts[g], &memory);
	}
	check(sums_equal, "200 hostile sums are those of fractions, correctly rounded");
	check(means_near, "and their means are within a unit in the last place");
	check(whole_rows, "terms of any mixture of sizes are added in rows without loss");
	check(groupings, "any order and grouping has the same digits in normal form");
}

static size_t
planes_of(const ExactSums *sums)
{
	size_t n = 0;

	for (size_t p = 0; p < EXACT_PLANES; p++)
		n += sums->planes[p] != NULL;
	return n;
}

static void
check_planes(void)
{
	SampleMemory memory = sample_malloc_memory(0);
	double row[784];
	ExactSums sums;
	Rng rng;

	rng_seed(&rng, 1, 0);
	exact_sums_init(&sums, 784);
	for (size_t i = 0; i < 100; i++)
	{
		for (size_t j = 0; j < 784; j++)
			row[j] = (double) rng_below(&rng, 256);
		exact_sums_add(&sums, &memory, 0, row, 784);
	}
	check(planes_of(&sums) == 1, "pixels need one plane");
	for (size_t j = 0; j < 784; j++)
		row[j] = (float) rng_below(&rng, 256) / 255.0f;
	exact_sums_add(&sums, &memory, 0, row, 784);
	check(planes_of(&sums) <= 3, "scaled pixels two more");
	exact_sums_free(&sums, &memory);
}

static void
check_carries(void)
{
	SampleMemory memory = sample_malloc_memory(0);
	const double ones[] = {4294967295, -4294967295, 1, -1, 4294967296};
	ExactSums sums;
	ExactSums other;
	bool doubled = true;

	/* Doubled 70 times by merging with itself: carries are due long before the end. */
	exact_sums_init(&sums, N_ITEMS(ones));
	exact_sums_init(&other, N_ITEMS(ones));
	exact_sums_add(&sums, &memory, 0, ones, N_ITEMS(ones));
	for (int i = 1; i <= 70; i++)
	{
		exact_sums_free(&other, &memory);
		exact_sums_init(&other, N_ITEMS(ones));
		exact_sums_merge(&other, &memory, &sums);
		exact_sums_merge(&sums, &memory, &other);
		for (size_t j = 0; j < N_ITEMS(ones); j++)
			doubled &= exact_sums_quotient(&sums, j, 1) == ldexp(ones[j], i);
	}
	check(doubled, "sums of 2^70 terms are exact");
	exact_sums_free(&sums, &memory);
	exact_sums_free(&other, &memory);
}

static void
check_memory(void)
{
	SampleMemory memory = sample_malloc_memory(1000);
	double row[100] = {1};
	ExactSums sums;

	exact_sums_init(&sums, 100);
	check(!sdq_failed(exact_sums_add(&sums, &memory, 0, row, 100)), "one plane fits the limit");
	row[7] = 1e-30;
	check(exact_sums_add(&sums, &memory, 0, row, 100).code == SDQ_OVER_LIMIT, "another does not");
	exact_sums_free(&sums, &memory);
	exact_sums_init(&sums, SIZE_MAX / 4);
	check(exact_sums_add(&sums, &memory, 0, row, 100).code == SDQ_TOO_LARGE,
		  "a plane that cannot be is refused");
}

int
main(void)
{
	check_small();
	check_references();
	check_planes();
	check_carries();
	check_memory();
	return check_done();
}
