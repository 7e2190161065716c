/*
 * sort_part.h
 *		What sort.c and sort_job.c share.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_SORT_PART_H
#define SYNTHDQ_CORE_SAMPLE_SORT_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) && defined(__x86_64__)
#include <emmintrin.h>
#endif

#include "core/base/stop.h"

/* Parts of at most so many keys are spread key by key: 1 MB, and as much scratch. */
#define SORT_IN_CACHE_MAX ((size_t) 1 << 17)

/* Keys handled between two looks at the stop flag: about a millisecond. */
#define SORT_KEYS_PER_POLL ((size_t) 1 << 17)

/* Store keys[n] to where nobody looks soon: past the caches where the processor can, which does not read
 * the lines first. */
static inline void
sort_store(uint64_t *to, const uint64_t *keys, size_t n)
{
#if defined(__SSE2__) && defined(__x86_64__)
	for (size_t i = 0; i < n; i++)
		_mm_stream_si64((long long *) (to + i), (long long) keys[i]);
#else
	memcpy(to, keys, n * sizeof(*keys));
#endif
}

/* What was stored so far is there for other threads. */
static inline void
sort_store_end(void)
{
#if defined(__SSE2__) && defined(__x86_64__)
	_mm_sfence();
#endif
}

/* Sort from[n], which is scratch afterwards, to to[n]. All keys lie in low..high, which should fit them
 * tightly; low = high: the range is not known. False if a stop was requested: then to[] has the keys in
 * some order. */
extern bool sort_part_to(uint64_t *from, uint64_t *to, size_t n, uint64_t low, uint64_t high,
						 Stop *stop);

#endif
