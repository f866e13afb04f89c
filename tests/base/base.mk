# Time, softirqs and timers on fake processors: tests/base/fake stands before
# the tree in the search for headers.
HOST_TESTS += $(BUILD)/tests/test_timer
BASE_TEST_SRC := xen/base/time.c xen/base/timer.c xen/base/softirq.c

$(BUILD)/tests/test_timer: tests/base/test_timer.c $(BASE_TEST_SRC) \
        $(wildcard xen/base/*.h tests/base/fake/xen/arch/x86/*.h)
	@mkdir -p $(@D)
	$(HOSTCC) -iquote tests/base/fake $(HOST_TEST_CFLAGS) -o $@ $< \
	    $(BASE_TEST_SRC) -lcmocka
