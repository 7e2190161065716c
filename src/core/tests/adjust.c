/*
 * adjust.c
 *		Order the p-values, multiply each by its factor, carry the running extreme along.
 */
#include "core/tests/adjust.h"

#include "core/base/sizes.h"

/* Elements merged or adjusted between two looks at the stop flag: about a millisecond. */
#define POLL_ELEMENTS (1 << 16)

/* Ascending by log10_p, then by p: below about 1e-20 a logarithm is coarser than its p. */
static bool
pvalue_less(PValue a, PValue b)
{
	return a.log10_p < b.log10_p || (a.log10_p == b.log10_p && a.p < b.p);
}

/* p times `multiplier` over `divisor`, which is not larger; at most 1. */
static PValue
pvalue_times(PValue p, double multiplier, double divisor)
{
	return (PValue){.p = fmin(1, p.p * multiplier / divisor),
					.log10_p = fmin(0, p.log10_p + log10(multiplier / divisor))};
}

/* Merge the sorted pieces in[begin, middle) and in[middle, end) into out[begin, end). */
static void
merge_pieces(const PValue *p, const size_t *in, size_t begin, size_t middle, size_t end,
			 size_t *out)
{
	size_t left = begin;
	size_t right = middle;

	for (size_t k = begin; k < end; k++)
	{
		bool take_right = left == middle || (right < end && pvalue_less(p[in[right]], p[in[left]]));

		out[k] = take_right ? in[right++] : in[left++];
	}
}

/* Sort *order[n], indices into p, by merging pieces of doubling length; equal ones keep their order.
 * *spare[n] is scratch; the two are exchanged as they take turns. */
static SdqStatus
sort_order(const PValue *p, size_t **order, size_t **spare, size_t n, Stop *stop)
{
	size_t merged = 0;

	for (size_t length = 1; length < n; length *= 2)
	{
		size_t *swap = *order;

		for (size_t begin = 0; begin < n; begin += 2 * length)
		{
			size_t end = minimum(begin + 2 * length, n);

			merge_pieces(p, *order, begin, minimum(begin + length, n), end, *spare);
			merged += end - begin;
			if (merged >= POLL_ELEMENTS)
			{
				merged = 0;
				if (stop_poll(stop))
					return sdq_error(SDQ_INTERRUPTED, 0, 0);
			}
		}
		*order = *spare;
		*spare = swap;
	}
	return sdq_ok();
}

/* From the smallest on: (m - i + 1) p_(i), never below the one before. */
static void
step_down(PValue *p, const size_t *order, size_t m)
{
	PValue largest = {.p = 0, .log10_p = -INFINITY};

	for (size_t i = 1; i <= m; i++)
	{
		PValue adjusted = pvalue_times(p[order[i - 1]], (double) (m - i + 1), 1);

		if (pvalue_less(largest, adjusted))
			largest = adjusted;
		p[order[i - 1]] = largest;
	}
}

/* From the largest on: scale m p_(i) / i, never above the one before. */
static void
step_up(PValue *p, const size_t *order, size_t m, double scale)
{
	PValue smallest = {.p = 1, .log10_p = 0};

	for (size_t i = m; i >= 1; i--)
	{
		PValue adjusted = pvalue_times(p[order[i - 1]], scale * (double) m, (double) i);

		if (pvalue_less(adjusted, smallest))
			smallest = adjusted;
		p[order[i - 1]] = smallest;
	}
}

/* sum 1/i, i = 1..m, the small ones first. */
static double
harmonic_number(size_t m)
{
	double sum = 0;

	for (size_t i = m; i >= 1; i--)
		sum += 1 / (double) i;
	return sum;
}

/* The methods that depend on the order. */
static SdqStatus
adjust_ordered(PValue *p, size_t n, size_t m, AdjustMethod method, Arena *scratch, Stop *stop)
{
	size_t *order = arena_alloc(scratch, m, sizeof(size_t));
	size_t *spare = arena_alloc(scratch, m, sizeof(size_t));
	size_t n_ordered = 0;
	SdqStatus status;

	if (order == NULL || spare == NULL)
		return arena_failure(scratch);
	for (size_t i = 0; i < n; i++)
	{
		if (!pvalue_is_missing(p[i]))
			order[n_ordered++] = i;
	}
	status = sort_order(p, &order, &spare, m, stop);
	if (sdq_failed(status))
		return status;
	if (method == ADJUST_HOLM)
		step_down(p, order, m);
	else
		step_up(p, order, m, method == ADJUST_BY ? harmonic_number(m) : 1);
	return sdq_ok();
}

SdqStatus
adjust_p_values(PValue *p, size_t n, AdjustMethod method, Arena *scratch, Stop *stop)
{
	ArenaMark mark = arena_mark(scratch);
	size_t m = 0;
	SdqStatus status;

	if (method == ADJUST_NONE)
		return sdq_ok();
	for (size_t i = 0; i < n; i++)
		m += !pvalue_is_missing(p[i]);
	if (method == ADJUST_BONFERRONI)
	{
		/* Missing ones are left alone: fmin() would make a number of NaN. */
		for (size_t i = 0; i < n; i++)
		{
			if (!pvalue_is_missing(p[i]))
				p[i] = pvalue_times(p[i], (double) m, 1);
		}
		return sdq_ok();
	}
	status = adjust_ordered(p, n, m, method, scratch, stop);
	arena_release(scratch, mark);
	return status;
}
