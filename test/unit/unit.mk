# Unit tests of the core: one program per test/unit/*_test.c, linked with all of src/core, no server.
#   make unit                      all of them
#   make unit ONLY=pool_test       one of them, or several: ONLY="pool_test knn_test"
#   make unit SANITIZE=address,undefined   (or thread)
# They take CC, CFLAGS from the environment. No PostgreSQL header is on the include path.

BUILD ?= build
SANITIZE ?=
comma := ,
DIR := $(BUILD)/unit$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))

UNIT_CFLAGS = -std=gnu11 -g -O3 -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare \
	-Wno-missing-field-initializers -Werror -ffp-contract=off -pthread -Isrc -Itest/unit \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=undefined)

CORE_SOURCES := $(wildcard src/core/*/*.c)
CORE_OBJECTS := $(CORE_SOURCES:src/core/%.c=$(DIR)/core/%.o)
CORE_HEADERS := $(wildcard src/core/*/*.h)
TEST_SOURCES := $(if $(ONLY),$(patsubst %,test/unit/%.c,$(ONLY)),$(sort $(wildcard test/unit/*_test.c)))
PROGRAMS := $(TEST_SOURCES:test/unit/%.c=$(DIR)/%)

.PHONY: unit programs
programs: $(PROGRAMS)

unit: $(PROGRAMS)
	prove --exec '' $(if $(VERBOSE),-v) $(PROGRAMS)

$(DIR)/core/%.o: src/core/%.c $(CORE_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) $(CFLAGS) -c $< -o $@

$(DIR)/libcore.a: $(CORE_OBJECTS)
	rm -f $@
	$(AR) rcs $@ $(CORE_OBJECTS)

# Rates of the matrix kernels; not a test.
.PHONY: kernels
kernels: $(DIR)/kernels

$(DIR)/kernels: test/bench/kernels.c $(DIR)/libcore.a
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) $(CFLAGS) $< $(DIR)/libcore.a -o $@ -lz -lm -ldl -pthread

$(DIR)/%: test/unit/%.c $(wildcard test/unit/*.h) $(wildcard test/reference/values/*.h) $(DIR)/libcore.a
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -Itest/reference/values $(CFLAGS) $< $(DIR)/libcore.a -o $@ -lz -lm -ldl -pthread
