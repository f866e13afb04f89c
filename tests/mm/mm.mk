# Frames, page types, emulated page-table writes and grants, on the host.
MM_FAKE := -include tests/mm/fake.h
MM_HEADERS := $(wildcard xen/core/*.h xen/base/*.h) tests/mm/fake.h

HOST_TESTS += $(BUILD)/tests/test_frame
$(BUILD)/tests/test_frame: tests/mm/test_frame.c tests/mm/threads.c xen/base/frame.c \
        xen/base/heap.c $(MM_HEADERS)
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_TEST_CFLAGS) $(MM_FAKE) -o $@ $(filter %.c,$^) -lcmocka

MM_MACHINE := tests/mm/memory.c tests/mm/threads.c xen/core/mmu.c xen/core/mmu_window.c \
              xen/core/pagetype.c xen/core/pagetable.c
HOST_TESTS += $(BUILD)/tests/test_pagetype
$(BUILD)/tests/test_pagetype: tests/mm/test_pagetype.c $(MM_MACHINE) \
        $(MM_HEADERS) tests/mm/memory.h tests/mm/threads.h
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_TEST_CFLAGS) $(MM_FAKE) -o $@ $(filter %.c,$^) \
	    -lcmocka -lpthread

HOST_TESTS += $(BUILD)/tests/test_ptwr
$(BUILD)/tests/test_ptwr: tests/mm/test_ptwr.c xen/core/ptwr_decode.c \
        xen/core/ptwr_decode.h
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_TEST_CFLAGS) -o $@ $(filter %.c,$^) -lcmocka

HOST_TESTS += $(BUILD)/tests/test_grant
$(BUILD)/tests/test_grant: tests/mm/test_grant.c $(MM_MACHINE) \
        xen/core/grant.c xen/hypercall/grant_map.c xen/hypercall/grant_copy.c \
        $(MM_HEADERS) tests/mm/memory.h tests/mm/threads.h
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_TEST_CFLAGS) $(MM_FAKE) -o $@ $(filter %.c,$^) \
	    -lcmocka -lpthread
