/*
 * timer.h - one-shot timers, per CPU, in a tree by expiry.
 *
 * A callback runs in the timer softirq of the timer's CPU, interrupts on, no
 * lock held; it may set its own timer again. Timers are embedded in what they
 * serve. All functions: hypercall or softirq context, or interrupts off.
 *
 * Besides the tree each CPU has a turn: the scheduler's own deadline, which is
 * set anew at every switch and so stands in no tree.
 */
#ifndef XEN_BASE_TIMER_H
#define XEN_BASE_TIMER_H

#include <bsd/sys/tree.h>
#include "xen/arch/x86/clock.h"
#include "xen/arch/x86/percpu.h"
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

/* The scheduler's: fn(cpu, now) when the CPU's turn is over. Interrupts off.
 * A turn that moves later leaves the clock event where it was: it comes to
 * nothing once, and costs nothing at each switch. */
void timer_open_turn(void (*fn)(unsigned cpu, ns_t now));

/* What a CPU's clock event is set for, and its turn. Its own alone. */
struct timer_own {
    ns_t armed, turn;
};
DECLARE_PER_CPU(struct timer_own, timer_own);

void timer_set_turn_remote(unsigned cpu, ns_t when);

static inline void timer_set_turn(unsigned on, ns_t when)
{
    struct timer_own *own = &this_cpu(timer_own);

    if (unlikely(on != this_cpu_id())) {
        timer_set_turn_remote(on, when);
        return;
    }
    own->turn = when;
    if (when < own->armed) {
        own->armed = when;
        clock_event_set(when);
    }
}

/* Debug key: what is armed. */
void timer_dump(void);

#endif
