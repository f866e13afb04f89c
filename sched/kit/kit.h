/*
 * kit.h - the conformance kit: scenarios, runs, and the rules they are judged
 * by.
 *
 * A SCENARIO is a value: CPUs, vCPUs with their loads, parameters, and actions
 * at run time. It is drawn from a seed (or from a fuzzer's bytes), written and
 * read as text, and made smaller by the shrinker. A RUN plays one in the
 * simulator, with the plug-in behind a spy (spy.c) that sees each call. A RULE
 * is a name, what it says, and where that comes from; rules.c has those for
 * every plug-in, sched/NAME/kit/ those of one. Whatever breaks a rule first
 * ends the run.
 *
 * A plug-in called NAME_x is judged by NAME's rules as well: a variant.
 *
 * One thread; one run at a time.
 */
#ifndef SCHED_KIT_KIT_H
#define SCHED_KIT_KIT_H

#include <stdio.h>
#include "sched/kit/source.h"
#include "sched/sim/sim.h"

#define KIT_CPUS     4
#define KIT_VCPUS    8
#define KIT_SETTINGS 24
#define KIT_ACTIONS  24
#define KIT_POOLS    2
#define KIT_ALL      0xffu /* a mask of CPUs: every one */

enum kit_load {
    KIT_HOG,      /* computes for ever, in pieces of `cost` */
    KIT_PERIODIC, /* `cost` of work each `period`, from `offset` on */
    KIT_SPORADIC, /* the same, each `period` to 2 x `period` */
    KIT_ON_OFF,   /* random work up to 2 x cost, pauses up to 2 x period */
    KIT_YIELDER,  /* `cost` of work, yield */
    KIT_EVENT,    /* blocks until woken, then `cost` of work */
    KIT_PING,     /* `cost` of work, wakes the next vCPU, blocks */
    KIT_LOADS,
};

struct kit_vcpu {
    unsigned dom;
    enum kit_load load;
    ns_t period, cost, offset;
    unsigned hard, soft; /* masks of CPUs; soft 0: no wish */
    ns_t start;          /* when it joins */
};

/* A parameter's value before anything starts. */
struct kit_setting {
    int dom;        /* -1: of the system */
    unsigned param; /* in the plug-in's table */
    int64_t value;
};

enum kit_do {
    KIT_WAKE,
    KIT_PAUSE,
    KIT_UNPAUSE,
    KIT_PIN,      /* value: mask */
    KIT_SOFT,     /* value: mask */
    KIT_SET,      /* who: domain, or KIT_SYSTEM; those at one time together */
    KIT_LEAVE,    /* the vCPU goes, */
    KIT_JOIN,     /* and comes again */
    KIT_CPU_DOWN, /* who: a CPU */
    KIT_CPU_UP,
    KIT_CHANGE, /* value: of the list of plug-ins; this one: back again; who:
                 * a pool, if there are two */
    KIT_MOVE,   /* who: a domain; value: the pool to which it goes */
    KIT_GIVE,   /* who: a CPU; value: the same */
    KIT_DOES,
};

#define KIT_SYSTEM KIT_VCPUS /* who, of KIT_SET */

struct kit_action {
    ns_t at;
    enum kit_do act;
    unsigned who; /* a vCPU, unless said */
    unsigned param;
    int64_t value;
};

struct kit_scenario {
    const struct sched_ops *ops; /* the plug-in under test */
    uint64_t seed;               /* of the simulator */
    unsigned nr_cpus;
    /* A second pool: its plug-in, or NULL: there is none; a mask of its CPUs,
     * not all that there are. All domains begin in the first. */
    const struct sched_ops *pool_ops;
    unsigned pool_cpus;
    ns_t length, switch_cost, timer_late;
    unsigned trylock_fails; /* of 100 */
    unsigned nr_vcpus, nr_settings, nr_actions;
    struct kit_vcpu vcpu[KIT_VCPUS];
    struct kit_setting setting[KIT_SETTINGS];
    struct kit_action action[KIT_ACTIONS]; /* in order of time */
};

/* One vCPU of a run. */
struct kit_member {
    struct sim_vcpu *sv;
    unsigned index;
    bool away;          /* has not joined, was refused, or has left */
    bool touched;       /* an action was about it since it joined */
    unsigned pauses;    /* by actions */
    unsigned hard;      /* the mask of CPUs that it was told */
    ns_t created;       /* when the simulator made it */
    ns_t charged;       /* sum of what charge() was told */
    ns_t waits_since;   /* it has been runnable without running */
    ns_t run_begin;     /* if it runs */
    enum sched_why why; /* of its last enqueue() */
    bool ran;           /* since the drain began */
};

#define KIT_DETAIL 200

struct kit_verdict {
    const char *rule; /* NULL: none is broken */
    char detail[KIT_DETAIL];
    ns_t at;
    uint64_t hash, decisions;
};

struct kit_rules;

struct kit_run {
    const struct kit_scenario *sc;
    struct sim *sim;
    struct kit_verdict verdict;
    struct kit_member member[KIT_VCPUS];
    struct sim_vcpu *on_cpu[KIT_CPUS];
    bool down[KIT_CPUS];
    unsigned home[KIT_CPUS];                     /* its pool */
    const struct sched_ops *in_force[KIT_POOLS]; /* without the spy */
    bool changed;      /* another plug-in was, or is, in force */
    bool disturbed;    /* CPUs came or went */
    bool draining;     /* loads end as soon as they can */
    ns_t burst_at;     /* progress: the instant, */
    unsigned burst;    /* and how many picks it has seen */
    FILE *log;         /* each call of the plug-in, or NULL */
    const char *trace; /* file for a trace in the hypervisor\'s form, or NULL */
    sim_watch *recorder;
    void *recorder_arg;
    void *state[16]; /* of each set of rules */
};

struct kit_rule {
    const char *name, *about, *source; /* NULL name ends */
};

/* A set of rules. All hooks may be NULL. */
struct kit_rules {
    const char *plugin; /* whose; NULL: everybody's */
    const struct kit_rule *rules;
    const char *const *excused; /* rules for all that it does not claim */
    size_t size;                /* of its state, zeroed for each run */
    /* Draw a scenario that suits the rules, into what is otherwise empty. */
    void (*family)(struct kit_source *from, struct kit_scenario *sc);
    void (*begin)(struct kit_run *r, void *state);
    /* Each change of state, before it. */
    void (*watch)(struct kit_run *r, void *state, struct kit_member *m,
                  enum sched_state to, ns_t now);
    /* An event of the plug-in's table. */
    void (*traced)(struct kit_run *r, void *state, struct kit_member *m,
                   unsigned event, int64_t a);
    /* a has been done, and gave result; a join at a vCPU's start as well. */
    void (*action)(struct kit_run *r, void *state, const struct kit_action *a,
                   int result);
    void (*end)(struct kit_run *r, void *state); /* of sc->length */
    /* By the plug-in's own rules m, which waits, may have to for ever. */
    bool (*may_starve)(const struct kit_run *r, const struct kit_member *m);
};

/* With two pools only the sets of rules for everybody judge: each plug-in's
 * own ones know of one pool. */
#define KIT_RULES(set)                                                         \
    static const struct kit_rules *const set##_entry                           \
        __attribute__((section("kit_rules"), used)) = &(set)

/* ---- rules: sets.c ---- */

#define KIT_SETS 16
/* The sets that judge a plug-in of this name; how many. */
unsigned kit_sets_of(const char *name, const struct kit_rules **out);
const struct kit_rules *kit_set(unsigned i); /* of all; or NULL */
/* Whether a generic rule is one that the plug-in does not claim. */
bool kit_excused(const struct sched_ops *ops, const char *rule);
/* What a set's may_starve() says. */
bool kit_may_starve(const struct kit_run *r, const struct kit_member *m);

/* ---- runs: run.c ---- */

extern struct kit_run *kit_now; /* the run in progress */

void kit_play(struct kit_run *r, const struct kit_scenario *sc);
/* A rule is broken; the first one counts. rule is a literal. */
void kit_fail(struct kit_run *r, const char *rule, const char *format, ...)
    PRINTF(3, 4);
/* The value of a parameter of this name, as of now; 0: there is none, or
 * another plug-in is in force. Of the member m and its domain; m may be NULL
 * for those of the system. */
int64_t kit_param(struct kit_run *r, const struct kit_member *m,
                  const char *name);
/* m's CPU time. */
ns_t kit_ran(const struct kit_member *m, ns_t now);
struct kit_member *kit_member(struct kit_run *r, const struct sched_vcpu *v);
/* The mask of CPUs on which m may run, by what it was told and by its pool.
 * pool.c */
unsigned kit_may(const struct kit_run *r, const struct kit_member *m);

/* The table to put in force for ops: it passes each call on. spy.c */
const struct sched_ops *kit_spy(const struct sched_ops *ops);

/* ---- scenarios ---- */

/* Number i of a plug-in, by seed: a part is exhaustive, a part suits the
 * plug-in's own rules, the rest is random. generate.c */
void kit_generate(const struct sched_ops *ops, uint64_t seed, uint64_t i,
                  struct kit_scenario *sc);
/* A random one from any source. */
void kit_random(struct kit_source *from, const struct sched_ops *ops,
                struct kit_scenario *sc);
/* Number i of the exhaustive ones; how many there are. exhaust.c */
void kit_exhaustive(const struct sched_ops *ops, uint64_t i,
                    struct kit_scenario *sc);
uint64_t kit_nr_exhaustive(const struct sched_ops *ops);
/* They are the numbers 0, KIT_STEP, 2 KIT_STEP ... of kit_generate(), in an
 * order of its own. */
#define KIT_STEP 4
/* The index of a parameter, or -1. */
int kit_param_index(const struct sched_ops *ops, const char *name);
/* Set it, for a domain or (-1) the system, if there is such a parameter. */
void kit_want(struct kit_scenario *sc, int dom, const char *name,
              int64_t value);
/* One more vCPU with its own domain; to be filled in further. */
struct kit_vcpu *kit_more(struct kit_scenario *sc, enum kit_load load,
                          ns_t period, ns_t cost);

/* ---- text: text.c ---- */

void kit_write(FILE *out, const struct kit_scenario *sc, const char *rule);
/* As a scenario of schedsim; false: it cannot be said there. toml.c */
bool kit_write_toml(FILE *out, const struct kit_scenario *sc, const char *rule);
/* 0, or -1 and one line in why. */
int kit_read(FILE *in, const char *name, struct kit_scenario *sc, char *why,
             size_t size);
const char *kit_load_name(enum kit_load load);
const char *kit_do_name(enum kit_do act);

/* ---- what the command does with them ---- */

/* A run takes about a millisecond; after so much CPU time a signal ends the
 * process: SIGVTALRM. (Not the clock's time: the machine may be busy.) */
#define KIT_HANG_MS 500
void kit_set_alarm(void);
/* Play sc in a process of its own, so that nothing it does can harm us. */
void kit_try(const struct kit_scenario *sc, struct kit_verdict *out);
/* Make sc as small as it can be and still break the same rule. Returns the
 * number of attempts. shrink.c */
unsigned kit_shrink(struct kit_scenario *sc, struct kit_verdict *verdict);
/* Write scenario, trace and picture into dir/NAME-RULE/, whose name comes
 * back. 0, or -1 with errno. save.c */
int kit_save(const char *dir, const struct kit_scenario *sc,
             const struct kit_verdict *verdict, char *path, size_t size);

#endif
