/*
 * ecdf.c
 *		The SQL type ecdf: its aggregates, and questions to a distribution.
 */
#include "postgres.h"

#include "fmgr.h"

#include "core/sample/ecdf.h"
#include "pg/result.h"
#include "pg/sample_memory.h"
#include "pg/sample_state.h"

#include <math.h>

PG_FUNCTION_INFO_V1(synthdq_ecdf_in);
PG_FUNCTION_INFO_V1(synthdq_ecdf_out);
PG_FUNCTION_INFO_V1(synthdq_ecdf_recv);
PG_FUNCTION_INFO_V1(synthdq_ecdf_send);
PG_FUNCTION_INFO_V1(synthdq_ecdf_add_float8);
PG_FUNCTION_INFO_V1(synthdq_ecdf_add_array);
PG_FUNCTION_INFO_V1(synthdq_ecdf_combine);
PG_FUNCTION_INFO_V1(synthdq_ecdf_final);
PG_FUNCTION_INFO_V1(synthdq_ecdf_eq);
PG_FUNCTION_INFO_V1(synthdq_ecdf_n);
PG_FUNCTION_INFO_V1(synthdq_ecdf_cdf);
PG_FUNCTION_INFO_V1(synthdq_ecdf_quantile);
PG_FUNCTION_INFO_V1(synthdq_ecdf_mean);
PG_FUNCTION_INFO_V1(synthdq_ecdf_stddev);
PG_FUNCTION_INFO_V1(synthdq_ecdf_points);

/* Input function: {value:count,...}. */
Datum
synthdq_ecdf_in(PG_FUNCTION_ARGS)
{
	return sample_state_in(fcinfo, &ecdf_type);
}

/* Output function. */
Datum
synthdq_ecdf_out(PG_FUNCTION_ARGS)
{
	return sample_state_out(fcinfo, &ecdf_type);
}

/* Receive function. */
Datum
synthdq_ecdf_recv(PG_FUNCTION_ARGS)
{
	return sample_state_recv(fcinfo, &ecdf_type);
}

/* Send function. */
Datum
synthdq_ecdf_send(PG_FUNCTION_ARGS)
{
	return sample_state_send(fcinfo, &ecdf_type);
}

/* ecdf_add(state, x double precision): transition function. */
Datum
synthdq_ecdf_add_float8(PG_FUNCTION_ARGS)
{
	SampleState *state;

	if (PG_ARGISNULL(1))
		return sample_state_unchanged(fcinfo);
	state = sample_state_for_update(fcinfo, &ecdf_type, NULL);
	sample_state_add_float8(state, 0, PG_GETARG_FLOAT8(1));
	return sample_state_datum(state);
}

/* ecdf_add(state, x array): transition function for all array types. */
Datum
synthdq_ecdf_add_array(PG_FUNCTION_ARGS)
{
	SampleState *state;

	if (PG_ARGISNULL(1))
		return sample_state_unchanged(fcinfo);
	state = sample_state_for_update(fcinfo, &ecdf_type, NULL);
	sample_state_add_array(state, 0, PG_GETARG_DATUM(1));
	return sample_state_datum(state);
}

/* ecdf_combine(state, ecdf): combine function, and transition function of the union. */
Datum
synthdq_ecdf_combine(PG_FUNCTION_ARGS)
{
	return sample_state_combine(fcinfo, &ecdf_type);
}

/* ecdf_final(state): the state itself; NULL if it has no observation. */
Datum
synthdq_ecdf_final(PG_FUNCTION_ARGS)
{
	if (sample_state_n(PG_GETARG_DATUM(0), &ecdf_type, 0) == 0)
		PG_RETURN_NULL();
	return sample_state_final(fcinfo, &ecdf_type);
}

/* a = b: the same values with the same counts. */
Datum
synthdq_ecdf_eq(PG_FUNCTION_ARGS)
{
	Stop stop = sample_stop();
	SampleStream a;
	SampleStream b;
	bool equal;

	sample_state_open_streams(PG_GETARG_DATUM(0), &ecdf_type, &a);
	sample_state_open_streams(PG_GETARG_DATUM(1), &ecdf_type, &b);
	check_sample_status(ecdf_equal(&a, &b, &stop, &equal));
	PG_RETURN_BOOL(equal);
}

/* n(ecdf): number of observations. */
Datum
synthdq_ecdf_n(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) sample_state_n(PG_GETARG_DATUM(0), &ecdf_type, 0));
}

/* cdf(ecdf, x): share of observations not above x. */
Datum
synthdq_ecdf_cdf(PG_FUNCTION_ARGS)
{
	Stop stop = sample_stop();
	SampleStream stream;
	float8 share;

	sample_state_open_streams(PG_GETARG_DATUM(0), &ecdf_type, &stream);
	if (stream.n == 0)
		PG_RETURN_NULL();
	check_sample_status(ecdf_cdf(&stream, PG_GETARG_FLOAT8(1), &stop, &share));
	PG_RETURN_FLOAT8(share);
}

/* quantile(ecdf, p): smallest value whose cdf is at least p. */
Datum
synthdq_ecdf_quantile(PG_FUNCTION_ARGS)
{
	float8 p = PG_GETARG_FLOAT8(1);
	Stop stop = sample_stop();
	SampleStream stream;
	float8 value;

	/* Written so that NaN fails. */
	if (!(p >= 0 && p <= 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("p must be between 0 and 1, not %g", p),
						errhint("The median is quantile(e, 0.5).")));
	sample_state_open_streams(PG_GETARG_DATUM(0), &ecdf_type, &stream);
	if (stream.n == 0)
		PG_RETURN_NULL();
	check_sample_status(ecdf_quantile(&stream, p, &stop, &value));
	PG_RETURN_FLOAT8(value);
}

/* Mean and standard deviation of an ecdf, which has n observations; nothing is read if there is none. */
static EcdfMoments
moments_of(Datum value, uint64 *n)
{
	EcdfMoments moments = {.mean = 0, .stddev = 0};
	Stop stop = sample_stop();
	SampleStream stream;

	sample_state_open_streams(value, &ecdf_type, &stream);
	*n = stream.n;
	if (stream.n > 0)
		check_sample_status(ecdf_moments(&stream, &stop, &moments));
	return moments;
}

/* mean(ecdf). */
Datum
synthdq_ecdf_mean(PG_FUNCTION_ARGS)
{
	uint64 n;
	EcdfMoments moments = moments_of(PG_GETARG_DATUM(0), &n);

	if (n == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(moments.mean);
}

/* stddev(ecdf): with divisor n - 1; NULL for fewer than two observations. */
Datum
synthdq_ecdf_stddev(PG_FUNCTION_ARGS)
{
	uint64 n;
	EcdfMoments moments = moments_of(PG_GETARG_DATUM(0), &n);

	if (n < 2)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(moments.stddev);
}

/* Put the piece that a stream has at hand into a result; returns the observations up to its end. */
static uint64
put_points(ResultSet *result, const SampleStream *stream, uint64 below)
{
	for (size_t i = 0; i < stream->n_entries; i++)
	{
		Datum values[3];
		bool nulls[3] = {false, false, false};

		below += stream->counts[i];
		values[0] = Float8GetDatum(stream->values[i]);
		values[1] = Int64GetDatum((int64) stream->counts[i]);
		values[2] = Float8GetDatum((double) below / (double) stream->n);
		result_set_put(result, values, nulls);
	}
	return below;
}

/* ecdf_points(ecdf): one row per distinct value, ascending. */
Datum
synthdq_ecdf_points(PG_FUNCTION_ARGS)
{
	ResultSet result = result_set_begin(fcinfo);
	SampleStream stream;
	uint64 below;

	sample_state_open_streams(PG_GETARG_DATUM(0), &ecdf_type, &stream);
	below = put_points(&result, &stream, 0);
	while (stream.fetch != NULL)
	{
		check_sample_status(stream.fetch(&stream));
		if (stream.n_entries == 0)
			break;
		below = put_points(&result, &stream, below);
	}
	return (Datum) 0;
}
