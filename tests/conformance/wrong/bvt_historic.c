/*
 * bvt_historic.c - the two mistakes of Xen's BVT that changed what it does
 * (xen/common/sched_bvt.c until 2006), each alone in an otherwise exact BVT:
 *
 *   bvt_units      the slice adds a count of charging units (of 100 us) to
 *                  nanoseconds, so that it is C, nearly, whatever the weights
 *   bvt_underflow  E = A - W without a sign: until A has come to W, a warped
 *                  domain is last instead of first
 */
#include "sched/api/sched.h"

#define MCU 100000 /* ns: the charging unit */

struct hist_sys {
    int64_t ctx_allow;
};

struct hist_dom {
    int64_t weight, warp, warp_limit, unwarp;
};

struct hist_vcpu {
    int64_t a; /* ns at weight 256 */
    uint64_t rest;
};

struct hist_cpu {
    struct sched_queue queue; /* all that wait, in no order */
    struct sched_vcpu *last;
    bool no_sign; /* which mistake */
};

static int64_t hist_e(const struct sched_vcpu *v)
{
    return ((const struct hist_vcpu *)v->priv)->a -
           ((const struct hist_dom *)v->dom_priv)->warp;
}

/* Does a come before b? */
static bool hist_before(const struct hist_cpu *c, int64_t a, int64_t b)
{
    return c->no_sign ? (uint64_t)a < (uint64_t)b : a < b;
}

static void hist_charge(struct sched_vcpu *v, ns_t ran, ns_t now)
{
    uint64_t weight = (uint64_t)((const struct hist_dom *)v->dom_priv)->weight;
    struct hist_vcpu *b = v->priv;
    uint64_t n = (uint64_t)ran * 256 + b->rest;

    (void)now;
    b->a += (int64_t)(n / weight);
    b->rest = n % weight;
}

static void hist_enqueue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    struct hist_cpu *c = sched_cpu(v->sched, v->cpu);
    const struct sched_vcpu *running = sched_running(v->sched, v->cpu);
    struct hist_vcpu *b = v->priv;
    const struct sched_node *n;
    int64_t svt = INT64_MAX;

    if (why != SCHED_PREEMPT && why != SCHED_YIELD) {
        for (n = sched_queue_first(&c->queue); n;
             n = sched_queue_next(&n->vcpu->node[0]))
            if (((const struct hist_vcpu *)n->vcpu->priv)->a < svt)
                svt = ((const struct hist_vcpu *)n->vcpu->priv)->a;
        if (running && ((const struct hist_vcpu *)running->priv)->a < svt)
            svt = ((const struct hist_vcpu *)running->priv)->a;
        if (svt != INT64_MAX && b->a < svt)
            b->a = svt;
        if (running && hist_before(c, hist_e(v), hist_e(running)))
            sched_resched(v->sched, v->cpu, now);
    }
    sched_queue_add(&c->queue, &v->node[0], 0);
}

static void hist_dequeue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    (void)why, (void)now;
    sched_queue_del(&v->node[0]);
}

static struct sched_vcpu *hist_best(struct hist_cpu *c,
                                    const struct sched_vcpu *but)
{
    struct sched_vcpu *best = NULL;
    struct sched_node *n;

    for (n = sched_queue_first(&c->queue); n; n = sched_queue_next(n))
        if (n->vcpu != but &&
            (!best || hist_before(c, hist_e(n->vcpu), hist_e(best))))
            best = n->vcpu;
    return best;
}

static struct sched_vcpu *hist_take(struct sched *s, unsigned from,
                                    unsigned cpu)
{
    struct hist_cpu *c = sched_cpu(s, from);

    return sched_queue_take(&c->queue, cpu);
}

static struct sched_pick hist_pick(struct sched *s, unsigned cpu, ns_t now)
{
    const struct hist_sys *sys = sched_sys(s);
    struct hist_cpu *c = sched_cpu(s, cpu);
    struct sched_vcpu *v = hist_best(c, NULL), *next;
    int64_t weight, ahead;
    ns_t slice;

    (void)now;
    if (!v)
        return sched_steal(s, cpu, hist_take);
    next = hist_best(c, v);
    sched_queue_del(&v->node[0]);
    if (!next)
        return (struct sched_pick){ v, 10 * sys->ctx_allow };
    weight = ((const struct hist_dom *)v->dom_priv)->weight;
    ahead = hist_e(next) - hist_e(v);
    slice = ahead * weight / 256;
    if (!c->no_sign)
        slice /= MCU; /* a number of units */
    slice += sys->ctx_allow;
    return (struct sched_pick){ v, slice > 0 ? slice : sys->ctx_allow };
}

static void units_cpu_up(struct sched *s, unsigned cpu, ns_t now)
{
    (void)now;
    sched_queue_init(&((struct hist_cpu *)sched_cpu(s, cpu))->queue);
}

static void underflow_cpu_up(struct sched *s, unsigned cpu, ns_t now)
{
    units_cpu_up(s, cpu, now);
    ((struct hist_cpu *)sched_cpu(s, cpu))->no_sign = true;
}

static const struct sched_param hist_params[] = {
    { "ctx_allow", "ns", "C", SCHED_PER_SYSTEM,
      offsetof(struct hist_sys, ctx_allow), US(10), S(1), MS(5) },
    { "weight", "count", "share", SCHED_PER_DOMAIN,
      offsetof(struct hist_dom, weight), 1, 65535, 256 },
    { "warp", "ns", "W", SCHED_PER_DOMAIN, offsetof(struct hist_dom, warp), 0,
      S(100), 0 },
    { .name = NULL },
};

#define HIST_OPS                                                               \
    .about = "a control: a mistake of Xen's BVT", .class_ = 7,                 \
    .sys_size = sizeof(struct hist_sys), .cpu_size = sizeof(struct hist_cpu),  \
    .dom_size = sizeof(struct hist_dom),                                       \
    .vcpu_size = sizeof(struct hist_vcpu), .params = hist_params,              \
    .enqueue = hist_enqueue, .dequeue = hist_dequeue, .pick = hist_pick,       \
    .charge = hist_charge

static const struct sched_ops units_ops = { .name = "bvt_units",
                                            HIST_OPS,
                                            .cpu_up = units_cpu_up };
SCHED_PLUGIN(units_ops);

static const struct sched_ops underflow_ops = { .name = "bvt_underflow",
                                                HIST_OPS,
                                                .cpu_up = underflow_cpu_up };
SCHED_PLUGIN(underflow_ops);
