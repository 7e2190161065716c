/*
 * adjust_test.c
 *		Adjusted p-values: a family by hand, R's p.adjust(), the definitions written out, logarithms that
 *		no double can follow, and how it ends early.
 */
#include "core/tests/adjust.h"

#include "adjust.h"
#include "stops.h"
#include "check.h"
#include "core/base/rng.h"

#define N_ITEMS(array) (sizeof(array) / sizeof((array)[0]))
#define MOST_VALUES    40

/* Adjust p[n] in place; NaN is a missing one. */
static void
adjust(double *p, size_t n, AdjustMethod method)
{
	PValue values[MOST_VALUES];
	Arena arena;

	arena_init(&arena, arena_malloc_source(), 0);
	for (size_t i = 0; i < n; i++)
		values[i] = (PValue){.p = p[i], .log10_p = log10(p[i])};
	check_failures += sdq_failed(adjust_p_values(values, n, method, &arena, NULL));
	for (size_t i = 0; i < n; i++)
		p[i] = pvalue_is_missing(values[i]) ? NAN : values[i].p;
	arena_free(&arena);
}

/* Check a family against what is wanted of each. */
static void
check_family(const double *p, const double *want, size_t n, AdjustMethod method, const char *name)
{
	double got[MOST_VALUES];

	for (size_t i = 0; i < n; i++)
		got[i] = p[i];
	adjust(got, n, method);
	for (size_t i = 0; i < n; i++)
		check_close(got[i], want[i], 1e-14, name);
}

/*
 * p = (.01, .04, .03, .005), sorted .005 .01 .03 .04.
 * BH: .04 4/4, then .03 4/3 = .04, .01 4/2 = .02, .005 4 = .02.
 * Holm: 4 * .005 = .02, 3 * .01 = .03, 2 * .03 = .06, and .04 stays at .06.
 * BY: BH times 1 + 1/2 + 1/3 + 1/4 = 25/12.
 */
static void
check_by_hand(void)
{
	static const double p[] = {.01, .04, .03, .005};
	static const double with_missing[] = {NAN, .01, .04, NAN, .03, .005};
	static const double missing[] = {NAN, NAN};
	double by[4];

	for (int i = 0; i < 4; i++)
		by[i] = (const double[]){.02, .04, .04, .02}[i] * 25 / 12;
	check_family(p, p, 4, ADJUST_NONE, "by hand: none");
	check_family(p, (double[]){.04, .16, .12, .02}, 4, ADJUST_BONFERRONI, "by hand: Bonferroni");
	check_family(p, (double[]){.03, .06, .06, .02}, 4, ADJUST_HOLM, "by hand: Holm");
	check_family(p, (double[]){.02, .04, .04, .02}, 4, ADJUST_BH, "by hand: BH");
	check_family(p, by, 4, ADJUST_BY, "by hand: BY");
	check_family(with_missing, (double[]){NAN, .02, .04, NAN, .04, .02}, 6, ADJUST_BH,
				 "missing ones stay missing and are not counted");
	for (int method = ADJUST_NONE; method <= ADJUST_BY; method++)
	{
		check_family(missing, missing, 2, (AdjustMethod) method, "a family of missing ones");
		check_family(missing, missing, 0, (AdjustMethod) method, "no family");
		check_family((double[]){.25}, (double[]){.25}, 1, (AdjustMethod) method, "a family of one");
		check_family((double[]){1, 0, 1}, (double[]){1, 0, 1}, 3, (AdjustMethod) method,
					 "0 stays 0, 1 stays 1");
	}
}

/* R's p.adjust(). */
static void
check_reference(void)
{
	size_t offset = 0;
	double worst = 0;
	bool missing_agree = true;

	for (size_t k = 0; k < N_ITEMS(adjust_sizes); k++)
	{
		size_t n = (size_t) adjust_sizes[k];

		for (int method = ADJUST_NONE; method <= ADJUST_BY; method++)
		{
			double p[MOST_VALUES];

			for (size_t i = 0; i < n; i++)
				p[i] = adjust_values[offset + i][0] < 0 ? NAN : adjust_values[offset + i][0];
			adjust(p, n, (AdjustMethod) method);
			for (size_t i = 0; i < n; i++)
			{
				double want = adjust_values[offset + i][method];

				missing_agree = missing_agree && isnan(p[i]) == (want < 0);
				if (want > 0)
					worst = fmax(worst, fabs(p[i] / want - 1));
				else if (want == 0)
					worst = fmax(worst, p[i]);
			}
		}
		offset += n;
	}
	check(offset == N_ITEMS(adjust_values) && missing_agree, "R: missing ones are missing");
	check_close(worst, 0, 1e-12, "R: adjusted p-values agree");
}

/* The rank of p[i], from 1, equal ones in input order. */
static size_t
rank_of(const double *p, size_t n, size_t i)
{
	size_t rank = 1;

	for (size_t j = 0; j < n; j++)
		rank += p[j] < p[i] || (j < i && p[j] == p[i]);
	return rank;
}

/* The definitions, each value by itself. */
static double
by_definition(const double *p, size_t n, size_t i, AdjustMethod method)
{
	double m = 0;
	double result = method == ADJUST_HOLM ? 0 : 1;
	double harmonic = 0;

	for (size_t j = 0; j < n; j++)
		m += !isnan(p[j]);
	for (double k = 1; k <= m; k++)
		harmonic += 1 / k;
	if (method == ADJUST_NONE)
		return p[i];
	if (method == ADJUST_BONFERRONI)
		return fmin(1, m * p[i]);
	for (size_t j = 0; j < n; j++)
	{
		double rank = (double) rank_of(p, n, j);

		if (isnan(p[j]))
			continue;
		if (method == ADJUST_HOLM && p[j] <= p[i])
			result = fmax(result, fmin(1, (m - rank + 1) * p[j]));
		else if (method != ADJUST_HOLM && p[j] >= p[i])
			result = fmin(result, (method == ADJUST_BY ? harmonic : 1) * m * p[j] / rank);
	}
	return result;
}

/* Thousands of families, tied and not, with missing ones. */
static void
check_definitions(void)
{
	double worst = 0;
	Rng rng;

	rng_seed(&rng, 8, RNG_STREAM_TEST);
	for (int repeat = 0; repeat < 5000; repeat++)
	{
		size_t n = 1 + rng_below(&rng, MOST_VALUES);
		double p[MOST_VALUES];

		for (size_t i = 0; i < n; i++)
		{
			p[i] = pow(rng_double(&rng), repeat % 3 == 0 ? 40 : 1);
			if (repeat % 2 == 0)
				p[i] = ceil(p[i] * 8) / 8;
			if (rng_below(&rng, 9) == 0)
				p[i] = NAN;
		}
		for (int method = ADJUST_NONE; method <= ADJUST_BY; method++)
		{
			double got[MOST_VALUES];

			for (size_t i = 0; i < n; i++)
				got[i] = p[i];
			adjust(got, n, (AdjustMethod) method);
			for (size_t i = 0; i < n; i++)
			{
				double want = by_definition(p, n, i, (AdjustMethod) method);

				if (isnan(p[i]) != isnan(got[i]))
					worst = INFINITY;
				else if (!isnan(p[i]))
					worst = fmax(worst, want == 0 ? got[i] : fabs(got[i] / want - 1));
			}
		}
	}
	check_close(worst, 0, 1e-12, "5000 families by five methods agree with the definitions");
}

/* What has underflowed is ranked by its logarithm. */
static void
check_underflow(void)
{
	PValue p[] = {{0, -500}, {.5, log10(.5)}, {0, -100000}, {0, -INFINITY}};
	Arena arena;

	arena_init(&arena, arena_malloc_source(), 0);
	check(!sdq_failed(adjust_p_values(p, 4, ADJUST_BH, &arena, NULL)), "BH of logarithms");
	check_close(p[0].log10_p, -500 + log10(4.0 / 3), 1e-15, "the third of four");
	check(p[1].p == .5 && p[1].log10_p == log10(.5), "the last of four");
	check_close(p[2].log10_p, -100000 + log10(2), 1e-15, "the second of four");
	check(p[3].log10_p == -INFINITY && p[3].p == 0, "zero stays zero");
	arena_free(&arena);
}

/* A large family: interrupted, over the limit of memory, and in order. */
static void
check_large(void)
{
	enum
	{
		N = 300000
	};
	PValue *p = malloc(N * sizeof(PValue));
	Stop stop = {.poll = stop_now, .context = NULL};
	bool right = true;
	Arena arena;

	for (int i = 0; i < N; i++)
		p[i] = pvalue_from((double) ((INT64_C(7919) * i) % N + 1) / N);
	arena_init(&arena, arena_malloc_source(), 0);
	check(adjust_p_values(p, N, ADJUST_BH, &arena, &stop).code == SDQ_INTERRUPTED,
		  "a large family stops when asked to");
	check(arena.held == 0, "and gives back its memory");
	arena_free(&arena);
	arena_init(&arena, arena_malloc_source(), 1000000);
	check(adjust_p_values(p, N, ADJUST_HOLM, &arena, NULL).code == SDQ_OVER_LIMIT,
		  "a large family is held to the limit of memory");
	arena_free(&arena);
	/* p_(i) = i / m: each adjusted one is p_(m) = 1, up to the last digits. */
	arena_init(&arena, arena_malloc_source(), 0);
	check(!sdq_failed(adjust_p_values(p, N, ADJUST_BH, &arena, NULL)), "a large family");
	for (int i = 0; i < N; i++)
		right = right && fabs(p[i].p - 1) <= 1e-12;
	check(right, "uniform p-values are adjusted to 1");
	arena_free(&arena);
	free(p);
}

int
main(void)
{
	check_by_hand();
	check_reference();
	check_definitions();
	check_underflow();
	check_large();
	return check_done();
}
