/*
 * timer.h - one-shot timers, per CPU, in a tree by expiry.
 *
 * A callback runs in the timer softirq of the timer's CPU, interrupts on, no
 * lock held; it may set its own timer again. Timers are embedded in what they
 * serve. All functions: hypercall or softirq context, or interrupts off.
 *
 * The scheduler's own deadline stands apart: turn.h.
 */
#ifndef XEN_BASE_TIMER_H
#define XEN_BASE_TIMER_H

#include <bsd/sys/tree.h>
#include "xen/lib/types.h"

enum timer_state { TIMER_IDLE, TIMER_ARMED, TIMER_DEAD };

struct timer {
    RB_ENTRY(timer) entry;
    ns_t expires;
    void (*fn)(void *arg);
    void *arg;
    unsigned cpu;  /* changes only by timer_migrate() */
    uint8_t state; /* enum timer_state; under the CPU's timer lock */
};

/* On each CPU, before anything is armed there. */
void timer_start_cpu(void);

void timer_init(struct timer *t, void (*fn)(void *arg), void *arg,
                unsigned cpu);

/* (Re)arm t for `expires`, ns since boot; in the past: as soon as can be. */
void timer_set(struct timer *t, ns_t expires);
void timer_stop(struct timer *t); /* not armed any more; fn may still run */
void timer_migrate(struct timer *t, unsigned cpu);
/* Waits for fn, but not from within fn; never armed again. */
void timer_kill(struct timer *t);

static inline bool timer_armed(const struct timer *t)
{
    return READ_ONCE(t->state) == TIMER_ARMED;
}

/* Debug key: what is armed. */
void timer_dump(void);

#endif
