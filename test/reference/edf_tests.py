#!/usr/bin/python3
"""Cramer-von Mises, Anderson-Darling and Kuiper tests, for test/unit/{cvm,ad,kuiper,chi_sum}_test.c.

Run again, from the top directory:  test/reference/edf_tests.py     (needs scipy)
It writes test/reference/values/edf_tests.h.

Samples are whole numbers. Statistics come from scipy where it has them (the mid-rank forms of both,
the right-continuous form of Anderson-Darling) and from whole numbers elsewhere. Exact p-values count
all assignments of the pooled values, ties and all, in whole numbers of unlimited size; where nothing is
tied, those of Cramer-von Mises are scipy's. Asymptotic p-values of Cramer-von Mises without ties are
the series of Csorgo and Faraway that scipy sums, with more terms. Limit laws are Smirnov's
alternating series of integrals between the zeros of the determinant, which keeps its digits in the
tail.
"""
import math
import warnings
from fractions import Fraction

import numpy
from scipy.special import gammaln, kv
from scipy.stats import anderson_ksamp, chi2, cramervonmises_2samp

from c_tables import wrap

OUT = "test/reference/values/edf_tests.h"
warnings.simplefilter("ignore")
rng = numpy.random.default_rng(20240611)


# Cases of two samples.

def sizes(most):
    return int(rng.integers(1, most + 1)), int(rng.integers(1, most + 1))


def untied(most):
    n_x, n_y = sizes(most)
    pooled = rng.permutation(n_x + n_y) + 1
    if rng.random() < 0.5:  # shifted: the smallest values tend to be in x
        pooled = pooled[numpy.argsort(pooled + rng.normal(0, n_x + n_y, n_x + n_y))]
    return pooled[:n_x], pooled[n_x:]


def equal_sizes(most):
    n = int(rng.integers(1, most + 1))
    pooled = rng.permutation(2 * n)
    return pooled[:n], pooled[n:]


def tied(most, n_values):
    n_x, n_y = sizes(most)
    lean = rng.uniform(-1, 1)
    weights = numpy.exp(lean * numpy.linspace(-1, 1, n_values))
    return rng.integers(0, n_values, n_x), rng.choice(n_values, n_y, p=weights / weights.sum())


def zeros(most):
    x, y = untied(most)
    return (numpy.where(rng.random(len(x)) < 0.8, 0, x), numpy.where(rng.random(len(y)) < 0.7, 0, y))


def disjoint(most):
    x, y = untied(most)
    pooled = numpy.sort(numpy.concatenate([x, y]))
    return pooled[:len(x)], pooled[len(x):]


def make_pairs():
    pairs = []
    for _ in range(150):
        pairs.append(("untied", *untied(12)))
        pairs.append(("equal sizes", *equal_sizes(14)))
        pairs.append(("two values", *tied(25, 2)))
        pairs.append(("few values", *tied(14, 5)))
        pairs.append(("lightly tied", *tied(11, 30)))
        pairs.append(("zeros", *zeros(13)))
    for _ in range(20):
        pairs.append(("disjoint", *disjoint(11)))
        x, y = untied(30)
        pairs.append(("one row in x", x[:1], y))
        pairs.append(("one row in y", x, y[:1]))
        x, _ = tied(9, 4)
        pairs.append(("identical", x, x))
    return pairs


def blocks(*samples):
    """The tally: counts of each sample for every distinct value, ascending."""
    values = sorted(set(int(v) for s in samples for v in s))
    return [[int((numpy.asarray(s) == v).sum()) for s in samples] for v in values]


def lattice(tally, n_x, n_y):
    """(t, n_x n_y (F - G)) after each block."""
    cx = cy = 0
    steps = []
    for x, y in tally:
        cx, cy = cx + x, cy + y
        steps.append((x + y, cx * n_y - cy * n_x))
    return steps


def count_paths(tally, n_x, n_y, start, step):
    """How many assignments end in each state: step(state, t, d) after each block."""
    ways = {(0, start): 1}
    seen = 0
    for x, y in tally:
        t = x + y
        seen += t
        more = {}
        for (i, state), count in ways.items():
            for c in range(t + 1):
                if i + c > n_x or seen - i - c > n_y:
                    continue
                d = (i + c) * n_y - (seen - i - c) * n_x
                key = (i + c, step(state, t, d))
                more[key] = more.get(key, 0) + count * math.comb(t, c)
        ways = more
    return {state: count for (i, state), count in ways.items()}


def exact_p(law, observed):
    return float(Fraction(sum(c for s, c in law.items() if s >= observed), sum(law.values())))


def series_cdf(x):
    """Csorgo and Faraway 1996, equation 1.2."""
    total = 0.0
    for k in range(60):
        y = 4 * k + 1
        q = y * y / (16 * x)
        total += (math.exp(gammaln(k + 0.5) - gammaln(k + 1)) / (math.pi ** 1.5 * math.sqrt(x)) *
                  math.sqrt(y) * math.exp(-q) * kv(0.25, q))
    return total


def cvm_asymptotic(t, n, m):
    """Anderson 1962, equations 11, 14 and 15; p below 1e-4 loses its digits here and is left out."""
    N = n + m
    et = (1 + 1 / N) / 6
    vt = (N + 1) * (4 * n * m * N - 3 * (n * n + m * m) - 2 * n * m) / (45 * N * N * 4 * n * m)
    if N < 4 or vt < 1e-12:
        return -1
    x = 1 / 6 + (t - et) / math.sqrt(45 * vt)
    p = 1 - series_cdf(x) if x > 0.003 else 1.0
    return p if p > 1e-4 else -1


def ad_scipy(samples, midrank):
    """A2 and its standardised value; scipy returns the latter only."""
    N = sum(len(s) for s in samples)
    if N < 4 or len(set(numpy.concatenate(samples))) < 2:
        return None
    return anderson_ksamp(samples, midrank=midrank)[0]


def ad_statistic(samples):
    """The right-continuous form in whole numbers."""
    N = sum(len(s) for s in samples)
    total = Fraction(0)
    seen = [0] * len(samples)
    for counts in blocks(*samples):
        seen = [a + b for a, b in zip(seen, counts)]
        S = sum(seen)
        if S == N:
            break
        for s, c in zip(samples, seen):
            total += Fraction(sum(counts) * (N * c - S * len(s)) ** 2, len(s) * S * (N - S) * N)
    return float(total)


def evaluate_pair(x, y):
    n_x, n_y = len(x), len(y)
    tally = blocks(x, y)
    steps = lattice(tally, n_x, n_y)
    N = n_x + n_y
    q = sum(t * d * d for t, d in steps)
    v = max(0, max(d for _, d in steps)) - min(0, min(d for _, d in steps))
    cvm_p = exact_p(count_paths(tally, n_x, n_y, 0, lambda s, t, d: s + t * d * d), q)
    kuiper_law = {}
    for (low, high), count in count_paths(tally, n_x, n_y, (0, 0), lambda s, t, d: (
            min(s[0], d), max(s[1], d))).items():
        kuiper_law[high - low] = kuiper_law.get(high - low, 0) + count
    midrank = asymptotic = None
    if n_x > 1 and n_y > 1:
        test = cramervonmises_2samp(x, y, method="exact")
        midrank = test.statistic
        if len(tally) == N:
            assert abs(test.pvalue - cvm_p) < 1e-9 * cvm_p, (x, y)
    if len(tally) == N:
        asymptotic = cvm_asymptotic(q / (N * N * n_x * n_y), n_x, n_y)
    return [float(Fraction(q, N * N * n_x * n_y)), midrank, cvm_p, asymptotic, v,
            exact_p(kuiper_law, v), ad_statistic([x, y]), ad_scipy([x, y], False),
            ad_scipy([x, y], True)]


# Cases of k samples.

def make_groups():
    cases = []
    for _ in range(120):
        k = int(rng.integers(2, 7))
        n_values = int(rng.choice([2, 4, 10, 1000]))
        cases.append([rng.integers(0, n_values, int(rng.integers(1, 15))) + int(rng.integers(0, 3))
                      for _ in range(k)])
    return cases


# Limit laws.

def smirnov_tail(kind, x):
    """ln P(Q >= x) = ln (sum_j (-1)^(j+1) / pi * integral over [a_j, b_j] of exp(-s x) / (s sqrt(abs(D)))),
    a_j and b_j the zeros of D in pairs; by the substitution that takes the roots at both ends."""
    nodes = (numpy.arange(2000) + 0.5) * math.pi / 2000
    total = 0.0
    first = math.pi ** 2 / 2 if kind == "cvm" else 1.0
    for j in range(1, 200):
        if kind == "cvm":
            a, b = ((2 * j - 1) * math.pi) ** 2 / 2, (2 * j * math.pi) ** 2 / 2
        else:
            a, b = (2 * j - 1) * j, j * (2 * j + 1)
        half = (b - a) / 2
        s = (a + b) / 2 - half * numpy.cos(nodes)
        # D over its two zeros, from products that do not cancel near them.
        if kind == "cvm":
            z = numpy.sqrt(2 * s)
            root = numpy.sqrt(numpy.abs(numpy.sin(z) / z) / (half * numpy.sin(nodes)) ** 2)
        else:
            w = math.pi / 2 * numpy.sqrt(1 + 8 * s)
            root = numpy.sqrt(numpy.abs(numpy.cos(w) / (2 * math.pi * s)) /
                              (half * numpy.sin(nodes)) ** 2)
        total += ((-1) ** (j + 1) *
                  (numpy.exp(-(s - first) * x) / s / root).sum() * math.pi / 2000)
    return math.log(total / math.pi) - first * x


def make_limits():
    rows = []
    for x in [.02, .05, .1, .2, .347, .461, .743, 1.168, 2, 5, 10, 40, 100]:
        rows.append((0, x, smirnov_tail("cvm", x)))
    for x in [.2, .5, 1, 1.933, 2.492, 3.857, 6, 10, 20, 60, 250]:
        rows.append((1, x, smirnov_tail("ad", x)))
    return rows


def make_chi_squares():
    return [(nu, x, float(chi2.logsf(x, nu))) for nu in (1, 2, 3, 10, 60)
            for x in (.1 * nu, .9 * nu, nu, 1.1 * nu, 3 * nu, 20 * nu, 100 + nu)]


def number(value):
    return "NAN" if value is None else "%.15g" % value


def main():
    values, pair_rows, group_rows = [], [], []
    for kind, x, y in make_pairs():
        pair_rows.append('\t{"%s", %d, %d, %d, %s},' % (
            kind, len(x), len(y), len(values), ", ".join(number(r) for r in evaluate_pair(x, y))))
        values += [str(v) for v in list(x) + list(y)]
    for samples in make_groups():
        group_rows.append("\t{%d, {%s}, %d, %s, %s, %s}," % (
            len(samples), ", ".join(str(len(s)) for s in samples), len(values),
            number(ad_statistic(samples)), number(ad_scipy(samples, False)),
            number(ad_scipy(samples, True))))
        values += [str(v) for s in samples for v in s]
    limits = ["\t{%d, %r, %.17g}," % row for row in make_limits()]
    chi_squares = ["\t{%d, %.17g, %.17g}," % row for row in make_chi_squares()]
    with open(OUT, "w") as out:
        out.write("/* Written by test/reference/edf_tests.py; do not edit. */\n"
                  "/* clang-format off */\n\n"
                  "/* All samples of all cases, one after the other. */\n"
                  "static const short edf_values[%d] = {\n%s\n};\n\n" % (len(values), wrap(values)))
        out.write("/* Two samples. NAN: has no such value in scipy; asymptotic: -1 where it has no digits. */\n"
                  "typedef struct EdfPair\n{\n"
                  "\tconst char *kind;\n\tint n_x, n_y, offset;\n"
                  "\tdouble cvm, cvm_midrank, cvm_exact, cvm_asymptotic;\n"
                  "\tlong long kuiper; /* n_x n_y V */\n\tdouble kuiper_exact;\n"
                  "\tdouble ad, ad_standardized, ad_standardized_midrank;\n} EdfPair;\n\n"
                  "static const EdfPair edf_pairs[%d] = {\n%s\n};\n\n"
                  % (len(pair_rows), "\n".join(pair_rows)))
        out.write("/* k samples. */\n"
                  "typedef struct EdfGroups\n{\n\tint k, n[6], offset;\n"
                  "\tdouble ad, ad_standardized, ad_standardized_midrank;\n} EdfGroups;\n\n"
                  "static const EdfGroups edf_groups[%d] = {\n%s\n};\n\n"
                  % (len(group_rows), "\n".join(group_rows)))
        out.write("/* Limit laws: 0 = Cramer-von Mises, 1 = Anderson-Darling; ln P(Q >= x). */\n"
                  "typedef struct EdfLimit\n{\n\tint kind;\n\tdouble x, log_p;\n} EdfLimit;\n\n"
                  "static const EdfLimit edf_limits[%d] = {\n%s\n};\n\n"
                  % (len(limits), "\n".join(limits)))
        out.write("/* ln of the tail of chi-squared. */\n"
                  "typedef struct EdfChiSquare\n{\n\tdouble nu, x, log_p;\n} EdfChiSquare;\n\n"
                  "static const EdfChiSquare edf_chi_squares[%d] = {\n%s\n};\n"
                  % (len(chi_squares), "\n".join(chi_squares)))


main()
