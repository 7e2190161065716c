/*
 * kde2d_state.c
 *		The type kde2d_state: expanded in memory, flat in rows, as text and as bytes.
 *
 * Flat: varlena header, version, parameters, the fingerprint of the points, then these as pairs of doubles. The
 * bytes of recv and the text are hostile and checked completely; a flat value met later is checked as far as
 * memory safety needs it, which is its size.
 *
 * The fingerprint is made with the value, and is not sent or shown. It spares a query that asks about the same
 * points in each of its rows a look at all of them to see that they are the same.
 *
 * Text: grid size, bandwidth, four ends of the axes ("-" for an open one), and the points:
 *		200 scott - - 0 10 (1,2) (3.5,-4)
 *
 * An expanded object lives in a context of its own below the aggregate's, holds its points in one
 * block that doubles, and is charged against synthdq.max_memory.
 */
#include "pg/kde2d_state.h"

#include "common/hashfn.h"
#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/expandeddatum.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "core/base/constants.h"
#include "pg/compat.h"
#include "pg/density_arguments.h"
#include "pg/errors.h"
#include "pg/settings.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define KDE2D_STATE_NAME    "kde2d_state"
#define KDE2D_STATE_VERSION 1
#define EXPANDED_MAGIC      0x6b646532 /* "kde2" */

#define FIRST_CAPACITY 16

/* More could not be counted exactly; also what a sample in one dimension holds. */
#define MAX_POINTS ((size_t) 1 << 31)

/* Points between two looks for interrupts in text and binary input and output. */
#define INTERRUPT_INTERVAL 4096

/* The parameters as they lie in a flat value: no padding, compared byte for byte. An open end of an
 * axis is NaN, always the same one. */
typedef struct Kde2dParameters
{
	int32 grid_size;
	int32 rule;
	float8 bandwidth;
	float8 x_lo;
	float8 x_hi;
	float8 y_lo;
	float8 y_hi;
} Kde2dParameters;

typedef struct FlatKde2dState
{
	int32 vl_len_;
	uint32 version;
	Kde2dParameters parameters;
	int64 n;
	uint64 fingerprint;
	Point2d points[FLEXIBLE_ARRAY_MEMBER];
} FlatKde2dState;

struct Kde2dState
{
	ExpandedObjectHeader header;
	uint32 magic;
	Kde2dParameters parameters;
	size_t n;
	size_t capacity;
	Point2d *points; /* [capacity], in the object's context; NULL while capacity = 0 */
};

StaticAssertDecl(offsetof(FlatKde2dState, points) == 72, "the flat state has no padding");

PG_FUNCTION_INFO_V1(synthdq_kde2d_state_in);
PG_FUNCTION_INFO_V1(synthdq_kde2d_state_out);
PG_FUNCTION_INFO_V1(synthdq_kde2d_state_recv);
PG_FUNCTION_INFO_V1(synthdq_kde2d_state_send);
PG_FUNCTION_INFO_V1(synthdq_kde2d_state_combine);

static Size kde2d_state_flat_size(ExpandedObjectHeader *header);
static void kde2d_state_flatten(ExpandedObjectHeader *header, void *result, Size size);

static const ExpandedObjectMethods kde2d_state_methods = {
	.get_flat_size = kde2d_state_flat_size,
	.flatten_into = kde2d_state_flatten,
};

/* Parameters and options say the same. */
static Kde2dParameters
parameters_from_options(const Kde2dOptions *options)
{
	return (Kde2dParameters){.grid_size = (int32) options->grid_size,
							 .rule = (int32) options->bandwidth.rule,
							 .bandwidth = options->bandwidth.value,
							 .x_lo = options->x_range.lo,
							 .x_hi = options->x_range.hi,
							 .y_lo = options->y_range.lo,
							 .y_hi = options->y_range.hi};
}

static Kde2dOptions
options_from_parameters(const Kde2dParameters *parameters)
{
	return (Kde2dOptions){
		.grid_size = (size_t) parameters->grid_size,
		.bandwidth = {.rule = (BandwidthRule) parameters->rule, .value = parameters->bandwidth},
		.x_range = {.lo = parameters->x_lo, .hi = parameters->x_hi},
		.y_range = {.lo = parameters->y_lo, .hi = parameters->y_hi}};
}

/* Could these parameters stem from the transition functions? */
static bool
are_valid_parameters(const Kde2dParameters *parameters)
{
	Kde2dOptions options = options_from_parameters(parameters);

	return is_valid_grid_size(parameters->grid_size) && is_valid_bandwidth(&options.bandwidth) &&
		   is_valid_range(&options.x_range) && is_valid_range(&options.y_range);
}

static void
check_same_parameters(const Kde2dParameters *a, const Kde2dParameters *b)
{
	if (memcmp(a, b, sizeof(*a)) != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("parameters of %s must be the same for all rows", KDE2D_STATE_NAME),
						errhint("Pass constants, or group by the columns they come from.")));
}

/* The size of a flat state of n points; an error if no value may be that large. */
static size_t
flat_size(size_t n)
{
	size_t payload;

	if (!checked_multiply(n, sizeof(Point2d), &payload) ||
		payload > MaxAllocSize - offsetof(FlatKde2dState, points))
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("%s of %zu points exceeds the maximum size of a value",
							   KDE2D_STATE_NAME, n),
						errhint("Set max_parallel_workers_per_gather to 0, or pass fewer rows.")));
	return offsetof(FlatKde2dState, points) + payload;
}

static Size
kde2d_state_flat_size(ExpandedObjectHeader *header)
{
	return flat_size(((Kde2dState *) header)->n);
}

/* Write a flat state of n points, the points not yet filled. */
static void
flat_state_init(FlatKde2dState *flat, const Kde2dParameters *parameters, size_t n)
{
	SET_VARSIZE(flat, flat_size(n));
	flat->version = KDE2D_STATE_VERSION;
	flat->parameters = *parameters;
	flat->n = (int64) n;
}

/* Fold a number into a hash. For a given number it is a bijection, so that a difference stays one. */
static inline uint64
mix(uint64 hash, double value)
{
	uint64 bits;

	memcpy(&bits, &value, sizeof(bits));
	hash = (hash ^ bits) * GOLDEN_64;
	return (hash << 29) | (hash >> 35);
}

/* A hash of points in their order: x and y apart, so that neither waits for the other. */
static uint64
fingerprint(const Point2d *points, size_t n)
{
	uint64 hash_x = n;
	uint64 hash_y = ~hash_x;

	for (size_t i = 0; i < n; i++)
	{
		if (i % INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
		hash_x = mix(hash_x, points[i].x);
		hash_y = mix(hash_y, points[i].y);
	}
	return hash_combine64(hash_x, hash_y);
}

/* memcpy() for points, of which there may be a gigabyte. */
static void
copy_points(Point2d *to, const Point2d *from, size_t n)
{
	for (size_t i = 0; i < n; i += INTERRUPT_INTERVAL)
	{
		CHECK_FOR_INTERRUPTS();
		memcpy(to + i, from + i, Min(n - i, INTERRUPT_INTERVAL) * sizeof(Point2d));
	}
}

/* A new flat state of n points, the points not yet filled. */
static FlatKde2dState *
flat_state_create(const Kde2dParameters *parameters, size_t n)
{
	FlatKde2dState *flat = palloc(flat_size(n));

	flat_state_init(flat, parameters, n);
	return flat;
}

/* A flat state whose points have been filled. */
static FlatKde2dState *
flat_state_seal(FlatKde2dState *flat)
{
	flat->fingerprint = fingerprint(flat->points, (size_t) flat->n);
	return flat;
}

static void
kde2d_state_flatten(ExpandedObjectHeader *header, void *result, Size size)
{
	Kde2dState *state = (Kde2dState *) header;
	FlatKde2dState *flat = result;

	Assert(size == flat_size(state->n));
	flat_state_init(flat, &state->parameters, state->n);
	copy_points(flat->points, state->points, state->n);
	flat_state_seal(flat);
}

/* A new object in a context below the aggregate's, or below the current one. */
static Kde2dState *
kde2d_state_create(FunctionCallInfo fcinfo, const Kde2dParameters *parameters)
{
	MemoryContext parent;
	MemoryContext context;
	Kde2dState *state;

	if (!AggCheckCallContext(fcinfo, &parent))
		parent = CurrentMemoryContext;
	context = AllocSetContextCreate(parent, KDE2D_STATE_NAME, ALLOCSET_SMALL_SIZES);
	state = MemoryContextAllocZero(context, sizeof(Kde2dState));
	EOH_init_header(&state->header, &kde2d_state_methods, context);
	state->magic = EXPANDED_MAGIC;
	state->parameters = *parameters;
	return state;
}

/* Is this Datum an expanded object of ours? */
static bool
is_expanded_state(Datum value)
{
	return VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)) &&
		   DatumGetEOHP(value)->eoh_methods == &kde2d_state_methods;
}

/* Make room for n points; an error leaves the state as it is. */
static void
kde2d_state_reserve(Kde2dState *state, size_t n)
{
	size_t allowed = settings_max_memory() / sizeof(Point2d);
	size_t capacity = Max(FIRST_CAPACITY, 2 * state->capacity);

	if (n <= state->capacity)
		return;
	if (n > MAX_POINTS)
		check_status(sdq_error(SDQ_TOO_LARGE, (double) n, (double) MAX_POINTS));
	if (n > allowed)
		check_status(sdq_error(SDQ_OVER_LIMIT, (double) n * sizeof(Point2d),
							   (double) settings_max_memory()));
	capacity = Min(Max(capacity, n), allowed);
	if (state->points == NULL)
		state->points =
			MemoryContextAllocHuge(state->header.eoh_context, capacity * sizeof(Point2d));
	else
		state->points = repalloc_huge(state->points, capacity * sizeof(Point2d));
	state->capacity = capacity;
}

/* Add points[n], which may be the state's own. */
static void
kde2d_state_append(Kde2dState *state, const Point2d *points, size_t n)
{
	bool is_itself = points == state->points;

	if (n == 0)
		return;
	kde2d_state_reserve(state, state->n + n);
	if (is_itself)
		points = state->points;
	copy_points(state->points + state->n, points, n);
	state->n += n;
}

/* The flat form of a value that is not expanded. */
static const FlatKde2dState *
open_flat(Datum value)
{
	const FlatKde2dState *flat = (const FlatKde2dState *) PG_DETOAST_DATUM(value);
	size_t size = VARSIZE(flat);

	if (size < offsetof(FlatKde2dState, points) || flat->version != KDE2D_STATE_VERSION ||
		flat->n < 0 ||
		(uint64) flat->n != (size - offsetof(FlatKde2dState, points)) / sizeof(Point2d) ||
		!are_valid_parameters(&flat->parameters))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("stored %s is damaged", KDE2D_STATE_NAME)));
	return flat;
}

/* Parameters and points of a value in any shape. */
static size_t
open_state(Datum value, const Point2d **points, Kde2dParameters *parameters)
{
	const FlatKde2dState *flat;

	if (is_expanded_state(value))
	{
		Kde2dState *state = (Kde2dState *) DatumGetEOHP(value);

		Assert(state->magic == EXPANDED_MAGIC);
		*points = state->points;
		*parameters = state->parameters;
		return state->n;
	}
	flat = open_flat(value);
	*points = flat->points;
	*parameters = flat->parameters;
	return (size_t) flat->n;
}

size_t
kde2d_state_open(Datum value, const Point2d **points, Kde2dOptions *options)
{
	Kde2dParameters parameters;
	size_t n = open_state(value, points, &parameters);

	*options = options_from_parameters(&parameters);
	return n;
}

uint64
kde2d_state_fingerprint(Datum value)
{
	if (is_expanded_state(value))
	{
		const Kde2dState *state = (const Kde2dState *) DatumGetEOHP(value);

		return fingerprint(state->points, state->n);
	}
	return open_flat(value)->fingerprint;
}

/* Argument 0 as an object that may be changed, with the given parameters; it must not be NULL. */
static Kde2dState *
own_state(FunctionCallInfo fcinfo, const Kde2dParameters *expected)
{
	Datum value = PG_GETARG_DATUM(0);
	Kde2dParameters parameters;
	const Point2d *points;
	size_t n = open_state(value, &points, &parameters);
	Kde2dState *state;

	check_same_parameters(&parameters, expected);
	if (is_expanded_state(value) && VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(value)))
		return (Kde2dState *) DatumGetEOHP(value);
	state = kde2d_state_create(fcinfo, &parameters);
	kde2d_state_append(state, points, n);
	return state;
}

Kde2dState *
kde2d_state_for_update(FunctionCallInfo fcinfo, const Kde2dOptions *options)
{
	Kde2dParameters parameters = parameters_from_options(options);

	if (PG_ARGISNULL(0))
		return kde2d_state_create(fcinfo, &parameters);
	return own_state(fcinfo, &parameters);
}

void
kde2d_state_add(Kde2dState *state, double x, double y)
{
	Point2d point = {.x = x + 0.0, .y = y + 0.0}; /* 0 for -0 */

	kde2d_state_append(state, &point, 1);
}

Datum
kde2d_state_datum(Kde2dState *state)
{
	return EOHPGetRWDatum(&state->header);
}

Datum
kde2d_state_of_set(const PointSet *set, size_t n, const Kde2dOptions *options)
{
	Kde2dParameters parameters = parameters_from_options(options);
	FlatKde2dState *flat = flat_state_create(&parameters, n);
	size_t filled = 0;

	for (size_t i = 0; i < set->n; i++)
	{
		if (i % INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
		for (double left = set->weights[i]; left > 0 && filled < n; left--)
			flat->points[filled++] = (Point2d){.x = set->x[i], .y = set->y[i]};
	}
	return PointerGetDatum(flat_state_seal(flat));
}

/*
 * kde2d_state_combine(kde2d_state, kde2d_state)
 *		The union of two states, in all four cases of NULL.
 */
Datum
synthdq_kde2d_state_combine(PG_FUNCTION_ARGS)
{
	Kde2dParameters parameters;
	const Point2d *points;
	Kde2dState *state;
	size_t n;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	n = open_state(PG_GETARG_DATUM(1), &points, &parameters);
	state =
		PG_ARGISNULL(0) ? kde2d_state_create(fcinfo, &parameters) : own_state(fcinfo, &parameters);
	kde2d_state_append(state, points, n);
	PG_RETURN_DATUM(kde2d_state_datum(state));
}

/* Append a number that reads back as the same double. */
static void
append_double(StringInfo out, double value)
{
	char buffer[DOUBLE_SHORTEST_DECIMAL_LEN];

	double_to_shortest_decimal_buf(value, buffer);
	appendStringInfoString(out, buffer);
}

/* Append one end of an axis. */
static void
append_end(StringInfo out, double end)
{
	appendStringInfoChar(out, ' ');
	if (isnan(end))
		appendStringInfoChar(out, '-');
	else
		append_double(out, end);
}

/*
 * kde2d_state_out(kde2d_state)
 *		The text form described at the head of this file.
 */
Datum
synthdq_kde2d_state_out(PG_FUNCTION_ARGS)
{
	Kde2dParameters parameters;
	const Point2d *points;
	size_t n = open_state(PG_GETARG_DATUM(0), &points, &parameters);
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "%d ", parameters.grid_size);
	switch ((BandwidthRule) parameters.rule)
	{
		case BANDWIDTH_SCOTT: appendStringInfoString(&out, "scott"); break;
		case BANDWIDTH_SILVERMAN: appendStringInfoString(&out, "silverman"); break;
		case BANDWIDTH_NUMBER: append_double(&out, parameters.bandwidth); break;
		case BANDWIDTH_ISJ: break; /* refused for points */
	}
	append_end(&out, parameters.x_lo);
	append_end(&out, parameters.x_hi);
	append_end(&out, parameters.y_lo);
	append_end(&out, parameters.y_hi);
	for (size_t i = 0; i < n; i++)
	{
		if (i % INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&out, " (");
		append_double(&out, points[i].x);
		appendStringInfoChar(&out, ',');
		append_double(&out, points[i].y);
		appendStringInfoChar(&out, ')');
	}
	PG_RETURN_CSTRING(out.data);
}

/* A text being read. The first fault stays; whatever is read after it means nothing. */
typedef struct TextReader
{
	const char *text;
	const char *at;
	const char *fault; /* where the text stops to make sense; NULL while it does */
} TextReader;

static void
note_fault(TextReader *reader)
{
	if (reader->fault == NULL)
		reader->fault = reader->at;
}

static void
skip_spaces(TextReader *reader)
{
	reader->at += strspn(reader->at, " \t\n\r");
}

/* Read one character, after spaces. */
static void
read_char(TextReader *reader, char expected)
{
	skip_spaces(reader);
	if (*reader->at == expected)
		reader->at++;
	else
		note_fault(reader);
}

/* Read a word if it stands here, after spaces. */
static bool
read_word(TextReader *reader, const char *word)
{
	size_t length = strlen(word);

	skip_spaces(reader);
	if (strncmp(reader->at, word, length) != 0)
		return false;
	reader->at += length;
	return true;
}

/* Read a number, after spaces; NaN is none, and 0 stands for -0. */
static double
read_double(TextReader *reader)
{
	char *end;
	double value;

	skip_spaces(reader);
	errno = 0;
	value = strtod(reader->at, &end);
	/* A subnormal result sets errno as well. */
	if (end == reader->at || isnan(value) || (errno == ERANGE && isinf(value)))
	{
		note_fault(reader);
		return 0;
	}
	reader->at = end;
	return value + 0.0;
}

/* Read one end of an axis. */
static double
read_end(TextReader *reader)
{
	skip_spaces(reader);
	if (reader->at[0] == '-' && (reader->at[1] == ' ' || reader->at[1] == '\0'))
	{
		reader->at++;
		return get_float8_nan();
	}
	return read_double(reader);
}

static Kde2dParameters
read_parameters(TextReader *reader)
{
	Kde2dParameters parameters = {0};
	double grid_size = read_double(reader);

	/* Anything that is no valid size becomes one that is refused later. */
	if (grid_size >= GRID_MIN_SIZE && grid_size <= GRID_MAX_SIZE && grid_size == (int32) grid_size)
		parameters.grid_size = (int32) grid_size;
	if (read_word(reader, "scott"))
		parameters.rule = BANDWIDTH_SCOTT;
	else if (read_word(reader, "silverman"))
		parameters.rule = BANDWIDTH_SILVERMAN;
	else
	{
		parameters.rule = BANDWIDTH_NUMBER;
		parameters.bandwidth = read_double(reader);
	}
	parameters.x_lo = read_end(reader);
	parameters.x_hi = read_end(reader);
	parameters.y_lo = read_end(reader);
	parameters.y_hi = read_end(reader);
	return parameters;
}

/* Read points[n], and nothing may follow. */
static void
read_points(TextReader *reader, Point2d *points, size_t n)
{
	for (size_t i = 0; i < n && reader->fault == NULL; i++)
	{
		if (i % INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
		read_char(reader, '(');
		points[i].x = read_double(reader);
		read_char(reader, ',');
		points[i].y = read_double(reader);
		read_char(reader, ')');
	}
	skip_spaces(reader);
	if (*reader->at != '\0')
		note_fault(reader);
}

/*
 * kde2d_state_in(cstring)
 *		Reads the text form.
 */
Datum
synthdq_kde2d_state_in(PG_FUNCTION_ARGS)
{
	TextReader reader = {.text = PG_GETARG_CSTRING(0)};
	Kde2dParameters parameters;
	FlatKde2dState *flat;
	size_t n = 0;

	reader.at = reader.text;
	parameters = read_parameters(&reader);
	/* Each point opens one parenthesis, so this bounds their number. */
	for (const char *c = reader.at; *c != '\0'; c++)
		n += *c == '(';
	flat = flat_state_create(&parameters, n);
	read_points(&reader, flat->points, n);
	if (reader.fault != NULL)
		compat_ereturn(fcinfo, (Datum) 0,
					   (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
						errmsg("invalid input syntax for type %s", KDE2D_STATE_NAME),
						errdetail("Unexpected text at character %d.",
								  (int) (reader.fault - reader.text) + 1)));
	if (!are_valid_parameters(&parameters))
		compat_ereturn(fcinfo, (Datum) 0,
					   (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
						errmsg("invalid input syntax for type %s", KDE2D_STATE_NAME),
						errdetail("Grid size, bandwidth or range is out of bounds.")));
	PG_RETURN_POINTER(flat_state_seal(flat));
}

/*
 * kde2d_state_send(kde2d_state)
 *		Version, parameters, number of points, points; all in network order.
 */
Datum
synthdq_kde2d_state_send(PG_FUNCTION_ARGS)
{
	Kde2dParameters parameters;
	const Point2d *points;
	size_t n = open_state(PG_GETARG_DATUM(0), &points, &parameters);
	StringInfoData out;

	pq_begintypsend(&out);
	pq_sendint32(&out, KDE2D_STATE_VERSION);
	pq_sendint32(&out, parameters.grid_size);
	pq_sendint32(&out, parameters.rule);
	pq_sendfloat8(&out, parameters.bandwidth);
	pq_sendfloat8(&out, parameters.x_lo);
	pq_sendfloat8(&out, parameters.x_hi);
	pq_sendfloat8(&out, parameters.y_lo);
	pq_sendfloat8(&out, parameters.y_hi);
	pq_sendint64(&out, (int64) n);
	for (size_t i = 0; i < n; i++)
	{
		if (i % INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
		pq_sendfloat8(&out, points[i].x);
		pq_sendfloat8(&out, points[i].y);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&out));
}

/* Refuse received bytes; does not return. */
static _Noreturn void
bad_bytes(const char *detail)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
					errmsg("invalid binary value for type %s", KDE2D_STATE_NAME),
					errdetail("%s", detail)));
}

/* One end of an axis: any NaN is the one that stands for an open end. */
static double
receive_end(StringInfo in)
{
	double end = pq_getmsgfloat8(in);

	return isnan(end) ? get_float8_nan() : end + 0.0;
}

static double
receive_coordinate(StringInfo in)
{
	double value = pq_getmsgfloat8(in);

	if (isnan(value))
		bad_bytes("A coordinate is NaN.");
	return value + 0.0;
}

/*
 * kde2d_state_recv(internal)
 *		Reads what send wrote, and believes none of it.
 */
Datum
synthdq_kde2d_state_recv(PG_FUNCTION_ARGS)
{
	StringInfo in = (StringInfo) PG_GETARG_POINTER(0);
	Kde2dParameters parameters = {0};
	FlatKde2dState *flat;
	int64 n;

	if (pq_getmsgint(in, 4) != KDE2D_STATE_VERSION)
		bad_bytes("The version is unknown.");
	parameters.grid_size = (int32) pq_getmsgint(in, 4);
	parameters.rule = (int32) pq_getmsgint(in, 4);
	parameters.bandwidth = pq_getmsgfloat8(in) + 0.0;
	parameters.x_lo = receive_end(in);
	parameters.x_hi = receive_end(in);
	parameters.y_lo = receive_end(in);
	parameters.y_hi = receive_end(in);
	if (!are_valid_parameters(&parameters))
		bad_bytes("Grid size, bandwidth or range is out of bounds.");
	n = pq_getmsgint64(in);
	/* Compared without a product, so that no count can overflow it. */
	if (n < 0 || (in->len - in->cursor) % (int) sizeof(Point2d) != 0 ||
		n != (in->len - in->cursor) / (int) sizeof(Point2d))
		bad_bytes("The number of points does not fit the length.");

	flat = flat_state_create(&parameters, (size_t) n);
	for (int64 i = 0; i < n; i++)
	{
		if (i % INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
		flat->points[i].x = receive_coordinate(in);
		flat->points[i].y = receive_coordinate(in);
	}
	pq_getmsgend(in);
	PG_RETURN_POINTER(flat_state_seal(flat));
}
