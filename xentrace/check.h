/*
 * check.h - what cannot be in a trace of a correct hypervisor.
 *
 * Two orders are looked at. As a CPU's records lie (check_lie.c): each decision
 * is written whole and in its order, no record is there twice, the clock does
 * not go back. As time goes, all CPUs together (check_time.c): runstates form
 * a chain, a vCPU is in one place, a CPU's time is all somebody's, and spans
 * that records tell are those between the changes.
 *
 * After a gap nothing is held against what follows until it is known again.
 */
#ifndef XENTRACE_CHECK_H
#define XENTRACE_CHECK_H

#include "xentrace/command.h"
#include "xentrace/whos.h"

struct check;

/* One violation: the rule's name, and what was seen. */
__attribute__((format(printf, 4, 5))) void check_fault(struct check *c,
                                                       uint64_t tsc,
                                                       const char *rule,
                                                       const char *format, ...);

/* What a CPU's records must be next, as they lie. */
struct lie {
    struct rec last;
    bool any;            /* `last` is one */
    bool cut;            /* a gap may have cut the step that is under way */
    uint64_t newest;     /* time, of records that are no change */
    uint64_t newest_irq; /* of an interrupt's */
    uint64_t change;     /* time of the last change of a runstate */
    uint32_t expect;     /* an event's number; 0: anything */
    uint32_t who, other; /* whose; and of a switch, to whom */
    bool knows_runner;
    uint32_t runner; /* by the changes */
};

struct place;

struct check {
    const struct trace_meta *meta;
    struct lie *lie;     /* by CPU */
    struct place *place; /* by CPU */
    struct whos vcpus;   /* check_time.c */
    bool sees_wake, sees_block, sees_pick;
    unsigned print; /* so many at most */
    uint64_t faults;
};

void check_lie(struct check *c, const struct rec *r, bool after_gap);

void check_time_begin(struct check *c, unsigned nr_cpus);
void check_time(struct check *c, const struct stream *st, const struct rec *r);
void check_time_end(struct check *c);

/* Is it a change of runstate? Which one. */
static inline bool is_change(const struct rec *r)
{
    return (r->event & 0x0ffff00f) == TRC_SCHED_RUNSTATE_CHANGE && r->nr >= 1;
}

static inline unsigned old_state(const struct rec *r)
{
    return r->event >> 8 & 3;
}

static inline unsigned new_state(const struct rec *r)
{
    return r->event >> 4 & 3;
}

/* "d1v0" in one of a few buffers. */
const char *check_name(uint32_t who);

#endif
