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
 * A vCPU of a capped domain is parked when its credits are used up: we hold
 * it, but it stands in no queue until account() gives it new ones.
 *
 * Locks: a vCPU's fields under its CPU's lock. The active list under all of
 * them (account(), vcpu_down()); who becomes active is pushed, without a lock,
 * on sys->fresh, whence account() collects it.
 */
#include <sys/queue.h>
#include "sched/api/sched.h"

#define CREDIT_PERIOD MS(30)
#define CREDIT_TICK   MS(10)
#define CREDIT_SAVED  (10 * CREDIT_PERIOD) /* by one that waits or runs */
#define CREDIT_PASSES 4 /* of handing out; what is left then is surplus */

/* `historic`: BROKEN on purpose, for study. */
enum {
    CREDIT_SAMPLES = 1,  /* who runs at the tick pays for all of it */
    CREDIT_NO_BOOST = 2, /* a waker is as anybody else */
    CREDIT_ALL_FAULTS = 3,
};

enum credit_class { CREDIT_BOOST, CREDIT_UNDER, CREDIT_OVER, CREDIT_NONE };

/* Numbered as in Xen, where Xen has the event. */
enum {
    CREDIT_EV_ACCT_START = 2,
    CREDIT_EV_ACCT_STOP = 3,
    CREDIT_EV_STOLEN = 4,
    CREDIT_EV_BOOST_START = 7,
    CREDIT_EV_BOOST_END = 8,
    CREDIT_EV_RATELIMIT = 10,
    CREDIT_EV_PARK = 12,
    CREDIT_EV_UNPARK = 13,
};

struct credit_vcpu {
    LIST_ENTRY(credit_vcpu) link; /* in sys->active */
    struct credit_vcpu *below;    /* in sys->fresh */
    struct sched_vcpu *v;
    int64_t credit; /* ns of CPU time */
    enum credit_class class_;
    bool active; /* in one of the two lists */
    bool parked;
    int64_t given; /* in this account() */
};

struct credit_dom {
    int64_t weight; /* of each vCPU */
    int64_t cap;    /* of all its vCPUs together, percent of one CPU; 0: none */
    unsigned nr_active;
};

struct credit_sys {
    int64_t tslice, ratelimit; /* ns */
    int64_t historic;          /* mask of faults */
    LIST_HEAD(, credit_vcpu) active;
    struct credit_vcpu *fresh;
    int64_t surplus; /* credits taken away, or not placed; still to be given */
    ns_t accounted;  /* until when credits have been given out */
};

struct credit_cpu {
    struct sched_queue queue;   /* by class, and in turn within it */
    ns_t start;                 /* when what runs began to */
    ns_t slice_end;             /* its turn is over */
    enum credit_class better;   /* when stealing: only from above this class */
    struct sched_vcpu *last;    /* just stopped by us, not by itself */
    struct sched_vcpu *yielder; /* passes this turn */
};

static struct credit_cpu *credit_cpu(const struct sched_vcpu *v)
{
    return sched_cpu(v->sched, v->cpu);
}

/* ---- credits ---- */

/* From now on v shares in what account() gives out. */
static void credit_activate(struct sched_vcpu *v)
{
    struct credit_sys *sys = sched_sys(v->sched);
    struct credit_vcpu *b = v->priv;

    if (likely(b->active))
        return;
    b->active = true;
    b->below = __atomic_load_n(&sys->fresh, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&sys->fresh, &b->below, b, true,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        ;
    sched_trace(v->sched, CREDIT_EV_ACCT_START, v, b->credit);
}

/* All locks held: nobody pushes. */
static void credit_collect(struct credit_sys *sys)
{
    struct credit_vcpu *b = sys->fresh, *below;

    for (sys->fresh = NULL; b; b = below) {
        below = b->below;
        LIST_INSERT_HEAD(&sys->active, b, link);
    }
}

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
}

static void credit_remove(struct sched_vcpu *v)
{
    struct credit_cpu *c = credit_cpu(v);

    sched_queue_del(&v->node[0]);
    if (c->last == v)
        c->last = NULL;
    if (c->yielder == v)
        c->yielder = NULL;
}

/* v waits now: does it displace what runs there? Not before that has run for
 * the rate limit. */
static void credit_preempt(const struct sched_vcpu *v, ns_t now)
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
    sched_trace(v->sched, CREDIT_EV_PARK, v, b->credit);
    return true;
}

static void credit_enqueue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    const struct credit_sys *sys = sched_sys(v->sched);
    struct credit_cpu *c = credit_cpu(v);
    struct credit_vcpu *b = v->priv;

    if (credit_park(v))
        return;
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
    if (b->parked)
        b->parked = false;
    else
        credit_remove(v);
}

/* ---- the decision ---- */

/* Take from a peer the first of a class better than ours. */
static struct sched_vcpu *credit_take(struct sched *s, unsigned from,
                                      unsigned cpu)
{
    const struct credit_cpu *c = sched_cpu(s, cpu);
    const struct credit_cpu *peer = sched_cpu(s, from);
    struct sched_node *n = sched_queue_first(&peer->queue);

    while (n && n->key < (int64_t)c->better &&
           !cpuset_has(&n->vcpu->affinity, cpu))
        n = sched_queue_next(n);
    if (!n || n->key >= (int64_t)c->better)
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
    if (pick.v == c->yielder) {
        next = sched_queue_next(n);
        pick.v = next ? next->vcpu : pick.v;
    } else if (c->last) {
        pick.run_for = credit_go_on(sys, c, pick.v, now);
        if (pick.run_for)
            pick.v = c->last;
        else
            pick.run_for = sys->tslice;
    }
    return pick;
}

static struct sched_pick credit_pick(struct sched *s, unsigned cpu, ns_t now)
{
    const struct credit_sys *sys = sched_sys(s);
    struct credit_cpu *c = sched_cpu(s, cpu);
    struct sched_pick pick = credit_choose(sys, c, now), stolen;
    const struct credit_vcpu *b = pick.v ? pick.v->priv : NULL;
    struct sched_vcpu *last = sched_running(s, cpu);

    c->better = b ? b->class_ : CREDIT_NONE;
    if (c->better >= CREDIT_OVER) {
        stolen = sched_steal(s, cpu, credit_take);
        if (stolen.v)
            pick = (struct sched_pick){ stolen.v, sys->tslice };
        else if (!pick.v)
            pick = stolen;
    }
    c->last = c->yielder = NULL;
    if (pick.v && sched_queued(&pick.v->node[0]))
        sched_queue_del(&pick.v->node[0]);
    if (!pick.v)
        return pick;
    if (pick.v != last)
        c->start = now;
    c->slice_end = now + pick.run_for;
    b = pick.v->priv;
    if (((const struct credit_dom *)pick.v->dom_priv)->cap &&
        b->credit < pick.run_for)
        pick.run_for = b->credit > 0 ? b->credit : 1;
    return pick;
}

/* ---- accounting: O(active vCPUs x log n) every 30 ms ---- */

static const struct credit_dom *credit_dom(const struct credit_vcpu *b)
{
    return b->v->dom_priv;
}

/* The most credits that v can use up in a period. */
static int64_t credit_peak(const struct credit_vcpu *b)
{
    const struct credit_dom *d = credit_dom(b);
    int64_t cap;

    if (!d->cap)
        return CREDIT_PERIOD;
    cap = CREDIT_PERIOD * d->cap / 100 / (int64_t)d->nr_active;
    return cap < CREDIT_PERIOD ? cap : CREDIT_PERIOD;
}

/* One pass: total goes to the active by weight; who reaches his peak is then
 * left out. Returns what was beyond the peaks. */
static int64_t credit_give_once(struct credit_sys *sys, int64_t total)
{
    int64_t weights = 0, left = total, share, room;
    struct credit_vcpu *b;

    LIST_FOREACH (b, &sys->active, link)
        if (b->given < credit_peak(b))
            weights += credit_dom(b)->weight;
    if (!weights)
        return total;
    LIST_FOREACH (b, &sys->active, link) {
        room = credit_peak(b) - b->given;
        if (room <= 0)
            continue;
        share = total * credit_dom(b)->weight / weights;
        share = share < room ? share : room;
        b->given += share;
        left -= share;
    }
    return left;
}

/* Returns what nobody could take. */
static int64_t credit_give(struct credit_sys *sys, int64_t total)
{
    struct credit_vcpu *b;
    int pass;

    LIST_FOREACH (b, &sys->active, link) {
        b->given = 0;
        ((struct credit_dom *)b->v->dom_priv)->nr_active = 0;
    }
    LIST_FOREACH (b, &sys->active, link)
        ((struct credit_dom *)b->v->dom_priv)->nr_active++;
    /* Below 1 us is not worth a pass. */
    for (pass = 0; pass < CREDIT_PASSES && total > US(1); pass++)
        total = credit_give_once(sys, total);
    return total;
}

/* v's class by its credits; a waiting v changes its place. */
static void credit_classify(struct credit_vcpu *b, enum credit_class class_,
                            ns_t now)
{
    struct sched_vcpu *v = b->v;

    if (b->parked && (!credit_dom(b)->cap || b->credit > 0)) {
        b->parked = false;
        b->class_ = class_;
        credit_insert(credit_cpu(v), v);
        sched_trace(v->sched, CREDIT_EV_UNPARK, v, b->credit);
        credit_preempt(v, now);
        return;
    }
    if (class_ == b->class_)
        return;
    b->class_ = class_;
    if (sched_queued(&v->node[0])) {
        credit_remove(v);
        credit_insert(credit_cpu(v), v);
    }
}

/* What v keeps of its credits; sets whether it stays active. */
static int64_t credit_bounded(const struct credit_vcpu *b, bool *stays)
{
    const struct sched_vcpu *v = b->v;
    bool capped = credit_dom(b)->cap;
    int64_t most = capped ? credit_peak(b) : CREDIT_PERIOD;

    *stays = true;
    if (b->credit < -CREDIT_PERIOD)
        return -CREDIT_PERIOD;
    if (b->credit <= most)
        return b->credit;
    if (!sched_queued(&v->node[0]) && sched_running(v->sched, v->cpu) != v) {
        /* It sleeps, and does not use its share: half is kept as a start. */
        *stays = false;
        return most / 2;
    }
    if (!capped)
        most = CREDIT_SAVED;
    return b->credit < most ? b->credit : most;
}

/* v gets what it was given. Returns whether it stays active. */
static bool credit_settle(struct credit_sys *sys, struct credit_vcpu *b,
                          ns_t now)
{
    bool stays;
    int64_t kept;

    b->credit += b->given;
    kept = credit_bounded(b, &stays);
    /* One with a cap that wants its time and has not come to it must not feed
     * those who kept it waiting. */
    if (kept < b->credit && !(credit_dom(b)->cap && stays))
        sys->surplus += b->credit - kept;
    b->credit = kept;
    credit_classify(b, b->credit < 0 ? CREDIT_OVER : CREDIT_UNDER, now);
    return stays;
}

static void credit_account(struct sched *s, ns_t now)
{
    struct credit_sys *sys = sched_sys(s);
    struct credit_vcpu *b, *next;
    int64_t nr_cpus = 0, total, extra, left;
    ns_t since = sys->accounted ? now - sys->accounted : CREDIT_PERIOD;
    unsigned cpu;

    for_each_cpu_of (cpu, s, sched_cpus(s))
        nr_cpus++;
    credit_collect(sys);
    sys->accounted = now;
    total = nr_cpus * since;
    extra = sys->surplus < total ? sys->surplus : total;
    left = credit_give(sys, total + extra);
    sys->surplus += left - extra;
    if (sys->surplus > nr_cpus * CREDIT_PERIOD) /* of idle time: worthless */
        sys->surplus = nr_cpus * CREDIT_PERIOD;
    for (b = LIST_FIRST(&sys->active); b; b = next) {
        next = LIST_NEXT(b, link);
        if (credit_settle(sys, b, now))
            continue;
        LIST_REMOVE(b, link);
        b->active = false;
        sched_trace(s, CREDIT_EV_ACCT_STOP, b->v, b->credit);
    }
}

/* ---- coming, going, looking ---- */

static void credit_cpu_up(struct sched *s, unsigned cpu, ns_t now)
{
    (void)now;
    sched_queue_init(&((struct credit_cpu *)sched_cpu(s, cpu))->queue);
}

static int credit_vcpu_up(struct sched_vcpu *v, ns_t now)
{
    struct credit_vcpu *b = v->priv;

    (void)now;
    b->v = v;
    b->class_ = CREDIT_UNDER;
    return 0;
}

static void credit_vcpu_down(struct sched_vcpu *v, ns_t now)
{
    struct credit_vcpu *b = v->priv;

    (void)now;
    credit_collect(sched_sys(v->sched));
    if (b->active)
        LIST_REMOVE(b, link);
    b->active = false;
}

/* What runs is planned anew: it may have got, or lost, a cap. */
static int credit_param_set(struct sched *s, struct sched_vcpu *v,
                            const struct sched_param *p, int64_t old, ns_t now)
{
    (void)v, (void)p, (void)old;
    sched_resched_all(s, now);
    return 0;
}

static void credit_view(const struct sched_vcpu *v, ns_t now, int64_t *out)
{
    const struct credit_vcpu *b = v->priv;

    (void)now;
    out[0] = b->credit;
    out[1] = (int64_t)b->class_;
    out[2] = b->parked;
    out[3] = b->active;
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
                    (long long)((struct credit_vcpu *)n->vcpu->priv)->credit);
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
