/*
 * credit2_private.h - what the files of the plug-in share.
 *
 * credit2.c decides who runs; runq.c keeps runqueues, credits and loads; cap.c
 * the budgets of capped domains.
 */
#ifndef SCHED_CREDIT2_CREDIT2_PRIVATE_H
#define SCHED_CREDIT2_CREDIT2_PRIVATE_H

#include <sys/queue.h>
#include "sched/api/sched.h"
#include "xen/lib/vtime.h"

#define CREDIT2_INIT   MS(10)  /* credit that a reset gives */
#define CREDIT2_CARRY  US(500) /* of what was left before it, at most */
#define CREDIT2_MOST   (CREDIT2_INIT + CREDIT2_CARRY)
#define CREDIT2_SLICE  US(500) /* shortest and ... */
#define CREDIT2_TURN   MS(10)  /* longest time between two decisions */
#define CREDIT2_BREATH US(100) /* for one that goes on against another */
#define CREDIT2_RESIST US(500) /* of credit, against a change of CPU */
#define CREDIT2_PERIOD MS(10)  /* of a cap's budget */
#define CREDIT2_QUOTA  US(500) /* the least that a vCPU takes of it */
/* Asleep for longer (208 days), a virtual time means nothing any more. */
#define CREDIT2_FORGET ((ns_t)1 << 54)
#define CREDIT2_RUNQS  64
#define CREDIT2_NONE   CREDIT2_RUNQS /* "no such runqueue" */

#define CREDIT2_LOAD_ONE ((int64_t)1 << 18) /* one vCPU that can always run */

/* Numbered as in Xen, where Xen has the event. */
enum {
    CREDIT2_EV_TICKLE = 6,
    CREDIT2_EV_RESET = 7,
    CREDIT2_EV_MIGRATE = 15,
    CREDIT2_EV_RATELIMIT = 22,
    CREDIT2_EV_PARK = 24,
    CREDIT2_EV_UNPARK = 25,
};

struct credit2_runq {
    struct sched_queue waiting; /* most credit first */
    int64_t base;               /* credit of v = base - v's virtual time */
    unsigned nr_cpus;
    unsigned load;  /* vCPUs that run or wait here */
    int64_t avg;    /* its average, in CREDIT2_LOAD_ONE */
    int64_t avg_at; /* when that was computed, 1.024 us */
};

struct credit2_dom {
    int64_t weight; /* of each vCPU */
    int64_t cap;    /* of all its vCPUs together, percent of a CPU; 0: none */
    /* cap.c */
    ns_t pool;  /* left of this period's budget; below 0: overrun */
    ns_t until; /* the end of this period */
    unsigned nr_vcpus;
    struct sched_queue parked;     /* zeroed is empty */
    LIST_ENTRY(credit2_dom) entry; /* in sys->parked, if parked is not empty */
};

struct credit2_sys {
    int64_t ratelimit; /* ns */
    int64_t runqueue;  /* CPUs that share one */
    unsigned used;     /* runqueues below it have had a CPU */
    struct credit2_runq runq[CREDIT2_RUNQS];
    LIST_HEAD(, credit2_dom) parked;
};

struct credit2_cpu {
    unsigned runq;
    ns_t start;                 /* when what runs began to */
    ns_t since;                 /* ... was last charged */
    bool tickled;               /* it has been told to decide */
    struct sched_vcpu *last;    /* just stopped by us, not by itself */
    struct sched_vcpu *yielder; /* passes this turn */
};

struct credit2_vcpu {
    struct vtime t;
    unsigned runq;    /* to whose base t refers */
    unsigned counted; /* in whose load, or CREDIT2_NONE */
    ns_t slept;       /* when it fell asleep */
    ns_t grant;       /* cap.c: left of what it took from the pool */
    ns_t grant_until; /* ... the period of which ended then */
};

static inline struct credit2_runq *credit2_runq(const struct sched *s,
                                                unsigned runq)
{
    return &((struct credit2_sys *)sched_sys(s))->runq[runq];
}

static inline struct credit2_runq *credit2_runq_of(const struct sched_vcpu *v)
{
    return credit2_runq(v->sched, ((const struct credit2_vcpu *)v->priv)->runq);
}

static inline unsigned credit2_runq_at(const struct sched *s, unsigned cpu)
{
    return ((const struct credit2_cpu *)sched_cpu(s, cpu))->runq;
}

static inline bool credit2_is_parked(const struct sched_vcpu *v)
{
    const struct credit2_dom *d = v->dom_priv;

    return v->node[0].queue == &d->parked;
}

/* runq.c */
/* Of v, which does not run, or as of its last charge. */
int64_t credit2_credit(const struct sched_vcpu *v);
/* Of what runs on cpu, now. */
int64_t credit2_running(const struct sched_vcpu *v, unsigned cpu, ns_t now);
/* No more than the most. */
void credit2_clip(struct sched_vcpu *v);
/* v belongs to runq from now on, with the credit that it has. */
void credit2_assign(struct sched_vcpu *v, unsigned runq);
/* v begins or ceases to count in the load of its runqueue. */
void credit2_count(struct sched_vcpu *v, bool counts, ns_t now);
/* v is going to run without credit, and nobody who waits has any: new credit
 * for all of its runqueue. */
void credit2_reset(struct sched_vcpu *v, ns_t now);
/* The average load of a CPU of runq. */
int64_t credit2_load(struct credit2_runq *q, ns_t now);
/* One that waits in another runqueue and may run on cpu, taken out: only if
 * that one has clearly the greater load, or at any rate. NULL: none. */
struct sched_vcpu *credit2_pull(struct sched *s, unsigned cpu, bool at_any_rate,
                                ns_t now);
/* CPUs come, go, or are arranged anew. */
void credit2_cpu_up(struct sched *s, unsigned cpu, ns_t now);
void credit2_cpu_down(struct sched *s, unsigned cpu, ns_t now);
void credit2_arrange(struct sched *s, ns_t now);

/* cap.c */
/* v is going to run: take budget, which v->grant tells and which ends at
 * v->grant_until. False: there is none. For capped domains only. */
NOINLINE bool credit2_grant(struct sched_vcpu *v, ns_t now);
/* v has stopped: give back what it did not use. Whether budget is left. */
bool credit2_settle(struct sched_vcpu *v, ns_t now);
/* v, which wants to run, waits for its domain's next budget. */
void credit2_park(struct sched_vcpu *v);
void credit2_unlink_parked(struct sched_vcpu *v);
/* Budgets of the next period; who was parked is queued. */
void credit2_account(struct sched *s, ns_t now);
/* The cap of this domain, of which v is the first, has changed: begin anew. */
void credit2_cap_changed(struct sched_vcpu *first, ns_t now);

/* credit2.c: v waits in the runqueue of its CPU. */
void credit2_wait(struct sched_vcpu *v, ns_t now);

#endif
