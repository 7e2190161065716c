/*
 * covariance_codec.c
 *		The flat form of a covariance.
 */
#include "core/matrix/covariance_codec.h"

#include <string.h>

#define CONTAINER_BYTES   4
#define LIST_HEADER_BYTES ((size_t) 2)

__extension__ typedef unsigned __int128 UnsignedInt128;

/* The largest magnitude of a digit. */
#define MAX_DIGIT (((int64_t) 1 << DIGIT_BITS) - 1)

/* ---------- integers in bytes ---------- */

static void
put_integer(unsigned char *to, uint64_t value, size_t width)
{
	for (size_t k = 0; k < width; k++)
		to[k] = (unsigned char) (value >> (8 * k));
}

static uint64_t
get_integer(const unsigned char *from, size_t width)
{
	uint64_t value = 0;

	for (size_t k = 0; k < width; k++)
		value |= (uint64_t) from[k] << (8 * k);
	return value;
}

/* What a list needs, found out integer by integer. */
typedef struct ListNeeds
{
	UnsignedInt128 ones;    /* bits that are set in any of them */
	UnsignedInt128 changes; /* the same, of x or of ~x for x < 0: bits that differ from the sign */
} ListNeeds;

static inline void
list_note(ListNeeds *needs, Int128 value)
{
	needs->ones |= (UnsignedInt128) value;
	needs->changes |= (UnsignedInt128) (value < 0 ? ~value : value);
}

/* Shift and width of such a list. */
static void
list_shape(const ListNeeds *needs, IntegerList *list)
{
	unsigned bits = 1; /* the sign */

	list->shift = 0;
	list->width = 0;
	if (needs->ones == 0)
		return;
	while (((needs->ones >> list->shift) & 1) == 0)
		list->shift++;
	for (UnsignedInt128 rest = needs->changes >> list->shift; rest != 0; rest >>= 1)
		bits++;
	list->width = (uint8_t) ((bits + 7) / 8);
}

Int128
integer_list_get(const IntegerList *list, size_t i)
{
	const unsigned char *from = list->bytes + i * list->width;
	size_t width = list->width;
	UnsignedInt128 value;

	if (width == 0)
		return 0;
	value = get_integer(from, width < 8 ? width : 8);
	if (width > 8)
		value |= (UnsignedInt128) get_integer(from + 8, width - 8) << 64;
	/* Extend the sign. */
	if (from[width - 1] & 0x80 && width < sizeof(value))
		value |= ~(UnsignedInt128) 0 << (8 * width);
	return (Int128) (value << list->shift);
}

/* Write an integer of a list. */
static void
list_put(const IntegerList *list, unsigned char *to, Int128 value)
{
	size_t width = list->width;

	value >>= list->shift;
	put_integer(to, (uint64_t) value, width < 8 ? width : 8);
	if (width > 8)
		put_integer(to + 8, (uint64_t) (value >> 64), width - 8);
}

/* The integers of the list for digits a and b. */
static size_t
count_products(size_t d, int a, int b)
{
	return a == b ? d * (d + 1) / 2 : d * d;
}

/* ---------- writing ---------- */

SdqStatus
covariance_measure(const Covariance *covariance, Stop *stop, CovarianceLayout *layout)
{
	size_t d = covariance->d;

	*layout = (CovarianceLayout){.bytes = COVARIANCE_FLAT_HEADER + 1 + d};
	for (int a = 0; a < DIGIT_SLOTS; a++)
	{
		ListNeeds needs = {0, 0};

		/* A digit that moved away has sums, all of them 0. */
		for (size_t j = 0; j < d && !layout->present[a]; j++)
			layout->present[a] = covariance_product(covariance, a, a, j, j) != 0;
		if (!layout->present[a])
			continue;
		for (size_t j = 0; j < d; j++)
			list_note(&needs, covariance->sums[a][j]);
		layout->sums[a].n = d;
		list_shape(&needs, &layout->sums[a]);
		layout->bytes += LIST_HEADER_BYTES + d * layout->sums[a].width;
	}
	for (int a = 0; a < DIGIT_SLOTS; a++)
		for (int b = a; b < DIGIT_SLOTS; b++)
		{
			IntegerList *list = &layout->products[a][b];
			ListNeeds needs = {0, 0};

			if (!layout->present[a] || !layout->present[b])
				continue;
			for (size_t i = 0; i < d; i++)
			{
				for (size_t j = a == b ? i : 0; j < d; j++)
					list_note(&needs, covariance_product(covariance, a, b, i, j));
				if (stop_poll(stop))
					return sdq_error(SDQ_INTERRUPTED, 0, 0);
			}
			list->n = count_products(d, a, b);
			list_shape(&needs, list);
			/* At most 2^28 integers of 16 bytes, six times. */
			layout->bytes += LIST_HEADER_BYTES + list->n * list->width;
		}
	return sdq_ok();
}

/* Begin a list at *to. */
static void
put_list_header(const IntegerList *list, unsigned char **to)
{
	*(*to)++ = list->shift;
	*(*to)++ = list->width;
}

void
covariance_write_header(void *flat, uint32_t d, uint64_t n)
{
	unsigned char *to = (unsigned char *) flat + CONTAINER_BYTES;

	/* The version and three bytes of 0. */
	put_integer(to, COVARIANCE_FLAT_VERSION, 4);
	put_integer(to + 4, d, 4);
	put_integer(to + 8, n, 8);
}

SdqStatus
covariance_write(const Covariance *covariance, const CovarianceLayout *layout, Stop *stop,
				 void *flat)
{
	unsigned char *to = (unsigned char *) flat + COVARIANCE_FLAT_HEADER;
	size_t d = covariance->d;
	unsigned mask = 0;

	covariance_write_header(flat, (uint32_t) d, covariance->n);
	for (int a = 0; a < DIGIT_SLOTS; a++)
		mask |= (unsigned) layout->present[a] << a;
	*to++ = (unsigned char) mask;
	memcpy(to, covariance->planes, d);
	to += d;
	for (int a = 0; a < DIGIT_SLOTS; a++)
	{
		const IntegerList *list = &layout->sums[a];

		if (!layout->present[a])
			continue;
		put_list_header(list, &to);
		for (size_t j = 0; j < d; j++, to += list->width)
			list_put(list, to, covariance->sums[a][j]);
	}
	for (int a = 0; a < DIGIT_SLOTS; a++)
		for (int b = a; b < DIGIT_SLOTS; b++)
		{
			const IntegerList *list = &layout->products[a][b];

			if (!layout->present[a] || !layout->present[b])
				continue;
			put_list_header(list, &to);
			for (size_t i = 0; i < d; i++)
			{
				for (size_t j = a == b ? i : 0; j < d; j++, to += list->width)
					list_put(list, to, covariance_product(covariance, a, b, i, j));
				if (stop_poll(stop))
					return sdq_error(SDQ_INTERRUPTED, 0, 0);
			}
		}
	return sdq_ok();
}

/* ---------- reading ---------- */

/* Bytes that are being read. */
typedef struct FlatReader
{
	const unsigned char *at;
	size_t left;
} FlatReader;

static SdqStatus
bad_flat(CovarianceFault fault)
{
	return sdq_bad_data(fault, -1, 0, 0);
}

/* Step over a list of n integers whose magnitude is at most `most`; COVARIANCE_BAD_SUMS unless it is in its
 * shortest form. */
static SdqStatus
read_list(FlatReader *reader, size_t n, UnsignedInt128 most, Stop *stop, IntegerList *list)
{
	ListNeeds needs = {0, 0};
	IntegerList shortest = {0};

	if (reader->left < LIST_HEADER_BYTES)
		return bad_flat(COVARIANCE_BAD_SIZE);
	list->shift = reader->at[0];
	list->width = reader->at[1];
	list->n = n;
	list->bytes = reader->at + LIST_HEADER_BYTES;
	reader->left -= LIST_HEADER_BYTES;
	if (list->width * 8 + list->shift > 8 * sizeof(Int128))
		return bad_flat(COVARIANCE_BAD_SUMS);
	/* n is at most 2^28. */
	if (reader->left < n * list->width)
		return bad_flat(COVARIANCE_BAD_SIZE);
	reader->left -= n * list->width;
	reader->at = list->bytes + n * list->width;
	for (size_t i = 0; i < n && list->width > 0; i++)
	{
		Int128 value = integer_list_get(list, i);

		if (value > (Int128) most || value < -(Int128) most)
			return bad_flat(COVARIANCE_BAD_SUMS);
		list_note(&needs, value);
		if (i % COVARIANCE_MAX_COLUMNS == 0 && stop_poll(stop))
			return sdq_error(SDQ_INTERRUPTED, 0, 0);
	}
	list_shape(&needs, &shortest);
	if (shortest.shift != list->shift || shortest.width != list->width)
		return bad_flat(COVARIANCE_BAD_SUMS);
	return sdq_ok();
}

/* Read what stands before the lists. */
static SdqStatus
read_header(FlatReader *reader, CovarianceView *view)
{
	const unsigned char *at = reader->at;
	unsigned mask;

	if (reader->left <= COVARIANCE_FLAT_HEADER)
		return bad_flat(COVARIANCE_BAD_SIZE);
	if (get_integer(at + 4, 4) != COVARIANCE_FLAT_VERSION)
		return sdq_bad_data(COVARIANCE_BAD_VERSION, -1, (double) get_integer(at + 4, 4), 0);
	view->d = get_integer(at + 8, 4);
	view->n = get_integer(at + 12, 8);
	mask = at[COVARIANCE_FLAT_HEADER];
	if (view->d == 0 || view->d > COVARIANCE_MAX_COLUMNS || view->n == 0 ||
		view->n > COVARIANCE_MAX_ROWS || mask >> DIGIT_SLOTS != 0)
		return bad_flat(COVARIANCE_BAD_HEADER);
	reader->at += COVARIANCE_FLAT_HEADER + 1;
	reader->left -= COVARIANCE_FLAT_HEADER + 1;
	if (reader->left < view->d)
		return bad_flat(COVARIANCE_BAD_SIZE);
	view->planes = (const int8_t *) reader->at;
	for (size_t j = 0; j < view->d; j++)
		if (view->planes[j] != COLUMN_OF_ZEROS &&
			(view->planes[j] < LOWEST_PLANE || view->planes[j] > HIGHEST_PLANE))
			return bad_flat(COVARIANCE_BAD_HEADER);
	for (int a = 0; a < DIGIT_SLOTS; a++)
		view->present[a] = mask >> a & 1;
	reader->at += view->d;
	reader->left -= view->d;
	return sdq_ok();
}

/* Do the sums of squares say that exactly the digits are there which the header names, and that the
 * highest digit of each column is not 0? */
static bool
are_squares_sound(const CovarianceView *view)
{
	for (int a = 0; a < DIGIT_SLOTS; a++)
	{
		bool is_zero = true;
		size_t place = 0;

		for (size_t j = 0; j < view->d; place += view->d - j, j++)
		{
			Int128 square = view->present[a] ? integer_list_get(&view->products[a][a], place) : 0;

			if (square < 0 || (a == 0 && (square == 0) != (view->planes[j] == COLUMN_OF_ZEROS)) ||
				(square != 0 && view->planes[j] == COLUMN_OF_ZEROS))
				return false;
			is_zero = is_zero && square == 0;
		}
		if (view->present[a] && is_zero)
			return false;
	}
	return true;
}

SdqStatus
covariance_open(const void *flat, size_t n_bytes, Stop *stop, CovarianceView *view)
{
	FlatReader reader = {.at = flat, .left = n_bytes};
	SdqStatus status;
	UnsignedInt128 most;

	*view = (CovarianceView){0};
	status = read_header(&reader, view);
	most = (UnsignedInt128) view->n * MAX_DIGIT;
	for (int a = 0; a < DIGIT_SLOTS && !sdq_failed(status); a++)
		if (view->present[a])
			status = read_list(&reader, view->d, most, stop, &view->sums[a]);
	for (int a = 0; a < DIGIT_SLOTS; a++)
		for (int b = a; b < DIGIT_SLOTS && !sdq_failed(status); b++)
			if (view->present[a] && view->present[b])
				status = read_list(&reader, count_products(view->d, a, b), most * MAX_DIGIT, stop,
								   &view->products[a][b]);
	if (sdq_failed(status))
		return status;
	if (reader.left != 0)
		return bad_flat(COVARIANCE_BAD_SIZE);
	return are_squares_sound(view) ? sdq_ok() : bad_flat(COVARIANCE_BAD_SUMS);
}

uint64_t
covariance_view_bound(const CovarianceView *view)
{
	unsigned bits = 0;

	for (int a = 0; a < DIGIT_SLOTS; a++)
		for (int b = a; b < DIGIT_SLOTS; b++)
		{
			const IntegerList *list = &view->products[a][b];
			unsigned needed = list->shift + 8 * list->width;

			if (needed > bits)
				bits = needed;
		}
	return bits > 64 ? UINT64_MAX : bits == 0 ? 0 : (uint64_t) 1 << (bits - 1);
}
