/*
 * ecdf.c
 *		The SQL type ecdf: its aggregates, and questions to a distribution.
 */
#include "postgres.h"

#include "fmgr.h"

#include "core/sample/ecdf.h"
#include "pg/result.h"
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
	SampleView view;

	sample_state_open(PG_GETARG_DATUM(0), &ecdf_type, &view);
	if (view.n == 0)
		PG_RETURN_NULL();
	return PG_GETARG_DATUM(0);
}

/* a = b: the same values with the same counts. */
Datum
synthdq_ecdf_eq(PG_FUNCTION_ARGS)
{
	SampleView a;
	SampleView b;

	sample_state_open(PG_GETARG_DATUM(0), &ecdf_type, &a);
	sample_state_open(PG_GETARG_DATUM(1), &ecdf_type, &b);
	PG_RETURN_BOOL(ecdf_equal(&a, &b));
}

/* n(ecdf): number of observations. */
Datum
synthdq_ecdf_n(PG_FUNCTION_ARGS)
{
	SampleView view;

	sample_state_open(PG_GETARG_DATUM(0), &ecdf_type, &view);
	PG_RETURN_INT64((int64) view.n);
}

/* cdf(ecdf, x): share of observations not above x. */
Datum
synthdq_ecdf_cdf(PG_FUNCTION_ARGS)
{
	SampleView view;

	sample_state_open(PG_GETARG_DATUM(0), &ecdf_type, &view);
	if (view.n == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(ecdf_cdf(&view, PG_GETARG_FLOAT8(1)));
}

/* quantile(ecdf, p): smallest value whose cdf is at least p. */
Datum
synthdq_ecdf_quantile(PG_FUNCTION_ARGS)
{
	float8 p = PG_GETARG_FLOAT8(1);
	SampleView view;

	/* Written so that NaN fails. */
	if (!(p >= 0 && p <= 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("p must be between 0 and 1, not %g", p),
						errhint("The median is quantile(e, 0.5).")));
	sample_state_open(PG_GETARG_DATUM(0), &ecdf_type, &view);
	if (view.n == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(ecdf_quantile(&view, p));
}

/* mean(ecdf). */
Datum
synthdq_ecdf_mean(PG_FUNCTION_ARGS)
{
	SampleView view;

	sample_state_open(PG_GETARG_DATUM(0), &ecdf_type, &view);
	if (view.n == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(ecdf_moments(&view).mean);
}

/* stddev(ecdf): with divisor n - 1; NULL for fewer than two observations. */
Datum
synthdq_ecdf_stddev(PG_FUNCTION_ARGS)
{
	SampleView view;

	sample_state_open(PG_GETARG_DATUM(0), &ecdf_type, &view);
	if (view.n < 2)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(ecdf_moments(&view).stddev);
}

/* ecdf_points(ecdf): one row per distinct value, ascending. */
Datum
synthdq_ecdf_points(PG_FUNCTION_ARGS)
{
	ResultSet result = result_set_begin(fcinfo);
	SampleView view;
	uint64 below = 0;

	sample_state_open(PG_GETARG_DATUM(0), &ecdf_type, &view);
	for (size_t i = 0; i < view.n_distinct; i++)
	{
		Datum values[3];
		bool nulls[3] = {false, false, false};

		below += view.counts[i];
		values[0] = Float8GetDatum(view.values[i]);
		values[1] = Int64GetDatum((int64) view.counts[i]);
		values[2] = Float8GetDatum((double) below / (double) view.n);
		result_set_put(&result, values, nulls);
	}
	return (Datum) 0;
}
