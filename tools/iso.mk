# make iso: a medium with a boot menu (tools/mkiso, tools/grubcfg). It has the
# Linux guest as dom0 where `make linux-guest` has been run, else a small one.

ISO_SCHEDULERS = $(sort $(filter-out api sim,$(notdir $(patsubst %/,%,\
                   $(dir $(wildcard sched/*/*.c))))))
ISO_GUESTS := hello hog periodic
ISO_LINUX = $(wildcard $(BUILD)/guests/linux/vmlinuz)
ISO_INITRD = $(if $(ISO_LINUX),$(wildcard $(BUILD)/guests/linux/initrd.img))

iso: $(BUILD)/metronome.iso ## make a GRUB medium, build/metronome.iso

.PHONY: iso
$(BUILD)/metronome.iso: $(BUILD)/metronome.gz tools/mkiso tools/grubcfg \
        tools/domains.txt $(ISO_GUESTS:%=$(BUILD)/guests/%) \
        $(wildcard $(BUILD)/guests/linux/*)
	tools/grubcfg $(if $(ISO_LINUX),vmlinuz,hello) '$(notdir $(ISO_INITRD))' \
	    '$(ISO_SCHEDULERS)' '$(ISO_GUESTS)' > $(BUILD)/grub.cfg
	tools/mkiso $@ $(BUILD)/grub.cfg $(BUILD)/metronome.gz tools/domains.txt \
	    $(ISO_GUESTS:%=$(BUILD)/guests/%) $(ISO_LINUX) $(ISO_INITRD)
