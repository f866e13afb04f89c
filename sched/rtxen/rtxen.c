/*
 * rtxen - RT-Xen 1: fixed-priority servers on each CPU, of four kinds.
 *
 * Each vCPU is a server: (period, budget), the shorter the period the higher
 * its priority. With budget it runs; without, it waits for more. The kinds
 * differ in what becomes of budget that a sleeper does not use:
 *
 *   deferrable   it keeps it until its period ends
 *   periodic     it uses it up as if it ran: meanwhile the CPU idles
 *   polling      it loses it at once, and gets none before its next period
 *   sporadic     it keeps it; what it uses comes back a period after it had
 *                become able to run
 *
 * A domain without a budget lives in the background, in turn, on what is left,
 * on any CPU. Servers are partitioned: one stays on its CPU, unless its
 * affinity says otherwise.
 *
 * Queues of a CPU: `ready` (with budget) by priority, `refill` (without) by the
 * time of the next one. Sleepers of periodic servers stand in `ghosts` (with
 * budget) by priority and `dormant` (without) by time, with a node of ours.
 * Invariant: the CPU decides no later than the first of `refill` and `dormant`
 * is due, nor than the budget ends of whom it runs, or idles for.
 *
 * Locks: one for all CPUs.
 */
#include "sched/rtxen/rtxen_private.h"

static struct rtxen_cpu *rtxen_home(const struct sched_vcpu *v)
{
    return sched_cpu(v->sched, v->cpu);
}

static const struct rtxen_dom *rtxen_dom(const struct sched_vcpu *v)
{
    return v->dom_priv;
}

/* ---- the queues ---- */

/* The smaller the sooner: rate monotonic, the background last. */
static int64_t rtxen_rank(const struct sched_vcpu *v)
{
    const struct rtxen_dom *d = rtxen_dom(v);

    return d->budget ? d->period : FOREVER;
}

static bool rtxen_may_run(const struct sched_vcpu *v)
{
    return !rtxen_dom(v)->budget || ((struct rtxen_vcpu *)v->priv)->left > 0;
}

static void rtxen_insert(struct sched_vcpu *v)
{
    struct rtxen_cpu *c = rtxen_home(v);

    if (rtxen_may_run(v))
        sched_queue_add(&c->ready, &v->node[0], rtxen_rank(v));
    else
        sched_queue_add(&c->refill, &v->node[0], rtxen_next(v));
}

static void rtxen_withdraw(struct sched_vcpu *v)
{
    struct rtxen_cpu *c = rtxen_home(v);

    sched_queue_del(&v->node[0]);
    if (c->last == v)
        c->last = NULL;
    if (c->yielder == v)
        c->yielder = NULL;
}

/* ---- sleepers of periodic servers ---- */

/* What the CPU idled for has used its budget as if it ran. */
static void rtxen_burn(struct rtxen_cpu *c, ns_t now)
{
    struct rtxen_vcpu *b;

    if (!c->ghost)
        return;
    b = c->ghost->priv;
    b->left -= now - c->since;
    if (b->left <= 0) {
        sched_queue_del(&b->asleep);
        sched_queue_add(&c->dormant, &b->asleep, rtxen_next(c->ghost));
    }
    c->ghost = NULL;
}

static void rtxen_haunt(struct sched_vcpu *v)
{
    struct rtxen_cpu *c = rtxen_home(v);
    struct rtxen_vcpu *b = v->priv;

    if (b->left > 0)
        sched_queue_add(&c->ghosts, &b->asleep, rtxen_rank(v));
    else
        sched_queue_add(&c->dormant, &b->asleep, rtxen_next(v));
}

/* It sleeps no longer, or not as a periodic server. */
static void rtxen_lay(struct sched_vcpu *v, ns_t now)
{
    struct rtxen_vcpu *b = v->priv;
    struct rtxen_cpu *c;

    if (!sched_queued(&b->asleep))
        return;
    c = sched_cpu(v->sched, b->home);
    if (c->ghost == v)
        rtxen_burn(c, now);
    sched_queue_del(&b->asleep);
}

static void rtxen_sleep(struct sched_vcpu *v, bool voluntary, ns_t now)
{
    const struct rtxen_dom *d = rtxen_dom(v);
    struct rtxen_vcpu *b = v->priv;

    (void)voluntary;
    if (!d->budget)
        return;
    rtxen_idle(v, now);
    if (d->server != RTXEN_PERIODIC)
        return;
    b->home = v->cpu;
    rtxen_haunt(v); /* this CPU decides now, in any case */
}

/* ---- the moves ---- */

static void rtxen_enqueue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    struct rtxen_cpu *c = rtxen_home(v);
    const struct sched_vcpu *running = sched_running(v->sched, v->cpu);
    bool ran = why == SCHED_PREEMPT || why == SCHED_YIELD;

    rtxen_lay(v, now);
    rtxen_refresh(v, !ran && why != SCHED_MOVE, now);
    rtxen_insert(v);
    if (ran) {
        *(why == SCHED_YIELD ? &c->yielder : &c->last) = v;
        return;
    }
    if (!rtxen_may_run(v))
        sched_resched(v->sched, v->cpu, rtxen_next(v));
    else if (!running || rtxen_rank(v) < rtxen_rank(running))
        sched_resched(v->sched, v->cpu, now);
}

static void rtxen_dequeue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    (void)why, (void)now;
    rtxen_withdraw(v);
}

static void rtxen_charge(struct sched_vcpu *v, ns_t ran, ns_t now)
{
    (void)now;
    if (rtxen_dom(v)->budget)
        rtxen_use(v, ran);
}

/* ---- the decision ---- */

/* New budgets for those whose time has come. */
static void rtxen_release(struct rtxen_cpu *c, ns_t now)
{
    struct sched_vcpu *v;
    struct sched_node *n;

    while ((n = sched_queue_first(&c->refill)) != NULL && n->key <= now) {
        v = n->vcpu;
        sched_queue_del(n);
        rtxen_refresh(v, false, now);
        rtxen_insert(v);
    }
    while ((n = sched_queue_first(&c->dormant)) != NULL && n->key <= now) {
        v = n->vcpu;
        sched_queue_del(n);
        rtxen_refresh(v, false, now);
        rtxen_haunt(v);
    }
}

/* Who is to run: the first, but what ran goes on before its equals, and one
 * that yields comes after whoever there is. */
static struct sched_vcpu *rtxen_choose(const struct rtxen_cpu *c)
{
    struct sched_node *n = sched_queue_first(&c->ready);

    if (!n)
        return NULL;
    if (n->vcpu == c->yielder) {
        struct sched_node *next = sched_queue_next(n);

        return next ? next->vcpu : n->vcpu;
    }
    if (c->last && rtxen_may_run(c->last) && n->key < FOREVER &&
        c->last->node[0].key == n->key)
        return c->last;
    return n->vcpu;
}

static ns_t rtxen_earlier(const struct sched_queue *q, ns_t until)
{
    const struct sched_node *n = sched_queue_first(q);

    return n && n->key < until ? n->key : until;
}

/* The CPU idles for the first ghost, if that comes before v (which may be
 * NULL). Returns for how long; or FOREVER. */
static ns_t rtxen_idles(struct rtxen_cpu *c, const struct sched_vcpu *v,
                        ns_t now)
{
    const struct sched_node *n = sched_queue_first(&c->ghosts);

    if (!n || (v && rtxen_rank(v) <= n->key))
        return FOREVER;
    rtxen_refresh(n->vcpu, false, now); /* its period may have ended */
    c->ghost = n->vcpu;
    c->since = now;
    return rtxen_turn(c->ghost, now);
}

/* One of the background, for a CPU that has nothing to do. */
static struct sched_vcpu *rtxen_take(struct sched *s, unsigned from,
                                     unsigned cpu)
{
    struct rtxen_cpu *peer = sched_cpu(s, from);
    struct sched_node *n = sched_queue_first(&peer->ready);

    while (n && (n->key < FOREVER || !cpuset_has(&n->vcpu->affinity, cpu)))
        n = sched_queue_next(n);
    if (!n)
        return NULL;
    rtxen_withdraw(n->vcpu);
    return n->vcpu;
}

static struct sched_pick rtxen_steal(struct sched *s, unsigned cpu)
{
    struct sched_pick pick = sched_steal(s, cpu, rtxen_take);

    if (pick.v)
        pick.run_for = RTXEN_BACKGROUND;
    return pick;
}

static struct sched_pick rtxen_pick(struct sched *s, unsigned cpu, ns_t now)
{
    struct rtxen_cpu *c = sched_cpu(s, cpu);
    struct sched_pick pick = { NULL, FOREVER };
    struct sched_vcpu *v, *yielder = c->yielder;
    ns_t due, idle;

    rtxen_burn(c, now);
    rtxen_release(c, now);
    due = rtxen_earlier(&c->dormant, rtxen_earlier(&c->refill, FOREVER));
    v = rtxen_choose(c);
    idle = rtxen_idles(c, v, now);
    c->last = c->yielder = NULL;
    if (idle < FOREVER) {
        pick.run_for = idle;
    } else if (v) {
        sched_queue_del(&v->node[0]);
        rtxen_refresh(v, false, now); /* its period may have ended meanwhile */
        pick.v = v;
        pick.run_for = rtxen_turn(v, now);
        if (yielder && v != yielder && pick.run_for > RTXEN_YIELD)
            pick.run_for = RTXEN_YIELD;
    } else {
        pick = rtxen_steal(s, cpu);
    }
    if (due < FOREVER && due - now < pick.run_for)
        pick.run_for = due - now;
    return pick;
}

/* ---- joining, leaving, changing ---- */

static unsigned rtxen_place(const struct sched_vcpu *v, ns_t now)
{
    bool stays = cpuset_has(&v->affinity, v->cpu);
    unsigned cpu;

    (void)now;
    if (!rtxen_dom(v)->budget && !(stays && sched_idle(v->sched, v->cpu)))
        for_each_cpu_of (cpu, v->sched, &v->affinity)
            if (sched_idle(v->sched, cpu))
                return cpu;
    return stays ? v->cpu : cpuset_next(&v->affinity, 0);
}

static void rtxen_cpu_up(struct sched *s, unsigned cpu, ns_t now)
{
    struct rtxen_cpu *c = sched_cpu(s, cpu);

    (void)now;
    sched_queue_init(&c->ready);
    sched_queue_init(&c->refill);
    sched_queue_init(&c->ghosts);
    sched_queue_init(&c->dormant);
}

/* Sleepers that were at home here are not waited for any more. */
static void rtxen_cpu_down(struct sched *s, unsigned cpu, ns_t now)
{
    struct rtxen_cpu *c = sched_cpu(s, cpu);
    struct sched_node *n;

    (void)now;
    c->ghost = NULL;
    while ((n = sched_queue_first(&c->ghosts)) != NULL)
        sched_queue_del(n);
    while ((n = sched_queue_first(&c->dormant)) != NULL)
        sched_queue_del(n);
}

static int rtxen_check(const struct rtxen_dom *d)
{
    return d->budget > d->period ? -RTXEN_EINVAL : 0;
}

static int rtxen_vcpu_up(struct sched_vcpu *v, ns_t now)
{
    ((struct rtxen_vcpu *)v->priv)->asleep.vcpu = v;
    rtxen_begin(v, now);
    return rtxen_check(rtxen_dom(v));
}

static void rtxen_vcpu_down(struct sched_vcpu *v, ns_t now)
{
    rtxen_lay(v, now);
}

/* The domain's servers begin anew: a period, and a budget, now. */
static int rtxen_param_set(struct sched *s, struct sched_vcpu *v,
                           const struct sched_param *p, int64_t old, ns_t now)
{
    (void)p, (void)old;
    if (rtxen_check(rtxen_dom(v)))
        return -RTXEN_EINVAL;
    for (; v; v = sched_sibling(v)) {
        bool waits = sched_queued(&v->node[0]);

        rtxen_lay(v, now);
        if (waits)
            rtxen_withdraw(v);
        rtxen_begin(v, now);
        if (waits) {
            rtxen_refresh(v, false, now);
            rtxen_insert(v);
        }
    }
    sched_resched_all(s, now);
    return 0;
}

static void rtxen_view(const struct sched_vcpu *v, ns_t now, int64_t *out)
{
    const struct rtxen_vcpu *b = v->priv;

    (void)now;
    out[0] = b->left;
    out[1] = b->deadline;
}

static const struct sched_param rtxen_params[] = {
    { "period", "ns", "of the server; the shorter, the higher its priority",
      SCHED_PER_DOMAIN, offsetof(struct rtxen_dom, period), US(100), S(10),
      MS(10) },
    { "budget", "ns", "CPU time in each period; 0: in the background",
      SCHED_PER_DOMAIN, offsetof(struct rtxen_dom, budget), 0, S(10), 0 },
    { "server", "count", "0 deferrable, 1 periodic, 2 polling, 3 sporadic",
      SCHED_PER_DOMAIN, offsetof(struct rtxen_dom, server), 0, RTXEN_SPORADIC,
      RTXEN_DEFERRABLE },
    { .name = NULL },
};

static const char *const rtxen_view_names[] = { "budget", "deadline", NULL };
static const char *const rtxen_events[] = { "none", "refill", "lose", NULL };

static const struct sched_ops rtxen_ops = {
    .name = "rtxen",
    .about = "fixed-priority servers of four kinds, RT-Xen, EMSOFT 2011",
    .class_ = 7,
    .flags = SCHED_ONE_LOCK | SCHED_MAY_IDLE, /* beside one without budget */
    .cpu_size = sizeof(struct rtxen_cpu),
    .dom_size = sizeof(struct rtxen_dom),
    .vcpu_size = sizeof(struct rtxen_vcpu),
    .params = rtxen_params,
    .events = rtxen_events,
    .view_names = rtxen_view_names,
    .enqueue = rtxen_enqueue,
    .dequeue = rtxen_dequeue,
    .pick = rtxen_pick,
    .charge = rtxen_charge,
    .sleep = rtxen_sleep,
    .cpu_up = rtxen_cpu_up,
    .cpu_down = rtxen_cpu_down,
    .vcpu_up = rtxen_vcpu_up,
    .vcpu_down = rtxen_vcpu_down,
    .param_set = rtxen_param_set,
    .place = rtxen_place,
    .view = rtxen_view,
};
SCHED_PLUGIN(rtxen_ops);
