# The PGXS part of the build, run from the top directory: make -f src/extension.mk

EXTENSION = synthdq
MODULE_big = synthdq
VERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" synthdq.control)

SOURCES := $(sort $(wildcard src/core/*/*.c) $(wildcard src/pg/*.c))
HEADERS_USED := $(wildcard src/core/*/*.h) $(wildcard src/pg/*.h)
OBJS := $(SOURCES:.c=.o)

SQL_FRAGMENTS := $(sort $(wildcard sql/[0-9][0-9]-*.sql))
DATA_built = sql/synthdq--$(VERSION).sql
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
$(OBJS): $(HEADERS_USED)
$(shlib): src/synthdq.map

sql/synthdq--$(VERSION).sql: $(SQL_FRAGMENTS) synthdq.control
	cat $(SQL_FRAGMENTS) > $@
