/*
 * generate.c - scenarios by number: a quarter of them exhaustive ones, some
 * that suit the rules of the plug-in (their families), the rest random.
 */
#include <string.h>
#include "sched/kit/kit.h"

/* ---- building blocks, for the families as well ---- */

struct kit_vcpu *kit_more(struct kit_scenario *sc, enum kit_load load,
                          ns_t period, ns_t cost)
{
    struct kit_vcpu *v = &sc->vcpu[sc->nr_vcpus];

    *v = (struct kit_vcpu){ .dom = sc->nr_vcpus++,
                            .load = load,
                            .period = period,
                            .cost = cost,
                            .hard = KIT_ALL };
    return v;
}

void kit_want(struct kit_scenario *sc, int dom, const char *name, int64_t value)
{
    int param = kit_param_index(sc->ops, name);

    if (param < 0 || sc->nr_settings == KIT_SETTINGS)
        return;
    sc->setting[sc->nr_settings++] = (struct kit_setting){ dom, (unsigned)param,
                                                           value };
}

/* ---- random ---- */

static ns_t some_time(struct kit_source *from, ns_t lo, ns_t hi)
{
    return kit_magnitude(from, lo, hi);
}

static unsigned some_mask(struct kit_source *from, unsigned nr_cpus)
{
    unsigned all = (1u << nr_cpus) - 1;
    unsigned mask = (unsigned)kit_draw(from, all + 1);

    return mask ? mask : KIT_ALL;
}

/* Often an extreme. */
static int64_t some_value(struct kit_source *from, const struct sched_param *p)
{
    switch (kit_draw(from, 8)) {
    case 0:
        return p->initial;
    case 1:
        return p->min;
    case 2:
        return p->max;
    case 3:
        return p->min +
               (int64_t)kit_draw(from, (uint64_t)(p->max - p->min) + 1);
    default:
        if (p->max <= 0)
            return p->min;
        return kit_magnitude(from, p->min > 0 ? p->min : 1, p->max);
    }
}

static void random_vcpus(struct kit_source *from, struct kit_scenario *sc)
{
    unsigned n = 1 + (unsigned)kit_draw(from, 6), dom = 0;

    for (; n--; dom += !kit_one_in(from, 4)) {
        struct kit_vcpu *v;

        v = kit_more(sc, (enum kit_load)kit_draw(from, KIT_LOADS),
                     some_time(from, US(100), MS(20)),
                     some_time(from, US(10), MS(10)));
        v->dom = dom;
        if (kit_one_in(from, 4))
            v->offset = some_time(from, US(1), MS(5));
        if (kit_one_in(from, 4))
            v->hard = some_mask(from, sc->nr_cpus);
        if (kit_one_in(from, 8))
            v->soft = some_mask(from, sc->nr_cpus);
        if (kit_one_in(from, 8))
            v->start = some_time(from, US(10), sc->length);
    }
}

/* A parameter for a domain that there is, or -1: of the system. */
static int whose(struct kit_source *from, const struct kit_scenario *sc,
                 const struct sched_param *p)
{
    if (p->scope == SCHED_PER_SYSTEM)
        return -1;
    return (int)sc->vcpu[kit_draw(from, sc->nr_vcpus)].dom;
}

static unsigned nr_params(const struct sched_ops *ops)
{
    unsigned n = 0;

    while (ops->params && ops->params[n].name)
        n++;
    return n;
}

static void random_settings(struct kit_source *from, struct kit_scenario *sc)
{
    unsigned params = nr_params(sc->ops), n, param;
    const struct sched_param *p;

    if (!params || kit_one_in(from, 3))
        return;
    for (n = (unsigned)kit_draw(from, 9); n--;) {
        param = (unsigned)kit_draw(from, params);
        p = &sc->ops->params[param];
        sc->setting[sc->nr_settings++] = (struct kit_setting){
            whose(from, sc, p), param, some_value(from, p)
        };
    }
}

static enum kit_do some_action(struct kit_source *from)
{
    static const enum kit_do often[] = { KIT_WAKE,  KIT_WAKE,    KIT_WAKE,
                                         KIT_PAUSE, KIT_UNPAUSE, KIT_PIN,
                                         KIT_SET,   KIT_SET,     KIT_LEAVE,
                                         KIT_JOIN };

    if (kit_one_in(from, 3))
        return (enum kit_do)kit_draw(from, KIT_CHANGE + 1);
    return often[kit_draw(from, sizeof(often) / sizeof(often[0]))];
}

static void random_action(struct kit_source *from, struct kit_scenario *sc,
                          ns_t at)
{
    struct kit_action *a = &sc->action[sc->nr_actions];
    unsigned params = nr_params(sc->ops);
    int dom;

    *a = (struct kit_action){ .at = at, .act = some_action(from) };
    a->who = (unsigned)kit_draw(from, sc->nr_vcpus);
    switch (a->act) {
    case KIT_PIN:
    case KIT_SOFT:
        a->value = some_mask(from, sc->nr_cpus);
        break;
    case KIT_SET:
        if (!params)
            return;
        a->param = (unsigned)kit_draw(from, params);
        dom = whose(from, sc, &sc->ops->params[a->param]);
        a->who = dom < 0 ? KIT_SYSTEM : (unsigned)dom;
        a->value = some_value(from, &sc->ops->params[a->param]);
        break;
    case KIT_CPU_DOWN:
    case KIT_CPU_UP:
        a->who = (unsigned)kit_draw(from, sc->nr_cpus);
        break;
    case KIT_CHANGE:
        a->value = (int64_t)kit_draw(from, 8);
        break;
    case KIT_WAKE:
    case KIT_PAUSE:
    case KIT_UNPAUSE:
    case KIT_LEAVE:
    case KIT_JOIN:
    case KIT_MOVE: /* random_pools() */
    case KIT_GIVE:
    case KIT_DOES:
        break;
    }
    sc->nr_actions++;
}

/* Some come in bursts, some at one and the same time. */
static void random_actions(struct kit_source *from, struct kit_scenario *sc)
{
    unsigned n = (unsigned)kit_draw(from, KIT_ACTIONS + 1);
    ns_t at = 0;

    while (n-- && at < sc->length) {
        if (!kit_one_in(from, 4))
            at += some_time(from, US(1), sc->length / 4);
        random_action(from, sc, at);
    }
}

/* ---- two pools ---- */

/* Not one of the variants, which are one for each thing that can be wrong. */
static const struct sched_ops *some_plugin(struct kit_source *from)
{
    const struct sched_ops *ops, *list[64];
    unsigned i, n = 0;

    for (i = 0; (ops = sched_plugin(i)) != NULL && n < 64; i++)
        if (!strchr(ops->name, '_'))
            list[n++] = ops;
    return list[kit_draw(from, n)];
}

/* In its place in time; the last one goes if there are too many. */
static void insert_action(struct kit_scenario *sc, const struct kit_action *a)
{
    unsigned i;

    if (sc->nr_actions == KIT_ACTIONS)
        sc->nr_actions--;
    for (i = sc->nr_actions++; i && sc->action[i - 1].at > a->at; i--)
        sc->action[i] = sc->action[i - 1];
    sc->action[i] = *a;
}

/* A second pool, and domains and CPUs that go there and back. */
static void random_pools(struct kit_source *from, struct kit_scenario *sc)
{
    unsigned n = 1 + (unsigned)kit_draw(from, 8), i;
    struct kit_action a;

    if (sc->nr_cpus == 1)
        sc->nr_cpus = 2;
    sc->pool_cpus = 1 + (unsigned)kit_draw(from, (1u << sc->nr_cpus) - 2);
    sc->pool_ops = kit_one_in(from, 3) ? sc->ops : some_plugin(from);
    for (i = 0; i < sc->nr_actions; i++)
        if (sc->action[i].act == KIT_CHANGE)
            sc->action[i].who = (unsigned)kit_draw(from, KIT_POOLS);
    while (n--) {
        a = (struct kit_action){ .act = KIT_MOVE };
        if (kit_one_in(from, 3))
            a.act = KIT_GIVE;
        a.who = a.act == KIT_GIVE ? (unsigned)kit_draw(from, sc->nr_cpus)
                                  : sc->vcpu[kit_draw(from, sc->nr_vcpus)].dom;
        a.value = (int64_t)kit_draw(from, KIT_POOLS);
        if (!kit_one_in(from, 4))
            a.at = some_time(from, US(1), sc->length);
        insert_action(sc, &a);
    }
}

static unsigned some_cpus(struct kit_source *from)
{
    static const uint8_t cpus[] = { 1, 1, 1, 2, 2, 2, 3, 4 };

    return cpus[kit_draw(from, sizeof(cpus))];
}

void kit_random(struct kit_source *from, const struct sched_ops *ops,
                struct kit_scenario *sc)
{
    memset(sc, 0, sizeof(*sc));
    sc->ops = ops;
    sc->seed = kit_draw(from, 1 << 16);
    sc->nr_cpus = some_cpus(from);
    sc->length = some_time(from, MS(1), MS(64));
    if (kit_one_in(from, 3))
        sc->switch_cost = some_time(from, 100, US(5)); /* below any slice */
    if (kit_one_in(from, 3))
        sc->trylock_fails = (unsigned)kit_draw(from, 100);
    if (kit_one_in(from, 3))
        sc->timer_late = some_time(from, 1, US(500));
    random_vcpus(from, sc);
    random_settings(from, sc);
    if (!kit_one_in(from, 3))
        random_actions(from, sc);
    if (kit_one_in(from, 4))
        random_pools(from, sc);
}

/* ---- by number ---- */

/* One of those that the plug-in's rules, or the generic ones, know of. */
static bool from_family(struct kit_source *from, struct kit_scenario *sc,
                        bool generic)
{
    const struct kit_rules *sets[KIT_SETS], *set;
    unsigned n = kit_sets_of(sc->ops->name, sets), i, nr = 0;

    for (i = 0; i < n; i++)
        if (sets[i]->family && !sets[i]->plugin == generic)
            sets[nr++] = sets[i];
    if (!nr)
        return false;
    set = sets[kit_draw(from, nr)];
    set->family(from, sc);
    return sc->nr_vcpus > 0;
}

void kit_generate(const struct sched_ops *ops, uint64_t seed, uint64_t i,
                  struct kit_scenario *sc)
{
    struct kit_source from = { .state = kit_mix(seed) ^ kit_mix(i) };
    uint64_t exhaustive = kit_nr_exhaustive(ops), n = i / KIT_STEP;
    uint64_t stride = exhaustive % 104729 ? 104729 : 1;

    memset(sc, 0, sizeof(*sc));
    sc->ops = ops;
    sc->seed = 1;
    switch (i % KIT_STEP) {
    case 0: /* each of them once: a prime that does not divide their number */
        kit_exhaustive(ops, n % exhaustive * stride % exhaustive, sc);
        return;
    case 1:
        if (from_family(&from, sc, i % 64 == 1))
            return;
        break;
    default:
        break;
    }
    kit_random(&from, ops, sc);
}
