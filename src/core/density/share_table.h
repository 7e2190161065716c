/*
 * share_table.h
 *		For very many places of a density: the share of the smallest region that holds each.
 *
 * Regions and their masses are those of enclosed.h.
 */
#ifndef SYNTHDQ_CORE_DENSITY_SHARE_TABLE_H
#define SYNTHDQ_CORE_DENSITY_SHARE_TABLE_H

#include "core/density/contours.h"

/* The share of all mass in the regions above each of some levels. */
typedef struct EnclosedShares
{
	size_t n;
	double *levels; /* [n] ascending, from 0 to the peak */
	double *shares; /* [n] descending, from 1 to 0 */
} EnclosedShares;

/* Tabulate the shares at some thousand levels: close together where mass is, and on both sides of those at which it
 * leaps. O(n) for n nodes. Memory in the job's arena: 16 bytes a level stay, 1 MB and 16 bytes a node on the way. Status:
 * SDQ_INTERRUPTED, memory. */
extern SdqStatus enclosed_shares(Job *job, const DensityGrid *grid, EnclosedShares *table);

/* The share of the smallest region that holds places of this density: 0 at the peak and above. Linear between levels:
 * to about 1e-6; to the mass of a cell where cells are lost almost at once, as at the top of a hill; and to 1e-3
 * where the mass leaps at more levels than the table has. O(log n). */
extern double enclosed_share(const EnclosedShares *table, double density);

#endif
