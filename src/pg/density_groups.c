/*
 * density_groups.c
 *		kde_groups() and kde2d_groups(): a density of each group of a query's rows, all on one grid.
 *
 * The rows are read into one sample or list of points for each group; then the common kernel and grid are found
 * (core/density/groups.h), and the groups are evaluated one after the other, in the order of their labels. What
 * one of them takes is given back before the next, so that beside the data one density at a time is in memory; the
 * rows of the result go to a tuplestore.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "core/density/groups.h"
#include "core/sample/sample.h"
#include "pg/arguments.h"
#include "pg/computation.h"
#include "pg/density_arguments.h"
#include "pg/errors.h"
#include "pg/kde2d_result.h"
#include "pg/kde_result.h"
#include "pg/query_groups.h"
#include "pg/result.h"
#include "pg/sample_memory.h"

/* Arguments of both functions, in order. */
enum
{
	ARGUMENT_QUERY,
	ARGUMENT_GRID_SIZE,
	ARGUMENT_BANDWIDTH,
	ARGUMENT_POOLED,
	ARGUMENT_REST,
};

/* Field of the rows. */
#define FIELD_DENSITY 1

#define INITIAL_GROUPS 16
#define INITIAL_POINTS 64

/* What sorting and moments of a value cost, in terms of a kernel at a node. */
#define FIT_TERMS 16

/* What a density takes beside its data, in bytes a node: kde.h, kde2d.h. */
#define NODE_BYTES 24

/* The same of one value, and of one point: what stays of all, and what is needed of the largest group. */
#define VALUE_BYTES         24
#define POINT_BYTES         24
#define POINT_SCRATCH_BYTES 32

/* One call of kde_groups. */
typedef struct NumberCall
{
	Computation *computation;
	SampleMemory memory;
	Stop stop;
	Sample **samples; /* [capacity], by number of the group */
	size_t n_samples;
	size_t capacity;
	QueryGroup *groups; /* [n_groups], by label */
	size_t n_groups;
	SampleView *views; /* [n_groups], by label */
	uint64 n;          /* values */
	bool is_pooled;
	BandwidthRule rule; /* as asked for; pooled, the options have a number */
	KdeOptions options;
} NumberCall;

/* Points of one group, as they come. */
typedef struct PointList
{
	Point2d *points; /* [capacity] */
	size_t n;
	size_t capacity;
} PointList;

/* One call of kde2d_groups. */
typedef struct PointCall
{
	Computation *computation;
	PointList *lists; /* [capacity], by number of the group */
	size_t n_lists;
	size_t capacity;
	size_t bytes; /* held by the lists */
	QueryGroup *groups;
	size_t n_groups;
	GroupPoints *points; /* [n_groups], by label */
	Kde2dModel *models;  /* [n_groups] */
	size_t n;
	bool is_pooled;
	Kde2dOptions options;
	const Kde2dModel *model; /* the one to be evaluated */
	Kde2d result;
} PointCall;

PG_FUNCTION_INFO_V1(synthdq_kde_groups);
PG_FUNCTION_INFO_V1(synthdq_kde2d_groups);

/* Room for one element more in an array of n elements in the current context, which is doubled if it is full. */
static void *
grow(void *array, size_t n, size_t *capacity, size_t initial, size_t size)
{
	size_t bytes;

	if (n < *capacity)
		return array;
	if (!checked_multiply(*capacity == 0 ? initial : *capacity * 2, size, &bytes) ||
		bytes > MaxAllocHugeSize)
		check_status(
			sdq_error(SDQ_TOO_LARGE, (double) n * (double) size, (double) MaxAllocHugeSize));
	*capacity = bytes / size;
	return array == NULL ? palloc_extended(bytes, MCXT_ALLOC_HUGE) : repalloc_huge(array, bytes);
}

/* An array in the computation's arena. */
static void *
arena_array(Computation *computation, size_t n, size_t size)
{
	void *array = arena_alloc(&computation->arena, n, size);

	if (array == NULL)
		check_status(arena_failure(&computation->arena));
	return array;
}

/* Refuse what would exceed the memory: what is held beside the arena, what the work takes, and the densities of
 * all groups, of so many doubles each. */
static void
check_memory(Computation *computation, size_t held, double work, size_t n_groups, double n_doubles)
{
	double bytes = (double) held + work + (double) n_groups * n_doubles * sizeof(float8);

	check_status(arena_check(&computation->arena,
							 bytes < (double) (SIZE_MAX / 2) ? (size_t) bytes : SIZE_MAX / 2));
}

/* A row of the result; `density` is NULL where the group has none at all. */
static void
put_group(ResultSet *set, const QueryGroup *group, ResultRow *density)
{
	ResultRow row = {.n_fields = 0};

	if (group->label == NULL)
		result_row_null(&row);
	else
		result_row_datum(&row, CStringGetTextDatum(group->label));
	if (density == NULL)
		result_row_null(&row);
	else
		result_row_datum(&row, result_row_field(set, FIELD_DENSITY, density));
	result_row_put(set, &row);
}

/* A row for each of n_groups, by put(set, call, g), in memory that is given back after each. */
static void
put_groups(ResultSet *set, void *call, size_t n_groups, void (*put)(ResultSet *, void *, size_t))
{
	MemoryContext per_group =
		AllocSetContextCreate(CurrentMemoryContext, "synthdq group", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(per_group);

	for (size_t g = 0; g < n_groups; g++)
	{
		put(set, call, g);
		MemoryContextReset(per_group);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(per_group);
}

/* ---------- kde_groups ---------- */

/* A row of the query. */
static void
add_number(void *argument, size_t group, const float8 *numbers)
{
	NumberCall *call = argument;

	if (group == call->n_samples)
	{
		call->samples =
			grow(call->samples, group, &call->capacity, INITIAL_GROUPS, sizeof(Sample *));
		call->samples[group] = palloc(sizeof(Sample));
		sample_init(call->samples[group], &call->memory);
		call->n_samples++;
		check_status(arena_check(&call->computation->arena, call->n_samples * sizeof(Sample)));
	}
	call->n++;
	if (!sample_try_add(call->samples[group], numbers[0]))
		check_sample_status(sample_add(call->samples[group], numbers[0], &call->stop));
}

/* Bring the values of all groups into order. Work of a computation. */
static SdqStatus
show_groups(Job *job, void *argument)
{
	NumberCall *call = argument;

	for (size_t g = 0; g < call->n_groups; g++)
	{
		Sample *sample = call->samples[call->groups[g].number];
		SdqStatus status = sample_sort(sample, job);

		if (!sdq_failed(status))
			status = sample_view(sample, job->stop, &call->views[g]);
		if (sdq_failed(status))
			return status;
	}
	return sdq_ok();
}

/* Work of a computation. */
static SdqStatus
fit_numbers(Job *job, void *argument)
{
	NumberCall *call = argument;

	return groups_fit(job, call->views, call->n_groups, call->is_pooled, &call->options);
}

/* Bring the values into order, and find the common kernel and grid. */
static void
fit_number_groups(NumberCall *call)
{
	Computation *computation = call->computation;
	size_t n_distinct = 0;
	double work;

	call->views = arena_array(computation, call->n_groups, sizeof(SampleView));
	check_sample_status(run_density(computation, show_groups, call, call->n, FIT_TERMS));
	for (size_t g = 0; g < call->n_groups; g++)
		n_distinct = Max(n_distinct, call->views[g].n_distinct);
	work = (double) n_distinct * VALUE_BYTES + (double) call->options.grid_size * NODE_BYTES;
	check_memory(computation, call->memory.held, work, call->n_groups,
				 2 * (double) call->options.grid_size);
	check_status(run_density(computation, fit_numbers, call, call->n, FIT_TERMS));
}

/* The density of a group. */
static void
put_number_group(ResultSet *set, void *argument, size_t g)
{
	NumberCall *call = argument;
	ArenaMark mark = arena_mark(&call->computation->arena);
	KdeRequest request = {.options = call->options, .source = &call->views[g]};
	ResultRow row = {.n_fields = 0};
	Kde result;

	kde_request_run(call->computation, &request, &result);
	if (call->is_pooled)
		result.rule = call->rule;
	if (result.outcome != KDE_INFINITE)
		kde_result_fields(&request, &result, &row);
	put_group(set, &call->groups[g], result.outcome == KDE_INFINITE ? NULL : &row);
	arena_release(&call->computation->arena, mark);
}

/* A rule that looks at one sample at a time has nothing to pool. */
static void
check_can_pool(const NumberCall *call)
{
	if (call->is_pooled && call->options.bandwidth.rule == BANDWIDTH_ISJ)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("bandwidth \"isj\" cannot be pooled over groups"),
				 errhint("Pass pooled_bandwidth => false, or use \"scott\", \"silverman\" or a "
						 "number.")));
}

/*
 * kde_groups(query, grid_size, bandwidth, pooled_bandwidth, kernel, lo, hi, bw_adjust, cut, lower_bound,
 *			  upper_bound, method, clip)
 *		One row for each label of the query: the density of its numbers.
 */
Datum
synthdq_kde_groups(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"x"};
	ResultSet set = result_set_begin(fcinfo);
	const char *query = argument_text(fcinfo, ARGUMENT_QUERY, "query");
	NumberCall call = {
		.stop = sample_stop(),
		.is_pooled = argument_bool(fcinfo, ARGUMENT_POOLED, "pooled_bandwidth"),
		.options = argument_kde_options(fcinfo, ARGUMENT_GRID_SIZE, ARGUMENT_REST),
	};

	call.rule = call.options.bandwidth.rule;
	check_can_pool(&call);
	call.computation = computation_begin();
	call.memory = sample_context_memory(call.computation->context);
	call.n_groups = query_read_groups(call.computation, query, names, lengthof(names), add_number,
									  &call, &call.groups);
	if (call.n_groups > 0)
		fit_number_groups(&call);
	put_groups(&set, &call, call.n_groups, put_number_group);
	computation_end(call.computation);
	return (Datum) 0;
}

/* ---------- kde2d_groups ---------- */

/* A row of the query. */
static void
add_point(void *argument, size_t group, const float8 *numbers)
{
	PointCall *call = argument;
	PointList *list;
	size_t before;

	if (group == call->n_lists)
	{
		call->lists = grow(call->lists, group, &call->capacity, INITIAL_GROUPS, sizeof(PointList));
		call->lists[group] = (PointList){.points = NULL};
		call->n_lists++;
		call->bytes += sizeof(PointList);
	}
	list = &call->lists[group];
	before = list->capacity;
	if (list->n == before)
	{
		/* Before it is taken, the old block beside the new one. */
		size_t more = (before == 0 ? INITIAL_POINTS : 2 * before) * sizeof(Point2d);

		check_status(arena_check(&call->computation->arena, call->bytes + more));
		list->points =
			grow(list->points, list->n, &list->capacity, INITIAL_POINTS, sizeof(Point2d));
		call->bytes += (list->capacity - before) * sizeof(Point2d);
	}
	list->points[list->n++] = (Point2d){.x = numbers[0], .y = numbers[1]};
	call->n++;
}

/* Work of a computation. */
static SdqStatus
fit_points(Job *job, void *argument)
{
	PointCall *call = argument;

	return groups_fit_plane(job, call->points, call->n_groups, call->is_pooled, &call->options,
							call->models);
}

/* Work of a computation. */
static SdqStatus
evaluate_points(Job *job, void *argument)
{
	PointCall *call = argument;

	return kde2d_on_grid(job, call->model, &call->options, &call->result);
}

/* Find the common kernel and grid. */
static void
fit_point_groups(PointCall *call)
{
	Computation *computation = call->computation;
	double n_nodes = (double) call->options.grid_size * (double) call->options.grid_size;
	size_t largest = 0;

	call->points = arena_array(computation, call->n_groups, sizeof(GroupPoints));
	call->models = arena_array(computation, call->n_groups, sizeof(Kde2dModel));
	for (size_t g = 0; g < call->n_groups; g++)
	{
		const PointList *list = &call->lists[call->groups[g].number];

		call->points[g] = (GroupPoints){.points = list->points, .n = list->n};
		largest = Max(largest, list->n);
	}
	check_memory(computation, call->bytes,
				 (double) call->n * POINT_BYTES + (double) largest * POINT_SCRATCH_BYTES +
					 n_nodes * NODE_BYTES,
				 call->n_groups, n_nodes);
	check_status(run_density(computation, fit_points, call, call->n, FIT_TERMS));
}

/* The density of a group. */
static void
put_point_group(ResultSet *set, void *argument, size_t g)
{
	PointCall *call = argument;
	ArenaMark mark = arena_mark(&call->computation->arena);
	const Kde2dModel *model = &call->models[g];
	ResultRow row = {.n_fields = 0};

	call->model = model;
	call->result = (Kde2d){.outcome = model->outcome};
	if (model->outcome == KDE_DONE)
		check_status(run_density(call->computation, evaluate_points, call, call->points[g].n,
								 call->options.grid_size * call->options.grid_size));
	if (model->outcome != KDE_INFINITE)
		kde2d_result_fields(&call->result, call->points[g].n, &row);
	put_group(set, &call->groups[g], model->outcome == KDE_INFINITE ? NULL : &row);
	arena_release(&call->computation->arena, mark);
}

/*
 * kde2d_groups(query, grid_size, bandwidth, pooled_bandwidth, x_lo, x_hi, y_lo, y_hi, bw_adjust, cut, method)
 *		One row for each label of the query: the density of its points.
 */
Datum
synthdq_kde2d_groups(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"x", "y"};
	ResultSet set = result_set_begin(fcinfo);
	const char *query = argument_text(fcinfo, ARGUMENT_QUERY, "query");
	PointCall call = {
		.is_pooled = argument_bool(fcinfo, ARGUMENT_POOLED, "pooled_bandwidth"),
		.options = argument_kde2d_options(fcinfo, ARGUMENT_GRID_SIZE, ARGUMENT_REST),
	};

	call.computation = computation_begin();
	call.n_groups = query_read_groups(call.computation, query, names, lengthof(names), add_point,
									  &call, &call.groups);
	if (call.n_groups > 0)
		fit_point_groups(&call);
	put_groups(&set, &call, call.n_groups, put_point_group);
	computation_end(call.computation);
	return (Datum) 0;
}
