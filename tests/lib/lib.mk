# The pure C of xen/lib and of the platform, on the host.
LIB_TEST_SRC := xen/lib/format.c xen/lib/cmdline.c xen/lib/divide.c \
    xen/arch/x86/serial_parse.c xen/arch/x86/acpi_tables.c

HOST_TESTS += $(BUILD)/tests/test_lib
$(BUILD)/tests/test_lib: tests/lib/test_lib.c $(LIB_TEST_SRC) \
        $(wildcard xen/lib/*.h) xen/arch/x86/acpi.h xen/arch/x86/serial.h
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_TEST_CFLAGS) -D__udivti3=our_udivti3 \
	    -D__umodti3=our_umodti3 -o $@ $< $(LIB_TEST_SRC) -lcmocka
