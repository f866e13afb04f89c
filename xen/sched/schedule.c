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
        next->picked_at = sched_decided(this_cpu_id());
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
        run_trace_decision(prev, next);
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
            run_lock_wait(now));
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
