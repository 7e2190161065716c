/*
 * density_grid.c
 *		Stored densities and shares of their mass, checked.
 */
#include "pg/density_grid.h"

#include "miscadmin.h"
#include "utils/float.h"

#include "core/density/grid.h"
#include "pg/arguments.h"
#include "pg/array_reader.h"
#include "pg/density_arguments.h"
#include "pg/kde2d_result.h"
#include "pg/kde_result.h"

#include <math.h>

/* Most levels of one call; each costs a look at all nodes. */
#define MAX_LEVELS 1000

/* The arguments of the form with levels. */
#define ARGUMENTS_WITH_LEVELS 3

/* ---------- densities ---------- */

/* An axis must ascend. */
static void
check_axis(const char *type, const char *name, const double *nodes, size_t n)
{
	if (n < GRID_MIN_SIZE)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("axis %s of %s must have at least %d nodes, not %zu", name, type,
							   GRID_MIN_SIZE, n)));
	for (size_t i = 0; i < n; i++)
		if (!isfinite(nodes[i]) || (i > 0 && !(nodes[i] > nodes[i - 1])))
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("axis %s of %s must be finite and ascending", name, type),
							errdetail("Node %zu is %s.", i + 1, float8out_internal(nodes[i]))));
}

/* An axis that ascends must be what the core can follow. */
static void
check_steps(const char *type, const char *name, const double *nodes, size_t n)
{
	if (!axis_is_regular(nodes, n))
		ereport(
			ERROR,
			(errcode(ERRCODE_DATA_EXCEPTION),
			 errmsg("axis %s of %s is not ascending in equal steps", name, type),
			 errdetail("It runs from %s to %s with %zu nodes.", float8out_internal(nodes[0]),
					   float8out_internal(nodes[n - 1]), n),
			 errhint("Steps must be finite, and large enough to be told apart at this offset.")));
}

/* Check n_density values and the axes, of which y is NULL on a line. */
static void
check_density(const char *type, const DensityGrid *grid, size_t n_density)
{
	/* Axes are at most as long as an array may be, so that two of them fit. */
	size_t n_nodes = grid->n_x * grid->n_y;

	if (n_nodes != n_density)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("%s with %zu nodes and %zu values of density contradicts itself",
							   type, n_nodes, n_density)));
	check_axis(type, "x", grid->x, grid->n_x);
	if (grid->y != NULL)
		check_axis(type, "y", grid->y, grid->n_y);
	for (size_t i = 0; i < n_density; i++)
	{
		if (i % DENSITY_INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
		/* Written so that NaN fails. */
		if (!(grid->density[i] >= 0 && isfinite(grid->density[i])))
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("density of %s must be finite and at least 0, not %s", type,
								   float8out_internal(grid->density[i])),
							errdetail("It is value %zu.", i + 1)));
	}
}

bool
stored_line_read(HeapTupleHeader tuple, DensityGrid *grid)
{
	size_t n_density;

	*grid = (DensityGrid){.n_y = 1};
	grid->x = composite_float8_array(tuple, KDE_FIELD_X, &grid->n_x);
	grid->density = composite_float8_array(tuple, KDE_FIELD_DENSITY, &n_density);
	if (grid->x == NULL || grid->density == NULL)
		return false;
	check_density("kde_result", grid, n_density);
	return true;
}

bool
stored_plane_read(HeapTupleHeader tuple, DensityGrid *grid)
{
	size_t n_density;

	grid->x = composite_float8_array(tuple, KDE2D_FIELD_X, &grid->n_x);
	grid->y = composite_float8_array(tuple, KDE2D_FIELD_Y, &grid->n_y);
	grid->density = composite_float8_array(tuple, KDE2D_FIELD_DENSITY, &n_density);
	if (grid->x == NULL || grid->y == NULL || grid->density == NULL)
		return false;
	check_density("kde2d_result", grid, n_density);
	return true;
}

/* Is any of the densities above 0? */
static bool
has_mass(const DensityGrid *grid)
{
	for (size_t i = 0; i < grid->n_x * grid->n_y; i++)
		if (grid->density[i] > 0)
			return true;
	return false;
}

bool
density_line_read(HeapTupleHeader tuple, DensityGrid *line)
{
	if (!stored_line_read(tuple, line))
		return false;
	check_steps("kde_result", "x", line->x, line->n_x);
	return has_mass(line);
}

bool
density_grid_read(HeapTupleHeader tuple, DensityGrid *grid)
{
	if (!stored_plane_read(tuple, grid))
		return false;
	check_steps("kde2d_result", "x", grid->x, grid->n_x);
	check_steps("kde2d_result", "y", grid->y, grid->n_y);
	return has_mass(grid);
}

/* ---------- shares ---------- */

/* 1 - q for the equally spaced q from thresh to 1, formed as numpy.linspace does. */
static ShareList
shares_of_levels(size_t n, double thresh)
{
	ShareList list = {.n = n, .shares = palloc(n * sizeof(double)), .is_of_nodes = true};

	list.shares[0] = 1 - thresh;
	for (size_t i = 1; i + 1 < n; i++)
		list.shares[i] = 1 - ((double) i * ((1 - thresh) / (double) (n - 1)) + thresh);
	if (n > 1)
		list.shares[n - 1] = 0;
	return list;
}

ShareList
argument_shares(FunctionCallInfo fcinfo)
{
	ArrayElements elements;
	ShareList list;

	if (PG_NARGS() == ARGUMENTS_WITH_LEVELS)
		return shares_of_levels((size_t) argument_int(fcinfo, 1, "levels", 1, MAX_LEVELS),
								argument_double(fcinfo, 2, "thresh", 0, 1));
	if (PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("argument \"shares\" must not be null"),
						errhint("Pass an array, as in ARRAY[0.5, 0.95].")));
	elements = array_elements(PG_GETARG_ARRAYTYPE_P(1));
	if (elements.n_present != elements.n)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("argument \"shares\" must not contain nulls")));
	if (elements.n > MAX_LEVELS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("argument \"shares\" has %zu elements, more than %d", elements.n,
							   MAX_LEVELS)));
	list = (ShareList){.n = elements.n, .shares = palloc((elements.n + 1) * sizeof(double))};
	array_read_doubles(&elements, list.shares);
	for (size_t i = 0; i < list.n; i++)
		/* Written so that NaN fails. */
		if (!(list.shares[i] >= 0 && list.shares[i] <= 1))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("argument \"shares\" must lie between 0 and 1, not %s",
							float8out_internal(list.shares[i])),
					 errhint("0.95 stands for the smallest region with 95 %% of the mass.")));
	return list;
}
