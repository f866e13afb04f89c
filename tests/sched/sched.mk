# Host tests of the scheduler core, the simulator and the plug-ins.
SCHED_TESTS := test_order test_common test_bvt test_sedf test_credit \
               test_null test_rtds test_credit2 \
               test_historic test_fbvt
SCHED_TEST_SRC := $(filter-out sched/sim/main.c,$(wildcard sched/*/*.c)) \
                  tests/sched/kit.c
SCHED_TEST_OBJ := $(SCHED_TEST_SRC:%.c=$(BUILD)/tests/obj/%.o)

HOST_TESTS += $(SCHED_TESTS:%=$(BUILD)/tests/%)

$(BUILD)/tests/obj/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_TEST_CFLAGS) -MMD -MP -c -o $@ $<

$(SCHED_TESTS:%=$(BUILD)/tests/%): $(BUILD)/tests/%: \
    $(BUILD)/tests/obj/tests/sched/%.o $(SCHED_TEST_OBJ)
	$(HOSTCC) -fsanitize=address,undefined -o $@ $^ -lcmocka

-include $(SCHED_TEST_OBJ:.o=.d) \
    $(SCHED_TESTS:%=$(BUILD)/tests/obj/tests/sched/%.d)
