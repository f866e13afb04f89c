/*
 * rules.c - the rules for every plug-in. Most are checked where the thing
 * happens: by the core (three hands, one unlink), by run.c (accounting, lost
 * wake-ups), by the spy (progress); here is the list of them all, and the rest.
 */
#include "sched/kit/kit.h"

/* With the parameters' defaults nobody waits longer than this for each vCPU
 * that there is: far beyond any turn (rr 5 ms, Credit 30 ms). */
#define PATIENCE MS(200)

struct generic {
    bool defaults; /* every parameter has its default */
};

static void begin(struct kit_run *r, void *state)
{
    struct generic *g = state;
    unsigned i;

    g->defaults = !r->sc->nr_settings;
    for (i = 0; i < r->sc->nr_actions; i++)
        if (r->sc->action[i].act == KIT_SET ||
            r->sc->action[i].act == KIT_CHANGE)
            g->defaults = false;
}

static void check_wait(struct kit_run *r, const struct generic *g,
                       const struct kit_member *m, ns_t now)
{
    ns_t waits = now - m->waits_since;

    if (!g->defaults || kit_excused(r->sc->ops, "starvation") ||
        (r->sc->pool_ops && kit_excused(r->sc->pool_ops, "starvation")) ||
        waits <= PATIENCE * r->sc->nr_vcpus)
        return;
    kit_fail(r, "starvation", "d%uv%u waits for %lld ms", m->sv->v.dom,
             m->sv->v.id, (long long)(waits / MS(1)));
}

static void to_running(struct kit_run *r, const struct generic *g,
                       struct kit_member *m, ns_t now)
{
    const struct sched_vcpu *v = &m->sv->v;
    unsigned cpu = v->cpu, i;

    if (cpu >= r->sc->nr_cpus || r->down[cpu])
        kit_fail(r, "affinity", "d%uv%u runs on cpu%u, which is down", v->dom,
                 v->id, cpu);
    if (r->verdict.rule)
        return;
    if (r->on_cpu[cpu])
        kit_fail(r, "one-place", "two vCPUs run on cpu%u", cpu);
    for (i = 0; i < r->sc->nr_cpus; i++)
        if (r->on_cpu[i] == m->sv)
            kit_fail(r, "one-place", "d%uv%u runs on two CPUs", v->dom, v->id);
    r->on_cpu[cpu] = m->sv;
    if (!cpuset_has(&v->affinity, cpu) || !(kit_may(r, m) >> cpu & 1))
        kit_fail(r, "affinity", "d%uv%u may not run on cpu%u", v->dom, v->id,
                 cpu);
    if (v->core.state == SCHED_STATE_RUNNABLE)
        check_wait(r, g, m, now);
}

static void watch(struct kit_run *r, void *state, struct kit_member *m,
                  enum sched_state to, ns_t now)
{
    unsigned i;

    if (to == SCHED_STATE_RUNNING)
        to_running(r, state, m, now);
    else
        for (i = 0; i < r->sc->nr_cpus; i++)
            if (r->on_cpu[i] == m->sv)
                r->on_cpu[i] = NULL;
}

static void end(struct kit_run *r, void *state)
{
    const struct kit_scenario *sc = r->sc;
    unsigned i;

    for (i = 0; i < sc->nr_vcpus; i++)
        if (r->member[i].sv->v.core.state == SCHED_STATE_RUNNABLE)
            check_wait(r, state, &r->member[i], r->sim->now);
    /* A busy lock may hide a waiter for a moment; and another plug-in may
     * leave a CPU idle. */
    for (i = 0; i < r->sim->nr_pools; i++)
        if (r->sim->pools[i].lost && !sc->trylock_fails && !r->changed &&
            !(r->in_force[i]->flags & SCHED_MAY_IDLE))
            kit_fail(r, "work-conservation",
                     "for %lld ns a CPU is idle beside one that waits for it",
                     (long long)r->sim->pools[i].lost);
}

/* Hogs and light ones with nothing changed, long enough to starve. */
static void family(struct kit_source *from, struct kit_scenario *sc)
{
    unsigned n = 2 + (unsigned)kit_draw(from, 4);

    sc->nr_cpus = 1 + (unsigned)kit_draw(from, 2);
    sc->length = MS(500) * (1 + (ns_t)kit_draw(from, 4));
    while (n--)
        (void)kit_more(sc, kit_one_in(from, 4) ? KIT_PERIODIC : KIT_HOG,
                       MS(5) * (1 + (ns_t)kit_draw(from, 8)),
                       MS(1) * (1 + (ns_t)kit_draw(from, 8)));
}

static const struct kit_rule list[] = {
    { "three-hands", "a vCPU is moved only by the hand that holds it",
      "sched/api/sched.h" },
    { "unlink", "who leaves the plug-in's hand stands in no queue",
      "sched/api/sched.h" },
    { "one-place", "a vCPU runs on one CPU, a CPU runs one vCPU", "DESIGN 2" },
    { "affinity", "nobody is run, or placed, outside of the affinity",
      "sched/api/sched.h" },
    { "grant", "a pick grants time", "sched/api/sched.h" },
    { "locks", "a vCPU is taken from a peer under the peer's lock",
      "sched/api/sched.h" },
    { "lost-wakeup", "who was woken runs, at the latest when all others rest",
      "DESIGN 2" },
    { "work-conservation", "no CPU idles beside a waiter that may run on it",
      "sched/api/sched.h: without SCHED_MAY_IDLE" },
    { "accounting", "vCPUs' states, CPUs' run and idle, charge() all add up",
      "DESIGN 3" },
    { "starvation", "with defaults nobody waits beyond 200 ms for each vCPU",
      "DESIGN 2" },
    { "parameters",
      "what is accepted is in force, what is refused changes "
      "nothing",
      "sched/api/sched.h" },
    { "move", "a domain goes to another pool as a whole, or not at all",
      "sched/api/core.h" },
    { "cpu-down", "a drained CPU can be taken away", "sched/api/core.h" },
    { "progress", "time passes: no endless picking", "sched/api/sched.h" },
    { "determinism", "the same scenario gives the same run", "DESIGN 2" },
    { "crash", "no callback kills its host", "DESIGN 2" },
    { "hang", "every callback returns", "DESIGN 2" },
    { "core", "what else the core reports", "sched/api/core.c" },
    { NULL, NULL, NULL },
};

static const struct kit_rules generic_rules = {
    .rules = list,
    .size = sizeof(struct generic),
    .family = family,
    .begin = begin,
    .watch = watch,
    .end = end,
};
KIT_RULES(generic_rules);
