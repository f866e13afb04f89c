/*
 * test_pools.c - two instances in the simulator, each with a plug-in of its
 * own: CPUs and domains move between them and plug-ins are exchanged while
 * loads run. All time is accounted for, and no rule is broken.
 */
#include "tests/sched/kit.h"

#define CPUS 4

static sim_load *const loads[] = { sim_hog, sim_periodic, sim_on_off,
                                   sim_yielder };

struct pools {
    struct sim *sim;
    struct sched *pool[2];
    unsigned moves, refused, cpu_moves;
};

/* Each CPU may run only what belongs to its instance. */
static void watch(struct sim_vcpu *sv, enum sched_state to, ns_t now, void *arg)
{
    (void)now, (void)arg;
    if (to != SCHED_STATE_RUNNING)
        return;
    assert_ptr_equal(sched_of_cpu(sv->v.cpu), sv->v.sched);
    assert_true(cpuset_has(&sv->v.affinity, sv->v.cpu));
}

static void move_cpu(struct pools *p)
{
    struct sim *sim = p->sim;
    unsigned cpu = (unsigned)sim_below(sim, CPUS);
    struct sched *to = p->pool[sim_below(sim, 2)];

    if (sched_of_cpu(cpu) == to || sched_cpu_drain(cpu, sim->now))
        return;
    sim_run(sim, sim->now + 1);
    assert_int_equal(sched_cpu_down(cpu, sim->now), 0);
    assert_int_equal(sched_cpu_up(to, cpu, sim->now), 0);
    p->cpu_moves++;
}

static void move_domain(struct pools *p)
{
    struct sim *sim = p->sim;
    struct sched_domain *d = sim->domains[sim_below(sim, sim->nr_domains)];
    struct sched *from = d->sched, *to = p->pool[sim_below(sim, 2)];
    int error = sched_domain_move(d, to, sim->now);

    assert_ptr_equal(d->sched, error ? from : to);
    if (error)
        p->refused++;
    else if (from != to)
        p->moves++;
}

static void change(struct pools *p)
{
    static const char *const names[] = { "rr", "bvt", "sedf", "credit",
                                         "rtds" };
    struct sim *sim = p->sim;

    assert_int_equal(sched_change(p->pool[sim_below(sim, 2)],
                                  sched_find(names[sim_below(sim, 5)]),
                                  sim->now),
                     0);
}

static void step(struct pools *p)
{
    struct sim *sim = p->sim;
    struct sim_vcpu *sv = sim->vcpus[sim_below(sim, sim->nr_vcpus)];

    switch (sim_below(sim, 8)) {
    case 0:
        move_cpu(p);
        break;
    case 1:
        change(p);
        break;
    case 2:
        sim_pin(sv, 1 + sim_below(sim, 15));
        break;
    case 3:
        sim_pause(sv);
        break;
    case 4:
        if (sv->v.core.pauses)
            sim_unpause(sv);
        break;
    default:
        move_domain(p);
        break;
    }
}

static void check(const struct sim *sim)
{
    ns_t sum, ran = 0;
    unsigned i, k;

    for (i = 0; i < sim->nr_vcpus; i++) {
        const struct sim_vcpu *sv = sim->vcpus[i];

        sum = sim->now - sv->entered;
        for (k = 0; k < 4; k++)
            sum += sv->in[k];
        assert_int_equal(sum, sim->now);
        ran += sim_ran(sv);
    }
    for (i = 0; i < CPUS; i++)
        ran += sim_idle(sim, i);
    assert_int_equal(ran, CPUS * sim->now);
}

/* Give all back to the first instance, which sim_destroy() takes apart. */
static void end(struct pools *p)
{
    struct sim *sim = p->sim;
    unsigned i;

    if (cpuset_empty(sched_cpus(p->pool[0]))) {
        i = cpuset_next(sched_cpus(p->pool[1]), 0);
        assert_int_equal(sched_cpu_drain(i, sim->now), 0);
        sim_run(sim, sim->now + 1);
        assert_int_equal(sched_cpu_down(i, sim->now), 0);
        assert_int_equal(sched_cpu_up(p->pool[0], i, sim->now), 0);
    }
    for (i = 0; i < sim->nr_domains; i++)
        while (sched_domain_move(sim->domains[i], p->pool[0], sim->now))
            assert_int_equal(
                sched_change(p->pool[0], sched_find("rr"), sim->now), 0);
    sim_run(sim, sim->now + 1);
    for (i = 0; i < CPUS; i++) {
        if (sched_of_cpu(i) != p->pool[1])
            continue;
        assert_int_equal(sched_cpu_drain(i, sim->now), 0);
        assert_int_equal(sched_cpu_down(i, sim->now), 0);
        assert_int_equal(sched_cpu_up(p->pool[0], i, sim->now), 0);
    }
    sched_destroy(p->pool[1]);
    sim_destroy(sim);
}

static void run(uint64_t seed, struct pools *p)
{
    struct sim_conf conf = { .sched = "credit",
                             .nr_cpus = CPUS,
                             .seed = seed,
                             .switch_cost = US(1),
                             .trylock_fails = 20 };
    struct sim *sim = sim_create(&conf);
    unsigned i;

    p->sim = sim;
    p->pool[0] = sim->sched;
    p->pool[1] = sched_create(sched_find("sedf"), seed);
    sched_set_patience(p->pool[0], S(1000));
    sched_set_patience(p->pool[1], S(1000));
    for (i = 0; i < 8; i++) {
        struct sim_vcpu *sv = sim_add(sim, i / 2, loads[sim_below(sim, 4)]);

        sv->st.period = US(100) + (ns_t)sim_below(sim, MS(10));
        sv->st.cost = US(10) + (ns_t)sim_below(sim, MS(3));
        assert_int_equal(sim_start(sv), 0);
    }
    sim->watch = watch;
    for (i = 0; i < 600; i++) {
        step(p);
        if (sim_below(sim, 3))
            sim_run(sim, sim->now + (ns_t)sim_below(sim, MS(3)));
        assert_null(sim->breach);
        check(sim);
    }
    end(p);
}

static void random_moves(void **state)
{
    struct pools p = { .moves = 0 };
    uint64_t seed;

    (void)state;
    for (seed = 1; seed <= 40; seed++)
        run(seed, &p);
    assert_true(p.moves > 1000 && p.cpu_moves > 200);
}

/* SEDF has room for one on each CPU: a domain of two is refused where there is
 * one CPU, runs on where it is, and is taken once there are two. */
static void admission(void **state)
{
    struct sim *sim = kit_sim("sedf", 3, 1);
    struct sched *other = sched_create(sched_find("sedf"), 2);
    struct sim_vcpu *a, *b;
    ns_t ran;

    (void)state;
    assert_int_equal(sched_cpu_drain(2, 0), 0);
    assert_int_equal(sched_cpu_down(2, 0), 0);
    assert_int_equal(sched_cpu_up(other, 2, 0), 0);
    a = sim_add(sim, 0, sim_hog);
    assert_int_equal(sim_set(sim, a, "period", MS(10)), 0);
    assert_int_equal(sim_set(sim, a, "slice", MS(6)), 0);
    assert_int_equal(sim_set(sim, a, "extra", 0), 0);
    assert_int_equal(sim_start(a), 0);
    b = sim_add(sim, 0, sim_hog);
    assert_int_equal(sim_start(b), 0);
    sim_run(sim, MS(95));
    assert_true(sched_domain_move(sim->domains[0], other, sim->now) < 0);
    ran = sim_ran(a);
    sim_run(sim, MS(195));
    kit_near("goes on as before", sim_ran(a) - ran, MS(60), US(10));
    assert_int_equal(sched_cpu_drain(1, sim->now), 0);
    sim_run(sim, MS(195) + 1);
    assert_int_equal(sched_cpu_down(1, sim->now), 0);
    assert_int_equal(sched_cpu_up(other, 1, sim->now), 0);
    assert_int_equal(sched_domain_move(sim->domains[0], other, sim->now), 0);
    sim_run(sim, MS(300));
    ran = sim_ran(a);
    sim_run(sim, MS(400));
    kit_near("the same slice there", sim_ran(a) - ran, MS(60), US(10));
    end(&(struct pools){ sim, { sim->sched, other }, 0, 0, 0 });
}

/* ---- a storm: plug-ins are exchanged faster than a turn is over ---- */

#define STORM_EVERY US(2500)
#define STORM_TIME  S(4)

static struct {
    unsigned step;
    ns_t worst; /* the longest that one of them waited for a CPU */
} storm;

static void watch_waits(struct sim_vcpu *sv, enum sched_state to, ns_t now,
                        void *arg)
{
    (void)to, (void)arg;
    if (sv->v.core.state == SCHED_STATE_RUNNABLE &&
        now - sv->entered > storm.worst)
        storm.worst = now - sv->entered;
}

static void storm_step(struct sim *sim, const char *const *names, unsigned nr)
{
    assert_int_equal(sched_change(sim->sched,
                                  sched_find(names[storm.step++ % nr]),
                                  sim->now),
                     0);
    sim_run(sim, sim->now + STORM_EVERY);
    assert_null(sim->breach);
}

static void storm_of(const char *const *names, unsigned nr, unsigned cpus,
                     unsigned hogs)
{
    struct sim *sim = kit_sim(names[0], cpus, 1);
    ns_t fair = STORM_TIME * cpus / hogs;
    unsigned i;

    sim->watch = watch_waits;
    storm.worst = storm.step = 0;
    for (i = 0; i < hogs; i++)
        (void)kit_hog(sim, 0);
    while (sim->now < STORM_TIME)
        storm_step(sim, names, nr);
    for (i = 0; i < hogs; i++)
        watch_waits(sim->vcpus[i], SCHED_STATE_RUNNABLE, sim->now, NULL);
    /* Who wants one CPU comes to it in turn, however often all begins anew. */
    assert_true(storm.worst <= (hogs - 1) * STORM_EVERY);
    for (i = 0; i < hogs; i++)
        assert_true(sim_ran(sim->vcpus[i]) >= fair / 4);
    sim_destroy(sim);
}

static void storm_is_fair(void **state)
{
    static const char *const names[] = { "rr",   "bvt",  "sedf",   "credit",
                                         "rtds", "fbvt", "credit2" };
    unsigned i;

    (void)state;
    for (i = 0; i < 7; i++) { /* alone, and each with the next one */
        const char *const pair[] = { names[i], names[(i + 1) % 7] };

        storm_of(pair, 2, 1, 4);
        storm_of(pair, 2, 2, 7);
    }
    storm_of(names, 7, 1, 4);
    storm_of(names, 7, 2, 7);
    storm_of(names, 7, 4, 11);
}

/* The same where CPUs go and come back, in turn, within a turn of rr's. */
static void storm_of_cpus(void **state)
{
    struct sim *sim = kit_sim("rr", 2, 1);
    unsigned i, cpu;

    (void)state;
    sim->watch = watch_waits;
    storm.worst = 0;
    for (i = 0; i < 6; i++)
        (void)kit_hog(sim, 0);
    for (i = 0; sim->now < STORM_TIME; i++) {
        cpu = i % 2;
        assert_int_equal(sched_cpu_drain(cpu, sim->now), 0);
        sim_run(sim, sim->now + 1);
        assert_int_equal(sched_cpu_down(cpu, sim->now), 0);
        assert_int_equal(sched_cpu_up(sim->sched, cpu, sim->now), 0);
        sim_run(sim, sim->now + STORM_EVERY);
    }
    for (i = 0; i < 6; i++) {
        watch_waits(sim->vcpus[i], SCHED_STATE_RUNNABLE, sim->now, NULL);
        assert_true(sim_ran(sim->vcpus[i]) >= STORM_TIME * 2 / 6 * 9 / 10);
    }
    assert_true(storm.worst <= 5 * (STORM_EVERY + 1));
    sim_destroy(sim);
}

/* Who waits for ever under null is not starved by rr, which comes later. */
static void blame(void **state)
{
    struct sim *sim = kit_sim("null", 1, 1);
    unsigned i;

    (void)state;
    for (i = 0; i < 3; i++)
        (void)kit_hog(sim, 0);
    sim_run(sim, S(60));
    assert_int_equal(sched_change(sim->sched, sched_find("rr"), sim->now), 0);
    assert_int_equal(sim_set(sim, NULL, "slice", S(1)), 0);
    sim_run(sim, S(70));
    assert_null(sim->breach);
    for (i = 0; i < 3; i++)
        assert_true(sim_ran(sim->vcpus[i]) >= S(3));
    sim_destroy(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(admission),     cmocka_unit_test(random_moves),
        cmocka_unit_test(storm_is_fair), cmocka_unit_test(storm_of_cpus),
        cmocka_unit_test(blame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
