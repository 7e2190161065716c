#!/usr/bin/python3
"""Two-sample tests by scipy and R, for test/unit/ks_test.c and mw_test.c.

Run again, from the top directory:  test/reference/two_sample.py     (needs scipy and R >= 4.2)
It writes test/reference/values/two_sample.h.

Samples are whole numbers times a scale; +-32767 stand for infinities. Exact Kolmogorov-Smirnov
p-values come from scipy where nothing is tied and from R where something is; exact Mann-Whitney
p-values from scipy where nothing is tied, and where something is from counting all assignments in
whole numbers of unlimited size here.
"""
import math
from fractions import Fraction

import numpy
from scipy.stats import ks_2samp, mannwhitneyu, rankdata

from c_tables import ask_r, wrap

ALTERNATIVES = ("two-sided", "greater", "less")
INFINITE = 32767
OUT = "test/reference/values/two_sample.h"

rng = numpy.random.default_rng(20240607)


def distinct(n):
    return rng.choice(numpy.arange(-9999, 9999), n, replace=False)


def sizes(most):
    return int(rng.integers(1, most + 1)), int(rng.integers(1, most + 1))


def untied(most, scale):
    n_x, n_y = sizes(most)
    pooled = distinct(n_x + n_y)
    if rng.random() < 0.5:  # shifted: the smallest values tend to be in x
        pooled = pooled[numpy.argsort(pooled + rng.normal(0, 8000, n_x + n_y))]
    return pooled[:n_x], pooled[n_x:], scale


def tied(most, n_values):
    n_x, n_y = sizes(most)
    lean = rng.uniform(-1, 1)
    weights = numpy.exp(lean * numpy.linspace(-1, 1, n_values))
    return (rng.integers(0, n_values, n_x),
            rng.choice(n_values, n_y, p=weights / weights.sum()), 1.0)


def zeros(most):
    x, y, _ = untied(most, 1.0)
    x = numpy.where(rng.random(len(x)) < 0.8, 0, numpy.abs(x))
    y = numpy.where(rng.random(len(y)) < 0.7, 0, numpy.abs(y))
    return x, y, 0.25


def infinities(most):
    x, y, _ = tied(most, 6)
    return (numpy.where(x == 5, INFINITE, x), numpy.where(y == 0, -INFINITE, y), 1.0)


def disjoint(most):
    x, y, scale = untied(most, 1.0)
    pooled = numpy.sort(numpy.concatenate([x, y]))
    return pooled[:len(x)], pooled[len(x):], scale


def identical(most):
    x, _, scale = tied(most, 5)
    return x, x, scale


def make_cases():
    cases = []
    for k in range(24):
        cases.append(("untied", *untied(60, 1.0)))
        cases.append(("huge", *untied(12, 1e300)))
        cases.append(("tiny", *untied(12, 5e-324)))
        cases.append(("two values", *tied(30, 2)))
        cases.append(("few values", *tied(40, 5)))
        cases.append(("lightly tied", *tied(25, 60)))
        cases.append(("zeros", *zeros(30)))
        cases.append(("infinities", *infinities(15)))
    for k in range(8):
        cases.append(("disjoint", *disjoint(25)))
        cases.append(("identical", *identical(15)))
        cases.append(("one row", *untied(1, 1.0)))
        x, y, scale = untied(30, 1.0)
        cases.append(("one row in x", x[:1], y, scale))
        cases.append(("one row in y", x, y[:1], scale))
    return cases


def lattice(x, y):
    """Largest and smallest of n_x n_y (F - G), in whole numbers."""
    best = worst = 0
    for v in sorted(set(x) | set(y)):
        d = int((x <= v).sum()) * len(y) - int((y <= v).sum()) * len(x)
        best, worst = max(best, d), min(worst, d)
    return best, -worst


def mw_exact_by_counting(x, y):
    """P(U at least, at most) over all assignments: counts by (number given to x, doubled rank sum)."""
    ranks = [int(r) for r in 2 * rankdata(numpy.concatenate([x, y]))]
    ways = {(0, 0): 1}
    for r in ranks:
        more = dict(ways)
        for (i, total), count in ways.items():
            if i < len(x):
                more[i + 1, total + r] = more.get((i + 1, total + r), 0) + count
        ways = more
    observed = sum(ranks[:len(x)])
    at = {total: count for (i, total), count in ways.items() if i == len(x)}
    everything = sum(at.values())
    greater = Fraction(sum(c for t, c in at.items() if t >= observed), everything)
    less = Fraction(sum(c for t, c in at.items() if t <= observed), everything)
    return [float(min(1, 2 * min(greater, less))), float(greater), float(less)]


def evaluate(case):
    # The whole numbers themselves: order is all that matters, and scipy 1.10 takes two infinities of
    # opposite sign for a NaN.
    _, x, y, _ = case
    is_tied = len(set(x) | set(y)) < len(x) + len(y)
    if is_tied:
        ks = None  # R's turn
        mw = mw_exact_by_counting(x, y)
    else:
        ks = [ks_2samp(x, y, alternative=a, method="exact").pvalue for a in ALTERNATIVES]
        mw = [mannwhitneyu(x, y, alternative=a, method="exact").pvalue for a in ALTERNATIVES]
    if len(set(x) | set(y)) == 1:
        normal = [1.0, 1.0, 1.0]  # scipy divides by a variance of 0
    else:
        normal = [mannwhitneyu(x, y, alternative=a, method="asymptotic").pvalue for a in ALTERNATIVES]
    return lattice(x, y), ks, mannwhitneyu(x, y).statistic, mw, normal


def main():
    cases = make_cases()
    results = [evaluate(case) for case in cases]
    tied_cases = [k for k, r in enumerate(results) if r[1] is None]
    questions = [" | ".join(" ".join(map(str, sample)) for sample in cases[k][1:3])
                 for k in tied_cases]
    for k, p in zip(tied_cases, ask_r("two_sample.R", questions)):
        results[k] = (results[k][0], p) + results[k][2:]

    values = []
    rows = []
    for (kind, x, y, scale), (d, ks, u, mw, normal) in zip(cases, results):
        rows.append('\t{"%s", %d, %d, %d, %r, %d, %d, {%s}, %r, {%s}, {%s}},' % (
            kind, len(x), len(y), len(values), scale, d[0], d[1], ", ".join("%.12g" % p for p in ks),
            float(u), ", ".join("%.12g" % p for p in mw), ", ".join("%.12g" % p for p in normal)))
        values += list(x) + list(y)
    with open(OUT, "w") as out:
        out.write("/* Written by test/reference/two_sample.py; do not edit. */\n"
                  "/* clang-format off */\n"
                  "#define TWO_SAMPLE_INFINITE %d\n\n"
                  "/* x, then y, of each case. */\n"
                  "static const short two_sample_values[%d] = {\n%s\n};\n\n"
                  "/* p-values: two-sided, greater, less. */\n"
                  "typedef struct TwoSampleCase\n{\n"
                  "\tconst char *kind;\n\tint n_x, n_y, offset;\n\tdouble scale;\n"
                  "\tlong long plus, minus; /* n_x n_y times D+ and D- */\n"
                  "\tdouble ks_exact[3];\n\tdouble u;\n"
                  "\tdouble mw_exact[3];\n\tdouble mw_asymptotic[3];\n} TwoSampleCase;\n\n"
                  "static const TwoSampleCase two_sample_cases[%d] = {\n%s\n};\n"
                  % (INFINITE, len(values), wrap([str(v) for v in values]), len(rows),
                     "\n".join(rows)))


main()
