#!/usr/bin/python3
"""Levels that enclose shares of the mass, by seaborn, for test/unit/contours_test.c.

Run again, from the top directory:  test/reference/contours.py
It needs python3-seaborn and writes test/reference/values/contours.h: the densities of two samples on grids,
by scipy.stats.gaussian_kde, and what seaborn's _quantile_to_level says of each grid for three lists of
levels and lower thresholds, as kdeplot(levels=, thresh=) makes them.
"""
import os

import numpy
import seaborn
from scipy.stats import gaussian_kde
from seaborn.distributions import _DistributionPlotter

from c_tables import wrap

GRIDS = [(12, 9, 60), (30, 40, 500)]
LISTS = [(10, 0.05), (5, 0.2), (7, 0.0)]


def table(out, name, values):
    text = [repr(float(v)) for v in values]
    out.write("static const double %s[%d] = {\n%s\n};\n\n" % (name, len(text), wrap(text, 95)))


def density(rng, n_x, n_y, n_points):
    """Two clouds, in rows of equal y."""
    points = rng.standard_normal((2, n_points))
    points[0, : n_points // 3] = points[0, : n_points // 3] * 0.3 + 4
    kde = gaussian_kde(points)
    axes = [numpy.linspace(p.min() - 1, p.max() + 1, n) for p, n in zip(points, (n_x, n_y))]
    mesh = numpy.meshgrid(*axes)
    return kde(numpy.vstack([m.ravel() for m in mesh])).reshape(n_y, n_x)


def main():
    rng = numpy.random.default_rng(20240911)
    with open("test/reference/values/contours.h", "w") as out:
        out.write("/* Written by test/reference/contours.py with seaborn %s; do not edit. */\n\n"
                  % seaborn.__version__)
        for g, (n_x, n_y, n_points) in enumerate(GRIDS):
            grid = density(rng, n_x, n_y, n_points)
            table(out, "contours_density_%d" % g, grid.ravel())
            for i, (n, thresh) in enumerate(LISTS):
                quantiles = numpy.linspace(thresh, 1, n)
                levels = _DistributionPlotter._quantile_to_level(None, grid, quantiles)
                table(out, "contours_levels_%d_%d" % (g, i), levels)


os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
main()
