/*
 * agreement.c
 *		Agreement of clusters with labels in SQL: final functions of the aggregates over (label, cluster).
 */
#include "postgres.h"

#include "fmgr.h"

#include "core/tests/agreement.h"
#include "pg/label_counts_table.h"
#include "pg/result.h"
#include "pg/test_call.h"

PG_FUNCTION_INFO_V1(synthdq_cluster_agreement_final);
PG_FUNCTION_INFO_V1(synthdq_adjusted_rand_index_final);
PG_FUNCTION_INFO_V1(synthdq_normalized_mutual_info_final);
PG_FUNCTION_INFO_V1(synthdq_cluster_purity_final);

/* One call under way. */
typedef struct AgreementWork
{
	CountTable table;
	Agreement result;
} AgreementWork;

static SdqStatus
run_agreement(Job *job, void *argument)
{
	AgreementWork *work = argument;

	return measure_agreement(&work->table, job->arena, job->stop, &work->result);
}

/* The measures of a state with labels in its first place and clusters in the second; n = 0 for none. */
static Agreement
state_agreement(Datum state)
{
	AgreementWork work = {.table = label_counts_table(state)};

	run_test(run_agreement, &work, 0, 0);
	return work.result;
}

/* cluster_agreement_final(label_counts); strict */
Datum
synthdq_cluster_agreement_final(PG_FUNCTION_ARGS)
{
	Agreement r = state_agreement(PG_GETARG_DATUM(0));
	ResultRow row = {.n_fields = 0};

	if (r.n == 0)
		PG_RETURN_NULL();
	result_row_float8(&row, r.adjusted_rand_index);
	result_row_float8(&row, r.normalized_mutual_info);
	result_row_float8(&row, r.homogeneity);
	result_row_float8(&row, r.completeness);
	result_row_float8(&row, r.purity);
	result_row_int8(&row, r.n_labels);
	result_row_int8(&row, r.n_clusters);
	result_row_int8(&row, r.n);
	return result_row_composite(fcinfo, &row);
}

/* adjusted_rand_index_final(label_counts); strict */
Datum
synthdq_adjusted_rand_index_final(PG_FUNCTION_ARGS)
{
	Agreement r = state_agreement(PG_GETARG_DATUM(0));

	if (r.n == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(r.adjusted_rand_index);
}

/* normalized_mutual_info_final(label_counts); strict */
Datum
synthdq_normalized_mutual_info_final(PG_FUNCTION_ARGS)
{
	Agreement r = state_agreement(PG_GETARG_DATUM(0));

	if (r.n == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(r.normalized_mutual_info);
}

/* cluster_purity_final(label_counts); strict */
Datum
synthdq_cluster_purity_final(PG_FUNCTION_ARGS)
{
	Agreement r = state_agreement(PG_GETARG_DATUM(0));

	if (r.n == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(r.purity);
}
