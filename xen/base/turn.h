/*
 * turn.h - the end of a CPU's turn: the scheduler's own deadline.
 *
 * It is set anew at every switch of vCPUs, and so stands in no tree but beside
 * it. A turn that moves later leaves the clock event where it was: it comes to
 * nothing once, and costs nothing at each switch. Interrupts off.
 */
#ifndef XEN_BASE_TURN_H
#define XEN_BASE_TURN_H

#include "xen/arch/x86/clock.h"
#include "xen/arch/x86/percpu.h"
#include "xen/lib/types.h"

/* fn(cpu, now) is called, in the timer softirq, when the CPU's turn is over. */
void timer_open_turn(void (*fn)(unsigned cpu, ns_t now));

/* A CPU's own alone: what its clock event is set for (FOREVER: it is not), its
 * turn, and what else is due, when setting the clock event for that has been
 * left to the switch that is about to come; else FOREVER. */
struct timer_own {
    ns_t armed, turn, left;
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
    if (unlikely(own->left < when)) {
        when = own->left;
        own->left = FOREVER;
    }
    if (when < own->armed) {
        own->armed = when;
        clock_event_set(when);
    }
}

#endif
