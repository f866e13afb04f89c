/*
 * test_fbvt.c - Fair BVT: BVT's shares, and the head start of sleepers.
 */
#include "tests/sched/kit.h"

#define C US(500)

/* Slices of C (1 + w_i / w_j), as in BVT. */
static void slices(void **state)
{
    struct sim *sim = kit_sim("fbvt", 1, 1);
    struct record r = { 0 };
    size_t k;
    ns_t at;

    (void)state;
    assert_int_equal(sim_set(sim, NULL, "ctx_allow", MS(5)), 0);
    (void)kit_hog(sim, 512);
    (void)kit_hog(sim, 256);
    sim->watch = kit_watch;
    sim->watch_arg = &r;
    for (at = 0; at < S(5); at += US(730)) { /* decisions in between change */
        sim_run(sim, at);                    /* nothing */
        assert_int_equal(sim_set(sim, NULL, "head_start", MS(10)), 0);
    }
    assert_true(r.nr > 100);
    for (k = 2; k < r.nr; k++)
        kit_near("slice", r.ran[k].to - r.ran[k].from,
                 r.ran[k].index ? US(7500) : MS(15), 4);
    kit_end(&r);
    sim_destroy(sim);
}

static void shares(void **state)
{
    static const int64_t weight[] = { 64, 256, 256, 1024 };
    struct sim *sim = kit_sim("fbvt", 1, 1);
    struct record r = { 0 };
    unsigned i;
    ns_t at;

    (void)state;
    for (i = 0; i < 4; i++)
        (void)kit_hog(sim, weight[i]);
    sim->watch = kit_watch;
    sim->watch_arg = &r;
    sim_run(sim, S(5));
    for (i = 0; i < 4; i++) /* in each window: BVT's bound */
        for (at = 0; at < S(4); at += MS(77))
            kit_near("share", kit_in(&r, i, at, at + S(1)),
                     S(1) / 1600 * weight[i],
                     (C + 1000) * (1600 + 2 * weight[i]) / 1600);
    kit_end(&r);
    sim_destroy(sim);
}

/* Sleeps for st.period, then computes for good. */
static struct sim_act sleeper(struct sim_vcpu *sv, ns_t now)
{
    if (sv->st.phase++ == 0)
        return (struct sim_act){ SIM_SLEEP, now + sv->st.period, NULL };
    return (struct sim_act){ SIM_COMPUTE, S(100), NULL };
}

/* How long it then runs at first, beside a hog: its head start, and C. */
static ns_t first_run(ns_t slept, int64_t weight, ns_t most, int64_t share)
{
    struct sim *sim = kit_sim("fbvt", 1, 1);
    struct sim_vcpu *a = kit_load(sim, sleeper, slept, 0);
    struct record r = { 0 };
    ns_t ran = 0;
    size_t k;

    assert_int_equal(sim_set(sim, NULL, "head_start", most), 0);
    assert_int_equal(sim_set(sim, NULL, "sleep_share", share), 0);
    assert_int_equal(sim_set(sim, a, "weight", weight), 0);
    assert_int_equal(sim_start(a), 0);
    (void)kit_hog(sim, 0);
    sim->watch = kit_watch;
    sim->watch_arg = &r;
    sim_run(sim, S(2));
    for (k = 0; k < r.nr && !ran; k++)
        if (r.ran[k].index == 0 && r.ran[k].from >= slept) {
            ran = r.ran[k].to - r.ran[k].from;
            /* it has the CPU at once, if it has a head start */
            assert_true(!most || !share || r.ran[k].from == slept);
        }
    kit_end(&r);
    sim_destroy(sim);
    return ran;
}

static void head_start(void **state)
{
    (void)state;
    assert_int_equal(first_run(MS(4), 256, MS(10), 50), MS(2) + C);
    assert_int_equal(first_run(US(200), 256, MS(10), 50), US(100) + C);
    assert_int_equal(first_run(MS(8), 256, MS(10), 50), MS(4) + C);
    assert_int_equal(first_run(MS(30), 256, MS(10), 50), MS(10) + C);
    assert_int_equal(first_run(S(1), 256, MS(10), 50), MS(10) + C);
    assert_int_equal(first_run(MS(40), 256, MS(100), 25), MS(10) + C);
    assert_int_equal(first_run(MS(30), 512, MS(10), 50), MS(20) + C);
    /* none: plain BVT, where it waits for C to be used and then has 2 C */
    assert_int_equal(first_run(MS(30), 256, 0, 50), 2 * C);
    assert_int_equal(first_run(MS(30), 256, MS(10), 0), 2 * C);
}

/* Computes for 50 ms, sleeps for 4, computes for good. */
static struct sim_act worker(struct sim_vcpu *sv, ns_t now)
{
    if (sv->st.phase++ == 1)
        return (struct sim_act){ SIM_SLEEP, now + MS(4), NULL };
    return (struct sim_act){ SIM_COMPUTE, sv->st.phase == 1 ? MS(50) : S(100),
                             NULL };
}

/* It is the last sleep that counts. */
static void each_sleep_anew(void **state)
{
    struct sim *sim = kit_sim("fbvt", 1, 1);
    struct sim_vcpu *a = kit_load(sim, worker, 0, 0);
    struct record r = { 0 };
    ns_t left = 0;
    size_t k;

    (void)state;
    assert_int_equal(sim_start(a), 0);
    (void)kit_hog(sim, 0);
    sim->watch = kit_watch;
    sim->watch_arg = &r;
    sim_run(sim, S(1));
    for (k = 0; k < r.nr; k++) {
        if (r.ran[k].index)
            continue;
        if (left && r.ran[k].from - left >= MS(4))
            break;
        left = r.ran[k].to;
    }
    assert_true(k < r.nr);
    assert_int_equal(r.ran[k].from - left, MS(4));
    assert_int_equal(r.ran[k].to - r.ran[k].from, MS(2) + C);
    kit_end(&r);
    sim_destroy(sim);
}

/* Who comes from another CPU is as far ahead here as it was there. */
static void migration(void **state)
{
    struct sim *sim = kit_sim("fbvt", 2, 1);
    struct sim_vcpu *a = kit_hog(sim, 0), *b = kit_hog(sim, 0);
    struct sim_vcpu *c = kit_hog(sim, 0);
    ns_t ran;

    (void)state;
    sim_pin(a, 1);
    sim_pin(b, 2);
    sim_pin(c, 2);
    sim_run(sim, S(1)); /* a's A is 1 s, the others' half of it */
    sim_pin(a, 2);
    ran = sim_ran(a);
    sim_run(sim, S(1) + MS(30));
    kit_near("a third", sim_ran(a) - ran, MS(10), 2 * C);
    sim_destroy(sim);
}

static void yield_gives_c(void **state)
{
    struct sim *sim = kit_sim("fbvt", 1, 1);
    struct record r = kit_beside_hog(sim, sim_yielder, 0, US(10), MS(100));
    size_t i;

    (void)state;
    assert_true(r.nr > 100);
    for (i = 0; i < r.nr; i++)
        kit_near("turn", r.ran[i].to - r.ran[i].from,
                 r.ran[i].index ? C : US(10), US(10));
    kit_end(&r);
    sim_destroy(sim);
}

/* No more than once: from the time asleep, whatever A was before. */
static void no_more_than_that(void **state)
{
    struct sim *sim = kit_sim("fbvt", 1, 1);
    struct sim_vcpu *a = kit_load(sim, sim_periodic, MS(100), MS(60));

    (void)state;
    assert_int_equal(sim_start(a), 0);
    (void)kit_hog(sim, 0);
    sim_run(sim, S(20));
    /* 60 of each 100 ms is more than its half; what it slept is little, so it
     * gets that half, and at most a head start more. */
    kit_near("half", sim_ran(a), S(10), MS(300));
    sim_destroy(sim);
}

/* One that waits for I/O half of the time, beside 3 hogs. */
static ns_t io_share(const char *sched)
{
    struct sim *sim = kit_sim(sched, 1, 1);
    struct sim_vcpu *a = kit_load(sim, sim_on_off, MS(2), MS(1));
    ns_t ran;
    unsigned i;

    assert_int_equal(sim_start(a), 0);
    for (i = 0; i < 3; i++)
        (void)kit_hog(sim, 0);
    sim_run(sim, S(20));
    ran = sim_ran(a);
    sim_destroy(sim);
    return ran;
}

static void fair_to_io(void **state)
{
    ns_t bvt = io_share("bvt"), fbvt = io_share("fbvt");

    (void)state;
    assert_true(fbvt > bvt * 13 / 10);
    assert_true(fbvt <= S(5) + MS(100)); /* never beyond its quarter */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices),     cmocka_unit_test(shares),
        cmocka_unit_test(head_start), cmocka_unit_test(no_more_than_that),
        cmocka_unit_test(fair_to_io), cmocka_unit_test(each_sleep_anew),
        cmocka_unit_test(migration),  cmocka_unit_test(yield_gives_c),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
