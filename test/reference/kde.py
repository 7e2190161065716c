#!/usr/bin/python3
"""Densities by scipy.stats.gaussian_kde, for test/unit/kde_test.c and test/sql/kde*.sql.

Run again, from the top directory:  test/reference/kde.py
It writes test/reference/values/kde.h and prints the values that the SQL tests hold.

The data are whole numbers divided by 1024, so that C and Python read the same doubles; correlated
points are formed from them by the same operations on both sides.
"""
import math
import os

import numpy
import scipy
from scipy.stats import gaussian_kde

from c_tables import wrap

N_POINTS = 3000
N_VALUES = 1000
GRID_1D = 200
GRID_2D = 20
CUT = 3.0
CORRELATIONS = [0.0, 0.5, 0.9, 0.99]


def table(out, type_name, name, values):
    text = ["%d" % v if type_name == "short" else repr(float(v)) for v in values]
    out.write("static const %s %s[%d] = {\n%s\n};\n\n" % (type_name, name, len(text), wrap(text, 95)))


def axis(values, h, n):
    return numpy.linspace(values.min() - CUT * h, values.max() + CUT * h, n)


def density_1d(values, rule, n):
    kde = gaussian_kde(values, bw_method=rule)
    h = math.sqrt(kde.covariance[0, 0])
    x = axis(values, h, n)
    return h, x, kde(x)


def density_2d(x, y, rule, n):
    """Densities in rows of equal y."""
    kde = gaussian_kde(numpy.vstack([x, y]), bw_method=rule)
    h = numpy.sqrt(numpy.diag(kde.covariance))
    grid_x = axis(x, h[0], n)
    grid_y = axis(y, h[1], n)
    mesh = numpy.meshgrid(grid_x, grid_y)
    return h, grid_x, grid_y, kde(numpy.vstack([m.ravel() for m in mesh]))


def write_header(path):
    rng = numpy.random.default_rng(20240817)
    normal = numpy.round(rng.standard_normal(2 * N_POINTS) * 1024).astype(int)
    first = normal[:N_POINTS] / 1024.0
    second = normal[N_POINTS:] / 1024.0
    with open(path, "w") as out:
        out.write("/* Written by test/reference/kde.py with scipy %s; do not edit. */\n" % scipy.__version__)
        out.write("#define KDE_N_POINTS %d\n#define KDE_N_VALUES %d\n" % (N_POINTS, N_VALUES))
        out.write("#define KDE_GRID_1D %d\n#define KDE_GRID_2D %d\n" % (GRID_1D, GRID_2D))
        out.write("#define KDE_N_CORRELATIONS %d\n\n" % len(CORRELATIONS))
        table(out, "short", "kde_normals", normal)
        for rule in "scott", "silverman":
            h, x, density = density_1d(first[:N_VALUES], rule, GRID_1D)
            out.write("static const double kde_%s_h = %r;\n" % (rule, h))
            table(out, "double", "kde_%s_x" % rule, x)
            table(out, "double", "kde_%s_density" % rule, density)
        table(out, "double", "kde_correlations", CORRELATIONS)
        bandwidths, nodes, densities = [], [], []
        for rho in CORRELATIONS:
            second_axis = rho * first + math.sqrt(1 - rho * rho) * second
            h, grid_x, grid_y, density = density_2d(first, second_axis, "scott", GRID_2D)
            bandwidths.extend(h)
            nodes.extend(grid_x)
            nodes.extend(grid_y)
            densities.extend(density)
        out.write("/* By correlation: h of x, h of y; axis of x, axis of y; density[y][x]. */\n")
        table(out, "double", "kde2d_h", bandwidths)
        table(out, "double", "kde2d_axes", nodes)
        table(out, "double", "kde2d_density", densities)


def print_sql_values():
    """The data of the SQL tests: x = (i * 7919 % 1009) / 64, y = x / 4 + (i * 104729 % 997) / 128."""
    i = numpy.arange(1, 301)
    x = (i * 7919 % 1009) / 64.0
    y = x / 4 + (i * 104729 % 997) / 128.0
    for rule in "scott", "silverman":
        h, grid, density = density_1d(x, rule, 9)
        print("kde, 9 nodes,", rule, "h =", repr(h))
        for node, value in zip(grid, density):
            print("(%r, %r)," % (float(node), float(value)))
    kde = gaussian_kde(x, bw_method=0.5 / x.std(ddof=1))
    print("kde, 3 nodes from 0 to 16, h = 0.5:", [repr(float(v)) for v in kde([0, 8, 16])])
    for rule in "scott", 0.5:
        h, grid_x, grid_y, density = density_2d(x, y, rule, 3)
        print("kde2d, 3 x 3 nodes,", rule, "h =", [repr(float(v)) for v in h],
              "correlation =", repr(float(numpy.corrcoef(x, y)[0, 1])))
        print("x", [repr(float(v)) for v in grid_x], "y", [repr(float(v)) for v in grid_y])
        print("density[y][x]", [repr(float(v)) for v in density])
    kde = gaussian_kde(numpy.vstack([x, y]))
    mesh = numpy.meshgrid([2.0, 8.0, 14.0], [1.0, 6.0, 11.0])
    print("kde2d, x from 2 to 14, y from 1 to 11:",
          [repr(float(v)) for v in kde(numpy.vstack([m.ravel() for m in mesh]))])


write_header(os.path.join(os.path.dirname(os.path.abspath(__file__)), "values", "kde.h"))
print_sql_values()
