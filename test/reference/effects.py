#!/usr/bin/python3
"""Brunner-Munzel tests, intervals of the auc, and the error rates of equivalence, for
test/unit/effects_test.c.

Run again, from the top directory:  test/reference/effects.py     (a minute; needs scipy)
It writes test/reference/values/effects.h, and prints how often equivalence is claimed where the truth
lies at the margin. It must never be more often than alpha, beside three standard errors of the simulation. Else
it stops.

The variance of the auc is DeLong's by comparing all pairs, the Brunner-Munzel test scipy's, with the sign
turned: positive when x tends to be larger.
"""
import math

import numpy
from scipy.stats import brunnermunzel, norm, t as student

from c_tables import wrap

OUT = "test/reference/values/effects.h"
rng = numpy.random.default_rng(20240612)


def delong(x, y):
    """auc, its variance, and Satterthwaite's degrees of freedom, by the matrix of all pairs."""
    wins = (x[:, None] > y[None, :]) + 0.5 * (x[:, None] == y[None, :])
    v_x = wins.mean(axis=1).var(ddof=1) / len(x)
    v_y = wins.mean(axis=0).var(ddof=1) / len(y)
    variance = v_x + v_y
    if variance == 0:
        return wins.mean(), variance, math.nan
    return wins.mean(), variance, variance ** 2 / (v_x ** 2 / (len(x) - 1) + v_y ** 2 / (len(y) - 1))


def logit_interval(auc, variance, tail):
    width = norm.isf(tail) * math.sqrt(variance) / (auc * (1 - auc))
    logit = math.log(auc / (1 - auc))
    return 1 / (1 + math.exp(width - logit)), 1 / (1 + math.exp(-width - logit))


def make_case(k):
    most = (8, 20, 40)[k % 3]
    n_x, n_y = (int(n) for n in rng.integers(2, most + 1, 2))
    n_values = (4, 30, 10000)[k // 3 % 3]
    shift = rng.choice((0, 0, 0.3, 0.8)) * n_values
    x = rng.integers(0, n_values, n_x)
    y = (rng.integers(0, n_values, n_y) * rng.choice((1, 1, 0.4)) + shift).astype(int)
    return x, y


def case_rows(values):
    for k in range(1000):
        x, y = make_case(k)
        auc, variance, df = delong(x, y)
        if variance == 0:
            continue
        low, high = logit_interval(auc, variance, 0.025)
        tests = [brunnermunzel(x, y, alternative=a) for a in ("two-sided", "greater", "less")]
        statistic = -tests[0].statistic
        # scipy takes some tails as 1 minus the rest, which leaves few digits of a small p.
        p = [2 * student.sf(abs(statistic), df), student.sf(statistic, df), student.cdf(statistic, df)]
        assert all(abs(a - t.pvalue) < 1e-12 for a, t in zip(p, tests))
        numbers = [auc, math.sqrt(variance), low, high, statistic] + p
        yield "\t{%d, %d, %d, {%s}}," % (len(x), len(y), len(values),
                                         ", ".join("%.12g" % v for v in numbers))
        values += list(x) + list(y)


def auc_error_rate(n_x, n_y, margin, alpha, make):
    """How often auc within 1/2 +- margin is claimed of samples whose auc is 1/2 + margin."""
    repeats = 4000
    claimed = 0
    for _ in range(repeats):
        x, y = make(n_x, n_y, margin)
        auc, variance, _ = delong(x, y)
        if variance > 0:
            z = norm.isf(alpha)
            h = (z * z + 1) / (4 * min(n_x, n_y))
            width = h + math.sqrt(z * z * variance + h * h)
        else:
            width = sum(math.sqrt(math.log(2 / alpha) / (2 * n)) for n in (n_x, n_y))
        claimed += 0.5 - margin <= auc - width and auc + width <= 0.5 + margin
    return claimed / repeats


def normals(n_x, n_y, margin):
    return rng.normal(math.sqrt(2) * norm.ppf(0.5 + margin), 1, n_x), rng.normal(0, 1, n_y)


def spread(n_x, n_y, margin):
    return rng.normal(math.sqrt(10) * norm.ppf(0.5 + margin), 3, n_x), rng.normal(0, 1, n_y)


def two_values(n_x, n_y, margin):
    # auc = 1/2 + (P(x = 1) - P(y = 1)) / 2
    return rng.random(n_x) < 0.3 + 2 * margin, rng.random(n_y) < 0.3


def rare(n_x, n_y, margin):
    # Nearly all are 0, as pixels in the margin of images.
    return rng.random(n_x) < 2 * margin, numpy.zeros(n_y)


def ks_error_rate(n_x, n_y, margin, alpha, tied):
    """How often D <= margin is claimed of samples whose D is the margin."""
    repeats = 4000
    claimed = 0
    width = sum(math.sqrt(math.log(2 / alpha) / (2 * n)) for n in (n_x, n_y))
    for _ in range(repeats):
        if tied:
            d = abs((rng.random(n_x) < 0.2 + margin).mean() - (rng.random(n_y) < 0.2).mean())
        else:
            # Uniform against uniform shifted by the margin.
            x = numpy.sort(rng.random(n_x))
            y = numpy.sort(rng.random(n_y) + margin)
            pooled = numpy.concatenate([x, y])
            d = numpy.abs(numpy.searchsorted(x, pooled, "right") / n_x
                          - numpy.searchsorted(y, pooled, "right") / n_y).max()
        claimed += d + width <= margin
    return claimed / repeats


def check_error_rates():
    worst = 0
    for alpha in (0.05, 0.1):
        slack = 3 * math.sqrt(alpha * (1 - alpha) / 4000)
        sizes = ((20, 20, 0.2), (60, 40, 0.1), (60, 40, 0.15), (200, 100, 0.1), (400, 400, 0.05))
        cases = [size + (make,) for size in sizes for make in (normals, spread, two_values)]
        cases += [(n_x, n_y, events / n_x / 2, rare)
                  for n_x, n_y in ((100, 100), (100, 300)) for events in (2.7, 4.5, 6.1, 7.6, 10)]
        for n_x, n_y, margin, make in cases:
            rate = auc_error_rate(n_x, n_y, margin, alpha, make)
            print("auc %-10s n %3d %3d margin %.4f alpha %.2f: claimed %.4f"
                  % (make.__name__, n_x, n_y, margin, alpha, rate))
            worst = max(worst, rate - alpha - slack)
        for n_x, n_y, margin in ((100, 100, 0.4), (500, 200, 0.2), (2000, 2000, 0.1)):
            for tied in (False, True):
                rate = ks_error_rate(n_x, n_y, margin, alpha, tied)
                print("ks %-6s n %4d %4d margin %.2f alpha %.2f: claimed %.4f"
                      % ("tied" if tied else "untied", n_x, n_y, margin, alpha, rate))
                worst = max(worst, rate - alpha - slack)
    return worst


worst = check_error_rates()
assert worst <= 0, worst
values = []
rows = list(case_rows(values))
with open(OUT, "w") as out:
    out.write("/* Written by test/reference/effects.py; do not edit. */\n/* clang-format off */\n"
              "/* x, then y, of each case. */\n"
              "static const short effect_values[%d] = {\n%s\n};\n\n"
              "/* auc, its standard error, 95 %% interval; Brunner-Munzel statistic, p: two-sided, greater, less. */\n"
              "static const struct\n{\n\tint n_x, n_y, offset;\n\tdouble want[8];\n} effect_cases[%d] = {\n%s\n};\n"
              % (len(values), wrap([str(v) for v in values]), len(rows), "\n".join(rows)))
