/*
 * sample_real_template.h
 *		Adding an array of floating point numbers to a sample. Included by sample.c once per element
 *		type, with ELEMENT (the type) and NAMED(name) (its functions' names) defined.
 */

/* Observations among values[n]. */
static size_t
NAMED(count_numbers)(const ELEMENT *values, size_t n)
{
	size_t numbers = 0;

	for (size_t i = 0; i < n; i++)
		numbers += values[i] == values[i];
	return numbers;
}

/*
 * Add a piece of an array: 1 <= n <= PIECE.
 *
 * Scaled images mix integers (the background) with other numbers in an order that no branch
 * predictor follows. So every value is both counted, in the spare slot if it has none, and written
 * to the buffer, whose end moves only for values that belong there.
 */
static SdqStatus
NAMED(add_piece)(Sample *sample, const void *data, size_t n, Stop *stop)
{
	const ELEMENT *values = data;
	size_t numbers = NAMED(count_numbers)(values, n);
	uint32_t no_counters[WINDOW_LANES];
	Window window = sample->window;
	uint64_t *buffer;
	size_t n_buffered;
	SdqStatus status = check_count(sample, numbers);

	if (!sdq_failed(status))
		status = reserve_buffer(sample, n, stop);
	if (sdq_failed(status))
		return status;
	buffer = sample->buffer;
	n_buffered = sample->n_buffered;
	memset(no_counters, 0, sizeof(no_counters));
	if (window.n_slots == 0)
		window.counters = no_counters;

	for (size_t i = 0; i < n; i++)
	{
		double value = values[i];
		size_t slot = window_slot(&window, value);
		bool is_outside = slot == window.n_slots;

		if (is_outside & window_is_countable(value))
		{
			if (window_cover(&sample->window, sample->memory, (int64_t) value, (int64_t) value,
							 sample->n + numbers))
			{
				window = sample->window;
				slot = window_slot(&window, value);
				is_outside = false;
			}
		}
		window.counters[slot * WINDOW_LANES + i % WINDOW_LANES]++;
		buffer[n_buffered] = run_key(value);
		n_buffered += is_outside & (value == value);
	}
	sample->n_buffered = n_buffered;
	sample->n += numbers;
	sample->shown_is_current = false;
	return sdq_ok();
}
