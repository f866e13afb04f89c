/*
 * bvt_private.h - the state of bvt: of an instance, a domain, a vCPU, a CPU.
 */
#ifndef SCHED_BVT_BVT_PRIVATE_H
#define SCHED_BVT_BVT_PRIVATE_H

#include "sched/api/sched.h"
#include "sched/bvt/historic.h"

struct bvt_sys {
    int64_t ctx_allow; /* C, ns of CPU time */
    int64_t migrate;   /* M, ns of CPU time */
    int64_t historic;  /* enum bvt_fault: BROKEN on purpose, for study */
};

struct bvt_dom {
    int64_t weight;
    int64_t warp;       /* W, units of A */
    int64_t warp_limit; /* L, ns of CPU time; 0: none */
    int64_t unwarp;     /* U, ns */
};

struct bvt_cpu;

struct bvt_vcpu {
    struct bvt_cpu *c; /* where it runs, or ran last */
    int64_t a;         /* A = a + rest / weight */
    uint64_t rest;     /* < weight */
    uint64_t weight;   /* the domain's, as of the last charge */
    uint64_t inverse;  /* (2^64 - 1) / weight, rounded down */
    unsigned home;     /* the CPU whose SVT A refers to */
    bool warped;
    bool voluntary; /* it sleeps because it asked to */
    ns_t warp_left; /* CPU time that this burst may still run warped */
    ns_t rearm;     /* not warped again before */
    ns_t slept;     /* when it fell asleep */
};

struct bvt_cpu {
    struct sched_queue actual, effective;
    int64_t svt;                /* min A of the runnable, when last computed */
    ns_t since;                 /* start of what runs, or its last charge */
    ns_t until;                 /* ... gives way then, if not to a waker */
    struct sched_vcpu *woken;   /* a waker that takes precedence now */
    struct sched_vcpu *last;    /* just stopped by us, not by itself */
    struct sched_vcpu *yielder; /* passes this turn */
};

#endif
