# The host tool that reads traces: build/xentrace.
XENTRACE_SRC := $(sort $(wildcard xentrace/*.c))
XENTRACE_HDR := $(wildcard xentrace/*.h trace/*.h) trace/events.def
XENTRACE_CFLAGS := -std=gnu11 -O2 -g -D_GNU_SOURCE $(WARN) $(INC) $(ABI) \
    $(ANYWHERE)

tools: $(BUILD)/xentrace

$(BUILD)/xentrace: $(XENTRACE_SRC) $(XENTRACE_HDR)
	@mkdir -p $(@D)
	$(HOSTCC) $(XENTRACE_CFLAGS) -o $@ $(XENTRACE_SRC) -lpthread -lm
