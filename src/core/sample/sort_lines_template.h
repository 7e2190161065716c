/*
 * sort_lines_template.h
 *		Spreading keys over buckets through lines. Included with MAP (a type that says where keys belong),
 *		BUCKET(map, key) (the bucket of a key) and MOST_BUCKETS defined.
 *
 * A part that is larger than the caches is not spread key by key: each line that is fetched to be
 * written would be gone before its next key comes. So keys are gathered first, some lines at a time, since
 * each place written to costs a look into the page tables too; they are then stored past the caches.
 */

/* Keys gathered for a bucket before they are stored: four lines (measured). */
#define KEYS_PER_LINE 32

/* Spread keys[n] to other[], each to where its bucket's end is; the ends move on. False if a stop was
 * requested: then not all keys are there. */
static bool
spread_by_lines(const uint64_t *keys, size_t n, const MAP *map, size_t n_buckets, uint32_t *ends,
				uint64_t *other, Stop *stop)
{
	uint64_t lines[MOST_BUCKETS][KEYS_PER_LINE];
	uint8_t filled[MOST_BUCKETS];

	memset(filled, 0, n_buckets);
	for (size_t i = 0; i < n;)
	{
		size_t piece_end = n - i > SORT_KEYS_PER_POLL ? i + SORT_KEYS_PER_POLL : n;

		for (; i < piece_end; i++)
		{
			uint64_t key = keys[i];
			size_t b = BUCKET(map, key);

			lines[b][filled[b]++] = key;
			if (filled[b] == KEYS_PER_LINE)
			{
				sort_store(other + ends[b], lines[b], KEYS_PER_LINE);
				ends[b] += KEYS_PER_LINE;
				filled[b] = 0;
			}
		}
		if (stop_poll(stop))
			return false;
	}
	for (size_t b = 0; b < n_buckets; b++)
	{
		memcpy(other + ends[b], lines[b], filled[b] * sizeof(uint64_t));
		ends[b] += filled[b];
	}
	sort_store_end();
	return true;
}

#undef KEYS_PER_LINE
