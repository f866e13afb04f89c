/*
 * host.h - what a host of plug-ins supplies to the core.
 *
 * A host is the hypervisor (xen/sched/), the simulator, or a test. The core
 * (core.h) calls these few functions and nothing else of its host.
 */
#ifndef SCHED_API_HOST_H
#define SCHED_API_HOST_H

#include <stdarg.h>
#include "sched/api/sched.h"

/* What a vCPU is doing: Xen's RUNSTATE_* numbers. */
enum sched_state {
    SCHED_STATE_RUNNING = 0,
    SCHED_STATE_RUNNABLE = 1,
    SCHED_STATE_BLOCKED = 2,
    SCHED_STATE_OFFLINE = 3,
};

struct sched_breach {
    struct sched *sched;
    const char *plugin;         /* its name */
    const char *rule;           /* which rule, in words */
    unsigned cpu;               /* where it was seen */
    const struct sched_vcpu *v; /* whom it concerns, or NULL */
    bool can_fall_back;         /* there is another scheduler to go on with */
};

/* A host may define some of what follows inline, in a header of its own. */
#ifdef SCHED_HOST_INLINE
#include SCHED_HOST_INLINE
#else

/* The CPU on which this code runs. */
unsigned host_cpu(void);

/* Scheduler locks: one per CPU, numbered like it; spinning, not recursive. */
void host_lock(unsigned lock);
bool host_trylock(unsigned lock);
void host_unlock(unsigned lock);

/* Call sched_timer(cpu) at `when` or soon after; replaces the former `when`
 * of that CPU. FOREVER: not at all. A call too early does no harm. Each
 * sched_schedule() comes here: a host may leave its clock to that. */
void host_timer(unsigned cpu, ns_t when);

/* Make cpu call sched_schedule() soon. Any CPU, this one included. */
void host_poke(unsigned cpu);

/* v goes from v->core.state to `to` at `now`; called under v->cpu's lock,
 * once per change, before v->core.state is written. */
void host_state(struct sched_vcpu *v, enum sched_state to, ns_t now);

/* A blocked v leaves its CPU: is something already pending for it? True: it
 * is not blocked after all. Under its CPU's lock. */
bool host_pending(struct sched_vcpu *v);

#endif

/* cpu, which is this one, begins or ends to have nothing to run; in order with
 * host_state(): after the last vCPU has left, before the next one comes. */
void host_idle(unsigned cpu, bool begins, ns_t now);

/* An event of the plug-in's table. */
void host_trace(const struct sched *s, unsigned event,
                const struct sched_vcpu *v, int64_t a);
void host_vprint(const char *format, va_list args);

/* Zeroed memory, or NULL; host_free(NULL) is fine. At creation only. */
void *host_alloc(size_t size);
void host_free(void *p);

/* A plug-in broke a rule. Notes it (sched_dump() shows its state). If it
 * returns the fallback takes over; it must not return if b->can_fall_back is
 * false, nor if the host is to stop. All locks of the instance are held,
 * interrupts are off, and its other CPUs wait: be quick, print later. */
void host_breach(const struct sched_breach *b);

#endif
