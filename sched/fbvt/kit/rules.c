/*
 * rules.c - what the conformance kit demands of fbvt: among those that never
 * sleep it is bvt without warp, whatever head starts others get.
 */
#include "sched/kit/fair.h"
#include "sched/kit/shares.h"

struct fbvt_state {
    struct kit_fair fair;
    __int128 allow[KIT_VCPUS]; /* the most that (C + delta) / w ever was */
};

static void read_params(struct kit_run *r, struct fbvt_state *b)
{
    ns_t c = kit_param(r, NULL, "ctx_allow") + 1 + r->sc->timer_late;
    int64_t weight;
    __int128 allow;
    unsigned i;

    for (i = 0; i < r->sc->nr_vcpus; i++) {
        weight = kit_param(r, &r->member[i], "weight");
        if (!weight)
            weight = 256;
        /* A is counted in ns at weight 256. */
        allow = kit_fair_units(c, weight) + kit_fair_units(1, 256);
        if (allow > b->allow[i])
            b->allow[i] = allow;
        kit_fair_set(&b->fair, i, weight, b->allow[i]);
    }
}

static void begin(struct kit_run *r, void *state)
{
    kit_fair_begin(r, &((struct fbvt_state *)state)->fair);
}

static void watch(struct kit_run *r, void *state, struct kit_member *m,
                  enum sched_state to, ns_t now)
{
    struct fbvt_state *b = state;

    (void)m, (void)to;
    if (r->draining || r->changed)
        return;
    if (!now)
        read_params(r, b);
    kit_fair_check(r, &b->fair, "fbvt-bound", now);
}

static void action(struct kit_run *r, void *state, const struct kit_action *a,
                   int result)
{
    struct fbvt_state *b = state;

    (void)result;
    if (a->act != KIT_SET || r->changed)
        return;
    kit_fair_update(r, &b->fair, r->sim->now);
    read_params(r, b);
}

static void end(struct kit_run *r, void *state)
{
    if (!r->changed)
        kit_fair_check(r, &((struct fbvt_state *)state)->fair, "fbvt-bound",
                       r->sim->now);
}

static void family(struct kit_source *from, struct kit_scenario *sc)
{
    unsigned n = 2 + (unsigned)kit_draw(from, 3), i;
    ns_t c = kit_magnitude(from, US(50), MS(4));

    sc->nr_cpus = 1;
    sc->length = c * 100;
    for (i = 0; i < n; i++) {
        (void)kit_more(sc, KIT_HOG, 0, MS(1));
        kit_want(sc, (int)i, "weight", 1 + (int64_t)kit_draw(from, 2000));
    }
    kit_want(sc, -1, "ctx_allow", c);
    if (kit_one_in(from, 2))
        kit_shares_change(from, sc, 64, 5);
    for (n = (unsigned)kit_draw(from, 3); n--;)
        (void)kit_more(sc, (enum kit_load)kit_draw(from, KIT_LOADS),
                       kit_magnitude(from, US(300), MS(10)),
                       kit_magnitude(from, US(10), MS(3)));
}

static const struct kit_rule list[] = {
    { "fbvt-bound", "among hogs A_i - A_k <= (C + delta) / w_i",
      "reference 1.3; README" },
    { NULL, NULL, NULL },
};

static const struct kit_rules fbvt_rules = {
    .plugin = "fbvt",
    .rules = list,
    .size = sizeof(struct fbvt_state),
    .family = family,
    .begin = begin,
    .watch = watch,
    .action = action,
    .end = end,
};
KIT_RULES(fbvt_rules);
