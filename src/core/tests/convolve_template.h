/*
 * convolve_template.h
 *		One tile of a convolution, included once per instruction set by convolve.c, which
 *		defines CONVOLVE_NAME, CONVOLVE_TARGET, CONVOLVE_VECTOR_BYTES and CONVOLVE_SUMS (how many
 *		registers hold sums) and explains the method. The macros are undefined again here.
 */
#define CONVOLVE_LANES ((ptrdiff_t) (CONVOLVE_VECTOR_BYTES / sizeof(double)))

typedef double CONVOLVE_NAME(Vector) __attribute__((vector_size(CONVOLVE_VECTOR_BYTES)));
typedef double CONVOLVE_NAME(Unaligned)
	__attribute__((vector_size(CONVOLVE_VECTOR_BYTES), aligned(8), may_alias));

/* to[m] = sum_c taps[c] from[m - c] for a tile of m. */
CONVOLVE_TARGET static void
CONVOLVE_NAME(tile)(const double *restrict from, const double *restrict taps, ptrdiff_t n_taps,
					double *restrict to)
{
	for (ptrdiff_t m = 0; m < CONVOLVE_TILE; m += CONVOLVE_SUMS * CONVOLVE_LANES)
	{
		CONVOLVE_NAME(Vector) sums[CONVOLVE_SUMS] = {{0}};

		for (ptrdiff_t c = 0; c < n_taps; c++)
		{
			const CONVOLVE_NAME(Unaligned) *piece =
				(const CONVOLVE_NAME(Unaligned) *) (from + m - c);

			for (int s = 0; s < CONVOLVE_SUMS; s++)
				sums[s] += taps[c] * piece[s];
		}
		for (int s = 0; s < CONVOLVE_SUMS; s++)
			((CONVOLVE_NAME(Unaligned) *) (to + m))[s] = sums[s];
	}
}

#undef CONVOLVE_LANES
#undef CONVOLVE_NAME
#undef CONVOLVE_TARGET
#undef CONVOLVE_VECTOR_BYTES
#undef CONVOLVE_SUMS
