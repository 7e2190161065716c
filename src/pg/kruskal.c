/*
 * kruskal.c
 *		kruskal_test() and dunn_test(): many stored distributions at once.
 */
#include "postgres.h"

#include "fmgr.h"

#include "core/tests/kruskal.h"
#include "pg/adjust.h"
#include "pg/computation.h"
#include "pg/errors.h"
#include "pg/result.h"
#include "pg/test_call.h"

PG_FUNCTION_INFO_V1(synthdq_kruskal_test);
PG_FUNCTION_INFO_V1(synthdq_dunn_test);

/* One test under way. */
typedef struct RanksWork
{
	SampleStream *streams; /* [k] */
	size_t k;
	KruskalResult result; /* of kruskal_test() */
	AdjustMethod adjust;  /* of dunn_test() */
	DunnPair *pairs;      /* [n_pairs] */
	size_t n_pairs;
} RanksWork;

/* Open an ecdf[]; false if there are not two samples to compare. */
static bool
open_samples(Datum samples, RanksWork *work)
{
	uint64 n = 0;

	work->k = open_many(samples, &work->streams);
	/* Below 2^31 samples of at most 2^31 observations. */
	for (size_t g = 0; g < work->k; g++)
		n += work->streams[g].n;
	if (n > KRUSKAL_MAX_COUNT)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("samples of " UINT64_FORMAT
							   " observations together exceed the limit of " INT64_FORMAT,
							   n, KRUSKAL_MAX_COUNT),
						errhint("Compare fewer samples at a time.")));
	return kruskal_count_samples(work->streams, work->k) >= 2;
}

static SdqStatus
run_kruskal(Job *job, void *argument)
{
	RanksWork *work = argument;
	TallyMany tally;
	SdqStatus status = tally_many_open(work->streams, work->k, job->arena, &tally);

	if (sdq_failed(status))
		return status;
	return kruskal_test(&tally, job->arena, job->stop, &work->result);
}

static SdqStatus
run_dunn(Job *job, void *argument)
{
	RanksWork *work = argument;
	TallyMany tally;
	SdqStatus status = tally_many_open(work->streams, work->k, job->arena, &tally);

	if (sdq_failed(status))
		return status;
	return dunn_test(&tally, work->adjust, job->arena, job->stop, &work->pairs, &work->n_pairs);
}

/* kruskal_test(samples ecdf[]). */
Datum
synthdq_kruskal_test(PG_FUNCTION_ARGS)
{
	RanksWork work;
	const KruskalResult *r = &work.result;
	ResultRow row = {.n_fields = 0};

	if (!open_samples(PG_GETARG_DATUM(0), &work))
		PG_RETURN_NULL();
	run_test(run_kruskal, &work, 0, 0);
	result_row_float8(&row, r->h);
	result_row_float8(&row, r->p.p);
	result_row_float8(&row, r->p.log10_p);
	result_row_int8(&row, r->df);
	result_row_float8(&row, r->effect);
	result_row_int8(&row, r->k);
	result_row_int8(&row, r->n);
	result_row_datum(&row, method_datum(TEST_ASYMPTOTIC));
	return result_row_composite(fcinfo, &row);
}

/* dunn_test(samples ecdf[], adjust text): a row for each pair of samples that are not empty. */
Datum
synthdq_dunn_test(PG_FUNCTION_ARGS)
{
	RanksWork work = {.adjust = argument_adjustment(fcinfo, 1, "adjust")};
	ResultSet result = result_set_begin(fcinfo);
	Computation *computation;

	if (!open_samples(PG_GETARG_DATUM(0), &work))
		return (Datum) 0;
	computation = computation_begin();
	check_status(computation_run_small(computation, run_dunn, &work));
	for (size_t i = 0; i < work.n_pairs; i++)
	{
		const DunnPair *pair = &work.pairs[i];
		ResultRow row = {.n_fields = 0};

		result_row_datum(&row, Int32GetDatum((int32) pair->a + 1));
		result_row_datum(&row, Int32GetDatum((int32) pair->b + 1));
		result_row_float8(&row, pair->mean_rank_difference);
		result_row_float8(&row, pair->z);
		result_row_float8(&row, pair->p.p);
		result_row_float8(&row, pair->p.log10_p);
		result_row_float8(&row, pair->p_adjusted.p);
		result_row_float8(&row, pair->p_adjusted.log10_p);
		result_row_put(&result, &row);
	}
	computation_end(computation);
	return (Datum) 0;
}
