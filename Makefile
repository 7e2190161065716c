# synthdq: what a newcomer types.
#
#   make demo           the whole study on real digits, in a server of its own   (KEEP=1 leaves it up)
#   make check          all tests, in a server of their own
#   make && sudo make install      build and install for the server of PG_CONFIG
#   make installcheck   the regression tests against a running server of yours
#   make bench          benchmarks beside scipy and scikit-learn
#   make bench-kernels  rates of the matrix kernels beside sgemm, no server
#   make unit           the core's unit tests alone, no server
#   make format         clang-format over the tree
#
# The extension itself is built by PGXS, from src/extension.mk. PGXS reserves the target `check` for
# itself, so it runs in a make of its own, with BUILD_EXTENSION set.

ifdef BUILD_EXTENSION
include src/extension.mk
else

PG_CONFIG ?= pg_config
export PG_CONFIG

EXTENSION_MAKE = $(MAKE) --no-print-directory BUILD_EXTENSION=1 with_llvm=no
BUILD ?= build

.DEFAULT_GOAL := all
.PHONY: all install uninstall installcheck clean stage unit check demo bench bench-kernels format fuzz

all install uninstall installcheck:
	+@$(EXTENSION_MAKE) $@

# The files as they would be installed, below $(BUILD)/stage; throw-away servers load them from there.
stage: all
	+@$(EXTENSION_MAKE) install DESTDIR="$(abspath $(BUILD))/stage" >/dev/null

unit:
	+@$(MAKE) --no-print-directory -f test/unit/unit.mk BUILD="$(BUILD)" unit

fuzz:
	+@$(MAKE) --no-print-directory -f test/fuzz/fuzz.mk BUILD="$(BUILD)" fuzz

check:
	@test/run

demo:
	@demo/run

bench:
	@test/bench/run

bench-kernels:
	+@$(MAKE) --no-print-directory -s -f test/unit/unit.mk BUILD="$(BUILD)" kernels
	@"$(BUILD)/unit/kernels"

format:
	clang-format -i $(shell git ls-files '*.c' '*.h')

clean:
	+@$(EXTENSION_MAKE) clean
	rm -rf "$(BUILD)"

endif
