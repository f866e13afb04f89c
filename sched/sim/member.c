/*
 * member.c - the vCPUs of a simulation: making, setting, asking.
 */
#include <stdlib.h>
#include <string.h>
#include "sched/sim/sim_private.h"
#include "xen/lib/bug.h"

static struct sched_domain *domain(struct sim *sim, unsigned dom)
{
    unsigned i = sim->nr_domains;

    if (dom >= i) {
        sim->nr_domains = dom + 1;
        sim->domains = realloc(sim->domains, (dom + 1) * sizeof(*sim->domains));
        BUG_ON(!sim->domains);
        for (; i <= dom; i++) {
            sim->domains[i] = calloc(1, sizeof(*sim->domains[i]));
            BUG_ON(!sim->domains[i] ||
                   sched_domain_init(sim->domains[i], sim->sched, (uint16_t)i));
        }
    }
    return sim->domains[dom];
}

struct sim_vcpu *sim_add(struct sim *sim, unsigned dom, sim_load *load)
{
    struct sim_vcpu *sv = calloc(1, sizeof(*sv));
    struct sched_domain *d = domain(sim, dom);
    const struct sched_vcpu *other;
    uint16_t id = 0;
    unsigned i;

    BUG_ON(!sv);
    for (i = 0; i < sim->nr_vcpus; i++) {
        other = &sim->vcpus[i]->v;
        if (other->dom == dom && other->id >= id)
            id = (uint16_t)(other->id + 1);
    }
    sv->sim = sim;
    sv->load = load;
    sv->index = sim->nr_vcpus;
    sv->entered = sim->now;
    BUG_ON(sched_vcpu_init(&sv->v, d, id, sv->index % sim->conf.nr_cpus));
    sim->vcpus = realloc(sim->vcpus,
                         (sv->index + 1) * sizeof(struct sim_vcpu *));
    BUG_ON(!sim->vcpus);
    sim->vcpus[sim->nr_vcpus++] = sv;
    return sv;
}

int sim_start(struct sim_vcpu *sv)
{
    int error;

    sim_host_cpu(sv->v.cpu);
    error = sched_vcpu_join(&sv->v, sv->sim->now);
    if (error)
        return error;
    sv->joined = true;
    sched_unpause(&sv->v, sv->sim->now);
    return 0;
}

void sim_leave(struct sim_vcpu *sv)
{
    sched_vcpu_leave(&sv->v, sv->sim->now);
    sv->joined = false;
    sv->alarm = 0;
}

int sim_set(struct sim *sim, struct sim_vcpu *sv, const char *name,
            int64_t value)
{
    const struct sched_param *p = sched_param_find(sched_ops_of(sim->sched),
                                                   name);
    struct sched_setting set = { p, value };
    bool of_vcpu = p && p->scope == SCHED_PER_VCPU;

    BUG_ON(!p || (p->scope == SCHED_PER_SYSTEM) != (sv == NULL));
    return sched_param_set(sim->sched, sv ? sv->v.core.domain : NULL,
                           of_vcpu ? &sv->v : NULL, &set, 1, sim->now);
}

void sim_pin(struct sim_vcpu *sv, uint64_t cpus)
{
    struct cpuset set = { .word = { cpus } };

    BUG_ON(sched_set_affinity(&sv->v, &set, NULL, sv->sim->now));
}

void sim_pause(struct sim_vcpu *sv)
{
    sched_pause(&sv->v, sv->sim->now);
}

void sim_unpause(struct sim_vcpu *sv)
{
    sched_unpause(&sv->v, sv->sim->now);
}

ns_t sim_ran(const struct sim_vcpu *sv)
{
    ns_t ran = sv->in[SCHED_STATE_RUNNING];

    if (sv->v.core.state == SCHED_STATE_RUNNING)
        ran += sv->sim->now - sv->entered;
    return ran;
}

ns_t sim_idle(const struct sim *sim, unsigned cpu)
{
    const struct sim_cpu *c = &sim->cpus[cpu];

    return c->idle + (c->running ? 0 : sim->now - c->idle_since);
}

static int by_value(const void *a, const void *b)
{
    ns_t x = *(const ns_t *)a, y = *(const ns_t *)b;

    return (x > y) - (x < y);
}

ns_t sim_latency(struct sim_vcpu *sv, unsigned permille)
{
    if (!sv->nr_latency)
        return 0;
    qsort(sv->latency, sv->nr_latency, sizeof(*sv->latency), by_value);
    return sv->latency[(sv->nr_latency - 1) * permille / 1000];
}

/* xorshift64* */
uint64_t sim_random(struct sim *sim)
{
    uint64_t x = sim->random;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    sim->random = x;
    return x * 0x2545f4914f6cdd1du;
}

uint64_t sim_below(struct sim *sim, uint64_t n)
{
    return (uint64_t)(((unsigned __int128)sim_random(sim) * n) >> 64);
}
