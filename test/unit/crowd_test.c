/*
 * crowd_test.c
 *		Values in no order: by hand, beside sums in quadruple precision, and the same bits for any order, form and
 *		number of threads.
 */
#include "check.h"

#include <string.h>

#include "core/density/crowd.h"
#include "core/density/kde.h"
#include "core/sample/run.h"
#include "sample_views.h"
#include "stops.h"
#include "workbench.h"

#define MANY ((size_t) 600000)

/* The forms in which the same values may come. */
enum
{
	FORM_KEYS,
	FORM_BACKWARDS,
	FORM_COUNTED,
	FORM_BOTH, /* every other distinct value counted, the rest as keys */
	N_FORMS,
};

/* A crowd of a view, in the bench's arena. */
static Crowd
crowd_of(Bench *bench, const SampleView *view, int form)
{
	uint64_t *keys = arena_alloc(&bench->arena, view->n + 1, sizeof(uint64_t));
	double *values = arena_alloc(&bench->arena, view->n_distinct + 1, sizeof(double));
	double *weights = arena_alloc(&bench->arena, view->n_distinct + 1, sizeof(double));
	Crowd crowd = {.keys = keys, .values = values, .weights = weights, .total = (double) view->n};

	for (size_t j = 0; j < view->n_distinct; j++)
	{
		/* A stride that has no divisor in common with the number visits all. */
		size_t stride = view->n_distinct % 7919 == 0 ? 1 : 7919;
		size_t i =
			form == FORM_BACKWARDS ? view->n_distinct - 1 - j : j * stride % view->n_distinct;

		if (form == FORM_COUNTED || form == FORM_BOTH)
			i = j;
		if (form == FORM_COUNTED || (form == FORM_BOTH && i % 2 == 0))
		{
			values[crowd.n_values] = view->values[i];
			weights[crowd.n_values++] = (double) view->counts[i];
		}
		else
			for (uint64_t c = 0; c < view->counts[i]; c++)
				keys[crowd.n_keys++] = run_key(view->values[i]);
	}
	return crowd;
}

/* A crowd of values[n], each once. */
static Crowd
crowd_of_values(Bench *bench, const double *values, size_t n)
{
	uint64_t *keys = arena_alloc(&bench->arena, n + 1, sizeof(uint64_t));

	for (size_t i = 0; i < n; i++)
		keys[i] = run_key(values[i]);
	return (Crowd){.keys = keys, .n_keys = n, .total = (double) n};
}

/* Its variance; any failure ends the program. */
static double
variance_of(Bench *bench, const Crowd *crowd)
{
	double min;
	double max;
	double variance;

	if (sdq_failed(crowd_extent(&bench->job, crowd, &min, &max)) ||
		sdq_failed(crowd_variance(&bench->job, crowd, min, max, &variance)))
		exit(EXIT_FAILURE);
	return variance;
}

/* The variance of values[n] in quadruple precision, in two passes. */
static double
quadruple_variance(const double *values, size_t n)
{
	__float128 mean = 0;
	__float128 sum = 0;

	for (size_t i = 0; i < n; i++)
		mean += values[i];
	mean /= n;
	for (size_t i = 0; i < n; i++)
		sum += (values[i] - mean) * (values[i] - mean);
	return (double) (sum / (n - 1));
}

/* {1, 2, 2, 6}: mean 2.75, squares 3.0625 + 2 * 0.5625 + 10.5625 = 14.75, over 3. Bins of width 2 from 1: 2 is half a
 * bin in and gives both nodes a half each, twice; 6 is two and a half bins in. */
static void
test_by_hand(void)
{
	static const double values[] = {2, 6, 1, 2};
	static const double nodes[] = {1, 3, 5, 7};
	static const double weights[] = {2, 1, 0.5, 0.5};
	static const double same[] = {0.1, 0.1, 0.1};
	WeightedSample binned;
	Bench bench;
	Crowd crowd;
	double min;
	double max;
	bool agree;

	bench_open(&bench, 1);
	crowd = crowd_of_values(&bench, values, N_ITEMS(values));
	check(!sdq_failed(crowd_extent(&bench.job, &crowd, &min, &max)) && min == 1 && max == 6,
		  "the extent is found");
	check_close(variance_of(&bench, &crowd), 14.75 / 3, 1e-15, "the variance is that by hand");
	agree = !sdq_failed(crowd_bin(&bench.job, &crowd, 1, 6, 2, &binned)) &&
			binned.n == N_ITEMS(nodes) && binned.total == 4 && binned.effective_n == 4;
	for (size_t i = 0; agree && i < binned.n; i++)
		agree = binned.values[i] == nodes[i] && binned.weights[i] == weights[i];
	check(agree, "bins are those by hand");
	crowd = crowd_of_values(&bench, same, N_ITEMS(same));
	check(variance_of(&bench, &crowd) == 0, "equal values have a variance of exactly 0");
	bench_close(&bench);
}

/* Values whose squares cancel: a common offset, units far from 1, one value far from all others. */
static void
test_accuracy(void)
{
	static const struct
	{
		double offset;
		double unit;
		double last;
		const char *name;
	} cases[] = {
		{0, 1, 0, "the variance of normal values"},
		{1e9, 1, 1e9, "the variance far from 0"},
		{0, 0x1p-399, 0, "the variance of tiny values"},
		{0, 0x1p390, 0, "the variance of huge values"},
		{0, 1, 1e9, "the variance with one value far out"},
		{-3, 1e-12, 1e3, "the variance with one value farther out"},
	};
	double *rows = random_rows(MANY / 10, 1, 5);
	double *values = malloc(MANY / 10 * sizeof(double));
	Bench bench;

	bench_open(&bench, 2);
	for (size_t c = 0; c < N_ITEMS(cases); c++)
	{
		Crowd crowd;

		for (size_t i = 0; i < MANY / 10; i++)
			values[i] = cases[c].offset + cases[c].unit * rows[i];
		values[MANY / 10 - 1] = cases[c].last;
		crowd = crowd_of_values(&bench, values, MANY / 10);
		check_close(variance_of(&bench, &crowd), quadruple_variance(values, MANY / 10), 1e-13,
					cases[c].name);
	}
	bench_close(&bench);
	free(rows);
	free(values);
}

/* Normal values, of which some repeat. */
static SampleView
many_values(double unit)
{
	double *values = random_rows(MANY, 1, 9);
	SampleView view;

	for (size_t i = 0; i < MANY; i++)
		values[i] = (i % 5 == 0 ? round(values[i] * 1e5) / 1e5 : values[i]) * unit;
	view = view_of_values(values, MANY);
	free(values);
	return view;
}

/* What is seen of a crowd. */
typedef struct Seen
{
	double variance;
	double one_of;
	size_t n_drawn;
	double drawn_sum;
	size_t n_nodes;
	double node_sum;
} Seen;

static Seen
see(Bench *bench, const Crowd *crowd)
{
	WeightedSample binned;
	const double *drawn;
	double min;
	double max;
	Seen seen = {.variance = variance_of(bench, crowd)};

	if (sdq_failed(crowd_draw(&bench->job, crowd, &drawn, &seen.n_drawn, &seen.one_of)) ||
		sdq_failed(crowd_extent(&bench->job, crowd, &min, &max)) ||
		sdq_failed(crowd_bin(&bench->job, crowd, min, max, (max - min) / 5000, &binned)))
		exit(EXIT_FAILURE);
	for (size_t i = 0; i < seen.n_drawn; i++)
		seen.drawn_sum = seen.drawn_sum * 0.75 + drawn[i];
	seen.n_nodes = binned.n;
	for (size_t i = 0; i < binned.n; i++)
		seen.node_sum = seen.node_sum * 0.75 + binned.weights[i] * binned.values[i];
	return seen;
}

static void
test_any_form(void)
{
	SampleView view = many_values(1);
	double off;
	Seen want = {.n_nodes = 0};
	bool agree = true;

	for (int threads = 1; threads <= 7; threads += threads < 3 ? 1 : 4)
	{
		for (int form = 0; form < N_FORMS; form++)
		{
			Bench bench;
			Crowd crowd;
			Seen seen;

			bench_open(&bench, threads);
			crowd = crowd_of(&bench, &view, form);
			seen = see(&bench, &crowd);
			if (threads == 1 && form == 0)
				want = seen;
			agree = agree && memcmp(&seen, &want, sizeof(seen)) == 0;
			bench_close(&bench);
		}
	}
	check(agree, "any order, form and number of threads gives the same bits");
	/* A draw of m values misses the number by m^(-1/2), about. */
	off = (double) want.n_drawn * want.one_of / (double) view.n_distinct - 1;
	check(want.n_drawn > 4000 && fabs(off) < 5 / sqrt((double) want.n_drawn),
		  "values are drawn in proportion to how many there are");
	view_free(&view);
}

/* A value that is drawn, and comes as often as all others together. */
static void
test_repeated_draw(void)
{
	SampleView view = many_values(1);
	const double *drawn;
	uint64_t *keys;
	double one_of;
	size_t n;
	Bench bench;
	Crowd crowd;

	bench_open(&bench, 1);
	crowd = crowd_of(&bench, &view, FORM_KEYS);
	keys = (uint64_t *) crowd.keys;
	check(!sdq_failed(crowd_draw(&bench.job, &crowd, &drawn, &n, &one_of)) && n > 0,
		  "values are drawn");
	for (size_t i = 0; n > 0 && i < crowd.n_keys; i += 2)
		keys[i] = run_key(drawn[0]);
	check(!sdq_failed(crowd_draw(&bench.job, &crowd, &drawn, &n, &one_of)) && n == 0 && one_of == 0,
		  "nothing is drawn where what would be repeats too often");
	bench_close(&bench);
	view_free(&view);
}

static KdeOptions
options(BandwidthRule rule, double value, KdeMethod method)
{
	return (KdeOptions){.grid_size = 300,
						.bandwidth = {.rule = rule, .value = value},
						.range = {.lo = NAN, .hi = NAN},
						.method = method};
}

/* Are two densities the same bits? */
static bool
are_same(const Kde *a, const Kde *b)
{
	size_t bytes = a->grid_size * sizeof(double);

	return a->outcome == b->outcome && a->method == b->method && a->mass == b->mass &&
		   a->bandwidth == b->bandwidth && memcmp(a->x, b->x, bytes) == 0 &&
		   memcmp(a->density, b->density, bytes) == 0;
}

/* The largest difference as a share of the peak. */
static double
worst_difference(const Kde *a, const Kde *b)
{
	double worst = 0;
	double peak = 0;

	for (size_t i = 0; i < a->grid_size; i++)
	{
		worst = fmax(worst, fabs(a->density[i] - b->density[i]));
		peak = fmax(peak, b->density[i]);
	}
	return worst / peak;
}

/* The density of a crowd is that of the sorted sample, in bits, and that of exact sums to what binning allows. */
static void
test_density(void)
{
	static const double units[] = {1, 1e-6};
	KdeOptions cases[] = {
		options(BANDWIDTH_SCOTT, 0, KDE_AUTO), options(BANDWIDTH_SILVERMAN, 0, KDE_BINNED),
		options(BANDWIDTH_NUMBER, 0, KDE_AUTO), options(BANDWIDTH_SCOTT, 0, KDE_AUTO)};
	bool are_equal = true;
	double worst = 0;

	cases[3].bounds = (KdeBounds){.has_lower = true, .lower = -6};
	cases[0].adjust = cases[3].adjust = 2;
	for (size_t u = 0; u < N_ITEMS(units); u++)
	{
		SampleView view = many_values(units[u]);

		for (size_t c = 0; c < N_ITEMS(cases); c++)
		{
			KdeOptions exact;
			Kde sorted;
			Kde result;
			Bench bench;

			if (c == 2)
				cases[c].bandwidth.value = 0.2 * units[u];
			exact = cases[c];
			exact.method = KDE_EXACT;
			bench_open(&bench, 2);
			if (sdq_failed(kde_evaluate(&bench.job, &view, &cases[c], &sorted)))
				exit(EXIT_FAILURE);
			for (int form = 0; form < N_FORMS; form++)
			{
				Crowd crowd = crowd_of(&bench, &view, form);
				bool is_done;

				are_equal = are_equal &&
							!sdq_failed(kde_evaluate_crowd(&bench.job, &crowd, &cases[c], &result,
														   &is_done)) &&
							is_done && are_same(&result, &sorted);
			}
			if (sdq_failed(kde_evaluate(&bench.job, &view, &exact, &result)))
				exit(EXIT_FAILURE);
			are_equal =
				are_equal && sorted.method == KDE_BINNED && result.bandwidth == sorted.bandwidth;
			worst = fmax(worst, worst_difference(&sorted, &result));
			bench_close(&bench);
		}
		view_free(&view);
	}
	check(are_equal, "a density of values in no order has the bits of that of the sorted sample");
	check(worst < 1e-5, "and is that of exact sums to 1e-5 of the peak");
}

/* Is the density of a crowd left to the sorted sample? */
static bool
is_left(const SampleView *view, KdeOptions given)
{
	Bench bench;
	Crowd crowd;
	bool is_done = true;
	bool ok;
	Kde result;

	bench_open(&bench, 2);
	crowd = crowd_of(&bench, view, FORM_KEYS);
	ok = !sdq_failed(kde_evaluate_crowd(&bench.job, &crowd, &given, &result, &is_done));
	bench_close(&bench);
	return ok && !is_done;
}

static void
test_left_to_the_sample(void)
{
	SampleView view = many_values(1);
	SampleView few = view_of_range(1000, 0, 0.5);
	SampleView repeated = view_of_range(1000, 0, 0.5);
	KdeOptions given = options(BANDWIDTH_SCOTT, 0, KDE_AUTO);
	uint64_t *counts = (uint64_t *) repeated.counts;

	check(is_left(&few, options(BANDWIDTH_SCOTT, 0, KDE_BINNED)), "few values are sorted");
	repeated.n = 0;
	for (size_t i = 0; i < repeated.n_distinct; i++)
		repeated.n += counts[i] = 600;
	check(is_left(&repeated, given), "few distinct values are summed exactly");
	check(is_left(&view, options(BANDWIDTH_SCOTT, 0, KDE_EXACT)), "exact sums need sorted values");
	check(is_left(&view, options(BANDWIDTH_ISJ, 0, KDE_AUTO)), "isj needs sorted values");
	check(is_left(&view, options(BANDWIDTH_NUMBER, 1e-7, KDE_BINNED)),
		  "bins of which there are too many need sorted values");
	given.kernel = KERNEL_TOPHAT;
	check(is_left(&view, given), "kernels with steps need sorted values");
	given = options(BANDWIDTH_SCOTT, 0, KDE_AUTO);
	given.bounds = (KdeBounds){.has_upper = true, .upper = 0};
	check(is_left(&view, given), "values beyond a bound are left");
	((double *) view.values)[view.n_distinct - 1] = INFINITY;
	check(is_left(&view, options(BANDWIDTH_SCOTT, 0, KDE_AUTO)), "infinite values are left");
	((double *) view.values)[view.n_distinct - 1] = 1e200;
	check(is_left(&view, options(BANDWIDTH_SCOTT, 0, KDE_AUTO)), "another unit is left");
	view_free(&view);
	view_free(&few);
	view_free(&repeated);
}

static void
test_stop(void)
{
	SampleView view = many_values(1);
	KdeOptions given = options(BANDWIDTH_SCOTT, 0, KDE_AUTO);
	Stop stop = {.poll = stop_now};
	Bench bench;
	Crowd crowd;
	bool is_done;
	Kde result;

	bench_open(&bench, 1);
	pool_destroy(bench.job.pool);
	if (sdq_failed(pool_create(&bench.job.pool, 2, &stop)))
		exit(EXIT_FAILURE);
	bench.job.stop = &stop;
	crowd = crowd_of(&bench, &view, FORM_KEYS);
	check(kde_evaluate_crowd(&bench.job, &crowd, &given, &result, &is_done).code == SDQ_INTERRUPTED,
		  "a stop ends it");
	bench_close(&bench);
	view_free(&view);
}

int
main(void)
{
	test_by_hand();
	test_accuracy();
	test_any_form();
	test_repeated_draw();
	test_density();
	test_left_to_the_sample();
	test_stop();
	return check_done();
}
