/*
 * action.c - what a scenario does to its vCPUs, CPUs and parameters.
 *
 * An action that makes no sense when its time comes (to unpause who is not
 * paused, to stop the last CPU) does nothing: so the shrinker may drop any
 * other one.
 */
#include <string.h>
#include "sched/kit/run_private.h"

int kit_param_index(const struct sched_ops *ops, const char *name)
{
    const struct sched_param *p = sched_param_find(ops, name);

    return p ? (int)(p - ops->params) : -1;
}

static struct sched_domain *domain_of(struct kit_run *r, unsigned dom)
{
    return dom < r->sim->nr_domains ? r->sim->domains[dom] : NULL;
}

/* Where a domain is, or (-1) the first pool: the system. */
static struct sched *instance(struct kit_run *r, int dom)
{
    struct sched_domain *d = dom < 0 ? NULL : domain_of(r, (unsigned)dom);

    return d ? d->sched : r->sim->sched;
}

/* Set `nr` parameters of one domain, or of the system, in one call. */
static int set_all(struct kit_run *r, int dom, const struct sched_setting *set,
                   unsigned nr)
{
    struct sched_domain *d = dom < 0 ? NULL : domain_of(r, (unsigned)dom);
    struct sched_vcpu *v = NULL;
    unsigned i;
    int error = 0;

    if (dom >= 0 && !d)
        return 0;
    if (set->param->scope != SCHED_PER_VCPU)
        return sched_param_set(instance(r, dom), d, NULL, set, nr, r->sim->now);
    for (i = 0; i < r->sc->nr_vcpus && !error; i++) {
        v = &r->member[i].sv->v;
        if (v->dom == (unsigned)dom)
            error = sched_param_set(v->sched, d, v, set, nr, r->sim->now);
    }
    return error;
}

static int64_t value_of(struct kit_run *r, int dom, const struct sched_param *p)
{
    struct sched_domain *d = dom < 0 ? NULL : domain_of(r, (unsigned)dom);
    struct sched_vcpu *v = NULL;
    unsigned i;

    for (i = 0; i < r->sc->nr_vcpus; i++)
        if (dom >= 0 && r->member[i].sv->v.dom == (unsigned)dom)
            v = &r->member[i].sv->v;
    return sched_param_get(instance(r, dom), d, v, p);
}

/* A batch of parameters that are set together. */
struct batch {
    int dom;
    unsigned nr;
    struct sched_setting set[KIT_ACTIONS];
    int64_t old[KIT_ACTIONS];
};

static void batch_add(struct kit_run *r, struct batch *b, unsigned param,
                      int64_t value)
{
    const struct sched_param *p = &r->sc->ops->params[param];
    unsigned i;

    if ((p->scope == SCHED_PER_SYSTEM) != (b->dom < 0) ||
        (b->nr && b->set[0].param->scope != p->scope))
        return;
    for (i = 0; i < b->nr; i++)
        if (b->set[i].param == p)
            return;
    b->old[b->nr] = value_of(r, b->dom, p);
    b->set[b->nr++] = (struct sched_setting){ p, value };
}

/* All are set, or none; and what was set is what is read. */
static int batch_do(struct kit_run *r, const struct batch *b)
{
    const struct sched_setting *set = b->set;
    int64_t want, is;
    unsigned i;
    int error;

    if (!b->nr)
        return 0;
    error = set_all(r, b->dom, b->set, b->nr);
    for (i = 0; i < b->nr; i++) {
        want = error ? b->old[i] : set[i].value;
        is = value_of(r, b->dom, set[i].param);
        if (is != want)
            kit_fail(r, "parameters", "%s set to %lld: %s, but it is %lld",
                     set[i].param->name, (long long)set[i].value,
                     error ? "refused" : "accepted", (long long)is);
        if (!error && (set[i].value < set[i].param->min ||
                       set[i].value > set[i].param->max))
            kit_fail(r, "parameters", "%s=%lld is out of range, and accepted",
                     set[i].param->name, (long long)set[i].value);
    }
    return error;
}

void kit_settings(struct kit_run *r)
{
    const struct kit_scenario *sc = r->sc;
    struct batch b;
    unsigned i;

    for (b.dom = -1; b.dom < KIT_VCPUS; b.dom++) {
        b.nr = 0;
        for (i = 0; i < sc->nr_settings; i++)
            if (sc->setting[i].dom == b.dom)
                batch_add(r, &b, sc->setting[i].param, sc->setting[i].value);
        (void)batch_do(r, &b);
    }
}

static unsigned act_set(struct kit_run *r, unsigned i)
{
    const struct kit_action *first = &r->sc->action[i], *a;
    struct batch b = { .dom = first->who == KIT_SYSTEM ? -1 : (int)first->who };
    /* The parameters are the plug-in's under test. */
    bool known = !r->changed &&
                 r->in_force[kit_pool_of(r, instance(r, b.dom))] == r->sc->ops;
    int error;

    for (; i < r->sc->nr_actions; i++) {
        a = &r->sc->action[i];
        if (a->act != KIT_SET || a->at != first->at || a->who != first->who)
            break;
        if (known)
            batch_add(r, &b, a->param, a->value);
    }
    if (known) {
        error = batch_do(r, &b);
        kit_tell_action(r, first, error);
    }
    return i;
}

static struct cpuset mask(unsigned cpus)
{
    struct cpuset set = { { 0 } };
    unsigned i;

    for (i = 0; i < CPUSET_WORDS && (cpus & KIT_ALL) == KIT_ALL; i++)
        set.word[i] = ~(uint64_t)0;
    set.word[0] |= cpus;
    return set;
}

static void affinity(struct kit_run *r, struct kit_member *m, unsigned hard,
                     unsigned soft)
{
    struct cpuset h = mask(hard), s = mask(soft);

    if (hard)
        m->hard = hard;
    if (hard)
        (void)sched_set_affinity(&m->sv->v, &h, &s, r->sim->now);
}

void kit_join(struct kit_run *r, struct kit_member *m)
{
    struct kit_action a = { .act = KIT_JOIN, .who = m->index };
    const struct kit_vcpu *want = &r->sc->vcpu[m->index];
    int error;

    if (!m->away)
        return;
    m->sv->v.core.blocked = false;
    if (want->hard != KIT_ALL || want->soft)
        affinity(r, m, want->hard, want->soft);
    error = sim_start(m->sv);
    m->away = error != 0;
    if (error && r->log)
        (void)fprintf(r->log, "%12lld      v%u is refused: %d\n",
                      (long long)r->sim->now, m->index, error);
    kit_tell_action(r, &a, error);
}

static void leave(struct kit_run *r, struct kit_member *m)
{
    if (m->away)
        return;
    sim_pause(m->sv);
    sim_run(r->sim, r->sim->now); /* it leaves its CPU */
    if (r->sim->breach)
        return;
    sim_leave(m->sv);
    m->away = true;
}

static void pause(struct kit_member *m, bool on)
{
    if (on) {
        m->pauses++;
        sim_pause(m->sv);
    } else if (m->pauses) {
        m->pauses--;
        sim_unpause(m->sv);
    }
}

static void wake(struct kit_run *r, struct kit_member *m)
{
    sim_notify(m->sv);
    if (m->sv->v.core.state == SCHED_STATE_BLOCKED)
        kit_fail(r, "lost-wakeup", "d%uv%u is blocked after it was woken",
                 m->sv->v.dom, m->sv->v.id);
}

static void on_vcpu(struct kit_run *r, const struct kit_action *a)
{
    struct kit_member *m = &r->member[a->who];

    if (a->act == KIT_JOIN) {
        kit_join(r, m);
        return;
    }
    if (m->away)
        return;
    m->touched = m->touched || a->act != KIT_WAKE;
    if (a->act == KIT_WAKE)
        wake(r, m);
    else if (a->act == KIT_PAUSE || a->act == KIT_UNPAUSE)
        pause(m, a->act == KIT_PAUSE);
    else if (a->act == KIT_PIN)
        affinity(r, m, (unsigned)a->value, 0);
    else if (a->act == KIT_SOFT)
        affinity(r, m, KIT_ALL, (unsigned)a->value);
    else
        leave(r, m);
    kit_tell_action(r, a, 0);
}

/* The plug-in of number n among those that are no variants; 0: ours. */
static const struct sched_ops *other(const struct kit_run *r, int64_t n)
{
    const struct sched_ops *ops, *found = r->sc->ops;
    unsigned i;

    for (i = 0; n > 0 && (ops = sched_plugin(i)) != NULL; i++)
        if (!strchr(ops->name, '_') && ops != r->sc->ops && n--)
            found = ops;
    return found;
}

static void change(struct kit_run *r, const struct kit_action *a)
{
    const struct sched_ops *next = other(r, a->value), *ops = kit_spy(next);
    unsigned pool = r->sc->pool_ops ? a->who % KIT_POOLS : 0, i;
    struct sched *s = r->sim->pools[pool].sched;

    if (ops == sched_ops_of(s))
        return;
    kit_check_accounting(r);
    if (r->sim->breach)
        return;
    if (sched_change(s, ops, r->sim->now))
        return; /* -EBUSY: a vCPU has left and may come again */
    r->changed = true;
    r->in_force[pool] = next;
    if (!pool)
        kit_set_patience(r);
    /* What runs is charged by the new one, for what it runs from now on. */
    for (i = 0; i < r->sc->nr_vcpus; i++)
        if (r->member[i].sv->v.sched == s)
            r->member[i].charged = kit_ran(&r->member[i], r->sim->now);
    kit_tell_action(r, a, 0);
}

unsigned kit_act(struct kit_run *r, unsigned i)
{
    const struct kit_action *a = &r->sc->action[i];

    if (r->log)
        (void)fprintf(r->log, "%12lld      %s %u\n", (long long)r->sim->now,
                      kit_do_name(a->act), a->who);
    if (a->act == KIT_SET)
        return act_set(r, i);
    if (a->act == KIT_CPU_DOWN || a->act == KIT_CPU_UP || a->act == KIT_GIVE)
        kit_on_cpu(r, a);
    else if (a->act == KIT_MOVE)
        kit_on_domain(r, a);
    else if (a->act == KIT_CHANGE)
        change(r, a);
    else if (a->who < r->sc->nr_vcpus)
        on_vcpu(r, a);
    kit_check_affinity(r);
    return i + 1;
}
