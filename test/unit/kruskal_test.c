/*
 * kruskal_test.c
 *		Kruskal-Wallis and Dunn: acceptance cases by name, then references (scipy, R, the published
 *		formula), the textbook's formula on small samples, and hostile input.
 */
#include "core/tests/kruskal.h"

#include "check.h"
#include "core/base/rng.h"
#include "core/tests/mw.h"
#include "ranks.h"
#include "sample_views.h"
#include "stops.h"

#define MAX_GROUPS 8
#define MAX_SIZE   100

/* k samples of plain values. */
typedef struct Groups
{
	size_t k;
	size_t sizes[MAX_GROUPS];
	double values[MAX_GROUPS][MAX_SIZE];
} Groups;

/* What both tests say about them. */
typedef struct Answer
{
	SdqStatus status;
	KruskalResult kruskal;
	DunnPair pairs[MAX_GROUPS * MAX_GROUPS];
	size_t n_pairs;
} Answer;

/* Run both tests on views, which are freed. */
static Answer
test_views(SampleView *views, size_t k, AdjustMethod adjust, Stop *stop)
{
	SampleStream streams[MAX_GROUPS];
	TallyMany tally;
	DunnPair *pairs = NULL;
	Answer answer = {.n_pairs = 0};
	Arena arena;

	arena_init(&arena, arena_malloc_source(), 0);
	for (size_t g = 0; g < k; g++)
		streams[g] = sample_stream_of_view(&views[g]);
	answer.status = tally_many_open(streams, k, &arena, &tally);
	if (!sdq_failed(answer.status))
		answer.status = kruskal_test(&tally, &arena, stop, &answer.kruskal);
	if (!sdq_failed(answer.status))
		answer.status = dunn_test(&tally, adjust, &arena, stop, &pairs, &answer.n_pairs);
	for (size_t i = 0; i < answer.n_pairs; i++)
		answer.pairs[i] = pairs[i];
	arena_free(&arena);
	for (size_t g = 0; g < k; g++)
		view_free(&views[g]);
	return answer;
}

static Answer
test_groups(const Groups *groups, AdjustMethod adjust)
{
	SampleView views[MAX_GROUPS];

	for (size_t g = 0; g < groups->k; g++)
		views[g] = view_of_values(groups->values[g], groups->sizes[g]);
	return test_views(views, groups->k, adjust, NULL);
}

/* kw_three, by hand: the mean ranks are 2, 5, 8, and N = 9. */
static void
check_three(void)
{
	static const Groups three = {
		.k = 3, .sizes = {3, 3, 3}, .values = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}};
	Answer r = test_groups(&three, ADJUST_NONE);

	check(!sdq_failed(r.status), "kw_three: both tests succeed");
	/* 12 / (9 * 10) * 3 (2^2 + 5^2 + 8^2) - 3 * 10 = 7.2; p = exp(-3.6) */
	check_close(r.kruskal.h, 7.2, 1e-15, "kw_three: H = 7.2");
	check_close(r.kruskal.p.p, exp(-3.6), 1e-14, "kw_three: p = .0273237");
	check_close(r.kruskal.p.log10_p, -3.6 / log(10), 1e-14, "kw_three: log10 p");
	check(r.kruskal.df == 2 && r.kruskal.k == 3 && r.kruskal.n == 9, "kw_three: df, k and n");
	check_close(r.kruskal.effect, 0.9, 1e-15, "kw_three: epsilon squared = 7.2 / 8");
	/* The variance of a difference is 9 * 10 / 12 * 2 / 3 = 5. */
	check(r.n_pairs == 3 && r.pairs[0].a == 0 && r.pairs[0].b == 1 && r.pairs[1].a == 0 &&
			  r.pairs[1].b == 2 && r.pairs[2].a == 1 && r.pairs[2].b == 2,
		  "kw_three: pairs in order");
	check(r.pairs[0].mean_rank_difference == -3 && r.pairs[1].mean_rank_difference == -6,
		  "kw_three: differences of mean ranks");
	check_close(r.pairs[0].z, -3 / sqrt(5), 1e-15, "kw_three: z of neighbours");
	check_close(r.pairs[1].z, -6 / sqrt(5), 1e-15, "kw_three: z of the ends");
	check_close(r.pairs[1].p.p, erfc(6 / sqrt(10)), 1e-13, "kw_three: p of the ends");
	check(r.pairs[1].p_adjusted.p == r.pairs[1].p.p, "kw_three: `none` adjusts nothing");
	r = test_groups(&three, ADJUST_BONFERRONI);
	check_close(r.pairs[1].p_adjusted.p, 3 * erfc(6 / sqrt(10)), 1e-13,
				"kw_three: Bonferroni counts three pairs");
}

/* kw_all_equal, kw_big_tie */
static void
check_ties(void)
{
	static const double zero_one[] = {0, 1};
	const uint64_t large = UINT64_C(1) << 31;
	SampleView views[MAX_GROUPS];
	Answer r;

	for (size_t g = 0; g < 3; g++)
		views[g] = view_of_counts(zero_one, (uint64_t[]){g + 1, 0}, 2);
	r = test_views(views, 3, ADJUST_BH, NULL);
	check(r.kruskal.h == 0 && r.kruskal.p.p == 1 && r.kruskal.p.log10_p == 0 &&
			  r.kruskal.effect == 0,
		  "kw_all_equal: H = 0, p = 1");
	check(r.n_pairs == 3 && r.pairs[2].z == 0 && r.pairs[2].p.p == 1 &&
			  r.pairs[2].p_adjusted.p == 1,
		  "kw_all_equal: every pair has z = 0, p = 1");

	/* One of 2^32 values differs: MW's z is 1, as in mw_big_tie. */
	views[0] = view_of_counts(zero_one, (uint64_t[]){large, 0}, 2);
	views[1] = view_of_counts(zero_one, (uint64_t[]){large - 1, 1}, 2);
	r = test_views(views, 2, ADJUST_BH, NULL);
	check_close(r.kruskal.h, 1, 1e-9, "kw_big_tie: one of 2^32 values differs, H = 1");

	/* Shares a of 1s by group of size n: H = (N - 1) sum n (a - mean)^2 / (N mean (1 - mean)), as for
	 * a table of counts. Here a = 1/4 and 3/4 and 1/2: (N - 1)/N * 2 (n/16) / (1/4) = n/2 to 1e-9. */
	views[0] = view_of_counts(zero_one, (uint64_t[]){large / 4 * 3, large / 4}, 2);
	views[1] = view_of_counts(zero_one, (uint64_t[]){large / 4, large / 4 * 3}, 2);
	views[2] = view_of_counts(zero_one, (uint64_t[]){large / 2, large / 2}, 2);
	r = test_views(views, 3, ADJUST_BH, NULL);
	check_close(r.kruskal.h, (double) large / 2, 1e-8, "kw_big_tie: three samples of 2^31");
	check_close(r.kruskal.p.log10_p, -(double) large / 4 / log(10), 1e-8,
				"kw_big_tie: p is gone, its logarithm is not");
	check(r.kruskal.p.p == 0, "kw_big_tie: p underflows to 0");
	check(r.pairs[0].p.p == 0 && isfinite(r.pairs[0].p_adjusted.log10_p),
		  "kw_big_tie: Dunn's logarithms are finite too");
}

/* Empty samples are not there, but count in the numbering. */
static void
check_empty(void)
{
	static const Groups gaps = {
		.k = 5, .sizes = {0, 3, 0, 3, 3}, .values = {{0}, {1, 2, 3}, {0}, {4, 5, 6}, {7, 8, 9}}};
	static const Groups single = {.k = 3, .sizes = {0, 3, 0}, .values = {{0}, {1, 2, 3}}};
	Answer r = test_groups(&gaps, ADJUST_HOLM);

	check_close(r.kruskal.h, 7.2, 1e-15, "empty samples change nothing");
	check(r.kruskal.k == 3 && r.kruskal.df == 2, "nor do they count");
	check(r.n_pairs == 3 && r.pairs[0].a == 1 && r.pairs[0].b == 3 && r.pairs[2].a == 3 &&
			  r.pairs[2].b == 4,
		  "pairs keep their numbers");
	check(test_groups(&single, ADJUST_BH).status.code == SDQ_BAD_ARGUMENT, "one sample is refused");
}

/* One group of the reference table. */
static SampleView
view_of_case(const short *from, size_t n)
{
	double values[MAX_SIZE];

	for (size_t i = 0; i < n; i++)
		values[i] = from[i] == RANKS_INFINITE    ? INFINITY
					: from[i] == -RANKS_INFINITE ? -INFINITY
												 : from[i];
	return view_of_values(values, n);
}

static void
check_reference(void)
{
	for (size_t k = 0; k < N_ITEMS(kruskal_cases); k++)
	{
		const KruskalCase *c = &kruskal_cases[k];
		const short *from = kruskal_values + c->first_value;
		const DunnCase *want = dunn_cases + c->first_pair;
		SampleView views[MAX_GROUPS];
		double worst = 0;
		char name[100];
		Answer r;

		snprintf(name, sizeof(name), "reference %zu (%d samples)", k, c->k);
		for (int g = 0; g < c->k; g++)
		{
			size_t size = (size_t) kruskal_sizes[c->first_size + g];

			views[g] = view_of_case(from, size);
			from += size;
		}
		r = test_views(views, (size_t) c->k, ADJUST_BH, NULL);
		/* H near 0 is scipy's difference of two larger numbers. */
		check_close(r.kruskal.h, c->h, c->h < 0.01 ? 1e-7 : 1e-9, name);
		check_close(r.kruskal.p.p, c->p, 1e-9, name);
		for (size_t i = 0; i < r.n_pairs; i++)
		{
			worst = fmax(worst, fabs(r.pairs[i].mean_rank_difference - want[i].difference) / 100);
			worst = fmax(worst, fabs(r.pairs[i].z - want[i].z));
			worst = fmax(worst, fabs(r.pairs[i].p.p / want[i].p - 1));
			worst = fmax(worst, fabs(r.pairs[i].p_adjusted.p / want[i].p_adjusted - 1));
		}
		check_close(worst, 0, 1e-9, name);
	}
}

/* The textbook's H, with every rank counted out. */
static double
plain_h(const Groups *groups)
{
	double n = 0;
	double sum = 0;
	double ties = 0;

	for (size_t g = 0; g < groups->k; g++)
		n += (double) groups->sizes[g];
	for (size_t g = 0; g < groups->k; g++)
	{
		double rank_sum = 0;

		for (size_t i = 0; i < groups->sizes[g]; i++)
		{
			double v = groups->values[g][i];
			double below = 0;
			double equal = 0;

			for (size_t h = 0; h < groups->k; h++)
				for (size_t j = 0; j < groups->sizes[h]; j++)
				{
					below += groups->values[h][j] < v;
					equal += groups->values[h][j] == v;
				}
			rank_sum += below + (equal + 1) / 2;
			ties += equal * equal - 1; /* once for each of `equal` values */
		}
		if (groups->sizes[g] > 0)
			sum += rank_sum * rank_sum / (double) groups->sizes[g];
	}
	return (12 / (n * (n + 1)) * sum - 3 * (n + 1)) / (1 - ties / (n * n * n - n));
}

/* Small samples of all kinds against the plain formula, and two of them against Mann-Whitney's z^2. */
static void
check_small(void)
{
	double worst = 0;
	double worst_mw = 0;
	double worst_order = 0;
	int n_two = 0;
	Rng rng;

	rng_seed(&rng, 8, RNG_STREAM_TEST);
	for (int repeat = 0; repeat < 4000; repeat++)
	{
		Groups groups = {.k = 2 + rng_below(&rng, 4)};
		Groups turned;
		uint64_t n_values = 2 + rng_below(&rng, repeat % 4 == 0 ? 1000 : 6);
		Answer r;

		for (size_t g = 0; g < groups.k; g++)
		{
			groups.sizes[g] = 1 + rng_below(&rng, 9);
			for (size_t i = 0; i < groups.sizes[g]; i++)
				groups.values[g][i] = (double) rng_below(&rng, n_values);
		}
		groups.values[0][0] = (double) n_values; /* not all equal */
		turned = groups;
		for (size_t g = 0; g < groups.k; g++)
		{
			turned.sizes[g] = groups.sizes[groups.k - 1 - g];
			for (size_t i = 0; i < turned.sizes[g]; i++)
				turned.values[g][i] = groups.values[groups.k - 1 - g][i];
		}
		r = test_groups(&groups, ADJUST_BH);
		worst = fmax(worst, fabs(r.kruskal.h - plain_h(&groups)));
		worst_order =
			fmax(worst_order, fabs(test_groups(&turned, ADJUST_BH).kruskal.h - r.kruskal.h));
		if (groups.k == 2)
		{
			SampleView x = view_of_values(groups.values[0], groups.sizes[0]);
			SampleView y = view_of_values(groups.values[1], groups.sizes[1]);
			Tally tally = tally_open(&x, &y);
			MwResult mw;
			Arena arena;

			arena_init(&arena, arena_malloc_source(), 0);
			mw_test(&tally, TEST_ASYMPTOTIC, &arena, NULL, &mw);
			worst_mw = fmax(worst_mw, fabs(r.kruskal.h - mw.z * mw.z));
			worst_mw = fmax(worst_mw, fabs(r.pairs[0].z - mw.z));
			n_two++;
			arena_free(&arena);
			view_free(&x);
			view_free(&y);
		}
	}
	check_close(worst, 0, 1e-11, "4000 small cases: H is the textbook's");
	check_close(worst_order, 0, 1e-13, "and does not depend on the order of the samples");
	check(n_two > 500, "some of them have two samples");
	check_close(worst_mw, 0, 1e-13, "where H and Dunn's z are Mann-Whitney's z^2 and z");
}

/* The fetch function of a stream that breaks. */
static SdqStatus
fail_to_fetch(SampleStream *stream)
{
	return sdq_error(SDQ_NO_MEMORY, 1, 0);
}

/* Too much, interrupted, broken. */
static void
check_hostile(void)
{
	enum
	{
		N = 1 << 21,
		MANY = 2049, /* samples of 2^31: above 2^42 */
	};
	double *values = malloc(N * sizeof(double));
	SampleStream *streams = malloc(MANY * sizeof(SampleStream));
	SampleView full = view_of_counts((double[]){1}, (uint64_t[]){UINT64_C(1) << 31}, 1);
	SampleView views[2];
	Stop stop = {.poll = stop_now};
	TallyMany tally;
	KruskalResult result;
	SdqStatus status;
	Arena arena;

	for (int i = 0; i < N; i++)
		values[i] = i;
	views[0] = view_of_values(values, N);
	views[1] = view_of_values(values, N);
	check(test_views(views, 2, ADJUST_BH, &stop).status.code == SDQ_INTERRUPTED,
		  "a stop request ends a long fold");

	arena_init(&arena, arena_malloc_source(), 0);
	for (int g = 0; g < MANY; g++)
		streams[g] = sample_stream_of_view(&full);
	tally_many_open(streams, MANY, &arena, &tally);
	status = kruskal_test(&tally, &arena, NULL, &result);
	check(status.code == SDQ_TOO_LARGE && status.b == (double) KRUSKAL_MAX_COUNT,
		  "more than 2^42 observations are refused");
	tally_many_open(streams, MANY - 1, &arena, &tally);
	check(!sdq_failed(kruskal_test(&tally, &arena, NULL, &result)) && result.h == 0,
		  "2^42 are not, and do not overflow");
	streams[1].fetch = fail_to_fetch;
	tally_many_open(streams, 2, &arena, &tally);
	check(kruskal_test(&tally, &arena, NULL, &result).code == SDQ_NO_MEMORY,
		  "a stream that breaks is no end of the sample");
	arena_free(&arena);

	arena_init(&arena, arena_malloc_source(), 1);
	check(kruskal_test(&tally, &arena, NULL, &result).code == SDQ_OVER_LIMIT,
		  "the memory limit is kept");
	arena_free(&arena);
	view_free(&full);
	free(streams);
	free(values);
}

int
main(void)
{
	check_three();
	check_ties();
	check_empty();
	check_reference();
	check_small();
	check_hostile();
	return check_done();
}
