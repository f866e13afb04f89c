/*
 * ap.c - starting the application processors, one after the other.
 *
 * SDM 3A 8.4.4: INIT, then start-up IPIs with the trampoline's page. The boot
 * CPU prepares per-CPU data and idle stack of each before it wakes it.
 */
#include <string.h>
#include "xen/arch/x86/acpi.h"
#include "xen/arch/x86/apic.h"
#include "xen/arch/x86/clock.h"
#include "xen/arch/x86/fatal.h"
#include "xen/arch/x86/paging.h"
#include "xen/arch/x86/percpu.h"
#include "xen/arch/x86/smp.h"
#include "xen/arch/x86/smp_private.h"
#include "xen/arch/x86/traps.h"
#include "xen/base/console.h"
#include "xen/base/frame.h"
#include "xen/boot/boot.h"
#include "xen/lib/cmdline.h"
#include "xen/sched/run.h"

extern const char trampoline_start[], trampoline_end[], trampoline_efer[];
extern char percpu_start[], percpu_end[], percpu_initial[];

/* Where the processor that starts now finds its struct stack_top. */
struct stack_top *trampoline_stack;

void ap_main(void) NORETURN;

static unsigned max_cpus = NR_CPUS;
CMDLINE_OPTION(maxcpus) = {
    "maxcpus", "1 to 256",    .kind = CMDLINE_UNSIGNED, .variable = &max_cpus,
    .min = 1,  .max = NR_CPUS
};

static bool ap_is_up; /* written by the processor that starts */

/* Comparing cycle counters: the two CPUs take turns, each reading its counter
 * after the other's reading is known to it, so that it must be later. */
#define COMPARE_ROUNDS 8u
static struct {
    unsigned turn;   /* even: the boot CPU's; atomic; carries the rest */
    uint64_t last;   /* the latest reading */
    uint64_t behind; /* by how much a reading came before the last one */
} compare;

static void compare_counters(unsigned parity)
{
    for (unsigned i = parity; i < COMPARE_ROUNDS; i += 2) {
        uint64_t now;

        while (__atomic_load_n(&compare.turn, __ATOMIC_ACQUIRE) != i)
            cpu_pause();
        now = rdtsc();
        if (now < compare.last && compare.last - now > compare.behind)
            compare.behind = compare.last - now;
        compare.last = now;
        __atomic_store_n(&compare.turn, i + 1, __ATOMIC_RELEASE);
    }
}

void boot_percpu(void)
{
    memcpy(percpu_initial, percpu_start, (size_t)(percpu_end - percpu_start));
}

/* The first instruction of C on an application processor, on its idle stack,
 * interrupts off. */
void ap_main(void)
{
    unsigned cpu = this_cpu_id();

    paging_cpu_init();
    cpu_tables_init(cpu);
    apic_cpu_init();
    clock_cpu_init();
    run_cpu_start();
    __atomic_store_n(&ap_is_up, true, __ATOMIC_RELEASE);
    compare_counters(1);
    run_idle();
}

static bool prepare(unsigned cpu)
{
    size_t size = (size_t)(percpu_end - percpu_start);
    unsigned order = 0;
    struct page *page;
    void *stack = stack_alloc();
    char *area;

    while (PAGE_SIZE << order < size)
        order++;
    page = frame_alloc(order, 0);
    if (!stack || !page)
        return false;
    area = mfn_to_virt(page_to_mfn(page));
    memcpy(area, percpu_initial, size);
    percpu_offset[cpu] = (uintptr_t)area - (uintptr_t)percpu_start;
    trampoline_stack = stack_top_of(stack);
    memset(trampoline_stack, 0, sizeof(*trampoline_stack));
    trampoline_stack->percpu_offset = percpu_offset[cpu];
    trampoline_stack->cpu = cpu;
    trampoline_stack->ring = &percpu_rings[cpu].ring;
    return true;
}

static bool wait_until_up(unsigned us)
{
    for (unsigned i = 0; i < us / 10; i++) {
        if (__atomic_load_n(&ap_is_up, __ATOMIC_ACQUIRE))
            return true;
        clock_wait_us(10);
    }
    return false;
}

static bool start(uint32_t apic_id, paddr_t trampoline)
{
    uint32_t startup = APIC_ICR_STARTUP | APIC_ICR_ASSERT |
                       (uint32_t)(trampoline >> PAGE_SHIFT);

    memset(&compare, 0, sizeof(compare));
    __atomic_store_n(&ap_is_up, false, __ATOMIC_RELEASE);
    apic_send(apic_id, APIC_ICR_INIT | APIC_ICR_LEVEL | APIC_ICR_ASSERT);
    clock_wait_us(100);
    apic_send(apic_id, startup);
    if (wait_until_up(1000))
        return true;
    apic_send(apic_id, startup); /* some need it twice */
    return wait_until_up(1000000);
}

static bool in_module(paddr_t page)
{
    for (unsigned i = 0; i < boot_info.nr_modules; i++)
        if (boot_info.module[i].start < page + PAGE_SIZE &&
            page < boot_info.module[i].end)
            return true;
    return false;
}

/* The highest page of this range below 640 KiB that holds no module (GRUB puts
 * small ones there), but not the first page (the BIOS's); 0: none. */
static paddr_t low_page_of(const struct boot_range *r)
{
    paddr_t page = r->end < 0xa0000 ? r->end & PAGE_MASK : 0xa0000;

    if (r->type != BOOT_MEMORY_RAM)
        return 0;
    while (page >= 2 * PAGE_SIZE && page - PAGE_SIZE >= r->start) {
        page -= PAGE_SIZE;
        if (!in_module(page))
            return page;
    }
    return 0;
}

/* For the trampoline. The frame allocator leaves all of the first MiB alone;
 * modules may stand there. */
static paddr_t find_low_page(void)
{
    paddr_t page = 0;

    for (unsigned i = 0; i < boot_info.nr_ranges && !page; i++)
        page = low_page_of(&boot_info.range[i]);
    return page;
}

static void copy_trampoline(paddr_t to)
{
    char *page = paddr_to_virt(to);
    uint32_t efer = (uint32_t)rdmsr(MSR_EFER) & ~(uint32_t)EFER_LMA;

    memcpy(page, trampoline_start, (size_t)(trampoline_end - trampoline_start));
    memcpy(page + (trampoline_efer - trampoline_start), &efer, sizeof(efer));
}

static void start_one(const struct acpi_cpu *c, paddr_t trampoline)
{
    unsigned cpu = smp_nr_cpus;

    if (!prepare(cpu)) {
        log_error("No memory for CPU %u.", cpu);
        return;
    }
    smp_set_cpu(cpu, (struct smp_cpu){ c->apic_id, c->acpi_id });
    if (!start(c->apic_id, trampoline)) {
        log_error("CPU with APIC id %u does not start; left out.", c->apic_id);
        return;
    }
    compare_counters(0);
    while (__atomic_load_n(&compare.turn, __ATOMIC_ACQUIRE) != COMPARE_ROUNDS)
        cpu_pause();
    if (compare.behind)
        log_warning("CPU %u: cycle counters differ by %lu cycles or more; "
                    "time will not be the same on all CPUs.",
                    cpu, compare.behind);
    cpuset_add(&smp_online, cpu);
    smp_nr_cpus++;
}

unsigned boot_count_cpus(void)
{
    if (!acpi.nr_cpus)
        return 1;
    return acpi.nr_cpus < max_cpus ? acpi.nr_cpus : max_cpus;
}

void boot_start_cpus(void)
{
    uint32_t own = apic_own_id();
    paddr_t trampoline = find_low_page();

    smp_init();
    smp_set_cpu(0, (struct smp_cpu){ own, 0 });
    for (unsigned i = 0; i < acpi.nr_cpus; i++)
        if (acpi.cpu[i].apic_id == own)
            smp_set_cpu(0, (struct smp_cpu){ own, acpi.cpu[i].acpi_id });
    if (!trampoline) {
        log_error("No memory below 640 KiB: one CPU only.");
        return;
    }
    copy_trampoline(trampoline);
    for (unsigned i = 0; i < acpi.nr_cpus && smp_nr_cpus < max_cpus; i++)
        if (acpi.cpu[i].apic_id != own &&
            (!apic.registers || acpi.cpu[i].apic_id < 255))
            start_one(&acpi.cpu[i], trampoline);
    log_info("%u CPUs", smp_nr_cpus);
}
