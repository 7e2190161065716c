/*
 * density_contours.c
 *		The contours of a density of the plane, and what they enclose: rows of polygons, GeoJSON, WKT, measures.
 *
 * Levels are found first: those of stated shares by the mass that their contours enclose, those of equal steps
 * in a ranking of all nodes, as seaborn has them. Contours are then traced level by level, each in memory that
 * the next one uses again.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "core/density/contours.h"
#include "core/density/enclosed.h"
#include "core/density/regions.h"
#include "pg/array_reader.h"
#include "pg/computation.h"
#include "pg/density_grid.h"
#include "pg/errors.h"
#include "pg/result.h"
#include "pg/sample_flat.h"

/* Points written between two looks at the interrupts. */
#define POINTS_PER_CHECK 4096

PG_FUNCTION_INFO_V1(synthdq_kde2d_contours);
PG_FUNCTION_INFO_V1(synthdq_kde2d_contours_geojson);
PG_FUNCTION_INFO_V1(synthdq_kde2d_contours_wkt);
PG_FUNCTION_INFO_V1(synthdq_kde2d_regions);

/* A call of one of the functions. */
typedef struct ContourCall
{
	DensityGrid grid;
	ShareList shares;
	double *levels; /* [shares.n], NULL if there is no density */
	Computation *computation;
	ArenaMark mark; /* memory before a contour */
	double level;   /* the one at hand */
	Contour contour;
	RegionMeasure measure;
} ContourCall;

/* ---------- levels and contours ---------- */

/* The levels of all shares. */
static SdqStatus
find_levels(Job *job, void *argument)
{
	ContourCall *call = argument;
	ArenaMark mark = arena_mark(job->arena);
	DensityRanking ranking;
	SdqStatus status;

	if (!call->shares.is_of_nodes)
		return region_levels(job, &call->grid, call->shares.shares, call->shares.n, call->levels);
	status = density_rank(job, call->grid.density, call->grid.n_x * call->grid.n_y, &ranking);
	if (sdq_failed(status))
		return status;
	for (size_t i = 0; i < call->shares.n; i++)
		call->levels[i] = ranking_level(&ranking, call->shares.shares[i]);
	arena_release(job->arena, mark);
	return sdq_ok();
}

static SdqStatus
trace_level(Job *job, void *argument)
{
	ContourCall *call = argument;

	return contour_trace(job, &call->grid, call->level, &call->contour);
}

static SdqStatus
measure_level(Job *job, void *argument)
{
	ContourCall *call = argument;

	return region_measure(job, &call->grid, call->level, &call->measure);
}

/* Read the arguments and find the levels: call->levels is NULL where there is nothing to draw. Arguments are
 * checked even where the density is NULL. */
static void
call_begin(ContourCall *call, FunctionCallInfo fcinfo)
{
	*call = (ContourCall){.shares = argument_shares(fcinfo)};
	if (PG_ARGISNULL(0) || !density_grid_read(PG_GETARG_HEAPTUPLEHEADER(0), &call->grid))
		return;
	call->levels = palloc((call->shares.n + 1) * sizeof(double));
	call->computation = computation_begin();
	check_status(computation_run(call->computation, find_levels, call));
	call->mark = arena_mark(&call->computation->arena);
}

/* The contour of a share into call->contour. The smallest region with no mass is empty. */
static void
call_trace(ContourCall *call, size_t i)
{
	call->level = call->levels[i];
	call->contour = (Contour){.n_rings = 0};
	arena_release(&call->computation->arena, call->mark);
	if (call->shares.shares[i] > 0)
		check_status(computation_run_small(call->computation, trace_level, call));
}

/* Measure what the contour at hand encloses. */
static void
call_measure(ContourCall *call)
{
	call->measure = (RegionMeasure){.area = 0};
	if (call->contour.n_polygons > 0)
		check_status(computation_run_small(call->computation, measure_level, call));
}

static void
call_end(ContourCall *call)
{
	if (call->computation != NULL)
		computation_end(call->computation);
}

/* ---------- rows ---------- */

/* Put an array of doubles, which the caller frees once the row is stored. */
static ArrayType *
put_array(ResultRow *row, const double *values, size_t n)
{
	ArrayType *array = make_float8_array(values, n);

	result_row_datum(row, PointerGetDatum(array));
	return array;
}

/*
 * kde2d_contours(kde2d_result, levels, thresh), kde2d_contours(kde2d_result, shares)
 *		One row per ring.
 */
Datum
synthdq_kde2d_contours(PG_FUNCTION_ARGS)
{
	ResultSet result = result_set_begin(fcinfo);
	ContourCall call;

	call_begin(&call, fcinfo);
	for (size_t i = 0; call.levels != NULL && i < call.shares.n; i++)
	{
		call_trace(&call, i);
		call_measure(&call);
		for (size_t r = 0; r < call.contour.n_rings; r++)
		{
			const Ring *ring = &call.contour.rings[r];
			ResultRow row = {.n_fields = 0};
			ArrayType *x;
			ArrayType *y;

			result_row_datum(&row, Int32GetDatum((int32) i + 1));
			result_row_float8(&row, call.shares.shares[i]);
			result_row_float8(&row, call.level);
			result_row_datum(&row, Int32GetDatum((int32) r + 1));
			result_row_datum(&row, BoolGetDatum(ring->is_hole));
			x = put_array(&row, call.contour.x + ring->first, ring->n);
			y = put_array(&row, call.contour.y + ring->first, ring->n);
			result_row_float8(&row, call.measure.mass);
			result_row_put(&result, &row);
			pfree(x);
			pfree(y);
		}
	}
	call_end(&call);
	return (Datum) 0;
}

/*
 * kde2d_regions(kde2d_result, shares)
 *		One row per share.
 */
Datum
synthdq_kde2d_regions(PG_FUNCTION_ARGS)
{
	ResultSet result = result_set_begin(fcinfo);
	ContourCall call;

	call_begin(&call, fcinfo);
	for (size_t i = 0; call.levels != NULL && i < call.shares.n; i++)
	{
		ResultRow row = {.n_fields = 0};

		call_trace(&call, i);
		call_measure(&call);
		result_row_float8(&row, call.shares.shares[i]);
		result_row_float8(&row, call.level);
		result_row_float8(&row, call.measure.area);
		result_row_int8(&row, (int64) call.contour.n_polygons);
		result_row_float8(&row, call.measure.mass);
		result_row_put(&result, &row);
	}
	call_end(&call);
	return (Datum) 0;
}

/* ---------- text ---------- */

/* How a format writes nested lists of points. */
typedef struct TextForm
{
	char open;
	char close;
	const char *point_open;
	const char *between; /* the coordinates of a point */
	const char *point_close;
} TextForm;

static const TextForm geojson = {
	.open = '[', .close = ']', .point_open = "[", .between = ", ", .point_close = "]"};
static const TextForm wkt = {
	.open = '(', .close = ')', .point_open = "", .between = " ", .point_close = ""};

/* Append the list of a ring's points. */
static void
append_ring(StringInfo text, const TextForm *form, const Contour *contour, const Ring *ring)
{
	appendStringInfoChar(text, form->open);
	for (size_t i = 0; i < ring->n; i++)
	{
		if (i % POINTS_PER_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
		appendStringInfoString(text, i == 0 ? "" : ", ");
		appendStringInfoString(text, form->point_open);
		sample_append_number(text, contour->x[ring->first + i]);
		appendStringInfoString(text, form->between);
		sample_append_number(text, contour->y[ring->first + i]);
		appendStringInfoString(text, form->point_close);
	}
	appendStringInfoChar(text, form->close);
}

/* Append the list of polygons, each a list of rings, the outer one first. */
static void
append_polygons(StringInfo text, const TextForm *form, const Contour *contour)
{
	appendStringInfoChar(text, form->open);
	for (size_t r = 0; r < contour->n_rings; r++)
	{
		const Ring *ring = &contour->rings[r];

		if (r > 0 && !ring->is_hole)
			appendStringInfoChar(text, form->close);
		if (r > 0)
			appendStringInfoString(text, ", ");
		if (!ring->is_hole)
			appendStringInfoChar(text, form->open);
		append_ring(text, form, contour, ring);
	}
	if (contour->n_rings > 0)
		appendStringInfoChar(text, form->close);
	appendStringInfoChar(text, form->close);
}

/* Append the level at hand as a GeoJSON feature. */
static void
append_feature(StringInfo json, const ContourCall *call, size_t i)
{
	appendStringInfo(json,
					 "{\"type\": \"Feature\", \"properties\": {\"level\": %zu, \"share\": ", i + 1);
	sample_append_number(json, call->shares.shares[i]);
	appendStringInfoString(json, ", \"density\": ");
	sample_append_number(json, call->level);
	appendStringInfoString(json, "}, \"geometry\": {\"type\": \"MultiPolygon\", \"coordinates\": ");
	append_polygons(json, &geojson, &call->contour);
	appendStringInfoString(json, "}}");
}

/*
 * kde2d_contours_geojson(kde2d_result, levels, thresh), kde2d_contours_geojson(kde2d_result, shares)
 *		A feature collection, one feature per level that has a contour.
 */
Datum
synthdq_kde2d_contours_geojson(PG_FUNCTION_ARGS)
{
	const char *separator = "";
	StringInfoData json;
	ContourCall call;

	call_begin(&call, fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	initStringInfo(&json);
	appendStringInfoString(&json, "{\"type\": \"FeatureCollection\", \"features\": [");
	for (size_t i = 0; call.levels != NULL && i < call.shares.n; i++)
	{
		call_trace(&call, i);
		if (call.contour.n_rings == 0)
			continue;
		appendStringInfoString(&json, separator);
		append_feature(&json, &call, i);
		separator = ", ";
	}
	appendStringInfoString(&json, "]}");
	call_end(&call);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(json.data, json.len));
}

/*
 * kde2d_contours_wkt(kde2d_result, levels, thresh), kde2d_contours_wkt(kde2d_result, shares)
 *		One row per level that has a contour.
 */
Datum
synthdq_kde2d_contours_wkt(PG_FUNCTION_ARGS)
{
	ResultSet result = result_set_begin(fcinfo);
	StringInfoData text;
	ContourCall call;

	call_begin(&call, fcinfo);
	initStringInfo(&text);
	for (size_t i = 0; call.levels != NULL && i < call.shares.n; i++)
	{
		ResultRow row = {.n_fields = 0};
		Datum polygons;

		call_trace(&call, i);
		if (call.contour.n_rings == 0)
			continue;
		resetStringInfo(&text);
		appendStringInfoString(&text, "MULTIPOLYGON");
		append_polygons(&text, &wkt, &call.contour);
		polygons = PointerGetDatum(cstring_to_text_with_len(text.data, text.len));
		result_row_datum(&row, Int32GetDatum((int32) i + 1));
		result_row_float8(&row, call.shares.shares[i]);
		result_row_float8(&row, call.level);
		result_row_datum(&row, polygons);
		result_row_put(&result, &row);
		pfree(DatumGetPointer(polygons));
	}
	call_end(&call);
	return (Datum) 0;
}
