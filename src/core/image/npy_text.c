/*
 * npy_text.c
 *		A recursive-descent parser without recursion, for the subset of Python that NumPy writes:
 *
 *		dictionary = "{" [ item { "," item } [ "," ] ] "}"
 *		item       = string ":" ( string | "True" | "False" | tuple )        by key
 *		tuple      = "(" ")" | "(" number "," [ number { "," number } [ "," ] ] ")"
 *		string     = ' characters ' | " characters "                          no backslashes
 *		number     = digit { digit } [ "L" ]                                  L: written by Python 2
 *
 * Every step either consumes text or fails, so it ends after n bytes.
 */
#include "core/image/npy_text.h"

#include <string.h>

#include "core/image/fault.h"

#define CUT_OFF "..."

typedef struct Parser
{
	const char *text;
	size_t n;
	size_t at;
	NpyHeader *header;
	bool has_descr;
	bool has_fortran_order;
	bool has_shape;
} Parser;

/* A string token: its characters without the quotes. Borrowed from the text. */
typedef struct Token
{
	const char *start;
	size_t length;
} Token;

/* The element types that are read, by kind and size as descr writes them. */
static const struct
{
	const char *name;
	NpyType type;
	size_t bytes;
} npy_types[] = {
	{"f2", NPY_F2, 2}, {"f4", NPY_F4, 4}, {"f8", NPY_F8, 8}, {"i1", NPY_I1, 1},
	{"i2", NPY_I2, 2}, {"i4", NPY_I4, 4}, {"u1", NPY_U1, 1},
};

/* The text stops making sense at the parser's place. */
static SdqStatus
syntax_fault(const Parser *parser)
{
	return sdq_bad_data(IMAGE_NPY_HEADER_SYNTAX, (int64_t) parser->at, 0, 0);
}

/* Step over blanks. */
static void
skip_blanks(Parser *parser)
{
	while (parser->at < parser->n &&
		   (parser->text[parser->at] == ' ' || parser->text[parser->at] == '\t' ||
			parser->text[parser->at] == '\n' || parser->text[parser->at] == '\r'))
		parser->at++;
}

/* After blanks, is the next character this one? Steps over it if so. */
static bool
take_character(Parser *parser, char wanted)
{
	skip_blanks(parser);
	if (parser->at == parser->n || parser->text[parser->at] != wanted)
		return false;
	parser->at++;
	return true;
}

/* After blanks, is this word next? Steps over it if so. */
static bool
take_word(Parser *parser, const char *word)
{
	size_t length = strlen(word);

	skip_blanks(parser);
	if (parser->n - parser->at < length || memcmp(parser->text + parser->at, word, length) != 0)
		return false;
	parser->at += length;
	return true;
}

/* After blanks, is a string next? Steps over it if so. */
static bool
take_string(Parser *parser, Token *token)
{
	char quote;
	size_t end;

	skip_blanks(parser);
	if (parser->at == parser->n)
		return false;
	quote = parser->text[parser->at];
	if (quote != '\'' && quote != '"')
		return false;
	end = parser->at + 1;
	while (end < parser->n && parser->text[end] != quote && parser->text[end] != '\\')
		end++;
	if (end == parser->n || parser->text[end] == '\\')
		return false;
	token->start = parser->text + parser->at + 1;
	token->length = end - parser->at - 1;
	parser->at = end + 1;
	return true;
}

/* After blanks, is a number next that fits? Steps over it if so. */
static bool
take_number(Parser *parser, size_t *number)
{
	size_t value = 0;
	size_t start;

	skip_blanks(parser);
	start = parser->at;
	while (parser->at < parser->n && parser->text[parser->at] >= '0' &&
		   parser->text[parser->at] <= '9')
	{
		if (!checked_multiply(value, 10, &value) ||
			!checked_add(value, (size_t) (parser->text[parser->at] - '0'), &value))
			return false;
		parser->at++;
	}
	if (parser->at == start)
		return false;
	if (parser->at < parser->n && parser->text[parser->at] == 'L')
		parser->at++;
	*number = value;
	return true;
}

/* Is the token this word? */
static bool
is_token(Token token, const char *word)
{
	return token.length == strlen(word) && memcmp(token.start, word, token.length) == 0;
}

/* Keep a descr for messages, with "..." where it is too long. */
static void
keep_descr(NpyHeader *header, const char *start, size_t length)
{
	size_t kept = length < NPY_DESCR_KEPT ? length : NPY_DESCR_KEPT;

	for (size_t i = 0; i < kept; i++)
		header->descr[i] = start[i] >= ' ' && start[i] <= '~' ? start[i] : '?';
	header->descr[kept] = '\0';
	if (kept < length)
		memcpy(header->descr + kept - strlen(CUT_OFF), CUT_OFF, strlen(CUT_OFF));
}

/* Look up an element type such as <f4: byte order, kind, size. */
static bool
find_type(Token descr, NpyHeader *header)
{
	char order;

	if (descr.length != 3)
		return false;
	order = descr.start[0];
	for (size_t i = 0; i < sizeof(npy_types) / sizeof(npy_types[0]); i++)
	{
		if (memcmp(descr.start + 1, npy_types[i].name, 2) != 0)
			continue;
		header->type = npy_types[i].type;
		header->value_bytes = npy_types[i].bytes;
		header->big_endian = order == '>';
		/* | = not applicable, = for single bytes only. */
		return order == '<' || order == '>' || (order == '|' && npy_types[i].bytes == 1);
	}
	return false;
}

/* A structured type is a list, of no interest but for the message: up to the last bracket. */
static SdqStatus
structured_type(Parser *parser)
{
	size_t end = parser->n;

	while (end > parser->at + 1 && parser->text[end - 1] != ']')
		end--;
	keep_descr(parser->header, parser->text + parser->at, end - parser->at);
	return sdq_bad_data(IMAGE_NPY_TYPE, -1, 0, 0);
}

/* 'descr': a string with a type that we read. */
static SdqStatus
parse_descr(Parser *parser)
{
	Token descr;

	parser->has_descr = true;
	skip_blanks(parser);
	if (parser->at < parser->n && parser->text[parser->at] == '[')
		return structured_type(parser);
	if (!take_string(parser, &descr))
		return syntax_fault(parser);
	keep_descr(parser->header, descr.start, descr.length);
	if (!find_type(descr, parser->header))
		return sdq_bad_data(IMAGE_NPY_TYPE, -1, 0, 0);
	return sdq_ok();
}

/* 'fortran_order': a truth value. */
static SdqStatus
parse_fortran_order(Parser *parser)
{
	parser->has_fortran_order = true;
	parser->header->fortran_order = take_word(parser, "True");
	if (!parser->header->fortran_order && !take_word(parser, "False"))
		return syntax_fault(parser);
	return sdq_ok();
}

/* 'shape': a tuple of sizes. */
static SdqStatus
parse_shape(Parser *parser)
{
	NpyHeader *header = parser->header;

	parser->has_shape = true;
	if (!take_character(parser, '('))
		return syntax_fault(parser);
	while (!take_character(parser, ')'))
	{
		if (header->n_dimensions == NPY_MAX_DIMENSIONS ||
			!take_number(parser, &header->shape[header->n_dimensions]))
			return syntax_fault(parser);
		header->n_dimensions++;
		if (take_character(parser, ','))
			continue;
		/* (5) is a number in Python, a tuple is (5,). */
		if (header->n_dimensions == 1 || !take_character(parser, ')'))
			return syntax_fault(parser);
		break;
	}
	return sdq_ok();
}

/* One key with its value. */
static SdqStatus
parse_item(Parser *parser)
{
	Token key;
	SdqStatus (*parse_value)(Parser *);

	if (!take_string(parser, &key))
		return syntax_fault(parser);
	if (is_token(key, "descr") && !parser->has_descr)
		parse_value = parse_descr;
	else if (is_token(key, "fortran_order") && !parser->has_fortran_order)
		parse_value = parse_fortran_order;
	else if (is_token(key, "shape") && !parser->has_shape)
		parse_value = parse_shape;
	else
		return syntax_fault(parser);
	if (!take_character(parser, ':'))
		return syntax_fault(parser);
	return parse_value(parser);
}

SdqStatus
npy_parse_text(const char *text, size_t n, NpyHeader *header)
{
	Parser parser = {.text = text, .n = n, .header = header};

	if (!take_character(&parser, '{'))
		return syntax_fault(&parser);
	while (!take_character(&parser, '}'))
	{
		SdqStatus status = parse_item(&parser);

		if (sdq_failed(status))
			return status;
		if (take_character(&parser, ','))
			continue;
		if (!take_character(&parser, '}'))
			return syntax_fault(&parser);
		break;
	}
	skip_blanks(&parser);
	if (parser.at != n)
		return syntax_fault(&parser);
	if (!parser.has_descr || !parser.has_fortran_order || !parser.has_shape)
		return sdq_bad_data(IMAGE_NPY_KEY_MISSING, -1, 0, 0);
	return sdq_ok();
}
