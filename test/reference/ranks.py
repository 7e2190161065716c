#!/usr/bin/python3
"""Kruskal-Wallis, Dunn and Wilcoxon's signed rank test, for test/unit/kruskal_test.c and wilcoxon_test.c.

Run again, from the top directory:  test/reference/ranks.py     (needs scipy and R >= 4.2)
It writes test/reference/values/ranks.h.

Kruskal-Wallis comes from scipy, and R must agree. Dunn's z is the formula of the paper (as in R's
package dunn.test) over the mean ranks of scipy's rankdata, adjusted by Benjamini and Hochberg.
Asymptotic signed rank p-values come from scipy for all three ways to handle zeros, and R must agree
where zeros are dropped; exact ones from counting all signs in whole numbers of unlimited size, and scipy and
R must agree where nothing is tied. Numbers are whole; +-32767 stand for infinities.
"""
import warnings
from collections import defaultdict
from fractions import Fraction
from itertools import combinations
from math import isclose, sqrt

import numpy
from scipy.stats import kruskal, norm, rankdata, wilcoxon

from c_tables import ask_r, wrap

OUT = "test/reference/values/ranks.h"
INFINITE = 32767
ALTERNATIVES = ("two-sided", "greater", "less")
ZEROS = ("wilcox", "pratt", "zsplit")

rng = numpy.random.default_rng(20261124)
warnings.simplefilter("ignore")


def agree(a, b):
    assert isclose(a, b, rel_tol=1e-10), (a, b)


# Kruskal-Wallis and Dunn

def make_groups():
    cases = []
    for k in range(240):
        n_groups = int(rng.integers(2, 7))
        n_values = int(rng.choice([2, 4, 10, 9999]))
        groups = []
        for g in range(n_groups):
            size = int(rng.integers(1, 16))
            shift = int(rng.integers(0, 1 + n_values // 2))
            groups.append([int(v) for v in rng.integers(0, n_values, size) + shift])
        if k % 10 == 0:
            groups[0][0] = INFINITE
            groups[1][0] = -INFINITE
        if len({v for g in groups for v in g}) == 1:
            groups[0].append(n_values)
        cases.append(groups)
    cases.append([[int(v) for v in rng.normal(100 * g, 40, 80)] for g in range(3)])  # far out
    cases.append([[1], [2]])
    return cases


def dunn(groups):
    pooled = [v for g in groups for v in g]
    n, ranks = len(pooled), rankdata(pooled)
    _, ties = numpy.unique(pooled, return_counts=True)
    ties = sum(int(t) ** 3 - int(t) for t in ties)
    means, start = [], 0
    for g in groups:
        means.append(ranks[start:start + len(g)].mean())
        start += len(g)
    rows = []
    for a, b in combinations(range(len(groups)), 2):
        difference = means[a] - means[b]
        variance = (n * (n + 1) / 12 - ties / (12 * (n - 1))) * (1 / len(groups[a]) + 1 / len(groups[b]))
        z = difference / sqrt(variance)
        rows.append([difference, z, 2 * norm.sf(abs(z))])
    order = sorted(range(len(rows)), key=lambda i: -rows[i][2])
    least = 1.0
    for place, i in enumerate(order):
        least = min(least, rows[i][2] * len(rows) / (len(rows) - place))
        rows[i].append(least)
    return rows


def kruskal_table():
    cases = make_groups()
    r = ask_r("ranks.R", ("kruskal " + " | ".join(" ".join(map(str, g)) for g in groups)
                          for groups in cases))
    values, sizes, rows, pairs = [], [], [], []
    for groups, by_r in zip(cases, r):
        h, p = kruskal(*groups)
        agree(h, by_r[0])
        agree(p, by_r[1])
        compared = dunn(groups)
        rows.append("\t{%d, %d, %d, %d, %.11g, %.11g}," % (
            len(groups), len(sizes), len(values), len(pairs), h, p))
        sizes += map(len, groups)
        values += [v for g in groups for v in g]
        pairs += ["\t{%.11g, %.11g, %.11g, %.11g}," % tuple(c) for c in compared]
    return values, sizes, rows, pairs


# Wilcoxon

def make_differences():
    cases = []
    for k in range(60):
        n = int(rng.integers(1, 51))
        shift = rng.choice([0, 0, 0.5, 1.5])
        sign = numpy.where(rng.normal(shift, 1, n) > 0, 1, -1)
        cases.append(("untied", sign * rng.choice(numpy.arange(1, 9999), n, replace=False)))
        cases.append(("tied", sign * rng.integers(1, 12, n)))
        cases.append(("zeros", sign * rng.integers(0, 5, n)))
        cases.append(("many zeros", sign * numpy.where(rng.random(n) < .7, 0, rng.integers(1, 99, n))))
        cases.append(("infinities", sign * numpy.where(rng.random(n) < .2, INFINITE, rng.integers(0, 99, n))))
    for n in (51, 80, 150):  # beyond the switch
        for shift in (0, .3, 1, 3):
            cases.append(("large", numpy.rint(rng.normal(shift, 1, n) * 10)))
    return [(kind, [int(v) for v in d]) for kind, d in cases if any(d)]


def ranks_and_signs(d, zeros):
    """Doubled ranks of what has a sign, those that are positive, and doubled rank sums of either side."""
    d = [v for v in d if v != 0 or zeros != "wilcox"]
    doubled = [int(2 * r) for r in rankdata(numpy.abs(d))]
    signed = [r for r, v in zip(doubled, d) if v != 0]
    plus = sum(r for r, v in zip(doubled, d) if v > 0)
    share = Fraction(sum(doubled) - sum(signed), 2) if zeros == "zsplit" else Fraction(0)
    return signed, plus, share


def by_counting(signed, plus):
    ways = {0: 1}
    for r in signed:
        more = defaultdict(int, ways)
        for total, count in ways.items():
            more[total + r] += count
        ways = more
    everything = 2 ** len(signed)
    greater = Fraction(sum(c for t, c in ways.items() if t >= plus), everything)
    less = Fraction(sum(c for t, c in ways.items() if t <= plus), everything)
    return [float(min(1, 2 * min(greater, less))), float(greater), float(less)]


def wilcoxon_table():
    cases = make_differences()
    r = ask_r("ranks.R", ("wilcoxon " + " ".join(map(str, d)) for _, d in cases))
    values, rows = [], []
    for (kind, d), by_r in zip(cases, r):
        untied = 0 not in d and len(set(map(abs, d))) == len(d)
        fields = []
        for zeros in ZEROS:
            signed, plus, share = ranks_and_signs(d, zeros)
            minus = sum(signed) - plus
            normal = [wilcoxon(d, zero_method=zeros, alternative=a, method="approx").pvalue
                      for a in ALTERNATIVES]
            exact = by_counting(signed, plus)
            if zeros == "wilcox":
                for i, a in enumerate(ALTERNATIVES):
                    agree(normal[i], by_r[i])
                    if untied:
                        agree(exact[i], by_r[3 + i])
                        agree(exact[i], wilcoxon(d, alternative=a, method="exact").pvalue)
            fields.append("{%r, %r, {%s}, {%s}}" % (
                float((plus + share) / 2), float((minus + share) / 2),
                ", ".join("%.11g" % p for p in normal), ", ".join("%.14g" % p for p in exact)))
        rows.append('\t{"%s", %d, %d, {%s}},' % (kind, len(d), len(values), ",\n\t\t".join(fields)))
        values += d
    return values, rows


def main():
    values, sizes, rows, pairs = kruskal_table()
    differences, cases = wilcoxon_table()
    with open(OUT, "w") as out:
        out.write(
            "/* Written by test/reference/ranks.py; do not edit. */\n/* clang-format off */\n"
            "#define RANKS_INFINITE %d\n\n"
            "/* The samples of each case after each other. */\n"
            "static const short kruskal_values[%d] = {\n%s\n};\n\n"
            "static const short kruskal_sizes[%d] = {\n%s\n};\n\n"
            "typedef struct KruskalCase\n{\n\tint k, first_size, first_value, first_pair;\n"
            "\tdouble h, p;\n} KruskalCase;\n\n"
            "static const KruskalCase kruskal_cases[%d] = {\n%s\n};\n\n"
            "/* p_adjusted: Benjamini and Hochberg. */\n"
            "typedef struct DunnCase\n{\n\tdouble difference, z, p, p_adjusted;\n} DunnCase;\n\n"
            "static const DunnCase dunn_cases[%d] = {\n%s\n};\n\n"
            "static const short wilcoxon_differences[%d] = {\n%s\n};\n\n"
            "/* By way to handle zeros; p-values two-sided, greater, less. */\n"
            "typedef struct WilcoxonCase\n{\n\tconst char *kind;\n\tint n, offset;\n\tstruct\n\t{\n"
            "\t\tdouble w_plus, w_minus;\n\t\tdouble normal[3];\n\t\tdouble exact[3];\n"
            "\t} by_zeros[3];\n} WilcoxonCase;\n\n"
            "static const WilcoxonCase wilcoxon_cases[%d] = {\n%s\n};\n"
            % (INFINITE, len(values), wrap(list(map(str, values))), len(sizes), wrap(list(map(str, sizes))),
               len(rows), "\n".join(rows), len(pairs), "\n".join(pairs), len(differences),
               wrap(list(map(str, differences))), len(cases), "\n".join(cases)))


main()
