/*
 * test_tableau.c - what tableau promises, in the simulator. No part of the
 * plug-in: make plugin-test DIR=experiments/e7-density/tableau
 */
#include "tests/sched/kit.h"

#define LENGTH MS(20)
#define ENOSPC 28

static int slot_set(struct sim_vcpu *sv, ns_t slot)
{
    struct sched *s = sv->sim->sched;
    struct sched_setting set = { sched_param_find(sched_ops_of(s), "slot"),
                                 slot };

    return sched_param_set(s, sv->v.cold.domain, &sv->v, &set, 1, sv->sim->now);
}

/* A hog with its own time in each table. */
static struct sim_vcpu *owner(struct sim *sim, ns_t slot)
{
    struct sim_vcpu *sv = sim_add(sim, sim->nr_vcpus, sim_hog);

    assert_int_equal(slot_set(sv, slot), 0);
    assert_int_equal(sim_start(sv), 0);
    return sv;
}

/* Two with places and two without: in each table each of the two has its time,
 * to the nanosecond and at the same place, and the others have the rest. */
static void test_places(void **state)
{
    struct sim *sim = kit_sim("tableau", 1, 1);
    struct record r = { 0 };
    ns_t at;

    (void)state;
    sim->watch = kit_watch;
    sim->watch_arg = &r;
    owner(sim, MS(3));
    owner(sim, MS(5));
    kit_hog(sim, 0);
    kit_hog(sim, 0);
    sim_run(sim, S(2));
    assert_null(sim->breach);
    for (at = LENGTH; at + LENGTH < S(2); at += LENGTH) {
        assert_int_equal(kit_in(&r, 0, at, at + MS(3)), MS(3));
        assert_int_equal(kit_in(&r, 1, at + MS(3), at + MS(8)), MS(5));
        kit_near(
            "all",
            kit_in(&r, 0, at, at + LENGTH) + kit_in(&r, 1, at, at + LENGTH) +
                kit_in(&r, 2, at, at + LENGTH) + kit_in(&r, 3, at, at + LENGTH),
            LENGTH, 0);
    }
    kit_near("rest", sim_ran(sim->vcpus[2]), sim_ran(sim->vcpus[3]), MS(10));
    kit_end(&r);
    sim_destroy(sim);
}

/* One that sleeps half of its time leaves it to who waits, and has it at once
 * when it wakes in it. */
static void test_left_time(void **state)
{
    struct sim *sim = kit_sim("tableau", 1, 1);
    struct sim_vcpu *sleeper = sim_add(sim, 0, sim_on_off), *hog;

    (void)state;
    sleeper->st.period = MS(7);
    sleeper->st.cost = MS(3);
    assert_int_equal(slot_set(sleeper, LENGTH), 0);
    assert_int_equal(sim_start(sleeper), 0);
    hog = kit_hog(sim, 0);
    sim_run(sim, S(2));
    assert_null(sim->breach);
    assert_true(sim_ran(sleeper) > MS(500) && sim_ran(hog) > MS(500));
    kit_near("no time is lost", sim_ran(sleeper) + sim_ran(hog), S(2), 0);
    sim_destroy(sim);
}

/* What has no room is refused, and those who are there keep their places. */
static void test_room(void **state)
{
    struct sim *sim = kit_sim("tableau", 1, 1);
    struct sim_vcpu *a = owner(sim, MS(12)), *b = owner(sim, MS(8)), *c;

    (void)state;
    assert_int_equal(slot_set(b, MS(8) + 1), -ENOSPC);
    assert_int_equal(kit_view(b, "slot"), MS(8));
    c = sim_add(sim, 2, sim_hog);
    assert_int_equal(slot_set(c, MS(1)), 0);
    assert_int_equal(sim_start(c), -ENOSPC);
    assert_int_equal(slot_set(a, MS(11)), 0);
    assert_int_equal(sim_start(c), 0);
    assert_int_equal(kit_view(c, "home"), 0);
    sim_run(sim, S(2));
    assert_null(sim->breach);
    kit_near("a", sim_ran(a), MS(1100), LENGTH);
    kit_near("b", sim_ran(b), MS(800), LENGTH);
    kit_near("c", sim_ran(c), MS(100), LENGTH);
    sim_destroy(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_left_time),
        cmocka_unit_test(test_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
