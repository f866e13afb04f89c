/*
 * test_credit2.c - Credit2: shares, caps, rate limit, runqueues and balance.
 */
#include "tests/sched/kit.h"

#define PERIOD      MS(10)
#define EVENT_RESET 7

static void set(struct sim *sim, const char *name, int64_t value)
{
    assert_int_equal(sim_set(sim, NULL, name, value), 0);
}

/* ---- shares ---- */

static void shares(void **state)
{
    static const int64_t weight[] = { 64, 256, 256, 1024 };
    struct sim *sim = kit_sim("credit2", 1, 1);
    struct record r = { 0 };
    unsigned i;
    ns_t at;

    (void)state;
    for (i = 0; i < 4; i++)
        (void)kit_hog(sim, weight[i]);
    sim->watch = kit_watch;
    sim->watch_arg = &r;
    sim_run(sim, S(20));
    for (i = 0; i < 4; i++) {
        kit_near("share", sim_ran(sim->vcpus[i]), S(20) / 1600 * weight[i],
                 MS(10));
        for (at = 0; at < S(18); at += MS(500)) /* in each window of 1 s */
            kit_near("window", kit_in(&r, i, at, at + S(1)),
                     S(1) / 1600 * weight[i], MS(10));
    }
    assert_int_equal(sim_idle(sim, 0), 0);
    kit_end(&r);
    sim_destroy(sim);
}

/* One runqueue of several CPUs: shares are as exact as on one. */
static void shares_of_one_runqueue(void **state)
{
    struct sim *sim = kit_sim("credit2", 3, 1);
    unsigned i;

    (void)state;
    for (i = 0; i < 8; i++)
        (void)kit_hog(sim, i < 4 ? 512 : 256);
    sim_run(sim, S(20));
    for (i = 0; i < 8; i++)
        kit_near("share", sim_ran(sim->vcpus[i]), S(60) / 12 * (i < 4 ? 2 : 1),
                 MS(15));
    sim_destroy(sim);
}

/* Nobody can use more than a CPU; the others share the rest. */
static void too_much_weight(void **state)
{
    struct sim *sim = kit_sim("credit2", 2, 1);
    unsigned i;

    (void)state;
    (void)kit_hog(sim, 65535);
    for (i = 0; i < 3; i++)
        (void)kit_hog(sim, 256);
    sim_run(sim, S(12));
    kit_near("a CPU", sim_ran(sim->vcpus[0]), S(12), MS(30));
    for (i = 1; i < 4; i++)
        kit_near("a third", sim_ran(sim->vcpus[i]), S(4), MS(30));
    sim_destroy(sim);
}

/* Credits never pass 10.5 ms, of sleepers, of those that wait or run. */
static void resets(void **state)
{
    struct sim *sim = kit_sim("credit2", 2, 1);
    struct sim_vcpu *a = kit_load(sim, sim_sporadic, MS(4), US(300));
    struct sim_vcpu *big;
    unsigned i;
    ns_t at;

    (void)state;
    set(sim, "ratelimit", MS(5));
    assert_int_equal(sim_start(a), 0);
    big = kit_hog(sim, 65535); /* always runs, and burns next to nothing */
    for (i = 0; i < 3; i++)
        (void)kit_hog(sim, 256);
    for (at = MS(1); at < S(2); at += MS(1)) {
        sim_run(sim, at);
        set(sim, "ratelimit", MS(5)); /* have all CPUs decide */
        for (i = 0; i < 5; i++)       /* a sleeper is looked at when it wakes */
            if (!sched_blocked(&sim->vcpus[i]->v))
                assert_true(kit_view(sim->vcpus[i], "credit") <= US(10500));
    }
    assert_true(kit_view(big, "credit") > 0);
    assert_true(sim->traced[EVENT_RESET] > 50);
    /* Hogs' credits burn 1 ms a ms: a reset in 10 ms of their time. */
    assert_true(sim->traced[EVENT_RESET] < 110);
    sim_destroy(sim);
}

/* What a sleeper can catch up is bounded, however long it slept. */
static void sleep_saves_little(void **state)
{
    struct sim *sim = kit_sim("credit2", 1, 1);
    struct sim_vcpu *b = kit_load(sim, sim_periodic, S(100), S(50));
    ns_t ran;

    (void)state;
    b->st.offset = S(5);
    assert_int_equal(sim_start(b), 0);
    (void)kit_hog(sim, 0);
    sim_run(sim, S(5));
    ran = sim_ran(b);
    sim_run(sim, S(6));
    kit_near("half, and what it had", sim_ran(b) - ran, MS(500), MS(12));
    sim_destroy(sim);
}

/* ---- latency ---- */

/* At worst, once hogs and sleeper have had their first credit. */
static ns_t wake_latency(ns_t ratelimit)
{
    struct sim *sim = kit_sim("credit2", 1, 1);
    struct sim_vcpu *a;
    unsigned i;
    ns_t latency;

    set(sim, "ratelimit", ratelimit);
    for (i = 0; i < 8; i++)
        (void)kit_hog(sim, 0);
    sim_run(sim, MS(300));
    a = kit_load(sim, sim_sporadic, MS(3), US(100));
    a->st.offset = MS(300);
    assert_int_equal(sim_start(a), 0);
    sim_run(sim, S(6));
    latency = sim_latency(a, 1000);
    assert_true(a->wakes > 300);
    sim_destroy(sim);
    return latency;
}

static void latency(void **state)
{
    (void)state;
    assert_int_equal(wake_latency(0), 0);
    assert_true(wake_latency(US(1000)) > US(500));
    assert_true(wake_latency(US(1000)) <= US(1000));
}

/* No run ends before the rate limit unless its vCPU wants; nor do hogs change
 * more often than that. */
static void rate_limit(void **state)
{
    static const ns_t limit[] = { US(1000), MS(4) };
    unsigned i;
    size_t k;

    (void)state;
    for (i = 0; i < 2; i++) {
        struct sim *sim = kit_sim("credit2", 1, 1);
        struct sim_vcpu *a = kit_load(sim, sim_sporadic, US(300), US(10));
        struct record r = { 0 };

        set(sim, "ratelimit", limit[i]);
        assert_int_equal(sim_start(a), 0);
        (void)kit_hog(sim, 0);
        (void)kit_hog(sim, 0);
        sim->watch = kit_watch;
        sim->watch_arg = &r;
        sim_run(sim, S(1));
        for (k = 0; k + 1 < r.nr; k++)
            if (r.ran[k].index)
                assert_true(r.ran[k].to - r.ran[k].from >= limit[i]);
        assert_true(r.nr <= (size_t)(2 * S(1) / limit[i] + 10));
        kit_end(&r);
        sim_destroy(sim);
    }
}

/* Decisions in between change nothing: neither does who runs lose its time, nor
 * does who waits wait longer. */
static void disturbed(void **state)
{
    struct sim *sim = kit_sim("credit2", 1, 1);
    struct sim_vcpu *a = kit_load(sim, sim_sporadic, MS(3), US(100));
    struct record r = { 0 };
    size_t k;
    ns_t at;

    (void)state;
    assert_int_equal(sim_start(a), 0);
    (void)kit_hog(sim, 0);
    (void)kit_hog(sim, 0);
    sim->watch = kit_watch;
    sim->watch_arg = &r;
    for (at = US(700); at < S(5); at += US(700)) {
        sim_run(sim, at);
        set(sim, "ratelimit", US(1000));
    }
    for (k = 0; k + 1 < r.nr; k++)
        if (r.ran[k].index)
            assert_true(r.ran[k].to - r.ran[k].from >= US(1000));
    assert_true(sim_latency(a, 900) <= US(1000));
    kit_end(&r);
    sim_destroy(sim);
}

/* ---- caps ---- */

/* A domain of n hogs, capped, on as many CPUs and others: in each period, all
 * of them together get the cap, and not a ns more. */
static void capped(int64_t cap, unsigned n, unsigned nr_cpus, unsigned others)
{
    struct sim *sim = kit_sim("credit2", nr_cpus, 1);
    struct record r = { 0 };
    ns_t at, got;
    unsigned i;

    for (i = 0; i < n; i++)
        (void)sim_add(sim, 0, sim_hog);
    assert_int_equal(sim_set(sim, sim->vcpus[0], "cap", cap), 0);
    for (i = 0; i < n; i++)
        assert_int_equal(sim_start(sim->vcpus[i]), 0);
    for (i = 0; i < others; i++)
        (void)sim_start(sim_add(sim, 1 + i, sim_hog));
    sim->watch = kit_watch;
    sim->watch_arg = &r;
    sim_run(sim, S(1));
    for (at = 0; at < S(1) - PERIOD; at += PERIOD) {
        for (got = 0, i = 0; i < n; i++)
            got += kit_in(&r, i, at, at + PERIOD);
        assert_true(got <= PERIOD * cap / 100);
        if (!others)
            assert_true(got >= PERIOD * cap / 100 - (ns_t)n);
    }
    /* The cap is lifted: at once it may have all that is there. */
    assert_int_equal(sim_set(sim, sim->vcpus[0], "cap", 0), 0);
    for (got = 0, i = 0; i < n; i++)
        got -= sim_ran(sim->vcpus[i]);
    sim_run(sim, S(2) + MS(7));
    for (i = 0; i < n; i++)
        got += sim_ran(sim->vcpus[i]);
    if (!others)
        assert_int_equal(got, MS(1007) * (n < nr_cpus ? n : nr_cpus));
    /* And set again. */
    assert_int_equal(sim_set(sim, sim->vcpus[0], "cap", cap), 0);
    for (got = 0, i = 0; i < n; i++)
        got -= sim_ran(sim->vcpus[i]);
    sim_run(sim, S(3) + MS(7));
    for (i = 0; i < n; i++)
        got += sim_ran(sim->vcpus[i]);
    assert_true(got <= S(1) / 100 * cap + PERIOD);
    if (!others)
        kit_near("capped again", got, S(1) / 100 * cap, 2 * PERIOD * cap / 100);
    kit_end(&r);
    sim_destroy(sim);
}

static void caps(void **state)
{
    (void)state;
    capped(25, 1, 1, 0);
    capped(1, 1, 1, 0);
    capped(10, 1, 1, 2);
    capped(50, 2, 2, 0);
    capped(150, 3, 4, 0);
    capped(30, 4, 2, 3);
}

/* 400 us of work, 300 us after each period began. */
static struct sim_act late_riser(struct sim_vcpu *sv, ns_t now)
{
    if (sv->st.phase++ % 2)
        return (struct sim_act){ SIM_COMPUTE, US(400), NULL };
    return (struct sim_act){ SIM_SLEEP, now - now % PERIOD + PERIOD + US(300),
                             NULL };
}

/* What a sibling does not use of its part goes to those that work, though they
 * have been parked meanwhile. */
static void a_cap_is_shared(void **state)
{
    struct sim *sim = kit_sim("credit2", 3, 1);
    ns_t ran = 0;
    unsigned i;

    (void)state;
    for (i = 0; i < 3; i++)
        (void)sim_add(sim, 0, i ? sim_hog : late_riser);
    assert_int_equal(sim_set(sim, sim->vcpus[0], "cap", 15), 0);
    for (i = 0; i < 3; i++)
        assert_int_equal(sim_start(sim->vcpus[i]), 0);
    sim_run(sim, S(2));
    for (i = 0; i < 3; i++)
        ran += sim_ran(sim->vcpus[i]);
    assert_true(ran <= MS(300));
    assert_true(ran >= MS(295));
    sim_destroy(sim);
}

/* Sleeps until shortly before a period ends, then computes. */
static struct sim_act one_job(struct sim_vcpu *sv, ns_t now)
{
    (void)now;
    if (sv->st.phase++ == 0)
        return (struct sim_act){ SIM_SLEEP, US(9500), NULL };
    return (struct sim_act){ SIM_COMPUTE, S(100), NULL };
}

/* A period's budget is gone with it. */
static void budget_ends_with_its_period(void **state)
{
    struct sim *sim = kit_sim("credit2", 1, 1);
    struct sim_vcpu *a = sim_add(sim, 0, one_job);
    struct record r = { 0 };

    (void)state;
    assert_int_equal(sim_set(sim, a, "cap", 25), 0);
    assert_int_equal(sim_start(a), 0);
    sim->watch = kit_watch;
    sim->watch_arg = &r;
    sim_run(sim, MS(100));
    assert_int_equal(kit_in(&r, 0, 0, PERIOD), US(500));
    assert_int_equal(kit_in(&r, 0, PERIOD, 2 * PERIOD), US(2500));
    kit_end(&r);
    sim_destroy(sim);
}

/* The timer is late each time: the overrun comes off the next budget. */
static void overrun(void **state)
{
    struct sim_conf conf = {
        .sched = "credit2", .nr_cpus = 1, .seed = 1, .timer_late = US(30)
    };
    struct sim *sim = sim_create(&conf);
    struct sim_vcpu *a = sim_add(sim, 0, sim_hog);

    (void)state;
    assert_int_equal(sim_set(sim, a, "cap", 20), 0);
    assert_int_equal(sim_start(a), 0);
    sim_run(sim, S(2));
    kit_near("on average exact", sim_ran(a), MS(400), MS(2));
    sim_destroy(sim);
}

/* ---- runqueues ---- */

/* All in one runqueue of four, then free to go: loads become equal. */
static void balance(void **state)
{
    struct sim *sim = kit_sim("credit2", 4, 1);
    ns_t before[12];
    unsigned i;

    (void)state;
    set(sim, "runqueue", 1);
    for (i = 0; i < 12; i++) {
        (void)kit_hog(sim, 0);
        sim_pin(sim->vcpus[i], i < 9 ? 1 : 1u << (i - 8));
    }
    sim_run(sim, S(2));
    for (i = 0; i < 9; i++)
        sim_pin(sim->vcpus[i], 15);
    sim_run(sim, S(5));
    for (i = 0; i < 12; i++)
        before[i] = sim_ran(sim->vcpus[i]);
    sim_run(sim, S(15));
    for (i = 0; i < 12; i++) /* three on each CPU */
        kit_near("a third of a CPU", sim_ran(sim->vcpus[i]) - before[i],
                 S(10) / 3, MS(100));
    sim_destroy(sim);
}

/* Arranged anew while it runs: from two runqueues to one, where five hogs of
 * equal weight share two CPUs equally, which two queues cannot. */
static void rearranged(void **state)
{
    struct sim *sim = kit_sim("credit2", 2, 1);
    ns_t before[5], least = FOREVER, most = 0;
    int64_t credit[5];
    unsigned i;

    (void)state;
    set(sim, "runqueue", 1);
    for (i = 0; i < 5; i++)
        (void)kit_hog(sim, 0);
    sim_run(sim, S(5));
    for (i = 0; i < 5; i++) {
        before[i] = sim_ran(sim->vcpus[i]);
        least = before[i] < least ? before[i] : least;
        most = before[i] > most ? before[i] : most;
    }
    assert_true(most - least > MS(500));
    assert_int_equal(kit_view(sim->vcpus[0], "runqueue") +
                         kit_view(sim->vcpus[1], "runqueue"),
                     1);
    for (i = 0; i < 5; i++)
        credit[i] = kit_view(sim->vcpus[i], "credit");
    set(sim, "runqueue", 2);
    for (i = 0; i < 5; i++)
        assert_int_equal(kit_view(sim->vcpus[i], "credit"), credit[i]);
    sim_run(sim, S(10));
    for (i = 0; i < 5; i++) {
        kit_near("equal", sim_ran(sim->vcpus[i]) - before[i], S(2), MS(15));
        assert_int_equal(kit_view(sim->vcpus[i], "runqueue"), 0);
    }
    sim_destroy(sim);
}

/* Where a waker goes: an idle CPU that it prefers, else an idle one. */
static void soft_affinity(void **state)
{
    struct cpuset all = { .word = { 15 } }, soft = { .word = { 12 } };
    struct sim *sim = kit_sim("credit2", 4, 1);
    struct sim_vcpu *a = kit_load(sim, sim_periodic, MS(5), MS(1)), *b;

    (void)state;
    assert_int_equal(sched_set_affinity(&a->v, &all, &soft, 0), 0);
    assert_int_equal(sim_start(a), 0);
    sim_run(sim, S(1));
    assert_true(a->v.cpu >= 2);
    b = kit_hog(sim, 0);
    sim_pin(b, 4);
    sim_run(sim, S(2));
    assert_int_equal(a->v.cpu, 3);
    b = kit_hog(sim, 0);
    sim_pin(b, 8);
    sim_run(sim, S(3));
    assert_true(a->v.cpu < 2); /* rather than displace one */
    assert_int_equal(a->latency_max, 0);
    kit_near("all of it", sim_ran(b), S(1), MS(1)); /* a had it just then */
    sim_destroy(sim);
}

static void yield(void **state)
{
    struct sim *sim = kit_sim("credit2", 1, 1);
    struct record r = kit_beside_hog(sim, sim_yielder, 0, US(10), MS(500));
    size_t i;

    (void)state;
    assert_true(r.nr > 50);
    for (i = 0; i < r.nr; i++)
        assert_true(r.ran[i].to - r.ran[i].from <=
                    (r.ran[i].index ? MS(10) : US(10)));
    kit_end(&r);
    sim_destroy(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares),
        cmocka_unit_test(shares_of_one_runqueue),
        cmocka_unit_test(too_much_weight),
        cmocka_unit_test(resets),
        cmocka_unit_test(sleep_saves_little),
        cmocka_unit_test(latency),
        cmocka_unit_test(rate_limit),
        cmocka_unit_test(caps),
        cmocka_unit_test(a_cap_is_shared),
        cmocka_unit_test(overrun),
        cmocka_unit_test(budget_ends_with_its_period),
        cmocka_unit_test(disturbed),
        cmocka_unit_test(balance),
        cmocka_unit_test(rearranged),
        cmocka_unit_test(soft_affinity),
        cmocka_unit_test(yield),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
