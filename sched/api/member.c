/*
 * member.c - domains and vCPUs of an instance.
 */
#include "sched/api/core_private.h"

int sched_domain_init(struct sched_domain *d, struct sched *s, uint16_t dom)
{
    d->dom = dom;
    d->sched = s;
    d->priv = SCHED_AREA_ALLOC(s, s->ops, dom_size);
    if (!d->priv)
        return -SCHED_ENOMEM;
    TAILQ_INIT(&d->vcpus);
    LIST_INIT(&d->made);
    sched_lock_all(s);
    sched_param_fill(s->ops, SCHED_PER_DOMAIN, d->priv);
    LIST_INSERT_HEAD(&s->domains, d, entry);
    sched_unlock_all(s);
    return 0;
}

void sched_domain_fini(struct sched_domain *d)
{
    if (!d->priv)
        return;
    BUG_ON(!LIST_EMPTY(&d->made));
    sched_lock_all(d->sched);
    LIST_REMOVE(d, entry);
    sched_unlock_all(d->sched);
    host_free(d->priv);
    d->priv = NULL;
}

int sched_vcpu_init(struct sched_vcpu *v, struct sched_domain *d, uint16_t id,
                    unsigned cpu)
{
    struct sched *s = d->sched;
    unsigned i;

    for (i = 0; i < SCHED_NODES; i++)
        v->node[i].vcpu = v;
    v->sched = s;
    v->dom = d->dom;
    v->id = id;
    v->cpu = cpuset_has(&s->cpus, cpu) ? cpu : cpuset_next(&s->cpus, 0);
    v->priv = SCHED_AREA_ALLOC(s, s->ops, vcpu_size);
    if (!v->priv)
        return -SCHED_ENOMEM;
    v->dom_priv = d->priv;
    v->cold.domain = d;
    v->core.hand = SCHED_HAND_NONE;
    v->core.state = SCHED_STATE_OFFLINE;
    v->core.pauses = 1;
    for (i = 0; i < CPUSET_WORDS; i++)
        v->cold.hard.word[i] = ~(uint64_t)0;
    sched_effective_affinity(v);
    sched_param_fill(s->ops, SCHED_PER_VCPU, v->priv);
    d->nr_apart++;
    sched_lock_all(s);
    LIST_INSERT_HEAD(&d->made, v, cold.made);
    sched_unlock_all(s);
    return 0;
}

void sched_vcpu_fini(struct sched_vcpu *v)
{
    if (!v->priv)
        return;
    BUG_ON(v->core.hand != SCHED_HAND_NONE);
    v->cold.domain->nr_apart--;
    sched_lock_all(v->sched);
    LIST_REMOVE(v, cold.made);
    sched_unlock_all(v->sched);
    host_free(v->priv);
    v->priv = NULL;
}

int sched_vcpu_join(struct sched_vcpu *v, ns_t now)
{
    struct sched *s = v->sched;
    int error = 0;

    sched_lock_all(s);
    now = sched_clamp(&sched_pcpus[v->cpu], now);
    sched_effective_affinity(v);
    if (!cpuset_has(&v->affinity, v->cpu))
        v->cpu = cpuset_next(&v->affinity, 0);
    TAILQ_INSERT_TAIL(&v->cold.domain->vcpus, v, cold.peers);
    if (s->ops->vcpu_up && !s->broken)
        error = s->ops->vcpu_up(v, now);
    if (error) {
        TAILQ_REMOVE(&v->cold.domain->vcpus, v, cold.peers);
    } else {
        v->core.hand = SCHED_HAND_CORE;
        v->cold.domain->nr_apart--;
        s->nr_vcpus++;
    }
    sched_unlock_all(s);
    if (!error)
        sched_make_runnable(v, SCHED_NEW, now);
    return error;
}

void sched_vcpu_leave(struct sched_vcpu *v, ns_t now)
{
    struct sched *s = v->sched;

    if (v->core.hand == SCHED_HAND_NONE)
        return;
    sched_lock_all(s);
    BUG_ON(sched_is_running(v));
    now = sched_clamp(&sched_pcpus[v->cpu], now);
    if (v->core.hand == SCHED_HAND_PLUGIN)
        sched_move_dequeue(v, SCHED_SLEEP, now);
    if (s->ops->vcpu_down && !s->broken)
        s->ops->vcpu_down(v, now);
    sched_state_to(v, SCHED_STATE_OFFLINE, now);
    v->core.hand = SCHED_HAND_NONE;
    TAILQ_REMOVE(&v->cold.domain->vcpus, v, cold.peers);
    v->cold.domain->nr_apart++;
    s->nr_vcpus--;
    sched_unlock_all(s);
}

void sched_unlock_vcpu(unsigned cpu)
{
    sched_unlock_cpu(cpu);
}

unsigned sched_view(struct sched_vcpu *v, ns_t now, int64_t *out)
{
    const struct sched_ops *ops;
    unsigned cpu = sched_lock_vcpu(v), n = 0;

    ops = v->sched->ops;
    if (ops->view && ops->view_names && !v->sched->broken) {
        while (n < SCHED_VIEW_MAX && ops->view_names[n])
            n++;
        ops->view(v, sched_clamp(&sched_pcpus[cpu], now), out);
    }
    sched_unlock_cpu(cpu);
    return n;
}
