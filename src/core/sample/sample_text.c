/*
 * sample_text.c
 *		Distrustful reading of samples from text.
 */
#include "core/sample/sample_text.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Hexadecimal digits of a parameter word in text. */
#define PARAMETER_DIGITS 16
/* Decimal digits of SAMPLE_MAX_COUNT. */
#define MAX_COUNT_DIGITS 10

/* Entries read between two looks at the stop flag: half a millisecond. */
#define ENTRIES_PER_POLL 4096

void
sample_text_measure(const char *text, size_t *n_samples, size_t *n_entries)
{
	*n_samples = 0;
	*n_entries = 0;
	for (; *text != '\0'; text++)
	{
		*n_samples += *text == '{';
		*n_entries += *text == ':';
	}
}

/* Where a text is being read, and what was wrong first. */
typedef struct TextReader
{
	const char *next;
	EcdfFault fault;
	Stop *stop;
	bool interrupted;
	/* Room for the entries to come. */
	double *values;
	uint64_t *counts;
	size_t n_entries; /* so far */
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

/* One entry: value:count. It is stored when its colon has been seen: so many there is room for. */
static bool
read_entry(TextReader *reader)
{
	double value;
	size_t i;

	if (reader->n_entries % ENTRIES_PER_POLL == 0 && stop_poll(reader->stop))
	{
		reader->interrupted = true;
		return false;
	}
	if (!read_value(reader, &value) || !expect(reader, ':'))
		return false;
	i = reader->n_entries++;
	reader->values[i] = value;
	return read_count(reader, &reader->counts[i]);
}

/* One sample: {value:count,...}. */
static bool
read_sample(TextReader *reader, SampleView *view)
{
	size_t first = reader->n_entries;

	*view = (SampleView){.n_distinct = 0,
						 .values = reader->values + first,
						 .counts = reader->counts + first,
						 .n = 0};
	if (!expect(reader, '{'))
		return false;
	if (accept(reader, '}'))
		return true;
	do
	{
		if (!read_entry(reader))
			return false;
		view->n += reader->counts[reader->n_entries - 1];
	} while (accept(reader, ','));
	view->n_distinct = reader->n_entries - first;
	return expect(reader, '}');
}

/* Parameters and samples of a state. */
static bool
read_state(TextReader *reader, const EcdfShape *shape, uint64_t *parameters, SampleView *views)
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
		if (!read_sample(reader, &views[side]))
			return false;
	}
	return !is_list || expect(reader, ')');
}

/* The samples of a vector. There is room for them, since each has its brace. */
static bool
read_vector(TextReader *reader, SampleView *views, size_t *n_samples)
{
	*n_samples = 0;
	if (!expect(reader, '['))
		return false;
	if (accept(reader, ']'))
		return true;
	do
	{
		skip_blanks(reader);
		if (*reader->next != '{')
			return text_fault(reader, ECDF_SYNTAX);
		if (!read_sample(reader, &views[(*n_samples)++]))
			return false;
	} while (accept(reader, ','));
	return expect(reader, ']');
}

/* What came of reading: nothing but blanks must follow, and all samples must keep their promises. */
static SdqStatus
finish(TextReader *reader, bool read, const char *text, const SampleView *views, size_t n_samples)
{
	if (read)
	{
		skip_blanks(reader);
		read = *reader->next == '\0' || text_fault(reader, ECDF_SYNTAX);
	}
	if (reader->interrupted)
		return sdq_error(SDQ_INTERRUPTED, 0, 0);
	if (!read)
		return sdq_bad_data(reader->fault, reader->next - text, 0, 0);
	for (size_t i = 0; i < n_samples; i++)
	{
		SdqStatus status = ecdf_view_check(&views[i]);

		if (sdq_failed(status))
			return status;
	}
	return sdq_ok();
}

SdqStatus
sample_text_read(const char *text, const EcdfShape *shape, Stop *stop, uint64_t *parameters,
				 double *values, uint64_t *counts, SampleView *views)
{
	TextReader reader = {.next = text, .stop = stop, .values = values, .counts = counts};
	bool read = read_state(&reader, shape, parameters, views);

	return finish(&reader, read, text, views, (size_t) shape->n_sides);
}

SdqStatus
sample_text_read_vector(const char *text, Stop *stop, double *values, uint64_t *counts,
						SampleView *views, size_t *n_samples)
{
	TextReader reader = {.next = text, .stop = stop, .values = values, .counts = counts};
	bool read = read_vector(&reader, views, n_samples);

	return finish(&reader, read, text, views, *n_samples);
}
