/*
 * run_private.h - between the files that play a scenario.
 *
 * run.c makes the simulation, watches it and judges; action.c does what the
 * scenario says, pool.c what is about pools and their CPUs; load.c is what the
 * vCPUs do.
 */
#ifndef SCHED_KIT_RUN_PRIVATE_H
#define SCHED_KIT_RUN_PRIVATE_H

#include "sched/kit/kit.h"

/* Make the domains' and the system's parameters what the scenario says. */
void kit_settings(struct kit_run *r);
/* Do action number i, and those that belong to it; returns the next one. */
unsigned kit_act(struct kit_run *r, unsigned i);
/* How long one may wait by the watchdog, with the plug-in that is in force. */
void kit_set_patience(struct kit_run *r);
/* m joins. */
void kit_join(struct kit_run *r, struct kit_member *m);

sim_load kit_load;

/* ---- pool.c ---- */

/* The scenario's second pool, if it has one. Before there are domains. */
void kit_pool_make(struct kit_run *r);
/* The number of an instance; what is in force where m is. */
unsigned kit_pool_of(const struct kit_run *r, const struct sched *s);
const struct sched_ops *kit_ops_of(const struct kit_run *r,
                                   const struct kit_member *m);
/* All members may run just where they were told to, in their pool. */
void kit_check_affinity(struct kit_run *r);
void kit_on_cpu(struct kit_run *r, const struct kit_action *a);
void kit_on_domain(struct kit_run *r, const struct kit_action *a);

/* Time adds up: vCPU by vCPU, CPU by CPU, and what charge() was told. */
void kit_check_accounting(struct kit_run *r);
/* Tell the sets of rules. */
void kit_tell_action(struct kit_run *r, const struct kit_action *a, int result);

#endif
