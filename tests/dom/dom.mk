# Reading kernels and descriptions, laying out guests: on the host.
HOST_TESTS += $(BUILD)/tests/test_dom
DOM_TEST_SRC := xen/dom/elf.c xen/dom/elf_notes.c xen/dom/payload.c \
    xen/dom/unpack.c xen/dom/describe.c xen/dom/plan.c xen/lib/format.c

$(BUILD)/tests/test_dom: $(wildcard tests/dom/*.[ch]) $(DOM_TEST_SRC) \
        $(wildcard xen/dom/*.h)
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_TEST_CFLAGS) -o $@ $(filter tests/dom/%.c,$^) \
	    $(DOM_TEST_SRC) -lcmocka -llzma -lz -lzstd
