/*
 * npy_text.h
 *		The text of an NPY header: a Python dictionary of three known keys.
 */
#ifndef SYNTHDQ_CORE_IMAGE_NPY_TEXT_H
#define SYNTHDQ_CORE_IMAGE_NPY_TEXT_H

#include <stddef.h>

#include "core/base/status.h"
#include "core/image/npy.h"

/*
 * Parse text[n] into header->descr, type, big_endian, value_bytes, fortran_order, n_dimensions and
 * shape. Each key exactly once, in any order; blanks between all tokens; a comma may follow the last
 * item. IMAGE_NPY_HEADER_SYNTAX with row = position in the text, IMAGE_NPY_KEY_MISSING,
 * IMAGE_NPY_TYPE.
 */
extern SdqStatus npy_parse_text(const char *text, size_t n, NpyHeader *header);

#endif
