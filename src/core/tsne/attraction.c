/*
 * attraction.c
 *		Sums over the rows of P.
 *
 * The work is reading positions in the order of the columns. They lie interleaved, so that a point is
 * one load of 8 (or 16) bytes, and are transposed in registers, eight columns at a time: hardware
 * gathers are slower. AVX-512 has nothing to add here and runs the AVX2 kernel.
 */
#include "core/tsne/attraction.h"

#include <math.h>

#include "core/base/cpu.h"
#include "core/tsne/field_exact.h"

#ifdef CPU_HAS_X86_VARIANTS
#include <immintrin.h>
#endif

/* force[dims] of row i. */
typedef void (*AttractionKernel)(const Affinities *affinities, const float *position, size_t i,
								 double *force);

void
attraction_place(const double *y, size_t n, int dims, float *position)
{
	size_t stride = attraction_stride(dims);

	for (size_t i = 0; i < n; i++)
		for (size_t d = 0; d < stride; d++)
			position[i * stride + d] = d < (size_t) dims ? (float) y[i * (size_t) dims + d] : 0;
}

/* One row in dims dimensions, in portable C. */
static inline __attribute__((always_inline)) void
row_base(const Affinities *affinities, const float *position, size_t i, double *force,
		 const int dims)
{
	size_t stride = attraction_stride(dims);
	const float *at = position + i * stride;
	float sum[MAP_MAX_DIMS] = {0, 0, 0};

	for (size_t e = affinities->start[i]; e < affinities->start[i + 1]; e++)
	{
		const float *other = position + affinities->column[e] * stride;
		float delta[MAP_MAX_DIMS];
		float w = 1;

		for (int d = 0; d < dims; d++)
		{
			delta[d] = at[d] - other[d];
			w += delta[d] * delta[d];
		}
		w = affinities->p[e] / w;
		for (int d = 0; d < dims; d++)
			sum[d] += w * delta[d];
	}
	for (int d = 0; d < dims; d++)
		force[d] = (double) sum[d];
}

static void
row_base_2d(const Affinities *affinities, const float *position, size_t i, double *force)
{
	row_base(affinities, position, i, force, 2);
}

static void
row_base_3d(const Affinities *affinities, const float *position, size_t i, double *force)
{
	row_base(affinities, position, i, force, 3);
}

#ifdef CPU_HAS_X86_VARIANTS

/* Columns of one step of the AVX2 kernel. */
#define ATTRACTION_LANES 8

/* Two points of two floats in one register. */
CPU_TARGET_AVX2 static inline __m128
load_pair(const float *position, uint32_t a, uint32_t b)
{
	__m128 low = _mm_castsi128_ps(
		_mm_loadl_epi64((const __m128i *) (const void *) (position + (size_t) a * 2)));

	return _mm_loadh_pi(low, (const __m64 *) (const void *) (position + (size_t) b * 2));
}

/* The coordinates of eight points in two dimensions: x in at[0], y in at[1]. */
CPU_TARGET_AVX2 static inline void
load_points_2d(const float *position, const uint32_t *column, __m256 *at)
{
	__m256 a = _mm256_set_m128(load_pair(position, column[4], column[5]),
							   load_pair(position, column[0], column[1]));
	__m256 b = _mm256_set_m128(load_pair(position, column[6], column[7]),
							   load_pair(position, column[2], column[3]));

	at[0] = _mm256_shuffle_ps(a, b, _MM_SHUFFLE(2, 0, 2, 0));
	at[1] = _mm256_shuffle_ps(a, b, _MM_SHUFFLE(3, 1, 3, 1));
}

/* Points a and b, of four floats each, as the two halves of one register. */
CPU_TARGET_AVX2 static inline __m256
load_halves(const float *position, uint32_t a, uint32_t b)
{
	return _mm256_set_m128(_mm_loadu_ps(position + (size_t) b * 4),
						   _mm_loadu_ps(position + (size_t) a * 4));
}

/* The coordinates of eight points in three dimensions. */
CPU_TARGET_AVX2 static inline void
load_points_3d(const float *position, const uint32_t *column, __m256 *at)
{
	__m256 a = load_halves(position, column[0], column[4]);
	__m256 b = load_halves(position, column[1], column[5]);
	__m256 c = load_halves(position, column[2], column[6]);
	__m256 e = load_halves(position, column[3], column[7]);
	__m256 ab = _mm256_unpacklo_ps(a, b); /* x0 x1 y0 y1 */
	__m256 ce = _mm256_unpacklo_ps(c, e); /* x2 x3 y2 y3 */

	at[0] = _mm256_shuffle_ps(ab, ce, _MM_SHUFFLE(1, 0, 1, 0));
	at[1] = _mm256_shuffle_ps(ab, ce, _MM_SHUFFLE(3, 2, 3, 2));
	at[2] = _mm256_shuffle_ps(_mm256_unpackhi_ps(a, b), _mm256_unpackhi_ps(c, e),
							  _MM_SHUFFLE(1, 0, 1, 0));
}

/* The pull of eight columns with similarities p, added to sum[dims]. */
CPU_TARGET_AVX2 static inline __attribute__((always_inline)) void
add_points(const float *position, const uint32_t *column, __m256 p, const __m256 *at, __m256 *sum,
		   const int dims)
{
	__m256 delta[MAP_MAX_DIMS];
	__m256 square = _mm256_set1_ps(1);
	__m256 w;

	if (dims == 2)
		load_points_2d(position, column, delta);
	else
		load_points_3d(position, column, delta);
	for (int d = 0; d < dims; d++)
	{
		delta[d] = _mm256_sub_ps(at[d], delta[d]);
		square = _mm256_fmadd_ps(delta[d], delta[d], square);
	}
	/* The reciprocal: the processor's 12 bits and one Newton step. */
	w = _mm256_rcp_ps(square);
	w = _mm256_mul_ps(w, _mm256_fnmadd_ps(square, w, _mm256_set1_ps(2)));
	w = _mm256_mul_ps(w, p);
	for (int d = 0; d < dims; d++)
		sum[d] = _mm256_fmadd_ps(w, delta[d], sum[d]);
}

/* One row in dims dimensions. */
CPU_TARGET_AVX2 static inline __attribute__((always_inline)) void
row_avx2(const Affinities *affinities, const float *position, size_t i, double *force,
		 const int dims)
{
	size_t stride = attraction_stride(dims);
	size_t e = affinities->start[i];
	size_t end = affinities->start[i + 1];
	__m256 at[MAP_MAX_DIMS];
	__m256 sum[MAP_MAX_DIMS];

	for (int d = 0; d < dims; d++)
	{
		at[d] = _mm256_set1_ps(position[i * stride + (size_t) d]);
		sum[d] = _mm256_setzero_ps();
	}
	for (; e + ATTRACTION_LANES <= end; e += ATTRACTION_LANES)
		add_points(position, affinities->column + e, _mm256_loadu_ps(affinities->p + e), at, sum,
				   dims);
	if (e < end)
	{
		/* Fill up with the row itself at similarity 0. */
		uint32_t column[ATTRACTION_LANES];
		float p[ATTRACTION_LANES];

		for (size_t l = 0; l < ATTRACTION_LANES; l++)
		{
			column[l] = e + l < end ? affinities->column[e + l] : (uint32_t) i;
			p[l] = e + l < end ? affinities->p[e + l] : 0;
		}
		add_points(position, column, _mm256_loadu_ps(p), at, sum, dims);
	}
	for (int d = 0; d < dims; d++)
	{
		float lane[ATTRACTION_LANES];

		_mm256_storeu_ps(lane, sum[d]);
		force[d] = (double) (((lane[0] + lane[4]) + (lane[1] + lane[5])) +
							 ((lane[2] + lane[6]) + (lane[3] + lane[7])));
	}
}

CPU_TARGET_AVX2 static void
row_avx2_2d(const Affinities *affinities, const float *position, size_t i, double *force)
{
	row_avx2(affinities, position, i, force, 2);
}

CPU_TARGET_AVX2 static void
row_avx2_3d(const Affinities *affinities, const float *position, size_t i, double *force)
{
	row_avx2(affinities, position, i, force, 3);
}

#endif

/* The fastest kernel for the processor at hand. */
static AttractionKernel
choose_kernel(int dims)
{
#ifdef CPU_HAS_X86_VARIANTS
	if (cpu_level() >= CPU_AVX2)
		return dims == 2 ? row_avx2_2d : row_avx2_3d;
#endif
	return dims == 2 ? row_base_2d : row_base_3d;
}

void
attraction_rows(const Affinities *affinities, const float *position, int dims, size_t first,
				size_t count, double *force)
{
	AttractionKernel kernel = choose_kernel(dims);

	for (size_t i = 0; i < count; i++)
		kernel(affinities, position, first + i, force + i * (size_t) dims);
}

/* The squared distance of two points of the map. */
static inline double
map_distance2(const double *a, const double *b, int dims)
{
	double square = 0;

	for (int d = 0; d < dims; d++)
		square += (a[d] - b[d]) * (a[d] - b[d]);
	return square;
}

void
attraction_plain(const Affinities *affinities, const double *y, int dims, size_t first,
				 size_t count, double *force)
{
	for (size_t i = 0; i < count; i++)
	{
		const double *at = y + (first + i) * (size_t) dims;
		double *sum = force + i * (size_t) dims;

		for (int d = 0; d < dims; d++)
			sum[d] = 0;
		for (size_t e = affinities->start[first + i]; e < affinities->start[first + i + 1]; e++)
		{
			const double *other = y + affinities->column[e] * (size_t) dims;
			double w = (double) affinities->p[e] / (1 + map_distance2(at, other, dims));

			for (int d = 0; d < dims; d++)
				sum[d] += w * (at[d] - other[d]);
		}
	}
}

double
attraction_objective(const Affinities *affinities, const double *y, int dims, size_t first,
					 size_t count)
{
	double total = 0;

	for (size_t i = first; i < first + count; i++)
	{
		const double *at = y + i * (size_t) dims;

		/* At the start all distances are near 1e-8, where log1p keeps what log(1 + x) would lose;
		 * it matters to nobody there, and log is three times as fast. */
		for (size_t e = affinities->start[i]; e < affinities->start[i + 1]; e++)
			total += (double) affinities->p[e] *
					 log(1 + map_distance2(at, y + affinities->column[e] * (size_t) dims, dims));
	}
	return total;
}

double
attraction_entropy(const Affinities *affinities, size_t first, size_t count)
{
	double total = 0;

	for (size_t e = affinities->start[first]; e < affinities->start[first + count]; e++)
	{
		double p = (double) affinities->p[e];

		if (p > 0)
			total += p * log(p);
	}
	return total;
}
