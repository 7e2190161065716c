#!/usr/bin/python3
"""Reference values of exact_sums_test.c: sums and means of generated doubles, by Python's fractions.

Case i has 1 + below(300) terms from the generator of generated_samples.h with the seed i. A term has 53 random
bits and a sign, and a binary exponent out of a span that depends on i % 5. Every third case ends
with its own terms once more, negated but for the last one, so that nearly everything cancels.

Run again from the top directory (seconds):  python3 test/reference/exact_sums.py
"""
from fractions import Fraction

CASES = 200
MASK = (1 << 64) - 1
# The lowest exponent of a term's last bit, and the number of exponents.
SPANS = ((-52, 1), (-60, 40), (-1074, 2046), (-1074, 80), (900, 72))


class Generator:
    """splitmix64 (Steele, Lea and Flood 2014)."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)


def case(i):
    """The terms of a case, as integers in units of 2^-1074."""
    generator = Generator(i)
    low, count = SPANS[i % 5]
    terms = []
    for _ in range(1 + generator.next() % 300):
        bits = generator.next()
        exponent = low + generator.next() % count
        size = bits >> 11
        # What does not fit a double is no term.
        while exponent + size.bit_length() > 1024:
            exponent -= 1
        terms.append((-size if bits & 1 else size) << (exponent + 1074))
    if i % 3 == 0:
        terms += [-term for term in terms[:-1]]
    return terms


def rounded(value):
    """The nearest double, ties to even."""
    try:
        return value.numerator / value.denominator
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def text(x):
    """As a constant of C."""
    return {"inf": "INFINITY", "-inf": "-INFINITY"}.get(repr(x), x.hex())


with open("test/reference/values/exact_sums.h", "w") as out:
    out.write("/* Written by test/reference/exact_sums.py; do not edit. */\n")
    out.write("static const struct ExactSumsReference\n{\n\tdouble sum, mean;\n} exact_sums_reference[] = {\n")
    for i in range(CASES):
        terms = case(i)
        total = Fraction(sum(terms), 1 << 1074)
        out.write(f"\t{{{text(rounded(total))}, {text(rounded(total / len(terms)))}}},\n")
    out.write("};\n")
