# The PGXS part of the build. Included by the Makefile of the top directory, which must be the first
# makefile: PGXS takes its directory for the source directory.

EXTENSION = synthdq
MODULE_big = synthdq
EXTENSION_VERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" synthdq.control)

SOURCES := $(sort $(wildcard src/core/*/*.c) $(wildcard src/pg/*.c))
ALL_INCLUDES := $(wildcard src/core/*/*.h) $(wildcard src/pg/*.h)
OBJS := $(SOURCES:.c=.o)

SQL_FRAGMENTS := $(sort $(wildcard sql/[0-9][0-9]-*.sql))
DATA_built = sql/synthdq--$(EXTENSION_VERSION).sql
EXTRA_CLEAN = sql/synthdq--*.sql

TESTS := $(sort $(wildcard test/sql/*.sql))
REGRESS = $(TESTS:test/sql/%.sql=%)
REGRESS_OPTS = --inputdir=test --outputdir=build/regress --load-extension=synthdq

PG_CPPFLAGS = -Isrc -Wno-ignored-attributes
# -ffp-contract=off: fused multiply-adds only where the source writes fma(), so that kernels of
# different instruction sets agree. Declarations may stand where a C11 reader expects them in core.
PG_CFLAGS = -std=gnu11 -O3 -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare \
	-Wno-declaration-after-statement -Wno-missing-field-initializers -ffp-contract=off -pthread
SHLIB_LINK = -lz -lm -ldl -pthread -Wl,--version-script=src/synthdq.map

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# Any header may matter to any object; a full rebuild takes seconds.
$(OBJS): $(ALL_INCLUDES)
$(shlib): src/synthdq.map

sql/synthdq--$(EXTENSION_VERSION).sql: $(SQL_FRAGMENTS) synthdq.control
	cat $(SQL_FRAGMENTS) > $@
