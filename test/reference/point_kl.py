#!/usr/bin/python3
"""Reference values of test/sql/tsne_point_kl.sql, printed: the divergence, and its part of some rows, of a map of the
first 500 test digits whose coordinates are two weighted sums of their pixels.

From the definition, in double: full sort with ties to the lower row, bisection on the precision, all pairs. Asserted to
agree with scikit-learn's affinities on the same neighbours, whose search ends at 1e-5, and with its objective.
Needs Debian's python3-sklearn. Run again from the top directory:  python3 test/reference/point_kl.py
"""
import numpy
from scipy.sparse import csr_matrix
from scipy.spatial.distance import squareform
from sklearn.manifold import _t_sne

from digits import images

N = 500
PERPLEXITY = 30
K = 90
DIVISOR = 200


def conditional(square):
    """p(j|i) of one row by bisection on the precision."""
    x = (square - square.min()) / square.mean()
    low, high = 0.0, 1e6
    for _ in range(200):
        b = 0.5 * (low + high)
        w = numpy.exp(-b * x)
        p = w / w.sum()
        if numpy.log(w.sum()) + b * (p * x).sum() > numpy.log(PERPLEXITY):
            low = b
        else:
            high = b
    return p


rows = images("mnist-t10k", N)
position = numpy.arange(1, 785)
mapped = numpy.stack([rows @ numpy.cos(position), rows @ numpy.sin(position)], axis=1) / DIVISOR

squares = (rows * rows).sum(axis=1)
distances = squares[:, None] + squares - 2 * rows @ rows.T
numpy.fill_diagonal(distances, numpy.inf)
nearest = numpy.argsort(distances, axis=1, kind="stable")[:, :K]
near = numpy.take_along_axis(distances, nearest, axis=1)
p = numpy.zeros((N, N))
for i in range(N):
    p[i, nearest[i]] = conditional(near[i])
p = (p + p.T) / (2 * N)

w = 1 / (1 + ((mapped[:, None] - mapped[None]) ** 2).sum(axis=2))
numpy.fill_diagonal(w, 0)
q = w / w.sum()
terms = numpy.zeros((N, N))
terms[p > 0] = p[p > 0] * numpy.log(p[p > 0] / q[p > 0])
kl = terms.sum(axis=1)

graph = csr_matrix((near.ravel(), nearest.ravel(), numpy.arange(0, N * K + 1, K)), shape=(N, N))
sklearn_p = _t_sne._joint_probabilities_nn(graph, PERPLEXITY, 0).toarray()
assert abs(sklearn_p - p).max() < 1e-4 * p.max()
objective, _ = _t_sne._kl_divergence(mapped.ravel(), squareform(numpy.maximum(p, 1e-300), checks=False), 1, N, 2)
assert abs(objective - kl.sum()) < 1e-9 * kl.sum()

print("map within", mapped.min(axis=0), mapped.max(axis=0))
print("sum", repr(float(kl.sum())))
for i in (0, 1, 249, 499, int(kl.argmax()), int(kl.argmin())):
    print("row", i, repr(float(kl[i])))
