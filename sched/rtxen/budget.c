/*
 * budget.c - what each kind of server does with its budget. See rtxen.c.
 *
 * Deferrable, periodic, polling: full at the begin of each period, in step. An
 * overrun (a late timer) is paid from the next ones.
 *
 * Sporadic (B. Sprunt, L. Sha, J. Lehoczky, Real-Time Systems 1, 1989, in the
 * simple form for one priority each): from when it can run until it sleeps or
 * has used up its budget is one stretch; what it used in it comes back a period
 * after the stretch began. left + used + all parts = budget, always.
 */
#include "sched/rtxen/rtxen_private.h"

/* What was used in this stretch is on its way back. The last part takes what
 * there is no place for, and comes no earlier. */
static void rtxen_send_back(struct rtxen_vcpu *b, ns_t period)
{
    struct rtxen_part *last;

    if (!b->used)
        return;
    if (b->nr < RTXEN_PARTS)
        b->part[b->nr++] = (struct rtxen_part){ b->able + period, 0 };
    last = &b->part[b->nr - 1];
    if (last->at < b->able + period)
        last->at = b->able + period;
    last->amount += b->used;
    b->used = 0;
}

static void rtxen_come_back(struct rtxen_vcpu *b, ns_t now)
{
    unsigned i, n = 0;

    for (; n < b->nr && b->part[n].at <= now; n++) {
        if (b->left <= 0)
            b->able = b->part[n].at;
        b->left += b->part[n].amount;
    }
    for (i = n; n && i < b->nr; i++)
        b->part[i - n] = b->part[i];
    b->nr -= n;
}

void rtxen_begin(struct sched_vcpu *v, ns_t now)
{
    const struct rtxen_dom *d = v->dom_priv;
    struct rtxen_vcpu *b = v->priv;

    b->deadline = now;
    b->able = now;
    b->left = d->server == RTXEN_SPORADIC ? d->budget : 0;
    b->used = 0;
    b->nr = 0;
}

void rtxen_refresh(struct sched_vcpu *v, bool woken, ns_t now)
{
    const struct rtxen_dom *d = v->dom_priv;
    struct rtxen_vcpu *b = v->priv;
    int64_t missed; /* whole periods */

    if (!d->budget)
        return;
    if (d->server == RTXEN_SPORADIC) {
        rtxen_come_back(b, now);
        if (woken && !b->used)
            b->able = now;
        return;
    }
    if (now < b->deadline)
        return;
    missed = (now - b->deadline) / d->period;
    b->deadline += (missed + 1) * d->period;
    if (b->left > 0 || -b->left / d->budget < missed)
        b->left = 0;
    b->left += (b->left < 0 ? missed * d->budget : 0) + d->budget;
    /* Nobody was there when this period began. */
    if (d->server == RTXEN_POLLING && woken && b->left > 0 &&
        now > b->deadline - d->period) {
        sched_trace(v->sched, RTXEN_EV_LOSE, v, b->left);
        b->left = 0;
        return;
    }
    sched_trace(v->sched, RTXEN_EV_REFILL, v, b->deadline);
}

void rtxen_use(struct sched_vcpu *v, ns_t ran)
{
    const struct rtxen_dom *d = v->dom_priv;
    struct rtxen_vcpu *b = v->priv;

    b->left -= ran;
    if (d->server != RTXEN_SPORADIC)
        return;
    b->used += ran;
    if (b->left <= 0)
        rtxen_send_back(b, d->period);
}

void rtxen_idle(struct sched_vcpu *v, ns_t now)
{
    const struct rtxen_dom *d = v->dom_priv;
    struct rtxen_vcpu *b = v->priv;

    rtxen_refresh(v, false, now);
    if (d->server == RTXEN_SPORADIC) {
        rtxen_send_back(b, d->period);
    } else if (d->server == RTXEN_POLLING && b->left > 0) {
        sched_trace(v->sched, RTXEN_EV_LOSE, v, b->left);
        b->left = 0;
    }
}

ns_t rtxen_next(const struct sched_vcpu *v)
{
    const struct rtxen_dom *d = v->dom_priv;
    const struct rtxen_vcpu *b = v->priv;
    ns_t left = b->left;
    unsigned i;

    if (d->server != RTXEN_SPORADIC)
        return b->deadline;
    for (i = 0; i < b->nr; i++) {
        left += b->part[i].amount;
        if (left > 0)
            return b->part[i].at;
    }
    return FOREVER; /* not reached: all of the budget is on its way */
}

ns_t rtxen_turn(const struct sched_vcpu *v, ns_t now)
{
    const struct rtxen_dom *d = v->dom_priv;
    const struct rtxen_vcpu *b = v->priv;

    if (!d->budget)
        return RTXEN_BACKGROUND;
    if (d->server != RTXEN_SPORADIC && b->deadline - now < b->left)
        return b->deadline - now;
    return b->left;
}
