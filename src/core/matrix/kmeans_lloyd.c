/*
 * kmeans_lloyd.c
 *		Assign, sum, move; until nothing moves.
 *
 * Method (Lloyd 1982; the stopping rules are scikit-learn's, so that results can be compared). Each
 * iteration labels the rows (kmeans_assign.c), brings the sums per cluster up to the labels and moves
 * the centres to the means. Sums are corrected for the rows that moved, which soon are few. For
 * bytes they are exact integers whatever is added and taken away; sums of floats are formed anew
 * once as many rows have moved as there are, so that rounding does not pile up. A run ends when no
 * row moves, when the centres move less than the tolerance, or after max_iter. Its inertia is the
 * total of squared norms minus sum n_c |mu_c|^2, in double.
 *
 * Several runs go side by side: a tile of rows is labelled for all of them while it is in the cache,
 * and threads meet once per phase, not once per run. Nothing in a run depends on the others.
 *
 * Threads. Tiles of rows are independent. Sums are shared out by columns: each chunk adds rows, in
 * row order, to its own columns of all clusters, so that nothing is reduced, no memory is needed per
 * thread, and the bits do not depend on the threads. Centres are moved panel by panel.
 *
 * Empty clusters are given the row that is farthest from its own centre (scikit-learn's rule), each
 * row once, the lowest row among equals, never the only row of a cluster.
 */
#include "core/matrix/kmeans_lloyd.h"

#include <math.h>
#include <string.h>

#include "core/base/sizes.h"
#include "core/matrix/distance.h"
#include "core/matrix/kmeans_assign.h"

/* A tile takes up to so many multiplications, for the kernels without vector instructions up to about
 * 30 ms, but has at least so many rows. */
#define TILE_OPERATIONS ((size_t) 1 << 26)
#define TILE_MIN_ROWS   KERNEL_ROWS

/* Columns of the sums in one chunk: whole cache lines of bytes. */
#define SUM_COLUMNS ((size_t) 128)

/* Rows that are added in one phase, so that none of its chunks takes long. */
#define SUM_ROWS ((size_t) 1 << 17)

/* Rows are fetched so many additions ahead: they lie too far apart for the processor to guess. */
#define SUM_AHEAD ((size_t) 16)

/* Below this many additions the main thread has added before another would have woken up. */
#define SUM_FEW ((size_t) 1 << 17)

/* What the chunks of all phases need. */
typedef struct Lloyd
{
	const KmeansRows *rows;
	LloydRun **runs; /* those that are not done */
	size_t n_runs;
	bool use_bounds;
	size_t tile_rows;
	size_t n_tiles;
	size_t n_column_chunks;
	size_t first_tile; /* whose rows are added in the phase under way, up to */
	size_t end_tile;   /* this one */
	size_t n_panels;   /* the most that a run has */
	double *scores;    /* [threads][KERNEL_ROWS][n_panels * PANEL_CENTERS] */
	double *row;       /* [threads][d] */
	double *distance2; /* [n] to the own centre, while clusters are empty */
} Lloyd;

/* ---------- memory ---------- */

/* Rows of a tile for up to k centres in d dimensions: fewer when a tile would take long. */
static size_t
choose_tile_rows(size_t k, size_t d)
{
	/* k d is at most the size of the data, which exists. */
	return clamp(TILE_OPERATIONS / (k * d), TILE_MIN_ROWS, TILE_MAX_ROWS);
}

/* Allocate what a run has per row. */
static SdqStatus
allocate_per_row(Arena *arena, size_t n, LloydRun *run)
{
	run->labels = arena_alloc(arena, n, sizeof(int32_t));
	run->upper = arena_alloc(arena, n, sizeof(float));
	run->lower = arena_alloc(arena, n, sizeof(float));
	run->moves = arena_alloc(arena, n, sizeof(Move));
	if (run->labels == NULL || run->upper == NULL || run->lower == NULL || run->moves == NULL)
		return arena_failure(arena);
	return sdq_ok();
}

/* Allocate the rest. */
static SdqStatus
allocate_per_center(Arena *arena, const KmeansRows *rows, size_t k, LloydRun *run)
{
	size_t n_tiles = divide_up(rows->n, choose_tile_rows(k, rows->d));
	SdqStatus status = centers_allocate(arena, rows, k, &run->centers);

	run->shifts = arena_alloc(arena, k, sizeof(float));
	run->tile_moves = arena_alloc(arena, n_tiles, sizeof(uint32_t));
	run->sums = arena_alloc(arena, k, rows->d * sizeof(double));
	run->counts = arena_alloc(arena, k, sizeof(int64_t));
	run->movements = arena_alloc(arena, run->centers.n_panels, sizeof(double));
	if (sdq_failed(status) || run->shifts == NULL || run->tile_moves == NULL || run->sums == NULL ||
		run->counts == NULL || run->movements == NULL)
		return arena_failure(arena);
	return sdq_ok();
}

SdqStatus
lloyd_allocate(Arena *arena, const KmeansRows *rows, size_t k, size_t n_runs, LloydRun *runs)
{
	SdqStatus status = sdq_ok();

	/* Large and small pieces apart: the arena gives up the rest of a block when a piece does not fit
	 * there. */
	for (size_t r = 0; r < n_runs && !sdq_failed(status); r++)
	{
		runs[r] = (LloydRun){.inertia = INFINITY};
		status = allocate_per_row(arena, rows->n, &runs[r]);
	}
	for (size_t r = 0; r < n_runs && !sdq_failed(status); r++)
		status = allocate_per_center(arena, rows, k, &runs[r]);
	return status;
}

double
lloyd_run_memory(const RowStore *store, size_t k)
{
	size_t n_tiles = divide_up(store->n, choose_tile_rows(k, store->d));

	return centers_memory(kmeans_rows_are_bytes(store), store->d, k) +
		   (double) store->n * (sizeof(int32_t) + 2 * sizeof(float) + sizeof(Move)) +
		   (double) n_tiles * sizeof(uint32_t) +
		   (double) k * ((double) store->d * sizeof(double) + sizeof(float) + 2 * sizeof(int64_t));
}

double
lloyd_shared_memory(const RowStore *store, size_t k, int threads)
{
	double lanes = (double) divide_up(k, PANEL_CENTERS) * PANEL_CENTERS;

	return threads * (KERNEL_ROWS * lanes + (double) store->d) * sizeof(double) +
		   (double) store->n * sizeof(double);
}

/* ---------- assignment ---------- */

/* Labels of one tile in all runs. */
static void
assign_chunk(void *argument, size_t tile, int thread)
{
	const Lloyd *lloyd = argument;
	size_t start = tile * lloyd->tile_rows;
	size_t count = minimum(lloyd->tile_rows, lloyd->rows->n - start);
	double *scores =
		lloyd->scores + (size_t) thread * KERNEL_ROWS * lloyd->n_panels * PANEL_CENTERS;
	double *row = lloyd->row + (size_t) thread * lloyd->rows->d;

	for (size_t r = 0; r < lloyd->n_runs; r++)
	{
		LloydRun *run = lloyd->runs[r];

		run->tile_moves[tile] = (uint32_t) assign_tile(lloyd->rows, run, lloyd->use_bounds, start,
													   count, run->moves + start, scores, row);
	}
}

/* Bring the counts up to the labels. */
static void
count_moves(const Lloyd *lloyd, LloydRun *run)
{
	run->n_moves = 0;
	for (size_t tile = 0; tile < lloyd->n_tiles; tile++)
		run->n_moves += run->tile_moves[tile];
	/* Correcting costs two additions a row, and of floats it rounds. */
	if (run->n_moves > lloyd->rows->n / 2 ||
		(!lloyd->rows->is_bytes && run->n_corrections + run->n_moves > lloyd->rows->n))
		run->add_all = true;
	run->n_corrections = run->add_all ? 0 : run->n_corrections + run->n_moves;
	if (run->add_all)
	{
		memset(run->counts, 0, run->centers.k * sizeof(int64_t));
		for (size_t i = 0; i < lloyd->rows->n; i++)
			run->counts[run->labels[i]]++;
		return;
	}
	for (size_t tile = 0; tile < lloyd->n_tiles; tile++)
		for (size_t m = 0; m < run->tile_moves[tile]; m++)
		{
			const Move *move = &run->moves[tile * lloyd->tile_rows + m];

			run->counts[move->from]--;
			run->counts[run->labels[move->row]]++;
		}
}

/* ---------- update ---------- */

/* Add all rows of the phase to some columns of a run's sums. */
static void
sum_all(const Lloyd *lloyd, const LloydRun *run, size_t first, size_t columns)
{
	const KmeansRows *rows = lloyd->rows;
	double *sums = run->sums + first;
	size_t end = minimum(lloyd->end_tile * lloyd->tile_rows, rows->n);

	for (size_t c = 0; c < run->centers.k && lloyd->first_tile == 0; c++)
		memset(sums + c * rows->d, 0, columns * sizeof(double));
	for (size_t i = lloyd->first_tile * lloyd->tile_rows; i < end; i++)
	{
		kmeans_row_prefetch(rows, minimum(i + SUM_AHEAD, rows->n - 1), first, columns);
		kmeans_row_add(rows, i, 1, first, columns, sums + (size_t) run->labels[i] * rows->d);
	}
}

/* Correct some columns of a run's sums for the rows of the phase that moved. */
static void
sum_moves(const Lloyd *lloyd, const LloydRun *run, size_t first, size_t columns)
{
	const KmeansRows *rows = lloyd->rows;
	double *sums = run->sums + first;

	for (size_t tile = lloyd->first_tile; tile < lloyd->end_tile; tile++)
		for (size_t m = 0; m < run->tile_moves[tile]; m++)
		{
			const Move *move = &run->moves[tile * lloyd->tile_rows + m];
			size_t ahead = minimum(m + SUM_AHEAD, run->tile_moves[tile] - 1) - m;
			size_t to = (size_t) run->labels[move->row];

			kmeans_row_prefetch(rows, move[ahead].row, first, columns);
			kmeans_row_add(rows, move->row, -1, first, columns,
						   sums + (size_t) move->from * rows->d);
			kmeans_row_add(rows, move->row, 1, first, columns, sums + to * rows->d);
		}
}

/* Bring some columns of a run's sums up to the labels. */
static void
sum_chunk(void *argument, size_t chunk, int thread)
{
	const Lloyd *lloyd = argument;
	const LloydRun *run = lloyd->runs[chunk / lloyd->n_column_chunks];
	size_t first = chunk % lloyd->n_column_chunks * SUM_COLUMNS;
	size_t columns = minimum(SUM_COLUMNS, lloyd->rows->d - first);

	if (run->add_all)
		sum_all(lloyd, run, first, columns);
	else
		sum_moves(lloyd, run, first, columns);
}

/* Bring all sums up to the labels. */
static SdqStatus
update_sums(Job *job, Lloyd *lloyd)
{
	size_t chunks = lloyd->n_runs * lloyd->n_column_chunks;
	size_t tiles = SUM_ROWS / lloyd->tile_rows;
	size_t additions = 0;
	SdqStatus status = sdq_ok();

	for (size_t r = 0; r < lloyd->n_runs; r++)
		additions += lloyd->runs[r]->add_all ? lloyd->rows->n : 2 * lloyd->runs[r]->n_moves;
	lloyd->first_tile = 0;
	lloyd->end_tile = lloyd->n_tiles;
	if (additions <= SUM_FEW / lloyd->rows->d)
	{
		for (size_t chunk = 0; chunk < chunks; chunk++)
			sum_chunk(lloyd, chunk, 0);
		return status;
	}
	for (; lloyd->first_tile < lloyd->n_tiles && !sdq_failed(status); lloyd->first_tile += tiles)
	{
		lloyd->end_tile = minimum(lloyd->first_tile + tiles, lloyd->n_tiles);
		status = pool_run(job->pool, sum_chunk, lloyd, chunks);
	}
	return status;
}

/* Squared distance of each row of a tile to its own centre, in the first run of *lloyd. */
static void
own_distance_chunk(void *argument, size_t tile, int thread)
{
	const Lloyd *lloyd = argument;
	const KmeansRows *rows = lloyd->rows;
	const LloydRun *run = lloyd->runs[0];
	double *row = lloyd->row + (size_t) thread * rows->d;
	size_t end = minimum((tile + 1) * lloyd->tile_rows, rows->n);

	for (size_t i = tile * lloyd->tile_rows; i < end; i++)
	{
		kmeans_row_read(rows, i, row);
		lloyd->distance2[i] =
			double_distance2(row, run->centers.exact + (size_t) run->labels[i] * rows->d, rows->d);
	}
}

/* The farthest row from its centre that is left and not alone in its cluster; n if there is none. */
static size_t
farthest_row(const Lloyd *lloyd, const LloydRun *run)
{
	size_t n = lloyd->rows->n;
	size_t farthest = n;

	for (size_t i = 0; i < n; i++)
		if (lloyd->distance2[i] > 0 && run->counts[run->labels[i]] > 1 &&
			(farthest == n || lloyd->distance2[i] > lloyd->distance2[farthest]))
			farthest = i;
	return farthest;
}

/* Give each empty cluster the farthest row that is left, until there is none. The sums then differ
 * from the labels and are formed anew next time. */
static SdqStatus
fill_empty_clusters(Job *job, const Lloyd *all, LloydRun *run)
{
	Lloyd lloyd = *all;
	size_t d = lloyd.rows->d;
	bool has_distances = false;

	lloyd.runs = &run;
	run->filled = false;
	for (size_t c = 0; c < run->centers.k; c++)
	{
		size_t farthest;
		size_t donor;

		if (run->counts[c] > 0)
			continue;
		if (!has_distances)
		{
			SdqStatus status = pool_run(job->pool, own_distance_chunk, &lloyd, lloyd.n_tiles);

			if (sdq_failed(status))
				return status;
			has_distances = true;
		}
		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		farthest = farthest_row(&lloyd, run);
		if (farthest == lloyd.rows->n)
			break;
		donor = (size_t) run->labels[farthest];
		kmeans_row_add(lloyd.rows, farthest, -1, 0, d, run->sums + donor * d);
		run->counts[donor]--;
		memset(run->sums + c * d, 0, d * sizeof(double));
		kmeans_row_add(lloyd.rows, farthest, 1, 0, d, run->sums + c * d);
		run->counts[c] = 1;
		lloyd.distance2[farthest] = 0;
		run->filled = true;
	}
	return sdq_ok();
}

/* Move one centre to its mean; a cluster that stayed empty keeps its centre. Returns the squared
 * movement. */
static double
move_center(double *restrict center, const double *restrict sum, int64_t count, size_t d)
{
	double movement = 0;

	for (size_t j = 0; j < d && count > 0; j++)
	{
		double mean = sum[j] / (double) count;

		movement += (mean - center[j]) * (mean - center[j]);
		center[j] = mean;
	}
	return movement;
}

/* Move the centres of one panel of one run, and prepare it. */
static void
move_chunk(void *argument, size_t chunk, int thread)
{
	const Lloyd *lloyd = argument;
	LloydRun *run = lloyd->runs[chunk / lloyd->n_panels];
	size_t panel = chunk % lloyd->n_panels;
	size_t d = lloyd->rows->d;
	size_t end = minimum((panel + 1) * PANEL_CENTERS, run->centers.k);

	if (panel >= run->centers.n_panels)
		return;
	run->movements[panel] = 0;
	for (size_t c = panel * PANEL_CENTERS; c < end; c++)
	{
		double movement =
			move_center(run->centers.exact + c * d, run->sums + c * d, run->counts[c], d);

		/* The rounding of the means in double is far below that of the root. */
		run->shifts[c] = kmeans_upper_root(movement);
		run->movements[panel] += movement;
	}
	centers_prepare_panel(lloyd->rows, &run->centers, panel);
}

/* The sum of the squared movements of a run's centres; the two that moved most. */
static double
note_movement(LloydRun *run)
{
	double movement = 0;

	centers_prepared(&run->centers);
	for (size_t p = 0; p < run->centers.n_panels; p++)
		movement += run->movements[p];
	run->farthest = 0;
	run->most = run->shifts[0];
	run->second_most = 0;
	for (size_t c = 1; c < run->centers.k; c++)
		if (run->shifts[c] > run->most)
		{
			run->second_most = run->most;
			run->most = run->shifts[c];
			run->farthest = c;
		}
		else
			run->second_most = fmaxf(run->second_most, run->shifts[c]);
	return movement;
}

/* Sum of squared distances to the means of the labels, from the sums. */
static double
inertia_of_labels(const KmeansRows *rows, const LloydRun *run)
{
	double explained = 0;

	for (size_t c = 0; c < run->centers.k; c++)
	{
		const double *sum = run->sums + c * rows->d;
		double norm2 = 0;

		for (size_t j = 0; j < rows->d; j++)
			norm2 += sum[j] * sum[j];
		if (run->counts[c] > 0)
			explained += norm2 / (double) run->counts[c];
	}
	return rows->norm2_sum - explained;
}

/* ---------- the iteration ---------- */

/* Before the first assignment. */
static void
begin_run(const Lloyd *lloyd, LloydRun *run)
{
	run->centers.n_panels = divide_up(run->centers.k, PANEL_CENTERS);
	for (size_t i = 0; i < lloyd->rows->n; i++)
		run->labels[i] = -1;
	run->n_corrections = 0;
	run->iterations = 0;
	run->add_all = true;
	run->converged = run->filled = run->is_last = run->is_done = false;
}

/* Take the runs that are done off the list. */
static void
drop_done(Lloyd *lloyd)
{
	size_t kept = 0;

	for (size_t r = 0; r < lloyd->n_runs; r++)
		if (!lloyd->runs[r]->is_done)
			lloyd->runs[kept++] = lloyd->runs[r];
	lloyd->n_runs = kept;
}

/* After an assignment: which runs end without another sum? */
static SdqStatus
note_moves(Job *job, Lloyd *lloyd)
{
	for (size_t r = 0; r < lloyd->n_runs; r++)
	{
		LloydRun *run = lloyd->runs[r];
		bool is_stale = run->add_all;

		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		count_moves(lloyd, run);
		if (run->n_moves == 0 && !run->filled && !is_stale)
			run->converged = run->is_done = true;
	}
	drop_done(lloyd);
	return sdq_ok();
}

/* One iteration of all runs on the list. */
static SdqStatus
iterate_once(Job *job, Lloyd *lloyd, const KmeansOptions *options, double tolerance)
{
	SdqStatus status = pool_run(job->pool, assign_chunk, lloyd, lloyd->n_tiles);

	if (!sdq_failed(status))
		status = note_moves(job, lloyd);
	if (!sdq_failed(status))
		status = update_sums(job, lloyd);
	for (size_t r = 0; r < lloyd->n_runs && !sdq_failed(status); r++)
	{
		LloydRun *run = lloyd->runs[r];

		run->add_all = false;
		/* After a stop by tolerance or max_iter: the labels that fit the centres, and their sums. */
		if (run->is_last)
			run->is_done = true;
		else
			status = fill_empty_clusters(job, lloyd, run);
	}
	if (sdq_failed(status))
		return status;
	drop_done(lloyd);
	status = pool_run(job->pool, move_chunk, lloyd, lloyd->n_runs * lloyd->n_panels);
	for (size_t r = 0; r < lloyd->n_runs && !sdq_failed(status); r++)
	{
		LloydRun *run = lloyd->runs[r];

		run->add_all = run->filled;
		run->converged = note_movement(run) <= tolerance && !run->filled;
		run->iterations++;
		run->is_last = run->converged || run->iterations >= options->max_iter;
	}
	return status;
}

SdqStatus
lloyd_iterate(Job *job, const KmeansRows *rows, const KmeansOptions *options, LloydRun *runs,
			  size_t n_runs, size_t before, size_t total)
{
	double tolerance = options->tol * rows->total / (double) rows->n / (double) rows->d;
	Lloyd lloyd = {.rows = rows, .n_runs = n_runs, .use_bounds = !options->measure_all};
	size_t threads = (size_t) pool_threads(job->pool);
	ArenaMark mark = arena_mark(job->arena);
	SdqStatus status = sdq_ok();

	lloyd.tile_rows = choose_tile_rows(options->k, rows->d);
	lloyd.n_tiles = divide_up(rows->n, lloyd.tile_rows);
	lloyd.n_column_chunks = divide_up(rows->d, SUM_COLUMNS);
	lloyd.runs = arena_alloc(job->arena, n_runs, sizeof(LloydRun *));
	lloyd.distance2 = arena_alloc(job->arena, rows->n, sizeof(double));
	lloyd.row = arena_alloc(job->arena, threads, rows->d * sizeof(double));
	if (lloyd.runs == NULL || lloyd.distance2 == NULL || lloyd.row == NULL)
		return arena_failure(job->arena);
	for (size_t r = 0; r < n_runs && !sdq_failed(status); r++)
	{
		lloyd.runs[r] = &runs[r];
		begin_run(&lloyd, &runs[r]);
		lloyd.n_panels =
			runs[r].centers.n_panels > lloyd.n_panels ? runs[r].centers.n_panels : lloyd.n_panels;
		status = centers_prepare(job, rows, &runs[r].centers);
	}
	if (sdq_failed(status))
		return status;
	lloyd.scores = arena_alloc(job->arena, threads * KERNEL_ROWS,
							   lloyd.n_panels * PANEL_CENTERS * sizeof(double));
	if (lloyd.scores == NULL)
		return arena_failure(job->arena);
	while (lloyd.n_runs > 0 && !sdq_failed(status))
	{
		size_t done = before;

		status = iterate_once(job, &lloyd, options, tolerance);
		for (size_t r = 0; r < n_runs; r++)
			done += runs[r].is_done ? options->max_iter : runs[r].iterations;
		job_progress(job, "k-means iterations, at most", done, total, NAN);
	}
	for (size_t r = 0; r < n_runs && !sdq_failed(status); r++)
		runs[r].inertia = inertia_of_labels(rows, &runs[r]);
	arena_release(job->arena, mark);
	return status;
}
