#!/usr/bin/python3
"""Reference values of kmeans_test.c, by scikit-learn (Debian's python3-sklearn), of the shipped digits.

1. The first 500 images of the test set, k = 10 from the first ten images: labels, inertia, iterations.
2. The least inertia of 50 restarts on these 500 images (also in test/sql/kmeans.sql).
3. Inertia of 10,000 images with ten restarts of scikit-learn's own seeding, in units of 0..255.

Run again from the top directory (a minute):  python3 test/reference/kmeans.py
"""
import numpy
from sklearn.cluster import KMeans

from digits import images

rows = images("mnist-t10k", 500)
fit = KMeans(10, init=rows[:10], n_init=1, tol=1e-4, algorithm="lloyd").fit(rows)
# Clusters as kmeans() numbers them: by descending size, then by the lowest row.
sizes = numpy.bincount(fit.labels_, minlength=10)
first = [numpy.flatnonzero(fit.labels_ == c)[0] for c in range(10)]
order = sorted(range(10), key=lambda c: (-sizes[c], first[c]))
labels = numpy.argsort(order)[fit.labels_]

with open("test/reference/values/kmeans.h", "w") as out:
    out.write("/* Written by test/reference/kmeans.py; do not edit. */\n")
    out.write("static const int kmeans_reference_labels[500] = {\n")
    for start in range(0, 500, 25):
        out.write("\t" + ", ".join(str(x) for x in labels[start:start + 25]) + ",\n")
    out.write("};\n")
    out.write(f"static const double kmeans_reference_inertia = {float(fit.inertia_)!r};\n")
    best = KMeans(10, n_init=50, random_state=0).fit(rows)
    out.write(f"static const double kmeans_reference_best = {float(best.inertia_)!r};\n")
    for name, identifier in (("mnist-train-first10k", "train"), ("mnist-dcgan-e25", "dcgan")):
        best = KMeans(10, n_init=10, random_state=0).fit(images(name, 10000))
        out.write(f"static const double kmeans_reference_{identifier} = "
                  f"{float(best.inertia_)!r};\n")
