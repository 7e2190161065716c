#!/usr/bin/python3
"""Reference values of agreement_test.c, by scikit-learn (Debian's python3-sklearn), of generated labels.

Case i has rows, labels and clusters from the generator of generated_samples.h with the seed i: size, number of
labels and number of clusters first, then, row by row, its label, and its cluster, which follows the label
for a part of the cases.

Run again from the top directory (seconds):  python3 test/reference/agreement.py
"""
from sklearn import metrics

CASES = 300
MASK = (1 << 64) - 1


class Generator:
    """splitmix64 (Steele, Lea and Flood 2014)."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return (z ^ (z >> 31)) % limit


def case(i):
    """Labels and clusters of a case, as agreement_test.c makes them."""
    generator = Generator(i)
    n, n_labels, n_clusters = 1 + generator.below(200), 1 + generator.below(12), 1 + generator.below(12)
    labels, clusters = [], []
    for _ in range(n):
        label, cluster = generator.below(n_labels), generator.below(n_clusters)
        # 0: independent; 1, 2: follows the label for a part of the rows; 3: is the label, renamed.
        if i % 4 == 3 or (i % 4 > 0 and generator.below(4) < i % 4):
            cluster = n_labels - 1 - label
        labels.append(label)
        clusters.append(cluster)
    return labels, clusters


with open("test/reference/values/agreement.h", "w") as out:
    out.write("/* Written by test/reference/agreement.py; do not edit. */\n")
    out.write("static const struct AgreementReference\n{\n\tdouble ari, nmi, homogeneity, completeness, purity;\n")
    out.write("} agreement_reference[] = {\n")
    for i in range(CASES):
        labels, clusters = case(i)
        table = metrics.cluster.contingency_matrix(labels, clusters)
        values = (metrics.adjusted_rand_score(labels, clusters),
                  metrics.normalized_mutual_info_score(labels, clusters),
                  metrics.homogeneity_score(labels, clusters),
                  metrics.completeness_score(labels, clusters),
                  table.max(axis=0).sum() / table.sum())
        out.write("\t{" + ", ".join(repr(float(v)) for v in values) + "},\n")
    out.write("};\n")
