/*
 * settings.h
 *		The extension's settings.
 */
#ifndef SYNTHDQ_PG_SETTINGS_H
#define SYNTHDQ_PG_SETTINGS_H

#include "postgres.h"

/* Define them; called once by _PG_init. */
extern void settings_define(void);

/* synthdq.threads resolved: how many threads a computation may use here, at least 1. Inside a
 * parallel worker always 1. */
extern int settings_threads(void);

/* synthdq.blas_library: the file name of the library to open. */
extern const char *settings_blas_library(void);

/* synthdq.max_memory in bytes. */
extern size_t settings_max_memory(void);

/* synthdq.progress = notice? */
extern bool settings_progress(void);

#endif
