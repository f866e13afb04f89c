/*
 * bvt - Borrowed-Virtual-Time (Duda and Cheriton, SOSP'99), complete: weights,
 * context-switch allowance C, warp W, warp time limit L, unwarp time U.
 *
 * The idea: a vCPU's actual virtual time A advances by (CPU time / weight) as
 * it runs; who is furthest behind runs next, so all advance together and get
 * the CPU by weight. A latency-sensitive vCPU borrows from its own future: it
 * is chosen by its effective virtual time E = A - W. Warp changes when it gets
 * its share, not how much. README.md has the equations and our decisions.
 *
 * Exactness: A counts units of 1/BVT_SCALE ns at weight 1; what a division
 * leaves over is carried in `rest`, so nothing is ever rounded away. A is a
 * position on a circle of 2^64 units and compared by difference; differences
 * stay far below half of it (see BVT_FORGET).
 *
 * Queues: `actual` holds all that wait, by A; `effective` those of them that
 * are warped, by E. As W >= 0, the smaller of the two heads has the smallest E
 * of all, and the head of `actual` gives SVT.
 *
 * Locks: everything of a CPU, and of the vCPUs on it, under that CPU's lock;
 * only svt is also read from elsewhere.
 */
#include "sched/api/sched.h"
#include "sched/bvt/bvt_private.h"
#include "xen/lib/vtime.h"

#define BVT_SCALE 256 /* = the default weight: then A is in plain ns */

/* Asleep for longer (208 days), a vCPU's old A means nothing any more: at
 * weight 1, A might have gone half around the circle meanwhile. */
#define BVT_FORGET ((ns_t)1 << 54)

/* The least L: below, a CPU would do little else but warp and unwarp. */
#define BVT_LEAST_LIMIT US(10)

#define BVT_EINVAL 22

enum { BVT_ACTUAL, BVT_EFFECTIVE }; /* what node[] is for */

enum { BVT_EV_WARP, BVT_EV_UNWARP, BVT_EV_MIGRATE };

/* ---- virtual time ---- */

static bool bvt_before(int64_t a, int64_t b)
{
    return sched_key_before(a, b);
}

/* Take over the domain's weight, if it has changed, before time is counted or
 * planned by it. `rest` keeps its worth, to within 1 unit. */
static void bvt_weigh(const struct sched_vcpu *v)
{
    const struct bvt_dom *d = v->dom_priv;
    struct bvt_vcpu *b = v->priv;
    uint64_t weight = (uint64_t)d->weight;

    if (likely(b->weight == weight))
        return;
    b->rest = b->weight ? b->rest * weight / b->weight : 0;
    b->weight = weight;
    b->inverse = UINT64_MAX / weight;
}

/* What A becomes after ran ns; *rest gets what the division leaves over. The
 * quotient by the inverse is exact or 1 too small (see README.md). */
static int64_t bvt_after(const struct bvt_vcpu *b, ns_t ran, uint64_t *rest)
{
    uint64_t n = (uint64_t)ran * BVT_SCALE + b->rest;
    uint64_t q = (uint64_t)(((unsigned __int128)n * b->inverse) >> 64);

    *rest = n - q * b->weight;
    if (*rest >= b->weight) {
        *rest -= b->weight;
        q++;
    }
    return vtime_plus(b->a, (int64_t)q);
}

/* Whether a fault of Xen's BVT is to be shown. */
static bool bvt_fault(const struct sched *s, enum bvt_fault fault)
{
    return ((const struct bvt_sys *)sched_sys(s))->historic & fault;
}

static int64_t bvt_effective(const struct sched_vcpu *v)
{
    const struct bvt_vcpu *b = v->priv;
    const struct bvt_dom *d = v->dom_priv;

    if (likely(!b->warped))
        return b->a;
    if (unlikely(bvt_fault(v->sched, BVT_UNSIGNED)))
        return bvt_historic_effective(b->a, d->warp);
    return vtime_minus(b->a, d->warp);
}

/* The same as bvt_slice(), for the differences where 64 bits are too few. */
__attribute__((cold, noinline)) static ns_t bvt_slice_far(
    const struct bvt_vcpu *b, int64_t d, ns_t c)
{
    __int128 t = (__int128)d * (int64_t)b->weight - (int64_t)b->rest;

    t = ((t + BVT_SCALE - 1) >> 8) + c;
    return t > FOREVER / 2 ? FOREVER / 2 : (ns_t)t;
}

/* The CPU time until i must give way to j, where d = E_j - E_i: the exact
 * solution t of E_i + t / w_i = E_j + C / w_i, rounded up to a ns. May be
 * negative. */
static inline ns_t bvt_slice(const struct bvt_sys *sys,
                             const struct bvt_vcpu *b, int64_t d)
{
    int64_t t, up = BVT_SCALE - 1 - (int64_t)b->rest;
    ns_t c = sys->ctx_allow;

    if (unlikely(sys->historic & BVT_MIXES_UNITS))
        return bvt_historic_slice(d, b->weight, c);
    if (unlikely(__builtin_mul_overflow(d, (int64_t)b->weight, &t) ||
                 __builtin_add_overflow(t, up, &t)))
        return bvt_slice_far(b, d, c);
    return (t >> 8) + c;
}

/* SVT = min A of the runnable: those that wait, and what runs, whose A has
 * come to `run_a` (or that of the last to leave, if nothing does any more). */
static int64_t bvt_svt(struct bvt_cpu *c, bool runs, int64_t run_a)
{
    const struct sched_node *n = sched_queue_first(&c->actual);
    int64_t svt = run_a, a = 0;

    if (n)
        a = ((const struct bvt_vcpu *)n->vcpu->priv)->a;
    if (n && (!runs || bvt_before(a, run_a)))
        svt = a;
    WRITE_ONCE(c->svt, svt);
    return svt;
}

/* ---- warp ---- */

static void bvt_warp_if_due(struct sched_vcpu *v, bool fresh, ns_t now)
{
    const struct bvt_dom *d = v->dom_priv;
    struct bvt_vcpu *b = v->priv;

    if (!d->warp) {
        b->warped = false;
        return;
    }
    if (b->warped ? !fresh : now < b->rearm)
        return;
    b->warp_left = d->warp_limit ? d->warp_limit : FOREVER;
    if (!b->warped)
        sched_trace(v->sched, BVT_EV_WARP, v, d->warp);
    b->warped = true;
}

/* Is warp anything to v? If not, it is not warped, and will not be. */
static inline bool bvt_warps(const struct sched_vcpu *v)
{
    const struct bvt_dom *d = v->dom_priv;
    const struct bvt_vcpu *b = v->priv;

    return d->warp || b->warped;
}

/* v is going to be queued; fresh: after a sleep of its own wish. */
static inline void bvt_warp(struct sched_vcpu *v, bool fresh, ns_t now)
{
    if (bvt_warps(v))
        bvt_warp_if_due(v, fresh, now);
}

static void bvt_unwarp(struct sched_vcpu *v, ns_t now)
{
    const struct bvt_dom *d = v->dom_priv;
    struct bvt_vcpu *b = v->priv;

    b->warped = false;
    b->rearm = now + b->warp_left + d->unwarp;
    sched_trace(v->sched, BVT_EV_UNWARP, v, d->unwarp);
}

static void bvt_charge(struct sched_vcpu *v, ns_t ran, ns_t now)
{
    struct bvt_vcpu *b = v->priv;
    struct bvt_cpu *c = b->c;
    int64_t a;

    if (unlikely(bvt_fault(v->sched, BVT_ROUNDS)))
        ran = bvt_historic_ran(ran);
    a = bvt_after(b, ran, &b->rest);
    b->a = a;
    c->since = now;
    (void)bvt_svt(c, true, a);
    if (unlikely(b->warped)) {
        b->warp_left -= ran;
        if (b->warp_left <= 0)
            bvt_unwarp(v, now);
    }
}

/* ---- the queues ---- */

static inline void bvt_insert(struct bvt_cpu *c, struct sched_vcpu *v)
{
    const struct bvt_vcpu *b = v->priv;
    int64_t a = b->a;

    if (b->warped) {
        sched_queue_add(&c->effective, &v->node[BVT_EFFECTIVE],
                        bvt_effective(v));
        if (unlikely(bvt_fault(v->sched, BVT_UNSIGNED)))
            a = bvt_effective(v); /* where E > A it has to wait for E */
    }
    sched_queue_add(&c->actual, &v->node[BVT_ACTUAL], a);
}

/* One that has run; apart, so that the usual way needs no frame. */
static NOINLINE void bvt_insert_warped(struct bvt_cpu *c, struct sched_vcpu *v,
                                       ns_t now)
{
    bvt_warp_if_due(v, false, now);
    bvt_insert(c, v);
}

static void bvt_unlink(struct sched_vcpu *v)
{
    sched_queue_del(&v->node[BVT_ACTUAL]);
    if (sched_queued(&v->node[BVT_EFFECTIVE]))
        sched_queue_del(&v->node[BVT_EFFECTIVE]);
}

static void bvt_remove(struct bvt_cpu *c, struct sched_vcpu *v)
{
    bvt_unlink(v);
    if (c->woken == v)
        c->woken = NULL;
    if (c->last == v)
        c->last = NULL;
    if (c->yielder == v)
        c->yielder = NULL;
}

/* v's node whose key is its E. */
static struct sched_node *bvt_node(struct sched_vcpu *v)
{
    return &v->node[sched_queued(&v->node[BVT_EFFECTIVE]) ? BVT_EFFECTIVE
                                                          : BVT_ACTUAL];
}

/* The waiting vCPU with the smallest E, which is the key of the node that is
 * returned, apart from skip; or NULL. */
static inline struct sched_node *bvt_first(const struct bvt_cpu *c,
                                           const struct sched_vcpu *skip)
{
    struct sched_node *a = sched_queue_first(&c->actual);
    struct sched_node *e = sched_queue_first(&c->effective);

    if (unlikely(skip != NULL)) {
        if (a && a->vcpu == skip)
            a = sched_queue_next(a);
        if (e && e->vcpu == skip)
            e = sched_queue_next(e);
    }
    return unlikely(e && !bvt_before(a->key, e->key)) ? e : a;
}

/* ---- sleep and wake-up ---- */

/* A on the CPU that v comes to: its lead over SVT there is what it was. M is
 * charged for the cache that it leaves. */
static void bvt_migrate(struct sched_vcpu *v, const struct bvt_cpu *c,
                        unsigned cpu)
{
    const struct bvt_sys *sys = sched_sys(v->sched);
    struct bvt_vcpu *b = v->priv;
    const struct bvt_cpu *home;
    int64_t lead = 0;

    if (cpuset_has(sched_cpus(v->sched), b->home)) {
        home = sched_cpu(v->sched, b->home);
        lead = vtime_minus(b->a, READ_ONCE(home->svt));
    }
    b->a = vtime_plus(c->svt, lead);
    if (sys->migrate)
        b->a = bvt_after(b, sys->migrate, &b->rest);
    b->home = cpu;
    sched_trace(v->sched, BVT_EV_MIGRATE, v, lead);
}

/* v was not runnable until now; `voluntary` is about how that began. */
static void bvt_wake(struct sched_vcpu *v, int64_t svt, ns_t now)
{
    struct bvt_vcpu *b = v->priv;
    if (now - b->slept > BVT_FORGET || (b->voluntary && bvt_before(b->a, svt)))
        b->a = svt;
    bvt_warp(v, b->voluntary, now);
    b->voluntary = false;
}

/* v has just become runnable, with the smallest E of those that wait: does it,
 * and when, displace what runs? C does not protect what runs from it if v has
 * now the smallest E of all. */
static void bvt_preempt(struct sched_vcpu *v, struct bvt_cpu *c,
                        const struct sched_vcpu *running, int64_t run_a,
                        ns_t now)
{
    const struct bvt_sys *sys = sched_sys(v->sched);
    const struct bvt_vcpu *rb = running->priv;
    int64_t e = bvt_node(v)->key, run_e = bvt_effective(running);
    ns_t until;

    until = c->since + bvt_slice(sys, rb, vtime_minus(e, run_e));
    if (bvt_before(e, vtime_plus(run_e, vtime_minus(run_a, rb->a)))) {
        if (!c->woken || bvt_before(e, bvt_node(c->woken)->key))
            c->woken = v;
        until = now;
    }
    if (until < c->until) {
        c->until = until;
        sched_resched(v->sched, v->cpu, until);
    }
}

/* v comes to this CPU: woken, new, unpaused, or from another one. */
static NOINLINE void bvt_arrive(struct sched_vcpu *v, enum sched_why why,
                                ns_t now)
{
    struct bvt_cpu *c = sched_cpu(v->sched, v->cpu);
    const struct sched_vcpu *running = sched_running(v->sched, v->cpu);
    const struct sched_node *first = bvt_first(c, NULL);
    struct bvt_vcpu *b = v->priv;
    int64_t run_a = c->svt, svt;
    uint64_t rest;

    if (running)
        run_a = bvt_after(running->priv, now - c->since, &rest);
    svt = bvt_svt(c, running != NULL, run_a);
    if (b->home != v->cpu)
        bvt_migrate(v, c, v->cpu);
    if (why == SCHED_NEW)
        b->a = svt;
    if (why != SCHED_MOVE)
        bvt_wake(v, svt, now);
    bvt_insert(c, v);
    if (running && (!first || !bvt_before(first->key, bvt_node(v)->key)))
        bvt_preempt(v, c, running, run_a, now);
}

static void bvt_enqueue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    const struct bvt_vcpu *b = v->priv;
    struct bvt_cpu *c = b->c;

    if (why != SCHED_PREEMPT && why != SCHED_YIELD) {
        bvt_arrive(v, why, now);
        return;
    }
    if (why == SCHED_YIELD)
        c->yielder = v;
    else
        c->last = v;
    if (unlikely(bvt_warps(v)))
        bvt_insert_warped(c, v, now);
    else
        sched_queue_add(&c->actual, &v->node[BVT_ACTUAL], b->a);
}

static void bvt_sleep(struct sched_vcpu *v, bool voluntary, ns_t now)
{
    struct bvt_vcpu *b = v->priv;

    b->voluntary = voluntary;
    b->slept = now;
}

static void bvt_dequeue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    bvt_remove(sched_cpu(v->sched, v->cpu), v);
    if (why == SCHED_SLEEP)
        bvt_sleep(v, false, now);
}

/* ---- the decision ---- */

static struct sched_vcpu *bvt_take(struct sched *s, unsigned from, unsigned cpu)
{
    struct bvt_cpu *c = sched_cpu(s, from);
    struct sched_node *n = sched_queue_first(&c->actual);

    while (n && !cpuset_has(&n->vcpu->affinity, cpu))
        n = sched_queue_next(n);
    if (!n)
        return NULL;
    bvt_remove(c, n->vcpu);
    return n->vcpu;
}

/* Whom to run of those that wait here, and how long. What has run goes on if
 * this decision comes before it has to give way. */
static struct sched_vcpu *bvt_choose(struct bvt_cpu *c,
                                     const struct bvt_sys *sys, ns_t now,
                                     ns_t *run_for)
{
    struct sched_node *n = bvt_first(c, c->yielder), *next;
    struct sched_vcpu *last = c->last, *v;
    int64_t e;

    if (unlikely(!n && c->yielder))
        n = bvt_node(c->yielder);
    if (!n)
        return NULL;
    if (c->woken) {
        n = bvt_node(c->woken);
    } else if (unlikely(last && n->vcpu != last && now < c->until)) {
        bvt_weigh(last);
        *run_for = bvt_slice(sys, last->priv,
                             vtime_minus(n->key, bvt_node(last)->key));
        if (*run_for > 0) {
            bvt_remove(c, last);
            return last;
        }
    }
    c->woken = c->last = c->yielder = NULL;
    e = n->key;
    v = n->vcpu;
    bvt_unlink(v);
    bvt_weigh(v);
    next = bvt_first(c, NULL);
    *run_for = FOREVER / 2;
    if (next)
        *run_for = bvt_slice(sys, v->priv, vtime_minus(next->key, e));
    if (*run_for < sys->ctx_allow) /* beside one that yielded */
        *run_for = sys->ctx_allow;
    return v;
}

static struct sched_pick bvt_pick(struct sched *s, unsigned cpu, ns_t now)
{
    const struct bvt_sys *sys = sched_sys(s);
    struct bvt_cpu *c = sched_cpu(s, cpu);
    struct sched_pick pick = { NULL, FOREVER };
    struct bvt_vcpu *b;

    pick.v = bvt_choose(c, sys, now, &pick.run_for);
    if (!pick.v) {
        pick = sched_steal(s, cpu, bvt_take);
        if (!pick.v)
            return pick;
        pick.run_for = FOREVER / 2;
        bvt_weigh(pick.v);
        bvt_migrate(pick.v, c, cpu);
    }
    b = pick.v->priv;
    b->c = c;
    c->since = now;
    c->until = now + pick.run_for;
    if (unlikely(b->warped && sys->historic & BVT_L_PER_TURN))
        bvt_warp_if_due(pick.v, true, now);
    if (b->warped && b->warp_left < pick.run_for)
        pick.run_for = b->warp_left;
    return pick;
}

/* ---- coming, going, looking ---- */

static void bvt_cpu_up(struct sched *s, unsigned cpu, ns_t now)
{
    struct bvt_cpu *c = sched_cpu(s, cpu);

    c->since = now;
    sched_queue_init(&c->actual);
    sched_queue_init(&c->effective);
}

static int bvt_check(const struct sched_vcpu *v)
{
    const struct bvt_dom *d = v->dom_priv;

    return d->warp_limit && d->warp_limit < BVT_LEAST_LIMIT ? -BVT_EINVAL : 0;
}

static int bvt_vcpu_up(struct sched_vcpu *v, ns_t now)
{
    struct bvt_vcpu *b = v->priv;

    bvt_weigh(v);
    b->c = sched_cpu(v->sched, v->cpu);
    b->home = v->cpu;
    b->voluntary = true;
    b->slept = now;
    return bvt_check(v);
}

/* Whatever changed, decide afresh everywhere: a change of weight or C moves
 * the ends of slices. What waits keeps its place until it has run. */
static int bvt_param_set(struct sched *s, struct sched_vcpu *v,
                         const struct sched_param *p, int64_t old, ns_t now)
{
    (void)p, (void)old;
    sched_resched_all(s, now);
    return v ? bvt_check(v) : 0;
}

static void bvt_view(const struct sched_vcpu *v, ns_t now, int64_t *out)
{
    const struct bvt_cpu *c = sched_cpu(v->sched, v->cpu);
    const struct bvt_vcpu *b = v->priv;
    uint64_t rest;
    int64_t a = b->a;

    if (sched_running(v->sched, v->cpu) == v)
        a = bvt_after(b, now - c->since, &rest);
    out[0] = a;
    out[1] = vtime_plus(a, vtime_minus(bvt_effective(v), b->a));
    out[2] = c->svt;
    out[3] = b->warped ? b->warp_left : 0;
}

static void bvt_dump(struct sched *s, unsigned cpu, ns_t now)
{
    const struct bvt_cpu *c = sched_cpu(s, cpu);
    const struct sched_vcpu *v;
    struct sched_node *n;

    sched_print("bvt cpu%u: svt %lld, running for %lld ns\n", cpu,
                (long long)c->svt, (long long)(now - c->since));
    for (n = sched_queue_first(&c->actual); n; n = sched_queue_next(n)) {
        v = n->vcpu;
        sched_print("  d%uv%u avt %lld evt %lld\n", v->dom, v->id,
                    (long long)n->key, (long long)bvt_effective(v));
    }
}

static const struct sched_param bvt_params[] = {
    { "ctx_allow", "ns", "C: how far one may run ahead of its equals",
      SCHED_PER_SYSTEM, offsetof(struct bvt_sys, ctx_allow), US(10), S(1),
      US(500) },
    { "migrate", "ns", "M: CPU time charged for a change of CPU",
      SCHED_PER_SYSTEM, offsetof(struct bvt_sys, migrate), 0, S(1), 0 },
    { "historic", "count",
      "BROKEN, to study: 1 rounds + 2 mixes units + 4 unsigned + 8 L per turn",
      SCHED_PER_SYSTEM, offsetof(struct bvt_sys, historic), 0, BVT_ALL_FAULTS,
      0 },
    { "weight", "count", "share of the CPU, against the others' weights",
      SCHED_PER_DOMAIN, offsetof(struct bvt_dom, weight), 1, 65535, 256 },
    { "warp", "ns", "W: lead borrowed, in CPU time at weight 256; 0: none",
      SCHED_PER_DOMAIN, offsetof(struct bvt_dom, warp), 0, S(100), 0 },
    { "warp_limit", "ns",
      "L: CPU time that a burst runs warped, from 10 us on; 0: no limit",
      SCHED_PER_DOMAIN, offsetof(struct bvt_dom, warp_limit), 0, S(1000),
      S(2) },
    { "unwarp", "ns", "U: not warped again for so long, once L was used up",
      SCHED_PER_DOMAIN, offsetof(struct bvt_dom, unwarp), 0, S(1000), S(1) },
    { .name = NULL },
};

static const char *const bvt_events[] = { "warp", "unwarp", "migrate", NULL };
static const char *const bvt_view_names[] = { "avt", "evt", "svt", "warp_left",
                                              NULL };

static const struct sched_ops bvt_ops = {
    .name = "bvt",
    .about = "Borrowed-Virtual-Time, Duda and Cheriton, SOSP 1999",
    .class_ = 6,
    .sys_size = sizeof(struct bvt_sys),
    .cpu_size = sizeof(struct bvt_cpu),
    .dom_size = sizeof(struct bvt_dom),
    .vcpu_size = sizeof(struct bvt_vcpu),
    .params = bvt_params,
    .events = bvt_events,
    .view_names = bvt_view_names,
    .enqueue = bvt_enqueue,
    .dequeue = bvt_dequeue,
    .pick = bvt_pick,
    .charge = bvt_charge,
    .sleep = bvt_sleep,
    .cpu_up = bvt_cpu_up,
    .vcpu_up = bvt_vcpu_up,
    .param_set = bvt_param_set,
    .view = bvt_view,
    .dump = bvt_dump,
};
SCHED_PLUGIN(bvt_ops);
