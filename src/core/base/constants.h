/*
 * constants.h
 *		Constants of mathematics in twenty digits, for those that C11 has no names for.
 */
#ifndef SYNTHDQ_CORE_BASE_CONSTANTS_H
#define SYNTHDQ_CORE_BASE_CONSTANTS_H

#include <stdint.h>

#define PI          3.14159265358979323846
#define INVERSE_2PI 0.15915494309189533577 /* 1 / (2 pi) */
#define SQRT_1_2    0.70710678118654752440 /* sqrt(1/2) */
#define SQRT_2PI    2.50662827463100050242 /* sqrt(2 pi) */
#define LN_2        0.69314718055994530942
#define LN_10       2.30258509299404568402
#define LN_SQRT_PI  0.57236494292470008707 /* ln(pi) / 2 = ln(Gamma(1/2)) */
#define LN_SQRT_2PI 0.91893853320467274178 /* ln(2 pi) / 2 */

/* 2^64 over the golden ratio, made odd: multiples of it are spread evenly (Knuth, The Art of Computer Programming,
 * 6.4). */
#define GOLDEN_64 UINT64_C(0x9E3779B97F4A7C15)

#endif
