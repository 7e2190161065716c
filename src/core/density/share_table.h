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

/* Tabulate the shares at some thousand levels, close together where mass is. O(n) for n nodes.
 * Memory in the job's arena: 16 bytes a level stay, 16 bytes a node on the way. Status: as above. */
extern SdqStatus enclosed_shares(Job *job, const DensityGrid *grid, EnclosedShares *table);

/* The share of the smallest region that holds places of this density: 0 at the peak and above. Linear
 * between levels: to 1e-6, but next to the level of a saddle, where the mass of a part of a cell leaps. O(log n). */
extern double enclosed_share(const EnclosedShares *table, double density);

#endif
