#!/usr/bin/python3
"""Kernels, bounds, integrals and the ISJ bandwidth, for test/unit/kde_kernels_test.c and test/sql/kde_options.sql.

Run again, from the top directory:  test/reference/kde_kernels.py
It needs python3-sklearn, python3-scipy and python3-mpmath, takes about a minute, writes
test/reference/values/kde_kernels.h and prints the values that the SQL tests hold.

The data are the first of the normals of kde.py: whole numbers divided by 1024. ISJ is computed with 40 digits from the
formulas of Botev, Grotowski and Kroese (2010), on 2^14 nodes, the range padded by a tenth on either side.
"""
import os

import mpmath
import numpy
from scipy import integrate, stats
from sklearn.neighbors import KernelDensity

from c_tables import wrap

mpmath.mp.dps = 40
N = 300
H = 0.25
KERNELS = ["gaussian", "epanechnikov", "tophat", "linear", "cosine"]
NODES = 2 ** 14


def isj(values):
    values = [mpmath.mpf(float(v)) for v in sorted(values)]
    span = values[-1] - values[0]
    lo = values[0] - span / 10
    width = span * mpmath.mpf(12) / 10
    shares = [mpmath.mpf(0)] * NODES
    for v in values:
        place = (v - lo) / width * (NODES - 1)
        node = int(mpmath.floor(place))
        shares[node] += (node + 1 - place) / len(values)
        shares[node + 1] += (place - node) / len(values)
    squares = [a * a for a in cosines(shares)]
    n = len(set(values))
    pi2 = mpmath.pi ** 2

    def norm(s, t):
        total = mpmath.mpf(0)
        for k in range(1, NODES):
            damping = k * k * pi2 * t
            if damping > 300:
                break
            total += mpmath.mpf(k) ** (2 * s) * squares[k] * mpmath.exp(-damping)
        return 2 * mpmath.pi ** (2 * s) * total

    def equation(t):
        f = norm(7, t)
        for s in range(6, 1, -1):
            odd = mpmath.mpf(1)
            for factor in range(1, 2 * s, 2):
                odd *= factor
            c = (1 + mpmath.mpf(2) ** (-s - mpmath.mpf(1) / 2)) / 3
            step = (2 * c * odd / mpmath.sqrt(2 * mpmath.pi) / (n * f)) ** (mpmath.mpf(2) / (3 + 2 * s))
            f = norm(s, step)
        return t - (2 * n * mpmath.sqrt(mpmath.pi) * f) ** (-mpmath.mpf(2) / 5)

    low, high = mpmath.mpf("1e-7"), mpmath.mpf("0.1")
    assert equation(low) < 0 < equation(high)
    for _ in range(60):
        middle = mpmath.sqrt(low * high)
        if equation(middle) < 0:
            low = middle
        else:
            high = middle
    return float(mpmath.sqrt(low) * width)


def cosines(x):
    """sum of x[j] cos(pi k (2 j + 1) / (2 n))."""
    n = len(x)
    spectrum = fourier([mpmath.mpc(v) for v in x[::2] + x[::-2]])
    return [(spectrum[k] * mpmath.expj(-mpmath.pi * k / (2 * n))).real for k in range(n)]


def fourier(x):
    n = len(x)
    if n == 1:
        return x
    even, odd = fourier(x[::2]), fourier(x[1::2])
    turned = [odd[k] * mpmath.expj(-2 * mpmath.pi * k / n) for k in range(n // 2)]
    return [a + b for a, b in zip(even, turned)] + [a - b for a, b in zip(even, turned)]


def density(values, kernel, h, at):
    estimate = KernelDensity(kernel=kernel, bandwidth=h, rtol=0, atol=0).fit(values[:, None])
    return numpy.exp(estimate.score_samples(numpy.asarray(at)[:, None]))


def integral(values, kernel, h, at):
    """The mean of the kernel's distribution function, by distributions of scipy.stats."""
    law = {"gaussian": stats.norm.cdf,
           "epanechnikov": stats.beta(2, 2, loc=-1, scale=2).cdf,
           "tophat": stats.uniform(-1, 2).cdf,
           "linear": stats.triang(0.5, loc=-1, scale=2).cdf,
           "cosine": numpy.vectorize(lambda t: integrate.quad(
               lambda u: numpy.pi / 4 * numpy.cos(numpy.pi / 2 * u), -1, min(max(t, -1), 1),
               epsabs=1e-12, epsrel=1e-10)[0])}[kernel]
    return [law((x - values) / h).mean() for x in at]


def reflected(values, kernel, h, at, lower, upper):
    """Far more images than matter."""
    images = [values]
    if lower is not None and upper is not None:
        width = upper - lower
        images = [image + 2 * k * width for k in range(-60, 61) for image in (values, 2 * lower - values)]
    elif lower is not None:
        images.append(2 * lower - values)
    else:
        images.append(2 * upper - values)
    return density(numpy.concatenate(images), kernel, h, at) * len(images)


def table(out, name, values):
    text = [repr(float(v)) for v in values]
    out.write("static const double %s[%d] = {\n%s\n};\n\n" % (name, len(text), wrap(text, 95)))


rng = numpy.random.default_rng(20240817)
normal = numpy.round(rng.standard_normal(6000) * 1024)
first = normal[:3000] / 1024.0
sample = first[:N]
# Away from places where a step of the tophat could fall on either side.
places = numpy.array([-3.40001, -2.10003, -1.00007, -0.30011, 0.00013, 0.45017, 1.20019, 2.30023, 3.10029])
bimodal = first[:1000] * 0.3 + numpy.where(numpy.arange(1000) % 2 == 1, 5.0, -5.0)
closed = numpy.abs(sample) - numpy.floor(numpy.abs(sample))
inside = numpy.linspace(0, 1, 9)

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "values", "kde_kernels.h")
with open(path, "w") as header:
    header.write("/* Written by test/reference/kde_kernels.py; do not edit. */\n")
    header.write("#define KERNELS_N %d\n#define KERNELS_H %r\n#define KERNELS_PLACES %d\n\n" % (N, H, len(places)))
    table(header, "kernels_places", places)
    table(header, "kernels_density", numpy.concatenate([density(sample, k, H, places) for k in KERNELS]))
    table(header, "kernels_integral", numpy.concatenate([integral(sample, k, H, places) for k in KERNELS]))
    for title, lower, upper in ("closed", 0, 1), ("lower", 0, None), ("upper", None, 1):
        table(header, "kernels_" + title,
              numpy.concatenate([reflected(closed, k, H, inside, lower, upper) for k in KERNELS]))
    for title, values in ("normal", first[:1000]), ("bimodal", bimodal):
        header.write("static const double isj_%s = %r;\n" % (title, isj(values)))

# The data of the SQL tests: x = (i * 7919 % 1009) / 64.
i = numpy.arange(1, 301)
x = (i * 7919 % 1009) / 64.0
at = [-1.0, 0.35, 7.9, 16.1]
for kernel in KERNELS:
    print(kernel, "h = 0.75, pdf", [repr(float(v)) for v in density(x, kernel, 0.75, at)],
          "cdf", [repr(float(v)) for v in integral(x, kernel, 0.75, at)])
print("reflected at 0 and 16", [repr(float(v)) for v in reflected(x, "gaussian", 0.75, [0, 0.5, 15.9, 16], 0, 16)])
print("isj", repr(isj(x)))
