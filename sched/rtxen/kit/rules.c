/*
 * rules.c - what the conformance kit demands of rtxen: no more than the
 * budgets, and, where rate-monotonic theory promises it, no less.
 */
#include "sched/kit/reserve.h"

#define RTXEN_PERIODIC 1 /* of the parameter `server` */

struct rtxen_state {
    struct kit_reserve reserve[KIT_VCPUS];
    bool steady; /* no parameter, CPU or plug-in changes while it runs */
};

static void begin(struct kit_run *r, void *state)
{
    const struct kit_scenario *sc = r->sc;
    struct rtxen_state *s = state;
    unsigned i;

    s->steady = !sc->timer_late;
    for (i = 0; i < sc->nr_actions; i++)
        if (sc->action[i].act != KIT_WAKE)
            s->steady = false;
    for (i = 0; i < sc->nr_vcpus; i++)
        if (sc->vcpu[i].hard != KIT_ALL)
            s->steady = false;
}

/* Sum U <= ln 2: Liu and Layland 1973, for one CPU and any number of servers.
 * And nobody sleeps: what a sleeper leaves for later is others' time. */
static bool feasible(struct kit_run *r)
{
    int64_t one = (int64_t)1 << 40, sum = 0, period;
    unsigned i;

    for (i = 0; i < r->sc->nr_vcpus; i++) {
        period = kit_param(r, &r->member[i], "period");
        sum += (int64_t)(((__int128)kit_param(r, &r->member[i], "budget")
                          << 40) /
                         (period ? period : 1)) +
               1;
        if (r->sc->vcpu[i].load != KIT_HOG || r->sc->vcpu[i].start)
            return false;
    }
    return r->sc->nr_cpus == 1 && sum <= one / 1000 * 693;
}

static void action(struct kit_run *r, void *state, const struct kit_action *a,
                   int result)
{
    struct rtxen_state *s = state;
    const struct kit_member *m;

    if (a->act != KIT_JOIN || result || !s->steady)
        return;
    m = &r->member[a->who];
    if (!kit_param(r, m, "budget"))
        return; /* in the background */
    s->reserve[a->who] = (struct kit_reserve){
        .period = kit_param(r, m, "period"),
        .slice = kit_param(r, m, "budget"),
        .begin = r->sim->now,
        .guaranteed = r->sc->vcpu[a->who].load == KIT_HOG && feasible(r),
        .limited = true,
    };
}

static void look(struct kit_run *r, struct rtxen_state *s, ns_t now)
{
    unsigned i;

    for (i = 0; i < r->sc->nr_vcpus; i++)
        kit_reserve_look(r, &s->reserve[i], &r->member[i], now, "rtxen-budget",
                         "rtxen-isolation");
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

/* What is drawn for extra time there tells deferrable from periodic here. */
static const struct kit_reserve_names names = { "period", "budget", "server" };

/* Any kind of server, which asks for more than it has. */
static void any_server(struct kit_source *from, struct kit_scenario *sc)
{
    unsigned i;

    kit_reserve_greedy(from, sc, &names);
    for (i = 0; i + 1 < sc->nr_vcpus; i++)
        kit_want(sc, (int)i, "server", (int64_t)kit_draw(from, 4));
}

static int64_t param(const struct kit_member *m, const char *name)
{
    struct sched *s = m->sv->v.sched;

    return sched_param_get(s, m->sv->v.cold.domain, &m->sv->v,
                           sched_param_find(sched_ops_of(s), name));
}

/* A periodic server's CPU idles while it sleeps, as if it ran: where such ones
 * have all the time of the CPU on which m waits, nothing is left for m. */
static bool may_starve(const struct kit_run *r, const struct kit_member *m)
{
    const struct kit_member *other;
    int64_t thousandths = 0;
    unsigned i;

    for (i = 0; i < r->sc->nr_vcpus; i++) {
        other = &r->member[i];
        if (other != m && !other->away &&
            other->sv->v.sched == m->sv->v.sched &&
            other->sv->v.cpu == m->sv->v.cpu &&
            param(other, "server") == RTXEN_PERIODIC)
            thousandths += param(other, "budget") * 1000 /
                           param(other, "period");
    }
    return thousandths >= 990;
}

static void family(struct kit_source *from, struct kit_scenario *sc)
{
    sc->nr_cpus = 1;
    switch (kit_draw(from, 3)) {
    case 0:
        kit_reserve_full(from, sc, &names, 690);
        break;
    case 1:
        kit_reserve_greedy(from, sc, &names);
        break;
    default:
        any_server(from, sc);
        break;
    }
}

static const struct kit_rule list[] = {
    { "rtxen-budget",
      "on one CPU who has work gets the budget in each period, if "
      "utilisations sum up to ln 2 at most and nobody sleeps",
      "Liu and Layland 1973; README" },
    { "rtxen-isolation",
      "in any window at most 2 budgets + budget/period of it", "README" },
    { NULL, NULL, NULL },
};

static const struct kit_rules rtxen_rules = {
    .plugin = "rtxen",
    .rules = list,
    .size = sizeof(struct rtxen_state),
    .family = family,
    .begin = begin,
    .watch = watch,
    .action = action,
    .end = end,
    .may_starve = may_starve,
};
KIT_RULES(rtxen_rules);
