/*
 * errors.h
 *		Core statuses to server errors.
 */
#ifndef SYNTHDQ_PG_ERRORS_H
#define SYNTHDQ_PG_ERRORS_H

#include "postgres.h"

#include "core/base/status.h"

/* Raise the error that a status of any room stands for; returns if it is SDQ_OK. Statuses whose
 * `detail` belongs to a room (SDQ_BAD_DATA, SDQ_BAD_ARGUMENT with a name to print) must have been
 * handled by that room's own code before. */
extern void check_status(SdqStatus status);

#endif
