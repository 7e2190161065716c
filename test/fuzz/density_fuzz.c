/*
 * density_fuzz.c
 *		What aggregates of densities collect: whatever the bytes, they are read or refused; what is read is written
 *		and read again, is united with itself, and answers questions; values give the same bytes in any order.
 *
 * The first byte chooses a kind, and whether the rest is its bytes, or pairs of doubles to be added.
 */
#include "core/density/bins.h"
#include "core/density/labelled_points.h"
#include "core/density/mixture.h"
#include "core/density/weighted_points.h"

#include "fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Questions to two sides of points are asked up to this size. */
#define MAX_GRID_SIZE    16
#define MAX_PERMUTATIONS 4

typedef union Object
{
	Mixture mixture;
	Bins bins;
	WeightedPoints weighted;
	LabelledPoints labelled;
} Object;

typedef struct Kind
{
	void (*init)(Object *object);
	void (*release)(Object *object, SampleMemory *memory);
	SdqStatus (*add)(Object *object, SampleMemory *memory, double a, double b);
	SdqStatus (*merge)(Object *object, SampleMemory *memory, const Object *other);
	SdqStatus (*measure)(Object *object, SampleMemory *memory, size_t *size);
	void (*encode)(const Object *object, uint8_t *bytes);
	SdqStatus (*decode)(Object *object, SampleMemory *memory, const uint8_t *bytes, size_t size);
	void (*ask)(Job *job, const Object *object);
	bool keeps_order; /* bytes tell in which order values came */
} Kind;

/* ---------- mixtures of stored densities ---------- */

static void
mixture_start(Object *object)
{
	mixture_init(&object->mixture);
}

static void
mixture_release(Object *object, SampleMemory *memory)
{
	mixture_free(&object->mixture, memory);
}

/* A density on two nodes, one variable or two. */
static SdqStatus
mixture_add_density(Object *object, SampleMemory *memory, double a, double b)
{
	static const double nodes[] = {0, 1};
	const double density[] = {fabs(a), 2};
	MixturePart part = {.n_axes = 1,
						.n = {2},
						.axes = {nodes},
						.density = density,
						.weight = fabs(b),
						.mass = 1,
						.n_observations = 3,
						.traits = {a > 0}};

	return mixture_add(&object->mixture, memory, NULL, &part);
}

static SdqStatus
mixture_unite(Object *object, SampleMemory *memory, const Object *other)
{
	return mixture_merge(&object->mixture, memory, &other->mixture);
}

static SdqStatus
mixture_size(Object *object, SampleMemory *memory, size_t *size)
{
	return mixture_measure(&object->mixture, memory, size);
}

static void
mixture_write(const Object *object, uint8_t *bytes)
{
	mixture_encode(&object->mixture, bytes);
}

static SdqStatus
mixture_read(Object *object, SampleMemory *memory, const uint8_t *bytes, size_t size)
{
	return mixture_decode(&object->mixture, memory, bytes, size);
}

static void
mixture_ask(Job *job, const Object *object)
{
	const Mixture *mixture = &object->mixture;
	size_t n = mixture->n_axes == 0 ? 0 : mixture->n[0] * (mixture->n_axes > 1 ? mixture->n[1] : 1);
	double *density = malloc(n * sizeof(double) + 1);
	double weight = mixture_weight(mixture);

	must(weight >= 0, "no weight is negative");
	must(weight > 0 ? !(mixture_mass(mixture) < 0) : isnan(mixture_mass(mixture)),
		 "a mixture without weight has no mass");
	must(!sdq_failed(mixture_density(mixture, NULL, density)), "there is a density");
	for (size_t i = 0; i < n; i++)
		must(weight > 0 ? density[i] >= 0 : isnan(density[i]), "which is not negative");
	free(density);
}

/* ---------- bins ---------- */

static void
bins_start(Object *object)
{
	bins_init(&object->bins);
	bins_set_grid(&object->bins, -10, 1e6, 16);
}

static void
bins_release(Object *object, SampleMemory *memory)
{
	bins_free(&object->bins, memory);
}

/* A value with a weight, and one without. */
static SdqStatus
bins_add_values(Object *object, SampleMemory *memory, double a, double b)
{
	SdqStatus status = bins_add(&object->bins, memory, NULL, &b, 1);

	must(!sdq_failed(status), "a value can be added");
	return bins_add_weighted(&object->bins, memory, a, fabs(b));
}

static SdqStatus
bins_unite(Object *object, SampleMemory *memory, const Object *other)
{
	return bins_merge(&object->bins, memory, &other->bins);
}

static SdqStatus
bins_size(Object *object, SampleMemory *memory, size_t *size)
{
	return bins_measure(&object->bins, memory, size);
}

static void
bins_write(const Object *object, uint8_t *bytes)
{
	bins_encode(&object->bins, bytes);
}

static SdqStatus
bins_read(Object *object, SampleMemory *memory, const uint8_t *bytes, size_t size)
{
	return bins_decode(&object->bins, memory, bytes, size);
}

static void
bins_ask(Job *job, const Object *object)
{
	BinsSummary summary;

	if (object->bins.n_bins == 0 || sdq_failed(bins_summarize(job, &object->bins, &summary)))
		return;
	must(!(summary.deviation < 0), "no deviation is negative");
	must(summary.sample.total >= 0 && isfinite(summary.sample.total), "the weight is finite");
	for (size_t i = 0; i < summary.sample.n; i++)
		must(summary.sample.weights[i] >= 0, "no node has a negative share");
}

/* ---------- values with weights ---------- */

static void
weighted_start(Object *object)
{
	weighted_points_init(&object->weighted);
}

static void
weighted_release(Object *object, SampleMemory *memory)
{
	weighted_points_free(&object->weighted, memory);
}

static SdqStatus
weighted_add(Object *object, SampleMemory *memory, double a, double b)
{
	return weighted_points_add(&object->weighted, memory, a, b);
}

static SdqStatus
weighted_unite(Object *object, SampleMemory *memory, const Object *other)
{
	return weighted_points_merge(&object->weighted, memory, &other->weighted);
}

static SdqStatus
weighted_size(Object *object, SampleMemory *memory, size_t *size)
{
	SdqStatus status = weighted_points_sort(&object->weighted, memory, NULL);

	return sdq_failed(status) ? status : weighted_points_measure(&object->weighted, size);
}

static void
weighted_write(const Object *object, uint8_t *bytes)
{
	weighted_points_encode(&object->weighted, bytes);
}

static SdqStatus
weighted_read(Object *object, SampleMemory *memory, const uint8_t *bytes, size_t size)
{
	return weighted_points_decode(&object->weighted, memory, bytes, size);
}

static void
weighted_ask(Job *job, const Object *object)
{
	WeightedSample sample;
	double total;

	if (object->weighted.n == 0 ||
		sdq_failed(weighted_points_sample(job, &object->weighted, &sample, &total)))
		return;
	must(total > 0 && isfinite(total) && sample.total >= 4 && sample.total < 8,
		 "weights are brought to a common size");
	must(sample.effective_n > 0, "and count");
}

/* ---------- labelled points ---------- */

static void
labelled_start(Object *object)
{
	labelled_points_init(&object->labelled);
}

static void
labelled_release(Object *object, SampleMemory *memory)
{
	LabelledPoints *labelled = &object->labelled;

	for (int side = 0; side < 2; side++)
		sample_memory_free(memory, labelled->points[side],
						   labelled->capacity[side] * sizeof(Point2d));
}

/* Points a little above and below a line. */
static SdqStatus
labelled_add(Object *object, SampleMemory *memory, double a, double b)
{
	static const PairOptions options = {
		.grid_size = 8, .bandwidth = {.rule = BANDWIDTH_SCOTT}, .permutations = 3};
	SdqStatus status = labelled_points_expect(&object->labelled, &options);

	if (isnan(a) || isnan(b) || sdq_failed(status))
		return status;
	return labelled_points_add(&object->labelled, memory, a > b, a, b);
}

static SdqStatus
labelled_unite(Object *object, SampleMemory *memory, const Object *other)
{
	return labelled_points_merge(&object->labelled, memory, &other->labelled);
}

static SdqStatus
labelled_size(Object *object, SampleMemory *memory, size_t *size)
{
	*size = labelled_points_size(&object->labelled);
	return sdq_ok();
}

static void
labelled_write(const Object *object, uint8_t *bytes)
{
	labelled_points_encode(&object->labelled, bytes);
}

static SdqStatus
labelled_read(Object *object, SampleMemory *memory, const uint8_t *bytes, size_t size)
{
	return labelled_points_decode(&object->labelled, memory, bytes, size);
}

static void
labelled_ask(Job *job, const Object *object)
{
	const LabelledPoints *labelled = &object->labelled;
	const PairOptions *options = &labelled->options;
	DensityPair pair;
	PointSet sides[2];

	if (!labelled->has_options || options->grid_size > MAX_GRID_SIZE ||
		options->permutations > MAX_PERMUTATIONS)
		return;
	for (int side = 0; side < 2; side++)
		if (sdq_failed(
				points_collect(job, labelled->points[side], labelled->n[side], &sides[side])))
			return;
	if (sdq_failed(pair_compare_2d(job, sides, options, &pair)))
		return;
	if (pair.similarity.is_defined)
		must(pair.outcome == KDE_DONE && pair.similarity.overlap >= 0 &&
				 pair.similarity.overlap <= 1 + 1e-9,
			 "an overlap is a share");
	must(isnan(pair.p_value) || (pair.p_value > 0 && pair.p_value <= 1), "a p-value is a chance");
}

static const Kind kinds[] = {
	{mixture_start, mixture_release, mixture_add_density, mixture_unite, mixture_size,
	 mixture_write, mixture_read, mixture_ask, false},
	{bins_start, bins_release, bins_add_values, bins_unite, bins_size, bins_write, bins_read,
	 bins_ask, false},
	{weighted_start, weighted_release, weighted_add, weighted_unite, weighted_size, weighted_write,
	 weighted_read, weighted_ask, false},
	{labelled_start, labelled_release, labelled_add, labelled_unite, labelled_size, labelled_write,
	 labelled_read, labelled_ask, true},
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* ---------- any kind ---------- */

/* The bytes of an object; the caller frees. */
static uint8_t *
write_object(const Kind *kind, Object *object, SampleMemory *memory, size_t *size)
{
	uint8_t *bytes;

	must(!sdq_failed(kind->measure(object, memory, size)), "an object has a size");
	bytes = malloc(*size);
	must(bytes != NULL, "there is memory for it");
	kind->encode(object, bytes);
	return bytes;
}

/* Ask everything. */
static void
ask(const Kind *kind, const Object *object)
{
	Arena arena;
	Job job = {.arena = &arena};

	arena_init(&arena, arena_malloc_source(), FUZZ_MEMORY);
	kind->ask(&job, object);
	arena_free(&arena);
}

/* What can be written can be read, to the same bytes. */
static void
write_and_read(const Kind *kind, Object *object, SampleMemory *memory)
{
	size_t size;
	size_t size_again;
	uint8_t *bytes = write_object(kind, object, memory, &size);
	uint8_t *again;
	Object copy;

	must(!sdq_failed(kind->decode(&copy, memory, bytes, size)), "what is written is read");
	again = write_object(kind, &copy, memory, &size_again);
	must(size == size_again && memcmp(bytes, again, size) == 0, "and written as it was");
	free(again);
	free(bytes);
	kind->release(&copy, memory);
}

/* Bytes as an object. */
static void
try_bytes(const Kind *kind, const uint8_t *data, size_t size)
{
	SampleMemory memory = sample_malloc_memory(FUZZ_MEMORY);
	Object object;
	Object other;
	size_t n_bytes;

	if (!sdq_failed(kind->decode(&object, &memory, data, size)))
	{
		must(!sdq_failed(kind->decode(&other, &memory, data, size)), "it is read twice");
		/* Not always to the bit: -0 and NaN have other spellings. */
		must(!sdq_failed(kind->measure(&object, &memory, &n_bytes)) && n_bytes == size,
			 "it is written in as many bytes");
		write_and_read(kind, &object, &memory);
		ask(kind, &object);
		if (!sdq_failed(kind->merge(&object, &memory, &other)))
		{
			write_and_read(kind, &object, &memory);
			ask(kind, &object);
		}
		kind->release(&other, &memory);
	}
	kind->release(&object, &memory);
	must(memory.held == 0, "all memory is given back");
}

/* Bytes as pairs of doubles: added in order, and by halves in reverse. */
static void
try_values(const Kind *kind, const uint8_t *data, size_t size)
{
	size_t n = size / (2 * sizeof(double));
	SampleMemory memory = sample_malloc_memory(FUZZ_MEMORY);
	Object objects[3];
	uint8_t *bytes[2];
	size_t n_bytes[2];

	for (int i = 0; i < 3; i++)
		kind->init(&objects[i]);
	for (size_t i = 0; i < n; i++)
	{
		double pair[2];

		memcpy(pair, data + i * sizeof(pair), sizeof(pair));
		(void) kind->add(&objects[0], &memory, pair[0], pair[1]);
		memcpy(pair, data + (n - 1 - i) * sizeof(pair), sizeof(pair));
		(void) kind->add(&objects[1 + i % 2], &memory, pair[0], pair[1]);
	}
	must(!sdq_failed(kind->merge(&objects[1], &memory, &objects[2])), "halves can be united");
	for (int i = 0; i < 2 && n > 0; i++)
	{
		bytes[i] = write_object(kind, &objects[i], &memory, &n_bytes[i]);
		ask(kind, &objects[i]);
	}
	if (n > 0)
	{
		must(n_bytes[0] == n_bytes[1] &&
				 (kind->keeps_order || memcmp(bytes[0], bytes[1], n_bytes[0]) == 0),
			 "both ways give the same bytes");
		free(bytes[0]);
		free(bytes[1]);
	}
	for (int i = 0; i < 3; i++)
		kind->release(&objects[i], &memory);
	must(memory.held == 0, "all memory is given back");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] / N_KINDS % 2 == 0)
		try_bytes(&kinds[data[0] % N_KINDS], data + 1, size - 1);
	else
		try_values(&kinds[data[0] % N_KINDS], data + 1, size - 1);
	return 0;
}
