/*
 * byte_products_template.h
 *		The kernels in vector registers, included once per instruction set by byte_products.c, which
 *		defines BYTES_TARGET, BYTES_NAME, BYTES_VECTOR (a vector of sums), BYTES_OPERAND (a step of
 *		left or right rows), BYTES_LOAD_SUMS, BYTES_STORE_SUMS, the functions load_right,
 *		broadcast_left and add_products of that name, and BYTES_TILE_ROWS x BYTES_TILE_VECTORS, the
 *		largest piece of results that the registers hold. The template undefines the macros again.
 *
 * All loops over rows and vectors have constant bounds and unroll.
 */

#define BYTES_LANES (sizeof(BYTES_VECTOR) / sizeof(int32_t))

/* Results of BYTES_TILE_ROWS rows from first_row on, and of `vectors` vectors from first_vector on,
 * counted through the groups. */
BYTES_TARGET static inline __attribute__((always_inline)) void
BYTES_NAME(multiply)(const KernelTask *task, size_t first_row, size_t first_vector,
					 const size_t vectors)
{
	const size_t per_group = BYTE_RIGHT_GROUP / BYTES_LANES;
	const uint8_t *left = task->left + first_row * STEP;
	const uint8_t *right[BYTES_TILE_VECTORS];
	BYTES_VECTOR sums[BYTES_TILE_ROWS][BYTES_TILE_VECTORS];

	for (size_t v = 0; v < vectors; v++)
	{
		size_t group = (first_vector + v) / per_group;
		size_t lane = (first_vector + v) % per_group * BYTES_LANES;
		const int32_t *start =
			task->start + first_row * task->start_row + group * task->start_group + lane;

		right[v] = task->right + group * task->right_stride + lane * STEP;
#pragma GCC unroll 8
		for (size_t i = 0; i < BYTES_TILE_ROWS; i++)
			sums[i][v] = BYTES_LOAD_SUMS(start + i * task->start_row);
	}
	for (size_t s = 0; s < task->steps; s++)
	{
		BYTES_OPERAND y[BYTES_TILE_VECTORS];

		for (size_t v = 0; v < vectors; v++)
			y[v] = BYTES_NAME(load_right)(right[v] + s * RIGHT_STEP_BYTES);
#pragma GCC unroll 8
		for (size_t i = 0; i < BYTES_TILE_ROWS; i++)
		{
			BYTES_OPERAND x = BYTES_NAME(broadcast_left)(left + s * LEFT_STEP_BYTES + i * STEP);

			for (size_t v = 0; v < vectors; v++)
				sums[i][v] = BYTES_NAME(add_products)(sums[i][v], x, y[v]);
		}
	}
#pragma GCC unroll 8
	for (size_t i = 0; i < BYTES_TILE_ROWS; i++)
#pragma GCC unroll 3
		for (size_t v = 0; v < vectors; v++)
			BYTES_STORE_SUMS(task->out + (first_row + i) * task->ldo +
								 (first_vector + v) * BYTES_LANES,
							 sums[i][v]);
}

/* All rows of the left group, and `groups` right groups. */
BYTES_TARGET static inline __attribute__((always_inline)) void
BYTES_NAME(kernel)(const KernelTask *task, const size_t groups)
{
	const size_t vectors = groups * BYTE_RIGHT_GROUP / BYTES_LANES;

	for (size_t v = 0; v < vectors; v += BYTES_TILE_VECTORS)
		for (size_t i = 0; i < KERNEL_ROWS; i += BYTES_TILE_ROWS)
		{
			if (vectors - v >= BYTES_TILE_VECTORS)
				BYTES_NAME(multiply)(task, i, v, BYTES_TILE_VECTORS);
			else
				BYTES_NAME(multiply)(task, i, v, vectors % BYTES_TILE_VECTORS);
		}
}

BYTES_TARGET static void
BYTES_NAME(kernel_1)(const KernelTask *task)
{
	BYTES_NAME(kernel)(task, 1);
}

BYTES_TARGET static void
BYTES_NAME(kernel_2)(const KernelTask *task)
{
	BYTES_NAME(kernel)(task, 2);
}

BYTES_TARGET static void
BYTES_NAME(kernel_3)(const KernelTask *task)
{
	BYTES_NAME(kernel)(task, KERNEL_GROUPS);
}

#undef BYTES_LANES
#undef BYTES_TARGET
#undef BYTES_NAME
#undef BYTES_VECTOR
#undef BYTES_OPERAND
#undef BYTES_LOAD_SUMS
#undef BYTES_STORE_SUMS
#undef BYTES_TILE_ROWS
#undef BYTES_TILE_VECTORS
