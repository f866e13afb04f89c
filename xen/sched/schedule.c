/*
 * schedule.c - a CPU's turns: the switch from vCPU to vCPU, and idling.
 *
 * schedule() reads the clock once, asks the core whose turn it is, and changes
 * stacks. The core's lock is held from the decision until the new stack is in
 * use, so that no other CPU takes the old vCPU while its stack is still ours.
 * Whoever comes back from thread_switch(), or starts by run_started(), is
 * perhaps on another CPU than when it left: it looks everything up anew.
 */
#include "sched/api/core.h"
#include "trace/trace.h"
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/base/console.h"
#include "xen/base/timer.h"
#include "xen/base/turn.h"
#include "xen/lib/bug.h"
#include "xen/sched/run_private.h"

DEFINE_PER_CPU(struct run_cpu, run_cpu);

_Static_assert(offsetof(struct run, sv) == 0, "run_of() relies on it");

/* ---- tracing a switch ---- */

static uint32_t dom_of(const struct run *r)
{
    return r ? r->sv.dom : DOMID_IDLE;
}

static uint32_t id_of(const struct run *r)
{
    return r ? r->sv.id : this_cpu_id();
}

/* How long after `now` the lock was had under which what was done with it. */
static uint32_t lock_wait(ns_t now)
{
    return (uint32_t)(time_of_tsc(this_cpu(run_cpu).locked) - now);
}

static void trace_pick(const struct run *next)
{
    ns_t granted = next ? next->sv.core.granted : FOREVER;
    ns_t now = sched_decided(this_cpu_id());

    if (trace_enabled(TRACE_SCHED_PICK))
        trace_put_6_times(trace_header(TRACE_SCHED_PICK, 6),
                          trace_id(dom_of(next), id_of(next)),
                          (uint64_t)granted, (uint64_t)now, lock_wait(now));
}

/* Negative if another CPU, with a later reading, came first: no time then. */
static uint32_t word_of(ns_t span)
{
    if (likely((uint64_t)span <= INT32_MAX))
        return (uint32_t)span;
    return span < 0 ? 0 : INT32_MAX;
}

static void trace_switch(const struct run *prev, const struct run *next,
                         ns_t now)
{
    trace_4(TRC_SCHED_SWITCH_INFPREV, dom_of(prev), id_of(prev),
            prev ? word_of(now - prev->picked_at) : 0,
            prev ? word_of(prev->sv.core.granted) : 0);
    trace_4(TRC_SCHED_SWITCH_INFNEXT, dom_of(next), id_of(next),
            next ? word_of(now - next->sv.core.waiting) : 0,
            next ? word_of(next->sv.core.granted) : 0);
    trace_4(TRC_SCHED_SWITCH, dom_of(prev), id_of(prev), dom_of(next),
            id_of(next));
}

static void trace_continue(const struct run *r, ns_t now)
{
    trace_1(TRC_SCHED_CONTINUE_RUNNING, trace_id(dom_of(r), id_of(r)));
    if (r)
        trace_4(TRC_SCHED_SWITCH_INFCONT, r->sv.dom, r->sv.id,
                word_of(now - r->picked_at), word_of(r->sv.core.granted));
}

static void trace_decision(const struct run *prev, const struct run *next,
                           ns_t now)
{
    trace_pick(next);
    if (next == prev)
        trace_continue(next, now);
    else
        trace_switch(prev, next, now);
}

/* ---- the switch ---- */

/* On the new stack: let others have the old one. */
static inline void arrive(void)
{
    struct run *r;

    sched_scheduled(this_cpu_id());
    r = run_current();
    if (r)
        r->switch_in(r);
    irq_enable();
}

void run_started(void)
{
    arrive();
}

static void switch_to(struct run_cpu *here, struct run *prev, struct run *next)
{
    if (prev)
        prev->switch_out(prev, next);
    here->current = next;
    if (next)
        next->picked_at = here->now;
    thread_switch(prev ? &prev->thread : &here->idle,
                  next ? &next->thread : &here->idle);
    arrive();
}

void schedule(void)
{
    struct run_cpu *here;
    struct run *prev, *next;

    irq_disable();
    here = &this_cpu(run_cpu);
    prev = here->current;
    next = run_of(sched_schedule(this_cpu_id(), run_now()));
    if (unlikely(trace_enabled(TRC_SCHED_MIN | TRC_SCHED_VERBOSE)))
        trace_decision(prev, next, here->now);
    if (next == prev) {
        sched_scheduled(this_cpu_id());
        irq_enable();
        return;
    }
    switch_to(here, prev, next);
}

void preempt_slow(void)
{
    struct run *r = run_current();

    if (!r) {
        softirq_run();
        return;
    }
    r->sv.core.finishing = true;
    softirq_run();
    WRITE_ONCE(r->sv.core.finishing, false);
    if (READ_ONCE(r->sv.core.pauses)) /* it was put off: see run.h */
        softirq_raise(SOFTIRQ_SCHEDULE);
}

/* ---- a CPU's life ---- */

static void turn_is_over(unsigned cpu, ns_t now)
{
    sched_timer(cpu, now);
    trace_3(TRC_SCHED_S_TIMER_FN, (uint32_t)now, (uint32_t)(now >> 32),
            lock_wait(now));
}

void run_cpu_start(void)
{
    unsigned cpu = this_cpu_id();
    struct run_cpu *here = &this_cpu(run_cpu);
    int error;

    *here = (struct run_cpu){ .current = NULL };
    this_cpu(softirq).any = 0;
    timer_start_cpu();
    timer_open_turn(turn_is_over);
    softirq_open(SOFTIRQ_SCHEDULE, schedule);
    here->idle.stack = (void *)((uintptr_t)stack_top() & ~(STACK_SIZE - 1));
    host_idle(cpu, true, run_now()); /* in the trace, too */
    error = run_join_pool(cpu, here->now);
    if (error)
        panic("CPU%u cannot join the scheduler's pool (error %d)", cpu, error);
}

void run_idle(void)
{
    irq_enable();
    for (;;) {
        softirq_run();
        irq_disable();
        if (softirq_pending())
            irq_enable();
        else
            cpu_wait();
    }
}

ns_t run_idle_time(unsigned on)
{
    const struct run_cpu *c = &cpu(on, run_cpu);
    ns_t total = READ_ONCE(c->idle_time);

    if (!READ_ONCE(c->current))
        total += time_now() - READ_ONCE(c->idle_from);
    return total;
}
