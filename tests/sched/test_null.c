/*
 * test_null.c - null: one vCPU, one CPU; who goes makes room for who waits.
 */
#include "tests/sched/kit.h"

/* Where each vCPU ran; at most 8 of them. */
static void where(struct sim_vcpu *sv, enum sched_state to, ns_t now, void *arg)
{
    uint64_t *cpus = arg;

    (void)now;
    if (to == SCHED_STATE_RUNNING)
        cpus[sv->index] |= (uint64_t)1 << sv->v.cpu;
}

static void prefer(struct sim_vcpu *sv, uint64_t hard, uint64_t soft)
{
    struct cpuset h = { .word = { hard } }, s = { .word = { soft } };

    assert_int_equal(sched_set_affinity(&sv->v, &h, &s, sv->sim->now), 0);
}

/* Sleepers and a hog: each stays where it is, and wakes up at once. */
static void one_to_one(void **state)
{
    struct sim *sim = kit_sim("null", 6, 1); /* two too many */
    uint64_t cpus[8] = { 0 }, all = 0;
    struct sim_vcpu *sv;
    unsigned i;

    (void)state;
    sim->watch = where;
    sim->watch_arg = cpus;
    (void)kit_hog(sim, 0);
    for (i = 1; i < 4; i++) {
        sv = kit_load(sim, sim_sporadic, US(900), US(100 * i));
        assert_int_equal(sim_start(sv), 0);
    }
    sim_run(sim, S(2));
    for (i = 0; i < 4; i++) {
        assert_int_equal(cpus[i],
                         (uint64_t)1 << kit_view(sim->vcpus[i], "cpu"));
        all |= cpus[i];
        assert_int_equal(sim->vcpus[i]->latency_max, 0);
    }
    assert_int_equal(__builtin_popcountll(all), 4);
    assert_int_equal(sim_ran(sim->vcpus[0]), S(2));
    sim_destroy(sim);
}

/* One too many has nothing, until a CPU is free: then all of that. */
static void waits_for_a_vcpu_to_go(void **state)
{
    struct sim *sim = kit_sim("null", 2, 1);
    struct sim_vcpu *a = kit_load(sim, sim_periodic, MS(10), MS(1)), *b, *c;

    (void)state;
    assert_int_equal(sim_start(a), 0);
    b = kit_hog(sim, 0);
    c = kit_hog(sim, 0);
    sim_run(sim, S(1));
    assert_int_equal(sim_ran(c), 0); /* though a sleeps most of the time */
    assert_int_equal(kit_view(c, "cpu"), -1);
    assert_int_equal(sim_ran(b), S(1));
    sim_run(sim, S(1) + MS(5));
    assert_true(sched_blocked(&a->v));
    sim_pause(a);
    sim_leave(a);
    sim_run(sim, S(2));
    assert_int_equal(sim_ran(c), S(1) - MS(5));
    sim_destroy(sim);
}

/* A CPU goes: its owner takes a free one, or waits. It comes again. */
static void cpus_come_and_go(void **state)
{
    struct sim *sim = kit_sim("null", 3, 1);
    struct sim_vcpu *a = kit_hog(sim, 0), *b = kit_hog(sim, 0);
    ns_t ran;

    (void)state;
    sim_run(sim, S(1));
    assert_int_equal(kit_view(a, "cpu"), 0);
    assert_int_equal(sched_cpu_drain(0, sim->now), 0);
    sim_run(sim, S(2));
    assert_int_equal(kit_view(a, "cpu"), 2);
    assert_int_equal(sim_ran(a), S(2));
    assert_int_equal(sched_cpu_drain(1, sim->now), 0);
    sim_run(sim, S(3));
    assert_int_equal(kit_view(b, "cpu"), -1);
    assert_int_equal(sim_ran(a), S(3));
    ran = sim_ran(b);
    assert_int_equal(ran, S(2));
    assert_int_equal(sched_cpu_down(1, sim->now), 0);
    assert_int_equal(sched_cpu_up(sim->sched, 1, sim->now), 0);
    sim_run(sim, S(4));
    assert_int_equal(kit_view(b, "cpu"), 1);
    assert_int_equal(sim_ran(b) - ran, S(1));
    sim_destroy(sim);
}

static void affinity(void **state)
{
    struct sim *sim = kit_sim("null", 4, 1);
    struct sim_vcpu *a = sim_add(sim, 0, sim_hog),
                    *b = sim_add(sim, 1, sim_hog);
    struct sim_vcpu *c = sim_add(sim, 2, sim_hog), *d;

    (void)state;
    prefer(a, 15, 8); /* it wants 3 */
    prefer(b, 7, 12); /* and would like that too, or 2 */
    prefer(c, 8, 0);  /* but this one can have no other */
    assert_int_equal(sim_start(a), 0);
    assert_int_equal(sim_start(b), 0);
    assert_int_equal(sim_start(c), 0);
    sim_run(sim, S(1));
    assert_int_equal(kit_view(a, "cpu"), 3);
    assert_int_equal(kit_view(b, "cpu"), 2);
    assert_int_equal(kit_view(c, "cpu"), -1);
    /* a has to leave: c comes. */
    prefer(a, 1, 0);
    sim_run(sim, S(2));
    assert_int_equal(kit_view(a, "cpu"), 0);
    assert_int_equal(kit_view(c, "cpu"), 3);
    assert_int_equal(sim_ran(c), S(1));
    /* d may use b's only, then any: an idle one takes it. */
    d = sim_add(sim, 3, sim_hog);
    prefer(d, 4, 0);
    assert_int_equal(sim_start(d), 0);
    sim_run(sim, S(3));
    assert_int_equal(sim_ran(d), 0);
    prefer(d, 15, 0);
    sim_run(sim, S(4));
    assert_int_equal(kit_view(d, "cpu"), 1);
    assert_int_equal(sim_ran(d), S(1));
    assert_int_equal(sim_ran(b), S(4));
    sim_destroy(sim);
}

/* A sleeper gives its CPU up when it wakes up elsewhere. */
static void a_sleeper_moves(void **state)
{
    struct sim *sim = kit_sim("null", 2, 1);
    struct sim_vcpu *a = kit_load(sim, sim_periodic, MS(10), MS(1)), *b;

    (void)state;
    assert_int_equal(sim_start(a), 0);
    b = sim_add(sim, 1, sim_hog);
    sim_pin(b, 1);
    assert_int_equal(sim_start(b), 0);
    sim_run(sim, MS(5));
    assert_true(sched_blocked(&a->v));
    assert_int_equal(sim_ran(b), 0);
    sim_pin(a, 2);
    sim_run(sim, MS(30));
    assert_int_equal(kit_view(a, "cpu"), 1);
    assert_int_equal(sim_ran(b), MS(20)); /* since a woke up, at 10 ms */
    sim_destroy(sim);
}

/* Who is paused has no need of its CPU; who comes back takes what is free. */
static void paused(void **state)
{
    struct sim *sim = kit_sim("null", 2, 1);
    struct sim_vcpu *a = kit_hog(sim, 0), *b = kit_hog(sim, 0), *c;

    (void)state;
    sim_run(sim, S(1));
    sim_pause(a);
    sim_run(sim, S(2));
    assert_int_equal(kit_view(a, "cpu"), 0); /* nobody asked for it */
    sim_unpause(a);
    sim_run(sim, S(3));
    assert_int_equal(sim_ran(a), S(2));
    c = kit_hog(sim, 0);
    sim_run(sim, S(4));
    assert_int_equal(sim_ran(c), 0);
    sim_pause(a);
    sim_run(sim, S(5));
    assert_int_equal(sim_ran(c), S(1));
    assert_int_equal(kit_view(c, "cpu"), 0);
    sim_unpause(a);
    sim_run(sim, S(6));
    assert_int_equal(sim_ran(a), S(3));
    assert_int_equal(sim_ran(c), S(2));
    sim_pause(b); /* a comes for its CPU */
    sim_run(sim, S(7));
    assert_int_equal(sim_ran(a), S(4));
    sim_destroy(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_to_one),
        cmocka_unit_test(waits_for_a_vcpu_to_go),
        cmocka_unit_test(cpus_come_and_go),
        cmocka_unit_test(affinity),
        cmocka_unit_test(a_sleeper_moves),
        cmocka_unit_test(paused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
