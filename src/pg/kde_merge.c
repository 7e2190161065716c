/*
 * kde_merge.c
 *		kde_merge() and kde2d_merge(): densities of groups to the density of all their data.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/float.h"

#include "core/density/grid.h"
#include "core/density/mixture.h"
#include "pg/array_reader.h"
#include "pg/byte_state.h"
#include "pg/density_arguments.h"
#include "pg/density_grid.h"
#include "pg/errors.h"
#include "pg/kde2d_result.h"
#include "pg/kde_result.h"
#include "pg/result.h"
#include "pg/sample_memory.h"

#include <math.h>

#define STATE_NAME "kde_merge_state"

/* The fields of a density at most. */
#define MAX_FIELDS Max((int) KDE_N_FIELDS, (int) KDE2D_N_FIELDS)

/* The fields of a type of densities. */
typedef struct DensityFields
{
	const char *type;
	bool (*read)(HeapTupleHeader tuple, DensityGrid *grid);
	size_t n_axes;
	int density;
	int n;
	int mass;
	int weight; /* -1: there is none, and each observation counts 1 */
	int n_numbers;
	int first_number; /* numbers that describe the density, one after the other: traits of a mixture */
	int n_words;
	int first_word; /* words that do, behind them */
} DensityFields;

static const DensityFields kde_fields = {
	.type = "kde_result",
	.read = stored_line_read,
	.n_axes = 1,
	.density = KDE_FIELD_DENSITY,
	.n = KDE_FIELD_N,
	.mass = KDE_FIELD_MASS,
	.weight = KDE_FIELD_WEIGHT,
	.n_numbers = 1,
	.first_number = KDE_FIELD_BANDWIDTH,
	.n_words = 3,
	.first_word = KDE_FIELD_KERNEL,
};
static const DensityFields kde2d_fields = {
	.type = "kde2d_result",
	.read = stored_plane_read,
	.n_axes = 2,
	.density = KDE2D_FIELD_DENSITY,
	.n = KDE2D_FIELD_N,
	.mass = KDE2D_FIELD_MASS,
	.weight = -1,
	.n_numbers = 4,
	.first_number = KDE2D_FIELD_FACTOR,
	.n_words = 1,
	.first_word = KDE2D_FIELD_METHOD,
};

/* Words of kernel, rule and method, as numbers in a mixture: their places here. Stored; only add at the end. */
static const char *const known_words[] = {
	"gaussian",  "epanechnikov", "tophat", "triangular", "cosine", "scott",
	"silverman", "isj",          "number", "exact",      "binned", KDE_RULE_WITHOUT_SOLUTION,
};

PG_FUNCTION_INFO_V1(synthdq_kde_merge_state_in);
PG_FUNCTION_INFO_V1(synthdq_kde_merge_state_out);
PG_FUNCTION_INFO_V1(synthdq_kde_merge_state_recv);
PG_FUNCTION_INFO_V1(synthdq_kde_merge_state_send);
PG_FUNCTION_INFO_V1(synthdq_kde_merge_state_combine);
PG_FUNCTION_INFO_V1(synthdq_kde_merge_add);
PG_FUNCTION_INFO_V1(synthdq_kde2d_merge_add);
PG_FUNCTION_INFO_V1(synthdq_kde_merge_result);
PG_FUNCTION_INFO_V1(synthdq_kde2d_merge_result);

/* Raise what is wrong with a density. */
static void
check_mixture(SdqStatus status)
{
	if (status.code != SDQ_BAD_DATA)
	{
		check_status(status);
		return;
	}
	switch ((MixtureFault) status.detail)
	{
		case MIXTURE_GRID:
			ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
							errmsg("densities with more than %d nodes on an axis cannot be merged",
								   GRID_MAX_SIZE)));
			break;
		case MIXTURE_WEIGHT:
			ereport(ERROR,
					(errcode(ERRCODE_DATA_EXCEPTION),
					 errmsg("n, weight and mass of a density must be finite and not negative, "
							"not %s",
							float8out_internal(status.b))));
			break;
		case MIXTURE_OTHER_GRID:
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("densities on different grids cannot be merged"),
							errhint("State the ends of the grid, and the same grid size, where the "
									"densities are made.")));
			break;
		case MIXTURE_OVERFLOW:
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("a density times its weight is out of range for type double "
								   "precision"),
							errhint("Scale the data up, so that densities become smaller.")));
			break;
		/* Densities are checked where they are read. */
		default:
			ereport(ERROR,
					(errcode(ERRCODE_DATA_CORRUPTED), errmsg("stored %s is damaged", STATE_NAME)));
	}
}

static void
init_object(void *object)
{
	mixture_init(object);
}

static SdqStatus
measure_object(void *object, SampleMemory *memory, size_t *size)
{
	return mixture_measure(object, memory, size);
}

static void
encode_object(const void *object, uint8_t *bytes)
{
	mixture_encode(object, bytes);
}

static SdqStatus
decode_object(void *object, SampleMemory *memory, const uint8_t *bytes, size_t size)
{
	return mixture_decode(object, memory, bytes, size);
}

static SdqStatus
merge_object(void *object, SampleMemory *memory, const void *other)
{
	return mixture_merge(object, memory, other);
}

static const ByteStateType state_type = {
	.name = STATE_NAME,
	.object_size = sizeof(Mixture),
	.init = init_object,
	.measure = measure_object,
	.encode = encode_object,
	.decode = decode_object,
	.merge = merge_object,
	.check = check_mixture,
};

Datum
synthdq_kde_merge_state_in(PG_FUNCTION_ARGS)
{
	return byte_state_in(fcinfo, &state_type);
}

Datum
synthdq_kde_merge_state_out(PG_FUNCTION_ARGS)
{
	return byte_state_out(fcinfo, &state_type);
}

Datum
synthdq_kde_merge_state_recv(PG_FUNCTION_ARGS)
{
	return byte_state_recv(fcinfo, &state_type);
}

Datum
synthdq_kde_merge_state_send(PG_FUNCTION_ARGS)
{
	return byte_state_send(fcinfo, &state_type);
}

Datum
synthdq_kde_merge_state_combine(PG_FUNCTION_ARGS)
{
	return byte_state_combine(fcinfo, &state_type);
}

/* A field of a density; NULL for one that its type does not have. */
static Datum
field_of(HeapTupleHeader tuple, int field, bool *is_null)
{
	*is_null = true;
	return field < 0 ? (Datum) 0 : GetAttributeByNum(tuple, (AttrNumber) (field + 1), is_null);
}

/* The number that stands for a word; NaN for an unknown one. */
static double
number_of_word(const char *word)
{
	for (size_t i = 0; i < lengthof(known_words); i++)
		if (strcmp(word, known_words[i]) == 0)
			return (double) i;
	return get_float8_nan();
}

/* The integral of a density over its grid, for one that does not say. */
static double
mass_of(const MixturePart *part)
{
	double *lines;

	if (part->n_axes == 1)
		return grid_integral(part->axes[0], part->density, part->n[0]);
	lines = palloc(part->n[1] * sizeof(double));
	for (size_t i = 0; i < part->n[1]; i++)
	{
		CHECK_FOR_INTERRUPTS();
		lines[i] = grid_integral(part->axes[0], part->density + i * part->n[0], part->n[0]);
	}
	return grid_integral(part->axes[1], lines, part->n[1]);
}

/* Weight, mass, observations and traits of a density. */
static void
read_description(HeapTupleHeader tuple, const DensityFields *fields, MixturePart *part)
{
	bool is_null;
	Datum value = field_of(tuple, fields->n, &is_null);

	if (is_null)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("field \"n\" of a density must not be null")));
	part->n_observations = DatumGetInt64(value);
	value = field_of(tuple, fields->weight, &is_null);
	part->weight = is_null ? (double) part->n_observations : DatumGetFloat8(value);
	value = field_of(tuple, fields->mass, &is_null);
	part->mass = is_null ? mass_of(part) : DatumGetFloat8(value);
	for (int i = 0; i < fields->n_numbers; i++)
	{
		value = field_of(tuple, fields->first_number + i, &is_null);
		part->traits[i] = is_null ? get_float8_nan() : DatumGetFloat8(value);
	}
	for (int i = 0; i < fields->n_words; i++)
	{
		value = field_of(tuple, fields->first_word + i, &is_null);
		part->traits[fields->n_numbers + i] =
			is_null ? get_float8_nan() : number_of_word(TextDatumGetCString(value));
	}
}

/* Read a density; false if it has none. */
static bool
read_density(HeapTupleHeader tuple, const DensityFields *fields, MixturePart *part)
{
	DensityGrid grid;

	if (!fields->read(tuple, &grid))
		return false;
	*part = (MixturePart){.n_axes = fields->n_axes,
						  .n = {grid.n_x, grid.n_y},
						  .axes = {grid.x, grid.y},
						  .density = grid.density};
	read_description(tuple, fields, part);
	return true;
}

/* The transition function: the state with the density in argument 1. */
static Datum
add_density(FunctionCallInfo fcinfo, const DensityFields *fields)
{
	MixturePart part;
	ByteState *state;
	Stop stop = sample_stop();

	if (PG_ARGISNULL(1) || !read_density(PG_GETARG_HEAPTUPLEHEADER(1), fields, &part))
		return byte_state_unchanged(fcinfo);
	state = byte_state_for_update(fcinfo, &state_type);
	check_mixture(mixture_add(byte_state_object(state), byte_state_memory(state), &stop, &part));
	return byte_state_datum(state);
}

/*
 * kde_merge_state_add(kde_merge_state, kde_result)
 */
Datum
synthdq_kde_merge_add(PG_FUNCTION_ARGS)
{
	return add_density(fcinfo, &kde_fields);
}

/*
 * kde_merge_state_add(kde_merge_state, kde2d_result)
 */
Datum
synthdq_kde2d_merge_add(PG_FUNCTION_ARGS)
{
	return add_density(fcinfo, &kde2d_fields);
}

/* Put the mixed density into its fields. */
static void
put_density(const Mixture *mixture, const DensityFields *fields, Datum *values, bool *nulls)
{
	size_t n_nodes = mixture->density.n;
	double *density = MemoryContextAllocHuge(CurrentMemoryContext, n_nodes * sizeof(double));
	const double *axis = mixture->axes;
	Stop stop = sample_stop();
	double mass = mixture_mass(mixture);

	check_status(mixture_density(mixture, &stop, density));
	for (size_t i = 0; i < n_nodes; i++)
	{
		if (i % DENSITY_INTERRUPT_INTERVAL == 0)
			CHECK_FOR_INTERRUPTS();
		if (!isfinite(density[i]))
			check_mixture(sdq_bad_data(MIXTURE_OVERFLOW, -1, 0, 0));
	}
	for (size_t a = 0; a < mixture->n_axes; a++)
	{
		values[a] = PointerGetDatum(make_float8_array(axis, mixture->n[a]));
		nulls[a] = false;
		axis += mixture->n[a];
	}
	values[fields->density] = PointerGetDatum(
		mixture->n_axes == 1 ? make_float8_array(density, n_nodes)
							 : make_float8_matrix(density, mixture->n[1], mixture->n[0]));
	nulls[fields->density] = false;
	values[fields->mass] = Float8GetDatum(mass);
	nulls[fields->mass] = false;
	pfree(density);
}

/* Put what all parts share. */
static void
put_traits(const Mixture *mixture, const DensityFields *fields, Datum *values, bool *nulls)
{
	for (int i = 0; i < fields->n_numbers + fields->n_words; i++)
	{
		double trait = mixture->traits[i];
		int field = i < fields->n_numbers ? fields->first_number + i
										  : fields->first_word + (i - fields->n_numbers);

		if (isnan(trait) ||
			(i >= fields->n_numbers && !(trait >= 0 && trait < lengthof(known_words))))
			continue;
		values[field] = i < fields->n_numbers ? Float8GetDatum(trait)
											  : CStringGetTextDatum(known_words[(int) trait]);
		nulls[field] = false;
	}
}

/* The final function. */
static Datum
mixed_density(FunctionCallInfo fcinfo, const DensityFields *fields)
{
	const Mixture *mixture = byte_state_open(PG_GETARG_DATUM(0), &state_type);
	Datum values[MAX_FIELDS] = {0};
	bool nulls[MAX_FIELDS];
	double weight = mixture_weight(mixture);

	if (mixture->n_axes != fields->n_axes)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s of %zu axes is no %s", STATE_NAME, mixture->n_axes, fields->type)));
	memset(nulls, true, sizeof(nulls));
	values[fields->n] = Int64GetDatum(mixture->n_observations);
	nulls[fields->n] = false;
	if (fields->weight >= 0)
	{
		values[fields->weight] = Float8GetDatum(weight);
		nulls[fields->weight] = false;
	}
	if (weight > 0)
	{
		put_traits(mixture, fields, values, nulls);
		put_density(mixture, fields, values, nulls);
	}
	return make_composite(fcinfo, values, nulls);
}

/*
 * kde_merge_result(kde_merge_state)
 */
Datum
synthdq_kde_merge_result(PG_FUNCTION_ARGS)
{
	return mixed_density(fcinfo, &kde_fields);
}

/*
 * kde2d_merge_result(kde_merge_state)
 */
Datum
synthdq_kde2d_merge_result(PG_FUNCTION_ARGS)
{
	return mixed_density(fcinfo, &kde2d_fields);
}
