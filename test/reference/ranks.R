# Tests of ranks by R. Called by ranks.py: reads lines on standard input, writes one line each.
#   "kruskal x1 x2 ... | y1 ... | ..."   the statistic and p of kruskal.test
#   "wilcoxon d1 d2 ..."                 p of wilcox.test without continuity correction: normal two.sided,
#                                        greater, less; then the same three exact (NA with ties or zeros)
for (line in readLines(file("stdin")))
{
	kind <- sub(" .*", "", line)
	rest <- sub("^[a-z]* ", "", line)
	if (kind == "kruskal")
	{
		groups <- lapply(strsplit(rest, "|", fixed = TRUE)[[1]], function(g) scan(text = g, quiet = TRUE))
		r <- kruskal.test(groups)
		answer <- c(r$statistic, r$p.value)
	}
	else
	{
		d <- scan(text = rest, quiet = TRUE)
		untied <- !anyDuplicated(abs(d)) && all(d != 0)
		p <- function(exact, alternative)
			suppressWarnings(wilcox.test(d, exact = exact, correct = FALSE,
										 alternative = alternative)$p.value)
		sides <- c("two.sided", "greater", "less")
		answer <- c(sapply(sides, function(s) p(FALSE, s)),
					if (untied) sapply(sides, function(s) p(TRUE, s)) else rep(NA, 3))
	}
	cat(sprintf("%.17g", answer), "\n")
}
