# unhitch: build, test, demo, bench. `make help` lists the goals.

CC      ?= cc
BUILD   ?= build
CFLAGS  ?= -O2 -g
WARN     = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Wstrict-prototypes \
           -Wmissing-prototypes -Wwrite-strings -Wformat=2
STRICT  ?=
V       ?= 0
Q0       = @printf '  %-4s %s\n' $(1) $@;
Q1       =
say      = $(Q$(V))
LIBS     = libcurl jansson zlib expat
ALL_C    = -std=c11 -D_XOPEN_SOURCE=700 -D_DEFAULT_SOURCE -D_FILE_OFFSET_BITS=64 \
           -Isrc -include src/base/banned.h $(WARN) $(STRICT) $(CFLAGS) -MMD -MP
CURL_C   = $(shell pkg-config --cflags $(LIBS) 2>/dev/null)
CURL_L   = $(shell pkg-config --libs $(LIBS) 2>/dev/null || echo -lcurl -ljansson -lz -lexpat) -lcsv
MHD_L    = $(shell pkg-config --libs libmicrohttpd 2>/dev/null || echo -lmicrohttpd) -lz

BASE_O    = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/base/*.c))
CLIENT_O  = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/input/*.c src/ops/*.c \
            src/plan/*.c src/net/*.c src/run/*.c src/report/*.c src/cli/*.c))
SANDBOX_O = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/sandbox/*.c))
UNIT_O    = $(patsubst tests/unit/%.c,$(BUILD)/obj/unit/%.o,$(wildcard tests/unit/*.c))

.PHONY: all help setup test unit-test e2e-test check-tree asan-test demo bench format clean

all: $(BUILD)/unhitch $(BUILD)/unhitch-sandbox

help:
	@echo 'make              build build/unhitch and build/unhitch-sandbox'
	@echo 'make demo         install what is missing, then show the main job at work'
	@echo 'make test         install what is missing, then run every test'
	@echo 'make asan-test    the same tests under ASan and UBSan'
	@echo 'make bench        rows per second beside a Python aiohttp script'
	@echo 'make format       clang-format over src and tests'
	@echo 'make clean        remove build/'

$(BUILD)/unhitch: $(BUILD)/obj/main.o $(CLIENT_O) $(BASE_O)
	$(call say,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CURL_L)

$(BUILD)/unhitch-sandbox: $(SANDBOX_O) $(BASE_O)
	$(call say,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(MHD_L)

$(BUILD)/unit-tests: $(UNIT_O) $(CLIENT_O) $(BASE_O)
	$(call say,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(CURL_L)

$(BUILD)/obj/unit/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_C) $(CURL_C) -Itests/unit -c -o $@ $<

$(BUILD)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_C) $(CURL_C) -c -o $@ $<

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
