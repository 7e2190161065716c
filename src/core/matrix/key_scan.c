/*
 * key_scan.c
 *		Comparison of keys with thresholds, sixteen at a time.
 *
 * After the first panels hardly any key is below its threshold, so what counts is how fast a group of
 * keys is found to hold none. The keys of the others are packed: one after the other, or with AVX-512
 * all at once, compressed in registers and stored with whatever follows them, for which the list has
 * room.
 */
#include "core/matrix/key_scan.h"

#include <stdbool.h>

#include "core/base/cpu.h"
#include "core/base/sizes.h"
#include "core/matrix/candidates.h"

#ifdef CPU_HAS_X86_VARIANTS
#include <immintrin.h>
#endif

/* Keys of a group. */
#define GROUP KEY_SCAN_ROOM

/* Where a group of keys comes from. A step is 1, or 0 where all keys share the value. */
typedef struct FloatKeys
{
	const float *products;
	const float *offsets;
	const float *thresholds;
	size_t offset_step;
	size_t threshold_step;
} FloatKeys;

typedef struct Int32Keys
{
	const int32_t *products;
	const int32_t *offsets;
	const int32_t *thresholds;
	size_t offset_step;
	size_t threshold_step;
} Int32Keys;

/* Key j. */
static inline float
float_key(const FloatKeys *keys, size_t j)
{
	return keys->products[j] + keys->offsets[j * keys->offset_step];
}

/* Key j, modulo 2^32 as vectors compute it. */
static inline int32_t
int32_key(const Int32Keys *keys, size_t j)
{
	uint32_t product = (uint32_t) keys->products[j];

	return (int32_t) ((uint32_t) keys->offsets[j * keys->offset_step] - 2 * product);
}

/* ---------- groups of keys, without vector instructions of our own ---------- */

/* Is any of the keys first .. first + count - 1 below its threshold? Compilers vectorise it where the
 * count is a constant. */
static inline __attribute__((always_inline)) bool
any_float(const FloatKeys *keys, size_t first, size_t count)
{
	int any = 0;

	for (size_t j = first; j < first + count; j++)
		any |= float_key(keys, j) < keys->thresholds[j * keys->threshold_step];
	return any;
}

static inline __attribute__((always_inline)) bool
any_int32(const Int32Keys *keys, size_t first, size_t count)
{
	int any = 0;

	for (size_t j = first; j < first + count; j++)
		any |= int32_key(keys, j) < keys->thresholds[j * keys->threshold_step];
	return any;
}

/* Append those of the keys first .. first + count - 1 that are below their thresholds. */
static inline void
append_float(const FloatKeys *keys, size_t first, size_t count, uint32_t first_row, KeyList *list)
{
	for (size_t j = first; j < first + count; j++)
	{
		float key = float_key(keys, j);

		if (key < keys->thresholds[j * keys->threshold_step])
			list->entries[list->length++] = packed_make(key, first_row + (uint32_t) j);
	}
}

static inline void
append_int32(const Int32Keys *keys, size_t first, size_t count, uint32_t first_row, KeyList *list)
{
	for (size_t j = first; j < first + count; j++)
	{
		int32_t key = int32_key(keys, j);

		if (key < keys->thresholds[j * keys->threshold_step])
			list->entries[list->length++] = packed_make_int32(key, first_row + (uint32_t) j);
	}
}

/* ---------- the same with AVX-512 ---------- */

#ifdef CPU_HAS_X86_VARIANTS

/* The first `count` lanes. */
static inline __mmask16
first_lanes(size_t count)
{
	return (__mmask16) ((UINT32_C(1) << count) - 1);
}

/* Keys first .. first + count - 1; `below` is set to which of them are below their thresholds. */
CPU_TARGET_AVX512 static inline __attribute__((always_inline)) __m512
load_float_avx512(const FloatKeys *keys, size_t first, size_t count, __mmask16 *below)
{
	__mmask16 lanes = first_lanes(count);
	__m512 products = _mm512_maskz_loadu_ps(lanes, keys->products + first);
	__m512 offsets = keys->offset_step == 0 ? _mm512_set1_ps(*keys->offsets)
											: _mm512_maskz_loadu_ps(lanes, keys->offsets + first);
	__m512 thresholds = keys->threshold_step == 0
							? _mm512_set1_ps(*keys->thresholds)
							: _mm512_maskz_loadu_ps(lanes, keys->thresholds + first);
	__m512 values = _mm512_add_ps(products, offsets);

	*below = _mm512_mask_cmp_ps_mask(lanes, values, thresholds, _CMP_LT_OQ);
	return values;
}

CPU_TARGET_AVX512 static inline __attribute__((always_inline)) __m512i
load_int32_avx512(const Int32Keys *keys, size_t first, size_t count, __mmask16 *below)
{
	__mmask16 lanes = first_lanes(count);
	__m512i products = _mm512_maskz_loadu_epi32(lanes, keys->products + first);
	__m512i offsets = keys->offset_step == 0
						  ? _mm512_set1_epi32(*keys->offsets)
						  : _mm512_maskz_loadu_epi32(lanes, keys->offsets + first);
	__m512i thresholds = keys->threshold_step == 0
							 ? _mm512_set1_epi32(*keys->thresholds)
							 : _mm512_maskz_loadu_epi32(lanes, keys->thresholds + first);
	__m512i values = _mm512_sub_epi32(offsets, _mm512_slli_epi32(products, 1));

	*below = _mm512_mask_cmplt_epi32_mask(lanes, values, thresholds);
	return values;
}

CPU_TARGET_AVX512 static inline __attribute__((always_inline)) bool
any_float_avx512(const FloatKeys *keys, size_t first, size_t count)
{
	__mmask16 below;

	load_float_avx512(keys, first, count, &below);
	return below != 0;
}

CPU_TARGET_AVX512 static inline __attribute__((always_inline)) bool
any_int32_avx512(const Int32Keys *keys, size_t first, size_t count)
{
	__mmask16 below;

	load_int32_avx512(keys, first, count, &below);
	return below != 0;
}

/* Put keys, as unsigned integers of the same order, above row numbers. */
CPU_TARGET_AVX512 static inline __m512i
pack_avx512(__m256i keys, __m256i rows)
{
	return _mm512_or_si512(_mm512_slli_epi64(_mm512_cvtepu32_epi64(keys), 32),
						   _mm512_cvtepu32_epi64(rows));
}

/* Append the keys that the mask selects; the list has room for all. */
CPU_TARGET_AVX512 static inline void
append_selected_avx512(__m512i keys, __mmask16 mask, uint32_t first_row, KeyList *list)
{
	const __m512i count_up =
		_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	__m512i rows = _mm512_add_epi32(_mm512_set1_epi32((int32_t) first_row), count_up);
	uint64_t *target = list->entries + list->length;

	keys = _mm512_maskz_compress_epi32(mask, keys);
	rows = _mm512_maskz_compress_epi32(mask, rows);
	_mm512_storeu_si512(target,
						pack_avx512(_mm512_castsi512_si256(keys), _mm512_castsi512_si256(rows)));
	_mm512_storeu_si512(target + GROUP / 2, pack_avx512(_mm512_extracti32x8_epi32(keys, 1),
														_mm512_extracti32x8_epi32(rows, 1)));
	list->length += (size_t) __builtin_popcount(mask);
}

CPU_TARGET_AVX512 static inline void
append_float_avx512(const FloatKeys *keys, size_t first, size_t count, uint32_t first_row,
					KeyList *list)
{
	__mmask16 below;
	__m512i bits = _mm512_castps_si512(load_float_avx512(keys, first, count, &below));
	/* As packed_make(): negative floats descend with their bits, positive ones ascend. */
	__m512i flip = _mm512_or_si512(_mm512_srai_epi32(bits, 31), _mm512_set1_epi32(INT32_MIN));

	append_selected_avx512(_mm512_xor_si512(bits, flip), below, first_row + (uint32_t) first, list);
}

CPU_TARGET_AVX512 static inline void
append_int32_avx512(const Int32Keys *keys, size_t first, size_t count, uint32_t first_row,
					KeyList *list)
{
	__mmask16 below;
	__m512i values = load_int32_avx512(keys, first, count, &below);

	append_selected_avx512(_mm512_xor_si512(values, _mm512_set1_epi32(INT32_MIN)), below,
						   first_row + (uint32_t) first, list);
}

#endif

/* ---------- scans ---------- */

/* The template's functions, for both types and all instruction sets. */
#define SCAN_TARGET
#define SCAN_NAME(name) name##_float_plain
#define SCAN_KEYS       FloatKeys
#define SCAN_ANY        any_float
#define SCAN_APPEND     append_float
#include "core/matrix/key_scan_template.h"
#define SCAN_TARGET
#define SCAN_NAME(name) name##_int32_plain
#define SCAN_KEYS       Int32Keys
#define SCAN_ANY        any_int32
#define SCAN_APPEND     append_int32
#include "core/matrix/key_scan_template.h"
#ifdef CPU_HAS_X86_VARIANTS
#define SCAN_TARGET     CPU_TARGET_AVX2
#define SCAN_NAME(name) name##_float_avx2
#define SCAN_KEYS       FloatKeys
#define SCAN_ANY        any_float
#define SCAN_APPEND     append_float
#include "core/matrix/key_scan_template.h"
#define SCAN_TARGET     CPU_TARGET_AVX2
#define SCAN_NAME(name) name##_int32_avx2
#define SCAN_KEYS       Int32Keys
#define SCAN_ANY        any_int32
#define SCAN_APPEND     append_int32
#include "core/matrix/key_scan_template.h"
#define SCAN_TARGET     CPU_TARGET_AVX512
#define SCAN_NAME(name) name##_float_avx512
#define SCAN_KEYS       FloatKeys
#define SCAN_ANY        any_float_avx512
#define SCAN_APPEND     append_float_avx512
#include "core/matrix/key_scan_template.h"
#define SCAN_TARGET     CPU_TARGET_AVX512
#define SCAN_NAME(name) name##_int32_avx512
#define SCAN_KEYS       Int32Keys
#define SCAN_ANY        any_int32_avx512
#define SCAN_APPEND     append_int32_avx512
#include "core/matrix/key_scan_template.h"
#endif

size_t
key_scan_float(const float *products, const float *offsets, size_t count, float threshold,
			   uint32_t first_row, KeyList *list)
{
	FloatKeys keys = {.products = products, .offsets = offsets, .thresholds = &threshold};

#ifdef CPU_HAS_X86_VARIANTS
	switch (cpu_level())
	{
		case CPU_AVX512_VNNI:
		case CPU_AVX512: return scan_offsets_float_avx512(keys, count, first_row, list);
		case CPU_AVX2: return scan_offsets_float_avx2(keys, count, first_row, list);
		case CPU_PLAIN: break;
	}
#endif
	return scan_offsets_float_plain(keys, count, first_row, list);
}

size_t
key_scan_thresholds_float(const float *products, float offset, const float *thresholds,
						  size_t count, uint32_t first_row, KeyList *list)
{
	FloatKeys keys = {.products = products, .offsets = &offset, .thresholds = thresholds};

#ifdef CPU_HAS_X86_VARIANTS
	switch (cpu_level())
	{
		case CPU_AVX512_VNNI:
		case CPU_AVX512: return scan_thresholds_float_avx512(keys, count, first_row, list);
		case CPU_AVX2: return scan_thresholds_float_avx2(keys, count, first_row, list);
		case CPU_PLAIN: break;
	}
#endif
	return scan_thresholds_float_plain(keys, count, first_row, list);
}

size_t
key_scan_int32(const int32_t *products, const int32_t *offsets, size_t count, int32_t threshold,
			   uint32_t first_row, KeyList *list)
{
	Int32Keys keys = {.products = products, .offsets = offsets, .thresholds = &threshold};

#ifdef CPU_HAS_X86_VARIANTS
	switch (cpu_level())
	{
		case CPU_AVX512_VNNI:
		case CPU_AVX512: return scan_offsets_int32_avx512(keys, count, first_row, list);
		case CPU_AVX2: return scan_offsets_int32_avx2(keys, count, first_row, list);
		case CPU_PLAIN: break;
	}
#endif
	return scan_offsets_int32_plain(keys, count, first_row, list);
}

size_t
key_scan_thresholds_int32(const int32_t *products, int32_t offset, const int32_t *thresholds,
						  size_t count, uint32_t first_row, KeyList *list)
{
	Int32Keys keys = {.products = products, .offsets = &offset, .thresholds = thresholds};

#ifdef CPU_HAS_X86_VARIANTS
	switch (cpu_level())
	{
		case CPU_AVX512_VNNI:
		case CPU_AVX512: return scan_thresholds_int32_avx512(keys, count, first_row, list);
		case CPU_AVX2: return scan_thresholds_int32_avx2(keys, count, first_row, list);
		case CPU_PLAIN: break;
	}
#endif
	return scan_thresholds_int32_plain(keys, count, first_row, list);
}
