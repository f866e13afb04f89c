/*
 * run.h - a vCPU as the hypervisor's scheduler host knows it.
 *
 * struct run is the first member of struct vcpu. The verbs below move it
 * between the core's hand and the plug-in's (sched/api/sched.h); runstates and
 * domain virtual time are kept here, exactly: one reading of the clock ends one
 * vCPU's run and begins the next one's.
 *
 * A vCPU that is preempted inside a hypercall finishes it even when paused
 * meanwhile: a pause takes effect at its next return to the guest, or at once
 * while it blocks or waits at that boundary. Calls whose length the guest
 * chooses come to that boundary before they are done (hypercall/again.h).
 */
#ifndef XEN_SCHED_RUN_H
#define XEN_SCHED_RUN_H

#include <xen/vcpu.h>
#include "sched/api/sched.h"
#include "xen/arch/x86/percpu.h"
#include "xen/arch/x86/thread.h"
#include "xen/base/softirq.h"

struct run_domain; /* the plug-in's area of a domain, and its parameters */
struct run;

/* The CPU is about to leave r for next (NULL: to be idle); it has come to r. */
typedef void run_switch_out(struct run *r, struct run *next);
typedef void run_switch_in(struct run *r);

struct run {
    struct sched_vcpu sv; /* first */
    struct thread thread;
    run_switch_out *switch_out; /* interrupts off in both */
    run_switch_in *switch_in;

    /* Under the scheduler lock of its CPU, as sv.core.state is. */
    ns_t state_entry; /* when that was entered, system time */
    ns_t time[4];     /* spent in each state up to state_entry */

    ns_t picked_at;           /* when it got its CPU */
    unsigned last_cpu;        /* where it ran or waited when last looked at */
    bool (*ready)(void *arg); /* of run_block() */
    void *ready_arg;
    uint32_t notified;      /* atomic: run_notify() came while it ran */
    uint32_t cause, detail; /* of the next wake-up, for the trace */
};

struct run_cpu {
    struct run *current; /* NULL: idle */
    struct thread idle;
    uint64_t tsc;    /* the latest reading of the clock for scheduling, */
    ns_t now;        /* as counter and as system time */
    uint64_t locked; /* the counter when it last took a scheduler lock; while
                      * decisions are traced */
    ns_t idle_from;  /* when it became idle */
    ns_t idle_time;  /* up to then */
};
DECLARE_PER_CPU(struct run_cpu, run_cpu);

/* The vCPU of this CPU; NULL in the idle loop and at boot. */
static inline struct run *run_current(void)
{
    return this_cpu(run_cpu).current;
}

/* A domain, known to the scheduler from now on; NULL: no memory. */
struct run_domain *run_domain_create(uint16_t id);
void run_domain_destroy(struct run_domain *rd); /* its vCPUs are destroyed */

/* r, zeroed, belongs to vCPU (dom, id); it is offline (paused once) until
 * run_unpause(). Its thread is the caller's. 0, or -ENOMEM, or the plug-in's
 * refusal (admission). */
int run_create(struct run *r, struct run_domain *rd, uint16_t dom, uint16_t id,
               run_switch_out *switch_out, run_switch_in *switch_in);
void run_destroy(struct run *r); /* it doesn't run, and never will */

/* The first thing that the entry function of r's thread does: finishes the
 * switch. Interrupts off before, on afterwards. */
void run_started(void);

/* Something is pending for r: wake it if it blocks; if it runs on another CPU,
 * make it look. Any context but NMI, no scheduler lock held. The cause is
 * for the trace: trace/events.h. */
void run_notify_cause(struct run *r, uint32_t cause, uint32_t detail);
void run_notify(struct run *r);

/* The current vCPU gives up its CPU until run_notify(), unless `ready` says
 * (under the scheduler lock, so that no notify is lost) that there is no need:
 * look before you call, as it is asked late. ready takes no lock. NULL: ready
 * if a notify came since run_expect_notify().
 */
void run_block(bool (*ready)(void *arg), void *arg);
void run_expect_notify(void); /* a full barrier */
void run_yield(void);

/* One more, one less reason not to run. run_pause() does not wait. */
void run_pause(struct run *r);
void run_unpause(struct run *r);
/* Wait until r, paused by the caller, is off its CPU at the guest's boundary,
 * or blocked. Lets others run meanwhile; no lock held. */
void run_wait_stopped(struct run *r);
/* The current vCPU stands at the boundary: stop here while it is paused. */
void run_stop(void);

int run_set_affinity(struct run *r, const struct cpuset *hard,
                     const struct cpuset *soft);
/* NAME=VALUE, as on the command line ("weight", "512"), of a domain: all of
 * them or none, since some go only together (a period, and a budget within it).
 * What only another scheduler has ("bvt.warp") is checked and noted, and
 * changes nothing. 0; -ENOENT when no scheduler has it, or another errno, with
 * what is accepted in error[], and which of them it is in *bad. */
#define RUN_TEXTS_MAX 16u
struct run_text {
    const char *name, *value;
};
int run_params_text(struct run_domain *rd, const struct run_text *text,
                    unsigned nr, unsigned *bad, char *error, size_t size);

/* The same as numbers, in the unit of the plug-in's table: all of them or none.
 * -ENOENT: it has no such parameter; -EINVAL: range or scope; or its refusal.
 * A vCPU's parameters with r NULL: put to all vCPUs; what is got is what a new
 * vCPU begins with. */
#define RUN_SETTINGS_MAX 8u
struct run_setting {
    const char *name;
    int64_t value;
};
int run_params_put(struct run_domain *rd, struct run *r,
                   const struct run_setting *settings, unsigned nr);
int run_param_get(struct run_domain *rd, struct run *r, const char *name,
                  int64_t *value);

/* The plug-in that schedules r just now. */
const struct sched_ops *run_ops(const struct run *r);
/* XEN_SCHEDULER_* of the plug-in at work on a domain; NULL: on Pool-0. */
unsigned run_sched_id(const struct run_domain *rd);

void preempt_slow(void);
/* Let others run, if it is their turn; only with no lock held. May return on
 * another CPU. */
static inline void preempt_point(void)
{
    if (unlikely(softirq_pending()))
        preempt_slow();
}

/* Is the current vCPU to stop as soon as it stands at the guest's boundary? */
bool run_must_stop(void);

/* As preempt_point(), in a call whose length the guest chooses. True: it should
 * end now and be made again for what is left, for the vCPU is to stop. */
static inline bool preempt_point_ends(void)
{
    if (likely(!softirq_pending()))
        return false;
    preempt_slow();
    return run_must_stop();
}

/* Runstate times up to now: their sum is the age of r. */
void run_times(const struct run *r, struct vcpu_runstate_info *out);
/* ... up to state_entry_time: whoever reads them adds what is since. */
void run_times_at_entry(const struct run *r, struct vcpu_runstate_info *out);

/* Domain virtual time: ns for which r has run. */
ns_t run_virtual_time(const struct run *r);

/* ns for which a CPU has been idle. */
ns_t run_idle_time(unsigned cpu);

/* ---- the host at boot ---- */

/* An option of the command line: sched, NAME.PARAM, sched_strict,
 * sched_patience. 0; -ENOENT: not one of the scheduler's; -EINVAL: error[]
 * has one line with the accepted values. Before sched_host_init(). */
int sched_option(const char *key, const char *value, char *error, size_t size);

/* Make the pool of the boot CPU, with the scheduler of sched= or, without one,
 * the default. Panics, listing what is built in, when there is no such one. */
void sched_host_init(void);

/* Of every CPU, as it starts: timers, softirqs, and its place in the pool. */
void run_cpu_start(void);
/* This CPU's boot stack becomes its idle loop. */
void run_idle(void) NORETURN;

struct sched_domain *run_sched_domain(struct run_domain *rd);
void sched_dump_all(void); /* debug key: pools and their run queues */
void sched_next_all(void); /* debug key: the next scheduler for each pool */

#endif
