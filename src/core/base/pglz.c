/*
 * pglz.c
 *		Decompressing many items at a time.
 *
 * Numbers compress to short runs of literals with a short match between them, in no order that a
 * processor could foresee from item to item. So a whole run of literals is one step: its length is the
 * number of zero bits at the end of the control byte, and eight bytes are copied whatever it is. A
 * match of at most 17 bytes from at least eight bytes before is one copy or three, of fixed size. What is
 * copied too much is overwritten by what follows, so this goes only as long as there is space behind. The
 * rest goes item by item.
 */
#include "core/base/pglz.h"

#include <stdint.h>
#include <string.h>

#define SHORTEST_MATCH 3

/* Longer matches have a third byte. */
#define LONGEST_SHORT 17

/* Eight items, the control byte included, take at most so many bytes; and eight bytes are read for a
 * literal. */
#define MOST_TAKEN (1 + 8 * 3 + 8)

/* So many bytes eight items with short matches write at most, with what they write too much. */
#define MOST_WRITTEN (8 * LONGEST_SHORT + 8)

/* A bit above the control byte's eight: when it alone is left, the next byte is due. */
#define CONTROL_END 0x100u

/* A decompression under way. */
typedef struct Expansion
{
	const unsigned char *from;
	const unsigned char *from_end;
	unsigned char *to;
	unsigned char *to_start;
	unsigned char *to_end;
	unsigned control; /* the bits that are left, below CONTROL_END */
} Expansion;

/* A match, read. */
typedef struct Match
{
	size_t offset;
	size_t length;
} Match;

/* The first two bytes of a match. */
static inline Match
read_match(const unsigned char *from)
{
	return (Match){.offset = (size_t) (from[0] & 0xf0) << 4 | from[1],
				   .length = (size_t) (from[0] & 0x0f) + SHORTEST_MATCH};
}

/* Copy a match of any length, which fits. */
static void
copy_match(Expansion *e, Match match)
{
	const unsigned char *source = e->to - match.offset;

	/* What has been copied is there to be copied again: the distance doubles. */
	while (match.length > match.offset)
	{
		memcpy(e->to, source, match.offset);
		e->to += match.offset;
		match.length -= match.offset;
		match.offset += match.offset;
	}
	memcpy(e->to, source, match.length);
	e->to += match.length;
}

/* Read the third byte of a long match and copy it; false if it is not what was compressed. */
static bool
copy_checked(Expansion *e, Match match)
{
	if (match.length > LONGEST_SHORT)
	{
		if (e->from == e->from_end)
			return false;
		match.length += *e->from++;
	}
	if (match.offset == 0 || match.offset > (size_t) (e->to - e->to_start) ||
		match.length > (size_t) (e->to_end - e->to))
		return false;
	copy_match(e, match);
	return true;
}

/* One item. False if it is not what was compressed. */
static bool
expand_item(Expansion *e)
{
	bool is_match = e->control & 1;

	e->control >>= 1;
	if (!is_match)
	{
		*e->to++ = *e->from++;
		return true;
	}
	if (e->from_end - e->from < 2)
		return false;
	e->from += 2;
	return copy_checked(e, read_match(e->from - 2));
}

/* Is there space for eight items with short matches, to be read and to be written? */
static inline bool
has_space(const Expansion *e)
{
	return e->from_end - e->from >= MOST_TAKEN && e->to_end - e->to >= MOST_WRITTEN;
}

/* Expand the items of a control byte, for which there is space: to their end, or to a long match behind which
 * there is no more. False if they are not what was compressed. */
static inline bool
expand_eight(Expansion *e)
{
	/* In registers, as long as nothing else needs them. */
	const unsigned char *from = e->from;
	unsigned char *to = e->to;
	unsigned control = e->control;

	for (;;)
	{
		unsigned run = (unsigned) __builtin_ctz(control);
		const unsigned char *source;
		Match match;

		memcpy(to, from, 8);
		to += run;
		from += run;
		control >>= run;
		if (control == 1)
			break;
		control >>= 1;
		match = read_match(from);
		from += 2;
		if (match.offset < 8 || match.length > LONGEST_SHORT)
		{
			e->from = from;
			e->to = to;
			e->control = control;
			if (!copy_checked(e, match))
				return false;
			if (!has_space(e))
				return true;
			from = e->from;
			to = e->to;
			continue;
		}
		if (match.offset > (size_t) (to - e->to_start))
			return false;
		source = to - match.offset;
		memcpy(to, source, 8);
		if (match.length > 8)
		{
			memcpy(to + 8, source + 8, 8);
			to[16] = source[16];
		}
		to += match.length;
	}
	e->from = from;
	e->to = to;
	e->control = control;
	return true;
}

bool
pglz_expand(const unsigned char *from, size_t n_from, unsigned char *to, size_t n_to)
{
	Expansion e = {.from = from,
				   .from_end = from + n_from,
				   .to = to,
				   .to_start = to,
				   .to_end = to + n_to,
				   .control = 1};

	while (e.from < e.from_end && e.to < e.to_end)
	{
		if (e.control == 1)
			e.control = *e.from++ | CONTROL_END;
		else if (!expand_item(&e))
			return false;
		while (e.control == 1 && has_space(&e))
		{
			e.control = *e.from++ | CONTROL_END;
			if (!expand_eight(&e))
				return false;
		}
	}
	return e.from == e.from_end && e.to == e.to_end;
}
