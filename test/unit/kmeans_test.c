/*
 * kmeans_test.c
 *		k-means by hand, against a plain Lloyd iteration, against scikit-learn, and on awkward rows.
 */
#include "check.h"

#include <float.h>
#include <string.h>
#include <time.h>

#include "core/base/blas.h"
#include "core/base/rng.h"
#include "core/matrix/kmeans.h"
#include "digits.h"
#include "kmeans.h"
#include "row_stores.h"
#include "stops.h"

static Arena arena;
static Job job = {.arena = &arena};

static KmeansOptions
options_for(size_t k)
{
	return (KmeansOptions){.k = k, .n_init = 10, .max_iter = 300, .tol = 1e-4, .seed = 0};
}

/* 0, 1, 10, 11 in two clusters. */
static void
test_by_hand(void)
{
	static const double points[] = {10, 0, 11, 1};
	RowStore store = new_store(&arena);
	KmeansOptions options = options_for(2);
	Kmeans got;
	SdqStatus status;

	for (int i = 0; i < 4; i++)
		row_store_append(&store, &points[i], 1);
	row_store_finish(&store, &job, NULL);
	status = kmeans(&job, &store, &options, &got);
	check(!sdq_failed(status) && got.k == 2 && got.converged, "two clusters of 10, 0, 11, 1");
	check(got.cluster[0] == 0 && got.cluster[1] == 1 && got.cluster[2] == 0 && got.cluster[3] == 1,
		  "equal sizes: the cluster of the lowest row comes first");
	check(got.centers[0] == 10.5 && got.centers[1] == 0.5, "the centres are 10.5 and 0.5");
	check(got.size[0] == 2 && got.inertia[0] == 0.5 && got.total_inertia == 1,
		  "each has two rows and half of the inertia of 1");
	check(got.distance[0] == 0.5 && got.second[0] == 1,
		  "10 is 0.5 from its centre, next is the other");
	check_close(got.margin[0], 9.0 / 10, 1e-15, "its margin is (9.5 - 0.5) / (9.5 + 0.5)");

	options.k = 1;
	status = kmeans(&job, &store, &options, &got);
	check(!sdq_failed(status) && got.centers[0] == 5.5 && got.second == NULL && got.margin == NULL,
		  "one cluster has the mean as centre, and no second");
	check(got.total_inertia == 101, "its inertia is 2 (4.5^2 + 5.5^2)");
	options.k = 4;
	status = kmeans(&job, &store, &options, &got);
	check(!sdq_failed(status) && got.k == 4 && got.total_inertia == 0 && got.cluster[3] == 3 &&
			  got.margin[0] == 1,
		  "k = n: every row is its own centre, with margin 1");
	options.k = 5;
	status = kmeans(&job, &store, &options, &got);
	check(status.code == SDQ_BAD_ARGUMENT && status.a == 5 && status.b == 4, "k > n is refused");
	options.k = 0;
	check(kmeans(&job, &store, &options, &got).code == SDQ_BAD_ARGUMENT, "k = 0 is refused");
}

/* Three distinct rows, many times. */
static void
test_duplicates(void)
{
	RowStore store = new_store(&arena);
	KmeansOptions options = options_for(5);
	bool agrees = true;
	Kmeans got;
	SdqStatus status;

	for (int i = 0; i < 300; i++)
	{
		double row[20];

		for (int j = 0; j < 20; j++)
			row[j] = 0.1 * (double) ((i % 6 < 3 ? 0 : i % 6 < 5 ? 1 : 2) * (j + 1));
		row_store_append(&store, row, 20);
	}
	row_store_finish(&store, &job, NULL);
	status = kmeans(&job, &store, &options, &got);
	check(!sdq_failed(status) && got.k == 3 && got.size[0] == 150 && got.size[1] == 100 &&
			  got.size[2] == 50,
		  "km_duplicates: three distinct rows make three clusters, by size");
	for (int i = 0; i < 300; i++)
		agrees &= got.cluster[i] == (i % 6 < 3 ? 0 : i % 6 < 5 ? 1 : 2) && got.distance[i] == 0;
	check(agrees, "km_duplicates: every row lies on its centre");

	store = new_store(&arena);
	for (int i = 0; i < 50; i++)
		row_store_append(&store, (double[]){3, 4}, 2);
	row_store_finish(&store, &job, NULL);
	status = kmeans(&job, &store, &options, &got);
	check(!sdq_failed(status) && got.k == 1 && got.second == NULL && got.total_inertia == 0,
		  "km_duplicates: equal rows make one cluster");
}

/* An initial centre that no row is nearest to. */
static void
test_empty(void)
{
	static const double points[] = {0, 1, 2, 10, 11, 30};
	static const double initial[] = {1, 1000, 10};
	RowStore store = new_store(&arena);
	KmeansOptions options = options_for(3);
	Kmeans got;
	SdqStatus status;

	options.initial = initial;
	for (int i = 0; i < 6; i++)
		row_store_append(&store, &points[i], 1);
	row_store_finish(&store, &job, NULL);
	status = kmeans(&job, &store, &options, &got);
	check(!sdq_failed(status) && got.k == 3 && got.size[0] == 3 && got.size[1] == 2 &&
			  got.size[2] == 1 && got.cluster[5] == 2,
		  "km_empty: an empty cluster is given the row farthest from its centre");
	check(got.centers[0] == 1 && got.centers[1] == 10.5 && got.centers[2] == 30,
		  "km_empty: and the centres are the means");
}

/* One row far away, up to where its square overflows; values whose squares underflow. */
static void
test_far_point(void)
{
	static const double far[] = {1e6, 1e30, 1e200};

	for (int f = 0; f < 3; f++)
	{
		RowStore store = new_store(&arena);
		KmeansOptions options = options_for(2);
		bool finite = true;
		char sentence[120];
		Kmeans got;
		SdqStatus status;

		for (int i = 0; i < 100; i++)
			row_store_append(&store, (double[]){i == 50 ? far[f] : i % 7, i % 3}, 2);
		row_store_finish(&store, &job, NULL);
		status = kmeans(&job, &store, &options, &got);
		for (int i = 0; i < 100; i++)
			finite &= isfinite(got.distance[i]) && got.margin[i] >= 0 && got.margin[i] <= 1;
		snprintf(sentence, sizeof(sentence), "km_far_point: a row at %g has a cluster of its own",
				 far[f]);
		check(!sdq_failed(status) && got.k == 2 && got.size[1] == 1 && got.cluster[50] == 1 &&
				  finite,
			  sentence);
	}
	{
		RowStore store = new_store(&arena);
		KmeansOptions options = options_for(2);
		Kmeans got;

		for (int i = 0; i < 100; i++)
			row_store_append(&store, (double[]){i < 40 ? 1e-200 : 5e-200}, 1);
		row_store_finish(&store, &job, NULL);
		kmeans(&job, &store, &options, &got);
		check(got.k == 2 && got.size[0] == 60, "km_far_point: tiny values are told apart");
		check_close(got.centers[1], 1e-200, 1e-14, "km_far_point: and their centres are right");
	}
}

/* A plain Lloyd iteration in double. Labels as kmeans() numbers them. */
static void
plain_lloyd(const double *x, size_t n, size_t d, double *centers, size_t k, int *labels)
{
	size_t *counts = malloc(k * sizeof(size_t));
	bool moved = true;

	for (size_t i = 0; i < n; i++)
		labels[i] = -1;
	while (moved)
	{
		moved = false;
		for (size_t i = 0; i < n; i++)
		{
			double best = INFINITY;
			int label = 0;

			for (size_t c = 0; c < k; c++)
			{
				double sum = 0;

				for (size_t j = 0; j < d; j++)
					sum +=
						(x[i * d + j] - centers[c * d + j]) * (x[i * d + j] - centers[c * d + j]);
				if (sum < best)
				{
					best = sum;
					label = (int) c;
				}
			}
			moved |= labels[i] != label;
			labels[i] = label;
		}
		memset(counts, 0, k * sizeof(size_t));
		memset(centers, 0, k * d * sizeof(double));
		for (size_t i = 0; i < n; i++)
		{
			counts[labels[i]]++;
			for (size_t j = 0; j < d; j++)
				centers[(size_t) labels[i] * d + j] += x[i * d + j];
		}
		for (size_t c = 0; c < k; c++)
			for (size_t j = 0; j < d; j++)
				centers[c * d + j] /= (double) counts[c];
	}
	free(counts);
}

/* From the same centres: the plain iteration's clusters, distances and margins. */
static void
test_against_plain(void)
{
	static const size_t shapes[][3] = {{200, 2, 3}, {1000, 5, 7}, {3000, 40, 12}, {2000, 3, 600}};

	for (size_t s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++)
	{
		size_t n = shapes[s][0];
		size_t d = shapes[s][1];
		size_t k = shapes[s][2];
		RowStore store = new_store(&arena);
		KmeansOptions options = options_for(k);
		double *x = malloc(n * d * sizeof(double));
		double *centers = malloc(k * d * sizeof(double));
		double *initial = malloc(k * d * sizeof(double));
		int *labels = malloc(n * sizeof(int));
		bool same = true;
		double worst = 0;
		/* The plain iteration cannot fill empty clusters: with many, they must not overlap. */
		double noise = k > 100 ? 0.1 : 1;
		char sentence[120];
		Kmeans got;
		Rng rng;

		rng_seed(&rng, s, RNG_STREAM_TEST);
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < d; j++)
				x[i * d + j] = 100 + noise * rng_normal(&rng) + (double) (i % k) * (j == i % d);
		for (size_t i = 0; i < n; i++)
			row_store_append(&store, x + i * d, d);
		row_store_finish(&store, &job, NULL);
		memcpy(centers, x, k * d * sizeof(double));
		memcpy(initial, x, k * d * sizeof(double));
		options.initial = initial;
		options.tol = 0;
		kmeans(&job, &store, &options, &got);
		plain_lloyd(x, n, d, centers, k, labels);
		for (size_t i = 0; i < n; i++)
		{
			double own = 0;
			double next = INFINITY;

			for (size_t c = 0; c < k; c++)
			{
				double sum = 0;

				for (size_t j = 0; j < d; j++)
					sum +=
						(x[i * d + j] - centers[c * d + j]) * (x[i * d + j] - centers[c * d + j]);
				if ((int) c == labels[i])
					own = sqrt(sum);
				else
					next = fmin(next, sqrt(sum));
			}
			/* The same partition: rows share a cluster here exactly if they do there. */
			for (size_t other = 0; other < n; other += 97)
				same &= (labels[i] == labels[other]) == (got.cluster[i] == got.cluster[other]);
			worst = fmax(worst, fabs(got.distance[i] - own));
			worst = fmax(worst,
						 fabs(got.margin[i] - (own + next > 0 ? (next - own) / (next + own) : 0)));
			same &= got.second[i] != got.cluster[i];
		}
		snprintf(sentence, sizeof(sentence),
				 "n = %zu, d = %zu, k = %zu: the plain iteration's result", n, d, k);
		check(same && got.converged && worst < 1e-9, sentence);
		if (!same || worst >= 1e-9)
			printf("# same %d, worst %g, converged %d, k %zu\n", same, worst, got.converged, got.k);
		free(x);
		free(centers);
		free(initial);
		free(labels);
	}
}

/* scikit-learn's labels from the same centres, and inertia from our own, of 500 digits. */
static void
test_against_sklearn(void)
{
	RowStore store = new_store(&arena);
	KmeansOptions options = options_for(10);
	double *initial = malloc(10 * DIGIT_PIXELS * sizeof(double));
	bool same = true;
	Kmeans got;

	digits_append(&store, "mnist-t10k-images-idx3-ubyte.gz", 500);
	row_store_finish(&store, &job, NULL);
	for (size_t c = 0; c < 10; c++)
		row_store_read_exact(&store, c, initial + c * DIGIT_PIXELS);
	options.initial = initial;
	kmeans(&job, &store, &options, &got);
	for (size_t i = 0; i < 500; i++)
		same &= got.cluster[i] == kmeans_reference_labels[i];
	check(same, "500 digits get scikit-learn's labels from the same centres");
	check_close(got.total_inertia, kmeans_reference_inertia, 1e-6, "and its inertia");
	free(initial);
	options = options_for(10);
	options.n_init = 50;
	kmeans(&job, &store, &options, &got);
	/* The restarts of both scatter by 0.6 % around the same mean. */
	check(got.total_inertia <= 1.005 * kmeans_reference_best,
		  "50 restarts are at most 0.5 % above scikit-learn's 50");
}

/* Inertia of 10,000 digits from our own seeding. */
static void
test_digits(void)
{
	KmeansOptions options = options_for(10);
	RowStore store = new_store(&arena);
	struct timespec start, end;
	Kmeans got;

	digits_append(&store, "mnist-train-first10k-images-idx3-ubyte.gz", 10000);
	row_store_finish(&store, &job, NULL);
	clock_gettime(CLOCK_MONOTONIC, &start);
	kmeans(&job, &store, &options, &got);
	clock_gettime(CLOCK_MONOTONIC, &end);
	check(got.total_inertia <= 1.001 * kmeans_reference_train,
		  "10,000 MNIST digits: inertia at most 0.1 % above scikit-learn's");
	printf("# %.3f s, inertia / reference = %.6f\n",
		   (double) (end.tv_sec - start.tv_sec) + 1e-9 * (double) (end.tv_nsec - start.tv_nsec),
		   got.total_inertia / kmeans_reference_train);

	store = new_store(&arena);
	digits_append(&store, "mnist-dcgan-e25-images-idx3-ubyte.gz", 10000);
	row_store_finish(&store, &job, NULL);
	kmeans(&job, &store, &options, &got);
	check(got.total_inertia <= 1.001 * kmeans_reference_dcgan,
		  "10,000 DCGAN digits: inertia at most 0.1 % above scikit-learn's");
	printf("# inertia / reference = %.6f\n", got.total_inertia / kmeans_reference_dcgan);
}

/* Same bits for any threads and order of arrival; another seed may differ, the same may not. */
static void
test_threads(void)
{
	static const int threads[] = {1, 2, 8, 2};
	static size_t order[4000];
	static int32_t clusters[2][4000];
	static double margins[2][4000];
	bool same = true;

	for (int t = 0; t < 4; t++)
	{
		RowStore store = new_store(&arena);
		KmeansOptions options = options_for(17);
		Job threaded = {.arena = &arena};
		Kmeans got;

		options.n_init = 3;
		pool_create(&threaded.pool, threads[t], NULL);
		for (size_t arrival = 0; arrival < 4000; arrival++)
		{
			size_t i = t == 3 ? (arrival * 7 + 3) % 4000 : arrival;
			double row[30];
			Rng rng;

			rng_seed(&rng, i, RNG_STREAM_TEST);
			for (size_t j = 0; j < 30; j++)
				row[j] = rng_normal(&rng);
			order[i] = arrival;
			row_store_append(&store, row, 30);
		}
		row_store_finish(&store, &threaded, order);
		kmeans(&threaded, &store, &options, &got);
		memcpy(clusters[t > 0], got.cluster, sizeof(clusters[0]));
		memcpy(margins[t > 0], got.margin, sizeof(margins[0]));
		same &= t == 0 || (memcmp(clusters[0], clusters[1], sizeof(clusters[0])) == 0 &&
						   memcmp(margins[0], margins[1], sizeof(margins[0])) == 0);
		pool_destroy(threaded.pool);
	}
	check(same, "km_threads: same bits for 1, 2 and 8 threads, and any order of arrival");
}

/* Stopped wherever it is. */
static void
test_stop(void)
{
	bool stopped = true;

	for (int after = 1; after < 400; after += 37)
	{
		int left = after;
		Stop stop = {.poll = stop_countdown, .context = &left};
		Job stopping = {.arena = &arena, .stop = &stop};
		RowStore store = new_store(&arena);
		KmeansOptions options = options_for(30);
		Kmeans got;
		Rng rng;

		rng_seed(&rng, 1, RNG_STREAM_TEST);
		for (int i = 0; i < 3000; i++)
		{
			double row[10];

			for (int j = 0; j < 10; j++)
				row[j] = rng_normal(&rng);
			row_store_append(&store, row, 10);
		}
		row_store_finish(&store, &job, NULL);
		pool_create(&stopping.pool, 2, &stop);
		stopped &= kmeans(&stopping, &store, &options, &got).code == SDQ_INTERRUPTED;
		pool_destroy(stopping.pool);
	}
	check(stopped, "a stop request ends the clustering wherever it is");
}

/* The plain function on one vector. */
static void
test_nearest(void)
{
	static const double centers[] = {0, 0, 3, 4, 0, 0, 6, 8};
	NearestCenter got = kmeans_nearest((double[]){3, 4}, centers, 4, 2);

	check(got.cluster == 1 && got.distance == 0 && got.second == 0 && got.margin == 1,
		  "(3,4) lies on centre 1; centre 0 is next, before its equals");
	got = kmeans_nearest((double[]){0, 0}, centers, 4, 2);
	check(got.cluster == 0 && got.second == 2 && got.margin == 0, "two equal centres: margin 0");
	got = kmeans_nearest((double[]){1, 1}, centers, 1, 2);
	check(got.cluster == 0 && got.second == -1 && got.distance == sqrt(2), "one centre, no second");
	got = kmeans_nearest((double[]){1e200, 0}, centers, 2, 2);
	check(got.distance == 1e200 && got.margin < 1e-15, "squares that overflow do no harm");
	got = kmeans_nearest((double[]){3e-200, 4e-200}, centers, 2, 2);
	check_close(got.distance, 5e-200, 1e-15, "nor squares that underflow");
}

int
main(void)
{
	arena_init(&arena, arena_malloc_source(), 0);
	pool_create(&job.pool, 2, NULL);
	test_by_hand();
	test_nearest();
	test_duplicates();
	test_empty();
	test_far_point();
	test_against_plain();
	test_threads();
	test_stop();
	test_against_sklearn();
	if (!CHECK_RACES_ONLY)
		test_digits();
	pool_destroy(job.pool);
	arena_free(&arena);
	return check_done();
}
