/*
 * kmeans_score_test.c
 *		The inner loops of k-means against the definition on all instruction sets, and the error
 *		bounds of scores against distances in double.
 */
#include "core/matrix/kmeans_score.h"

#include <string.h>

#include "check.h"
#include "core/base/cpu.h"
#include "core/base/rng.h"
#include "core/matrix/distance.h"
#include "row_stores.h"

static Arena arena;
static Job job = {.arena = &arena};

static const char *const level_names[] = {"plain", "avx2", "avx512", "avx512_vnni"};

/* Products of KERNEL_ROWS rows of bytes with one and two panels. Values are random, or the extremes. */
static bool
byte_products_agree(size_t groups, bool extreme, Rng *rng)
{
	size_t d = groups * BYTE_GROUP;
	int8_t *rows = malloc(KERNEL_ROWS * d);
	uint8_t *panels = malloc(2 * PANEL_CENTERS * d);
	const int8_t *pointers[KERNEL_ROWS];
	int32_t products[KERNEL_ROWS * 2 * PANEL_CENTERS];
	bool agrees = true;

	for (size_t i = 0; i < KERNEL_ROWS * d; i++)
		rows[i] = extreme ? (i / d % 2 == 0 ? INT8_MIN : INT8_MAX) : (int8_t) rng_u64(rng);
	for (size_t i = 0; i < 2 * PANEL_CENTERS * d; i++)
		panels[i] = extreme ? UINT8_MAX : (uint8_t) rng_u64(rng);
	/* Any order, and one row twice. */
	for (size_t r = 0; r < KERNEL_ROWS; r++)
		pointers[r] = rows + (r == 3 ? 2 : KERNEL_ROWS - 1 - r) * d;
	for (size_t n = 1; n <= 2; n++)
	{
		byte_panel_products(pointers, groups, panels, n, products);
		for (size_t r = 0; r < KERNEL_ROWS; r++)
			for (size_t p = 0; p < n; p++)
				for (size_t c = 0; c < PANEL_CENTERS; c++)
				{
					int64_t want = 0;

					for (size_t j = 0; j < d; j++)
						want += pointers[r][j] *
								panels[((p * groups + j / BYTE_GROUP) * PANEL_CENTERS + c) *
										   BYTE_GROUP +
									   j % BYTE_GROUP];
					agrees &= products[(r * n + p) * PANEL_CENTERS + c] == want;
				}
	}
	free(rows);
	free(panels);
	return agrees;
}

/* Products of floats within their rounding; small integers exactly. */
static bool
float_products_agree(size_t d, bool integers, Rng *rng)
{
	float *rows = malloc(KERNEL_ROWS * d * sizeof(float));
	float *panel = malloc(PANEL_CENTERS * d * sizeof(float));
	const float *pointers[KERNEL_ROWS];
	float products[KERNEL_ROWS][PANEL_CENTERS];
	bool agrees = true;

	for (size_t i = 0; i < KERNEL_ROWS * d; i++)
		rows[i] = (float) (integers ? (double) rng_below(rng, 16) : rng_normal(rng));
	for (size_t i = 0; i < PANEL_CENTERS * d; i++)
		panel[i] = (float) (integers ? (double) rng_below(rng, 16) : rng_normal(rng));
	for (size_t r = 0; r < KERNEL_ROWS; r++)
		pointers[r] = rows + (KERNEL_ROWS - 1 - r) * d;
	float_panel_products(pointers, d, panel, products[0]);
	for (size_t r = 0; r < KERNEL_ROWS; r++)
		for (size_t c = 0; c < PANEL_CENTERS; c++)
		{
			double want = 0;
			double magnitude = 0;

			for (size_t j = 0; j < d; j++)
			{
				want += (double) pointers[r][j] * panel[j * PANEL_CENTERS + c];
				magnitude += fabs((double) pointers[r][j] * panel[j * PANEL_CENTERS + c]);
			}
			agrees &= fabs((double) products[r][c] - want) <=
					  (integers ? 0 : 0x1.0p-23 * (double) d * magnitude);
		}
	free(rows);
	free(panel);
	return agrees;
}

/* Sums of rows have the bits of the plain loop. */
static bool
sums_agree(size_t columns, Rng *rng)
{
	double *want = malloc(columns * sizeof(double));
	double *got = malloc(columns * sizeof(double));
	int8_t *bytes = malloc(columns);
	float *floats = malloc(columns * sizeof(float));
	bool agrees;

	for (size_t j = 0; j < columns; j++)
	{
		got[j] = want[j] = rng_normal(rng);
		bytes[j] = (int8_t) rng_u64(rng);
		floats[j] = (float) rng_normal(rng);
		want[j] += bytes[j] + BYTE_SHIFT;
		want[j] -= (double) floats[j];
	}
	add_byte_row(got, 1, bytes, columns);
	add_float_row(got, -1, floats, columns);
	agrees = memcmp(got, want, columns * sizeof(double)) == 0;
	free(want);
	free(got);
	free(bytes);
	free(floats);
	return agrees;
}

/* All kernels on one instruction set. */
static void
test_kernels(CpuLevel level)
{
	static const size_t sizes[] = {1, 2, 3, 7, 16, 49, 196};
	bool bytes = true;
	bool floats = true;
	bool sums = true;
	char sentence[120];
	Rng rng;

	cpu_set_limit(level);
	rng_seed(&rng, level, RNG_STREAM_TEST);
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
	{
		bytes &= byte_products_agree(sizes[s], false, &rng);
		floats &= float_products_agree(sizes[s], false, &rng);
		floats &= float_products_agree(sizes[s], true, &rng);
		sums &= sums_agree(sizes[s], &rng);
	}
	snprintf(sentence, sizeof(sentence), "%s: products of bytes are exact", level_names[level]);
	check(bytes, sentence);
	snprintf(sentence, sizeof(sentence), "%s: also of the largest, in the most columns",
			 level_names[level]);
	check(byte_products_agree(BYTE_MAX_COLUMNS / BYTE_GROUP, true, &rng), sentence);
	snprintf(sentence, sizeof(sentence), "%s: products of floats are right to rounding",
			 level_names[level]);
	check(floats, sentence);
	snprintf(sentence, sizeof(sentence), "%s: sums of rows have the bits of the plain loop",
			 level_names[level]);
	check(sums, sentence);
	cpu_set_limit(CPU_HIGHEST);
}

/* What the rows and centres of a score test are like. */
typedef enum Case
{
	CASE_BYTES,         /* centres are means */
	CASE_BYTES_OUTSIDE, /* centres may lie outside of what a byte can be */
	CASE_BYTES_DARK,    /* almost all is 0 */
	CASE_BYTES_EXTREME, /* 0 and 255 only, in rows and centres */
	CASE_FLOATS,
	CASE_DOUBLES, /* with a large common offset */
	N_CASES,
} Case;

static const char *const case_names[] = {
	"bytes", "bytes and centres outside", "dark bytes", "bytes of 0 and 255", "floats", "doubles"};

/* A random value of a row. */
static double
row_value(Case kind, Rng *rng)
{
	switch (kind)
	{
		case CASE_BYTES_DARK: return rng_below(rng, 50) == 0 ? 1 : 0;
		case CASE_BYTES_EXTREME: return rng_below(rng, 2) == 0 ? 0 : UINT8_MAX;
		case CASE_FLOATS: return (float) rng_normal(rng);
		case CASE_DOUBLES: return 1e6 + rng_normal(rng);
		default: return (double) rng_below(rng, 256);
	}
}

/* And of a centre, in units of the rows. */
static double
center_value(Case kind, Rng *rng)
{
	switch (kind)
	{
		case CASE_BYTES_OUTSIDE: return 600 * rng_double(rng) - 200;
		case CASE_BYTES_DARK: return rng_double(rng) < 0.9 ? 0 : 0.1 * rng_double(rng);
		case CASE_BYTES_EXTREME: return rng_below(rng, 2) == 0 ? 0 : UINT8_MAX;
		case CASE_BYTES: return UINT8_MAX * rng_double(rng);
		default: return rng_double(rng) - 0.5;
	}
}

/* Is every score within its error of the squared distance, and what is the largest share of it? */
static bool
scores_agree(Case kind, size_t d, size_t k, double *share)
{
	size_t n = 40;
	RowStore store = new_store(&arena);
	double *row = malloc(d * sizeof(double));
	double *scores;
	KmeansRows rows;
	Centers centers;
	bool agrees = true;
	Rng rng;

	rng_seed(&rng, kind * 1000 + d, RNG_STREAM_TEST);
	for (size_t i = 0; i < n; i++)
	{
		for (size_t j = 0; j < d; j++)
			row[j] = row_value(kind, &rng);
		row_store_append(&store, row, d);
	}
	row_store_finish(&store, &job, NULL);
	kmeans_rows_load(&job, &store, &rows);
	agrees &= rows.is_bytes == (kind < CASE_FLOATS);
	centers_allocate(&arena, &rows, k, &centers);
	for (size_t c = 0; c < k * d; c++)
		centers.exact[c] = center_value(kind, &rng);
	centers_prepare(&job, &rows, &centers);
	scores = arena_alloc(&arena, KERNEL_ROWS * score_stride(&centers), sizeof(double));
	for (size_t first = 0; first < n; first += 5)
	{
		uint32_t list[5];

		for (uint32_t i = 0; i < 5; i++)
			list[i] = (uint32_t) (first * 7 + 3 * i) % (uint32_t) n;
		score_rows(&rows, &centers, list, 5, scores);
		for (size_t i = 0; i < 5; i++)
		{
			double error = score_error(&rows, &centers, list[i]);

			kmeans_row_read(&rows, list[i], row);
			for (size_t c = 0; c < score_stride(&centers); c++)
			{
				double score = scores[i * score_stride(&centers) + c];
				double off =
					c < k ? fabs(score - double_distance2(row, centers.exact + c * d, d)) : 0;

				agrees &= c < k ? off <= error : score == INFINITY;
				*share = fmax(*share, off / error);
			}
		}
	}
	free(row);
	return agrees;
}

/* Error bounds, of all kinds of rows. */
static void
test_scores(void)
{
	static const size_t sizes[][2] = {{1, 1}, {2, 3}, {5, 16}, {30, 17}, {784, 10}, {1001, 40}};

	for (Case kind = 0; kind < N_CASES; kind++)
	{
		bool agrees = true;
		double share = 0;
		char sentence[120];

		for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
			agrees &= scores_agree(kind, sizes[s][0], sizes[s][1], &share);
		snprintf(sentence, sizeof(sentence), "%s: scores are within their error", case_names[kind]);
		check(agrees, sentence);
		printf("# at most %.3f of it\n", share);
	}
}

int
main(void)
{
	arena_init(&arena, arena_malloc_source(), 0);
	pool_create(&job.pool, 2, NULL);
	for (CpuLevel level = CPU_PLAIN; level <= CPU_HIGHEST; level++)
		test_kernels(level);
	test_scores();
	pool_destroy(job.pool);
	arena_free(&arena);
	return check_done();
}
