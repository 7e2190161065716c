/*
 * compat.h
 *		All differences between PostgreSQL 13 and 18 that concern us. The only file that looks at
 *		PG_VERSION_NUM. Each entry says what goes when the oldest version is dropped.
 */
#ifndef SYNTHDQ_PG_COMPAT_H
#define SYNTHDQ_PG_COMPAT_H

#include "postgres.h"

#include "executor/spi.h"
#include "tcop/dest.h"
#include "utils/guc.h"

/* 16 moved the varlena macros out of postgres.h. Drop 15: include it where it is used. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 14 moved the wait events out of pgstat.h. Drop 13: include the new place where it is used. */
#if PG_VERSION_NUM >= 140000
#include "utils/wait_event.h"
#else
#include "pgstat.h"
#endif

/* 16 lets input functions return errors softly, to callers that ask for it: compat_ereturn(fcinfo,
 * result, (errcode(...), errmsg(...))). Drop 15: ereturn. */
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#define compat_ereturn(fcinfo, result, rest) ereturn((fcinfo)->context, result, rest)
#else
#define compat_ereturn(fcinfo, result, rest) ereport(ERROR, rest)
#endif

/* 15 renamed EmitWarningsOnPlaceholders. Drop 14: call MarkGUCPrefixReserved. */
static inline void
compat_reserve_setting_prefix(const char *prefix)
{
#if PG_VERSION_NUM >= 150000
	MarkGUCPrefixReserved(prefix);
#else
	EmitWarningsOnPlaceholders(prefix);
#endif
}

/* Of a compressed value: is it pglz that it was compressed with, and how many bytes, without a header, was it
 * made of? 14 introduced another method. Drop 13: use the macros. */
#if PG_VERSION_NUM >= 140000
#include "access/toast_compression.h"
#endif

static inline bool
compat_is_pglz(const struct varlena *value)
{
#if PG_VERSION_NUM >= 140000
	return VARDATA_COMPRESSED_GET_COMPRESS_METHOD(value) == TOAST_PGLZ_COMPRESSION_ID;
#else
	return true;
#endif
}

static inline Size
compat_raw_size(const struct varlena *value)
{
#if PG_VERSION_NUM >= 140000
	return VARDATA_COMPRESSED_GET_EXTSIZE(value);
#else
	return VARRAWSIZE_4B_C(value);
#endif
}

/* Change the size of a block, which may be huge. 16 introduced that it is left alone and NULL returned where
 * memory is out; before, an error is raised. Drop 15: call repalloc_extended. */
static inline void *
compat_repalloc_huge(void *block, Size bytes)
{
#if PG_VERSION_NUM >= 160000
	return repalloc_extended(block, bytes, MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
#else
	return repalloc_huge(block, bytes);
#endif
}

/*
 * Execute a prepared plan read-only, every row going to the receiver; returns an SPI code. 14
 * introduced execution into a receiver, which needs no memory for the rows; before, they are
 * collected and handed over. Drop 13: keep the first branch.
 */
static inline int
compat_execute_plan(SPIPlanPtr plan, DestReceiver *receiver)
{
#if PG_VERSION_NUM >= 140000
	SPIExecuteOptions options = {0};

	options.read_only = true;
	options.must_return_tuples = true;
	options.dest = receiver;
	return SPI_execute_plan_extended(plan, &options);
#else
	int code = SPI_execute_plan(plan, NULL, NULL, true, 0);

	if (code > 0 && SPI_tuptable != NULL)
	{
		TupleDesc descriptor = SPI_tuptable->tupdesc;
		TupleTableSlot *slot = MakeSingleTupleTableSlot(descriptor, &TTSOpsHeapTuple);

		receiver->rStartup(receiver, CMD_SELECT, descriptor);
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			ExecStoreHeapTuple(SPI_tuptable->vals[i], slot, false);
			receiver->receiveSlot(slot, receiver);
		}
		receiver->rShutdown(receiver);
		ExecDropSingleTupleTableSlot(slot);
	}
	return code;
#endif
}

#endif
