/*
 * sim_private.h - between the engine (sim.c) and what it supplies to the core.
 */
#ifndef SCHED_SIM_SIM_PRIVATE_H
#define SCHED_SIM_SIM_PRIVATE_H

#include "sched/sim/sim.h"

#define SIM_FOR_LONG S(1000000000) /* a load that never ends by itself */

void sim_host_is(struct sim *sim); /* NULL: none any more */
void sim_host_cpu(unsigned cpu);   /* what follows happens there */
void sim_program(struct sim *sim, unsigned cpu, ns_t when);
void sim_decide(struct sim *sim); /* every CPU that was poked, until none is */
void sim_follow_no_more(struct sim *sim);
/* follow.c: what f, a list of the run that is followed, says of it. */
ns_t sim_follow_due(const struct sim *sim, const struct sim_follow *f, ns_t due,
                    ns_t cost);
ns_t sim_follow_reading(const struct sim_follow *f, ns_t at);
bool sim_follow_busy(const struct sim_follow *f, ns_t at);

/* When something that is due at `due` takes place: as in the run that is
 * followed, else (f is NULL) after what it costs. */
static inline ns_t sim_followed(const struct sim *sim,
                                const struct sim_follow *f, ns_t due, ns_t cost)
{
    if (unlikely(f != NULL))
        return sim_follow_due(sim, f, due, cost);
    return due + cost > sim->at ? due + cost : sim->at;
}
/* What the clock showed for what takes place in f at this time. */
static inline ns_t sim_reading(const struct sim_follow *f, ns_t at)
{
    return unlikely(f != NULL) ? sim_follow_reading(f, at) : at;
}
/* Did this decision of cpu find a peer's lock held, in the run that is
 * followed? */
static inline bool sim_lock_busy(const struct sim *sim, unsigned cpu)
{
    const struct sim_follow *f = sim->cpus[cpu].busy;

    return unlikely(f != NULL) && sim_follow_busy(f, sim->at);
}
/* How long a cpu takes from now to a decision that is due: as in the run that
 * is followed, else this. */
static inline ns_t sim_delay(const struct sim *sim, unsigned cpu, ns_t due,
                             ns_t cost)
{
    return sim_followed(sim, sim->cpus[cpu].decided, due, cost) - sim->at;
}
void sim_poke(struct sim *sim, unsigned cpu, ns_t delay);
void sim_born(struct sim_vcpu *sv); /* it joins, or is unpaused: at an alarm */
void sim_state_change(struct sim_vcpu *sv, enum sched_state to, ns_t now);

#endif
