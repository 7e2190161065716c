/*
 * gamma_tail_test.c
 *		Chi-squared, Student and F tails against mpmath over a grid, against closed forms, and far out.
 */
#include "core/tests/gamma_tail.h"

#include <float.h>

#include "check.h"
#include "sample_views.h"
#include "tails.h"

typedef PValue (*Tail)(double df, double x);

/* All rows of a table: one line says how far off the worst is, the others only exist on failure. */
static void
check_table(const TailCase *cases, size_t n, Tail tail, const char *name)
{
	double worst_p = 0;
	double worst_log = 0;

	for (size_t k = 0; k < n; k++)
	{
		const TailCase *c = &cases[k];
		PValue got = tail(c->df, c->x);
		/* Near p = 1 the logarithm is small, and no more exact than p is. */
		double scale = fmax(fabs(c->log10_p), c->p < 1 ? 1e-3 : 1);
		double off_p = c->p == 0 ? (got.p < 1e-299 ? 0 : 1) : fabs(got.p / c->p - 1);
		double off_log = fabs(got.log10_p - c->log10_p) / scale;

		if (!(off_p <= 1e-12) || !(off_log <= 1e-12))
			printf("# df %.17g, x %.17g: p %.17g, want %.17g; log10 p %.17g, want %.17g\n", c->df,
				   c->x, got.p, c->p, got.log10_p, c->log10_p);
		worst_p = fmax(worst_p, isnan(off_p) ? INFINITY : off_p);
		worst_log = fmax(worst_log, isnan(off_log) ? INFINITY : off_log);
	}
	printf("# %s: worst relative error of p %.2g, of log10 p %.2g\n", name, worst_p, worst_log);
	check_close(worst_p, 0, 1e-12, name);
	check_close(worst_log, 0, 1e-12, name);
}

/* F against mpmath; the same tolerances. */
static void
check_f(void)
{
	double worst_p = 0;
	double worst_log = 0;

	for (size_t k = 0; k < N_ITEMS(f_cases); k++)
	{
		const FCase *c = &f_cases[k];
		PValue got = f_upper_tail(c->df_1, c->df_2, c->x);
		double scale = fmax(fabs(c->log10_p), c->p < 1 ? 1e-3 : 1);
		double off_p = c->p == 0 ? (got.p < 1e-299 ? 0 : 1) : fabs(got.p / c->p - 1);
		double off_log = fabs(got.log10_p - c->log10_p) / scale;

		if (!(off_p <= 1e-12) || !(off_log <= 1e-12))
			printf("# F(%.17g, %.17g), %.17g: p %.17g, want %.17g; log10 p %.17g, want %.17g\n",
				   c->df_1, c->df_2, c->x, got.p, c->p, got.log10_p, c->log10_p);
		worst_p = fmax(worst_p, isnan(off_p) ? INFINITY : off_p);
		worst_log = fmax(worst_log, isnan(off_log) ? INFINITY : off_log);
	}
	check_close(worst_p, 0, 1e-12, "F against mpmath");
	check_close(worst_log, 0, 1e-12, "log10 p of F against mpmath");

	/* F(1, m) is the square of Student's T; F(2, 2): 1 / (1 + f); F and 1/F change places. */
	check_close(f_upper_tail(1, 9, 6.25).p, student_both_tails(9, 2.5).p, 1e-13, "F(1, 9) is T^2");
	check_close(f_upper_tail(2, 2, 3).p, 0.25, 1e-14, "F(2, 2) >= 3 has the chance 1/4");
	check_close(f_upper_tail(6, 11, 1.7).p + f_upper_tail(11, 6, 1 / 1.7).p, 1, 1e-14,
				"F(6, 11) >= f or F(11, 6) >= 1/f");
	check(f_upper_tail(3, 4, 0).p == 1 && f_upper_tail(3, 4, -1).p == 1, "f = 0 and below: p = 1");
	check(isfinite(f_upper_tail(3, 4, INFINITY).log10_p), "an infinite f has a logarithm");
	check(isnan(f_upper_tail(3, 4, NAN).p) && isnan(f_upper_tail(NAN, 4, 1).log10_p),
		  "NaN in, NaN out of F");
}

/* The laws that have a closed form. */
static void
check_closed_forms(void)
{
	double worst = 0;

	for (double x = 1e-3; x < 1400; x *= 1.1)
	{
		double t = sqrt(x);

		/* Two degrees: exponential. One: the square of a normal variable. */
		worst = fmax(worst, fabs(chi_squared_tail(2, x).p / exp(-x / 2) - 1));
		worst = fmax(worst, fabs(chi_squared_tail(1, x).p / normal_both_tails(t).p - 1));
		/* One degree: Cauchy. Two: 1 - t / sqrt(t^2 + 2) = 2 / (r (r + t)), r = sqrt(t^2 + 2). */
		worst = fmax(worst, fabs(student_both_tails(1, t).p / (atan2(1, t) * 2 / M_PI) - 1));
		worst =
			fmax(worst, fabs(student_both_tails(2, t).p * sqrt(x + 2) * (sqrt(x + 2) + t) / 2 - 1));
	}
	check_close(worst, 0, 1e-12, "closed forms of one and two degrees of freedom");
	/* kw_three: exp(-3.6) */
	check_close(chi_squared_tail(2, 7.2).p, 0.0273237224472925619, 1e-14, "kw_three: p = .0273237");
	check_close(student_both_tails(1e12, 1.96).p, normal_both_tails(1.96).p, 1e-11,
				"Student with 1e12 degrees of freedom is normal");
}

/* Where p itself is gone, the ends, and arguments that are no numbers. */
static void
check_ends(void)
{
	/* ln Q(1, 5e5) = -5e5 */
	check_close(chi_squared_tail(2, 1e6).log10_p, -5e5 / log(10), 1e-15, "log10 p without p");
	check(chi_squared_tail(2, 1e6).p == 0, "p underflows to 0");
	check_close(chi_squared_tail(2, 1e300).log10_p, -5e299 / log(10), 1e-15, "x = 1e300");
	check(isfinite(chi_squared_tail(1e6, DBL_MAX).log10_p), "the largest x has a logarithm");
	check(chi_squared_tail(5, 0).p == 1 && chi_squared_tail(5, 0).log10_p == 0, "x = 0: p = 1");
	check(chi_squared_tail(5, -1).p == 1, "x below 0 counts as 0");
	check(chi_squared_tail(5, DBL_MIN / 4).p == 1, "a denormal x: p = 1");
	check(isnan(chi_squared_tail(NAN, 1).p) && isnan(chi_squared_tail(1, NAN).log10_p),
		  "NaN in, NaN out");
	/* The median of a large chi-squared is df - 2/3. */
	check_close(chi_squared_tail(1e12, 1e12 - 2.0 / 3).p, 0.5, 1e-9, "1e12 degrees of freedom");

	check(student_both_tails(3, 0).p == 1 && student_upper_tail(3, 0).p == 0.5, "t = 0");
	check_close(student_upper_tail(7, 2).p, student_both_tails(7, 2).p / 2, 1e-15, "half of both");
	check_close(student_upper_tail(7, -2).p, 1 - student_upper_tail(7, 2).p, 1e-15, "t below 0");
	check(student_upper_tail(7, -1e300).p == 1, "far below 0: p = 1");
	check(student_both_tails(3, INFINITY).p == 0 || student_both_tails(3, INFINITY).p < 1e-300,
		  "t infinite: p is nearly 0");
	check(isfinite(student_both_tails(3, INFINITY).log10_p), "and has a logarithm");
	check(isfinite(student_both_tails(0.5, INFINITY).log10_p), "even for half a degree of freedom");
	check(student_upper_tail(3, -INFINITY).p == 1, "t = -infinity: p = 1");
	check_close(student_both_tails(3, 1e-300).p, 1, 1e-15, "a tiny t: p = 1");
	check(isnan(student_both_tails(NAN, 1).p) && isnan(student_upper_tail(1, NAN).log10_p),
		  "NaN in, NaN out");
}

/* No step where one method takes over from the other. */
static void
check_switches(void)
{
	double worst = 0;

	for (double df = 1; df < 2e5; df *= 1.7)
	{
		double x = df + 2;
		double t = sqrt(1.5 * df / (df / 2 + 1));

		worst = fmax(worst, fabs(chi_squared_tail(df, x * (1 - 1e-15)).p /
									 chi_squared_tail(df, x * (1 + 1e-15)).p -
								 1));
		worst = fmax(worst, fabs(student_both_tails(df, t * (1 - 1e-15)).p /
									 student_both_tails(df, t * (1 + 1e-15)).p -
								 1));
	}
	check_close(worst, 0, 2e-12, "both methods agree where they meet");
	worst = 0;
	for (double df = 127; df < 129; df += 0.01)
	{
		double ratio = chi_squared_tail(df + 0.01, 150).p / chi_squared_tail(df, 150).p;

		worst = fmax(
			worst,
			fabs(ratio / (chi_squared_tail(df, 150).p / chi_squared_tail(df - 0.01, 150).p) - 1));
	}
	check_close(worst, 0, 1e-5, "and so do both forms of the gamma function");
}

int
main(void)
{
	check_table(chi_squared_cases, N_ITEMS(chi_squared_cases), chi_squared_tail,
				"chi-squared against mpmath");
	check_table(student_cases, N_ITEMS(student_cases), student_both_tails,
				"Student against mpmath");
	check_f();
	check_closed_forms();
	check_ends();
	check_switches();
	return check_done();
}
