/*
 * byte_products.h
 *		Exact products of rows of bytes: a matrix product in integers.
 *
 *		out[i][j] = sum_l x[i][l] * y[j][l]		as int32, 0 <= i < m, 0 <= j < n, 0 <= l < d
 *
 * The x are the left rows, the y the right rows. Both are packed first, each in its own layout, and a
 * packed operand may be used in any number of products. Results are the same on every machine.
 *
 * An operand can be packed piece by piece, and a product taken of a part of it: rows come in groups,
 * and the group that begins with row r (a multiple of BYTE_LEFT_GROUP or BYTE_RIGHT_GROUP) lies
 * byte_left_size(r, d) or byte_right_size(r, d) bytes behind the first. Pack into memory that begins
 * at a multiple of 64 (arena_alloc's does), which is faster than other memory.
 *
 * Nothing here allocates; pool threads may call everything, for different groups also of the same
 * operand.
 */
#ifndef SYNTHDQ_CORE_MATRIX_BYTE_PRODUCTS_H
#define SYNTHDQ_CORE_MATRIX_BYTE_PRODUCTS_H

#include <stddef.h>
#include <stdint.h>

/* d may be at most this: 255 * 255 * 33,025 < 2^31. */
#define BYTE_PRODUCTS_MAX_COLUMNS ((size_t) 33025)

/* Rows of a group. */
#define BYTE_LEFT_GROUP  ((size_t) 8)
#define BYTE_RIGHT_GROUP ((size_t) 16)

/*
 * Lines of consecutive bytes: line i begins `offset` bytes behind lines[i], or, where lines is NULL,
 * behind data + i * stride. With an array of pointers, lines may lie anywhere.
 */
typedef struct ByteLines
{
	const uint8_t *const *lines;
	const uint8_t *data;
	size_t stride;
	size_t offset;
} ByteLines;

/* Bytes of packed operands: at most (n + 15)(d + 3 + 64). 0 if the size is not representable. */
extern size_t byte_left_size(size_t n, size_t d);
extern size_t byte_right_size(size_t n, size_t d);

/* Pack n rows of d bytes; line i is row i. 1 <= d <= BYTE_PRODUCTS_MAX_COLUMNS here and below. */
extern void byte_left_pack(const ByteLines *rows, size_t n, size_t d, void *packed);
extern void byte_right_pack(const ByteLines *rows, size_t n, size_t d, void *packed);

/* Pack n rows of d bytes from their transpose: line l, of n bytes, holds element l of every row. */
extern void byte_left_pack_transposed(const ByteLines *columns, size_t n, size_t d, void *packed);
extern void byte_right_pack_transposed(const ByteLines *columns, size_t n, size_t d, void *packed);

/*
 * out[m][ldo] = products of the first m rows of `left` with the first n rows of `right`; ldo >= n, and
 * nothing is written behind out[i][n - 1]. Costs 2 m n d operations: beside sgemm of OpenBLAS on the
 * same processor, six times its rate with VNNI, about its rate with AVX2 or AVX-512, a third of it
 * without ("make bench-kernels"). With m x n = 256 x 1024 and d = 784 operands and result fill the
 * second-level cache; with fewer rows than 48 x 48 overheads show.
 */
extern void byte_products(const void *left, size_t m, const void *right, size_t n, size_t d,
						  int32_t *out, size_t ldo);

#endif
