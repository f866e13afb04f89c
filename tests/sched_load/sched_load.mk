# Loading compiled plug-ins on the host. The object that is loaded is rr under
# another name, as tools/sched-new makes it: so that one is tried as well.
LOAD_NEW := $(BUILD)/new/loaded
LOAD_OBJECT := $(BUILD)/plugins/loaded.o
HOST_TESTS += $(BUILD)/tests/test_load

$(LOAD_NEW)/loaded.c: tools/sched-new sched/rr/rr.c
	@rm -rf $(LOAD_NEW) && mkdir -p $(dir $(LOAD_NEW))
	tools/sched-new loaded $(patsubst %/,%,$(dir $(LOAD_NEW)))

ifndef DIR
$(LOAD_OBJECT): $(LOAD_NEW)/loaded.c $(INTERFACE) tools/check-plugins \
        $(wildcard sched/load/*)
	$(MAKE) --no-print-directory plugin DIR=$(LOAD_NEW)
endif

$(BUILD)/tests/obj/tests/sched_load/test_load.o: HOST_TEST_CFLAGS += \
    -DLOAD_OBJECT='"$(LOAD_OBJECT)"' -D_GNU_SOURCE
$(BUILD)/tests/test_load: $(BUILD)/tests/obj/tests/sched_load/test_load.o \
        $(BUILD)/tests/obj/tests/sched_load/try.o $(SCHED_TEST_OBJ) $(LOAD_OBJECT)
	$(HOSTCC) -fsanitize=address,undefined -o $@ \
	    $(filter-out $(LOAD_OBJECT),$^) -lcmocka

# The longer search, by coverage; what it finds is left in build/fuzz-load.
FUZZ_SECONDS ?= 60
.PHONY: fuzz-load
fuzz-load: $(LOAD_OBJECT) ## libFuzzer on the loader of plug-ins
	@mkdir -p $(BUILD)/fuzz-load/corpus
	@cp $(LOAD_OBJECT) $(BUILD)/fuzz-load/corpus/good
	clang $(HOST_TEST_CFLAGS) -fsanitize=fuzzer -o $(BUILD)/fuzz-load/fuzz \
	    $(wildcard sched/api/*.c sched/load/*.c) tests/sched_load/fuzz_load.c \
	    tests/sched_load/try.c tests/sched_core/fake.c tests/sched_core/defect.c \
	    -lcmocka
	$(BUILD)/fuzz-load/fuzz -max_total_time=$(FUZZ_SECONDS) -max_len=8192 \
	    -print_final_stats=1 -artifact_prefix=$(BUILD)/fuzz-load/ \
	    $(BUILD)/fuzz-load/corpus

-include $(wildcard $(BUILD)/tests/obj/tests/sched_load/*.d)
