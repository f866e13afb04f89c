/*
 * shares.h - for rules about shares by weight that hold to a few accounting
 * periods, over any time in which the weights stay what they are.
 */
#ifndef SCHED_KIT_SHARES_H
#define SCHED_KIT_SHARES_H

#include "sched/kit/kit.h"

struct kit_shares {
    bool counts;            /* one CPU, nothing but weights is set or changed */
    bool changed;           /* a weight was; */
    ns_t from;              /* ... at this time, last */
    ns_t before[KIT_VCPUS]; /* CPU time until then */
};

void kit_shares_begin(const struct kit_run *r, struct kit_shares *s);
/* After each action. */
void kit_shares_action(const struct kit_run *r, struct kit_shares *s,
                       const struct kit_action *a);
/* Since the last change each hog has had its share, to `slack`; twice that
 * after a change, for where it stood then counts, too. Who sleeps, no more than
 * its share; where somebody does, hogs may have had more. */
void kit_shares_check(struct kit_run *r, const struct kit_shares *s, ns_t slack,
                      const char *rule);
/* Has the domain of vCPU `who` no other one? */
bool kit_alone(const struct kit_scenario *sc, unsigned who);

/* ---- scenarios in which this shows ---- */

/* n hogs, with weights from `least` to least << steps - 1. */
void kit_shares_hogs(struct kit_source *from, struct kit_scenario *sc,
                     unsigned n, int64_t least, unsigned steps);
/* One of them gets another weight on the way, a third into the run. */
void kit_shares_change(struct kit_source *from, struct kit_scenario *sc,
                       int64_t least, unsigned steps);

#endif
