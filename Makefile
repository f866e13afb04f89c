# Metronome: one screen of targets; the rules are in the *.mk beside what they
# build. `make help` prints the lines marked with two hashes.
SHELL := /bin/bash
BUILD ?= build
ifeq ($(origin CC),default)
CC := gcc
endif
HOSTCC ?= gcc
PYTHON := /usr/bin/python3

all: hypervisor guests tools ## build everything

include xen/xen.mk
-include sched/sched.mk trace/trace.mk xentrace/xentrace.mk guests/guests.mk
-include tests/tests.mk experiments/experiments.mk tools/checks.mk tools/iso.mk
-include tools/metronomectl/metronomectl.mk

.PHONY: all hypervisor guests tools help clean
guests tools:

help: ## list the targets
	@sed -n 's/^\([a-z][a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 16

clean: ## remove what was built
	rm -rf $(BUILD)
