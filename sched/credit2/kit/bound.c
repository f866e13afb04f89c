/*
 * bound.c - what the conformance kit demands of credit2: among
 * those that never sleep nobody runs further ahead than by a shortest turn.
 */
#include "sched/kit/fair.h"

/* The rate limit, or 0.5 ms, and 0.1 ms for one that goes on. What a parameter
 * was may show still: a waiting vCPU keeps its place until it has run. */
static void read_params(struct kit_run *r, struct kit_fair *f)
{
    ns_t most = kit_param(r, NULL, "ratelimit") + 1 + r->sc->timer_late;
    int64_t weight;
    unsigned i;

    if (most < US(500) + 1 + r->sc->timer_late)
        most = US(500) + 1 + r->sc->timer_late;
    most += US(100);

    for (i = 0; i < r->sc->nr_vcpus; i++) {
        if (kit_param(r, &r->member[i], "cap"))
            f->counts[i] = false;
        weight = kit_param(r, &r->member[i], "weight");
        if (!weight)
            weight = 256;
        /* a changed weight costs a unit of A */
        kit_fair_set(f, i, weight,
                     kit_fair_units(most, weight) + kit_fair_units(1, 256));
    }
}

static void begin(struct kit_run *r, void *state)
{
    kit_fair_begin(r, state);
}

static void watch(struct kit_run *r, void *state, struct kit_member *m,
                  enum sched_state to, ns_t now)
{
    (void)m, (void)to;
    if (r->draining || r->changed)
        return;
    if (!now)
        read_params(r, state);
    kit_fair_check(r, state, "credit2-bound", now);
}

static void action(struct kit_run *r, void *state, const struct kit_action *a,
                   int result)
{
    (void)result;
    if (a->act != KIT_SET)
        return;
    kit_fair_update(r, state, r->sim->now);
    read_params(r, state);
}

static void end(struct kit_run *r, void *state)
{
    if (!r->changed)
        kit_fair_check(r, state, "credit2-bound", r->sim->now);
}

/* Hogs of several weights, and some that sleep beside them, on one CPU. */
static void family(struct kit_source *from, struct kit_scenario *sc)
{
    unsigned n = 2 + (unsigned)kit_draw(from, 3), i;

    sc->nr_cpus = 1;
    for (i = 0; i < n; i++) {
        (void)kit_more(sc, KIT_HOG, 0, MS(1));
        kit_want(sc, (int)i, "weight", 1 + (int64_t)kit_draw(from, 2000));
    }
    for (n = (unsigned)kit_draw(from, 3); n--;)
        (void)kit_more(sc, (enum kit_load)kit_draw(from, KIT_LOADS),
                       kit_magnitude(from, US(300), MS(10)),
                       kit_magnitude(from, US(10), MS(3)));
    kit_want(sc, -1, "ratelimit", kit_magnitude(from, US(50), MS(4)));
    if (kit_one_in(from, 4))
        sc->timer_late = kit_magnitude(from, 1, US(100));
    sc->length = MS(300);
}

static const struct kit_rule list[] = {
    { "credit2-bound", "A_i - A_k <= (shortest turn + 0.1 ms) / w_i",
      "sched/credit2/README.md" },
    { NULL, NULL, NULL },
};

static const struct kit_rules credit2_bound = {
    .plugin = "credit2",
    .rules = list,
    .size = sizeof(struct kit_fair),
    .family = family,
    .begin = begin,
    .watch = watch,
    .action = action,
    .end = end,
};
KIT_RULES(credit2_bound);
