/*
 * similarity.c
 *		The measures as sums over the shares of the mass that belong to each node.
 *
 * With weights w_i of the nodes by the trapezoidal rule, p_i = w_i f_i / sum of w f is the share of node i of the
 * mass on the grid, and q_i that of g. All measures but two are sums over p and q alone, whatever the unit.
 * Weights are fractions of the length of the axis, and densities are divided by their largest value first, so that
 * nothing overflows. All sums are compensated and run in the order of the nodes.
 */
#include "core/density/similarity.h"

#include <float.h>
#include <math.h>

#include "core/base/compensated.h"

/* Nodes between two polls of the stop flag: a few milliseconds. */
#define POLL_NODES ((size_t) 1 << 15)

/* The weights of the nodes, and one density as its share at any node is computed. */
typedef struct Axes
{
	size_t n_x;
	const double *x; /* [n_x] weights, in lengths of the axis */
	const double *y; /* [n_y] */
} Axes;

typedef struct Shares
{
	const double *density;
	double largest;
	double sum; /* of density / largest * weight */
} Shares;

/* What is summed up. */
typedef struct Sums
{
	Compensated p;
	Compensated q;
	Compensated least; /* min(p, q) */
	Compensated l1;
	Compensated l2;
	Compensated hellinger;
	Compensated js;
	Compensated kl_12;
	Compensated kl_21;
	double gap; /* (p - q) / weight */
	size_t gap_node;
} Sums;

/* The trapezoidal weights of nodes[n], n >= 2, as fractions of the axis; NULL if the arena refuses. */
static double *
axis_weights(Arena *arena, const double *nodes, size_t n)
{
	double *weights = arena_alloc(arena, n, sizeof(double));
	double length = nodes[n - 1] / 2 - nodes[0] / 2; /* halves, for the whole may overflow */

	if (weights == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
	{
		double before = nodes[i > 0 ? i - 1 : 0] / 2;
		double after = nodes[i < n - 1 ? i + 1 : i] / 2;

		weights[i] = (after - before) / length / 2;
	}
	return weights;
}

static double
node_weight(const Axes *axes, size_t node)
{
	return axes->x[node % axes->n_x] * axes->y[node / axes->n_x];
}

static double
share_of(const Shares *shares, double weight, size_t node)
{
	return shares->density[node] / shares->largest * weight / shares->sum;
}

/* Prepare the shares of a density. */
static SdqStatus
shares_of(Stop *stop, const Axes *axes, size_t n_nodes, const double *density, Shares *shares)
{
	Compensated sum = {0, 0};

	*shares = (Shares){.density = density, .largest = 0, .sum = 0};
	for (size_t i = 0; i < n_nodes; i++)
	{
		if (i % POLL_NODES == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		shares->largest = fmax(shares->largest, density[i]);
	}
	if (shares->largest == 0)
		return sdq_ok();
	for (size_t i = 0; i < n_nodes; i++)
	{
		if (i % POLL_NODES == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		compensated_add(&sum, density[i] / shares->largest * node_weight(axes, i));
	}
	shares->sum = compensated_total(&sum);
	return sdq_ok();
}

/* ln(a / b), a and b above 0, which may be subnormal. */
static double
log_ratio(double a, double b)
{
	double ratio = a / b;

	return ratio >= DBL_MIN && ratio <= DBL_MAX ? log(ratio) : log(a) - log(b);
}

/* Add the terms of a node. The divergences are at least 0 as sums only; their terms are not. */
static void
add_node(Sums *sums, double p, double q, double weight, size_t node)
{
	double difference = p - q;
	double root = sqrt(p) - sqrt(q);
	double middle = p / 2 + q / 2;

	compensated_add(&sums->p, p);
	compensated_add(&sums->q, q);
	compensated_add(&sums->least, fmin(p, q));
	compensated_add(&sums->l1, fabs(difference));
	compensated_add(&sums->l2, difference * (difference / weight));
	compensated_add(&sums->hellinger, root * root);
	if (p > 0 && middle > 0)
		compensated_add(&sums->js, p * log2(p / middle));
	if (q > 0 && middle > 0)
		compensated_add(&sums->js, q * log2(q / middle));
	if (p > 0 && q > 0)
	{
		compensated_add(&sums->kl_12, p * log_ratio(p, q));
		compensated_add(&sums->kl_21, q * log_ratio(q, p));
	}
	if (fabs(difference / weight) > fabs(sums->gap))
	{
		sums->gap = difference / weight;
		sums->gap_node = node;
	}
}

static double
at_least_zero(const Compensated *sum)
{
	return fmax(0, compensated_total(sum));
}

/* The measures; lengths of the axes, of which that of y is 1 in one dimension. */
static void
set_measures(const Sums *sums, bool is_12_infinite, bool is_21_infinite, double length_x,
			 double length_y, Similarity *result)
{
	double both = compensated_total(&sums->p) + compensated_total(&sums->q);

	result->is_defined = true;
	/* The shares of either side sum to 1 but for rounding, which cancels here where they are equal. */
	result->overlap = fmin(1, 2 * compensated_total(&sums->least) / both);
	result->l1 = fmin(2, compensated_total(&sums->l1));
	result->l2 = sqrt(at_least_zero(&sums->l2)) / sqrt(length_x) / sqrt(length_y);
	result->hellinger = fmin(1, sqrt(at_least_zero(&sums->hellinger) / 2));
	result->js = fmin(1, at_least_zero(&sums->js) / 2);
	result->kl_12 = is_12_infinite ? INFINITY : at_least_zero(&sums->kl_12);
	result->kl_21 = is_21_infinite ? INFINITY : at_least_zero(&sums->kl_21);
	result->gap = sums->gap / length_x / length_y;
	result->gap_node = sums->gap_node;
}

SdqStatus
similarity_of(Job *job, const SimilarityGrid *grid, const double *f, const double *g,
			  Similarity *result)
{
	static const double one = 1;
	ArenaMark mark = arena_mark(job->arena);
	bool has_y = grid->n_y > 1;
	size_t n_nodes = grid->n_x * grid->n_y;
	Axes axes = {.n_x = grid->n_x, .y = &one};
	Sums sums = {.gap = 0};
	Shares first;
	Shares second;
	bool is_12_infinite = false;
	bool is_21_infinite = false;
	SdqStatus status;

	*result = (Similarity){.is_defined = false};
	axes.x = axis_weights(job->arena, grid->x, grid->n_x);
	if (has_y)
		axes.y = axis_weights(job->arena, grid->y, grid->n_y);
	if (axes.x == NULL || axes.y == NULL)
		return arena_failure(job->arena);
	status = shares_of(job->stop, &axes, n_nodes, f, &first);
	if (!sdq_failed(status))
		status = shares_of(job->stop, &axes, n_nodes, g, &second);
	if (sdq_failed(status) || first.largest == 0 || second.largest == 0)
		return status;

	for (size_t node = 0; node < n_nodes; node++)
	{
		double weight = node_weight(&axes, node);
		double p = share_of(&first, weight, node);
		double q = share_of(&second, weight, node);

		if (node % POLL_NODES == 0 && stop_poll(job->stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		is_12_infinite |= p > 0 && q == 0;
		is_21_infinite |= q > 0 && p == 0;
		add_node(&sums, p, q, weight, node);
	}
	set_measures(&sums, is_12_infinite, is_21_infinite, grid->x[grid->n_x - 1] - grid->x[0],
				 has_y ? grid->y[grid->n_y - 1] - grid->y[0] : 1, result);
	arena_release(job->arena, mark);
	return sdq_ok();
}
