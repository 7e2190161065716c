/*
 * passed_value.c
 *		Arguments that are known again by their bytes.
 */
#include "pg/passed_value.h"

#include "utils/memutils.h"

#include "pg/compat.h"

bool
is_stored_apart(const struct varlena *passed)
{
	return VARATT_IS_EXTERNAL_ONDISK(passed) || VARATT_IS_COMPRESSED(passed);
}

bool
passed_value_is(const PassedValue *kept, const struct varlena *passed)
{
	return kept->bytes != NULL && kept->size == VARSIZE_ANY(passed) &&
		   memcmp(kept->bytes, passed, kept->size) == 0;
}

void
passed_value_keep(PassedValue *kept, const struct varlena *passed, MemoryContext context)
{
	Size size = VARSIZE_ANY(passed);

	Assert(!VARATT_IS_EXTERNAL_EXPANDED(passed));
	kept->bytes = memcpy(MemoryContextAllocHuge(context, size), passed, size);
	kept->size = size;
}
