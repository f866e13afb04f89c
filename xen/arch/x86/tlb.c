/*
 * tlb.c - see tlb.h.
 */
#include "xen/arch/x86/tlb.h"

#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/msr.h"
#include "xen/arch/x86/paging.h"
#include "xen/arch/x86/smp.h"
#include "xen/arch/x86/spinlock.h"

struct tlb_clock tlb_clock = { .epoch = 1 };

DEFINE_PER_CPU_SHARED(struct tlb_cpu, tlb_cpu);

static void set_member(struct cpuset *s, unsigned cpu, bool member)
{
    uint64_t *word = &s->word[cpu / 64];
    uint64_t bit = (uint64_t)1 << (cpu % 64);

    if (member)
        __atomic_or_fetch(word, bit, __ATOMIC_SEQ_CST);
    else
        __atomic_and_fetch(word, ~bit, __ATOMIC_SEQ_CST);
}

/* The flush itself: only then is the epoch published. */
static void load(struct tlb_cpu *t, uint64_t cr3)
{
    uint64_t epoch = tlb_flush_epoch();

    if (unlikely(t->shadow))
        shadow_empty(t->shadow);
    write_cr3(cr3);
    WRITE_ONCE(t->seen, epoch);
}

void tlb_load(struct cpuset *cpus, uint64_t cr3)
{
    struct tlb_cpu *t = &this_cpu(tlb_cpu);
    struct cpuset *old = t->cpus;

    if (likely(old == cpus)) {
        t->cr3 = cr3;
        load(t, cr3);
        return;
    }
    /* In the new set before the load, in the old one until after it. */
    set_member(cpus, this_cpu_id(), true);
    t->cr3 = cr3;
    t->cpus = cpus;
    load(t, cr3);
    if (old)
        set_member(old, this_cpu_id(), false);
}

void tlb_leave(void)
{
    struct tlb_cpu *t = &this_cpu(tlb_cpu);

    t->shadow = NULL; /* its vCPU may be using it elsewhere */
    load(t, paging_cr3);
    t->cr3 = 0;
    if (t->cpus)
        set_member(t->cpus, this_cpu_id(), false);
    t->cpus = NULL;
}

void tlb_flush_here(uintptr_t address)
{
    uint64_t irq = irq_save();
    struct tlb_cpu *t = &this_cpu(tlb_cpu);

    if (!current_pv()) {
        tlb_leave();
    } else if (address == TLB_ALL) {
        load(t, t->cr3 ? t->cr3 : paging_cr3);
    } else if (address == TLB_GLOBAL) {
        uint64_t epoch = tlb_flush_epoch();

        if (unlikely(t->shadow))
            shadow_empty(t->shadow);
        write_cr4(read_cr4() & ~(uint64_t)CR4_PGE);
        write_cr4(read_cr4() | CR4_PGE);
        WRITE_ONCE(t->seen, epoch);
    } else {
        if (unlikely(t->shadow))
            shadow_empty_page(t->shadow, address);
        invlpg(address);
    }
    irq_restore(irq);
}

void tlb_flush_cpus(const struct cpuset *cpus, uintptr_t address)
{
    struct cpuset now;

    if (smp_nr_cpus <= 1) {
        tlb_flush_here(address);
        return;
    }
    now = *cpus;
    smp_flush_tlb(&now, address);
}

void tlb_flush_stale(const struct cpuset *cpus, uint64_t stamp)
{
    struct cpuset stale;
    bool any = false;
    unsigned c;

    if (!stamp)
        return; /* never given up: the epoch began at 1 */
    if (smp_nr_cpus <= 1) {
        if (this_cpu(tlb_cpu).seen <= stamp)
            tlb_flush_here(TLB_ALL);
        return;
    }
    stale = (struct cpuset){ .word = { 0 } };
    for (c = 0; c < smp_nr_cpus; c++) {
        if (!cpuset_has(cpus, c) || READ_ONCE(cpu(c, tlb_cpu).seen) > stamp)
            continue;
        cpuset_add(&stale, c);
        any = true;
    }
    if (any)
        smp_flush_tlb(&stale, TLB_ALL);
}
