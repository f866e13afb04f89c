/*
 * pool.c - a scenario's pools: where CPUs and domains are, and how they go to
 * the other one while vCPUs run.
 *
 * Where a vCPU may run is computed here from what it was told and from where
 * the CPUs are, not from what the core has made of it.
 */
#include <errno.h>
#include "sched/kit/run_private.h"
#include "xen/lib/bug.h"

void kit_pool_make(struct kit_run *r)
{
    const struct kit_scenario *sc = r->sc;
    struct cpuset cpus = { .word = { sc->pool_cpus } };
    struct sched *s;
    unsigned cpu;

    if (!sc->pool_ops)
        return;
    BUG_ON(sim_pool(r->sim, sc->pool_ops->name, &cpus) != 1);
    s = r->sim->pools[1].sched;
    BUG_ON(sched_change(s, kit_spy(sc->pool_ops), 0));
    sched_set_patience(s, FOREVER);
    for_each_cpu (cpu, &cpus)
        r->home[cpu] = 1;
}

unsigned kit_pool_of(const struct kit_run *r, const struct sched *s)
{
    return r->sim->nr_pools > 1 && s == r->sim->pools[1].sched;
}

const struct sched_ops *kit_ops_of(const struct kit_run *r,
                                   const struct kit_member *m)
{
    return r->in_force[kit_pool_of(r, m->sv->v.sched)];
}

/* ---- where a vCPU may run ---- */

static unsigned cpus_of(const struct kit_run *r, unsigned pool)
{
    unsigned i, mask = 0;

    for (i = 0; i < r->sc->nr_cpus; i++)
        if (!r->down[i] && r->home[i] == pool)
            mask |= 1u << i;
    return mask;
}

unsigned kit_may(const struct kit_run *r, const struct kit_member *m)
{
    unsigned all = cpus_of(r, kit_pool_of(r, m->sv->v.sched));

    return m->hard & all ? m->hard & all : all;
}

void kit_check_affinity(struct kit_run *r)
{
    const struct sched_vcpu *v;
    unsigned i;

    for (i = 0; i < r->sc->nr_vcpus; i++) {
        v = &r->member[i].sv->v;
        if (!r->member[i].away &&
            v->affinity.word[0] != kit_may(r, &r->member[i]))
            kit_fail(r, "affinity", "d%uv%u may run on 0x%llx, not on 0x%x",
                     v->dom, v->id, (unsigned long long)v->affinity.word[0],
                     kit_may(r, &r->member[i]));
    }
}

/* ---- CPUs ---- */

/* Out of its pool. False: it stays. */
static bool take(struct kit_run *r, unsigned cpu)
{
    bool last = cpus_of(r, r->home[cpu]) == 1u << cpu;

    r->down[cpu] = true;
    if (sched_cpu_drain(cpu, r->sim->now)) {
        r->down[cpu] = false;
        if (!last)
            kit_fail(r, "cpu-down", "cpu%u is not the last one, and must stay",
                     cpu);
        return false;
    }
    r->disturbed = true;
    sim_run(r->sim, r->sim->now);
    if (r->sim->breach)
        return false;
    if (sched_cpu_down(cpu, r->sim->now))
        kit_fail(r, "cpu-down", "cpu%u was drained, and is still busy", cpu);
    return !r->sim->breach;
}

static void put(struct kit_run *r, unsigned cpu, unsigned pool)
{
    r->disturbed = true;
    r->home[cpu] = pool;
    r->down[cpu] = sched_cpu_up(r->sim->pools[pool].sched, cpu, r->sim->now);
}

void kit_on_cpu(struct kit_run *r, const struct kit_action *a)
{
    unsigned cpu = a->who;

    if (cpu >= r->sc->nr_cpus || r->down[cpu] != (a->act == KIT_CPU_UP))
        return;
    if (a->act == KIT_CPU_UP)
        put(r, cpu, r->home[cpu]);
    else if (a->act == KIT_CPU_DOWN)
        (void)take(r, cpu);
    else if (r->sc->pool_ops && r->home[cpu] != (unsigned)a->value &&
             take(r, cpu))
        put(r, cpu, (unsigned)a->value);
}

/* ---- domains ---- */

/* What a domain's parameters were. */
struct before {
    const struct sched_ops *ops;
    int64_t value[64];
};

static int64_t value_of(struct sched_domain *d, const struct sched_param *p)
{
    return sched_param_get(d->sched, d, TAILQ_FIRST(&d->vcpus), p);
}

/* Parameters that can be asked for: a domain's; a vCPU's, if it has one. */
static bool of_domain(struct sched_domain *d, const struct sched_param *p)
{
    return p->scope == SCHED_PER_DOMAIN ||
           (p->scope == SCHED_PER_VCPU && !TAILQ_EMPTY(&d->vcpus));
}

static void remember(struct sched_domain *d, struct before *b)
{
    const struct sched_param *p;
    unsigned i = 0;

    b->ops = sched_ops_of(d->sched);
    for (p = b->ops->params; p && p->name; p++, i++) {
        BUG_ON(i == sizeof(b->value) / sizeof(b->value[0]));
        if (of_domain(d, p))
            b->value[i] = value_of(d, p);
    }
}

/* They are kept where the plug-in is the same, else the defaults. */
static void check_parameters(struct kit_run *r, struct sched_domain *d,
                             const struct before *b)
{
    const struct sched_ops *ops = sched_ops_of(d->sched);
    const struct sched_param *p;
    int64_t want;
    unsigned i = 0;

    for (p = ops->params; p && p->name; p++, i++) {
        if (!of_domain(d, p))
            continue;
        want = ops == b->ops ? b->value[i] : sched_param_default(p);
        if (value_of(d, p) != want)
            kit_fail(r, "parameters", "d%u's %s is %lld after a move, not %lld",
                     d->dom, p->name, (long long)value_of(d, p),
                     (long long)want);
    }
}

/* Wholly where it should be. */
static void check_members(struct kit_run *r, const struct sched_domain *d,
                          const struct sched *s)
{
    const struct sched_vcpu *v;
    unsigned i;

    if (d->sched != s)
        kit_fail(r, "move", "d%u is not where it should be", d->dom);
    for (i = 0; i < r->sc->nr_vcpus; i++) {
        v = &r->member[i].sv->v;
        if (v->dom != d->dom || r->member[i].away)
            continue;
        r->member[i].touched = true;
        if (v->sched != s)
            kit_fail(r, "move", "d%uv%u is not where its domain is", v->dom,
                     v->id);
        else if (sched_of_cpu(v->cpu) != s)
            kit_fail(r, "move", "d%uv%u is on cpu%u, of another pool", v->dom,
                     v->id, v->cpu);
    }
}

/* May it be refused? */
static bool reason(const struct kit_run *r, const struct sched_domain *d,
                   unsigned to, int error)
{
    bool away = false;
    unsigned i;

    for (i = 0; i < r->sc->nr_vcpus; i++)
        if (r->member[i].sv->v.dom == d->dom)
            away = away || r->member[i].away;
    if (!cpus_of(r, to))
        return error == -EINVAL;
    if (away)
        return error == -EBUSY;
    return r->in_force[to]->vcpu_up != NULL; /* its admission test */
}

void kit_on_domain(struct kit_run *r, const struct kit_action *a)
{
    struct sched_domain *d = a->who < r->sim->nr_domains
                                 ? r->sim->domains[a->who]
                                 : NULL;
    struct sched *from, *to;
    struct before b;
    int error;

    if (!d || !r->sc->pool_ops)
        return;
    from = d->sched;
    to = r->sim->pools[a->value].sched;
    if (from == to)
        return;
    remember(d, &b);
    error = sched_domain_move(d, to, r->sim->now);
    if (r->log)
        (void)fprintf(r->log, "%12lld      d%u to pool%lld: %d\n",
                      (long long)r->sim->now, a->who, (long long)a->value,
                      error);
    if (error && !reason(r, d, (unsigned)a->value, error))
        kit_fail(r, "move", "d%u may not move: %d", d->dom, error);
    check_members(r, d, error ? from : to);
    check_parameters(r, d, &b);
    kit_tell_action(r, a, error);
}
