/*
 * pglz_test.c
 *		Decompression against a plain decoder that goes item by item, of well-formed and of damaged bytes.
 */
#include "core/base/pglz.h"

#include <string.h>

#include "check.h"
#include "core/base/rng.h"

#define MOST_BYTES 6000
#define N_ROUNDS   4000

/* The format as pglz.h describes it. */
static bool
expand_plain(const unsigned char *from, size_t n_from, unsigned char *to, size_t n_to)
{
	size_t i = 0;
	size_t n = 0;
	unsigned control = 1;

	while (i < n_from && n < n_to)
	{
		size_t length;
		size_t offset;
		bool is_match;

		if (control == 1)
		{
			control = from[i++] | 0x100u;
			continue;
		}
		is_match = control & 1;
		control >>= 1;
		if (!is_match)
		{
			to[n++] = from[i++];
			continue;
		}
		if (n_from - i < 2)
			return false;
		length = (from[i] & 15) + 3;
		offset = (size_t) (from[i] >> 4) * 256 + from[i + 1];
		i += 2;
		if (length == 18)
		{
			if (i == n_from)
				return false;
			length += from[i++];
		}
		if (offset == 0 || offset > n || length > n_to - n)
			return false;
		for (size_t k = 0; k < length; k++, n++)
			to[n] = to[n - offset];
	}
	return i == n_from && n == n_to;
}

/* Write random items, matches in `percent` of a hundred from at most `farthest` before; returns the bytes, and
 * *n_to = the bytes they stand for. */
static size_t
write_items(Rng *rng, size_t n_items, unsigned percent, size_t farthest, unsigned char *out,
			size_t *n_to)
{
	unsigned char *control = out;
	size_t n = 0;
	size_t written = 0;

	for (size_t item = 0; item < n_items && n < MOST_BYTES - 16 && written < MOST_BYTES - 300;
		 item++)
	{
		size_t most = written < farthest ? written : farthest;

		if (item % 8 == 0)
		{
			control = out + n++;
			*control = 0;
		}
		if (written > 0 && rng_u64(rng) % 100 < percent)
		{
			size_t offset = rng_u64(rng) % most + 1;
			unsigned length = rng_u64(rng) % 8 == 0 ? 3 + (unsigned) (rng_u64(rng) % 271)
													: 3 + (unsigned) (rng_u64(rng) % 16);

			*control |= (unsigned char) (1u << item % 8);
			out[n++] = (unsigned char) ((offset >> 8) << 4 | (length >= 18 ? 15 : length - 3));
			out[n++] = (unsigned char) (offset & 255);
			if (length >= 18)
				out[n++] = (unsigned char) (length - 18);
			written += length;
		}
		else
		{
			out[n++] = (unsigned char) rng_u64(rng);
			written++;
		}
	}
	*n_to = written;
	return n;
}

/* Do both decoders say the same? In blocks of exactly this size, so that a sanitizer sees what is beyond. */
static bool
decoders_agree(const unsigned char *items, size_t n, size_t n_to, bool *is_whole)
{
	unsigned char *from = malloc(n + 1);
	unsigned char *to = malloc(n_to + 1);
	unsigned char *want = malloc(n_to + 1);
	unsigned char *exact_from = from + 1;
	unsigned char *exact_to = to + 1;
	bool agree;

	memcpy(exact_from, items, n);
	to[0] = 77;
	*is_whole = expand_plain(exact_from, n, want, n_to);
	agree = pglz_expand(exact_from, n, exact_to, n_to) == *is_whole && to[0] == 77;
	if (*is_whole)
		agree = agree && memcmp(exact_to, want, n_to) == 0;
	free(from);
	free(to);
	free(want);
	return agree;
}

/* "abcabcabca!" by hand: three literals, a match of 7 from 3 before, a literal. */
static void
test_by_hand(void)
{
	static const unsigned char items[] = {0x08, 'a', 'b', 'c', 0x04, 3, '!'};
	unsigned char out[11];

	check(pglz_expand(items, sizeof(items), out, 11) && memcmp(out, "abcabcabca!", 11) == 0,
		  "a match that overlaps what it writes repeats");
	check(!pglz_expand(items, sizeof(items), out, 10), "bytes that are left over are an error");
	check(!pglz_expand(items, sizeof(items) - 1, out, 11), "bytes that are missing are an error");
	check(!pglz_expand(items, 5, out, 11), "a match that is cut short is an error");
	check(pglz_expand(items, 0, out, 0), "nothing is nothing");
}

static void
test_bad_offsets(void)
{
	static const unsigned char before[] = {0x02, 'a', 0x01, 2};
	static const unsigned char zero[] = {0x02, 'a', 0x01, 0};
	unsigned char out[5];

	check(!pglz_expand(before, sizeof(before), out, 5),
		  "a match that begins before all is an error");
	check(!pglz_expand(zero, sizeof(zero), out, 5), "a match from nowhere is an error");
}

static void
test_random(void)
{
	static const size_t farthest[] = {1, 7, 8, 9, 40, 4095};
	unsigned char items[MOST_BYTES + 300];
	bool whole = true;
	bool damaged = true;
	size_t n_refused = 0;
	Rng rng;

	rng_seed(&rng, 1, RNG_STREAM_TEST);
	for (int round = 0; round < N_ROUNDS; round++)
	{
		size_t n_to;
		size_t n = write_items(&rng, rng_u64(&rng) % 1500, (unsigned) (rng_u64(&rng) % 101),
							   farthest[rng_u64(&rng) % 6], items, &n_to);
		bool is_whole;

		whole = whole && decoders_agree(items, n, n_to, &is_whole) && is_whole;
		if (n == 0)
			continue;
		damaged = damaged && decoders_agree(items, rng_u64(&rng) % n, n_to, &is_whole);
		damaged = damaged && decoders_agree(items, n, n_to - 1, &is_whole);
		for (int i = 0; i < 3; i++)
			items[rng_u64(&rng) % n] = (unsigned char) rng_u64(&rng);
		damaged = damaged && decoders_agree(items, n, n_to, &is_whole);
		n_refused += !is_whole;
	}
	check(whole, "random items give what a plain decoder gives");
	check(damaged, "damaged bytes are refused where a plain decoder refuses them");
	check(n_refused > N_ROUNDS / 4, "many damaged bytes are refused");
}

int
main(void)
{
	test_by_hand();
	test_bad_offsets();
	test_random();
	return check_done();
}
