#!/usr/bin/python3
"""Reference values of test/sql/map_quality.sql, printed: trustworthiness, continuity and preservation of a map of
the first 1,000 test digits whose coordinates are two weighted sums of their pixels.

Ranks by sorting with ties to the lower row; scikit-learn, which breaks ties otherwise, is asserted to agree.
Needs Debian's python3-sklearn. Run again from the top directory:  python3 test/reference/map_quality.py
"""
import numpy
from sklearn.manifold import trustworthiness

from digits import images

N = 1000


def ranks(rows):
    """ranks[i][j]: the place of row j among the others of row i, from 1."""
    norms = (rows * rows).sum(axis=1)
    distances = norms[:, None] + norms - 2 * rows @ rows.T
    numpy.fill_diagonal(distances, -1)
    order = numpy.argsort(distances, axis=1, kind="stable")
    result = numpy.empty_like(order)
    numpy.put_along_axis(result, order, numpy.arange(len(rows))[None, :], axis=1)
    return result


def trust(original, mapped, k):
    n = len(original)
    intruders = (mapped <= k) & (mapped > 0) & (original > k)
    return 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * (original - k)[intruders].sum()


rows = images("mnist-t10k", N)
position = numpy.arange(1, 785)
# Centred, so that norms do not swallow distances.
mapped = numpy.stack([rows @ numpy.cos(position), rows @ numpy.sin(position)], axis=1)
mapped -= mapped.mean(axis=0)
in_rows, in_map = ranks(rows), ranks(mapped)
for k in (1, 12, 499):
    values = trust(in_rows, in_map, k), trust(in_map, in_rows, k)
    kept = ((in_rows <= k) & (in_map <= k) & (in_rows > 0)).sum() / N / k
    # A few ties among whole distances: each moves a rank by one.
    assert abs(values[0] - trustworthiness(rows, mapped, n_neighbors=k)) < 5 * 2 / (N * k * (2 * N - 3 * k - 1))
    print(k, *map(repr, map(float, values)), repr(float(kept)))
