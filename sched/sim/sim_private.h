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
/* When something that is due at `due` takes place: as in the run that is
 * followed, else after what it costs. */
ns_t sim_followed(const struct sim *sim, const struct sim_follow *f, ns_t due,
                  ns_t cost);
/* What the clock showed for what takes place in f at this time. */
ns_t sim_reading(const struct sim_follow *f, ns_t at);
void sim_follow_no_more(struct sim *sim);
/* Did this decision of cpu find a peer's lock held, in the run that is
 * followed?
 */
bool sim_lock_busy(const struct sim *sim, unsigned cpu);
/* How long a cpu takes from now to a decision that is due: as in the run that
 * is followed, else this. */
ns_t sim_delay(const struct sim *sim, unsigned cpu, ns_t due, ns_t cost);
void sim_poke(struct sim *sim, unsigned cpu, ns_t delay);
void sim_born(struct sim_vcpu *sv); /* it joins, or is unpaused: at an alarm */
void sim_state_change(struct sim_vcpu *sv, enum sched_state to, ns_t now);

#endif
