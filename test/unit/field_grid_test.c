/*
 * field_grid_test.c
 *		The repulsion through the grid against all pairs.
 *
 * Maps are clusters of points as descents leave them, at the extents of a start, a middle and an end:
 * 1e-4, 20, and 57 for 5,000 points (100 for 20,000), at the density of real maps.
 */
#include "check.h"

#include <string.h>

#include "core/base/rng.h"
#include "core/tsne/field_exact.h"
#include "core/tsne/field_grid.h"
#include "workbench.h"

/* What the descent needs: 1.5 % of the forces, 0.1 % of Z. */
#define MAX_FORCE_ERROR 1.5e-2
#define MAX_Z_ERROR     1e-3

/* While the map is small, so is the spacing, and with it the error. */
#define MAX_SMALL_ERROR 2e-4

/* 60 discs of uniform density in a square. */
static double *
clustered_map(size_t n, double extent)
{
	double centre[60][2];
	double *y = malloc(2 * n * sizeof(double));
	const double turn = 2 * acos(-1.0);
	Rng rng;

	rng_seed(&rng, 1, RNG_STREAM_TEST);
	for (int c = 0; c < 60; c++)
		for (int d = 0; d < 2; d++)
			centre[c][d] = 0.86 * extent * (rng_double(&rng) - 0.5);
	for (size_t i = 0; i < n; i++)
	{
		double radius = 0.07 * extent * sqrt(rng_double(&rng));
		double angle = turn * rng_double(&rng);

		y[2 * i] = centre[i % 60][0] + radius * cos(angle);
		y[2 * i + 1] = centre[i % 60][1] + radius * sin(angle);
	}
	return y;
}

/* |a - b| / |b| over n numbers. */
static double
relative_error(const double *a, const double *b, size_t n)
{
	double difference = 0;
	double norm = 0;

	for (size_t i = 0; i < n; i++)
	{
		difference += (a[i] - b[i]) * (a[i] - b[i]);
		norm += b[i] * b[i];
	}
	return norm == 0 ? sqrt(difference) : sqrt(difference / norm);
}

/* One evaluation; false if it failed. */
static bool
evaluate(Bench *bench, FieldGrid *field, const double *y, double *force, double *z)
{
	if (sdq_failed(field_grid_evaluate(&bench->job, field, y)))
		return false;
	field_grid_forces(field, 0, field->n, force);
	*z = field_grid_z(field);
	return true;
}

/* A map against all pairs in double, or in float where that takes too long. */
static void
compare(size_t n, const double *y, double max_force_error, double max_z_error, const char *name)
{
	double *want = malloc(2 * n * sizeof(double));
	double *got = malloc(2 * n * sizeof(double));
	double want_z = 0;
	double z = 0;
	Bench bench;
	FieldGrid field;
	char sentence[200];

	bench_open(&bench, 2);
	if (n <= 5000)
		field_plain(y, n, 2, want, &want_z);
	else
	{
		FieldExact exact;

		if (sdq_failed(field_exact_create(&bench.job, n, 2, &exact)) ||
			sdq_failed(field_exact_evaluate(&bench.job, &exact, y, want, &want_z)))
			exit(EXIT_FAILURE);
	}
	if (sdq_failed(field_grid_create(&bench.job, n, &field)) ||
		!evaluate(&bench, &field, y, got, &z))
		exit(EXIT_FAILURE);
	printf("# %s: forces %.1e, Z %.1e, %zu x %zu nodes\n", name, relative_error(got, want, 2 * n),
		   fabs(z - want_z) / want_z, field.convolution.x.nodes, field.convolution.y.nodes);
	snprintf(sentence, sizeof(sentence), "field_oracle: %s: forces", name);
	check(relative_error(got, want, 2 * n) <= max_force_error, sentence);
	snprintf(sentence, sizeof(sentence), "field_oracle: %s: Z", name);
	check_close(z, want_z, max_z_error, sentence);
	bench_close(&bench);
	free(want);
	free(got);
}

/* Three stages of three maps. */
static void
test_stages(void)
{
	static const struct
	{
		size_t n;
		double extent;
	} ends[] = {{500, 30}, {5000, 57}, {20000, 100}};

	for (size_t s = 0; s < sizeof(ends) / sizeof(ends[0]); s++)
	{
		size_t n = ends[s].n;
		const double extents[] = {1e-4, 1, 3.9, 4.1, 20, ends[s].extent};

		for (size_t e = 0; e < sizeof(extents) / sizeof(extents[0]); e++)
		{
			double *y = clustered_map(n, extents[e]);
			bool is_small = extents[e] < ends[s].extent;
			char name[100];

			snprintf(name, sizeof(name), "n = %zu, extent %g", n, extents[e]);
			compare(n, y, is_small ? MAX_SMALL_ERROR : MAX_FORCE_ERROR,
					is_small ? MAX_SMALL_ERROR : MAX_Z_ERROR, name);
			free(y);
		}
	}
}

/* Two points: f = (y_1 - y_2) / (1 + r^2)^2, Z = 2 / (1 + r^2). One point: nothing. */
static void
test_few_points(void)
{
	double two[] = {-1, 0.5, 1, -0.5};
	double one[] = {3, 4};
	double force[2] = {1, 1};
	double z = 1;
	Bench bench;
	FieldGrid field;

	compare(2, two, MAX_FORCE_ERROR, MAX_Z_ERROR, "two points");
	bench_open(&bench, 1);
	check(!sdq_failed(field_grid_create(&bench.job, 1, &field)) &&
			  evaluate(&bench, &field, one, force, &z) && fabs(force[0]) < 1e-3 &&
			  fabs(force[1]) < 1e-3 && fabs(z) < 1e-3,
		  "one point: no force, Z = 0");
	bench_close(&bench);
}

/* The field read at any point: S and its gradient, summed over all points. */
static void
test_read(void)
{
	enum
	{
		N = 2000
	};
	static const double extents[] = {1, 30};

	for (size_t e = 0; e < 2; e++)
	{
		double *y = clustered_map(N, extents[e]);
		double got[2][100];
		double want[2][100];
		double s_error = 0;
		double far[2] = {1e9, -1e9};
		double gradient[2];
		double s;
		Rng rng;
		Bench bench;
		FieldGrid field;

		bench_open(&bench, 1);
		if (sdq_failed(field_grid_create(&bench.job, N, &field)) ||
			sdq_failed(field_grid_evaluate(&bench.job, &field, y)))
			exit(EXIT_FAILURE);
		rng_seed(&rng, 2, RNG_STREAM_TEST);
		for (size_t i = 0; i < 100; i++)
		{
			double at[2];
			double sum = 0;

			for (size_t d = 0; d < 2; d++)
			{
				at[d] = 0.8 * extents[e] * (rng_double(&rng) - 0.5);
				want[d][i] = 0;
			}
			for (size_t j = 0; j < N; j++)
			{
				double dx = at[0] - y[2 * j];
				double dy = at[1] - y[2 * j + 1];
				double w = 1 / (1 + dx * dx + dy * dy);

				sum += w;
				want[0][i] -= 2 * w * w * dx;
				want[1][i] -= 2 * w * w * dy;
			}
			s = field_grid_read(&field, at, gradient);
			s_error = fmax(s_error, fabs(s - sum) / sum);
			got[0][i] = gradient[0];
			got[1][i] = gradient[1];
		}
		printf("# S %.1e, gradient %.1e\n", s_error, relative_error(got[0], want[0], 200));
		check(s_error < 1e-2, "the field is read at any point");
		check(relative_error(got[0], want[0], 200) < MAX_FORCE_ERROR, "and so is its gradient");
		s = field_grid_read(&field, far, gradient);
		check(isfinite(s) && isfinite(gradient[0]) && isfinite(gradient[1]),
			  "far away it is that of the edge");
		bench_close(&bench);
		free(y);
	}
}

/* Thousands of points in one place: no force, Z = n (n - 1). */
static void
test_one_place(void)
{
	enum
	{
		N = 5000
	};
	static double y[2 * N];
	static double force[2 * N];
	double largest = 0;
	double z = 0;
	Bench bench;
	FieldGrid field;
	bool right;

	for (size_t i = 0; i < N; i++)
	{
		y[2 * i] = 1.25;
		y[2 * i + 1] = -7;
	}
	bench_open(&bench, 1);
	right = !sdq_failed(field_grid_create(&bench.job, N, &field)) &&
			evaluate(&bench, &field, y, force, &z);
	for (size_t v = 0; v < 2 * N; v++)
		largest = fmax(largest, fabs(force[v]));
	check(right && largest < 1e-6, "points in one place: no force");
	check_close(z, (double) N * (N - 1), 1e-6, "points in one place: Z = n (n - 1)");
	bench_close(&bench);
}

/* A map far from the origin is the same map; one beyond the largest grid has finite forces. */
static void
test_outliers(void)
{
	enum
	{
		N = 3000
	};
	double *y = clustered_map(N, 50);
	double *force = malloc(2 * N * sizeof(double));
	double *moved = malloc(2 * N * sizeof(double));
	double z = 0;
	double moved_z = 0;
	bool finite = true;
	Bench bench;
	FieldGrid field;

	bench_open(&bench, 2);
	check(!sdq_failed(field_grid_create(&bench.job, N, &field)) &&
			  evaluate(&bench, &field, y, force, &z),
		  "a map is evaluated");
	for (size_t v = 0; v < 2 * N; v++)
		y[v] += 20000 * field.spacing;
	check(evaluate(&bench, &field, y, moved, &moved_z) &&
			  relative_error(moved, force, 2 * N) < 1e-6,
		  "a map far from the origin has the same forces");
	y[0] += 1e6;
	check(evaluate(&bench, &field, y, moved, &moved_z), "a point 1e6 away is no obstacle");
	for (size_t v = 0; v < 2 * N; v++)
		finite = finite && isfinite(moved[v]);
	check(finite && moved_z > 0, "its map has finite forces and a positive Z");
	check(field.convolution.x.nodes <= CONVOLUTION_MAX_NODES &&
			  field.convolution.y.nodes <= CONVOLUTION_MAX_NODES,
		  "and a grid within the limit");
	bench_close(&bench);
	free(y);
	free(force);
	free(moved);
}

/* Bits for 1, 2, 3 and 8 threads, and when a field is used for one map after another. */
static void
test_same_bits(void)
{
	enum
	{
		N = 9000
	};
	static const int threads[] = {1, 2, 3, 8};
	double *small = clustered_map(N, 2);
	double *y = clustered_map(N, 80);
	double *first = calloc(2 * N, sizeof(double));
	double *force = calloc(2 * N, sizeof(double));
	double first_z = 0;
	double z = 0;
	bool same = true;
	bool same_again = true;

	for (size_t t = 0; t < sizeof(threads) / sizeof(threads[0]); t++)
	{
		Bench bench;
		FieldGrid field;

		bench_open(&bench, threads[t]);
		if (sdq_failed(field_grid_create(&bench.job, N, &field)) ||
			!evaluate(&bench, &field, y, t == 0 ? first : force, t == 0 ? &first_z : &z))
			exit(EXIT_FAILURE);
		same =
			same && (t == 0 || (z == first_z && memcmp(first, force, 2 * N * sizeof(double)) == 0));
		same_again = same_again && evaluate(&bench, &field, small, force, &z) &&
					 evaluate(&bench, &field, y, force, &z) && z == first_z &&
					 memcmp(first, force, 2 * N * sizeof(double)) == 0;
		bench_close(&bench);
	}
	check(same, "1, 2, 3 and 8 threads give the same bits");
	check(same_again, "what was evaluated before does not matter");
	free(small);
	free(y);
	free(first);
	free(force);
}

/* The memory that is announced suffices, also where there is no more. */
static void
test_memory(void)
{
	size_t bytes = 0;
	Bench bench;
	FieldGrid field;

	bench_open(&bench, 2);
	check(field_grid_bytes(70000, 2, &bytes), "the memory of 70,000 points is announced");
	bench.arena.limit = bytes;
	check(!sdq_failed(field_grid_create(&bench.job, 70000, &field)), "it suffices");
	check(bench.arena.held > bytes - bytes / 10, "and little of it is left");
	bench_close(&bench);
}

int
main(void)
{
	test_stages();
	test_few_points();
	test_read();
	test_one_place();
	test_outliers();
	test_same_bits();
	test_memory();
	return check_done();
}
