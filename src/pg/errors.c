/*
 * errors.c
 *		The statuses that mean the same in every room.
 */
#include "pg/errors.h"

#include "miscadmin.h"

void
check_status(SdqStatus status)
{
	switch (status.code)
	{
		case SDQ_OK: return;
		case SDQ_INTERRUPTED:
			CHECK_FOR_INTERRUPTS();
			/* The request was withdrawn between our poll and here. */
			ereport(ERROR, (errcode(ERRCODE_QUERY_CANCELED),
							errmsg("canceling statement due to user request")));
			break;
		case SDQ_NO_MEMORY:
			ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory"),
							errdetail("Failed on request of size %.0f.", status.a)));
			break;
		case SDQ_OVER_LIMIT:
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("%.0f MB of memory are needed, but synthdq.max_memory allows %.0f MB",
							status.a / (1024 * 1024), status.b / (1024 * 1024)),
					 errhint("Increase synthdq.max_memory, or pass fewer rows or fewer columns.")));
			break;
		case SDQ_TOO_LARGE:
			ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
							errmsg("size %.0f exceeds the limit of %.0f", status.a, status.b)));
			break;
		case SDQ_NOT_CONVERGED:
			ereport(ERROR,
					(errcode(ERRCODE_DATA_EXCEPTION),
					 errmsg("computation did not converge after %.0f iterations", status.a)));
			break;
		case SDQ_BAD_ARGUMENT:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("argument value %g is out of range (bound %g)", status.a, status.b)));
			break;
		case SDQ_BAD_DATA:
			elog(ERROR, "unhandled data fault %d at %lld", status.detail, (long long) status.row);
			break;
	}
}
