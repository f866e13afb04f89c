/*
 * run.h - a vCPU as the hypervisor's scheduler host knows it.
 *
 * struct run is the first member of struct vcpu. The verbs below move it
 * between the core's hand and the plug-in's (sched/api/sched.h); runstates and
 * domain virtual time are kept here, exactly: one reading of the clock ends one
 * vCPU's run and begins the next one's.
 */
#ifndef XEN_SCHED_RUN_H
#define XEN_SCHED_RUN_H

#include <xen/vcpu.h>
#include "sched/api/sched.h"
#include "xen/arch/x86/thread.h"

struct run_domain; /* the plug-in's area of a domain, and its parameters */

struct run {
    struct sched_vcpu sv;
    struct thread thread;
    /* Runstate, under the scheduler lock of its CPU; RUNSTATE_* of vcpu.h. */
    uint8_t state;
    uint8_t pauses;      /* reasons why it may not run; 0: it may */
    bool blocked;        /* it waits for an event */
    bool in_hypervisor;  /* was preempted in a hypercall: finish it first */
    ns_t state_entry;    /* when `state` was entered, system time */
    ns_t time[4];        /* spent in each state up to state_entry */
    void (*switch_out)(struct run *r); /* NULL for idle; interrupts off */
    void (*switch_in)(struct run *r);
};

/* A domain's scheduling area. name=value parameters: run_param(). */
struct run_domain *run_domain_create(uint16_t id);
void run_domain_destroy(struct run_domain *rd);

/* r belongs to vCPU (dom, id); it is offline (paused once) until
 * run_unpause(). Its thread is the caller's. 0, or -ENOMEM, or the plug-in's
 * refusal (admission). */
int run_create(struct run *r, struct run_domain *rd, uint16_t dom, uint16_t id,
               void (*switch_out)(struct run *), void (*switch_in)(struct run *));
void run_destroy(struct run *r); /* it doesn't run, and never will */

/* An event is pending for r: wake it if it blocks; if it runs on another CPU,
 * make it look. Hypercall or softirq context. */
void run_notify(struct run *r);

/* The current vCPU gives up its CPU until run_notify(), unless `ready` says
 * (under the scheduler lock, so that no notify is lost) that there is no need. */
void run_block(bool (*ready)(void *arg), void *arg);
void run_yield(void);

/* One more, one less reason not to run. run_pause() does not wait. */
void run_pause(struct run *r);
void run_unpause(struct run *r);
/* Wait until r, paused by the caller, is off its CPU at the guest's boundary. */
void run_wait_stopped(struct run *r);

int run_set_affinity(struct run *r, const struct cpuset *hard,
                     const struct cpuset *soft);
/* NAME=VALUE, as on the command line ("weight", "512"), of r or its domain.
 * 0, or an errno with the accepted values in error[]. */
int run_param(struct run_domain *rd, struct run *r, const char *name,
              const char *value, char *error, size_t size);

/* Let others run, if it is their turn; only with no lock held. May return on
 * another CPU. */
void preempt_point(void);

/* Runstate times up to now: their sum is the age of r. */
void run_times(const struct run *r, struct vcpu_runstate_info *out);

/* Domain virtual time: ns for which r has run. */
ns_t run_virtual_time(const struct run *r);

#endif
