/*
 * credit_private.h - what the files of the plug-in share.
 *
 * credit.c decides who runs; account.c keeps the credits.
 */
#ifndef SCHED_CREDIT_CREDIT_PRIVATE_H
#define SCHED_CREDIT_CREDIT_PRIVATE_H

#include <sys/queue.h>
#include "sched/api/sched.h"

#define CREDIT_PERIOD MS(30)
#define CREDIT_TICK   MS(10)
#define CREDIT_SAVED  (10 * CREDIT_PERIOD) /* by one that waits or runs */

/* So many members are all looked at by an accounting; if there are more,
 * CREDIT_TURNS for each CPU; and of those that are due, CREDIT_STEPS on a CPU,
 * by an accounting and by a decision. The kit is built with the least, too
 * (build/kit/few): there, few are many. */
#ifndef CREDIT_LOOKS
#define CREDIT_LOOKS 128
#define CREDIT_TURNS 4
#define CREDIT_STEPS 16
#endif

/* `historic`: BROKEN on purpose, for study. */
enum {
    CREDIT_SAMPLES = 1,  /* who runs at the tick pays for all of it */
    CREDIT_NO_BOOST = 2, /* a waker is as anybody else */
    CREDIT_ALL_FAULTS = 3,
};

enum credit_class { CREDIT_BOOST, CREDIT_UNDER, CREDIT_OVER, CREDIT_NONE };

/* Numbered as in Xen, where Xen has the event. */
enum {
    CREDIT_EV_ACCT_START = 2,
    CREDIT_EV_ACCT_STOP = 3,
    CREDIT_EV_STOLEN = 4,
    CREDIT_EV_BOOST_START = 7,
    CREDIT_EV_BOOST_END = 8,
    CREDIT_EV_RATELIMIT = 10,
    CREDIT_EV_PARK = 12,
    CREDIT_EV_UNPARK = 13,
};

struct credit_vcpu {
    struct sched_vcpu *v;
    int64_t credit; /* ns of CPU time, as of `epoch`, less what it ran since */
    uint64_t seen;  /* so much of credit_given() is in it, if a member */
    unsigned epoch; /* number of the accounting that it was looked at after */
    enum credit_class class_;
    bool active; /* shares in what is given out, from the next time on */
    bool member; /* ... and stands in sys->members, no more in sys->fresh */
    bool parked;
    struct credit_vcpu *below;    /* in sys->fresh */
    LIST_ENTRY(credit_vcpu) link; /* in sys->members */
};

struct credit_dom {
    int64_t weight; /* of each vCPU */
    int64_t cap;    /* of all its vCPUs together, percent of one CPU; 0: none */
    /* account.c */
    uint64_t given; /* to each of its vCPUs, up to `level`; unit below */
    uint64_t level; /* of sys->level */
    struct sched_node node; /* in sys->domains, while it has members */
    unsigned nr_members;
};

struct credit_sys {
    int64_t tslice, ratelimit; /* ns */
    int64_t historic;          /* mask of faults */
    unsigned epoch;            /* accountings so far */
    unsigned nr_members;
    uint64_t level;  /* what has been given for a weight of 1; unit below */
    unsigned grain;  /* bits of level, about those of its last rise */
    int64_t weights; /* of all members */
    struct sched_queue domains; /* by the rise of `level` that is their peak */
    LIST_HEAD(, credit_vcpu) members;
    struct credit_vcpu
        *hand;      /* whose turn it is to be looked at; NULL: first */
    ns_t accounted; /* until when credits have been given out */
    /* Written without a lock. */
    struct credit_vcpu *fresh;
    int64_t surplus; /* credits taken away, or not placed; still to be given */
};

struct credit_cpu {
    struct sched_queue queue;   /* by class, and in turn within it */
    struct sched_queue parked;  /* by the level at which one may run again */
    struct sched_queue later;   /* those of `queue` that owe: by the level at
                                 * which they change class */
    ns_t start;                 /* when what runs began to */
    ns_t slice_end;             /* its turn is over */
    enum credit_class better;   /* when stealing: only from above this class */
    struct sched_vcpu *last;    /* just stopped by us, not by itself */
    struct sched_vcpu *yielder; /* passes this turn */
};

static inline struct credit_cpu *credit_cpu(const struct sched_vcpu *v)
{
    return sched_cpu(v->sched, v->cpu);
}

/* ---- account.c ---- */

/* v, not active yet, shares in what is given out from the next accounting on.
 */
void credit_start(struct sched_vcpu *v);

static inline void credit_activate(struct sched_vcpu *v)
{
    const struct credit_vcpu *b = v->priv;

    if (unlikely(!b->active))
        credit_start(v);
}

/* Returns whether v sleeps and has its fill. */
bool credit_update_now(struct credit_sys *sys, struct sched_vcpu *v);

/* v's credits and class by all accountings that there were. Its CPU's lock
 * held; where it stands is left as it is (credit_renew()). */
static inline void credit_update(struct sched_vcpu *v)
{
    struct credit_sys *sys = sched_sys(v->sched);
    const struct credit_vcpu *b = v->priv;

    if (b->epoch != sys->epoch)
        (void)credit_update_now(sys, v);
}

/* What that would make of v. */
struct credit_vcpu credit_preview(const struct sched_vcpu *v);

/* v, if it waits and owes, or is parked, will be looked at when it leaves its
 * class, or its park. */
void credit_look_later(struct sched_vcpu *v);

void credit_account(struct sched *s, ns_t now);
void credit_vcpu_down(struct sched_vcpu *v, ns_t now);

/* The parameters of v's domain, whose first v is, have changed. */
void credit_changed(struct sched_vcpu *v, int64_t old_weight);

/* ---- credit.c ---- */

/* v, which waits, is updated, and takes the place that it has then. Returns
 * whether it has left its park. */
bool credit_renew(struct sched_vcpu *v);

/* v waits now: does it displace what runs there? Not before that has run for
 * the rate limit. */
void credit_preempt(const struct sched_vcpu *v, ns_t now);

/* One of c's that has left its park, or class, and is to be put right; or NULL.
 * `lazy`: who has ceased to be OVER is not, while a better one waits. */
struct sched_vcpu *credit_due(const struct credit_sys *sys,
                              const struct credit_cpu *c, bool lazy);

#endif
