/*
 * share_table.c
 *		The masses above some thousand levels.
 */
#include "core/density/share_table.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/double_bits.h"
#include "core/base/search.h"
#include "core/density/cell_cut.h"
#include "core/density/regions.h"

/* Cells between two polls of the stop flag: about a millisecond. */
#define POLL_CELLS ((size_t) 1 << 14)

/* Levels of a table: so many parts of equal mass, by nodes, so many of equal height, and so many factors of two
 * below the peak, in steps. */
#define TABLE_SHARES     512
#define TABLE_HEIGHTS    1024
#define TABLE_OCTAVES    64
#define TABLE_PER_OCTAVE 16
#define TABLE_MAX_LEVELS (2 * TABLE_SHARES + TABLE_HEIGHTS + TABLE_OCTAVES * TABLE_PER_OCTAVE + 3)

/* The next double above one that is at least 0. */
static double
next_above(double value)
{
	return double_of(bits_of(value + 0.0) + 1);
}

/* Append a level, and the double below it, so that a plateau there has two sides. */
static void
append_level(EnclosedShares *table, double level)
{
	if (level > 0)
		table->levels[table->n++] = double_of(bits_of(level) - 1);
	table->levels[table->n++] = level;
}

/* Levels that are close together where mass is, near the peak, and relative to themselves. */
static void
choose_levels(const DensityRanking *ranking, EnclosedShares *table)
{
	double peak = ranking->values[0];
	size_t n_kept = 0;

	table->levels[table->n++] = 0;
	for (size_t i = 0; i < TABLE_SHARES; i++)
		append_level(table, ranking_level(ranking, (double) i / TABLE_SHARES));
	for (size_t i = 1; i < TABLE_HEIGHTS; i++)
		table->levels[table->n++] = (double) i / TABLE_HEIGHTS * peak;
	for (int step = 1; step <= TABLE_OCTAVES * TABLE_PER_OCTAVE; step++)
		table->levels[table->n++] = peak * exp2(-(double) step / TABLE_PER_OCTAVE);
	qsort(table->levels, table->n, sizeof(double), compare_doubles);
	for (size_t i = 0; i < table->n; i++)
		if (i == 0 || table->levels[i] > table->levels[n_kept - 1])
			table->levels[n_kept++] = table->levels[i];
	table->n = n_kept;
}

/* Add what a cell has above each of the levels: to `cut` where they cut it, and to `full` at the last one below which
 * it lies within the regions of all. */
static void
spread_cell(const double corners[N_CORNERS], const double *above, size_t n, double peak,
			double *full, double *cut)
{
	size_t first = first_at_least(above, 0, n, next_above(lowest_corner(corners)));
	double highest = highest_corner(corners);

	full[first] += cell_mean(corners) / peak;
	for (size_t i = first; i < n && above[i] <= highest; i++)
		cut[i] += cell_measure_cut(corners, above[i], peak).mass;
}

/* Fill in the shares of the levels. The regions above a level are those of the next double. */
static SdqStatus
fill_shares(Job *job, const DensityGrid *grid, double peak, EnclosedShares *table)
{
	size_t n = table->n;
	double *above = arena_alloc(job->arena, n, sizeof(double));
	double *full = arena_zalloc(job->arena, n + 1, sizeof(double));
	double *cut = arena_zalloc(job->arena, n, sizeof(double));
	double within = 0;
	double total = 0;

	if (above == NULL || full == NULL || cut == NULL)
		return arena_failure(job->arena);
	for (size_t i = 0; i < n; i++)
		above[i] = next_above(table->levels[i]);
	for (size_t y = 0; y + 1 < grid->n_y; y++)
	{
		double row = 0;

		for (size_t x = 0; x + 1 < grid->n_x; x++)
		{
			double corners[N_CORNERS];

			if (x % POLL_CELLS == 0 && stop_poll(job->stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
			cell_corners(grid, y * grid->n_x + x, corners);
			spread_cell(corners, above, n, peak, full, cut);
			row += cell_mean(corners) / peak;
		}
		total += row;
	}
	/* full[i] is the mass of cells within the regions of all levels before i. */
	for (size_t i = n; i > 0; i--)
	{
		within += full[i];
		table->shares[i - 1] = within + cut[i - 1];
	}
	table->shares[0] = 1;
	for (size_t i = 1; i < n; i++)
		table->shares[i] = fmin(table->shares[i] / total, table->shares[i - 1]);
	return sdq_ok();
}

SdqStatus
enclosed_shares(Job *job, const DensityGrid *grid, EnclosedShares *table)
{
	ArenaMark mark;
	DensityRanking ranking;
	double peak;
	SdqStatus status;

	*table = (EnclosedShares){.n = 0,
							  .levels = arena_alloc(job->arena, TABLE_MAX_LEVELS, sizeof(double)),
							  .shares = arena_alloc(job->arena, TABLE_MAX_LEVELS, sizeof(double))};
	if (table->levels == NULL || table->shares == NULL)
		return arena_failure(job->arena);
	mark = arena_mark(job->arena);
	status = density_rank(job, grid->density, grid->n_x * grid->n_y, &ranking);
	if (sdq_failed(status))
		return status;
	choose_levels(&ranking, table);
	peak = ranking.values[0];
	arena_release(job->arena, mark);
	status = fill_shares(job, grid, peak, table);
	arena_release(job->arena, mark);
	return status;
}

double
enclosed_share(const EnclosedShares *table, double density)
{
	size_t next = first_at_least(table->levels, 0, table->n, density);
	double low;
	double way;

	if (next == table->n)
		return 0;
	if (next == 0 || table->levels[next] == density)
		return table->shares[next];
	low = table->levels[next - 1];
	way = (density - low) / (table->levels[next] - low);
	return table->shares[next - 1] + way * (table->shares[next] - table->shares[next - 1]);
}
