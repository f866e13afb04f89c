# Guests: build/guests/NAME (an ELF with Xen notes) from guests/NAME/*.c and
# the runtime guests/lib; guests/abi/NAME becomes build/guests/abi/NAME.
# Adding a folder with a main.c adds a guest.

GUEST_LIB_SRC := $(sort $(wildcard guests/lib/*.[cS]))
GUEST_LIB_OBJ := $(patsubst %,$(BUILD)/obj/%.o,$(basename $(GUEST_LIB_SRC)))
GUEST_NAMES := $(patsubst guests/%/main.c,%,$(sort \
                 $(wildcard guests/*/main.c guests/abi/*/main.c)))
# The public headers assume the fixed-width types.
GUEST_ABI := -D__XEN_TOOLS__
# gcc would turn the loops of memset and memcpy into calls of themselves.
GUEST_CC_FLAGS := $(if $(findstring clang,$(CC)),-fno-builtin,\
    -fno-tree-loop-distribute-patterns)
GUEST_CFLAGS := -std=gnu11 -O2 -g $(ANYWHERE) -ffreestanding -fno-pic -mcmodel=kernel \
    -mno-red-zone -mgeneral-regs-only -fno-stack-protector \
    -fcf-protection=none -fno-strict-aliasing \
    -fno-asynchronous-unwind-tables $(GUEST_CC_FLAGS) \
    -fno-common -fno-omit-frame-pointer $(WARN) -iquote . $(GUEST_ABI) \
    -include stdint.h

GUEST_IMAGES := $(patsubst %,$(BUILD)/guests/%,$(GUEST_NAMES))
guest_objects = $(patsubst %,$(BUILD)/obj/%.o,$(basename $(sort $(wildcard guests/$1/*.[cS]))))

guests: $(GUEST_IMAGES)

$(BUILD)/obj/guests/%.o: guests/%.c
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/guests/%.o: guests/%.S
	@mkdir -p $(@D)
	$(CC) -D__ASSEMBLY__ $(GUEST_ABI) -g $(ANYWHERE) -c -o $@ $<

.SECONDEXPANSION:
$(GUEST_IMAGES): $(BUILD)/guests/%: $$(call guest_objects,%) \
        $(GUEST_LIB_OBJ) guests/lib/guest.lds
	@mkdir -p $(@D)
	$(CC) -nostdlib -static -no-pie -Wl,--build-id=none \
	    -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 \
	    -Wl,--no-warn-rwx-segments -Wl,-T,guests/lib/guest.lds \
	    -o $@ $(filter %.o,$^)

-include $(wildcard $(BUILD)/obj/guests/*/*.d $(BUILD)/obj/guests/*/*/*.d)

# What operations cost, beside Xen 4.17: guests/bench/README.md.
bench: hypervisor $(BUILD)/guests/bench-probe ## what operations cost, by Xen
bench: $(BUILD)/guests/bench
	$(PYTHON) guests/bench/bench.py $(BUILD) $(BENCH_ARGS)

$(BUILD)/guests/bench-probe: guests/host/probe.S
	@mkdir -p $(@D)
	$(CC) -m32 -nostdlib -static -no-pie -Wl,--build-id=none \
	    -Wl,-Ttext=0x200000 -Wl,-z,noexecstack -o $@ $<

bench-boot: hypervisor linux-guest $(BUILD)/guests/bench-probe ## boot, by Xen
	$(PYTHON) guests/bench/boot_linux.py $(BUILD) $(BENCH_ARGS)

bench-trace: hypervisor linux-guest tools $(BUILD)/guests/bench-probe ## boot, by trace
	$(PYTHON) guests/bench/boot_trace.py $(BUILD) $(BENCH_ARGS)

.PHONY: bench bench-boot bench-trace

# A Linux guest from Debian packages: guests/linux/README.md.
LINUX_GUEST := $(BUILD)/guests/linux
LINUX_PROGRAMS := busybox cyclictest hackbench memtester

linux-guest: $(LINUX_GUEST)/vmlinuz ## the Linux guest, of Debian packages
linux-guest: $(LINUX_GUEST)/initrd.img $(LINUX_GUEST)/stress.img
linux-guest: $(LINUX_GUEST)/boot.img

$(LINUX_GUEST)/vmlinuz: guests/linux/kernel.sh
	@mkdir -p $(@D)
	guests/linux/kernel.sh $@

$(LINUX_GUEST)/initrd.img: guests/linux/mkinitrd.py guests/linux/init
	@mkdir -p $(@D)
	$(PYTHON) $< $@ guests/linux/init $(LINUX_PROGRAMS)

$(LINUX_GUEST)/stress.img: guests/linux/mkinitrd.py guests/linux/init
	@mkdir -p $(@D)
	$(PYTHON) $< $@ guests/linux/init $(LINUX_PROGRAMS) stress-ng

$(LINUX_GUEST)/tsc: guests/linux/tsc.c
	@mkdir -p $(@D)
	$(CC) -O2 -nostdlib -static -no-pie -fno-stack-protector -Wl,--build-id=none \
	    -Wl,-z,noexecstack -o $@ $<

$(LINUX_GUEST)/boot.img: guests/linux/mkinitrd.py guests/linux/init \
        $(LINUX_GUEST)/tsc
	@mkdir -p $(@D)
	$(PYTHON) $< $@ guests/linux/init busybox $(abspath $(LINUX_GUEST)/tsc)

# with-A+B.img: busybox and the programs A and B, each from its Debian package or
# one of ours; with files/A, what A needs besides.
LINUX_OWN := redis-load
$(LINUX_GUEST)/redis-load: guests/linux/redis-load.c guests/lib/random.h
	@mkdir -p $(@D)
	$(CC) -O2 -std=gnu11 $(ANYWHERE) $(filter-out -Wcast-qual,$(WARN)) -iquote . \
	    -static -Wl,--build-id=none -o $@ $< -lm

with_programs = $(subst +, ,$1)
with_own = $(addprefix $(LINUX_GUEST)/,$(filter $(LINUX_OWN),$(with_programs)))
with_files = $(wildcard $(addprefix guests/linux/files/,$(with_programs)))
$(LINUX_GUEST)/with-%.img: guests/linux/mkinitrd.py guests/linux/init \
        $$(call with_own,$$*) \
        $$(foreach d,$$(call with_files,$$*),$$(shell find $$d -type f))
	@mkdir -p $(@D)
	$(PYTHON) $< $(foreach d,$(call with_files,$*),--add $d=/) $@ \
	    guests/linux/init busybox $(abspath $(call with_own,$*)) \
	    $(filter-out $(LINUX_OWN),$(call with_programs,$*))

# The kernel's own self-tests, for `make soak`; the network is needed.
SELFTESTS := $(LINUX_GUEST)/selftests
selftests: $(LINUX_GUEST)/selftests.img ## the kernel's self-tests, for dom0
$(LINUX_GUEST)/selftests.img: guests/linux/mkinitrd.py guests/linux/init \
        guests/linux/selftests.sh guests/linux/selftests-jobs.sh
	guests/linux/selftests.sh $(SELFTESTS)
	$(PYTHON) $< --jobs guests/linux/selftests-jobs.sh $@ guests/linux/init \
	    --add /lib/x86_64-linux-gnu/libgcc_s.so.1 \
	    busybox $(abspath $(SELFTESTS))/*

.PHONY: linux-guest dom0-disk domu-disk selftests

# The same with the drivers of QEMU's devices, for dom0: guests/dom0/README.md.
DOM0_MODULES := ahci,ata_piix,sd_mod,nvme,virtio_pci,virtio_blk,virtio_net,$(\
    )e1000,e1000e,ext4,crc32c_generic,xen-privcmd,xenfs,xen-evtchn,rtc-cmos

linux-guest: $(LINUX_GUEST)/dom0.img
$(LINUX_GUEST)/dom0.img: guests/linux/mkinitrd.py guests/linux/init \
        guests/dom0/jobs.sh
	@mkdir -p $(@D)
	$(PYTHON) $< --jobs guests/dom0/jobs.sh --modules $(DOM0_MODULES) \
	    $@ guests/linux/init busybox

# A whole Debian for dom0, for `make soak`; root and the network are needed.
dom0-disk: $(BUILD)/dom0/debian.img ## a disk with Debian, for dom0 (as root)
$(BUILD)/dom0/debian.img: guests/dom0/mkdisk.sh guests/linux/debian.sh
	guests/dom0/mkdisk.sh $@

# A Debian for guests of the toolstack, likewise.
domu-disk: $(BUILD)/domu/debian.img ## a disk with Debian, for a guest (as root)
$(BUILD)/domu/debian.img: guests/toolstack/mkdomu.sh guests/linux/debian.sh
	guests/toolstack/mkdomu.sh $@

# Debian's toolstack for dom0: guests/toolstack/README.md.
TOOLSTACK_MODULES := xen-evtchn,xen-gntdev,xen-gntalloc,xen-privcmd,xenfs,$(\
    )xen-blkback,xen-netback,loop,bridge,veth,virtio_pci,virtio_blk
TOOLSTACK_XEN := /usr/lib/xen-4.17/bin
TOOLSTACK_ADD := $(addprefix $(TOOLSTACK_XEN)/,xl xenconsole xenconsoled \
    xenstored oxenstored xen-init-dom0 libxl-save-helper xentrace xentop \
    xenpm xen-cpuid lsevtchn xenctx xenperf xenlockprof xencov test-resource \
    xen-mfndump) /etc/xen/scripts /etc/xen/xl.conf \
    /etc/xen/oxenstored.conf /usr/bin/xenalyze /lib/terminfo/v/vt100 \
    $(addprefix /usr/bin/xenstore-,read write ls list rm exists watch chmod) \
    $(LINUX_GUEST)/vmlinuz=/guests/vmlinuz \
    $(LINUX_GUEST)/domu.img=/guests/domu.img \
    /lib/x86_64-linux-gnu/libgcc_s.so.1 \
    /usr/lib/grub-xen/grub-x86_64-xen.bin=/guests/grub \
    $(BUILD)/guests/hog=/guests/hog $(BUILD)/guests/stop=/guests/stop \
    $(BUILD)/xentrace=/usr/bin/metronome-xentrace \
    guests/toolstack/metronome-top=/usr/bin/metronome-top \
    $(BUILD)/guests/periodic=/guests/periodic \
    $(BUILD)/guests/vandal=/guests/vandal \
    $(BUILD)/metronomectl=/usr/sbin/metronomectl

# The guest that it makes: the same kernel, with its front-ends.
$(LINUX_GUEST)/domu.img: guests/linux/mkinitrd.py guests/linux/init \
        guests/toolstack/domu.sh $(LINUX_GUEST)/tsc
	@mkdir -p $(@D)
	$(PYTHON) $< --jobs guests/toolstack/domu.sh \
	    --modules xen-blkfront,xen-netfront $@ guests/linux/init busybox \
	    $(abspath $(LINUX_GUEST)/tsc)

linux-guest: $(LINUX_GUEST)/toolstack.img
$(LINUX_GUEST)/toolstack.img: guests/linux/mkinitrd.py guests/linux/init \
        guests/guests.mk guests/toolstack/jobs.sh $(LINUX_GUEST)/vmlinuz \
        $(LINUX_GUEST)/domu.img $(BUILD)/guests/hog $(BUILD)/guests/stop \
        $(BUILD)/xentrace guests/toolstack/metronome-top \
        $(BUILD)/guests/periodic $(BUILD)/guests/vandal $(BUILD)/metronomectl
	@mkdir -p $(@D)
	$(PYTHON) $< --plain --jobs guests/toolstack/jobs.sh \
	    --modules $(TOOLSTACK_MODULES) $(addprefix --add ,$(TOOLSTACK_ADD)) \
	    $@ guests/linux/init busybox bash ip bridge losetup flock iperf3 \
	    script

# The scenario of tests/toolstack on Metronome and on Xen 4.17: two columns.
toolstack-columns: hypervisor linux-guest ## what xl does here, and on Xen
	$(PYTHON) tests/toolstack/columns.py $(COLUMNS_ARGS)
.PHONY: toolstack-columns

# xl create, disk and network of its guests, beside Xen 4.17.
bench-toolstack: hypervisor $(LINUX_GUEST)/benchdom0.img $(LINUX_GUEST)/vmlinuz ## xl create, split drivers, by Xen
	$(PYTHON) guests/toolstack/bench.py $(BUILD) $(BENCH_ARGS)
.PHONY: bench-toolstack

$(LINUX_GUEST)/benchdomu.img: guests/linux/mkinitrd.py guests/linux/init \
        guests/toolstack/domu.sh guests/toolstack/benchdomu.sh \
        $(LINUX_GUEST)/tsc
	@mkdir -p $(@D)
	$(PYTHON) $< --jobs guests/toolstack/benchdomu.sh \
	    --modules xen-blkfront,xen-netfront \
	    --add guests/toolstack/domu.sh=/domu.sh \
	    $@ guests/linux/init busybox ip fio iperf3 \
	    $(abspath $(LINUX_GUEST)/tsc)

BENCH_DOM0_ADD := $(TOOLSTACK_ADD) guests/toolstack/jobs.sh=/toolstack.sh \
    $(LINUX_GUEST)/benchdomu.img=/guests/benchdomu.img
$(LINUX_GUEST)/benchdom0.img: guests/linux/mkinitrd.py guests/linux/init \
        guests/toolstack/jobs.sh guests/toolstack/benchjobs.sh \
        $(LINUX_GUEST)/toolstack.img $(LINUX_GUEST)/benchdomu.img
	@mkdir -p $(@D)
	$(PYTHON) $< --plain --jobs guests/toolstack/benchjobs.sh \
	    --modules $(TOOLSTACK_MODULES),null_blk \
	    $(addprefix --add ,$(BENCH_DOM0_ADD)) \
	    $@ guests/linux/init busybox bash ip bridge losetup flock iperf3 \
	    fio $(abspath $(LINUX_GUEST)/tsc)

# dom0 and guests of experiments/dom0-weight.
SERVICE_FILES := guests/linux/files/nginx guests/linux/files/wrk
$(LINUX_GUEST)/service.img: guests/linux/mkinitrd.py guests/linux/init \
        guests/toolstack/domu.sh guests/toolstack/servicedomu.sh \
        $(shell find guests/linux/files/nginx guests/linux/files/wrk -type f)
	@mkdir -p $(@D)
	$(PYTHON) $< --jobs guests/toolstack/servicedomu.sh \
	    --modules xen-netfront --add guests/toolstack/domu.sh=/domu.sh \
	    $(foreach d,$(SERVICE_FILES),--add $d=/) \
	    $@ guests/linux/init busybox ip nginx wrk

SERVICE_DOM0_ADD := $(TOOLSTACK_ADD) guests/toolstack/jobs.sh=/toolstack.sh \
    $(LINUX_GUEST)/service.img=/guests/service.img
$(LINUX_GUEST)/service-dom0.img: guests/linux/mkinitrd.py guests/linux/init \
        guests/toolstack/jobs.sh guests/toolstack/servicejobs.sh \
        $(LINUX_GUEST)/toolstack.img $(LINUX_GUEST)/service.img
	@mkdir -p $(@D)
	$(PYTHON) $< --plain --jobs guests/toolstack/servicejobs.sh \
	    --modules xen-evtchn,xen-gntdev,xen-gntalloc,xen-privcmd,xenfs,xen-netback,bridge \
	    $(addprefix --add ,$(SERVICE_DOM0_ADD)) \
	    $@ guests/linux/init busybox bash ip bridge flock \
	    $(abspath $(LINUX_GUEST)/tsc)

# fio and iperf3 on dom0's devices, beside Xen 4.17: guests/dom0/README.md.
bench-dom0: hypervisor $(LINUX_GUEST)/devices.img $(LINUX_GUEST)/vmlinuz ## disks, networks of dom0, by Xen
	$(PYTHON) guests/dom0/bench.py $(BUILD) $(BENCH_ARGS)
$(LINUX_GUEST)/devices.img: guests/linux/mkinitrd.py guests/linux/init \
        guests/dom0/jobs.sh $(LINUX_GUEST)/cputime
	@mkdir -p $(@D)
	$(PYTHON) $< --jobs guests/dom0/jobs.sh --modules $(DOM0_MODULES) \
	    $@ guests/linux/init busybox fio iperf3 \
	    $(abspath $(LINUX_GUEST)/cputime)
$(LINUX_GUEST)/cputime: guests/dom0/cputime.c
	@mkdir -p $(@D)
	$(CC) -O2 $(WARN) $(GUEST_ABI) -include stdint.h -o $@ $<
.PHONY: bench-dom0
