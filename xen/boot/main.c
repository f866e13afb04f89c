/*
 * main.c - starting up, as a table of contents.
 */
#include "xen/arch/x86/acpi.h"
#include "xen/arch/x86/apic.h"
#include "xen/arch/x86/clock.h"
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/efi.h"
#include "xen/arch/x86/ioapic.h"
#include "xen/arch/x86/traps.h"
#include "xen/arch/x86/vga.h"
#include "xen/base/console.h"
#include "xen/base/console_private.h"
#include "xen/base/frame.h"
#include "xen/base/time.h"
#include "xen/base/trace_host.h"
#include "xen/boot/boot.h"
#include "xen/core/event.h"
#include "xen/core/xen_frames.h"
#include "xen/dom/dom.h"
#include "xen/sched/run.h"

void main(uint32_t protocol, paddr_t information);

static void say_hello(void)
{
    log_info("Metronome, a hypervisor for Xen 4.17 guests");
    log_info("Loaded by %s%s, command line: %s", boot_info.loader,
             boot_info.efi ? " (UEFI)" : "", boot_info.cmdline);
    for (unsigned i = 0; i < boot_info.nr_ranges; i++)
        log_debug(" %012lx - %012lx type %u", boot_info.range[i].start,
                  boot_info.range[i].end, boot_info.range[i].type);
    for (unsigned i = 0; i < boot_info.nr_modules; i++)
        log_info("Module %u: %lu bytes at %#lx: %s", i,
                 boot_info.module[i].end - boot_info.module[i].start,
                 boot_info.module[i].start, boot_info.module[i].cmdline);
}

/* Below this not even our own tables fit; guests need more. */
#define MEMORY_MIN_MIB 16u

static void check_memory(void)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < boot_info.nr_ranges; i++)
        if (boot_info.range[i].type == BOOT_MEMORY_RAM)
            bytes += boot_info.range[i].end - boot_info.range[i].start;
    /* Firmware keeps a little of what the machine has. */
    if (bytes >> 20 < MEMORY_MIN_MIB - 2)
        die("The machine has %lu MiB of memory; at least %u MiB are needed.",
            bytes >> 20, MEMORY_MIN_MIB);
}

/* System time begins here. */
static void start_clock(void)
{
    const struct time_scale *scale;

    time_init(clock_init());
    scale = time_scale();
    clock_set_scale(scale->tsc_at_boot, scale->mul, scale->shift);
    time_set_wall_base(rtc_read() * 1000000000 - (uint64_t)time_now());
    clock_cpu_init();
}

static void say_ready(uint64_t start)
{
    uint64_t cycles = rdtsc() - start;

    log_info("Started in %lu us.", cycles * 1000 / time_scale()->tsc_khz);
}

void main(uint32_t protocol, paddr_t information)
{
    uint64_t start = rdtsc();

    boot_percpu();
    (void)boot_gather(protocol, information);
    boot_load_plugins();
    boot_options();
    console_init(&boot_info); /* messages so far come out here */
    say_hello();
    check_memory();
    cpu_tables_init(0);
    frames_init(&boot_info); /* memory, and the final page tables */
    log_info("%lu frames free of %lu", frame_count_free(), frame_count_total());
    vga_map();
    efi_init(boot_info.efi_table);
    (void)acpi_init(boot_info.rsdp);
    apic_init();
    ioapic_init();
    start_clock();
    boot_start_trace(boot_count_cpus());
    sched_host_init();
    run_cpu_start();
    boot_start_cpus();
    event_open_softirqs();
    trace_host_tell();
    boot_add_keys();
    xen_frames_share_trace();
    xen_frames_share_m2p();
    console_init_input();
    dom_start();
    say_ready(start);
    run_idle();
}
