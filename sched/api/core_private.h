/*
 * core_private.h - what the files of the core share.
 */
#ifndef SCHED_API_CORE_PRIVATE_H
#define SCHED_API_CORE_PRIVATE_H

#include "sched/api/core.h"
#include "xen/lib/bug.h"

#define SCHED_PARAMS_MAX  32 /* of one plug-in */
#define SCHED_PLUGINS_MAX 32

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
    unsigned nr_cpus;
    unsigned words;     /* of a cpuset in which its CPUs stand */
    unsigned one_lock;  /* the lock of all, or CPUSET_NONE */
    const char *broken; /* the rule that was broken: the plug-in is not
                         * called any more, the hands go on */
    unsigned broken_cpu;
    const struct sched_vcpu *broken_v;
    bool sound; /* broken, but its data can be shown */
    bool held;  /* sched_mend() has all locks: for a dump */
    const struct sched_ops *fallback; /* NULL: none */
    struct cpuset cpus; /* of the pool; written under all its locks */
    struct cpuset up;   /* those, and who is drained but not yet down; their
                         * locks are "all its locks"; written under them */
    struct cpuset idle; /* atomic: CPUs with nothing running */
    LIST_HEAD(, sched_domain) domains; /* all locks */
    unsigned nr_vcpus;                 /* that have joined */
    unsigned master; /* the CPU that does account() and the watchdog */
    ns_t account_at, watch_at; /* the master's */
    ns_t patience;
    uint64_t seed;
    void *spare; /* of sched_change(): the area to come, or to go */
};

/* So aligned, an index into the array is a shift. */
struct sched_pcpu {
    struct sched *sched;        /* NULL: not up. All locks of the instance */
    struct sched_vcpu *running; /* NULL: idle */
    unsigned lock;    /* its lock's number; read again after taking it */
    unsigned waiting; /* vCPUs in the plug-in's hand with v->cpu here */
    ns_t now;         /* the latest reading of the clock used here */
    ns_t resched_at;  /* pick again at the latest at this time */
    ns_t tick_at;     /* when the next tick falls due, if something runs */
    ns_t slow_at;     /* account and watchdog: the master's; else FOREVER */
    /* Ran here, has to go to another CPU: SCHED_HAND_CORE, decided upon in
     * sched_schedule(); or SCHED_HAND_AWAY, its domain was moved. */
    struct sched_vcpu *leaving;
    unsigned peer;    /* whose lock a pick() holds besides, or CPUSET_NONE */
    bool peer_locked; /* it is another lock than ours */
    bool deciding;    /* in sched_schedule(): resched is under way anyhow */
    uint64_t random;
    struct sched_counts counts;
    void *spare; /* as in struct sched */
} ALIGNED(256);

extern struct sched_pcpu sched_pcpus[CPUSET_MAX];

/* Take the lock of cpu / of v->cpu, which may change while we wait. */
static inline void sched_lock_cpu(unsigned cpu)
{
    const struct sched_pcpu *p = &sched_pcpus[cpu];

    for (;;) {
        unsigned lock = READ_ONCE(p->lock);

        host_lock(lock);
        if (likely(lock == READ_ONCE(p->lock)))
            return;
        host_unlock(lock);
    }
}
static inline void sched_unlock_cpu(unsigned cpu)
{
    host_unlock(sched_pcpus[cpu].lock);
}
/* All locks of an instance, in ascending order; of two instances. */
void sched_lock_all(struct sched *s);
void sched_unlock_all(struct sched *s);
void sched_lock_two(struct sched *a, struct sched *b);
void sched_unlock_two(struct sched *a, struct sched *b);

/* now, but not before what this CPU has already seen; remembers it. */
static inline ns_t sched_clamp(struct sched_pcpu *p, ns_t now)
{
    if (unlikely(now < p->now))
        return p->now;
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
/* v, in nobody's hand, waits on where place() says. All locks held. */
void sched_wait_elsewhere(struct sched_vcpu *v, ns_t now);
void sched_charge(struct sched_pcpu *p, ns_t now);
/* v, in the core's hand, is to run if nothing prevents it: choose a CPU and
 * enqueue it there. Takes and releases locks. */
void sched_make_runnable(struct sched_vcpu *v, enum sched_why why, ns_t now);
/* Program the timer of a CPU for what is next; under its lock. */
static inline void sched_program(struct sched_pcpu *p, unsigned cpu)
{
    ns_t when = p->resched_at;

    if (p->slow_at < when)
        when = p->slow_at;
    if (p->sched->ops->tick && p->running && p->tick_at < when)
        when = p->tick_at;
    host_timer(cpu, when);
}

/* A rule is broken: remember the first one. Under a lock of s. breach.c */
void sched_breach(struct sched *s, unsigned cpu, const struct sched_vcpu *v,
                  const char *rule);
/* Report a broken rule and go over to the fallback. No lock held. */
void sched_mend(struct sched *s, ns_t now);

/* place.c */
unsigned sched_place(const struct sched_vcpu *v, ns_t now);
/* v begins to wait although its CPU runs another: have an idle CPU that v may
 * use pick, and so steal it. Who becomes idle later looks by itself. */
void sched_offer_idle(const struct sched_vcpu *v);
static inline void sched_offer(const struct sched_vcpu *v)
{
    if (v->sched->nr_cpus > 1)
        sched_offer_idle(v);
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
#define for_each_vcpu_of(v, d)   TAILQ_FOREACH (v, &(d)->vcpus, core.peers)

#endif
