/*
 * key_scan_template.h
 *		The scans, included by key_scan.c once per type of key and instruction set. It defines
 *		SCAN_TARGET, SCAN_NAME, SCAN_KEYS (the type that says where keys come from), SCAN_ANY and
 *		SCAN_APPEND (what is done with a group of keys). The template undefines them again.
 */

/* Scan all keys; the steps of `keys` are constants at every call. */
SCAN_TARGET static inline __attribute__((always_inline)) size_t
SCAN_NAME(scan)(const SCAN_KEYS *keys, size_t count, uint32_t first_row, KeyList *list)
{
	for (size_t j = 0; j < count; j += GROUP)
	{
		size_t width = minimum(count - j, GROUP);

		/* A call with a constant width, and one for what is left. */
		if (!(width == GROUP ? SCAN_ANY(keys, j, GROUP) : SCAN_ANY(keys, j, width)))
			continue;
		if (list->capacity - list->length < KEY_SCAN_ROOM)
			return j;
		SCAN_APPEND(keys, j, width, first_row, list);
	}
	return count;
}

/* With an offset for each key, and one threshold. */
SCAN_TARGET static size_t
SCAN_NAME(scan_offsets)(SCAN_KEYS keys, size_t count, uint32_t first_row, KeyList *list)
{
	keys.offset_step = 1;
	keys.threshold_step = 0;
	return SCAN_NAME(scan)(&keys, count, first_row, list);
}

/* With one offset, and a threshold for each key. */
SCAN_TARGET static size_t
SCAN_NAME(scan_thresholds)(SCAN_KEYS keys, size_t count, uint32_t first_row, KeyList *list)
{
	keys.offset_step = 0;
	keys.threshold_step = 1;
	return SCAN_NAME(scan)(&keys, count, first_row, list);
}

#undef SCAN_TARGET
#undef SCAN_NAME
#undef SCAN_KEYS
#undef SCAN_ANY
#undef SCAN_APPEND
