#!/usr/bin/python3
"""Reference values for t-SNE: the affinities of 1,000 digits, and the objective that others reach.

Writes test/reference/values/tsne.h, which test/unit/tsne_test.c includes. Run it again from the top
directory with Debian's packages (python3-numpy, python3-scipy, python3-sklearn):

    /usr/bin/python3 test/reference/tsne.py

Rows: the first 1,000 MNIST training digits, reduced to 20 principal components and rounded to integers,
so that both sides start from exactly the same numbers.

Affinities: written here from the definition (full sort, bisection on the precision in double), and
held against scikit-learn's _joint_probabilities_nn on the same neighbours, whose search ends at 1e-5.

Objective: two descents on exactly these affinities. One is a dense numpy transcription of the update
rule that the extension documents; the other is scikit-learn's own optimiser and its exact objective,
with its own schedule of momentum and learning rate. Several jitters each; the medians are written. Fewer
than about 1,000 rows have so many local minima that two runs from different jitters differ by more
than the tolerance of the test.

Steps: positions after the first EARLY iterations of the documented rule, from a start that both sides
compute. Later ones say nothing, since rounding errors grow exponentially.
"""

import gzip
import struct
import sys

import numpy as np
from scipy.sparse import csr_matrix
from scipy.spatial.distance import squareform
from sklearn.manifold import _t_sne

N = 1000
D = 20
PERPLEXITY = 30
K = 90
SEEDS = 3
EARLY = 40
DATA = "data/mnist-train-first10k-images-idx3-ubyte.gz"
OUT = "test/reference/values/tsne.h"


def read_rows():
    with gzip.open(DATA) as file:
        magic, count, height, width = struct.unpack(">4i", file.read(16))
        assert magic == 0x803 and count >= N
        pixels = np.frombuffer(file.read(N * height * width), np.uint8)
    images = pixels.reshape(N, height * width).astype(np.float64)
    images -= images.mean(axis=0)
    _, _, axes = np.linalg.svd(images, full_matrices=False)
    return np.rint(images @ axes[:D].T).astype(np.int64)


def neighbors(rows):
    """Indices and squared distances of the K nearest, ties by index; all in integers."""
    square = ((rows[:, None, :] - rows[None, :, :]) ** 2).sum(axis=2)
    index = np.zeros((N, K), dtype=np.int64)
    for i in range(N):
        others = [j for j in range(N) if j != i]
        others.sort(key=lambda j: (square[i, j], j))
        index[i] = others[:K]
    return index, np.take_along_axis(square, index, axis=1)


def conditional(square):
    """p(j|i) of one row by bisection on the precision."""
    x = (square - square.min()).astype(np.float64)
    low, high = 0.0, 1e3
    for _ in range(200):
        b = 0.5 * (low + high)
        w = np.exp(-b * x)
        p = w / w.sum()
        entropy = np.log(w.sum()) + b * (p * x).sum()
        if entropy > np.log(PERPLEXITY):
            low = b
        else:
            high = b
    return p


def joint(index, square):
    p = np.zeros((N, N))
    for i in range(N):
        p[i, index[i]] = conditional(square[i])
    return (p + p.T) / (2 * N)


def check_against_sklearn(p, index, square):
    order = np.argsort(index, axis=1)
    columns = np.take_along_axis(index, order, axis=1).ravel()
    values = np.take_along_axis(square, order, axis=1).ravel().astype(np.float32)
    graph = csr_matrix((values, columns, np.arange(0, N * K + 1, K)), shape=(N, N))
    theirs = _t_sne._joint_probabilities_nn(graph, PERPLEXITY, 0).toarray()
    worst = np.abs(theirs - p).max() / p.max()
    print(f"largest difference from scikit-learn's P, relative to the largest entry: {worst:.1e}")
    assert worst < 1e-4
    assert ((theirs > 0) == (p > 0)).all()


def start(rows, dims, seed):
    centred = rows - rows.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    y = centred @ axes[:dims].T
    y *= 1e-4 / y[:, 0].std()
    return y + 1e-6 * np.random.RandomState(seed).normal(size=y.shape)


def wave(dims):
    i, d = np.arange(N)[:, None], np.arange(dims)[None, :]
    return 1e-4 * np.sin(12.9898 * i + 78.233 * d)


def field(y):
    square = (y**2).sum(axis=1)
    w = 1 / (1 + np.maximum(square[:, None] + square[None, :] - 2 * y @ y.T, 0))
    np.fill_diagonal(w, 0)
    return w, w.sum()


def objective(p, y):
    w, z = field(y)
    some = p > 0
    return (p[some] * np.log(p[some] / (w[some] / z))).sum()


def documented_descent(p, y, iterations=750):
    for iteration in range(iterations):
        if iteration in (0, 250):
            v = np.zeros_like(y)
            gain = np.ones_like(y)
        rho = 12 if iteration < 250 else 1
        eta = max(200, N / rho)
        w, z = field(y)
        weight = rho * p * w - w * w / z
        g = weight.sum(axis=1, keepdims=True) * y - weight @ y
        gain = np.where(np.sign(g) != np.sign(v), gain + 0.2, np.maximum(gain * 0.8, 0.01))
        v = 0.8 * v - eta * gain * g
        length = np.sqrt((v**2).sum(axis=1, keepdims=True))
        v = np.where(length > 5, v * 5 / np.maximum(length, 1e-300), v)
        y = y + v
        y -= y.mean(axis=0)
    return y


def sklearn_descent(p, y):
    dims = y.shape[1]
    condensed = np.maximum(squareform(p, checks=False), np.finfo(np.double).eps)
    options = dict(
        n_iter_without_progress=10000,
        min_grad_norm=0,
        learning_rate=max(N / 12 / 4, 50),
        kwargs={},
        verbose=0,
    )
    arguments = [max(dims - 1, 1), N, dims]
    y, _, it = _t_sne._gradient_descent(
        _t_sne._kl_divergence, y.ravel(), it=0, n_iter=250, momentum=0.5,
        args=[condensed * 12] + arguments, **options)
    y, _, it = _t_sne._gradient_descent(
        _t_sne._kl_divergence, y, it=it + 1, n_iter=750, momentum=0.8,
        args=[condensed] + arguments, **options)
    return objective(p, y.reshape(N, dims))


def table(values, per_line, form):
    lines = []
    for i in range(0, len(values), per_line):
        lines.append("\t" + ", ".join(form % v for v in values[i : i + per_line]) + ",\n")
    return "".join(lines)


def main():
    rows = read_rows()
    index, square = neighbors(rows)
    p = joint(index, square)
    check_against_sklearn(p, index, square)
    some = p[p > 0]
    picked = [(i, int(index[i, j])) for i, j in zip(range(0, N, 50), [0, 3, 9, 30, 60] * 4)]

    reached = {}
    for dims in (2, 3):
        ours = [objective(p, documented_descent(p, start(rows, dims, s))) for s in range(SEEDS)]
        # In 3-D scikit-learn uses t with 2 degrees of freedom: another objective.
        theirs = [sklearn_descent(p, start(rows, dims, s)) for s in range(SEEDS)] if dims == 2 else []
        print(f"{dims}-D, documented rule: {np.round(ours, 4)}, scikit-learn: {np.round(theirs, 4)}")
        reached[dims] = np.median(ours), np.median(theirs) if theirs else None

    with open(OUT, "w") as out:
        out.write("/* Written by test/reference/tsne.py; see there. */\n")
        out.write("#include <stdint.h>\n\n")
        out.write(f"#define REFERENCE_N {N}\n#define REFERENCE_D {D}\n")
        out.write(f"#define REFERENCE_PERPLEXITY {PERPLEXITY}\n#define REFERENCE_PICKED {len(picked)}\n")
        out.write(f"#define REFERENCE_EARLY {EARLY}\n\n")
        out.write("static const int16_t reference_rows[REFERENCE_N * REFERENCE_D] = {\n")
        out.write(table(rows.ravel(), 20, "%d") + "};\n\n")
        out.write("/* Entries of P: row, column, value. */\n")
        out.write("static const double reference_p[REFERENCE_PICKED][3] = {\n")
        for i, j in picked:
            out.write("\t{%d, %d, %.17g},\n" % (i, j, p[i, j]))
        out.write("};\n\n")
        out.write("static const int reference_entries = %d; /* of P that are not 0 */\n" % len(some))
        out.write("static const double reference_entropy = %.17g; /* sum p ln p */\n"
                  % (some * np.log(some)).sum())
        for dims in (2, 3):
            y = documented_descent(p, wave(dims), EARLY)
            out.write("\n/* Every 50th row after REFERENCE_EARLY steps from 1e-4 sin(12.9898 i + 78.233 d). */\n")
            out.write("static const double reference_steps_%dd[REFERENCE_PICKED * %d] = {\n" % (dims, dims))
            out.write(table(y[::50].ravel(), dims, "%.9g") + "};\n")
        out.write("\n/* Medians of KL over %d jitters. */\n" % SEEDS)
        out.write("static const double reference_kl_2d = %.6f;\n" % reached[2][0])
        out.write("static const double reference_kl_2d_sklearn = %.6f;\n" % reached[2][1])
        out.write("static const double reference_kl_3d = %.6f;\n" % reached[3][0])
    print(f"wrote {OUT}")


if __name__ == "__main__":
    sys.exit(main())
