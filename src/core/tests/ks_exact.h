/*
 * ks_exact.h
 *		The exact null law of Kolmogorov-Smirnov statistics, conditional on the ties.
 */
#ifndef SYNTHDQ_CORE_TESTS_KS_EXACT_H
#define SYNTHDQ_CORE_TESTS_KS_EXACT_H

#include "core/base/arena.h"
#include "core/base/stop.h"
#include "core/tests/ks_band.h"
#include "core/tests/ks_ties.h"

/* What the recursion over this band and these ties takes, and which states it may leave out. */
typedef struct KsExactPlan
{
	double work;       /* estimated, in units of about a nanosecond */
	bool is_possible;  /* the range of doubles suffices */
	bool is_separable; /* two-sided: hardly any path that leaves on one side leaves on both, so that
						* the two one-sided chances may be added; relative error below 1e-14 */
	double log_least;  /* a lower bound of ln p, or what the caller gave as such */
	int64_t best_look; /* values up to the block end of log_least's own bound; 0 if there is none */
	double log_range;  /* what the numbers of the recursion span */
	int64_t max_width; /* states that may be kept at once */
	/* Which states matter after S values (ks_exact.c): those within sqrt(reach S (N - S + 1)) +
	 * slack of the mean, and one-sided within sqrt(detour S (N - S + 1)) + slack of a line. */
	double share_a; /* the mean's slope */
	double line;    /* the line's, above the mean's */
	double reach;
	double detour;
	double slack;
	/* The walk: a with chance theta, b with chance rest; theta + rest is exactly 1. */
	double theta;
	double rest;
	double tilt_a_value; /* ln of the true chances over the walk's: for each of S values */
	double tilt_a_state; /* and for each state above the mean */
	double log_r0;       /* ln of the true walk's chance to end at n_a */
} KsExactPlan;

/* States that matter after S values; none if bottom > top. */
typedef struct KsStates
{
	int64_t bottom;
	int64_t top;
	int64_t above; /* those from here on are above the band */
	int64_t below; /* two-sided: those up to here are below it */
} KsStates;

/* Plan the recursion. A chance below exp(log_least) need only be known to an absolute error of
 * 1e-15 exp(log_least); -INFINITY for a relative error in any case. O(1). */
extern KsExactPlan ks_exact_plan(const KsBand *band, const KsTies *ties, double log_least);

extern KsStates ks_exact_states(const KsBand *band, const KsExactPlan *plan, int64_t S);

/* Give the walk another theta: its mean is then `slope` states a value above the true one, or a
 * little less where that is impossible. The plan's own is `line`, two-sided 0. */
extern void ks_exact_tilt(const KsBand *band, double slope, KsExactPlan *plan);

/* ln of the chance that the walk, at state i after S values, goes on to n_a after all, in units
 * of the chance that it gets there at all, and of what tells a path of it from a path of the
 * true walk. x = i - S n_a / N. */
extern double ks_exact_log_r(const KsBand *band, const KsExactPlan *plan, int64_t S, double i,
							 double x);

/*
 * The chance that a path leaves the band at the end of a block; relative error about 1e-14,
 * growing like the square root of the number of blocks. *log_p is its natural logarithm, -INFINITY
 * if the chance is 0. The plan must be possible. Needs about 4 * max_width doubles of scratch,
 * given back. Polls `stop` every few milliseconds. Failures: SDQ_INTERRUPTED, those of the arena
 * and of the tally.
 */
extern SdqStatus ks_exact_log_p(const KsBand *band, const KsExactPlan *plan, const KsTies *ties,
								Arena *scratch, Stop *stop, double *log_p);

#endif
