#!/usr/bin/python3
"""Logarithms of densities of points by scipy, for test/sql/kde2d_score.sql.

    test/reference/kde2d_score.py > test/reference/values/kde2d_score.sql

Debian packages: python3-scipy. Points follow a rule that the SQL test repeats: x_i = (i * 7919 mod 1000) / 100 - i mod 3,
y_i = (i * 31 mod 97) / 8 + x_i / 2, for i = 1 .. 400; places are (-4 + 3 j, 20 - 5 j), j = 0 .. 5.
"""
import numpy
import scipy.stats

i = numpy.arange(1, 401)
x = (i * 7919 % 1000) / 100 - i % 3
y = (i * 31 % 97) / 8 + x / 2
j = numpy.arange(6)
places = numpy.vstack([-4 + 3 * j, 20 - 5 * j])

print("-- Made by test/reference/kde2d_score.py with scipy %s: bandwidth, bw_adjust, place, logarithm." % scipy.__version__)
print("CREATE TEMPORARY TABLE scipy_scores (bandwidth text, bw_adjust float8, x float8, y float8, want float8);")
print("INSERT INTO scipy_scores VALUES")
rows = []
for bandwidth, adjust, factor in (("scott", 1.0, None), ("silverman", 0.5, None), ("0.7", 1.0, 0.7)):
    density = scipy.stats.gaussian_kde(numpy.vstack([x, y]), bw_method=factor or bandwidth)
    density.set_bandwidth(density.factor * adjust)
    for k, value in enumerate(density.logpdf(places)):
        rows.append(f"    ('{bandwidth}', {adjust}, {places[0][k]}, {places[1][k]}, {float(value)!r})")
print(",\n".join(rows) + ";")
