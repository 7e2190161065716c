/*
 * field_convolution.h
 *		The convolution of charges on a grid with the kernel of t-SNE's repulsion.
 *
 * The kernel is 1 / (1 + r^2), or that minus 1, divided in frequencies by the square of the transform of
 * cubic B-splines: what the charges were spread by and the field is read by (field_grid.h).
 */
#ifndef SYNTHDQ_CORE_TSNE_FIELD_CONVOLUTION_H
#define SYNTHDQ_CORE_TSNE_FIELD_CONVOLUTION_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/fft.h"
#include "core/base/job.h"

/* Most nodes along one side of the grid. Its transforms are twice as long. */
#define CONVOLUTION_MAX_NODES ((size_t) 1024)

/* One side of the grid. */
typedef struct ConvolutionSide
{
	size_t nodes;
	size_t padded;   /* length of the transforms, at least 2 nodes */
	float *twiddles; /* [4 * CONVOLUTION_MAX_NODES] */
	FftPlan plan;    /* for that length */
} ConvolutionSide;

typedef struct Convolution
{
	double spacing;
	bool is_shifted; /* the kernel is 1 / (1 + r^2) - 1 */
	ConvolutionSide x;
	ConvolutionSide y;
	size_t width; /* floats from one row of nodes to the next: x.nodes and padding */
	float *nodes; /* [y.nodes][width] charges, then their field; in the padding charges are 0 */

	float *real; /* [y.padded / 2 + 1][width] half spectrum */
	float *imaginary;
	float *kernel;  /* [blocks of FFT_LANES frequencies of y][x.padded / 2 + 1][FFT_LANES] */
	float *panels;  /* [threads][2][2 * CONVOLUTION_MAX_NODES][FFT_ELEMENT] */
	double *energy; /* [blocks] */
} Convolution;

/* Allocate from job->arena, for any grid: 17 MB, and 1 MB for each thread. SDQ_OK or a memory status. */
extern SdqStatus convolution_create(Job *job, Convolution *convolution);

/* At most so many bytes are allocated by convolution_create with so many threads. */
extern size_t convolution_bytes(int threads);

/* Lay a grid with so many nodes along its sides, each between 1 and CONVOLUTION_MAX_NODES. The kernel is
 * transformed anew if anything differs from before. SDQ_INTERRUPTED. */
extern SdqStatus convolution_lay(Job *job, Convolution *convolution, double spacing,
								 bool is_shifted, size_t x_nodes, size_t y_nodes);

/* Replace the charges by their field; *energy is the sum over all nodes of charge times field. Same bits
 * for any number of threads. SDQ_INTERRUPTED. */
extern SdqStatus convolution_run(Job *job, Convolution *convolution, double *energy);

#endif
