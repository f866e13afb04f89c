/*
 * spy.c - a table that stands in for the plug-in's: it passes each call on,
 * and keeps what the rules need to know of it.
 *
 * The instance runs under the spy's table (sched_change() puts it in force), so
 * the plug-in is the very object that the hypervisor has, called through the
 * very same core.
 */
#include <stdlib.h>
#include "sched/kit/kit.h"
#include "xen/lib/bug.h"

/* So many picks at one instant, and no time passes any more. */
#define BURST_MAX 5000

#define SPIES_MAX 64

struct spy {
    struct sched_ops ops; /* first: a table of the spy is a spy */
    const struct sched_ops *real;
};

static struct {
    struct spy spy[SPIES_MAX];
    unsigned nr;
} spies;

static const struct sched_ops *real(const struct sched *s)
{
    return ((const struct spy *)(const void *)sched_ops_of(s))->real;
}

static const char *why_name(enum sched_why why)
{
    static const char *const names[] = { "new",   "wake",  "unpause", "preempt",
                                         "yield", "sleep", "move" };

    return names[why];
}

/* One line of the log: what, whom, and one more word or number. */
static void note(const char *what, const struct sched_vcpu *v, unsigned cpu,
                 ns_t now, const char *word, int64_t number)
{
    FILE *log = kit_now ? kit_now->log : NULL;

    if (!log)
        return;
    (void)fprintf(log, "%12lld cpu%u %-8s", (long long)now, cpu, what);
    if (v)
        (void)fprintf(log, " d%uv%u", v->dom, v->id);
    if (word)
        (void)fprintf(log, " %s", word);
    else if (number == FOREVER)
        (void)fprintf(log, " for ever");
    else
        (void)fprintf(log, " %lld ns", (long long)number);
    (void)fputc('\n', log);
}

static void spy_enqueue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    struct kit_member *m = kit_member(kit_now, v);

    m->why = why;
    note("enqueue", v, v->cpu, now, why_name(why), 0);
    real(v->sched)->enqueue(v, why, now);
}

static void spy_dequeue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    note("dequeue", v, v->cpu, now, why_name(why), 0);
    real(v->sched)->dequeue(v, why, now);
}

static void spy_charge(struct sched_vcpu *v, ns_t ran, ns_t now)
{
    struct kit_member *m = kit_member(kit_now, v);

    m->charged += ran;
    note("charge", v, v->cpu, now, NULL, ran);
    if (real(v->sched)->charge)
        real(v->sched)->charge(v, ran, now);
}

/* Is the plug-in still getting anywhere? */
static bool progress(struct kit_run *r, ns_t now)
{
    uint64_t most = 3000;

    if (now != r->burst_at) {
        r->burst_at = now;
        r->burst = 0;
    }
    if (++r->burst > BURST_MAX) {
        kit_fail(r, "progress", "more than %d decisions at one instant",
                 BURST_MAX);
        return false;
    }
    most += (uint64_t)now / 400 * r->sc->nr_cpus;
    if (r->sim->decisions > most) {
        kit_fail(r, "progress", "%llu decisions in %lld ns",
                 (unsigned long long)r->sim->decisions, (long long)now);
        return false;
    }
    return true;
}

static struct sched_pick spy_pick(struct sched *s, unsigned cpu, ns_t now)
{
    struct sched_pick pick = { NULL, 0 };

    /* What is returned breaks a rule of the core, which then calls the plug-in
     * no more. */
    if (!progress(kit_now, now))
        return pick;
    pick = real(s)->pick(s, cpu, now);
    note(pick.v ? "pick" : "idle", pick.v, cpu, now, NULL, pick.run_for);
    return pick;
}

static void spy_sleep(struct sched_vcpu *v, bool voluntary, ns_t now)
{
    note("sleep", v, v->cpu, now, voluntary ? "voluntary" : "forced", 0);
    if (real(v->sched)->sleep)
        real(v->sched)->sleep(v, voluntary, now);
}

const struct sched_ops *kit_spy(const struct sched_ops *ops)
{
    struct spy *spy;
    unsigned i;

    for (i = 0; i < spies.nr; i++)
        if (spies.spy[i].real == ops)
            return &spies.spy[i].ops;
    BUG_ON(spies.nr == SPIES_MAX);
    spy = &spies.spy[spies.nr++];
    spy->real = ops;
    spy->ops = *ops;
    spy->ops.enqueue = spy_enqueue;
    spy->ops.dequeue = spy_dequeue;
    spy->ops.charge = spy_charge;
    spy->ops.pick = spy_pick;
    spy->ops.sleep = spy_sleep;
    return &spy->ops;
}
