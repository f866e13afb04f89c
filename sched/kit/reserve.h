/*
 * reserve.h - for rules about reservations: a slice in each period, and no
 * more than that in any window.
 */
#ifndef SCHED_KIT_RESERVE_H
#define SCHED_KIT_RESERVE_H

#include "sched/kit/kit.h"

#define KIT_RUNS 64 /* windows begin with one of the last so many runs */

/* One vCPU's reservation. Zeroed: none. */
struct kit_reserve {
    ns_t period, slice;
    bool guaranteed; /* always has work: gets its slice in each period */
    bool limited;    /* gets nothing beyond its slices */
    ns_t begin;      /* of the period in which we are */
    ns_t served;     /* in it */
    ns_t next;       /* the slice after so many more periods, */
    unsigned in;     /* ... if it is not 0 */
    ns_t run_from[KIT_RUNS], before[KIT_RUNS]; /* a run's begin; what ran before
                                                * it */
    ns_t total;                                /* run time, */
    ns_t until;                                /* counted until then */
    unsigned nr_runs;
};

/* It is `now`; before each change of anybody's state. Breaks rule `slice` if a
 * period has ended without its slice, rule `limit` if a window had more than
 * 2 Q + Q / P x its length: a constant-bandwidth server's budgets that begin
 * and end within the window are used at the rate Q / P at most, and one more
 * may have begun before, one end after it. */
void kit_reserve_look(struct kit_run *r, struct kit_reserve *res,
                      const struct kit_member *m, ns_t now, const char *slice,
                      const char *limit);

/* The slice has become another one, if it has: what was and what is may both
 * count in this period and the next; after that, what is. */
void kit_reserve_change(struct kit_reserve *res, ns_t slice);

/* ---- scenarios in which this shows ---- */

/* What a plug-in calls its parameters. */
struct kit_reserve_names {
    const char *period, *slice, *extra;
};

void kit_reserve_want(struct kit_scenario *sc,
                      const struct kit_reserve_names *names, unsigned dom,
                      ns_t period, ns_t slice, bool extra);
/* Reservations of `permille` of a CPU in all; some don't want their time when
 * it comes. */
void kit_reserve_full(struct kit_source *from, struct kit_scenario *sc,
                      const struct kit_reserve_names *names, int64_t permille);
/* They want all of it, and one gets another slice on the way: twice as much,
 * or half. */
void kit_reserve_another(struct kit_source *from, struct kit_scenario *sc,
                         const struct kit_reserve_names *names);
/* Some without extra time, which ask for more than they have. */
void kit_reserve_greedy(struct kit_source *from, struct kit_scenario *sc,
                        const struct kit_reserve_names *names);

#endif
