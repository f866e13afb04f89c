/*
 * params.c - parameters: their initial values, and the areas they live in.
 *
 * A parameter is an int64_t in an area of the plug-in; its table entry says
 * all there is to know, so this file knows no plug-in. As text: param_text.c.
 */
#include "sched/api/core_private.h"

#define DEFAULTS_MAX 64

/* Initial values that options changed. Written at boot only. */
static struct {
    struct {
        const struct sched_param *param;
        int64_t value;
    } entry[DEFAULTS_MAX];
    unsigned nr;
} defaults;

int64_t sched_param_default(const struct sched_param *p)
{
    unsigned i;

    for (i = 0; i < defaults.nr; i++)
        if (defaults.entry[i].param == p)
            return defaults.entry[i].value;
    return p->initial;
}

int sched_param_set_default(const struct sched_param *p, int64_t value)
{
    unsigned i;

    if (value < p->min || value > p->max)
        return -SCHED_EINVAL;
    for (i = 0; i < defaults.nr; i++)
        if (defaults.entry[i].param == p)
            break;
    if (i == DEFAULTS_MAX)
        return -SCHED_ENOSPC;
    if (i == defaults.nr)
        defaults.nr++;
    defaults.entry[i].param = p;
    defaults.entry[i].value = value;
    return 0;
}

static int64_t *slot(void *area, const struct sched_param *p)
{
    return (int64_t *)(void *)((char *)area + p->offset);
}

void sched_param_fill(const struct sched_ops *ops, enum sched_scope scope,
                      void *area)
{
    const struct sched_param *p;

    for (p = ops->params; p && p->name; p++)
        if (p->scope == scope)
            *slot(area, p) = sched_param_default(p);
}

/* ---- reading and changing them ---- */

static void *area_of(struct sched *s, const struct sched_domain *d,
                     const struct sched_vcpu *v, const struct sched_param *p)
{
    switch (p->scope) {
    case SCHED_PER_SYSTEM:
        return s->head.sys;
    case SCHED_PER_DOMAIN:
        return d ? d->priv : NULL;
    case SCHED_PER_VCPU:
        return v ? v->priv : NULL;
    }
    return NULL;
}

int64_t sched_param_get(struct sched *s, const struct sched_domain *d,
                        const struct sched_vcpu *v, const struct sched_param *p)
{
    void *area = area_of(s, d, v, p);

    return area ? READ_ONCE(*slot(area, p)) : 0;
}

static int tell(struct sched *s, struct sched_domain *d, struct sched_vcpu *v,
                const struct sched_param *p, int64_t old, ns_t now)
{
    if (p->scope == SCHED_PER_SYSTEM)
        v = NULL;
    else if (p->scope == SCHED_PER_DOMAIN)
        v = TAILQ_FIRST(&d->vcpus);
    else if (v->core.hand == SCHED_HAND_NONE)
        return 0; /* not joined: vcpu_up() will see it */
    if (!s->ops->param_set || s->broken || (!v && p->scope == SCHED_PER_DOMAIN))
        return 0;
    return s->ops->param_set(s, v, p, old, now);
}

/* Are these parameters of the plug-in that is in force? All locks held. */
static bool in_force(const struct sched *s, const struct sched_setting *set,
                     unsigned nr)
{
    const struct sched_param *p;
    unsigned i;

    for (i = 0; i < nr; i++) {
        for (p = s->ops->params; p && p->name && p != set[i].param; p++)
            ;
        if (!p || !p->name)
            return false;
    }
    return true;
}

/* Put `value` into *slot, and what was there into *value. */
static void swap(int64_t *where, int64_t *value)
{
    int64_t old = *where;

    *where = *value;
    *value = old;
}

/* All of `set` or none, for v and its domain d. All locks held, what runs has
 * been charged. */
static int set_one(struct sched *s, struct sched_domain *d,
                   struct sched_vcpu *v, const struct sched_setting *set,
                   unsigned nr, ns_t now)
{
    int64_t value[SCHED_PARAMS_MAX];
    unsigned i, told;
    int error = 0;

    for (i = 0; i < nr; i++) {
        value[i] = set[i].value;
        swap(slot(area_of(s, d, v, set[i].param), set[i].param), &value[i]);
    }
    for (told = 0; told < nr && !error; told++)
        error = tell(s, d, v, set[told].param, value[told], now);
    if (!error)
        return 0;
    for (i = nr; i-- > 0;)
        swap(slot(area_of(s, d, v, set[i].param), set[i].param), &value[i]);
    /* those who had accepted hear of the way back */
    for (i = 0; i + 1 < told; i++)
        (void)tell(s, d, v, set[i].param, value[i], now);
    return error;
}

/* *first := v, or, where parameters of a vCPU are meant for the domain, its
 * first vCPU. Returns whether all that the scopes need is there. */
static bool whom(struct sched *s, struct sched_domain *d, struct sched_vcpu *v,
                 const struct sched_setting *set, unsigned nr,
                 struct sched_vcpu **first)
{
    unsigned i;

    for (i = 0; i < nr; i++)
        if (set[i].param->scope == SCHED_PER_VCPU && !v && d)
            v = TAILQ_FIRST(&d->vcpus);
    *first = v;
    for (i = 0; i < nr; i++)
        if (!area_of(s, d, v, set[i].param))
            return false;
    return true;
}

int sched_param_set(struct sched *s, struct sched_domain *d,
                    struct sched_vcpu *v, const struct sched_setting *set,
                    unsigned nr, ns_t now)
{
    struct sched_vcpu *one;
    unsigned i, cpu;
    int error;

    if (nr > SCHED_PARAMS_MAX)
        return -SCHED_EINVAL;
    for (i = 0; i < nr; i++)
        if (set[i].value < set[i].param->min ||
            set[i].value > set[i].param->max)
            return -SCHED_EINVAL;
    sched_lock_all(s);
    if (!in_force(s, set, nr) || !whom(s, d, v, set, nr, &one)) {
        sched_unlock_all(s);
        return -SCHED_EINVAL;
    }
    for_each_cpu (cpu, &s->cpus) {
        struct sched_pcpu *p = &sched_pcpus[cpu];

        now = sched_clamp(p, now);
        if (p->running)
            sched_charge(p, now);
    }
    error = set_one(s, d, one, set, nr, now);
    while (!error && one != v && (one = sched_sibling(one)) != NULL)
        error = set_one(s, d, one, set, nr, now);
    sched_unlock_all(s);
    return error;
}
