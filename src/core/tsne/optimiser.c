/*
 * optimiser.c
 *		Gradient descent with momentum and a gain for every coordinate.
 *
 * The gradient, without its factor 4, of point i is
 *
 *		g_i = rho sum_j p_ij w_ij (y_i - y_j) - (1/Z) sum_j w_ij^2 (y_i - y_j),
 *
 * rho being the exaggeration. Each coordinate has a gain (R. Jacobs, "Increased rates of convergence
 * through learning rate adaptation", Neural Networks 1, 1988): it grows by 0.2 while the gradient
 * points the other way than the velocity, that is, while the descent goes on in its direction, and
 * shrinks to 8 tenths where it turns. Then v = 0.8 v - eta gain g and y += v, no step being longer
 * than 5. The learning rate follows A. Belkina et al., Nature Communications 10, 5415 (2019), and is
 * twice theirs in the second phase: KL is then .004 to .005 lower on 5,000 to 70,000 digits. The
 * second phase starts from rest: what the points learnt under exaggeration misleads them. This lowers
 * KL by .003 to .009 on 500 to 5,000 digits.
 *
 * State (y, v, gain) is double; forces are computed by float kernels from rounded positions, whose
 * error, about 1e-6 of a force, is far below what the descent notices.
 *
 * The descent may end early, after SETTLED_ITERATIONS of them in a row with a small gradient: one alone
 * is small by chance, as where the points turn.
 *
 * From CURVE_MIN_ROWS points on, what an iteration costs depends on where in memory the neighbours of a point
 * lie. So the points are kept along a space-filling curve through the map: P is copied in that order, and
 * the map is put back at the end. The order is taken at the start of each phase and once early in the first,
 * CURVE_ITERATION, when clusters have come together, which no start shows well. It follows from the map, and
 * so the result from the input alone. In a row of P the entries stay in the given order: the sums of a point
 * are the same.
 *
 * An iteration has two parallel sections: (1) blocks of pairs and chunks of rows of P, after the sections
 * of the grid where the field goes through one, (2) chunks of rows: forces gathered, points moved,
 * coordinates summed. Between them the main thread adds up Z and
 * the sums in chunk order, centres the map and rounds it. Chunks depend on n alone.
 */
#include "core/tsne/optimiser.h"

#include <math.h>
#include <string.h>

#include "core/tsne/attraction.h"
#include "core/tsne/curve.h"
#include "core/tsne/field.h"

/* Rows of a chunk of every phase but the field. */
#define ROW_CHUNK FIELD_ROW_ALIGNMENT

/* Below this waking the workers costs more than it saves (an iteration takes 0.3 ms). */
#define MIN_THREADED_ROWS 2000

/* Section 2 of Jacobs; the values are those of van der Maaten and Hinton's implementation. */
#define GAIN_UP   0.2
#define GAIN_DOWN 0.8
#define GAIN_MIN  0.01

#define MOMENTUM          0.8
#define MAX_STEP          5.0
#define MIN_LEARNING_RATE 200.0

/* The learning rate as a multiple of n / exaggeration. */
#define EARLY_RATE 1.0
#define LATE_RATE  2.0

/* Two-dimensional maps of at least so many points are kept along the curve. Below it positions and grid fit
 * the second-level cache: nothing is gained at 10,000 and at 70,000 points, .04 at 100,000, a sixth at 200,000
 * and more than half at 500,000. Maps in three dimensions compare all pairs, which costs much more. */
#define CURVE_MIN_ROWS ((size_t) 100000)

/* The iteration of the first phase at which the points are ordered again. */
#define CURVE_ITERATION 50

/* The points along a curve. Place q of the current order holds row of[q]. */
typedef struct PointOrder
{
	bool is_used;
	const Affinities *given;
	Affinities ordered; /* its p and column have room for all entries */
	uint32_t *of;       /* [n] */
	uint32_t *next;     /* [n]: the current place of what comes to a new place */
	uint32_t *place;    /* [n]: the place of each row */
	uint64_t *keys;     /* [2][n]; or the values that are being moved */
} PointOrder;

typedef struct Descent
{
	Job *job;
	const Affinities *affinities;
	size_t n;
	size_t dims;
	size_t row_chunks;
	Field field;
	PointOrder order;
	double *y;        /* [n][dims] */
	double *velocity; /* [n][dims] */
	double *gain;     /* [n][dims] */
	double *pull;     /* [n][dims]: the attraction at y, not exaggerated */
	float *position;  /* [n][stride]: y, rounded, for the attraction */
	double *sums;     /* [row_chunks][MAP_MAX_DIMS]: of coordinates, or of the objective in [0] */
	double *squares;  /* [row_chunks]: of the gradients' norms */
	double exaggeration;
	double learning_rate;
	double inverse_z;
} Descent;

/* The rows of a chunk. */
static size_t
chunk_rows(const Descent *descent, size_t chunk)
{
	size_t left = descent->n - chunk * ROW_CHUNK;

	return left < ROW_CHUNK ? left : ROW_CHUNK;
}

/* Run chunks by the pool, or on this thread alone where there is too little to do. */
static SdqStatus
run_chunks(Descent *descent, PoolTask task, size_t n_chunks)
{
	Job *job = descent->job;

	if (descent->n >= MIN_THREADED_ROWS)
		return pool_run(job->pool, task, descent, n_chunks);
	for (size_t chunk = 0; chunk < n_chunks; chunk++)
	{
		if (stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		task(descent, chunk, 0);
	}
	return sdq_ok();
}

/* Section 1: first the blocks of the field, the longest first, then the rows of P. */
static void
force_task(void *argument, size_t chunk, int thread)
{
	Descent *descent = argument;
	size_t blocks = field_chunks(&descent->field);

	if (chunk < blocks)
	{
		field_chunk(&descent->field, chunk);
		return;
	}
	chunk -= blocks;
	attraction_rows(descent->affinities, descent->position, (int) descent->dims, chunk * ROW_CHUNK,
					chunk_rows(descent, chunk), descent->pull + chunk * ROW_CHUNK * descent->dims);
}

/* -1, 0 or 1. */
static inline int
sign(double x)
{
	return (x > 0) - (x < 0);
}

/* The new velocity of one point from its gradient. */
static inline void
accelerate(const Descent *descent, const double *gradient, double *velocity, double *gain)
{
	double square = 0;

	for (size_t d = 0; d < descent->dims; d++)
	{
		gain[d] = sign(gradient[d]) != sign(velocity[d]) ? gain[d] + GAIN_UP
														 : fmax(gain[d] * GAIN_DOWN, GAIN_MIN);
		velocity[d] = MOMENTUM * velocity[d] - descent->learning_rate * gain[d] * gradient[d];
		square += velocity[d] * velocity[d];
	}
	if (square > MAX_STEP * MAX_STEP)
		for (size_t d = 0; d < descent->dims; d++)
			velocity[d] *= MAX_STEP / sqrt(square);
}

/* Section 2: move the rows of one chunk, sum their coordinates and the squares of the gradient. */
static void
move_task(void *argument, size_t chunk, int thread)
{
	Descent *descent = argument;
	size_t dims = descent->dims;
	size_t first = chunk * ROW_CHUNK;
	size_t count = chunk_rows(descent, chunk);
	double push[ROW_CHUNK * MAP_MAX_DIMS];
	double *sum = descent->sums + chunk * MAP_MAX_DIMS;
	double square = 0;

	field_forces(&descent->field, first, count, push);
	for (size_t d = 0; d < MAP_MAX_DIMS; d++)
		sum[d] = 0;
	for (size_t i = 0; i < count; i++)
	{
		size_t at = (first + i) * dims;
		double gradient[MAP_MAX_DIMS];

		for (size_t d = 0; d < dims; d++)
		{
			gradient[d] = descent->exaggeration * descent->pull[at + d] -
						  descent->inverse_z * push[i * dims + d];
			square += gradient[d] * gradient[d];
		}
		accelerate(descent, gradient, descent->velocity + at, descent->gain + at);
		for (size_t d = 0; d < dims; d++)
		{
			descent->y[at + d] += descent->velocity[at + d];
			sum[d] += descent->y[at + d];
		}
	}
	descent->squares[chunk] = square;
}

/* Sum the coordinates of the rows of one chunk. */
static void
sum_task(void *argument, size_t chunk, int thread)
{
	Descent *descent = argument;
	double *sum = descent->sums + chunk * MAP_MAX_DIMS;
	size_t end = chunk * ROW_CHUNK + chunk_rows(descent, chunk);

	for (size_t d = 0; d < descent->dims; d++)
	{
		sum[d] = 0;
		for (size_t i = chunk * ROW_CHUNK; i < end; i++)
			sum[d] += descent->y[i * descent->dims + d];
	}
}

/* The objective's sum over the rows of one chunk. */
static void
objective_task(void *argument, size_t chunk, int thread)
{
	Descent *descent = argument;

	descent->sums[chunk * MAP_MAX_DIMS] =
		attraction_objective(descent->affinities, descent->y, (int) descent->dims,
							 chunk * ROW_CHUNK, chunk_rows(descent, chunk));
}

/* The entropy's sum over the rows of one chunk. */
static void
entropy_task(void *argument, size_t chunk, int thread)
{
	Descent *descent = argument;

	descent->sums[chunk * MAP_MAX_DIMS] =
		attraction_entropy(descent->affinities, chunk * ROW_CHUNK, chunk_rows(descent, chunk));
}

/* The total over all chunks of their d-th sum, in chunk order. */
static double
total_of_sums(const Descent *descent, size_t d)
{
	double total = 0;

	for (size_t chunk = 0; chunk < descent->row_chunks; chunk++)
		total += descent->sums[chunk * MAP_MAX_DIMS + d];
	return total;
}

/* The norm of the gradient by which the points have just been moved, as in DescentResult. */
static double
gradient_norm(const Descent *descent)
{
	double total = 0;

	for (size_t chunk = 0; chunk < descent->row_chunks; chunk++)
		total += descent->squares[chunk];
	return sqrt((double) descent->n * total);
}

/* Subtract the mean, of which the sums have just been taken, and round the map for the kernels. */
static void
centre_map(Descent *descent)
{
	double mean[MAP_MAX_DIMS];

	for (size_t d = 0; d < descent->dims; d++)
		mean[d] = total_of_sums(descent, d) / (double) descent->n;
	for (size_t i = 0; i < descent->n; i++)
		for (size_t d = 0; d < descent->dims; d++)
			descent->y[i * descent->dims + d] -= mean[d];
	attraction_place(descent->y, descent->n, (int) descent->dims, descent->position);
}

/* Section 1 as a whole: pull, push and Z of the map. */
static SdqStatus
compute_forces(Descent *descent)
{
	SdqStatus status = field_begin(descent->job, &descent->field, descent->y);

	if (!sdq_failed(status))
		status =
			run_chunks(descent, force_task, field_chunks(&descent->field) + descent->row_chunks);
	if (!sdq_failed(status))
		descent->inverse_z = 1 / field_z(&descent->field);
	return status;
}

/* KL of the map whose forces have just been computed; `entropy` is sum p ln p. */
static SdqStatus
compute_objective(Descent *descent, double entropy, double *kl)
{
	SdqStatus status = run_chunks(descent, objective_task, descent->row_chunks);

	if (!sdq_failed(status))
		*kl = entropy + total_of_sums(descent, 0) - log(descent->inverse_z);
	return status;
}

/* Begin a phase: its exaggeration and learning rate, points at rest, gains 1. */
static void
begin_phase(Descent *descent, double exaggeration, double rate, const DescentOptions *options)
{
	size_t values = descent->n * descent->dims;

	descent->exaggeration = exaggeration;
	descent->learning_rate =
		options->learning_rate > 0
			? options->learning_rate
			: fmax(rate * (double) descent->n / exaggeration, MIN_LEARNING_RATE);
	for (size_t v = 0; v < values; v++)
	{
		descent->velocity[v] = 0;
		descent->gain[v] = 1;
	}
}

/* ---------- the order of the points ---------- */

/* Is a descent of so many points kept along the curve? */
static bool
uses_curve(size_t n, int dims)
{
	return dims == 2 && n >= CURVE_MIN_ROWS;
}

/* Copy the rows of a chunk of places from the given P, with columns renamed. */
static void
copy_task(void *argument, size_t chunk, int thread)
{
	Descent *descent = argument;
	PointOrder *order = &descent->order;
	const Affinities *given = order->given;
	size_t end = chunk * ROW_CHUNK + chunk_rows(descent, chunk);

	for (size_t q = chunk * ROW_CHUNK; q < end; q++)
	{
		size_t from = given->start[order->of[q]];
		size_t to = order->ordered.start[q];
		size_t count = order->ordered.start[q + 1] - to;

		memcpy(order->ordered.p + to, given->p + from, count * sizeof(float));
		for (size_t e = 0; e < count; e++)
			order->ordered.column[to + e] = order->place[given->column[from + e]];
	}
}

/* P in the current order. */
static SdqStatus
copy_affinities(Descent *descent)
{
	PointOrder *order = &descent->order;
	const Affinities *given = order->given;
	size_t *start = order->ordered.start;

	start[0] = 0;
	for (size_t q = 0; q < descent->n; q++)
	{
		order->place[order->of[q]] = (uint32_t) q;
		start[q + 1] =
			start[q] + given->start[order->of[q] + (size_t) 1] - given->start[order->of[q]];
	}
	return run_chunks(descent, copy_task, descent->row_chunks);
}

/* Bring values[n][2] to their new places. */
static void
move_values(const PointOrder *order, size_t n, double *values)
{
	double *moved = (double *) (void *) order->keys;

	memcpy(moved, values, 2 * n * sizeof(double));
	for (size_t q = 0; q < n; q++)
		memcpy(values + 2 * q, moved + 2 * (size_t) order->next[q], 2 * sizeof(double));
}

/* Order the points along the curve through the current map. */
static SdqStatus
order_points(Descent *descent)
{
	PointOrder *order = &descent->order;
	size_t n = descent->n;
	SdqStatus status =
		curve_order(descent->job, descent->y, n, order->keys, order->keys + n, order->next);

	if (sdq_failed(status))
		return status;
	move_values(order, n, descent->y);
	move_values(order, n, descent->velocity);
	move_values(order, n, descent->gain);
	/* place[] is filled again from of[] below. */
	memcpy(order->place, order->of, n * sizeof(uint32_t));
	for (size_t q = 0; q < n; q++)
		order->of[q] = order->place[order->next[q]];
	attraction_place(descent->y, n, 2, descent->position);
	status = copy_affinities(descent);
	descent->affinities = &order->ordered;
	return status;
}

/* Give the map back in the order of the rows. */
static void
restore_order(Descent *descent)
{
	PointOrder *order = &descent->order;

	memcpy(order->next, order->place, descent->n * sizeof(uint32_t));
	move_values(order, descent->n, descent->y);
}

/* Memory of the order; to begin with, that of the rows. */
static SdqStatus
prepare_order(Descent *descent)
{
	Arena *arena = descent->job->arena;
	PointOrder *order = &descent->order;
	size_t n = descent->n;
	size_t entries = descent->affinities->start[n];

	order->is_used = uses_curve(n, (int) descent->dims);
	if (!order->is_used)
		return sdq_ok();
	order->given = descent->affinities;
	order->ordered.n = n;
	order->ordered.start = arena_alloc(arena, n + 1, sizeof(size_t));
	order->ordered.column = arena_alloc(arena, entries, sizeof(uint32_t));
	order->ordered.p = arena_alloc(arena, entries, sizeof(float));
	order->of = arena_alloc(arena, n, sizeof(uint32_t));
	order->next = arena_alloc(arena, n, sizeof(uint32_t));
	order->place = arena_alloc(arena, n, sizeof(uint32_t));
	order->keys = arena_alloc(arena, n, 2 * sizeof(uint64_t));
	if (order->ordered.start == NULL || order->ordered.column == NULL || order->ordered.p == NULL ||
		order->of == NULL || order->next == NULL || order->place == NULL || order->keys == NULL)
		return arena_failure(arena);
	for (size_t i = 0; i < n; i++)
		order->of[i] = order->place[i] = (uint32_t) i;
	return sdq_ok();
}

/* What prepare_order() takes for P of at most so many entries. */
static bool
order_bytes(size_t n, size_t entries, size_t *bytes)
{
	size_t per_row = sizeof(size_t) + 3 * sizeof(uint32_t) + 2 * sizeof(uint64_t);
	size_t rows;

	return checked_multiply(n + 1, per_row, &rows) &&
		   checked_multiply(entries, sizeof(uint32_t) + sizeof(float), bytes) &&
		   checked_add(*bytes, rows, bytes);
}

/* ---------- the descent ---------- */

/* What is due before an iteration: a phase begins, points are ordered. */
static SdqStatus
begin_iteration(Descent *descent, int iteration, const DescentOptions *options)
{
	if (iteration == 0)
		begin_phase(descent, options->early_exaggeration, EARLY_RATE, options);
	else if (iteration == EARLY_ITERATIONS)
		begin_phase(descent, options->exaggeration, LATE_RATE, options);
	if (descent->order.is_used &&
		(iteration == 0 || iteration == CURVE_ITERATION || iteration == EARLY_ITERATIONS))
		return order_points(descent);
	return sdq_ok();
}

/* All iterations; the forces at the result are computed on return. */
static SdqStatus
iterate(Descent *descent, const DescentOptions *options, double entropy, DescentResult *result)
{
	int settled = 0; /* iterations in a row with a small gradient */

	job_progress(descent->job, "layout", 0, (size_t) options->n_iter, NAN);
	for (int iteration = 0; iteration < options->n_iter && settled < SETTLED_ITERATIONS;
		 iteration++)
	{
		SdqStatus status = begin_iteration(descent, iteration, options);
		double kl;

		if (!sdq_failed(status))
			status = compute_forces(descent);
		if (!sdq_failed(status) && descent->job->progress != NULL && iteration > 0 &&
			iteration % REPORT_ITERATIONS == 0)
		{
			status = compute_objective(descent, entropy, &kl);
			if (!sdq_failed(status))
				job_progress(descent->job, "layout", (size_t) iteration, (size_t) options->n_iter,
							 kl);
		}
		if (sdq_failed(status))
			return status;
		status = run_chunks(descent, move_task, descent->row_chunks);
		if (sdq_failed(status))
			return status;
		centre_map(descent);
		result->iterations = iteration + 1;
		result->gradient_norm = gradient_norm(descent);
		settled = iteration >= EARLY_ITERATIONS && result->gradient_norm < options->min_grad_norm
					  ? settled + 1
					  : 0;
	}
	return compute_forces(descent);
}

/* Memory and the state before the first iteration. */
static SdqStatus
prepare(Descent *descent)
{
	Arena *arena = descent->job->arena;
	size_t n = descent->n;
	size_t dims = descent->dims;
	SdqStatus status = field_create(descent->job, n, (int) dims, &descent->field);

	if (sdq_failed(status))
		return status;
	descent->velocity = arena_alloc(arena, n, dims * sizeof(double));
	descent->gain = arena_alloc(arena, n, dims * sizeof(double));
	descent->pull = arena_alloc(arena, n, dims * sizeof(double));
	descent->position = arena_alloc(arena, n, attraction_stride((int) dims) * sizeof(float));
	descent->sums = arena_alloc(arena, descent->row_chunks, MAP_MAX_DIMS * sizeof(double));
	descent->squares = arena_alloc(arena, descent->row_chunks, sizeof(double));
	if (descent->velocity == NULL || descent->squares == NULL || descent->gain == NULL ||
		descent->pull == NULL || descent->position == NULL || descent->sums == NULL)
		return arena_failure(arena);
	return prepare_order(descent);
}

bool
optimise_map_bytes(size_t n, size_t entries, int dims, int threads, size_t *bytes)
{
	size_t per_row =
		3 * (size_t) dims * sizeof(double) + attraction_stride(dims) * sizeof(float) + 1;
	size_t state;
	size_t field;
	size_t order = 0;

	if (uses_curve(n, dims) && !order_bytes(n, entries, &order))
		return false;
	return checked_multiply(n, per_row, &state) && field_bytes(n, dims, threads, &field) &&
		   checked_add(state, field, bytes) && checked_add(*bytes, order, bytes);
}

SdqStatus
optimise_map(Job *job, const Affinities *affinities, int dims, const DescentOptions *options,
			 double *y, DescentResult *result)
{
	Descent descent = {.job = job, .affinities = affinities, .n = affinities->n, .y = y};
	double entropy = 0;
	SdqStatus status;

	*result = (DescentResult){.kl = NAN};
	descent.dims = (size_t) dims;
	descent.row_chunks = (descent.n - 1) / ROW_CHUNK + 1;
	status = prepare(&descent);
	if (!sdq_failed(status))
		status = run_chunks(&descent, entropy_task, descent.row_chunks);
	if (sdq_failed(status))
		return status;
	entropy = total_of_sums(&descent, 0);

	status = run_chunks(&descent, sum_task, descent.row_chunks);
	if (sdq_failed(status))
		return status;
	centre_map(&descent);
	status = iterate(&descent, options, entropy, result);
	if (!sdq_failed(status))
		status = compute_objective(&descent, entropy, &result->kl);
	if (!sdq_failed(status))
		job_progress(job, "layout", (size_t) options->n_iter, (size_t) options->n_iter, result->kl);
	if (!sdq_failed(status) && descent.order.is_used)
		restore_order(&descent);
	return status;
}
