/*
 * test_common.c - what every plug-in must do: run by name for each built-in.
 */
#include <string.h>
#include "tests/sched/kit.h"

/* The last one does not share a CPU. */
static const char *const plugins[] = { "rr",      "bvt",  "sedf",
                                       "credit",  "rtds", "rtxen",
                                       "credit2", "fbvt", "null" };
#define PLUGINS (sizeof(plugins) / sizeof(plugins[0]))
#define FOR_EACH_OF(n, name)                                                   \
    for (unsigned p_ = 0; p_ < (n) && ((name) = plugins[p_], 1); p_++)
#define FOR_EACH_PLUGIN(name)  FOR_EACH_OF(PLUGINS, name)
#define FOR_EACH_SHARING(name) FOR_EACH_OF(PLUGINS - 1, name)

static sim_load *const loads[] = { sim_hog,    sim_periodic, sim_sporadic,
                                   sim_on_off, sim_yielder,  sim_hog };

/* A random mixture of loads, some pinned. */
static void populate(struct sim *sim, unsigned n)
{
    unsigned i;

    for (i = 0; i < n; i++) {
        struct sim_vcpu *sv = kit_load(sim, loads[sim_below(sim, 6)],
                                       US(100) + (ns_t)sim_below(sim, MS(10)),
                                       US(10) + (ns_t)sim_below(sim, MS(3)));
        uint64_t cpus = sim_random(sim) & ((1u << sim->conf.nr_cpus) - 1);

        if (cpus && sim_below(sim, 3) == 0)
            sim_pin(sv, cpus);
        assert_int_equal(sim_start(sv), 0);
    }
}

static void check_identity(const struct sim *sim)
{
    unsigned i, k;

    for (i = 0; i < sim->nr_vcpus; i++) {
        const struct sim_vcpu *sv = sim->vcpus[i];
        ns_t sum = sim->now - sv->entered;

        for (k = 0; k < 4; k++)
            sum += sv->in[k];
        assert_int_equal(sum, sim->now);
    }
}

static void affinity_watch(struct sim_vcpu *sv, enum sched_state to, ns_t now,
                           void *arg)
{
    (void)now, (void)arg;
    if (to == SCHED_STATE_RUNNING)
        assert_true(cpuset_has(&sv->v.affinity, sv->v.cpu));
}

static uint64_t mixture(const char *name, uint64_t seed, unsigned nr_cpus)
{
    struct sim_conf conf = { .sched = name,
                             .nr_cpus = nr_cpus,
                             .seed = seed,
                             .switch_cost = US(1),
                             .conserve = strcmp(name, "null") != 0 };
    struct sim *sim = sim_create(&conf);
    ns_t ran = 0, idle = 0;
    uint64_t hash;
    unsigned i;

    populate(sim, 3 + (unsigned)sim_below(sim, 12));
    sim->watch = affinity_watch;
    sim_run(sim, MS(500));
    assert_null(sim->breach);
    check_identity(sim);
    for (i = 0; i < sim->nr_vcpus; i++)
        ran += sim_ran(sim->vcpus[i]);
    for (i = 0; i < nr_cpus; i++)
        idle += sim_idle(sim, i);
    assert_int_equal(ran + idle, (ns_t)nr_cpus * MS(500));
    if (sim->lost)
        fail_msg("%s, seed %llu: %lld ns not conserved", name,
                 (unsigned long long)seed, (long long)sim->lost);
    hash = sim->hash;
    sim_destroy(sim);
    return hash;
}

/* Random mixtures: three hands, affinity, time adds up, no CPU idles beside
 * one that could use it, and the same seed gives the same run. */
static void mixtures(void **state)
{
    const char *name;
    uint64_t seed, hash;

    (void)state;
    FOR_EACH_PLUGIN(name)
    {
        for (seed = 1; seed <= 60; seed++) {
            hash = mixture(name, seed, 1 + (unsigned)seed % 4);
            if (seed % 10 == 0)
                assert_true(mixture(name, seed, 1 + (unsigned)seed % 4) ==
                            hash);
        }
        assert_true(mixture(name, 1, 2) != mixture(name, 2, 2));
    }
}

static int64_t some_value(struct sim *sim, const struct sched_param *p)
{
    uint64_t span = (uint64_t)p->max - (uint64_t)p->min;

    switch (sim_below(sim, 4)) {
    case 0:
        return p->min;
    case 1:
        return p->max;
    case 2:
        return p->initial;
    default:
        return p->min + (int64_t)sim_below(sim, span + 1);
    }
}

static void disturb(struct sim *sim)
{
    const struct sched_param *p = sched_ops_of(sim->sched)->params;
    struct sim_vcpu *sv = sim->vcpus[sim_below(sim, sim->nr_vcpus)];
    uint64_t cpus = sim_random(sim) & ((1u << sim->conf.nr_cpus) - 1);
    unsigned n = 0;

    while (p && p[n].name)
        n++;
    switch (sim_below(sim, 6)) {
    case 0:
        if (!n)
            break;
        p += sim_below(sim, n);
        (void)sim_set(sim, p->scope == SCHED_PER_SYSTEM ? NULL : sv, p->name,
                      some_value(sim, p));
        break;
    case 1:
        sim_pin(sv, cpus ? cpus : 1);
        break;
    case 2:
        sim_pause(sv);
        break;
    case 3:
        if (sv->v.core.pauses)
            sim_unpause(sv);
        break;
    case 4:
        sim_notify(sv);
        break;
    default: /* leave, and come again */
        if (!sv->v.core.pauses)
            sim_pause(sv);
        sim_run(sim, sim->now + 1);
        sim_leave(sv);
        sv->v.core.blocked = false;
        if (sim_start(sv))
            sv->joined = false;
        break;
    }
}

/* Everything changes while it runs, locks are busy, and no rule is broken. */
static void chaos(void **state)
{
    const char *name;
    uint64_t seed;
    unsigned i;

    (void)state;
    FOR_EACH_PLUGIN(name)
    {
        for (seed = 1; seed <= 40; seed++) {
            struct sim_conf conf = { .sched = name,
                                     .seed = seed,
                                     .nr_cpus = 1 + (unsigned)seed % 4,
                                     .trylock_fails = 30,
                                     .timer_late = (ns_t)seed % 3 * 500 };
            struct sim *sim = sim_create(&conf);

            sched_set_patience(sim->sched, S(1000));
            populate(sim, 2 + (unsigned)seed % 9);
            sim->watch = affinity_watch;
            for (i = 0; i < 300 && !sim->breach; i++) {
                disturb(sim);
                sim_run(sim, sim->now + (ns_t)sim_below(sim, MS(3)));
            }
            assert_null(sim->breach);
            check_identity(sim);
            sim_destroy(sim);
        }
    }
}

/* More hogs than CPUs: no CPU is ever idle, and all get something. */
static void smp_hogs(void **state)
{
    const char *name;
    unsigned i;

    (void)state;
    FOR_EACH_SHARING(name)
    {
        struct sim *sim = kit_sim(name, 3, 1);

        for (i = 0; i < 7; i++)
            (void)kit_hog(sim, 0);
        sim_run(sim, S(5));
        for (i = 0; i < 3; i++)
            assert_int_equal(sim_idle(sim, i), 0);
        for (i = 0; i < 7; i++)
            assert_true(sim_ran(sim->vcpus[i]) > S(5) * 3 / 7 / 2);
        sim_destroy(sim);
    }
}

static void ping_pong(void **state)
{
    const char *name;

    (void)state;
    FOR_EACH_SHARING(name)
    {
        struct sim *sim = kit_sim(name, 1, 1);
        struct sim_vcpu *a = kit_load(sim, sim_ping, 0, US(5));
        struct sim_vcpu *b = kit_load(sim, sim_pong, 0, US(5));

        a->st.peer = b;
        b->st.peer = a;
        assert_int_equal(sim_start(a), 0);
        assert_int_equal(sim_start(b), 0);
        sim_run(sim, S(1));
        kit_near("rallies", (int64_t)a->st.jobs, 100000, 2);
        kit_near("rallies", (int64_t)b->st.jobs, 100000, 2);
        sim_destroy(sim);
    }
}

/* rr: equal turns of one slice; a waker waits for all others. */
static void round_robin(void **state)
{
    struct sim *sim = kit_sim("rr", 1, 1);
    struct sim_vcpu *a = kit_load(sim, sim_periodic, MS(500), US(10));
    struct record r = { 0 };
    unsigned i;

    (void)state;
    assert_int_equal(sim_set(sim, NULL, "slice", MS(4)), 0);
    assert_int_equal(sim_start(a), 0);
    for (i = 0; i < 5; i++)
        (void)kit_hog(sim, 0);
    sim->watch = kit_watch;
    sim->watch_arg = &r;
    sim_run(sim, S(2));
    for (i = 10; i < r.nr; i++)
        if (r.ran[i].index)
            assert_int_equal(r.ran[i].to - r.ran[i].from, MS(4));
    assert_true(a->latency_max > MS(16) && a->latency_max <= MS(20));
    for (i = 1; i <= 5; i++)
        kit_near("share", sim_ran(sim->vcpus[i]), MS(400), MS(4));
    kit_end(&r);
    sim_destroy(sim);
}

/* A machine that is slow to answer: each turn ends long after its time, and
 * after several periods of whoever has them. Nobody starves for that. */
static void late_hogs(const char *name, unsigned cpus, ns_t late)
{
    struct sim_conf conf = {
        .sched = name, .nr_cpus = cpus, .seed = 1, .timer_late = late
    };
    struct sim *sim = sim_create(&conf);
    unsigned i;

    assert_non_null(sim);
    for (i = 0; i < 3 * cpus; i++)
        (void)kit_hog(sim, 0);
    sim_run(sim, S(20));
    for (i = 0; i < 3 * cpus; i++)
        assert_true(sim_ran(sim->vcpus[i]) >= S(20) / 3 / 2);
    sim_destroy(sim);
}

static void late_timers(void **state)
{
    const char *name;
    ns_t late;

    (void)state;
    FOR_EACH_SHARING(name)
    {
        for (late = US(100); late <= MS(100); late *= 10) {
            late_hogs(name, 1, late);
            late_hogs(name, 2, late);
        }
    }
}

static void plugins_are_listed(void **state)
{
    char names[80];

    (void)state;
    sched_names(names, sizeof(names));
    assert_string_equal(names,
                        "bvt credit credit2 fbvt null rr rtds rtxen sedf");
    assert_null(
        sim_create(&(struct sim_conf){ .sched = "nope", .nr_cpus = 1 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plugins_are_listed), cmocka_unit_test(round_robin),
        cmocka_unit_test(mixtures),           cmocka_unit_test(chaos),
        cmocka_unit_test(smp_hogs),           cmocka_unit_test(ping_pong),
        cmocka_unit_test(late_timers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
