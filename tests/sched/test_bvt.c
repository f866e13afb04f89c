/*
 * test_bvt.c - BVT against its equations.
 *
 * The oracle is not the plug-in's virtual time but the CPU time that the
 * simulator measured, in whole ns, compared as exact fractions.
 */
#include "tests/sched/kit.h"

#define HOGS 8

/* ---- the bound: A_i - A_k <= W_i + (C + delta) / w_i ---- */

struct oracle {
    int64_t weight[HOGS], warp[HOGS], c;
    unsigned n;
    __int128 closest; /* to the bound, times w_i w_k 256 */
};

static void bound_watch(struct sim_vcpu *sv, enum sched_state to, ns_t now,
                        void *arg)
{
    struct oracle *o = arg;
    ns_t ran[HOGS];
    unsigned i, k;
    __int128 room;

    (void)to;
    if (sv->sim->nr_vcpus < o->n)
        return;
    for (i = 0; i < o->n; i++) {
        const struct sim_vcpu *x = sv->sim->vcpus[i];

        ran[i] = x->in[SCHED_STATE_RUNNING];
        if (x->v.core.state == SCHED_STATE_RUNNING)
            ran[i] += now - x->entered;
    }
    for (i = 0; i < o->n; i++)
        for (k = 0; k < o->n; k++) {
            /* W_i + (C + 1 ns) / w_i - (A_i - A_k), times w_i w_k */
            room = (__int128)o->warp[i] * o->weight[i] * o->weight[k] / 256 +
                   (__int128)(o->c + 1) * o->weight[k] -
                   (__int128)ran[i] * o->weight[k] +
                   (__int128)ran[k] * o->weight[i];
            assert_true(room >= -(__int128)o->weight[i] * o->weight[k]);
            if (room < o->closest)
                o->closest = room;
        }
}

static void random_bounds(void **state)
{
    uint64_t run;
    unsigned i, attained = 0;

    (void)state;
    for (run = 0; run < 400; run++) {
        struct sim *sim = kit_sim("bvt", 1, run);
        struct oracle o = { .closest = (__int128)1 << 100 };

        o.n = 2 + (unsigned)sim_below(sim, HOGS - 1);
        o.c = US(50) + (ns_t)sim_below(sim, MS(5));
        assert_int_equal(sim_set(sim, NULL, "ctx_allow", o.c), 0);
        for (i = 0; i < o.n; i++) {
            struct sim_vcpu *sv = sim_add(sim, i, sim_hog);

            o.weight[i] = 1 + (int64_t)sim_below(sim, 2000);
            if (sim_below(sim, 3) == 0)
                o.warp[i] = (int64_t)sim_below(sim, MS(20));
            assert_int_equal(sim_set(sim, sv, "weight", o.weight[i]), 0);
            assert_int_equal(sim_set(sim, sv, "warp", o.warp[i]), 0);
            assert_int_equal(sim_set(sim, sv, "warp_limit", 0), 0);
            assert_int_equal(sim_start(sv), 0);
        }
        sim->watch = bound_watch;
        sim->watch_arg = &o;
        sim_run(sim, S(1));
        attained += o.closest < (__int128)2000 * 2000;
        sim_destroy(sim);
    }
    assert_true(attained > 100); /* it is a bound that is reached */
}

/* ---- slices of C (1 + w_i / w_j) ---- */

static void closed_form_slices(void **state)
{
    static const struct {
        int64_t c, w[2];
        ns_t slice[2];
    } cases[] = {
        { MS(5), { 512, 256 }, { MS(15), US(7500) } },
        { MS(5), { 256, 256 }, { MS(10), MS(10) } },
        { US(500), { 100, 400 }, { US(625), US(2500) } },
        { MS(1), { 1, 1000 }, { US(1001), MS(1001) } },
        { US(10), { 65535, 65535 }, { US(20), US(20) } },
    };
    unsigned i;
    size_t k;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sim *sim = kit_sim("bvt", 1, 1);
        struct record r = { 0 };

        assert_int_equal(sim_set(sim, NULL, "ctx_allow", cases[i].c), 0);
        (void)kit_hog(sim, cases[i].w[0]);
        (void)kit_hog(sim, cases[i].w[1]);
        sim->watch = kit_watch;
        sim->watch_arg = &r;
        sim_run(sim, S(20));
        assert_true(r.nr > 18);
        for (k = 2; k < r.nr; k++)
            kit_near("slice", r.ran[k].to - r.ran[k].from,
                     cases[i].slice[r.ran[k].index],
                     2 + cases[i].w[r.ran[k].index] / 256);
        kit_end(&r);
        sim_destroy(sim);
    }
}

/* ---- shares ---- */

struct lead {
    int64_t lo, hi; /* of CPU time - entitled time, times all weights */
};

struct shares {
    int64_t weight[16], all;
    unsigned n;
    struct lead lead[16];
};

static void shares_watch(struct sim_vcpu *sv, enum sched_state to, ns_t now,
                         void *arg)
{
    struct shares *s = arg;
    unsigned i;

    (void)to;
    for (i = 0; i < s->n && sv->sim->nr_vcpus == s->n; i++) {
        const struct sim_vcpu *x = sv->sim->vcpus[i];
        ns_t ran = x->in[SCHED_STATE_RUNNING];
        int64_t lead;

        if (x->v.core.state == SCHED_STATE_RUNNING)
            ran += now - x->entered;
        lead = ran * s->all - now * s->weight[i];
        s->lead[i].lo = lead < s->lead[i].lo ? lead : s->lead[i].lo;
        s->lead[i].hi = lead > s->lead[i].hi ? lead : s->lead[i].hi;
    }
}

/* The error of any window's share is at most hi - lo of the lead. */
static void weights_in_every_window(void **state)
{
    struct shares s = { .weight = { 64, 256, 256, 1024 }, .n = 4, .all = 1600 };
    struct sim *sim = kit_sim("bvt", 1, 1);
    unsigned i;

    (void)state;
    for (i = 0; i < s.n; i++)
        (void)kit_hog(sim, s.weight[i]);
    sim->watch = shares_watch;
    sim->watch_arg = &s;
    sim_run(sim, S(20));
    for (i = 0; i < s.n; i++) {
        int64_t ahead = s.lead[i].hi / s.all, behind = -s.lead[i].lo / s.all;
        int64_t entitled = S(2) / s.all * s.weight[i];

        /* Ahead: never more than C. Behind: README.md, "Bounds". */
        assert_true(ahead <= US(501));
        assert_true(behind <= US(501) * 3 * s.weight[i] / s.all + 1000);
        /* In every window of 2 s each share is right to 0.7 %. */
        assert_true((ahead + behind) * 1000 <= 7 * entitled);
    }
    sim_destroy(sim);
}

static void equal_hogs(void **state)
{
    struct shares s = { .n = 16, .all = 16 };
    struct sim *sim = kit_sim("bvt", 1, 1);
    unsigned i;

    (void)state;
    for (i = 0; i < 16; i++) {
        s.weight[i] = 1;
        (void)kit_hog(sim, 0);
    }
    sim->watch = shares_watch;
    sim->watch_arg = &s;
    sim_run(sim, S(5));
    for (i = 0; i < 16; i++) /* a slice is 2 C = 1 ms */
        assert_true((s.lead[i].hi - s.lead[i].lo) / 16 <= MS(1));
    sim_destroy(sim);
}

static void weight_changes(void **state)
{
    struct sim *sim = kit_sim("bvt", 1, 1);
    struct sim_vcpu *a = kit_hog(sim, 100), *b = kit_hog(sim, 300);
    ns_t ran;

    (void)state;
    sim_run(sim, S(1));
    kit_near("1:3", sim_ran(a), MS(250), MS(1));
    assert_int_equal(sim_set(sim, a, "weight", 900), 0);
    ran = sim_ran(b);
    sim_run(sim, S(2));
    kit_near("3:1", sim_ran(b) - ran, MS(250), MS(2));
    sim_destroy(sim);
}

/* ---- warp ---- */

static void warp_is_a_loan(void **state)
{
    struct sim *sim = kit_sim("bvt", 1, 1);
    struct record r = { 0 };
    struct sim_vcpu *a = sim_add(sim, 0, sim_hog), *b;

    (void)state;
    assert_int_equal(sim_set(sim, a, "warp", MS(10)), 0);
    assert_int_equal(sim_set(sim, a, "warp_limit", 0), 0);
    assert_int_equal(sim_start(a), 0);
    b = kit_hog(sim, 0);
    sim->watch = kit_watch;
    sim->watch_arg = &r;
    sim_run(sim, S(10));
    assert_int_equal(r.ran[0].index, 0);
    assert_int_equal(r.ran[0].to - r.ran[0].from, MS(10) + US(500));
    kit_near("paid back", sim_ran(a) - sim_ran(b), 0, MS(10) + US(501));
    kit_end(&r);
    sim_destroy(sim);
}

struct bursts {
    ns_t ended; /* when it was last unwarped */
    ns_t ran;   /* CPU time when it was last warped */
    unsigned n;
};

#define LIMIT  MS(20)
#define UNWARP MS(200)

static void burst_trace(struct sim_vcpu *sv, unsigned event, int64_t a,
                        void *arg)
{
    struct bursts *b = arg;

    (void)a;
    if (event == 0) { /* warp */
        if (b->n++)
            assert_true(sv->sim->now - b->ended >= UNWARP);
        b->ran = sim_ran(sv);
    } else if (event == 1) { /* unwarp */
        b->ended = sv->sim->now;
        if (b->n) /* never more than L at a time */
            assert_int_equal(sim_ran(sv) - b->ran, LIMIT);
    }
}

static void runaway_is_confined(void **state)
{
    struct sim *sim = kit_sim("bvt", 1, 1);
    struct sim_vcpu *a = sim_add(sim, 0, sim_hog);
    struct record r = { 0 };
    struct bursts b = { 0 };
    unsigned i;

    (void)state;
    assert_int_equal(sim_set(sim, a, "warp", S(1)), 0);
    assert_int_equal(sim_set(sim, a, "warp_limit", LIMIT), 0);
    assert_int_equal(sim_set(sim, a, "unwarp", UNWARP), 0);
    assert_int_equal(sim_start(a), 0);
    for (i = 0; i < 3; i++)
        (void)kit_hog(sim, 0);
    sim->watch = kit_watch;
    sim->watch_arg = &r;
    sim_run(sim, S(1));
    /* It runs for L; then the others catch up, before it has a turn again. */
    assert_int_equal(r.ran[0].to, LIMIT);
    assert_true(kit_in(&r, 0, LIMIT, LIMIT + MS(55)) == 0);
    sim->watch = NULL;
    sim->trace = burst_trace;
    sim->watch_arg = &b;
    sim_run(sim, S(11));
    assert_true(b.n > 30 && b.n <= 50);
    kit_near("its share, all the same", sim_ran(a), S(11) / 4, LIMIT);
    kit_end(&r);
    sim_destroy(sim);
}

/* The demonstration: a sleeper with warp among 8 hogs. */
static void latency(ns_t warp, ns_t *p99, int64_t *worst_ppm)
{
    struct sim_conf conf = {
        .sched = "bvt", .nr_cpus = 1, .seed = 1, .switch_cost = US(1)
    };
    struct sim *sim = sim_create(&conf);
    struct sim_vcpu *a = kit_load(sim, sim_sporadic, MS(1), US(150));
    ns_t entitled;
    unsigned i;

    assert_int_equal(sim_set(sim, a, "warp", warp), 0);
    assert_int_equal(sim_start(a), 0);
    for (i = 0; i < 8; i++)
        (void)kit_hog(sim, 0);
    sim_run(sim, S(5));
    *p99 = sim_latency(a, 990);
    entitled = (S(5) - sim_ran(a)) / 8;
    for (*worst_ppm = 0, i = 1; i <= 8; i++) {
        int64_t d = sim_ran(sim->vcpus[i]) - entitled;

        d = (d < 0 ? -d : d) * 1000000 / entitled;
        *worst_ppm = d > *worst_ppm ? d : *worst_ppm;
    }
    sim_destroy(sim);
}

static void warp_serves_latency(void **state)
{
    ns_t p99;
    int64_t ppm;

    (void)state;
    latency(MS(10), &p99, &ppm);
    assert_true(p99 < US(50));
    assert_true(ppm < 10000);
    latency(0, &p99, &ppm); /* the control */
    assert_true(p99 > US(400));
    assert_true(ppm < 10000);
}

/* ---- sleep ---- */

static void sleep_saves_nothing(void **state)
{
    struct sim *sim = kit_sim("bvt", 1, 1);
    struct sim_vcpu *b = kit_load(sim, sim_periodic, S(100), S(50));
    struct sim_vcpu *a = kit_hog(sim, 0);

    (void)state;
    b->st.offset = S(1);
    assert_int_equal(sim_start(b), 0);
    sim_run(sim, S(1) + MS(100));
    kit_near("half from now on", sim_ran(b), MS(50), US(501));
    /* A pause is not its wish: it catches up. */
    sim_pause(b);
    sim_run(sim, S(1) + MS(200));
    assert_true(sim_ran(b) < MS(52));
    sim_unpause(b);
    sim_run(sim, S(1) + MS(400));
    kit_near("caught up", sim_ran(b), MS(200), US(501));
    kit_near("the hog", sim_ran(a), S(1) + MS(200), US(501));
    sim_destroy(sim);
}

static void yield_gives_c(void **state)
{
    struct sim *sim = kit_sim("bvt", 1, 1);
    struct record r = kit_beside_hog(sim, sim_yielder, 0, US(10), MS(100));
    size_t i;

    (void)state;
    for (i = 0; i < r.nr; i++)
        kit_near("turn", r.ran[i].to - r.ran[i].from,
                 r.ran[i].index ? US(500) : US(10), US(10));
    kit_end(&r);
    sim_destroy(sim);
}

/* Virtual time goes round its circle; nobody notices. */
static void wrap_around(void **state)
{
    struct sim *sim = kit_sim("bvt", 1, 1);
    struct sim_vcpu *a = kit_hog(sim, 1), *b, *c;
    const struct sched_ops *ops = sched_ops_of(sim->sched);

    (void)state;
    sim_run(sim, MS(1));
    ops->charge(&a->v, (ns_t)1 << 54, sim->now); /* half a year each */
    ops->charge(&a->v, ((ns_t)1 << 54) - MS(100), sim->now);
    assert_true(kit_view(a, "avt") > 0);
    b = kit_hog(sim, 1);
    c = kit_load(sim, sim_periodic, MS(10), US(100));
    assert_int_equal(sim_set(sim, c, "warp", MS(1)), 0);
    assert_int_equal(sim_start(c), 0);
    sim_run(sim, S(2));
    assert_true(kit_view(a, "avt") < 0);
    kit_near("equal", sim_ran(a) - sim_ran(b), 0, MS(2));
    assert_true(c->st.jobs > 190 && !c->st.misses);
    sim_destroy(sim);
}

/* Migration keeps the lead over SVT, and charges M. */
static void migration(void **state)
{
    struct sim *sim = kit_sim("bvt", 2, 1);
    struct sim_vcpu *a = kit_hog(sim, 0), *b = kit_hog(sim, 0);
    int64_t avt;

    (void)state;
    sim_pin(a, 1);
    sim_pin(b, 2);
    sim_run(sim, S(1));
    assert_int_equal(sim_set(sim, NULL, "migrate", MS(3)), 0);
    sim_pin(a, 2);
    sim_run(sim, S(1) + US(1));
    avt = kit_view(a, "avt") - kit_view(b, "avt");
    kit_near("M ahead", avt, MS(3), US(2));
    sim_destroy(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_bounds),
        cmocka_unit_test(closed_form_slices),
        cmocka_unit_test(weights_in_every_window),
        cmocka_unit_test(equal_hogs),
        cmocka_unit_test(weight_changes),
        cmocka_unit_test(warp_is_a_loan),
        cmocka_unit_test(runaway_is_confined),
        cmocka_unit_test(warp_serves_latency),
        cmocka_unit_test(sleep_saves_nothing),
        cmocka_unit_test(yield_gives_c),
        cmocka_unit_test(wrap_around),
        cmocka_unit_test(migration),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
