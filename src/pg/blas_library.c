/*
 * blas_library.c
 *		Who asks for a function that multiplies floats learns before its work begins that the library
 *		is missing. The core would get by with plain kernels, at a hundredth of the speed. Functions that
 *		need none for some rows, such as rows of bytes, ask once the rows are read.
 */
#include "pg/blas_library.h"

#include "postgres.h"

#include "core/base/blas.h"
#include "pg/settings.h"

void
require_blas(void)
{
	switch (blas_load())
	{
		case BLAS_READY: return;
		case BLAS_MISSING:
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_FILE),
					 errmsg("could not load the OpenBLAS library \"%s\"", settings_blas_library()),
					 errhint("Install it on the server's machine (on Debian the package is "
							 "libopenblas0-pthread), or name another one in "
							 "synthdq.blas_library.")));
			break;
		case BLAS_WRONG:
			ereport(ERROR, (errcode(ERRCODE_SYSTEM_ERROR),
							errmsg("the OpenBLAS library \"%s\" computes wrong products on this "
								   "processor",
								   settings_blas_library()),
							errhint("Install another version of it, or name another one in "
									"synthdq.blas_library.")));
			break;
	}
}
