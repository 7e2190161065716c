#!/usr/bin/python3
"""The permutation test of two densities by all relabellings, for test/unit/similarity_test.c.

Run again, from the top directory:  test/reference/permutation.py
It needs python3-numpy and writes test/reference/values/permutation.h: small samples in bandwidths, on multiples of
a quarter (of a half in the plane) so that no lattice rounds them, and the share of all relabellings whose densities are
at least as far apart, in L1 by sums over a fine grid, as those of the samples.
"""
import itertools
import os

import numpy

CASES = [(1, 4, 5), (1, 5, 5), (1, 3, 7), (1, 4, 5), (2, 4, 5), (2, 5, 5), (2, 3, 6), (2, 4, 4)]
STEP = 0.05
MARGIN = 6.0
# A difference that is rounding: many relabellings are as far apart as their mirrors.
TIE = 1e-9


def kernels(values):
    """One row per value: its kernel at the nodes of the common grid."""
    nodes = numpy.arange(values.min() - MARGIN, values.max() + MARGIN, STEP)
    return numpy.exp(-(nodes - values[:, None]) ** 2 / 2) * STEP / numpy.sqrt(2 * numpy.pi)


def share_as_far(points, n_1):
    n = points.shape[1]
    rows = [kernels(axis) for axis in points]
    distances = []
    for first in itertools.combinations(range(n), n_1):
        weights = numpy.full(n, -1.0 / (n - n_1))
        weights[list(first)] = 1.0 / n_1
        if len(rows) == 1:
            difference = weights @ rows[0]
        else:
            difference = (rows[1] * weights[:, None]).T @ rows[0]
        distances.append(abs(difference).sum())
    return float(numpy.mean(numpy.array(distances) >= distances[0] - TIE))


def main():
    rng = numpy.random.default_rng(20241124)
    with open("test/reference/values/permutation.h", "w") as out:
        out.write("/* Written by test/reference/permutation.py with numpy %s; do not edit. */\n" % numpy.__version__)
        out.write("#define PERMUTATION_MAX_POINTS %d\n\n" % max(a + b for _, a, b in CASES))
        out.write("static const struct\n{\n\tsize_t d;\n\tsize_t n_1;\n\tsize_t n_2;\n"
                  "\tdouble u[PERMUTATION_MAX_POINTS];\n\tdouble v[PERMUTATION_MAX_POINTS]; /* of d = 2 */\n"
                  "\tdouble p;\n} permutation_cases[] = {\n")
        for d, n_1, n_2 in CASES:
            step = 0.25 if d == 1 else 0.5
            points = rng.normal(0, 2, (d, n_1 + n_2))
            points[:, n_1:] += rng.uniform(0, 3)
            points = numpy.round(points / step) * step
            points -= points.min(axis=1, keepdims=True)
            lists = [", ".join(repr(float(c)) for c in axis) for axis in points] + ["0"]
            out.write("\t{%d, %d, %d, {%s}, {%s}, %r},\n" % (d, n_1, n_2, lists[0], lists[1], share_as_far(points, n_1)))
        out.write("};\n")


os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
main()
