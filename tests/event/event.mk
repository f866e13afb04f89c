# Event channels, on the host.
EVENT_TESTS := $(BUILD)/tests/test_event $(BUILD)/tests/test_event_fifo
HOST_TESTS += $(EVENT_TESTS)
EVENT_TEST_SRC := tests/event/world.c tests/event/fake_trace.c \
    $(wildcard xen/core/event*.c)

$(EVENT_TESTS): $(BUILD)/tests/%: tests/event/%.c $(EVENT_TEST_SRC) \
                $(wildcard xen/core/*.h) tests/event/fake.h tests/event/world.h
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_TEST_CFLAGS) -D_GNU_SOURCE -include tests/event/fake.h -o $@ \
	    $< $(EVENT_TEST_SRC) -lcmocka

HOST_TESTS += $(BUILD)/tests/test_console
CONSOLE_TEST_SRC := tests/event/test_console.c tests/event/fake_trace.c \
    xen/core/console_ring.c \
    $(wildcard xen/core/event*.c)

$(BUILD)/tests/test_console: $(CONSOLE_TEST_SRC) $(wildcard xen/core/*.h) \
                             tests/mm/fake.h tests/event/fake_time.h
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_TEST_CFLAGS) -include tests/mm/fake.h \
	    -include tests/event/fake_time.h -o $@ \
	    $(CONSOLE_TEST_SRC) -lcmocka
