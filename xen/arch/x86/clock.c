/*
 * clock.c - measures the cycle counter and the APIC's timer, and sets events.
 *
 * Both are measured at once, in the same 10 ms of a reference whose rate is
 * known: HPET, ACPI PM timer, or PIT, in this order. Where CPUID gives the
 * counter's rate (leaf 0x15), it is believed.
 */
#include "xen/arch/x86/acpi.h"
#include "xen/arch/x86/apic.h"
#include "xen/arch/x86/clock.h"
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/irq.h"
#include "xen/arch/x86/msr.h"
#include "xen/arch/x86/paging.h"
#include "xen/lib/log.h"

#define HPET_PERIOD   0x004 /* femtoseconds */
#define HPET_CONFIG   0x010
#define HPET_COUNTER  0x0f0
#define HPET_ENABLE   1u
#define PM_TIMER_HZ   3579545u
#define PIT_HZ        1193182u
#define MEASURE_US    10000u
#define INVERSE_SHIFT 56

/* A counter of known rate, counting up, of so many bits. */
struct reference {
    const char *name;
    uint32_t (*read)(void);
    uint64_t hz;
    uint32_t mask;
};

/* Constant after clock_init() and clock_set_scale(). */
static struct clock {
    bool tsc_deadline;
    uint64_t tsc_khz;
    uint64_t apic_per_tsc; /* 32.32: APIC timer ticks a cycle */
    uint64_t tsc_at_boot;
    uint64_t inverse; /* cycles a ns, 8.56 */
    volatile char *hpet;
} clock;

static uint32_t read_hpet(void)
{
    return mmio_read32(clock.hpet + HPET_COUNTER);
}

static uint32_t read_pm_timer(void)
{
    return inl(acpi.pm_timer);
}

/* Channel 0 counts down from 65536, over and over. */
static uint32_t read_pit(void)
{
    uint32_t count;

    outb(0x43, 0x00); /* latch channel 0 */
    count = inb(0x40);
    count |= (uint32_t)inb(0x40) << 8;
    return 0xffff - count;
}

static bool use_hpet(struct reference *r)
{
    uint32_t period;

    if (!acpi.hpet)
        return false;
    clock.hpet = map_device(acpi.hpet, PAGE_SIZE);
    if (!clock.hpet)
        return false;
    period = mmio_read32(clock.hpet + HPET_PERIOD);
    if (!period || period > 100000000) /* HPET 1.0a 2.3.4 */
        return false;
    mmio_write32(clock.hpet + HPET_CONFIG,
                 mmio_read32(clock.hpet + HPET_CONFIG) | HPET_ENABLE);
    *r = (struct reference){ "HPET", read_hpet, 1000000000000000ull / period,
                             0xffffffff };
    return true;
}

static void choose_reference(struct reference *r)
{
    if (use_hpet(r))
        return;
    if (acpi.pm_timer) {
        *r = (struct reference){ "PM timer", read_pm_timer, PM_TIMER_HZ,
                                 0xffffff };
        return;
    }
    outb(0x43, 0x34); /* channel 0, both bytes, rate generator */
    outb(0x40, 0);
    outb(0x40, 0);
    *r = (struct reference){ "PIT", read_pit, PIT_HZ, 0xffff };
}

/* One reading of reference and counter together: the closest of a few, since
 * an SMI or the host of an emulator may come between. */
static uint64_t read_both(const struct reference *r, uint32_t *reference)
{
    uint64_t best = UINT64_MAX, tsc = 0;

    for (unsigned i = 0; i < 4; i++) {
        uint64_t before = rdtsc();
        uint32_t value = r->read();
        uint64_t after = rdtsc();

        if (after - before < best) {
            best = after - before;
            tsc = before + best / 2;
            *reference = value;
        }
    }
    return tsc;
}

/* kHz of the counter, by 10 ms of r; and the APIC timer's rate to it. */
static uint64_t measure(const struct reference *r)
{
    uint32_t first, last, apic_ticks;
    uint32_t wanted = (uint32_t)(r->hz * MEASURE_US / 1000000);
    uint64_t start, cycles;

    apic_write(APIC_TIMER_DIVIDE, APIC_TIMER_DIVIDE_BY_1);
    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED);
    start = read_both(r, &first);
    apic_write(APIC_TIMER_INITIAL, 0xffffffff);
    cycles = rdtsc();
    /* A counter that stands still must not hang us. */
    for (unsigned i = 0; i < 100000000; i++)
        if (((r->read() - first) & r->mask) >= wanted)
            break;
    apic_ticks = 0xffffffff - apic_read(APIC_TIMER_CURRENT);
    clock.apic_per_tsc = ((uint64_t)apic_ticks << 32) / (rdtsc() - cycles);
    cycles = read_both(r, &last) - start;
    apic_write(APIC_TIMER_INITIAL, 0);
    last = (last - first) & r->mask;
    if (last < wanted)
        return 0;
    return (uint64_t)((unsigned __int128)cycles * r->hz / last / 1000);
}

/* SDM 3B 19.7.3: crystal * numerator / denominator. 0: not told. */
static uint64_t khz_by_cpuid(void)
{
    struct cpuid_regs r;

    if (cpuid(0).eax < 0x15)
        return 0;
    r = cpuid(0x15);
    if (!r.eax || !r.ebx || !r.ecx)
        return 0;
    return (uint64_t)r.ecx * r.ebx / r.eax / 1000;
}

uint64_t clock_init(void)
{
    struct reference r;
    uint64_t khz, told = khz_by_cpuid();

    choose_reference(&r);
    khz = measure(&r);
    if (!khz)
        panic("the %s does not count: no clock to measure time by", r.name);
    if (told)
        khz = told;
    clock.tsc_khz = khz;
    clock.tsc_deadline = cpuid(1).ecx & 1u << 24;
    log_info("Cycle counter: %lu.%03lu MHz by %s%s; events by %s", khz / 1000,
             khz % 1000, told ? "CPUID, checked by " : "", r.name,
             clock.tsc_deadline ? "TSC deadline" : "APIC one-shot");
    if (cpuid(0x80000000).eax < 0x80000007 ||
        !(cpuid(0x80000007).edx & 1u << 8))
        log_debug("The processor does not promise an invariant counter.");
    return khz;
}

void clock_set_scale(uint64_t tsc_at_boot, uint32_t mul, int8_t shift)
{
    unsigned __int128 one = (unsigned __int128)1
                            << (INVERSE_SHIFT + 32 - shift);

    clock.tsc_at_boot = tsc_at_boot;
    clock.inverse = (uint64_t)(one / mul);
}

void clock_cpu_init(void)
{
    if (clock.tsc_deadline) {
        apic_write(APIC_LVT_TIMER, VECTOR_TIMER | APIC_TIMER_TSC_DEADLINE);
        /* SDM 3A 11.5.4.1: the mode must be in force before the MSR. */
        __asm__ volatile("mfence" : : : "memory");
        wrmsr(MSR_TSC_DEADLINE, 0);
        return;
    }
    apic_write(APIC_TIMER_DIVIDE, APIC_TIMER_DIVIDE_BY_1);
    apic_write(APIC_LVT_TIMER, VECTOR_TIMER);
    apic_write(APIC_TIMER_INITIAL, 0);
}

/* APIC ticks from now to the counter's reading `tsc`; at least 1. */
static uint32_t ticks_until(uint64_t tsc)
{
    uint64_t now = rdtsc(), ticks;

    if (tsc <= now)
        return 1;
    ticks = (uint64_t)((unsigned __int128)(tsc - now) * clock.apic_per_tsc >>
                       32) +
            1;
    return ticks > 0xffffffff ? 0xffffffff : (uint32_t)ticks;
}

/* The counter's first reading after `deadline`. */
static uint64_t tsc_after(ns_t deadline)
{
    uint64_t ns = deadline > 0 ? (uint64_t)deadline : 0;

    return clock.tsc_at_boot + 1 +
           (uint64_t)((unsigned __int128)ns * clock.inverse >> INVERSE_SHIFT);
}

void clock_event_set(ns_t deadline)
{
    uint64_t tsc = deadline != FOREVER ? tsc_after(deadline) : 0;

    if (clock.tsc_deadline)
        wrmsr(MSR_TSC_DEADLINE, tsc);
    else
        apic_write(APIC_TIMER_INITIAL, tsc ? ticks_until(tsc) : 0);
}

void clock_wait_us(unsigned us)
{
    uint64_t end = rdtsc() + us * clock.tsc_khz / 1000;

    while (rdtsc() < end)
        cpu_pause();
}
