/*
 * exhaust.c - all of the small scenarios: one or two CPUs, one to three vCPUs
 * of each of three loads, each pair of actions of a short list, and, for each
 * parameter, both of its extremes.
 *
 * They are numbered, as a number of mixed radix, so that any of them can be
 * had without the ones before.
 */
#include "sched/kit/kit.h"

#define LENGTH MS(8)

static const enum kit_load loads[] = { KIT_HOG, KIT_EVENT, KIT_YIELDER };
#define NR_LOADS 3
#define NR_MIXES (3 + 9 + 27) /* of one, two, three vCPUs */

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

static unsigned nr_choices(const struct sched_ops *ops)
{
    unsigned n = 0;

    while (ops->params && ops->params[n].name)
        n++;
    return (unsigned)NR_ACTS + 2 * n;
}

uint64_t kit_nr_exhaustive(const struct sched_ops *ops)
{
    return 2ull * NR_MIXES * nr_choices(ops) * nr_choices(ops);
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

void kit_exhaustive(const struct sched_ops *ops, uint64_t i,
                    struct kit_scenario *sc)
{
    unsigned choices = nr_choices(ops), first, second, n, mix;

    sc->ops = ops;
    sc->seed = 1;
    sc->length = LENGTH;
    sc->nr_cpus = 1 + (unsigned)digit(&i, 2);
    first = (unsigned)digit(&i, choices);
    second = (unsigned)digit(&i, choices);
    mix = (unsigned)digit(&i, NR_MIXES);
    n = mix < 3 ? 1 : mix < 12 ? 2 : 3;
    mix -= n == 1 ? 0 : n == 2 ? 3 : 12;
    for (; n; n--, mix /= NR_LOADS)
        (void)kit_more(sc, loads[mix % NR_LOADS], 0, US(700));
    add_action(sc, first, MS(2));
    add_action(sc, second, MS(4));
}
