/*
 * sample_integer_template.h
 *		Adding an array of integers to a sample. Included by sample.c once per element type, with
 *		ELEMENT (the type) and NAMED(name) (its functions' names) defined.
 */

/* Count values[n], all inside the window. */
static void
NAMED(count)(const Window *window, const ELEMENT *values, size_t n)
{
	uint32_t *counters = window->counters;
	int64_t low = window->low;
	size_t i = 0;

	for (; i + WINDOW_LANES <= n; i += WINDOW_LANES)
		for (size_t lane = 0; lane < WINDOW_LANES; lane++)
			counters[(size_t) (values[i + lane] - low) * WINDOW_LANES + lane]++;
	for (; i < n; i++)
		counters[(size_t) (values[i] - low) * WINDOW_LANES]++;
}

/* Add a piece of an array: 1 <= n <= PIECE. */
static SdqStatus
NAMED(add_piece)(Sample *sample, const void *data, size_t n, Stop *stop)
{
	const ELEMENT *values = data;
	ELEMENT low = values[0];
	ELEMENT high = values[0];
	SdqStatus status = check_count(sample, n);

	if (sdq_failed(status))
		return status;
	for (size_t i = 1; i < n; i++)
	{
		low = values[i] < low ? values[i] : low;
		high = values[i] > high ? values[i] : high;
	}
	if (window_cover(&sample->window, sample->memory, low, high, sample->n + n))
		NAMED(count)(&sample->window, values, n);
	else
	{
		status = reserve_buffer(sample, n, stop);
		if (sdq_failed(status))
			return status;
		for (size_t i = 0; i < n; i++)
			place_value(sample, values[i], sample->n + n);
	}
	value_changed(sample, n);
	return sdq_ok();
}
