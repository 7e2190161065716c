/*
 * digits_two_sample_test.c
 *		Both tests on the shipped digits against scipy: all pixels pooled, and single positions.
 */
#include "core/tests/ks.h"
#include "core/tests/mw.h"

#include <string.h>

#include "check.h"
#include "digits.h"
#include "sample_views.h"
#include "two_sample_digits.h"

#define N_IMAGES 10000

/* How often each gray value occurs at each position. */
typedef struct PixelCounts
{
	uint64_t at[DIGIT_PIXELS][256];
	uint64_t pooled[256];
} PixelCounts;

/* Count a whole file. */
static bool
count_pixels(const char *name, PixelCounts *counts)
{
	double row[DIGIT_PIXELS];
	char file[100];
	RowStore store;
	Arena arena;
	Job job = {.arena = &arena};
	bool complete;

	memset(counts, 0, sizeof(*counts));
	arena_init(&arena, arena_malloc_source(), 0);
	row_store_init(&store, &arena);
	snprintf(file, sizeof(file), "%s-images-idx3-ubyte.gz", name);
	complete = !sdq_failed(pool_create(&job.pool, 1, NULL)) &&
			   digits_append(&store, file, N_IMAGES) &&
			   !sdq_failed(row_store_finish(&store, &job, NULL));
	for (size_t i = 0; i < N_IMAGES && complete; i++)
	{
		row_store_read_exact(&store, i, row);
		for (size_t j = 0; j < DIGIT_PIXELS; j++)
		{
			counts->at[j][(int) row[j]]++;
			counts->pooled[(int) row[j]]++;
		}
	}
	arena_free(&arena);
	pool_destroy(job.pool);
	return complete;
}

/* One case of the table. */
static void
check_case(const DigitsCase *c, const PixelCounts *real, const PixelCounts *other)
{
	double gray[256];
	SampleView x;
	SampleView y;
	Tally tally;
	Arena arena;
	KsResult ks;
	KsResult ks_asymptotic;
	MwResult mw;
	char name[100];
	int64_t lattice;

	for (int v = 0; v < 256; v++)
		gray[v] = v;
	x = view_of_counts(gray, c->position < 0 ? real->pooled : real->at[c->position], 256);
	y = view_of_counts(gray, c->position < 0 ? other->pooled : other->at[c->position], 256);
	tally = tally_open(&x, &y);
	arena_init(&arena, arena_malloc_source(), 0);
	snprintf(name, sizeof(name), "%s, position %d", c->name, c->position);

	check(!sdq_failed(ks_test(&tally, TEST_AUTO, &arena, NULL, &ks)) &&
			  !sdq_failed(ks_test(&tally, TEST_ASYMPTOTIC, &arena, NULL, &ks_asymptotic)) &&
			  !sdq_failed(mw_test(&tally, TEST_AUTO, &arena, NULL, &mw)),
		  name);
	lattice = ks.lattice_plus > ks.lattice_minus ? ks.lattice_plus : ks.lattice_minus;
	check(lattice == c->lattice, name);
	/* Both may be the same. */
	check((c->sign > 0 ? ks.lattice_plus : ks.lattice_minus) == lattice, name);
	check(c->location < 0 ? isnan(ks.location) : ks.location == c->location, name);
	check(mw.u == c->u, name);
	/* Positions that are black everywhere have one distinct value. */
	if (mw.method == TEST_ASYMPTOTIC)
		check_close(mw.two_sided.p, c->mw_asymptotic, 1e-9, name);
	else
		check(mw.two_sided.p == 1 && c->mw_asymptotic == 1, name);
	check(ks.method == TEST_EXACT || ks.two_sided.log10_p < -450 || c->position < 0, name);
	/* Exact and asymptotic agree, and neither loses its logarithm. */
	check(isfinite(ks.two_sided.log10_p) && isfinite(ks.greater.log10_p) &&
			  isfinite(ks.less.log10_p) && isfinite(mw.two_sided.log10_p),
		  name);
	check(fabs(ks.two_sided.log10_p - ks_asymptotic.two_sided.log10_p) <=
			  (ks.two_sided.log10_p > -120 ? 0.03 : 0.4),
		  name);
	arena_free(&arena);
	view_free(&x);
	view_free(&y);
}

int
main(void)
{
	PixelCounts *real = malloc(sizeof(*real));
	PixelCounts *other = malloc(sizeof(*other));
	const char *loaded = "";

	check(count_pixels(DIGITS_REAL, real), "the real digits are there");
	for (size_t k = 0; k < N_ITEMS(digits_cases); k++)
	{
		if (strcmp(digits_cases[k].name, loaded) != 0)
		{
			loaded = digits_cases[k].name;
			check(count_pixels(loaded, other), loaded);
		}
		check_case(&digits_cases[k], real, other);
	}
	free(real);
	free(other);
	return check_done();
}
