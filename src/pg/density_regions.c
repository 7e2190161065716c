/*
 * density_regions.c
 *		Highest-density regions on a line, and the region in which a point of the plane lies.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/memutils.h"

#include "core/density/contours.h"
#include "core/density/regions.h"
#include "core/density/share_table.h"
#include "pg/compat.h"
#include "pg/computation.h"
#include "pg/density_grid.h"
#include "pg/errors.h"
#include "pg/passed_value.h"
#include "pg/result.h"

#include <math.h>

PG_FUNCTION_INFO_V1(synthdq_kde_regions);
PG_FUNCTION_INFO_V1(synthdq_kde2d_share);

/*
 * kde_regions(kde_result, shares)
 *		One row per interval.
 */
Datum
synthdq_kde_regions(PG_FUNCTION_ARGS)
{
	ResultSet result = result_set_begin(fcinfo);
	ShareList list = argument_shares(fcinfo);
	DensityGrid line;
	LineInterval *parts;

	if (PG_ARGISNULL(0) || !density_line_read(PG_GETARG_HEAPTUPLEHEADER(0), &line))
		return (Datum) 0;
	parts = MemoryContextAllocHuge(CurrentMemoryContext, (line.n_x + 1) / 2 * sizeof(LineInterval));
	for (size_t i = 0; i < list.n; i++)
	{
		double level = line_level(line.density, line.n_x, list.shares[i]);
		size_t n_parts = 0;

		/* The smallest region with no mass is empty. */
		if (list.shares[i] > 0)
			n_parts = line_region(line.x, line.density, line.n_x, level, parts);
		for (size_t part = 0; part < n_parts; part++)
		{
			ResultRow row = {.n_fields = 0};

			result_row_float8(&row, list.shares[i]);
			result_row_float8(&row, level);
			result_row_datum(&row, Int32GetDatum((int32) part + 1));
			result_row_float8(&row, parts[part].lo);
			result_row_float8(&row, parts[part].hi);
			result_row_put(&result, &row);
		}
	}
	return (Datum) 0;
}

/* ---------- the share of a point ---------- */

/* The last density that was asked about, with its shares. A table costs as much as very many questions. */
typedef struct ShareCache
{
	MemoryContext context; /* of all else; NULL if empty */
	PassedValue passed;
	bool has_density;
	DensityGrid grid;
	EnclosedShares table;
} ShareCache;

static SdqStatus
tabulate(Job *job, void *argument)
{
	ShareCache *cache = argument;

	return enclosed_shares(job, &cache->grid, &cache->table);
}

/* Tabulate the shares of the density that was passed. What fails on the way leaves the cache empty. */
static void
fill_cache(ShareCache *cache, MemoryContext parent, struct varlena *passed)
{
	MemoryContext context =
		AllocSetContextCreate(parent, "synthdq density", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);

	PG_TRY();
	{
		passed_value_keep(&cache->passed, passed, context);
		cache->has_density =
			density_grid_read(DatumGetHeapTupleHeader(PointerGetDatum(passed)), &cache->grid);
		/* The table stays in the memory of the computation, which is a child of the context. */
		if (cache->has_density)
			check_status(computation_run(computation_begin(), tabulate, cache));
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		MemoryContextDelete(context);
		PG_RE_THROW();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	cache->context = context;
}

/* The density in argument 0, from the cache, which is brought up to date. */
static const ShareCache *
cached_density(FunctionCallInfo fcinfo)
{
	ShareCache *cache = fcinfo->flinfo->fn_extra;
	struct varlena *passed = (struct varlena *) PG_GETARG_POINTER(0);

	/* A variable of PL/pgSQL changes in its place: take what it holds now. */
	if (VARATT_IS_EXTERNAL_EXPANDED(passed))
		passed = (struct varlena *) PG_GETARG_HEAPTUPLEHEADER(0);
	if (cache == NULL)
		cache = fcinfo->flinfo->fn_extra =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(ShareCache));
	if (cache->context != NULL && passed_value_is(&cache->passed, passed))
		return cache;
	if (cache->context != NULL)
		MemoryContextDelete(cache->context);
	cache->context = NULL;
	fill_cache(cache, fcinfo->flinfo->fn_mcxt, passed);
	return cache;
}

/*
 * kde2d_share(kde2d_result, x, y)
 *		The share of the smallest region that holds the point.
 */
Datum
synthdq_kde2d_share(PG_FUNCTION_ARGS)
{
	const ShareCache *cache = cached_density(fcinfo);
	double density;

	if (!cache->has_density)
		PG_RETURN_NULL();
	density = grid_density_at(&cache->grid, PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2));
	if (isnan(density))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(enclosed_share(&cache->table, density));
}
