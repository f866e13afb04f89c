/*
 * softirq.h - work that an interrupt leaves for the way out of the hypervisor.
 *
 * A softirq is a bit of a per-CPU word. The bits are looked at before every
 * return to a guest, in preempt_point() and in the idle loop; handlers run with
 * interrupts on, no lock held. SCHEDULE is the last and may switch stacks.
 */
#ifndef XEN_BASE_SOFTIRQ_H
#define XEN_BASE_SOFTIRQ_H

#include "xen/lib/types.h"

enum softirq {
    SOFTIRQ_TIMER,
    SOFTIRQ_WORK, /* softirq_defer() */
    SOFTIRQ_KEYS,
    SOFTIRQ_SCHEDULE,
    NR_SOFTIRQS,
};

void softirq_open(enum softirq nr, void (*handler)(void));
void softirq_raise(enum softirq nr);                   /* on this CPU */
void softirq_raise_on(unsigned cpu, enum softirq nr);  /* IPI if needed */
bool softirq_pending(void);
void softirq_run(void);

#endif
