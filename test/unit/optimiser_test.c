/*
 * optimiser_test.c
 *		The descent of a map that is large enough to be kept along the space-filling curve, on a given P.
 *		Smaller ones: tsne_test.c.
 */
#include "check.h"

#include <stdint.h>
#include <string.h>

#include "core/tsne/attraction.h"
#include "core/tsne/field.h"
#include "core/tsne/optimiser.h"
#include "workbench.h"

/* The start is a lattice, so that no two points share a cell of the curve and the mean is a short number;
 * its sides differ, so that the map is not symmetric. */
#define COLUMNS ((size_t) 400)
#define ROWS    ((size_t) 256)
#define N       (COLUMNS * ROWS)

/* Every point is tied to so many on either side of it in a ring of RING points. */
#define REACH ((size_t) 3)
#define RING  ((size_t) 400)

/* Past the last time that the points are ordered. */
#define ITERATIONS (CHECK_RACES_ONLY ? 2 : EARLY_ITERATIONS + 5)

static const DescentOptions OPTIONS = {.early_exaggeration = 12, .exaggeration = 1};

/* The point that follows on point i of its ring after some steps. */
static size_t
step_along(size_t i, size_t steps)
{
	return i / RING * RING + (i % RING + steps) % RING;
}

/* P and start of the points under other names: point i is row name[i]. Free with drop_problem(). */
typedef struct Problem
{
	Affinities affinities;
	double *start; /* [N][2] */
} Problem;

static Problem
make_problem(const uint32_t *name)
{
	Problem problem = {.affinities = {.n = N}};
	size_t degree = 2 * REACH;

	problem.affinities.start = malloc((N + 1) * sizeof(size_t));
	problem.affinities.column = malloc(N * degree * sizeof(uint32_t));
	problem.affinities.p = malloc(N * degree * sizeof(float));
	problem.start = malloc(N * 2 * sizeof(double));
	for (size_t i = 0; i <= N; i++)
		problem.affinities.start[i] = i * degree;
	for (size_t i = 0; i < N; i++)
	{
		size_t at = name[i] * degree;

		for (size_t s = 1; s <= REACH; s++)
			for (size_t back = 0; back < 2; back++, at++)
			{
				/* A weight that falls with the distance along the ring; all add up to 1. */
				problem.affinities.column[at] = name[step_along(i, back ? RING - s : s)];
				problem.affinities.p[at] =
					(float) ((double) (REACH + 1 - s) / (double) (N * REACH * (REACH + 1)));
			}
		problem.start[2 * (size_t) name[i]] = (double) (i % COLUMNS) / 16;
		problem.start[2 * (size_t) name[i] + 1] = (double) (i / COLUMNS) / 16;
	}
	return problem;
}

static void
drop_problem(Problem *problem)
{
	free(problem->affinities.start);
	free(problem->affinities.column);
	free(problem->affinities.p);
	free(problem->start);
}

/* Every point by its own name, or shuffled. */
static uint32_t *
make_names(bool shuffled)
{
	uint32_t *name = malloc(N * sizeof(uint32_t));
	Rng rng;

	rng_seed(&rng, 41, RNG_STREAM_TEST);
	for (size_t i = 0; i < N; i++)
		name[i] = (uint32_t) i;
	for (size_t i = N - 1; shuffled && i > 0; i--)
	{
		size_t other = rng_below(&rng, i + 1);
		uint32_t swap = name[i];

		name[i] = name[other];
		name[other] = swap;
	}
	return name;
}

/* The map after some iterations, malloc'ed. */
static double *
descend(const Problem *problem, int iterations, int threads, DescentResult *result)
{
	DescentOptions options = OPTIONS;
	double *y = malloc(N * 2 * sizeof(double));
	size_t bytes = 0;
	Bench bench;

	options.n_iter = iterations;
	memcpy(y, problem->start, N * 2 * sizeof(double));
	bench_open(&bench, threads);
	if (sdq_failed(optimise_map(&bench.job, &problem->affinities, 2, &options, y, result)))
		exit(EXIT_FAILURE);
	if (!optimise_map_bytes(N, problem->affinities.start[N], 2, threads, &bytes) ||
		bench.arena.peak > bytes)
		check(false, "memory stays within the estimate");
	bench_close(&bench);
	return y;
}

/* Z and f of a map, through the grid, rows in their order. */
static double
field_of(const double *y, double *force)
{
	Bench bench;
	Field field;
	double z;

	bench_open(&bench, 2);
	if (sdq_failed(field_create(&bench.job, N, 2, &field)) ||
		sdq_failed(field_begin(&bench.job, &field, y)))
		exit(EXIT_FAILURE);
	z = field_z(&field);
	for (size_t first = 0; first < N; first += FIELD_ROW_ALIGNMENT)
	{
		size_t left = N - first;

		field_forces(&field, first, left < FIELD_ROW_ALIGNMENT ? left : FIELD_ROW_ALIGNMENT,
					 force + 2 * first);
	}
	bench_close(&bench);
	return z;
}

/* sqrt(sum (a - b)^2 / sum b^2). */
static double
relative_error(const double *a, const double *b)
{
	double difference = 0;
	double norm = 0;

	for (size_t v = 0; v < 2 * N; v++)
	{
		difference += (a[v] - b[v]) * (a[v] - b[v]);
		norm += b[v] * b[v];
	}
	return sqrt(difference / norm);
}

/* One step from rest is -1.2 eta times the gradient, at most 5 long: here computed row by row from P and
 * start as they are given. */
static void
test_first_step(const Problem *problem)
{
	double *want = malloc(N * 2 * sizeof(double));
	double *pull = malloc(N * 2 * sizeof(double));
	double *push = malloc(N * 2 * sizeof(double));
	double mean[2] = {0, 0};
	double z = field_of(problem->start, push);
	DescentResult result;
	double *got = descend(problem, 1, 2, &result);

	attraction_plain(&problem->affinities, problem->start, 2, 0, N, pull);
	for (size_t i = 0; i < N; i++)
	{
		double step[2];
		double length;

		for (size_t d = 0; d < 2; d++)
			step[d] = -1.2 * ((double) N / 12) * (12 * pull[2 * i + d] - push[2 * i + d] / z);
		length = hypot(step[0], step[1]);
		for (size_t d = 0; d < 2; d++)
		{
			want[2 * i + d] = problem->start[2 * i + d] + step[d] * (length > 5 ? 5 / length : 1);
			mean[d] += want[2 * i + d] / (double) N;
		}
	}
	for (size_t v = 0; v < 2 * N; v++)
		want[v] -= mean[v % 2];
	if (getenv("VERBOSE"))
		printf("# first step: relative error %.1e\n", relative_error(got, want));
	check(relative_error(got, want) <= 1e-6, "the first step is the formula's, row by row");
	free(want);
	free(pull);
	free(push);
	free(got);
}

/* The divergence belongs to the map and to P as they are given and handed back. */
static void
test_objective(const Problem *problem, const double *y, const DescentResult *result)
{
	double *force = malloc(N * 2 * sizeof(double));
	double kl = attraction_entropy(&problem->affinities, 0, N) +
				attraction_objective(&problem->affinities, y, 2, 0, N) + log(field_of(y, force));

	check_close(result->kl, kl, 1e-5, "the divergence is that of the map that is handed back");
	free(force);
}

/* Rows under other names are at the same places. */
static void
test_names(const Problem *problem)
{
	/* Rounding grows from the first iteration on in which points share a cell of the curve. */
	enum
	{
		STEPS = 55
	};
	uint32_t *name = make_names(true);
	Problem renamed = make_problem(name);
	double *back = malloc(N * 2 * sizeof(double));
	DescentResult result;
	double *want = descend(problem, CHECK_RACES_ONLY ? 1 : STEPS, 2, &result);
	double *got = descend(&renamed, CHECK_RACES_ONLY ? 1 : STEPS, 2, &result);

	for (size_t i = 0; i < N; i++)
		memcpy(back + 2 * i, got + 2 * (size_t) name[i], 2 * sizeof(double));
	if (getenv("VERBOSE"))
		printf("# renamed: relative error %.1e\n", relative_error(back, want));
	check(relative_error(back, want) <= 1e-3, "rows under other names are at the same places");
	free(name);
	drop_problem(&renamed);
	free(back);
	free(want);
	free(got);
}

int
main(void)
{
	uint32_t *name = make_names(false);
	Problem problem = make_problem(name);
	DescentResult result;
	DescentResult other_result;
	double *y = descend(&problem, ITERATIONS, 1, &result);
	bool equal = true;

	for (int threads = 2; threads <= 7; threads += threads == 3 ? 4 : 1)
	{
		double *other = descend(&problem, ITERATIONS, threads, &other_result);

		equal =
			equal && memcmp(y, other, N * 2 * sizeof(double)) == 0 && result.kl == other_result.kl;
		free(other);
	}
	check(equal, "the same bits for 1, 2, 3 and 7 threads");
	test_objective(&problem, y, &result);
	test_first_step(&problem);
	test_names(&problem);
	free(y);
	free(descend(&problem, 0, 2, &result));
	check(result.iterations == 0 && isfinite(result.kl), "no iteration: a divergence all the same");
	drop_problem(&problem);
	free(name);
	return check_done();
}
