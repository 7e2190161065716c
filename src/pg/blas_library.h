/*
 * blas_library.h
 *		OpenBLAS, or an error that says how to get it.
 */
#ifndef SYNTHDQ_PG_BLAS_LIBRARY_H
#define SYNTHDQ_PG_BLAS_LIBRARY_H

/* Load the library that multiplies matrices. Errors: it cannot be opened (58P01), or it computes wrong
 * products here (58000). Not for parallel workers. */
extern void require_blas(void);

#endif
