/*
 * host_inline.h - the part of the scheduler's host that stands inline in the
 * core's hot paths; sched/api/host.h includes it by SCHED_HOST_INLINE, which
 * xen.mk defines. The contracts are in host.h, the rest is in host.c.
 */
#ifndef XEN_SCHED_HOST_INLINE_H
#define XEN_SCHED_HOST_INLINE_H

#include "sched/api/host.h"
#include "trace/trace.h"
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/base/softirq.h"
#include "xen/base/turn.h"
#include "xen/sched/run.h"

struct host_lock {
    struct spinlock lock; /* rank SCHED; interrupts off */
} ALIGNED(64);
extern struct host_lock host_locks[NR_CPUS];

static inline unsigned host_cpu(void)
{
    return this_cpu_id();
}

/* For the trace, in which order CPUs came to what is under a lock: a clock
 * reading for a decision is older than that by the wait for the lock. */
static inline void host_locked(void)
{
    if (unlikely(trace_enabled(TRACE_SCHED_PICK)))
        this_cpu(run_cpu).locked = rdtsc();
}

static inline void host_lock(unsigned lock)
{
    spin_lock(&host_locks[lock].lock);
    host_locked();
}

static inline bool host_trylock(unsigned lock)
{
    if (likely(spin_trylock(&host_locks[lock].lock))) {
        host_locked();
        return true;
    }
    trace_1(TRACE_SCHED_BUSY, lock);
    return false;
}

static inline void host_unlock(unsigned lock)
{
    spin_unlock(&host_locks[lock].lock);
}

static inline void host_timer(unsigned cpu, ns_t when)
{
    timer_set_turn(cpu, when);
}

static inline void host_poke(unsigned cpu)
{
    softirq_raise_on(cpu, SOFTIRQ_SCHEDULE);
}

static inline bool host_pending(struct sched_vcpu *v)
{
    const struct run *r = (const struct run *)(void *)v;

    return r->ready ? r->ready(r->ready_arg) : READ_ONCE(r->notified) != 0;
}

void host_trace_state(struct run *r, enum sched_state to, ns_t now);

static inline void host_state(struct sched_vcpu *v, enum sched_state to,
                              ns_t now)
{
    struct run *r = (struct run *)(void *)v;

    /* Another CPU's reading may have come first: no time is negative. */
    if (unlikely(now < r->state_entry))
        now = r->state_entry;
    if (unlikely(trace_enabled(TRC_SCHED_MIN | TRC_SCHED_VERBOSE)))
        host_trace_state(r, to, now);
    r->time[v->core.state] += now - r->state_entry;
    r->state_entry = now;
}

#endif
