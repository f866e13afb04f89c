/*
 * make.c - a simulator is made, and ended.
 */
#include <stdlib.h>
#include "sched/sim/memory.h"
#include "sched/sim/sim_private.h"
#include "xen/lib/bug.h"

struct sim *sim_create(const struct sim_conf *conf)
{
    const struct sched_ops *ops = sched_find(conf->sched);
    struct sim *sim;
    unsigned cpu;

    if (!ops || !conf->nr_cpus || conf->nr_cpus > CPUSET_MAX)
        return NULL;
    BUG_ON(sched_check(ops));
    sim = calloc(1, sizeof(*sim));
    BUG_ON(!sim);
    sim->conf = *conf;
    sim->now = sim->at = conf->cost.boot;
    sim->busy = CPUSET_NONE;
    sim->random = conf->seed * 2 + 1;
    sim->hash = 0xcbf29ce484222325u;
    sim->cpus = calloc(conf->nr_cpus, sizeof(*sim->cpus));
    BUG_ON(!sim->cpus);
    course_begin(&sim->course, conf->nr_cpus);
    alarms_begin(&sim->alarms);
    alarms_reserve(&sim->alarms, 64);
    sim_host_is(sim);
    sim->sched = sched_create(ops, conf->seed);
    BUG_ON(!sim->sched);
    sim->pools[sim->nr_pools++].sched = sim->sched;
    for (cpu = 0; cpu < conf->nr_cpus; cpu++) {
        struct sim_cpu *c = &sim->cpus[cpu];

        c->timer = c->timer_at = c->done_at = FOREVER;
        c->poke_at = c->again_at = c->timer_then = FOREVER;
        sim_host_cpu(cpu);
        cpuset_add(&sim->pools[0].cpus, cpu);
        c->idle_since = sim->now;
        BUG_ON(sched_cpu_up(sim->sched, cpu, sim->now));
    }
    return sim;
}

static void free_vcpus(struct sim *sim)
{
    unsigned i;

    for (i = 0; i < sim->nr_vcpus; i++) {
        sim_leave(sim->vcpus[i]);
        sched_vcpu_fini(&sim->vcpus[i]->v);
        free(sim->vcpus[i]->latency);
        memory_put(sim->vcpus[i]);
    }
    for (i = 0; i < sim->nr_domains; i++)
        if (sim->domains[i])
            sched_domain_fini(sim->domains[i]), free(sim->domains[i]);
}

void sim_destroy(struct sim *sim)
{
    unsigned i;

    sim->watch = NULL;
    sim->trace = NULL;
    sim->record = NULL;
    /* It is over: nothing takes time any more. */
    sim_follow_no_more(sim);
    sim->conf.cost.poke = sim->conf.cost.decide = 0;
    for (i = 0; i < sim->nr_vcpus; i++)
        if (sim->vcpus[i]->joined)
            sim_pause(sim->vcpus[i]);
    sim_decide(sim);
    free_vcpus(sim);
    for (i = 0; i < sim->conf.nr_cpus; i++)
        (void)sched_cpu_drain(i, sim->now);
    sim_decide(sim);
    for (i = 0; i < sim->conf.nr_cpus; i++)
        BUG_ON(sched_cpu_down(i, sim->now));
    for (i = 0; i < sim->nr_pools; i++)
        sched_destroy(sim->pools[i].sched);
    sim_host_is(NULL);
    free(sim->domains);
    free(sim->next_id);
    free(sim->vcpus);
    free(sim->cpus);
    course_end(&sim->course);
    alarms_end(&sim->alarms);
    free(sim);
}
