/*
 * test_credit.c - Credit: shares, caps, boost, and its known tails.
 */
#include "tests/sched/kit.h"

#define PERIOD MS(30)

static void shares(void **state)
{
    static const int64_t weight[] = { 64, 256, 256, 1024 };
    struct sim *sim = kit_sim("credit", 1, 1);
    struct sim_vcpu *sv[4];
    ns_t before[4];
    unsigned i;

    (void)state;
    for (i = 0; i < 4; i++)
        sv[i] = kit_hog(sim, weight[i]);
    sim_run(sim, S(2));
    for (i = 0; i < 4; i++)
        before[i] = sim_ran(sv[i]);
    sim_run(sim, S(22));
    for (i = 0; i < 4; i++) /* to 2 slices of 30 ms */
        kit_near("share", sim_ran(sv[i]) - before[i], S(20) / 1600 * weight[i],
                 2 * PERIOD);
    sim_destroy(sim);
}

/* What light domains do not use is given to the hogs, by weight, in each of
 * ten windows of 5 s from the first second on: no credits leak away, whether
 * accounting is late or not and although the CPU was idle before. (When they
 * leaked, all hogs came to owe and took turns: 30 % too much for the lightest
 * here, 73 % in the hypervisor.) */
static void shares_beside(ns_t timer_late)
{
    static const int64_t weight[] = { 128, 128, 256, 256, 256, 256, 512, 512 };
    static const ns_t period[] = { MS(1), MS(10), MS(5), MS(5) };
    static const ns_t cost[] = { US(40), MS(1), US(5), US(3) };
    struct sim_conf conf = { .sched = "credit", .nr_cpus = 1, .seed = 1 };
    struct sim *sim;
    ns_t before[8] = { 0 }, ran[8], all;
    unsigned i, window;

    conf.timer_late = timer_late;
    sim = sim_create(&conf);
    for (i = 0; i < 4; i++) {
        struct sim_vcpu *light = kit_load(sim, sim_periodic, period[i],
                                          cost[i]);

        assert_int_equal(sim_set(sim, light, "weight", i < 2 ? 512 : 256), 0);
        assert_int_equal(sim_start(light), 0);
    }
    sim_run(sim, S(9));
    for (i = 0; i < 8; i++)
        (void)kit_hog(sim, weight[i]);
    for (window = 0; window < 10; window++) {
        sim_run(sim, S(10) + window * S(5));
        for (i = 0, all = 0; i < 8; i++) {
            ran[i] = sim_ran(sim->vcpus[i + 4]) - before[i];
            before[i] += ran[i];
            all += ran[i];
        }
        for (i = 0; i < 8 && window; i++)
            kit_near("share", ran[i], all / 2304 * weight[i],
                     all / 2304 * weight[i] * 4 / 100);
    }
    sim_destroy(sim);
}

static void shares_beside_sleepers(void **state)
{
    (void)state;
    shares_beside(0);
    shares_beside(US(20));
}

/* Two CPUs, and a domain of two vCPUs: a weight is each vCPU's. */
static void shares_smp(void **state)
{
    struct sim *sim = kit_sim("credit", 2, 1);
    struct sim_vcpu *sv[6];
    unsigned i;

    (void)state;
    for (i = 0; i < 6; i++)
        sv[i] = kit_hog(sim, i < 3 ? 512 : 256);
    sim_run(sim, S(30));
    for (i = 0; i < 6; i++)
        kit_near("share", sim_ran(sv[i]), S(60) / 9 * (i < 3 ? 2 : 1),
                 S(60) / 9 / 10);
    sim_destroy(sim);
}

static void caps(void **state)
{
    static const int64_t cap[] = { 25, 10, 50, 1 };
    unsigned i;

    (void)state;
    for (i = 0; i < 4; i++) {
        struct sim *sim = kit_sim("credit", 1, 1);
        struct sim_vcpu *a = sim_add(sim, 0, sim_hog);
        struct record r = { 0 };
        ns_t most = PERIOD * cap[i] / 100, at;

        assert_int_equal(sim_set(sim, a, "cap", cap[i]), 0);
        assert_int_equal(sim_start(a), 0);
        if (i & 1)
            (void)kit_hog(sim, 0);
        sim->watch = kit_watch;
        sim->watch_arg = &r;
        sim_run(sim, S(3) + PERIOD);
        kit_near("cap", kit_in(&r, 0, 0, S(3)), S(3) / 100 * cap[i], 2 * most);
        for (at = PERIOD; at < S(3); at += PERIOD)
            assert_true(kit_in(&r, 0, at, at + PERIOD) <= most + 1);
        /* A cap that is lifted is gone at the next accounting. */
        assert_int_equal(sim_set(sim, a, "cap", 0), 0);
        at = sim_ran(a);
        sim_run(sim, S(6));
        assert_true(sim_ran(a) - at > S(1));
        kit_end(&r);
        sim_destroy(sim);
    }
}

/* A domain that sleeps has no more than one period's credits afterwards. */
static void cap_after_sleep(void **state)
{
    struct sim *sim = kit_sim("credit", 1, 1);
    struct sim_vcpu *a = kit_load(sim, sim_periodic, S(1), MS(400));
    struct record r = { 0 };
    ns_t at;

    (void)state;
    assert_int_equal(sim_set(sim, a, "cap", 20), 0);
    assert_int_equal(sim_start(a), 0);
    sim->watch = kit_watch;
    sim->watch_arg = &r;
    sim_run(sim, S(10));
    for (at = 0; at < S(10) - PERIOD; at += MS(5))
        assert_true(kit_in(&r, 0, at, at + PERIOD) <= 2 * MS(6) + 2);
    kit_end(&r);
    sim_destroy(sim);
}

static ns_t wake_latency(ns_t ratelimit, ns_t period, ns_t cost,
                         unsigned permille)
{
    struct sim *sim = kit_sim("credit", 1, 1);
    struct sim_vcpu *a = kit_load(sim, sim_sporadic, period, cost);
    unsigned i;
    ns_t latency;

    assert_int_equal(sim_set(sim, NULL, "ratelimit", ratelimit), 0);
    assert_int_equal(sim_start(a), 0);
    for (i = 0; i < 8; i++)
        (void)kit_hog(sim, 0);
    sim_run(sim, S(5));
    latency = sim_latency(a, permille);
    sim_destroy(sim);
    return latency;
}

static void boost(void **state)
{
    (void)state;
    /* A light sleeper is boosted, but for the rate limit. */
    assert_true(wake_latency(0, MS(2), US(20), 990) == 0);
    assert_true(wake_latency(US(1000), US(600), US(20), 990) > US(500));
    assert_true(wake_latency(US(1000), US(600), US(20), 990) <= US(1000));
    /* One that also computes is OVER, and waits: the known tail. */
    assert_true(wake_latency(US(1000), MS(10), MS(2), 1000) > MS(100));
}

/* Run from tick to tick and sleep over each: free when Credit sampled at the
 * tick, paid for here. */
static struct sim_act thief(struct sim_vcpu *sv, ns_t now)
{
    ns_t tick = MS(10), end = now - now % tick + tick - US(200);

    sv->st.phase ^= 1;
    if (sv->st.phase && end > now)
        return (struct sim_act){ SIM_COMPUTE, end - now, NULL };
    return (struct sim_act){ SIM_SLEEP, now - now % tick + tick + US(100),
                             NULL };
}

/* What the thief gets in 20 s beside three hogs. */
static ns_t stolen(int64_t historic)
{
    struct sim *sim = kit_sim("credit", 1, 1);
    struct sim_vcpu *a = sim_add(sim, 0, thief);
    unsigned i;
    ns_t ran;

    assert_int_equal(sim_set(sim, NULL, "historic", historic), 0);
    assert_int_equal(sim_set(sim, NULL, "ratelimit", 0), 0);
    assert_int_equal(sim_start(a), 0);
    for (i = 0; i < 3; i++)
        (void)kit_hog(sim, 0);
    sim_run(sim, S(20));
    ran = sim_ran(a);
    sim_destroy(sim);
    return ran;
}

static void no_theft(void **state)
{
    (void)state;
    assert_true(stolen(0) < S(20) / 4 * 11 / 10);
    assert_true(stolen(1) > S(20) / 100 * 96); /* asleep for 300 us in 10 ms */
    assert_true(stolen(2) < S(20) / 4 * 11 / 10);
}

static void no_boost(void **state)
{
    struct sim *sim = kit_sim("credit", 1, 1);
    struct sim_vcpu *a = kit_load(sim, sim_sporadic, MS(50), US(20));

    (void)state;
    assert_int_equal(sim_set(sim, NULL, "historic", 2), 0);
    assert_int_equal(sim_start(a), 0);
    (void)kit_hog(sim, 0);
    (void)kit_hog(sim, 0);
    sim_run(sim, S(5));
    assert_true(sim_latency(a, 500) > MS(5)); /* it waits for slices */
    sim_destroy(sim);
}

static void rate_limit(void **state)
{
    struct sim *sim = kit_sim("credit", 1, 1);
    struct record r = kit_beside_hog(sim, sim_sporadic, US(300), US(10), S(1));
    size_t i;

    (void)state;
    for (i = 0; i + 1 < r.nr; i++)
        if (r.ran[i].index == 1)
            assert_true(r.ran[i].to - r.ran[i].from >= US(1000));
    kit_end(&r);
    sim_destroy(sim);
}

/* 7 ms of work, 3 ms of sleep. */
static struct sim_act in_turn(struct sim_vcpu *sv, ns_t now)
{
    sv->st.phase ^= 1;
    if (sv->st.phase)
        return (struct sim_act){ SIM_COMPUTE, MS(7), NULL };
    return (struct sim_act){ SIM_SLEEP, now + MS(3), NULL };
}

/* What a capped one does not come to isn't given to who keeps it waiting. */
static void cap_beside_sleeper(void **state)
{
    struct sim *sim = kit_sim("credit", 1, 1);
    struct sim_vcpu *capped = sim_add(sim, 0, sim_hog);
    struct sim_vcpu *other = sim_add(sim, 1, in_turn);

    (void)state;
    assert_int_equal(sim_set(sim, capped, "weight", 4096), 0);
    assert_int_equal(sim_set(sim, capped, "cap", 90), 0);
    assert_int_equal(sim_set(sim, other, "weight", 16), 0);
    assert_int_equal(sim_start(capped), 0);
    assert_int_equal(sim_start(other), 0);
    sim_run(sim, S(10));
    kit_near("capped", sim_ran(capped), S(9), MS(300));
    sim_destroy(sim);
}

/* ---- more than an accounting looks at one by one (account.c) ---- */

#define MANY 300

static int64_t class_of(const struct sim_vcpu *sv, ns_t now)
{
    int64_t view[SCHED_VIEW_MAX];

    sched_ops_of(sv->v.sched)->view(&sv->v, now, view);
    return view[1];
}

/* Who is given the CPU is of no worse class than who waits, by what the view
 * says of each. */
static void best_first(struct sim_vcpu *sv, enum sched_state to, ns_t now,
                       void *arg)
{
    const struct sim *sim = sv->sim;
    unsigned *checked = arg;
    int64_t class_;
    unsigned i;

    if (to != SCHED_STATE_RUNNING || now < S(1))
        return;
    class_ = class_of(sv, now);
    for (i = 0; i < sim->nr_vcpus; i++)
        if (sim->vcpus[i] != sv &&
            sim->vcpus[i]->v.core.state == SCHED_STATE_RUNNABLE)
            assert_true(class_ <= class_of(sim->vcpus[i], now));
    *checked += class_ == 2;
}

/* Hogs of all weights, most of which owe, as sleepers still save up: who ceases
 * to be OVER is found among those that wait, and who became it is not taken for
 * better. */
static void many_hogs(void **state)
{
    struct sim *sim = kit_sim("credit", 1, 1);
    unsigned i, of_over = 0;

    (void)state;
    assert_int_equal(sim_set(sim, NULL, "tslice", MS(7)), 0);
    for (i = 0; i < MANY / 2; i++)
        assert_int_equal(sim_start(kit_load(sim, sim_periodic, S(1), US(9))),
                         0);
    for (i = 0; i < MANY / 2; i++)
        (void)kit_hog(sim, 16 << i % 5);
    sim->watch = best_first;
    sim->watch_arg = &of_over;
    sim_run(sim, S(15));
    assert_true(of_over > 100);
    sim_destroy(sim);
}

/* Who sleeps for long comes to have its fill, and is found then, among as many
 * hogs: from then on what it would be due is the hogs'. */
static void many_sleepers(void **state)
{
    struct sim *sim = kit_sim("credit", 1, 1);
    unsigned i;

    (void)state;
    for (i = 0; i < MANY / 2; i++)
        assert_int_equal(sim_start(kit_load(sim, sim_periodic, S(100), US(8))),
                         0);
    sim_run(sim, S(1));
    for (i = 0; i < MANY / 2; i++)
        (void)kit_hog(sim, 0);
    sim_run(sim, S(30));
    for (i = 0; i < MANY / 2; i++) {
        assert_int_equal(kit_view(sim->vcpus[i], "active"), 0);
        assert_int_equal(kit_view(sim->vcpus[i], "credit"), PERIOD / 2);
    }
    sim_destroy(sim);
}

/* Each keeps to its cap in each period, and gets it. */
static void many_caps(void **state)
{
    struct sim *sim = kit_sim("credit", 4, 1);
    struct record r = { 0 };
    struct sim_vcpu *sv;
    unsigned i;
    ns_t at;

    (void)state;
    for (i = 0; i < MANY; i++) {
        sv = sim_add(sim, i, sim_hog);
        assert_int_equal(sim_set(sim, sv, "cap", 1), 0);
        assert_int_equal(sim_start(sv), 0);
    }
    sim->watch = kit_watch;
    sim->watch_arg = &r;
    sim_run(sim, S(3) + PERIOD);
    for (i = 0; i < MANY; i++)
        kit_near("cap", sim_ran(sim->vcpus[i]), S(3) / 100, 3 * US(300));
    for (i = 0; i < MANY; i += 37)
        for (at = PERIOD; at < S(3); at += PERIOD)
            assert_true(kit_in(&r, i, at, at + PERIOD) <= 2 * US(300) + 1);
    kit_end(&r);
    sim_destroy(sim);
}

/* How many are kept in their park though they have credits, so long after each
 * accounting of two seconds. */
static unsigned left_parked(struct sim *sim, ns_t after)
{
    unsigned i, left = 0;
    ns_t at;

    for (at = S(3); at < S(5); at += PERIOD) {
        sim_run(sim, at + after);
        for (i = 0; i < sim->nr_vcpus; i++)
            left += kit_view(sim->vcpus[i], "parked") &&
                    kit_view(sim->vcpus[i], "credit") > 0;
    }
    return left;
}

/* Who leaves its park does so at once, and doesn't wait behind hogs whose debts
 * are paid. */
static void many_hogs_and_a_cap(void **state)
{
    struct sim *sim = kit_sim("credit", 1, 1);
    struct sim_vcpu *capped = sim_add(sim, MANY, sim_hog);
    unsigned i;

    (void)state;
    assert_int_equal(sim_set(sim, NULL, "tslice", MS(1)), 0);
    assert_int_equal(sim_set(sim, capped, "cap", 10), 0);
    assert_int_equal(sim_set(sim, capped, "weight", 65535), 0);
    for (i = 0; i < MANY; i++)
        (void)kit_hog(sim, 256);
    assert_int_equal(sim_start(capped), 0);
    assert_int_equal(left_parked(sim, US(1)), 0);
    assert_true(sim_ran(capped) > MS(10)); /* 1 ms in each round of 300 */
    sim_destroy(sim);
}

/* If more leave it than one decision looks at, the others follow soon, and not
 * when what runs has had its time. */
static void many_leave_their_park(void **state)
{
    struct sim *sim = kit_sim("credit", 1, 1);
    struct sim_vcpu *sv;
    unsigned i;

    (void)state;
    for (i = 0; i < MANY / 2; i++) {
        sv = sim_add(sim, i, sim_hog);
        assert_int_equal(sim_set(sim, sv, "cap", 1), 0);
        assert_int_equal(sim_start(sv), 0);
    }
    assert_int_equal(left_parked(sim, US(1500)), 0);
    sim_destroy(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares),
        cmocka_unit_test(shares_beside_sleepers),
        cmocka_unit_test(shares_smp),
        cmocka_unit_test(caps),
        cmocka_unit_test(cap_after_sleep),
        cmocka_unit_test(cap_beside_sleeper),
        cmocka_unit_test(boost),
        cmocka_unit_test(no_theft),
        cmocka_unit_test(no_boost),
        cmocka_unit_test(rate_limit),
        cmocka_unit_test(many_hogs),
        cmocka_unit_test(many_sleepers),
        cmocka_unit_test(many_caps),
        cmocka_unit_test(many_hogs_and_a_cap),
        cmocka_unit_test(many_leave_their_park),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
