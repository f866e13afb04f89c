/*
 * decision.c - the trace records of a decision: what the plug-in chose, and who
 * leaves the CPU and who comes.
 *
 * Interrupts off, under the core's lock, before the stacks change. These are
 * the most frequent records of a trace of the scheduler: those of a switch are
 * written in one piece if there is room.
 */
#include "trace/switch.h"
#include "xen/base/trace_here.h"
#include "xen/sched/run_private.h"

static uint32_t dom_of(const struct run *r)
{
    return r ? r->sv.dom : DOMID_IDLE;
}

static uint32_t id_of(const struct run *r)
{
    return r ? r->sv.id : this_cpu_id();
}

/* Negative if another CPU, with a later reading, came first: no time then. */
static uint32_t word_of(ns_t span)
{
    if (likely((uint64_t)span <= INT32_MAX))
        return (uint32_t)span;
    return span < 0 ? 0 : INT32_MAX;
}

static void put_pick(const struct run *next, ns_t decided)
{
    trace_put_6_times(trace_header(TRACE_SCHED_PICK, 6),
                      trace_id(dom_of(next), id_of(next)),
                      (uint64_t)(next ? next->sv.core.granted : FOREVER),
                      (uint64_t)decided, run_lock_wait(decided));
}

static NOINLINE void continues(const struct run *r, ns_t decided)
{
    if (trace_switch_enabled())
        put_pick(r, decided);
    trace_1(TRC_SCHED_CONTINUE_RUNNING, trace_id(dom_of(r), id_of(r)));
    if (r)
        trace_4(TRC_SCHED_SWITCH_INFCONT, r->sv.dom, r->sv.id,
                word_of(decided - r->picked_at), word_of(r->sv.core.granted));
}

/* By value: the usual way then has it in registers. */
static NOINLINE void put_one_by_one(const struct run *next,
                                    struct trace_switch s)
{
    put_pick(next, (ns_t)s.now);
    trace_4(TRC_SCHED_SWITCH_INFPREV, s.from_dom, s.from_vcpu, s.ran,
            s.from_granted);
    trace_4(TRC_SCHED_SWITCH_INFNEXT, s.dom, s.vcpu, s.waited, s.granted);
    trace_4(TRC_SCHED_SWITCH, s.from_dom, s.from_vcpu, s.dom, s.vcpu);
}

/* A function of its own: guests/bench/steps.py counts its calls. */
static NOINLINE void put_switch(const struct run *prev, const struct run *next,
                                ns_t decided)
{
    struct trace_switch s = {
        .run_for = (uint64_t)(next ? next->sv.core.granted : FOREVER),
        .now = (uint64_t)decided,
        .locked = run_lock_wait(decided),
        .from_dom = dom_of(prev),
        .from_vcpu = id_of(prev),
        .ran = prev ? word_of(decided - prev->picked_at) : 0,
        .from_granted = prev ? word_of(prev->sv.core.granted) : 0,
        .dom = dom_of(next),
        .vcpu = id_of(next),
        .waited = next ? word_of(decided - next->sv.core.waiting) : 0,
        .granted = next ? word_of(next->sv.core.granted) : 0,
    };

    if (unlikely(!trace_put_switch(trace_this_ring(), trace_clock, &s)))
        put_one_by_one(next, s);
}

void run_trace_decision(const struct run *prev, const struct run *next)
{
    ns_t decided = sched_decided(this_cpu_id());

    if (next == prev)
        continues(next, decided);
    else if (trace_switch_enabled())
        put_switch(prev, next, decided);
}
