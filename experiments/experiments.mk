# Experiments: `make demo` is the main one. With SCHEDS="rr lottery", others than
# its manifest's, and with PLUGIN=build/plugins/lottery.o, one that is loaded:
# then the report is build/results/latency/report.html.
.PHONY: demo agree

demo: hypervisor guests linux-guest tools ## boot four schedulers, write results/latency/report.html
	$(PYTHON) -m experiments.runner experiments/latency \
	    $(SCHEDS:%=--sched %) $(PLUGIN:%=--plugin %)

# What each callback of each scheduler costs, by callgrind.
COST_SRC := experiments/sched-cost/cost.c \
    $(filter-out sched/sim/main.c,$(SIM_SRC))
COST_CFLAGS := -std=gnu11 -O2 -g -fno-optimize-sibling-calls $(WARN) $(INC) \
    $(ABI) -D_GNU_SOURCE -include xen/lib/compiler.h
$(BUILD)/sched-cost: $(COST_SRC) $(wildcard sched/*/*.h xen/lib/*.h) \
        $(BUILD)/gen/objects
	@mkdir -p $(@D)
	$(HOSTCC) $(COST_CFLAGS) -o $@ $(COST_SRC)

.PHONY: sched-cost
sched-cost: $(BUILD)/sched-cost ## measure the schedulers' callbacks, write results/sched-cost
	$(PYTHON) experiments/sched-cost/run.py $<

agree: hypervisor guests tools ## do hypervisor and simulator decide alike? SCHED=NAME CPUS=1
	$(PYTHON) -m experiments.agree $(SCHED:%=--sched %) $(CPUS:%=--cpus %)

# The studies: `make NAME` for each folder with an experiment.toml that has a
# [host]. QUICK=1: the thinned sweep. JOBS: runs at a time. PROFILE=slurm: on a
# cluster. ACCEL=kvm: live, on real time.
JOBS ?= 2
STUDIES := $(patsubst experiments/%/experiment.toml,%,\
    $(shell grep -ls '^\[host\]' experiments/*/experiment.toml))
LINUX_STUDIES := $(filter $(STUDIES),$(patsubst experiments/%/experiment.toml,%,\
    $(shell grep -lsE '"linux/|kind = "linux"' experiments/*/experiment.toml)))

.PHONY: $(STUDIES) latency results results-quick experiment artifact
$(STUDIES): hypervisor guests tools
	$(PYTHON) -m experiments.runner experiments/$@ --jobs $(JOBS) \
	    $(QUICK:%=--quick) $(PROFILE:%=--profile %) $(ACCEL:%=--accel %)

$(LINUX_STUDIES): linux-guest
results-quick: $(LINUX_STUDIES:%=linux-guest)
latency: demo

# What ./metronome run FOLDER calls: an experiment wherever it is.
experiment: $(if $(shell grep -ls '^kind = "sim"' $(FOLDER)/experiment.toml),,\
    hypervisor guests)
experiment: $(if $(shell grep -lsE 'linux/|kind = "linux"' \
    $(FOLDER)/experiment.toml),linux-guest) tools
	$(PYTHON) -m experiments.runner $(FOLDER) --jobs $(JOBS) \
	    $(QUICK:%=--quick) $(PROFILE:%=--profile %) $(ACCEL:%=--accel %)

results: $(BUILD)/kit/conformance $(BUILD)/kit/wrong
results: all linux-guest $(BUILD)/sched-cost ## run all experiments, write results/, say what has changed
	$(PYTHON) -m experiments.runner.everything --jobs $(JOBS)

results-quick: hypervisor guests tools ## the studies, thinned, in build/results
	$(PYTHON) -m experiments.runner.everything --quick --jobs $(JOBS)

artifact: ## pack sources, results and instructions: build/metronome-artifact.tar.xz
	tools/artifact $(BUILD)/metronome-artifact.tar.xz
