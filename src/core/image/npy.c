/*
 * npy.c
 *		The frame of an NPY file, and its values as floats.
 */
#include "core/image/npy.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/image/fault.h"
#include "core/image/npy_text.h"
#include "core/image/row_shape.h"

/* Magic number and version; the length of the header's text follows. */
#define NPY_PREFIX_BYTES    8
#define NPY_LENGTH_BYTES_V1 2
#define NPY_LENGTH_BYTES_V2 4
#define NPY_MAX_VERSION     3
#define NPY_MAX_VALUE_BYTES 8
/* Values decoded at once: small enough for the stack, large enough for one call of zlib. */
#define NPY_SLICE_VALUES 4096

/* IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
#define HALF_FRACTION_BITS 10
#define HALF_FRACTION_MASK 0x3ff
#define HALF_EXPONENT_MASK 0x1f
#define HALF_EXPONENT_BIAS 15
/* The exponent of the smallest subnormal, 2^-24. */
#define HALF_SUBNORMAL_EXPONENT (-24)

static const uint8_t npy_magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

/* The n bytes as a number, n <= 8. */
static uint64_t
read_unsigned(const uint8_t *bytes, size_t n, bool big_endian)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value = value << 8 | bytes[big_endian ? i : n - 1 - i];
	return value;
}

/* Magic number, version and length: *text_bytes of text follow. */
static SdqStatus
read_prefix(ByteReader *reader, size_t *text_bytes)
{
	uint8_t prefix[NPY_PREFIX_BYTES];
	uint8_t length[NPY_LENGTH_BYTES_V2];
	size_t length_bytes;
	uint8_t major;
	SdqStatus status = byte_reader_read_header(reader, prefix, NPY_PREFIX_BYTES);

	if (sdq_failed(status))
		return status;
	if (memcmp(prefix, npy_magic, sizeof(npy_magic)) != 0)
		return sdq_bad_data(IMAGE_WRONG_MAGIC, 0, (double) read_unsigned(prefix, 4, true), 0);
	major = prefix[sizeof(npy_magic)];
	if (major < 1 || major > NPY_MAX_VERSION)
		return sdq_bad_data(IMAGE_NPY_VERSION, sizeof(npy_magic), major, 0);
	length_bytes = major == 1 ? NPY_LENGTH_BYTES_V1 : NPY_LENGTH_BYTES_V2;
	status = byte_reader_read_header(reader, length, length_bytes);
	if (sdq_failed(status))
		return status;
	*text_bytes = (size_t) read_unsigned(length, length_bytes, false);
	if (*text_bytes > NPY_MAX_HEADER_BYTES)
		return sdq_bad_data(IMAGE_NPY_HEADER_LONG, -1, (double) *text_bytes, NPY_MAX_HEADER_BYTES);
	return sdq_ok();
}

/* The header's text, read into the arena and parsed. */
static SdqStatus
read_text(ByteReader *reader, Arena *arena, size_t text_bytes, NpyHeader *header)
{
	size_t start = byte_reader_position(reader);
	char *text = arena_alloc(arena, text_bytes, 1);
	SdqStatus status;

	if (text == NULL)
		return arena_failure(arena);
	status = byte_reader_read_header(reader, (uint8_t *) text, text_bytes);
	if (sdq_failed(status))
		return status;
	status = npy_parse_text(text, text_bytes, header);
	if (status.code == SDQ_BAD_DATA && status.detail == IMAGE_NPY_HEADER_SYNTAX)
		status.row += (int64_t) start;
	return status;
}

SdqStatus
npy_read_header(ByteReader *reader, Arena *arena, NpyHeader *header)
{
	size_t text_bytes;
	SdqStatus status;

	memset(header, 0, sizeof(*header));
	status = read_prefix(reader, &text_bytes);
	if (sdq_failed(status))
		return status;
	status = read_text(reader, arena, text_bytes, header);
	if (sdq_failed(status))
		return status;
	if (header->n_dimensions == 0)
		return sdq_bad_data(IMAGE_NPY_SCALAR, -1, 0, 0);
	/* With one dimension both orders are the same, and NumPy writes False. */
	if (header->fortran_order && header->n_dimensions > 1)
		return sdq_bad_data(IMAGE_NPY_FORTRAN_ORDER, -1, 0, 0);
	header->n_rows = header->shape[0];
	status = row_shape_length(header->n_rows, header->shape + 1, header->n_dimensions - 1,
							  &header->row_length);
	if (sdq_failed(status))
		return status;
	return row_shape_expect(reader, header->n_rows, header->row_length, header->value_bytes);
}

/* binary16 to float, exactly: every half is a float. */
static float
half_to_float(uint16_t half)
{
	int exponent = half >> HALF_FRACTION_BITS & HALF_EXPONENT_MASK;
	int fraction = half & HALF_FRACTION_MASK;
	float magnitude;

	if (exponent == HALF_EXPONENT_MASK)
		magnitude = fraction == 0 ? INFINITY : NAN;
	else if (exponent == 0)
		magnitude = ldexpf((float) fraction, HALF_SUBNORMAL_EXPONENT);
	else
		magnitude = ldexpf((float) (fraction | 1 << HALF_FRACTION_BITS),
						   exponent - HALF_EXPONENT_BIAS - HALF_FRACTION_BITS);
	return half >> 15 ? -magnitude : magnitude;
}

/* Eight bytes as a double. */
static double
bits_to_double(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* Four bytes as a float. */
static float
bits_to_float(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* One value of the header's type. i1, i2 and i4 are two's complement. */
static double
decode_value(const NpyHeader *header, uint64_t bits)
{
	switch (header->type)
	{
		case NPY_F2: return half_to_float((uint16_t) bits);
		case NPY_F4: return bits_to_float((uint32_t) bits);
		case NPY_F8: return bits_to_double(bits);
		case NPY_I1: return (int8_t) bits;
		case NPY_I2: return (int16_t) bits;
		case NPY_I4: return (int32_t) bits;
		case NPY_U1: return (uint8_t) bits;
	}
	return NAN;
}

/* Does rounding to float make an infinity of this finite value? */
static bool
is_beyond_float(double value)
{
	/* Half a unit in the last place above FLT_MAX, the smallest value that rounds up: 2^128 - 2^103. */
	return isfinite(value) && fabs(value) >= 0x1.ffffffp127;
}

/* n values of the file into out[n]. */
static SdqStatus
decode_values(const NpyHeader *header, const uint8_t *raw, size_t n, float *out)
{
	size_t value_bytes = header->value_bytes;

	for (size_t i = 0; i < n; i++)
	{
		uint64_t bits = read_unsigned(raw + i * value_bytes, value_bytes, header->big_endian);
		double value = decode_value(header, bits);

		if (is_beyond_float(value))
			return sdq_bad_data(IMAGE_NPY_VALUE_RANGE, (int64_t) i, value, 0);
		out[i] = (float) value;
	}
	return sdq_ok();
}

SdqStatus
npy_read_row(ByteReader *reader, const NpyHeader *header, float *out)
{
	uint8_t raw[NPY_SLICE_VALUES * NPY_MAX_VALUE_BYTES];

	for (size_t done = 0; done < header->row_length; done += NPY_SLICE_VALUES)
	{
		size_t n = header->row_length - done;
		SdqStatus status;

		if (n > NPY_SLICE_VALUES)
			n = NPY_SLICE_VALUES;
		status = byte_reader_read_exactly(reader, raw, n * header->value_bytes);
		if (sdq_failed(status))
			return status;
		status = decode_values(header, raw, n, out + done);
		if (sdq_failed(status))
		{
			status.row += (int64_t) done;
			return status;
		}
	}
	return sdq_ok();
}
