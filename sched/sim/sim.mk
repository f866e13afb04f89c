# schedsim: the simulator. build/schedsim is what people run; the engine behind
# it is build/schedsim-engine.
SIM_SRC := $(sort $(wildcard sched/api/*.c sched/load/*.c sched/sim/*.c) \
             trace/trace.c $(PLUGIN_SRC))
SIM_OBJ := $(SIM_SRC:%.c=$(BUILD)/sim/%.o)
# What is fetched of who is next (sched/api/warm.h): from the first of the two
# lines of its plug-in's, before its node, to the end of what the core needs.
SIM_CFLAGS := -std=gnu11 -O3 -flto -g -D_GNU_SOURCE $(WARN) $(INC) $(ABI) \
    -include xen/lib/compiler.h -DSCHED_WARM=576 -DSCHED_WARM_BEFORE=320 \
    $(ANYWHERE)

tools: $(BUILD)/schedsim

$(BUILD)/sim/%.o: %.c sched/sim/sim.mk
	@mkdir -p $(@D)
	$(HOSTCC) $(SIM_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/schedsim-engine: $(SIM_OBJ) $(BUILD)/gen/objects
	$(HOSTCC) -O2 -flto=auto $(ANYWHERE) -o $@ $(SIM_OBJ)

$(BUILD)/schedsim: sched/sim/schedsim.sh $(BUILD)/schedsim-engine
	sed 's|@ROOT@|$(CURDIR)|' $< > $@
	chmod 755 $@

.PHONY: bench-sim
bench-sim: $(BUILD)/schedsim-engine ## speed of the simulator: decisions a second, 64 and 65,536 vCPUs
	tools/bench-sim

-include $(SIM_OBJ:.o=.d)
