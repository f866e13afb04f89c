/*
 * run_private.h - what the files of the scheduler's host share.
 */
#ifndef XEN_SCHED_RUN_PRIVATE_H
#define XEN_SCHED_RUN_PRIVATE_H

#include "sched/api/core.h"
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/base/time.h"
#include "xen/sched/run.h"

struct run_domain {
    struct sched_domain sd;
};

/* sv is the first member: NULL stays NULL. */
static inline struct run *run_of(struct sched_vcpu *v)
{
    return (struct run *)(void *)v;
}

/* Read the clock, as counter and as system time. Interrupts off. */
static inline ns_t run_now(void)
{
    struct run_cpu *here = &this_cpu(run_cpu);

    here->tsc = rdtsc();
    here->now = time_of_tsc(here->tsc);
    return here->now;
}

/* How long after `now` the lock was had under which what was done with it. */
static inline uint32_t run_lock_wait(ns_t now)
{
    return (uint32_t)(time_of_tsc(this_cpu(run_cpu).locked) - now);
}

/* Whose turn is it on this CPU? Switches to it; returns when it is the caller's
 * again, perhaps on another CPU. Interrupts on, no lock held. */
void schedule(void);

/* decision.c. For schedule(), while anything of the scheduler is traced. */
void run_trace_decision(const struct run *prev, const struct run *next);

/* Rank MEMBERS: which domains and vCPUs the pool has, and its plug-in; taken at
 * creation, destruction and change. */
extern struct spinlock run_members_lock;

/* pool.c. enter: in Pool-0, 0 or -ENOMEM. */
int run_join_pool(unsigned cpu, ns_t now);
int run_domain_enter(struct run_domain *rd, uint16_t id);
void run_domain_leave(struct run_domain *rd);

#endif
