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
 * it was told, what to do next. Simple ones are at the end of this file; those
 * of the program schedsim, with all their parameters, are in work.h.
 *
 * Each vCPU draws its random numbers from a stream of its own, so that the
 * same load comes in the same way whatever the scheduler does.
 */
#ifndef SCHED_SIM_SIM_H
#define SCHED_SIM_SIM_H

#include "sched/api/core.h"
#include "sched/sim/agenda.h"

struct sim;
struct sim_vcpu;
struct sim_work;   /* work.h */
struct sim_record; /* record.h */
struct sim_spread; /* spread.h */

enum sim_do {
    SIM_COMPUTE, /* for `time` ns of CPU time */
    SIM_SLEEP,   /* block until `time` */
    SIM_BLOCK,   /* block until somebody notifies it */
    SIM_YIELD,
    SIM_NOTIFY, /* wake `peer`; takes no time, but for the cost of a wake-up */
    SIM_SPIN,   /* compute until sim_stop_spin() */
};

struct sim_act {
    enum sim_do act;
    ns_t time;
    struct sim_vcpu *peer;
};

typedef struct sim_act sim_load(struct sim_vcpu *sv, ns_t now);

/* The parameters and the state of a ready-made load. */
struct sim_state {
    unsigned phase;
    ns_t release; /* of the current job */
    uint64_t jobs, misses;
    ns_t worst;                          /* response of a job */
    ns_t period, cost, offset, deadline; /* 0: deadline = period */
    struct sim_vcpu *peer;
    /* of the loads of work.h: */
    void *more;        /* a script or messages; malloc()ed */
    uint64_t messages; /* that wait for it */
    uint64_t joins;    /* which round of its domain it is in */
    ns_t asked, spun;  /* CPU time, when it asked for a lock; lost so */
};

/* What each event of a vCPU touches stands first, up to the sched_vcpu's own
 * (sched.h): so does it with tens of thousands of them, none of which is in the
 * cache when its turn comes. */
struct sim_vcpu {
    ns_t remaining; /* CPU time to do before asking the load again */
    ns_t entered;   /* this state */
    ns_t in[4];     /* time in each enum sched_state */
    struct sim *sim;
    sim_load *load;
    struct sim_work *work; /* of the loads of work.h, else NULL */
    uint64_t random;       /* its own stream */
    ns_t picked;           /* when it was given its CPU */
    uint64_t runs;         /* how often it was given a CPU */
    ns_t starts;
    unsigned index;  /* in sim->vcpus */
    unsigned ran_on; /* the CPU on which it ran last, or CPUSET_NONE */
    bool pending;    /* notified while it did not sleep */
    bool joined;
    bool waking;   /* runnable because of a wake-up, and has not run since */
    bool spinning; /* in SIM_SPIN */
    bool unborn;   /* sim_start_at() has put it off, until `starts` */
    uint8_t cause; /* of the next wake-up, for the trace: enum trace_cause */
    struct sched_vcpu v;
    /* latencies of wake-ups */
    struct sim_spread *spread; /* where they are summed up, or NULL */
    uint64_t wakes;
    ns_t latency_max, latency_sum;
    struct sim_state st;
    ns_t *latency; /* all of them, the first nr_latency: if conf.forget isn't */
    size_t nr_latency, room_latency;
    /* Its next wake-up by an alarm, in a run that is followed: the clock
     * reading that stands for it (0: the alarm's time), and the CPU that
     * handles it, or CPUSET_NONE (its own). */
    ns_t reading;
    unsigned waker;
};

/* The simulated vCPU of the core's. */
static inline struct sim_vcpu *sim_vcpu_of(struct sched_vcpu *v)
{
    return container_of(v, struct sim_vcpu, v);
}

/* Its number in sim->vcpus. */
static inline unsigned sim_index_of(const struct sched_vcpu *v)
{
    const char *sv = (const char *)v - offsetof(struct sim_vcpu, v);

    return ((const struct sim_vcpu *)(const void *)sv)->index;
}

/* What the machine costs beyond the work, in ns. */
struct sim_costs {
    ns_t boot;    /* until the CPUs are there: the simulation begins then */
    ns_t keep;    /* a decision that lets run what ran */
    ns_t wake;    /* a wake-up: to what runs where it is handled */
    ns_t migrate; /* besides switch_cost, if it ran elsewhere before */
    ns_t poke;    /* until another CPU that is poked decides */
    ns_t decide;  /* until this one does, after a wake-up on it */
};

struct sim_conf {
    const char *sched;
    unsigned nr_cpus;
    uint64_t seed;
    ns_t switch_cost;       /* a vCPU's first time on a CPU is lost so far */
    unsigned trylock_fails; /* of 100 */
    ns_t timer_late;        /* by so much each timer fires late: a CPU's */
    ns_t alarm_late;        /* ... a vCPU's */
    bool conserve;          /* measure sim->lost */
    bool quiet;             /* no report of a breach: it is expected */
    bool forget;            /* keep no single latencies */
    struct sim_costs cost;
};

/* Called at each change of state, before it. For tests and recorders. */
typedef void sim_watch(struct sim_vcpu *sv, enum sched_state to, ns_t now,
                       void *arg);

/* Called at each event of the plug-in's table. sv may be NULL. */
typedef void sim_traced(struct sim_vcpu *sv, unsigned event, int64_t a,
                        void *arg);

struct sim_cpu {
    struct sim_vcpu *running;
    ns_t progress; /* since when the load has been making progress */
    ns_t timer;    /* what the core has asked for */
    ns_t timer_at, done_at, poke_at; /* its next events, FOREVER if none */
    /* Of a run that is followed: a second poke; and what another CPU has asked
     * the timer for while it fired already (waiting for a lock). */
    ns_t again_at, timer_then;
    /* The run that is followed: when it decided, when its timer fired, which
     * decisions found a peer's lock held. */
    struct sim_follow *decided, *fired, *busy;
    ns_t idle, idle_since; /* time with nothing to run, in all; its begin */
};

/* What a CPU did in another run, in order: the clock reading that it went by,
 * and when it came to do it, for it may have had to wait for a lock meanwhile.
 * What is due here goes by the next reading, and takes place then; after the
 * last one, after its cost. So a run is simulated with the very delays that it
 * had. */
struct sim_follow {
    size_t nr, room;
    struct sim_time {
        ns_t reading, at;
    } time[];
};

/* An instance, and its CPUs. The first one is of conf.sched and has all CPUs,
 * but for those that sim_pool() gives away. */
struct sim_pool {
    struct sched *sched;
    struct cpuset cpus;
    ns_t lost; /* as sim->lost, of its vCPUs */
};

#define SIM_POOLS_MAX 64

struct sim {
    struct sim_conf conf;
    struct sched *sched; /* of the first pool */
    struct sim_pool pools[SIM_POOLS_MAX];
    unsigned nr_pools;
    struct sched_domain **domains; /* by number; NULL: not there */
    uint16_t *next_id;             /* of the next vCPU, by domain */
    unsigned nr_domains, room_domains;
    struct sim_vcpu **vcpus; /* in order of creation */
    unsigned nr_vcpus, room_vcpus;
    struct sim_cpu *cpus;
    ns_t now; /* the clock, as what happens has read it */
    ns_t at;  /* when it happens: now or, in a run that is followed, later */
    struct course course; /* the CPUs' next events */
    struct alarms alarms; /* of vCPUs that sleep */
    struct cpuset poked;  /* CPUs that will decide */
    uint64_t poked_words; /* which words of it are not 0 */
    unsigned busy;        /* the CPU whose course is not up to date */
    bool timing;          /* in sched_timer(), whose lateness has it all */
    uint64_t random;      /* sim_random()'s */
    uint64_t hash, decisions, switches, events;
    uint64_t traced[16]; /* events of the plug-in, by number */
    ns_t lost; /* time with a CPU idle beside one that waits and might use it */
    const char *breach;        /* the first broken rule, or NULL */
    struct sim_record *record; /* the trace, or NULL */
    sim_watch *watch;
    sim_traced *trace;
    void *watch_arg; /* of both */
};

/* NULL: no such scheduler. */
struct sim *sim_create(const struct sim_conf *conf);
void sim_destroy(struct sim *sim);

/* One more pool, of scheduler `sched` with these CPUs, which are taken from the
 * first pool (that may keep none, if it has no domain). Its number; -1: no such
 * scheduler, or too many; -2: a CPU is not the first pool's. */
int sim_pool(struct sim *sim, const char *sched, const struct cpuset *cpus);
/* Domain `dom`, of pool `pool`; before its vCPUs. */
void sim_domain(struct sim *sim, unsigned dom, unsigned pool);

/* A new vCPU of domain `dom`, which is made (of pool 0) if it is not there.
 * Then set its parameters, then sim_start() it (0, or what the admission test
 * says). */
struct sim_vcpu *sim_add(struct sim *sim, unsigned dom, sim_load *load);
int sim_start(struct sim_vcpu *sv);
/* The same, but it is offline until `when`, as a vCPU that another one starts.
 */
int sim_start_at(struct sim_vcpu *sv, ns_t when);
/* The same, and it joins, on this CPU, only at `joins`; to be called before
 * that. If it is not admitted then, it never runs. */
void sim_born_at(struct sim_vcpu *sv, unsigned cpu, ns_t joins, ns_t when);
void sim_leave(struct sim_vcpu *sv); /* it must be blocked or paused */

/* Set a parameter, of the system (sv NULL: of the first pool), or of sv or its
 * domain. */
int sim_set(struct sim *sim, struct sim_vcpu *sv, const char *name,
            int64_t value);
/* Let it run on these CPUs (the first 64) only. */
void sim_pin(struct sim_vcpu *sv, uint64_t cpus);
void sim_notify(struct sim_vcpu *sv); /* as a device would */
void sim_pause(struct sim_vcpu *sv);
void sim_unpause(struct sim_vcpu *sv);
/* What it waits for has come: its SIM_SPIN ends, at once or when it runs. */
void sim_stop_spin(struct sim_vcpu *sv);

/* One more time of the run that is followed, not before the one before. */
void sim_follow(struct sim_follow **list, ns_t reading, ns_t at);
bool sim_before_last(const struct sim_follow *f, ns_t reading, ns_t at);

/* Go on until the clock shows `until`. Stops at once at a breach. */
void sim_run(struct sim *sim, ns_t until);
/* The same, but for about `events` events at most. True: it is done. */
bool sim_run_some(struct sim *sim, ns_t until, uint64_t events);

/* CPU time that sv has had; its time in any state. */
ns_t sim_ran(const struct sim_vcpu *sv);
ns_t sim_time_in(const struct sim_vcpu *sv, enum sched_state state);
/* Time for which cpu has had nothing to run. */
ns_t sim_idle(const struct sim *sim, unsigned cpu);
/* The latency that permille of all wake-ups did not exceed. */
ns_t sim_latency(struct sim_vcpu *sv, unsigned permille);

uint64_t sim_random(struct sim *sim);
/* A random number below n. */
uint64_t sim_below(struct sim *sim, uint64_t n);
/* The same from sv's own stream. */
uint64_t sim_vcpu_random(struct sim_vcpu *sv);
uint64_t sim_vcpu_below(struct sim_vcpu *sv, uint64_t n);

/* Ready-made loads (load.c); their parameters are in st. */
sim_load sim_hog;      /* computes for ever */
sim_load sim_periodic; /* `cost` of work each `period`, from `offset` on */
sim_load sim_sporadic; /* the same, each `period` to 2 x `period` */
sim_load sim_on_off;   /* random work up to 2 x cost, pauses up to 2 x period */
sim_load sim_ping;     /* `cost` of work, notify `peer`, block; begins */
sim_load sim_pong;     /* the same; waits first */
sim_load sim_yielder;  /* `cost` of work, yield */

#endif
