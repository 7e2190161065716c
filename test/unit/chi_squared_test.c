/*
 * chi_squared_test.c
 *		The chi-squared test of homogeneity: by hand, acceptance cases, what the corrected V promises,
 *		generated tables with references in fractions, hostile counts.
 */
#include "core/tests/chi_squared.h"

#include <string.h>

#include "check.h"
#include "chi_squared.h"
#include "core/base/rng.h"
#include "generated_samples.h"
#include "sample_views.h"
#include "stops.h"

static SdqStatus
test_counts(const int64_t *counts, size_t n_rows, size_t n_columns, Chi2Result *result)
{
	Arena arena;
	SdqStatus status;

	arena_init(&arena, arena_malloc_source(), 0);
	status = chi2_test_table(counts, n_rows, n_columns, &arena, NULL, result);
	check(arena_mark(&arena).used == 0 || arena.newest == NULL, "scratch is given back");
	arena_free(&arena);
	return status;
}

/* A table written down as rows of the same length. */
#define TEST_TABLE(result, n_columns, ...)                                                         \
	test_counts((const int64_t[]){__VA_ARGS__}, N_ITEMS(((int64_t[]){__VA_ARGS__})) / (n_columns), \
				n_columns, result)

static void
check_small(void)
{
	Chi2Result r;

	/* chi2_counts: expected 575 and 425 in each row, 25^2 (2/575 + 2/425). */
	TEST_TABLE(&r, 2, 600, 400, 550, 450);
	check_close(r.statistic, 625 * (2 / 575. + 2 / 425.), 1e-14, "chi2_counts: 5.1150895");
	check_close(r.statistic, 5.1150895, 1e-8, "chi2_counts: 5.1150895, as listed");
	check_close(r.p.p, .0237186, 1e-5, "chi2_counts: p = .0237186");
	check_close(r.p.p, erfc(sqrt(r.statistic / 2)), 1e-12,
				"chi2_counts: one df is a normal square");
	check(r.df == 1 && r.n == 2000 && r.rows == 2 && r.columns == 2 && r.small_expected == 0,
		  "chi2_counts: sizes");
	check_close(r.min_expected, 425, 1e-15, "chi2_counts: smallest expected count 425");
	check_close(r.cramers_v, sqrt(r.statistic / 2000), 1e-15, "chi2_counts: V");
	/* phi^2 - 1 / 1999 over 1 - 1 / 1999 */
	check_close(r.cramers_v_corrected, sqrt((r.statistic / 2000 - 1 / 1999.) / (1 - 1 / 1999.)),
				1e-13, "chi2_counts: corrected V");

	/* Nothing differs. */
	TEST_TABLE(&r, 3, 10, 20, 30, 1, 2, 3);
	check(r.statistic == 0 && r.p.p == 1 && r.cramers_v == 0 && r.cramers_v_corrected == 0,
		  "proportional rows: 0, p = 1");
	check(r.small_expected == 3 && r.min_expected == 1, "three expected counts are 1, 2, 3");
	TEST_TABLE(&r, 1, 5, 7);
	check(r.statistic == 0 && r.p.p == 1 && r.p.log10_p == 0 && r.df == 0 && r.cramers_v == 0 &&
			  r.cramers_v_corrected == 0,
		  "one category: 0, p = 1, V = 0");
	/* Everything does: chi-squared is N min(R - 1, K - 1). */
	TEST_TABLE(&r, 2, 30, 0, 0, 50);
	check_close(r.statistic, 80, 1e-15, "disjoint categories: N");
	check(r.cramers_v == 1, "and V = 1");
	check_close(r.cramers_v_corrected, 1, 1e-15, "corrected or not");

	/* drift_empty_bin: a category of one side only is a zero count. */
	TEST_TABLE(&r, 3, 50, 50, 0, 40, 40, 20);
	check_close(r.statistic, 4 * 25 / 45. + 2 * 100 / 10., 1e-14, "drift_empty_bin: chi-squared");
	check(r.df == 2 && r.columns == 3, "drift_empty_bin: counted");
	/* Empty rows and columns are not there. */
	TEST_TABLE(&r, 4, 0, 600, 0, 400, 0, 0, 0, 0, 0, 550, 0, 450);
	check(r.df == 1 && r.rows == 2 && r.columns == 2, "empty rows and columns are left out");
	check_close(r.statistic, 5.1150895, 1e-8, "of everything");
	TEST_TABLE(&r, 2, 3, 4, 0, 0);
	check(r.rows == 1 && r.n == 7, "one sample: nothing to compare");
	TEST_TABLE(&r, 2, 0, 0, 0, 0);
	check(r.rows == 0 && r.columns == 0 && r.n == 0, "no counts at all");
	test_counts(NULL, 0, 0, &r);
	check(r.rows == 0, "no table at all");
	TEST_TABLE(&r, 2, 1, 0, 0, 1);
	check(r.statistic == 2 && isnan(r.cramers_v_corrected),
		  "single observations: no correction is possible");
}

/*
 * What defines the corrected V. Under independence given the margins the mean of chi2 / N is
 * (R - 1)(K - 1) / (N - 1), which is what is subtracted; and where one row follows from each column, V
 * is 1 again, which is what it is divided by.
 */
static void
check_corrected(void)
{
	static int64_t clickhouse[10 * 4];
	double mean = 0;
	double ways = 0;
	Chi2Result r;

	/* Rows 6 and 9, columns 4 and 11: the upper left count is hypergeometric. */
	for (int i = 0; i <= 4; i++)
	{
		double way =
			tgamma(5) / tgamma(i + 1) / tgamma(5 - i) * tgamma(12) / tgamma(7 - i) / tgamma(6 + i);

		TEST_TABLE(&r, 2, i, 6 - i, 4 - i, 5 + i);
		mean += way * r.statistic / 15;
		ways += way;
	}
	check_close(mean / ways, 1 / 14., 1e-13, "the mean of chi2 / N under independence");
	TEST_TABLE(&r, 4, 5, 0, 0, 0, 0, 9, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3);
	check_close(r.cramers_v_corrected, 1, 1e-15, "complete dependence is 1");

	/* ClickHouse documents .5798088336225178 and .5305112825189074 for these: i mod 10 and i mod 4. */
	for (int i = 0; i < 150; i++)
		clickhouse[i % 10 * 4 + i % 4]++;
	test_counts(clickhouse, 10, 4, &r);
	check_close(r.cramers_v, .5798088336225178, 1e-14, "V as another implementation has it");
	check_close(r.cramers_v_corrected, .5305112825189074, 1e-14, "corrected V as well");
}

/* The generated tables, against fractions. */
static void
check_reference(void)
{
	static const uint64_t limits[] = {3, 20, 1000, UINT64_C(1000000000000000)};
	bool agrees = true;

	for (size_t k = 0; k < N_ITEMS(chi_squared_cases); k++)
	{
		const double *want = &chi_squared_cases[k].rows;
		Generator generator = {.state = k};
		size_t n_rows = 2 + generator_below(&generator, 4);
		size_t n_columns = 1 + generator_below(&generator, 8);
		uint64_t limit = limits[generator_below(&generator, 4)];
		int64_t counts[5 * 8];
		bool holds;
		Chi2Result r;
		Arena arena;

		for (size_t i = 0; i < n_rows * n_columns; i++)
			counts[i] = (int64_t) generator_below(&generator, limit);
		arena_init(&arena, arena_malloc_source(), 0);
		holds = !sdq_failed(chi2_test_table(counts, n_rows, n_columns, &arena, NULL, &r));
		arena_free(&arena);
		holds = holds && (double) r.rows == want[0] && (double) r.columns == want[1];
		if (r.rows >= 2)
		{
			double got[] = {r.statistic, r.p.log10_p, r.cramers_v, r.min_expected};
			double wanted[] = {want[2], want[3], want[4], want[6]};

			for (size_t i = 0; i < N_ITEMS(got); i++)
				holds = holds && (got[i] == wanted[i] ||
								  fabs(got[i] - wanted[i]) <= 1e-12 * fabs(wanted[i]));
			/* A difference of two numbers near 1. */
			holds = holds && (isnan(want[5]) ? isnan(r.cramers_v_corrected)
											 : fabs(r.cramers_v_corrected * r.cramers_v_corrected -
													want[5] * want[5]) <= 1e-13);
			holds = holds && (double) r.small_expected == want[7];
		}
		if (!holds)
			printf("# case %zu: %.17g %.17g %.17g %.17g %.17g\n", k, r.statistic, r.p.log10_p,
				   r.cramers_v, r.cramers_v_corrected, r.min_expected);
		agrees = agrees && holds;
	}
	check(agrees, "3000 generated tables agree with fractions to 1e-12");
}

/* Two samples are a table of two rows. */
static void
check_tally(void)
{
	bool agrees = true;
	Rng rng;

	rng_seed(&rng, 7, RNG_STREAM_TEST);
	for (int repeat = 0; repeat < 2000; repeat++)
	{
		size_t n_values = 1 + rng_below(&rng, 12);
		double values[12];
		uint64_t counts[2][12];
		int64_t table[2 * 12];
		SampleView x;
		SampleView y;
		Tally tally;
		Arena arena;
		Chi2Result a;
		Chi2Result b;

		for (size_t i = 0; i < n_values; i++)
		{
			values[i] = (double) i - 5;
			for (size_t g = 0; g < 2; g++)
			{
				counts[g][i] = rng_below(&rng, repeat % 3 == 0 ? 2 : 30);
				table[g * n_values + i] = (int64_t) counts[g][i];
			}
		}
		x = view_of_counts(values, counts[0], n_values);
		y = view_of_counts(values, counts[1], n_values);
		tally = tally_open(&x, &y);
		memset(&a, 0, sizeof(a));
		memset(&b, 0, sizeof(b));
		arena_init(&arena, arena_malloc_source(), 0);
		chi2_test_tally(&tally, &arena, NULL, &a);
		chi2_test_table(table, 2, n_values, &arena, NULL, &b);
		agrees = agrees && memcmp(&a, &b, sizeof(a)) == 0;
		arena_free(&arena);
		view_free(&x);
		view_free(&y);
	}
	check(agrees, "2000 pairs of samples give the bits of their tables");
}

/* Counts at the ends of what fits, many cells, interruption. */
static void
check_hostile(void)
{
	const int64_t most = INT64_MAX;
	const size_t n = (size_t) 1 << 18;
	double *values = malloc(n * sizeof(double));
	uint64_t *counts = malloc(n * sizeof(uint64_t));
	SampleView x = {.n_distinct = n, .values = values, .counts = counts, .n = n};
	Tally tally = tally_open(&x, &x);
	Stop stop = {.poll = stop_now};
	Chi2Result r;
	Arena arena;

	check(TEST_TABLE(&r, 2, most, 1, 1, 1).code == SDQ_TOO_LARGE, "a row beyond 2^63 is refused");
	check(TEST_TABLE(&r, 1, most, 1).code == SDQ_TOO_LARGE, "so is a table");
	check(!sdq_failed(TEST_TABLE(&r, 2, most / 4, most / 4, most / 4, most / 4)) &&
			  r.statistic == 0,
		  "the largest counts there are");
	TEST_TABLE(&r, 2, most / 2, 0, 0, most / 2);
	check_close(r.statistic, (double) most, 1e-15, "and as different as can be");
	check(r.p.p == 0 && isfinite(r.p.log10_p) && r.p.log10_p < -1e18,
		  "p underflows, its logarithm does not");

	for (size_t i = 0; i < n; i++)
	{
		values[i] = (double) i;
		counts[i] = 1;
	}
	arena_init(&arena, arena_malloc_source(), 0);
	check(chi2_test_tally(&tally, &arena, &stop, &r).code == SDQ_INTERRUPTED,
		  "a long tally stops when asked to");
	memset(counts, 0, n * sizeof(uint64_t));
	check(chi2_test_table((int64_t *) counts, 1, n, &arena, &stop, &r).code == SDQ_INTERRUPTED,
		  "a table too");
	for (size_t i = 0; i < n; i++)
		counts[i] = 1;
	check(!sdq_failed(chi2_test_tally(&tally, &arena, NULL, &r)) && r.statistic == 0 &&
			  r.p.p == 1 && r.small_expected == 2 * (int64_t) n,
		  "one observation in each cell: all are small");
	arena_free(&arena);
	arena_init(&arena, arena_malloc_source(), 8);
	check(chi2_test_table((int64_t[]){1, 2}, 2, 1, &arena, NULL, &r).code == SDQ_OVER_LIMIT,
		  "a limit of memory holds");
	arena_free(&arena);
	free(values);
	free(counts);
}

int
main(void)
{
	check_small();
	check_corrected();
	check_reference();
	check_tally();
	check_hostile();
	return check_done();
}
