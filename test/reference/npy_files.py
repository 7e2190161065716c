#!/usr/bin/python3
"""NPY files as NumPy writes them, and their values as float32.

Run again:  /usr/bin/python3 test/reference/npy_files.py
Writes      test/reference/values/npy_files.h    for test/unit/npy_test.c
            test/reference/values/npy_files.sql  for test/sql/image_npy.sql
Needs NumPy only. No random numbers.
"""
import io
import os
import numpy

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'values')

# Values that each type can hold and that show byte order, sign and rounding.
PLAIN = [0, 1, 2, 100, 127, 3]
SIGNED = [0, -1, 100, -128, 127, 5]
WIDE = [0, -2, 258, -32768, 32767, 1000]
# 2**24 + 1 and 2**31 - 1 are no floats.
WIDER = [0, -3, 65538, 16777217, 2147483647, -2147483648]
REAL = [0.0, -0.0, 1.5, -2.25, float('inf'), float('nan')]
# Smallest subnormal half, largest subnormal, largest half, a third.
HALF = [2.0**-24, 1023 * 2.0**-24, 65504.0, -1 / 3, float('-inf'), 6.104e-05]
# Rounds to even, rounds up, too small for a float, the largest float, just below what overflows.
DOUBLE = [1 + 2.0**-24, 1 + 3 * 2.0**-24, 1e-300, 3.4028234663852886e38, 3.4028235677973360e38, -1 / 3]

CASES = [
    ('u1', '|u1', [0, 255, 128, 7, 1, 200], (2, 3)),
    ('i1', '|i1', SIGNED, (2, 3)),
    ('i2_little', '<i2', WIDE, (2, 3)),
    ('i2_big', '>i2', WIDE, (2, 3)),
    ('i4_little', '<i4', WIDER, (2, 3)),
    ('i4_big', '>i4', WIDER, (2, 3)),
    ('f2_little', '<f2', HALF, (2, 3)),
    ('f2_big', '>f2', REAL, (2, 3)),
    ('f4_little', '<f4', REAL, (2, 3)),
    ('f4_big', '>f4', REAL, (2, 3)),
    ('f8_little', '<f8', DOUBLE, (2, 3)),
    ('f8_big', '>f8', REAL, (2, 3)),
    ('one_dimension', '<f4', PLAIN, (6,)),
    ('four_dimensions', '<i2', PLAIN * 4, (3, 2, 2, 2)),
    ('no_rows', '<f4', [], (0, 3)),
    ('one_row', '<f8', PLAIN, (1, 6)),
]


def save(array, version=(1, 0)):
    """The bytes of the file."""
    file = io.BytesIO()
    numpy.lib.format.write_array(file, array, version=version)
    return file.getvalue()


def c_bytes(data):
    """An initialiser."""
    lines = [', '.join(str(byte) for byte in data[i:i + 24]) for i in range(0, len(data), 24)]
    return ',\n\t'.join(lines)


def c_float(value):
    """A float literal that is exact."""
    if numpy.isnan(value):
        return 'NAN'
    if numpy.isinf(value):
        return 'INFINITY' if value > 0 else '-INFINITY'
    return float(value).hex() + 'f'


def sql_real(value):
    """An array element."""
    if numpy.isnan(value) or numpy.isinf(value):
        return {'nan': 'NaN', 'inf': 'Infinity', '-inf': '-Infinity'}[str(float(value))]
    return repr(numpy.float32(value).item())


def main():
    files = []
    for name, descr, values, shape in CASES:
        array = numpy.array(values, dtype=descr).reshape(shape)
        files.append((name, save(array), array))
    array = numpy.arange(6, dtype='<f4').reshape(2, 3)
    files.append(('version_2', save(array, (2, 0)), array))
    files.append(('version_3', save(array, (3, 0)), array))

    with open(os.path.join(HERE, 'npy_files.h'), 'w') as out:
        out.write('/* Written by test/reference/npy_files.py (NumPy %s); do not edit. */\n'
                  '/* clang-format off */\n' % numpy.__version__)
        for name, data, array in files:
            with numpy.errstate(over='ignore'):
                floats = array.astype('<f4').ravel()
            out.write('static const unsigned char npy_%s[] = {\n\t%s};\n' % (name, c_bytes(data)))
            out.write('static const float npy_%s_values[] = {%s};\n'
                      % (name, ', '.join(c_float(value) for value in floats) or '0'))
        out.write('static const struct\n{\n\tconst char *name;\n\tconst unsigned char *file;\n'
                  '\tsize_t n_bytes;\n\tsize_t n_rows;\n\tsize_t row_length;\n'
                  '\tconst float *values;\n} npy_files[] = {\n')
        for name, data, array in files:
            row_length = int(numpy.prod(array.shape[1:]))
            out.write('\t{"%s", npy_%s, sizeof(npy_%s), %d, %d, npy_%s_values},\n'
                      % (name, name, name, array.shape[0], row_length, name))
        out.write('};\n')

    with open(os.path.join(HERE, 'npy_files.sql'), 'w') as out:
        out.write('-- Written by test/reference/npy_files.py (NumPy %s); do not edit.\n'
                  % numpy.__version__)
        out.write('CREATE TEMPORARY TABLE npy_files (name text, file bytea);\n')
        out.write('CREATE TEMPORARY TABLE npy_expected (name text, id bigint, "row" real[]);\n')
        for name, data, array in files:
            out.write("INSERT INTO npy_files VALUES ('%s', '\\x%s');\n" % (name, data.hex()))
            with numpy.errstate(over='ignore'):
                rows = array.astype('<f4').reshape(array.shape[0], -1) if array.size else []
            for i, row in enumerate(rows):
                out.write("INSERT INTO npy_expected VALUES ('%s', %d, '{%s}');\n"
                          % (name, i, ','.join(sql_real(value) for value in row)))


main()
