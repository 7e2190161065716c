# Adjusted p-values by R's p.adjust: writes values/adjust.h. From the top of the tree:
#
#     Rscript --vanilla test/reference/adjust.R > test/reference/values/adjust.h
#
# Families of 1 to 12: uniform, tied, tiny down to 1e-290, with 0 and 1 and with missing ones (NA, written
# as -1). p-values are rounded to three digits, so that they are read as what R had.
set.seed(20240611)
n_cases <- 240

make <- function(k)
{
	n <- if (k <= 8) k else sample(1:12, 1)
	p <- switch(k %% 4 + 1,
		runif(n),
		sample(c(0, 0.001, 0.01, 0.02, 0.05, 0.5, 1), n, replace = TRUE),
		10^-runif(n, 0, 290),
		runif(n)^6)
	if (k %% 5 == 0)
		p[runif(n) < 0.3] <- NA
	signif(p, 3)
}

number <- function(x) ifelse(is.na(x), "-1", sprintf("%.16g", x))
families <- lapply(seq_len(n_cases), make)
cat("/* Written by test/reference/adjust.R. -1 is a missing p-value. */\n")
cat("static const int adjust_sizes[] = {", paste(lengths(families), collapse = ", "), "};\n", sep = "")
cat("/* p, bonferroni, holm, bh, by; one family after the other. */\n")
cat("static const double adjust_values[][5] = {\n")
for (p in families)
{
	columns <- lapply(c("none", "bonferroni", "holm", "BH", "BY"), function(m) number(p.adjust(p, m)))
	cat(paste0("\t{", do.call(paste, c(columns, sep = ", ")), "},\n"), sep = "")
}
cat("};\n")
