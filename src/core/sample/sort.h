/*
 * sort.h
 *		Sorting keys: 64-bit unsigned integers, ascending.
 */
#ifndef SYNTHDQ_CORE_SAMPLE_SORT_H
#define SYNTHDQ_CORE_SAMPLE_SORT_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/job.h"
#include "core/base/status.h"
#include "core/base/stop.h"

/*
 * Sort keys[n], n < 2^32, in place; scratch[n] is overwritten. MSD radix sort: keys are spread over
 * buckets by their leading bits between the smallest and the largest, until the buckets are small.
 * About 10 ns a key where buckets of the first pass fit the second-level cache, less where keys repeat;
 * at most 16 passes. SDQ_INTERRUPTED leaves the keys in some order.
 */
extern SdqStatus sort_keys(uint64_t *keys, uint64_t *scratch, size_t n, Stop *stop);

/* The same on the threads of a job, which needs about 150 kB from its arena. Any failure leaves the keys in
 * some order. */
extern SdqStatus sort_keys_by_job(uint64_t *keys, uint64_t *scratch, size_t n, Job *job);

#endif
