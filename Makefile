# unhitch: build, test, demo, bench. `make help` lists the goals.

CC      ?= cc
BUILD   ?= build
PREFIX  ?= /usr/local
CFLAGS  ?= -O3 -g
WARN     = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Wstrict-prototypes \
           -Wmissing-prototypes -Wwrite-strings -Wformat=2
STRICT  ?=
V       ?= 0
Q0       = @printf '  %-4s %s\n' $(1) $@;
Q1       =
say      = $(Q$(V))
LIBS     = jansson zlib expat
ALL_C    = -std=c11 -pthread -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
           -Isrc -include src/base/banned.h $(WARN) $(STRICT) $(CFLAGS) -MMD -MP
# libcurl is loaded when it is needed (net/curl.h).
LIBS_C   = $(shell pkg-config --cflags libcurl $(LIBS) 2>/dev/null)
LIBS_L   = $(shell pkg-config --libs $(LIBS) 2>/dev/null || echo -ljansson -lz -lexpat) -lcsv -ldl
CURL_L   = $(shell pkg-config --libs libcurl 2>/dev/null || echo -lcurl)
MHD_L    = $(shell pkg-config --libs libmicrohttpd 2>/dev/null || echo -lmicrohttpd) -lz

BASE_O    = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/base/*.c))
CLIENT_O  = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/input/*.c src/ops/*.c \
            src/plan/*.c src/net/*.c src/run/*.c src/report/*.c src/cli/*.c))
SANDBOX_O = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/sandbox/*.c))
MANUAL_O  = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/manual/*.c))
UNIT_O    = $(patsubst tests/unit/%.c,$(BUILD)/obj/unit/%.o,$(wildcard tests/unit/*.c))
FAULTS_O  = $(patsubst tests/faults/%.c,$(BUILD)/obj/faults/%.o,$(wildcard tests/faults/*.c))
# Watches system calls (tests/faults/fault.h); where it is not there, its tests are skipped.
FAULTS    = $(if $(filter Linux,$(shell uname)),$(BUILD)/faults.so)
FUZZ_O    = $(patsubst tests/fuzz/%.c,$(BUILD)/obj/fuzz/%.o,$(filter-out %/replay.c \
            %/libfuzzer.c,$(wildcard tests/fuzz/*.c)))

GOALS = all man install uninstall help setup demo test unit-test e2e-test check-tree asan-test \
        valgrind-test soak fuzz fuzz-replay sdk-test lint-jobs musl-check deb deb-test bench bench-quick \
        format clean
.PHONY: $(GOALS) FORCE

all: $(BUILD)/unhitch $(BUILD)/unhitch-sandbox

help:
	@echo 'make                build build/unhitch and build/unhitch-sandbox'
	@echo 'make man            the manual pages and the completions, in build/'
	@echo 'make install        into PREFIX (/usr/local), below DESTDIR; make uninstall undoes it'
	@echo 'make deb            a Debian package, in build/debian/'
	@echo 'make demo           install what is missing, then show the main job at work'
	@echo 'make test           install what is missing, then run every test'
	@echo 'make asan-test      the same tests under ASan and UBSan'
	@echo 'make soak           random kills and faults for 10 minutes (SECONDS=...), then every'
	@echo '                    call of the run directory and many allocations fail in turn'
	@echo 'make valgrind-test  unit tests and program under valgrind'
	@echo 'make fuzz           each fuzz target for SECONDS (30) seconds; TARGETS=csv: only that'
	@echo "make sdk-test       Zoho's own Node SDK against the sandbox (needs node and npm)"
	@echo 'make lint-jobs      jobs/kubernetes.yaml and jobs/Dockerfile, by linters (needs npm)'
	@echo 'make deb-test       the package: lintian, and a job in a clean Debian (needs root)'
	@echo 'make musl-check     the sources against another C library (needs musl-gcc)'
	@echo 'make bench          speed and scale, beside other clients (15 minutes)'
	@echo 'make bench-quick    the same with few rows (2 minutes)'
	@echo 'make format         clang-format over src, tests and bench'
	@echo 'make clean          remove build/'
	@echo
	@echo 'Parts: make setup (what the build needs), unit-test, e2e-test, fuzz-replay,'
	@echo 'check-tree.'
	@echo 'Settings: CC=clang, CFLAGS=..., BUILD=folder, STRICT=-Werror, V=1.'

$(BUILD)/unhitch: $(BUILD)/obj/main.o $(CLIENT_O) $(BASE_O)
	$(call say,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(LIBS_L)

# The same with next to no memory for plans: to the tests, small jobs are large ones.
SMALL_O   = $(patsubst %/plan/planner.o,%/plan/planner-small.o,$(CLIENT_O))
$(BUILD)/unhitch-small: $(BUILD)/obj/main.o $(SMALL_O) $(BASE_O)
	$(call say,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_L)

$(BUILD)/unhitch-sandbox: $(SANDBOX_O) $(BASE_O)
	$(call say,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(MHD_L)

# Manual pages and completions are templates, filled with the tables that --help prints.
MANUAL    = $(BUILD)/unhitch-manual
PAGES     = $(addprefix $(BUILD)/man/,unhitch.1 unhitch-job.5 unhitch-sandbox.1)
SHELLS    = $(addprefix $(BUILD)/completions/unhitch.,bash zsh fish)

man: $(PAGES) $(SHELLS)

$(BUILD)/unhitch-manual: $(MANUAL_O) $(CLIENT_O) $(BASE_O) \
                         $(filter-out %/sandbox.o,$(SANDBOX_O))
	$(call say,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_L) $(MHD_L)

fill      = @mkdir -p $(@D); printf '  MAN  %s\n' $@; $(MANUAL) <$< >$@.new && mv $@.new $@
$(PAGES): $(BUILD)/man/%: src/manual/%.in $(MANUAL)
	$(fill)
$(SHELLS): $(BUILD)/completions/%: src/manual/%.in $(MANUAL)
	$(fill)

$(BUILD)/unit-tests: $(UNIT_O) $(CLIENT_O) $(BASE_O)
	$(call say,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ -lcmocka -lm $(LIBS_L)

$(BUILD)/faults.so: $(FAULTS_O)
	$(call say,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -shared -o $@ $^ -ldl

$(BUILD)/fuzz-replay: $(BUILD)/obj/fuzz/replay.o $(FUZZ_O) $(CLIENT_O) $(BASE_O)
	$(call say,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_L)

$(BUILD)/fuzzer: $(BUILD)/obj/fuzz/libfuzzer.o $(FUZZ_O) $(CLIENT_O) $(BASE_O)
	$(call say,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS_L)

# Written for the measurements: the server, a peer, and what counts and slows syncs.
BENCH     = $(BUILD)/bench/stub $(BUILD)/bench/libcurl_multi $(BUILD)/bench/slow_sync.so

$(BUILD)/bench/stub: $(wildcard bench/stub/*.[ch]) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) $(filter-out -MMD -MP,$(ALL_C)) -o $@ $(filter %.c,$^)

$(BUILD)/bench/libcurl_multi: bench/peers/libcurl_multi.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) $(filter-out -MMD -MP,$(ALL_C)) $(LIBS_C) -o $@ $< $(CURL_L)

$(BUILD)/bench/slow_sync.so: bench/slow_sync.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) $(filter-out -MMD -MP,$(ALL_C)) -fPIC -shared -o $@ $< -ldl

# Objects are made again when the compiler or its flags change, and when STRICT is asked for
# and they were made without.
FLAGS    = $(CC) $(CFLAGS) $(WARN)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(FLAGS)' '$(STRICT)' | cmp -s - $@ || \
	    { [ -z '$(STRICT)' ] && printf '%s\n' '$(FLAGS)' -Werror | cmp -s - $@; } || \
	    printf '%s\n' '$(FLAGS)' '$(STRICT)' >$@
FORCE:

$(BUILD)/obj/unit/%.o: tests/unit/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_C) $(LIBS_C) -Itests/unit -c -o $@ $<

$(BUILD)/obj/faults/%.o: tests/faults/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_C) -U_FILE_OFFSET_BITS -fPIC -c -o $@ $<

$(BUILD)/obj/fuzz/%.o: tests/fuzz/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_C) $(LIBS_C) -Itests/fuzz -c -o $@ $<

$(BUILD)/obj/plan/planner-small.o: src/plan/planner.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_C) $(LIBS_C) -DPLANNER_MEMORY_BYTES=4096 -c -o $@ $<

$(BUILD)/obj/%.o: src/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_C) $(LIBS_C) -c -o $@ $<

install: all man
install uninstall:
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' .packaging/install.sh $@ $(BUILD)

# A Debian package, built as Debian builds its own.
deb:
	$(SETUP) build package
	+@eval "$$(dpkg-buildflags --export=sh)" && $(MAKE) --no-print-directory -j$(JOBS) \
	    BUILD=build/debian CFLAGS="$$CFLAGS $$CPPFLAGS" LDFLAGS="$$LDFLAGS" all man
	@.packaging/deb.sh build/debian

# ---- tests, demo, measurements: each installs what it needs and builds first

JOBS      = $(shell nproc 2>/dev/null || echo 2)
SUBMAKE   = +@$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS))
TESTED    = $(BUILD)/unit-tests $(BUILD)/fuzz-replay $(BUILD)/unhitch-small $(FAULTS) \
            $(BUILD)/bench/stub
SETUP     = @CC='$(CC)' tests/tools/setup.sh
ASAN_C    = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_C    = $(ASAN_C) -fsanitize=fuzzer-no-link
ASAN_ENV  = ASAN_OPTIONS=halt_on_error=1:abort_on_error=1:detect_leaks=1:strict_string_checks=1 \
            UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_stacktrace=1

setup:
	$(SETUP) build

demo:
	$(SETUP) build
	$(SUBMAKE) all
	@tests/tools/demo.sh $(BUILD)

test:
	$(SETUP) build test
	$(SUBMAKE) STRICT=-Werror all man $(TESTED)
	@python3 tests/tools/run-tests.py $(BUILD)

unit-test e2e-test fuzz-replay:
	$(SETUP) build test
	$(SUBMAKE) all man $(TESTED)
	@python3 tests/tools/run-tests.py $(BUILD) $(@:-test=)

check-tree:
	@python3 tests/tools/run-tests.py $(BUILD) tree

asan-test:
	$(SETUP) build test
	$(SUBMAKE) BUILD=build/asan CFLAGS='$(ASAN_C)' STRICT=-Werror all man \
	    build/asan/unit-tests build/asan/unhitch-small build/asan/fuzz-replay \
	    build/asan/bench/stub
	@$(ASAN_ENV) python3 tests/tools/run-tests.py build/asan

valgrind-test:
	$(SETUP) build test ci
	$(SUBMAKE) STRICT=-Werror all $(BUILD)/unit-tests
	@python3 tests/tools/run-tests.py $(BUILD) valgrind

# A round that fails names its seed. Then the fault tests at every point, not at a sample.
soak:
	$(SETUP) build test
	$(SUBMAKE) all $(FAULTS)
	@UNHITCH_BUILD=$(BUILD) python3 tests/e2e/soak.py $(or $(SECONDS),600)
	@for test in tests/e2e/test_faults_*.py; do echo "$$test"; \
	    UNHITCH_BUILD=$(BUILD) UNHITCH_FAULTS_FULL=1 python3 $$test || exit 1; done

# Finds are left in build/fuzz/finds; new inputs in build/fuzz/corpus.
fuzz:
	$(SETUP) build test fuzz
	$(SUBMAKE) BUILD=build/fuzz CC=clang CFLAGS='$(FUZZ_C)' STRICT=-Werror build/fuzz/fuzzer
	@python3 tests/tools/fuzz.py build/fuzz --seconds $(or $(SECONDS),30) $(TARGETS)

# A client that is not ours checks the sandbox; no part of `make test`.
sdk-test:
	$(SETUP) build
	$(SUBMAKE) all
	@UNHITCH_BUILD='$(BUILD)' tests/sdk/run.sh $(BUILD)

# Nor is this one: the linters come from npm.
lint-jobs:
	@tests/linters/run.sh $(BUILD)

# The package in a clean Debian, and the sources on another C library.
deb-test: deb
	@.packaging/deb-test.sh build/debian/*.deb

musl-check:
	@tests/tools/check-musl.sh $(BUILD)

bench bench-quick:
	$(SETUP) build test
	$(SETUP) bench || echo 'bench: what could not be installed is left out'
	$(SUBMAKE) all $(BENCH)
	@bench/run.py --build $(BUILD) $(if $(filter bench-quick,$@),--quick)

format:
	$(SETUP) format
	clang-format -i $(shell find src tests bench -name '*.[ch]')

clean:
	rm -rf build

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
