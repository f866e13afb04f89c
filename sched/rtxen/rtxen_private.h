/*
 * rtxen_private.h - between rtxen.c (whom to run) and budget.c (what each kind
 * of server does with its budget).
 */
#ifndef SCHED_RTXEN_PRIVATE_H
#define SCHED_RTXEN_PRIVATE_H

#include "sched/api/sched.h"

#define RTXEN_EINVAL     22
#define RTXEN_YIELD      US(500) /* the most that one gets of another's yield */
#define RTXEN_BACKGROUND MS(1)   /* a turn there */
#define RTXEN_PARTS      8       /* of a sporadic budget, on their way back */

enum rtxen_server {
    RTXEN_DEFERRABLE,
    RTXEN_PERIODIC,
    RTXEN_POLLING,
    RTXEN_SPORADIC,
};

enum { RTXEN_EV_REFILL = 1, RTXEN_EV_LOSE = 2 };

struct rtxen_dom {
    int64_t period, budget, server; /* parameters */
};

/* A part of a sporadic server's budget, and when it comes back. */
struct rtxen_part {
    ns_t at, amount;
};

struct rtxen_vcpu {
    struct sched_node asleep; /* in ghosts or dormant of CPU `home` */
    unsigned home;
    ns_t left;     /* of the budget; below 0: overrun */
    ns_t deadline; /* end of the period; not of a sporadic one */
    ns_t able;     /* sporadic: since when it can run; */
    ns_t used;     /* ... what it has used since, not yet on its way back */
    unsigned nr;
    struct rtxen_part part[RTXEN_PARTS]; /* in order of time */
};

struct rtxen_cpu {
    struct sched_queue ready, refill, ghosts, dormant;
    struct sched_vcpu *last;    /* just stopped by us, not by itself */
    struct sched_vcpu *yielder; /* passes this turn */
    struct sched_vcpu *ghost;   /* for whom the CPU idles, */
    ns_t since;                 /* and since when */
};

/* All for domains with a budget only, but for rtxen_refresh(), rtxen_turn() and
 * rtxen_begin(), which do nothing much for others. */

/* v begins, or has new parameters. */
void rtxen_begin(struct sched_vcpu *v, ns_t now);
/* What has come back by now is v's. woken: it has just been asleep. */
void rtxen_refresh(struct sched_vcpu *v, bool woken, ns_t now);
/* v has run. */
void rtxen_use(struct sched_vcpu *v, ns_t ran);
/* v goes to sleep. */
void rtxen_idle(struct sched_vcpu *v, ns_t now);
/* When v, without budget, gets some. */
ns_t rtxen_next(const struct sched_vcpu *v);
/* For how long v, which may run, may do so at a stretch: above 0. */
ns_t rtxen_turn(const struct sched_vcpu *v, ns_t now);

#endif
