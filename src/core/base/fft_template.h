/*
 * fft_template.h
 *		The passes of a transform, included once per instruction set by fft.c, which defines FFT_TARGET
 *		and FFT_NAME.
 *
 * A pass of radix r takes, for each group p and each q below the stride s, the elements
 * q + s (p + m k), k = 0 .. r - 1 (m groups), transforms them by the r x r Fourier matrix, and writes
 * them, multiplied by w^(p k), to q + s (r p + k). FftVector is one part of an element.
 */

/* out = w (a + b), complex. By address: how vectors are passed depends on the instruction set. */
FFT_TARGET static inline __attribute__((always_inline)) void
FFT_NAME(turn_sum)(float *out, size_t re, size_t im, const FftVector *ar, const FftVector *ai,
				   const FftVector *br, const FftVector *bi, const float *w)
{
	FftVector real = *ar + *br;
	FftVector imaginary = *ai + *bi;

	*(FftVector *) (out + re) = real * w[0] - imaginary * w[1];
	*(FftVector *) (out + im) = real * w[1] + imaginary * w[0];
}

/* out = w (a - b). */
FFT_TARGET static inline __attribute__((always_inline)) void
FFT_NAME(turn_difference)(float *out, size_t re, size_t im, const FftVector *ar,
						  const FftVector *ai, const FftVector *br, const FftVector *bi,
						  const float *w)
{
	FftVector real = *ar - *br;
	FftVector imaginary = *ai - *bi;

	*(FftVector *) (out + re) = real * w[0] - imaginary * w[1];
	*(FftVector *) (out + im) = real * w[1] + imaginary * w[0];
}

FFT_TARGET static void
FFT_NAME(pass2)(const FftPass *pass, const float *in, float *out, size_t re, size_t im)
{
	size_t s = pass->stride;
	size_t far = s * pass->groups * FFT_ELEMENT;

	for (size_t p = 0; p < pass->groups; p++)
		for (size_t q = 0; q < s; q++)
		{
			const float *x = in + (q + s * p) * FFT_ELEMENT;
			float *y = out + (q + s * 2 * p) * FFT_ELEMENT;
			FftVector ar = *(const FftVector *) (x + re);
			FftVector ai = *(const FftVector *) (x + im);
			FftVector br = *(const FftVector *) (x + far + re);
			FftVector bi = *(const FftVector *) (x + far + im);

			*(FftVector *) (y + re) = ar + br;
			*(FftVector *) (y + im) = ai + bi;
			FFT_NAME(turn_difference)
			(y + s * FFT_ELEMENT, re, im, &ar, &ai, &br, &bi, pass->twiddles + 2 * p);
		}
}

FFT_TARGET static void
FFT_NAME(pass3)(const FftPass *pass, const float *in, float *out, size_t re, size_t im)
{
	const float sine = 0.866025403784438647f; /* sin(2 pi / 3) */
	size_t s = pass->stride;
	size_t far = s * pass->groups * FFT_ELEMENT;
	size_t next = s * FFT_ELEMENT;

	for (size_t p = 0; p < pass->groups; p++)
		for (size_t q = 0; q < s; q++)
		{
			const float *x = in + (q + s * p) * FFT_ELEMENT;
			float *y = out + (q + s * 3 * p) * FFT_ELEMENT;
			const float *w = pass->twiddles + 4 * p;
			FftVector ar = *(const FftVector *) (x + re);
			FftVector ai = *(const FftVector *) (x + im);
			FftVector br = *(const FftVector *) (x + far + re);
			FftVector bi = *(const FftVector *) (x + far + im);
			FftVector cr = *(const FftVector *) (x + 2 * far + re);
			FftVector ci = *(const FftVector *) (x + 2 * far + im);
			FftVector sum_r = br + cr;
			FftVector sum_i = bi + ci;
			FftVector mid_r = ar - 0.5f * sum_r;
			FftVector mid_i = ai - 0.5f * sum_i;
			FftVector side_r = sine * (bi - ci);
			FftVector side_i = sine * (cr - br);

			*(FftVector *) (y + re) = ar + sum_r;
			*(FftVector *) (y + im) = ai + sum_i;
			FFT_NAME(turn_sum)(y + next, re, im, &mid_r, &mid_i, &side_r, &side_i, w);
			FFT_NAME(turn_difference)
			(y + 2 * next, re, im, &mid_r, &mid_i, &side_r, &side_i, w + 2);
		}
}

FFT_TARGET static void
FFT_NAME(pass4)(const FftPass *pass, const float *in, float *out, size_t re, size_t im)
{
	size_t s = pass->stride;
	size_t far = s * pass->groups * FFT_ELEMENT;
	size_t next = s * FFT_ELEMENT;

	for (size_t p = 0; p < pass->groups; p++)
		for (size_t q = 0; q < s; q++)
		{
			const float *x = in + (q + s * p) * FFT_ELEMENT;
			float *y = out + (q + s * 4 * p) * FFT_ELEMENT;
			const float *w = pass->twiddles + 6 * p;
			FftVector ar = *(const FftVector *) (x + re);
			FftVector ai = *(const FftVector *) (x + im);
			FftVector br = *(const FftVector *) (x + far + re);
			FftVector bi = *(const FftVector *) (x + far + im);
			FftVector cr = *(const FftVector *) (x + 2 * far + re);
			FftVector ci = *(const FftVector *) (x + 2 * far + im);
			FftVector dr = *(const FftVector *) (x + 3 * far + re);
			FftVector di = *(const FftVector *) (x + 3 * far + im);
			FftVector even_r = ar + cr;
			FftVector even_i = ai + ci;
			FftVector odd_r = br + dr;
			FftVector odd_i = bi + di;
			FftVector mid_r = ar - cr;
			FftVector mid_i = ai - ci;
			/* -i (b - d) */
			FftVector side_r = bi - di;
			FftVector side_i = dr - br;

			*(FftVector *) (y + re) = even_r + odd_r;
			*(FftVector *) (y + im) = even_i + odd_i;
			FFT_NAME(turn_sum)(y + next, re, im, &mid_r, &mid_i, &side_r, &side_i, w);
			FFT_NAME(turn_difference)
			(y + 2 * next, re, im, &even_r, &even_i, &odd_r, &odd_i, w + 2);
			FFT_NAME(turn_difference)
			(y + 3 * next, re, im, &mid_r, &mid_i, &side_r, &side_i, w + 4);
		}
}

FFT_TARGET static void
FFT_NAME(pass5)(const FftPass *pass, const float *in, float *out, size_t re, size_t im)
{
	/* cos and sin of 2 pi / 5 and of 4 pi / 5 */
	const float cosine1 = 0.309016994374947424f, sine1 = 0.951056516295153572f;
	const float cosine2 = -0.809016994374947424f, sine2 = 0.587785252292473129f;
	size_t s = pass->stride;
	size_t far = s * pass->groups * FFT_ELEMENT;
	size_t next = s * FFT_ELEMENT;

	for (size_t p = 0; p < pass->groups; p++)
		for (size_t q = 0; q < s; q++)
		{
			const float *x = in + (q + s * p) * FFT_ELEMENT;
			float *y = out + (q + s * 5 * p) * FFT_ELEMENT;
			const float *w = pass->twiddles + 8 * p;
			FftVector ar = *(const FftVector *) (x + re);
			FftVector ai = *(const FftVector *) (x + im);
			FftVector br = *(const FftVector *) (x + far + re);
			FftVector bi = *(const FftVector *) (x + far + im);
			FftVector cr = *(const FftVector *) (x + 2 * far + re);
			FftVector ci = *(const FftVector *) (x + 2 * far + im);
			FftVector dr = *(const FftVector *) (x + 3 * far + re);
			FftVector di = *(const FftVector *) (x + 3 * far + im);
			FftVector er = *(const FftVector *) (x + 4 * far + re);
			FftVector ei = *(const FftVector *) (x + 4 * far + im);
			FftVector outer_r = br + er, outer_i = bi + ei;
			FftVector inner_r = cr + dr, inner_i = ci + di;
			/* Differences, turned by -i. */
			FftVector be_r = bi - ei, be_i = er - br;
			FftVector cd_r = ci - di, cd_i = dr - cr;
			FftVector mid1_r = ar + cosine1 * outer_r + cosine2 * inner_r;
			FftVector mid1_i = ai + cosine1 * outer_i + cosine2 * inner_i;
			FftVector mid2_r = ar + cosine2 * outer_r + cosine1 * inner_r;
			FftVector mid2_i = ai + cosine2 * outer_i + cosine1 * inner_i;
			FftVector side1_r = sine1 * be_r + sine2 * cd_r;
			FftVector side1_i = sine1 * be_i + sine2 * cd_i;
			FftVector side2_r = sine2 * be_r - sine1 * cd_r;
			FftVector side2_i = sine2 * be_i - sine1 * cd_i;

			*(FftVector *) (y + re) = ar + outer_r + inner_r;
			*(FftVector *) (y + im) = ai + outer_i + inner_i;
			FFT_NAME(turn_sum)(y + next, re, im, &mid1_r, &mid1_i, &side1_r, &side1_i, w);
			FFT_NAME(turn_sum)(y + 2 * next, re, im, &mid2_r, &mid2_i, &side2_r, &side2_i, w + 2);
			FFT_NAME(turn_difference)
			(y + 3 * next, re, im, &mid2_r, &mid2_i, &side2_r, &side2_i, w + 4);
			FFT_NAME(turn_difference)
			(y + 4 * next, re, im, &mid1_r, &mid1_i, &side1_r, &side1_i, w + 6);
		}
}

FFT_TARGET static float *
FFT_NAME(transform)(const FftPlan *plan, float *data, float *other, size_t re, size_t im)
{
	for (int i = 0; i < plan->n_passes; i++)
	{
		const FftPass *pass = &plan->passes[i];
		float *swap = data;

		switch (pass->radix)
		{
			case 2: FFT_NAME(pass2)(pass, data, other, re, im); break;
			case 3: FFT_NAME(pass3)(pass, data, other, re, im); break;
			case 4: FFT_NAME(pass4)(pass, data, other, re, im); break;
			default: FFT_NAME(pass5)(pass, data, other, re, im); break;
		}
		data = other;
		other = swap;
	}
	return data;
}

#undef FFT_TARGET
#undef FFT_NAME
