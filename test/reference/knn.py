#!/usr/bin/python3
"""Reference values of knn_test.c and test/sql/knn.sql, by scikit-learn (Debian's python3-sklearn), of
the shipped digits.

1. The ten nearest others of each of the first 300 images of the test set.
2. The five nearest of the first 1,000 real images of the training set to each of the first 100 of the DCGAN.

scikit-learn's brute force gives the distances; on integers its squared distances are exact. Its order
of equally near rows is not defined, so the ids are those of the exact matrix of distances, the lowest
first, and the script checks that both agree.

Run again from the top directory (seconds):  python3 test/reference/knn.py
"""
import numpy
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.neighbors import NearestNeighbors

from c_tables import wrap
from digits import images


def neighbors(queries, reference, k, is_self):
    """Ids and squared distances [n][k], nearest first, the lowest id first among equally near."""
    squares = euclidean_distances(queries, reference, squared=True)
    assert (squares == numpy.rint(squares)).all()
    if is_self:
        numpy.fill_diagonal(squares, numpy.inf)
    ids = numpy.argsort(squares, axis=1, kind="stable")[:, :k]
    nearest = numpy.take_along_axis(squares, ids, axis=1)
    fit = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(reference)
    distances, _ = fit.kneighbors(None if is_self else queries)
    assert numpy.allclose(distances, numpy.sqrt(nearest), rtol=1e-12, atol=0)
    return ids, nearest.astype(int)


def write(out, name, ids, squares):
    n, k = ids.shape
    for what, table in (("ids", ids), ("squares", squares)):
        out.write(f"static const int knn_reference_{name}_{what}[{n} * {k}] = {{\n")
        out.write(wrap([str(v) for v in table.ravel()]) + "\n};\n")
    # What the regression test compares: a sum that tells ids and ranks apart, and all distances.
    rows, ranks = numpy.indices(ids.shape)
    print(f"{name}: sum((id + 1) * rank * neighbor_id) = {((rows + 1) * (ranks + 1) * ids).sum()}, "
          f"sum(distance) = {numpy.sqrt(squares).sum()!r}")


test = images("mnist-t10k", 300)
real = images("mnist-train-first10k", 1000)
fake = images("mnist-dcgan-e25", 100)
with open("test/reference/values/knn.h", "w") as out:
    out.write("/* Written by test/reference/knn.py; do not edit. */\n")
    write(out, "self", *neighbors(test, test, 10, True))
    write(out, "sides", *neighbors(fake, real, 5, False))
