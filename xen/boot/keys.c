/*
 * keys.c - debug keys of the parts that have none of their own.
 */
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/fatal.h"
#include "xen/arch/x86/irq.h"
#include "xen/arch/x86/percpu.h"
#include "xen/arch/x86/smp.h"
#include "xen/base/console.h"
#include "xen/base/frame.h"
#include "xen/base/timer.h"
#include "xen/base/trace_host.h"
#include "xen/boot/boot.h"
#include "xen/core/dump.h"
#include "xen/core/pirq.h"
#include "xen/hypercall/hypercall.h"
#include "xen/sched/run.h"

static void show_memory(void)
{
    log_error("Frames: %lu free of %lu; %lu unexpected interrupts",
              frame_count_free(), frame_count_total(), irq_unexpected);
}

static void show_here(void *arg)
{
    (void)arg;
    log_error("CPU %u:", this_cpu_id());
    dump_guest_here();
    fatal_show_backtrace((uintptr_t)__builtin_frame_address(0));
}

static void show_timers_here(void *arg)
{
    (void)arg;
    timer_dump();
}

/* One CPU after the other, so that their lines don't mix. */
static void on_each_cpu(void (*fn)(void *arg))
{
    unsigned cpu;

    for_each_cpu (cpu, &smp_online) {
        struct cpuset one = { 0 };

        cpuset_add(&one, cpu);
        smp_call(&one, fn, NULL);
    }
}

static void show_cpus(void)
{
    on_each_cpu(show_here);
}

static void show_timers(void)
{
    on_each_cpu(show_timers_here);
}

static void provoke_panic(void)
{
    panic("asked for by a debug key");
}

static void provoke_fault(void)
{
    /* An address that is in no map, so that a page fault's panic is seen. */
    *(volatile int *)(DIRECTMAP_START - 8) = 0;
}

void boot_add_keys(void)
{
    console_add_key('q', "domains and their vCPUs", dump_domains);
    console_add_key('p', "domains' frames by type", dump_pages);
    console_add_key('c', "frames, ports and grants, counted", dump_counts);
    console_add_key('r', "run queues", sched_dump_all);
    console_add_key('S', "change to the next scheduler", sched_next_all);
    console_add_key('t', "timers", show_timers);
    console_add_key('i', "dom0's interrupts", pirq_dump);
    console_add_key('m', "memory", show_memory);
    console_add_key('d', "what each CPU is doing", show_cpus);
    console_add_key('u', "what guests asked for and is not served",
                    hypercall_show_unknown);
    console_add_key('T', "the last trace records", trace_show_last);
    console_add_key('C', "panic", provoke_panic);
    console_add_key('F', "fault in the hypervisor, and panic", provoke_fault);
    console_add_key('R', "reboot", fatal_reboot);
}
