/*
 * enclosed.c
 *		The mass within contours.
 *
 * A level that encloses a given mass. A cell is within the region of a level that all its corners reach, outside
 * of one that none reaches, and cut by those between. So the cells within give a lower bound of the mass, the cells not
 * outside an upper one. One look at the grid sorts the cells' masses into bins by their lowest and highest
 * corner; from these come the bounds at all edges of bins, and from them two levels between which the
 * wanted one lies. A second look gathers the cells that levels between the two could cut; on a fine grid these
 * are few. Regula falsi in the Illinois variant (Dowell and Jarratt, BIT 11, 1971) with bisections in
 * between then needs the gathered cells only, and drops those which become certain.
 *
 * The mass leaps at a plateau and where a saddle's bridge opens. There only bisection gets on, between bits, so that the
 * level is the plateau's to the bit.
 *
 * All sums go over rows and cells in one order, so there is one result.
 */
#include "core/density/enclosed.h"

#include <math.h>

#include "core/base/compensated.h"
#include "core/base/double_bits.h"
#include "core/base/search.h"
#include "core/base/sizes.h"
#include "core/density/cell_cut.h"
#include "core/density/regions.h"

/* Bins of densities: so many to a factor of two, over so many factors of two below the peak. */
#define BIN_BITS  10
#define BIN_SHIFT (DBL_MANT_DIG - 1 - BIN_BITS)
#define N_OCTAVES 64
#define N_BINS    (((size_t) N_OCTAVES << BIN_BITS) + 1)

/* A mass is met when it is so near, in masses of the grid. */
#define MASS_TOLERANCE 1e-13

/* Every so many steps of a search bisect. */
#define BISECT_EVERY 4

/* Cells between two polls of the stop flag: about a millisecond. */
#define POLL_CELLS ((size_t) 1 << 14)

/* The lowest and the highest density of a grid. */
static void
density_limits(const DensityGrid *grid, double *lowest, double *peak)
{
	*lowest = *peak = grid->density[0];
	for (size_t node = 1; node < grid->n_x * grid->n_y; node++)
	{
		double density = grid->density[node];

		*lowest = density < *lowest ? density : *lowest;
		*peak = density > *peak ? density : *peak;
	}
}

SdqStatus
region_measure(Job *job, const DensityGrid *grid, double level, RegionMeasure *measure)
{
	Compensated area = {0, 0};
	Compensated mass = {0, 0};
	double cell_x = (grid->x[grid->n_x - 1] - grid->x[0]) / (double) (grid->n_x - 1);
	double cell_y = (grid->y[grid->n_y - 1] - grid->y[0]) / (double) (grid->n_y - 1);
	double lowest;
	double peak;

	*measure = (RegionMeasure){.area = 0};
	level = region_floor(level);
	density_limits(grid, &lowest, &peak);
	if (peak < level)
		return sdq_ok();
	for (size_t y = 0; y + 1 < grid->n_y; y++)
	{
		CellMeasure row = {0, 0};

		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		for (size_t x = 0; x + 1 < grid->n_x; x++)
		{
			double corners[N_CORNERS];
			CellMeasure cell;

			cell_corners(grid, y * grid->n_x + x, corners);
			cell = cell_measure(corners, level, peak);
			row.area += cell.area;
			row.mass += cell.mass;
		}
		compensated_add(&area, row.area);
		compensated_add(&mass, row.mass);
	}
	measure->area = compensated_total(&area) * cell_x * cell_y;
	/* In this order, since densities are large where cells are small. */
	measure->mass = compensated_total(&mass) * cell_x * peak * cell_y;
	return sdq_ok();
}

/* ---------- bounds of the mass above a level ---------- */

/* The masses of cells, in cells times the peak, by their lowest and by their highest corner; then the mass
 * of cells within, and not outside, the region of the lower edge of each bin. */
typedef struct MassBins
{
	uint64_t first; /* the leading bits of densities of bin 0, or below */
	double peak;
	double lowest; /* density of the grid */
	double total;
	double *within;      /* [N_BINS] */
	double *not_outside; /* [N_BINS] */
} MassBins;

static size_t
bin_of(const MassBins *bins, double density)
{
	uint64_t leading = bits_of(density + 0.0) >> BIN_SHIFT;

	return leading <= bins->first ? 0 : (size_t) (leading - bins->first);
}

/* The lower edge of a bin. */
static double
edge_of(const MassBins *bins, size_t bin)
{
	return bin == 0 ? 0 : double_of((bins->first + bin) << BIN_SHIFT);
}

static SdqStatus
fill_bins(Job *job, const DensityGrid *grid, MassBins *bins)
{
	uint64_t last;
	Compensated total = {0, 0};

	density_limits(grid, &bins->lowest, &bins->peak);
	last = bits_of(bins->peak) >> BIN_SHIFT;
	bins->first = last < N_BINS - 1 ? 0 : last - (N_BINS - 1);
	bins->within = arena_zalloc(job->arena, N_BINS, sizeof(double));
	bins->not_outside = arena_zalloc(job->arena, N_BINS, sizeof(double));
	if (bins->within == NULL || bins->not_outside == NULL)
		return arena_failure(job->arena);
	for (size_t y = 0; y + 1 < grid->n_y; y++)
	{
		double row = 0;

		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		for (size_t x = 0; x + 1 < grid->n_x; x++)
		{
			double corners[N_CORNERS];
			double mass;

			cell_corners(grid, y * grid->n_x + x, corners);
			mass = cell_mean(corners) / bins->peak;
			bins->within[bin_of(bins, lowest_corner(corners))] += mass;
			bins->not_outside[bin_of(bins, highest_corner(corners))] += mass;
			row += mass;
		}
		compensated_add(&total, row);
	}
	bins->total = compensated_total(&total);
	for (size_t bin = N_BINS - 1; bin > 0; bin--)
	{
		bins->within[bin - 1] += bins->within[bin];
		bins->not_outside[bin - 1] += bins->not_outside[bin];
	}
	return sdq_ok();
}

/* ---------- the level of a mass ---------- */

/* A search for the level of a mass. */
typedef struct LevelSearch
{
	const DensityGrid *grid;
	Stop *stop;
	double peak;
	double wanted;      /* mass */
	double low;         /* a level whose region has it */
	double high;        /* one whose region has not, or the peak */
	Compensated within; /* mass of cells within the regions of all levels from low to high */
	uint32_t *cells;    /* [n_cells]: lower left nodes of those that some of these levels may cut */
	size_t n_cells;
} LevelSearch;

/* The highest edge at which there is enough mass for sure, and the lowest one at which there is not. */
static void
bracket_level(const MassBins *bins, LevelSearch *search)
{
	size_t first = 0;
	size_t end = N_BINS;

	while (first + 1 < end)
	{
		size_t middle = first + (end - first) / 2;

		if (bins->within[middle] >= search->wanted)
			first = middle;
		else
			end = middle;
	}
	search->low = fmax(edge_of(bins, first), bins->lowest);
	end = N_BINS;
	while (first < end)
	{
		size_t middle = first + (end - first) / 2;

		if (bins->not_outside[middle] >= search->wanted)
			first = middle + 1;
		else
			end = middle;
	}
	search->high = first < N_BINS ? fmin(edge_of(bins, first), bins->peak) : bins->peak;
}

/* Keep the cell if a level from low to high may cut it. */
static void
sort_cell(LevelSearch *search, uint32_t node)
{
	double corners[N_CORNERS];

	cell_corners(search->grid, node, corners);
	if (lowest_corner(corners) >= search->high)
		compensated_add(&search->within, cell_mean(corners) / search->peak);
	else if (highest_corner(corners) >= search->low)
		search->cells[search->n_cells++] = node;
}

/* Gather the cells of all the grid. */
static SdqStatus
gather_cells(LevelSearch *search)
{
	const DensityGrid *grid = search->grid;

	for (size_t y = 0; y + 1 < grid->n_y; y++)
	{
		if (stop_poll(search->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		for (size_t x = 0; x + 1 < grid->n_x; x++)
			sort_cell(search, (uint32_t) (y * grid->n_x + x));
	}
	return sdq_ok();
}

/* Drop the cells that have become certain. */
static void
drop_cells(LevelSearch *search)
{
	size_t n = search->n_cells;

	search->n_cells = 0;
	for (size_t i = 0; i < n; i++)
		sort_cell(search, search->cells[i]);
}

/* How much more mass than is wanted the region of a level from low to high has. */
static SdqStatus
excess_mass(const LevelSearch *search, double level, double *excess)
{
	Compensated mass = search->within;

	level = region_floor(level);
	for (size_t i = 0; i < search->n_cells; i++)
	{
		double corners[N_CORNERS];

		if (i % POLL_CELLS == 0 && stop_poll(search->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		cell_corners(search->grid, search->cells[i], corners);
		compensated_add(&mass, cell_measure(corners, level, search->peak).mass);
	}
	*excess = compensated_total(&mass) - search->wanted;
	return sdq_ok();
}

/* The level to try next, strictly between low and high, which have this excess. */
static double
next_level(const LevelSearch *search, double low_excess, double high_excess, size_t step)
{
	uint64_t low = bits_of(search->low);
	uint64_t high = bits_of(search->high);
	double level =
		search->low + (search->high - search->low) * (low_excess / (low_excess - high_excess));

	/* Written so that NaN bisects. */
	if (step % BISECT_EVERY != 0 && level > search->low && level < search->high)
		return level;
	return double_of(low + (high - low) / 2);
}

/* Find the level once cells are gathered. */
static SdqStatus
search_level(LevelSearch *search, double tolerance, double *level)
{
	double low_excess;
	double high_excess;
	int side = 0; /* whose end moved last: -1 low, 1 high */
	SdqStatus status = excess_mass(search, search->high, &high_excess);

	*level = search->high;
	if (sdq_failed(status) || high_excess >= -tolerance)
		return status;
	*level = search->low;
	status = excess_mass(search, search->low, &low_excess);
	if (sdq_failed(status) || low_excess <= tolerance)
		return status;
	for (size_t step = 1; bits_of(search->high) - bits_of(search->low) > 1; step++)
	{
		double excess;

		*level = next_level(search, low_excess, high_excess, step);
		status = excess_mass(search, *level, &excess);
		if (sdq_failed(status) || fabs(excess) <= tolerance)
			return status;
		/* An end that stays twice counts half. */
		if (excess > 0)
		{
			search->low = *level;
			low_excess = excess;
			high_excess /= side < 0 ? 2 : 1;
			side = -1;
		}
		else
		{
			search->high = *level;
			high_excess = excess;
			low_excess /= side > 0 ? 2 : 1;
			side = 1;
		}
		drop_cells(search);
	}
	*level = search->low;
	return sdq_ok();
}

/* The level of one share. */
static SdqStatus
share_level(Job *job, const DensityGrid *grid, const MassBins *bins, double share, double *level)
{
	ArenaMark mark = arena_mark(job->arena);
	LevelSearch search = {.grid = grid,
						  .stop = job->stop,
						  .peak = bins->peak,
						  .wanted = share * bins->total,
						  .within = {0, 0}};
	SdqStatus status;

	/* Nothing may be left out, not even what a sum would not notice. */
	*level = share >= 1 ? bins->lowest : bins->peak;
	if (share <= 0 || share >= 1)
		return sdq_ok();
	bracket_level(bins, &search);
	search.cells = arena_alloc(job->arena, (grid->n_x - 1) * (grid->n_y - 1), sizeof(uint32_t));
	if (search.cells == NULL)
		return arena_failure(job->arena);
	status = gather_cells(&search);
	if (!sdq_failed(status))
		status = search_level(&search, MASS_TOLERANCE * bins->total, level);
	arena_release(job->arena, mark);
	return status;
}

SdqStatus
region_levels(Job *job, const DensityGrid *grid, const double *shares, size_t n, double *levels)
{
	ArenaMark mark = arena_mark(job->arena);
	MassBins bins = {.first = 0};
	SdqStatus status = fill_bins(job, grid, &bins);

	for (size_t i = 0; i < n && !sdq_failed(status); i++)
		status = share_level(job, grid, &bins, shares[i], &levels[i]);
	if (sdq_failed(status))
		return status;
	arena_release(job->arena, mark);
	/* Shares that are closer than the tolerance: roundings may not turn them round. */
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			if (shares[j] < shares[i] && levels[j] < levels[i])
				levels[i] = levels[j];
	return sdq_ok();
}
