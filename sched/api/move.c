/*
 * move.c - a domain goes from one instance to another while its vCPUs run.
 *
 * A domain has two sides: the instance it is in, and the one it goes to. All
 * that differs between them - areas, instance, affinity, CPU - is exchanged as
 * a whole by change_sides(). So the new plug-in's admission test is asked
 * first, with the domain on its side; if it refuses, the domain is back on the
 * old side, of which nothing was touched.
 *
 * Who runs is taken from the old plug-in at once, but needs its CPU until the
 * stacks are switched. It is in no plug-in's hand meanwhile (SCHED_HAND_AWAY),
 * and its v->cpu is already one of the new instance.
 *
 * Locks: all of both instances, so the domain is seen on one side only.
 */
#include "sched/api/core_private.h"

static void swap(void **a, void **b)
{
    void *old = *a;

    *a = *b;
    *b = old;
}

/* ---- memory ---- */

static bool alloc_areas(struct sched_domain *d, const struct sched *to)
{
    struct sched_vcpu *v;
    bool all;

    d->spare = SCHED_AREA_ALLOC(to, to->ops, dom_size);
    all = d->spare != NULL;
    for_each_vcpu_of(v, d)
    {
        v->cold.spare = SCHED_AREA_ALLOC(to, to->ops, vcpu_size);
        all = all && v->cold.spare;
    }
    return all;
}

static void free_areas(struct sched_domain *d)
{
    struct sched_vcpu *v;

    host_free(d->spare);
    d->spare = NULL;
    for_each_vcpu_of(v, d)
    {
        host_free(v->cold.spare);
        v->cold.spare = NULL;
    }
}

/* The parameters of a new area: those of `old`, or (NULL) the defaults. */
static void fill(const struct sched_ops *ops, enum sched_scope scope,
                 void *area, const void *old)
{
    const struct sched_param *p;

    sched_param_fill(ops, scope, area);
    for (p = ops->params; old && p && p->name; p++)
        if (p->scope == scope)
            __builtin_memcpy((char *)area + p->offset,
                             (const char *)old + p->offset, sizeof(int64_t));
}

/* All locks held: a fallback cannot change what is in force any more. */
static void fill_areas(struct sched_domain *d, const struct sched *to)
{
    bool keep = d->sched->ops == to->ops;
    struct sched_vcpu *v;

    fill(to->ops, SCHED_PER_DOMAIN, d->spare, keep ? d->priv : NULL);
    for_each_vcpu_of(v, d)
        fill(to->ops, SCHED_PER_VCPU, v->cold.spare, keep ? v->priv : NULL);
}

/* ---- the two sides ---- */

static void change_sides(struct sched_domain *d, struct sched *to)
{
    struct sched_vcpu *v;
    unsigned cpu;

    d->sched = to;
    swap(&d->priv, &d->spare);
    for_each_vcpu_of(v, d)
    {
        v->sched = to;
        v->dom_priv = d->priv;
        swap(&v->priv, &v->cold.spare);
        sched_effective_affinity(v);
        cpu = v->core.there;
        v->core.there = v->cpu;
        WRITE_ONCE(v->cpu, cpu);
    }
}

/* Where on the other side: the next CPU after its own, in circular order. */
static void choose_cpus(struct sched_domain *d, const struct sched *to)
{
    struct sched_vcpu *v;
    struct cpuset may;

    for_each_vcpu_of(v, d)
    {
        if (!cpuset_and(&may, &v->cold.hard, &to->cpus))
            may = to->cpus;
        v->core.there = cpuset_next(&may, v->cpu);
        if (v->core.there == CPUSET_NONE)
            v->core.there = cpuset_next(&may, 0);
    }
}

/* The new plug-in's answer, d being on its side: all of them, or none. */
static int admit(struct sched_domain *d, ns_t now)
{
    const struct sched_ops *ops = d->sched->ops;
    struct sched_vcpu *v, *in;
    int error;

    if (!ops->vcpu_up || d->sched->broken)
        return 0;
    for_each_vcpu_of(v, d)
    {
        error = ops->vcpu_up(v, now);
        if (!error)
            continue;
        for (in = TAILQ_FIRST(&d->vcpus); in != v;
             in = TAILQ_NEXT(in, cold.peers))
            if (ops->vcpu_down)
                ops->vcpu_down(in, now);
        return error;
    }
    return 0;
}

/* v's run ends for the old plug-in; its CPU is told to let it go. */
static void stop(struct sched_vcpu *v, ns_t now)
{
    struct sched_pcpu *p = &sched_pcpus[v->cpu];
    struct sched *s = p->sched;

    sched_charge(p, now);
    if (s->ops->sleep && !s->broken)
        s->ops->sleep(v, false, now);
    v->core.hand = SCHED_HAND_AWAY;
    p->leaving = v;
    p->running = NULL;
    host_poke(v->cpu);
}

/* Leave the old plug-in, d being on its side. Those that wait are to be given
 * to the new one: marked by SCHED_HAND_NONE. */
static void leave(struct sched_domain *d, ns_t now)
{
    struct sched *s = d->sched;
    struct sched_vcpu *v;
    unsigned i;

    for_each_vcpu_of(v, d)
    {
        bool waits = v->core.hand == SCHED_HAND_PLUGIN;

        if (waits)
            sched_move_dequeue(v, SCHED_MOVE, now);
        else if (v->core.hand == SCHED_HAND_CPU)
            stop(v, now);
        if (s->ops->vcpu_down && !s->broken)
            s->ops->vcpu_down(v, now);
        for (i = 0; i < SCHED_NODES; i++)
            v->node[i].queue = NULL; /* if it broke the rule to take it off */
        if (waits)
            v->core.hand = SCHED_HAND_NONE;
        s->nr_vcpus--;
    }
    LIST_REMOVE(d, entry);
}

/* Come to the new one, d being on its side. */
static void arrive(struct sched_domain *d, ns_t now)
{
    struct sched_queue order;
    struct sched *s = d->sched;
    struct sched_vcpu *v;

    sched_queue_init(&order);
    LIST_INSERT_HEAD(&s->domains, d, entry);
    for_each_vcpu_of(v, d)
    {
        s->nr_vcpus++;
        if (v->core.hand == SCHED_HAND_NONE)
            sched_order_add(&order, v);
    }
    sched_order_wait(&order, true, now);
}

static ns_t clamp_all(const struct sched *s, ns_t now)
{
    unsigned cpu;

    for_each_cpu (cpu, &s->up)
        now = sched_clamp(&sched_pcpus[cpu], now);
    return now;
}

int sched_domain_move(struct sched_domain *d, struct sched *to, ns_t now)
{
    struct sched *from = d->sched;
    int error;

    if (to == from)
        return 0;
    if (!to->nr_cpus)
        return -SCHED_EINVAL;
    if (d->nr_apart)
        return -SCHED_EBUSY;
    if (!alloc_areas(d, to)) {
        free_areas(d);
        return -SCHED_ENOMEM;
    }
    sched_lock_two(from, to);
    now = clamp_all(to, clamp_all(from, now));
    now = clamp_all(from, now);
    fill_areas(d, to);
    choose_cpus(d, to);
    change_sides(d, to);
    error = admit(d, now);
    change_sides(d, from);
    if (!error) {
        leave(d, now);
        change_sides(d, to);
        arrive(d, now);
    }
    sched_unlock_two(from, to);
    free_areas(d);
    return error;
}
