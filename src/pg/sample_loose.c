/*
 * sample_loose.c
 *		Writing and reading the loose form.
 */
#include "pg/sample_loose.h"

#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "nodes/nodes.h"
#include "utils/memutils.h"

#include "core/sample/ecdf_codec.h"
#include "pg/compat.h"
#include "pg/sample_memory.h"

/* The flag in the head. No other is defined. */
#define SAMPLE_LOOSE_FLAG 1

/* So many observations are sorted and encoded as soon as they are sent. */
#define LOOSE_MIN ((uint64) 1 << 16)

/* Values added between two looks at the interrupts. */
#define PIECE ((size_t) 1 << 16)

/* Values copied through the stack at a time. */
#define COPIED_PIECE 1024

/* The head of the form. */
typedef struct LooseHead
{
	int32 length; /* of the varlena */
	uint8 version;
	uint8 n_sides;
	uint8 n_parameters;
	uint8 flags;
} LooseHead;

bool
sample_loose_is_passed_on(FunctionCallInfo fcinfo)
{
	return fcinfo->context != NULL && IsA(fcinfo->context, AggState) &&
		   DO_AGGSPLIT_SKIPFINAL(((AggState *) fcinfo->context)->aggsplit);
}

bool
sample_loose_is_combining(FunctionCallInfo fcinfo)
{
	return fcinfo->context != NULL && IsA(fcinfo->context, AggState) &&
		   DO_AGGSPLIT_COMBINE(((AggState *) fcinfo->context)->aggsplit);
}

/* Bytes before the observations. */
static Size
head_bytes(const SampleStateType *type)
{
	return sizeof(LooseHead) + type->n_parameters * sizeof(SampleParameter) +
		   type->n_sides * sizeof(uint64);
}

Size
sample_loose_size(const SampleStateType *type, Sample *const *samples)
{
	uint64 n = 0;

	for (int side = 0; side < type->n_sides; side++)
	{
		if (!sample_is_loose(samples[side]))
			return 0;
		n += samples[side]->n;
	}
	if (n < LOOSE_MIN || n > (MaxAllocSize - head_bytes(type)) / sizeof(double))
		return 0;
	return head_bytes(type) + n * sizeof(double);
}

void
sample_loose_write(const SampleStateType *type, const SampleParameter *parameters,
				   Sample *const *samples, void *result, Size bytes)
{
	LooseHead *head = result;
	SampleParameter *held = (SampleParameter *) (head + 1);
	uint64 *counts = (uint64 *) (held + type->n_parameters);
	double *values = (double *) (counts + type->n_sides);

	*head = (LooseHead){.version = ECDF_FLAT_VERSION,
						.n_sides = (uint8) type->n_sides,
						.n_parameters = (uint8) type->n_parameters,
						.flags = SAMPLE_LOOSE_FLAG};
	for (int i = 0; i < type->n_parameters; i++)
		held[i] = parameters[i];
	for (int side = 0; side < type->n_sides; side++)
	{
		size_t n_side = samples[side]->n;

		counts[side] = n_side;
		for (size_t start = 0; start < n_side; start += PIECE)
		{
			CHECK_FOR_INTERRUPTS();
			sample_loose_values(samples[side], start, Min(n_side - start, PIECE), values + start);
		}
		values += n_side;
	}
	SET_VARSIZE(result, bytes);
}

bool
sample_loose_open(const struct varlena *value, const SampleStateType *type, LooseState *state)
{
	const LooseHead *head = (const LooseHead *) value;
	const uint64 *counts;
	const double *values;
	Size bytes = VARSIZE(value);
	uint64 left;

	if (bytes < sizeof(LooseHead) || head->version != ECDF_FLAT_VERSION ||
		head->flags != SAMPLE_LOOSE_FLAG)
		return false;
	if (head->n_sides != type->n_sides || head->n_parameters != type->n_parameters ||
		bytes < head_bytes(type))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("passed value of type %s is damaged", type->name)));
	state->parameters = (const SampleParameter *) (head + 1);
	counts = (const uint64 *) (state->parameters + type->n_parameters);
	values = (const double *) (counts + type->n_sides);
	left = (bytes - head_bytes(type)) / sizeof(double);
	for (int side = 0; side < type->n_sides; side++)
	{
		if (counts[side] > left)
			ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
							errmsg("passed value of type %s is damaged", type->name)));
		state->n[side] = counts[side];
		state->values[side] = values;
		values += counts[side];
		left -= counts[side];
	}
	return true;
}

void
sample_loose_add(Sample *sample, const double *values, size_t n)
{
	Stop stop = sample_stop();

	for (size_t start = 0; start < n; start += PIECE)
	{
		CHECK_FOR_INTERRUPTS();
		check_sample_status(
			sample_add_double(sample, values + start, Min(n - start, PIECE), &stop));
	}
}

void
sample_loose_add_sample(Sample *sample, const Sample *other)
{
	double values[COPIED_PIECE];

	for (size_t start = 0; start < other->n; start += COPIED_PIECE)
	{
		size_t n = Min(other->n - start, COPIED_PIECE);

		sample_loose_values(other, start, n, values);
		sample_loose_add(sample, values, n);
	}
}
