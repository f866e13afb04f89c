/*
 * run.c - the life of a vCPU in the scheduler, and the verbs of run.h.
 */
#include "xen/sched/run.h"

#include <xen/errno.h>
#include "trace/trace.h"
#include "xen/arch/x86/irq.h"
#include "xen/arch/x86/smp.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/base/frame.h"
#include "xen/sched/run_private.h"

struct spinlock run_members_lock;

struct run_domain *run_domain_create(uint16_t id)
{
    struct run_domain *rd = mem_alloc(sizeof(*rd));
    int error;

    if (!rd)
        return NULL;
    error = run_domain_enter(rd, id);
    if (error) {
        mem_free(rd);
        return NULL;
    }
    trace_1(TRC_SCHED_DOM_ADD, id);
    return rd;
}

void run_domain_destroy(struct run_domain *rd)
{
    if (!rd)
        return;
    trace_1(TRC_SCHED_DOM_REM, rd->sd.dom);
    run_domain_leave(rd);
    mem_free(rd);
}

struct sched_domain *run_sched_domain(struct run_domain *rd)
{
    return &rd->sd;
}

/* The n-th of the pool's CPUs, counting on from the last at the first. */
static unsigned spread(const struct run_domain *rd, unsigned n)
{
    const struct cpuset *cpus = sched_cpus(rd->sd.sched);
    unsigned cpu, nr = 0;

    for_each_cpu (cpu, cpus)
        nr++;
    n %= nr ? nr : 1;
    for_each_cpu (cpu, cpus)
        if (n-- == 0)
            return cpu;
    return 0;
}

int run_create(struct run *r, struct run_domain *rd, uint16_t dom, uint16_t id,
               run_switch_out *switch_out, run_switch_in *switch_in)
{
    uint64_t flags;
    int error;

    r->switch_out = switch_out;
    r->switch_in = switch_in;
    spin_lock(&run_members_lock);
    error = sched_vcpu_init(&r->sv, &rd->sd, id, spread(rd, dom + id));
    if (error) {
        spin_unlock(&run_members_lock);
        return error;
    }
    flags = irq_save();
    r->state_entry = run_now();
    r->last_cpu = r->sv.cpu;
    error = sched_vcpu_join(&r->sv, r->state_entry);
    if (!error)
        trace_4(TRACE_SCHED_VCPU_ADD, trace_id(dom, id), r->sv.cpu,
                (uint32_t)r->state_entry, (uint32_t)(r->state_entry >> 32));
    irq_restore(flags);
    if (error)
        sched_vcpu_fini(&r->sv);
    spin_unlock(&run_members_lock);
    return error;
}

void run_destroy(struct run *r)
{
    uint64_t flags;

    if (!r->sv.priv)
        return;
    spin_lock(&run_members_lock);
    flags = irq_save();
    sched_vcpu_leave(&r->sv, run_now());
    irq_restore(flags);
    sched_vcpu_fini(&r->sv);
    spin_unlock(&run_members_lock);
}

/* ---- waking and blocking ---- */

void run_notify_cause(struct run *r, uint32_t cause, uint32_t detail)
{
    uint64_t flags;
    unsigned on;

    if (!sched_blocked(&r->sv)) {
        /* It may be about to block, and then looks at `notified`: the
         * exchange orders the store before our second look. */
        if (!READ_ONCE(r->notified))
            (void)__atomic_exchange_n(&r->notified, 1, __ATOMIC_SEQ_CST);
        if (likely(!sched_blocked(&r->sv))) {
            on = READ_ONCE(r->sv.cpu);
            if (sched_is_running(&r->sv) && on != this_cpu_id())
                ipi_send(on, VECTOR_RESCHEDULE);
            return;
        }
    }
    flags = irq_save();
    r->cause = cause;
    r->detail = detail;
    sched_wake_slow(&r->sv, run_now());
    irq_restore(flags);
}

void run_notify(struct run *r)
{
    run_notify_cause(r, TRACE_CAUSE_EVENT, 0);
}

void run_expect_notify(void)
{
    struct run *r = run_current();

    (void)__atomic_exchange_n(&r->notified, 0, __ATOMIC_SEQ_CST);
}

void run_block(bool (*ready)(void *arg), void *arg)
{
    struct run *r = run_current();

    r->ready = ready;
    r->ready_arg = arg;
    sched_will_block(&r->sv);
    schedule();
}

/* A hint. Its instance may change, and with interrupts on even end. */
static bool others_wait(const struct run *r)
{
    uint64_t flags = irq_save();
    const struct sched *s = r->sv.sched;
    bool wait = !sched_alone(this_cpu_id()) ||
                (sched_ops_of(s)->flags & SCHED_ONE_LOCK);

    irq_restore(flags);
    return wait;
}

const struct sched_ops *run_ops(const struct run *r)
{
    uint64_t flags = irq_save();
    const struct sched_ops *ops = sched_ops_of(r->sv.sched);

    irq_restore(flags);
    return ops;
}

void run_yield(void)
{
    struct run *r = run_current();

    if (r) {
        trace_2(TRC_SCHED_YIELD, r->sv.dom, r->sv.id);
        if (!others_wait(r))
            return; /* to whom? (a guest that spins asks often) */
        sched_will_yield(&r->sv);
    }
    schedule();
}

/* ---- pausing ---- */

void run_pause(struct run *r)
{
    uint64_t flags = irq_save();

    trace_2(TRC_SCHED_SLEEP, r->sv.dom, r->sv.id);
    sched_pause(&r->sv, run_now());
    irq_restore(flags);
}

void run_unpause(struct run *r)
{
    uint64_t flags = irq_save();

    r->cause = TRACE_CAUSE_KICK;
    r->detail = 0;
    sched_unpause(&r->sv, run_now());
    irq_restore(flags);
}

/* Off its CPU, and not in the middle of a hypercall that others preempted. */
static bool stopped(const struct run *r)
{
    return !sched_is_running(&r->sv) && !READ_ONCE(r->sv.core.finishing);
}

void run_wait_stopped(struct run *r)
{
    while (r != run_current() && !stopped(r)) {
        if (r->sv.cpu == this_cpu_id())
            run_yield();
        else
            preempt_point();
        __builtin_ia32_pause();
    }
}

bool run_must_stop(void)
{
    const struct run *r = run_current();

    return r && READ_ONCE(r->sv.core.pauses) != 0;
}

void run_stop(void)
{
    struct run *r = run_current();

    while (READ_ONCE(r->sv.core.pauses))
        schedule();
}

int run_set_affinity(struct run *r, const struct cpuset *hard,
                     const struct cpuset *soft)
{
    uint64_t flags = irq_save();
    int error = sched_set_affinity(&r->sv, hard, soft, run_now());

    irq_restore(flags);
    return error;
}
