/*
 * module.c
 *		Loading of the library.
 */
#include "postgres.h"

#include "fmgr.h"

#include "pg/settings.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	settings_define();
}
