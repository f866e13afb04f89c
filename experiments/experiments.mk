# Experiments: `make demo` is the main one.
.PHONY: demo

demo: hypervisor guests linux-guest tools ## boot four schedulers, write results/latency/report.html
	$(PYTHON) -m experiments.runner experiments/latency
