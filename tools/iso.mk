# make iso: a medium with a boot menu (tools/mkiso, tools/grubcfg). It has the
# Linux guest as dom0 where `make linux-guest` has been run, else a small one.

ISO_SCHEDULERS = $(PLUGINS)
ISO_GUESTS := hello hog periodic
ISO_LINUX = $(wildcard $(BUILD)/guests/linux/vmlinuz)
ISO_INITRD = $(if $(ISO_LINUX),$(wildcard $(BUILD)/guests/linux/initrd.img))

iso: $(BUILD)/metronome.iso ## make a GRUB medium, build/metronome.iso

.PHONY: iso run
$(BUILD)/metronome.iso: $(BUILD)/metronome.gz tools/mkiso tools/grubcfg \
        tools/domains.txt $(ISO_GUESTS:%=$(BUILD)/guests/%) \
        $(wildcard $(BUILD)/guests/linux/*)
	tools/grubcfg $(if $(ISO_LINUX),vmlinuz,hello) '$(notdir $(ISO_INITRD))' \
	    '$(ISO_SCHEDULERS)' '$(ISO_GUESTS)' > $(BUILD)/grub.cfg
	tools/mkiso $@ $(BUILD)/grub.cfg $(BUILD)/metronome.gz tools/domains.txt \
	    $(ISO_GUESTS:%=$(BUILD)/guests/%) $(ISO_LINUX) $(ISO_INITRD)

# The same small domains as the medium's entries, without GRUB. QEMU keeps
# Ctrl-A for itself: type it twice for each that the guest's line is to get.
RUN_CPUS ?= 1
RUN_QEMU := qemu-system-x86_64 -M q35 -m 512M -cpu max,-smap -nographic \
    -no-reboot -net none
comma := ,
RUN_FILES = $(foreach g,$(ISO_GUESTS),$(BUILD)/guests/$g file=$g$(comma))
RUN_PLUGIN = $(PLUGIN:%=$(comma)% sched_plugin)
RUN_MODULES = $(subst $(comma) ,$(comma),$(RUN_FILES))tools/domains.txt domains$(\
    )$(RUN_PLUGIN)
run: hypervisor guests ## boot SCHED=NAME (PLUGIN=FILE: loaded) with small domains, here
	@echo "Ctrl-A x leaves QEMU; six times Ctrl-A, then h: the debug keys"
	@$(RUN_QEMU) -smp $(RUN_CPUS) -kernel $(BUILD)/metronome32 \
	    -append 'console=com1 sched=$(or $(SCHED),credit) $(RUN_ARGS)' \
	    -initrd '$(RUN_MODULES)'
