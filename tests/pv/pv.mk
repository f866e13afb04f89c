# The decoder of emulated instructions, and CPUID.
HOST_TESTS += $(BUILD)/tests/test_decode

$(BUILD)/tests/test_decode: tests/pv/test_decode.c xen/arch/x86/pv/decode.c \
        xen/arch/x86/pv/emulate_private.h
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_TEST_CFLAGS) -o $@ $(filter %.c,$^) -lcmocka

# The frame on a guest's stack, by the macro that entry_fast.S uses.
HOST_TESTS += $(BUILD)/tests/test_put_frame
$(BUILD)/tests/frame.o: tests/pv/frame.S xen/arch/x86/entry_macros.h \
        $(BUILD)/gen/asm-offsets.h
	@mkdir -p $(@D)
	$(HOSTCC) $(HV_ASFLAGS) -c -o $@ $<

$(BUILD)/tests/test_put_frame: tests/pv/test_put_frame.c $(BUILD)/tests/frame.o
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_TEST_CFLAGS) -no-pie -o $@ $^ -lcmocka
