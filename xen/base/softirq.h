/*
 * softirq.h - work that an interrupt leaves for the way out of the hypervisor.
 *
 * A softirq is a bit of a per-CPU word. The bits are looked at before every
 * return to a guest, in preempt_point() and in the idle loop; handlers run with
 * interrupts on, no lock held. SCHEDULE is the last and may switch stacks.
 *
 * The word has two halves: `local` is changed by its own CPU alone, with single
 * instructions and so without lock prefix; `remote` by the others, atomically.
 */
#ifndef XEN_BASE_SOFTIRQ_H
#define XEN_BASE_SOFTIRQ_H

#include "xen/arch/x86/percpu.h"
#include "xen/lib/types.h"

enum softirq {
    SOFTIRQ_TIMER,
    SOFTIRQ_WORK, /* softirq_defer() */
    SOFTIRQ_KEYS,
    SOFTIRQ_CON_RING, /* there is something new in the console's ring */
    SOFTIRQ_TBUF,     /* this CPU's trace ring is half full */
    SOFTIRQ_SCHEDULE,
    NR_SOFTIRQS,
};

union softirq_word {
    uint64_t any; /* what entry.S tests */
    struct {
        uint32_t local, remote;
    };
};

DECLARE_PER_CPU(union softirq_word, softirq);

void softirq_open(enum softirq nr, void (*handler)(void));

/* On this CPU. Any context. */
static inline void softirq_raise(enum softirq nr)
{
    __asm__ volatile("orl %1, %0"
                     : "+m"(this_cpu(softirq).local)
                     : "ri"((uint32_t)1 << nr)
                     : "cc");
}

void softirq_raise_remote(unsigned cpu, enum softirq nr);

/* On any CPU; an IPI is sent if it is another. Any context. */
static inline void softirq_raise_on(unsigned cpu, enum softirq nr)
{
    if (cpu == this_cpu_id())
        softirq_raise(nr);
    else
        softirq_raise_remote(cpu, nr);
}

static inline bool softirq_pending(void)
{
    return READ_ONCE(this_cpu(softirq).any) != 0;
}

/* Run what is pending until nothing is. Interrupts on, no lock held; may
 * return on another CPU. */
void softirq_run(void);

/* Work for this CPU's next softirq_run(), from an interrupt handler. w is the
 * caller's and stays queued once however often it is deferred before. */
struct softirq_work {
    void (*fn)(void *arg);
    void *arg;
    struct softirq_work *next;
    uint8_t queued;
};
void softirq_defer(struct softirq_work *w);

#endif
