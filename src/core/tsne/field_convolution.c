/*
 * field_convolution.c
 *		Convolution by Fourier transforms.
 *
 * Along y, 32 neighbouring columns of nodes are one panel: 16 of them as real parts, 16 as imaginary
 * parts, taken apart afterwards by the symmetry of transforms of real data; half of the frequencies
 * suffice. Along x, 16 frequencies of y are a panel, transformed, multiplied by the kernel, and
 * transformed back at once. The padding, without which the two ends of the grid would meet, exists in
 * the panels only. The sum of charge times field comes out of the product by Parseval's theorem.
 *
 * The kernel is real and even, and so is its transform, of which a quarter is kept.
 */
#include "core/tsne/field_convolution.h"

#include <math.h>
#include <string.h>

#include "core/base/sizes.h"

/* Columns that are transformed together. */
#define PANEL_COLUMNS ((size_t) FFT_ELEMENT)

/* Longest transform, its frequencies that are kept, and their blocks along y. */
#define MAX_PADDED      (2 * CONVOLUTION_MAX_NODES)
#define MAX_FREQUENCIES (CONVOLUTION_MAX_NODES + 1)
#define MAX_BLOCKS      (CONVOLUTION_MAX_NODES / FFT_LANES + 1)

/* Most floats of a row of nodes or frequencies: MAX_FREQUENCIES, padded to whole panels. */
#define MAX_WIDTH (CONVOLUTION_MAX_NODES + PANEL_COLUMNS)

/* Floats of the nodes and of each part of the spectrum, and of the kernel. */
#define MAX_SPECTRUM (MAX_FREQUENCIES * MAX_WIDTH)
#define MAX_KERNEL   (MAX_BLOCKS * MAX_FREQUENCIES * FFT_LANES)

/* Floats of a thread's panels. */
#define THREAD_PANELS (2 * MAX_PADDED * FFT_ELEMENT)

/* Floats of all that convolution_create() allocates at once. */
static size_t
total_floats(size_t threads)
{
	return 3 * MAX_SPECTRUM + MAX_KERNEL + threads * THREAD_PANELS + 4 * MAX_PADDED;
}

size_t
convolution_bytes(int threads)
{
	return total_floats((size_t) threads) * sizeof(float) + MAX_BLOCKS * sizeof(double);
}

SdqStatus
convolution_create(Job *job, Convolution *convolution)
{
	size_t threads = (size_t) pool_threads(job->pool);
	/* In one block: an arena may lose the ends of several. All parts are whole cache lines. */
	float *next = arena_alloc(job->arena, total_floats(threads), sizeof(float));

	*convolution = (Convolution){.nodes = next};
	convolution->energy = arena_alloc(job->arena, MAX_BLOCKS, sizeof(double));
	if (next == NULL || convolution->energy == NULL)
		return arena_failure(job->arena);
	convolution->real = next += MAX_SPECTRUM;
	convolution->imaginary = next += MAX_SPECTRUM;
	convolution->kernel = next += MAX_SPECTRUM;
	convolution->panels = next += MAX_KERNEL;
	convolution->x.twiddles = next += threads * THREAD_PANELS;
	convolution->y.twiddles = next + 2 * MAX_PADDED;
	return sdq_ok();
}

/* The two panels of a thread. */
static float *
first_panel(const Convolution *convolution, int thread)
{
	return convolution->panels + (size_t) thread * THREAD_PANELS;
}

static float *
second_panel(const Convolution *convolution, int thread)
{
	return first_panel(convolution, thread) + THREAD_PANELS / 2;
}

/* Frequencies of a side that are kept. */
static size_t
frequencies(const ConvolutionSide *side)
{
	return side->padded / 2 + 1;
}

/* Blocks of those of y. */
static size_t
frequency_blocks(const Convolution *convolution)
{
	return divide_up(frequencies(&convolution->y), FFT_LANES);
}

/* ---------- the kernel ---------- */

/* Floats of a row of the kernel while it is transformed along y only. */
static size_t
kernel_width(const Convolution *convolution)
{
	return divide_up(frequencies(&convolution->x), PANEL_COLUMNS) * PANEL_COLUMNS;
}

/* The kernel at a node so many nodes away, the other way around the grid if that is nearer. */
static double
kernel_at(const Convolution *convolution, size_t column, size_t row)
{
	double dx = (double) column * convolution->spacing;
	double dy = (double) minimum(row, convolution->y.padded - row) * convolution->spacing;
	double square = dx * dx + dy * dy;

	return convolution->is_shifted ? -square / (1 + square) : 1 / (1 + square);
}

/* The reciprocal of the square of the spline's transform at a frequency of a side. */
static double
spline_factor(const ConvolutionSide *side, size_t frequency)
{
	const double turn = 2 * acos(-1.0);
	double transform = (2 + cos(turn * (double) frequency / (double) side->padded)) / 3;

	return 1 / (transform * transform);
}

/* Transform some columns of the kernel along y: real and even, so are their transforms. */
static void
kernel_columns(void *argument, size_t chunk, int thread)
{
	Convolution *convolution = argument;
	float *panel = first_panel(convolution, thread);
	size_t first = chunk * PANEL_COLUMNS;

	for (size_t row = 0; row < convolution->y.padded; row++)
		for (size_t j = 0; j < PANEL_COLUMNS; j++)
			panel[row * FFT_ELEMENT + j] = (float) kernel_at(convolution, first + j, row);
	panel = fft_forward(&convolution->y.plan, panel, second_panel(convolution, thread));
	for (size_t k = 0; k < frequencies(&convolution->y); k++)
		memcpy(convolution->real + k * kernel_width(convolution) + first, panel + k * FFT_ELEMENT,
			   FFT_ELEMENT * sizeof(float));
}

/* Then along x, and divide out the splines and the lengths of the transforms. */
static void
kernel_rows(void *argument, size_t block, int thread)
{
	Convolution *convolution = argument;
	float *panel = first_panel(convolution, thread);
	size_t padded = convolution->x.padded;
	size_t first = block * FFT_LANES;
	size_t count = minimum(frequencies(&convolution->y) - first, FFT_LANES);
	double points = (double) padded * (double) convolution->y.padded;

	memset(panel, 0, padded * FFT_ELEMENT * sizeof(float));
	for (size_t j = 0; j < padded; j++)
		for (size_t l = 0; l < count; l++)
			panel[j * FFT_ELEMENT + l] =
				convolution->real[(first + l) * kernel_width(convolution) + minimum(j, padded - j)];
	panel = fft_forward(&convolution->x.plan, panel, second_panel(convolution, thread));
	for (size_t k = 0; k < frequencies(&convolution->x); k++)
	{
		float *kernel =
			convolution->kernel + (block * frequencies(&convolution->x) + k) * FFT_LANES;
		double factor = spline_factor(&convolution->x, k) / points;

		for (size_t l = 0; l < FFT_LANES; l++)
			kernel[l] =
				(float) (panel[k * FFT_ELEMENT + l] * factor *
						 spline_factor(&convolution->y, minimum(first + l, convolution->y.padded)));
	}
}

/* Give one side so many nodes; true if the transforms' length is another one now. */
static bool
lay_side(ConvolutionSide *side, size_t nodes)
{
	size_t padded = fft_good_length(2 * nodes);

	side->nodes = nodes;
	if (padded == side->padded)
		return false;
	side->padded = padded;
	/* The length has no other factors. */
	(void) fft_plan(padded, side->twiddles, &side->plan);
	return true;
}

SdqStatus
convolution_lay(Job *job, Convolution *convolution, double spacing, bool is_shifted, size_t x_nodes,
				size_t y_nodes)
{
	bool is_new = spacing != convolution->spacing || is_shifted != convolution->is_shifted;
	SdqStatus status = sdq_ok();

	is_new |= lay_side(&convolution->x, x_nodes);
	is_new |= lay_side(&convolution->y, y_nodes);
	convolution->is_shifted = is_shifted;
	convolution->width = divide_up(x_nodes, PANEL_COLUMNS) * PANEL_COLUMNS;
	convolution->spacing = spacing;
	if (!is_new)
		return status;
	status =
		pool_run(job->pool, kernel_columns, convolution, kernel_width(convolution) / PANEL_COLUMNS);
	if (!sdq_failed(status))
		status = pool_run(job->pool, kernel_rows, convolution, frequency_blocks(convolution));
	return status;
}

/* ---------- convolution ---------- */

/* Transform some columns of nodes along y, two real ones as one complex one; keep half of the
 * frequencies. */
static void
transform_columns(void *argument, size_t chunk, int thread)
{
	Convolution *convolution = argument;
	float *panel = first_panel(convolution, thread);
	size_t first = chunk * PANEL_COLUMNS;
	size_t padded = convolution->y.padded;
	size_t rows = convolution->y.nodes;

	for (size_t row = 0; row < rows; row++)
		memcpy(panel + row * FFT_ELEMENT, convolution->nodes + row * convolution->width + first,
			   FFT_ELEMENT * sizeof(float));
	memset(panel + rows * FFT_ELEMENT, 0, (padded - rows) * FFT_ELEMENT * sizeof(float));
	panel = fft_forward(&convolution->y.plan, panel, second_panel(convolution, thread));

	for (size_t k = 0; k < frequencies(&convolution->y); k++)
	{
		const float *restrict at = panel + k * FFT_ELEMENT;
		const float *restrict opposite = panel + (k == 0 ? 0 : padded - k) * FFT_ELEMENT;
		float *restrict real = convolution->real + k * convolution->width + first;
		float *restrict imaginary = convolution->imaginary + k * convolution->width + first;

		for (size_t l = 0; l < FFT_LANES; l++)
		{
			real[l] = 0.5f * (at[l] + opposite[l]);
			imaginary[l] = 0.5f * (at[FFT_LANES + l] - opposite[FFT_LANES + l]);
			real[FFT_LANES + l] = 0.5f * (at[FFT_LANES + l] + opposite[FFT_LANES + l]);
			imaginary[FFT_LANES + l] = 0.5f * (opposite[l] - at[l]);
		}
	}
}

/* Copy rows first .. first + count - 1 of the half spectrum to the lanes of a panel. */
static void
load_lanes(const Convolution *convolution, size_t first, size_t count, float *panel)
{
	memset(panel, 0, convolution->x.padded * FFT_ELEMENT * sizeof(float));
	for (size_t l = 0; l < count; l++)
	{
		const float *real = convolution->real + (first + l) * convolution->width;
		const float *imaginary = convolution->imaginary + (first + l) * convolution->width;

		for (size_t j = 0; j < convolution->x.nodes; j++)
		{
			panel[j * FFT_ELEMENT + l] = real[j];
			panel[j * FFT_ELEMENT + FFT_LANES + l] = imaginary[j];
		}
	}
}

/* And back. */
static void
store_lanes(Convolution *convolution, size_t first, size_t count, const float *panel)
{
	for (size_t l = 0; l < count; l++)
	{
		float *real = convolution->real + (first + l) * convolution->width;
		float *imaginary = convolution->imaginary + (first + l) * convolution->width;

		for (size_t j = 0; j < convolution->x.nodes; j++)
		{
			real[j] = panel[j * FFT_ELEMENT + l];
			imaginary[j] = panel[j * FFT_ELEMENT + FFT_LANES + l];
		}
	}
}

/* Multiply a block of frequencies of y, transformed along x, by the kernel: the sum over them of charge
 * times field. */
static double
multiply_kernel(const Convolution *convolution, size_t block, float *panel)
{
	size_t padded = convolution->x.padded;
	double lanes[FFT_LANES] = {0};
	double energy = 0;

	for (size_t k = 0; k < padded; k++)
	{
		const float *restrict kernel =
			convolution->kernel +
			(block * frequencies(&convolution->x) + minimum(k, padded - k)) * FFT_LANES;
		float *restrict at = panel + k * FFT_ELEMENT;

		for (size_t l = 0; l < FFT_LANES; l++)
		{
			lanes[l] +=
				(double) ((at[l] * at[l] + at[FFT_LANES + l] * at[FFT_LANES + l]) * kernel[l]);
			at[l] *= kernel[l];
			at[FFT_LANES + l] *= kernel[l];
		}
	}
	/* The frequencies that were not kept have the same energy as those that were, but for the first and
	 * the last. */
	for (size_t l = 0; l < FFT_LANES; l++)
	{
		size_t k = block * FFT_LANES + l;

		if (k < frequencies(&convolution->y))
			energy += (k == 0 || 2 * k == convolution->y.padded ? 1 : 2) * lanes[l];
	}
	return energy;
}

/* Convolve a block of frequencies of y. */
static void
convolve_rows(void *argument, size_t block, int thread)
{
	Convolution *convolution = argument;
	float *panel = first_panel(convolution, thread);
	float *other = second_panel(convolution, thread);
	size_t first = block * FFT_LANES;
	size_t count = minimum(frequencies(&convolution->y) - first, FFT_LANES);
	float *transformed;

	load_lanes(convolution, first, count, panel);
	transformed = fft_forward(&convolution->x.plan, panel, other);
	convolution->energy[block] = multiply_kernel(convolution, block, transformed);
	transformed =
		fft_inverse(&convolution->x.plan, transformed, transformed == panel ? other : panel);
	store_lanes(convolution, first, count, transformed);
}

/* Transform some columns back: the field on their nodes. */
static void
restore_columns(void *argument, size_t chunk, int thread)
{
	Convolution *convolution = argument;
	float *panel = first_panel(convolution, thread);
	size_t first = chunk * PANEL_COLUMNS;
	size_t padded = convolution->y.padded;

	for (size_t k = 0; k < frequencies(&convolution->y); k++)
	{
		const float *restrict real = convolution->real + k * convolution->width + first;
		const float *restrict imaginary = convolution->imaginary + k * convolution->width + first;
		float *restrict at = panel + k * FFT_ELEMENT;
		float *restrict opposite = panel + (k == 0 ? 0 : padded - k) * FFT_ELEMENT;

		/* The frequency opposite first: it may be the same. */
		for (size_t l = 0; l < FFT_LANES; l++)
		{
			opposite[l] = real[l] + imaginary[FFT_LANES + l];
			opposite[FFT_LANES + l] = real[FFT_LANES + l] - imaginary[l];
		}
		for (size_t l = 0; l < FFT_LANES; l++)
		{
			at[l] = real[l] - imaginary[FFT_LANES + l];
			at[FFT_LANES + l] = imaginary[l] + real[FFT_LANES + l];
		}
	}
	panel = fft_inverse(&convolution->y.plan, panel, second_panel(convolution, thread));
	for (size_t row = 0; row < convolution->y.nodes; row++)
		memcpy(convolution->nodes + row * convolution->width + first, panel + row * FFT_ELEMENT,
			   FFT_ELEMENT * sizeof(float));
}

SdqStatus
convolution_run(Job *job, Convolution *convolution, double *energy)
{
	size_t columns = convolution->width / PANEL_COLUMNS;
	size_t blocks = frequency_blocks(convolution);
	SdqStatus status = pool_run(job->pool, transform_columns, convolution, columns);

	if (!sdq_failed(status))
		status = pool_run(job->pool, convolve_rows, convolution, blocks);
	if (!sdq_failed(status))
		status = pool_run(job->pool, restore_columns, convolution, columns);
	if (sdq_failed(status))
		return status;
	*energy = 0;
	for (size_t block = 0; block < blocks; block++)
		*energy += convolution->energy[block];
	return status;
}
