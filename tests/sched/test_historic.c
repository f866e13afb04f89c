/*
 * test_historic.c - the faults of Xen's BVT, each as it was, and gone with
 * historic=0.
 */
#include "tests/sched/kit.h"

enum { ROUNDS = 1, MIXES_UNITS = 2, UNSIGNED = 4, L_PER_TURN = 8 };

static struct sim *broken(int64_t faults)
{
    struct sim *sim = kit_sim("bvt", 1, 1);

    assert_int_equal(sim_set(sim, NULL, "historic", faults), 0);
    return sim;
}

/* What 100 bursts of 10 us are charged. */
static int64_t charged(int64_t faults)
{
    struct sim *sim = broken(faults);
    struct sim_vcpu *a = kit_load(sim, sim_periodic, MS(5), US(10));
    int64_t avt;

    assert_int_equal(sim_start(a), 0);
    sim_run(sim, MS(500) - 1);
    assert_int_equal(a->st.jobs, 100);
    avt = kit_view(a, "avt");
    sim_destroy(sim);
    return avt;
}

static void rounds(void **state)
{
    (void)state;
    assert_int_equal(charged(0), 100 * US(10));
    assert_int_equal(charged(ROUNDS), 100 * US(100));
}

/* How many runs of two hogs, 2 : 1, are of C, as a whole or several of them. */
static unsigned runs_of_c(int64_t faults, unsigned *all)
{
    struct sim *sim = broken(faults);
    struct record r = { 0 };
    unsigned n = 0;
    size_t i;

    assert_int_equal(sim_set(sim, NULL, "ctx_allow", MS(5)), 0);
    (void)kit_hog(sim, 512);
    (void)kit_hog(sim, 256);
    sim->watch = kit_watch;
    sim->watch_arg = &r;
    sim_run(sim, S(5));
    for (i = 2; i < r.nr; i++)
        n += (r.ran[i].to - r.ran[i].from) % MS(5) < US(10);
    *all = (unsigned)r.nr - 2;
    /* and of the lighter one none is longer than C */
    for (i = 2; i < r.nr && faults; i++)
        assert_true(r.ran[i].index == 0 ||
                    r.ran[i].to - r.ran[i].from < MS(5) + US(10));
    kit_end(&r);
    sim_destroy(sim);
    return n;
}

static void mixes_units(void **state)
{
    unsigned all, n = runs_of_c(0, &all);

    (void)state;
    assert_true(n <= all / 2 + 1); /* 15 and 7.5 ms */
    n = runs_of_c(MIXES_UNITS, &all);
    assert_int_equal(n, all);
    assert_true(all > 500);
}

/* What a warped hog gets of the first second, beside another. */
static ns_t warped(int64_t faults)
{
    struct sim *sim = broken(faults);
    struct sim_vcpu *a = sim_add(sim, 0, sim_hog);
    ns_t ran;

    assert_int_equal(sim_set(sim, a, "warp", S(2)), 0);
    assert_int_equal(sim_start(a), 0);
    (void)kit_hog(sim, 0);
    sim_run(sim, S(1));
    ran = sim_ran(a);
    assert_null(sim->breach);
    sim_destroy(sim);
    return ran;
}

static void underflows(void **state)
{
    (void)state;
    assert_int_equal(warped(0), S(1));
    assert_true(warped(UNSIGNED) < MS(10));
}

/* What is left for a hog in 600 ms, beside one with a warp of 1 s and L of 20
 * ms that a third displaces every 5 ms. */
static ns_t left_over(int64_t faults)
{
    struct sim *sim = broken(faults);
    struct sim_vcpu *a = sim_add(sim, 0, sim_hog), *b, *c;
    ns_t ran;

    assert_int_equal(sim_set(sim, a, "warp", S(1)), 0);
    assert_int_equal(sim_set(sim, a, "warp_limit", MS(20)), 0);
    assert_int_equal(sim_start(a), 0);
    b = kit_hog(sim, 0);
    c = kit_load(sim, sim_periodic, MS(5), US(10));
    assert_int_equal(sim_set(sim, c, "warp", S(5)), 0);
    assert_int_equal(sim_start(c), 0);
    sim_run(sim, MS(600));
    ran = sim_ran(b);
    sim_destroy(sim);
    return ran;
}

static void l_per_turn(void **state)
{
    (void)state;
    assert_true(left_over(0) > MS(250));
    assert_true(left_over(L_PER_TURN) < MS(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds),
        cmocka_unit_test(mixes_units),
        cmocka_unit_test(underflows),
        cmocka_unit_test(l_per_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
