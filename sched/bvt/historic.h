/*
 * historic.h - the faults of Xen's BVT (to 2006), for study: `bvt.historic`.
 *
 * Each is BROKEN, and named in README.md. bvt.c asks for them where they were;
 * with historic=0, the default, none of this is called.
 */
#ifndef SCHED_BVT_HISTORIC_H
#define SCHED_BVT_HISTORIC_H

#include "xen/lib/types.h"

enum bvt_fault {
    BVT_ROUNDS = 1,      /* CPU time is charged in whole 100 us */
    BVT_MIXES_UNITS = 2, /* of a slice: a count of 100 us is added as ns */
    BVT_UNSIGNED = 4,    /* E has 32 bits and no sign */
    BVT_L_PER_TURN = 8,  /* each dispatch gives a whole new L */
    BVT_ALL_FAULTS = 15,
};

/* What was charged for `ran` ns. */
ns_t bvt_historic_ran(ns_t ran);

/* The slice of one of this weight that is d behind the next one. */
ns_t bvt_historic_slice(int64_t d, uint64_t weight, ns_t ctx_allow);

/* E of one that is warped. */
int64_t bvt_historic_effective(int64_t a, int64_t warp);

#endif
