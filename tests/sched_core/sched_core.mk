# The scheduler core, on the host: queue, moves, checks, parameters.
SCHED_CORE_TESTS := $(patsubst tests/sched_core/%.c,$(BUILD)/tests/%, \
                      $(wildcard tests/sched_core/test_*.c))
HOST_TESTS += $(SCHED_CORE_TESTS)
SCHED_CORE_SRC := $(wildcard sched/api/*.c) sched/rr/rr.c \
                  tests/sched_core/fake.c tests/sched_core/defect.c

$(SCHED_CORE_TESTS): $(BUILD)/tests/%: tests/sched_core/%.c $(SCHED_CORE_SRC) \
                     $(wildcard sched/api/*.h tests/sched_core/*.h)
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_TEST_CFLAGS) -o $@ $< $(SCHED_CORE_SRC) -lcmocka
