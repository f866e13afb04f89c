/*
 * rules.c - what the conformance kit demands of rtds: the budget in each
 * period, and without extra time no more than that.
 */
#include "sched/kit/reserve.h"

struct rtds_state {
    struct kit_reserve reserve[KIT_VCPUS];
    bool steady; /* no parameter but budgets, no CPU, no plug-in changes while
                  * it runs */
};

static void begin(struct kit_run *r, void *state)
{
    const struct kit_scenario *sc = r->sc;
    struct rtds_state *s = state;
    unsigned i;

    s->steady = !sc->timer_late;
    for (i = 0; i < sc->nr_actions; i++)
        if (sc->action[i].act != KIT_WAKE &&
            (sc->action[i].act != KIT_SET ||
             (int)sc->action[i].param != kit_param_index(sc->ops, "budget")))
            s->steady = false;
    for (i = 0; i < sc->nr_vcpus; i++)
        if (sc->vcpu[i].hard != KIT_ALL)
            s->steady = false;
}

/* Sum U <= m - (m - 1) max U: Goossens, Funk and Baruah 2003. In 2^-40. And
 * nobody defers: a sleeper's budget, claimed late, is others' time. */
static bool feasible(struct kit_run *r)
{
    int64_t one = (int64_t)1 << 40, sum = 0, most = 0, u, period;
    int64_t cpus = (int64_t)r->sc->nr_cpus;
    unsigned i;

    for (i = 0; i < r->sc->nr_vcpus; i++) {
        period = kit_param(r, &r->member[i], "period");
        u = (int64_t)(((__int128)kit_param(r, &r->member[i], "budget") << 40) /
                      (period ? period : 1)) +
            1;
        if (r->sc->vcpu[i].load != KIT_HOG)
            return false;
        sum += u;
        most = u > most ? u : most;
    }
    return sum <= cpus * one - (cpus - 1) * most;
}

static void look(struct kit_run *r, struct rtds_state *s, ns_t now)
{
    unsigned i;

    for (i = 0; i < r->sc->nr_vcpus; i++)
        kit_reserve_look(r, &s->reserve[i], &r->member[i], now, "rtds-budget",
                         "rtds-isolation");
}

static void action(struct kit_run *r, void *state, const struct kit_action *a,
                   int result)
{
    struct rtds_state *s = state;
    const struct kit_member *m;
    ns_t period, first;
    unsigned i;

    if (a->act == KIT_SET)
        look(r, s, r->sim->now);
    for (i = 0; a->act == KIT_SET && i < r->sc->nr_vcpus; i++) {
        kit_reserve_change(&s->reserve[i],
                           kit_param(r, &r->member[i], "budget"));
        s->reserve[i].guaranteed = s->reserve[i].guaranteed && feasible(r);
    }
    if (a->act != KIT_JOIN || result || !s->steady)
        return;
    m = &r->member[a->who];
    period = kit_param(r, m, "period");
    first = (r->sim->now + period - 1) / period * period; /* whole period */
    s->reserve[a->who] = (struct kit_reserve){
        .period = period,
        .slice = kit_param(r, m, "budget"),
        .begin = first,
        .until = first,
        .guaranteed = r->sc->vcpu[a->who].load == KIT_HOG && feasible(r),
        .limited = !kit_param(r, m, "extratime"),
    };
}

static void watch(struct kit_run *r, void *state, struct kit_member *m,
                  enum sched_state to, ns_t now)
{
    (void)m, (void)to;
    look(r, state, now);
}

static void end(struct kit_run *r, void *state)
{
    look(r, state, r->sim->now);
}

/* ---- scenarios in which this shows ---- */

static const struct kit_reserve_names names = { "period", "budget",
                                                "extratime" };

static void several_cpus(struct kit_source *from, struct kit_scenario *sc)
{
    unsigned cpus = 2 + (unsigned)kit_draw(from, 2), n = cpus + 2, i;
    ns_t period;

    sc->nr_cpus = cpus;
    for (i = 0; i < n; i++) {
        period = kit_magnitude(from, US(500), MS(8));
        (void)kit_more(sc, KIT_HOG, 0, MS(1));
        kit_reserve_want(sc, &names, i, period,
                         period / 16 * (1 + (ns_t)kit_draw(from, 6)),
                         kit_one_in(from, 2));
    }
    sc->length = MS(50);
}

static void family(struct kit_source *from, struct kit_scenario *sc)
{
    bool another;

    sc->nr_cpus = 1;
    switch (kit_draw(from, 3)) {
    case 0:
        another = kit_one_in(from, 2);
        kit_reserve_full(from, sc, &names, another ? 499 : 999);
        if (another)
            kit_reserve_another(from, sc, &names);
        break;
    case 1:
        kit_reserve_greedy(from, sc, &names);
        break;
    default:
        several_cpus(from, sc);
        break;
    }
}

static const struct kit_rule list[] = {
    { "rtds-budget",
      "who has work gets the budget in each period, if the sum "
      "of utilisations allows and nobody sleeps",
      "RT-Xen 2.0, EMSOFT'14; README" },
    { "rtds-isolation",
      "without extra time: in any window at most 2 budgets "
      "+ budget/period of it",
      "README" },
    { NULL, NULL, NULL },
};

static const struct kit_rules rtds_rules = {
    .plugin = "rtds",
    .rules = list,
    .size = sizeof(struct rtds_state),
    .family = family,
    .begin = begin,
    .watch = watch,
    .action = action,
    .end = end,
};
KIT_RULES(rtds_rules);
