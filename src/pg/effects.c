/*
 * effects.c
 *		How large a difference is, and how sure one can be of it: ks_interval(), auc_interval(),
 *		ks_same_within(), auc_same_within(), and brunner_munzel_test(), over two stored distributions. What
 *		needs only D and the sizes also takes the result of a ks_test().
 */
#include "postgres.h"

#include "executor/executor.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/float.h"

#include "core/tests/auc_interval.h"
#include "core/tests/brunner_munzel.h"
#include "core/tests/ks_interval.h"
#include "pg/arguments.h"
#include "pg/result.h"
#include "pg/test_call.h"

#include <math.h>

PG_FUNCTION_INFO_V1(synthdq_ks_interval);
PG_FUNCTION_INFO_V1(synthdq_ks_interval_of_result);
PG_FUNCTION_INFO_V1(synthdq_ks_same_within);
PG_FUNCTION_INFO_V1(synthdq_ks_same_within_of_result);
PG_FUNCTION_INFO_V1(synthdq_auc_interval);
PG_FUNCTION_INFO_V1(synthdq_auc_same_within);
PG_FUNCTION_INFO_V1(synthdq_brunner_munzel_test);

/* D of two samples. */
typedef struct Distance
{
	Tally tally;
	float8 d;
	int64 n_x;
	int64 n_y;
} Distance;

/* The moments of two samples. */
typedef struct MomentsWork
{
	Tally tally;
	AucMoments moments;
} MomentsWork;

/* A share of errors or of certainty, 0 and `below` excluded. */
static float8
argument_share(FunctionCallInfo fcinfo, int i, const char *name, float8 below)
{
	float8 value = PG_GETARG_FLOAT8(i);

	/* Written so that NaN fails. */
	if (!(value > 0 && value < below))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be above 0 and below %g, not %s", name, below,
						float8out_internal(value)),
				 errhint("An alpha of 0.05 stands for one error in twenty, as does a confidence of "
						 "0.95.")));
	return value;
}

static SdqStatus
run_distance(Job *job, void *argument)
{
	Distance *distance = argument;

	return ks_distance(&distance->tally, job->stop, &distance->d);
}

static SdqStatus
run_moments(Job *job, void *argument)
{
	MomentsWork *work = argument;

	return auc_moments(&work->tally, job->stop, &work->moments);
}

/* D of the two ecdfs in arguments 0 and 1; false if one of them is empty. */
static bool
find_distance(FunctionCallInfo fcinfo, Distance *distance)
{
	if (!open_two(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), &distance->tally))
		return false;
	distance->n_x = (int64) distance->tally.x.n;
	distance->n_y = (int64) distance->tally.y.n;
	run_test(run_distance, distance, distance->tally.x.n, distance->tally.y.n);
	return true;
}

/* D of the ks_result in argument 0; false if a field is NULL. A ks_result can be written by hand. */
static bool
read_distance(FunctionCallInfo fcinfo, Distance *distance)
{
	HeapTupleHeader result = PG_GETARG_HEAPTUPLEHEADER(0);
	bool no_d;
	bool no_n_x;
	bool no_n_y;
	Datum d = GetAttributeByName(result, "statistic", &no_d);
	Datum n_x = GetAttributeByName(result, "n_x", &no_n_x);
	Datum n_y = GetAttributeByName(result, "n_y", &no_n_y);

	if (no_d || no_n_x || no_n_y)
		return false;
	distance->d = DatumGetFloat8(d);
	distance->n_x = DatumGetInt64(n_x);
	distance->n_y = DatumGetInt64(n_y);
	if (!(distance->d >= 0 && distance->d <= 1) || distance->n_x < 1 || distance->n_y < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("ks_result has statistic %s, n_x " INT64_FORMAT
							   " and n_y " INT64_FORMAT ", which no test can have",
							   float8out_internal(distance->d), distance->n_x, distance->n_y),
						errhint("Pass the result of ks_test().")));
	return true;
}

/* The moments of the two ecdfs in arguments 0 and 1; false if one of them is empty. */
static bool
find_moments(FunctionCallInfo fcinfo, MomentsWork *work)
{
	if (!open_two(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), &work->tally))
		return false;
	run_test(run_moments, work, work->tally.x.n, work->tally.y.n);
	return true;
}

static Datum
ks_interval_datum(FunctionCallInfo fcinfo, const Distance *distance, float8 alpha)
{
	KsInterval interval = ks_interval(distance->d, distance->n_x, distance->n_y, alpha);
	ResultRow row = {.n_fields = 0};

	result_row_float8(&row, distance->d);
	result_row_float8(&row, interval.low);
	result_row_float8(&row, interval.high);
	result_row_float8(&row, alpha);
	result_row_int8(&row, distance->n_x);
	result_row_int8(&row, distance->n_y);
	return result_row_composite(fcinfo, &row);
}

static Datum
ks_same_datum(FunctionCallInfo fcinfo, const Distance *distance, float8 margin, float8 alpha)
{
	float8 high = ks_upper_bound(distance->d, distance->n_x, distance->n_y, alpha);
	ResultRow row = {.n_fields = 0};

	result_row_datum(&row, BoolGetDatum(high <= margin));
	result_row_float8(&row, distance->d);
	result_row_float8(&row, high);
	result_row_float8(&row, margin);
	result_row_float8(&row, alpha);
	result_row_int8(&row, distance->n_x);
	result_row_int8(&row, distance->n_y);
	return result_row_composite(fcinfo, &row);
}

/* ks_interval(x ecdf, y ecdf, alpha). */
Datum
synthdq_ks_interval(PG_FUNCTION_ARGS)
{
	float8 alpha = argument_share(fcinfo, 2, "alpha", 1);
	Distance distance;

	if (!find_distance(fcinfo, &distance))
		PG_RETURN_NULL();
	return ks_interval_datum(fcinfo, &distance, alpha);
}

/* ks_interval(result ks_result, alpha). */
Datum
synthdq_ks_interval_of_result(PG_FUNCTION_ARGS)
{
	float8 alpha = argument_share(fcinfo, 1, "alpha", 1);
	Distance distance;

	if (!read_distance(fcinfo, &distance))
		PG_RETURN_NULL();
	return ks_interval_datum(fcinfo, &distance, alpha);
}

/* ks_same_within(x ecdf, y ecdf, margin, alpha). */
Datum
synthdq_ks_same_within(PG_FUNCTION_ARGS)
{
	float8 margin = argument_double(fcinfo, 2, "margin", 0, 1);
	float8 alpha = argument_share(fcinfo, 3, "alpha", 1);
	Distance distance;

	if (!find_distance(fcinfo, &distance))
		PG_RETURN_NULL();
	return ks_same_datum(fcinfo, &distance, margin, alpha);
}

/* ks_same_within(result ks_result, margin, alpha). */
Datum
synthdq_ks_same_within_of_result(PG_FUNCTION_ARGS)
{
	float8 margin = argument_double(fcinfo, 1, "margin", 0, 1);
	float8 alpha = argument_share(fcinfo, 2, "alpha", 1);
	Distance distance;

	if (!read_distance(fcinfo, &distance))
		PG_RETURN_NULL();
	return ks_same_datum(fcinfo, &distance, margin, alpha);
}

/* The name of a band of Cliff's delta. */
static Datum
magnitude_datum(AucMagnitude magnitude)
{
	static const char *const names[] = {
		[AUC_NEGLIGIBLE] = "negligible",
		[AUC_SMALL] = "small",
		[AUC_MEDIUM] = "medium",
		[AUC_LARGE] = "large",
	};

	return CStringGetTextDatum(names[magnitude]);
}

/* auc_interval(x ecdf, y ecdf, confidence). */
Datum
synthdq_auc_interval(PG_FUNCTION_ARGS)
{
	float8 confidence = argument_share(fcinfo, 2, "confidence", 1);
	MomentsWork work;
	const AucMoments *m = &work.moments;
	AucInterval interval;
	ResultRow row = {.n_fields = 0};

	if (!find_moments(fcinfo, &work))
		PG_RETURN_NULL();
	interval = auc_interval(m, 0.5 * (1 - confidence));
	result_row_float8(&row, m->auc);
	result_row_float8(&row, interval.low);
	result_row_float8(&row, interval.high);
	result_row_float8(&row, interval.std_error);
	result_row_float8(&row, m->cliffs_delta);
	result_row_float8(&row, 2 * interval.low - 1);
	result_row_float8(&row, 2 * interval.high - 1);
	result_row_datum(&row, magnitude_datum(auc_magnitude(m->cliffs_delta)));
	result_row_float8(&row, confidence);
	result_row_int8(&row, m->n_x);
	result_row_int8(&row, m->n_y);
	return result_row_composite(fcinfo, &row);
}

/* auc_same_within(x ecdf, y ecdf, margin, alpha): two one-sided tests, each at level alpha. */
Datum
synthdq_auc_same_within(PG_FUNCTION_ARGS)
{
	float8 margin = argument_double(fcinfo, 2, "margin", 0, 0.5);
	float8 alpha = argument_share(fcinfo, 3, "alpha", 0.5);
	MomentsWork work;
	AucInterval interval;
	ResultRow row = {.n_fields = 0};

	if (!find_moments(fcinfo, &work))
		PG_RETURN_NULL();
	interval = auc_margin_interval(&work.moments, alpha);
	result_row_datum(&row,
					 BoolGetDatum(interval.low >= 0.5 - margin && interval.high <= 0.5 + margin));
	result_row_float8(&row, work.moments.auc);
	result_row_float8(&row, interval.low);
	result_row_float8(&row, interval.high);
	result_row_float8(&row, margin);
	result_row_float8(&row, alpha);
	result_row_int8(&row, work.moments.n_x);
	result_row_int8(&row, work.moments.n_y);
	return result_row_composite(fcinfo, &row);
}

/* brunner_munzel_test(x ecdf, y ecdf). */
Datum
synthdq_brunner_munzel_test(PG_FUNCTION_ARGS)
{
	MomentsWork work;
	BrunnerMunzelResult r;
	ResultRow row = {.n_fields = 0};

	if (!find_moments(fcinfo, &work))
		PG_RETURN_NULL();
	r = brunner_munzel(&work.moments);
	result_row_float8(&row, r.statistic);
	result_row_float8(&row, r.two_sided.p);
	result_row_float8(&row, r.two_sided.log10_p);
	result_row_float8(&row, r.greater.p);
	result_row_float8(&row, r.less.p);
	result_row_float8(&row, r.df);
	result_row_float8(&row, r.auc);
	result_row_int8(&row, r.n_x);
	result_row_int8(&row, r.n_y);
	if (isnan(r.two_sided.p))
		result_row_null(&row);
	else
		result_row_datum(&row, method_datum(r.method));
	return result_row_composite(fcinfo, &row);
}
