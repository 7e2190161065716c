#!/usr/bin/python3
"""Reference values of lda_test.c and lda.sql: discriminants of digits, and real against generated ones.

Generalised eigenvectors by scipy (LAPACK's dsygvd), shrinkage by scikit-learn, all in double. Two kinds of rows:
all 784 pixels, some of them constant, with shrinkage; and sums of 4 x 4 pixels of the inner 20 x 20, of which
none is constant, without.
Where scikit-learn computes the same it is asked, and must agree: LinearDiscriminantAnalysis(solver='eigen') without
shrinkage; the space of solver='lsqr' with it (solver='eigen' shrinks the total covariance too, which adds a
multiple of the identity to the covariance between classes).
Run again from the top directory:  /usr/bin/python3 test/reference/lda.py     (needs python3-sklearn)
"""
import gzip

import numpy
from scipy.linalg import eigh, subspace_angles
from scipy.stats import f as fisher, mannwhitneyu, norm
from sklearn.covariance import ledoit_wolf_shrinkage
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from c_tables import wrap
from digits import images

OUT = "test/reference/values/lda.h"
N, SCORES = 2000, 5
N_REAL, N_FAKE = 1000, 600


def labels(name, n):
    with gzip.open("data/%s-labels-idx1-ubyte.gz" % name) as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=8)[:n].astype(int)


def blocks(rows):
    """Sums of 4 x 4 pixels of the inner 20 x 20."""
    return rows.reshape(-1, 28, 28)[:, 4:24, 4:24].reshape(-1, 5, 4, 5, 4).sum(axis=(2, 4)).reshape(-1, 25)


def centred(rows, label):
    return rows - numpy.array([rows[label == c].mean(axis=0) for c in range(label.max() + 1)])[label]


def shrunk(rows, label, s, divisor):
    """S', and s where it is automatic."""
    within = centred(rows, label)
    if s is None:
        s = ledoit_wolf_shrinkage(within, assume_centered=True)
    cov = within.T @ within / divisor
    d = rows.shape[1]
    return (1 - s) * cov + s * numpy.trace(cov) / d * numpy.eye(d), s


def discriminants(rows, label, s):
    n, c = len(rows), label.max() + 1
    within, s = shrunk(rows, label, s, n)
    means = numpy.array([rows[label == k].mean(axis=0) for k in range(c)])
    weights = numpy.bincount(label) / n
    offset = means - rows.mean(axis=0)
    values, vectors = eigh(offset.T @ (offset * weights[:, None]), within)
    values, vectors = values[::-1][:c - 1], vectors[:, ::-1][:, :c - 1]
    largest = numpy.abs(vectors).argmax(axis=0)
    vectors = vectors * numpy.sign(vectors[largest, numpy.arange(c - 1)])
    if s == 0:
        theirs = LinearDiscriminantAnalysis(solver="eigen").fit(rows, label)
        assert abs(theirs.explained_variance_ratio_ - values / values.sum()).max() < 1e-9
        scaled = theirs.scalings_[:, :c - 1]
        scaled = scaled * numpy.sign((scaled * vectors).sum(axis=0))
        assert abs(scaled / vectors - 1).max() < 1e-6
    else:
        theirs = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=s).fit(rows, label)
        differences = (theirs.coef_ - theirs.coef_.mean(axis=0))[:-1].T
        assert subspace_angles(differences, vectors).max() < 1e-6
    return s, values, vectors, (rows - rows.mean(axis=0)) @ vectors


def direction(x, y, s):
    """v and D^2, with s and tr(S'^-1 S)."""
    rows = numpy.vstack([x, y])
    label = numpy.repeat([0, 1], [len(x), len(y)])
    within, s = shrunk(rows, label, s, len(rows) - 2)
    plain, _ = shrunk(rows, label, 0, len(rows) - 2)
    delta = y.mean(axis=0) - x.mean(axis=0)
    solved = numpy.linalg.solve(within, delta)
    d2 = delta @ solved
    return solved / d2 ** .5, d2, s, numpy.trace(numpy.linalg.solve(within, plain))


def coins(stream):
    """core/base/rng.h: the first bits of xoshiro256** with the seed 0."""
    mask = 2 ** 64 - 1

    def splitmix64(state):
        state = (state + 0x9e3779b97f4a7c15) & mask
        z = ((state ^ (state >> 30)) * 0xbf58476d1ce4e5b9) & mask
        z = ((z ^ (z >> 27)) * 0x94d049bb133111eb) & mask
        return state, z ^ (z >> 31)

    def rotate(v, k):
        return ((v << k) | (v >> (64 - k))) & mask

    state, s = splitmix64(stream)[1], []
    for _ in range(4):
        state, z = splitmix64(state)
        s.append(z)
    while True:
        yield (rotate(s[1] * 5 & mask, 7) * 9 & mask) >> 63
        t = s[1] << 17 & mask
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotate(s[3], 45)


def halves(n, label):
    """For each of n rows, whether it is in the second half."""
    first = numpy.array([coin for coin, _ in zip(coins(0x50000000 + label), range((n + 1) // 2))])
    return numpy.column_stack([first, 1 - first]).ravel()[:n] == 1


def separation(x, y, s):
    v, d2, used, e = direction(x, y, s)
    n_x, n_y = len(x), len(y)
    n, varying = n_x + n_y, (numpy.vstack([x, y]).std(axis=0) > 0).sum()
    corrected = max((n - e - 3) / (n - 2) * d2 - e * (1 / n_x + 1 / n_y), 0)
    t2 = n_x * n_y / n * d2
    f = (1 - used) * t2 * (n - varying - 1) / (varying * (n - 2))
    xs, ys = halves(n_x, 0), halves(n_y, 1)
    parts = [(x[xs == h], y[ys == h]) for h in (False, True)]
    fits = [direction(*part, s)[0] for part in parts]
    tests = [mannwhitneyu(parts[h][1] @ fits[1 - h], parts[h][0] @ fits[1 - h]) for h in (0, 1)]
    pairs = [len(part[0]) * len(part[1]) for part in parts]
    validated = sum(t.statistic for t in tests) / sum(pairs)
    log10_p = fisher.logsf(f, varying, n - varying - 1) / numpy.log(10)
    return v, [used, d2, norm.cdf((d2 / 2) ** .5), norm.cdf((corrected / 2) ** .5), validated, t2, f, varying,
               n - varying - 1, log10_p]


def table(name, numbers, comment):
    return "/* %s */\nstatic const double lda_%s[] = {\n%s\n};\n\n" % (
        comment, name, wrap([repr(float(v)) for v in numpy.ravel(numbers)]))


rows, label = images("mnist-t10k", N), labels("mnist-t10k", N)
real, fake = images("mnist-t10k", N_REAL), images("mnist-dcgan-e25", N_FAKE)
text = ""
for name, some, s in (("pixels", rows, .001), ("automatic", rows, None), ("blocks", blocks(rows), 0)):
    used, values, vectors, scores = discriminants(some, label, s)
    text += table(name + "_shrinkage", [used], "s")
    text += table(name + "_value", values, "l")
    text += table(name + "_first_component", vectors[:, 0], "the first component")
    text += table(name + "_scores", scores[:SCORES], "[LDA_REFERENCE_SCORES][9]")
for name, x, y, s in (("two_pixels", real, fake, .001), ("two_automatic", real, fake, None),
                      ("two_blocks", blocks(real), blocks(fake), 0)):
    v, measures = separation(x, y, s)
    text += table(name + "_direction", v, "direction")
    text += table(name, measures, "s, D^2, auc, corrected, cross-validated, t2, f, df_1, df_2, log10 p")
with open(OUT, "w") as out:
    out.write("/* Written by test/reference/lda.py; do not edit. */\n/* clang-format off */\n"
              "enum\n{\n\tLDA_REFERENCE_ROWS = %d,\n\tLDA_REFERENCE_SCORES = %d,\n\tLDA_REFERENCE_REAL = %d,\n"
              "\tLDA_REFERENCE_FAKE = %d,\n};\n\n" % (N, SCORES, N_REAL, N_FAKE) + text)
