/*
 * share_table.c
 *		The masses above some thousand levels.
 *
 * Between two levels of the table the mass is taken to be linear. That is wrong where it leaps: at a level that two
 * nodes next to each other have, and where the bridge over a saddle opens, which may be at the mean of its corners
 * or at one of them. Such levels are looked for cell by cell, and those of the largest leaps get two sides. A cell
 * with less mass than a leap that counts is not looked at, so that there is room for all that are found.
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

/* And levels of leaps: so many at most, of cells that lose at least one part of so many of all mass at once. */
#define TABLE_LEAPS 1024
#define MAX_LEAPS   ((size_t) 1 << 16)

#define TABLE_MAX_LEVELS                                                                           \
	(2 * TABLE_SHARES + 2 * TABLE_LEAPS + TABLE_HEIGHTS + TABLE_OCTAVES * TABLE_PER_OCTAVE + 3)

/* A mass that is above a level, and not above the next double. */
typedef struct Leap
{
	double level;
	double mass; /* in cells times the peak */
} Leap;

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

/* ---------- leaps ---------- */

/* Can the mass of the cell leap? Two corners next to each other are equal, or there is a saddle. */
static bool
can_leap(const double d[N_CORNERS])
{
	return d[0] == d[1] || d[1] == d[2] || d[2] == d[3] || d[3] == d[0] ||
		   fmin(d[0], d[2]) > fmax(d[1], d[3]) || fmin(d[1], d[3]) > fmax(d[0], d[2]);
}

/* Append the leaps of a cell that are not smaller than `least`. */
static void
find_leaps_of_cell(const double corners[N_CORNERS], double peak, double least, Leap *leaps,
				   size_t *n_leaps)
{
	const double levels[] = {corners[0], corners[1], corners[2], corners[3], cell_mean(corners)};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
	{
		Leap leap = {.level = levels[i]};
		bool is_new = leap.level > 0;

		for (size_t j = 0; j < i; j++)
			is_new &= levels[j] != leap.level;
		if (!is_new)
			continue;
		leap.mass = cell_measure(corners, leap.level, peak).mass -
					cell_measure(corners, next_above(leap.level), peak).mass;
		if (leap.mass >= least && *n_leaps < MAX_LEAPS)
			leaps[(*n_leaps)++] = leap;
	}
}

/* The leaps of all cells in any order. */
static SdqStatus
find_leaps(Stop *stop, const DensityGrid *grid, double peak, Leap *leaps, size_t *n_leaps)
{
	double corners[N_CORNERS];
	double total = 0;
	double least = 0;

	*n_leaps = 0;
	for (int pass = 0; pass < 2; pass++)
	{
		for (size_t y = 0; y + 1 < grid->n_y; y++)
		{
			for (size_t x = 0; x + 1 < grid->n_x; x++)
			{
				double mass;

				if (x % POLL_CELLS == 0 && stop_poll(stop))
					return sdq_error(SDQ_INTERRUPTED, 0, 0);
				cell_corners(grid, y * grid->n_x + x, corners);
				mass = cell_mean(corners) / peak;
				if (pass == 0)
					total += mass;
				else if (mass >= least && can_leap(corners))
					find_leaps_of_cell(corners, peak, least, leaps, n_leaps);
			}
		}
		/* The leaps of a cell are its mass in sum, so that there are no more of this size. */
		least = total / (double) MAX_LEAPS;
	}
	return sdq_ok();
}

static int
compare_levels(const void *a, const void *b)
{
	return compare_doubles(&((const Leap *) a)->level, &((const Leap *) b)->level);
}

/* Larger masses first, then lower levels. */
static int
compare_masses(const void *a, const void *b)
{
	int order = compare_doubles(&((const Leap *) b)->mass, &((const Leap *) a)->mass);

	return order != 0 ? order : compare_levels(a, b);
}

/* Append the levels of the largest leaps, those of one level taken together. */
static SdqStatus
append_leaps(Job *job, const DensityGrid *grid, double peak, EnclosedShares *table)
{
	Leap *leaps = arena_alloc(job->arena, MAX_LEAPS, sizeof(Leap));
	size_t n_leaps;
	size_t n_levels = 0;
	SdqStatus status;

	if (leaps == NULL)
		return arena_failure(job->arena);
	status = find_leaps(job->stop, grid, peak, leaps, &n_leaps);
	if (sdq_failed(status))
		return status;
	qsort(leaps, n_leaps, sizeof(Leap), compare_levels);
	for (size_t i = 0; i < n_leaps; i++)
	{
		if (n_levels > 0 && leaps[n_levels - 1].level == leaps[i].level)
			leaps[n_levels - 1].mass += leaps[i].mass;
		else
			leaps[n_levels++] = leaps[i];
	}
	qsort(leaps, n_levels, sizeof(Leap), compare_masses);
	for (size_t i = 0; i < n_levels && i < TABLE_LEAPS; i++)
		append_level(table, leaps[i].level);
	return status;
}

/* ---------- the table ---------- */

/* Levels that are close together where mass is, near the peak, and relative to themselves; behind those that are there. */
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
	peak = ranking.values[0];
	status = append_leaps(job, grid, peak, table);
	if (sdq_failed(status))
		return status;
	choose_levels(&ranking, table);
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
