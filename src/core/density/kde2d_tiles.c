/*
 * kde2d_tiles.c
 *		A sum of n correlated kernels at G x G nodes, at the price of one multiplication a term.
 *
 * Method. With u = (gx - px) / hx and v = ((gy - py) - slope (gx - px)) / hy a term is
 * exp(-u^2 / 2) exp(-v^2 / 2). v holds a number of the node's column, B = -slope gx / hy, and nodes of y
 * are `step` apart in units of hy; so B is rounded to a multiple k of step, and r is what is left:
 *		v = (A + k step) + r - w,	A the row, w = (py - slope px) / hy the point,
 *		-v^2 / 2 = -(A + k step - w)^2 / 2 + (w - k step) r - (A r + r^2 / 2).
 * The first part depends on the point and on row + k alone: a table along y, computed once a point for
 * all columns and read k places farther for each. The second goes with exp(-u^2 / 2) into a factor of
 * point and column, the third is one of the node and comes at the end. What is left for n G^2 terms is
 * a matrix product. Columns come in groups of four with a common k where their larger r allows it.
 *
 * Accuracy. No exponent is formed by subtracting large numbers: w is relative to the tile's centre, and
 * exp((w - k step) r) stays within e^(+-TILES_MAX_CROSS), which bounds the height of a tile. So no
 * factor overflows, no product of two is subnormal, and rounding costs what it costs in a direct sum. All
 * this needs nodes of y that are equally spaced to a small part of the bandwidth, which doubles far from zero
 * cannot be; tiles_plan() says how far they are from it.
 * The idea of separable kernels is that of the fast Gauss transform (Greengard and Strain, SIAM J. Sci.
 * Stat. Comput. 12, 1991), without its truncated series.
 *
 * Bits and threads. The grid is cut into tiles and the points, in their order, into pieces. A chunk of
 * work is one piece at one tile, and adds to a partial sum of its own: grids of few tiles have up to
 * TILES_PARTIALS partial sums, so that there is work for all threads. Partial sums are added in order.
 */
#include "core/density/kde2d_tiles.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "core/base/cpu.h"
#include "core/base/sizes.h"

#ifdef CPU_HAS_X86_VARIANTS
#include <immintrin.h>
#endif

/* Grids below this are no work. */
#define TILES_MIN_GRID 16

/* Largest tile. Its sums take 512 kB. */
#define TILES_MAX_ROWS    ((size_t) 256)
#define TILES_MAX_COLUMNS ((size_t) 256)

/* Lower tiles would compute more factors than products. */
#define TILES_MIN_ROWS ((size_t) 16)

/* Rows beyond those of a tile by which the columns of a tile may be shifted against each other. */
#define TILES_MAX_SHIFT ((size_t) 256)

/* Distance between the lines of the table along y; no power of two, so that its lines do not meet in the
 * same sets of a cache. */
#define TILES_ALONG_STRIDE (TILES_MAX_ROWS + TILES_MAX_SHIFT + 24)

/* Columns with a common shift, and vectors of rows beside a column that has its own. */
#define TILES_GROUP        4
#define TILES_LONE_VECTORS 8

/* Rows are padded to full vectors of the widest kind. */
#define TILES_ROW_UNIT 8

/* Points whose factors are held at a time: 200 kB. */
#define TILES_BLOCK ((size_t) 32)

/* Points of a piece: a chunk of work is some milliseconds, 40 without vectors. */
#define TILES_PIECE ((size_t) 1024)

/* Partial sums of a grid of one tile. */
#define TILES_PARTIALS ((size_t) 16)

/* Largest abs((w - k step) r), and abs(r). With TILES_REACH the smallest product of two factors is
 * exp(-200 - 25^2 / 2 - 150), above the smallest normal double exp(-708). */
#define TILES_MAX_CROSS 150.0
#define TILES_MAX_REST  4.5

/* Nodes of x may be off their places by so many steps: columns are then shifted by as many rows as
 * TILES_ALONG_STRIDE has room for. */
#define TILES_MAX_UNEVEN_STEPS 1.0

/* Nodes farther out than this are left alone: sums and products of a few places must not overflow. */
#define TILES_MAX_PLACE 1e300

/* exp() as in gaussian.c. */
#define LOG2_E           0x1.71547652b82fep0
#define LN2_HIGH         0x1.62e42feep-1
#define LN2_LOW          0x1.a39ef35793c76p-33
#define ROUND_TO_INTEGER 0x1.8p52
#define EXPONENT_SHIFT   52

/* One tile and the points of one piece that reach it; in a thread's scratch but for the sums. */
typedef struct Tile
{
	size_t n_rows;    /* padded to TILES_ROW_UNIT */
	size_t n_columns; /* padded to the group; the factors of further columns are of no account */
	size_t group;
	size_t width;       /* places of the table along y */
	double along_reach; /* points farther than this from a place of the table are nothing there */
	double along_limit; /* abs(w - shift) above this is nothing in a column */
	double centre_x;
	double centre_y;
	double *sums;                     /* [n_columns][stride] */
	size_t stride;                    /* rows of a tile of full size */
	double x[TILES_MAX_COLUMNS];      /* u of the columns, relative to the centre */
	double shift[TILES_MAX_COLUMNS];  /* k step */
	double rest[TILES_MAX_COLUMNS];   /* r */
	size_t offset[TILES_MAX_COLUMNS]; /* k, from the first place of the table */
	double line[TILES_ALONG_STRIDE];  /* A + k step of the places of the table */
	double p[TILES_PIECE];            /* u of the points */
	double w[TILES_PIECE];
	double weights[TILES_PIECE];
	double along[TILES_BLOCK * TILES_ALONG_STRIDE];
	double across[TILES_BLOCK * TILES_MAX_COLUMNS];
} Tile;

/* Two doubles to a vector in the compiler's own notation: what every 64-bit target has. */
typedef double DoubleVector __attribute__((vector_size(16)));
typedef double UnalignedDoubleVector __attribute__((vector_size(16), aligned(8), may_alias));

#define TILES_TARGET
#define TILES_NAME(name)      tiles_##name##_plain
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#define VECTOR                DoubleVector
#define VECTOR_LANES          2
#define VECTOR_LOAD(p)        ((DoubleVector) * (const UnalignedDoubleVector *) (p))
#define VECTOR_STORE(p, v)    (*(UnalignedDoubleVector *) (p) = (v))
#define VECTOR_SET(x)         ((DoubleVector){(x), (x)})
#define VECTOR_ADD(a, b)      ((a) + (b))
#define VECTOR_FMA(a, b, c)   ((a) * (b) + (c))
#define GROUP_VECTORS         2
#include "core/density/kde2d_tiles_template.h"

#ifdef CPU_HAS_X86_VARIANTS
#define TILES_TARGET          CPU_TARGET_AVX2
#define TILES_NAME(name)      tiles_##name##_avx2
#define MULTIPLY_ADD(a, b, c) __builtin_fma(a, b, c)
#define VECTOR                __m256d
#define VECTOR_LANES          4
#define VECTOR_LOAD(p)        _mm256_loadu_pd(p)
#define VECTOR_STORE(p, v)    _mm256_storeu_pd(p, v)
#define VECTOR_SET(x)         _mm256_set1_pd(x)
#define VECTOR_ADD(a, b)      _mm256_add_pd(a, b)
#define VECTOR_FMA(a, b, c)   _mm256_fmadd_pd(a, b, c)
#define GROUP_VECTORS         2
#include "core/density/kde2d_tiles_template.h"

#define TILES_TARGET          CPU_TARGET_AVX512
#define TILES_NAME(name)      tiles_##name##_avx512
#define MULTIPLY_ADD(a, b, c) __builtin_fma(a, b, c)
#define VECTOR                __m512d
#define VECTOR_LANES          8
#define VECTOR_LOAD(p)        _mm512_loadu_pd(p)
#define VECTOR_STORE(p, v)    _mm512_storeu_pd(p, v)
#define VECTOR_SET(x)         _mm512_set1_pd(x)
#define VECTOR_ADD(a, b)      _mm512_add_pd(a, b)
#define VECTOR_FMA(a, b, c)   _mm512_fmadd_pd(a, b, c)
#define GROUP_VECTORS         5
#include "core/density/kde2d_tiles_template.h"
#endif

/* The work at hand. */
typedef struct TilesWork
{
	const PointSet *points;
	const PlaneGrid *grid;
	const TilesPlan *plan;
	size_t tiles_x;
	size_t tiles_y;
	size_t tile_doubles; /* sums of a tile */
	size_t n_partials;   /* of every tile */
	size_t n_pieces;
	size_t first_piece; /* of this round */
	double *partials;   /* [n_partials][tiles_y][tiles_x][tile_doubles] */
	Tile *scratch;      /* [threads] */
	double *sums;
	void (*block)(Tile *tile, size_t first, size_t n);
} TilesWork;

/* How far a node is from where equal spacing puts it, at most, in units `inverse` of which are 1. */
static double
unevenness(const double *nodes, size_t n, double inverse)
{
	double step = (nodes[n - 1] - nodes[0]) / (double) (n - 1);
	double worst = 0;

	for (size_t i = 0; i < n; i++)
		worst = fmax(worst, fabs((nodes[i] - nodes[0]) - (double) i * step));
	return worst * inverse;
}

/* Are the ascending nodes places to compute with? */
static bool
is_in_range(const double *nodes, size_t n)
{
	return nodes[0] >= -TILES_MAX_PLACE && nodes[n - 1] <= TILES_MAX_PLACE;
}

/* The height of a tile whose columns leave `rest` of their shift; 0 if even the lowest is too high. */
static size_t
tile_height(double step, double rest)
{
	double limit = TILES_MAX_CROSS / rest;

	if (!(rest <= TILES_MAX_REST))
		return 0;
	for (size_t rows = TILES_MAX_ROWS; rows >= TILES_MIN_ROWS; rows /= 2)
		if ((double) rows / 2 * step + TILES_REACH + rest <= limit)
			return rows;
	return 0;
}

bool
tiles_plan(const PlaneGrid *grid, TilesPlan *plan)
{
	const Gaussian2d *kernel = &grid->kernel;
	size_t n = grid->size;
	double step_x;
	double step_y;
	double tilt; /* rows by which neighbouring columns are shifted */

	if (n < TILES_MIN_GRID || !is_in_range(grid->x, n) || !is_in_range(grid->y, n))
		return false;
	step_x = (grid->x[n - 1] - grid->x[0]) / (double) (n - 1);
	step_y = (grid->y[n - 1] - grid->y[0]) / (double) (n - 1);
	tilt = fabs(kernel->slope * step_x / step_y);
	plan->step = step_y * kernel->inverse_y;
	if (!(plan->step > 0 && isfinite(step_x * kernel->inverse_x) && tilt <= TILES_MAX_REST) ||
		!(unevenness(grid->x, n, 1 / step_x) <= TILES_MAX_UNEVEN_STEPS))
		return false;
	plan->uneven = unevenness(grid->y, n, kernel->inverse_y);

	plan->group = TILES_GROUP;
	plan->rows = tile_height(plan->step, plan->step * ((TILES_GROUP - 1) / 2.0 * tilt + 0.5));
	/* Low tiles compute their factors too often; columns that are alone allow higher ones. */
	if (plan->rows < TILES_MAX_ROWS / 8)
	{
		size_t rows = tile_height(plan->step, plan->step / 2);

		if (rows > plan->rows)
		{
			plan->rows = rows;
			plan->group = 1;
		}
	}
	plan->columns = TILES_MAX_COLUMNS;
	while ((double) plan->columns * tilt + 2 > (double) TILES_MAX_SHIFT)
		plan->columns /= 2;
	return plan->rows > 0;
}

/* Number of rows or columns of a grid axis in tile `i` of `size` each. */
static size_t
tile_extent(size_t grid_size, size_t i, size_t size)
{
	return minimum(size, grid_size - i * size);
}

/* Everything of a tile that does not depend on points. */
static void
tile_lay_out(const TilesWork *work, size_t tile_x, size_t tile_y, Tile *tile)
{
	const PlaneGrid *grid = work->grid;
	const TilesPlan *plan = work->plan;
	const Gaussian2d *kernel = &grid->kernel;
	const double *x = grid->x + tile_x * plan->columns;
	const double *y = grid->y + tile_y * plan->rows;
	size_t n_columns = tile_extent(grid->size, tile_x, plan->columns);
	size_t n_rows = tile_extent(grid->size, tile_y, plan->rows);
	double places[TILES_MAX_COLUMNS]; /* k */
	double lowest = INFINITY;
	double highest = -INFINITY;
	double rest = 0;

	tile->group = plan->group;
	tile->stride = plan->rows;
	tile->n_rows = divide_up(n_rows, TILES_ROW_UNIT) * TILES_ROW_UNIT;
	tile->n_columns = divide_up(n_columns, plan->group) * plan->group;
	tile->centre_x = x[n_columns / 2];
	tile->centre_y = y[n_rows / 2];
	for (size_t j = 0; j < tile->n_columns; j++)
	{
		/* Columns beyond the last repeat it. */
		double column = x[minimum(j, n_columns - 1)];
		size_t group = j - j % plan->group;
		double middle = (x[minimum(group, n_columns - 1)] +
						 x[minimum(group + plan->group - 1, n_columns - 1)]) /
						2;

		places[j] =
			nearbyint(-kernel->slope * (middle - tile->centre_x) * kernel->inverse_y / plan->step);
		tile->x[j] = (column - tile->centre_x) * kernel->inverse_x;
		tile->shift[j] = places[j] * plan->step;
		tile->rest[j] =
			-kernel->slope * (column - tile->centre_x) * kernel->inverse_y - tile->shift[j];
		rest = fmax(rest, fabs(tile->rest[j]));
		lowest = fmin(lowest, places[j]);
		highest = fmax(highest, places[j]);
	}
	for (size_t j = 0; j < tile->n_columns; j++)
		tile->offset[j] = (size_t) (places[j] - lowest);
	tile->width = tile->n_rows + (size_t) (highest - lowest);
	for (size_t m = 0; m < tile->width; m++)
		tile->line[m] = ((double) m - (double) (n_rows / 2) + lowest) * plan->step;
	tile->along_reach = TILES_REACH + rest;
	tile->along_limit = (double) (n_rows / 2) * plan->step + TILES_REACH + rest;
}

/* Collect the points of a piece that reach the tile; returns their number. */
static size_t
tile_gather(const TilesWork *work, size_t piece, Tile *tile)
{
	const PointSet *points = work->points;
	const Gaussian2d *kernel = &work->grid->kernel;
	size_t start = piece * TILES_PIECE;
	size_t end = minimum(start + TILES_PIECE, points->n);
	double left = tile->x[0] - TILES_REACH;
	double right = tile->x[tile->n_columns - 1] + TILES_REACH;
	double below = tile->line[0] - tile->along_reach;
	double above = tile->line[tile->width - 1] + tile->along_reach;
	size_t n = 0;

	for (size_t i = start; i < end; i++)
	{
		double dx = points->x[i] - tile->centre_x;
		double dy = points->y[i] - tile->centre_y;
		double p = dx * kernel->inverse_x;
		double w = (dy - kernel->slope * dx) * kernel->inverse_y;

		if (!(p >= left && p <= right && w >= below && w <= above))
			continue;
		tile->p[n] = p;
		tile->w[n] = w;
		tile->weights[n++] = points->weights[i];
	}
	return n;
}

/* One piece of points at one tile. */
static void
tiles_chunk(void *argument, size_t chunk, int thread)
{
	TilesWork *work = argument;
	Tile *tile = &work->scratch[thread];
	size_t n_tiles = work->tiles_x * work->tiles_y;
	size_t partial = chunk / n_tiles;
	size_t index = chunk % n_tiles;
	size_t n;

	tile->sums = work->partials + chunk * work->tile_doubles;
	if (work->first_piece == 0)
		memset(tile->sums, 0, work->tile_doubles * sizeof(double));
	if (work->first_piece + partial >= work->n_pieces)
		return;
	tile_lay_out(work, index % work->tiles_x, index / work->tiles_x, tile);
	n = tile_gather(work, work->first_piece + partial, tile);
	for (size_t first = 0; first < n; first += TILES_BLOCK)
		work->block(tile, first, minimum(TILES_BLOCK, n - first));
}

/* The sums of one tile: partial sums in order, times the factor of the node. */
static void
finish_chunk(void *argument, size_t index, int thread)
{
	TilesWork *work = argument;
	Tile *tile = &work->scratch[thread];
	const TilesPlan *plan = work->plan;
	size_t tile_x = index % work->tiles_x;
	size_t tile_y = index / work->tiles_x;
	size_t n_columns = tile_extent(work->grid->size, tile_x, plan->columns);
	size_t n_rows = tile_extent(work->grid->size, tile_y, plan->rows);
	size_t n_tiles = work->tiles_x * work->tiles_y;
	double *corner = work->sums + tile_y * plan->rows * work->grid->size + tile_x * plan->columns;

	tile_lay_out(work, tile_x, tile_y, tile);
	for (size_t row = 0; row < n_rows; row++)
	{
		double a = ((double) row - (double) (n_rows / 2)) * plan->step;

		for (size_t j = 0; j < n_columns; j++)
		{
			const double *part =
				work->partials + index * work->tile_doubles + j * tile->stride + row;
			double rest = tile->rest[j];
			double sum = 0;

			for (size_t partial = 0; partial < work->n_partials; partial++)
				sum += part[partial * n_tiles * work->tile_doubles];
			corner[row * work->grid->size + j] = sum * exp(-rest * (a + rest / 2));
		}
	}
}

/* The loops for the processor at hand. */
static void
choose_block(TilesWork *work)
{
	work->block = tiles_block_plain;
#ifdef CPU_HAS_X86_VARIANTS
	switch (cpu_level())
	{
		case CPU_AVX512_VNNI:
		case CPU_AVX512: work->block = tiles_block_avx512; break;
		case CPU_AVX2: work->block = tiles_block_avx2; break;
		case CPU_PLAIN: break;
	}
#endif
}

SdqStatus
tiles_sum(Job *job, const PointSet *points, const PlaneGrid *grid, const TilesPlan *plan,
		  double *sums)
{
	ArenaMark mark = arena_mark(job->arena);
	TilesWork work = {.points = points, .grid = grid, .plan = plan, .sums = sums};
	size_t n_tiles;
	SdqStatus status;

	choose_block(&work);
	work.tiles_x = divide_up(grid->size, plan->columns);
	work.tiles_y = divide_up(grid->size, plan->rows);
	n_tiles = work.tiles_x * work.tiles_y;
	work.tile_doubles = plan->columns * plan->rows;
	work.n_pieces = divide_up(points->n, TILES_PIECE);
	work.n_partials = clamp(TILES_PARTIALS / n_tiles, 1, work.n_pieces);
	work.partials =
		arena_alloc(job->arena, work.n_partials * n_tiles, work.tile_doubles * sizeof(double));
	work.scratch = arena_alloc(job->arena, (size_t) pool_threads(job->pool), sizeof(Tile));
	if (work.partials == NULL || work.scratch == NULL)
		return arena_failure(job->arena);

	for (; work.first_piece < work.n_pieces; work.first_piece += work.n_partials)
	{
		status = pool_run(job->pool, tiles_chunk, &work, work.n_partials * n_tiles);
		if (sdq_failed(status))
			return status;
		job_progress(job, "density",
					 minimum((work.first_piece + work.n_partials) * TILES_PIECE, points->n),
					 points->n, NAN);
	}
	status = pool_run(job->pool, finish_chunk, &work, n_tiles);
	if (!sdq_failed(status))
		arena_release(job->arena, mark);
	return status;
}
