/*
 * covariance_test.c
 *		Exact covariances: by hand, against fractions and numpy, to the byte in any order and any parts,
 *		and bytes that lie.
 */
#include "check.h"

#include <float.h>
#include <string.h>

#include "core/base/cpu.h"
#include "core/base/rng.h"
#include "core/matrix/covariance.h"
#include "core/matrix/covariance_codec.h"
#include "covariance.h"
#include "digits.h"
#include "stops.h"

/* A flat form with its size; the caller frees the bytes. */
typedef struct Flat
{
	unsigned char *bytes;
	size_t size;
} Flat;

static SampleMemory memory;

static bool
succeeds(SdqStatus status)
{
	return !sdq_failed(status);
}

/* An object that holds rows[n][d]. */
static Covariance
covariance_of_rows(const double *rows, size_t n, size_t d)
{
	Covariance covariance;

	covariance_init(&covariance, &memory);
	for (size_t i = 0; i < n; i++)
		if (sdq_failed(covariance_add(&covariance, rows + i * d, d, NULL)))
			check(false, "a row is added");
	return covariance;
}

static Flat
flatten(Covariance *covariance)
{
	CovarianceLayout layout;
	Flat flat = {NULL, 0};

	if (sdq_failed(covariance_settle(covariance, NULL)) ||
		sdq_failed(covariance_measure(covariance, NULL, &layout)))
		return flat;
	flat.bytes = calloc(1, layout.bytes);
	flat.size = layout.bytes;
	covariance_write(covariance, &layout, NULL, flat.bytes);
	return flat;
}

/* The flat form of rows[n][d], added in order. */
static Flat
flat_of_rows(const double *rows, size_t n, size_t d)
{
	Covariance covariance = covariance_of_rows(rows, n, d);
	Flat flat = flatten(&covariance);

	covariance_free(&covariance);
	return flat;
}

static bool
are_equal(Flat a, Flat b)
{
	return a.bytes != NULL && a.size == b.size && memcmp(a.bytes, b.bytes, a.size) == 0;
}

/* Merge a flat form. */
static SdqStatus
merge_flat(Covariance *covariance, Flat flat)
{
	CovarianceView view;
	SdqStatus status = covariance_open(flat.bytes, flat.size, NULL, &view);

	return sdq_failed(status) ? status : covariance_merge(covariance, &view, NULL);
}

/* The flat form of the union of `parts` parts of the rows, each of every parts-th row, merged through
 * their flat forms, from the last to the first if `backwards`. */
static Flat
flat_of_parts(const double *rows, size_t n, size_t d, size_t parts, bool backwards)
{
	Covariance whole;
	Flat flat;

	covariance_init(&whole, &memory);
	for (size_t k = 0; k < parts; k++)
	{
		size_t part = backwards ? parts - 1 - k : k;
		Covariance covariance;
		Flat piece;

		covariance_init(&covariance, &memory);
		for (size_t i = part; i < n; i += parts)
			covariance_add(&covariance, rows + i * d, d, NULL);
		piece = flatten(&covariance);
		if (sdq_failed(merge_flat(&whole, piece)))
			check(false, "a part is merged");
		free(piece.bytes);
		covariance_free(&covariance);
	}
	flat = flatten(&whole);
	covariance_free(&whole);
	return flat;
}

/* (0,0), (1,2), (2,4): variances 1 and 4, covariance 2. */
static void
test_by_hand(void)
{
	const double rows[] = {0, 0, 1, 2, 2, 4};
	Covariance covariance = covariance_of_rows(rows, 3, 2);
	double mean[2];
	double matrix[4];
	double variances[2];

	check(succeeds(covariance_settle(&covariance, NULL)), "three rows are settled");
	covariance_mean(&covariance, mean);
	check(mean[0] == 1 && mean[1] == 2, "the mean is (1, 2)");
	check(succeeds(covariance_matrix(&covariance, NULL, matrix)), "there is a matrix");
	check(matrix[0] == 1 && matrix[1] == 2 && matrix[2] == 2 && matrix[3] == 4,
		  "the covariances are 1, 2, 4");
	check(succeeds(covariance_variances(&covariance, variances)) && variances[0] == 1 &&
			  variances[1] == 4,
		  "and so are the variances");
	covariance_free(&covariance);
	check(memory.held == 0, "all memory is given back");
}

/* One row (3), which has digit 3 * 2^12 at plane 0. */
static void
test_flat_by_hand(void)
{
	const double rows[] = {3};
	/* container; version; d; n; digits, plane; sum 3 << 12; square 9 << 24. */
	const unsigned char wanted[] = {0, 0, 0, 0, 1, 0, 0, 0, 1,  0, 0, 0,  1, 0,
									0, 0, 0, 0, 0, 0, 1, 0, 12, 1, 3, 24, 1, 9};
	Flat flat = flat_of_rows(rows, 1, 1);

	check(flat.size == sizeof(wanted) && memcmp(flat.bytes, wanted, sizeof(wanted)) == 0,
		  "the flat form of one number is as documented");
	free(flat.bytes);
}

/* Awkward doubles against fractions. */
static void
test_reference(void)
{
	size_t d = COVARIANCE_COLUMNS;
	Covariance covariance = covariance_of_rows(covariance_rows, COVARIANCE_ROWS, d);
	double mean[COVARIANCE_COLUMNS];
	double matrix[COVARIANCE_COLUMNS * COVARIANCE_COLUMNS];
	double worst = 0;

	covariance_settle(&covariance, NULL);
	covariance_mean(&covariance, mean);
	check(succeeds(covariance_matrix(&covariance, NULL, matrix)), "awkward rows have covariances");
	for (size_t j = 0; j < d; j++)
		worst = fmax(worst, fabs(mean[j] / covariance_means[j] - 1));
	check(worst <= 2 * DBL_EPSILON, "means are correct to two roundings");
	worst = 0;
	for (size_t k = 0; k < d * d; k++)
		worst = fmax(worst, covariance_matrix_wanted[k] == 0
								? fabs(matrix[k])
								: fabs(matrix[k] / covariance_matrix_wanted[k] - 1));
	check_close(worst, 0, 4 * DBL_EPSILON, "covariances are correct to four roundings");
	covariance_free(&covariance);
}

/* The images, as bytes and as fractions in single precision. */
static void
test_digits(void)
{
	static double matrix[DIGIT_PIXELS * DIGIT_PIXELS];
	static double scaled[DIGIT_PIXELS * DIGIT_PIXELS];
	double row[DIGIT_PIXELS];
	Arena arena;
	RowStore store;
	Covariance covariance;
	Covariance fractions;
	double worst = 0;
	double trace = 0;
	double sum = 0;
	CovarianceLayout layout;

	arena_init(&arena, arena_malloc_source(), 0);
	row_store_init(&store, &arena);
	check(digits_append(&store, "mnist-t10k-images-idx3-ubyte.gz", COVARIANCE_DIGITS),
		  "the digits can be read");
	covariance_init(&covariance, &memory);
	covariance_init(&fractions, &memory);
	for (size_t i = 0; i < COVARIANCE_DIGITS; i++)
	{
		row_store_read_exact(&store, i, row);
		covariance_add(&covariance, row, DIGIT_PIXELS, NULL);
		for (size_t j = 0; j < DIGIT_PIXELS; j++)
			row[j] = (float) (row[j] / 255);
		covariance_add(&fractions, row, DIGIT_PIXELS, NULL);
	}
	arena_free(&arena);
	check(succeeds(covariance_settle(&covariance, NULL)) &&
			  succeeds(covariance_settle(&fractions, NULL)),
		  "images are settled");
	covariance_matrix(&covariance, NULL, matrix);
	for (size_t i = 0; i < COVARIANCE_SIDE; i++)
		for (size_t j = 0; j < COVARIANCE_SIDE; j++)
		{
			size_t place = (COVARIANCE_FIRST + i) * DIGIT_PIXELS + COVARIANCE_FIRST + j;
			double want = covariance_digits_block[i * COVARIANCE_SIDE + j];

			worst = fmax(worst, fabs(matrix[place] / want - 1));
		}
	check_close(worst, 0, 1e-12, "covariances of pixels agree with numpy");
	for (size_t i = 0; i < DIGIT_PIXELS; i++)
	{
		trace += matrix[i * DIGIT_PIXELS + i];
		for (size_t j = 0; j < DIGIT_PIXELS; j++)
			sum += matrix[i * DIGIT_PIXELS + j];
	}
	check_close(trace, covariance_digits_trace, 1e-12, "so does their trace");
	check_close(sum, covariance_digits_sum, 1e-11, "and the sum of all of them");
	check(covariance.sums[1] == NULL && covariance.products[0][1].narrow == NULL,
		  "pixels have one digit");
	check(fractions.sums[1] != NULL && fractions.sums[2] == NULL, "their fractions have two");
	covariance_matrix(&fractions, NULL, scaled);
	worst = 0;
	/* Rounding to single precision changes a fraction by 2^-25 of it. */
	for (size_t k = 0; k < DIGIT_PIXELS * DIGIT_PIXELS; k++)
		worst = fmax(worst, fabs(scaled[k] * 255 * 255 - matrix[k]));
	check(worst <= 255 * 255 * 0x1p-22, "fractions of 255 have covariances 255^2 times smaller");
	covariance_measure(&covariance, NULL, &layout);
	check(layout.bytes < (size_t) DIGIT_PIXELS * DIGIT_PIXELS * 3,
		  "pixels take less than three bytes for each pair, twice counted");
	covariance_free(&covariance);
	covariance_free(&fractions);
}

/* Numbers of one kind: 0 bytes, 1 single precision, 2 double, 3 doubles of all exponents, 4 the same
 * with zeros and extremes, 5 bytes with a fraction here and there. */
static double
number_of_kind(Rng *rng, int kind)
{
	double x = rng_normal(rng);

	switch (kind)
	{
		case 0: return (double) (int) (rng_double(rng) * 256);
		case 1: return (float) x;
		case 2: return x;
		case 5: return (double) (int) (rng_double(rng) * 256) + (rng_double(rng) < 2e-5 ? 0.25 : 0);
		case 3: return ldexp(x, (int) (rng_double(rng) * 1900) - 1000);
		default:
			if (rng_double(rng) < 0.3)
				return 0;
			return rng_double(rng) < 0.05 ? (x > 0 ? DBL_MAX : 0x1p-1074)
										  : ldexp(x, (int) (x * 150));
	}
}

/* The same bytes for any order, any parts, and every instruction set. */
static void
test_same_bytes(void)
{
	static const size_t columns[] = {1, 3, 8, 17, 40, 100};
	static const char *names[][3] = {
		{"bytes in reverse order", "bytes in parts", "bytes on each instruction set"},
		{"floats in reverse order", "floats in parts", "floats on each instruction set"},
		{"doubles in reverse order", "doubles in parts", "doubles on each instruction set"},
		{"all exponents in reverse order", "in parts", "on each instruction set"},
		{"extremes in reverse order", "in parts", "on each instruction set"},
		{"bytes and fractions in reverse order", "in parts", "on each instruction set"}};
	size_t n = 700;

	for (int kind = 0; kind < 6; kind++)
	{
		bool same_order = true;
		bool same_parts = true;
		bool same_levels = true;

		for (size_t c = 0; c < sizeof(columns) / sizeof(*columns); c++)
		{
			size_t d = columns[c];
			double *rows = malloc(n * d * sizeof(double));
			double *reverse = malloc(n * d * sizeof(double));
			Flat flat;
			Flat other;
			Rng rng;

			rng_seed(&rng, 7 + kind, RNG_STREAM_TEST);
			for (size_t k = 0; k < n * d; k++)
				rows[k] = number_of_kind(&rng, kind);
			for (size_t i = 0; i < n; i++)
				memcpy(reverse + i * d, rows + (n - 1 - i) * d, d * sizeof(double));
			flat = flat_of_rows(rows, n, d);
			other = flat_of_rows(reverse, n, d);
			same_order = same_order && are_equal(flat, other);
			free(other.bytes);
			for (size_t parts = 1; parts <= 64; parts *= 4)
			{
				other = flat_of_parts(rows, n, d, parts, parts == 4);
				same_parts = same_parts && are_equal(flat, other);
				free(other.bytes);
			}
			for (int level = CPU_PLAIN; level <= CPU_AVX512; level++)
			{
				cpu_set_limit((CpuLevel) level);
				other = flat_of_rows(rows, n, d);
				same_levels = same_levels && are_equal(flat, other);
				free(other.bytes);
			}
			cpu_set_limit(CPU_HIGHEST);
			free(flat.bytes);
			free(rows);
			free(reverse);
		}
		check(same_order, names[kind][0]);
		check(same_parts, names[kind][1]);
		check(same_levels, names[kind][2]);
	}
	check(memory.held == 0, "all memory is given back");
}

/* Integers of 32 bits with a huge offset: nothing is lost, and the variance is that of the rest. */
static void
test_offset(void)
{
	size_t n = 1000;
	double *rows = malloc(n * 2 * sizeof(double));
	double *near = malloc(n * 2 * sizeof(double));
	double a[4];
	double b[4];
	Covariance far_away;
	Covariance at_zero;
	Int128 s = 0;
	Int128 ss = 0;

	for (size_t i = 0; i < n; i++)
	{
		near[2 * i] = (double) (i * 7919 % 1009);
		near[2 * i + 1] = (double) (i % 5);
		rows[2 * i] = near[2 * i] + 2147482600;
		rows[2 * i + 1] = near[2 * i + 1] - 2147483600;
		s += (Int128) near[2 * i];
		ss += (Int128) (near[2 * i] * near[2 * i]);
	}
	far_away = covariance_of_rows(rows, n, 2);
	at_zero = covariance_of_rows(near, n, 2);
	covariance_settle(&far_away, NULL);
	covariance_settle(&at_zero, NULL);
	covariance_matrix(&far_away, NULL, a);
	covariance_matrix(&at_zero, NULL, b);
	check(memcmp(a, b, sizeof(a)) == 0, "an offset of 2^31 changes no bit of a covariance");
	check_close(a[0], (double) (ss * (Int128) n - s * s) / ((double) n * (double) (n - 1)),
				DBL_EPSILON, "which is that of exact integers");
	covariance_free(&far_away);
	covariance_free(&at_zero);
	free(rows);
	free(near);
}

/* 43 bits of the largest value of a column are kept, others of the row do not matter. */
static void
test_accuracy(void)
{
	Rng rng;
	double worst = 0;

	rng_seed(&rng, 3, RNG_STREAM_TEST);
	for (int round = 0; round < 2000; round++)
	{
		double x = ldexp(1 + rng_double(&rng), (int) (rng_double(&rng) * 2000) - 1000);
		double row[] = {x, x * 0.7, 1e300};
		Covariance covariance =
			covariance_of_rows((double[]){x, -DBL_MAX, row[1], 0x1p-1074}, 2, 2);
		double mean[2];

		covariance_settle(&covariance, NULL);
		covariance_mean(&covariance, mean);
		worst = fmax(worst, fabs(mean[0] - (x / 2 + row[1] / 2)) / x);
		covariance_free(&covariance);
	}
	check(worst < 0x1p-42, "a mean is within 2^-42 of the largest value, beside any other column");
	check(worst > 0x1p-50, "and the planes make a difference, so that this was tested");
}

/* The largest numbers and the smallest. */
static void
test_extremes(void)
{
	const double large[] = {DBL_MAX, -DBL_MAX};
	const double fair[] = {1e150, -1e150};
	const double small[] = {0x1p-1074, 0x1p-1022, 0, 0};
	const double half[] = {DBL_MAX, DBL_MAX, DBL_MAX, DBL_MAX / 2};
	Covariance covariance = covariance_of_rows(large, 2, 1);
	double matrix[4];
	double mean[2];
	SdqStatus status;

	covariance_settle(&covariance, NULL);
	covariance_mean(&covariance, mean);
	check(mean[0] == 0, "the mean of the largest number and its negative is 0");
	status = covariance_matrix(&covariance, NULL, matrix);
	check(status.code == SDQ_BAD_DATA && status.detail == COVARIANCE_OVERFLOW,
		  "their variance does not fit a double");
	status = covariance_variances(&covariance, matrix);
	check(status.code == SDQ_BAD_DATA && status.detail == COVARIANCE_OVERFLOW, "nor do variances");
	covariance_free(&covariance);

	covariance = covariance_of_rows(half, 2, 2);
	covariance_settle(&covariance, NULL);
	covariance_mean(&covariance, mean);
	check(mean[0] > 1.7e308 && isfinite(mean[0]),
		  "the mean of the largest numbers does not overflow");
	covariance_free(&covariance);

	covariance = covariance_of_rows(fair, 2, 1);
	covariance_settle(&covariance, NULL);
	check(succeeds(covariance_matrix(&covariance, NULL, matrix)), "1e150 has a variance");
	check_close(matrix[0], 2e300, 1e-12, "of 2e300");
	covariance_free(&covariance);

	covariance = covariance_of_rows(small, 2, 2);
	covariance_settle(&covariance, NULL);
	covariance_mean(&covariance, mean);
	check(mean[1] == 0x1p-1023, "half of the smallest normal number is a mean");
	check(succeeds(covariance_matrix(&covariance, NULL, matrix)) && matrix[0] == 0,
		  "variances below the smallest number are 0");
	covariance_free(&covariance);
}

/* More than 2^62: sums leave 64 bits, by adding and by merging with itself, and stay exact. */
static void
test_wide_sums(void)
{
	const double top = 2097151 * 0x1p-12; /* all bits of a digit */
	size_t n = 256;
	double *rows = malloc(n * 2 * sizeof(double));
	Covariance covariance;
	double matrix[4];
	Flat flat;
	bool merged = true;
	Int128 want;

	for (size_t i = 0; i < n; i++)
		rows[2 * i] = rows[2 * i + 1] = i % 2 == 0 ? top : -top;
	covariance = covariance_of_rows(rows, n, 2);
	/* 2^8 rows doubled 32 times are 2^40, the most there may be; the squares reach 2^82. */
	for (int k = 0; k < 32; k++)
	{
		flat = flatten(&covariance);
		merged = merged && succeeds(merge_flat(&covariance, flat));
		free(flat.bytes);
	}
	check(merged && covariance.n == (uint64_t) 1 << 40, "2^40 rows are united");
	check(covariance.products[0][0].wide != NULL, "their sums are wide");
	want = ((Int128) 2097151 * 2097151) << 40;
	check(covariance_product(&covariance, 0, 0, 0, 1) == want, "and exact");
	covariance_matrix(&covariance, NULL, matrix);
	check_close(matrix[1], top * top, 1e-11, "and give the covariance");
	check(covariance_add(&covariance, rows, 2, NULL).code == SDQ_TOO_LARGE, "one more is refused");
	flat = flatten(&covariance);
	check(merge_flat(&covariance, flat).code == SDQ_TOO_LARGE, "and so are as many more");
	covariance_free(&covariance);
	/* Wide sums move down when a plane is raised. */
	covariance_init(&covariance, &memory);
	covariance_add(&covariance, (double[]){1e9, 1}, 2, NULL);
	covariance.n -= 1;
	check(succeeds(merge_flat(&covariance, flat)), "wide sums are merged below other planes");
	covariance_settle(&covariance, NULL);
	check(covariance_product(&covariance, 1, 1, 0, 0) >= want &&
			  covariance_product(&covariance, 1, 0, 0, 1) >= want,
		  "and move down");
	covariance_free(&covariance);
	free(flat.bytes);
	free(rows);
	check(memory.held == 0, "all memory is given back");
}

/* Rows and values that do not belong. */
static void
test_refusals(void)
{
	Covariance covariance = covariance_of_rows((double[]){1, 2}, 1, 2);
	Flat three = flat_of_rows((double[]){1, 2, 3}, 1, 3);
	SampleMemory tight = sample_malloc_memory(1 << 20);
	Covariance large;
	SdqStatus status;
	double *row;
	Stop stop = {.poll = stop_now};

	status = covariance_add(&covariance, (double[]){1, NAN}, 2, NULL);
	check(status.code == SDQ_BAD_DATA && status.detail == COVARIANCE_NOT_FINITE && status.a == 2,
		  "NaN is refused with its position");
	status = covariance_add(&covariance, (double[]){-INFINITY, 1}, 2, NULL);
	check(status.detail == COVARIANCE_NOT_FINITE && status.a == 1 && status.b == -INFINITY,
		  "so is infinity");
	status = covariance_add(&covariance, (double[]){1, 2, 3}, 3, NULL);
	check(status.detail == COVARIANCE_LENGTH && status.a == 3 && status.b == 2,
		  "a row of another length is refused with both lengths");
	status = merge_flat(&covariance, three);
	check(status.detail == COVARIANCE_LENGTH && status.a == 3, "and so is a value of another one");
	check(covariance.n == 1, "what is refused is not counted");
	covariance_free(&covariance);
	free(three.bytes);

	covariance_init(&covariance, &memory);
	check(covariance_next_row(&covariance, 0, NULL, &row).detail == COVARIANCE_EMPTY,
		  "a row needs a column");
	status = covariance_next_row(&covariance, COVARIANCE_MAX_COLUMNS + 1, NULL, &row);
	check(status.code == SDQ_TOO_LARGE && status.a == COVARIANCE_MAX_COLUMNS + 1,
		  "there are too many columns");
	covariance_free(&covariance);
	covariance_init(&large, &tight);
	status = covariance_next_row(&large, 600, NULL, &row);
	check(status.code == SDQ_OVER_LIMIT && status.a > 600 * 600 * 4 && status.b == 1 << 20,
		  "sums beyond the limit are refused before the first row");
	covariance_free(&large);
	check(tight.held == 0, "and hold no memory");

	covariance = covariance_of_rows((double[]){1, 2}, 1, 2);
	check(covariance_settle(&covariance, &stop).code == SDQ_INTERRUPTED, "settling can be stopped");
	covariance_free(&covariance);
}

/* Every prefix of a flat form is refused, and every change of one byte is refused or gives something
 * that can be read, merged and asked. */
static void
test_lies(void)
{
	Rng rng;
	double rows[5 * 3];
	Flat flat;
	bool refused = true;
	bool sound = true;
	size_t read = 0;

	rng_seed(&rng, 11, RNG_STREAM_TEST);
	for (size_t k = 0; k < 15; k++)
		rows[k] = number_of_kind(&rng, k % 3 == 0 ? 2 : 1);
	flat = flat_of_rows(rows, 5, 3);
	for (size_t size = 0; size < flat.size; size++)
	{
		CovarianceView view;
		unsigned char *copy = malloc(size + 1);

		memcpy(copy, flat.bytes, size);
		refused = refused && covariance_open(copy, size, NULL, &view).code == SDQ_BAD_DATA;
		free(copy);
	}
	check(refused, "every prefix is refused");
	for (size_t at = 4; at < flat.size; at++)
		for (int change = 1; change < 256; change++)
		{
			Flat copy = {malloc(flat.size), flat.size};
			Covariance covariance;

			memcpy(copy.bytes, flat.bytes, flat.size);
			copy.bytes[at] ^= (unsigned char) change;
			covariance_init(&covariance, &memory);
			if (succeeds(merge_flat(&covariance, copy)))
			{
				Flat again = flatten(&covariance);
				double matrix[9];

				read++;
				copy.bytes[0] = copy.bytes[1] = copy.bytes[2] = copy.bytes[3] = 0;
				sound = sound && are_equal(copy, again);
				covariance_mean(&covariance, matrix);
				(void) covariance_matrix(&covariance, NULL, matrix);
				free(again.bytes);
			}
			covariance_free(&covariance);
			free(copy.bytes);
		}
	check(sound, "what is read is written again as it was");
	check(read > 0, "some of it is read");
	free(flat.bytes);
}

int
main(void)
{
	memory = sample_malloc_memory(0);
	test_by_hand();
	test_flat_by_hand();
	test_reference();
	test_digits();
	test_same_bytes();
	test_offset();
	test_accuracy();
	test_extremes();
	test_wide_sums();
	test_refusals();
	test_lies();
	check(memory.held == 0, "all memory is given back");
	return check_done();
}
