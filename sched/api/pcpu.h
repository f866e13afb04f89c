/*
 * pcpu.h - the core's record of a CPU, and what of it is so short and so often
 * done that it stands inline in the host's paths. Only the core's own files
 * (core_private.h) touch the fields; hosts come here by core.h.
 */
#ifndef SCHED_API_PCPU_H
#define SCHED_API_PCPU_H

#include "sched/api/host.h"
#include "sched/api/sched.h"

struct sched_counts {
    uint64_t schedules, switches, idles, steals, wakes, moves, breaches;
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

void sched_send_away(unsigned cpu); /* core.c */

/* After sched_schedule(): release the CPU's lock. Who has to leave this CPU can
 * be taken from here on. */
static inline void sched_scheduled(unsigned cpu)
{
    const struct sched_pcpu *p = &sched_pcpus[cpu];

    if (unlikely(p->leaving != NULL))
        sched_send_away(cpu);
    else
        host_unlock(p->lock);
}

/* The clock reading of cpu's latest decision, while its lock is held. */
static inline ns_t sched_decided(unsigned cpu)
{
    return sched_pcpus[cpu].now;
}

/* Does nobody wait on this CPU? */
static inline bool sched_alone(unsigned cpu)
{
    return READ_ONCE(sched_pcpus[cpu].waiting) == 0;
}

#endif
