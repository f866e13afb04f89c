# How domains stop, and the pages that show them time: on the host.
CORE_FAKE := -include tests/core/fake.h
CORE_HEADERS := $(wildcard xen/core/*.h) tests/core/fake.h tests/mm/fake.h

HOST_TESTS += $(BUILD)/tests/test_shutdown
$(BUILD)/tests/test_shutdown: tests/core/test_shutdown.c xen/core/shutdown.c \
        xen/lib/format.c $(CORE_HEADERS)
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_TEST_CFLAGS) $(CORE_FAKE) -o $@ $(filter %.c,$^) -lcmocka

HOST_TESTS += $(BUILD)/tests/test_timepage
$(BUILD)/tests/test_timepage: tests/core/test_timepage.c xen/core/timepage.c \
        xen/lib/format.c $(CORE_HEADERS) tests/core/fake_cpu.h
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_TEST_CFLAGS) -include tests/core/fake_cpu.h -o $@ \
	    $(filter %.c,$^) -lcmocka
