/*
 * variants.c - real plug-ins with one thing wrong: a parameter that is
 * connected to nothing (it can be set and read; another value is in effect, or
 * that which it had when the vCPU joined), or one callback replaced.
 *
 * They are made when the program starts, from the real plug-ins' tables.
 */
#include <stdlib.h>
#include <string.h>
#include "sched/api/core.h"
#include "sched/rtxen/rtxen_private.h"
#include "sched/sedf/sedf_private.h"
#include "xen/lib/bug.h"

#define PARAMS_MAX 32

struct variant {
    const char *name, *base;
    const char *cut; /* the parameter; or NULL */
    int64_t in_effect;
    bool frozen; /* in effect is what it was at first */
    void (*replace)(struct sched_ops *ops);
    /* made at start */
    struct sched_ops ops;
    struct sched_param params[PARAMS_MAX];
    const struct sched_ops *real;
    const struct sched_param *cut_param; /* of the real one */
};

static struct variant *variant_of(const struct sched *s);

static const struct sched_ops *real(const struct sched *s)
{
    return variant_of(s)->real;
}

/* ---- callbacks that are wrong ---- */

/* Admits whomever. */
static int admit_all(struct sched_vcpu *v, ns_t now)
{
    (void)real(v->sched)->vcpu_up(v, now);
    return 0;
}

static void no_admission(struct sched_ops *ops)
{
    ops->vcpu_up = admit_all;
}

/* Credit until 2009: who runs at the tick pays for all of it. */
static void charge_nothing(struct sched_vcpu *v, ns_t ran, ns_t now)
{
    real(v->sched)->charge(v, 0 * ran, now);
}

static void tick_samples(struct sched *s, unsigned cpu, ns_t now)
{
    struct sched_vcpu *v = sched_running(s, cpu);

    if (v)
        real(s)->charge(v, real(s)->tick_ns, now);
    real(s)->tick(s, cpu, now);
}

static void sampled(struct sched_ops *ops)
{
    ops->charge = charge_nothing;
    ops->tick = tick_samples;
}

/* A waker is as anybody else. */
static void enqueue_unboosted(struct sched_vcpu *v, enum sched_why why,
                              ns_t now)
{
    real(v->sched)->enqueue(v, why == SCHED_WAKE ? SCHED_UNPAUSE : why, now);
}

static void no_boost(struct sched_ops *ops)
{
    ops->enqueue = enqueue_unboosted;
}

/* Each wake-up goes to another CPU. */
static unsigned place_next(const struct sched_vcpu *v, ns_t now)
{
    unsigned cpu = cpuset_next(&v->affinity, v->cpu + 1);

    (void)now;
    return cpu == CPUSET_NONE ? cpuset_next(&v->affinity, 0) : cpu;
}

static void wanders(struct sched_ops *ops)
{
    ops->place = place_next;
}

/* Thinks about it for a while. */
static struct sched_pick pick_late(struct sched *s, unsigned cpu, ns_t now)
{
    if (!sched_running(s, cpu) && now % US(50))
        return (struct sched_pick){ NULL, US(50) - now % US(50) };
    return real(s)->pick(s, cpu, now);
}

static void late(struct sched_ops *ops)
{
    ops->pick = pick_late;
    ops->flags |= SCHED_MAY_IDLE;
}

/* Lets who leads run on for a moment. */
static struct sched_pick pick_slack(struct sched *s, unsigned cpu, ns_t now)
{
    struct sched_pick pick = real(s)->pick(s, cpu, now);

    if (pick.v && pick.run_for < S(1))
        pick.run_for += US(1);
    return pick;
}

static void slack(struct sched_ops *ops)
{
    ops->pick = pick_slack;
}

/* Hands out credit in each third period only, but then for three. */
static void account_seldom(struct sched *s, ns_t now)
{
    if (now / real(s)->account_ns % 3)
        return;
    real(s)->account(s, now);
    real(s)->account(s, now);
    real(s)->account(s, now);
}

static void seldom(struct sched_ops *ops)
{
    ops->account = account_seldom;
}

/* Those without a budget come by number, not in turn. */
static void enqueue_by_number(struct sched_vcpu *v, enum sched_why why,
                              ns_t now)
{
    const struct rtxen_dom *d = v->dom_priv;
    struct rtxen_cpu *c = sched_cpu(v->sched, v->cpu);

    real(v->sched)->enqueue(v, why, now);
    if (d->budget || v->node[0].queue != &c->ready)
        return;
    sched_queue_del(&v->node[0]);
    sched_queue_add(&c->ready, &v->node[0], FOREVER - S(1) + v->dom);
}

static void by_number(struct sched_ops *ops)
{
    ops->enqueue = enqueue_by_number;
}

/* Who comes stands by its period, not by its deadline. */
static void enqueue_by_period(struct sched_vcpu *v, enum sched_why why,
                              ns_t now)
{
    struct sedf_cpu *c = sedf_cpu(v);

    real(v->sched)->enqueue(v, why, now);
    if (v->node[0].queue != &c->ready)
        return;
    sched_queue_del(&v->node[0]);
    sched_queue_add(&c->ready, &v->node[0],
                    ((const struct sedf_dom *)v->dom_priv)->period);
}

static void monotonic(struct sched_ops *ops)
{
    ops->enqueue = enqueue_by_period;
}

/* ---- the list ---- */

static struct variant variants[] = {
    /* Xen's BVT until 2006: sched/bvt/README.md has its faults, by bits. */
    { .name = "bvt_overcharge",
      .base = "bvt",
      .cut = "historic",
      .in_effect = 1 },
    { .name = "bvt_units", .base = "bvt", .cut = "historic", .in_effect = 2 },
    { .name = "bvt_underflow",
      .base = "bvt",
      .cut = "historic",
      .in_effect = 4 },
    { .name = "bvt_relimit", .base = "bvt", .cut = "historic", .in_effect = 8 },
    { .name = "bvt_nolimit", .base = "bvt", .cut = "warp_limit" },
    { .name = "bvt_nounwarp", .base = "bvt", .cut = "unwarp" },
    { .name = "bvt_slack", .base = "bvt", .replace = slack },
    { .name = "bvt_stale", .base = "bvt", .cut = "weight", .frozen = true },
    { .name = "fbvt_stale", .base = "fbvt", .cut = "weight", .frozen = true },
    { .name = "fbvt_slack", .base = "fbvt", .replace = slack },
    { .name = "credit2_stale",
      .base = "credit2",
      .cut = "weight",
      .frozen = true },
    { .name = "credit_stale",
      .base = "credit",
      .cut = "weight",
      .frozen = true },
    { .name = "sedf_stale", .base = "sedf", .cut = "slice", .frozen = true },
    { .name = "rtds_stale", .base = "rtds", .cut = "budget", .frozen = true },
    { .name = "sedf_wake3", .base = "sedf", .cut = "wake", .in_effect = 5 },
    { .name = "sedf_monotonic", .base = "sedf", .replace = monotonic },
    { .name = "sedf_extra", .base = "sedf", .cut = "extra", .in_effect = 1 },
    { .name = "sedf_noadmit", .base = "sedf", .replace = no_admission },
    { .name = "sedf_noweight",
      .base = "sedf",
      .cut = "weight",
      .in_effect = 256 },
    { .name = "sedf_noextra",
      .base = "sedf",
      .cut = "extra",
      .in_effect = 0,
      .replace = no_admission },
    { .name = "credit_sampled", .base = "credit", .replace = sampled },
    { .name = "credit_seldom", .base = "credit", .replace = seldom },
    { .name = "credit_nocap", .base = "credit", .cut = "cap" },
    { .name = "credit_noboost", .base = "credit", .replace = no_boost },
    { .name = "credit2_even",
      .base = "credit2",
      .cut = "weight",
      .in_effect = 256 },
    { .name = "credit2_nocap", .base = "credit2", .cut = "cap" },
    { .name = "fbvt_even", .base = "fbvt", .cut = "weight", .in_effect = 256 },
    { .name = "null_wanders", .base = "rr", .replace = wanders },
    { .name = "null_late", .base = "rr", .replace = late },
    { .name = "rtds_extra",
      .base = "rtds",
      .cut = "extratime",
      .in_effect = 1 },
    { .name = "rtds_nobudget",
      .base = "rtds",
      .cut = "budget",
      .in_effect = US(10) },
    { .name = "rtxen_free", .base = "rtxen", .cut = "budget", .in_effect = 0 },
    { .name = "rtxen_nobudget",
      .base = "rtxen",
      .cut = "budget",
      .in_effect = US(10) },
    { .name = "rtxen_starve", .base = "rtxen", .replace = by_number },
};

#define NR_VARIANTS (sizeof(variants) / sizeof(variants[0]))

static struct variant *variant_of(const struct sched *s)
{
    const char *name = sched_ops_of(s)->name;
    size_t i;

    for (i = 0; i < NR_VARIANTS; i++)
        if (variants[i].name == name)
            return &variants[i];
    bug("no variant", __FILE__, __LINE__);
}

/* Put what is in effect where the real plug-in looks for it. */
static void *area(struct sched *s, const struct sched_vcpu *v,
                  enum sched_scope scope)
{
    return scope == SCHED_PER_SYSTEM   ? sched_sys(s)
           : scope == SCHED_PER_DOMAIN ? v->dom_priv
                                       : v->priv;
}

static int cut_vcpu_up(struct sched_vcpu *v, ns_t now)
{
    struct variant *a = variant_of(v->sched);
    char *base = area(v->sched, v, a->cut_param->scope);
    const struct sched_param *seen = &a->params[a->cut_param - a->real->params];
    int64_t *in_effect = (int64_t *)(void *)(base + a->cut_param->offset);
    int error;

    *in_effect = a->in_effect;
    if (a->frozen)
        *in_effect = *(const int64_t *)(void *)(base + seen->offset);
    error = a->real->vcpu_up ? a->real->vcpu_up(v, now) : 0;
    return a->replace ? 0 : error;
}

/* The parameter gets a place of its own, at the end of the area. */
static void cut(struct variant *a)
{
    struct sched_param *p = a->params;
    size_t *size;

    while (strcmp(p->name, a->cut))
        p++;
    a->cut_param = &a->real->params[p - a->params];
    size = p->scope == SCHED_PER_SYSTEM   ? &a->ops.sys_size
           : p->scope == SCHED_PER_DOMAIN ? &a->ops.dom_size
                                          : &a->ops.vcpu_size;
    p->offset = (*size + 7) & ~(size_t)7;
    *size = p->offset + sizeof(int64_t);
    a->ops.vcpu_up = cut_vcpu_up;
}

static void __attribute__((constructor)) make_variants(void)
{
    struct variant *a;
    size_t i, n;

    for (i = 0; i < NR_VARIANTS; i++) {
        a = &variants[i];
        a->real = sched_find(a->base);
        BUG_ON(!a->real);
        a->ops = *a->real;
        a->ops.name = a->name;
        a->ops.xen_id = 0;
        for (n = 0; a->real->params && a->real->params[n].name; n++)
            a->params[n] = a->real->params[n];
        if (a->real->params)
            a->ops.params = a->params;
        if (a->replace)
            a->replace(&a->ops);
        if (a->cut)
            cut(a);
        BUG_ON(sched_register(&a->ops));
    }
}
