#!/usr/bin/python3
"""Densities of points of the plane by scipy.stats.gaussian_kde, for test/unit/kde2d_test.c.

Run again, from the top directory:  test/reference/kde2d.py
It writes test/reference/values/kde2d.h.

The points are the numbers of values/kde.h (test/reference/kde.py), correlated by the same operations in C
and in Python; of a grid of 200 x 200 nodes every STRIDE-th one is listed.
"""
import math
import os
import re

import numpy
import scipy
from scipy.stats import gaussian_kde

from c_tables import wrap

N_POINTS = 3000
GRID = 200
LIMIT = 5.0
STRIDE = 97
CORRELATIONS = [0.0, 0.5, 0.9, 0.99, 0.999]

values = os.path.join(os.path.dirname(os.path.abspath(__file__)), "values")
with open(os.path.join(values, "kde.h")) as kde_h:
    table = re.search(r"kde_normals\[\d+\] = \{([^}]*)\}", kde_h.read()).group(1)
normal = numpy.array([int(v) for v in table.split(",") if v.strip()]) / 1024.0
first, second = normal[:N_POINTS], normal[N_POINTS:]
axis = numpy.linspace(-LIMIT, LIMIT, GRID)
listed = numpy.arange(0, GRID * GRID, STRIDE)
nodes = numpy.vstack([axis[listed % GRID], axis[listed // GRID]])
densities = []
for rho in CORRELATIONS:
    points = numpy.vstack([first, rho * first + math.sqrt(1 - rho * rho) * second])
    densities.extend(gaussian_kde(points)(nodes))
with open(os.path.join(values, "kde2d.h"), "w") as out:
    out.write("/* Written by test/reference/kde2d.py with scipy %s; do not edit. */\n" % scipy.__version__)
    out.write("#define PLANE_GRID %d\n#define PLANE_LIMIT %g\n" % (GRID, LIMIT))
    out.write("#define PLANE_STRIDE %d\n#define PLANE_LISTED %d\n" % (STRIDE, len(listed)))
    out.write("#define PLANE_N_CORRELATIONS %d\n\n" % len(CORRELATIONS))
    out.write("static const double plane_correlations[%d] = {%s};\n\n"
              % (len(CORRELATIONS), ", ".join(repr(c) for c in CORRELATIONS)))
    out.write("static const double plane_density[%d][%d] = {\n" % (len(CORRELATIONS), len(listed)))
    for c in range(len(CORRELATIONS)):
        row = densities[c * len(listed):(c + 1) * len(listed)]
        out.write("{\n%s\n},\n" % wrap([repr(float(v)) for v in row], 95))
    out.write("};\n")
