/*
 * gamma_tail.h
 *		Tails of the chi-squared, Student's and Fisher's F distribution that do not underflow.
 */
#ifndef SYNTHDQ_CORE_TESTS_GAMMA_TAIL_H
#define SYNTHDQ_CORE_TESTS_GAMMA_TAIL_H

#include "core/tests/tail.h"

/*
 * P(X >= x) of a chi-squared X with df degrees of freedom, which need not be whole: the regularised
 * incomplete gamma function Q(df/2, x/2). 1 <= df <= 1e12; x is finite, and what is below 0 counts as 0.
 * NaN gives NaN. Relative error of p below 1e-12 for p >= 1e-300, of log10_p below 1e-13 from there.
 * Time: some hundred nanoseconds for small df, about 10 sqrt(df) of them near x = df.
 */
extern PValue chi_squared_tail(double df, double x);

/*
 * P(T >= t) and P(abs(T) >= t), t >= 0 for the latter, of Student's T with df degrees of freedom, which
 * need not be whole: half of the regularised incomplete beta function I(df/2, 1/2) at df/(df + t^2).
 * 0.5 <= df <= 1e12, t finite or infinite; an infinite t is far out (log10_p as for the largest double).
 * NaN gives NaN. Accuracy and time as above.
 */
extern PValue student_upper_tail(double df, double t);
extern PValue student_both_tails(double df, double t);

/*
 * P(F >= f) of Fisher's F with df_1 and df_2 degrees of freedom, which need not be whole: the regularised
 * incomplete beta function I(df_2/2, df_1/2) at df_2/(df_2 + df_1 f). 1 <= df_1, df_2 <= 1e9; what is below 0
 * counts as 0, what is above 1e290 as that. NaN gives NaN. Accuracy and time as above.
 */
extern PValue f_upper_tail(double df_1, double df_2, double f);

#endif
