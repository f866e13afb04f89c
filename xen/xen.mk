# The hypervisor: build/metronome (ELF64, multiboot2), build/metronome.gz, and
# build/metronome32 (the same bytes in a 32-bit ELF, for `qemu -kernel`).
#
# Every .c and .S below xen/ is part of it (but for tests), and every plug-in
# folder below sched/: adding one needs no edit here.
XEN_SRC := $(sort $(filter-out xen/arch/x86/offsets/%,$(wildcard xen/*.c \
             xen/*/*.[cS] xen/arch/x86/*.[cS] xen/arch/x86/*/*.[cS])))
# A folder below sched/ is a plug-in's, but for these; its test_*.c are for the
# host alone.
SCHED_NOT_PLUGINS := api load sim kit
PLUGIN_SRC := $(sort $(filter-out $(SCHED_NOT_PLUGINS:%=sched/%/%) \
    $(wildcard sched/*/test_*.c),$(wildcard sched/*/*.c)))
PLUGINS := $(sort $(notdir $(patsubst %/,%,$(dir $(PLUGIN_SRC)))))
# EXTRA_SCHED: more folders of plug-ins, for the image of a test.
SCHED_SRC := $(sort $(wildcard sched/api/*.c sched/load/*.c)) $(PLUGIN_SRC) \
    $(foreach folder,$(EXTRA_SCHED),$(wildcard $(folder)/*.c))
TRACE_SRC := $(sort $(wildcard trace/*.c))
HV_SRC := $(XEN_SRC) $(SCHED_SRC) $(TRACE_SRC)
HV_OBJ := $(patsubst %,$(BUILD)/hv/%.o,$(basename $(HV_SRC)))

WARN := -Wall -Wextra -Werror -Wconversion -Wsign-conversion -Wshadow \
        -Wcast-qual -Wvla -Wmissing-prototypes -Wswitch-enum
INC := -iquote . -iquote $(BUILD)/gen -isystem tools/include
# The same program, wherever the clone stands: traces tell a guest's size.
ANYWHERE := -ffile-prefix-map=$(CURDIR)=.
ABI := -D__XEN_INTERFACE_VERSION__=0x00041100 -D__XEN_TOOLS__
HV_CFLAGS := -std=gnu11 -O2 -g $(ANYWHERE) -ffreestanding -fPIE -fvisibility=hidden \
    -mno-red-zone -mgeneral-regs-only -fno-stack-protector -fcf-protection=none \
    -fno-strict-aliasing -fno-asynchronous-unwind-tables -fno-omit-frame-pointer \
    -momit-leaf-frame-pointer -ffunction-sections -fdata-sections -fno-common $(WARN) $(INC) $(ABI) \
    -include xen/lib/compiler.h -include xen/lib/hidden.h \
    -DSCHED_HOST_INLINE='"xen/sched/host_inline.h"' $(HV_EXTRA)
HV_ASFLAGS := -D__ASSEMBLY__ $(INC) $(ABI) -g $(ANYWHERE)
# At boot only: kernels are unpacked by the well-kept libraries.
HV_LIBS := -l:liblzma.a -l:libz.a -l:libzstd.a

# Its loops must not be compiled into calls of the functions that they are.
$(BUILD)/hv/xen/lib/string.o: HV_EXTRA += \
    $(if $(findstring clang,$(CC)),,-fno-tree-loop-distribute-patterns)

hypervisor: $(BUILD)/metronome.gz $(BUILD)/metronome32 ## build the hypervisor

$(BUILD)/hv/%.o: %.c $(BUILD)/gen/asm-offsets.h xen/xen.mk
	@mkdir -p $(@D)
	$(CC) $(HV_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/hv/%.o: %.S $(BUILD)/gen/asm-offsets.h xen/xen.mk
	@mkdir -p $(@D)
	$(CC) $(HV_ASFLAGS) -MMD -MP -c -o $@ $<

# Offsets that assembly knows come from C: see xen/arch/x86/asm-offsets.h.in.
$(BUILD)/gen/asm-offsets.h: xen/arch/x86/offsets/asm-offsets.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HV_CFLAGS) -MMD -MP -MT $@ -MF $(BUILD)/gen/asm-offsets.d \
	    -S -o $(@:.h=.s) $<
	sed -n 's/^.*@OFF@ \([A-Za-z0-9_]*\) [$$]*\(-\{0,1\}[0-9]*\).*/#define \1 \2/p' \
	    $(@:.h=.s) > $@

# What is linked: a folder that has gone is not to be found in what is built.
.PHONY: always
$(BUILD)/gen/objects: always
	@mkdir -p $(@D)
	@echo '$(HV_OBJ)' | cmp -s - $@ || echo '$(HV_OBJ)' > $@

# Linked twice: the second time with the symbol table of the first, for the
# backtrace of a panic. The table's section has a fixed size class at the end.
$(BUILD)/metronome: $(HV_OBJ) $(BUILD)/gen/objects xen/metronome.lds.S \
        tools/symbols.py
	$(CC) -E -P -x assembler-with-cpp $(HV_ASFLAGS) xen/metronome.lds.S \
	    -o $(BUILD)/metronome.lds
	$(PYTHON) tools/symbols.py --empty > $(BUILD)/gen/symbols0.S
	$(CC) -c -o $(BUILD)/gen/symbols0.o $(BUILD)/gen/symbols0.S
	$(CC) $(HV_LDFLAGS) -o $(BUILD)/metronome.pass1 $(HV_OBJ) \
	    $(BUILD)/gen/symbols0.o -Wl,--start-group $(HV_LIBS) -Wl,--end-group
	$(PYTHON) tools/symbols.py $(BUILD)/metronome.pass1 \
	    > $(BUILD)/gen/symbols1.S
	$(CC) -c -o $(BUILD)/gen/symbols1.o $(BUILD)/gen/symbols1.S
	$(CC) $(HV_LDFLAGS) -o $@ $(HV_OBJ) $(BUILD)/gen/symbols1.o \
	    -Wl,--start-group $(HV_LIBS) -Wl,--end-group

HV_LDFLAGS = -nostdlib -static -no-pie -Wl,--gc-sections -Wl,--build-id=none \
    -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 -Wl,--no-warn-rwx-segments \
    -Wl,-T,$(BUILD)/metronome.lds

$(BUILD)/metronome.gz: $(BUILD)/metronome
	strip -g -o $(BUILD)/metronome.stripped $<
	gzip -9nc $(BUILD)/metronome.stripped > $@

$(BUILD)/metronome32: $(BUILD)/metronome tools/elf32.py
	$(PYTHON) tools/elf32.py $< $@

-include $(HV_OBJ:.o=.d) $(BUILD)/gen/asm-offsets.d
