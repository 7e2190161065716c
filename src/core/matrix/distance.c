/*
 * distance.c
 *		Squared Euclidean distances in a fixed order of summation.
 */
#include "core/matrix/distance.h"

#include "core/base/cpu.h"

/* Columns whose squared byte differences fit an int32: 32,768 * 255^2 < 2^31. */
#define BYTE_SUM_COLUMNS ((size_t) 32768)

/* Independent partial sums, enough for the widest vector registers: one chain of additions would
 * take four times as long. */
#define DISTANCE_LANES 8

/* Squared distance of two rows of bytes, in integers. */
double
byte_distance2(const uint8_t *x, const uint8_t *y, size_t d)
{
	int64_t total = 0;

	for (size_t first = 0; first < d; first += BYTE_SUM_COLUMNS)
	{
		size_t end = d - first < BYTE_SUM_COLUMNS ? d : first + BYTE_SUM_COLUMNS;
		int32_t sum = 0;

		for (size_t j = first; j < end; j++)
		{
			int16_t difference = (int16_t) (x[j] - y[j]);

			sum += difference * difference;
		}
		total += sum;
	}
	return (double) total;
}

/* Add the lanes pairwise. */
static inline double
sum_lanes(double lanes[DISTANCE_LANES])
{
	for (size_t half = DISTANCE_LANES / 2; half > 0; half /= 2)
		for (size_t l = 0; l < half; l++)
			lanes[l] += lanes[l + half];
	return lanes[0];
}

/* Define the squared distance of two rows of numbers: lane l sums the columns j with
 * j mod DISTANCE_LANES = l, and the lanes are added pairwise, on every instruction set. */
#define DEFINE_LANES_DISTANCE2(name, target, x_type, y_type)                                       \
	target static double name(const x_type *x, const y_type *y, size_t d)                          \
	{                                                                                              \
		double lanes[DISTANCE_LANES] = {0};                                                        \
		size_t j = 0;                                                                              \
                                                                                                   \
		for (; j + DISTANCE_LANES <= d; j += DISTANCE_LANES)                                       \
			for (size_t l = 0; l < DISTANCE_LANES; l++)                                            \
			{                                                                                      \
				double difference = (double) x[j + l] - (double) y[j + l];                         \
                                                                                                   \
				lanes[l] += difference * difference;                                               \
			}                                                                                      \
		for (size_t l = 0; j < d; j++, l++)                                                        \
		{                                                                                          \
			double difference = (double) x[j] - (double) y[j];                                     \
                                                                                                   \
			lanes[l] += difference * difference;                                                   \
		}                                                                                          \
		return sum_lanes(lanes);                                                                   \
	}

/* Define the same for all instruction sets, and the function that chooses. */
#ifdef CPU_HAS_X86_VARIANTS
#define DEFINE_DISTANCE2(name, x_type, y_type)                                                     \
	DEFINE_LANES_DISTANCE2(name##_plain, , x_type, y_type)                                         \
	DEFINE_LANES_DISTANCE2(name##_avx2, CPU_TARGET_AVX2, x_type, y_type)                           \
	DEFINE_LANES_DISTANCE2(name##_avx512, CPU_TARGET_AVX512, x_type, y_type)                       \
	double name(const x_type *x, const y_type *y, size_t d)                                        \
	{                                                                                              \
		switch (cpu_level())                                                                       \
		{                                                                                          \
			case CPU_AVX512_VNNI:                                                                  \
			case CPU_AVX512: return name##_avx512(x, y, d);                                        \
			case CPU_AVX2: return name##_avx2(x, y, d);                                            \
			default: return name##_plain(x, y, d);                                                 \
		}                                                                                          \
	}
#else
#define DEFINE_DISTANCE2(name, x_type, y_type)                                                     \
	DEFINE_LANES_DISTANCE2(name##_plain, , x_type, y_type)                                         \
	double name(const x_type *x, const y_type *y, size_t d)                                        \
	{                                                                                              \
		return name##_plain(x, y, d);                                                              \
	}
#endif

DEFINE_DISTANCE2(float_distance2, float, float)
DEFINE_DISTANCE2(double_distance2, double, double)
DEFINE_DISTANCE2(byte_float_distance2, uint8_t, float)
DEFINE_DISTANCE2(byte_double_distance2, uint8_t, double)
DEFINE_DISTANCE2(float_double_distance2, float, double)

double
float_norm2(const float *x, size_t d)
{
	double lanes[DISTANCE_LANES] = {0};
	size_t j = 0;

	for (; j + DISTANCE_LANES <= d; j += DISTANCE_LANES)
		for (size_t l = 0; l < DISTANCE_LANES; l++)
			lanes[l] += (double) x[j + l] * (double) x[j + l];
	for (size_t l = 0; j < d; j++, l++)
		lanes[l] += (double) x[j] * (double) x[j];
	return sum_lanes(lanes);
}
