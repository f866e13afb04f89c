/*
 * switch.h - the four records of a switch in one piece: pick, switch_infprev,
 * switch_infnext, switch (events.def), side by side and with one time.
 *
 * One place in the ring is reserved for all of them, and one reading of the
 * clock dates them: half of the instructions that they cost one by one. To a
 * reader it makes no difference.
 */
#ifndef TRACE_SWITCH_H
#define TRACE_SWITCH_H

#include "trace/emit.h"
#include "trace/trace.h"

/* The words: of pick, run_for to locked; the rest as in events.def. */
struct trace_switch {
    uint64_t run_for, now;
    uint32_t locked;
    uint32_t from_dom, from_vcpu, ran, from_granted;
    uint32_t dom, vcpu, waited, granted;
};

struct trace_four {
    uint32_t header;
    uint64_t tsc;
    uint32_t word[4];
} __attribute__((packed, may_alias));

struct trace_switch_records {
    struct trace_times pick;
    struct trace_four infprev, infnext, change;
} __attribute__((packed, may_alias));

/* Where no event of them is on or off alone, for they share their subclass. */
static inline bool trace_switch_enabled(void)
{
    return trace_enabled(TRC_SCHED_SWITCH);
}

/* On r's own CPU, whose `clock` is; any context. False if there is no room that
 * is known of, or somebody came between: then nothing is written, and each
 * record is to be written by itself. */
static inline __attribute__((always_inline)) bool trace_put_switch(
    struct trace_ring *r, uint64_t (*clock)(void), const struct trace_switch *s)
{
    uint64_t pos = local_read64(&r->pos), tsc = clock();
    struct trace_switch_records *to;

    if (!trace_reserve(r, pos, pos + sizeof(*to)))
        return false;
    to = (struct trace_switch_records *)(r->data + (uint32_t)pos);
    to->pick = (struct trace_times){
        trace_header(TRACE_SCHED_PICK, 6),
        tsc,
        trace_id(s->dom, s->vcpu),
        s->run_for,
        s->now,
        s->locked,
    };
    to->infprev = (struct trace_four){
        trace_header(TRC_SCHED_SWITCH_INFPREV, 4),
        tsc,
        { s->from_dom, s->from_vcpu, s->ran, s->from_granted },
    };
    to->infnext = (struct trace_four){
        trace_header(TRC_SCHED_SWITCH_INFNEXT, 4),
        tsc,
        { s->dom, s->vcpu, s->waited, s->granted },
    };
    to->change = (struct trace_four){
        trace_header(TRC_SCHED_SWITCH, 4),
        tsc,
        { s->from_dom, s->from_vcpu, s->dom, s->vcpu },
    };
    if (trace_commit(r, pos))
        trace_commit_rest(r);
    return true;
}

#endif
