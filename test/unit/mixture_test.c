/*
 * mixture_test.c
 *		Mixtures of densities: by hand, any order and grouping to the bit, bytes there and back, faults.
 */
#include "core/density/mixture.h"

#include <float.h>
#include <string.h>

#include "check.h"
#include "core/base/rng.h"

#define N_X     5
#define N_Y     3
#define N_PARTS 7

/* A density in one dimension, on three nodes. */
static MixturePart
three_nodes(const double *x, const double *density, double weight)
{
	return (MixturePart){.n_axes = 1,
						 .n = {3},
						 .axes = {x},
						 .density = density,
						 .weight = weight,
						 .n_observations = (int64_t) weight};
}

static void
check_by_hand(void)
{
	static const double x[] = {0, 1, 2};
	static const double a[] = {1, 2, 3};
	static const double b[] = {5, 0, 1};
	SampleMemory memory = sample_malloc_memory(0);
	MixturePart first = three_nodes(x, a, 1);
	MixturePart second = three_nodes(x, b, 3);
	Mixture mixture;
	double density[3];

	first.traits[0] = second.traits[0] = 7;
	first.traits[1] = 1;
	second.traits[1] = 2;
	mixture_init(&mixture);
	check(!sdq_failed(mixture_add(&mixture, &memory, NULL, &first)) &&
			  !sdq_failed(mixture_add(&mixture, &memory, NULL, &second)),
		  "densities are added");
	mixture_density(&mixture, NULL, density);
	/* (1 * 1 + 3 * 5) / 4, (1 * 2 + 3 * 0) / 4, (1 * 3 + 3 * 1) / 4 */
	check(density[0] == 4 && density[1] == .5 && density[2] == 1.5, "each counts by its weight");
	check(mixture.n_observations == 4 && mixture_weight(&mixture) == 4, "weights are added");
	check(mixture.traits[0] == 7 && isnan(mixture.traits[1]),
		  "what all share is kept, what differs is not");
	mixture_free(&mixture, &memory);
	check(memory.held == 0, "all memory is given back");
}

/* The bytes of a mixture; the caller frees. */
static uint8_t *
bytes_of(Mixture *mixture, SampleMemory *memory, size_t *size)
{
	uint8_t *bytes = NULL;

	if (!sdq_failed(mixture_measure(mixture, memory, size)))
		bytes = malloc(*size);
	if (bytes == NULL)
		exit(EXIT_FAILURE);
	mixture_encode(mixture, bytes);
	return bytes;
}

/* Densities whose sums depend on the order if they are rounded. */
static void
check_any_order(void)
{
	double x[N_X];
	double y[N_Y];
	double density[N_PARTS][N_X * N_Y];
	MixturePart parts[N_PARTS];
	SampleMemory memory = sample_malloc_memory(0);
	Mixture forward;
	Mixture groups[2];
	Mixture again;
	uint8_t *bytes[3];
	size_t size[3];
	bool refused = true;
	Rng rng;

	rng_seed(&rng, 1, RNG_STREAM_TEST);
	for (size_t i = 0; i < N_X; i++)
		x[i] = (double) i;
	for (size_t i = 0; i < N_Y; i++)
		y[i] = (double) i / 3;
	for (size_t p = 0; p < N_PARTS; p++)
	{
		for (size_t i = 0; i < N_X * N_Y; i++)
			density[p][i] = exp(20 * rng_normal(&rng));
		parts[p] = (MixturePart){.n_axes = 2,
								 .n = {N_X, N_Y},
								 .axes = {x, y},
								 .density = density[p],
								 .weight = exp(10 * rng_normal(&rng)),
								 .n_observations = 1};
	}
	mixture_init(&forward);
	mixture_init(&groups[0]);
	mixture_init(&groups[1]);
	for (size_t p = 0; p < N_PARTS; p++)
	{
		mixture_add(&forward, &memory, NULL, &parts[p]);
		mixture_add(&groups[p % 2], &memory, NULL, &parts[N_PARTS - 1 - p]);
	}
	check(!sdq_failed(mixture_merge(&groups[0], &memory, &groups[1])), "mixtures are merged");
	bytes[0] = bytes_of(&forward, &memory, &size[0]);
	bytes[1] = bytes_of(&groups[0], &memory, &size[1]);
	check(size[0] == size[1] && memcmp(bytes[0], bytes[1], size[0]) == 0,
		  "any order and any grouping give the same bytes");

	check(!sdq_failed(mixture_decode(&again, &memory, bytes[0], size[0])), "bytes are read");
	bytes[2] = bytes_of(&again, &memory, &size[2]);
	check(size[0] == size[2] && memcmp(bytes[0], bytes[2], size[0]) == 0, "and written again");
	mixture_free(&again, &memory);
	for (size_t length = 0; length < size[0]; length++)
	{
		refused &= mixture_decode(&again, &memory, bytes[0], length).code == SDQ_BAD_DATA;
		mixture_free(&again, &memory);
	}
	check(refused, "bytes that are cut off anywhere are refused");
	for (int i = 0; i < 3; i++)
		free(bytes[i]);
	mixture_free(&forward, &memory);
	mixture_free(&groups[0], &memory);
	mixture_free(&groups[1], &memory);
	check(memory.held == 0, "all memory is given back");
}

/* The fault of adding a density to one of x = 0, 1, 2 and weight 1. */
static int
fault_of(const double *x, const double *density, double weight)
{
	static const double good_x[] = {0, 1, 2};
	static const double good[] = {1, 1, 1};
	SampleMemory memory = sample_malloc_memory(0);
	MixturePart first = three_nodes(good_x, good, 1);
	MixturePart second = three_nodes(x, density, weight);
	Mixture mixture;
	SdqStatus status;
	double result[3];

	second.n_observations = 1;
	mixture_init(&mixture);
	mixture_add(&mixture, &memory, NULL, &first);
	status = mixture_add(&mixture, &memory, NULL, &second);
	if (sdq_failed(status))
	{
		mixture_density(&mixture, NULL, result);
		check(mixture.n_observations == 1 && result[0] == 1, "a refused density adds nothing");
	}
	mixture_free(&mixture, &memory);
	return status.detail;
}

static void
check_faults(void)
{
	static const double x[] = {0, 1, 2};
	static const double good[] = {1, 1, 1};

	check(fault_of((const double[]){0, 1, 1}, good, 1) == MIXTURE_GRID, "a node twice");
	check(fault_of((const double[]){0, NAN, 1}, good, 1) == MIXTURE_GRID, "a node is NaN");
	check(fault_of((const double[]){0, 1, INFINITY}, good, 1) == MIXTURE_GRID,
		  "a node is infinite");
	check(fault_of((const double[]){0, 1, 2.5}, good, 1) == MIXTURE_OTHER_GRID, "another grid");
	check(fault_of((const double[]){-0.0, 1, 2}, good, 1) == 0, "-0 is 0");
	check(fault_of(x, (const double[]){1, -1, 1}, 1) == MIXTURE_DENSITY, "a negative density");
	check(fault_of(x, (const double[]){1, NAN, 1}, 1) == MIXTURE_DENSITY, "a density of NaN");
	check(fault_of(x, (const double[]){1, 1, DBL_MAX}, 2) == MIXTURE_OVERFLOW,
		  "a product that is no double");
	check(fault_of(x, good, -1) == MIXTURE_WEIGHT, "a negative weight");
	check(fault_of(x, good, NAN) == MIXTURE_WEIGHT, "a weight of NaN");
	check(fault_of(x, good, INFINITY) == MIXTURE_WEIGHT, "an infinite weight");
	check(fault_of(x, good, 0) == 0, "a weight of 0 is one");
}

int
main(void)
{
	check_by_hand();
	check_any_order();
	check_faults();
	return check_done();
}
