#!/usr/bin/python3
"""Null laws of the one-sample Kolmogorov-Smirnov statistics, for test/unit/ks_one_sample_test.c.

Run again, from the top directory:  test/reference/ks_one_sample.py     (a minute; needs scipy, mpmath)
It writes test/reference/values/ks_one_sample.h.

One-sided: Birnbaum and Tingey's sum with 60 digits. Two-sided: Durbin's matrix in the form of
Marsaglia, Tsang and Wang (2003) in fixed point with 320 bits. Both are exact to all digits printed;
scipy must agree to 1e-10 where it is exact itself: up to n = 140, but for some tails. The last
table is scipy's answer to samples.
"""
import math
from fractions import Fraction

import mpmath
import numpy
from scipy.stats import kstest, kstwo, ksone

OUT = "test/reference/values/ks_one_sample.h"
BITS = 320
ONE = 1 << BITS
STEPS = 80  # 1 / 80! is below 2^-320

mpmath.mp.dps = 60
rng = numpy.random.default_rng(20240611)


def one_sided(n, d):
    d = mpmath.mpf(d)
    total = mpmath.mpf(0)
    for j in range(n):
        share = d + mpmath.mpf(j) / n
        if share >= 1:
            break
        total += mpmath.binomial(n, j) * share ** (j - 1) * (1 - share) ** (n - j)
    return d * total


def two_sided(n, d):
    """1 - P(D < d): the middle element of the n-th power of an m x m matrix, times n! / n^n."""
    x = Fraction(d) * n
    k = math.floor(x) + 1
    h = k - x
    m = 2 * k - 1
    power = [ONE]  # of h
    for i in range(m):
        power.append(power[-1] * h.numerator // h.denominator)
    inverse = [ONE // math.factorial(i) for i in range(STEPS)]
    first = [power[i] // math.factorial(i) if i < 200 else 0 for i in range(m + 1)]
    corner = max(Fraction(0), 2 * h - 1) ** m / math.factorial(m) if m < 60 else Fraction(0)
    vector = [0] * m
    vector[k - 1] = ONE
    for _ in range(n):
        new = []
        for j in range(m):
            value = 0
            for i in range(max(j - 1, 0), min(m, j + STEPS - 1)):
                value += vector[i] * inverse[i - j + 1]
            new.append(value)
        new[0] -= sum(vector[i] * first[i + 1] for i in range(m))
        for j in range(m):
            new[j] -= vector[m - 1] * first[m - j]
        new[0] += vector[m - 1] * (corner.numerator * ONE // corner.denominator)
        vector = [value >> BITS for value in new]
    below = mpmath.mpf(vector[k - 1]) / ONE * mpmath.factorial(n) / mpmath.mpf(n) ** n
    return 1 - below


def shown(value):
    return "%.17g" % float(value)


def both_table():
    rows = []
    for case in range(2200):
        n = int(rng.integers(1, 13)) if case % 3 == 0 else int(rng.integers(1, 141))
        d = float(rng.uniform(0.5 / n, 0.5)) if n < 13 else float(rng.uniform(0.3, 2.3) / n ** 0.5)
        if case % 5 == 0:
            d = round(d * n) / n  # where a border meets a multiple of 1/n
        if case % 7 == 0:
            d = (math.floor(d * n) + 0.5) / n
        d = min(max(d, 0.5 / n), 1.0)
        rows.append((n, d))
    rows += [(n, z / n ** 0.5) for n, z in
             ((500, 0.4), (500, 0.9), (500, 1.5), (1000, 0.6), (1000, 1.2), (1000, 1.36))]
    for n, d in rows:
        one = one_sided(n, d)
        two = mpmath.mpf(1) if n * d <= 0.5 else two_sided(n, d)
        if d < 1 and one > 1e-280:
            assert abs(ksone.sf(d, n) / float(one) - 1) < 1e-10, (n, d)
        scipy_is_exact = d >= 0.5 or (n <= 140 and n * d * d <= 4)
        if d < 1 and scipy_is_exact and two > 1e-250:
            assert abs(kstwo.sf(d, n) / float(two) - 1) < 1e-10, (n, d, two, kstwo.sf(d, n))
        yield "\t{%d, %s, %s, %s}," % (n, shown(d), shown(one), shown(two))


def tail_table():
    for case in range(600):
        n = int(rng.integers(1, 200))
        d = float(rng.uniform(0, 1) if case % 2 else 1 - 10 ** rng.uniform(-6, 0))
        one = one_sided(n, d)
        yield "\t{%d, %s, %s}," % (n, shown(d), shown(mpmath.log10(one)))
    for n, z in ((1000, 0.2), (1000, 4), (3000, 9), (20000, 1), (20000, 5)):
        d = z / n ** 0.5
        yield "\t{%d, %s, %s}," % (n, shown(d), shown(mpmath.log10(one_sided(n, d))))


def sample_table():
    for case in range(400):
        n = int(rng.integers(1, 13))
        u = rng.integers(0, 65, n) if case % 2 else (rng.beta(1, 1.5, n) * 64).astype(int)
        u = numpy.sort(u)
        answers = [kstest(u / 64.0, "uniform", alternative=a, method="exact")
                   for a in ("two-sided", "greater", "less")]
        # scipy's statistic of one side is that side's distance
        values = [a.statistic for a in answers] + [a.pvalue for a in answers]
        yield "\t{%d, {%s}, %s}," % (n, ", ".join(map(str, u)), ", ".join(map(shown, values)))


def write_table(out, declaration, rows):
    out.write("%s = {\n%s\n};\n\n" % (declaration, "\n".join(rows)))


with open(OUT, "w") as out:
    out.write("/* Written by test/reference/ks_one_sample.py; do not edit. */\n/* clang-format off */\n")
    out.write("/* P(D+ >= d), P(D >= d). */\n")
    out.write("static const struct\n{\n\tint n;\n\tdouble d, one, two;\n} ")
    write_table(out, "ks_one_laws[]", list(both_table()))
    out.write("static const struct\n{\n\tint n;\n\tdouble d, log10_one;\n} ")
    write_table(out, "ks_one_tails[]", list(tail_table()))
    out.write("/* u is in units of 1/64; scipy's D, D+, D- and p-values. */\n")
    out.write("static const struct\n{\n\tint n, u[12];\n\tdouble d, plus, minus, two, greater, less;\n} ")
    write_table(out, "ks_one_samples[]", list(sample_table()))
