# The conformance kit (sched/kit/): build/kit/conformance, without sanitizers,
# for speed. A plug-in's own rules are in sched/NAME/kit/; a new plug-in, and
# rules for it, need no edit here.
KIT_SRC := trace/trace.c $(filter-out sched/sim/main.c \
             $(wildcard sched/*/test_*.c),$(wildcard sched/*/*.c \
             sched/*/kit/*.c))
KIT_OBJ := $(KIT_SRC:%.c=$(BUILD)/kit/%.o)
KIT_CFLAGS := -std=gnu11 -O2 -g -fno-omit-frame-pointer $(WARN) $(INC) $(ABI) \
    -include xen/lib/compiler.h

$(BUILD)/kit/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(KIT_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/kit/conformance: $(KIT_OBJ) $(BUILD)/gen/objects
	$(HOSTCC) -o $@ $(KIT_OBJ)

host-tests: $(BUILD)/kit/conformance

# The same with plug-ins that are wrong on purpose.
WRONG_SRC := $(wildcard tests/conformance/wrong/*.c)
WRONG_OBJ := $(WRONG_SRC:%.c=$(BUILD)/kit/%.o)
WRONG_LINK := -Wl,--wrap=sched_cpu_down,--wrap=sched_breach
$(BUILD)/kit/wrong: $(KIT_OBJ) $(WRONG_OBJ)
	$(HOSTCC) $(WRONG_LINK) -o $@ $^

host-tests: $(BUILD)/kit/wrong

# ... and with a Credit that looks at next to nobody, as if there were
# thousands of vCPUs (sched/credit/account.c).
FEW_OBJ := $(patsubst $(BUILD)/kit/sched/credit/%.o,\
               $(BUILD)/kit-few/sched/credit/%.o,$(KIT_OBJ))
$(BUILD)/kit-few/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(KIT_CFLAGS) -DCREDIT_LOOKS=0 -DCREDIT_TURNS=1 \
	    -DCREDIT_STEPS=1 -MMD -MP -c -o $@ $<

$(BUILD)/kit/few: $(FEW_OBJ)
	$(HOSTCC) -o $@ $(FEW_OBJ)

host-tests: $(BUILD)/kit/few

.PHONY: conformance
conformance: $(BUILD)/kit/conformance ## play scenarios with plug-ins: SCHED=NAME|all N=10000|exhaustive SEED=1 PLUGIN=FILE
	$< $(PLUGIN:%=--plugin %) --sched=$(or $(SCHED),all) --seed=$(or $(SEED),1) \
	    $(if $(filter exhaustive,$(N)),--exhaustive,--scenarios=$(or $(N),10000))

.PHONY: conformance-results
conformance-results: $(BUILD)/kit/conformance $(BUILD)/kit/wrong ## all plug-ins and controls, write results/conformance; SCHED=NAME
	$(PYTHON) experiments/conformance/run.py $^ $(SCHED:%=--sched %)

# The kit under libFuzzer, all of it with coverage, ASan and UBSan.
FUZZ_SRC := $(filter-out sched/kit/main.c,$(KIT_SRC)) tests/conformance/fuzz.c
FUZZ_OBJ := $(FUZZ_SRC:%.c=$(BUILD)/kit-fuzz/%.o)
FUZZ_CFLAGS := -std=gnu11 -O1 -g -fno-omit-frame-pointer $(WARN) $(INC) $(ABI) \
    -include xen/lib/compiler.h -fsanitize=fuzzer,address,undefined \
    -fno-sanitize-recover=all

$(BUILD)/kit-fuzz/%.o: %.c
	@mkdir -p $(@D)
	clang $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/kit/fuzz: $(FUZZ_OBJ)
	@mkdir -p $(@D)
	clang -fsanitize=fuzzer,address,undefined -o $@ $^

host-tests: $(BUILD)/kit/fuzz

# ... and with the plug-ins that are wrong on purpose.
$(BUILD)/kit/fuzz-wrong: $(FUZZ_OBJ) $(WRONG_OBJ)
	clang -fsanitize=fuzzer,address,undefined $(WRONG_LINK) -o $@ $^

host-tests: $(BUILD)/kit/fuzz-wrong

# What is new is kept in build/, beside the seeds of the tree.
.PHONY: fuzz-sched
fuzz-sched: $(BUILD)/kit/fuzz ## fuzz plug-ins: SCHED=NAME|all TIME=60 (s)
	@mkdir -p $(BUILD)/kit-fuzz/corpus
	KIT_SCHED=$(or $(SCHED),all) $< -max_total_time=$(or $(TIME),60) \
	    -max_len=1024 -len_control=0 -print_final_stats=1 \
	    -artifact_prefix=$(BUILD)/kit-fuzz/ \
	    $(BUILD)/kit-fuzz/corpus tests/conformance/corpus

-include $(FUZZ_OBJ:.o=.d) $(KIT_OBJ:.o=.d) $(FEW_OBJ:.o=.d) $(WRONG_OBJ:.o=.d)
