/*
 * fuzz.h
 *		What the fuzz targets share.
 */
#ifndef SYNTHDQ_TEST_FUZZ_FUZZ_H
#define SYNTHDQ_TEST_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Memory that a target may use for one input. */
#define FUZZ_MEMORY ((size_t) 64 * 1024 * 1024)

/* The entry point that libFuzzer calls. */
extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that must hold for every input; the sanitizers see to the rest. */
static inline void
must(bool holds, const char *property)
{
	if (holds)
		return;
	fprintf(stderr, "violated: %s\n", property);
	__builtin_trap();
}

/* Will a byte_reader take these bytes for gzip? */
static inline bool
is_gzip(const uint8_t *data, size_t size)
{
	return size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
}

#endif
