/*
 * sample_pair.c
 *		The SQL type sample_pair, the state of every two-sample aggregate: side 0 is x, the real
 *		sample, side 1 is y, the synthetic one.
 *
 * Rows come in two shapes: a column per sample, or one column and a flag that says which sample the
 * row belongs to.
 */
#include "postgres.h"

#include "fmgr.h"

#include "pg/sample_state.h"

PG_FUNCTION_INFO_V1(synthdq_sample_pair_in);
PG_FUNCTION_INFO_V1(synthdq_sample_pair_out);
PG_FUNCTION_INFO_V1(synthdq_sample_pair_recv);
PG_FUNCTION_INFO_V1(synthdq_sample_pair_send);
PG_FUNCTION_INFO_V1(synthdq_sample_pair_add_float8);
PG_FUNCTION_INFO_V1(synthdq_sample_pair_add_array);
PG_FUNCTION_INFO_V1(synthdq_sample_pair_add_labelled_float8);
PG_FUNCTION_INFO_V1(synthdq_sample_pair_add_labelled_array);
PG_FUNCTION_INFO_V1(synthdq_sample_pair_combine);

/* Input function: ({value:count,...},{...}). */
Datum
synthdq_sample_pair_in(PG_FUNCTION_ARGS)
{
	return sample_state_in(fcinfo, &sample_pair_type);
}

/* Output function. */
Datum
synthdq_sample_pair_out(PG_FUNCTION_ARGS)
{
	return sample_state_out(fcinfo, &sample_pair_type);
}

/* Receive function. */
Datum
synthdq_sample_pair_recv(PG_FUNCTION_ARGS)
{
	return sample_state_recv(fcinfo, &sample_pair_type);
}

/* Send function. */
Datum
synthdq_sample_pair_send(PG_FUNCTION_ARGS)
{
	return sample_state_send(fcinfo, &sample_pair_type);
}

/* sample_pair_add(state, x, y double precision): a value for each side, or for one of them. */
Datum
synthdq_sample_pair_add_float8(PG_FUNCTION_ARGS)
{
	SampleState *state;

	if (PG_ARGISNULL(1) && PG_ARGISNULL(2))
		return sample_state_unchanged(fcinfo);
	state = sample_state_for_update(fcinfo, &sample_pair_type, NULL);
	for (int side = 0; side < sample_pair_type.n_sides; side++)
		if (!PG_ARGISNULL(1 + side))
			sample_state_add_float8(state, side, PG_GETARG_FLOAT8(1 + side));
	return sample_state_datum(state);
}

/* sample_pair_add(state, x, y arrays): all elements, for all array types. */
Datum
synthdq_sample_pair_add_array(PG_FUNCTION_ARGS)
{
	SampleState *state;

	if (PG_ARGISNULL(1) && PG_ARGISNULL(2))
		return sample_state_unchanged(fcinfo);
	state = sample_state_for_update(fcinfo, &sample_pair_type, NULL);
	for (int side = 0; side < sample_pair_type.n_sides; side++)
		if (!PG_ARGISNULL(1 + side))
			sample_state_add_array(state, side, PG_GETARG_DATUM(1 + side));
	return sample_state_datum(state);
}

/* sample_pair_add(state, x double precision, is_synthetic): one value, for the side that the flag
 * names. */
Datum
synthdq_sample_pair_add_labelled_float8(PG_FUNCTION_ARGS)
{
	SampleState *state;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return sample_state_unchanged(fcinfo);
	state = sample_state_for_update(fcinfo, &sample_pair_type, NULL);
	sample_state_add_float8(state, PG_GETARG_BOOL(2) ? 1 : 0, PG_GETARG_FLOAT8(1));
	return sample_state_datum(state);
}

/* sample_pair_add(state, x array, is_synthetic): for all array types. */
Datum
synthdq_sample_pair_add_labelled_array(PG_FUNCTION_ARGS)
{
	SampleState *state;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return sample_state_unchanged(fcinfo);
	state = sample_state_for_update(fcinfo, &sample_pair_type, NULL);
	sample_state_add_array(state, PG_GETARG_BOOL(2) ? 1 : 0, PG_GETARG_DATUM(1));
	return sample_state_datum(state);
}

/* sample_pair_combine(state, state): combine function. */
Datum
synthdq_sample_pair_combine(PG_FUNCTION_ARGS)
{
	return sample_state_combine(fcinfo, &sample_pair_type);
}
