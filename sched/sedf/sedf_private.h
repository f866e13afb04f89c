/*
 * sedf_private.h - what the files of the plug-in share.
 *
 * sedf.c decides who runs; admit.c who may reserve; wake.c what a wake-up does
 * to a reservation.
 */
#ifndef SCHED_SEDF_SEDF_PRIVATE_H
#define SCHED_SEDF_SEDF_PRIVATE_H

#include "sched/api/sched.h"

#define SEDF_SHIFT  28 /* 10 s << 28 fits into 63 bits */
#define SEDF_ONE    ((int64_t)1 << SEDF_SHIFT) /* utilisation of a whole CPU */
#define SEDF_EINVAL 22
#define SEDF_ENOSPC 28

/* What a wake-up does; the numbers of the historic sources. */
enum sedf_wake {
    SEDF_WAKE_CBS = 0,
    SEDF_WAKE_1 = 1,  /* very conservative */
    SEDF_WAKE_2A = 2, /* time asleep counts as used */
    SEDF_WAKE_2B = 3, /* what Xen had compiled in */
    SEDF_WAKE_2C = 4, /* latency hint, as in Atropos */
    SEDF_WAKE_3 = 5,  /* BROKEN on purpose: takes others' time */
};

enum {
    SEDF_EV_RELEASE,
    SEDF_EV_LATE,
    SEDF_EV_ADMIT,
    SEDF_EV_REFUSE,
};

struct sedf_sys {
    int64_t overhead; /* ppm of a CPU that are never given away */
    int64_t quantum;  /* ns of extra time at a turn */
    int64_t wake;     /* enum sedf_wake */
};

struct sedf_dom {
    int64_t period, slice, latency; /* ns */
    int64_t extra;                  /* flag */
    int64_t weight;                 /* of extra time */
};

struct sedf_vcpu {
    ns_t deadline;     /* end of the current period */
    ns_t budget;       /* left in it; below 0: overrun */
    ns_t period;       /* the current one: shorter after a wake-up by rule 2c */
    int64_t used;      /* utilisation that is booked for it */
    unsigned home;     /* the CPU on which, or CPUSET_NONE: no reservation */
    unsigned was_home; /* while parameters change */
    int64_t was_used;
    bool on_extra;      /* it runs, or ran last, on extra time */
    int64_t extra;      /* virtual time of extra time: see bvt */
    unsigned extra_cpu; /* ... on this CPU: each has its own */
    uint64_t rest;      /* carried: < weight */
    ns_t slept;         /* when it fell asleep */
    ns_t paid;          /* until then it pays for an overrun, or paid */
    uint64_t misses;    /* slices that were delivered late */
    ns_t late;          /* by how much, at worst */
};

struct sedf_cpu {
    struct sched_queue ready;   /* with budget, by deadline */
    struct sched_queue waiting; /* for their next period, by its start */
    struct sched_queue extra;   /* eligible for extra time, by virtual time */
    int64_t extra_now;          /* virtual time of extra time */
    int64_t used;               /* atomic: utilisation booked here */
    ns_t since;                 /* when what runs was picked */
    struct sched_vcpu *yielder; /* passes this turn */
    struct sched_vcpu *passed;  /* did so, the turn before */
};

static inline struct sedf_cpu *sedf_cpu(const struct sched_vcpu *v)
{
    return sched_cpu(v->sched, v->cpu);
}

static inline bool sedf_reserved(const struct sched_vcpu *v)
{
    return ((const struct sedf_vcpu *)v->priv)->home == v->cpu;
}

/* admit.c */
int sedf_vcpu_up(struct sched_vcpu *v, ns_t now);
void sedf_vcpu_down(struct sched_vcpu *v, ns_t now);
int sedf_param_set(struct sched *s, struct sched_vcpu *v,
                   const struct sched_param *p, int64_t old, ns_t now);
unsigned sedf_place(const struct sched_vcpu *v, ns_t now);
/* v has come to a CPU that is not its home: book it here, or do without. */
void sedf_rehome(struct sched_vcpu *v);

/* wake.c: deadline and budget of a reserved v that becomes runnable. */
void sedf_wake(struct sched_vcpu *v, ns_t now);
/* ... that is back from having let another pass. */
void sedf_return(struct sched_vcpu *v, ns_t now);
/* The next period begins, at or after its time. */
void sedf_release(struct sched_vcpu *v, ns_t now);

/* sedf.c: v, waiting, has other parameters. */
void sedf_requeue(struct sched_vcpu *v, ns_t now);

#endif
