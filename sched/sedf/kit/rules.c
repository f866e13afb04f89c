/*
 * rules.c - what the conformance kit demands of sedf: reference 2.5, and the
 * README's promises.
 */
#include "sched/kit/fair.h"
#include "sched/kit/reserve.h"

#define ENOSPC 28

struct sedf_state {
    struct kit_reserve reserve[KIT_VCPUS];
    struct kit_fair fair;
    bool steady;    /* no parameter but slices changes while it runs */
    bool all_extra; /* everybody may have extra time */
};

static void begin(struct kit_run *r, void *state)
{
    const struct kit_scenario *sc = r->sc;
    struct sedf_state *s = state;
    unsigned i;

    kit_fair_begin(r, &s->fair);
    for (s->steady = true, i = 0; i < sc->nr_actions; i++)
        if ((sc->action[i].act == KIT_SET &&
             (int)sc->action[i].param != kit_param_index(sc->ops, "slice")) ||
            sc->action[i].act == KIT_CHANGE ||
            sc->action[i].act == KIT_CPU_DOWN)
            s->steady = false;
}

/* ---- admission, on one CPU: exactly as much as there is ---- */

#define SHIFT 60

static __int128 share(struct kit_run *r, const struct kit_member *m)
{
    int64_t period = kit_param(r, m, "period");

    return period ? ((__int128)kit_param(r, m, "slice") << SHIFT) / period : 0;
}

static void check_admission(struct kit_run *r, const struct kit_action *a,
                            int result)
{
    __int128 one = (__int128)1 << SHIFT, sum = 0, limit, rounding;
    unsigned i;

    limit = one - one * kit_param(r, NULL, "overhead") / 1000000;
    rounding = (one >> 28) * KIT_VCPUS; /* shares are booked in 2^-28 */
    for (i = 0; i < r->sc->nr_vcpus; i++)
        if (!r->member[i].away)
            sum += share(r, &r->member[i]);
    if (sum > limit * r->sc->nr_cpus + KIT_VCPUS)
        kit_fail(r, "sedf-admission", "admitted are %lld ppm of a CPU",
                 (long long)(sum * 1000000 / one));
    if (a->act != KIT_JOIN || result != -ENOSPC || r->sc->nr_cpus > 1)
        return;
    sum += share(r, &r->member[a->who]);
    if (sum + rounding < limit)
        kit_fail(r, "sedf-admission",
                 "v%u is refused, although with it only %lld ppm are booked",
                 a->who, (long long)(sum * 1000000 / one));
}

/* ---- what it got ---- */

static void start(struct kit_run *r, struct sedf_state *s, unsigned i)
{
    const struct kit_member *m = &r->member[i];
    struct kit_reserve *res = &s->reserve[i];
    bool exact = s->steady && !r->sc->timer_late && !m->touched &&
                 !kit_param(r, NULL, "wake");

    *res = (struct kit_reserve){
        .period = exact ? kit_param(r, m, "period") : 0,
        .slice = kit_param(r, m, "slice"),
        .begin = r->sim->now,
    };
    if (!res->slice)
        res->period = 0;
    res->guaranteed = r->sc->vcpu[i].load == KIT_HOG;
    res->limited = !kit_param(r, m, "extra");
}

/* Weights of those on extra time only; a turn is a quantum. */
static void read_params(struct kit_run *r, struct sedf_state *s)
{
    ns_t turn = kit_param(r, NULL, "quantum") + 1 + r->sc->timer_late;
    unsigned i;

    s->all_extra = true;
    for (i = 0; i < r->sc->nr_vcpus; i++) {
        const struct kit_member *m = &r->member[i];
        int64_t weight = kit_param(r, m, "weight");

        if (kit_param(r, m, "slice"))
            s->fair.counts[i] = false;
        if (!kit_param(r, m, "extra"))
            s->all_extra = false;
        if (!weight)
            weight = 256;
        kit_fair_set(&s->fair, i, weight, kit_fair_units(turn, weight));
    }
}

static void look(struct kit_run *r, struct sedf_state *s, ns_t now)
{
    unsigned i;

    for (i = 0; i < r->sc->nr_vcpus; i++)
        kit_reserve_look(r, &s->reserve[i], &r->member[i], now, "sedf-slice",
                         "sedf-isolation");
    kit_fair_check(r, &s->fair, "sedf-extra-weight", now);
}

static void action(struct kit_run *r, void *state, const struct kit_action *a,
                   int result)
{
    struct sedf_state *s = state;
    unsigned i;

    if (r->changed)
        return;
    if (a->act == KIT_SET)
        look(r, s, r->sim->now);
    for (i = 0; a->act == KIT_SET && i < r->sc->nr_vcpus; i++)
        kit_reserve_change(&s->reserve[i],
                           kit_param(r, &r->member[i], "slice"));
    if (a->act == KIT_JOIN && !result)
        start(r, s, a->who);
    if (a->act == KIT_SET) {
        kit_fair_update(r, &s->fair, r->sim->now);
        read_params(r, s);
    } else if (a->act != KIT_JOIN && a->who < r->sc->nr_vcpus) {
        s->reserve[a->who].guaranteed = false;
        if (a->act != KIT_WAKE)
            s->reserve[a->who].period = 0;
    }
    if (a->act == KIT_JOIN || a->act == KIT_SET)
        check_admission(r, a, result);
}

static void watch(struct kit_run *r, void *state, struct kit_member *m,
                  enum sched_state to, ns_t now)
{
    struct sedf_state *s = state;

    (void)to, (void)m;
    if (r->draining || r->changed)
        return;
    if (!now)
        read_params(r, s);
    look(r, s, now);
}

static void end(struct kit_run *r, void *state)
{
    struct sedf_state *s = state;

    if (r->changed)
        return;
    look(r, s, r->sim->now);
    if (r->sc->nr_cpus == 1 && s->steady && s->all_extra && r->sim->lost)
        kit_fail(r, "sedf-extra-used",
                 "for %lld ns the CPU idles beside one "
                 "that may have extra time",
                 (long long)r->sim->lost);
}

/* ---- scenarios in which this shows ---- */

static const struct kit_reserve_names names = { "period", "slice", "extra" };

static void reserve(struct kit_scenario *sc, unsigned dom, ns_t period,
                    ns_t slice, bool extra)
{
    kit_reserve_want(sc, &names, dom, period, slice, extra);
}

static void too_much(struct kit_source *from, struct kit_scenario *sc)
{
    unsigned n = 2 + (unsigned)kit_draw(from, 4), i;
    ns_t period;
    int param;

    for (i = 0; i < n; i++) {
        period = kit_magnitude(from, MS(1), MS(16));
        (void)kit_more(sc, KIT_HOG, 0, MS(1));
        reserve(sc, i, period, period / 16 * (1 + (ns_t)kit_draw(from, 16)),
                true);
    }
    sc->length = MS(20);
    param = kit_param_index(sc->ops, "slice");
    for (i = 0; i < 3 && param >= 0; i++)
        sc->action[sc->nr_actions++] = (struct kit_action){
            .at = MS(4) * (ns_t)(i + 1),
            .act = KIT_SET,
            .who = (unsigned)kit_draw(from, n),
            .param = (unsigned)param,
            .value = kit_magnitude(from, US(100), MS(16))
        };
}

static void extra_time(struct kit_source *from, struct kit_scenario *sc)
{
    unsigned n = 2 + (unsigned)kit_draw(from, 3), i;

    for (i = 0; i < n; i++) {
        (void)kit_more(sc, KIT_HOG, 0, MS(1));
        kit_want(sc, (int)i, "weight", 1 << kit_draw(from, 11));
    }
    if (kit_one_in(from, 2)) {
        (void)kit_more(sc, KIT_HOG, 0, MS(1));
        reserve(sc, n, MS(4), MS(1), kit_one_in(from, 2));
    }
    sc->length = MS(200);
}

/* Half, and another slice; all but the overhead; or all that there is. */
static void full(struct kit_source *from, struct kit_scenario *sc)
{
    switch (kit_draw(from, 3)) {
    case 0:
        kit_reserve_full(from, sc, &names, 499);
        kit_reserve_another(from, sc, &names);
        break;
    case 1:
        kit_reserve_full(from, sc, &names, 989);
        break;
    default:
        kit_want(sc, -1, "overhead", 0);
        kit_reserve_full(from, sc, &names, 1000);
        break;
    }
}

static void family(struct kit_source *from, struct kit_scenario *sc)
{
    sc->nr_cpus = 1;
    switch (kit_draw(from, 4)) {
    case 0:
        full(from, sc);
        break;
    case 1:
        kit_reserve_greedy(from, sc, &names);
        break;
    case 2:
        too_much(from, sc);
        break;
    default:
        extra_time(from, sc);
        break;
    }
}

static const struct kit_rule list[] = {
    { "sedf-slice", "an admitted vCPU with work gets its slice in each period",
      "reference 2.5, 2" },
    { "sedf-isolation",
      "without extra time: in any window at most (periods, "
      "rounded up, + 1) slices",
      "reference 2.5, 2; README" },
    { "sedf-admission", "not more than 1 - overhead is admitted, and that much",
      "reference 2.5, 1" },
    { "sedf-extra-weight", "extra time goes by weight, to one quantum",
      "reference 2.5, 5" },
    { "sedf-extra-used", "no idling beside one that may have extra time",
      "reference 2.5, 5" },
    { NULL, NULL, NULL },
};

static const struct kit_rules sedf_rules = {
    .plugin = "sedf",
    .rules = list,
    .size = sizeof(struct sedf_state),
    .family = family,
    .begin = begin,
    .watch = watch,
    .action = action,
    .end = end,
};
KIT_RULES(sedf_rules);
