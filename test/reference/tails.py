#!/usr/bin/python3
"""Chi-squared, Student and F tails to 30 digits by mpmath, for test/unit/gamma_tail_test.c.

Run again, from the top directory:  test/reference/tails.py     (needs mpmath and scipy; a minute)
It writes test/reference/values/tails.h.

For whole degrees of freedom the chi-squared tail is a finite sum, plus erfc where they are odd, and its
complement a series: both of positive terms, so nothing is lost. Other cases are mpmath's own incomplete
gamma and beta functions, with as many digits as the tail is small. scipy agrees wherever it can.
"""
import numpy
from mpmath import betainc, erfc, exp, gammainc, log, log10, loggamma, mp, mpf
from scipy.stats import chi2, f as fisher, t as student

OUT = "test/reference/values/tails.h"
mp.dps = 50


def chi_squared(df, x):
    """P(X >= x) of whole df."""
    a, h = mpf(df) / 2, mpf(x) / 2
    prefactor = exp(a * log(h) - h - loggamma(a))
    if h < a:
        term = total = 1 / a
        n = 1
        while term > total * mpf(10) ** -50:
            term *= h / (a + n)
            total += term
            n += 1
        return 1 - prefactor * total
    # Q(a) = Q(a - 1) + h^(a-1) e^-h / Gamma(a), down to Q(1/2) = erfc(sqrt h) or Q(0) = 0.
    term, total, k = 1 / h, 1 / h, a - 1
    while k > mpf(1) / 2 and term > total * mpf(10) ** -50:
        term *= k / h
        total += term
        k -= 1
    if k == mpf(1) / 2 or df == 1:
        rest = erfc(h ** mpf("0.5"))
        return rest if df == 1 else prefactor * total + rest
    return prefactor * total


def chi_squared_any(df, x):
    a, h = mpf(df) / 2, mpf(x) / 2
    mp.dps = 80
    q = gammainc(a, h, mp.inf, regularized=True)
    mp.dps = 50
    return q


def student_both(df, t):
    a, s = mpf(df) / 2, mpf(t)
    mp.dps = 60
    p = betainc(a, mpf(1) / 2, 0, df / (df + s * s), regularized=True)
    mp.dps = 50
    return p


def f_upper(df_1, df_2, f):
    a, b, f = mpf(df_2) / 2, mpf(df_1) / 2, mpf(f)
    mp.dps = 60
    p = betainc(a, b, 0, a / (a + b * f), regularized=True)
    mp.dps = 50
    return p


def row(df, x, p):
    return "\t{%r, %r, %s, %s}," % (float(df), float(x), mp.nstr(p, 19) if p > mpf(10) ** -300 else "0",
                                    mp.nstr(log10(p), 19))


def check(p, log_p, by_scipy):
    assert abs(log(p) - by_scipy) <= 1e-8 * max(1, abs(log_p)), (p, log_p, by_scipy)


def main():
    rng = numpy.random.default_rng(20261123)
    chi, stu = [], []
    for df in (1, 2, 3, 4, 5, 7, 9, 10, 19, 30, 63, 64, 99, 127, 128, 129, 130, 255, 783, 1000, 4095,
               10000, 65535, 100001, 999999, 1000000):
        spread = (2 * df) ** 0.5
        xs = [df * f for f in (1e-6, .01, .3, .9, .999, 1, 1.001, 1.1, 2, 10, 100)]
        xs += [max(df + spread * z, df * .5) for z in (-5, -2, -1, -.1, .1, 1, 2, 3, 5, 8, 12, 20)]
        xs += [df + 1.9, df + 2, df + 2.1, 1e5, 3e6]
        for x in xs + list(df * numpy.exp(rng.normal(0, min(1, 8 / df ** .5), 10))):
            p = chi_squared(df, float(x))
            chi.append(row(df, x, p))
            if p > mpf(10) ** -250:
                check(p, float(log(p)), chi2.logsf(float(x), df))
    for _ in range(150):
        df = float(numpy.exp(rng.uniform(0, 6)))
        x = float(df * numpy.exp(rng.normal(0, min(2, 8 / df ** .5))))
        chi.append(row(df, x, chi_squared_any(df, x)))
    for df in (.5, 1, 1.5, 2, 3, 3.7, 5, 8, 12.25, 30, 63, 127, 128.5, 200, 1000, 12345.678, 1e6):
        for t in (1e-8, .01, .3, .8, 1, 1.2, 1.22, 1.23, 1.3, 1.5, 2, 3, 5, 8, 12, 20, 30, 40, 100, 1e4):
            if df > 1000 and t > 40:
                continue  # beyond mpmath's patience
            p = student_both(df, t)
            stu.append(row(df, t, p))
            if p > mpf(10) ** -250 and p < 1 - mpf(10) ** -7:
                check(p, float(log(p)), student.logsf(t, df) + numpy.log(2))
    fs = []
    for df_1, df_2 in ((1, 1), (1, 7), (2, 3), (3, 2), (5, 1), (4, 10), (10, 4), (50, 949), (50, 6949), (127.5, 128.5),
                       (784, 216), (300, 300), (784, 69215), (1000, 2), (3, 1e5), (2.5, 3.75)):
        for f in (1e-6, .01, .3, .499, .5, .501, .8, .99, 1, 1.01, 1.1, 1.5, 1.99, 2, 2.01, 3, 5, 10, 100, 1e4):
            if max(df_1, df_2) > 1000 and f > 10:
                continue  # beyond mpmath's patience
            p = f_upper(df_1, df_2, f)
            if p > 1 - mpf(10) ** -45:
                continue  # nothing but 1
            fs.append("\t{%r, %s" % (float(df_1), row(df_2, f, p)[2:]))
            if p > mpf(10) ** -250 and p < 1 - mpf(10) ** -7:
                check(p, float(log(p)), fisher.logsf(f, df_1, df_2))
    with open(OUT, "w") as out:
        out.write("/* Written by test/reference/tails.py; do not edit. */\n/* clang-format off */\n"
                  "/* p is 0 where it is below 1e-300. */\n"
                  "typedef struct TailCase\n{\n\tdouble df, x, p, log10_p;\n} TailCase;\n\n"
                  "static const TailCase chi_squared_cases[%d] = {\n%s\n};\n\n"
                  "/* Both tails. */\n"
                  "static const TailCase student_cases[%d] = {\n%s\n};\n\n"
                  "typedef struct FCase\n{\n\tdouble df_1, df_2, x, p, log10_p;\n} FCase;\n\n"
                  "static const FCase f_cases[%d] = {\n%s\n};\n"
                  % (len(chi), "\n".join(chi), len(stu), "\n".join(stu), len(fs), "\n".join(fs)))


main()
