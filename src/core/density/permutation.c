/*
 * permutation.c
 *		The L1 distance of two densities under random labels.
 *
 * Points are counted in the cells of a lattice once. A relabelling then is a draw of how many of each cell's points
 * go to the first side (relabel.h), which costs as much as there are cells, not points; and the difference of the
 * two densities is one convolution of the difference of their shares with the kernel. In the coordinates that the
 * caller gives, the kernel is round, so the convolution is one along each axis. It is cut off at REACH bandwidths
 * and its taps sum to 1; around the lattice there is room for what it spreads.
 *
 * A relabelling may be the observed one, or its like, in another order of additions, so that distances within TIE of
 * the observed one count as equal to it: towards a larger p.
 *
 * Each chunk of work is one relabelling, in buffers of its thread.
 */
#include "core/density/permutation.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/density/relabel.h"

/* Steps of the lattice in bandwidths: rounding to the nearest cell adds step^2 / 12 to the kernel's variance, 2 %
 * and 0.5 %. */
#define STEP_2D 0.5
#define STEP_1D 0.25

/* The kernel beyond this many bandwidths is cut off: less than 1e-4 of its mass. */
#define REACH 4.0

/* Taps on one side of the kernel's middle, for the finest step. */
#define MAX_TAPS 16

/* A difference of L1 that is rounding. */
#define TIE 1e-9

/* Points counted between two polls of the stop flag: a few milliseconds. */
#define POLL_POINTS ((size_t) 1 << 18)

/* Relabellings between two reports, and two polls, of the main thread. */
#define BATCH 256

/* One axis of the lattice. */
typedef struct LatticeAxis
{
	double step;
	size_t n;     /* cells that may hold points */
	size_t reach; /* taps on each side, and cells of room there */
	double taps[MAX_TAPS + 1];
} LatticeAxis;

typedef struct Lattice
{
	LatticeAxis u;
	LatticeAxis v;
	size_t
		width; /* of a row with twice the reach of u on each side: cells and room, and what is read there */
	size_t n_cells;   /* occupied ones */
	size_t *cells;    /* [n_cells] places in [v.n][u.n], ascending */
	int64_t *totals;  /* [n_cells] points of both sides */
	int64_t *first;   /* [n_cells] of them, on the first side, as observed */
	int64_t sizes[2]; /* points of the sides */
} Lattice;

/* Buffers of one thread. */
typedef struct Scratch
{
	int64_t *taken; /* [n_cells] */
	double *shares; /* [width] one row of differences of shares */
	double *smooth; /* [v.n][u.n + 2 u.reach] after the convolution along u */
	double *row;    /* [u.n + 2 u.reach] */
} Scratch;

typedef struct Batch
{
	const Lattice *lattice;
	const Scratch *scratch; /* [threads] */
	uint64_t seed;
	int64_t done;      /* relabellings before this batch */
	double *distances; /* [BATCH] */
} Batch;

/* The axis for values from 0 to `range` bandwidths. */
static LatticeAxis
make_axis(double range, double step, size_t max_cells)
{
	LatticeAxis axis = {.step = fmax(step, range / (double) (max_cells - 1))};
	double sum = 0;

	axis.n = (size_t) (range / axis.step + 0.5) + 1;
	axis.n = axis.n > max_cells ? max_cells : axis.n;
	axis.reach = (size_t) (REACH / axis.step);
	for (size_t t = 0; t <= axis.reach; t++)
	{
		double u = (double) t * axis.step;

		axis.taps[t] = exp(-u * u / 2);
		sum += t == 0 ? axis.taps[t] : 2 * axis.taps[t];
	}
	for (size_t t = 0; t <= axis.reach; t++)
		axis.taps[t] /= sum;
	return axis;
}

/* The cell of a coordinate, which is at least 0. */
static size_t
cell_of(const LatticeAxis *axis, double coordinate)
{
	double cell = coordinate / axis->step + 0.5;

	return cell < (double) axis->n ? (size_t) cell : axis->n - 1;
}

/* The largest coordinates of both sides; not finite if one of them is not, or a side is empty. */
static SdqStatus
find_ranges(Stop *stop, const PermutationSide sides[2], double *range_u, double *range_v)
{
	*range_u = *range_v = sides[0].n == 0 || sides[1].n == 0 ? INFINITY : 0;
	for (int s = 0; s < 2; s++)
	{
		for (size_t i = 0; i < sides[s].n; i++)
		{
			double v = sides[s].v == NULL ? 0 : sides[s].v[i];

			if (i % POLL_POINTS == 0 && stop_poll(stop))
				return sdq_error(SDQ_INTERRUPTED, 0, 0);
			/* Also where a coordinate is NaN. */
			*range_u = sides[s].u[i] <= *range_u ? *range_u : sides[s].u[i];
			*range_v = v <= *range_v ? *range_v : v;
		}
	}
	return sdq_ok();
}

/* Count the points of one side in all cells. */
static SdqStatus
count_side(Stop *stop, const Lattice *lattice, const PermutationSide *side, int64_t *counts,
		   int64_t *size)
{
	*size = 0;
	for (size_t i = 0; i < side->n; i++)
	{
		size_t row = side->v == NULL ? 0 : cell_of(&lattice->v, side->v[i]);

		if (i % POLL_POINTS == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		counts[row * lattice->u.n + cell_of(&lattice->u, side->u[i])] += (int64_t) side->weights[i];
		*size += (int64_t) side->weights[i];
	}
	return sdq_ok();
}

/* Lay out the lattice and find its occupied cells. */
static SdqStatus
make_lattice(Job *job, const PermutationSide sides[2], double range_u, double range_v,
			 Lattice *lattice)
{
	bool is_flat = sides[0].v == NULL;
	size_t n;
	int64_t *counts[2];

	*lattice = (Lattice){.u = is_flat ? make_axis(range_u, STEP_1D, PERMUTATION_LATTICE_1D)
									  : make_axis(range_u, STEP_2D, PERMUTATION_LATTICE),
						 .v = {.step = 1, .n = 1, .reach = 0, .taps = {1}}};
	if (!is_flat)
		lattice->v = make_axis(range_v, STEP_2D, PERMUTATION_LATTICE);
	lattice->width = lattice->u.n + 4 * lattice->u.reach;
	n = lattice->u.n * lattice->v.n;
	lattice->cells = arena_alloc(job->arena, n, sizeof(size_t));
	lattice->totals = arena_alloc(job->arena, n, sizeof(int64_t));
	lattice->first = arena_alloc(job->arena, n, sizeof(int64_t));
	for (int s = 0; s < 2; s++)
	{
		SdqStatus status;

		counts[s] = arena_zalloc(job->arena, n, sizeof(int64_t));
		if (counts[s] == NULL || lattice->cells == NULL || lattice->totals == NULL ||
			lattice->first == NULL)
			return arena_failure(job->arena);
		status = count_side(job->stop, lattice, &sides[s], counts[s], &lattice->sizes[s]);
		if (sdq_failed(status))
			return status;
	}
	for (size_t cell = 0; cell < n; cell++)
	{
		int64_t total = counts[0][cell] + counts[1][cell];

		if (total == 0)
			continue;
		lattice->cells[lattice->n_cells] = cell;
		lattice->totals[lattice->n_cells] = total;
		lattice->first[lattice->n_cells] = counts[0][cell];
		lattice->n_cells++;
	}
	return sdq_ok();
}

static SdqStatus
make_scratch(Arena *arena, const Lattice *lattice, Scratch *scratch)
{
	size_t room = lattice->u.n + 2 * lattice->u.reach;

	scratch->taken = arena_alloc(arena, lattice->n_cells, sizeof(int64_t));
	scratch->shares = arena_alloc(arena, lattice->width, sizeof(double));
	scratch->smooth = arena_alloc(arena, lattice->v.n * room, sizeof(double));
	scratch->row = arena_alloc(arena, room, sizeof(double));
	if (scratch->taken == NULL || scratch->shares == NULL || scratch->smooth == NULL ||
		scratch->row == NULL)
		return arena_failure(arena);
	return sdq_ok();
}

/* to[n] += tap * from[n]. */
static void
add_scaled(double *restrict to, const double *restrict from, double tap, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] += tap * from[i];
}

/* Fill scratch->smooth: shares of the first side less those of the second, smoothed along u. */
static void
smooth_rows(const Lattice *lattice, const int64_t *taken, const Scratch *scratch)
{
	const LatticeAxis *u = &lattice->u;
	size_t room = u->n + 2 * u->reach;
	double n_1 = (double) lattice->sizes[0];
	double n_2 = (double) lattice->sizes[1];
	size_t i = 0;

	for (size_t row = 0; row < lattice->v.n; row++)
	{
		double *smooth = scratch->smooth + row * room;

		memset(smooth, 0, room * sizeof(double));
		if (i == lattice->n_cells || lattice->cells[i] >= (row + 1) * u->n)
			continue;
		memset(scratch->shares, 0, lattice->width * sizeof(double));
		for (; i < lattice->n_cells && lattice->cells[i] < (row + 1) * u->n; i++)
			scratch->shares[lattice->cells[i] - row * u->n + 2 * u->reach] =
				(double) taken[i] / n_1 - (double) (lattice->totals[i] - taken[i]) / n_2;
		for (size_t t = 0; t <= 2 * u->reach; t++)
			add_scaled(smooth, scratch->shares + t,
					   u->taps[t < u->reach ? u->reach - t : t - u->reach], room);
	}
}

/* The L1 distance of the two densities if taken[n_cells] points of the cells are on the first side. */
static double
distance_of(const Lattice *lattice, const int64_t *taken, const Scratch *scratch)
{
	const LatticeAxis *v = &lattice->v;
	size_t room = lattice->u.n + 2 * lattice->u.reach;
	double distance = 0;

	smooth_rows(lattice, taken, scratch);
	for (size_t row = 0; row < v->n + 2 * v->reach; row++)
	{
		double sum = 0;

		/* Row `row` is that of cell row - reach. */
		memset(scratch->row, 0, room * sizeof(double));
		for (size_t t = 0; t <= 2 * v->reach; t++)
		{
			size_t from = row - t; /* wraps around where there is none */

			if (from < v->n)
				add_scaled(scratch->row, scratch->smooth + from * room,
						   v->taps[t < v->reach ? v->reach - t : t - v->reach], room);
		}
		for (size_t i = 0; i < room; i++)
			sum += fabs(scratch->row[i]);
		distance += sum;
	}
	return distance;
}

/* One relabelling. */
static void
relabel_chunk(void *argument, size_t chunk, int thread)
{
	const Batch *batch = argument;
	const Lattice *lattice = batch->lattice;
	const Scratch *scratch = &batch->scratch[thread];
	RelabelLeft left = {.left = lattice->sizes[0] + lattice->sizes[1], .needed = lattice->sizes[0]};
	Rng rng;

	rng_seed(&rng, batch->seed, RNG_STREAM_RELABEL + (uint64_t) batch->done + chunk);
	relabel_draw(&rng, &left, lattice->totals, lattice->n_cells, scratch->taken);
	batch->distances[chunk] = distance_of(lattice, scratch->taken, scratch);
}

SdqStatus
permutation_test(Job *job, const PermutationSide sides[2], int64_t permutations, uint64_t seed,
				 double *p)
{
	ArenaMark mark = arena_mark(job->arena);
	int threads = pool_threads(job->pool);
	Scratch scratch[POOL_MAX_THREADS];
	double distances[BATCH];
	Lattice lattice;
	Batch batch = {.lattice = &lattice, .scratch = scratch, .seed = seed, .distances = distances};
	double range_u;
	double range_v;
	double observed;
	int64_t n_far = 0;
	SdqStatus status;

	*p = NAN;
	status = find_ranges(job->stop, sides, &range_u, &range_v);
	if (sdq_failed(status) || !isfinite(range_u) || !isfinite(range_v))
		return status;
	status = make_lattice(job, sides, range_u, range_v, &lattice);
	for (int thread = 0; thread < threads && !sdq_failed(status); thread++)
		status = make_scratch(job->arena, &lattice, &scratch[thread]);
	if (sdq_failed(status))
		return status;

	observed = distance_of(&lattice, lattice.first, &scratch[0]);
	while (batch.done < permutations)
	{
		int64_t left = permutations - batch.done;
		size_t n = left < BATCH ? (size_t) left : BATCH;

		status = pool_run(job->pool, relabel_chunk, &batch, n);
		if (sdq_failed(status))
			return status;
		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		for (size_t i = 0; i < n; i++)
			n_far += distances[i] >= observed - TIE;
		batch.done += (int64_t) n;
		job_progress(job, "permutations", (size_t) batch.done, (size_t) permutations, NAN);
	}
	*p = ((double) n_far + 1) / ((double) permutations + 1);
	arena_release(job->arena, mark);
	return sdq_ok();
}
