#!/usr/bin/python3
"""Reference values of covariance_test.c and of test/sql/covariance.sql.

Covariances of small tables of awkward doubles, exactly by fractions.Fraction and rounded once, and those
of the first 2,000 images of the test set by numpy.cov. Needs Debian's python3-numpy.
Run again from the top directory:  python3 test/reference/covariance.py
"""
from fractions import Fraction

import numpy

from c_tables import wrap
from digits import images

ROWS, COLUMNS = 60, 7
generator = numpy.random.default_rng(20240607)


def kept(column):
    """A column as it is kept: cut at the lowest bit of the third plane of 21 bits from its top."""
    top = max(abs(Fraction(x)) for x in column)
    plane = -60
    while Fraction(2) ** (21 * (plane + 1) - 12) <= top:
        plane += 1
    unit = Fraction(2) ** (21 * (plane - 2) - 12)
    return [int(Fraction(x) / unit) * unit for x in column]


def covariances(columns):
    n = len(columns[0])
    means = [sum(column) / n for column in columns]
    centred = [[x - mean for x in column] for column, mean in zip(columns, means)]
    return means, [[sum(a * b for a, b in zip(x, y)) / (n - 1) for y in centred] for x in centred]


def normal():
    return generator.standard_normal(ROWS)


# Single precision; a huge offset; two scales far apart; a huge spread of exponents; small integers;
# constant; a sum of the first two, so that the matrix is singular.
table = [
    normal().astype(numpy.float32).astype(float),
    1e9 + normal(),
    1e-200 * normal(),
    normal() * 2.0 ** generator.integers(-90, 60, ROWS),
    generator.integers(0, 256, ROWS).astype(float),
    numpy.full(ROWS, 0.1),
]
table.append(table[0] + table[1])
exact = [[Fraction(x) for x in column] for column in table]
means, matrix = covariances([kept(column) for column in table])
_, untruncated = covariances(exact)
worst = max(abs(float(matrix[i][j] - untruncated[i][j]))
            / (float(untruncated[i][i] * untruncated[j][j]) ** 0.5 or 1)
            for i in range(COLUMNS) for j in range(COLUMNS))
print("cutting changes a covariance by at most %.3g of the product of standard deviations" % worst)

N, FIRST, SIDE = 2000, 400, 12
rows = images("mnist-t10k", N)
digits = numpy.cov(rows, rowvar=False)


def numbers(name, values):
    return f"static const double {name}[] = {{\n{wrap([repr(float(x)) for x in values])}\n}};\n"


with open("test/reference/values/covariance.h", "w") as out:
    out.write("/* Written by test/reference/covariance.py; do not edit. */\n")
    out.write(f"enum\n{{\n\tCOVARIANCE_ROWS = {ROWS},\n\tCOVARIANCE_COLUMNS = {COLUMNS},\n"
              f"\tCOVARIANCE_DIGITS = {N},\n\tCOVARIANCE_FIRST = {FIRST},\n"
              f"\tCOVARIANCE_SIDE = {SIDE},\n}};\n")
    out.write("/* [COVARIANCE_ROWS][COVARIANCE_COLUMNS] */\n")
    out.write(numbers("covariance_rows", numpy.array(table).T.ravel()))
    out.write("/* Of the numbers as they are kept; exact but for one rounding. */\n")
    out.write(numbers("covariance_means", means))
    out.write(numbers("covariance_matrix_wanted", [x for row in matrix for x in row]))
    out.write("/* numpy.cov of the images: a block of pixels from COVARIANCE_FIRST on, and sums. */\n")
    block = digits[FIRST:FIRST + SIDE, FIRST:FIRST + SIDE]
    out.write(numbers("covariance_digits_block", block.ravel()))
    out.write(f"static const double covariance_digits_trace = {float(digits.trace())!r};\n")
    out.write(f"static const double covariance_digits_sum = {float(digits.sum())!r};\n")
