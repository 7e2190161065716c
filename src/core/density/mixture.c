/*
 * mixture.c
 *		Weighted sums of densities, node by node.
 *
 * Bytes: version, number of axes, nodes of each; the nodes; number of observations; traits; the sum of weights; the
 * sums of densities.
 */
#include "core/density/mixture.h"

#include <math.h>
#include <string.h>

#include "core/base/sizes.h"
#include "core/density/grid.h"

#define CODEC_VERSION 1

/* Sums over parts: weight, and weight * mass. */
#define N_TOTALS 2

/* Bytes of version, number of axes and of their nodes. */
#define COUNT_BYTES 4

/* Nodes between two polls of the stop flag, some milliseconds. */
#define POLL_NODES ((size_t) 1 << 16)

/* Products made at a time, on the stack. */
#define BLOCK_NODES 256

void
mixture_init(Mixture *mixture)
{
	*mixture = (Mixture){.n_axes = 0};
	exact_sums_init(&mixture->weight, N_TOTALS);
}

/* Nodes of all axes one after the other, and of the grid. */
static size_t
axis_nodes(const size_t *n, size_t n_axes)
{
	return n_axes == 2 ? n[0] + n[1] : n[0];
}

static size_t
grid_nodes(const size_t *n, size_t n_axes)
{
	return n_axes == 2 ? n[0] * n[1] : n[0];
}

void
mixture_free(Mixture *mixture, SampleMemory *memory)
{
	if (mixture->axes != NULL)
		sample_memory_free(memory, mixture->axes,
						   axis_nodes(mixture->n, mixture->n_axes) * sizeof(double));
	exact_sums_free(&mixture->weight, memory);
	exact_sums_free(&mixture->density, memory);
	mixture_init(mixture);
}

/* Are these finite nodes, as many as an axis may have, in ascending order? */
static bool
is_axis(const double *nodes, size_t n)
{
	if (n < GRID_MIN_SIZE || n > GRID_MAX_SIZE || !isfinite(nodes[0]) || !isfinite(nodes[n - 1]))
		return false;
	for (size_t i = 1; i < n; i++)
		if (!(nodes[i - 1] < nodes[i]))
			return false;
	return true;
}

/* Everything about a part that can be wrong by itself. */
static SdqStatus
check_part(Stop *stop, const MixturePart *part)
{
	size_t n_nodes;

	for (size_t axis = 0; axis < part->n_axes; axis++)
		if (!is_axis(part->axes[axis], part->n[axis]))
			return sdq_bad_data(MIXTURE_GRID, -1, (double) axis, 0);
	if (part->n_observations < 0)
		return sdq_bad_data(MIXTURE_WEIGHT, -1, 0, (double) part->n_observations);
	if (!(part->weight >= 0) || isinf(part->weight))
		return sdq_bad_data(MIXTURE_WEIGHT, -1, 0, part->weight);
	if (!(part->mass >= 0) || isinf(part->mass))
		return sdq_bad_data(MIXTURE_WEIGHT, -1, 0, part->mass);
	if (isinf(part->mass * part->weight))
		return sdq_bad_data(MIXTURE_OVERFLOW, -1, 0, 0);
	n_nodes = grid_nodes(part->n, part->n_axes);
	for (size_t i = 0; i < n_nodes; i++)
	{
		if (i % POLL_NODES == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		if (!(part->density[i] >= 0) || isinf(part->density[i]))
			return sdq_bad_data(MIXTURE_DENSITY, -1, (double) i, part->density[i]);
		if (isinf(part->weight * part->density[i]))
			return sdq_bad_data(MIXTURE_OVERFLOW, -1, 0, 0);
	}
	return sdq_ok();
}

/* Give an empty mixture the grid, whose axes lie at axes[0], axes[1]. */
static SdqStatus
take_grid(Mixture *mixture, SampleMemory *memory, size_t n_axes, const size_t *n,
		  const double *const *axes)
{
	SdqStatus status = sdq_ok();
	double *nodes =
		sample_memory_resize(memory, NULL, 0, axis_nodes(n, n_axes) * sizeof(double), &status);

	if (nodes == NULL)
		return status;
	mixture->axes = nodes;
	mixture->n_axes = n_axes;
	for (size_t axis = 0; axis < n_axes; axis++)
	{
		mixture->n[axis] = n[axis];
		for (size_t i = 0; i < n[axis]; i++)
			*nodes++ = axes[axis][i] + 0.0; /* 0 for -0, which is the same node */
	}
	exact_sums_init(&mixture->density, grid_nodes(n, n_axes));
	return status;
}

/* Does the mixture have these axes? */
static bool
has_grid(const Mixture *mixture, size_t n_axes, const size_t *n, const double *const *axes)
{
	const double *nodes = mixture->axes;

	if (mixture->n_axes != n_axes)
		return false;
	for (size_t axis = 0; axis < n_axes; axis++)
	{
		if (mixture->n[axis] != n[axis])
			return false;
		for (size_t i = 0; i < n[axis]; i++)
			if (*nodes++ != axes[axis][i])
				return false;
	}
	return true;
}

/* Take or check a grid, and prepare for as many more observations. */
static SdqStatus
accept(Mixture *mixture, SampleMemory *memory, size_t n_axes, const size_t *n,
	   const double *const *axes, const double *traits, int64_t n_observations)
{
	bool is_first = mixture->n_axes == 0;
	SdqStatus status = sdq_ok();

	if (n_observations > INT64_MAX - mixture->n_observations)
		return sdq_error(SDQ_TOO_LARGE, (double) n_observations + (double) mixture->n_observations,
						 (double) INT64_MAX);
	if (is_first)
		status = take_grid(mixture, memory, n_axes, n, axes);
	else if (!has_grid(mixture, n_axes, n, axes))
		status = sdq_bad_data(MIXTURE_OTHER_GRID, -1, 0, 0);
	if (sdq_failed(status))
		return status;
	for (size_t t = 0; t < MIXTURE_MAX_TRAITS; t++)
		if (is_first || mixture->traits[t] != traits[t])
			mixture->traits[t] = is_first ? traits[t] + 0.0 : NAN;
	mixture->n_observations += n_observations;
	return status;
}

SdqStatus
mixture_add(Mixture *mixture, SampleMemory *memory, Stop *stop, const MixturePart *part)
{
	size_t n_nodes = grid_nodes(part->n, part->n_axes);
	double totals[N_TOTALS] = {part->weight, part->weight * part->mass};
	double products[BLOCK_NODES];
	SdqStatus status = check_part(stop, part);

	if (!sdq_failed(status))
		status = accept(mixture, memory, part->n_axes, part->n, part->axes, part->traits,
						part->n_observations);
	if (!sdq_failed(status))
		status = exact_sums_add(&mixture->weight, memory, 0, totals, N_TOTALS);
	for (size_t first = 0; first < n_nodes && !sdq_failed(status); first += BLOCK_NODES)
	{
		size_t count = minimum(BLOCK_NODES, n_nodes - first);

		if (first % POLL_NODES == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		for (size_t i = 0; i < count; i++)
			products[i] = part->weight * part->density[first + i];
		status = exact_sums_add(&mixture->density, memory, first, products, count);
	}
	return status;
}

/* Where the axes of a mixture lie. */
static void
list_axes(const Mixture *mixture, const double **axes)
{
	axes[0] = mixture->axes;
	axes[1] = mixture->axes + mixture->n[0];
}

SdqStatus
mixture_merge(Mixture *mixture, SampleMemory *memory, const Mixture *other)
{
	const double *axes[MIXTURE_MAX_AXES];
	SdqStatus status;

	if (other->n_axes == 0)
		return sdq_ok();
	list_axes(other, axes);
	status = accept(mixture, memory, other->n_axes, other->n, axes, other->traits,
					other->n_observations);
	if (!sdq_failed(status))
		status = exact_sums_merge(&mixture->weight, memory, &other->weight);
	return sdq_failed(status) ? status
							  : exact_sums_merge(&mixture->density, memory, &other->density);
}

double
mixture_weight(const Mixture *mixture)
{
	return exact_sums_quotient(&mixture->weight, 0, 1);
}

double
mixture_mass(const Mixture *mixture)
{
	return exact_sums_quotient(&mixture->weight, 1, 1) / mixture_weight(mixture);
}

SdqStatus
mixture_density(const Mixture *mixture, Stop *stop, double *density)
{
	double weight = mixture_weight(mixture);

	for (size_t i = 0; i < mixture->density.n; i++)
	{
		if (i % POLL_NODES == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		density[i] = exact_sums_quotient(&mixture->density, i, 1) / weight;
	}
	return sdq_ok();
}

SdqStatus
mixture_measure(Mixture *mixture, SampleMemory *memory, size_t *size)
{
	SdqStatus status = exact_sums_normalize(&mixture->weight, memory);

	if (!sdq_failed(status))
		status = exact_sums_normalize(&mixture->density, memory);
	if (sdq_failed(status))
		return status;
	/* The axes have at most GRID_MAX_SIZE nodes each. */
	*size = (2 + mixture->n_axes) * COUNT_BYTES +
			(axis_nodes(mixture->n, mixture->n_axes) + MIXTURE_MAX_TRAITS + 1) * sizeof(double);
	if (!exact_sums_add_size(&mixture->weight, size) ||
		!exact_sums_add_size(&mixture->density, size))
		return sdq_error(SDQ_TOO_LARGE, (double) SIZE_MAX, (double) SIZE_MAX);
	return status;
}

void
mixture_encode(const Mixture *mixture, uint8_t *bytes)
{
	uint8_t *at = bytes_write(bytes, CODEC_VERSION, COUNT_BYTES);

	at = bytes_write(at, mixture->n_axes, COUNT_BYTES);
	for (size_t axis = 0; axis < mixture->n_axes; axis++)
		at = bytes_write(at, mixture->n[axis], COUNT_BYTES);
	for (size_t i = 0; i < axis_nodes(mixture->n, mixture->n_axes); i++)
		at = bytes_write_double(at, mixture->axes[i]);
	at = bytes_write(at, (uint64_t) mixture->n_observations, sizeof(uint64_t));
	for (size_t t = 0; t < MIXTURE_MAX_TRAITS; t++)
		at = bytes_write_double(at, isnan(mixture->traits[t]) ? (double) NAN : mixture->traits[t]);
	at = exact_sums_write(&mixture->weight, at);
	exact_sums_write(&mixture->density, at);
}

/* Read the grid into an empty mixture; bad bytes are noted. */
static SdqStatus
read_grid(Mixture *mixture, SampleMemory *memory, ByteCursor *cursor)
{
	size_t n_axes = (size_t) bytes_read(cursor, COUNT_BYTES);
	size_t n[MIXTURE_MAX_AXES] = {0};
	SdqStatus status = sdq_ok();
	double *nodes;
	size_t n_bytes;

	if (n_axes < 1 || n_axes > MIXTURE_MAX_AXES)
	{
		cursor->is_bad = true;
		return status;
	}
	for (size_t axis = 0; axis < n_axes; axis++)
	{
		n[axis] = (size_t) bytes_read(cursor, COUNT_BYTES);
		cursor->is_bad |= n[axis] < GRID_MIN_SIZE || n[axis] > GRID_MAX_SIZE;
	}
	n_bytes = axis_nodes(n, n_axes) * sizeof(double);
	if (cursor->is_bad || cursor->left < n_bytes)
	{
		cursor->is_bad = true;
		return status;
	}
	nodes = sample_memory_resize(memory, NULL, 0, n_bytes, &status);
	if (nodes == NULL)
		return status;
	mixture->axes = nodes;
	mixture->n_axes = n_axes;
	memcpy(mixture->n, n, sizeof(n));
	exact_sums_init(&mixture->density, grid_nodes(n, n_axes));
	for (size_t i = 0; i < axis_nodes(n, n_axes); i++)
	{
		nodes[i] = bytes_read_double(cursor);
		cursor->is_bad |= nodes[i] == 0 && signbit(nodes[i]);
	}
	for (size_t axis = 0; axis < n_axes; axis++, nodes += n[0])
		cursor->is_bad |= !is_axis(nodes, n[axis]);
	return status;
}

SdqStatus
mixture_decode(Mixture *mixture, SampleMemory *memory, const uint8_t *bytes, size_t size)
{
	ByteCursor cursor = {.at = bytes, .left = size};
	SdqStatus status = sdq_ok();

	mixture_init(mixture);
	cursor.is_bad = bytes_read(&cursor, COUNT_BYTES) != CODEC_VERSION;
	if (!cursor.is_bad)
		status = read_grid(mixture, memory, &cursor);
	if (sdq_failed(status) || cursor.is_bad)
		return sdq_failed(status) ? status : sdq_bad_data(MIXTURE_BYTES, -1, 0, 0);
	mixture->n_observations = (int64_t) bytes_read(&cursor, sizeof(uint64_t));
	cursor.is_bad |= mixture->n_observations < 0;
	for (size_t t = 0; t < MIXTURE_MAX_TRAITS; t++)
	{
		double trait = bytes_read_double(&cursor);

		mixture->traits[t] = isnan(trait) ? (double) NAN : trait;
	}
	status = exact_sums_read(&mixture->weight, memory, &cursor);
	if (!sdq_failed(status) && !cursor.is_bad)
		status = exact_sums_read(&mixture->density, memory, &cursor);
	if (sdq_failed(status))
		return status;
	if (cursor.is_bad || cursor.left != 0 || exact_sums_has_negative(&mixture->weight) ||
		exact_sums_has_negative(&mixture->density))
		return sdq_bad_data(MIXTURE_BYTES, -1, 0, 0);
	return status;
}
