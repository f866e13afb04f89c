/*
 * cost.c - one scheduler at work with n vCPUs waiting, for callgrind.
 *
 *     cost SCHEDULER N
 *
 * Two CPUs of the simulator; N vCPUs that always want to run, of random
 * weights; eight that sleep and wake up, one that yields, and now and then one
 * that waits is paused. Only what happens after the start is looked at, and of
 * that run.py counts the plug-in's callbacks alone: with all they call, but
 * without the core and the simulator around them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/callgrind.h>
#include "sched/sim/sim.h"

#define SLEEPERS 8

static bool has(const struct sim *sim, const char *name)
{
    return sched_param_find(sched_ops_of(sim->sched), name) != NULL;
}

static struct sim_vcpu *add(struct sim *sim, sim_load *load, ns_t period,
                            ns_t cost)
{
    struct sim_vcpu *sv = sim_add(sim, sim->nr_vcpus, load);

    sv->st.period = period;
    sv->st.cost = cost;
    return sv;
}

static void start(struct sim_vcpu *sv)
{
    if (sim_start(sv)) {
        (void)fprintf(stderr, "cost: a vCPU is refused\n");
        exit(1);
    }
}

/* Its weight is large, so that it gets to sleep and wake up. */
static void add_sleeper(struct sim *sim)
{
    struct sim_vcpu *sv = add(sim, sim_sporadic, MS(1), US(20));

    if (has(sim, "weight"))
        (void)sim_set(sim, sv, "weight", 65535);
    start(sv);
}

/* One that always wants to run. Its periods are long, if it has any: what the
 * begin of a period costs is a matter of how many begin, not of n. */
static void add_hog(struct sim *sim)
{
    struct sim_vcpu *sv = add(sim, sim_hog, 0, 0);

    if (has(sim, "weight"))
        (void)sim_set(sim, sv, "weight", 1 + (int64_t)sim_below(sim, 1000));
    if (has(sim, "budget")) {
        (void)sim_set(sim, sv, "period", S(10));
        (void)sim_set(sim, sv, "budget", MS(1) + (ns_t)sim_below(sim, MS(4)));
    }
    start(sv);
}

/* Pause and unpause one that waits, a hundred times, as time goes by. */
static void measure(struct sim *sim, unsigned n)
{
    struct sim_vcpu *sv;
    ns_t end = sim->now;
    unsigned i;

    CALLGRIND_START_INSTRUMENTATION;
    for (i = 0; i < 100; i++) {
        sv = sim->vcpus[SLEEPERS + 1 + sim_below(sim, n)];
        sim_pause(sv);
        end += MS(2);
        sim_run(sim, end);
        sim_unpause(sv);
        end += MS(2);
        sim_run(sim, end);
    }
    CALLGRIND_STOP_INSTRUMENTATION;
}

int main(int argc, char **argv)
{
    struct sim_conf conf = { .nr_cpus = 2, .seed = 1 };
    struct sim *sim = NULL;
    unsigned i, n = 0;

    if (argc == 3) {
        conf.sched = argv[1];
        n = (unsigned)strtoul(argv[2], NULL, 10);
        sim = n ? sim_create(&conf) : NULL;
    }
    if (!sim) {
        (void)fprintf(stderr, "usage: cost SCHEDULER N\n");
        return 2;
    }
    sched_set_patience(sim->sched, FOREVER);
    for (i = 0; i < SLEEPERS; i++)
        add_sleeper(sim);
    start(add(sim, sim_yielder, 0, US(300)));
    for (i = 0; i < n; i++)
        add_hog(sim);
    sim_run(sim, MS(200) + n * MS(2)); /* so that most of them have run */
    measure(sim, n);
    if (sim->breach) {
        (void)fprintf(stderr, "cost: %s: %s\n", conf.sched, sim->breach);
        return 1;
    }
    sim_destroy(sim);
    return 0;
}
