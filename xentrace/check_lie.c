/*
 * check_lie.c - rules for a CPU's records in the order in which they lie.
 *
 * What the hypervisor writes for one step (xen/sched/host.c, schedule.c) is
 * written with interrupts off: nothing comes between, but an NMI's.
 *
 *   wake, change from blocked          of one vCPU
 *   block, change to blocked           of one vCPU
 *   pick, continue_running             of one vCPU, which runs
 *   pick, switch_infprev, switch_infnext, switch
 *
 * A change has the clock reading of its decision, which was taken before the
 * scheduler's lock: it may be older than the record before it by as long as
 * that lock was held by others (in an emulator: tens of milliseconds, if the
 * holder's thread does not run). All other records are in order of time, but
 * for one that an interrupt came into between its reading and its place.
 */
#include "xentrace/check.h"

#include <string.h>
#include <xen/vcpu.h>

#include "trace/events.h"

static const char order[] = "a CPU's clock goes forward";
static const char whole[] = "a step is written whole";

static bool is_step(uint32_t event)
{
    return event == TRC_SCHED_WAKE || event == TRC_SCHED_BLOCK ||
           event == TRACE_SCHED_PICK || event == TRC_SCHED_SWITCH_INFPREV ||
           event == TRC_SCHED_SWITCH_INFNEXT || event == TRC_SCHED_SWITCH ||
           event == TRC_SCHED_CONTINUE_RUNNING;
}

static uint32_t who_of(const struct rec *r)
{
    return trace_id(r->word[0], r->word[1]);
}

static void check_order(struct check *c, struct lie *l, const struct rec *r)
{
    if (is_change(r)) {
        if (l->change > r->tsc && old_state(r) == RUNSTATE_running)
            check_fault(c, r->tsc, order,
                        "CPU %u ends a run before its last "
                        "change of a runstate",
                        r->cpu);
        if (new_state(r) == RUNSTATE_running)
            l->change = r->tsc;
        return;
    }
    if (r->tsc < l->newest && l->newest_irq <= r->tsc)
        check_fault(c, r->tsc, order, "CPU %u goes back by %.0f ns", r->cpu,
                    meta_ns(c->meta, l->newest) - meta_ns(c->meta, r->tsc));
    if (r->tsc > l->newest)
        l->newest = r->tsc;
    if (r->event == TRACE_IRQ && r->tsc > l->newest_irq)
        l->newest_irq = r->tsc;
}

static void check_twice(struct check *c, const struct lie *l,
                        const struct rec *r)
{
    if (l->any && l->last.tsc == r->tsc && l->last.event == r->event &&
        l->last.nr == r->nr && !memcmp(l->last.word, r->word, sizeof(r->word)))
        check_fault(c, r->tsc, "a record is there once",
                    "CPU %u: event %#x is there twice", r->cpu, r->event);
}

/* The change that `wake` and `block` announce; and none without. */
static void check_change(struct check *c, struct lie *l, const struct rec *r)
{
    uint32_t who = r->word[0];
    bool wakes = old_state(r) == RUNSTATE_blocked;
    bool blocks = new_state(r) == RUNSTATE_blocked;
    const char *name = check_name(who);

    if (!l->cut && ((wakes && c->sees_wake && l->expect != TRC_SCHED_WAKE) ||
                    (blocks && c->sees_block && l->expect != TRC_SCHED_BLOCK)))
        check_fault(c, r->tsc, whole, "%s changes without a %s before", name,
                    wakes ? "wake" : "block");
    else if ((wakes || blocks) && l->expect && l->who != who)
        check_fault(c, r->tsc, whole, "%s changes, %s was announced", name,
                    check_name(l->who));
    if (new_state(r) == RUNSTATE_running) {
        if (l->knows_runner && l->runner != ~0u)
            check_fault(c, r->tsc, "a CPU runs one vCPU",
                        "CPU %u runs %s and %s", r->cpu, check_name(l->runner),
                        name);
        l->knows_runner = true;
        l->runner = who;
    } else if (old_state(r) == RUNSTATE_running) {
        if (l->knows_runner && l->runner != who)
            check_fault(c, r->tsc, "a CPU runs one vCPU",
                        "CPU %u ends a run of %s, which does not run there",
                        r->cpu, name);
        l->knows_runner = true;
        l->runner = ~0u;
    }
}

/* Is this what had to come? True if nothing had to, or it is. */
static bool comes(const struct lie *l, const struct rec *r)
{
    switch (l->expect) {
    case TRC_SCHED_WAKE:
        return is_change(r) && old_state(r) == RUNSTATE_blocked;
    case TRC_SCHED_BLOCK:
        return is_change(r) && new_state(r) == RUNSTATE_blocked;
    case TRACE_SCHED_PICK:
        return (r->event == TRC_SCHED_CONTINUE_RUNNING &&
                r->word[0] == l->who) ||
               r->event == TRC_SCHED_SWITCH_INFPREV;
    case TRC_SCHED_SWITCH_INFPREV:
        return r->event == TRC_SCHED_SWITCH_INFNEXT && who_of(r) == l->other;
    case TRC_SCHED_SWITCH_INFNEXT:
        return r->event == TRC_SCHED_SWITCH && who_of(r) == l->who &&
               trace_id(r->word[2], r->word[3]) == l->other;
    default:
        return true;
    }
}

/* A decision's record without the one that leads to it. */
static bool comes_alone(const struct lie *l, const struct rec *r)
{
    switch (r->event) {
    case TRC_SCHED_SWITCH_INFPREV:
    case TRC_SCHED_CONTINUE_RUNNING:
        return l->expect != TRACE_SCHED_PICK;
    case TRC_SCHED_SWITCH_INFNEXT:
        return l->expect != TRC_SCHED_SWITCH_INFPREV;
    case TRC_SCHED_SWITCH:
        return l->expect != TRC_SCHED_SWITCH_INFNEXT;
    default:
        return false;
    }
}

static void begin_step(struct check *c, struct lie *l, const struct rec *r)
{
    l->expect = is_step(r->event) ? r->event : 0;
    switch (r->event) {
    case TRC_SCHED_WAKE:
        c->sees_wake = true;
        l->who = who_of(r);
        break;
    case TRC_SCHED_BLOCK:
        c->sees_block = true;
        l->who = who_of(r);
        break;
    case TRACE_SCHED_PICK:
        l->who = l->other = r->word[0];
        if (l->knows_runner && l->runner != l->who)
            check_fault(c, r->tsc, "who is picked runs",
                        "CPU %u: %s is picked, %s runs by the changes", r->cpu,
                        check_name(l->who),
                        l->runner == ~0u ? "nobody" : check_name(l->runner));
        break;
    case TRC_SCHED_SWITCH_INFPREV: /* other: whom the pick told */
        l->who = who_of(r);
        break;
    case TRC_SCHED_SWITCH_INFNEXT:
        break;
    default:
        l->expect = 0;
    }
}

/* In the middle of a step, or at its end. */
static bool ends_step(uint32_t event)
{
    return event == TRC_SCHED_SWITCH_INFPREV ||
           event == TRC_SCHED_SWITCH_INFNEXT || event == TRC_SCHED_SWITCH ||
           event == TRC_SCHED_CONTINUE_RUNNING;
}

static void check_step(struct check *c, struct lie *l, const struct rec *r)
{
    if (!comes(l, r))
        check_fault(c, r->tsc, whole, "CPU %u: after event %#x of %s comes %#x",
                    r->cpu, l->expect, check_name(l->who), r->event);
    else if (c->sees_pick && comes_alone(l, r))
        check_fault(c, r->tsc, whole,
                    "CPU %u: event %#x without the one before it", r->cpu,
                    r->event);
}

void check_lie(struct check *c, const struct rec *r, bool after_gap)
{
    struct lie *l = &c->lie[r->cpu];
    bool fresh = !l->any;

    if (after_gap) {
        *l = (struct lie){ .newest = r->tsc };
        fresh = true;
    }
    check_twice(c, l, r);
    check_order(c, l, r);
    /* The gap may have cut a step in two: its rest says nothing. */
    l->cut = fresh ? !is_step(r->event) || ends_step(r->event)
                   : l->cut && ends_step(r->event);
    if (!l->cut)
        check_step(c, l, r);
    if (is_change(r))
        check_change(c, l, r);
    if (r->event == TRACE_SCHED_PICK)
        c->sees_pick = true;
    begin_step(c, l, r);
    if (l->cut && ends_step(r->event))
        l->expect = 0;
    l->last = *r;
    l->any = true;
}
