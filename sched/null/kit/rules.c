/*
 * rules.c - what the conformance kit demands of null: with a CPU for each
 * vCPU, nobody waits and nobody changes his CPU. With more vCPUs than CPUs the
 * surplus waits for ever: null does not claim that nobody starves.
 */
#include "sched/kit/kit.h"

struct null_state {
    bool roomy; /* a CPU for each vCPU, and nobody is sent anywhere */
    bool placed[KIT_VCPUS];
    unsigned cpu[KIT_VCPUS];
};

static void begin(struct kit_run *r, void *state)
{
    const struct kit_scenario *sc = r->sc;
    struct null_state *n = state;
    unsigned i;

    n->roomy = sc->nr_vcpus <= sc->nr_cpus && !sc->trylock_fails;
    for (i = 0; i < sc->nr_vcpus; i++)
        if (sc->vcpu[i].hard != KIT_ALL || sc->vcpu[i].soft)
            n->roomy = false;
    for (i = 0; i < sc->nr_actions; i++)
        if (sc->action[i].act != KIT_WAKE)
            n->roomy = false;
}

static void watch(struct kit_run *r, void *state, struct kit_member *m,
                  enum sched_state to, ns_t now)
{
    struct null_state *n = state;
    unsigned i = m->index;

    if (!n->roomy || to != SCHED_STATE_RUNNING)
        return;
    if (now != m->waits_since)
        kit_fail(r, "null-at-once", "v%u waits for %lld ns", i,
                 (long long)(now - m->waits_since));
    if (n->placed[i] && n->cpu[i] != m->sv->v.cpu)
        kit_fail(r, "null-fixed", "v%u goes from cpu%u to cpu%u", i, n->cpu[i],
                 m->sv->v.cpu);
    n->placed[i] = true;
    n->cpu[i] = m->sv->v.cpu;
}

static void family(struct kit_source *from, struct kit_scenario *sc)
{
    unsigned n = 1 + (unsigned)kit_draw(from, KIT_CPUS);

    sc->nr_cpus = n + (unsigned)kit_draw(from, KIT_CPUS - n + 1);
    while (n--)
        (void)kit_more(sc, (enum kit_load)kit_draw(from, KIT_LOADS),
                       kit_magnitude(from, US(100), MS(5)),
                       kit_magnitude(from, US(20), MS(2)));
    sc->length = MS(20);
}

static const struct kit_rule list[] = {
    { "null-at-once", "with a CPU for each, whoever can run runs", "README" },
    { "null-fixed", "... and always on the same CPU", "README" },
    { NULL, NULL, NULL },
};

static const char *const excused[] = { "starvation", "lost-wakeup", NULL };

static const struct kit_rules null_rules = {
    .plugin = "null",
    .rules = list,
    .excused = excused,
    .size = sizeof(struct null_state),
    .family = family,
    .begin = begin,
    .watch = watch,
};
KIT_RULES(null_rules);
