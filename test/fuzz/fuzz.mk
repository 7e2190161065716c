# Fuzz targets of the core: one libFuzzer program per test/fuzz/*_fuzz.c, under ASan and UBSan.
#   make fuzz                          all of them, 20 seconds each
#   make fuzz SECONDS=60 ONLY=npy_fuzz
# A target may have seeds (test/fuzz/seeds/TARGET/) and a dictionary (test/fuzz/TARGET.dict). What a run
# finds new is kept in build/fuzz/corpus/TARGET, and the next run starts from it; an input that fails
# is kept beside it, as build/fuzz/TARGET-crash-..., and `build/fuzz/TARGET FILE` runs it again.

BUILD ?= build
SECONDS ?= 20
FUZZ_CC ?= clang
DIR := $(BUILD)/fuzz

FUZZ_CFLAGS = -std=gnu11 -g -O1 -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare \
	-Wno-missing-field-initializers -Werror -ffp-contract=off -pthread -Isrc -Itest/unit -Itest/fuzz \
	-fno-omit-frame-pointer -fno-sanitize-recover=undefined

CORE_SOURCES := $(wildcard src/core/*/*.c)
CORE_OBJECTS := $(CORE_SOURCES:src/core/%.c=$(DIR)/core/%.o)
HEADERS := $(wildcard src/core/*/*.h test/unit/*.h test/fuzz/*.h)
TARGETS := $(if $(ONLY),$(ONLY),$(patsubst test/fuzz/%.c,%,$(sort $(wildcard test/fuzz/*_fuzz.c))))

.PHONY: fuzz $(TARGETS:%=run-%)
fuzz: $(TARGETS:%=run-%)

# Kept between runs; make would take them for intermediate files.
.SECONDARY: $(CORE_OBJECTS) $(TARGETS:%=$(DIR)/%)

# A hang is 10 s for one input; memory is limited so that an allocation by a lying header fails.
$(TARGETS:%=run-%): run-%: $(DIR)/%
	@mkdir -p $(DIR)/corpus/$*
	@$< -max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=256 \
		-artifact_prefix=$(DIR)/$*- -print_final_stats=1 \
		$(if $(wildcard test/fuzz/$*.dict),-dict=test/fuzz/$*.dict) \
		$(DIR)/corpus/$* $(wildcard test/fuzz/seeds/$*) >$(DIR)/$*.log 2>&1 || \
		{ tail -n 60 $(DIR)/$*.log; echo "$*: FAILED"; exit 1; }
	@echo "$*: $$(sed -n 's/^stat::number_of_executed_units: *//p' $(DIR)/$*.log) inputs, no fault"

$(DIR)/core/%.o: src/core/%.c $(HEADERS)
	@mkdir -p $(@D)
	@$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link,address,undefined -c $< -o $@

$(DIR)/%_fuzz: test/fuzz/%_fuzz.c $(HEADERS) $(CORE_OBJECTS)
	@mkdir -p $(@D)
	@$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer,address,undefined $< $(CORE_OBJECTS) -o $@ \
		-lz -lm -ldl -pthread
