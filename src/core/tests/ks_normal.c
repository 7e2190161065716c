/*
 * ks_normal.c
 *		The recursion of ks_exact.c on a coarser grid, with normal steps.
 *
 * The walk, its plan, the states that matter and the chance r to go on to the end are those of the
 * exact law. But the states are joined to cells, of a width that fits the smallest step, and what
 * a block adds is normal with the mean and variance of the binomial law. Since the walk is tilted
 * towards the limit, it is that law's centre that counts however small p is: the error is that of
 * a saddle-point approximation, and all of the smallness of p is in r, which is exact.
 *
 * The limits lie half a state inside of the first states outside, the usual continuity correction.
 * At each block end the grid is shifted so that a cell begins at the upper limit; a cell that the
 * lower limit cuts is divided. Within a cell the walk's density is taken as constant, while r is
 * summed up as the geometric sequence that it nearly is.
 *
 * Where a step is smaller than a cell it is joined with the next: so near to another look, a look
 * matters little. Where cells would be as narrow as states, the exact recursion itself takes no
 * longer.
 */
#include "core/tests/ks_normal.h"

#include <math.h>
#include <string.h>

#include "core/tests/convolve.h"
#include "core/tests/ks_crossings.h"

/* The width of a cell in units of the smallest step's standard deviation, and how many there
 * may be, which is more than enough for steps of a hundredth of the whole. */
#define CELL_WIDTH 0.25
#define CELLS_MAX  1024

/* A step is joined with the next if its standard deviation is fewer cells than that. With more,
 * weights at the centres of cells have the right variance to 1e-4. */
#define STEP_MIN 0.8

/* Weights beyond so many standard deviations are left out. */
#define STEP_REACH 8.5

/* The most weights on either side; steps are not larger than some hundred cells. */
#define WEIGHTS_MAX 4096

/* r is taken as a geometric sequence over half of its standard deviation, but in no more pieces
 * than that. */
#define PIECES_PER_DEVIATION 2
#define PIECES_MAX           64

/* A term that ends a sum of decreasing ones. */
#define NEGLIGIBLE 1e-13

/* A chance of 1 as stored. */
#define SCALE 0x1p900

/* Cells in terms of the upper limit after S values: cell c is from limit + c width to
 * limit + (c + 1) width states, so that cells below 0 are in the band. */
typedef struct Grid
{
	const KsBand *band;
	const KsExactPlan *plan;
	double width;
	int64_t S;
	double limit;
	int64_t bottom; /* the cells kept */
	int64_t top;
	double *g;     /* of cell `bottom` on, with zeros on either side; within row */
	double *row;   /* [n_cells + 4 tiles] */
	double *spare; /* as row */
	int64_t n_cells;
	double *weights; /* [2 WEIGHTS_MAX + 1] */
	double sum;      /* of what left, in units of exp(log_least), stored */
} Grid;

/* r near a limit, as the exponential of a parabola in the number of states. */
typedef struct Exit
{
	double log_r; /* at the limit, relative to exp(log_least) */
	double slope;
	double curvature;
	bool exists;
} Exit;

/* r beside state `limit` after S values. */
static Exit
exit_at(const Grid *grid, int64_t S, double limit)
{
	const KsBand *band = grid->band;
	double to_a = (double) band->n_a - limit;
	double to_b = (double) band->n_b - ((double) S - limit);
	double x = limit - (double) S * grid->plan->share_a;
	Exit exit = {.exists = to_a > 0 && to_b > 0 && limit > -1 && limit < (double) S + 1};

	if (!exit.exists)
		return exit;
	exit.log_r = ks_exact_log_r(band, grid->plan, S, limit, x) - grid->plan->log_least;
	exit.slope = log(to_a / to_b * (grid->plan->rest / grid->plan->theta));
	exit.curvature = -1 / to_a - 1 / to_b;
	return exit;
}

/* sinh(x) / x. */
static double
sinh_share(double x)
{
	return fabs(x) < 1e-4 ? 1 : sinh(x) / x;
}

/* The mean of r / r(limit) over so many states, centred at a distance from the limit: piece by
 * piece as a geometric sequence, where r bends within. */
static double
mean_r(const Exit *exit, double distance, double n_states)
{
	double n_pieces =
		1 + floor(fmin(PIECES_PER_DEVIATION * n_states * sqrt(-exit->curvature), PIECES_MAX));
	double piece = n_states / n_pieces;
	double sum = 0;

	for (double k = 0; k < n_pieces; k++)
	{
		double at = distance + (k + 0.5 - 0.5 * n_pieces) * piece;
		double slope = exit->slope + exit->curvature * at;
		double spread = sinh_share(0.5 * piece * slope) / sinh_share(0.5 * slope);

		sum += spread * exp(at * (exit->slope + 0.5 * exit->curvature * at));
	}
	return sum / n_pieces;
}

/* Add what leaves at an exit. */
static void
leave(Grid *grid, const Exit *exit, double sum)
{
	if (sum > 0)
		grid->sum += exp(exit->log_r + log(sum));
}

/* Take away the cells above the upper limit, n of them; g[0] is the first. */
static void
leave_above(Grid *grid, const double *g, int64_t n)
{
	Exit exit = exit_at(grid, grid->S, grid->limit);
	double sum = 0;

	for (int64_t c = 0; c < n && exit.exists; c++)
	{
		double term = g[c] * mean_r(&exit, ((double) c + 0.5) * grid->width, grid->width);

		sum += term;
		if (!(term > NEGLIGIBLE * sum))
			break;
	}
	leave(grid, &exit, sum);
}

/* Take away the cells below the lower limit; g[0] is the cell `bottom`. Moves up grid->bottom. */
static void
leave_below(Grid *grid, double limit, double *g)
{
	Exit exit = exit_at(grid, grid->S, limit);
	double edge = (limit - grid->limit) / grid->width;
	double sum = 0;

	for (; grid->bottom <= grid->top && (double) grid->bottom < edge; grid->bottom++, g++)
	{
		double share = fmin(edge - (double) grid->bottom, 1);
		double middle = (double) grid->bottom + 0.5 * share - edge;

		if (exit.exists)
			sum += share * *g * mean_r(&exit, middle * grid->width, share * grid->width);
		if (share < 1)
		{
			*g *= 1 - share;
			break;
		}
	}
	leave(grid, &exit, sum);
}

/* The weights of a step of so many cells, by mean and standard deviation. */
static ConvolveKernel
make_kernel(Grid *grid, double mean, double sd)
{
	int64_t middle = (int64_t) floor(mean);
	int64_t reach = (int64_t) fmin(STEP_REACH * sd + 1, WEIGHTS_MAX);
	ConvolveKernel kernel = {
		.taps = grid->weights, .first = middle - reach, .last = middle + reach};
	double sum = 0;

	for (int64_t c = 0; c <= 2 * reach; c++)
	{
		double z = ((double) (kernel.first + c) - mean) / sd;

		grid->weights[c] = exp(-0.5 * z * z);
		sum += grid->weights[c];
	}
	for (int64_t c = 0; c <= 2 * reach; c++)
		grid->weights[c] /= sum;
	return kernel;
}

/* Go on to S values. */
static void
cross_block(Grid *grid, int64_t S)
{
	KsStates states = ks_exact_states(grid->band, grid->plan, S);
	double limit = (double) states.above - 0.5;
	double t = (double) (S - grid->S);
	double mean = (t * grid->plan->theta - (limit - grid->limit)) / grid->width;
	double sd = sqrt(t * grid->plan->theta * grid->plan->rest) / grid->width;
	ConvolveKernel kernel = make_kernel(grid, mean, sd);
	ConvolveRow row = {.values = grid->g, .first = grid->bottom, .last = grid->top};
	int64_t bottom = (int64_t) floor(((double) states.bottom - 0.5 - limit) / grid->width);
	int64_t top = (int64_t) ceil(((double) states.top + 0.5 - limit) / grid->width) - 1;
	double *to = grid->spare + CONVOLVE_TILE;
	double *first;

	if (bottom < grid->bottom + kernel.first)
		bottom = grid->bottom + kernel.first;
	if (top > grid->top + kernel.last)
		top = grid->top + kernel.last;
	if (top >= bottom + grid->n_cells)
		top = bottom + grid->n_cells - 1;
	if (bottom > top || states.bottom > states.top)
	{
		grid->top = grid->bottom - 1;
		return;
	}
	convolve(&row, &kernel, bottom, top - bottom + 1, to);
	grid->S = S;
	grid->limit = limit;
	grid->bottom = bottom;
	grid->top = top;
	if (top >= 0)
	{
		int64_t above = bottom > 0 ? bottom : 0;

		if (bottom <= 0)
			leave_above(grid, to + (above - bottom), top - above + 1);
		grid->top = -1;
	}
	if (grid->band->low_hits)
		leave_below(grid, (double) states.below + 0.5, to);
	if (grid->bottom > grid->top)
		return;
	first = to + (grid->bottom - bottom);
	memset(first - CONVOLVE_TILE, 0, CONVOLVE_TILE * sizeof(double));
	memset(first + (grid->top - grid->bottom + 1), 0, CONVOLVE_TILE * sizeof(double));
	grid->g = first;
	grid->spare = grid->row;
	grid->row = to - CONVOLVE_TILE;
}

/* Choose the cells: narrower than all steps but the first, which starts from a single state. */
static double
cell_width(const KsBand *band, const KsExactPlan *plan, const KsTies *ties)
{
	int64_t smallest = band->n_a + band->n_b;
	double width;

	for (int64_t k = 1; k < ties->n_blocks; k++)
		smallest = ties->kept[k] < smallest ? ties->kept[k] : smallest;
	width = CELL_WIDTH * sqrt((double) smallest * plan->theta * plan->rest);
	return fmax(width, (double) plan->max_width / CELLS_MAX);
}

/* State 0, for certain. */
static SdqStatus
start_grid(Grid *grid, Arena *scratch)
{
	grid->n_cells = (int64_t) ((double) grid->plan->max_width / grid->width) + 3;
	grid->row = arena_zalloc(scratch, (size_t) grid->n_cells + 4 * CONVOLVE_TILE, sizeof(double));
	grid->spare = arena_alloc(scratch, (size_t) grid->n_cells + 4 * CONVOLVE_TILE, sizeof(double));
	grid->weights = arena_alloc(scratch, 2 * WEIGHTS_MAX + 1, sizeof(double));
	if (grid->row == NULL || grid->spare == NULL || grid->weights == NULL)
		return arena_failure(scratch);
	grid->limit = -0.5 * grid->width;
	grid->g = grid->row + CONVOLVE_TILE;
	grid->g[0] = SCALE;
	return sdq_ok();
}

SdqStatus
ks_normal_log_p(const KsBand *band, const KsExactPlan *plan, const KsTies *ties, Arena *scratch,
				Stop *stop, double *log_p)
{
	ArenaMark mark = arena_mark(scratch);
	KsExactPlan tilted = *plan;
	Grid grid = {.band = band, .plan = &tilted};
	SdqStatus status;
	int64_t S = 0;

	if (!plan->is_possible)
	{
		*log_p = ks_crossings_log(band, ties);
		return sdq_ok();
	}
	grid.width = cell_width(band, plan, ties);
	if (grid.width <= 1)
		return ks_exact_log_p(band, plan, ties, scratch, stop, log_p);
	/* Towards the limit where it is most likely left. */
	if (!band->low_hits && plan->best_look > 0)
		ks_exact_tilt(band,
					  (double) band->high / ((double) band->n_a + (double) band->n_b) /
						  (double) plan->best_look,
					  &tilted);
	status = start_grid(&grid, scratch);
	for (int64_t k = 0; k + 1 < ties->n_blocks && !sdq_failed(status); k++)
	{
		double step;

		S += ties->kept[k];
		step = sqrt((double) (S - grid.S) * plan->theta * plan->rest);
		if (step < STEP_MIN * grid.width)
			continue;
		cross_block(&grid, S);
		if (grid.bottom > grid.top)
			break;
		if (stop_poll(stop))
			status = sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	arena_release(scratch, mark);
	*log_p = log(grid.sum / SCALE) + plan->log_least;
	return status;
}
