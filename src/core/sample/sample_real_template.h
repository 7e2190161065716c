/*
 * sample_real_template.h
 *		Adding an array of floating point numbers to a sample. Included by sample.c once per element
 *		type, with ELEMENT (the type) and NAMED(name) (its functions' names) defined.
 */

/* Are all values[n] finite? Sums of zeros, in lanes. */
static bool
NAMED(are_finite)(const ELEMENT *values, size_t n)
{
	ELEMENT lanes[FINITE_LANES] = {0};
	size_t i = 0;

	for (; i + FINITE_LANES <= n; i += FINITE_LANES)
		for (size_t lane = 0; lane < FINITE_LANES; lane++)
			lanes[lane] += values[i + lane] - values[i + lane];
	for (; i < n; i++)
		lanes[0] += values[i] - values[i];
	for (size_t lane = 1; lane < FINITE_LANES; lane++)
		lanes[0] += lanes[lane];
	return lanes[0] == 0;
}

/* Observations among values[n]. */
static size_t
NAMED(count_numbers)(const ELEMENT *values, size_t n)
{
	size_t numbers = 0;

	if (NAMED(are_finite)(values, n))
		return n;
	for (size_t i = 0; i < n; i++)
		numbers += values[i] == values[i];
	return numbers;
}

/* Count values[n] in the table up to the first that it does not have; returns how many. */
static size_t
NAMED(count_known)(const ValueTable *table, const ELEMENT *values, size_t n)
{
	const ValueTable known = *table;

	for (size_t i = 0; i < n; i++)
	{
		uint64_t key = run_key(values[i]);
		ValueSlot *slot = &known.slots[value_table_first(&known, key)];

		if (slot->key != key)
		{
			slot = value_table_find(&known, key);
			if (slot->key != key)
				return i;
		}
		slot->counts[i % VALUE_TABLE_LANES]++;
	}
	return n;
}

/* Count values[n], or buffer them; room is reserved, n_after is the sample's size after the call. */
static void
NAMED(place_values)(Sample *sample, const ELEMENT *values, size_t n, uint64_t n_after)
{
	for (size_t i = 0; i < n; i++)
	{
		i += NAMED(count_known)(&sample->table, values + i, n - i);
		if (i < n && values[i] == values[i])
			place_value(sample, values[i], n_after);
	}
}

/*
 * Count values[n] in the window, or buffer them; room is reserved, n_after is the sample's size after the
 * call.
 *
 * Images mix integers (the background) with other numbers in an order that no branch predictor
 * follows. So every value is both counted, in the spare slot if it has none, and written to the
 * buffer, whose end moves only for values that belong there.
 */
static void
NAMED(place_without_table)(Sample *sample, const ELEMENT *values, size_t n, uint64_t n_after)
{
	uint32_t no_counters[WINDOW_LANES];
	Window window = sample->window;
	uint64_t *buffer = sample->buffer;
	size_t n_buffered = sample->n_buffered;

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
							 n_after))
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
}

/* Buffer values[n] from the start as long as there are none but fractions; returns how many. Room is
 * reserved. */
static size_t
NAMED(buffer_fractions)(Sample *sample, const ELEMENT *values, size_t n)
{
	CpuLevel level;
	size_t done = 0;

	/* Images begin with their background. */
	if (!is_fraction(values[0]))
		return 0;
	level = cpu_level();
	while (done < n)
	{
		size_t piece = n - done < FRACTIONS_PIECE ? n - done : FRACTIONS_PIECE;

		if (!NAMED(fraction_keys)(level, values + done, piece, sample->buffer + sample->n_buffered))
			break;
		sample->n_buffered += piece;
		done += piece;
	}
	return done;
}

/* Count values[n] in the window from the start as long as there are none but integers, which images of
 * 8-bit pixels are as real[] too; returns how many. n_after is the sample's size after the call. */
static size_t
NAMED(count_integers)(Sample *sample, const ELEMENT *values, size_t n, uint64_t n_after)
{
	int32_t room[INTEGERS_PIECE];
	IntegerValues integers = {.values = room};
	CpuLevel level = cpu_level();
	size_t done = 0;

	while (done < n)
	{
		size_t piece = n - done < INTEGERS_PIECE ? n - done : INTEGERS_PIECE;

		if (!NAMED(integer_values)(level, values + done, piece, &integers) ||
			!window_cover(&sample->window, sample->memory, integers.least, integers.greatest,
						  n_after))
			break;
		count_int32(&sample->window, room, piece);
		done += piece;
	}
	return done;
}

/* Add a piece of an array: 1 <= n <= PIECE. */
static SdqStatus
NAMED(add_piece)(Sample *sample, const void *data, size_t n, Stop *stop)
{
	const ELEMENT *values = data;
	size_t numbers = NAMED(count_numbers)(values, n);
	uint64_t n_after = sample->n + numbers;
	SdqStatus status = check_count(sample, numbers);

	if (!sdq_failed(status))
		status = reserve_buffer(sample, n, stop);
	if (sdq_failed(status))
		return status;
	if (sample->table.slots != NULL)
		NAMED(place_values)(sample, values, n, n_after);
	else
	{
		size_t done = NAMED(buffer_fractions)(sample, values, n);

		if (done == 0)
			done = NAMED(count_integers)(sample, values, n, n_after);
		NAMED(place_without_table)(sample, values + done, n - done, n_after);
	}
	value_changed(sample, numbers);
	return sdq_ok();
}
