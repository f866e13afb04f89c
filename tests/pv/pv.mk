# The decoder of emulated instructions, and CPUID.
HOST_TESTS += $(BUILD)/tests/test_decode

$(BUILD)/tests/test_decode: tests/pv/test_decode.c xen/arch/x86/pv/decode.c \
        xen/arch/x86/pv/emulate_private.h
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_TEST_CFLAGS) -o $@ $(filter %.c,$^) -lcmocka
