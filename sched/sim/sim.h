/*
 * sim.h - a discrete-event host for scheduler plug-ins.
 *
 * The same plug-ins and the same core (sched/api/) as in the hypervisor, over
 * a clock that jumps from event to event. One simulation at a time, one
 * thread. Everything follows from the configuration and the seed, so a run
 * repeats exactly; sim->hash sums up all changes of state and tells two runs
 * apart.
 *
 * A vCPU has a load: a function that is asked, whenever the vCPU has done what
 * it was told, what to do next (loads ready-made: load.h).
 */
#ifndef SCHED_SIM_SIM_H
#define SCHED_SIM_SIM_H

#include "sched/api/core.h"

struct sim;
struct sim_vcpu;

enum sim_do {
    SIM_COMPUTE, /* for `time` ns of CPU time */
    SIM_SLEEP,   /* block until `time` */
    SIM_BLOCK,   /* block until somebody notifies it */
    SIM_YIELD,
    SIM_NOTIFY, /* wake `peer`; takes no time */
};

struct sim_act {
    enum sim_do act;
    ns_t time;
    struct sim_vcpu *peer;
};

typedef struct sim_act sim_load(struct sim_vcpu *sv, ns_t now);

/* The parameters and the state of a ready-made load. */
struct sim_state {
    ns_t period, cost, offset, deadline; /* 0: deadline = period */
    struct sim_vcpu *peer;
    unsigned phase;
    ns_t release; /* of the current job */
    uint64_t jobs, misses;
    ns_t worst; /* response of a job */
};

struct sim_vcpu {
    struct sched_vcpu v; /* first: a sched_vcpu is a sim_vcpu */
    struct sim *sim;
    sim_load *load;
    struct sim_state st;
    ns_t remaining; /* CPU time to do before asking the load again */
    bool pending;   /* notified while it did not sleep */
    bool joined;
    unsigned index; /* in sim->vcpus */
    uint64_t alarm; /* which SIM_SLEEP it is in */
    /* statistics */
    ns_t entered;   /* this state */
    ns_t in[4];     /* time in each enum sched_state */
    bool waking;    /* runnable because of a wake-up, and has not run since */
    uint64_t wakes; /* and their latencies: */
    ns_t latency_max, latency_sum;
    ns_t *latency; /* all of them, the first nr_latency */
    size_t nr_latency, room_latency;
};

struct sim_conf {
    const char *sched;
    unsigned nr_cpus;
    uint64_t seed;
    ns_t switch_cost;       /* a vCPU's first time on a CPU is lost so far */
    unsigned trylock_fails; /* of 100 */
    ns_t timer_late;        /* by so much each timer of a CPU fires late */
    bool conserve;          /* measure sim->lost */
    bool quiet;             /* no report of a breach: it is expected */
};

/* Called at each change of state, before it. For tests and recorders. */
typedef void sim_watch(struct sim_vcpu *sv, enum sched_state to, ns_t now,
                       void *arg);

/* Called at each event of the plug-in's table. sv may be NULL. */
typedef void sim_traced(struct sim_vcpu *sv, unsigned event, int64_t a,
                        void *arg);

struct sim_event;

struct sim_cpu {
    ns_t timer;
    uint64_t timer_seq, done_seq; /* events that still count */
    struct sim_vcpu *running;
    ns_t progress; /* since when the load has been making progress */
    bool poked;
    ns_t idle, idle_since; /* time with nothing to run, in all; its begin */
};

struct sim {
    struct sim_conf conf;
    struct sched *sched;
    struct sched_domain **domains; /* by number */
    unsigned nr_domains;
    struct sim_vcpu **vcpus; /* in order of creation */
    unsigned nr_vcpus;
    struct sim_cpu *cpus;
    ns_t now;
    struct sim_event *heap;
    size_t nr_events, room_events;
    uint64_t seq, random;
    uint64_t hash, decisions;
    uint64_t traced[16]; /* events of the plug-in, by number */
    ns_t lost; /* time with a CPU idle beside one that waits and might use it */
    const char *breach; /* the first broken rule, or NULL */
    sim_watch *watch;
    sim_traced *trace;
    void *watch_arg; /* of both */
};

/* NULL: no such scheduler. */
struct sim *sim_create(const struct sim_conf *conf);
void sim_destroy(struct sim *sim);

/* A new vCPU of domain `dom`, which is made if it is not there. Then set its
 * parameters, then sim_start() it (0, or what the admission test says). */
struct sim_vcpu *sim_add(struct sim *sim, unsigned dom, sim_load *load);
int sim_start(struct sim_vcpu *sv);
void sim_leave(struct sim_vcpu *sv); /* it must be blocked or paused */

/* Set a parameter, of the system (sv NULL), or of sv or its domain. */
int sim_set(struct sim *sim, struct sim_vcpu *sv, const char *name,
            int64_t value);
/* Let it run on these CPUs (the first 64) only. */
void sim_pin(struct sim_vcpu *sv, uint64_t cpus);
void sim_notify(struct sim_vcpu *sv); /* as a device would */
void sim_pause(struct sim_vcpu *sv);
void sim_unpause(struct sim_vcpu *sv);

/* Go on until the clock shows `until`. Stops at once at a breach. */
void sim_run(struct sim *sim, ns_t until);

/* CPU time that sv has had. */
ns_t sim_ran(const struct sim_vcpu *sv);
/* Time for which cpu has had nothing to run. */
ns_t sim_idle(const struct sim *sim, unsigned cpu);
/* The latency that permille of all wake-ups did not exceed. */
ns_t sim_latency(struct sim_vcpu *sv, unsigned permille);

uint64_t sim_random(struct sim *sim);
/* A random number below n. */
uint64_t sim_below(struct sim *sim, uint64_t n);

/* Ready-made loads (load.c); their parameters are in st. */
sim_load sim_hog;      /* computes for ever */
sim_load sim_periodic; /* `cost` of work each `period`, from `offset` on */
sim_load sim_sporadic; /* the same, each `period` to 2 x `period` */
sim_load sim_on_off;   /* random work up to 2 x cost, pauses up to 2 x period */
sim_load sim_ping;     /* `cost` of work, notify `peer`, block; begins */
sim_load sim_pong;     /* the same; waits first */
sim_load sim_yielder;  /* `cost` of work, yield */

#endif
