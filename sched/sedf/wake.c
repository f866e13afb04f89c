/*
 * wake.c - reservations in time: periods, and what a wake-up does to them.
 *
 * CBS (the rule of constant-bandwidth servers) is the default: a waker keeps
 * deadline and budget if the budget, used up until the deadline, needs no more
 * than its utilisation; else it gets a new period that begins now. Whatever it
 * does, it never demands more than slice/period, so others keep theirs.
 *
 * The historic rules are there to be studied; README.md describes them.
 */
#include "sched/sedf/sedf_private.h"

static const struct sedf_dom *dom(const struct sched_vcpu *v)
{
    return v->dom_priv;
}

/* The slice that goes with the current period. */
static ns_t slice(const struct sched_vcpu *v)
{
    const struct sedf_vcpu *b = v->priv;
    const struct sedf_dom *d = dom(v);

    if (likely(b->period == d->period))
        return d->slice;
    return (ns_t)(((__int128)b->used * b->period) >> SEDF_SHIFT);
}

/* A period begins at `from`. An overrun is paid out of the new slice. */
static void begin(struct sched_vcpu *v, ns_t from, ns_t period)
{
    struct sedf_vcpu *b = v->priv;

    b->period = period;
    b->deadline = from + period;
    b->budget = (b->budget < 0 ? b->budget : 0) + slice(v);
}

/* The end of the period in which `now` lies, if they had gone on in step. */
static ns_t boundary_after(const struct sched_vcpu *v, ns_t now)
{
    const struct sedf_vcpu *b = v->priv;
    ns_t period = dom(v)->period;

    if (now < b->deadline)
        return b->deadline;
    return b->deadline + ((now - b->deadline) / period + 1) * period;
}

void sedf_release(struct sched_vcpu *v, ns_t now)
{
    struct sedf_vcpu *b = v->priv;
    ns_t period = dom(v)->period, start = b->deadline;

    if (b->period < period) /* rule 2c: back to the natural one */
        period = 2 * b->period < period ? 2 * b->period : period;
    if (unlikely(start + period <= now)) /* whole periods were missed */
        start = now;
    begin(v, start, period);
    if (unlikely(b->budget <= 0))
        b->paid = b->deadline;
    sched_trace(v->sched, SEDF_EV_RELEASE, v, b->deadline);
}

static void wake_cbs(struct sched_vcpu *v, ns_t now)
{
    const struct sedf_vcpu *b = v->priv;
    const struct sedf_dom *d = dom(v);

    if (now >= b->deadline || (__int128)b->budget * d->period >
                                  (__int128)(b->deadline - now) * d->slice)
        begin(v, now, d->period);
}

/* Its budget, taken up so late, might need more than its utilisation until the
 * deadline: that would be others' time. As after a sleep. */
void sedf_return(struct sched_vcpu *v, ns_t now)
{
    wake_cbs(v, now);
}

/* Starts with the next period, which keeps in step. */
static void wake_1(struct sched_vcpu *v, ns_t now)
{
    struct sedf_vcpu *b = v->priv;

    b->deadline = boundary_after(v, now);
    b->period = dom(v)->period;
    b->budget = b->budget < 0 ? b->budget : 0;
}

/* As if it had run all the time that it slept. */
static void wake_2a(struct sched_vcpu *v, ns_t now)
{
    struct sedf_vcpu *b = v->priv;
    ns_t from = b->slept;

    if (now >= b->deadline) {
        from = boundary_after(v, now) - dom(v)->period;
        begin(v, from, dom(v)->period);
    }
    b->budget = b->budget > now - from ? b->budget - (now - from) : 0;
}

/* After a short sleep the rest of the period is lost; after a long one a new
 * period begins, of the length `period`. */
static void wake_2bc(struct sched_vcpu *v, ns_t period, ns_t now)
{
    struct sedf_vcpu *b = v->priv;

    if (now >= b->deadline)
        begin(v, now, period);
    else if (b->budget > 0)
        b->budget = 0;
}

/* Goes on with what is left, or a full slice, however late in the period:
 * others then miss their deadlines. */
static void wake_3(struct sched_vcpu *v, ns_t now)
{
    if (now >= ((const struct sedf_vcpu *)v->priv)->deadline)
        begin(v, boundary_after(v, now) - dom(v)->period, dom(v)->period);
}

void sedf_wake(struct sched_vcpu *v, ns_t now)
{
    const struct sedf_sys *sys = sched_sys(v->sched);
    const struct sedf_dom *d = dom(v);

    switch ((enum sedf_wake)sys->wake) {
    case SEDF_WAKE_CBS:
        wake_cbs(v, now);
        return;
    case SEDF_WAKE_1:
        wake_1(v, now);
        return;
    case SEDF_WAKE_2A:
        wake_2a(v, now);
        return;
    case SEDF_WAKE_2B:
        wake_2bc(v, d->period, now);
        return;
    case SEDF_WAKE_2C:
        wake_2bc(v,
                 d->latency && d->latency < d->period ? d->latency : d->period,
                 now);
        return;
    case SEDF_WAKE_3:
        wake_3(v, now);
        return;
    }
}
