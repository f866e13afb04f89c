/*
 * rules.c - what the conformance kit demands of credit2: shares by weight to a
 * few turns, and caps in each window.
 */
#include "sched/kit/reserve.h"
#include "sched/kit/shares.h"

#define PERIOD MS(10) /* of caps; and the longest turn */
#define SLACK  (3 * PERIOD)

struct credit2_state {
    struct kit_shares shares;
    struct kit_reserve cap[KIT_VCPUS]; /* of domains with one vCPU */
};

static void begin(struct kit_run *r, void *state)
{
    struct credit2_state *c = state;
    unsigned i;

    kit_shares_begin(r, &c->shares);
    for (i = 0; i < r->sc->nr_vcpus; i++)
        if (r->sc->vcpu[i].load != KIT_HOG)
            c->shares.counts = false;
}

static void action(struct kit_run *r, void *state, const struct kit_action *a,
                   int result)
{
    struct credit2_state *c = state;
    int64_t percent;
    unsigned i;

    kit_shares_action(r, &c->shares, a);
    if (a->act != KIT_JOIN) {
        for (i = 0; i < r->sc->nr_vcpus && a->act != KIT_WAKE; i++)
            c->cap[i].period = 0;
        return;
    }
    percent = kit_param(r, &r->member[a->who], "cap");
    if (result || r->sc->timer_late || !percent || percent > 100 ||
        !kit_alone(r->sc, a->who) || r->member[a->who].touched)
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

    look(r, state, r->sim->now);
    if (!r->changed)
        kit_shares_check(r, &c->shares, SLACK, "credit2-shares");
}

static void family(struct kit_source *from, struct kit_scenario *sc)
{
    sc->nr_cpus = 1;
    if (kit_one_in(from, 2)) {
        sc->length = MS(300);
        (void)kit_more(sc, kit_one_in(from, 3) ? KIT_ON_OFF : KIT_HOG, MS(5),
                       MS(3));
        kit_want(sc, 0, "cap", 1 + (int64_t)kit_draw(from, 99));
        kit_shares_hogs(from, sc, (unsigned)kit_draw(from, 3), 64, 5);
        return;
    }
    sc->length = MS(800);
    kit_shares_hogs(from, sc, 2 + (unsigned)kit_draw(from, 3), 64, 5);
    if (kit_one_in(from, 2))
        kit_shares_change(from, sc, 64, 5);
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
