# How domains stop, and the pages that show them time: on the host.
CORE_FAKE := -include tests/core/fake.h
CORE_HEADERS := $(wildcard xen/core/*.h) tests/core/fake.h tests/mm/fake.h \
                tests/event/fake_time.h

HOST_TESTS += $(BUILD)/tests/test_shutdown
$(BUILD)/tests/test_shutdown: tests/core/test_shutdown.c xen/core/shutdown.c \
        xen/lib/format.c $(CORE_HEADERS)
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_TEST_CFLAGS) $(CORE_FAKE) -o $@ $(filter %.c,$^) -lcmocka
