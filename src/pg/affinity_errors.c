/*
 * affinity_errors.c
 *		The message about a perplexity that is too large.
 */
#include "pg/affinity_errors.h"

#include "pg/errors.h"

#include <math.h>

void
check_affinities(SdqStatus status, size_t n)
{
	if (status.code == SDQ_BAD_ARGUMENT)
		/* Rounded down, so that the value in the hint is legal as it is printed. */
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"perplexity\" is %g, which is too large for %zu rows",
							   status.a, n),
						errhint("The largest legal value is %.2f: a third of the number of other "
								"rows.",
								floor(status.b * 100) / 100)));
	check_status(status);
}
