/*
 * errors.c
 *		The statuses that mean the same in every room.
 */
#include "pg/errors.h"

#include "miscadmin.h"

#include "pg/spill_file.h"

#include <math.h>

#define BYTES_PER_KB 1024.0
#define BYTES_PER_MB (1024.0 * 1024.0)

/* A size for a message: whole megabytes, or kilobytes where those would say too little. */
static char *
size_text(double bytes)
{
	if (bytes < 10 * BYTES_PER_MB)
		return psprintf("%.0f kB", ceil(bytes / BYTES_PER_KB));
	return psprintf("%.0f MB", ceil(bytes / BYTES_PER_MB));
}

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
					 errmsg("%s of memory are needed, but synthdq.max_memory allows %s",
							size_text(status.a), size_text(status.b)),
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
		case SDQ_IO: spill_file_rethrow(); break;
		case SDQ_BAD_DATA:
			elog(ERROR, "unhandled data fault %d at %lld", status.detail, (long long) status.row);
			break;
	}
}
