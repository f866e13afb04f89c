# Host tests of the trace ring.
TRACE_TEST_CFLAGS := -std=gnu11 -O1 -g $(WARN) $(INC) -fno-omit-frame-pointer
TRACE_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
TRACE_RING := trace/ring.c trace/recent.c trace/trace.c trace/setup.c
TRACE_HDR := $(wildcard trace/*.h tests/trace/*.h) trace/events.def trace/put.def

HOST_TESTS += $(BUILD)/tests/test_ring $(BUILD)/tests/stress_ring \
    $(BUILD)/tests/stress_ring_tsan

$(BUILD)/tests/test_ring: tests/trace/test_ring.c $(TRACE_RING) $(TRACE_HDR)
	@mkdir -p $(@D)
	$(HOSTCC) $(TRACE_TEST_CFLAGS) $(TRACE_SANITIZE) -o $@ $< $(TRACE_RING) \
	    -lcmocka

$(BUILD)/tests/stress_ring: tests/trace/stress_ring.c trace/ring.c trace/recent.c \
                           $(TRACE_HDR)
	@mkdir -p $(@D)
	$(HOSTCC) $(TRACE_TEST_CFLAGS) -O2 -DSTRESS_RECORDS=2000000 -o $@ $< \
	    trace/ring.c trace/recent.c -lpthread

$(BUILD)/tests/stress_ring_tsan: tests/trace/stress_ring.c trace/ring.c \
                                trace/recent.c $(TRACE_HDR)
	@mkdir -p $(@D)
	$(HOSTCC) $(TRACE_TEST_CFLAGS) -DSTRESS_RECORDS=200000 -fsanitize=thread \
	    -o $@ $< trace/ring.c trace/recent.c -lpthread

$(BUILD)/tests/synth: tests/trace/synth.c $(TRACE_RING) $(TRACE_HDR)
	@mkdir -p $(@D)
	$(HOSTCC) $(TRACE_TEST_CFLAGS) $(ABI) -o $@ $< $(TRACE_RING)

# What tests/trace/test_xentrace.py runs.
host-tests: $(BUILD)/tests/synth $(BUILD)/xentrace
