#!/usr/bin/python3
"""Two-sample tests of the shipped digits by scipy, for test/unit/digits_two_sample_test.c.

Run again, from the top directory:  test/reference/two_sample_digits.py     (half a minute)
It writes test/reference/values/two_sample_digits.h: all pixels of 10,000 images pooled, and some
positions on their own. The statistics are whole numbers.
"""
import math
from fractions import Fraction

import numpy
from scipy.stats import ks_2samp, mannwhitneyu

from digits import images

OUT = "test/reference/values/two_sample_digits.h"
REAL = "mnist-train-first10k"
OTHERS = ["mnist-t10k", "mnist-dcgan-e01", "mnist-dcgan-e05", "mnist-dcgan-e25"]
POSITIONS = list(range(0, 784, 29))  # pixels of each image, some of them always black


def normal_p(x, y, u):
    """mannwhitneyu's asymptotic p, in whole numbers: the cubes of a million ties overflow scipy's int64."""
    n_x, n_y = len(x), len(y)
    n = n_x + n_y
    ties = numpy.unique(numpy.concatenate([x, y]), return_counts=True)[1]
    cubes = sum(int(t) ** 3 for t in ties)
    if len(ties) == 1:
        return 1.0
    sigma = math.sqrt(Fraction(n_x * n_y * (n ** 3 - cubes), 12 * n * (n - 1)))
    return math.erfc(max(0.0, abs(u - n_x * n_y / 2) - 0.5) / sigma / math.sqrt(2))


def row(name, position, x, y):
    # scipy's statistic is the rounded maximum of rounded differences; of several gray values that
    # attain it we name the smallest.
    d = [int(below_x) * len(y) - int(below_y) * len(x) for below_x, below_y in
         zip(numpy.cumsum(numpy.bincount(x.astype(int), minlength=256)),
             numpy.cumsum(numpy.bincount(y.astype(int), minlength=256)))]
    lattice = max(abs(v) for v in d)
    location = next(v for v in range(256) if abs(d[v]) == lattice) if lattice > 0 else -1
    assert round(ks_2samp(x, y, method="asymp").statistic * (len(x) * len(y))) == lattice
    u = mannwhitneyu(x, y, method="asymptotic")
    p = normal_p(x, y, float(u.statistic))
    if 1e-290 < p < 1 and len(x) < 1000000:
        assert abs(p - u.pvalue) <= 1e-9 * p
    return '\t{"%s", %d, %dLL, %d, %d, %r, %.12g},' % (
        name, position, lattice, int(numpy.sign(d[location])) if lattice > 0 else 0, location, float(u.statistic), p)


def main():
    real = images(REAL)
    rows = []
    for name in OTHERS:
        other = images(name)
        rows.append(row(name, -1, real.ravel(), other.ravel()))
        rows += [row(name, k, real[:, k], other[:, k]) for k in POSITIONS]
    with open(OUT, "w") as out:
        out.write("/* Written by test/reference/two_sample_digits.py; do not edit. */\n"
                  "/* clang-format off */\n"
                  "#define DIGITS_REAL \"%s\"\n\n"
                  "typedef struct DigitsCase\n{\n"
                  "\tconst char *name;\n\tint position; /* of the pixel, -1 = all pooled */\n"
                  "\tlong long lattice; /* D n_x n_y */\n"
                  "\tint sign; /* of F - G where D is attained, 0 if D = 0 */\n"
                  "\tint location; /* the smallest value where D is attained, -1 if D = 0 */\n"
                  "\tdouble u;\n\tdouble mw_asymptotic;\n} DigitsCase;\n\n"
                  "static const DigitsCase digits_cases[%d] = {\n%s\n};\n"
                  % (REAL, len(rows), "\n".join(rows)))


main()
