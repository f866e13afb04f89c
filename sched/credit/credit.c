/*
 * credit - Xen's Credit scheduler: proportional shares by weight, caps, and a
 * boost for wakers, on queues per CPU with three classes.
 *
 * The idea: every 30 ms credits worth all CPUs' time are given out by weight
 * to the vCPUs that are active; running burns them. Who has some left is
 * UNDER, who owes is OVER, and UNDER runs before OVER, each in turn for a time
 * slice. A waker that is UNDER is BOOSTed before both until the next tick. A
 * CPU whose best is OVER, or that has none, steals a better one from a peer.
 *
 * Here credits are exact nanoseconds of CPU time (Xen until 2009 sampled at
 * the tick: who ran just then paid). README.md lists what else differs.
 *
 * Accounting visits but a few (account.c). So who waits may stand in a class
 * that was right before: a decision first puts right whom it sees, up to
 * CREDIT_STEPS of them. What runs is always up to date.
 *
 * A vCPU of a capped domain is parked when its credits are used up: we hold
 * it, but it stands in no queue of those that may run until there are new ones.
 *
 * Locks: a vCPU's fields under its CPU's lock.
 */
#include "sched/credit/credit_private.h"

#define CREDIT_BREATH US(100) /* until the next ones, if more are due */

static void credit_charge(struct sched_vcpu *v, ns_t ran, ns_t now)
{
    const struct credit_sys *sys = sched_sys(v->sched);
    struct credit_vcpu *b = v->priv;

    (void)now;
    if (unlikely(sys->historic & CREDIT_SAMPLES))
        return;
    b->credit -= ran;
    credit_activate(v);
}

static void credit_tick(struct sched *s, unsigned cpu, ns_t now)
{
    const struct credit_sys *sys = sched_sys(s);
    struct sched_vcpu *v = sched_running(s, cpu);
    struct credit_vcpu *b = v->priv;

    (void)now;
    if (unlikely(sys->historic & CREDIT_SAMPLES)) {
        b->credit -= CREDIT_TICK;
        credit_activate(v);
    }
    if (b->class_ != CREDIT_BOOST)
        return;
    b->class_ = CREDIT_UNDER;
    sched_trace(s, CREDIT_EV_BOOST_END, v, b->credit);
}

/* ---- the queue ---- */

static inline void credit_insert(struct credit_cpu *c, struct sched_vcpu *v)
{
    const struct credit_vcpu *b = v->priv;

    sched_queue_add(&c->queue, &v->node[0], (int64_t)b->class_);
    if (b->credit < 0)
        credit_look_later(v);
}

static inline void credit_unlink(struct sched_vcpu *v)
{
    if (sched_queued(&v->node[0]))
        sched_queue_del(&v->node[0]);
    if (sched_queued(&v->node[1]))
        sched_queue_del(&v->node[1]);
}

static void credit_remove(struct sched_vcpu *v)
{
    struct credit_cpu *c = credit_cpu(v);

    credit_unlink(v);
    if (c->last == v)
        c->last = NULL;
    if (c->yielder == v)
        c->yielder = NULL;
}

static void credit_unpark(struct sched_vcpu *v)
{
    struct credit_vcpu *b = v->priv;

    b->parked = false;
    credit_unlink(v);
    credit_insert(credit_cpu(v), v);
    sched_trace(v->sched, CREDIT_EV_UNPARK, v, b->credit);
}

bool credit_renew(struct sched_vcpu *v)
{
    const struct credit_sys *sys = sched_sys(v->sched);
    const struct credit_dom *d = v->dom_priv;
    const struct credit_vcpu *b = v->priv;

    credit_update(v);
    if (b->parked && (!d->cap || b->credit > 0)) {
        credit_unpark(v);
        return true;
    }
    if (sched_queued(&v->node[0]) && v->node[0].key != (int64_t)b->class_) {
        credit_remove(v);
        credit_insert(credit_cpu(v), v);
    } else if (sched_queued(&v->node[1]) &&
               !sched_key_before((int64_t)sys->level, v->node[1].key)) {
        credit_look_later(v); /* it was too early, or owes no more */
    }
    return false;
}

static struct sched_vcpu *credit_reached(const struct credit_sys *sys,
                                         const struct sched_queue *q)
{
    const struct sched_node *n = sched_queue_first(q);

    if (likely(!n) || sched_key_before((int64_t)sys->level, n->key))
        return NULL;
    return n->vcpu;
}

struct sched_vcpu *credit_due(const struct credit_sys *sys,
                              const struct credit_cpu *c, bool lazy)
{
    struct sched_vcpu *v = credit_reached(sys, &c->parked);
    const struct sched_node *first = sched_queue_first(&c->queue);

    if (v || (lazy && first && first->key < (int64_t)CREDIT_OVER))
        return v;
    return credit_reached(sys, &c->later);
}

static bool credit_right(const struct credit_sys *sys,
                         const struct sched_vcpu *v)
{
    const struct credit_vcpu *b = v->priv;

    return b->epoch == sys->epoch && v->node[0].key == (int64_t)b->class_;
}

/* Puts right who has left class or park, and who is first. Returns whether that
 * is done. */
static bool credit_refresh(const struct credit_sys *sys, struct credit_cpu *c)
{
    struct sched_vcpu *v;
    unsigned steps;

    for (steps = 0;; steps++) {
        v = credit_due(sys, c, steps > 0);
        if (likely(!v)) {
            v = sched_queue_head(&c->queue);
            if (!v || likely(credit_right(sys, v)))
                return true;
        }
        if (steps == CREDIT_STEPS)
            return false;
        (void)credit_renew(v);
    }
}

void credit_preempt(const struct sched_vcpu *v, ns_t now)
{
    const struct credit_sys *sys = sched_sys(v->sched);
    const struct credit_cpu *c = credit_cpu(v);
    const struct sched_vcpu *running = sched_running(v->sched, v->cpu);
    const struct credit_vcpu *b = v->priv, *r;
    ns_t when = c->start + sys->ratelimit;

    if (!running) {
        sched_resched(v->sched, v->cpu, now);
        return;
    }
    r = running->priv;
    if (b->class_ < r->class_)
        sched_resched(v->sched, v->cpu, when > now ? when : now);
}

/* Whether v, runnable, must wait for new credits, because of its cap. */
static bool credit_park(struct sched_vcpu *v)
{
    const struct credit_dom *d = v->dom_priv;
    struct credit_vcpu *b = v->priv;

    if (likely(!d->cap) || b->credit > 0)
        return false;
    b->parked = true;
    credit_activate(v);
    credit_look_later(v);
    sched_trace(v->sched, CREDIT_EV_PARK, v, b->credit);
    return true;
}

static void credit_enqueue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    const struct credit_sys *sys = sched_sys(v->sched);
    struct credit_cpu *c = credit_cpu(v);
    struct credit_vcpu *b = v->priv;

    credit_update(v);
    if (credit_park(v))
        return;
    if (b->credit < 0 && b->class_ == CREDIT_UNDER &&
        sys->nr_members > CREDIT_LOOKS)
        b->class_ = CREDIT_OVER; /* or it would be looked at for that */
    if (why == SCHED_WAKE && b->class_ == CREDIT_UNDER &&
        !(sys->historic & CREDIT_NO_BOOST)) {
        b->class_ = CREDIT_BOOST;
        sched_trace(v->sched, CREDIT_EV_BOOST_START, v, b->credit);
    }
    credit_insert(c, v);
    if (why == SCHED_PREEMPT)
        c->last = v;
    else if (why == SCHED_YIELD)
        c->yielder = v;
    else
        credit_preempt(v, now);
}

static void credit_dequeue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    struct credit_vcpu *b = v->priv;

    (void)why, (void)now;
    credit_update(v); /* while it is seen to wait */
    b->parked = false;
    credit_remove(v);
}

/* ---- the decision ---- */

/* Take from a peer the first of a class better than ours. */
static struct sched_vcpu *credit_take(struct sched *s, unsigned from,
                                      unsigned cpu)
{
    const struct credit_cpu *c = sched_cpu(s, cpu);
    struct credit_cpu *peer = sched_cpu(s, from);
    struct sched_node *n;

    (void)credit_refresh(sched_sys(s), peer);
    n = sched_queue_first(&peer->queue);
    while (n && n->key < (int64_t)c->better &&
           !cpuset_has(&n->vcpu->affinity, cpu))
        n = sched_queue_next(n);
    if (!n || n->key >= (int64_t)c->better)
        return NULL;
    (void)credit_renew(n->vcpu);
    if (n->key >= (int64_t)c->better) /* it was, before the last accounting */
        return NULL;
    credit_remove(n->vcpu);
    sched_trace(s, CREDIT_EV_STOLEN, n->vcpu, from);
    return n->vcpu;
}

/* What ran goes on, if its turn is not over and nobody here is better, or the
 * rate limit protects it. Returns for how long, or 0. */
static ns_t credit_go_on(const struct credit_sys *sys,
                         const struct credit_cpu *c,
                         const struct sched_vcpu *head, ns_t now)
{
    const struct credit_vcpu *l = c->last->priv, *h = head->priv;
    ns_t limit = c->start + sys->ratelimit;

    if (h->class_ >= l->class_ && c->slice_end > now)
        return c->slice_end - now;
    if (limit <= now)
        return 0;
    sched_trace(head->sched, CREDIT_EV_RATELIMIT, c->last, limit - now);
    return limit - now;
}

/* The best of those that wait here, and for how long; or NULL. Not removed. */
static struct sched_pick credit_choose(const struct credit_sys *sys,
                                       const struct credit_cpu *c, ns_t now)
{
    struct sched_node *n = sched_queue_first(&c->queue), *next;
    struct sched_pick pick = { NULL, sys->tslice };

    if (!n)
        return pick;
    pick.v = n->vcpu;
    credit_update(pick.v);
    if (pick.v == c->yielder) {
        next = sched_queue_next(n);
        pick.v = next ? next->vcpu : pick.v;
        credit_update(pick.v);
    } else if (c->last) {
        pick.run_for = credit_go_on(sys, c, pick.v, now);
        if (pick.run_for)
            pick.v = c->last;
        else
            pick.run_for = sys->tslice;
    }
    return pick;
}

/* The best for this CPU: of its own, or of a peer's. */
static struct sched_pick credit_find(struct sched *s, unsigned cpu, ns_t now)
{
    const struct credit_sys *sys = sched_sys(s);
    struct credit_cpu *c = sched_cpu(s, cpu);
    struct sched_pick pick = credit_choose(sys, c, now), stolen;

    c->better = pick.v ? ((struct credit_vcpu *)pick.v->priv)->class_
                       : CREDIT_NONE;
    if (c->better < CREDIT_OVER)
        return pick;
    stolen = sched_steal(s, cpu, credit_take);
    if (stolen.v)
        return (struct sched_pick){ stolen.v, sys->tslice };
    return pick.v ? pick : stolen;
}

static struct sched_pick credit_pick(struct sched *s, unsigned cpu, ns_t now)
{
    const struct credit_sys *sys = sched_sys(s);
    struct credit_cpu *c = sched_cpu(s, cpu);
    const struct sched_vcpu *last = sched_running(s, cpu);
    const struct credit_vcpu *b;
    bool right = credit_refresh(sys, c);
    struct sched_pick pick;

    pick = credit_find(s, cpu, now);
    c->last = c->yielder = NULL;
    if (pick.v) {
        credit_unlink(pick.v);
        if (pick.v != last)
            c->start = now;
        c->slice_end = now + pick.run_for;
        b = pick.v->priv;
        if (((const struct credit_dom *)pick.v->dom_priv)->cap &&
            b->credit < pick.run_for)
            pick.run_for = b->credit > 0 ? b->credit : 1;
    }
    if (unlikely(!right) && pick.run_for > CREDIT_BREATH)
        pick.run_for = CREDIT_BREATH;
    return pick;
}

/* ---- coming, going, looking ---- */

static void credit_cpu_up(struct sched *s, unsigned cpu, ns_t now)
{
    (void)now;
    sched_queue_init(&((struct credit_cpu *)sched_cpu(s, cpu))->queue);
    sched_queue_init(&((struct credit_cpu *)sched_cpu(s, cpu))->parked);
    sched_queue_init(&((struct credit_cpu *)sched_cpu(s, cpu))->later);
}

static int credit_vcpu_up(struct sched_vcpu *v, ns_t now)
{
    struct credit_vcpu *b = v->priv;

    (void)now;
    b->v = v;
    b->class_ = CREDIT_UNDER;
    return 0;
}

/* What runs is planned anew: it may have got, or lost, a cap. */
static int credit_param_set(struct sched *s, struct sched_vcpu *v,
                            const struct sched_param *p, int64_t old, ns_t now)
{
    const struct credit_dom *d;

    if (v) {
        d = v->dom_priv;
        credit_changed(v, p->offset == offsetof(struct credit_dom, weight)
                              ? old
                              : d->weight);
    }
    sched_resched_all(s, now);
    return 0;
}

static void credit_view(const struct sched_vcpu *v, ns_t now, int64_t *out)
{
    const struct credit_vcpu b = credit_preview(v);

    (void)now;
    out[0] = b.credit;
    out[1] = (int64_t)b.class_;
    out[2] = b.parked;
    out[3] = b.active;
}

static void credit_dump(struct sched *s, unsigned cpu, ns_t now)
{
    const struct credit_cpu *c = sched_cpu(s, cpu);
    struct sched_node *n;

    sched_print("credit cpu%u: slice ends in %lld ns\n", cpu,
                (long long)(c->slice_end - now));
    for (n = sched_queue_first(&c->queue); n; n = sched_queue_next(n))
        sched_print("  d%uv%u class %lld credit %lld ns\n", n->vcpu->dom,
                    n->vcpu->id, (long long)n->key,
                    (long long)credit_preview(n->vcpu).credit);
}

static const struct sched_param credit_params[] = {
    { "tslice", "ns", "time before the next one's turn", SCHED_PER_SYSTEM,
      offsetof(struct credit_sys, tslice), MS(1), S(1), MS(30) },
    { "ratelimit", "ns", "what runs is not preempted before", SCHED_PER_SYSTEM,
      offsetof(struct credit_sys, ratelimit), 0, MS(500), US(1000) },
    { "historic", "mask", "broken on purpose: 1 tick-sampled, 2 no boost",
      SCHED_PER_SYSTEM, offsetof(struct credit_sys, historic), 0,
      CREDIT_ALL_FAULTS, 0 },
    { "weight", "count", "share of the CPUs of each vCPU, against the others'",
      SCHED_PER_DOMAIN, offsetof(struct credit_dom, weight), 1, 65535, 256 },
    { "cap", "percent", "the most that the domain gets, of one CPU; 0: no cap",
      SCHED_PER_DOMAIN, offsetof(struct credit_dom, cap), 0, 100 * 1024, 0 },
    { .name = NULL },
};

static const char *const credit_events[] = {
    "none",       "tasklet",     "account_start", "account_stop", "stolen",
    "picked_cpu", "tickle",      "boost_start",   "boost_end",    "schedule",
    "ratelimit",  "steal_check", "park",          "unpark",       NULL,
};
static const char *const credit_view_names[] = { "credit", "class", "parked",
                                                 "active", NULL };

static const struct sched_ops credit_ops = {
    .name = "credit",
    .about = "Xen's Credit: weights, caps, boost, three classes",
    .xen_id = 5,
    .class_ = 0,
    .flags = SCHED_MAY_IDLE, /* beside parked ones */
    .sys_size = sizeof(struct credit_sys),
    .cpu_size = sizeof(struct credit_cpu),
    .dom_size = sizeof(struct credit_dom),
    .vcpu_size = sizeof(struct credit_vcpu),
    .params = credit_params,
    .events = credit_events,
    .view_names = credit_view_names,
    .enqueue = credit_enqueue,
    .dequeue = credit_dequeue,
    .pick = credit_pick,
    .charge = credit_charge,
    .cpu_up = credit_cpu_up,
    .vcpu_up = credit_vcpu_up,
    .vcpu_down = credit_vcpu_down,
    .param_set = credit_param_set,
    .tick_ns = CREDIT_TICK,
    .tick = credit_tick,
    .account_ns = CREDIT_PERIOD,
    .account = credit_account,
    .view = credit_view,
    .dump = credit_dump,
};
SCHED_PLUGIN(credit_ops);
