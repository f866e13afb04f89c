/*
 * rules.c - what the conformance kit demands of credit: shares by weight over
 * seconds, caps in each window, wakers that are served at once.
 *
 * Credits are handed out each 30 ms and kept to within some of those, so
 * shares are right to three times 30 ms of CPU time, over any time.
 */
#include <string.h>
#include "sched/kit/reserve.h"
#include "sched/kit/shares.h"

#define ACCOUNT MS(30)
#define SLACK   (3 * ACCOUNT) /* of a share, over any time */
#define FEW     4             /* vCPUs up to which that holds */

struct credit_state {
    struct kit_shares shares;
    bool boosting; /* one light waker among hogs of equal weight */
    struct kit_reserve cap[KIT_VCPUS]; /* of domains with one vCPU */
};

static bool all_hogs_but(const struct kit_scenario *sc, unsigned waker)
{
    unsigned i;

    for (i = 0; i < sc->nr_vcpus; i++)
        if (i != waker && (sc->vcpu[i].load != KIT_HOG || sc->vcpu[i].start))
            return false;
    return true;
}

static bool only_sets(const struct kit_scenario *sc, const char *name)
{
    unsigned i;

    for (i = 0; i < sc->nr_settings; i++)
        if (strcmp(sc->ops->params[sc->setting[i].param].name, name))
            return false;
    return true;
}

static void begin(struct kit_run *r, void *state)
{
    const struct kit_scenario *sc = r->sc;
    struct credit_state *c = state;
    bool quiet = sc->nr_cpus == 1 && !sc->nr_actions && sc->nr_vcpus > 1 &&
                 sc->nr_vcpus <= FEW && all_hogs_but(sc, 0);
    const struct kit_vcpu *first = &sc->vcpu[0];

    kit_shares_begin(r, &c->shares);
    if (sc->nr_vcpus < 2 || sc->nr_vcpus > FEW || !all_hogs_but(sc, 0))
        c->shares.counts = false;
    c->boosting = quiet && only_sets(sc, "ratelimit") &&
                  first->load == KIT_PERIODIC && first->cost <= US(200) &&
                  first->period >= MS(10);
}

/* ---- caps ---- */

static void action(struct kit_run *r, void *state, const struct kit_action *a,
                   int result)
{
    struct credit_state *c = state;
    struct kit_reserve *cap;
    int64_t percent;
    unsigned i;

    kit_shares_action(r, &c->shares, a);
    for (i = 0; i < r->sc->nr_vcpus && a->act != KIT_JOIN; i++)
        if (a->act != KIT_WAKE)
            c->cap[i].period = 0;
    if (a->act != KIT_JOIN || result || r->sc->timer_late ||
        kit_param(r, NULL, "historic"))
        return;
    percent = kit_param(r, &r->member[a->who], "cap");
    if (!percent || !kit_alone(r->sc, a->who) || r->member[a->who].touched)
        return;
    cap = &c->cap[a->who];
    *cap = (struct kit_reserve){ .period = ACCOUNT,
                                 .slice = ACCOUNT * percent / 100,
                                 .limited = true,
                                 .begin = r->sim->now };
    if (cap->slice > ACCOUNT)
        cap->period = 0;
}

/* ---- boost ---- */

static void check_boost(struct kit_run *r, const struct kit_member *m, ns_t now)
{
    ns_t most = kit_param(r, NULL, "ratelimit") + r->sc->timer_late + 1;

    if (m->why == SCHED_WAKE && now - m->waits_since > most)
        kit_fail(r, "credit-boost", "v%u, woken, waits for %lld us", m->index,
                 (long long)((now - m->waits_since) / 1000));
}

static void watch(struct kit_run *r, void *state, struct kit_member *m,
                  enum sched_state to, ns_t now)
{
    struct credit_state *c = state;
    unsigned i;

    if (r->draining || r->changed)
        return;
    for (i = 0; i < r->sc->nr_vcpus; i++)
        kit_reserve_look(r, &c->cap[i], &r->member[i], now, "credit-cap",
                         "credit-cap");
    if (c->boosting && m->index == 0 && to == SCHED_STATE_RUNNING)
        check_boost(r, m, now);
}

static void end(struct kit_run *r, void *state)
{
    struct credit_state *c = state;
    ns_t now = r->sim->now;
    unsigned i;

    if (r->changed)
        return;
    kit_shares_check(r, &c->shares, SLACK, "credit-shares");
    for (i = 0; i < r->sc->nr_vcpus; i++) {
        const struct kit_reserve *cap = &c->cap[i];

        if (cap->period && r->sc->nr_vcpus == 1 &&
            r->sc->vcpu[i].load == KIT_HOG &&
            kit_ran(&r->member[i], now) <
                (now / cap->period - 2) * cap->slice - MS(1))
            kit_fail(r, "credit-cap", "v%u, alone, does not get its cap", i);
    }
}

/* ---- scenarios in which this shows ---- */

static void shares(struct kit_source *from, struct kit_scenario *sc)
{
    kit_shares_hogs(from, sc, 2 + (unsigned)kit_draw(from, FEW - 1), 128, 3);
    sc->length = S(2);
    if (kit_one_in(from, 2))
        kit_shares_change(from, sc, 128, 3);
}

/* Zhou et al. 2011: works for nearly a tick, and sleeps while it is sampled. */
static void thief(struct kit_source *from, struct kit_scenario *sc)
{
    unsigned n = 1 + (unsigned)kit_draw(from, FEW - 1);
    struct kit_vcpu *v = kit_more(sc, KIT_PERIODIC, MS(10),
                                  MS(7) + US(100) * (ns_t)kit_draw(from, 28));

    v->offset = US(10) + (ns_t)kit_draw(from, US(200));
    while (n--)
        (void)kit_more(sc, KIT_HOG, 0, MS(1));
    sc->length = S(2);
}

static void capped(struct kit_source *from, struct kit_scenario *sc)
{
    unsigned n = (unsigned)kit_draw(from, 3);

    (void)kit_more(sc, kit_one_in(from, 3) ? KIT_ON_OFF : KIT_HOG, MS(5),
                   MS(3));
    kit_want(sc, 0, "cap", 1 + (int64_t)kit_draw(from, 99));
    while (n--)
        (void)kit_more(sc, KIT_HOG, 0, MS(1));
    sc->length = MS(600);
}

static void waker(struct kit_source *from, struct kit_scenario *sc)
{
    unsigned n = 1 + (unsigned)kit_draw(from, FEW - 1);

    (void)kit_more(sc, KIT_PERIODIC, MS(10) + (ns_t)kit_draw(from, MS(20)),
                   US(10) + (ns_t)kit_draw(from, US(190)));
    while (n--)
        (void)kit_more(sc, KIT_HOG, 0, MS(1));
    if (kit_one_in(from, 2))
        kit_want(sc, -1, "ratelimit", kit_magnitude(from, US(100), MS(4)));
    sc->length = MS(500);
}

static void family(struct kit_source *from, struct kit_scenario *sc)
{
    sc->nr_cpus = 1;
    switch (kit_draw(from, 4)) {
    case 0:
        shares(from, sc);
        break;
    case 1:
        thief(from, sc);
        break;
    case 2:
        capped(from, sc);
        break;
    default:
        waker(from, sc);
        break;
    }
}

static const struct kit_rule list[] = {
    { "credit-shares",
      "hogs, and who sleeps beside them, keep to their weights",
      "reference 3.1, 3.3 (3)" },
    { "credit-cap",
      "in any window at most two accounting periods' caps + cap "
      "of it; alone, that much",
      "reference 3.1" },
    { "credit-boost", "a light waker among hogs waits for the rate limit only",
      "reference 3.1" },
    { NULL, NULL, NULL },
};

static const struct kit_rules credit_rules = {
    .plugin = "credit",
    .rules = list,
    .size = sizeof(struct credit_state),
    .family = family,
    .begin = begin,
    .watch = watch,
    .action = action,
    .end = end,
};
KIT_RULES(credit_rules);
