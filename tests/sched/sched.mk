# Host tests of the scheduler core, the simulator and the plug-ins: those here,
# and those that stand in a plug-in's own folder, sched/NAME/test_*.c.
SCHED_FOLDER_TESTS := $(wildcard sched/*/test_*.c)
SCHED_TESTS := $(sort $(basename $(notdir $(wildcard tests/sched/test_*.c))))
SCHED_TEST_SRC := $(filter-out sched/sim/main.c sched/kit/% $(SCHED_FOLDER_TESTS), \
                      $(wildcard sched/*/*.c)) trace/trace.c tests/sched/kit.c
SCHED_TEST_OBJ := $(SCHED_TEST_SRC:%.c=$(BUILD)/tests/obj/%.o)

HOST_TESTS += $(SCHED_TESTS:%=$(BUILD)/tests/%)

$(BUILD)/tests/obj/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_TEST_CFLAGS) -MMD -MP -c -o $@ $<

$(SCHED_TESTS:%=$(BUILD)/tests/%): $(BUILD)/tests/%: \
    $(BUILD)/tests/obj/tests/sched/%.o $(SCHED_TEST_OBJ)
	$(HOSTCC) -fsanitize=address,undefined -o $@ $^ -lcmocka

FOLDER_TESTS := $(notdir $(SCHED_FOLDER_TESTS:%.c=%))
HOST_TESTS += $(FOLDER_TESTS:%=$(BUILD)/tests/%)
define folder_test
$(BUILD)/tests/$(notdir $(1:%.c=%)): $(BUILD)/tests/obj/$(1:%.c=%.o) \
        $(SCHED_TEST_OBJ)
	$(HOSTCC) -fsanitize=address,undefined -o $$@ $$^ -lcmocka
endef
$(foreach t,$(SCHED_FOLDER_TESTS),$(eval $(call folder_test,$t)))

# make plugin-test DIR=...: the tests in a folder outside of the tree.
OUTSIDE_FILES = $(wildcard $(PLUGIN_DIR)/*.c)
.PHONY: plugin-test
plugin-test: plugin-dir $(SCHED_TEST_OBJ) ## run the tests in DIR=path/to/NAME
	@case $(PLUGIN_DIR) in $(abspath sched)/*) echo "plugin-test: that one" \
	    "is built in: make build/tests/test_NAME, and run that"; exit 2;; esac
	@test -n "$(wildcard $(PLUGIN_DIR)/test_*.c)" || { echo \
	    "plugin-test: $(DIR) has no test_*.c"; exit 2; }
	@mkdir -p $(PLUGIN_OUT)
	$(HOSTCC) $(HOST_TEST_CFLAGS) -o $(PLUGIN_OUT)/test $(OUTSIDE_FILES) \
	    $(SCHED_TEST_OBJ) -lcmocka
	$(PLUGIN_OUT)/test

-include $(SCHED_TEST_OBJ:.o=.d) \
    $(SCHED_TESTS:%=$(BUILD)/tests/obj/tests/sched/%.d)
