#!/usr/bin/python3
"""Reference values of pca_test.c: principal components of the shipped digits.

1. The first 2,000 images of the test set: eigenpairs of the covariance by numpy (LAPACK's dsyevd), in double.
2. 10,000 images of the training set: scikit-learn's PCA with the exact solver, 50 components; and what these
   keep of the first images of the test set. Also printed, for test/sql/pca.sql.

Needs Debian's python3-sklearn. Run again from the top directory:  python3 test/reference/pca.py
"""
import numpy
from sklearn.decomposition import PCA

from digits import images

N, Q, SCORES = 2000, 50, 5
# Numbers, from 1, of the components of the second part that are written down.
SHOWN = [1, 2, 10, 50]


def table(name, numbers):
    lines = ",\n\t".join(repr(float(x)) for x in numbers)
    return f"static const double {name}[] = {{\n\t{lines},\n}};\n"


def signed(vectors):
    """The lines, each with its entry of largest magnitude positive."""
    largest = numpy.abs(vectors).argmax(axis=1)
    return vectors * numpy.sign(vectors[numpy.arange(len(vectors)), largest])[:, None]


rows = images("mnist-t10k", N)
mean = rows.mean(axis=0)
values, vectors = numpy.linalg.eigh(numpy.cov(rows, rowvar=False))
values, vectors = values[::-1], signed(vectors[:, ::-1].T)
scores = (rows - mean) @ vectors[:2].T

fit = PCA(Q, svd_solver="full").fit(images("mnist-train-first10k"))
fit.components_ = signed(fit.components_)
others = images("mnist-t10k", SCORES)
coordinates = fit.transform(others)
errors = numpy.linalg.norm(others - fit.inverse_transform(coordinates), axis=1)
total = fit.explained_variance_.sum() / fit.explained_variance_ratio_.sum()

with open("test/reference/values/pca.h", "w") as out:
    out.write("/* Written by test/reference/pca.py; do not edit. */\n")
    out.write(f"enum\n{{\n\tPCA_REFERENCE_ROWS = {N},\n\tPCA_REFERENCE_COMPONENTS = {Q},\n"
              f"\tPCA_REFERENCE_SCORES = {SCORES},\n\tPCA_SKLEARN_SHOWN = {len(SHOWN)},\n}};\n")
    out.write(table("pca_reference_variance", values[:Q]))
    out.write(f"static const double pca_reference_total = {float(values.sum())!r};\n")
    out.write(table("pca_reference_first_component", vectors[0]))
    out.write("/* [PCA_REFERENCE_SCORES][2] */\n")
    out.write(table("pca_reference_scores", scores[:SCORES].ravel()))
    out.write(table("pca_sklearn_variance", fit.explained_variance_))
    out.write(table("pca_sklearn_ratio", fit.explained_variance_ratio_))
    out.write(f"static const double pca_sklearn_total = {float(total)!r};\n")
    out.write(f"static const int pca_sklearn_shown[] = {{{', '.join(map(str, SHOWN))}}};\n")
    out.write("/* [PCA_SKLEARN_SHOWN][784] */\n")
    out.write(table("pca_sklearn_components", fit.components_[[k - 1 for k in SHOWN]].ravel()))
    out.write("/* [PCA_REFERENCE_SCORES][PCA_REFERENCE_COMPONENTS], of images 0 to 4 of the test set */\n")
    out.write(table("pca_sklearn_coordinates", coordinates.ravel()))
    out.write(table("pca_sklearn_errors", errors))

print("variance of components 1, 2, 50:", *map(float, fit.explained_variance_[[0, 1, 49]]))
print("ratio of components 1, 2, and of all 50:", *map(float, fit.explained_variance_ratio_[:2]),
      float(fit.explained_variance_ratio_.sum()))
print("total variance:", float(total))
print("coordinates 1, 2, 50 of image 0 of the test set:", *map(float, coordinates[0, [0, 1, 49]]))
print("errors of images 0 to 2:", *map(float, errors[:3]))
