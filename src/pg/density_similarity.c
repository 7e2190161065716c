/*
 * density_similarity.c
 *		kde_similarity() and kde2d_similarity() of two densities that are given.
 */
#include "pg/density_similarity.h"

#include "executor/executor.h"
#include "utils/builtins.h"

#include "pg/computation.h"
#include "pg/density_arguments.h"
#include "pg/density_grid.h"
#include "pg/errors.h"
#include "pg/kde2d_result.h"
#include "pg/kde_result.h"
#include "pg/result.h"

#include <math.h>

/* Nodes that are compared in some milliseconds. */
#define SMALL_NODES 100000

/* What the core is asked for. */
typedef struct SimilarityWork
{
	SimilarityGrid grid;
	const DensityGrid *densities; /* [2] */
	Similarity result;
} SimilarityWork;

PG_FUNCTION_INFO_V1(synthdq_kde_similarity);
PG_FUNCTION_INFO_V1(synthdq_kde2d_similarity);

/* Put the measures before the place of the gap. */
static void
put_measures(ResultRow *row, const Similarity *similarity)
{
	const double values[] = {similarity->overlap,   similarity->l1, similarity->l2,
							 similarity->hellinger, similarity->js, similarity->kl_12,
							 similarity->kl_21,     similarity->gap};

	for (size_t i = 0; i < lengthof(values); i++)
		result_row_float8(row, similarity->is_defined ? values[i] : get_float8_nan());
}

/* Put the fields that both composites end with. */
static void
put_sides(ResultRow *row, const SimilaritySides *sides)
{
	for (int side = 0; side < 2; side++)
	{
		if (sides->n[side] < 0)
			result_row_null(row);
		else
			result_row_int8(row, sides->n[side]);
	}
	result_row_float8(row, sides->p_value);
	result_row_int8(row, sides->permutations);
}

Datum
similarity_1d_datum(FunctionCallInfo fcinfo, const Similarity *similarity,
					const SimilarityGrid *grid, const SimilaritySides *sides)
{
	ResultRow row = {.n_fields = 0};

	put_measures(&row, similarity);
	result_row_float8(&row,
					  similarity->is_defined ? grid->x[similarity->gap_node] : get_float8_nan());
	for (int side = 0; side < 2; side++)
		result_row_float8(&row, sides->bandwidth_x[side]);
	put_sides(&row, sides);
	return result_row_composite(fcinfo, &row);
}

Datum
similarity_2d_datum(FunctionCallInfo fcinfo, const Similarity *similarity,
					const SimilarityGrid *grid, const SimilaritySides *sides)
{
	ResultRow row = {.n_fields = 0};
	bool is_defined = similarity->is_defined;

	put_measures(&row, similarity);
	result_row_float8(&row,
					  is_defined ? grid->x[similarity->gap_node % grid->n_x] : get_float8_nan());
	result_row_float8(&row,
					  is_defined ? grid->y[similarity->gap_node / grid->n_x] : get_float8_nan());
	for (int side = 0; side < 2; side++)
	{
		result_row_float8(&row, sides->bandwidth_x[side]);
		result_row_float8(&row, sides->bandwidth_y[side]);
	}
	put_sides(&row, sides);
	return result_row_composite(fcinfo, &row);
}

/* A number of a composite; NAN for NULL. */
static double
field_float8(HeapTupleHeader tuple, int field)
{
	bool is_null;
	Datum value = GetAttributeByNum(tuple, (AttrNumber) (field + 1), &is_null);

	return is_null ? get_float8_nan() : DatumGetFloat8(value);
}

/* A count of a composite; -1 for NULL, and for what is no count. */
static int64
field_count(HeapTupleHeader tuple, int field)
{
	bool is_null;
	Datum value = GetAttributeByNum(tuple, (AttrNumber) (field + 1), &is_null);

	return is_null ? -1 : Max(DatumGetInt64(value), -1);
}

static bool
is_same_axis(const double *a, size_t n_a, const double *b, size_t n_b)
{
	/* Nodes are no NaN, and 0 = -0 is meant. */
	for (size_t i = 0; n_a == n_b && i < n_a; i++)
		if (a[i] != b[i])
			return false;
	return n_a == n_b;
}

/* An axis in words. */
static char *
axis_text(const char *name, const double *nodes, size_t n)
{
	return psprintf("%zu nodes of %s from %s to %s", n, name, float8out_internal(nodes[0]),
					float8out_internal(nodes[n - 1]));
}

/* Both densities must be on one grid. */
static void
check_same_grid(const DensityGrid *a, const DensityGrid *b)
{
	const char *name = "x";
	const double *axes[2] = {a->x, b->x};
	size_t sizes[2] = {a->n_x, b->n_x};

	if (is_same_axis(axes[0], sizes[0], axes[1], sizes[1]))
	{
		if (a->y == NULL || is_same_axis(a->y, a->n_y, b->y, b->n_y))
			return;
		name = "y";
		axes[0] = a->y;
		axes[1] = b->y;
		sizes[0] = a->n_y;
		sizes[1] = b->n_y;
	}
	ereport(
		ERROR,
		(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
		 errmsg("densities on different grids cannot be compared"),
		 errdetail("The first has %s, the second %s.", axis_text(name, axes[0], sizes[0]),
				   axis_text(name, axes[1], sizes[1])),
		 errhint("State the same grid_size and the same ends of the grid for both, or compare the "
				 "rows themselves with the aggregate of the same name.")));
}

static SdqStatus
compare(Job *job, void *argument)
{
	SimilarityWork *work = argument;

	return similarity_of(job, &work->grid, work->densities[0].density, work->densities[1].density,
						 &work->result);
}

/* Compare two densities, both of which are there, on their grid. */
static Similarity
compare_stored(const DensityGrid densities[2], const SimilarityGrid *grid)
{
	SimilarityWork work = {.grid = *grid, .densities = densities};
	Computation *computation;
	size_t n_nodes = grid->n_x * grid->n_y;

	check_same_grid(&densities[0], &densities[1]);
	computation = computation_begin();
	check_status(n_nodes < SMALL_NODES ? computation_run_small(computation, compare, &work)
									   : computation_run(computation, compare, &work));
	computation_end(computation);
	return work.result;
}

static SimilarityGrid
axes_of(const DensityGrid *density)
{
	return (SimilarityGrid){
		.n_x = density->n_x, .n_y = density->n_y, .x = density->x, .y = density->y};
}

/*
 * kde_similarity(a kde_result, b kde_result)
 */
Datum
synthdq_kde_similarity(PG_FUNCTION_ARGS)
{
	SimilaritySides sides = {.p_value = get_float8_nan()};
	DensityGrid densities[2];
	SimilarityGrid grid;
	Similarity similarity = {.is_defined = false};
	bool is_there = true;

	for (int side = 0; side < 2; side++)
	{
		HeapTupleHeader tuple = PG_GETARG_HEAPTUPLEHEADER(side);

		is_there &= stored_line_read(tuple, &densities[side]);
		sides.bandwidth_x[side] = field_float8(tuple, KDE_FIELD_BANDWIDTH);
		sides.n[side] = field_count(tuple, KDE_FIELD_N);
	}
	grid = axes_of(&densities[0]);
	if (is_there)
		similarity = compare_stored(densities, &grid);
	return similarity_1d_datum(fcinfo, &similarity, &grid, &sides);
}

/*
 * kde2d_similarity(a kde2d_result, b kde2d_result)
 */
Datum
synthdq_kde2d_similarity(PG_FUNCTION_ARGS)
{
	SimilaritySides sides = {.p_value = get_float8_nan()};
	DensityGrid densities[2];
	SimilarityGrid grid;
	Similarity similarity = {.is_defined = false};
	bool is_there = true;

	for (int side = 0; side < 2; side++)
	{
		HeapTupleHeader tuple = PG_GETARG_HEAPTUPLEHEADER(side);

		is_there &= stored_plane_read(tuple, &densities[side]);
		sides.bandwidth_x[side] = field_float8(tuple, KDE2D_FIELD_BANDWIDTH_X);
		sides.bandwidth_y[side] = field_float8(tuple, KDE2D_FIELD_BANDWIDTH_Y);
		sides.n[side] = field_count(tuple, KDE2D_FIELD_N);
	}
	grid = axes_of(&densities[0]);
	if (is_there)
		similarity = compare_stored(densities, &grid);
	return similarity_2d_datum(fcinfo, &similarity, &grid, &sides);
}
