/*
 * fault.h
 *		What can be wrong with a file of images, labels or rows: SdqStatus.detail of SDQ_BAD_DATA.
 *
 * `row`, `a` and `b` of the status are given beside each fault; "content" is the file's bytes, after
 * decompression if it is compressed, and positions and sizes count from its first byte.
 */
#ifndef SYNTHDQ_CORE_IMAGE_FAULT_H
#define SYNTHDQ_CORE_IMAGE_FAULT_H

/* The longest row that a reader accepts, in values: what one PostgreSQL array may hold. */
#define IMAGE_MAX_ROW_VALUES 134217727

typedef enum ImageFault
{
	/* The gzip layer. row = byte of the compressed file */
	IMAGE_GZIP_TRUNCATED = 1, /* the compressed data end early */
	IMAGE_GZIP_CORRUPT,       /* no deflate data, or the check sum differs */
	IMAGE_GZIP_TRAILING,      /* bytes follow that are no further gzip member */
	IMAGE_GZIP_OVER_LIMIT,    /* a = content bytes announced (NAN = unknown), b = bytes allowed */

	/* Any format */
	IMAGE_HEADER_SHORT,  /* a = header bytes needed, b = bytes there */
	IMAGE_WRONG_MAGIC,   /* a = the first four bytes, big-endian */
	IMAGE_SIZE_OVERFLOW, /* the product of the dimensions cannot be a file's size */
	IMAGE_ROW_TOO_LONG,  /* a = values in a row, b = values allowed */
	IMAGE_ROW_EMPTY,     /* there are rows, but a row has no values. a = number of rows */
	IMAGE_DATA_SHORT,    /* a = content bytes that the header describes, b = bytes there */
	IMAGE_DATA_TRAILING, /* a = content bytes that the header describes; there are more */

	/* IDX */
	IMAGE_IDX_TYPE,       /* a = element type code in the magic number */
	IMAGE_IDX_DIMENSIONS, /* a = number of dimensions */

	/* NPY; the descr at fault is in NpyHeader.descr */
	IMAGE_NPY_VERSION,       /* a = major version */
	IMAGE_NPY_HEADER_LONG,   /* a = header bytes, b = bytes allowed */
	IMAGE_NPY_HEADER_SYNTAX, /* row = byte of the content where it stops making sense */
	IMAGE_NPY_KEY_MISSING,   /* 'descr', 'fortran_order' or 'shape' is not there */
	IMAGE_NPY_TYPE,          /* an element type that is not read */
	IMAGE_NPY_FORTRAN_ORDER, /* columns are stored first */
	IMAGE_NPY_SCALAR,        /* shape () has no rows */
	IMAGE_NPY_VALUE_RANGE,   /* row = row, a = a finite value that a float cannot hold */
} ImageFault;

#endif
