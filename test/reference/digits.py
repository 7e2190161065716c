"""The shipped digits, for the scripts of this directory. They run in the top directory."""
import gzip

import numpy


def images(name, n=-1):
    """The first n images of a file in data/, or all of them, a row of 784 gray values each."""
    with gzip.open("data/%s-images-idx3-ubyte.gz" % name) as file:
        pixels = numpy.frombuffer(file.read(), numpy.uint8, offset=16)
    return pixels.reshape(-1, 784)[:n if n >= 0 else None].astype(float)
