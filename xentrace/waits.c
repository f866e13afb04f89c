/*
 * waits.c - see waits.h.
 *
 * The record of a wake-up lies before its change, but has a later time (the
 * change's is that of the decision): when it is read, the cause is put into
 * words of the change that the record itself does not have.
 */
#include "xentrace/waits.h"

#include <stdlib.h>
#include <xen/vcpu.h>

#include "trace/events.h"
#include "xentrace/command.h"

#define CAUSE  5 /* words of a change of runstate */
#define DETAIL 6

const char *const waits_cause_name[WAITS_CAUSES] = {
    "other", "event", "virq", "timer", "kick", "new", "not told",
};

struct vcpu {
    uint32_t who; /* first: whos.h */
    unsigned state, cause;
    uint32_t detail;
    uint64_t since; /* 0: not seen */
    bool woken;     /* waits since a wake-up */
};

struct run {
    uint32_t who;
    uint64_t from, to; /* to: 0 while it runs */
};

struct waits_cpu {
    uint32_t cause, detail; /* of the wake-up that was read last */
    bool announced;
    uint64_t nr; /* of runs, ever */
    struct run run[WAITS_RUNS];
};

static bool is_change(const struct rec *r)
{
    return (r->event & 0x0ffff00f) == TRC_SCHED_RUNSTATE_CHANGE && r->nr >= 1;
}

static void on_read(struct rec *r, bool after_gap, void *arg)
{
    struct waits *w = arg;
    struct waits_cpu *c = &w->cpu[r->cpu];

    (void)after_gap;
    if (r->event == TRC_SCHED_WAKE && r->nr >= 4) {
        c->cause = r->word[2];
        c->detail = r->word[3];
        c->announced = true;
    } else if (is_change(r)) {
        r->word[CAUSE] = c->announced && c->cause < WAITS_CAUSES - 1
                             ? c->cause
                             : WAITS_CAUSES - 1;
        r->word[DETAIL] = c->detail;
        c->announced = false;
    }
}

void waits_begin(struct waits *w, struct stream *st)
{
    const struct source *s = st->source;

    w->stream = st;
    w->vcpus.bytes = sizeof(struct vcpu);
    w->cpu = command_must(
        calloc(s->nr_cpus ? s->cpus[s->nr_cpus - 1] + 1u : 1, sizeof(*w->cpu)));
    st->on_read = on_read;
    st->arg = w;
}

static void begin_run(struct waits_cpu *c, uint32_t who, uint64_t tsc)
{
    c->run[c->nr++ % WAITS_RUNS] = (struct run){ .who = who, .from = tsc };
}

static void end_run(struct waits_cpu *c, uint64_t tsc)
{
    if (c->nr)
        c->run[(c->nr - 1) % WAITS_RUNS].to = tsc;
}

void waits_take(struct waits *w, const struct rec *r)
{
    unsigned old = r->event >> 8 & 3, new = r->event >> 4 & 3;
    struct vcpu *v;
    bool torn;

    if (!is_change(r))
        return;
    v = whos_get(&w->vcpus, r->word[0]);
    torn = stream_torn(w->stream, v->since);
    if (v->woken && torn)
        w->on_hidden(v->who, false, w->arg);
    else if (v->woken && new == RUNSTATE_running)
        w->on_wait(&(struct wait){ v->who, r->cpu, v->since, r->tsc, v->cause,
                                   v->detail },
                   w->arg);
    v->woken = old == RUNSTATE_blocked && new == RUNSTATE_runnable;
    if (v->woken) {
        v->cause = r->word[CAUSE];
        v->detail = r->word[DETAIL];
    }
    v->state = new;
    v->since = r->tsc;
    if (old == RUNSTATE_running)
        end_run(&w->cpu[r->cpu], r->tsc);
    if (new == RUNSTATE_running)
        begin_run(&w->cpu[r->cpu], v->who, r->tsc);
}

void waits_end(struct waits *w)
{
    struct who **all = whos_sorted(&w->vcpus);

    for (unsigned i = 0; i < w->vcpus.nr; i++) {
        const struct vcpu *v = (const void *)all[i];

        if (v->woken)
            w->on_hidden(v->who, !stream_torn(w->stream, v->since), w->arg);
    }
    free(all);
    whos_free(&w->vcpus);
    free(w->cpu);
}

void waits_blame(const struct waits *w, const struct wait *wait,
                 void (*tell)(uint32_t who, uint64_t from, uint64_t span,
                              void *arg),
                 void *arg)
{
    const struct waits_cpu *c = &w->cpu[wait->cpu];
    uint64_t until = wait->to;

    for (uint64_t i = c->nr; i > 0 && c->nr - i < WAITS_RUNS; i--) {
        const struct run *run = &c->run[(i - 1) % WAITS_RUNS];
        uint64_t from = run->from > wait->from ? run->from : wait->from;
        uint64_t to = run->to < until ? run->to : until;

        if (until > to && to >= wait->from) /* nobody's */
            tell(WAITS_UNKNOWN, to, until - to, arg);
        if (to > from)
            tell(run->who, from, to - from, arg);
        if (from < until)
            until = from;
        if (run->from <= wait->from)
            return;
    }
    if (until > wait->from)
        tell(WAITS_UNKNOWN, wait->from, until - wait->from, arg);
}
