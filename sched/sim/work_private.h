/*
 * work_private.h - between work.c and together.c: loads of several vCPUs.
 */
#ifndef SCHED_SIM_WORK_PRIVATE_H
#define SCHED_SIM_WORK_PRIVATE_H

#include "sched/sim/work.h"

static inline struct sim_act act_compute(ns_t time)
{
    return (struct sim_act){ SIM_COMPUTE, time > 0 ? time : 1, NULL };
}

static inline struct sim_act act_sleep(ns_t time)
{
    return (struct sim_act){ SIM_SLEEP, time, NULL };
}

static inline struct sim_act act_block(void)
{
    return (struct sim_act){ SIM_BLOCK, 0, NULL };
}

/* The job released at sv->st.release is done. */
void work_job_end(struct sim_vcpu *sv, ns_t now);
/* Exponentially distributed, from sv's stream. */
ns_t work_exponential(struct sim_vcpu *sv, ns_t mean);

sim_load work_ping, work_pong, work_request, work_serve, work_forkjoin,
    work_spin;

#endif
