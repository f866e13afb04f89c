# The gates of CODING_STYLE.md's last section. Each prints the rule it
# enforces when it is broken; tests/gates runs them one by one.

C_FILES := $(sort $(shell find xen sched trace xentrace guests tests tools \
             -name '*.[ch]' 2>/dev/null))
HV_HEADERS := $(sort $(shell find xen sched trace -name '*.h'))
HV_ONLY_C := $(filter %.c,$(HV_SRC))

.PHONY: check gates check-layers check-size check-ifs check-format \
        check-headers check-clang check-cppcheck check-tidy check-python \
        check-abi soak soak-boots

check: all linux-guest host-tests ## build everything and run every test
	$(PYTHON) -m pytest -p no:cacheprovider -n 2 --dist loadgroup tests

soak: all linux-guest ## the long runs
	$(PYTHON) -m pytest -p no:cacheprovider --soak tests

# Boots in a row: goes on where it was stopped; results/dom0/boots.csv.
soak-boots: all linux-guest ## dom0, 50 boots under each of four schedulers
	$(PYTHON) tests/dom0/boots.py $(BOOTS_ARGS)

GATES := check-layers check-size check-ifs check-format check-headers \
         check-clang check-plugins check-cppcheck check-tidy check-python \
         check-abi

gates: $(GATES)

check-layers check-size check-ifs:
	tools/$@

PLUGIN_OBJ := $(PLUGIN_SRC:%.c=$(BUILD)/hv/%.o)
check-plugins: $(PLUGIN_OBJ)
	tools/check-plugins $(sort $(dir $(abspath $(PLUGIN_OBJ))))

check-abi: ## Rule: docs/abi-coverage.md is what tools/abi-coverage writes
	tools/abi-coverage --check docs/abi-coverage.md

check-format: ## Rule: clang-format is the judge of layout
	clang-format --dry-run -Werror $(C_FILES)

# Rule: every header stands by itself.
check-headers: $(HV_HEADERS:%=$(BUILD)/headers/%.ok)
$(BUILD)/headers/%.ok: % $(BUILD)/gen/asm-offsets.h
	@mkdir -p $(@D)
	$(CC) $(filter-out -ffunction-sections,$(HV_CFLAGS)) -fsyntax-only -x c $<
	@touch $@

# Rule: clang builds it too.
check-clang:
	$(MAKE) --no-print-directory CC=clang BUILD=$(BUILD)/clang \
	    $(HV_OBJ:$(BUILD)/%=$(BUILD)/clang/%)

check-cppcheck:
	cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --platform=unix64 -D__x86_64__ -D__LP64__ \
	    --enable=warning,portability --suppressions-list=tools/cppcheck.txt \
	    -I . -I $(BUILD)/gen -I /usr/include \
	    -I /usr/include/x86_64-linux-gnu --max-configs=1 \
	    $(HV_ONLY_C)

# Rule: clang-tidy's bugprone checks, without those named here.
check-tidy: $(HV_ONLY_C:%=$(BUILD)/tidy/%.ok)
$(BUILD)/tidy/%.ok: % $(BUILD)/gen/asm-offsets.h
	@mkdir -p $(@D)
	clang-tidy --quiet --warnings-as-errors='*' --checks='-*,bugprone-*,$(\
	    )-bugprone-easily-swappable-parameters,$(\
	    )-bugprone-narrowing-conversions,$(\
	    )-bugprone-macro-parentheses,$(\
	    )-bugprone-reserved-identifier,$(\
	    )-bugprone-assignment-in-if-condition,$(\
	    )-bugprone-suspicious-string-compare,$(\
	    )-bugprone-branch-clone,$(\
	    )-bugprone-sizeof-expression,$(\
	    )-bugprone-implicit-widening-of-multiplication-result' $< -- \
	    $(filter-out -Werror -fno-asynchronous-unwind-tables,$(HV_CFLAGS)) \
	    2>/dev/null
	@touch $@

# Those of tools/ have no suffix.
PYTHON_FILES := tools xentrace experiments tests guests \
    $(shell grep -ls -d skip '^\#!/usr/bin/python3' tools/*)
check-python:
	$(PYTHON) -m flake8 --max-line-length 80 $(PYTHON_FILES)
