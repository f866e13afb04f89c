/*
 * rules.c - what the conformance kit demands of bvt.
 *
 * The bounds are the paper's and the README's; A_i is not the plug-in's own
 * virtual time but the CPU time that the simulator measured.
 */
#include "sched/kit/fair.h"

/* Its events: see bvt.c. */
enum { WARP, UNWARP };

struct warp {
    bool warped, ended_once;
    ns_t from;  /* CPU time at which this burst began to be warped */
    ns_t ended; /* when it was last unwarped */
};

struct bvt_state {
    struct kit_fair fair;
    struct warp warp[KIT_VCPUS];
    __int128 loan[KIT_VCPUS], allow[KIT_VCPUS]; /* the most there ever was */
    bool historic;    /* it is told to do as Xen's did: no rule holds */
    bool steady;      /* no parameter changes while it runs */
    bool alternating; /* two unwarped hogs, and nothing else */
    unsigned turns;
};

static __int128 at_least(__int128 *most, __int128 now)
{
    if (now > *most)
        *most = now;
    return *most;
}

/* Weights, and leads: W_i + (C + delta) / w_i. What was, may show still: a
 * waiting vCPU keeps its place until it has run. */
static void read_params(struct kit_run *r, struct bvt_state *b)
{
    ns_t c = kit_param(r, NULL, "ctx_allow") + 1 + r->sc->timer_late;
    int64_t weight;
    unsigned i;

    for (i = 0; i < r->sc->nr_vcpus; i++) {
        const struct kit_member *m = &r->member[i];

        weight = kit_param(r, m, "weight");
        if (!weight)
            weight = 256;
        kit_fair_set(
            &b->fair, i, weight,
            at_least(&b->loan[i],
                     kit_fair_units(kit_param(r, m, "warp") + 1, 256)) +
                at_least(&b->allow[i], kit_fair_units(c, weight)));
    }
}

/* Whether a fault of Xen's BVT is asked for, at any time. */
static bool asks_for_faults(const struct kit_scenario *sc)
{
    int historic = kit_param_index(sc->ops, "historic");
    unsigned i;

    for (i = 0; i < sc->nr_settings; i++)
        if ((int)sc->setting[i].param == historic && sc->setting[i].value)
            return true;
    for (i = 0; i < sc->nr_actions; i++)
        if (sc->action[i].act == KIT_SET &&
            (int)sc->action[i].param == historic && sc->action[i].value)
            return true;
    return false;
}

static void begin(struct kit_run *r, void *state)
{
    const struct kit_scenario *sc = r->sc;
    struct bvt_state *b = state;
    unsigned i;

    kit_fair_begin(r, &b->fair);
    b->historic = asks_for_faults(sc);
    for (b->steady = true, i = 0; i < sc->nr_actions; i++)
        if (sc->action[i].act == KIT_SET || sc->action[i].act == KIT_CHANGE)
            b->steady = false;
    b->alternating = sc->nr_cpus == 1 && sc->nr_vcpus == 2 && !sc->nr_actions &&
                     !sc->timer_late && b->fair.counts[0] && b->fair.counts[1];
}

/* One turn of two that alternate: C (1 + w_i / w_j). */
static void check_slice(struct kit_run *r, struct bvt_state *b,
                        const struct kit_member *m, ns_t now)
{
    const struct kit_member *other = &r->member[!m->index];
    ns_t c = kit_param(r, NULL, "ctx_allow"), slice = now - m->run_begin;
    ns_t want, error;
    int64_t w = b->fair.weight[m->index], v = b->fair.weight[other->index];

    if (kit_param(r, m, "warp") || kit_param(r, other, "warp") ||
        b->turns++ < 2)
        return;
    want = (ns_t)((__int128)c * (w + v) / v);
    /* Ends are whole ns, and whole units of A (1 ns at weight 256), of both. */
    error = 2 + 2 * w / 256 + w / v;
    if (slice > want + error || slice < want - error)
        kit_fail(r, "bvt-slice", "v%u ran %lld ns at a turn, instead of %lld",
                 m->index, (long long)slice, (long long)want);
}

static void check_limit(struct kit_run *r, const struct warp *w,
                        const struct kit_member *m, ns_t now)
{
    ns_t limit = kit_param(r, m, "warp_limit");
    ns_t ran = kit_ran(m, now) - w->from;

    if (w->warped && limit && !m->touched && ran > limit + r->sc->timer_late)
        kit_fail(r, "bvt-limit", "v%u ran warped for %lld ns, L is %lld",
                 m->index, (long long)ran, (long long)limit);
}

static void watch(struct kit_run *r, void *state, struct kit_member *m,
                  enum sched_state to, ns_t now)
{
    struct bvt_state *b = state;
    struct warp *w = &b->warp[m->index];
    bool stops = m->sv->v.core.state == SCHED_STATE_RUNNING;

    if (r->draining || r->changed || b->historic)
        return;
    if (!now)
        read_params(r, b);
    kit_fair_check(r, &b->fair, "bvt-bound", now);
    if (stops && b->alternating)
        check_slice(r, b, m, now);
    if (stops && b->steady)
        check_limit(r, w, m, now);
    if (to == SCHED_STATE_BLOCKED || to == SCHED_STATE_OFFLINE)
        w->from = kit_ran(m, now); /* the next burst may be a new one */
}

static void traced(struct kit_run *r, void *state, struct kit_member *m,
                   unsigned event, int64_t a)
{
    struct bvt_state *b = state;
    ns_t now = r->sim->now;
    struct warp *w;

    (void)a;
    if (!m || !b->steady || b->historic || m->touched || r->draining)
        return;
    w = &b->warp[m->index];
    if (event == WARP) {
        if (w->ended_once &&
            now - w->ended < kit_param(r, m, "unwarp") - r->sc->timer_late)
            kit_fail(r, "bvt-unwarp", "v%u is warped again after %lld ns",
                     m->index, (long long)(now - w->ended));
        w->warped = true;
        w->from = kit_ran(m, now);
    } else if (event == UNWARP) {
        w->warped = false;
        w->ended_once = true;
        w->ended = now;
    }
}

static void action(struct kit_run *r, void *state, const struct kit_action *a,
                   int result)
{
    struct bvt_state *b = state;

    (void)result;
    if (a->act != KIT_SET)
        return;
    kit_fair_update(r, &b->fair, r->sim->now);
    read_params(r, b);
}

static void end(struct kit_run *r, void *state)
{
    struct bvt_state *b = state;
    unsigned i;

    if (r->changed || b->historic)
        return;
    kit_fair_check(r, &b->fair, "bvt-bound", r->sim->now);
    for (i = 0; b->steady && i < r->sc->nr_vcpus; i++)
        check_limit(r, &b->warp[i], &r->member[i], r->sim->now);
}

/* ---- scenarios in which this shows ---- */

static int64_t some_weight(struct kit_source *from)
{
    static const int64_t usual[] = { 64, 128, 256, 256, 512, 1024 };

    if (kit_one_in(from, 3))
        return 1 + (int64_t)kit_draw(from, 2000);
    return usual[kit_draw(from, 6)];
}

static void hogs(struct kit_source *from, struct kit_scenario *sc, unsigned n)
{
    unsigned i;

    for (i = 0; i < n; i++) {
        (void)kit_more(sc, KIT_HOG, 0, MS(1));
        kit_want(sc, (int)i, "weight", some_weight(from));
    }
}

static void two_hogs(struct kit_source *from, struct kit_scenario *sc, ns_t c)
{
    int64_t w = 0, v = 0;

    hogs(from, sc, 2);
    if (sc->nr_settings == 2) {
        w = sc->setting[0].value;
        v = sc->setting[1].value;
        sc->length = c * 3 * (2 + w / v + v / w);
    }
}

static void warped_hogs(struct kit_source *from, struct kit_scenario *sc,
                        ns_t c)
{
    unsigned n = 2 + (unsigned)kit_draw(from, 3), i;

    hogs(from, sc, n);
    for (i = 0; i < n; i++) {
        if (!kit_one_in(from, 3))
            continue;
        kit_want(sc, (int)i, "warp", kit_magnitude(from, US(100), MS(20)));
        if (kit_one_in(from, 2))
            kit_want(sc, (int)i, "warp_limit",
                     kit_magnitude(from, US(50), MS(20)));
    }
    for (n = (unsigned)kit_draw(from, 3); n--;)
        (void)kit_more(sc, (enum kit_load)kit_draw(from, KIT_LOADS),
                       kit_magnitude(from, US(300), MS(10)),
                       kit_magnitude(from, US(10), MS(3)));
    sc->length = c * 100;
}

static void runaway(struct kit_source *from, struct kit_scenario *sc)
{
    ns_t limit = kit_magnitude(from, US(100), MS(8));

    hogs(from, sc, 1 + (unsigned)kit_draw(from, 3));
    kit_want(sc, 0, "warp", kit_magnitude(from, MS(50), S(1)));
    kit_want(sc, 0, "warp_limit", limit);
    kit_want(sc, 0, "unwarp", kit_magnitude(from, MS(1), MS(100)));
    sc->length = limit * 40;
}

static void change(struct kit_source *from, struct kit_scenario *sc)
{
    static const char *const names[] = { "weight", "warp", "ctx_allow" };
    unsigned n = 1 + (unsigned)kit_draw(from, 4), which, i;
    int param;

    for (i = 0; i < n; i++) {
        which = (unsigned)kit_draw(from, 3);
        param = kit_param_index(sc->ops, names[which]);
        if (param < 0)
            continue;
        sc->action[sc->nr_actions++] = (struct kit_action){
            .at = sc->length / (n + 1) * (i + 1),
            .act = KIT_SET,
            .who = which == 2 ? KIT_SYSTEM
                              : (unsigned)kit_draw(from, sc->nr_vcpus),
            .param = (unsigned)param,
            .value = which == 0 ? some_weight(from)
                                : kit_magnitude(from, US(50), MS(5))
        };
    }
}

static void family(struct kit_source *from, struct kit_scenario *sc)
{
    ns_t c = kit_magnitude(from, US(50), MS(4));

    sc->nr_cpus = 1;
    switch (kit_draw(from, 4)) {
    case 0:
        two_hogs(from, sc, c);
        break;
    case 1:
        warped_hogs(from, sc, c);
        break;
    case 2:
        runaway(from, sc);
        break;
    default:
        warped_hogs(from, sc, c);
        change(from, sc);
        break;
    }
    kit_want(sc, -1, "ctx_allow", c);
    if (kit_one_in(from, 4))
        sc->timer_late = kit_magnitude(from, 1, US(100));
    if (sc->length > S(2))
        sc->length = S(2);
}

static const struct kit_rule list[] = {
    { "bvt-bound", "A_i - A_k <= W_i + (C + delta) / w_i",
      "BVT, SOSP'99; reference 1.3" },
    { "bvt-slice", "two hogs alternate slices of C (1 + w_i / w_j)",
      "reference 1.3, closed form" },
    { "bvt-limit", "nobody runs warped for longer than L in a burst",
      "BVT, SOSP'99; reference 1.2" },
    { "bvt-unwarp", "who used up L is not warped again before U",
      "BVT, SOSP'99; reference 1.2" },
    { NULL, NULL, NULL },
};

static const struct kit_rules bvt_rules = {
    .plugin = "bvt",
    .rules = list,
    .size = sizeof(struct bvt_state),
    .family = family,
    .begin = begin,
    .watch = watch,
    .traced = traced,
    .action = action,
    .end = end,
};
KIT_RULES(bvt_rules);
