/*
 * steal.c - a CPU with nothing to run asks its peers.
 *
 * Only trylock is used, so no order of the CPUs' locks is needed and no CPU
 * waits for another. A peer whose lock was busy may hold the only waiter: then
 * this CPU picks again shortly.
 */
#include "sched/api/core_private.h"

/* Long enough for a lock holder to be gone, short beside any slice. */
#define STEAL_RETRY US(10)

/* One peer. Sets *busy if it could not be asked. */
static struct sched_vcpu *steal_from(struct sched *s, unsigned from,
                                     unsigned cpu, sched_take *take, bool *busy)
{
    struct sched_vcpu *v;

    if (from == cpu || !sched_waiting(s, from))
        return NULL;
    if (!sched_peer_trylock(s, from)) {
        *busy = true;
        return NULL;
    }
    v = take(s, from, cpu);
    sched_peer_unlock(s, from);
    return v;
}

struct sched_pick sched_steal(struct sched *s, unsigned cpu, sched_take *take)
{
    const struct cpuset *cpus = sched_cpus(s);
    struct sched_vcpu *v = NULL;
    bool busy = false;
    unsigned from;

    if (s->nr_cpus == 1)
        return (struct sched_pick){ NULL, FOREVER };
    for (from = sched_next_cpu(s, cpus, cpu + 1); !v && from < CPUSET_MAX;
         from = sched_next_cpu(s, cpus, from + 1))
        v = steal_from(s, from, cpu, take, &busy);
    for (from = sched_next_cpu(s, cpus, 0); !v && from < cpu;
         from = sched_next_cpu(s, cpus, from + 1))
        v = steal_from(s, from, cpu, take, &busy);
    return (struct sched_pick){ v, v || !busy ? FOREVER : STEAL_RETRY };
}
