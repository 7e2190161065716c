#!/usr/bin/python3
"""Measures of similarity of two densities by numpy, for test/unit/similarity_test.c and
test/sql/density_similarity.sql.

Run again, from the top directory:  test/reference/similarity.py
It writes test/reference/values/similarity.h and prints the values that the SQL tests hold.

The densities of the header are whole numbers, so that C and Python read the same ones.
"""
import math
import os

import numpy

from c_tables import wrap

FIELDS = ["overlap", "l1", "l2", "hellinger", "js", "kl_12", "kl_21", "gap", "gap_node"]
N_LINE = 50
N_X = 12
N_Y = 9


def measures(axes, f, g):
    """axes: nodes of the last dimension first. Densities are divided by their trapezoidal integral."""
    def integral(values):
        for nodes in axes:
            values = numpy.trapz(values, nodes, axis=-1)
        return float(values)

    f = f / integral(f)
    g = g / integral(g)
    middle = (f + g) / 2

    def entropy(a, b, log):
        with numpy.errstate(divide="ignore", invalid="ignore"):
            terms = numpy.where(a > 0, a * log(a / b), 0)
        return math.inf if numpy.isinf(terms).any() else integral(terms)

    gap = numpy.argmax(abs(f - g))
    return {
        "overlap": integral(numpy.minimum(f, g)),
        "l1": integral(abs(f - g)),
        "l2": math.sqrt(integral((f - g) ** 2)),
        "hellinger": math.sqrt(integral((numpy.sqrt(f) - numpy.sqrt(g)) ** 2) / 2),
        "js": (entropy(f, middle, numpy.log2) + entropy(g, middle, numpy.log2)) / 2,
        "kl_12": entropy(f, g, numpy.log),
        "kl_21": entropy(g, f, numpy.log),
        "gap": float((f - g).flat[gap]),
        "gap_node": int(gap),
    }


def pooled(sides):
    """Covariance within the sides, and the geometric mean of Scott's factors."""
    d = len(sides[0])
    within = sum((s.shape[1] - 1) * numpy.atleast_2d(numpy.cov(s)) for s in sides)
    within = within / sum(s.shape[1] - 1 for s in sides)
    factor = math.sqrt(math.prod(s.shape[1] ** (-1.0 / (d + 4)) for s in sides))
    return factor, within


def compare(sides, n):
    """One grid from the union, one kernel."""
    factor, within = pooled(sides)
    h = factor * numpy.sqrt(numpy.diag(within))
    axes = [numpy.linspace(min(s[i].min() for s in sides) - 3 * h[i],
                           max(s[i].max() for s in sides) + 3 * h[i], n) for i in range(len(h))]
    mesh = numpy.meshgrid(*axes)
    at = numpy.vstack([m.ravel() for m in mesh])
    densities = []
    for side in sides:
        # The kernel is factor^2 * within: round, once both are divided by its root.
        root = numpy.linalg.cholesky(factor ** 2 * within)
        there = numpy.linalg.solve(root, side)
        here = numpy.linalg.solve(root, at)
        squares = ((here[:, :, None] - there[:, None, :]) ** 2).sum(axis=0)
        norm = (2 * math.pi) ** (len(h) / 2) * numpy.diag(root).prod()
        densities.append((numpy.exp(-squares / 2).mean(axis=1) / norm).reshape(mesh[0].shape))
    return h, axes, densities, measures(axes, *densities)


def table(out, name, values):
    out.write("static const double %s[%d] = {\n%s\n};\n\n"
              % (name, len(values), wrap([repr(float(v)) for v in values], 95)))


def write_header(path):
    rng = numpy.random.default_rng(20241123)
    line = numpy.cumsum(rng.integers(1, 4, N_LINE)) / 4.0
    f, g = rng.integers(0, 1000, N_LINE), rng.integers(1, 1000, N_LINE)
    x, y = numpy.linspace(-2, 9, N_X), numpy.linspace(0, 1, N_Y)
    f_2d, g_2d = (rng.integers(0, 1000, (N_Y, N_X)) for _ in range(2))
    g_2d[f_2d > 900] = 0
    with open(path, "w") as out:
        out.write("/* Written by test/reference/similarity.py with numpy %s; do not edit. */\n" % numpy.__version__)
        out.write("#define SIMILARITY_N_LINE %d\n#define SIMILARITY_N_X %d\n#define SIMILARITY_N_Y %d\n\n"
                  % (N_LINE, N_X, N_Y))
        table(out, "similarity_line_x", line)
        table(out, "similarity_line_f", f)
        table(out, "similarity_line_g", g)
        table(out, "similarity_plane_x", x)
        table(out, "similarity_plane_y", y)
        table(out, "similarity_plane_f", f_2d.ravel())
        table(out, "similarity_plane_g", g_2d.ravel())
        out.write("/* %s */\n" % ", ".join(FIELDS))
        for name, result in (("line", measures([line], f, g)), ("plane", measures([x, y], f_2d, g_2d))):
            values = [result[field] for field in FIELDS]
            out.write("static const double similarity_%s[%d] = {\n%s\n};\n\n" % (
                name, len(values), wrap(["INFINITY" if math.isinf(v) else repr(float(v)) for v in values], 95)))


def print_sql_values():
    """The data of the SQL tests: 300 rows, those with i % 3 = 0 synthetic and moved by (2, 1)."""
    i = numpy.arange(1, 301)
    x = (i * 7919 % 1009) / 64.0
    y = x / 4 + (i * 104729 % 997) / 128.0
    synthetic = i % 3 == 0
    x, y = x + 2 * synthetic, y + synthetic
    line = [x[None, ~synthetic], x[None, synthetic]]
    plane = [numpy.vstack([x, y])[:, ~synthetic], numpy.vstack([x, y])[:, synthetic]]
    for name, sides, n in ("kde_similarity", line, 50), ("kde2d_similarity", plane, 30):
        h, axes, _, result = compare(sides, n)
        print(name, n, "nodes, h =", [repr(float(v)) for v in h])
        for field in FIELDS[:-1]:
            print("   ", field, repr(float(result[field])))
        node = result["gap_node"]
        print("    gap at", [repr(float(axis[k])) for axis, k in zip(axes, (node % n, node // n))])


write_header(os.path.join(os.path.dirname(os.path.abspath(__file__)), "values", "similarity.h"))
print_sql_values()
