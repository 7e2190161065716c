/*
 * status.h
 *		How every function of the core reports what happened.
 *
 * The core builds no strings and raises nothing: it returns a code and the numbers a message needs.
 * The first failure wins; outputs are undefined after any code but SDQ_OK. src/pg/errors.c turns a
 * status into an ereport.
 */
#ifndef SYNTHDQ_CORE_BASE_STATUS_H
#define SYNTHDQ_CORE_BASE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum SdqCode
{
	SDQ_OK = 0,
	SDQ_INTERRUPTED, /* the stop flag was raised; nothing else is wrong */
	SDQ_NO_MEMORY,   /* the allocator failed: a = bytes needed */
	SDQ_OVER_LIMIT,  /* a = bytes needed, b = bytes allowed (synthdq.max_memory) */
	SDQ_TOO_LARGE,   /* a size or count overflows what is representable: a = the size, b = limit */
	SDQ_NOT_CONVERGED, /* an iteration did not settle: a = iterations done */
	SDQ_BAD_ARGUMENT,  /* an argument is out of range: a = the value, b = the bound it violates */
	SDQ_BAD_DATA, /* the bytes or rows are malformed: row = index where known; detail = room's own code */
	SDQ_IO,       /* a temporary file could not be made, written or read; who keeps it knows why */
} SdqCode;

typedef struct SdqStatus
{
	SdqCode code;
	int detail;  /* an enum of the room that failed, 0 when the code says it all */
	int64_t row; /* index of the offending row or byte, -1 when there is none */
	double a;    /* numbers for the message, by code */
	double b;
} SdqStatus;

/* The status of success. */
static inline SdqStatus
sdq_ok(void)
{
	return (SdqStatus){.code = SDQ_OK, .detail = 0, .row = -1, .a = 0, .b = 0};
}

/* A failure that carries two numbers. */
static inline SdqStatus
sdq_error(SdqCode code, double a, double b)
{
	return (SdqStatus){.code = code, .detail = 0, .row = -1, .a = a, .b = b};
}

/* Malformed data: what is wrong (a room's own enum), where, and the number that is off. */
static inline SdqStatus
sdq_bad_data(int detail, int64_t row, double a, double b)
{
	return (SdqStatus){.code = SDQ_BAD_DATA, .detail = detail, .row = row, .a = a, .b = b};
}

static inline bool
sdq_failed(SdqStatus status)
{
	return status.code != SDQ_OK;
}

/* *product = a * b; false (and nothing stored) if it does not fit a size_t. */
static inline bool
checked_multiply(size_t a, size_t b, size_t *product)
{
	return !__builtin_mul_overflow(a, b, product);
}

/* *sum = a + b; false if it does not fit a size_t. */
static inline bool
checked_add(size_t a, size_t b, size_t *sum)
{
	return !__builtin_add_overflow(a, b, sum);
}

#endif
