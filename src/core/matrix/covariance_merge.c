/*
 * covariance_merge.c
 *		The union of covariances.
 */
#include "core/matrix/covariance_codec.h"
#include "core/matrix/covariance_sums.h"

/* Make room for the sums of a view, whose columns move down by down[d], in products that reach up to
 * `most`: in the narrow sums, or in the wide ones (*is_wide). */
static SdqStatus
reserve_merge(Covariance *covariance, const CovarianceView *view, const int *down, bool *is_wide,
			  Stop *stop)
{
	bool present[DIGIT_SLOTS];
	uint64_t most = covariance_view_bound(view);
	SdqStatus status;

	*is_wide = most >= NARROW_BOUND;
	for (int a = 0; a < DIGIT_SLOTS; a++)
		present[a] = covariance->sums[a] != NULL;
	for (int a = 0; a < DIGIT_SLOTS; a++)
		for (size_t j = 0; j < view->d && view->present[a]; j++)
			if (a + down[j] < DIGIT_SLOTS)
				present[a + down[j]] = true;
	status = reserve_sums(covariance, present, stop);
	for (int a = 0; a < DIGIT_SLOTS; a++)
		for (int b = 0; b < DIGIT_SLOTS && !sdq_failed(status); b++)
			if (present[a] && present[b])
				status = *is_wide
							 ? reserve_wide(covariance, &covariance->products[a][b], stop)
							 : reserve_range(covariance, &covariance->products[a][b], most, stop);
	return status;
}

/* Add to the sum of digit a of column i and digit b of column j; i <= j. */
static inline void
add_to_sum(Covariance *covariance, int a, int b, size_t place, Int128 value, bool is_wide)
{
	ProductSums *products;

	if (a >= DIGIT_SLOTS || b >= DIGIT_SLOTS)
		return;
	products = &covariance->products[a][b];
	if (is_wide)
		products->wide[place] = wide_integer(wide_value(products->wide[place]) + value);
	else
		products->narrow[place] += (int64_t) value;
}

/* Add the sums of products of digits a <= b of a view. */
static SdqStatus
merge_products(Covariance *covariance, const CovarianceView *view, int a, int b, const int *down,
			   bool is_wide, Stop *stop)
{
	const IntegerList *list = &view->products[a][b];
	size_t next = 0;

	for (size_t i = 0; i < view->d; i++)
	{
		for (size_t j = a == b ? i : 0; j < view->d; j++)
		{
			Int128 value = integer_list_get(list, next++);

			if (value == 0)
				continue;
			if (i <= j)
				add_to_sum(covariance, a + down[i], b + down[j], sum_place(covariance, i, j), value,
						   is_wide);
			/* The other half of the matrix is the upper triangle of b and a. */
			if (i > j || (i == j && a != b))
				add_to_sum(covariance, b + down[j], a + down[i], sum_place(covariance, j, i), value,
						   is_wide);
		}
		if (stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	return sdq_ok();
}

/* The union, with scratch down[d]. */
static SdqStatus
merge(Covariance *covariance, const CovarianceView *view, int *down, Stop *stop)
{
	bool is_wide;
	SdqStatus status = raise_planes(covariance, view->planes, down, stop);

	if (sdq_failed(status))
		return status;
	for (size_t j = 0; j < view->d; j++)
		down[j] = slots_between(view->planes[j], covariance->planes[j]);
	status = reserve_merge(covariance, view, down, &is_wide, stop);
	for (int a = 0; a < DIGIT_SLOTS; a++)
	{
		if (!view->present[a])
			continue;
		for (size_t j = 0; j < view->d && !sdq_failed(status); j++)
			if (a + down[j] < DIGIT_SLOTS)
				covariance->sums[a + down[j]][j] += (int64_t) integer_list_get(&view->sums[a], j);
		for (int b = a; b < DIGIT_SLOTS && !sdq_failed(status); b++)
			if (view->present[b])
				status = merge_products(covariance, view, a, b, down, is_wide, stop);
	}
	return status;
}

SdqStatus
covariance_merge(Covariance *covariance, const CovarianceView *view, Stop *stop)
{
	SdqStatus status = covariance_set_shape(covariance, view->d);
	size_t bytes = view->d * sizeof(int);
	int *down;

	if (!sdq_failed(status) && view->n > COVARIANCE_MAX_ROWS - covariance->n)
		status = sdq_error(SDQ_TOO_LARGE, (double) covariance->n + (double) view->n,
						   (double) COVARIANCE_MAX_ROWS);
	if (sdq_failed(status))
		return status;
	down = sample_memory_resize(covariance->memory, NULL, 0, bytes, &status);
	if (down == NULL)
		return status;
	status = merge(covariance, view, down, stop);
	sample_memory_free(covariance->memory, down, bytes);
	covariance->n += view->n;
	return status;
}
