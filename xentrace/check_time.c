/*
 * check_time.c - rules for all CPUs' records in order of time.
 *
 * A CPU's reading of the clock that ends one run begins the next. Only if
 * another CPU, with a later reading, has changed the vCPU first, its run begins
 * at that later time, in ns: such a run follows a stay of no length at all, or
 * (of a ns that has several readings the last one is told) of less than a ns,
 * and is held against nobody.
 */
#include "xentrace/check.h"

#include <stdlib.h>
#include <xen/vcpu.h>

#include "trace/events.h"
#include "xentrace/events.h"

struct vcpu {
    uint32_t who; /* first: whos.h */
    unsigned state, cpu;
    bool clamped;   /* its run began later than its CPU's reading */
    uint64_t since; /* 0: not seen */
};

/* A stay in a state; who: ~0 if nothing is known. */
struct stay {
    uint32_t who;
    uint64_t from, to;
};

/* A CPU: who runs there, and how long the last stays were that ended there. */
struct place {
    const struct vcpu *runner;
    uint64_t left; /* when the last run ended; 0: not known */
    bool clamped;  /* the last run began later than this CPU's reading */
    bool idle;     /* its idle vCPU is traced */
    struct stay ran, waited;
};

void check_time_begin(struct check *c, unsigned nr_cpus)
{
    c->vcpus.bytes = sizeof(struct vcpu);
    c->place = command_must(calloc(nr_cpus, sizeof(*c->place)));
    c->lie = command_must(calloc(nr_cpus, sizeof(*c->lie)));
}

void check_time_end(struct check *c)
{
    whos_free(&c->vcpus);
    free(c->place);
    free(c->lie);
}

/* May a stay between these readings be told as so many ns? Both were rounded
 * down to ns when they were taken: exactly, if a ns is a whole number of
 * cycles; else by a multiplication. */
static bool same_span(const struct trace_meta *m, const struct stay *s,
                      uint32_t ns)
{
    uint64_t from = s->from - m->tsc_zero, to = s->to - m->tsc_zero;
    uint64_t per = m->tsc_khz / 1000000;
    double is = (double)(to - from) * 1e6 / (double)m->tsc_khz, slack;

    if (!m->tsc_khz || ns >= INT32_MAX || from >> 63 || to < from)
        return true;
    if (m->tsc_khz % 1000000 == 0)
        return to / per - from / per == ns;
    slack = 4 + is / 1e6;
    return is <= ns + slack && is + slack >= ns;
}

/* Is `to` what the hypervisor tells for the ns of `from`: that, or the last
 * reading of the ns? Exactly, if a ns is a whole number of cycles; else they
 * are less than two ns apart: a multiplication made ns of them. */
static bool same_ns(const struct trace_meta *m, uint64_t from, uint64_t to)
{
    uint64_t per = m->tsc_khz / 1000000, zero = m->tsc_zero;

    if (from == to || !m->tsc_khz || from < zero || to < from)
        return from == to;
    if (m->tsc_khz % 1000000 == 0)
        return to - from < per && (to - zero) % per == per - 1;
    return (double)(to - from) * 1e6 < 2 * (double)m->tsc_khz;
}

static void begins(struct check *c, const struct vcpu *v, const struct rec *r,
                   bool torn)
{
    struct place *p = &c->place[r->cpu];
    bool clamped = same_ns(c->meta, v->since, r->tsc);

    if (torn || clamped || p->clamped) {
        p->clamped = clamped;
    } else if (p->runner && p->runner != v) {
        check_fault(c, r->tsc, "a CPU runs one vCPU", "CPU %u runs %s and %s",
                    r->cpu, check_name(p->runner->who), check_name(v->who));
    } else if (p->left && p->idle && r->tsc != p->left) {
        check_fault(c, r->tsc, "a CPU's time is all accounted for",
                    "%.0f ns of CPU %u are nobody's before %s",
                    meta_ns(c->meta, r->tsc) - meta_ns(c->meta, p->left),
                    r->cpu, check_name(v->who));
    }
    p->runner = v;
}

static void ends(struct check *c, const struct vcpu *v, const struct rec *r,
                 bool torn)
{
    struct place *p = &c->place[r->cpu];

    if (v->since && v->cpu != r->cpu && v->state == RUNSTATE_running && !torn)
        check_fault(c, r->tsc, "a vCPU is in one place",
                    "%s began to run on CPU %u, and ends on CPU %u",
                    check_name(v->who), v->cpu, r->cpu);
    p->runner = NULL;
    p->left = torn ? 0 : r->tsc;
    p->ran = (struct stay){ v->who, v->since, r->tsc };
    if (torn || v->clamped || !v->since)
        p->ran.who = ~0u;
}

static void on_change(struct check *c, const struct stream *st,
                      const struct rec *r)
{
    struct vcpu *v = whos_get(&c->vcpus, r->word[0]);
    struct place *p = &c->place[r->cpu];
    bool torn = stream_torn(st, v->since);
    unsigned old = old_state(r), new = new_state(r);

    if (v->who >> 16 == IDLE_DOMAIN)
        p->idle = true;
    if (v->since && !torn && v->state != old)
        check_fault(c, r->tsc, "runstates form a chain",
                    "%s leaves %s, and was %s", check_name(v->who),
                    event_state(old), event_state(v->state));
    if (old == RUNSTATE_running)
        ends(c, v, r, torn);
    if (new == RUNSTATE_running) {
        p->waited = (struct stay){ v->who, v->since, r->tsc };
        if (torn || !v->since || v->state != RUNSTATE_runnable)
            p->waited.who = ~0u;
        begins(c, v, r, torn);
        v->clamped = same_ns(c->meta, v->since, r->tsc);
        v->cpu = r->cpu;
    }
    v->state = new;
    v->since = r->tsc;
}

/* switch_infprev and _infnext tell spans that the changes tell too. */
static void on_span(struct check *c, const struct rec *r, const struct stay *s,
                    const char *what)
{
    uint32_t who = trace_id(r->word[0], r->word[1]);

    if (who >> 16 == IDLE_DOMAIN || who != s->who)
        return;
    if (!same_span(c->meta, s, r->word[2]))
        check_fault(c, r->tsc, "spans are those between the changes",
                    "%s %s %u ns, by the changes %.0f ns", check_name(who),
                    what, r->word[2],
                    meta_ns(c->meta, s->to) - meta_ns(c->meta, s->from));
}

void check_time(struct check *c, const struct stream *st, const struct rec *r)
{
    const struct place *p = &c->place[r->cpu];

    if (is_change(r))
        on_change(c, st, r);
    else if (r->event == TRC_SCHED_SWITCH_INFPREV && !p->clamped)
        on_span(c, r, &p->ran, "ran");
    else if (r->event == TRC_SCHED_SWITCH_INFNEXT && !p->clamped)
        on_span(c, r, &p->waited, "waited");
}
