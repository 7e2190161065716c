/*
 * field_grid.c
 *		Repulsion by one convolution.
 *
 * With S(y) = sum_j 1 / (1 + |y - y_j|^2) over all points, Z = sum_i S(y_i) - n, and the force on point
 * i is minus half the gradient of S at y_i. S is computed by the smooth particle mesh method (U. Essmann
 * et al., J. Chem. Phys. 103, 8577, 1995): charges of 1 are spread to the nodes of a grid by cubic
 * B-splines, the grid is convolved with the kernel by Fourier transforms, and S is read off at the
 * points by the same splines, its gradient by their derivatives. In frequencies the kernel is divided by
 * the square of the spline's transform, which undoes both smoothings. Z is the sum of charge times
 * field.
 *
 * Spacing. h = 1/sqrt 8 gives forces to some tenths of a percent (1/2 to 1.5 % in sparse maps); while the
 * map is small h shrinks with it, since the errors of points that share a cell would add up. It takes the
 * values 2^(-j/2) only, so that the transformed kernel serves many iterations; in maps beyond
 * CONVOLUTION_MAX_NODES it grows with them.
 *
 * Precision. All is float. At the start of a descent all points lie within 1e-4, S is n everywhere to
 * eight digits, and its gradient would drown; so in small maps the kernel is 1 / (1 + r^2) - 1, whose
 * field is S - n. In large ones S is much smaller than n, and the kernel is itself.
 *
 * Threads. Chunks of points find their cells and are sorted by bands of rows; bands are spread, the even
 * ones first, then the odd ones, so that no two threads write to a row. The chunks depend on n and on
 * the grid alone.
 */
#include "core/tsne/field_grid.h"

#include <math.h>
#include <string.h>

#include "core/base/sizes.h"

/* Nodes along one side that a cubic spline touches. */
#define SPLINE 4

/* The spacing where the map is large enough, and the number of spacings in the extent of a small map. */
#define SPACING     0.35355339059327376220 /* 1 / sqrt(8) */
#define SMALL_NODES 128

/* Spacings in the extent of a map that is too large for SPACING: with the spline's nodes, as many as
 * there may be. */
#define LARGE_NODES (CONVOLUTION_MAX_NODES - 2 * SPLINE)

/* No smaller spacing is used: a map below it is a point. */
#define MIN_SPACING 0x1.0p-40

/* Maps up to this extent use the shifted kernel. */
#define SHIFTED_EXTENT 4.0

/* Before the end of a cell, and still in it. */
#define CELL_END 0x1.0p-24

/* Points that one chunk locates. */
#define POINT_CHUNK ((size_t) 4096)

/* Rows of cells of a band; more than SPLINE, so that bands of the same parity do not touch. */
#define BAND_ROWS ((size_t) 16)
#define MAX_BANDS (CONVOLUTION_MAX_NODES / BAND_ROWS)

/* Bytes that the arena may lose between the arrays, and what the small ones take. */
#define SLACK ((size_t) 64 * 1024)

/* Four nodes of a row. */
typedef float Nodes __attribute__((vector_size(SPLINE * sizeof(float)), aligned(4), may_alias));

/* Chunks of points. */
static size_t
point_chunks(const FieldGrid *field)
{
	return divide_up(field->n, POINT_CHUNK);
}

bool
field_grid_bytes(size_t n, int threads, size_t *bytes)
{
	size_t points;

	return checked_multiply(n, sizeof(GridPoint) + sizeof(uint32_t), &points) &&
		   checked_add(points, n / POINT_CHUNK * MAX_BANDS * sizeof(size_t), &points) &&
		   checked_add(points, convolution_bytes(threads) + SLACK, bytes);
}

SdqStatus
field_grid_create(Job *job, size_t n, FieldGrid *field)
{
	Arena *arena = job->arena;
	SdqStatus status;

	*field = (FieldGrid){.n = n};
	status = convolution_create(job, &field->convolution);
	if (sdq_failed(status))
		return status;
	field->points = arena_alloc(arena, n, sizeof(GridPoint));
	field->order = arena_alloc(arena, n, sizeof(uint32_t));
	field->counts = arena_alloc(arena, point_chunks(field), MAX_BANDS * sizeof(size_t));
	field->band_start = arena_alloc(arena, MAX_BANDS + 1, sizeof(size_t));
	if (field->points == NULL || field->order == NULL || field->counts == NULL ||
		field->band_start == NULL)
		return arena_failure(arena);
	return sdq_ok();
}

/* ---------- the grid ---------- */

/* The spacing for a map of this extent. */
static double
choose_spacing(double extent)
{
	double spacing = SPACING;

	if (extent > SPACING * LARGE_NODES)
		return extent / LARGE_NODES;
	while (spacing > extent / SMALL_NODES && spacing > MIN_SPACING)
		spacing *= 0.70710678118654752440;
	return spacing;
}

/* Lay the grid over the points. */
static SdqStatus
lay_grid(Job *job, FieldGrid *field, const double *y)
{
	double low[2] = {y[0], y[1]};
	double high[2] = {y[0], y[1]};
	size_t nodes[2];
	double extent;

	for (size_t i = 0; i < field->n; i++)
		for (int d = 0; d < 2; d++)
		{
			low[d] = y[2 * i + d] < low[d] ? y[2 * i + d] : low[d];
			high[d] = y[2 * i + d] > high[d] ? y[2 * i + d] : high[d];
		}
	extent = fmax(high[0] - low[0], high[1] - low[1]);
	field->spacing = choose_spacing(extent);
	for (int d = 0; d < 2; d++)
	{
		/* A multiple of the spacing, so that the points keep their places in their cells. */
		field->origin[d] = (floor(low[d] / field->spacing) - 1) * field->spacing;
		nodes[d] = (size_t) ((high[d] - field->origin[d]) / field->spacing) + SPLINE - 1;
	}
	field->is_shifted = extent <= SHIFTED_EXTENT;
	return convolution_lay(job, &field->convolution, field->spacing, field->is_shifted, nodes[0],
						   nodes[1]);
}

/* ---------- spreading ---------- */

/* Where a coordinate lies on a side of so many nodes: the number of its cell's first node, and its place
 * in the cell. Beyond the first or last cell, where rounding can lead as well, it is the end of that. */
static inline uint32_t
locate(double origin, double spacing, size_t nodes, double y, float *place)
{
	double cell = (y - origin) / spacing;
	double end = (double) (nodes - SPLINE + 2);
	double whole;

	cell = cell < 1 ? 1 : cell < end ? cell : end - CELL_END;
	whole = floor(cell);
	*place = (float) (cell - whole);
	return (uint32_t) whole - 1;
}

typedef struct LocateWork
{
	FieldGrid *field;
	const double *y;
} LocateWork;

/* Locate some points and count them by bands. */
static void
locate_chunk(void *argument, size_t chunk, int thread)
{
	const LocateWork *work = argument;
	FieldGrid *field = work->field;
	size_t *counts = field->counts + chunk * MAX_BANDS;
	size_t end = minimum((chunk + 1) * POINT_CHUNK, field->n);

	memset(counts, 0, MAX_BANDS * sizeof(size_t));
	for (size_t i = chunk * POINT_CHUNK; i < end; i++)
	{
		GridPoint *point = &field->points[i];
		uint32_t column = locate(field->origin[0], field->spacing, field->convolution.x.nodes,
								 work->y[2 * i], &point->u);
		uint32_t row = locate(field->origin[1], field->spacing, field->convolution.y.nodes,
							  work->y[2 * i + 1], &point->v);

		point->node = row * (uint32_t) field->convolution.width + column;
		counts[row / BAND_ROWS]++;
	}
}

/* Turn the counts into places in the order: bands ascending, within them points ascending. */
static void
place_bands(FieldGrid *field)
{
	size_t chunks = point_chunks(field);
	size_t place = 0;

	for (size_t band = 0; band < MAX_BANDS; band++)
	{
		field->band_start[band] = place;
		for (size_t chunk = 0; chunk < chunks; chunk++)
		{
			size_t count = field->counts[chunk * MAX_BANDS + band];

			field->counts[chunk * MAX_BANDS + band] = place;
			place += count;
		}
	}
	field->band_start[MAX_BANDS] = place;
}

/* Put the points of a chunk in order; further chunks clear the nodes of a band. */
static void
order_chunk(void *argument, size_t chunk, int thread)
{
	FieldGrid *field = argument;
	size_t chunks = point_chunks(field);

	if (chunk < chunks)
	{
		size_t *places = field->counts + chunk * MAX_BANDS;
		size_t end = minimum((chunk + 1) * POINT_CHUNK, field->n);

		for (size_t i = chunk * POINT_CHUNK; i < end; i++)
		{
			size_t row = field->points[i].node / field->convolution.width;

			field->order[places[row / BAND_ROWS]++] = (uint32_t) i;
		}
	}
	else
	{
		size_t first = (chunk - chunks) * BAND_ROWS;
		size_t count = minimum(field->convolution.y.nodes - first, BAND_ROWS);

		memset(field->convolution.nodes + first * field->convolution.width, 0,
			   count * field->convolution.width * sizeof(float));
	}
}

/* The cubic B-spline on the four nodes of a cell, for a point at u. */
static inline Nodes
spline_weights(float u)
{
	float v = 1 - u;

	return (Nodes){v * v * v / 6, (u * u * (3 * u - 6) + 4) / 6, (v * v * (3 * v - 6) + 4) / 6,
				   u * u * u / 6};
}

/* Its derivative. */
static inline Nodes
spline_slopes(float u)
{
	float v = 1 - u;

	return (Nodes){-v * v / 2, u * (3 * u - 4) / 2, -v * (3 * v - 4) / 2, u * u / 2};
}

/* Spread the charges of a band. */
static void
spread_band(FieldGrid *field, size_t band)
{
	for (size_t i = field->band_start[band]; i < field->band_start[band + 1]; i++)
	{
		const GridPoint *point = &field->points[field->order[i]];
		Nodes along = spline_weights(point->u);
		Nodes across = spline_weights(point->v);
		float *node = field->convolution.nodes + point->node;

		for (int r = 0; r < SPLINE; r++, node += field->convolution.width)
			*(Nodes *) node += across[r] * along;
	}
}

static void
spread_even(void *argument, size_t chunk, int thread)
{
	spread_band(argument, 2 * chunk);
}

static void
spread_odd(void *argument, size_t chunk, int thread)
{
	spread_band(argument, 2 * chunk + 1);
}

/* Charges on all nodes. */
static SdqStatus
spread_charges(Job *job, FieldGrid *field, const double *y)
{
	LocateWork work = {.field = field, .y = y};
	/* The spline of a cell in the last row ends at the last row of nodes. */
	size_t bands = divide_up(field->convolution.y.nodes - (SPLINE - 1), BAND_ROWS);
	SdqStatus status = pool_run(job->pool, locate_chunk, &work, point_chunks(field));

	if (sdq_failed(status))
		return status;
	place_bands(field);
	status = pool_run(job->pool, order_chunk, field,
					  point_chunks(field) + divide_up(field->convolution.y.nodes, BAND_ROWS));
	if (!sdq_failed(status))
		status = pool_run(job->pool, spread_even, field, (bands + 1) / 2);
	if (!sdq_failed(status))
		status = pool_run(job->pool, spread_odd, field, bands / 2);
	return status;
}

/* ---------- evaluation ---------- */

SdqStatus
field_grid_evaluate(Job *job, FieldGrid *field, const double *y)
{
	double n = (double) field->n;
	double energy = 0;
	SdqStatus status = lay_grid(job, field, y);

	if (!sdq_failed(status))
		status = spread_charges(job, field, y);
	if (!sdq_failed(status))
		status = convolution_run(job, &field->convolution, &energy);
	field->z = (field->is_shifted ? energy + n * n : energy) - n;
	return status;
}

double
field_grid_z(const FieldGrid *field)
{
	return field->z;
}

/* Sum of the products of two rows of four. */
static inline float
dot(Nodes a, Nodes b)
{
	Nodes product = a * b;

	return (product[0] + product[2]) + (product[1] + product[3]);
}

/* The field's nodes around a point, summed across rows: by the spline and by its derivative. */
static inline void
sum_rows(const FieldGrid *field, const GridPoint *point, Nodes *level, Nodes *slope)
{
	Nodes across = spline_weights(point->v);
	Nodes slopes = spline_slopes(point->v);
	const float *node = field->convolution.nodes + point->node;

	*level = *slope = (Nodes){0, 0, 0, 0};
	for (int r = 0; r < SPLINE; r++, node += field->convolution.width)
	{
		Nodes row = *(const Nodes *) node;

		*level += across[r] * row;
		*slope += slopes[r] * row;
	}
}

void
field_grid_forces(const FieldGrid *field, size_t first, size_t count, double *force)
{
	double factor = -0.5 / field->spacing;

	for (size_t i = 0; i < count; i++)
	{
		const GridPoint *point = &field->points[first + i];
		Nodes level;
		Nodes slope;

		sum_rows(field, point, &level, &slope);
		force[2 * i] = factor * (double) dot(spline_slopes(point->u), level);
		force[2 * i + 1] = factor * (double) dot(spline_weights(point->u), slope);
	}
}

double
field_grid_read(const FieldGrid *field, const double *y, double *gradient)
{
	const size_t nodes[2] = {field->convolution.x.nodes, field->convolution.y.nodes};
	uint32_t cell[2];
	float place[2];
	GridPoint point;
	Nodes level;
	Nodes slope;

	for (int d = 0; d < 2; d++)
		cell[d] = locate(field->origin[d], field->spacing, nodes[d], y[d], &place[d]);
	point = (GridPoint){.node = cell[1] * (uint32_t) field->convolution.width + cell[0],
						.u = place[0],
						.v = place[1]};
	sum_rows(field, &point, &level, &slope);
	gradient[0] = (double) dot(spline_slopes(point.u), level) / field->spacing;
	gradient[1] = (double) dot(spline_weights(point.u), slope) / field->spacing;
	return (double) dot(spline_weights(point.u), level) +
		   (field->is_shifted ? (double) field->n : 0);
}
