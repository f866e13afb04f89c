/*
 * fair.h - for rules about weighted shares: virtual times, measured.
 *
 * For each vCPU that has been runnable from the very beginning and that nobody
 * has meddled with, on a machine of one CPU, A_i is its CPU time divided by its
 * weight, as the simulator measured it; weights may change on the way. A rule
 * says how far ahead of any other A_i may be.
 */
#ifndef SCHED_KIT_FAIR_H
#define SCHED_KIT_FAIR_H

#include "sched/kit/kit.h"

#define KIT_FAIR_SHIFT 32 /* A counts 2^-32 ns at weight 1 */

struct kit_fair {
    bool counts[KIT_VCPUS];
    ns_t counted[KIT_VCPUS]; /* CPU time that is in a[] */
    int64_t weight[KIT_VCPUS];
    __int128 a[KIT_VCPUS];
    __int128 lead[KIT_VCPUS]; /* the most that there was ever leave for */
};

/* CPU time at a weight, in units of A. */
static inline __int128 kit_fair_units(ns_t time, int64_t weight)
{
    return ((__int128)time << KIT_FAIR_SHIFT) / weight;
}

/* Who counts: all hogs that are there from the beginning. */
void kit_fair_begin(struct kit_run *r, struct kit_fair *f);
/* From now on vCPU i has this weight, and leave for this lead. */
void kit_fair_set(struct kit_fair *f, unsigned i, int64_t weight,
                  __int128 lead);
/* Bring a[] up to date; drop whom an action was about. */
void kit_fair_update(struct kit_run *r, struct kit_fair *f, ns_t now);
/* A_i - A_k <= lead_i for each pair, or the rule is broken. */
void kit_fair_check(struct kit_run *r, struct kit_fair *f, const char *rule,
                    ns_t now);

#endif
