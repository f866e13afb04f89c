/*
 * cap.c - the budgets of capped domains.
 *
 * A domain with a cap has a pool of CPU time for each period of 10 ms: cap
 * percent of it. A vCPU takes a quota out of the pool before it runs and gives
 * back what it has not used when it stops, so all the vCPUs of the domain
 * together, on however many CPUs, never use more. Who finds the pool empty is
 * parked: we hold it, but it stands in no runqueue until the next period.
 *
 * A grant ends with its period at the latest, so each period sees exactly its
 * own budget. Overruns are paid from the next ones.
 *
 * Periods are those of account(): multiples of 10 ms. Between its calls a
 * domain's new period is noticed when its pool is looked at.
 */
#include "sched/credit2/credit2_private.h"

/* The pool of the period in which now lies. */
static void refresh(struct credit2_dom *d, ns_t now)
{
    ns_t budget = CREDIT2_PERIOD * d->cap / 100;
    int64_t missed; /* whole periods */

    if (now < d->until)
        return;
    missed = (now - d->until) / CREDIT2_PERIOD;
    d->until = now - now % CREDIT2_PERIOD + CREDIT2_PERIOD;
    if (d->pool >= 0 || -d->pool / budget < missed)
        d->pool = budget;
    else
        d->pool += (missed + 1) * budget;
}

bool credit2_grant(struct sched_vcpu *v, ns_t now)
{
    struct credit2_dom *d = v->dom_priv;
    struct credit2_vcpu *b = v->priv;
    ns_t quota;

    refresh(d, now);
    if (d->pool <= 0)
        return false;
    quota = d->pool / (d->nr_vcpus ? d->nr_vcpus : 1);
    if (quota < CREDIT2_QUOTA)
        quota = CREDIT2_QUOTA;
    b->grant = quota < d->pool ? quota : d->pool;
    b->grant_until = d->until;
    d->pool -= b->grant;
    return true;
}

/* The first of those that wait for budget. */
static void unpark_one(struct credit2_dom *d, ns_t now)
{
    struct sched_vcpu *v = sched_queue_head(&d->parked);

    credit2_unlink_parked(v);
    sched_trace(v->sched, CREDIT2_EV_UNPARK, v, d->pool);
    credit2_wait(v, now);
}

bool credit2_settle(struct sched_vcpu *v, ns_t now)
{
    struct credit2_dom *d = v->dom_priv;
    struct credit2_vcpu *b = v->priv;
    ns_t left = b->grant;

    b->grant = 0;
    if (likely(!d->cap))
        return true;
    refresh(d, now);
    if (left < 0 || b->grant_until == d->until)
        d->pool += left;
    if (left > 0 && d->pool > 0 && sched_queue_first(&d->parked))
        unpark_one(d, now);
    return d->pool > 0;
}

void credit2_park(struct sched_vcpu *v)
{
    struct credit2_sys *sys = sched_sys(v->sched);
    struct credit2_dom *d = v->dom_priv;

    if (!sched_queue_first(&d->parked))
        LIST_INSERT_HEAD(&sys->parked, d, entry);
    sched_queue_add(&d->parked, &v->node[0], 0);
    sched_trace(v->sched, CREDIT2_EV_PARK, v, d->pool);
}

void credit2_unlink_parked(struct sched_vcpu *v)
{
    struct credit2_dom *d = v->dom_priv;

    sched_queue_del(&v->node[0]);
    if (!sched_queue_first(&d->parked))
        LIST_REMOVE(d, entry);
}

void credit2_account(struct sched *s, ns_t now)
{
    struct credit2_sys *sys = sched_sys(s);
    struct credit2_dom *d, *next;

    for (d = LIST_FIRST(&sys->parked); d; d = next) {
        next = LIST_NEXT(d, entry);
        refresh(d, now);
        while (d->pool > 0 && sched_queue_first(&d->parked))
            unpark_one(d, now);
    }
}

void credit2_cap_changed(struct sched_vcpu *first, ns_t now)
{
    struct credit2_dom *d = first->dom_priv;
    struct sched_vcpu *v;

    for (v = first; v; v = sched_sibling(v))
        ((struct credit2_vcpu *)v->priv)->grant = 0; /* all is charged */
    d->pool = 0;
    d->until = 0;
    while (sched_queue_first(&d->parked))
        unpark_one(d, now);
}
