/*
 * change.c - another plug-in for an instance, while its vCPUs run.
 *
 * New areas for everything are allocated first, so that the change itself, with
 * all locks held, cannot fail. What runs goes on; it is charged by the new
 * plug-in for what it runs from then on.
 */
#include "sched/api/core_private.h"

static void free_spares(struct sched *s)
{
    struct sched_domain *d;
    struct sched_vcpu *v;
    unsigned cpu;

    host_free(s->spare);
    s->spare = NULL;
    for_each_cpu (cpu, &s->up) {
        host_free(sched_pcpus[cpu].spare);
        sched_pcpus[cpu].spare = NULL;
    }
    for_each_domain_of(d, s)
    {
        host_free(d->spare);
        d->spare = NULL;
        for_each_vcpu_made(v, d)
        {
            host_free(v->cold.spare);
            v->cold.spare = NULL;
        }
    }
}

static bool alloc_spares(struct sched *s, const struct sched_ops *ops)
{
    struct sched_domain *d;
    struct sched_vcpu *v;
    unsigned cpu;
    bool all;

    s->spare = SCHED_AREA_ALLOC(s, ops, sys_size);
    all = s->spare != NULL;
    for_each_cpu (cpu, &s->up) {
        sched_pcpus[cpu].spare = SCHED_AREA_ALLOC(s, ops, cpu_size);
        all = all && sched_pcpus[cpu].spare;
    }
    for_each_domain_of(d, s)
    {
        d->spare = SCHED_AREA_ALLOC(s, ops, dom_size);
        all = all && d->spare;
        for_each_vcpu_made(v, d)
        {
            v->cold.spare = SCHED_AREA_ALLOC(s, ops, vcpu_size);
            all = all && v->cold.spare;
        }
    }
    return all;
}

static void swap(void **a, void **b)
{
    void *old = *a;

    *a = *b;
    *b = old;
}

/* All locks held. */
static void use_spares(struct sched *s)
{
    struct sched_domain *d;
    struct sched_vcpu *v;
    unsigned cpu;

    swap(&s->head.sys, &s->spare);
    for_each_cpu (cpu, &s->up)
        swap(&s->head.cpu[cpu], &sched_pcpus[cpu].spare);
    for_each_domain_of(d, s)
    {
        swap(&d->priv, &d->spare);
        for_each_vcpu_made(v, d)
        {
            swap(&v->priv, &v->cold.spare);
            v->dom_priv = d->priv;
        }
    }
}

int sched_change(struct sched *s, const struct sched_ops *ops, ns_t now)
{
    if (ops == s->ops)
        return 0;
    if (!s->fallback)
        s->fallback = sched_find("rr");
    if (!alloc_spares(s, ops)) {
        free_spares(s);
        return -SCHED_ENOMEM;
    }
    sched_lock_all(s);
    use_spares(s);
    sched_install(s, ops, now);
    free_spares(s);
    return 0;
}
