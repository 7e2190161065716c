/*
 * dot_rows_test.c
 *		Inner products against their definition, to the bit, on all instruction sets.
 */
#include "core/matrix/dot_rows.h"

#include "check.h"
#include "core/base/cpu.h"
#include "core/base/rng.h"

#define MAX_ROWS 13
#define MAX_D    100
#define LANES    8
#define GAP      3 /* doubles between rows that belong to none */

static double x[MAX_ROWS * (MAX_D + GAP)];
static double y[MAX_ROWS * (MAX_D + GAP)];
static double out[MAX_ROWS * (MAX_ROWS + GAP)];

/* The definition: eight sums of every eighth product, added pairwise. */
static double
defined(const double *a, const double *b, size_t d)
{
	double s[LANES] = {0};

	for (size_t j = 0; j < d; j++)
		s[j % LANES] += a[j] * b[j];
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

/* All numbers of rows up to MAX_ROWS, with random lengths. Is every product the defined one, and what
 * lies between the rows untouched? */
static bool
agrees(CpuLevel level)
{
	bool same = true;
	Rng rng;

	rng_seed(&rng, 3, RNG_STREAM_TEST);
	cpu_set_limit(level);
	for (size_t n = 0; n <= MAX_ROWS; n++)
		for (size_t m = 0; m <= MAX_ROWS; m++)
		{
			size_t d = 1 + rng_below(&rng, MAX_D);

			for (size_t v = 0; v < MAX_ROWS * (MAX_D + GAP); v++)
			{
				x[v] = rng_normal(&rng) * exp(20 * rng_normal(&rng));
				y[v] = rng_normal(&rng);
			}
			for (size_t v = 0; v < MAX_ROWS * (MAX_ROWS + GAP); v++)
				out[v] = -1;
			dot_rows(x, n, d + GAP, y, m, d + GAP, d, out, m + GAP);
			for (size_t i = 0; i < n; i++)
				for (size_t k = 0; k < m + GAP; k++)
				{
					double want = k < m ? defined(x + i * (d + GAP), y + k * (d + GAP), d) : -1;

					same = same && out[i * (m + GAP) + k] == want;
				}
		}
	cpu_set_limit(CPU_HIGHEST);
	return same;
}

int
main(void)
{
	double product;

	dot_rows((double[]){1, 2, 3}, 1, 3, (double[]){4, 5, 6}, 1, 3, 3, &product, 1);
	check(product == 32, "(1, 2, 3) . (4, 5, 6) = 32");
	check(agrees(CPU_PLAIN), "products have the bits of the definition, plain");
	check(agrees(CPU_AVX2), "the same at most with AVX2");
	check(agrees(CPU_AVX512), "the same at most with AVX-512");
	return check_done();
}
