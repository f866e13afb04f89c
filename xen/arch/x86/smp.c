/*
 * smp.c - reaching the other processors.
 *
 * smp_call(): one call at a time, under a lock; each CPU counts itself off.
 *
 * smp_flush_tlb(): one request at a time too, but a CPU that waits (for the
 * lock, or for the others) with interrupts off must serve the request of
 * whoever is before it, or the two would wait for each other: so every waiting
 * loop calls flush_serve().
 */
#include "xen/arch/x86/apic.h"
#include "xen/arch/x86/fatal.h"
#include "xen/arch/x86/irq.h"
#include "xen/arch/x86/percpu.h"
#include "xen/arch/x86/smp.h"
#include "xen/arch/x86/smp_private.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/arch/x86/tlb.h"
#include "xen/arch/x86/traps.h"
#include "xen/lib/bug.h"

unsigned smp_nr_cpus = 1;
struct cpuset smp_online = { .word = { 1 } };

/* Constant after boot. */
static struct smp_cpu cpus[NR_CPUS];

static struct {
    struct spinlock lock; /* rank CALL: the call in progress */
    void (*fn)(void *arg);
    void *arg;
    unsigned left; /* CPUs that have not done it yet; atomic */
} call;

static struct {
    struct spinlock lock; /* rank FLUSH: the request in progress */
    uintptr_t address;
    unsigned left; /* atomic */
} flush;

static DEFINE_PER_CPU_SHARED(bool, flush_wanted);

/* A panic is under way: whoever gets an NMI stops. */
static bool stopping;

uint32_t smp_apic_id(unsigned cpu)
{
    return cpus[cpu].apic_id;
}

uint32_t smp_acpi_id(unsigned cpu)
{
    return cpus[cpu].acpi_id;
}

void smp_set_cpu(unsigned cpu, struct smp_cpu ids)
{
    cpus[cpu] = ids;
}

void ipi_send(unsigned cpu, unsigned vector)
{
    apic_send(cpus[cpu].apic_id, vector);
}

void ipi_send_set(const struct cpuset *set, unsigned vector)
{
    unsigned cpu, self = this_cpu_id();

    for_each_cpu (cpu, set)
        if (cpu != self)
            ipi_send(cpu, vector);
}

/* ---- calls ---- */
static void call_interrupt(struct cpu_user_regs *regs)
{
    (void)regs;
    call.fn(call.arg);
    __atomic_fetch_sub(&call.left, 1, __ATOMIC_RELEASE);
}

void smp_call(const struct cpuset *set, void (*fn)(void *arg), void *arg)
{
    unsigned cpu, self, others = 0;
    uint64_t flags;
    bool here;

    spin_lock(&call.lock);
    self = this_cpu_id();
    for_each_cpu (cpu, set)
        others += cpu != self;
    here = cpuset_has(set, self);
    call.fn = fn;
    call.arg = arg;
    __atomic_store_n(&call.left, others, __ATOMIC_RELEASE);
    ipi_send_set(set, VECTOR_CALL);
    if (here) {
        flags = irq_save();
        fn(arg);
        irq_restore(flags);
    }
    while (__atomic_load_n(&call.left, __ATOMIC_ACQUIRE))
        cpu_pause();
    spin_unlock(&call.lock);
}

/* ---- TLB ---- */
/* Do what another CPU wants of this one. Interrupts off. */
static void flush_serve(void)
{
    bool *wanted = &this_cpu(flush_wanted);

    if (!__atomic_load_n(wanted, __ATOMIC_ACQUIRE))
        return;
    tlb_flush_here(flush.address);
    __atomic_store_n(wanted, false, __ATOMIC_RELAXED);
    __atomic_fetch_sub(&flush.left, 1, __ATOMIC_RELEASE);
}

static void flush_interrupt(struct cpu_user_regs *regs)
{
    (void)regs;
    flush_serve();
}

static void flush_others(const struct cpuset *set, uintptr_t address)
{
    unsigned cpu, self = this_cpu_id(), others = 0;

    while (!spin_trylock(&flush.lock)) {
        flush_serve();
        cpu_pause();
    }
    flush.address = address;
    for_each_cpu (cpu, set)
        others += cpu != self;
    __atomic_store_n(&flush.left, others, __ATOMIC_RELAXED);
    for_each_cpu (cpu, set)
        if (cpu != self) {
            __atomic_store_n(&cpu(cpu, flush_wanted), true, __ATOMIC_RELEASE);
            ipi_send(cpu, VECTOR_TLB);
        }
    while (__atomic_load_n(&flush.left, __ATOMIC_ACQUIRE))
        cpu_pause();
    spin_unlock(&flush.lock);
}

void smp_flush_tlb(const struct cpuset *set, uintptr_t address)
{
    uint64_t flags = irq_save();
    unsigned self = this_cpu_id();
    unsigned first = cpuset_next(set, 0);

    if (cpuset_has(set, self))
        tlb_flush_here(address);
    if (first != CPUSET_NONE &&
        (first != self || cpuset_next(set, self + 1) != CPUSET_NONE))
        flush_others(set, address);
    irq_restore(flags);
}

/* ---- the end ---- */
void trap_nmi(struct cpu_user_regs *regs)
{
    (void)regs;
    if (__atomic_load_n(&stopping, __ATOMIC_ACQUIRE))
        for (;;)
            cpu_halt();
    /* Else nobody asked for it: a watchdog or a button. Nothing to do. */
}

void fatal_stop_others(void)
{
    __atomic_store_n(&stopping, true, __ATOMIC_RELEASE);
    if (smp_nr_cpus > 1)
        apic_send_others(APIC_ICR_NMI | APIC_ICR_ASSERT);
}

/* An interrupt that only has to end a `hlt` or bring a guest into the
 * hypervisor, where softirqs are looked at. */
static void reschedule_interrupt(struct cpu_user_regs *regs)
{
    (void)regs;
}

void smp_init(void)
{
    irq_set_handler(VECTOR_RESCHEDULE, reschedule_interrupt);
    irq_set_handler(VECTOR_CALL, call_interrupt);
    irq_set_handler(VECTOR_TLB, flush_interrupt);
}
