/*
 * vector_row_template.h
 *		Adding a row to a vector of samples. Included by vector.c once per element type, with ELEMENT
 *		(the type), IS_INTEGER (1 or 0) and NAMED(name) (its functions' names) defined.
 */

#if IS_INTEGER

/* Find the slots of a row of integers; false if one has none. */
static inline bool
NAMED(find_slots)(SampleVector *vector, const ELEMENT *values)
{
	size_t n = vector->n_positions;
	size_t n_slots = vector->window.n_slots;
	int64_t low = vector->window.low;
	uint32_t *slots = vector->slots;
	int outside = 0;

	/* In a window of 32-bit numbers differences may be taken without a sign. */
	if (low < INT32_MIN || low + (int64_t) n_slots - 1 > INT32_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
	{
		slots[i] = (uint32_t) (int32_t) values[i] - (uint32_t) low;
		outside |= slots[i] >= n_slots;
	}
	return outside == 0;
}

#else

/* Find the slots of a row of reals; false if one has none. */
static inline bool
NAMED(find_slots)(SampleVector *vector, const ELEMENT *values)
{
	size_t n = vector->n_positions;
	double low = (double) vector->window.low;
	double n_slots = (double) vector->window.n_slots;
	uint32_t *slots = vector->slots;
	int outside = 0;

	for (size_t i = 0; i < n; i++)
	{
		double offset = (double) values[i] - low;
		bool inside = offset >= 0 && offset < n_slots;
		int32_t slot = (int32_t) (inside ? offset : 0);

		/* The subtraction may have rounded, so the way back decides. */
		outside |= !inside | (low + slot != (double) values[i]);
		slots[i] = (uint32_t) slot;
	}
	return outside == 0;
}

#endif

/* Make sure that no position has too many observations with this row, and set vector->most to one less
 * than what no position has more of then. */
static SdqStatus
NAMED(check_row)(SampleVector *vector, const ELEMENT *values, Stop *stop)
{
	uint64_t most = 1;
	SdqStatus status;

	if (vector->most < (uint64_t) SAMPLE_MAX_COUNT)
		return sdq_ok();
	/* Positions may have missed rows: now they are counted. */
	status = vector_settle(vector, stop);
	for (size_t i = 0; i < vector->n_positions && !sdq_failed(status); i++)
	{
		uint64_t n = count_position(vector, i) + !isnan((double) values[i]);

		if (n > (uint64_t) SAMPLE_MAX_COUNT)
			status = too_many(n);
		most = n > most ? n : most;
	}
	if (!sdq_failed(status))
		vector->most = most - 1;
	return status;
}

/* Add a row: count it as a whole if the window covers it, else value by value. */
static SdqStatus
NAMED(add_row)(SampleVector *vector, const ELEMENT *values, Stop *stop)
{
	size_t n = vector->n_positions;
	SdqStatus status = NAMED(check_row)(vector, values, stop);

	if (sdq_failed(status))
		return status;
	if (NAMED(find_slots)(vector, values))
	{
		count_row(vector);
		vector->most++;
		return sdq_ok();
	}
	status = reserve_row(vector, stop);
	if (sdq_failed(status))
		return status;
	vector->most++;
	for (size_t i = 0; i < n; i++)
		place_value(vector, i, (double) values[i]);
	finish_row(vector);
	return sdq_ok();
}
