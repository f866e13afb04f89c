/*
 * tlb.h - which CPUs may hold stale translations of guests, and flushing them.
 *
 * The argument is in docs/pagetypes.md. The global epoch only grows. Each full
 * flush of a CPU's guest translations records in its tlb_seen the epoch read
 * before it; who gives up a frame keeps the epoch read after its last
 * translation was removed (tlb_stamp()). A CPU whose tlb_seen is greater than
 * a stamp holds nothing older.
 *
 * No locks; the words are atomic. CPUs that may have a domain's tables loaded
 * are in that domain's cpuset, changed by atomic operations here.
 */
#ifndef XEN_ARCH_X86_TLB_H
#define XEN_ARCH_X86_TLB_H

#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/percpu.h"
#include "xen/arch/x86/shadow.h"
#include "xen/lib/cpuset.h"
#include "xen/lib/types.h"

struct tlb_clock {
    uint64_t epoch; /* starts at 1; atomic */
    uint64_t used;  /* the last epoch that served as a stamp */
};

extern struct tlb_clock tlb_clock;

struct tlb_cpu {
    uint64_t seen;         /* all given up before this epoch is flushed */
    uint64_t cr3;          /* what is loaded; 0: the hypervisor's own */
    struct cpuset *cpus;   /* of the domain whose tables are loaded, or NULL */
    struct shadow *shadow; /* what they are shadows in, or NULL: shadow.h */
};

DECLARE_PER_CPU(struct tlb_cpu, tlb_cpu);

/* The stamp of a frame that is being given up. A full barrier stands between
 * the removal of its last translation and this. */
static inline uint64_t tlb_stamp(void)
{
    uint64_t epoch = __atomic_load_n(&tlb_clock.epoch, __ATOMIC_RELAXED);

    if (__atomic_load_n(&tlb_clock.used, __ATOMIC_RELAXED) < epoch)
        __atomic_store_n(&tlb_clock.used, epoch, __ATOMIC_RELAXED);
    return epoch;
}

/* The epoch that the flush about to happen brings this CPU to. */
static inline uint64_t tlb_flush_epoch(void)
{
    uint64_t epoch = __atomic_load_n(&tlb_clock.epoch, __ATOMIC_RELAXED);

    if (__atomic_load_n(&tlb_clock.used, __ATOMIC_RELAXED) >= epoch)
        epoch = __atomic_add_fetch(&tlb_clock.epoch, 1, __ATOMIC_RELAXED);
    return epoch;
}

/* Flush what this CPU holds of the current vCPU's, whose tables are loaded.
 * Interrupts on or off: one that flushes in between does no harm, as it loads
 * the same tables, and an epoch that is recorded late is only too low. */
static inline void tlb_flush_local(void)
{
    struct tlb_cpu *t = &this_cpu(tlb_cpu);
    uint64_t epoch = tlb_flush_epoch();

    if (unlikely(!t->cr3))
        return; /* the hypervisor's own tables: nothing of a guest's */
    if (unlikely(t->shadow))
        shadow_empty(t->shadow);
    write_cr3(t->cr3);
    WRITE_ONCE(t->seen, epoch);
}

/* Load cr3, of the domain whose set is `cpus`, in any case: that flushes, and
 * empties this CPU's `shadow`. Interrupts off. */
void tlb_load(struct cpuset *cpus, uint64_t cr3);

/* Is it loaded already? */
static inline bool tlb_loaded(const struct cpuset *cpus, uint64_t cr3)
{
    const struct tlb_cpu *t = &this_cpu(tlb_cpu);

    return t->cpus == cpus && t->cr3 == cr3;
}

/* Load the hypervisor's own tables: nothing of a guest is walked any more.
 * Interrupts off. */
void tlb_leave(void);

/* Flush this CPU: one guest address, or all with TLB_ALL, or global ones too
 * with TLB_GLOBAL (smp.h). In the handler of smp_flush_tlb(): an idle CPU
 * leaves the tables of its last guest instead. Any context. */
void tlb_flush_here(uintptr_t address);

/* smp_flush_tlb() on those that are in a domain's set, which may change. */
void tlb_flush_cpus(const struct cpuset *cpus, uintptr_t address);

/* Flush those of `cpus` that may hold translations given up at `stamp` or
 * before. Interrupts on, or as smp_flush_tlb() allows. */
void tlb_flush_stale(const struct cpuset *cpus, uint64_t stamp);

#endif
