#!/usr/bin/python3
"""Reference values of pca_test.c: principal components of the first 2,000 images of the test set.

Eigenpairs of the covariance by numpy (LAPACK's dsyevd), in double. Needs Debian's python3-numpy.
Run again from the top directory:  python3 test/reference/pca.py
"""
import numpy

from digits import images

N, Q, SCORES = 2000, 50, 5

rows = images("mnist-t10k", N)
mean = rows.mean(axis=0)
values, vectors = numpy.linalg.eigh(numpy.cov(rows, rowvar=False))
values, vectors = values[::-1], vectors[:, ::-1]
largest = numpy.abs(vectors).argmax(axis=0)
vectors = vectors * numpy.sign(vectors[largest, numpy.arange(784)])
scores = (rows - mean) @ vectors[:, :2]


def table(name, numbers):
    lines = ",\n\t".join(repr(float(x)) for x in numbers)
    return f"static const double {name}[] = {{\n\t{lines},\n}};\n"


with open("test/reference/values/pca.h", "w") as out:
    out.write("/* Written by test/reference/pca.py; do not edit. */\n")
    out.write(f"enum\n{{\n\tPCA_REFERENCE_ROWS = {N},\n\tPCA_REFERENCE_COMPONENTS = {Q},\n"
              f"\tPCA_REFERENCE_SCORES = {SCORES},\n}};\n")
    out.write(table("pca_reference_variance", values[:Q]))
    out.write(f"static const double pca_reference_total = {float(values.sum())!r};\n")
    out.write(table("pca_reference_first_component", vectors[:, 0]))
    out.write("/* [PCA_REFERENCE_SCORES][2] */\n")
    out.write(table("pca_reference_scores", scores[:SCORES].ravel()))
