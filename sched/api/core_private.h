/*
 * core_private.h - what the files of the core share.
 */
#ifndef SCHED_API_CORE_PRIVATE_H
#define SCHED_API_CORE_PRIVATE_H

#include "sched/api/core.h"
#include "xen/lib/bug.h"

#define SCHED_PARAMS_MAX  32 /* of one plug-in */
#define SCHED_PLUGINS_MAX 64

/* Xen errnos (public/errno.h), as numbers: the core includes no Xen header. */
#define SCHED_EIO    5
#define SCHED_ENOMEM 12
#define SCHED_EBUSY  16
#define SCHED_EEXIST 17
#define SCHED_EINVAL 22
#define SCHED_ENOSPC 28

struct sched {
    struct sched_head head;      /* first; all locks */
    const struct sched_ops *ops; /* written under all its locks */
    unsigned number;             /* the host's */
    unsigned nr_cpus;            /* in cpus */
    unsigned nr_up;              /* in up */
    unsigned one_lock;           /* the lock of all, or CPUSET_NONE */
    ns_t now;                    /* then, the latest reading used under it */
    const char *broken;          /* the rule that was broken: the plug-in is not
                                  * called any more, the hands go on */
    unsigned broken_cpu;
    const struct sched_vcpu *broken_v;
    bool sound; /* broken, but its data can be shown */
    bool held;  /* sched_mend() has all locks: for a dump */
    const struct sched_ops *fallback; /* NULL: none */
    struct cpuset cpus; /* of the pool; written under all its locks */
    struct cpuset up;   /* those, and who is drained but not yet down; their
                         * locks are "all its locks"; written under them */
    struct cpuset idle; /* atomic: CPUs with nothing running to which nobody
                         * was sent since they last picked */
    LIST_HEAD(, sched_domain) domains; /* all locks */
    unsigned nr_vcpus;                 /* that have joined */
    unsigned master; /* the CPU that does account() and the watchdog */
    ns_t account_at, watch_at; /* the master's */
    ns_t patience;
    uint64_t seed;
    void *spare; /* of sched_change(): the area to come, or to go */
};

/* All locks of an instance, in ascending order; of two instances. */
void sched_lock_all(struct sched *s);
void sched_unlock_all(struct sched *s);
void sched_lock_two(struct sched *a, struct sched *b);
void sched_unlock_two(struct sched *a, struct sched *b);

/* now, but not before what this CPU has already seen, nor what others have
 * under its lock, which is held: a reading may have waited for the lock, and
 * others with newer ones had it first. Remembers it. */
static inline ns_t sched_clamp(struct sched_pcpu *p, ns_t now)
{
    struct sched *s = p->sched;

    if (unlikely(now < p->now))
        now = p->now;
    if (s && s->one_lock != CPUSET_NONE) {
        if (unlikely(now < s->now))
            now = s->now;
        s->now = now;
    }
    p->now = now;
    return now;
}

static inline bool sched_may_run(const struct sched_vcpu *v)
{
    return !v->core.blocked && (!v->core.pauses || v->core.finishing);
}

static inline void sched_state_to(struct sched_vcpu *v, enum sched_state to,
                                  ns_t now)
{
    if (v->core.state != to) {
        host_state(v, to, now);
        v->core.state = (uint8_t)to;
    }
}

/* The state of a vCPU in the core's hand. */
static inline enum sched_state sched_rest_state(const struct sched_vcpu *v)
{
    if (v->core.blocked)
        return SCHED_STATE_BLOCKED;
    return v->core.pauses ? SCHED_STATE_OFFLINE : SCHED_STATE_RUNNABLE;
}

static inline ns_t sched_add(ns_t a, ns_t b) /* saturating */
{
    ns_t sum;

    return __builtin_add_overflow(a, b, &sum) ? FOREVER : sum;
}

/* The moves; under v->cpu's lock; p is v->cpu's. core.c */
static inline void sched_hand_over(struct sched_pcpu *p, struct sched_vcpu *v,
                                   ns_t now)
{
    v->core.hand = SCHED_HAND_PLUGIN;
    v->core.waiting = now;
    p->waiting++;
}
static inline void sched_move_enqueue(struct sched_pcpu *p,
                                      struct sched_vcpu *v, enum sched_why why,
                                      ns_t now)
{
    sched_hand_over(p, v, now);
    if (likely(!p->sched->broken))
        p->sched->ops->enqueue(v, why, now);
}
void sched_move_dequeue(struct sched_vcpu *v, enum sched_why why, ns_t now);
/* order.c: vCPUs that go on waiting, in other hands or elsewhere. In turn, from
 * the one that has waited longest; so an exchange costs nobody its turn. v
 * stands in no queue. Under all locks. */
void sched_order_add(struct sched_queue *order, struct sched_vcpu *v);
/* To the plug-in of v->cpu, all of them; elsewhere: where place() says. */
void sched_order_wait(struct sched_queue *order, bool elsewhere, ns_t now);
void sched_charge(struct sched_pcpu *p, ns_t now);
/* v, in the core's hand, is to run if nothing prevents it: choose a CPU and
 * enqueue it there. Takes and releases locks. */
void sched_make_runnable(struct sched_vcpu *v, enum sched_why why, ns_t now);
/* Program the timer of a CPU for what is next; under its lock. */
static inline void sched_program_for(const struct sched_pcpu *p,
                                     const struct sched_ops *ops, unsigned cpu)
{
    ns_t when = p->resched_at;

    if (p->slow_at < when)
        when = p->slow_at;
    if (ops->tick && p->running && p->tick_at < when)
        when = p->tick_at;
    host_timer(cpu, when);
}
static inline void sched_program(const struct sched_pcpu *p, unsigned cpu)
{
    sched_program_for(p, p->sched->ops, cpu);
}

/* A rule is broken: remember the first one. Under a lock of s. breach.c */
void sched_breach(struct sched *s, unsigned cpu, const struct sched_vcpu *v,
                  const char *rule);
/* Report a broken rule and go over to the fallback. No lock held. */
void sched_mend(struct sched *s, ns_t now);

/* place.c */
unsigned sched_place(const struct sched_vcpu *v, ns_t now);
/* v waits although its CPU has another to run: have an idle CPU that v may
 * use pick, and so steal it. Who becomes idle later looks by itself. */
void sched_offer_idle(const struct sched_vcpu *v);
/* Have each idle CPU pick: it may steal. */
void sched_poke_idle(struct sched *s);
static inline void sched_offer(const struct sched_vcpu *v)
{
    if (v->sched->nr_cpus > 1)
        sched_offer_idle(v);
}
/* Send somebody to cpu: it has to be poked then. False: it is not idle, or is
 * to pick for another one already. So each waiter gets an idle CPU of its own,
 * as long as there are any. */
static inline bool sched_claim_idle(struct sched *s, unsigned cpu)
{
    uint64_t bit = (uint64_t)1 << (cpu % 64), *word = &s->idle.word[cpu / 64];

    return (READ_ONCE(*word) & bit) &&
           (__atomic_fetch_and(word, ~bit, __ATOMIC_RELAXED) & bit);
}
/* v has begun to wait on cpu, whose lock is held: tell who can run it. */
static inline void sched_announce(const struct sched_pcpu *p, unsigned cpu,
                                  const struct sched_vcpu *v)
{
    if (p->running) {
        sched_offer(v);
        return;
    }
    if (!sched_claim_idle(v->sched, cpu) && v->sched->nr_cpus > 1)
        sched_poke_idle(v->sched); /* one of two has to be run elsewhere */
    host_poke(cpu);
}
void sched_effective_affinity(struct sched_vcpu *v);

/* params.c: fill an area with the initial values of a scope. */
void sched_param_fill(const struct sched_ops *ops, enum sched_scope scope,
                      void *area);

/* pool.c: put ops in force with emptied areas, which are big enough. Called
 * with all locks of s held; releases them. */
void sched_install(struct sched *s, const struct sched_ops *ops, ns_t now);

/* pool.c: memory for an area of `own` bytes, or of the fallback's wish if that
 * is more. NULL: none. */
void *sched_area_alloc(const struct sched *s, size_t own, size_t of_fallback);
#define SCHED_AREA_ALLOC(s, ops, field)                                        \
    sched_area_alloc(s, (ops)->field, (s)->fallback ? (s)->fallback->field : 0)

/* tick.c: the master's part of the timer. No lock held. */
void sched_slow(struct sched *s, ns_t now);

#define for_each_domain_of(d, s) LIST_FOREACH (d, &(s)->domains, entry)
#define for_each_vcpu_of(v, d)   TAILQ_FOREACH (v, &(d)->vcpus, cold.peers)
#define for_each_vcpu_made(v, d) LIST_FOREACH (v, &(d)->made, cold.made)

#endif
