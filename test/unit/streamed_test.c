/*
 * streamed_test.c
 *		Tests, distances and drift over samples that come in pieces, as those larger than memory do: the
 *		same bits as in one piece, in a few passes; and a piece that cannot be had is never taken for the
 *		end. Reading the tally in batches, too.
 */
#include <string.h>

#include "check.h"
#include "core/tests/chi_squared.h"
#include "core/tests/distances.h"
#include "core/tests/drift.h"
#include "core/tests/ks.h"
#include "core/tests/mw.h"
#include "sample_views.h"

#define PIECE 3 /* entries */

/* A sample that is fetched in pieces. */
typedef struct Pieces
{
	const SampleView *view;
	size_t next;
	int *fetches_left; /* common to both samples; the one that makes it 0 fails */
} Pieces;

/* All results at once. */
typedef struct Results
{
	WassersteinResult wasserstein;
	EnergyResult energy;
	DriftResult drift;
	Chi2Result chi2;
	KsResult ks;
	MwResult mw;
	double edges[20];
	size_t n_bins;
} Results;

static SdqStatus
fetch_piece(SampleStream *stream)
{
	Pieces *pieces = stream->source;
	size_t left = pieces->view->n_distinct - pieces->next;

	if (--*pieces->fetches_left == 0)
		return sdq_error(SDQ_NO_MEMORY, 1, 0);
	stream->values = pieces->view->values + pieces->next;
	stream->counts = pieces->view->counts + pieces->next;
	stream->n_entries = left < PIECE ? left : PIECE;
	pieces->next += stream->n_entries;
	return sdq_ok();
}

static SdqStatus
restart_pieces(SampleStream *stream)
{
	Pieces *pieces = stream->source;

	pieces->next = 0;
	stream->n_entries = 0;
	return sdq_ok();
}

static SampleStream
stream_of_pieces(Pieces *pieces)
{
	return (SampleStream){.n = pieces->view->n,
						  .n_entries = 0,
						  .fetch = fetch_piece,
						  .restart = restart_pieces,
						  .source = pieces};
}

/* Every measure of the tally, the first failure if there is one. */
static SdqStatus
measure(Tally *tally, Results *results)
{
	DriftBins bins = {.n_bins = 1};
	Arena arena;
	SdqStatus status;

	memset(results, 0, sizeof(*results));
	arena_init(&arena, arena_malloc_source(), 0);
	status = wasserstein_distance(tally, NULL, &results->wasserstein);
	if (!sdq_failed(status))
		status = energy_distance(tally, NULL, &results->energy);
	if (!sdq_failed(status))
		status = chi2_test_tally(tally, &arena, NULL, &results->chi2);
	if (!sdq_failed(status))
		status = ks_test(tally, TEST_AUTO, &arena, NULL, &results->ks);
	if (!sdq_failed(status))
		status = mw_test(tally, TEST_AUTO, &arena, NULL, &results->mw);
	if (!sdq_failed(status))
		status = drift_quantile_bins(tally, 10, &arena, NULL, &bins);
	if (!sdq_failed(status))
	{
		results->n_bins = bins.n_bins;
		memcpy(results->edges, bins.edges, (bins.n_bins - 1) * sizeof(double));
		status = drift_measure(tally, &bins, 0.5, &arena, NULL, &results->drift);
	}
	arena_free(&arena);
	return status;
}

/* Is a tally the same block by block as in batches? *n_blocks = how many there are. */
static bool
batches_agree(Tally *tally, size_t *n_blocks)
{
	TallyBlock *all = malloc((tally->x.n + tally->y.n + TALLY_BATCH) * sizeof(TallyBlock));
	size_t n = 0;
	size_t added;
	size_t next = 0;
	bool agree = true;
	TallyBlock block;

	tally_rewind(tally);
	while ((added = tally_next_batch(tally, all + n)) > 0)
		n += added;
	tally_rewind(tally);
	for (; tally_next(tally, &block); next++)
		agree = agree && next < n && block.value == all[next].value && block.x == all[next].x &&
				block.y == all[next].y;
	free(all);
	*n_blocks = n;
	return agree && next == n;
}

/* Sizes around that of a batch, in one piece and in many, alike, disjoint, and one of them empty. */
static void
check_batches(void)
{
	static const size_t sizes[] = {
		0, 1, TALLY_BATCH - 1, TALLY_BATCH, TALLY_BATCH + 1, 2 * TALLY_BATCH, 1000};
	double values_x[1000];
	double values_y[1000];
	bool agree = true;
	bool complete = true;

	for (int shift = 0; shift < 3; shift++)
		for (size_t i = 0; i < N_ITEMS(sizes); i++)
			for (size_t j = 0; j < N_ITEMS(sizes); j++)
			{
				int left = INT32_MAX;
				SampleView x;
				SampleView y;
				Pieces pieces_x = {.view = &x, .fetches_left = &left};
				Pieces pieces_y = {.view = &y, .fetches_left = &left};
				Tally tally;
				size_t n_whole;
				size_t n_pieces;

				for (size_t k = 0; k < 1000; k++)
				{
					values_x[k] = (double) (k * 7919 % 1009);
					/* The same, interleaved, above. */
					values_y[k] = (double) (k * 104729 % 1009) + (shift == 2 ? 2000 : 0.5 * shift);
				}
				x = view_of_values(values_x, sizes[i]);
				y = view_of_values(values_y, sizes[j]);
				tally = tally_open(&x, &y);
				agree = batches_agree(&tally, &n_whole) && agree;
				tally =
					tally_open_streams(stream_of_pieces(&pieces_x), stream_of_pieces(&pieces_y));
				agree = batches_agree(&tally, &n_pieces) && agree;
				complete = complete && n_whole == n_pieces &&
						   (shift == 0 || n_whole == sizes[i] + sizes[j]);
				view_free(&x);
				view_free(&y);
			}
	check(agree, "batches hold what comes block by block");
	check(complete, "and all of it");
}

int
main(void)
{
	double values_x[100];
	double values_y[90];
	SampleView x;
	SampleView y;
	Tally tally;
	Results whole;
	Results streamed;
	Pieces pieces_x = {.view = &x};
	Pieces pieces_y = {.view = &y};
	int left = 1000000;
	int used;
	bool all_fail = true;

	check_batches();
	for (int i = 0; i < 100; i++)
		values_x[i] = (i * i) % 37 / 4.0;
	for (int i = 0; i < 90; i++)
		values_y[i] = (i * i + 3) % 41 / 4.0 - 1;
	x = view_of_values(values_x, 100);
	y = view_of_values(values_y, 90);
	tally = tally_open(&x, &y);
	check(!sdq_failed(measure(&tally, &whole)), "samples in one piece are measured");

	pieces_x.fetches_left = pieces_y.fetches_left = &left;
	used = left;
	tally = tally_open_streams(stream_of_pieces(&pieces_x), stream_of_pieces(&pieces_y));
	check(!sdq_failed(measure(&tally, &streamed)), "and samples in many");
	used -= left;
	check(memcmp(&whole, &streamed, sizeof(whole)) == 0, "with the same bits");
	check(used > 50, "in several passes");

	for (int fail_at = 1; fail_at <= used; fail_at++)
	{
		left = fail_at;
		tally = tally_open_streams(stream_of_pieces(&pieces_x), stream_of_pieces(&pieces_y));
		restart_pieces(&tally.x);
		restart_pieces(&tally.y);
		all_fail = all_fail && measure(&tally, &streamed).code == SDQ_NO_MEMORY;
	}
	check(all_fail, "whichever piece cannot be had, its failure is the result");
	view_free(&x);
	view_free(&y);
	return check_done();
}
