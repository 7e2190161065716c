/*
 * npy_test.c
 *		NPY files: what NumPy wrote is read bit for bit; hostile headers each get their own fault.
 */
#include "core/image/npy.h"

#include <stdint.h>

#include "check.h"
#include "image_file.h"
#include "npy_files.h"

#define MAX_VALUES 64

/* A file of version 1 with this header text and n zero bytes of data. */
static File
make_npy(const char *text, size_t n)
{
	static const unsigned char zeros[256];
	size_t length = strlen(text);
	unsigned char length_bytes[] = {length & 0xff, length >> 8 & 0xff};
	File file = {0};

	file_add(&file, "\x93NUMPY\x01\x00", 8);
	file_add(&file, length_bytes, 2);
	file_add(&file, text, length);
	file_add(&file, zeros, n);
	return file;
}

/* Read a whole file; at most MAX_VALUES values go to values. */
static SdqStatus
read_npy(const unsigned char *bytes, size_t n, NpyHeader *header, float *values)
{
	unsigned char *copy = exact_copy(bytes, n);
	Arena arena;
	ByteReader *reader;
	SdqStatus status;

	arena_init(&arena, arena_malloc_source(), 0);
	status = byte_reader_open(&reader, copy, n, NO_LIMIT, &arena, NULL);
	if (!sdq_failed(status))
		status = npy_read_header(reader, &arena, header);
	for (size_t i = 0; !sdq_failed(status) && i < header->n_rows; i++)
		status = npy_read_row(reader, header, values + i * header->row_length);
	if (!sdq_failed(status))
		status = byte_reader_finish(reader);
	arena_free(&arena);
	free(copy);
	return status;
}

/* How the reading of a file with this header and n bytes of data ends. */
static SdqStatus
end_of(const char *text, size_t n)
{
	File file = make_npy(text, n);
	float values[MAX_VALUES];
	NpyHeader header;
	SdqStatus status = read_npy(file.bytes, file.n, &header, values);

	free(file.bytes);
	return status;
}

/* Are these the same floats, NaN like NaN and -0 unlike 0? */
static bool
same_floats(const float *got, const float *want, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (isnan(want[i]) ? !isnan(got[i])
						   : got[i] != want[i] || signbit(got[i]) != signbit(want[i]))
			return false;
	return true;
}

static void
test_numpy_files(void)
{
	for (size_t i = 0; i < sizeof(npy_files) / sizeof(npy_files[0]); i++)
	{
		float values[MAX_VALUES];
		File packed = {0};
		NpyHeader header;
		SdqStatus status = read_npy(npy_files[i].file, npy_files[i].n_bytes, &header, values);
		bool same = status.code == SDQ_OK && header.n_rows == npy_files[i].n_rows &&
					header.row_length == npy_files[i].row_length &&
					same_floats(values, npy_files[i].values, header.n_rows * header.row_length);

		check(same, npy_files[i].name);
		memset(values, 0x55, sizeof(values));
		file_add_gzip(&packed, npy_files[i].file, npy_files[i].n_bytes);
		status = read_npy(packed.bytes, packed.n, &header, values);
		check(status.code == SDQ_OK &&
				  same_floats(values, npy_files[i].values, header.n_rows * header.row_length),
			  "the same inside gzip");
		free(packed.bytes);
	}
}

/* A row longer than what is decoded at once. */
static void
test_long_row(void)
{
	const size_t n = 10000;
	float *values = malloc(n * sizeof(float));
	File file = make_npy("{'descr': '<i4', 'fortran_order': False, 'shape': (1, 10000)}", 0);
	NpyHeader header;
	bool same = true;
	SdqStatus status;

	for (size_t i = 0; i < n; i++)
		file_add(&file, (unsigned char[]){i & 0xff, i >> 8, 0, 0}, 4);
	status = read_npy(file.bytes, file.n, &header, values);
	for (size_t i = 0; i < n; i++)
		same = same && values[i] == (float) i;
	check(status.code == SDQ_OK && same, "a long row keeps its values in order");
	free(values);
	free(file.bytes);
}

static void
test_truncated(void)
{
	float values[MAX_VALUES];
	NpyHeader header;
	bool in_header = true;
	bool in_data = true;
	size_t n_file = sizeof(npy_f4_little);
	size_t n_data = 6 * sizeof(float);
	File longer = {0};
	SdqStatus status;

	for (size_t n = 0; n < n_file; n++)
	{
		status = read_npy(npy_f4_little, n, &header, values);
		if (n < n_file - n_data)
			in_header =
				in_header && is_fault(status, IMAGE_HEADER_SHORT) && status.b == n && status.a > n;
		else
			in_data = in_data && is_fault(status, IMAGE_DATA_SHORT) && status.a == n_file &&
					  status.b == n;
	}
	check(in_header, "a header cut off anywhere is short, with both sizes");
	check(in_data, "data cut off anywhere are short, with both sizes");
	file_add(&longer, npy_f4_little, n_file);
	file_add(&longer, "", 1);
	check(is_fault(read_npy(longer.bytes, longer.n, &header, values), IMAGE_DATA_TRAILING),
		  "a byte too many is a fault");
	free(longer.bytes);
}

static void
test_text(void)
{
	static const char *const good[] = {
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }   \n",
		"{'shape':(2,),'fortran_order':False,'descr':'<f4'}",
		"  { \"descr\" : \"<f4\" ,\n\t'fortran_order' : False , 'shape' : ( 2 , ) } ",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2L,), }",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 1L)}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1, 1,)}",
		"{'descr': '>f4', 'fortran_order': True, 'shape': (2,)}",
	};
	static const char *const bad[] = {
		"",
		" ",
		"{",
		"{'descr'",
		"{'descr': '<f4",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2)}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (,)}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2,,1)}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2.0,)}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': [2]}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2,) 'x': 1}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
		"{'descr': '<f4', 'fortran_order': Falsehood, 'shape': (2,)}",
		"{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}",
		"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}",
		"{'descr': '<\\x664', 'fortran_order': False, 'shape': (2,)}",
		"{descr: '<f4', 'fortran_order': False, 'shape': (2,)}",
		"{'descr' '<f4', 'fortran_order': False, 'shape': (2,)}",
		"{,}",
		"('descr', '<f4')",
	};
	static const char *const incomplete[] = {
		"{}",
		"{'descr': '<f4'}",
		"{'descr': '<f4', 'fortran_order': False}",
		"{'fortran_order': False, 'shape': (2,), }",
		"{'descr': '<f4', 'shape': (2,)}",
	};
	SdqStatus status;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		check(end_of(good[i], 8).code == SDQ_OK,
			  good[i][0] == '{' ? "a header that Python reads" : "with blanks everywhere");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check(is_fault(end_of(bad[i], 8), IMAGE_NPY_HEADER_SYNTAX), "malformed header");
	for (size_t i = 0; i < sizeof(incomplete) / sizeof(incomplete[0]); i++)
		check(is_fault(end_of(incomplete[i], 8), IMAGE_NPY_KEY_MISSING), "missing key");
	/* Ten bytes stand before the text; its eighteenth is the x. */
	status = end_of("{'descr': '<f4', x", 8);
	check(status.row == 10 + 17, "the position of the fault counts from the file's first byte");
}

static void
test_types(void)
{
	static const char *const unread[] = {"|O",  "<U5",  "|S3",  "<c8",     "<u2",
										 "<i8", "<f16", "|b1",  "<M8[ns]", "f4",
										 "=f4", "|f4",  "<f4x", "",        "<F4"};
	char text[200];
	NpyHeader header;
	float values[MAX_VALUES];
	File file;
	SdqStatus status;

	for (size_t i = 0; i < sizeof(unread) / sizeof(unread[0]); i++)
	{
		snprintf(text, sizeof(text), "{'descr': '%s', 'fortran_order': False, 'shape': (2,)}",
				 unread[i]);
		file = make_npy(text, 8);
		status = read_npy(file.bytes, file.n, &header, values);
		check(is_fault(status, IMAGE_NPY_TYPE) && strcmp(header.descr, unread[i]) == 0,
			  "an element type that is not read is named");
		free(file.bytes);
	}
	file =
		make_npy("{'descr': [('x', '<f4'), ('a rather long name of a field', '<i2')], 'x': 1}", 8);
	status = read_npy(file.bytes, file.n, &header, values);
	check(is_fault(status, IMAGE_NPY_TYPE) && strlen(header.descr) == NPY_DESCR_KEPT &&
			  strcmp(header.descr, "[('x', '<f4'), ('a rather long name o...") == 0,
		  "a structured type is named, cut off");
	free(file.bytes);
	file = make_npy("{'descr': '\xff\x01\n', 'fortran_order': False, 'shape': (2,)}", 8);
	status = read_npy(file.bytes, file.n, &header, values);
	check(is_fault(status, IMAGE_NPY_TYPE) && strcmp(header.descr, "???") == 0,
		  "a type name of junk is made printable");
	free(file.bytes);
}

static void
test_shapes(void)
{
	char text[600] = "{'descr': '<f8', 'fortran_order': False, 'shape': (";
	SdqStatus status;

	check(is_fault(end_of("{'descr': '<f4', 'fortran_order': False, 'shape': ()}", 4),
				   IMAGE_NPY_SCALAR),
		  "a scalar has no rows");
	check(is_fault(end_of("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2)}", 8),
				   IMAGE_NPY_FORTRAN_ORDER),
		  "Fortran order is refused");
	check(is_fault(end_of("{'descr': '<f4', 'fortran_order': False, 'shape': (5, 0)}", 0),
				   IMAGE_ROW_EMPTY),
		  "rows without values are refused");
	check(end_of("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 0)}", 0).code == SDQ_OK,
		  "no rows without values are none");
	check(
		is_fault(
			end_of("{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551615,)}", 4),
			IMAGE_SIZE_OVERFLOW),
		"bytes beyond the address space overflow");
	check(
		is_fault(
			end_of("{'descr': '|u1', 'fortran_order': False, 'shape': (18446744073709551615,)}", 4),
			IMAGE_SIZE_OVERFLOW),
		"header and data together too");
	check(is_fault(end_of("{'descr': '|u1', 'fortran_order': False, "
						  "'shape': (1, 4294967296, 4294967296)}",
						  4),
				   IMAGE_SIZE_OVERFLOW),
		  "a row's dimensions too");
	status = end_of("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 134217728)}", 4);
	check(is_fault(status, IMAGE_ROW_TOO_LONG) && status.a == 134217728,
		  "a row too long for an array is refused");
	status =
		end_of("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 134217727)}", 4);
	check(is_fault(status, IMAGE_DATA_SHORT), "a lying shape is short data");

	for (int i = 0; i < NPY_MAX_DIMENSIONS; i++)
		strcat(text, "1,");
	strcat(text, ")}");
	check(end_of(text, 8).code == SDQ_OK, "as many dimensions as NumPy allows");
	text[strlen(text) - 2] = '\0';
	strcat(text, "1,)}");
	check(is_fault(end_of(text, 8), IMAGE_NPY_HEADER_SYNTAX), "one more is refused");
}

static void
test_prefix(void)
{
	unsigned char file[sizeof(npy_version_2)];
	float values[MAX_VALUES];
	NpyHeader header;
	SdqStatus status;

	memcpy(file, npy_version_2, sizeof(file));
	file[0] = 'x';
	status = read_npy(file, sizeof(file), &header, values);
	check(is_fault(status, IMAGE_WRONG_MAGIC) && status.a == 0x784e554d,
		  "a wrong magic number is named");
	memcpy(file, npy_version_2, sizeof(file));
	file[6] = 4;
	status = read_npy(file, sizeof(file), &header, values);
	check(is_fault(status, IMAGE_NPY_VERSION) && status.a == 4, "version 4 is refused");
	file[6] = 0;
	status = read_npy(file, sizeof(file), &header, values);
	check(is_fault(status, IMAGE_NPY_VERSION), "version 0 is refused");
	memcpy(file, npy_version_2, sizeof(file));
	memset(file + 8, 0xff, 4);
	status = read_npy(file, sizeof(file), &header, values);
	check(is_fault(status, IMAGE_NPY_HEADER_LONG) && status.a == 4294967295.0 &&
			  status.b == NPY_MAX_HEADER_BYTES,
		  "a header of 4 GB is refused with the limit");
}

/* Doubles around the largest float: 2^128 - 2^103 is the first that would round to infinity. */
static void
test_range(void)
{
	double beyond = 0x1.ffffffp127;
	double below = nextafter(beyond, 0);
	double values[][2] = {{1, below}, {-below, 1}, {1, beyond}, {-beyond, 1}, {1, 1e300}};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
	{
		File file = make_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2)}", 0);
		float floats[2];
		NpyHeader header;
		SdqStatus status;

		file_add(&file, values[i], sizeof(values[i]));
		status = read_npy(file.bytes, file.n, &header, floats);
		if (i < 2)
			check(status.code == SDQ_OK && isfinite(floats[0]) && isfinite(floats[1]),
				  "what rounds to the largest float is read");
		else
			check(is_fault(status, IMAGE_NPY_VALUE_RANGE) && fabs(status.a) >= beyond &&
					  status.row == (i == 3 ? 0 : 1),
				  "a finite value never becomes infinity");
		free(file.bytes);
	}
}

int
main(void)
{
	test_numpy_files();
	test_long_row();
	test_truncated();
	test_text();
	test_types();
	test_shapes();
	test_prefix();
	test_range();
	return check_done();
}
