/*
 * image.c
 *		Image files to rows: idx_images, idx_labels, npy_rows; and min_max_scale.
 *
 * A file is a bytea. It is decompressed and decoded row by row, each row going to the result's
 * tuplestore, which spills to disk at work_mem; the memory needed is that of the file as passed and of
 * one row. There are no threads, and the core's reader may be abandoned at any point, so interrupts
 * and errors are raised where they are found: all memory belongs to a context below the caller's.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "core/image/byte_reader.h"
#include "core/image/fault.h"
#include "core/image/idx.h"
#include "core/image/npy.h"
#include "pg/array_reader.h"
#include "pg/compat.h"
#include "pg/computation.h"
#include "pg/errors.h"
#include "pg/result.h"
#include "pg/settings.h"

#include <math.h>

PG_FUNCTION_INFO_V1(synthdq_idx_images);
PG_FUNCTION_INFO_V1(synthdq_idx_labels);
PG_FUNCTION_INFO_V1(synthdq_npy_rows);
PG_FUNCTION_INFO_V1(synthdq_min_max_scale);

StaticAssertDecl(IMAGE_MAX_ROW_VALUES <= MaxArraySize, "a row must fit into an array");

/* All file functions return an id and what the row holds. */
#define FILE_RESULT_COLUMNS 2

/* First bytes by which other formats are recognised, as big-endian numbers. */
#define MAGIC_NPY          0x934e554d
#define MAGIC_PNG          0x89504e47
#define MAGIC_ZIP          0x504b0304
#define MAGIC_IDX_ANY      0x00000800
#define MAGIC_IDX_ANY_MASK 0xffffff00

/* A file that is being read. */
typedef struct ImageFile
{
	const char *format; /* for messages: IDX, NPY */
	Computation *computation;
	Arena *arena;
	Stop stop;
	ByteReader *reader;
	MemoryContext row_context; /* reset after each row */
	IdxHeader idx;
	NpyHeader npy;
} ImageFile;

/* The stop flag's question: raises what is pending, and so never says yes. */
static bool
check_interrupts(void *context)
{
	CHECK_FOR_INTERRUPTS();
	return false;
}

/* The dimensions that the file's header states, as "5 x 28 x 28". */
static char *
shape_text(const ImageFile *file)
{
	StringInfoData text;

	initStringInfo(&text);
	for (uint32 i = 0; i < file->idx.n_dimensions; i++)
		appendStringInfo(&text, "%s%u", i > 0 ? " x " : "", file->idx.dimensions[i]);
	for (size_t i = 0; i < file->npy.n_dimensions; i++)
		appendStringInfo(&text, "%s%zu", i > 0 ? " x " : "", file->npy.shape[i]);
	return text.data;
}

/* What to do with a file whose first bytes are these. */
static int
hint_by_magic(uint32 magic)
{
	if (magic == MAGIC_NPY)
		return errhint("This is an NPY file: read it with npy_rows().");
	if ((magic & MAGIC_IDX_ANY_MASK) == MAGIC_IDX_ANY)
		return errhint("This looks like an IDX file: read it with idx_images() or idx_labels().");
	if (magic == MAGIC_PNG)
		return errhint("This is a PNG file. Save the pixels with numpy.save() instead.");
	if (magic == MAGIC_ZIP)
		return errhint("This is a ZIP archive, perhaps an .npz file: unpack it first.");
	return errhint("Pass the file's own bytes, as pg_read_binary_file() returns them.");
}

/* The gzip layer's faults; returns for any other. */
static void
check_gzip_fault(SdqStatus status)
{
	switch ((ImageFault) status.detail)
	{
		case IMAGE_GZIP_TRUNCATED:
			ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
							errmsg("gzip data end early, at byte %lld of the file",
								   (long long) status.row),
							errhint("Copy or download the file again.")));
			break;
		case IMAGE_GZIP_CORRUPT:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
					 errmsg("gzip data are corrupt"), errhint("Copy or download the file again.")));
			break;
		case IMAGE_GZIP_TRAILING:
			ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
							errmsg("gzip data end at byte %lld of the file, but more bytes follow",
								   (long long) status.row),
							errhint("Only further gzip members may follow.")));
			break;
		case IMAGE_GZIP_OVER_LIMIT:
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("compressed file unpacks to more than %.0f bytes", status.b),
					 isnan(status.a) ? 0 : errdetail("Its header describes %.0f bytes.", status.a),
					 errhint("The limit is synthdq.max_memory, and at most 1 GB: increase the "
							 "setting or split the file.")));
			break;
		default: break;
	}
}

/* The faults of shape and length; returns for any other. */
static void
check_size_fault(const ImageFile *file, SdqStatus status)
{
	switch ((ImageFault) status.detail)
	{
		case IMAGE_HEADER_SHORT:
			ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
							errmsg("%s header is cut off: %.0f bytes are needed, but there are "
								   "%.0f",
								   file->format, status.a, status.b),
							errhint("Copy or download the file again.")));
			break;
		case IMAGE_SIZE_OVERFLOW:
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("%s dimensions %s are too large", file->format, shape_text(file)),
					 errhint("The header is damaged, or the file must be split.")));
			break;
		case IMAGE_ROW_TOO_LONG:
			ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
							errmsg("%s row has %.0f values, but an array can hold %.0f",
								   file->format, status.a, status.b),
							errdetail("The dimensions are %s.", shape_text(file)),
							errhint("The header is damaged, or the rows must be split.")));
			break;
		case IMAGE_ROW_EMPTY:
			ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
							errmsg("%s file has rows without values", file->format),
							errdetail("The dimensions are %s.", shape_text(file)),
							errhint("Every dimension but the first must be at least 1.")));
			break;
		case IMAGE_DATA_SHORT:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
					 errmsg("%s file is cut off: its header describes %.0f bytes, but there are "
							"%.0f",
							file->format, status.a, status.b),
					 errdetail("The dimensions are %s.", shape_text(file)),
					 errhint("Copy or download the file again.")));
			break;
		case IMAGE_DATA_TRAILING:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
					 errmsg("%s file is longer than the %.0f bytes that its header describes",
							file->format, status.a),
					 errdetail("The dimensions are %s.", shape_text(file)),
					 errhint("A file that is a part of another needs a header of its own.")));
			break;
		default: break;
	}
}

/* What is no file of the format, or not of the kind that is read; returns for any other. */
static void
check_format_fault(const ImageFile *file, SdqStatus status)
{
	switch ((ImageFault) status.detail)
	{
		case IMAGE_WRONG_MAGIC:
			ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
							errmsg("file is not in %s format: its first bytes are 0x%08X",
								   file->format, (uint32) status.a),
							hint_by_magic((uint32) status.a)));
			break;
		case IMAGE_IDX_TYPE:
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("IDX element type 0x%02X is not supported", (uint32) status.a),
							errhint("Unsigned bytes (0x08) are read. Save other types with "
									"numpy.save() and read them with npy_rows().")));
			break;
		case IMAGE_IDX_DIMENSIONS:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
					 errmsg("IDX file has an unexpected number of dimensions: %.0f", status.a),
					 errhint("idx_labels() reads one dimension, idx_images() two or three; "
							 "for more save with numpy.save() and use npy_rows().")));
			break;
		case IMAGE_NPY_VERSION:
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("NPY format version %.0f is not supported", status.a),
							errhint("Versions 1, 2 and 3 are read.")));
			break;
		case IMAGE_NPY_HEADER_LONG:
			ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
							errmsg("NPY header of %.0f bytes exceeds the limit of %.0f bytes",
								   status.a, status.b),
							errhint("The file is damaged, or its element type is structured.")));
			break;
		case IMAGE_NPY_HEADER_SYNTAX:
			ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
							errmsg("NPY header is malformed at byte %lld", (long long) status.row),
							errhint("Write the file with numpy.save().")));
			break;
		case IMAGE_NPY_KEY_MISSING:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
					 errmsg("NPY header lacks one of the keys descr, fortran_order and shape"),
					 errhint("Write the file with numpy.save().")));
			break;
		default: break;
	}
}

/* What is a good NPY file, but holds what cannot be rows of real; returns for any other. */
static void
check_npy_fault(const ImageFile *file, SdqStatus status)
{
	switch ((ImageFault) status.detail)
	{
		case IMAGE_NPY_TYPE:
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("NPY element type \"%s\" is not supported", file->npy.descr),
							errhint("The types f2, f4, f8, i1, i2, i4 and u1 are read; in Python, "
									"save array.astype(\"<f4\").")));
			break;
		case IMAGE_NPY_FORTRAN_ORDER:
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("NPY file in Fortran order is not supported"),
							errhint("In Python, save numpy.ascontiguousarray(array).")));
			break;
		case IMAGE_NPY_SCALAR:
			ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
							errmsg("NPY file holds a single value of shape (), which has no rows"),
							errhint("In Python, save numpy.atleast_1d(array).")));
			break;
		case IMAGE_NPY_VALUE_RANGE:
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("value %g in row %lld is out of range for type real", status.a,
								   (long long) status.row),
							errhint("Scale the values before saving them.")));
			break;
		default: break;
	}
}

/* Raise what a status of the readers stands for; returns if it is SDQ_OK. */
static void
check_file_status(const ImageFile *file, SdqStatus status)
{
	if (status.code == SDQ_BAD_DATA)
	{
		check_gzip_fault(status);
		check_size_fault(file, status);
		check_format_fault(file, status);
		check_npy_fault(file, status);
	}
	check_status(status);
}

/* Start reading the bytea, of which no copy is made. */
static ImageFile *
image_file_open(const char *format, bytea *bytes)
{
	Computation *computation = computation_begin();
	ImageFile *file = MemoryContextAllocZero(computation->context, sizeof(ImageFile));
	/* Compressed or not: what can be passed can be no longer than a bytea. */
	size_t limit = Min(settings_max_memory(), (size_t) MaxAllocSize);

	file->format = format;
	file->computation = computation;
	file->arena = computation->job.arena;
	file->stop.poll = check_interrupts;
	file->row_context =
		AllocSetContextCreate(computation->context, "synthdq image row", ALLOCSET_DEFAULT_SIZES);
	check_file_status(file,
					  byte_reader_open(&file->reader, (const uint8 *) VARDATA_ANY(bytes),
									   VARSIZE_ANY_EXHDR(bytes), limit, file->arena, &file->stop));
	return file;
}

/* Nothing may follow the last row. */
static void
image_file_finish(ImageFile *file)
{
	check_file_status(file, byte_reader_finish(file->reader));
	computation_end(file->computation);
}

/* Memory for one row, for as long as the file is read. */
static void *
image_file_row_buffer(ImageFile *file, size_t n, size_t size)
{
	void *buffer = arena_alloc(file->arena, n, size);

	if (buffer == NULL)
		check_status(arena_failure(file->arena));
	return buffer;
}

/* Append a row of the result and forget what it was made of. */
static void
put_row(ImageFile *file, ResultSet *result, int64 id, Datum value)
{
	Datum values[FILE_RESULT_COLUMNS] = {Int64GetDatum(id), value};
	bool nulls[FILE_RESULT_COLUMNS] = {false, false};

	result_set_put(result, values, nulls);
	MemoryContextReset(file->row_context);
}

/* One image or vector, in the row's context. */
static Datum
make_pixels(ImageFile *file, const uint8 *pixels)
{
	MemoryContext caller = MemoryContextSwitchTo(file->row_context);
	const IdxHeader *header = &file->idx;
	ArrayType *array;

	if (header->n_dimensions == 2)
		array = make_int2_array(pixels, header->row_length);
	else
		array = make_int2_matrix(pixels, header->dimensions[1], header->dimensions[2]);
	MemoryContextSwitchTo(caller);
	return PointerGetDatum(array);
}

/* idx_images(file bytea) -> setof (id bigint, px smallint[]) */
Datum
synthdq_idx_images(PG_FUNCTION_ARGS)
{
	ResultSet result = result_set_begin(fcinfo);
	ImageFile *file = image_file_open("IDX", PG_GETARG_BYTEA_PP(0));
	const IdxHeader *header = &file->idx;
	uint8 *pixels;

	check_file_status(file, idx_read_header(file->reader, IDX_IMAGES, &file->idx));
	pixels = image_file_row_buffer(file, header->row_length, sizeof(uint8));
	for (size_t i = 0; i < header->n_rows; i++)
	{
		check_file_status(file, byte_reader_read_exactly(file->reader, pixels, header->row_length));
		put_row(file, &result, (int64) i, make_pixels(file, pixels));
	}
	image_file_finish(file);
	return (Datum) 0;
}

/* idx_labels(file bytea) -> setof (id bigint, label smallint) */
Datum
synthdq_idx_labels(PG_FUNCTION_ARGS)
{
	ResultSet result = result_set_begin(fcinfo);
	ImageFile *file = image_file_open("IDX", PG_GETARG_BYTEA_PP(0));

	check_file_status(file, idx_read_header(file->reader, IDX_LABELS, &file->idx));
	for (size_t i = 0; i < file->idx.n_rows; i++)
	{
		uint8 label;

		check_file_status(file, byte_reader_read_exactly(file->reader, &label, 1));
		put_row(file, &result, (int64) i, Int16GetDatum(label));
	}
	image_file_finish(file);
	return (Datum) 0;
}

/* One row of floats, in the row's context. */
static Datum
make_row(ImageFile *file, const float *values)
{
	MemoryContext caller = MemoryContextSwitchTo(file->row_context);
	ArrayType *array = make_float4_array(values, file->npy.row_length);

	MemoryContextSwitchTo(caller);
	return PointerGetDatum(array);
}

/* npy_rows(file bytea) -> setof (id bigint, row real[]) */
Datum
synthdq_npy_rows(PG_FUNCTION_ARGS)
{
	ResultSet result = result_set_begin(fcinfo);
	ImageFile *file = image_file_open("NPY", PG_GETARG_BYTEA_PP(0));
	const NpyHeader *header = &file->npy;
	float *values;

	check_file_status(file, npy_read_header(file->reader, file->arena, &file->npy));
	values = image_file_row_buffer(file, header->row_length, sizeof(float));
	for (size_t i = 0; i < header->n_rows; i++)
	{
		SdqStatus status = npy_read_row(file->reader, header, values);

		if (status.code == SDQ_BAD_DATA && status.detail == IMAGE_NPY_VALUE_RANGE)
			status.row = (int64) i;
		check_file_status(file, status);
		put_row(file, &result, (int64) i, make_row(file, values));
	}
	image_file_finish(file);
	return (Datum) 0;
}

/* The range must have an inside, and a width that is a number. */
static void
check_range(double lo, double hi)
{
	if (!isfinite(lo) || !isfinite(hi))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("range of min_max_scale must be finite, not %g to %g", lo, hi),
						errhint("State the range that the values can take, such as 0 to 255.")));
	if (!(lo < hi))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("lower bound %g must be less than upper bound %g", lo, hi),
						errhint("State the range that the values can take, such as 0 to 255.")));
	if (!isfinite(hi - lo))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("range from %g to %g is too wide", lo, hi),
						errhint("The width of the range must be a finite number.")));
}

/* min_max_scale(px smallint[] | integer[] | real[] | double precision[], lo, hi) -> real[] */
Datum
synthdq_min_max_scale(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(0);
	double lo = PG_GETARG_FLOAT8(1);
	double hi = PG_GETARG_FLOAT8(2);
	ArrayElements elements = array_elements(array);
	double *values;
	float *scaled;

	check_range(lo, hi);
	values = palloc_extended(elements.n_present * sizeof(double), MCXT_ALLOC_HUGE);
	scaled = palloc_extended(elements.n_present * sizeof(float), MCXT_ALLOC_HUGE);
	array_read_doubles(&elements, values);
	for (size_t i = 0; i < elements.n_present; i++)
	{
		scaled[i] = (float) ((values[i] - lo) / (hi - lo));
		if (isinf(scaled[i]) && !isinf(values[i]))
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("value %g, scaled from %g to %g, is out of range for type real",
								   values[i], lo, hi),
							errhint("State the range that the values can take.")));
	}
	PG_RETURN_ARRAYTYPE_P(make_float4_array_like(array, scaled));
}
