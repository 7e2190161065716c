# Exact Kolmogorov-Smirnov p-values by R's ks.test, conditional on ties. Called by two_sample.py:
# reads lines "x1 x2 ... | y1 y2 ..." on standard input, writes "two.sided greater less" per line.
#
# `less` is asked for as `greater` with the samples swapped: R 4.2 takes the law of D+ for both, but with
# ties the law of D- is another one. (Counting all assignments in test/unit/ks_test.c decides it.)
for (line in readLines(file("stdin")))
{
	sides <- strsplit(line, "|", fixed = TRUE)[[1]]
	x <- scan(text = sides[1], quiet = TRUE)
	y <- scan(text = sides[2], quiet = TRUE)
	p <- c(ks.test(x, y, exact = TRUE)$p.value,
		   ks.test(x, y, alternative = "greater", exact = TRUE)$p.value,
		   ks.test(y, x, alternative = "greater", exact = TRUE)$p.value)
	cat(sprintf("%.17g", p), "\n")
}
