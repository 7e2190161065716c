#!/usr/bin/python3
"""Densities of weighted values by scipy, for test/sql/kde_states.sql.

    test/reference/kde_states.py > test/reference/values/kde_states.sql

Debian packages: python3-scipy. Values and weights follow a rule that the SQL test repeats: x_i = (i * 7919 mod 1000)
/ 100 - i mod 3, w_i = (i * 31 mod 17) / 8, for i = 1 .. 400; w_i = 0 leaves a value out.
"""
import numpy
import scipy.stats

i = numpy.arange(1, 401)
x = (i * 7919 % 1000) / 100 - i % 3
w = (i * 31 % 17) / 8
keep = w > 0
nodes = numpy.linspace(-4, 12, 9)

print("-- Made by test/reference/kde_states.py: rule, bandwidth, density at -4, -2, ... 12.")
print("CREATE TEMPORARY TABLE scipy_weighted (rule text, bandwidth float8, density float8[]);")
print("INSERT INTO scipy_weighted VALUES")
rows = []
for rule in ("scott", "silverman"):
    density = scipy.stats.gaussian_kde(x[keep], bw_method=rule, weights=w[keep])
    h = numpy.sqrt(density.covariance[0, 0])
    values = ",".join(repr(float(f)) for f in density(nodes))
    rows.append(f"    ('{rule}', {float(h)!r}, '{{{values}}}')")
print(",\n".join(rows) + ";")
