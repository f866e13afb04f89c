/*
 * timer.h - one-shot timers, per CPU, in a tree by expiry.
 *
 * A callback runs in the timer softirq of the timer's CPU, interrupts on, no
 * lock held; it may set its own timer again. Timers are embedded in what they
 * serve. All functions: hypercall or softirq context, and with interrupts off.
 */
#ifndef XEN_BASE_TIMER_H
#define XEN_BASE_TIMER_H

#include <bsd/sys/tree.h>
#include "xen/lib/types.h"

struct timer {
    RB_ENTRY(timer) entry;
    ns_t expires;
    void (*fn)(void *arg);
    void *arg;
    unsigned cpu;
    uint8_t state;
};

void timer_init(struct timer *t, void (*fn)(void *arg), void *arg,
                unsigned cpu);

/* (Re)arm t for `expires`, ns since boot; in the past: as soon as can be. */
void timer_set(struct timer *t, ns_t expires);
void timer_stop(struct timer *t); /* not armed any more; fn may still run */
void timer_migrate(struct timer *t, unsigned cpu);
void timer_kill(struct timer *t); /* waits for fn; never armed again */
bool timer_armed(const struct timer *t);

#endif
