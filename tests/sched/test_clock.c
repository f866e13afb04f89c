/*
 * test_clock.c - readings of the clock that had to wait for a lock: no time is
 * charged twice, none is negative, and under one lock it never goes back. The
 * readings are those of a run that is followed (sim_follow()).
 */
#include "sched/sim/sim_private.h"
#include "tests/sched/kit.h"

/* rr, with an account: what each vCPU was charged. */
static struct {
    struct sched_ops ops;
    ns_t latest;        /* reading that the plug-in was given */
    unsigned went_back; /* how often the next one was older */
} spy;

static void spy_charge(struct sched_vcpu *v, ns_t ran, ns_t now)
{
    assert_true(ran >= 0);
    *(ns_t *)v->priv += ran;
    spy.went_back += now < spy.latest;
    spy.latest = now;
}

static struct sim *begin(unsigned flags)
{
    struct sim *sim;

    spy.latest = 0;
    spy.went_back = 0;
    if (!spy.ops.name) {
        spy.ops = *sched_find("rr");
        spy.ops.name = "spy";
        spy.ops.vcpu_size = sizeof(ns_t);
        spy.ops.charge = spy_charge;
        assert_int_equal(sched_register(&spy.ops), 0);
    }
    spy.ops.flags = flags;
    sim = kit_sim("spy", 2, 1);
    sim_run(sim, 0); /* the CPUs are up, and idle */
    return sim;
}

static void all_is_charged_once(struct sim *sim)
{
    unsigned i;

    for (i = 0; i < sim->nr_vcpus; i++)
        sim_pause(sim->vcpus[i]);
    sim_run(sim, sim->now + 1);
    for (i = 0; i < sim->nr_vcpus; i++)
        assert_int_equal(*(ns_t *)sim->vcpus[i]->v.priv,
                         sim_ran(sim->vcpus[i]));
    sim_destroy(sim);
}

/* CPU 1 reads the clock at 5 ms, waits, and takes at 12 ms one that ran on CPU
 * 0 until 10 ms: from then on it runs here. */
static struct sim *taken_late(void)
{
    struct sim *sim = begin(0);
    struct sim_vcpu *x;

    sim_follow(&sim->cpus[1].decided, 0, 0);
    sim_follow(&sim->cpus[1].decided, MS(5), MS(12));
    sim_follow(&sim->cpus[1].fired, MS(40), MS(40));
    (void)kit_hog(sim, 0);
    x = kit_load(sim, sim_periodic, S(1), MS(5));
    assert_int_equal(sim_start(x), 0);
    (void)kit_hog(sim, 0);
    sim_run(sim, MS(12) - 1);
    assert_int_equal(sim->vcpus[0]->v.core.state, SCHED_STATE_RUNNABLE);
    sim_run(sim, MS(12));
    assert_int_equal(sim->vcpus[0]->v.cpu, 1);
    assert_int_equal(sim->vcpus[0]->v.core.state, SCHED_STATE_RUNNING);
    assert_int_equal(sim_ran(sim->vcpus[0]), MS(12));
    return sim;
}

static void what_is_taken_late_is_charged_once(void **state)
{
    struct sim *sim = taken_late();

    (void)state;
    sim_run(sim, MS(60));
    all_is_charged_once(sim);
}

/* ... and its CPU decides again by a reading of before that. */
static void no_time_is_negative(void **state)
{
    struct sim *sim = taken_late();

    (void)state;
    sim_host_cpu(1);
    assert_ptr_equal(sched_schedule(1, MS(8)), &sim->vcpus[0]->v);
    sched_scheduled(1);
    sim_run(sim, MS(60));
    all_is_charged_once(sim);
}

/* CPU 0 reads the clock first, and has the lock last. */
static unsigned goes_back(unsigned flags)
{
    struct sim *sim = begin(flags);
    unsigned i, n;

    sim_follow(&sim->cpus[0].decided, 0, 0);
    sim_follow(&sim->cpus[0].decided, MS(13), MS(16));
    sim_follow(&sim->cpus[1].decided, 0, 0);
    sim_follow(&sim->cpus[1].decided, MS(14), MS(15));
    for (i = 0; i < 4; i++)
        (void)kit_hog(sim, 0);
    sim_run(sim, MS(19));
    n = spy.went_back;
    all_is_charged_once(sim);
    return n;
}

static void under_one_lock_the_clock_never_goes_back(void **state)
{
    (void)state;
    assert_int_equal(goes_back(0), 1); /* each CPU has its own: it may */
    assert_int_equal(goes_back(SCHED_ONE_LOCK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_late_is_charged_once),
        cmocka_unit_test(no_time_is_negative),
        cmocka_unit_test(under_one_lock_the_clock_never_goes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
