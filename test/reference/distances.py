#!/usr/bin/python3
"""Wasserstein and energy distances, drift measures and chi-squared tests of generated samples, for
test/unit/distances_test.c, drift_test.c and chi_squared_test.c.

Run again, from the top directory:  test/reference/distances.py     (needs scipy and mpmath)
It writes test/reference/values/{distances,drift,chi_squared}.h.

The samples come from the generator of test/unit/generated_samples.h, written down here a second time.
Distances are computed in fractions, the rest from exact counts in 40 digits; each case is compared
with scipy where scipy has the quantity and can hold the numbers.
"""
import math
import sys
import warnings
from fractions import Fraction

import mpmath
import numpy
from scipy import stats
from scipy.spatial.distance import jensenshannon

N_DISTANCES = 2400
N_DRIFT = 3000
N_CHI_SQUARED = 3000
MAX_SIZE = 30
MAX_SIZE_DRIFT = 200
MASK = (1 << 64) - 1
KINDS = [(3, 0, 0, 1.0), (7, -3, 1, 1.0), (256, 0, 10, 1.0), (1000000, -500000, 0, 1e-3),
         (100, -50, 8, 3e306), (50, -20, 5, 5e-324), (1000, 1000000000000, 3, 1e-3),
         (256, 0, 0, 1.0)]
ZEROS = 7

mpmath.mp.dps = 40
warnings.simplefilter("error")


class Generator:
    """splitmix64."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return (z ^ (z >> 31)) % limit


def generate_value(generator, kind, shift):
    span, offset, _, scale = KINDS[kind]
    v = generator.below(span)
    if kind == ZEROS and v * 10 < 7 * span:
        v = 0
    return float(v + offset + shift) * scale


def generate_case(k, max_size):
    generator = Generator(k)
    kind = k % len(KINDS)
    n_x = 1 + generator.below(max_size)
    n_y = 1 + generator.below(max_size)
    x = [generate_value(generator, kind, 0) for _ in range(n_x)]
    y = [generate_value(generator, kind, KINDS[kind][2]) for _ in range(n_y)]
    return generator, x, y


def as_mpf(fraction):
    return mpmath.mpf(fraction.numerator) / fraction.denominator


def number(value):
    """A C initialiser with fifteen digits; None is NaN."""
    if value is None:
        return "NAN"
    value = mpmath.mpf(value)
    if abs(value) > mpmath.mpf(sys.float_info.max):
        return "INFINITY"
    if value == int(value) and value < 10**6:
        return str(int(value))
    return "%.15g" % float(value)


def agree(k, ours, theirs, tolerance=1e-9):
    assert abs(float(ours) - theirs) <= tolerance * abs(theirs), (k, ours, theirs)


def write(name, head, fields, rows):
    with open(f"test/reference/values/{name}.h", "w") as out:
        print(f"/* Written by test/reference/distances.py: {head} */", file=out)
        print(f"static const struct {{ double {', '.join(fields)}; }} {name}_cases[] = {{", file=out)
        for row in rows:
            print("{" + ",".join(number(value) for value in row) + "},", file=out)
        print("};", file=out)


def variance(values):
    mean = sum(values) / len(values)
    return sum((v - mean) ** 2 for v in values) / (len(values) - 1) if len(values) > 1 else 0


def distances(k):
    _, x, y = generate_case(k, MAX_SIZE)
    exact_x = [Fraction(v) for v in x]
    exact_y = [Fraction(v) for v in y]
    pooled = sorted(set(exact_x + exact_y))
    above_x = above_y = integral = Fraction(0)
    for low, high in zip(pooled, pooled[1:]):
        d = (Fraction(sum(v <= low for v in exact_x), len(x)) -
             Fraction(sum(v <= low for v in exact_y), len(y)))
        if d < 0:
            above_x -= d * (high - low)
        else:
            above_y += d * (high - low)
        integral += d * d * (high - low)
    w = above_x + above_y
    scaled = [as_mpf(w) / mpmath.sqrt(as_mpf(var)) if var else None
              for var in (variance(exact_x), variance(exact_x + exact_y))]
    # Doubles that scipy can compute with.
    if KINDS[k % len(KINDS)][3] not in (3e306, 5e-324):
        agree(k, as_mpf(w), stats.wasserstein_distance(x, y))
        agree(k, mpmath.sqrt(as_mpf(2 * integral)), stats.energy_distance(x, y))
    return (as_mpf(w), *scaled, as_mpf(above_x), as_mpf(above_y), as_mpf(2 * integral))


def quantile_edges(x, y, n_bins):
    """The edges that src/core/tests/drift.h describes."""
    distinct = sorted(set(x) | set(y))
    if len(distinct) <= n_bins:
        return distinct[:-1]
    ordered = sorted(x)
    edges = []
    for j in range(1, n_bins):
        q = ordered[-(-j * len(x) // n_bins) - 1]
        if not edges or q > edges[-1]:
            edges.append(q)
    if edges[0] == ordered[0] and distinct[0] < ordered[0]:
        edges.insert(0, math.nextafter(ordered[0], -math.inf))
    if edges[-1] == ordered[-1] and distinct[-1] == ordered[-1]:
        edges.pop()
    return edges


def drift(k):
    generator, x, y = generate_case(k, MAX_SIZE_DRIFT)
    n_bins = 2 + generator.below(12)
    smoothing = (0.5, 0, 1, 0.01)[generator.below(4)]
    edges = quantile_edges(x, y, n_bins)
    bins = len(edges) + 1
    # bisect_left: intervals closed above.
    count_x = numpy.bincount(numpy.searchsorted(edges, x, "left"), minlength=bins)
    count_y = numpy.bincount(numpy.searchsorted(edges, y, "left"), minlength=bins)
    psi = js = hellinger = variation = mpmath.mpf(0)
    for c, d in zip(map(int, count_x), map(int, count_y)):
        s = mpmath.mpf(smoothing)
        p, q = (c + s) / (len(x) + s * bins), (d + s) / (len(y) + s * bins)
        if p == 0 or q == 0:
            psi += mpmath.inf
        else:
            psi += (p - q) * mpmath.log(p / q)
        p, q = mpmath.mpf(c) / len(x), mpmath.mpf(d) / len(y)
        for share in (p, q):
            if share:
                js += share * mpmath.log(2 * share / (p + q), 2) / 2
        hellinger += (mpmath.sqrt(p) - mpmath.sqrt(q)) ** 2 / 2
        variation += abs(p - q) / 2
    # Forty digits are not enough to tell 0 from what is left of it, and nothing is as small otherwise.
    js = js if js > mpmath.mpf(10) ** -30 else 0
    if bins > 1 and js > 0:
        agree(k, mpmath.sqrt(js), jensenshannon(count_x, count_y, base=2), 1e-7)
    scale = 1 / len(x) + 1 / len(y)
    null_95 = stats.chi2.isf(0.05, bins - 1) * scale if bins > 1 else 0
    return (bins, psi, js, mpmath.sqrt(hellinger), variation, null_95)


def log10_tail(df, x):
    """log10 P(X >= x) of a chi-squared X."""
    a, z = mpmath.mpf(df) / 2, as_mpf(x) / 2
    if z == 0:
        return mpmath.mpf(0)
    if z < 1000:
        return mpmath.log10(mpmath.gammainc(a, z, mpmath.inf, regularized=True))
    # Far out: the asymptotic series, (a - 1) ... (a - j) / z^j, while its terms decrease.
    total = term = mpmath.mpf(1)
    for j in range(1, 60):
        term *= (a - j) / z
        total += term
    return ((a - 1) * mpmath.log(z) - z - mpmath.loggamma(a) + mpmath.log(total)) / mpmath.log(10)


def chi_squared(k):
    generator = Generator(k)
    n_rows = 2 + generator.below(4)
    n_columns = 1 + generator.below(8)
    limit = (3, 20, 1000, 10**15)[generator.below(4)]
    table = [[generator.below(limit) for _ in range(n_columns)] for _ in range(n_rows)]
    table = [row for row in table if sum(row)]
    columns = [column for column in zip(*table) if sum(column)]
    if len(table) < 2:
        return (len(table), len(columns)) + (None,) * 6
    table = list(zip(*columns))
    n = sum(map(sum, table))
    r, c = len(table), len(columns)
    expected = [[Fraction(sum(row) * sum(column), n) for column in columns] for row in table]
    chi2 = sum((o - e) ** 2 / e for observed, by_row in zip(table, expected)
               for o, e in zip(observed, by_row))
    df = (r - 1) * (c - 1)
    log10_p = log10_tail(df, chi2) if df else mpmath.mpf(0)
    v = mpmath.sqrt(as_mpf(chi2) / n / min(r - 1, c - 1)) if df else 0
    phi2 = max(Fraction(0), Fraction(chi2) / n - Fraction(df, n - 1))
    spread = min(k - Fraction((k - 1) ** 2, n - 1) - 1 for k in (r, c))
    corrected = (0 if not df else None if spread == 0 else mpmath.sqrt(as_mpf(phi2 / spread)))
    if df:
        theirs = stats.chi2_contingency(numpy.array(table, dtype=float), correction=False)
        # scipy forms expected - observed in doubles, and fails to find a statistic of 0.
        if chi2 > 1e-9:
            agree(k, as_mpf(chi2), theirs[0], 1e-9)
        if theirs[1] > 1e-200:
            assert abs(theirs[1] / mpmath.mpf(10) ** log10_p - 1) < 1e-7, (k, theirs, log10_p)
    small = sum(e < 5 for row in expected for e in row)
    return (r, c, as_mpf(chi2), log10_p, v, corrected, as_mpf(min(min(row) for row in expected)),
            small)


def main():
    write("distances", "x_above + y_above and so on, in fractions.",
          ("distance", "over_sd_x", "over_sd_pooled", "x_above", "y_above", "energy"),
          [distances(k) for k in range(N_DISTANCES)])
    write("drift", "over quantiles of x, from exact counts in 40 digits.",
          ("n_bins", "psi", "js_divergence", "hellinger", "total_variation", "psi_null_95"),
          [drift(k) for k in range(N_DRIFT)])
    write("chi_squared", "statistics in fractions, tails in 40 digits.",
          ("rows", "columns", "statistic", "log10_p", "cramers_v", "cramers_v_corrected",
           "min_expected", "small_expected"),
          [chi_squared(k) for k in range(N_CHI_SQUARED)])


main()
