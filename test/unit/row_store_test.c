/*
 * row_store_test.c
 *		Widening, order, means, scale, reading, distances and refusals of the row store.
 */
#include "check.h"

#include <float.h>
#include <string.h>
#include <time.h>

#include "core/base/cpu.h"
#include "core/base/rng.h"
#include "core/matrix/row_store.h"

static Arena arena;
static Job job = {.arena = &arena};

/* A fresh store over a fresh arena. */
static RowStore
new_store(size_t limit)
{
	RowStore store;

	arena_free(&arena);
	arena_init(&arena, arena_malloc_source(), limit);
	row_store_init(&store, &arena);
	return store;
}

/* One value of each width, in every order of arrival, ends in the same store. */
static void
test_widening(void)
{
	static const double rows[3][2] = {{255, 0}, {-1.5, 256}, {0.1, 1e-300}};
	static const int permutations[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
										   {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	bool exact = true;
	bool types = true;
	bool same_reading = true;
	float first_reading[6];

	for (int p = 0; p < 6; p++)
	{
		RowStore store = new_store(0);
		size_t order[3];
		float reading[6];

		for (int i = 0; i < 3; i++)
		{
			row_store_append(&store, rows[permutations[p][i]], 2);
			order[permutations[p][i]] = (size_t) i;
		}
		types &= store.type == ELEMENT_DOUBLE;
		row_store_finish(&store, &job, order);
		for (size_t i = 0; i < 3; i++)
		{
			double got[2];

			row_store_read_exact(&store, i, got);
			exact &= got[0] == rows[i][0] && got[1] == rows[i][1];
		}
		row_store_read(&store, 0, 3, reading, 2);
		if (p == 0)
			memcpy(first_reading, reading, sizeof(reading));
		same_reading &= memcmp(first_reading, reading, sizeof(reading)) == 0;
	}
	check(types, "a value that is not a float makes the store double");
	check(exact, "every value is stored exactly, whatever the order of arrival");
	check(same_reading, "readings have the same bits for every order of arrival");
}

/* Rows of bytes can be had where they lie. */
static void
test_bytes(void)
{
	static const int16_t rows[3][2] = {{1, 255}, {0, 7}, {3, 4}};
	static const size_t order[] = {2, 0, 1};
	RowStore store = new_store(0);

	for (int i = 0; i < 3; i++)
		row_store_append_int16(&store, rows[i], 2);
	row_store_finish(&store, &job, order);
	check(store.type == ELEMENT_UINT8 && row_store_bytes(&store, 0)[0] == 3 &&
			  row_store_bytes(&store, 1)[1] == 255 && row_store_bytes(&store, 2)[1] == 7,
		  "the bytes of a row in final order");
}

/* The type follows the values, not the type they came as. */
static void
test_types(void)
{
	RowStore store = new_store(0);
	int16_t small[2] = {0, 255};
	int16_t negative[2] = {0, -1};
	float half[2] = {0.5f, 1};
	float whole[2] = {7, 8};
	double wide[2] = {1e39, 0};
	double got[2];

	row_store_append_int16(&store, small, 2);
	row_store_append_float(&store, whole, 2);
	row_store_append(&store, (double[]){-0.0, 3}, 2);
	check(store.type == ELEMENT_UINT8, "integers in 0..255 of any type stay bytes");
	row_store_append_int16(&store, negative, 2);
	check(store.type == ELEMENT_FLOAT, "-1 makes the store float");
	row_store_append_float(&store, half, 2);
	check(store.type == ELEMENT_FLOAT, "0.5 is a float");
	row_store_append(&store, wide, 2);
	check(store.type == ELEMENT_DOUBLE, "1e39 is no float");
	row_store_append_int16(&store, negative, 2);
	row_store_append_float(&store, (float[]){-0.0f, 1}, 2);
	row_store_finish(&store, &job, NULL);
	row_store_read_exact(&store, 0, got);
	check(got[0] == 0 && got[1] == 255, "an early row survives two widenings");
	row_store_read_exact(&store, 2, got);
	check(got[0] == 0 && !signbit(got[0]) && got[1] == 3, "-0 becomes 0 in a byte row");
	row_store_read_exact(&store, 6, got);
	check(got[0] == 0 && got[1] == -1, "a narrow row is stored wide later on");
	row_store_read_exact(&store, 7, got);
	check(got[0] == 0 && !signbit(got[0]), "-0 becomes 0 in a wide row");
}

/* 1 2 / 3 6 / 8 7: means 4 and 5, largest distance 4 -> scale 1/8. */
static void
test_mean_and_scale(void)
{
	RowStore store = new_store(0);
	float got[6];
	float padded[8] = {9, 9, 9, 9, 9, 9, 9, 9};

	row_store_append(&store, (double[]){1, 2}, 2);
	row_store_append(&store, (double[]){3, 6}, 2);
	row_store_append(&store, (double[]){8, 7}, 2);
	row_store_finish(&store, &job, NULL);
	check(store.mean[0] == 4 && store.mean[1] == 5, "column means are 4 and 5");
	check(store.scale == 0.125, "a largest distance of 4 gives the scale 1/8");
	row_store_read(&store, 0, 3, got, 2);
	check(got[0] == -0.375f && got[1] == -0.375f && got[4] == 0.5f && got[5] == 0.25f,
		  "values are read centred and scaled");
	row_store_read(&store, 1, 2, padded, 4);
	check(padded[0] == -0.125f && padded[1] == 0.125f && padded[2] == 9 && padded[4] == 0.5f &&
			  padded[7] == 9,
		  "the distance between output rows is respected");
	check(row_store_distance2(&store, 0, 1) == 20 && row_store_distance2(&store, 1, 0) == 20,
		  "the squared distance of (1,2) and (3,6) is 20");
}

/* Constant data, offsets, and the ends of the range of a double. */
static void
test_extremes(void)
{
	RowStore store = new_store(0);
	float got[4];
	bool finite = true;

	for (int i = 0; i < 100; i++)
		row_store_append(&store, (double[]){0.1, 5}, 2);
	row_store_finish(&store, &job, NULL);
	row_store_read(&store, 98, 2, got, 2);
	check(store.scale == 1 && got[0] == 0 && got[3] == 0, "constant rows are read as 0, scale 1");

	store = new_store(0);
	for (int i = 0; i < 1000; i++)
		row_store_append(&store, (double[]){1e9 + i % 2, 0}, 2);
	row_store_finish(&store, &job, NULL);
	row_store_read(&store, 0, 2, got, 2);
	check(got[0] == -0.5f && got[2] == 0.5f && store.scale == 1,
		  "a common offset of 1e9 costs no precision");

	store = new_store(0);
	for (int i = 0; i < 50; i++)
		row_store_append(&store, (double[]){i % 5 == 0 ? -DBL_MAX : DBL_MAX, 1}, 2);
	row_store_finish(&store, &job, NULL);
	for (size_t i = 0; i < 50; i++)
	{
		row_store_read(&store, i, 1, got, 2);
		finite &= isfinite(got[0]) && fabsf(got[0]) < 8;
	}
	check(finite && isfinite(store.mean[0]), "the largest doubles are read as finite numbers");
	check_close(store.mean[0], 0.6 * DBL_MAX, 1e-10, "and their mean does not overflow");

	store = new_store(0);
	row_store_append(&store, (double[]){1e-300, 0}, 2);
	row_store_append(&store, (double[]){3e-300, 0}, 2);
	row_store_finish(&store, &job, NULL);
	row_store_read(&store, 0, 2, got, 2);
	check(fabsf(got[0]) >= 0.5f && got[0] == -got[2], "values of 1e-300 are scaled up");

	store = new_store(0);
	check(!sdq_failed(row_store_finish(&store, &job, NULL)) && store.n == 0,
		  "a store without rows can be finished");
}

/* Rows that must be refused leave the store as it was. */
static void
test_refusals(void)
{
	RowStore store = new_store(0);
	double row[3] = {1, 2, 3};
	SdqStatus status;

	status = row_store_append(&store, row, 0);
	check(status.code == SDQ_BAD_DATA && status.detail == ROW_EMPTY, "an empty row is refused");
	row_store_append(&store, row, 3);
	status = row_store_append(&store, row, 2);
	check(status.code == SDQ_BAD_DATA && status.detail == ROW_LENGTH && status.row == 1 &&
			  status.a == 2 && status.b == 3,
		  "a row of another length is refused with both lengths");
	row[1] = NAN;
	status = row_store_append(&store, row, 3);
	check(status.code == SDQ_BAD_DATA && status.detail == ROW_NOT_FINITE && status.row == 1 &&
			  status.a == 2,
		  "NaN is refused with its position");
	row[1] = 2;
	row[2] = -INFINITY;
	status = row_store_append(&store, row, 3);
	check(status.detail == ROW_NOT_FINITE && status.a == 3, "an infinity is refused");
	status = row_store_append_float(&store, (float[]){NAN, 0, 0}, 3);
	check(status.detail == ROW_NOT_FINITE && status.a == 1, "a NaN among floats is refused");
	check(store.n == 1 && store.type == ELEMENT_UINT8, "refused rows leave the store as it was");
}

/* The arena's limit ends the loading with its numbers, in any phase of growth. */
static void
test_limit(void)
{
	size_t limit = (size_t) 4 << 20;
	RowStore store = new_store(limit);
	int16_t row[784] = {0};
	SdqStatus status = sdq_ok();
	size_t n = 0;

	while (n < 100000 && !sdq_failed(status = row_store_append_int16(&store, row, 784)))
		n++;
	check(status.code == SDQ_OVER_LIMIT && status.b == (double) limit, "the memory limit is kept");
	check(store.n == n && n > 3000 && n < limit / 784, "rows up to the limit are stored");
	row[0] = -1;
	status = row_store_append_int16(&store, row, 784);
	check(status.code == SDQ_OVER_LIMIT && store.n == n, "widening at the limit is refused");
}

static uint64_t polls;

/* Stop at the second poll. */
static bool
poll_twice(void *context)
{
	return ++polls >= 2;
}

/* Late widening by one last row, many blocks long, and its interruption. */
static void
test_late_widening(void)
{
	Stop stop = {.poll = poll_twice};
	Job stopping = {.arena = &arena, .pool = job.pool, .stop = &stop};
	bool exact = true;

	for (int interrupted = 0; interrupted < 2; interrupted++)
	{
		RowStore store = new_store(0);
		double row[100];

		for (int i = 0; i < 5001; i++)
		{
			for (int j = 0; j < 100; j++)
				row[j] = (i * 31 + j * 7) % 256;
			if (i == 5000)
				row[99] = 1.0 / 3;
			row_store_append(&store, row, 100);
		}
		if (interrupted)
		{
			check(row_store_finish(&store, &stopping, NULL).code == SDQ_INTERRUPTED,
				  "finishing stops when asked to");
			break;
		}
		row_store_finish(&store, &job, NULL);
		for (size_t i = 0; i < 5000; i++)
		{
			row_store_read_exact(&store, i, row);
			for (size_t j = 0; j < 100; j++)
				exact &= row[j] == (double) ((i * 31 + j * 7) % 256);
		}
		row_store_read_exact(&store, 5000, row);
		check(exact && row[99] == 1.0 / 3, "one last double widens all rows exactly");
	}
}

/* Means, readings and distances of 3,000 random rows, for each type and several numbers of threads. */
static void
test_threads(void)
{
	static const int threads[] = {1, 2, 8};
	static double sample[3000][37];
	static float readings[3][3000 * 37];

	for (int type = ELEMENT_UINT8; type <= ELEMENT_DOUBLE; type++)
	{
		bool same = true;
		bool distances = true;
		double mean_error = 0;
		Rng rng;

		rng_seed(&rng, 7, RNG_STREAM_TEST);
		for (int i = 0; i < 3000; i++)
			for (int j = 0; j < 37; j++)
				sample[i][j] = type == ELEMENT_UINT8   ? (double) rng_below(&rng, 256)
							   : type == ELEMENT_FLOAT ? (double) (float) rng_normal(&rng)
													   : rng_normal(&rng) * 1e100;
		for (int t = 0; t < 3; t++)
		{
			RowStore store = new_store(0);
			Job threaded = {.arena = &arena};

			pool_create(&threaded.pool, threads[t], NULL);
			for (int i = 0; i < 3000; i++)
				row_store_append(&store, sample[i], 37);
			row_store_finish(&store, &threaded, NULL);
			row_store_read(&store, 0, 3000, readings[t], 37);
			same &= (int) store.type == type &&
					memcmp(readings[0], readings[t], sizeof(readings[0])) == 0;
			for (int j = 0; j < 37; j++)
			{
				double sum = 0;
				double size = 0;

				for (int i = 0; i < 3000; i++)
				{
					sum += sample[i][j] / 3000;
					size += fabs(sample[i][j]) / 3000;
				}
				mean_error = fmax(mean_error, fabs(store.mean[j] - sum) / size);
			}
			for (size_t i = 0; i < 50; i++)
			{
				double want = 0;
				double got = row_store_distance2(&store, i, 2999 - i);

				for (int j = 0; j < 37; j++)
					want +=
						(sample[i][j] - sample[2999 - i][j]) * (sample[i][j] - sample[2999 - i][j]);
				distances &= fabs(got - want) <= 1e-13 * want &&
							 got == row_store_distance2(&store, 2999 - i, i) &&
							 row_store_distance2(&store, i, i) == 0;
			}
			pool_destroy(threaded.pool);
		}
		check(same, "readings have the same bits for 1, 2 and 8 threads");
		check_close(mean_error, 0, 1e-12, "means agree with plain sums");
		check(distances, "distances agree with plain sums, are symmetric and 0 to the row itself");
	}
}

/* Saturation: 255 against 0 in 784 and in 70,000 columns, past the range of an int32. */
static void
test_byte_distances(void)
{
	static const size_t lengths[] = {784, 70000};
	static double row[70000];

	for (int l = 0; l < 2; l++)
	{
		RowStore store = new_store(0);

		for (size_t j = 0; j < lengths[l]; j++)
			row[j] = 255;
		row_store_append(&store, row, lengths[l]);
		memset(row, 0, sizeof(row));
		row_store_append(&store, row, lengths[l]);
		row_store_finish(&store, &job, NULL);
		check(row_store_distance2(&store, 0, 1) == (double) lengths[l] * 65025,
			  "bytes of 255 and 0 are exactly d * 65025 apart");
	}
}

/* Means, scale and readings have the same bits on all instruction sets, for every type. */
static void
test_levels(void)
{
	static const double factors[] = {1, 0.5, 0.1};
	enum
	{
		ROWS = 700,
		COLUMNS = 37
	};
	static float first_reading[ROWS * COLUMNS];
	static float reading[ROWS * COLUMNS];
	static double first_double[ROWS * COLUMNS];
	static double reading_double[ROWS * COLUMNS];
	bool same = true;

	for (int type = ELEMENT_UINT8; type <= ELEMENT_DOUBLE; type++)
		for (CpuLevel level = CPU_PLAIN; level <= CPU_HIGHEST; level++)
		{
			RowStore store = new_store(0);
			Rng rng;

			cpu_set_limit(level);
			rng_seed(&rng, 1, RNG_STREAM_TEST);
			for (int i = 0; i < ROWS; i++)
			{
				double row[COLUMNS];

				for (int j = 0; j < COLUMNS; j++)
					row[j] = (double) rng_below(&rng, 256) * factors[type];
				row_store_append(&store, row, COLUMNS);
			}
			row_store_finish(&store, &job, NULL);
			row_store_read(&store, 0, ROWS, reading, COLUMNS);
			row_store_read_double(&store, 0, ROWS, reading_double, COLUMNS);
			if (level == CPU_PLAIN)
			{
				memcpy(first_reading, reading, sizeof(reading));
				memcpy(first_double, reading_double, sizeof(reading_double));
			}
			same = same && (int) store.type == type &&
				   memcmp(first_reading, reading, sizeof(reading)) == 0 &&
				   memcmp(first_double, reading_double, sizeof(reading_double)) == 0;
		}
	check(same, "readings have the same bits on all instruction sets");
}

/* The smallest and the largest value of each column are known, whatever the type. */
static void
test_ranges(void)
{
	static const double widest[] = {9, 0.5, 0.1};
	bool known = true;

	for (int type = ELEMENT_UINT8; type <= ELEMENT_DOUBLE; type++)
	{
		RowStore store = new_store(0);

		/* The columns 3, 0, 255 and 7, 7, something. */
		row_store_append(&store, (double[]){3, 7}, 2);
		row_store_append(&store, (double[]){0, 7}, 2);
		row_store_append(&store, (double[]){255, widest[type]}, 2);
		row_store_finish(&store, &job, NULL);
		known = known && (int) store.type == type && store.lowest[0] == 0 &&
				store.highest[0] == 255 && store.lowest[1] == fmin(7, widest[type]) &&
				store.highest[1] == fmax(7, widest[type]);
	}
	check(known, "ranges of the columns");
}

/* One value decides the type of a row, wherever it is. */
static void
test_type_of_values(void)
{
	static const struct
	{
		double value;
		ElementType type;
	} cases[] = {
		{-0.0, ELEMENT_UINT8},
		{255, ELEMENT_UINT8},
		{256, ELEMENT_FLOAT},
		{511, ELEMENT_FLOAT},
		{-1, ELEMENT_FLOAT},
		{-255, ELEMENT_FLOAT},
		{0.5, ELEMENT_FLOAT},
		{254.5, ELEMENT_FLOAT},
		{0x1p23, ELEMENT_FLOAT},
		{-0x1p23, ELEMENT_FLOAT},
		{0x1.8p23, ELEMENT_FLOAT},
		{0x1p52, ELEMENT_FLOAT},
		{-0x1p52, ELEMENT_FLOAT},
		{0x1p-149, ELEMENT_FLOAT},
		{FLT_MAX, ELEMENT_FLOAT},
		{-FLT_MAX, ELEMENT_FLOAT},
		{0.1, ELEMENT_DOUBLE},
		{0x1p-150, ELEMENT_DOUBLE},
		{0x1.0000000000001p52, ELEMENT_DOUBLE},
		{DBL_MIN, ELEMENT_DOUBLE},
		{DBL_MAX, ELEMENT_DOUBLE},
	};
	bool doubles = true;
	bool floats = true;

	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++)
		for (size_t position = 0; position < 150; position++)
		{
			RowStore store = new_store(0);
			double row[150] = {0};
			float float_row[150] = {0};

			row[position] = cases[c].value;
			row_store_append(&store, row, 150);
			doubles = doubles && store.type == cases[c].type;
			if (cases[c].type == ELEMENT_DOUBLE)
				continue;
			store = new_store(0);
			float_row[position] = (float) cases[c].value;
			row_store_append_float(&store, float_row, 150);
			floats = floats && store.type == cases[c].type;
		}
	check(doubles, "the type that doubles need");
	check(floats, "the type that floats need");
}

/* A value that is not finite is found wherever it is, among bytes and among others. */
static void
test_positions(void)
{
	static const double wrong[] = {NAN, INFINITY, -INFINITY};
	static const double others[] = {0, 255, -1, 0.5, 256, 1e300};
	bool found = true;

	for (size_t w = 0; w < 3; w++)
		for (size_t o = 0; o < sizeof(others) / sizeof(others[0]); o++)
			for (size_t position = 0; position < 200; position++)
			{
				RowStore store = new_store(0);
				double row[200];
				float floats[200];
				SdqStatus status;

				for (size_t j = 0; j < 200; j++)
				{
					row[j] = j == position ? wrong[w] : others[o];
					floats[j] = (float) (j == position ? wrong[w] : fmin(others[o], 1e38));
				}
				status = row_store_append(&store, row, 200);
				found = found && status.code == SDQ_BAD_DATA && status.detail == ROW_NOT_FINITE &&
						status.a == (double) position + 1;
				status = row_store_append_float(&store, floats, 200);
				found = found && status.code == SDQ_BAD_DATA && status.detail == ROW_NOT_FINITE &&
						status.a == (double) position + 1;
			}
	check(found, "the position of a value that is not finite");
}

/* 60,000 images are loaded in a fraction of a second. */
static void
test_speed(void)
{
	RowStore store = new_store(0);
	static int16_t row[784];
	struct timespec start;
	struct timespec end;
	double seconds;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < 60000; i++)
	{
		row[i % 784] = (int16_t) (i % 256);
		row_store_append_int16(&store, row, 784);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	seconds = (double) (end.tv_sec - start.tv_sec) + 1e-9 * (double) (end.tv_nsec - start.tv_nsec);
	printf("# 60,000 x 784 smallints appended in %.3f s\n", seconds);
	check(store.n == 60000 && seconds < 5, "60,000 images are appended in no time");
}

/* Two stores read in one frame: the differences of readings are those of the values, scaled. */
static void
test_shared_frame(void)
{
	RowStore reference = new_store(0);
	RowStore store;
	float x[2], y[2];

	row_store_append(&reference, (double[]){10, 1}, 2);
	row_store_append(&reference, (double[]){20, 1}, 2);
	row_store_finish(&reference, &job, NULL);
	row_store_init(&store, &arena);
	row_store_append(&store, (double[]){-1000.5, 1}, 2);
	row_store_finish(&store, &job, NULL);
	row_store_share_frame(&store, &reference);
	row_store_read(&store, 0, 1, x, 2);
	row_store_read(&reference, 1, 1, y, 2);
	/* From the means 15 and 1 the farthest value is -1000.5, so the scale is 2^-10. */
	check(store.scale == 0x1p-10 && reference.scale == 0x1p-10, "a frame suits both stores");
	check(x[0] == -1015.5f / 1024 && y[0] == 5.0f / 1024 && x[1] == 0 && y[1] == 0,
		  "rows of both stores are read with the means of one");
	check(row_store_cross_distance2(&store, 0, &reference, 1) == 1020.5 * 1020.5 &&
			  row_store_cross_distance2(&reference, 1, &store, 0) == 1020.5 * 1020.5,
		  "distances of rows of two stores do not depend on which comes first");

	/* A side that is constant must not set the scale of one that is tiny. */
	reference = new_store(0);
	row_store_append(&reference, (double[]){3}, 1);
	row_store_finish(&reference, &job, NULL);
	row_store_init(&store, &arena);
	row_store_append(&store, (double[]){3 + 0x1p-40}, 1);
	row_store_finish(&store, &job, NULL);
	row_store_share_frame(&store, &reference);
	row_store_read(&store, 0, 1, x, 1);
	check(x[0] == 0.5f, "a constant side leaves the scale to the other");
}

int
main(void)
{
	arena_init(&arena, arena_malloc_source(), 0);
	pool_create(&job.pool, 2, NULL);
	test_widening();
	test_levels();
	test_ranges();
	test_positions();
	test_type_of_values();
	test_bytes();
	test_types();
	test_mean_and_scale();
	test_extremes();
	test_refusals();
	test_limit();
	test_late_widening();
	test_threads();
	test_byte_distances();
	test_shared_frame();
	test_speed();
	pool_destroy(job.pool);
	arena_free(&arena);
	return check_done();
}
