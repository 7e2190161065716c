#!/usr/bin/python3
"""Densities of groups on one grid, by seaborn, scipy and numpy, for test/sql/density_groups.sql.

    test/reference/density_groups.py > test/reference/values/density_groups.sql

Debian packages: python3-seaborn, python3-scipy. The points follow a rule that the SQL test repeats: for i = 1 .. 90
the label is a up to 60, b up to 85, c up to 89 and d for 90; x_i = (i * 7919 mod 1000) / 100 plus 0, 3, -2 or 5 by
label; y_i = (i * 4409 mod 997) / 250 + x_i / 4.

"pooled": kernels with the covariance within the groups, by numpy.cov of each group and scipy's normal density.
"own": in one dimension the lines that seaborn.kdeplot(hue=, common_norm=False, common_grid=True) draws, at its
nodes; in two dimensions scipy.stats.gaussian_kde of each group.
"""
import matplotlib

matplotlib.use("Agg")

import numpy
import pandas
import scipy.stats
import seaborn

i = numpy.arange(1, 91)
label = numpy.where(i <= 60, "a", numpy.where(i <= 85, "b", numpy.where(i <= 89, "c", "d")))
shift = numpy.select([label == "a", label == "b", label == "c"], [0, 3, -2], 5)
x = (i * 7919 % 1000) / 100 + shift
y = (i * 4409 % 997) / 250 + x / 4
groups = {name: label == name for name in "abcd"}


def floats(values):
    return "'{%s}'" % ",".join(repr(float(v)) for v in numpy.ravel(values))


def factor(rule, n, d):
    """The geometric mean of the factors of a rule for sizes n."""
    each = numpy.array(n, float) if rule == "scott" else numpy.array(n) * (d + 2) / 4
    return float(scipy.stats.gmean(each ** (-1 / (d + 4))))


def within(columns):
    """The covariance within the groups."""
    total = 0
    for own in groups.values():
        if own.sum() > 1:
            total = total + (own.sum() - 1) * numpy.cov(columns[:, own])
    return numpy.atleast_2d(total / (len(i) - len(groups)))


def mixture(columns, covariance, places):
    normal = scipy.stats.multivariate_normal(numpy.zeros(len(columns)), covariance)
    return [float(numpy.mean([normal.pdf(place - point) for point in columns.T])) for place in places]


sizes = [own.sum() for own in groups.values()]
print("-- Made by test/reference/density_groups.py with seaborn %s, scipy %s." % (seaborn.__version__, scipy.__version__))
print("CREATE TEMPORARY TABLE peer_line (kind text, rule text, label text, bandwidth float8, nodes float8[], density float8[]);")
print("INSERT INTO peer_line VALUES")
rows = []
nodes = numpy.linspace(-4, 16, 11)
for rule in ("scott", "silverman"):
    covariance = factor(rule, sizes, 1) ** 2 * within(x[None, :])
    for name, own in groups.items():
        density = mixture(x[None, own], covariance, nodes[:, None])
        rows.append(f"    ('pooled', '{rule}', '{name}', {float(numpy.sqrt(covariance[0, 0]))!r}, {floats(nodes)}, {floats(density)})")
# d has one point, and so no density of its own.
frame = pandas.DataFrame({"x": x, "label": label})[label != "d"]
axes = seaborn.kdeplot(data=frame, x="x", hue="label", hue_order=["a", "b", "c"], common_norm=False,
                       common_grid=True, gridsize=11, legend=False)
for name, line in zip("cba", axes.get_lines()):
    h = numpy.sqrt(scipy.stats.gaussian_kde(x[groups[name]]).covariance[0, 0])
    nodes, density = line.get_data()
    assert numpy.allclose(density, scipy.stats.gaussian_kde(x[groups[name]])(nodes))
    rows.append(f"    ('own', 'scott', '{name}', {float(h)!r}, {floats(nodes)}, {floats(density)})")
print(",\n".join(rows) + ";")

points = numpy.vstack([x, y])
grid_x = numpy.linspace(-4, 16, 7)
grid_y = numpy.linspace(-2, 8, 7)
places = numpy.array([(u, v) for v in grid_y for u in grid_x])
print("-- On the grid of 7 x 7 nodes from (-4, -2) to (16, 8).")
print("CREATE TEMPORARY TABLE peer_plane (kind text, label text, factor float8, bandwidth_x float8, bandwidth_y float8, correlation float8, density float8[]);")
print("INSERT INTO peer_plane VALUES")
rows = []
for kind in ("pooled", "own"):
    for name, own in groups.items():
        if kind == "own" and own.sum() < 3:
            continue
        if kind == "pooled":
            f = factor("scott", sizes, 2)
            covariance = f * f * within(points)
            density = mixture(points[:, own], covariance, places)
        else:
            peer = scipy.stats.gaussian_kde(points[:, own])
            f = peer.factor
            covariance = peer.covariance
            density = peer(places.T)
        h = numpy.sqrt(numpy.diag(covariance))
        numbers = ", ".join(repr(float(v)) for v in (f, h[0], h[1], covariance[0, 1] / h[0] / h[1]))
        rows.append(f"    ('{kind}', '{name}', {numbers}, {floats(density)})")
print(",\n".join(rows) + ";")
