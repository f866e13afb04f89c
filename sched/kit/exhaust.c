/*
 * exhaust.c - all of the small scenarios: one or two CPUs, one to three vCPUs
 * of each of three loads, each pair of actions of a short list, and, for each
 * parameter, both of its extremes. Behind them those with two pools: three
 * CPUs, the second pool with each plug-in, one or two vCPUs, each pair of moves
 * of a domain or a CPU, exchanges, and what disturbs them.
 *
 * They are numbered, as a number of mixed radix, so that any of them can be
 * had without the ones before.
 */
#include <string.h>
#include "sched/kit/kit.h"

#define LENGTH MS(8)

static const enum kit_load loads[] = { KIT_HOG, KIT_EVENT, KIT_YIELDER };
#define NR_LOADS 3
#define NR_MIXES (3 + 9 + 27) /* of one, two, three vCPUs */
#define NR_FEW   (3 + 9)      /* of one, two */

/* The actions; those of parameters come after them. */
static const struct kit_action acts[] = {
    { .act = KIT_WAKE },
    { .act = KIT_PAUSE },
    { .act = KIT_UNPAUSE },
    { .act = KIT_LEAVE },
    { .act = KIT_JOIN },
    { .act = KIT_PIN, .value = 1 },
    { .act = KIT_PIN, .value = 2 },
    { .act = KIT_CPU_DOWN },
    { .act = KIT_CPU_UP },
    { .act = KIT_CHANGE, .value = 1 },
    { .act = KIT_CHANGE },
};
#define NR_ACTS (sizeof(acts) / sizeof(acts[0]))

/* ... with two pools, the second one of which begins with cpu1 and nobody. */
#define POOL_CPUS 3
static const struct kit_action pool_acts[] = {
    { .act = KIT_MOVE, .value = 1 },
    { .act = KIT_MOVE, .value = 0 },
    { .act = KIT_GIVE, .who = 2, .value = 1 },
    { .act = KIT_GIVE, .who = 2, .value = 0 },
    { .act = KIT_GIVE, .who = 1, .value = 0 },
    { .act = KIT_GIVE, .who = 1, .value = 1 },
    { .act = KIT_CHANGE, .who = 0, .value = 1 },
    { .act = KIT_CHANGE, .who = 1, .value = 1 },
    { .act = KIT_CHANGE, .who = 0 },
    { .act = KIT_CHANGE, .who = 1 },
    { .act = KIT_CPU_DOWN, .who = 2 },
    { .act = KIT_CPU_UP, .who = 2 },
    { .act = KIT_WAKE },
    { .act = KIT_PAUSE },
    { .act = KIT_LEAVE },
    { .act = KIT_JOIN },
    { .act = KIT_PIN, .value = 2 },
};
#define NR_POOL_ACTS (sizeof(pool_acts) / sizeof(pool_acts[0]))

/* Plug-in number n for the second pool: ours, then all that are no variants of
 * another; NULL: there is none. */
static const struct sched_ops *second(const struct sched_ops *ours, uint64_t n)
{
    const struct sched_ops *ops;
    unsigned i;

    if (!n)
        return ours;
    for (i = 0; (ops = sched_plugin(i)) != NULL; i++)
        if (!strchr(ops->name, '_') && ops != ours && !--n)
            return ops;
    return NULL;
}

static uint64_t nr_second(const struct sched_ops *ours)
{
    uint64_t n = 1;

    while (second(ours, n))
        n++;
    return n;
}

static uint64_t nr_with_pools(const struct sched_ops *ops)
{
    return NR_POOL_ACTS * NR_POOL_ACTS * NR_FEW * nr_second(ops);
}

static unsigned nr_choices(const struct sched_ops *ops)
{
    unsigned n = 0;

    while (ops->params && ops->params[n].name)
        n++;
    return (unsigned)NR_ACTS + 2 * n;
}

static uint64_t nr_with_one(const struct sched_ops *ops)
{
    return 2ull * NR_MIXES * nr_choices(ops) * nr_choices(ops);
}

uint64_t kit_nr_exhaustive(const struct sched_ops *ops)
{
    return nr_with_one(ops) + nr_with_pools(ops);
}

static void add_action(struct kit_scenario *sc, unsigned choice, ns_t at)
{
    struct kit_action *a = &sc->action[sc->nr_actions++];
    const struct sched_param *p;

    if (choice < NR_ACTS) {
        *a = acts[choice];
        a->at = at;
        return;
    }
    choice -= (unsigned)NR_ACTS;
    p = &sc->ops->params[choice / 2];
    *a = (struct kit_action){ .at = at,
                              .act = KIT_SET,
                              .param = choice / 2,
                              .value = choice % 2 ? p->max : p->min };
    if (p->scope == SCHED_PER_SYSTEM)
        a->who = KIT_SYSTEM;
}

static uint64_t digit(uint64_t *i, uint64_t radix)
{
    uint64_t d = *i % radix;

    *i /= radix;
    return d;
}

static void add_vcpus(struct kit_scenario *sc, unsigned mix)
{
    unsigned n = mix < 3 ? 1 : mix < NR_FEW ? 2 : 3;

    mix -= n == 1 ? 0 : n == 2 ? 3 : NR_FEW;
    for (; n; n--, mix /= NR_LOADS)
        (void)kit_more(sc, loads[mix % NR_LOADS], 0, US(700));
}

static void with_one(const struct sched_ops *ops, uint64_t i,
                     struct kit_scenario *sc)
{
    unsigned choices = nr_choices(ops), first, then;

    sc->nr_cpus = 1 + (unsigned)digit(&i, 2);
    first = (unsigned)digit(&i, choices);
    then = (unsigned)digit(&i, choices);
    add_vcpus(sc, (unsigned)digit(&i, NR_MIXES));
    add_action(sc, first, MS(2));
    add_action(sc, then, MS(4));
}

static void with_pools(const struct sched_ops *ops, uint64_t i,
                       struct kit_scenario *sc)
{
    unsigned k;

    sc->nr_cpus = POOL_CPUS;
    sc->pool_cpus = 2;
    for (k = 0; k < 2; k++) {
        sc->action[k] = pool_acts[digit(&i, NR_POOL_ACTS)];
        sc->action[k].at = MS(2) * (k + 1);
    }
    sc->nr_actions = k;
    add_vcpus(sc, (unsigned)digit(&i, NR_FEW));
    sc->pool_ops = second(ops, i);
}

void kit_exhaustive(const struct sched_ops *ops, uint64_t i,
                    struct kit_scenario *sc)
{
    sc->ops = ops;
    sc->seed = 1;
    sc->length = LENGTH;
    if (i < nr_with_one(ops))
        with_one(ops, i, sc);
    else
        with_pools(ops, i - nr_with_one(ops), sc);
}
