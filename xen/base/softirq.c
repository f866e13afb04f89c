/*
 * softirq.c - see softirq.h.
 */
#include "xen/base/softirq.h"

#include "xen/arch/up.h"
#include "xen/arch/x86/irq.h"
#include "xen/arch/x86/smp.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/lib/bug.h"

DEFINE_PER_CPU_SHARED(union softirq_word, softirq);

struct work_list {
    struct softirq_work *first, **end;
};
static DEFINE_PER_CPU(struct work_list, work);

/* Written at boot only. */
static void (*handlers[NR_SOFTIRQS])(void);

void softirq_open(enum softirq nr, void (*handler)(void))
{
    handlers[nr] = handler;
}

void softirq_raise_remote(unsigned cpu, enum softirq nr)
{
    uint32_t bit = (uint32_t)1 << nr;

    /* A bit that stands already has its IPI on the way. */
    if (!(__atomic_fetch_or(&cpu(cpu, softirq).remote, bit, __ATOMIC_SEQ_CST) &
          bit))
        ipi_send(cpu, VECTOR_RESCHEDULE);
}

/* Take the lowest bit that is set, or return NR_SOFTIRQS. An interrupt between
 * the two instructions can only add bits. */
static unsigned take_lowest(void)
{
    union softirq_word *w = &this_cpu(softirq);
    uint32_t remote, nr;

    if (unlikely(READ_ONCE(w->remote))) {
        remote = __atomic_exchange_n(&w->remote, 0, __ATOMIC_SEQ_CST);
        __asm__ volatile("orl %1, %0" : "+m"(w->local) : "r"(remote) : "cc");
    }
    if (!READ_ONCE(w->local))
        return NR_SOFTIRQS;
    nr = (uint32_t)__builtin_ctz(READ_ONCE(w->local));
    __asm__ volatile("andl %1, %0"
                     : "+m"(w->local)
                     : "r"(~((uint32_t)1 << nr))
                     : "cc", "memory");
    return nr;
}

void softirq_run(void)
{
    unsigned nr;

    while ((nr = take_lowest()) != NR_SOFTIRQS)
        if (likely(handlers[nr] != NULL))
            handlers[nr]();
}

void up_softirqs(void)
{
    softirq_run();
}

static void run_work(void)
{
    struct softirq_work *w;

    for (;;) {
        struct work_list *list = &this_cpu(work);

        irq_disable();
        w = list->first;
        if (w)
            list->first = w->next;
        irq_enable();
        if (!w)
            return;
        WRITE_ONCE(w->queued, 0);
        w->fn(w->arg);
    }
}

void softirq_defer(struct softirq_work *w)
{
    struct work_list *list;
    uint64_t flags;

    if (__atomic_exchange_n(&w->queued, 1, __ATOMIC_ACQ_REL))
        return;
    flags = irq_save();
    list = &this_cpu(work);
    w->next = NULL;
    if (list->first)
        *list->end = w;
    else
        list->first = w;
    list->end = &w->next;
    handlers[SOFTIRQ_WORK] = run_work;
    softirq_raise(SOFTIRQ_WORK);
    irq_restore(flags);
}
