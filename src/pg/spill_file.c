/*
 * spill_file.c
 *		Runs of samples in temporary files of the server.
 *
 * Who closes the files. They belong to an object whose memory context may outlive a query (a variable of
 * PL/pgSQL) or end with one of its groups, also in windows, which have no callback for the end of an
 * aggregate. So they are closed by a callback of that context, on every way out: success, error, cancel,
 * timeout. They are made with OpenTemporaryFile(interXact = true): the resource owner of the query does
 * not know them, else it would close them first and the callback a second time. A backend that exits
 * closes and removes them (fd.c, BeforeShmemExit_Files), and those of a crashed server go at its next
 * start. A BufFile would write its buffer when it is closed, which may throw; here nothing is written
 * at the end. temp_file_limit and log_temp_files hold for them as for any temporary file, but they
 * lie in the database's tablespace, not in temp_tablespaces.
 *
 * Errors. Core is between us and whoever can raise, and must not be left by a jump. So an error, of
 * the disk or of temp_file_limit, is caught here, kept, and thrown again when the status has come back
 * (check_status()). Nothing else happens in between, and no lock or buffer is held where fd.c throws.
 */
#include "pg/spill_file.h"

#include "storage/fd.h"
#include "utils/memutils.h"

#include "pg/compat.h"
#include "pg/sample_memory.h"

struct SpillFile
{
	File file;
	off_t size;
	SpillFile *next;
	SpillFile **link; /* what points here */
};

/* The files of one context. */
typedef struct SpillFiles
{
	SampleSpill spill;
	MemoryContext context;
	MemoryContextCallback callback;
	SpillFile *first;
} SpillFiles;

/* What was caught last. */
static MemoryContext kept_context = NULL;
static ErrorData *kept_error = NULL;

/* In a PG_CATCH: keep the error, and go on. */
static void
keep_error(MemoryContext caller)
{
	if (kept_context == NULL)
		kept_context = AllocSetContextCreate(TopMemoryContext, "synthdq temporary file error",
											 ALLOCSET_SMALL_SIZES);
	kept_error = NULL;
	MemoryContextReset(kept_context);
	MemoryContextSwitchTo(kept_context);
	kept_error = CopyErrorData();
	FlushErrorState();
	MemoryContextSwitchTo(caller);
}

void
spill_file_rethrow(void)
{
	ErrorData *error = kept_error;

	kept_error = NULL;
	if (error == NULL)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("temporary file does not hold what was written to it")));
	ReThrowError(error);
}

/* The context goes away, and the files with it. */
static void
close_all(void *argument)
{
	SpillFiles *files = argument;

	for (SpillFile *file = files->first; file != NULL; file = file->next)
		FileClose(file->file);
	files->first = NULL;
}

static SdqStatus
create_file(void *context, SpillFile **created)
{
	SpillFiles *files = context;
	MemoryContext caller = CurrentMemoryContext;
	SpillFile *file = MemoryContextAllocExtended(files->context, sizeof(*file), MCXT_ALLOC_NO_OOM);
	volatile bool failed = false;

	kept_error = NULL;
	if (file == NULL)
		return sdq_error(SDQ_NO_MEMORY, sizeof(*file), 0);
	PG_TRY();
	{
		file->file = OpenTemporaryFile(true);
	}
	PG_CATCH();
	{
		keep_error(caller);
		failed = true;
	}
	PG_END_TRY();
	if (failed)
	{
		pfree(file);
		return sdq_error(SDQ_IO, 0, 0);
	}
	file->size = 0;
	file->next = files->first;
	file->link = &files->first;
	if (file->next != NULL)
		file->next->link = &file->next;
	files->first = file;
	*created = file;
	return sdq_ok();
}

static SdqStatus
write_file(void *context, SpillFile *file, const void *bytes, size_t n)
{
	MemoryContext caller = CurrentMemoryContext;
	volatile bool failed = false;

	kept_error = NULL;
	PG_TRY();
	{
		ssize_t written =
			FileWrite(file->file, (char *) bytes, n, file->size, WAIT_EVENT_BUFFILE_WRITE);

		if (written != (ssize_t) n)
			ereport(ERROR, (errcode_for_file_access(), errmsg("could not write to file \"%s\": %m",
															  FilePathName(file->file))));
		file->size += n;
	}
	PG_CATCH();
	{
		keep_error(caller);
		failed = true;
	}
	PG_END_TRY();
	return failed ? sdq_error(SDQ_IO, 0, 0) : sdq_ok();
}

static SdqStatus
read_file(void *context, SpillFile *file, uint64_t offset, void *bytes, size_t n)
{
	MemoryContext caller = CurrentMemoryContext;
	volatile bool failed = false;

	kept_error = NULL;
	PG_TRY();
	{
		ssize_t got = FileRead(file->file, bytes, n, (off_t) offset, WAIT_EVENT_BUFFILE_READ);

		if (got < 0)
			ereport(ERROR, (errcode_for_file_access(),
							errmsg("could not read file \"%s\": %m", FilePathName(file->file))));
		if (got != (ssize_t) n)
			ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
							errmsg("could not read file \"%s\": read only %zd of %zu bytes",
								   FilePathName(file->file), got, n)));
	}
	PG_CATCH();
	{
		keep_error(caller);
		failed = true;
	}
	PG_END_TRY();
	return failed ? sdq_error(SDQ_IO, 0, 0) : sdq_ok();
}

static void
close_file(void *context, SpillFile *file)
{
	FileClose(file->file);
	*file->link = file->next;
	if (file->next != NULL)
		file->next->link = file->link;
	pfree(file);
}

const SampleSpill *
spill_files(MemoryContext context)
{
	SpillFiles *files = MemoryContextAllocZero(context, sizeof(SpillFiles));

	files->spill = (SampleSpill){.create = create_file,
								 .write = write_file,
								 .read = read_file,
								 .close = close_file,
								 .context = files,
								 .scratch = sample_arena_source(context)};
	files->context = context;
	files->callback.func = close_all;
	files->callback.arg = files;
	MemoryContextRegisterResetCallback(context, &files->callback);
	return &files->spill;
}
