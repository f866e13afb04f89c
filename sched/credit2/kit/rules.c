/*
 * rules.c - what the conformance kit demands of credit2: shares by weight to a
 * few turns, and caps in each window.
 */
#include <string.h>
#include "sched/kit/reserve.h"

#define PERIOD MS(10) /* of caps; and the longest turn */
#define SLACK  (3 * PERIOD)

struct credit2_state {
    bool plain; /* hogs on one CPU, and nothing but weights is set */
    struct kit_reserve cap[KIT_VCPUS]; /* of domains with one vCPU */
};

static void begin(struct kit_run *r, void *state)
{
    const struct kit_scenario *sc = r->sc;
    struct credit2_state *c = state;
    unsigned i;

    c->plain = sc->nr_cpus == 1 && !sc->nr_actions;
    for (i = 0; i < sc->nr_vcpus; i++)
        if (sc->vcpu[i].load != KIT_HOG || sc->vcpu[i].start)
            c->plain = false;
    for (i = 0; i < sc->nr_settings; i++)
        if (strcmp(sc->ops->params[sc->setting[i].param].name, "weight"))
            c->plain = false;
}

static bool alone(const struct kit_scenario *sc, unsigned who)
{
    unsigned i;

    for (i = 0; i < sc->nr_vcpus; i++)
        if (i != who && sc->vcpu[i].dom == sc->vcpu[who].dom)
            return false;
    return true;
}

static void action(struct kit_run *r, void *state, const struct kit_action *a,
                   int result)
{
    struct credit2_state *c = state;
    int64_t percent;
    unsigned i;

    if (a->act != KIT_JOIN) {
        for (i = 0; i < r->sc->nr_vcpus && a->act != KIT_WAKE; i++)
            c->cap[i].period = 0;
        return;
    }
    percent = kit_param(r, &r->member[a->who], "cap");
    if (result || r->sc->timer_late || !percent || percent > 100 ||
        !alone(r->sc, a->who) || r->member[a->who].touched)
        return;
    c->cap[a->who] = (struct kit_reserve){ .period = PERIOD,
                                           .slice = PERIOD * percent / 100,
                                           .limited = true,
                                           .begin = r->sim->now };
}

static void look(struct kit_run *r, struct credit2_state *c, ns_t now)
{
    unsigned i;

    for (i = 0; i < r->sc->nr_vcpus && !r->changed; i++)
        kit_reserve_look(r, &c->cap[i], &r->member[i], now, "credit2-cap",
                         "credit2-cap");
}

static void watch(struct kit_run *r, void *state, struct kit_member *m,
                  enum sched_state to, ns_t now)
{
    (void)m, (void)to;
    look(r, state, now);
}

static void end(struct kit_run *r, void *state)
{
    const struct credit2_state *c = state;
    ns_t now = r->sim->now, ran, share;
    int64_t all = 0;
    unsigned i;

    look(r, state, now);
    for (i = 0; i < r->sc->nr_vcpus; i++)
        all += kit_param(r, &r->member[i], "weight");
    for (i = 0; c->plain && all && i < r->sc->nr_vcpus; i++) {
        ran = kit_ran(&r->member[i], now);
        share = now / all * kit_param(r, &r->member[i], "weight");
        if (ran > share + SLACK || ran < share - SLACK)
            kit_fail(r, "credit2-shares", "v%u ran %lld ms, instead of %lld", i,
                     (long long)(ran / MS(1)), (long long)(share / MS(1)));
    }
}

static void family(struct kit_source *from, struct kit_scenario *sc)
{
    unsigned n = 2 + (unsigned)kit_draw(from, 3), i;

    sc->nr_cpus = 1;
    sc->length = MS(800);
    if (kit_one_in(from, 2)) {
        (void)kit_more(sc, kit_one_in(from, 3) ? KIT_ON_OFF : KIT_HOG, MS(5),
                       MS(3));
        kit_want(sc, 0, "cap", 1 + (int64_t)kit_draw(from, 99));
        n = (unsigned)kit_draw(from, 3);
        sc->length = MS(300);
    }
    for (i = 0; i < n; i++) {
        (void)kit_more(sc, KIT_HOG, 0, MS(1));
        kit_want(sc, (int)sc->nr_vcpus - 1, "weight", 64 << kit_draw(from, 5));
    }
}

static const struct kit_rule list[] = {
    { "credit2-shares", "hogs keep to their weights, to three turns of 10 ms",
      "reference 3.1; README" },
    { "credit2-cap", "in any window at most two periods' caps + cap of it",
      "reference 3.1; README" },
    { NULL, NULL, NULL },
};

static const struct kit_rules credit2_rules = {
    .plugin = "credit2",
    .rules = list,
    .size = sizeof(struct credit2_state),
    .family = family,
    .begin = begin,
    .watch = watch,
    .action = action,
    .end = end,
};
KIT_RULES(credit2_rules);
