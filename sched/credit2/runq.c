/*
 * runq.c - runqueues: credits, loads, and which CPUs share one.
 *
 * Credit is not stored. A vCPU has a virtual time, which advances by CPU time
 * over weight as it runs, and a runqueue a base; the difference is its credit.
 * A reset raises the base: everybody's credit grows at once, in O(1), and the
 * order of those that wait is as before. That nobody may have more than
 * CREDIT2_MOST afterwards touches only those that run on other CPUs, who are
 * looked at, and sleepers, who are when they wake up: those that wait had at
 * most none.
 */
#include "sched/credit2/credit2_private.h"

#define COARSE 10                 /* time for averages, in 1.024 us */
#define WINDOW ((int64_t)1 << 20) /* ... over 1.07 s */

int64_t credit2_credit(const struct sched_vcpu *v)
{
    const struct credit2_vcpu *b = v->priv;

    return vtime_minus(credit2_runq_of(v)->base, b->t.at);
}

int64_t credit2_running(const struct sched_vcpu *v, unsigned cpu, ns_t now)
{
    const struct credit2_cpu *c = sched_cpu(v->sched, cpu);
    const struct credit2_vcpu *b = v->priv;
    uint64_t rest;

    return vtime_minus(credit2_runq_of(v)->base,
                       vtime_after(&b->t, now - c->since, &rest));
}

void credit2_clip(struct sched_vcpu *v)
{
    struct credit2_vcpu *b = v->priv;

    if (credit2_credit(v) > CREDIT2_MOST)
        b->t.at = vtime_minus(credit2_runq_of(v)->base, CREDIT2_MOST);
}

void credit2_assign(struct sched_vcpu *v, unsigned runq)
{
    struct credit2_vcpu *b = v->priv;
    int64_t credit;

    if (likely(b->runq == runq))
        return;
    credit = credit2_credit(v);
    sched_trace(v->sched, CREDIT2_EV_MIGRATE, v, (int64_t)runq);
    b->runq = runq;
    b->t.at = vtime_minus(credit2_runq_of(v)->base, credit);
}

void credit2_reset(struct sched_vcpu *v, ns_t now)
{
    struct credit2_runq *q = credit2_runq_of(v);
    const struct credit2_vcpu *b = v->priv;
    struct sched_vcpu *running;
    unsigned cpu;
    int64_t most;

    q->base = vtime_plus(q->base,
                         CREDIT2_INIT * (1 - credit2_credit(v) / CREDIT2_INIT));
    sched_trace(v->sched, CREDIT2_EV_RESET, v, credit2_credit(v));
    for_each_cpu_of (cpu, v->sched, sched_cpus(v->sched)) {
        running = sched_running(v->sched, cpu);
        if (!running || credit2_runq_at(v->sched, cpu) != b->runq ||
            credit2_runq_of(running) != q || running == v)
            continue;
        most = credit2_running(running, cpu, now) - CREDIT2_MOST;
        if (most > 0)
            ((struct credit2_vcpu *)running->priv)->t.at += most;
    }
}

/* ---- load ---- */

static void update(struct credit2_runq *q, ns_t now)
{
    int64_t at = now >> COARSE, passed = at - q->avg_at;
    int64_t load = (int64_t)q->load * CREDIT2_LOAD_ONE;

    if (!passed)
        return;
    if (passed > WINDOW)
        passed = WINDOW;
    q->avg += (load - q->avg) / WINDOW * passed +
              (load - q->avg) % WINDOW * passed / WINDOW;
    q->avg_at = at;
}

int64_t credit2_load(struct credit2_runq *q, ns_t now)
{
    update(q, now);
    return q->nr_cpus ? q->avg / (int64_t)q->nr_cpus : INT64_MAX;
}

void credit2_count(struct sched_vcpu *v, bool counts, ns_t now)
{
    struct credit2_vcpu *b = v->priv;
    unsigned in = counts ? b->runq : CREDIT2_NONE;

    if (b->counted == in)
        return;
    if (b->counted != CREDIT2_NONE) {
        update(credit2_runq(v->sched, b->counted), now);
        credit2_runq(v->sched, b->counted)->load--;
    }
    b->counted = in;
    if (counts) {
        update(credit2_runq(v->sched, in), now);
        credit2_runq(v->sched, in)->load++;
    }
}

/* ---- balance ---- */

/* Whether one that waits in `from` had better run in `to`: that must not turn
 * the tables, now or on average. */
static bool unbalanced(struct credit2_runq *from, struct credit2_runq *to,
                       ns_t now)
{
    return from->load &&
           (from->load - 1) * to->nr_cpus >= (to->load + 1) * from->nr_cpus &&
           credit2_load(from, now) >
               credit2_load(to, now) + CREDIT2_LOAD_ONE / 8;
}

struct sched_vcpu *credit2_pull(struct sched *s, unsigned cpu, bool at_any_rate,
                                ns_t now)
{
    const struct credit2_sys *sys = sched_sys(s);
    unsigned i, runq = credit2_runq_at(s, cpu);
    struct credit2_runq *here = credit2_runq(s, runq), *q;
    struct sched_vcpu *v = NULL;

    for (i = 0; i < sys->used && !v; i++) {
        q = credit2_runq(s, i);
        if (i == runq || !sched_queue_first(&q->waiting))
            continue;
        if (at_any_rate || unbalanced(q, here, now))
            v = sched_queue_take(&q->waiting, cpu);
    }
    if (!v)
        return NULL;
    credit2_assign(v, runq);
    credit2_count(v, true, now);
    return v;
}

/* ---- which CPUs share one ---- */

static void join(struct sched *s, unsigned cpu)
{
    struct credit2_sys *sys = sched_sys(s);
    struct credit2_cpu *c = sched_cpu(s, cpu);

    c->runq = cpu / (unsigned)sys->runqueue % CREDIT2_RUNQS;
    sys->runq[c->runq].nr_cpus++;
    if (c->runq >= sys->used)
        sys->used = c->runq + 1;
}

void credit2_cpu_up(struct sched *s, unsigned cpu, ns_t now)
{
    ((struct credit2_cpu *)sched_cpu(s, cpu))->since = now;
    join(s, cpu);
}

void credit2_cpu_down(struct sched *s, unsigned cpu, ns_t now)
{
    (void)now;
    credit2_runq(s, credit2_runq_at(s, cpu))->nr_cpus--;
}

void credit2_arrange(struct sched *s, ns_t now)
{
    const struct credit2_sys *sys = sched_sys(s);
    struct sched_queue all;
    struct sched_vcpu *v;
    unsigned cpu, i;

    sched_queue_init(&all);
    for (i = 0; i < sys->used; i++)
        while ((v = sched_queue_head(&credit2_runq(s, i)->waiting)) != NULL) {
            sched_queue_del(&v->node[0]);
            sched_queue_add(&all, &v->node[0], 0);
        }
    for_each_cpu_of (cpu, s, sched_cpus(s)) {
        credit2_runq(s, credit2_runq_at(s, cpu))->nr_cpus--;
        join(s, cpu);
    }
    while ((v = sched_queue_head(&all)) != NULL) {
        sched_queue_del(&v->node[0]);
        credit2_wait(v, now);
    }
}
