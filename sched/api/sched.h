/*
 * sched.h - everything a scheduler plug-in may see.
 *
 * A plug-in is one folder under sched/ whose sources include this header,
 * sched/api/queue.h and the pure helpers of xen/lib, and nothing else. The
 * same source is built into the hypervisor (host: xen/sched/) and into
 * programs on the host (sched/sim/, the tests).
 *
 * THE THREE HANDS. At any instant a vCPU is in exactly one hand:
 *
 *     core      blocked, paused, or between two calls below
 *     plug-in   runnable and waiting; the plug-in must remember it
 *     CPU       running
 *
 *     core -> plug-in   enqueue()        plug-in -> core   dequeue()
 *     plug-in -> CPU    pick()           CPU -> core       charge()
 *
 * The core checks each move and names the plug-in on a wrong one. A plug-in
 * therefore never tests whether a vCPU "is on a queue". Unless SCHED_MAY_IDLE
 * is set without a may_wait(), a vCPU kept waiting too long is reported.
 *
 * TIME is ns since boot. `now` is an argument, read once per event by the
 * core; there is no clock to read, so a run can be replayed. It never goes back
 * on a CPU, nor under one lock.
 *
 * LOCKING. Every callback runs with interrupts off and with the scheduler lock
 * of the CPU it names held ("the CPU's lock": of `cpu`, or of v->cpu). With
 * SCHED_ONE_LOCK all CPUs of the instance share one. Exceptions are marked on
 * the callback. Take no other lock, but a peer's by sched_peer_trylock().
 *
 * NOT ALLOWED in a callback: allocating, blocking, floating point, touching
 * guest memory, calling any function not declared here, in queue.h or in
 * xen/lib, and file-scope variables that are not const (state lives in the
 * areas of *_size bytes, so that two pools can run one plug-in).
 */
#ifndef SCHED_API_SCHED_H
#define SCHED_API_SCHED_H

#include <sys/queue.h>
#include "sched/api/queue.h"
#include "xen/lib/cpuset.h"
#include "xen/lib/types.h"

struct sched; /* one instance: a plug-in at work on one pool of CPUs */
struct sched_domain;

#define SCHED_NODES    2 /* queues that a vCPU can stand in at one time */
#define SCHED_VIEW_MAX 8 /* numbers that a plug-in can show of a vCPU */

/* A virtual CPU. Plug-ins read the fields; only the core writes them, except
 * node[]: use them (queue.h) to queue v while you hold it, and take them off
 * before you give v up (the core checks). What a decision touches stands
 * together, up to the first word of `affinity`: four cache lines. */
struct sched_vcpu {
    struct sched_node node[SCHED_NODES];
    struct sched *sched;     /* the instance that schedules it */
    unsigned cpu;            /* where it runs, waits, or ran last */
    uint16_t id, dom;        /* who it is: vCPU number and domain */
    void *priv;              /* vcpu_size bytes */
    void *dom_priv;          /* dom_size bytes, one per domain */
    struct sched_vcpu_core { /* the core's own; plug-ins keep out */
        uint8_t hand, state; /* enum sched_hand, enum sched_state */
        bool wishes;         /* soft_affinity is not empty */
        bool started;        /* has been in the plug-in's hand */
        bool blocked;        /* it, or nobody yet, waits for a wake-up */
        bool yielding;       /* it asked to let others run */
        bool finishing;      /* in the hypervisor: pausing has to wait */
        unsigned pauses;     /* reasons not to run */
        unsigned there;      /* in sched_domain_move(): its CPU in the other
                              * instance */
        ns_t since;          /* when it was picked or last charged */
        ns_t waiting;        /* since when it waits for a CPU; exchanges and
                              * moves of others' making don't change that */
        ns_t came;           /* when such a one last gave it to a plug-in */
        ns_t granted;        /* run_for of the last pick */
    } core;
    struct cpuset affinity;      /* CPUs of the pool it may run on; not empty */
    struct cpuset soft_affinity; /* those it prefers; may be empty: no wish */
    struct sched_vcpu_cold {     /* the core's, too; no decision needs it */
        TAILQ_ENTRY(sched_vcpu) peers; /* of its domain, once joined */
        LIST_ENTRY(sched_vcpu) made;   /* of its domain, joined or not */
        struct sched_domain *domain;
        void *spare;        /* of sched_change(), sched_domain_move() */
        struct cpuset hard; /* affinity as it was asked for */
    } cold;
};

enum sched_why {
    SCHED_NEW,     /* first time runnable */
    SCHED_WAKE,    /* an event or timer unblocked it */
    SCHED_UNPAUSE, /* involuntary sleep ends: pause, page-in, migration */
    SCHED_PREEMPT, /* its time ran out, or a better one came */
    SCHED_YIELD,   /* it asked to let others run */
    SCHED_SLEEP,   /* paused while waiting */
    SCHED_MOVE,    /* leaving for, or arriving on, a CPU or a pool */
};

struct sched_pick {
    struct sched_vcpu *v; /* NULL: stay idle */
    ns_t run_for;         /* > 0; pick again at the latest then; or FOREVER */
};

enum sched_scope {
    SCHED_PER_SYSTEM, /* at offset in sched_sys() */
    SCHED_PER_DOMAIN, /* at offset in dom_priv */
    SCHED_PER_VCPU,   /* at offset in priv */
};

/* One tunable. The core stores it, checks its range, and serves SCHEDOP
 * get/put, the command line (weight=512, bvt.warp=5ms) and the simulator. */
struct sched_param {
    const char *name; /* NULL ends the table */
    const char *unit; /* "ns", "percent", "count", "flag" ... */
    const char *help; /* one line, for the manual and --help */
    enum sched_scope scope;
    size_t offset; /* of an int64_t */
    int64_t min, max, initial;
};

struct sched_ops {
    const char *name;  /* sched=NAME; [a-z0-9_]{1,15} */
    const char *about; /* one line; cite the paper */
    unsigned xen_id;   /* XEN_SCHEDULER_* in <xen/domctl.h>; 0: none */
    unsigned class_;   /* TRC_SCHED_* class in <xen/trace.h>, 0 to 7; 7: any */
    unsigned flags;    /* SCHED_ONE_LOCK | SCHED_MAY_IDLE */
    size_t sys_size, cpu_size, dom_size, vcpu_size; /* zeroed by the core */
    const struct sched_param *params;               /* may be NULL */
    const char *const *events; /* names for sched_trace(); NULL ends; or NULL */
    const char *const *view_names; /* of view()'s numbers; NULL ends; or NULL */

    /* The four moves. enqueue, dequeue and pick are required. */

    /* v is now yours and waits on v->cpu. If v should run before what runs
     * there, call sched_resched(). An idle v->cpu is woken by the core. */
    void (*enqueue)(struct sched_vcpu *v, enum sched_why why, ns_t now);

    /* Forget v; it is not running. why is SCHED_SLEEP or SCHED_MOVE. */
    void (*dequeue)(struct sched_vcpu *v, enum sched_why why, ns_t now);

    /* Give up one of your vCPUs whose affinity has `cpu`, and say for how
     * long. What ran before has been charged and, if runnable, enqueued again.
     * A vCPU taken from a peer's queue: hold the peer's lock while you unlink
     * it, and take no other peer's lock after that. (The core sets v->cpu when
     * it takes v, and until then holds the last peer's lock, unlocked or not.)
     */
    struct sched_pick (*pick)(struct sched *s, unsigned cpu, ns_t now);

    /* v ran for `ran` ns since it was picked or last charged. Called once
     * when it stops, before param_set of it, and at each tick. Optional. */
    void (*charge)(struct sched_vcpu *v, ns_t ran, ns_t now);

    /* All below are optional. */

    /* v has left its CPU for the core's hand because it blocks or pauses;
     * charge() came just before. voluntary: it asked to block. */
    void (*sleep)(struct sched_vcpu *v, bool voluntary, ns_t now);

    void (*cpu_up)(struct sched *s, unsigned cpu, ns_t now);   /* area zeroed */
    void (*cpu_down)(struct sched *s, unsigned cpu, ns_t now); /* queue empty */
    /* v joins; parameters set; in the core's hand. 0, or a negative errno when
     * an admission test fails: then v does not join. */
    int (*vcpu_up)(struct sched_vcpu *v, ns_t now);
    void (*vcpu_down)(struct sched_vcpu *v, ns_t now); /* in the core's hand */

    /* Parameter *p has changed from `old`, for the domain of v (once, v being
     * its first vCPU: see sched_sibling()), for v, or (v == NULL) for the
     * system. Every CPU's lock of the instance is held and
     * what runs has been charged. Return 0, or a negative errno (an admission
     * test failed): the core puts `old` back. May call sched_resched(). */
    int (*param_set)(struct sched *s, struct sched_vcpu *v,
                     const struct sched_param *p, int64_t old, ns_t now);

    /* Choose v->cpu for a waking or new vCPU, within affinity. v is in the
     * core's hand; no lock but that of the old v->cpu may be held: reads of
     * other CPUs are hints. Default: the last CPU if allowed and idle, else an
     * idle one, else the last one; among those v prefers, if it has a wish. */
    unsigned (*place)(const struct sched_vcpu *v, ns_t now);

    /* v waits since `since`: how long may that be by the plug-in's own rules,
     * for each vCPU of the instance? The watchdog allows so much besides its
     * own patience. FOREVER: no promise. Every CPU's lock is held. Default: 0,
     * but FOREVER with SCHED_MAY_IDLE. */
    ns_t (*may_wait)(const struct sched_vcpu *v, ns_t since);

    ns_t tick_ns;                                          /* 0: no tick */
    void (*tick)(struct sched *s, unsigned cpu, ns_t now); /* after charge() */
    ns_t account_ns;                            /* 0: no global accounting */
    void (*account)(struct sched *s, ns_t now); /* every CPU's lock is held */

    /* Up to SCHED_VIEW_MAX numbers on v, for the read-only page and dumps. */
    void (*view)(const struct sched_vcpu *v, ns_t now, int64_t *out);
    void (*dump)(struct sched *s, unsigned cpu, ns_t now); /* sched_print() */
};

#define SCHED_ONE_LOCK 0x1u /* all CPUs of an instance share one lock */
#define SCHED_MAY_IDLE                                                         \
    0x2u /* may leave a CPU idle beside a waiter; without it that is reported  \
          */

/* Services: implemented by sched/api/core.c over the host. */

/* Pick again on cpu at the latest at `when` (at once, if when <= now). From any
 * callback. At once: for any CPU of the instance; later: for one whose lock is
 * held. In pick(), for its own CPU, it shortens what run_for says. */
void sched_resched(struct sched *s, unsigned cpu, ns_t when);
struct sched_vcpu *sched_running(struct sched *s, unsigned cpu); /* or NULL */
const struct cpuset *sched_cpus(const struct sched *s); /* of this instance */
/* Are no vCPUs running or waiting on cpu? A hint without its lock. */
bool sched_idle(const struct sched *s, unsigned cpu);
/* The next vCPU of v's domain in this instance, or NULL: from param_set(),
 * vcpu_up(), vcpu_down() and account() only. */
struct sched_vcpu *sched_sibling(const struct sched_vcpu *v);

/* What an instance begins with: for the services below only. */
struct sched_head {
    void *sys;
    unsigned words; /* of a cpuset in which its CPUs stand */
    void *cpu[CPUSET_MAX];
};

static inline void *sched_sys(const struct sched *s) /* sys_size bytes */
{
    return ((const struct sched_head *)(const void *)s)->sys;
}

/* cpu_size bytes */
static inline void *sched_cpu(const struct sched *s, unsigned cpu)
{
    return ((const struct sched_head *)(const void *)s)->cpu[cpu];
}

/* The next CPU of `set`, all of which are CPUs of the instance (an affinity),
 * from `from` on; or CPUSET_NONE. Quicker than one that looks at CPUSET_MAX. */
static inline unsigned sched_next_cpu(const struct sched *s,
                                      const struct cpuset *set, unsigned from)
{
    return cpuset_next_within(
        set, from, ((const struct sched_head *)(const void *)s)->words);
}

#define for_each_cpu_of(cpu, s, set)                                           \
    for ((cpu) = sched_next_cpu((s), (set), 0); (cpu) < CPUSET_MAX;            \
         (cpu) = sched_next_cpu((s), (set), (cpu) + 1))

/* Every CPU of the instance picks again at once: parameters have changed. */
static inline void sched_resched_all(struct sched *s, ns_t now)
{
    unsigned cpu;

    for_each_cpu_of (cpu, s, sched_cpus(s))
        sched_resched(s, cpu, now);
}

/* In pick() only. False: do without. */
bool sched_peer_trylock(struct sched *s, unsigned cpu);
void sched_peer_unlock(struct sched *s, unsigned cpu);
/* How many vCPUs wait on cpu. Without its lock: a hint. */
unsigned sched_waiting(const struct sched *s, unsigned cpu);
/* For a pick that has nothing, or nothing good, to run: of each other CPU on
 * which some wait, in turn after `cpu` and with its lock held, take(s, from,
 * cpu) is asked for a vCPU that may run on cpu, until it gives one. Returns it,
 * for FOREVER; or NULL and how long to stay idle: shortly, if a lock was busy.
 */
typedef struct sched_vcpu *sched_take(struct sched *s, unsigned from,
                                      unsigned cpu);
struct sched_pick sched_steal(struct sched *s, unsigned cpu, sched_take *take);
uint32_t sched_random(struct sched *s); /* seeded; replayable */
void sched_trace(struct sched *s, unsigned event, const struct sched_vcpu *v,
                 int64_t a);
void sched_print(const char *format, ...) PRINTF(1, 2);

/* Registers a plug-in. The linker gathers them; nothing else names them. */
#define SCHED_PLUGIN(ops)                                                      \
    static const struct sched_ops *const ops##_entry                           \
        __attribute__((section("sched_plugins"), used)) = &(ops)

#endif
