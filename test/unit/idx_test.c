/*
 * idx_test.c
 *		IDX headers: right ones are read, and of the wrong ones each for its own reason refused.
 */
#include "core/image/idx.h"

#include "check.h"
#include "image_file.h"

#define MAGIC_LABELS  0x00000801
#define MAGIC_VECTORS 0x00000802
#define MAGIC_IMAGES  0x00000803

/* A file with this magic number, n dimensions and n_values values 0, 1, 2, ... */
static File
make_idx(unsigned magic, const unsigned *dimensions, size_t n, size_t n_values)
{
	File file = {0};

	file_add_u32(&file, magic);
	for (size_t i = 0; i < n; i++)
		file_add_u32(&file, dimensions[i]);
	for (size_t i = 0; i < n_values; i++)
	{
		unsigned char value = (unsigned char) i;

		file_add(&file, &value, 1);
	}
	return file;
}

/* Read a whole file; values, if not NULL, receives all values. */
static SdqStatus
read_idx(const unsigned char *bytes, size_t n, IdxKind kind, IdxHeader *header,
		 unsigned char *values)
{
	unsigned char *copy = exact_copy(bytes, n);
	Arena arena;
	ByteReader *reader;
	SdqStatus status;

	arena_init(&arena, arena_malloc_source(), 0);
	status = byte_reader_open(&reader, copy, n, NO_LIMIT, &arena, NULL);
	if (!sdq_failed(status))
		status = idx_read_header(reader, kind, header);
	for (size_t i = 0; !sdq_failed(status) && values != NULL && i < header->n_rows; i++)
		status =
			byte_reader_read_exactly(reader, values + i * header->row_length, header->row_length);
	if (!sdq_failed(status) && values != NULL)
		status = byte_reader_finish(reader);
	arena_free(&arena);
	free(copy);
	return status;
}

/* How the reading of a file ends; frees the file. */
static SdqStatus
end_of(File file, IdxKind kind)
{
	IdxHeader header;
	unsigned char values[256];
	SdqStatus status = read_idx(file.bytes, file.n, kind, &header, values);

	free(file.bytes);
	return status;
}

static void
test_good(void)
{
	File images = make_idx(MAGIC_IMAGES, (unsigned[]){2, 3, 4}, 3, 24);
	File vectors = make_idx(MAGIC_VECTORS, (unsigned[]){2, 5}, 2, 10);
	File labels = make_idx(MAGIC_LABELS, (unsigned[]){7}, 1, 7);
	File packed = {0};
	unsigned char values[24];
	IdxHeader header;
	SdqStatus status;

	status = read_idx(images.bytes, images.n, IDX_IMAGES, &header, values);
	check(status.code == SDQ_OK && header.n_rows == 2 && header.row_length == 12 &&
			  header.n_dimensions == 3 && header.dimensions[1] == 3 && header.dimensions[2] == 4,
		  "the header of images is read");
	check(values[0] == 0 && values[12] == 12 && values[23] == 23, "and their values, in order");

	file_add_gzip(&packed, images.bytes, images.n);
	memset(values, 99, sizeof(values));
	status = read_idx(packed.bytes, packed.n, IDX_IMAGES, &header, values);
	check(status.code == SDQ_OK && values[0] == 0 && values[23] == 23, "gzip makes no difference");

	status = read_idx(vectors.bytes, vectors.n, IDX_IMAGES, &header, values);
	check(status.code == SDQ_OK && header.n_rows == 2 && header.row_length == 5 &&
			  header.n_dimensions == 2,
		  "two dimensions are vectors");
	status = read_idx(labels.bytes, labels.n, IDX_LABELS, &header, values);
	check(status.code == SDQ_OK && header.n_rows == 7 && header.row_length == 1 && values[6] == 6,
		  "one dimension is labels");
	check(end_of(make_idx(MAGIC_IMAGES, (unsigned[]){0, 28, 28}, 3, 0), IDX_IMAGES).code == SDQ_OK,
		  "no images is a file of no images");
	check(end_of(make_idx(MAGIC_IMAGES, (unsigned[]){0, 0, 0}, 3, 0), IDX_IMAGES).code == SDQ_OK,
		  "even if they have no size");
	free(images.bytes);
	free(vectors.bytes);
	free(labels.bytes);
	free(packed.bytes);
}

static void
test_truncated(void)
{
	File file = make_idx(MAGIC_IMAGES, (unsigned[]){2, 3, 4}, 3, 24);
	unsigned char values[24];
	IdxHeader header;
	bool in_header = true;
	bool in_data = true;
	bool in_gzip = true;

	for (size_t n = 0; n < file.n; n++)
	{
		SdqStatus status = read_idx(file.bytes, n, IDX_IMAGES, &header, values);
		File packed = {0};
		SdqStatus status_packed;

		if (n < 16)
			in_header = in_header && is_fault(status, IMAGE_HEADER_SHORT) && status.b == n &&
						status.a == n / 4 * 4 + 4;
		else
			in_data = in_data && is_fault(status, IMAGE_DATA_SHORT) && status.a == file.n &&
					  status.b == n;
		file_add_gzip(&packed, file.bytes, n);
		status_packed = read_idx(packed.bytes, packed.n, IDX_IMAGES, &header, values);
		in_gzip = in_gzip && status_packed.code == SDQ_BAD_DATA &&
				  status_packed.detail == status.detail && status_packed.a == status.a &&
				  status_packed.b == status.b;
		free(packed.bytes);
	}
	check(in_header, "a header cut off anywhere is short, with both sizes");
	check(in_data, "data cut off anywhere are short, with both sizes");
	check(in_gzip, "the same faults and sizes inside gzip");

	file_add(&file, "", 1);
	check(is_fault(end_of(file, IDX_IMAGES), IMAGE_DATA_TRAILING), "a byte too many is a fault");
	file = make_idx(MAGIC_IMAGES, (unsigned[]){2, 3, 4}, 3, 25);
	{
		File packed = {0};

		file_add_gzip(&packed, file.bytes, file.n);
		check(is_fault(end_of(packed, IDX_IMAGES), IMAGE_DATA_TRAILING), "inside gzip too");
	}
	free(file.bytes);
}

static void
test_wrong(void)
{
	SdqStatus status;

	status = end_of(make_idx(0x89504e47, (unsigned[]){1, 1, 1}, 3, 1), IDX_IMAGES);
	check(is_fault(status, IMAGE_WRONG_MAGIC) && status.a == 0x89504e47,
		  "another magic number is named");
	status = end_of(make_idx(0x00000d03, (unsigned[]){1, 1, 1}, 3, 4), IDX_IMAGES);
	check(is_fault(status, IMAGE_IDX_TYPE) && status.a == 0x0d, "floats are not read, and named");
	status = end_of(make_idx(MAGIC_LABELS, (unsigned[]){1}, 1, 1), IDX_IMAGES);
	check(is_fault(status, IMAGE_IDX_DIMENSIONS) && status.a == 1, "labels are no images");
	status = end_of(make_idx(MAGIC_IMAGES, (unsigned[]){1, 1, 1}, 3, 1), IDX_LABELS);
	check(is_fault(status, IMAGE_IDX_DIMENSIONS) && status.a == 3, "images are no labels");
	status = end_of(make_idx(0x000008ff, NULL, 0, 0), IDX_IMAGES);
	check(is_fault(status, IMAGE_IDX_DIMENSIONS),
		  "255 dimensions are refused before they are read");
	status = end_of(make_idx(0x00000800, NULL, 0, 0), IDX_LABELS);
	check(is_fault(status, IMAGE_IDX_DIMENSIONS), "no dimensions are refused");
}

static void
test_lying(void)
{
	const unsigned most = 0xffffffff;
	SdqStatus status;

	status = end_of(make_idx(MAGIC_IMAGES, (unsigned[]){1, most, most}, 3, 4), IDX_IMAGES);
	check(is_fault(status, IMAGE_ROW_TOO_LONG) && status.b == IMAGE_MAX_ROW_VALUES,
		  "an image too large for an array is refused with the limit");
	/* 2^32 - 1 images of 11585 x 11585 would be 2^59 bytes. */
	status = end_of(make_idx(MAGIC_IMAGES, (unsigned[]){most, 11585, 11585}, 3, 4), IDX_IMAGES);
	check(is_fault(status, IMAGE_DATA_SHORT) && status.b == 20,
		  "dimensions far beyond the data are short data, before anything is allocated");
	status = end_of(make_idx(MAGIC_IMAGES, (unsigned[]){most, 0, 28}, 3, 0), IDX_IMAGES);
	check(is_fault(status, IMAGE_ROW_EMPTY) && status.a == most,
		  "rows without values cannot be announced by the billion");
	status = end_of(make_idx(MAGIC_LABELS, (unsigned[]){most}, 1, 2), IDX_LABELS);
	check(is_fault(status, IMAGE_DATA_SHORT) && status.a == most + 8.0,
		  "four billion labels in two bytes are short");
}

int
main(void)
{
	test_good();
	test_truncated();
	test_wrong();
	test_lying();
	return check_done();
}
