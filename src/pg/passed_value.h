/*
 * passed_value.h
 *		The argument from which something in fn_extra was made, as it was passed, to know it again.
 *
 * The bytes of a pointer into a TOAST table name the stored value: it cannot change, and as long as a
 * transaction can see it, no other one gets its number. So whatever has the same bytes is the same value,
 * but for an expanded one, which changes in its place: its flat form may be kept, not the pointer to it.
 */
#ifndef SYNTHDQ_PG_PASSED_VALUE_H
#define SYNTHDQ_PG_PASSED_VALUE_H

#include "postgres.h"

typedef struct PassedValue
{
	Size size;
	char *bytes; /* NULL: no value */
} PassedValue;

/* Would a look at the value fetch or unpack it? */
extern bool is_stored_apart(const struct varlena *passed);

/* Is this the value that was kept? */
extern bool passed_value_is(const PassedValue *kept, const struct varlena *passed);

/* Keep a copy in a context, which the caller frees with it. Errors leave what was there. */
extern void passed_value_keep(PassedValue *kept, const struct varlena *passed,
							  MemoryContext context);

#endif
