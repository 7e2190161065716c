/*
 * lda_test.c
 *		Discriminants by hand, against plain loops, of real digits against scipy and scikit-learn, and of
 *		awkward classes.
 */
#include "check.h"

#include <string.h>
#include <zlib.h>

#include "core/base/rng.h"
#include "core/matrix/cholesky.h"
#include "core/matrix/lda.h"
#include "core/matrix/pca_model.h"
#include "core/matrix/separation.h"
#include "digits.h"
#include "lda.h"
#include "row_stores.h"
#include "stops.h"

#define LABELS_HEADER_BYTES 8

static Arena arena;
static Job job = {.arena = &arena};

static const LdaShrinkage NO_SHRINKAGE = {.value = 0};
static const LdaShrinkage AUTOMATIC = {.automatic = true};

/* A store of n rows of d columns, finished, in a fresh arena. */
static RowStore
fresh_store(const double *rows, size_t n, size_t d)
{
	arena_free(&arena);
	return store_of_rows(&job, rows, n, d);
}

/* All rows of the store, with such labels. */
static ClassRows
all_rows(const RowStore *store, const int32_t *label, size_t n_classes)
{
	return (ClassRows){.rows = store, .label = label, .n_classes = n_classes, .n = store->n};
}

/* The largest departure of got[n] from want[n], relative to the largest of want. */
static double
departure(const double *got, const double *want, size_t n)
{
	double worst = 0;
	double scale = 0;

	for (size_t i = 0; i < n; i++)
	{
		double off = fabs(got[i] - want[i]);

		worst = off > worst || isnan(off) ? off : worst;
		scale = fmax(scale, fabs(want[i]));
	}
	return worst / (scale > 0 ? scale : 1);
}

/* ---------- by hand ---------- */

/*
 * Two squares with the side 2 x 20, the second 4 to the right. The scatter of each is 4 along x and 400 along y, so
 * that S = (8, 800) / 8 = (1, 100). The means (1, 10) and (5, 10) lie 2 on either side of (3, 10): B = (4, 0).
 * Hence l = 4 and v = (1, 0). With s = 1/2 and t = 50.5, S' = (25.75, 75.25), l = 4 / 25.75.
 */
static void
test_by_hand(void)
{
	static const double rows[] = {0, 0, 2, 0, 0, 20, 2, 20, 4, 0, 6, 0, 4, 20, 6, 20};
	static const int32_t label[] = {0, 0, 0, 0, 1, 1, 1, 1};
	RowStore store = fresh_store(rows, 8, 2);
	ClassRows classes = all_rows(&store, label, 2);
	LdaShrinkage half = {.value = 0.5};
	LdaShrinkage full = {.value = 1};
	double scores[8];
	Lda lda;

	check(!sdq_failed(lda_fit(&job, &classes, 1, &NO_SHRINKAGE, &lda)) && lda.q == 1,
		  "two squares have one discriminant");
	check_close(lda.value[0], 4, 1e-14, "its value is 4");
	check_close(lda.ratio[0], 1, 1e-14, "which is all there is");
	check_close(lda.components[0], 1, 1e-14, "along x the rows of a class have the variance 1");
	check_close(lda.components[1], 0, 1e-14, "y does not matter");
	check(lda.class_mean[0] == 1 && lda.class_mean[1] == 10 && lda.class_mean[2] == 5 &&
			  lda.class_mean[3] == 10,
		  "the means are (1, 10) and (5, 10)");
	check(lda.mean[0] == 3 && lda.mean[1] == 10, "that of all rows is (3, 10)");
	check(lda.count[0] == 4 && lda.count[1] == 4, "four rows each");
	lda_scores(&job, &store, &lda, scores);
	check_close(scores[0], -3, 1e-14, "the first row lies 3 left of the mean");
	check_close(scores[7], 3, 1e-14, "the last 3 to the right");
	pca_model_scores(&(PcaModel){.d = 2, .q = 1, .mean = lda.mean, .components = lda.components},
					 (double[]){2, 20}, scores);
	check_close(scores[0], -1, 1e-14, "a row alone has the same score");

	lda_fit(&job, &classes, 5, &half, &lda);
	check(lda.q == 1, "two classes have no second discriminant, though five are asked for");
	check_close(lda.value[0], 4 / 25.75, 1e-14, "s = 1/2: 4 / 25.75");
	check_close(lda.components[0], 1 / sqrt(25.75), 1e-14, "s = 1/2: 1 / sqrt 25.75");
	check(lda.shrinkage == 0.5, "and says so");
	lda_fit(&job, &classes, 1, &full, &lda);
	check_close(lda.value[0], 4 / 50.5, 1e-14, "s = 1: S' = t I");
}

/*
 * Two squares of side 2, the second 4 to the right: S = 8 / (8 - 2) = 4/3 in both directions, delta = (4, 0),
 * D^2 = 16 x 3/4 = 12, v = S^-1 delta / D = (3, 0) / sqrt 12. Unbiased: (8 - 2 - 3)/6 x 12 - 2 x 1/2 = 5.
 * t2 = 16/8 x 12 = 24, f = 24 x 5 / (2 x 6) = 10 with 2 and 5 degrees of freedom, and P(F(2, m) >= f) =
 * (1 + 2 f/m)^(-m/2) = 5^-2.5.
 */
static void
test_separation_by_hand(void)
{
	static const double rows[] = {0, 0, 2, 0, 0, 2, 2, 2, 4, 0, 6, 0, 4, 2, 6, 2};
	static const int32_t label[] = {0, 0, 0, 0, 1, 1, 1, 1};
	static const int32_t other_label[] = {1, 1, 1, 1, 0, 0, 0, 0};
	RowStore store = fresh_store(rows, 8, 2);
	ClassRows classes = all_rows(&store, label, 2);
	Separation s;

	check(!sdq_failed(separation(&job, &classes, &NO_SHRINKAGE, &s)), "two squares are separated");
	check_close(s.mahalanobis2, 12, 1e-14, "D^2 = 12");
	check_close(s.direction[0], 3 / sqrt(12), 1e-14, "along x, towards the second");
	check_close(s.direction[1], 0, 1e-14, "not along y");
	check_close(s.auc, 0.5 * erfc(-sqrt(3)), 1e-14, "AUC = Phi(sqrt 6)");
	check_close(s.auc_corrected, 0.5 * erfc(-sqrt(5) / 2), 1e-14, "corrected: Phi(sqrt 2.5)");
	check_close(s.t2, 24, 1e-14, "T^2 = 24");
	check_close(s.f, 10, 1e-14, "F = 10");
	check(s.df_1 == 2 && s.df_2 == 5, "with 2 and 5 degrees of freedom");
	check_close(s.p.p, pow(5, -2.5), 1e-13, "p = 5^-2.5");
	check(s.n_x == 4 && s.n_y == 4, "four rows on each side");
	check(isnan(s.auc_cross_validated), "a half has no scatter along x, so nothing is validated");
	classes.label = other_label;
	separation(&job, &classes, &NO_SHRINKAGE, &s);
	check_close(s.direction[0], -3 / sqrt(12), 1e-14,
				"with x and y changed it points the other way");

	/*
	 * Rows come in equal pairs, one for each half: x = 0, 2 and y = 2, 6 in both. Of the four pairs (x, y), y is larger
	 * in three, and 2 against 2 is a tie: 3.5 / 4.
	 */
	store = fresh_store((double[]){0, 0, 2, 2, 2, 2, 6, 6}, 8, 1);
	classes = all_rows(&store, (int32_t[]){0, 0, 0, 0, 1, 1, 1, 1}, 2);
	separation(&job, &classes, &NO_SHRINKAGE, &s);
	check(s.auc_cross_validated == 3.5 / 4, "cross-validated by hand: 3.5 / 4");
	store = fresh_store((double[]){0, 1, 1, 0, 0.1, 1.1, 1.1, 0.1}, 8, 1);
	classes = all_rows(&store, (int32_t[]){0, 0, 1, 1, 0, 0, 1, 1}, 2);
	separation(&job, &classes, &NO_SHRINKAGE, &s);
	check(s.mahalanobis2 < 1e-28, "equal means lie at no distance");
	check_close(s.p.p, 1, 1e-12, "so that p = 1");
	check_close(s.auc_corrected, 0.5, 1e-12, "and nothing is corrected to below 1/2");
}

/* ---------- against plain loops ---------- */

/* inverse = a^-1 of a[d][d] by Gauss and Jordan with pivots; a is destroyed. */
static void
invert(double *a, double *inverse, size_t d)
{
	for (size_t i = 0; i < d * d; i++)
		inverse[i] = i / d == i % d ? 1 : 0;
	for (size_t k = 0; k < d; k++)
	{
		size_t pivot = k;

		for (size_t i = k; i < d; i++)
			if (fabs(a[i * d + k]) > fabs(a[pivot * d + k]))
				pivot = i;
		for (size_t j = 0; j < d; j++)
		{
			double swap = a[k * d + j];

			a[k * d + j] = a[pivot * d + j];
			a[pivot * d + j] = swap;
			swap = inverse[k * d + j];
			inverse[k * d + j] = inverse[pivot * d + j];
			inverse[pivot * d + j] = swap;
		}
		for (size_t i = 0; i < d; i++)
		{
			double factor = i == k ? 1 - 1 / a[k * d + k] : a[i * d + k] / a[k * d + k];

			for (size_t j = 0; j < d; j++)
			{
				a[i * d + j] -= factor * a[k * d + j];
				inverse[i * d + j] -= factor * inverse[k * d + j];
			}
		}
	}
}

/* S' and B of rows[n][d], by their definitions. */
static void
define(const double *rows, const int32_t *label, size_t n, size_t d, size_t n_classes, double s,
	   double *within, double *between)
{
	double *mean = calloc((n_classes + 1) * d, sizeof(double));
	double *count = calloc(n_classes + 1, sizeof(double));
	double trace = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j <= d; j++)
		{
			if (j == d)
				count[label[i]]++;
			else
			{
				mean[(size_t) label[i] * d + j] += rows[i * d + j];
				mean[n_classes * d + j] += rows[i * d + j] / (double) n;
			}
		}
	for (size_t c = 0; c < n_classes; c++)
		for (size_t j = 0; j < d && count[c] > 0; j++)
			mean[c * d + j] /= count[c];
	for (size_t v = 0; v < d * d; v++)
	{
		size_t j = v / d;
		size_t k = v % d;

		within[v] = between[v] = 0;
		for (size_t i = 0; i < n; i++)
		{
			const double *m = mean + (size_t) label[i] * d;

			within[v] += (rows[i * d + j] - m[j]) * (rows[i * d + k] - m[k]) / (double) n;
		}
		for (size_t c = 0; c < n_classes; c++)
			between[v] += count[c] / (double) n * (mean[c * d + j] - mean[n_classes * d + j]) *
						  (mean[c * d + k] - mean[n_classes * d + k]);
		trace += j == k ? within[v] : 0;
	}
	for (size_t v = 0; v < d * d; v++)
		within[v] = (1 - s) * within[v] + (v / d == v % d ? s * trace / (double) d : 0);
	free(mean);
	free(count);
}

/* x' a y. */
static double
form(const double *x, const double *a, const double *y, size_t d)
{
	double sum = 0;

	for (size_t v = 0; v < d * d; v++)
		sum += x[v / d] * a[v] * y[v % d];
	return sum;
}

/* Random rows of random classes: do the discriminants do what their definition says? */
static void
check_definition(size_t n, size_t d, size_t n_classes, double s, const char *name)
{
	double *rows = malloc(n * d * sizeof(double));
	int32_t *label = malloc(n * sizeof(int32_t));
	double *within = malloc(4 * d * d * sizeof(double));
	double *between = within + d * d;
	double *copy = between + d * d;
	double *inverse = copy + d * d;
	LdaShrinkage shrinkage = {.value = s};
	double worst = 0;
	double sum = 0;
	double trace = 0;
	RowStore store;
	ClassRows classes;
	Lda lda;
	Rng rng;

	rng_seed(&rng, n + d, RNG_STREAM_TEST);
	for (size_t i = 0; i < n; i++)
	{
		label[i] = (int32_t) (i * 7 % n_classes);
		for (size_t j = 0; j < d; j++)
			rows[i * d + j] = 1000 + rng_normal(&rng) * (double) (1 + j % 5) +
							  (double) ((size_t) label[i] * (j + 1) % n_classes);
	}
	store = fresh_store(rows, n, d);
	classes = all_rows(&store, label, n_classes);
	define(rows, label, n, d, n_classes, s, within, between);
	memcpy(copy, within, d * d * sizeof(double));
	invert(copy, inverse, d);
	check(!sdq_failed(lda_fit(&job, &classes, d, &shrinkage, &lda)), name);
	check(lda.q == (d < n_classes ? d : n_classes - 1), "all discriminants are found");
	for (size_t k = 0; k < lda.q; k++)
	{
		const double *v = lda.components + k * d;

		for (size_t l = 0; l <= k; l++)
			worst = fmax(worst, fabs(form(v, within, lda.components + l * d, d) - (k == l)));
		for (size_t l = 0; l <= k; l++)
			worst = fmax(worst, fabs(form(v, between, lda.components + l * d, d) -
									 (k == l ? lda.value[k] : 0)));
		worst = fmax(worst, k > 0 && lda.value[k] > lda.value[k - 1]);
		sum += lda.value[k];
	}
	check_close(worst, 0, 1e-9, "they diagonalise both matrices, v' S' v = 1, v' B v = l");
	/* tr(S'^-1 B) is the sum of all l, so none is missing. */
	for (size_t v = 0; v < d * d; v++)
		trace += inverse[v] * between[v];
	check_close(sum, trace, 1e-9, "and together hold all of tr(S'^-1 B)");
	free(rows);
	free(label);
	free(within);
}

/* Cholesky's pieces alone, at sizes around those of blocks. */
static void
test_cholesky(void)
{
	static const size_t sizes[] = {1, 2, 63, 64, 65, 129, 200};

	for (size_t t = 0; t < sizeof(sizes) / sizeof(sizes[0]); t++)
	{
		size_t n = sizes[t];
		double *a = malloc(5 * n * n * sizeof(double));
		double *l = a + n * n;
		double *copy = l + n * n;
		double *inverse = copy + n * n;
		double *b = inverse + n * n;
		double *scratch = malloc(n * CHOLESKY_TRACE_COLUMNS * sizeof(double));
		double worst = 0;
		double trace = 0;
		double got;
		Rng rng;

		rng_seed(&rng, n, RNG_STREAM_TEST);
		for (size_t i = 0; i < n * n; i++)
			b[i] = rng_normal(&rng);
		for (size_t v = 0; v < n * n; v++)
		{
			a[v] = v / n == v % n ? 0.1 * (double) n : 0;
			for (size_t k = 0; k < n; k++)
				a[v] += b[v / n * n + k] * b[v % n * n + k];
		}
		memcpy(l, a, n * n * sizeof(double));
		memcpy(copy, a, n * n * sizeof(double));
		invert(copy, inverse, n);
		check(!sdq_failed(cholesky_factor(&job, l, n, scratch)), "a definite matrix has a factor");
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j <= i; j++)
			{
				double sum = -a[i * n + j];

				for (size_t k = 0; k <= j; k++)
					sum += l[i * n + k] * l[j * n + k];
				worst = fmax(worst, fabs(sum) / (double) n);
			}
		check_close(worst, 0, 1e-13, "whose product is the matrix");
		for (size_t v = 0; v < n * n; v++)
			b[v] = v / n == v % n ? 1 : 0;
		cholesky_forward(&job, l, n, n, b, n, n);
		cholesky_backward(&job, l, n, n, b, n, n);
		check_close(departure(b, inverse, n * n), 0, 1e-11, "both systems together invert it");
		for (size_t i = 0; i < n; i++)
			trace += inverse[i * n + i];
		cholesky_inverse_trace(&job, l, n, scratch, &got);
		check_close(got, trace, 1e-11, "and the trace of the inverse agrees");
		free(a);
		free(scratch);
	}
}

/* ---------- real digits ---------- */

/* The first n labels of a file in data/. */
static bool
read_labels(const char *name, int32_t *label, size_t n)
{
	unsigned char bytes[LABELS_HEADER_BYTES];
	char path[200];
	gzFile file;
	bool complete;

	snprintf(path, sizeof(path), "data/%s", name);
	file = gzopen(path, "rb");
	if (file == NULL)
		return false;
	complete = gzread(file, bytes, sizeof(bytes)) == (int) sizeof(bytes);
	for (size_t i = 0; i < n && complete; i++)
	{
		complete = gzread(file, bytes, 1) == 1;
		label[i] = bytes[0];
	}
	gzclose(file);
	return complete;
}

#define BLOCK_COLUMNS 25

/* Sums of 4 x 4 pixels of the inner 20 x 20 of each image, in a store of the same arena. */
static RowStore
make_blocks(const RowStore *images)
{
	RowStore store;
	double image[DIGIT_PIXELS];

	row_store_init(&store, &arena);
	for (size_t i = 0; i < images->n; i++)
	{
		double row[BLOCK_COLUMNS] = {0};

		row_store_read_exact(images, i, image);
		for (size_t y = 4; y < 24; y++)
			for (size_t x = 4; x < 24; x++)
				row[(y - 4) / 4 * 5 + (x - 4) / 4] += image[y * 28 + x];
		row_store_append(&store, row, BLOCK_COLUMNS);
	}
	row_store_finish(&store, &job, NULL);
	return store;
}

typedef struct DigitsReference
{
	const char *name;
	LdaShrinkage shrinkage;
	const double *used;
	const double *value;
	const double *component;
	const double *scores;
} DigitsReference;

/* Ten classes of 2,000 images. */
static void
check_digits(const RowStore *store, const int32_t *label, const DigitsReference *want)
{
	ClassRows classes = all_rows(store, label, 10);
	double *scores = malloc(LDA_REFERENCE_ROWS * 9 * sizeof(double));
	double total = 0;
	Lda lda;

	check(!sdq_failed(lda_fit(&job, &classes, 9, &want->shrinkage, &lda)) && lda.q == 9,
		  want->name);
	check_close(lda.shrinkage, want->used[0], 1e-8, "shrinkage agrees with scikit-learn");
	check_close(departure(lda.value, want->value, 9), 0, 1e-9, "values agree with scipy");
	check_close(departure(lda.components, want->component, store->d), 0, 1e-7,
				"the first component agrees, sign included");
	for (size_t k = 0; k < 9; k++)
		total += want->value[k];
	for (size_t k = 0; k < 9; k++)
		check_close(lda.ratio[k], want->value[k] / total, 1e-9, "so do the shares");
	lda_scores(&job, store, &lda, scores);
	check_close(departure(scores, want->scores, 9 * LDA_REFERENCE_SCORES), 0, 1e-6,
				"and the first scores");
	free(scores);
}

static void
test_digits(void)
{
	static int32_t label[LDA_REFERENCE_ROWS];
	RowStore images = new_store(&arena);
	RowStore blocks;

	check(digits_append(&images, "mnist-t10k-images-idx3-ubyte.gz", LDA_REFERENCE_ROWS) &&
			  read_labels("mnist-t10k-labels-idx1-ubyte.gz", label, LDA_REFERENCE_ROWS),
		  "the digits can be read");
	row_store_finish(&images, &job, NULL);
	blocks = make_blocks(&images);
	check_digits(&images, label,
				 &(DigitsReference){"all pixels, s = 0.001",
									{.value = 0.001},
									lda_pixels_shrinkage,
									lda_pixels_value,
									lda_pixels_first_component,
									lda_pixels_scores});
	check_digits(&images, label,
				 &(DigitsReference){"all pixels, automatic shrinkage", AUTOMATIC,
									lda_automatic_shrinkage, lda_automatic_value,
									lda_automatic_first_component, lda_automatic_scores});
	check_digits(&blocks, label,
				 &(DigitsReference){"blocks of pixels, no shrinkage", NO_SHRINKAGE,
									lda_blocks_shrinkage, lda_blocks_value,
									lda_blocks_first_component, lda_blocks_scores});
}

/* Order of the measures in the reference. */
static void
check_separation(const RowStore *store, const int32_t *label, const LdaShrinkage *shrinkage,
				 const double *want, const double *direction, const char *name)
{
	ClassRows classes = all_rows(store, label, 2);
	Separation s;

	check(!sdq_failed(separation(&job, &classes, shrinkage, &s)), name);
	check_close(s.shrinkage, want[0], 1e-8, "shrinkage");
	check_close(s.mahalanobis2, want[1], 1e-9, "D^2");
	check_close(s.auc, want[2], 1e-10, "AUC");
	check_close(s.auc_corrected, want[3], 1e-9, "AUC without what chance adds");
	check_close(s.auc_cross_validated, want[4], 1e-12, "cross-validated AUC");
	check_close(s.t2, want[5], 1e-9, "T^2");
	check_close(s.f, want[6], 1e-9, "F");
	check(s.df_1 == want[7] && s.df_2 == want[8], "degrees of freedom");
	check_close(s.p.log10_p, want[9], 1e-7, "p");
	check_close(departure(s.direction, direction, store->d), 0, 1e-7, "the direction");
}

static void
test_digits_separation(void)
{
	static int32_t label[LDA_REFERENCE_REAL + LDA_REFERENCE_FAKE];
	RowStore images = new_store(&arena);
	RowStore blocks;

	check(digits_append(&images, "mnist-t10k-images-idx3-ubyte.gz", LDA_REFERENCE_REAL) &&
			  digits_append(&images, "mnist-dcgan-e25-images-idx3-ubyte.gz", LDA_REFERENCE_FAKE),
		  "real and generated digits can be read");
	for (size_t i = LDA_REFERENCE_REAL; i < LDA_REFERENCE_REAL + LDA_REFERENCE_FAKE; i++)
		label[i] = 1;
	row_store_finish(&images, &job, NULL);
	blocks = make_blocks(&images);
	check_separation(&images, label, &(LdaShrinkage){.value = 0.001}, lda_two_pixels,
					 lda_two_pixels_direction, "real against generated, s = 0.001");
	check_separation(&images, label, &AUTOMATIC, lda_two_automatic, lda_two_automatic_direction,
					 "real against generated, automatic shrinkage");
	check_separation(&blocks, label, &NO_SHRINKAGE, lda_two_blocks, lda_two_blocks_direction,
					 "blocks of pixels, no shrinkage");
}

/* ---------- awkward ---------- */

static void
test_awkward(void)
{
	LdaShrinkage little = {.value = 1e-3};
	double row[30];
	static int32_t label[60];
	RowStore store;
	ClassRows classes;
	SdqStatus status;
	Lda lda;
	Separation s;
	Rng rng;

	/* Constant columns, one of them at a value that no double hits. */
	store = fresh_store((double[]){0.1, 0, 5, 0.1, 1, 5, 0.1, 2, 5, 0.1, 5, 5}, 4, 3);
	classes = all_rows(&store, (int32_t[]){0, 0, 1, 1}, 2);
	status = lda_fit(&job, &classes, 1, &NO_SHRINKAGE, &lda);
	check(status.code == SDQ_BAD_DATA && status.detail == LDA_SINGULAR && status.row == 0,
		  "a constant column is an error that names it, without shrinkage");
	check(!sdq_failed(lda_fit(&job, &classes, 1, &little, &lda)) && lda.components[0] == 0 &&
			  lda.components[2] == 0 && lda.components[1] > 0,
		  "with shrinkage it has the loading 0");
	separation(&job, &classes, &little, &s);
	check(s.df_1 == 1 && s.df_2 == 2, "and is not counted as a degree of freedom");
	check(!sdq_failed(lda_fit(&job, &classes, 1, &AUTOMATIC, &lda)) && lda.shrinkage > 0,
		  "automatic shrinkage copes with it");

	/* The third column is the sum of the others. */
	store = fresh_store((double[]){0, 1, 1, 1, 3, 4, 4, 0, 4, 2, 2, 4, 7, 1, 8, 5, 5, 10}, 6, 3);
	classes = all_rows(&store, (int32_t[]){0, 0, 0, 1, 1, 1}, 2);
	status = lda_fit(&job, &classes, 1, &NO_SHRINKAGE, &lda);
	check(status.code == SDQ_BAD_DATA && status.detail == LDA_SINGULAR && status.row == 2,
		  "so is a column that others determine");

	/* One class, no class, empty classes. */
	classes.label = (int32_t[]){1, 1, 1, 1, 1, 1};
	status = lda_fit(&job, &classes, 1, &little, &lda);
	check(status.code == SDQ_BAD_DATA && status.detail == LDA_CLASSES && status.a == 1,
		  "one class is an error");
	status = separation(&job, &classes, &little, &s);
	check(status.code == SDQ_BAD_DATA && status.detail == LDA_CLASSES, "for two groups as well");
	classes.label = (int32_t[]){0, 0, 0, 3, 3, 3};
	classes.n_classes = 5;
	check(!sdq_failed(lda_fit(&job, &classes, 4, &little, &lda)) && lda.q == 1 &&
			  lda.count[1] == 0 && lda.count[3] == 3,
		  "classes without rows do not count");
	check(lda_fit(&job, &classes, 0, &little, &lda).code == SDQ_BAD_ARGUMENT,
		  "no discriminant is no number of them");

	/* All rows of each class equal. */
	store = fresh_store((double[]){1, 2, 1, 2, 3, 4, 3, 4}, 4, 2);
	classes = all_rows(&store, (int32_t[]){0, 0, 1, 1}, 2);
	status = lda_fit(&job, &classes, 1, &little, &lda);
	check(status.code == SDQ_BAD_DATA && status.detail == LDA_NO_SCATTER,
		  "classes without scatter are an error");
	store = fresh_store((double[]){1, 2}, 2, 1);
	classes = all_rows(&store, (int32_t[]){0, 1}, 2);
	status = separation(&job, &classes, &little, &s);
	check(status.code == SDQ_BAD_DATA && status.detail == LDA_NO_SCATTER, "as are two single rows");

	/* Equal means: nothing to discriminate. All rows equal. */
	store = fresh_store((double[]){-1, 1, 1, -1, -1, 1, 1, -1, 2, 2, -2, -2}, 6, 2);
	classes = all_rows(&store, (int32_t[]){0, 0, 1, 1, 1, 1}, 2);
	check(!sdq_failed(lda_fit(&job, &classes, 1, &little, &lda)) && lda.q == 0,
		  "classes with equal means have no discriminant");
	check(!sdq_failed(lda_scores(&job, &store, &lda, NULL)), "and no scores");
	separation(&job, &classes, &little, &s);
	check(s.mahalanobis2 == 0 && s.direction[0] == 0 && s.auc == 0.5 && s.p.p == 1,
		  "nor are they apart");

	/* One row in a class; 30 columns and 12 rows; copies of rows. */
	rng_seed(&rng, 9, RNG_STREAM_TEST);
	for (int copies = 1; copies <= 5; copies += 4)
	{
		store = new_store(&arena);
		for (int i = 0; i < 12; i++)
		{
			for (int j = 0; j < 30; j++)
				row[j] = rng_normal(&rng) + (i == 11 ? 3 : 0);
			for (int copy = 0; copy < copies; copy++)
			{
				label[store.n] = i == 11 ? 2 : i % 2;
				row_store_append(&store, row, 30);
			}
		}
		row_store_finish(&store, &job, NULL);
		classes = all_rows(&store, label, 3);
		check(!sdq_failed(lda_fit(&job, &classes, 5, &little, &lda)) && lda.q == 2 &&
				  lda.count[2] == copies,
			  "more columns than rows, and a class of one distinct row");
		check(lda_fit(&job, &classes, 5, &NO_SHRINKAGE, &lda).detail == LDA_SINGULAR,
			  "which needs shrinkage");
	}
	for (size_t i = 0; i < store.n; i++)
		label[i] %= 2;
	classes.n_classes = 2;
	check(!sdq_failed(separation(&job, &classes, &little, &s)) && s.df_1 == 30 && s.df_2 == 29,
		  "60 rows of 30 columns, in copies of five");
	/* 12 distinct rows leave every half singular without shrinkage, but not with it. */
	check(s.auc_cross_validated > 0.5, "copies in both halves deceive the cross-validation");

	/* One row against many: nothing to validate; scale does not matter. */
	store = fresh_store((double[]){1e300, 2e300, 4e300, 9e300}, 4, 1);
	classes = all_rows(&store, (int32_t[]){0, 0, 0, 1}, 2);
	check(!sdq_failed(separation(&job, &classes, &NO_SHRINKAGE, &s)) &&
			  isnan(s.auc_cross_validated),
		  "a class of one row cannot be dealt to two halves");
	/* Mean 7/3, scatter 42/9, S = 42/18; (20/3)^2 / S = 800/42. */
	check_close(s.mahalanobis2, 800.0 / 42, 1e-13, "values of 1e300 are no difficulty");
}

/* ---------- threads, memory, cancel ---------- */

#define THREAD_ROWS    1500
#define THREAD_COLUMNS 200
#define THREAD_CLASSES 7

/* Same bits for any number of threads, whatever the order of arrival. */
static void
test_threads(void)
{
	static const int threads[] = {1, 2, 3, 7};
	static size_t order[THREAD_ROWS];
	static int32_t label[THREAD_ROWS];
	static int32_t group[THREAD_ROWS];
	static double components[(THREAD_CLASSES - 1) * THREAD_COLUMNS];
	Separation first = {.n_x = 0};
	double direction[THREAD_COLUMNS];
	bool same = true;

	for (int t = 0; t < 4; t++)
	{
		RowStore store = new_store(&arena);
		Job threaded = {.arena = &arena};
		double row[THREAD_COLUMNS];
		ClassRows classes;
		Lda lda;
		Separation s;

		pool_create(&threaded.pool, threads[t], NULL);
		for (size_t arrival = 0; arrival < THREAD_ROWS; arrival++)
		{
			size_t i = t >= 2 ? (arrival * 7 + 3) % THREAD_ROWS : arrival;
			Rng rng;

			rng_seed(&rng, i, RNG_STREAM_TEST);
			label[i] = (int32_t) (i % THREAD_CLASSES);
			group[i] = i % 3 == 0;
			for (size_t j = 0; j < THREAD_COLUMNS; j++)
				row[j] =
					rng_normal(&rng) * (double) (j % 10) + (double) (i % THREAD_CLASSES * j % 4);
			order[i] = arrival;
			row_store_append(&store, row, THREAD_COLUMNS);
		}
		row_store_finish(&store, &threaded, order);
		classes = all_rows(&store, label, THREAD_CLASSES);
		lda_fit(&threaded, &classes, THREAD_CLASSES, &AUTOMATIC, &lda);
		classes = all_rows(&store, group, 2);
		separation(&threaded, &classes, &(LdaShrinkage){.value = 0.01}, &s);
		if (t == 0)
		{
			memcpy(components, lda.components, sizeof(components));
			memcpy(direction, s.direction, sizeof(direction));
			first = s;
		}
		same &= lda.q == THREAD_CLASSES - 1 &&
				memcmp(components, lda.components, sizeof(components)) == 0;
		same &= memcmp(direction, s.direction, sizeof(direction)) == 0 &&
				s.auc_cross_validated == first.auc_cross_validated &&
				s.auc_corrected == first.auc_corrected && s.p.log10_p == first.p.log10_p;
		pool_destroy(threaded.pool);
	}
	check(same, "results have the same bits for any threads and order of arrival");
}

/* A limit of memory is met before the work, a request to stop at every question. */
static void
test_limits(void)
{
	double *rows = malloc(400 * 150 * sizeof(double));
	static int32_t label[400];
	RowStore store;
	ClassRows classes;
	SdqStatus status;
	Lda lda;
	Separation s;
	Rng rng;
	bool stopped = true;
	bool obeyed = true;
	int questions = 1;

	rng_seed(&rng, 11, RNG_STREAM_TEST);
	for (size_t i = 0; i < 400 * 150; i++)
		rows[i] = rng_normal(&rng);
	for (size_t i = 0; i < 400; i++)
		label[i] = (int32_t) (i % 2);
	store = fresh_store(rows, 400, 150);
	classes = all_rows(&store, label, 2);
	arena.limit = arena.held + 150 * 150 * sizeof(double);
	status = lda_fit(&job, &classes, 1, &NO_SHRINKAGE, &lda);
	check(status.code == SDQ_OVER_LIMIT && status.a > status.b,
		  "memory beyond the limit is refused");
	status = separation(&job, &classes, &NO_SHRINKAGE, &s);
	check(status.code == SDQ_OVER_LIMIT, "for two groups, too");
	arena.limit = 0;

	for (; stopped && questions < 10000; questions += 3)
	{
		int left = questions;
		Stop stop = {.poll = stop_countdown, .context = &left};
		Job cancelled = {.arena = &arena, .stop = &stop};
		ArenaMark mark = arena_mark(&arena);

		pool_create(&cancelled.pool, 2, &stop);
		status = lda_fit(&cancelled, &classes, 1, &AUTOMATIC, &lda);
		if (!sdq_failed(status))
			status = separation(&cancelled, &classes, &AUTOMATIC, &s);
		stopped = status.code == SDQ_INTERRUPTED;
		obeyed &= stopped || !sdq_failed(status);
		pool_destroy(cancelled.pool);
		arena_release(&arena, mark);
	}
	check(obeyed, "a request to stop is obeyed");
	check(questions > 100 && !stopped, "and is asked for often");
	free(rows);
}

int
main(void)
{
	arena_init(&arena, arena_malloc_source(), 0);
	pool_create(&job.pool, 2, NULL);
	test_by_hand();
	test_separation_by_hand();
	check_definition(60, 5, 3, 0, "three classes of five columns");
	check_definition(200, 20, 6, 0.05, "six classes of 20 columns, s = 0.05");
	check_definition(300, 4, 40, 0, "more classes than columns");
	check_definition(100, 140, 5, 0.2, "more columns than rows");
	check_definition(50, 1, 3, 0, "one column");
	test_cholesky();
	test_digits();
	test_digits_separation();
	test_awkward();
	test_threads();
	test_limits();
	pool_destroy(job.pool);
	arena_free(&arena);
	return check_done();
}
