/*
 * test_rtds.c - RTDS: budgets by global EDF, exactly; deferrable; extra time
 * below everybody's budgets.
 */
#include "tests/sched/kit.h"

#define EINVAL_ 22

static int reserve(struct sim_vcpu *sv, ns_t period, ns_t budget, bool extra)
{
    struct sim *sim = sv->sim;
    const struct sched_ops *ops = sched_ops_of(sim->sched);
    struct sched_setting set[] = {
        { sched_param_find(ops, "period"), period },
        { sched_param_find(ops, "budget"), budget },
        { sched_param_find(ops, "extratime"), extra },
    };

    return sched_param_set(sim->sched, sv->v.cold.domain, &sv->v, set, 3,
                           sim->now);
}

/* In a domain of its own; not started. */
static struct sim_vcpu *server(struct sim *sim, sim_load *load, ns_t period,
                               ns_t budget, bool extra)
{
    struct sim_vcpu *sv = sim_add(sim, sim->nr_vcpus, load);

    sv->st.period = period;
    sv->st.cost = budget;
    assert_int_equal(reserve(sv, period, budget, extra), 0);
    return sv;
}

/* Random budgets up to the bound of Goossens, Funk and Baruah for global EDF:
 * sum U <= m - (m - 1) max U. Fills sim, at once or one by one. */
static void fill(struct sim *sim, unsigned extras, bool apart)
{
    int64_t m = sim->conf.nr_cpus, sum = 0, most = 0, ppm, max;
    struct sim_vcpu *sv;
    ns_t period, budget;
    unsigned i;

    for (i = 0; i < 12; i++) {
        period = US(500) + (ns_t)sim_below(sim, MS(20));
        ppm = 20000 + (int64_t)sim_below(sim, 500000);
        max = ppm > most ? ppm : most;
        if (sum + ppm > m * 1000000 - (m - 1) * max)
            continue;
        budget = period * ppm / 1000000;
        sum += ppm;
        most = max;
        if (apart)
            sim_run(sim, sim->now + (ns_t)sim_below(sim, MS(9)));
        sv = server(sim, sim_hog, period, budget, extras >> i & 1);
        sv->st.offset = sim->now;
        assert_int_equal(sim_start(sv), 0);
    }
}

/* Every vCPU that never sleeps gets its budget in each of its periods, and of
 * the part of one in which it joins its share; without extra time, that and
 * not a ns more. */
static void budgets(void **state)
{
    uint64_t run, counted = 0;
    unsigned i;

    (void)state;
    for (run = 0; run < 150; run++) {
        struct sim *sim = kit_sim("rtds", 1 + (unsigned)run % 4, run);
        unsigned extras = run % 3 ? 0 : (unsigned)sim_random(sim);
        struct record r = { 0 };

        sim->watch = kit_watch;
        sim->watch_arg = &r;
        fill(sim, extras, run / 4 % 2);
        sim_run(sim, MS(200));
        for (i = 0; i < sim->nr_vcpus; i++) {
            ns_t period = sim->vcpus[i]->st.period, at, part;
            ns_t budget = sim->vcpus[i]->st.cost, got;
            bool extra = sched_param_get(
                sim->sched, NULL, &sim->vcpus[i]->v,
                sched_param_find(sched_ops_of(sim->sched), "extratime"));

            at = sim->vcpus[i]->st.offset;
            part = period - at % period;
            got = kit_in(&r, i, at, at + part);
            assert_true(got > budget * part / period - 32);
            assert_true(extra || got <= budget * part / period);
            at += part;
            for (; at + period < MS(150); at += period, counted++) {
                got = kit_in(&r, i, at, at + period);
                assert_true(got >= budget);
                assert_true(extra || got == budget);
            }
        }
        kit_end(&r);
        sim_destroy(sim);
    }
    assert_true(counted > 5000);
}

/* On CPUs with nothing else to do, a budget is a cap. */
static void budget_is_hard(void **state)
{
    struct sim *sim = kit_sim("rtds", 2, 1);
    struct sim_vcpu *a = server(sim, sim_hog, MS(20), MS(3), false);
    struct sim_vcpu *b = server(sim, sim_hog, MS(7), MS(7), false);

    (void)state;
    assert_int_equal(sim_start(a), 0);
    assert_int_equal(sim_start(b), 0);
    sim_run(sim, S(2));
    assert_int_equal(sim_ran(a), MS(300));
    assert_int_equal(sim_ran(b), S(2));
    sim_destroy(sim);
}

/* Released at 0, it wants to run at `at` only; where it ran, and how long. */
static struct sim_act one_job(struct sim_vcpu *sv, ns_t now)
{
    (void)now;
    if (sv->st.phase++ == 0)
        return (struct sim_act){ SIM_SLEEP, sv->st.offset, NULL };
    return (struct sim_act){ SIM_COMPUTE, S(100), NULL };
}

/* Budget is there until the period ends, whenever it is asked for; so two of
 * them can be used back to back, but what the period leaves is lost. */
static void deferrable(void **state)
{
    ns_t at, left;

    (void)state;
    for (at = MS(16); at < MS(20); at += MS(1)) {
        struct sim *sim = kit_sim("rtds", 1, 1);
        struct sim_vcpu *a = server(sim, one_job, MS(10), MS(3), false);
        struct sim_vcpu *b = server(sim, sim_hog, MS(100), MS(30), true);
        struct record r = { 0 };

        a->st.offset = at;
        assert_int_equal(sim_start(a), 0);
        assert_int_equal(sim_start(b), 0);
        sim->watch = kit_watch;
        sim->watch_arg = &r;
        sim_run(sim, MS(100));
        left = MS(20) - at < MS(3) ? MS(20) - at : MS(3);
        assert_int_equal(kit_in(&r, 0, 0, at), 0);
        assert_int_equal(kit_in(&r, 0, at, at + left), left);
        assert_int_equal(kit_in(&r, 0, MS(20), MS(23)), MS(3));
        assert_int_equal(kit_in(&r, 0, MS(23), MS(30)), 0);
        assert_int_equal(kit_in(&r, 0, MS(30), MS(33)), MS(3));
        kit_end(&r);
        sim_destroy(sim);
    }
}

/* 1 ms of each of ten periods; then as much as there is. */
static struct sim_act ten_jobs(struct sim_vcpu *sv, ns_t now)
{
    unsigned step = sv->st.phase++;

    (void)now;
    if (step == 20)
        return (struct sim_act){ SIM_COMPUTE, S(100), NULL };
    if (step % 2 == 0)
        return (struct sim_act){ SIM_COMPUTE, MS(1), NULL };
    return (struct sim_act){ SIM_SLEEP, MS(10) * (step / 2 + 1), NULL };
}

static void nothing_is_saved(void **state)
{
    static sim_load *const loads[] = { one_job, ten_jobs };
    unsigned i;

    (void)state;
    for (i = 0; i < 2; i++) {
        struct sim *sim = kit_sim("rtds", 1, 1);
        struct sim_vcpu *a = server(sim, loads[i], MS(10), MS(3), false);

        a->st.offset = MS(100);
        assert_int_equal(sim_start(a), 0);
        sim_run(sim, MS(110));
        assert_int_equal(sim_ran(a), MS(i ? 13 : 3));
        sim_destroy(sim);
    }
}

/* Who wakes up without budget gets his next one in time, though nothing else
 * happens then. */
static struct sim_act all_at_once(struct sim_vcpu *sv, ns_t now)
{
    (void)now;
    if (sv->st.phase++ % 2 == 0)
        return (struct sim_act){ SIM_COMPUTE, US(3010), NULL };
    return (struct sim_act){ SIM_SLEEP, MS(5), NULL };
}

static void wakes_without_budget(void **state)
{
    struct sim_conf conf = { /* so that it can sleep before it is stopped */
                             .sched = "rtds",
                             .nr_cpus = 1,
                             .seed = 1,
                             .timer_late = US(30)
    };
    struct sim *sim = sim_create(&conf);
    struct sim_vcpu *a = server(sim, all_at_once, MS(10), MS(3), false);
    struct sim_vcpu *b = server(sim, sim_hog, MS(100), MS(90), false);

    (void)state;
    assert_int_equal(sim_start(a), 0);
    assert_int_equal(sim_start(b), 0);
    sim_run(sim, MS(10));
    assert_int_equal(sim_ran(a), US(3010));
    sim_run(sim, MS(14));
    kit_near("refilled", sim_ran(a), MS(6), US(30));
    sim_destroy(sim);
}

/* Levels come before deadlines, among those that wait and against what runs. */
static void levels(void **state)
{
    struct sim *sim = kit_sim("rtds", 1, 1);
    struct sim_vcpu *a = server(sim, sim_hog, MS(10), MS(1), true);
    struct sim_vcpu *b = server(sim, sim_hog, MS(100), MS(1), true);
    struct sim_vcpu *c = server(sim, one_job, MS(200), MS(5), false);

    (void)state;
    c->st.offset = MS(24) + US(500);
    assert_int_equal(sim_start(a), 0);
    assert_int_equal(sim_start(b), 0);
    assert_int_equal(sim_start(c), 0);
    sim_run(sim, MS(10));
    assert_int_equal(sim_ran(a), MS(5));
    assert_int_equal(sim_ran(b), MS(5));
    sim_run(sim, MS(15)); /* a's levels 0 to 4 come before b's level 5 */
    assert_int_equal(sim_ran(b), MS(5));
    sim_run(sim, MS(29) + US(500));
    assert_int_equal(sim_ran(c), MS(5));
    sim_destroy(sim);
}

/* Extra time is below all budgets, and goes in turns of a budget each: in
 * proportion to budgets, where periods are equal. */
static void extra_time(void **state)
{
    struct sim *sim = kit_sim("rtds", 1, 1);
    struct sim_vcpu *a = server(sim, sim_hog, MS(10), US(300), true);
    struct sim_vcpu *b = server(sim, sim_hog, MS(10), US(900), true);
    struct sim_vcpu *c = server(sim, sim_sporadic, MS(8), MS(2), false);

    (void)state;
    c->st.cost = MS(2) - 1;
    assert_int_equal(sim_start(a), 0);
    assert_int_equal(sim_start(b), 0);
    assert_int_equal(sim_start(c), 0);
    sim_run(sim, S(4));
    assert_int_equal(sim_idle(sim, 0), 0);
    assert_int_equal(c->st.misses, 0);
    assert_true(c->st.worst <=
                MS(4)); /* a's and b's level 0 go first at most */
    kit_near("a : b = 1 : 3", sim_ran(a) * 3, sim_ran(b), S(4) / 50);
    sim_destroy(sim);
}

/* A vCPU of its own has parameters of its own. */
static void per_vcpu(void **state)
{
    struct sim *sim = kit_sim("rtds", 1, 1);
    struct sim_vcpu *a = sim_add(sim, 0, sim_hog),
                    *b = sim_add(sim, 0, sim_hog);

    struct sched_setting all = {
        sched_param_find(sched_ops_of(sim->sched), "budget"), MS(2)
    };
    ns_t ran[2];

    (void)state;
    assert_int_equal(reserve(a, MS(10), MS(1), false), 0);
    assert_int_equal(reserve(b, MS(20), MS(8), false), 0);
    assert_int_equal(sim_start(a), 0);
    assert_int_equal(sim_start(b), 0);
    sim_run(sim, S(1));
    assert_int_equal(sim_ran(a), MS(100));
    assert_int_equal(sim_ran(b), MS(400));
    /* A domain's are all its vCPUs', from their next period on. */
    assert_int_equal(
        sched_param_set(sim->sched, a->v.cold.domain, NULL, &all, 1, sim->now),
        0);
    sim_run(sim, S(1) + MS(20) - 1);
    ran[0] = sim_ran(a), ran[1] = sim_ran(b);
    sim_run(sim, S(2) + MS(20) - 1);
    assert_int_equal(sim_ran(a) - ran[0], MS(200));
    assert_int_equal(sim_ran(b) - ran[1], MS(100));
    all.value = MS(15); /* too much for a's period: b's stays as well */
    assert_int_equal(
        sched_param_set(sim->sched, a->v.cold.domain, NULL, &all, 1, sim->now),
        -EINVAL_);
    sim_run(sim, S(3) + MS(20) - 1);
    assert_int_equal(sim_ran(b) - ran[1], MS(200));
    sim_destroy(sim);
}

static void parameters(void **state)
{
    struct sim *sim = kit_sim("rtds", 1, 1);
    struct sim_vcpu *a = server(sim, sim_hog, MS(100), MS(10), false), *b;
    ns_t ran;

    (void)state;
    assert_int_equal(sim_start(a), 0);
    sim_run(sim, S(1));
    assert_int_equal(reserve(a, MS(10), MS(11), false), -EINVAL_);
    sim_run(sim, S(2));
    assert_int_equal(sim_ran(a), MS(200)); /* as before */
    /* Shorter: the first new period begins after 10 ms, not after 100. It is
     * half of one, up to a multiple of 10 ms. */
    sim_run(sim, S(2) + MS(15));
    assert_int_equal(reserve(a, MS(10), MS(5), false), 0);
    ran = sim_ran(a);
    sim_run(sim, S(2) + MS(40));
    assert_int_equal(sim_ran(a) - ran, US(2500) + MS(5));
    /* Extra time is given, and taken, at once. */
    sim_run(sim, S(3));
    assert_int_equal(sim_set(sim, a, "extratime", 1), 0);
    ran = sim_ran(a);
    sim_run(sim, S(4));
    assert_int_equal(sim_ran(a) - ran, S(1));
    sim_run(sim, S(4) + MS(12)); /* its budget of 5 ms is used by far */
    assert_int_equal(sim_set(sim, a, "extratime", 0), 0);
    ran = sim_ran(a);
    sim_run(sim, S(4) + MS(14));
    assert_true(sim_ran(a) - ran <= MS(2));
    sim_run(sim, S(6) + MS(12));
    kit_near("capped", sim_ran(a) - ran, S(1), MS(5));
    b = sim_add(sim, 5, sim_hog);
    assert_int_equal(sim_set(sim, b, "budget", MS(11)), 0); /* not yet joined */
    assert_int_equal(sim_start(b), -EINVAL_);
    sim_destroy(sim);
}

/* The timer is late each time: the overruns come off the next budgets. */
static void overrun(void **state)
{
    struct sim_conf conf = {
        .sched = "rtds", .nr_cpus = 1, .seed = 1, .timer_late = US(30)
    };
    struct sim *sim = sim_create(&conf);
    struct sim_vcpu *a = server(sim, sim_hog, MS(1), US(400), false);

    (void)state;
    assert_int_equal(sim_start(a), 0);
    (void)kit_hog(sim, 0);
    sim_run(sim, S(2));
    kit_near("on average exact", sim_ran(a), MS(800), MS(1));
    sim_destroy(sim);
}

/* One that yields lets the other run; it loses no budget by that. */
static void yield(void **state)
{
    struct sim *sim = kit_sim("rtds", 1, 1);
    struct sim_vcpu *a = server(sim, sim_yielder, MS(5), MS(2), false), *b;
    struct record r = { 0 };
    size_t i;

    (void)state;
    a->st.cost = US(10);
    assert_int_equal(sim_start(a), 0);
    b = server(sim, sim_hog, MS(50), MS(10), true);
    assert_int_equal(sim_start(b), 0);
    sim->watch = kit_watch;
    sim->watch_arg = &r;
    sim_run(sim, MS(500));
    for (i = 0; i < r.nr; i++)
        if (r.ran[i].index)
            assert_true(r.ran[i].to - r.ran[i].from <= MS(5));
    assert_true(a->st.jobs > 500);
    kit_end(&r);
    sim_destroy(sim);
}

/* Who loses a CPU to one that can have no other takes that of a third. */
static void pinned(void **state)
{
    struct sim *sim = kit_sim("rtds", 2, 1);
    struct sim_vcpu *a = server(sim, sim_hog, MS(20), MS(8), false);
    struct sim_vcpu *b = server(sim, sim_hog, MS(40), MS(39), false);
    struct sim_vcpu *c = server(sim, one_job, MS(10), MS(4), false);

    (void)state;
    sim_pin(a, 3);
    sim_pin(b, 3);
    assert_int_equal(sim_start(a), 0); /* on CPU 0 */
    assert_int_equal(sim_start(b), 0); /* on CPU 1 */
    sim_pin(c, 1);
    c->st.offset = MS(2);
    assert_int_equal(sim_start(c), 0);
    sim_run(sim, MS(6));
    assert_int_equal(sim_ran(a), MS(6));
    assert_int_equal(sim_ran(c), MS(4));
    assert_int_equal(sim_ran(b), MS(2));
    sim_destroy(sim);
}

/* CPUs leave, the one with the timer for the next period among them. */
static void cpus_leave(void **state)
{
    struct sim *sim = kit_sim("rtds", 3, 1);
    struct sim_vcpu *a = server(sim, sim_hog, MS(10), MS(3), false);
    unsigned cpu;

    (void)state;
    assert_int_equal(sim_start(a), 0);
    for (cpu = 0; cpu < 2; cpu++) {
        sim_run(sim, MS(105) * (cpu + 1));
        assert_int_equal(sched_cpu_drain(cpu, sim->now), 0);
        sim_run(sim, sim->now + US(1));
        assert_int_equal(sched_cpu_down(cpu, sim->now), 0);
    }
    sim_run(sim, S(1));
    assert_int_equal(sim_ran(a), MS(300));
    sim_destroy(sim);
}

/* A domain's vCPUs come right after each other, and ask for more than there
 * is: none is left with the moment between its deadline and another's. On one
 * CPU they take turns; on more each gets a good part of what that would be. */
static void joined_apart(void **state)
{
    static const ns_t periods[] = { MS(10), US(9999), MS(7) };
    static const ns_t budgets[] = { MS(4), MS(4), MS(7) };
    unsigned i, run;

    (void)state;
    for (run = 0; run < 6; run++) {
        unsigned cpus = 1 + run / 3, nr = 5 + 2 * cpus;
        struct sim *sim = kit_sim("rtds", cpus, run);
        ns_t share = S(2) * cpus / nr;
        struct sim_vcpu *sv;

        for (i = 0; i < nr; i++) {
            sim_run(sim, MS(33) + US(3) * i);
            sv = server(sim, sim_hog, periods[run % 3], budgets[run % 3], true);
            assert_int_equal(sim_start(sv), 0);
        }
        sim_run(sim, MS(33) + S(2));
        for (i = 0; i < nr; i++)
            kit_near("an equal share", sim_ran(sim->vcpus[i]), share,
                     cpus == 1 ? MS(8) : share / 2);
        sim_destroy(sim);
    }
}

/* A decision that nothing asked for changes nothing: of equal deadlines the one
 * that runs goes on. At the begin of a period it is who waits that is first. */
static void goes_on(void **state)
{
    struct sim *sim = kit_sim("rtds", 1, 1);
    struct sim_vcpu *a = server(sim, sim_hog, MS(10), MS(8), true);
    struct sim_vcpu *b = server(sim, sim_hog, MS(10), MS(8), true);
    unsigned i;

    (void)state;
    assert_int_equal(sim_start(a), 0);
    assert_int_equal(sim_start(b), 0);
    for (i = 1; i < 8; i++) {
        sim_run(sim, MS(i));
        assert_int_equal(sim_set(sim, b, "extratime", i % 2), 0);
        assert_int_equal(sim_ran(a), MS(i));
    }
    sim_run(sim, MS(18));
    assert_int_equal(sim_ran(a), MS(16));
    sim_destroy(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(budgets),
        cmocka_unit_test(budget_is_hard),
        cmocka_unit_test(deferrable),
        cmocka_unit_test(nothing_is_saved),
        cmocka_unit_test(extra_time),
        cmocka_unit_test(per_vcpu),
        cmocka_unit_test(parameters),
        cmocka_unit_test(overrun),
        cmocka_unit_test(yield),
        cmocka_unit_test(pinned),
        cmocka_unit_test(wakes_without_budget),
        cmocka_unit_test(levels),
        cmocka_unit_test(cpus_leave),
        cmocka_unit_test(joined_apart),
        cmocka_unit_test(goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
