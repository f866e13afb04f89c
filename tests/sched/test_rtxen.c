/*
 * test_rtxen.c - in what the four kinds of servers differ.
 */
#include "tests/sched/kit.h"

enum { DEFERRABLE, PERIODIC, POLLING, SPORADIC };

/* A server of (period, budget) for what sleeps until `offset`, then does `cost`
 * of work each `period`; not started. */
static struct sim_vcpu *server(struct sim *sim, sim_load *load, int64_t kind,
                               ns_t period, ns_t budget)
{
    struct sim_vcpu *sv = kit_load(sim, load, MS(100), MS(1));

    assert_int_equal(sim_set(sim, sv, "period", period), 0);
    assert_int_equal(sim_set(sim, sv, "budget", budget), 0);
    assert_int_equal(sim_set(sim, sv, "server", kind), 0);
    return sv;
}

/* One whose jobs come 3 ms into a period, beside a hog in the background. */
static ns_t latency(int64_t kind)
{
    struct sim *sim = kit_sim("rtxen", 1, 1);
    struct sim_vcpu *a = server(sim, sim_periodic, kind, MS(10), MS(2));
    ns_t worst;

    a->st.offset = MS(3);
    assert_int_equal(sim_start(a), 0);
    (void)kit_hog(sim, 0);
    sim_run(sim, S(2));
    worst = sim_latency(a, 1000);
    sim_destroy(sim);
    return worst;
}

static void wakers(void **state)
{
    (void)state;
    assert_int_equal(latency(DEFERRABLE), 0);
    assert_int_equal(latency(SPORADIC), 0);
    /* Its budget of the period is gone already: it had nobody above it. */
    kit_near("periodic", latency(PERIODIC), MS(7), MS(7) / 50);
    /* It had none to begin with. */
    kit_near("polling", latency(POLLING), MS(7), MS(7) / 50);
}

/* CPU time of a hog in the background, beside a server that mostly sleeps. */
static ns_t left_over(int64_t kind)
{
    struct sim *sim = kit_sim("rtxen", 1, 1);
    struct sim_vcpu *a = server(sim, sim_periodic, kind, MS(10), MS(2)), *hog;
    ns_t ran;

    assert_int_equal(sim_start(a), 0);
    hog = kit_hog(sim, 0);
    sim_run(sim, S(2));
    ran = sim_ran(hog);
    sim_destroy(sim);
    return ran;
}

static void idling(void **state)
{
    (void)state;
    /* A job of 1 ms in each 100 ms; the periodic server idles 2 ms in each 10
     * away, but for that. */
    kit_near("deferrable", left_over(DEFERRABLE), MS(1980), MS(1));
    kit_near("polling", left_over(POLLING), MS(1980), MS(1));
    kit_near("sporadic", left_over(SPORADIC), MS(1980), MS(1));
    kit_near("periodic", left_over(PERIODIC), MS(1600), MS(2));
}

/* A first burst at the end of a period: does a second one follow at once? */
static struct sim_act late_hog(struct sim_vcpu *sv, ns_t now)
{
    (void)now;
    sv->st.phase++;
    if (sv->st.phase == 1)
        return (struct sim_act){ SIM_SLEEP, MS(98), NULL };
    return (struct sim_act){ SIM_COMPUTE, S(10), NULL };
}

static ns_t back_to_back(int64_t kind)
{
    struct sim *sim = kit_sim("rtxen", 1, 1);
    struct sim_vcpu *a = server(sim, late_hog, kind, MS(10), MS(2));
    ns_t ran;

    assert_int_equal(sim_start(a), 0);
    sim_run(sim, MS(102));
    ran = sim_ran(a);
    sim_run(sim, MS(1002));
    kit_near("budgets", sim_ran(a) - ran, MS(180), MS(1));
    sim_destroy(sim);
    return ran;
}

static void windows(void **state)
{
    (void)state;
    assert_int_equal(back_to_back(DEFERRABLE), MS(4));
    assert_int_equal(back_to_back(SPORADIC), MS(2));
    assert_int_equal(back_to_back(POLLING), MS(2));
}

/* Rate monotonic: the shorter period first, whoever asks for how much. */
static void priorities(void **state)
{
    struct sim *sim = kit_sim("rtxen", 1, 1);
    struct sim_vcpu *a = server(sim, sim_hog, DEFERRABLE, MS(10), MS(6));
    struct sim_vcpu *b = server(sim, sim_hog, DEFERRABLE, MS(20), MS(12));

    (void)state;
    assert_int_equal(sim_start(b), 0);
    assert_int_equal(sim_start(a), 0);
    (void)kit_hog(sim, 0);
    sim_run(sim, S(2));
    kit_near("first", sim_ran(a), MS(1200), MS(6));
    kit_near("second", sim_ran(b), MS(800), MS(12));
    assert_int_equal(sim_set(sim, a, "budget", MS(11)), -22);
    sim_destroy(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wakers),
        cmocka_unit_test(idling),
        cmocka_unit_test(windows),
        cmocka_unit_test(priorities),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
