/*
 * ecdf_codec.c
 *		Writing and distrustful reading of flat samples and of their text form.
 */
#include "core/sample/ecdf_codec.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define VERSION_OFFSET    4
#define SIDES_OFFSET      5
#define PARAMETERS_OFFSET 6
#define FLAGS_OFFSET      7
#define HEADER_BYTES      8
#define WORD              8
#define SIDE_WORDS        2 /* n_distinct, n */
#define ENTRY_WORDS       2 /* value, count */

/* Words copied between two looks at the stop flag: a few milliseconds. */
#define COPY_PIECE ((size_t) 1 << 20)

/* Hexadecimal digits of a parameter word in text. */
#define PARAMETER_DIGITS 16
/* Decimal digits of SAMPLE_MAX_COUNT. */
#define MAX_COUNT_DIGITS 10

/* Bytes before the entries of the first side. */
static size_t
entries_offset(const EcdfShape *shape)
{
	return HEADER_BYTES + WORD * ((size_t) shape->n_parameters + SIDE_WORDS * shape->n_sides);
}

bool
ecdf_flat_size(const EcdfShape *shape, const size_t *n_distinct, size_t *bytes)
{
	size_t total = entries_offset(shape);

	for (int side = 0; side < shape->n_sides; side++)
	{
		size_t entries;

		if (!checked_multiply(n_distinct[side], ENTRY_WORDS * WORD, &entries) ||
			!checked_add(total, entries, &total))
			return false;
	}
	*bytes = total;
	return true;
}

void
ecdf_flat_place(void *flat, const EcdfShape *shape, const size_t *n_distinct, SampleView *views)
{
	char *entries = (char *) flat + entries_offset(shape);

	for (int side = 0; side < shape->n_sides; side++)
	{
		views[side].n_distinct = n_distinct[side];
		views[side].values = (const void *) entries;
		entries += WORD * n_distinct[side];
		views[side].counts = (const void *) entries;
		entries += WORD * n_distinct[side];
		views[side].n = 0;
	}
}

/* Copy n words, unless they are there already; false if a stop was requested. */
static bool
copy_words(char *to, const void *from, size_t n, Stop *stop)
{
	const char *next = from;

	if (to == next)
		return true;
	while (n > 0)
	{
		size_t piece = n < COPY_PIECE ? n : COPY_PIECE;

		memcpy(to, next, piece * WORD);
		to += piece * WORD;
		next += piece * WORD;
		n -= piece;
		if (stop_poll(stop))
			return false;
	}
	return true;
}

SdqStatus
ecdf_flat_write(void *flat, const EcdfShape *shape, const uint64_t *parameters,
				const SampleView *views, Stop *stop)
{
	char *bytes = flat;
	char *side_words = bytes + HEADER_BYTES + WORD * shape->n_parameters;
	char *entries = bytes + entries_offset(shape);

	bytes[VERSION_OFFSET] = ECDF_FLAT_VERSION;
	bytes[SIDES_OFFSET] = (char) shape->n_sides;
	bytes[PARAMETERS_OFFSET] = (char) shape->n_parameters;
	bytes[FLAGS_OFFSET] = 0;
	if (shape->n_parameters > 0)
		memcpy(bytes + HEADER_BYTES, parameters, WORD * (size_t) shape->n_parameters);
	for (int side = 0; side < shape->n_sides; side++)
	{
		const SampleView *view = &views[side];
		const uint64_t sizes[SIDE_WORDS] = {view->n_distinct, view->n};

		memcpy(side_words, sizes, sizeof(sizes));
		side_words += sizeof(sizes);
		if (!copy_words(entries, view->values, view->n_distinct, stop) ||
			!copy_words(entries + view->n_distinct * WORD, view->counts, view->n_distinct, stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
		entries += ENTRY_WORDS * WORD * view->n_distinct;
	}
	return sdq_ok();
}

/* n_distinct and n of a side, as they are stored. */
static void
read_sizes(const unsigned char *bytes, const EcdfShape *shape, int side, uint64_t sizes[SIDE_WORDS])
{
	size_t word = (size_t) shape->n_parameters + SIDE_WORDS * (size_t) side;

	memcpy(sizes, bytes + HEADER_BYTES + WORD * word, SIDE_WORDS * WORD);
}

SdqStatus
ecdf_flat_open(const void *flat, size_t n_bytes, const EcdfShape *shape,
			   const uint64_t **parameters, SampleView *views)
{
	const unsigned char *bytes = flat;
	size_t n_distinct[ECDF_MAX_SIDES];
	uint64_t sizes[SIDE_WORDS];
	size_t needed = entries_offset(shape);

	if (n_bytes < HEADER_BYTES)
		return sdq_bad_data(ECDF_BAD_SIZE, -1, (double) n_bytes, HEADER_BYTES);
	if (bytes[VERSION_OFFSET] != ECDF_FLAT_VERSION)
		return sdq_bad_data(ECDF_BAD_VERSION, -1, bytes[VERSION_OFFSET], ECDF_FLAT_VERSION);
	if (bytes[FLAGS_OFFSET] != 0)
		return sdq_bad_data(ECDF_BAD_FLAGS, -1, bytes[FLAGS_OFFSET], 0);
	if (bytes[SIDES_OFFSET] != shape->n_sides || bytes[PARAMETERS_OFFSET] != shape->n_parameters)
		return sdq_bad_data(ECDF_BAD_SHAPE, -1, bytes[SIDES_OFFSET], shape->n_sides);
	if (n_bytes < needed)
		return sdq_bad_data(ECDF_BAD_SIZE, -1, (double) n_bytes, (double) needed);

	for (int side = 0; side < shape->n_sides; side++)
	{
		read_sizes(bytes, shape, side, sizes);
		if (sizes[1] > (uint64_t) SAMPLE_MAX_COUNT || sizes[0] > sizes[1] ||
			(sizes[0] == 0 && sizes[1] > 0))
			return sdq_bad_data(ECDF_BAD_TOTAL, side, (double) sizes[1], (double) SAMPLE_MAX_COUNT);
		n_distinct[side] = (size_t) sizes[0];
	}
	if (!ecdf_flat_size(shape, n_distinct, &needed) || needed != n_bytes)
		return sdq_bad_data(ECDF_BAD_SIZE, -1, (double) n_bytes, (double) needed);

	ecdf_flat_place((void *) flat, shape, n_distinct, views);
	for (int side = 0; side < shape->n_sides; side++)
	{
		read_sizes(bytes, shape, side, sizes);
		views[side].n = sizes[1];
	}
	*parameters = shape->n_parameters == 0 ? NULL : (const uint64_t *) (bytes + HEADER_BYTES);
	return sdq_ok();
}

SdqStatus
ecdf_view_check(const SampleView *view)
{
	uint64_t total = 0;

	for (size_t i = 0; i < view->n_distinct; i++)
	{
		double value = view->values[i];
		uint64_t count = view->counts[i];

		if (isnan(value))
			return sdq_bad_data(ECDF_NAN, (int64_t) i, value, 0);
		if (value == 0 && signbit(value))
			return sdq_bad_data(ECDF_NEGATIVE_ZERO, (int64_t) i, value, 0);
		if (i > 0 && !(value > view->values[i - 1]))
			return sdq_bad_data(ECDF_NOT_ASCENDING, (int64_t) i, value, view->values[i - 1]);
		if (count == 0 || count > (uint64_t) SAMPLE_MAX_COUNT)
			return sdq_bad_data(ECDF_BAD_COUNT, (int64_t) i, (double) count,
								(double) SAMPLE_MAX_COUNT);
		/* No overflow: the sum was within the limit, and so is the count. */
		total += count;
		if (total > (uint64_t) SAMPLE_MAX_COUNT)
			return sdq_bad_data(ECDF_BAD_TOTAL, (int64_t) i, (double) total,
								(double) SAMPLE_MAX_COUNT);
	}
	if (total != view->n)
		return sdq_bad_data(ECDF_BAD_TOTAL, -1, (double) total, (double) view->n);
	return sdq_ok();
}

SdqStatus
ecdf_flat_check(const void *flat, size_t n_bytes, const EcdfShape *shape,
				const uint64_t **parameters, SampleView *views)
{
	SdqStatus status = ecdf_flat_open(flat, n_bytes, shape, parameters, views);

	for (int side = 0; side < shape->n_sides && !sdq_failed(status); side++)
		status = ecdf_view_check(&views[side]);
	return status;
}

void
ecdf_text_measure(const char *text, const EcdfShape *shape, size_t *n_distinct)
{
	for (int side = 0; side < shape->n_sides; side++)
	{
		n_distinct[side] = 0;
		for (; *text != '\0' && *text != '}'; text++)
			n_distinct[side] += *text == ':';
		if (*text == '}')
			text++;
	}
}

/* Where a text is being read, and what was wrong first. */
typedef struct TextReader
{
	const char *start;
	const char *next;
	EcdfFault fault;
} TextReader;

/* Remember the first fault; always false. */
static bool
text_fault(TextReader *reader, EcdfFault fault)
{
	if (reader->fault == ECDF_OK)
		reader->fault = fault;
	return false;
}

static void
skip_blanks(TextReader *reader)
{
	while (*reader->next != '\0' && strchr(" \t\n\r\v\f", *reader->next) != NULL)
		reader->next++;
}

/* Go past the character if it comes next. */
static bool
accept(TextReader *reader, char wanted)
{
	skip_blanks(reader);
	if (*reader->next != wanted)
		return false;
	reader->next++;
	return true;
}

/* Go past the character, which must come next. */
static bool
expect(TextReader *reader, char wanted)
{
	return accept(reader, wanted) || text_fault(reader, ECDF_SYNTAX);
}

/* Go past the word if it comes next. */
static bool
accept_word(TextReader *reader, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(reader->next, word, length) != 0)
		return false;
	reader->next += length;
	return true;
}

/* A value: a decimal number or an infinity. */
static bool
read_value(TextReader *reader, double *value)
{
	size_t length;
	char *end;

	skip_blanks(reader);
	if (accept_word(reader, "Infinity"))
	{
		*value = INFINITY;
		return true;
	}
	if (accept_word(reader, "-Infinity"))
	{
		*value = -INFINITY;
		return true;
	}
	/* strtod() would take blanks, hexadecimals and names too. */
	length = strspn(reader->next, "0123456789+-.eE");
	if (length == 0)
		return text_fault(reader, ECDF_SYNTAX);
	errno = 0;
	*value = strtod(reader->next, &end);
	if (end != reader->next + length || isinf(*value) || (errno == ERANGE && *value == 0))
		return text_fault(reader, ECDF_BAD_NUMBER);
	*value += 0.0; /* -0 becomes +0 */
	reader->next = end;
	return true;
}

/* A count: decimal digits. Its range is checked with the whole. */
static bool
read_count(TextReader *reader, uint64_t *count)
{
	size_t length;

	skip_blanks(reader);
	length = strspn(reader->next, "0123456789");
	if (length == 0)
		return text_fault(reader, ECDF_SYNTAX);
	if (length > MAX_COUNT_DIGITS)
		return text_fault(reader, ECDF_BAD_COUNT);
	*count = 0;
	for (size_t i = 0; i < length; i++)
		*count = *count * 10 + (uint64_t) (reader->next[i] - '0');
	reader->next += length;
	return true;
}

/* A parameter word: hexadecimal digits. */
static bool
read_parameter(TextReader *reader, uint64_t *parameter)
{
	static const char digits[] = "0123456789abcdef";

	skip_blanks(reader);
	*parameter = 0;
	for (int i = 0; i < PARAMETER_DIGITS; i++)
	{
		const char *digit = *reader->next == '\0' ? NULL : strchr(digits, *reader->next);

		if (digit == NULL)
			return text_fault(reader, ECDF_SYNTAX);
		*parameter = *parameter << 4 | (uint64_t) (digit - digits);
		reader->next++;
	}
	return true;
}

/* One side: {value:count,...} of exactly view->n_distinct entries. */
static bool
read_side(TextReader *reader, SampleView *view, double *values, uint64_t *counts)
{
	size_t n = 0;

	view->n = 0;
	if (!expect(reader, '{'))
		return false;
	while (n < view->n_distinct)
	{
		if (n > 0 && !expect(reader, ','))
			return false;
		if (!read_value(reader, &values[n]) || !expect(reader, ':') ||
			!read_count(reader, &counts[n]))
			return false;
		view->n += counts[n];
		n++;
	}
	return expect(reader, '}');
}

/* The whole text, into the places that the flat form has for it. */
static bool
read_text(TextReader *reader, const EcdfShape *shape, uint64_t *parameters, SampleView *views)
{
	bool is_list = shape->n_sides + shape->n_parameters > 1;

	if (is_list && !expect(reader, '('))
		return false;
	for (int i = 0; i < shape->n_parameters; i++)
		if (!read_parameter(reader, &parameters[i]) || !expect(reader, ','))
			return false;
	for (int side = 0; side < shape->n_sides; side++)
	{
		if (side > 0 && !expect(reader, ','))
			return false;
		if (!read_side(reader, &views[side], (double *) views[side].values,
					   (uint64_t *) views[side].counts))
			return false;
	}
	if (is_list && !expect(reader, ')'))
		return false;
	skip_blanks(reader);
	return *reader->next == '\0' || text_fault(reader, ECDF_SYNTAX);
}

SdqStatus
ecdf_text_read(const char *text, const EcdfShape *shape, const size_t *n_distinct, void *flat)
{
	TextReader reader = {.start = text, .next = text, .fault = ECDF_OK};
	uint64_t parameters[ECDF_MAX_PARAMETERS] = {0};
	SampleView views[ECDF_MAX_SIDES];

	ecdf_flat_place(flat, shape, n_distinct, views);
	if (!read_text(&reader, shape, parameters, views))
		return sdq_bad_data(reader.fault, reader.next - reader.start, 0, 0);
	for (int side = 0; side < shape->n_sides; side++)
	{
		SdqStatus status = ecdf_view_check(&views[side]);

		if (sdq_failed(status))
			return status;
	}
	return ecdf_flat_write(flat, shape, parameters, views, NULL);
}
