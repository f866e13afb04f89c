/*
 * test_watchdog.c - the watchdog, where a plug-in may leave a CPU idle beside
 * one that waits: rtds and sedf say how long that may be (may_wait()).
 *
 * Its own patience is 0 here, so 100 ms for each vCPU and the plug-in's word
 * are all that it allows.
 */
#include "tests/sched/kit.h"

static struct sim *begin(const char *sched)
{
    struct sim *sim = kit_sim(sched, 1, 1);

    sched_set_patience(sim->sched, 0);
    return sim;
}

/* A hog with `share` of each `period`, and without extra time. */
static struct sim_vcpu *server(struct sim *sim, ns_t period, ns_t share)
{
    struct sim_vcpu *sv = sim_add(sim, sim->nr_vcpus, sim_hog);
    const struct sched_ops *ops = sched_ops_of(sim->sched);
    bool rtds = sched_param_find(ops, "budget") != NULL;
    struct sched_setting set[] = {
        { sched_param_find(ops, "period"), period },
        { sched_param_find(ops, rtds ? "budget" : "slice"), share },
        { sched_param_find(ops, rtds ? "extratime" : "extra"), 0 },
    };

    assert_int_equal(sched_param_set(sim->sched, sv->v.cold.domain,
                                     rtds ? &sv->v : NULL, set, 3, sim->now),
                     0);
    assert_int_equal(sim_start(sv), 0);
    return sv;
}

/* The plug-in loses one that waits: found within a second of its time. */
static void forgets(const char *sched, ns_t period)
{
    struct sim *sim = begin(sched);
    struct sim_vcpu *sv;
    ns_t at = S(10), most = 3 * (MS(100) + 2 * period) + S(1);
    unsigned i;

    for (i = 0; i < 3; i++)
        (void)server(sim, period, period / 10);
    sim_run(sim, at);
    assert_null(sim->breach);
    for (i = 0; i < 2; i++)
        if (!sched_is_running(&sim->vcpus[i]->v))
            break;
    sv = sim->vcpus[i];
    for (i = 0; i < SCHED_NODES; i++)
        if (sched_queued(&sv->v.node[i]))
            sched_queue_del(&sv->v.node[i]);
    sim_run(sim, at + most + period);
    assert_non_null(sim->breach);
    assert_string_equal(sim->breach, "a vCPU starves");
    assert_true(sim->now > at + MS(300));
    sim_destroy(sim);
}

static void forgotten(void **state)
{
    (void)state;
    forgets("rtds", MS(10));
    forgets("rtds", S(2));
    forgets("sedf", MS(10));
    forgets("sedf", S(2));
}

/* All of the CPU is asked for four times: each has a whole period, in turn. */
static void rtds_overload(void **state)
{
    struct sim *sim = begin("rtds");
    unsigned i;

    (void)state;
    for (i = 0; i < 4; i++)
        (void)server(sim, S(5), S(5));
    sim_run(sim, S(200));
    assert_null(sim->breach);
    sim_destroy(sim);
}

/* ... and a long period beside short ones. */
static void rtds_long_period(void **state)
{
    struct sim *sim = begin("rtds");
    struct sim_vcpu *sv;

    (void)state;
    (void)server(sim, MS(3), MS(3));
    (void)server(sim, MS(7), MS(7));
    sv = server(sim, S(9), US(10));
    sim_run(sim, S(100));
    assert_null(sim->breach);
    assert_true(sim_ran(sv) > 0);
    sim_destroy(sim);
}

static void sedf_slices(void **state)
{
    struct sim *sim = begin("sedf");

    (void)state;
    (void)server(sim, S(10), US(500));
    (void)server(sim, S(7), S(3));
    (void)kit_hog(sim, 0); /* without a promise */
    sim_run(sim, S(200));
    assert_null(sim->breach);
    sim_destroy(sim);
}

/* Nobody is booked: by weight, 33 s for the one and half a ms for the other. */
static void sedf_weights(void **state)
{
    struct sim *sim = begin("sedf");
    struct sim_vcpu *light;

    (void)state;
    (void)kit_hog(sim, 65535);
    light = kit_hog(sim, 1);
    sim_run(sim, S(200));
    assert_null(sim->breach);
    assert_true(sim_ran(light) < MS(5));
    sim_destroy(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forgotten),        cmocka_unit_test(rtds_overload),
        cmocka_unit_test(rtds_long_period), cmocka_unit_test(sedf_slices),
        cmocka_unit_test(sedf_weights),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
