/*
 * field.c
 *		The choice between the two ways to the repulsion.
 */
#include "core/tsne/field.h"

/* Does a map go through the grid? */
static bool
uses_grid(size_t n, int dims)
{
	return dims == 2 && n >= FIELD_GRID_MIN_POINTS;
}

SdqStatus
field_create(Job *job, size_t n, int dims, Field *field)
{
	field->is_grid = uses_grid(n, dims);
	return field->is_grid ? field_grid_create(job, n, &field->grid)
						  : field_exact_create(job, n, dims, &field->exact);
}

bool
field_bytes(size_t n, int dims, int threads, size_t *bytes)
{
	return uses_grid(n, dims) ? field_grid_bytes(n, threads, bytes)
							  : field_exact_bytes(n, dims, bytes);
}

SdqStatus
field_begin(Job *job, Field *field, const double *y)
{
	if (field->is_grid)
		return field_grid_evaluate(job, &field->grid, y);
	field_exact_place(&field->exact, y);
	return sdq_ok();
}

size_t
field_chunks(const Field *field)
{
	return field->is_grid ? 0 : field_exact_chunks(&field->exact);
}

void
field_chunk(Field *field, size_t chunk)
{
	field_exact_chunk(&field->exact, chunk);
}

double
field_z(const Field *field)
{
	return field->is_grid ? field_grid_z(&field->grid) : field_exact_z(&field->exact);
}

void
field_forces(const Field *field, size_t first, size_t count, double *force)
{
	if (field->is_grid)
		field_grid_forces(&field->grid, first, count, force);
	else
		field_exact_forces(&field->exact, first, count, force);
}
