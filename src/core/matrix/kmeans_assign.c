/*
 * kmeans_assign.c
 *		Nearest centres and their bounds.
 *
 * The label of a row is the centre at the least distance, the lowest one among equals, where "the
 * distance" is what kmeans_score.h says. Scores decide if the least of them is less than all others
 * by more than twice their error; otherwise those within that of the least are measured.
 *
 * Bounds (Hamerly 2010, simplified as in Newling and Fleuret 2016: without the distances between
 * centres, which decide next to nothing when clusters touch). Each row keeps an upper bound of the
 * distance to its centre and a lower bound of that to all others. When centres move, the bounds give
 * way by as much, always rounded outward; while upper < lower the row keeps its label. The two
 * differ by at least one part in 2^24 then, which is far more than distances in double are off: a
 * row that is skipped would have been given the same label.
 */
#include "core/matrix/kmeans_assign.h"

#include <float.h>
#include <math.h>

#include "core/base/sizes.h"
#include "core/matrix/distance.h"

/* Factors that make a float a bound of what it was rounded from, after up to three roundings. */
#define ROUND_UP   (1 + 0x1.0p-21F)
#define ROUND_DOWN (1 - 0x1.0p-21F)

/* Far more than what a squared distance in double is off, relatively. */
#define DISTANCE_ROUNDING 1e-9

float
kmeans_upper_root(double distance2)
{
	/* What is not a number has no bound. */
	return distance2 < INFINITY ? (float) sqrt(fmax(distance2, 0)) * ROUND_UP + FLT_MIN : INFINITY;
}

/* The root of a squared distance, rounded down; no float is above FLT_MAX, nor, with enough digits,
 * below FLT_MIN. */
static float
lower_root(double distance2)
{
	double root = fmin(sqrt(fmax(distance2, 0)), FLT_MAX);

	return fmaxf((float) root * ROUND_DOWN - FLT_MIN, 0);
}

/* The nearest centre of a row by measuring all whose score is at most `limit`; all others are farther
 * than the square root of `beyond`. */
static int32_t
measure(const KmeansRows *rows, const Centers *centers, size_t i, const double *scores,
		double limit, double beyond, float *upper, float *lower, double *row)
{
	double best = INFINITY;
	double second = beyond;
	int32_t label = -1;

	kmeans_row_read(rows, i, row);
	for (size_t c = 0; c < centers->k; c++)
	{
		double distance2;

		/* Written so that NaN is measured. */
		if (scores[c] > limit)
			continue;
		distance2 = double_distance2(row, centers->exact + c * rows->d, rows->d);
		if (label >= 0 && !(distance2 < best))
		{
			second = fmin(second, distance2);
			continue;
		}
		if (label >= 0)
			second = fmin(second, best);
		best = distance2;
		label = (int32_t) c;
	}
	*upper = kmeans_upper_root(best * (1 + DISTANCE_ROUNDING));
	*lower = lower_root(second * (1 - DISTANCE_ROUNDING));
	return label;
}

/* The nearest centre of a row, from its scores, and bounds of the distances. */
static int32_t
nearest(const KmeansRows *rows, const Centers *centers, size_t i, const double *scores,
		float *upper, float *lower, double *row)
{
	double error = score_error(rows, centers, i);
	double best = INFINITY;
	double second = INFINITY;
	int32_t label = -1;

	for (size_t c = 0; c < centers->k; c++)
	{
		if (scores[c] < best)
		{
			second = best;
			best = scores[c];
			label = (int32_t) c;
		}
		else if (scores[c] < second)
			second = scores[c];
	}
	if (!(second - best > 2 * error))
		return measure(rows, centers, i, scores, best + 2 * error, best + error, upper, lower, row);
	*upper = kmeans_upper_root(best + error);
	*lower = lower_root(second - error);
	return label;
}

size_t
assign_tile(const KmeansRows *rows, LloydRun *run, bool use_bounds, size_t start, size_t count,
			Move *moves, double *scores, double *row)
{
	uint32_t list[TILE_MAX_ROWS];
	size_t listed = 0;
	size_t moved = 0;

	for (size_t i = start; i < start + count; i++)
	{
		int32_t label = run->labels[i];

		if (label >= 0)
		{
			float least =
				run->lower[i] - (label == (int32_t) run->farthest ? run->second_most : run->most);

			run->upper[i] = (run->upper[i] + run->shifts[label]) * ROUND_UP;
			run->lower[i] = least > 0 ? least * ROUND_DOWN : 0;
			if (use_bounds && run->upper[i] < run->lower[i])
				continue;
		}
		list[listed++] = (uint32_t) i;
	}
	for (size_t first = 0; first < listed; first += KERNEL_ROWS)
	{
		size_t rows_now = minimum(KERNEL_ROWS, listed - first);

		score_rows(rows, &run->centers, list + first, rows_now, scores);
		for (size_t r = 0; r < rows_now; r++)
		{
			uint32_t i = list[first + r];
			int32_t label =
				nearest(rows, &run->centers, i, scores + r * score_stride(&run->centers),
						&run->upper[i], &run->lower[i], row);

			if (label == run->labels[i])
				continue;
			moves[moved++] = (Move){.row = i, .from = run->labels[i]};
			run->labels[i] = label;
		}
	}
	return moved;
}
