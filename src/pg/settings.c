/*
 * settings.c
 *		synthdq.threads, synthdq.max_memory, synthdq.progress, synthdq.blas_library; for developers
 *		synthdq.cpu_level.
 */
#include "pg/settings.h"

#include "access/parallel.h"
#include "optimizer/cost.h"
#include "utils/guc.h"

#include "core/base/blas.h"
#include "core/base/cpu.h"
#include "core/base/pool.h"
#include "pg/compat.h"

#include <unistd.h>

#define DEFAULT_MAX_MEMORY_KB (1024 * 1024)

typedef enum ProgressSetting
{
	PROGRESS_OFF,
	PROGRESS_NOTICE,
} ProgressSetting;

static const struct config_enum_entry progress_options[] = {
	{"off", PROGRESS_OFF, false},
	{"notice", PROGRESS_NOTICE, false},
	{NULL, 0, false},
};

static const struct config_enum_entry cpu_level_options[] = {
	{"plain", CPU_PLAIN, false},
	{"avx2", CPU_AVX2, false},
	{"avx512", CPU_AVX512, false},
	{"avx512_vnni", CPU_AVX512_VNNI, false},
	{NULL, 0, false},
};

static int threads_setting = 0;
static int max_memory_setting = DEFAULT_MAX_MEMORY_KB;
static int progress_setting = PROGRESS_OFF;
static int cpu_level_setting = CPU_HIGHEST;
static char *blas_library_setting = NULL;

/* The core keeps the limit, so that its kernels need not know of settings. */
static void
assign_cpu_level(int value, void *extra)
{
	cpu_set_limit((CpuLevel) value);
}

/* The core keeps this one, too; the string lives as long as it is the setting's value. */
static void
assign_blas_library(const char *value, void *extra)
{
	blas_set_library(value);
}

void
settings_define(void)
{
	DefineCustomIntVariable("synthdq.threads", "Number of threads that one computation may use.",
							"0 means the number of processors, but at most "
							"max_parallel_workers_per_gather + 1. Results do not depend on it.",
							&threads_setting, 0, 0, POOL_MAX_THREADS, PGC_USERSET, 0, NULL, NULL,
							NULL);
	DefineCustomIntVariable(
		"synthdq.max_memory", "Memory that one computation or sample may use.",
		"Samples beyond it go to temporary files; what else would need more is refused "
		"with an error that names both sizes.",
		&max_memory_setting, DEFAULT_MAX_MEMORY_KB, 64, INT_MAX, PGC_USERSET, GUC_UNIT_KB, NULL,
		NULL, NULL);
	DefineCustomEnumVariable("synthdq.progress", "Whether long computations report their progress.",
							 NULL, &progress_setting, PROGRESS_OFF, progress_options, PGC_USERSET,
							 0, NULL, NULL, NULL);
	/* Superusers only: the server loads what it names. */
	DefineCustomStringVariable("synthdq.blas_library",
							   "File name of the OpenBLAS library that multiplies matrices.",
							   "A session opens it on first use, once.", &blas_library_setting,
							   BLAS_LIBRARY, PGC_SUSET, 0, NULL, assign_blas_library, NULL);
	DefineCustomEnumVariable("synthdq.cpu_level",
							 "Highest instruction set that the kernels may use, for testing.", NULL,
							 &cpu_level_setting, CPU_HIGHEST, cpu_level_options, PGC_USERSET,
							 GUC_NOT_IN_SAMPLE, NULL, assign_cpu_level, NULL);
	compat_reserve_setting_prefix("synthdq");
}

int
settings_threads(void)
{
	long processors;

	if (IsParallelWorker())
		return 1;
	if (threads_setting > 0)
		return threads_setting;
	processors = sysconf(_SC_NPROCESSORS_ONLN);
	if (processors < 1)
		return 1;
	return (int) Min(processors, Min(max_parallel_workers_per_gather + 1, POOL_MAX_THREADS));
}

const char *
settings_blas_library(void)
{
	return blas_library_setting;
}

size_t
settings_max_memory(void)
{
	return (size_t) max_memory_setting * 1024;
}

bool
settings_progress(void)
{
	return progress_setting == PROGRESS_NOTICE;
}
