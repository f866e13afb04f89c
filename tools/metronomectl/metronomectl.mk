# dom0's own tool for schedulers and pools: tools/metronomectl/README.md. It is
# linked with Debian's libxencall and libxenstore, as dom0 has them.
METRONOMECTL_SRC := $(sort $(wildcard tools/metronomectl/*.c)) \
                    sched/api/param_text.c
METRONOMECTL_CFLAGS := -std=gnu11 -O2 -g $(ANYWHERE) -D_GNU_SOURCE $(WARN) $(INC) $(ABI) \
    -include xen/lib/compiler.h

tools: $(BUILD)/metronomectl

$(BUILD)/metronomectl: $(METRONOMECTL_SRC) xen/include/metronome.h \
        $(wildcard tools/metronomectl/*.h sched/api/*.h)
	@mkdir -p $(@D)
	$(HOSTCC) $(METRONOMECTL_CFLAGS) -o $@ $(METRONOMECTL_SRC) \
	    -lxencall -lxenstore
