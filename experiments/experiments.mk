# Experiments: `make demo` is the main one. With SCHEDS="rr lottery", others than
# its manifest's, and with PLUGIN=build/plugins/lottery.o, one that is loaded:
# then the report is build/results/latency/report.html.
.PHONY: demo

demo: hypervisor guests linux-guest tools ## boot four schedulers, write results/latency/report.html
	$(PYTHON) -m experiments.runner experiments/latency \
	    $(SCHEDS:%=--sched %) $(PLUGIN:%=--plugin %)
