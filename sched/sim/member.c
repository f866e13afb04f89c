/*
 * member.c - the vCPUs of a simulation: making, setting, asking.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "sched/sim/memory.h"
#include "sched/sim/sim_private.h"
#include "xen/lib/bug.h"

/* ---- pools and domains ---- */

int sim_pool(struct sim *sim, const char *sched, const struct cpuset *cpus)
{
    const struct sched_ops *ops = sched_find(sched);
    struct sim_pool *p = &sim->pools[sim->nr_pools];
    unsigned cpu;

    if (!ops || sim->nr_pools == SIM_POOLS_MAX)
        return -1;
    for_each_cpu (cpu, cpus)
        if (!cpuset_has(&sim->pools[0].cpus, cpu))
            return -2;
    BUG_ON(sched_check(ops) || cpuset_empty(cpus));
    p->sched = sched_create(ops, sim->conf.seed);
    BUG_ON(!p->sched);
    p->cpus = *cpus;
    for_each_cpu (cpu, cpus) {
        sim_host_cpu(cpu);
        (void)sched_cpu_drain(cpu, sim->now);
        (void)sched_schedule(cpu, sim->now); /* nobody: it leaves */
        sched_scheduled(cpu);
        BUG_ON(sched_cpu_down(cpu, sim->now));
        cpuset_remove(&sim->pools[0].cpus, cpu);
        BUG_ON(sched_cpu_up(p->sched, cpu, sim->now));
    }
    return (int)sim->nr_pools++;
}

static void domains_reserve(struct sim *sim, unsigned room)
{
    unsigned i, want = sim->room_domains ? sim->room_domains : 64;

    if (room > sim->nr_domains)
        sim->nr_domains = room;
    if (room <= sim->room_domains)
        return;
    while (want < room)
        want *= 2;
    sim->domains = realloc(sim->domains, want * sizeof(*sim->domains));
    sim->next_id = realloc(sim->next_id, want * sizeof(*sim->next_id));
    BUG_ON(!sim->domains || !sim->next_id);
    for (i = sim->room_domains; i < want; i++) {
        sim->domains[i] = NULL;
        sim->next_id[i] = 0;
    }
    sim->room_domains = want;
}

void sim_domain(struct sim *sim, unsigned dom, unsigned pool)
{
    struct sched_domain *d = calloc(1, sizeof(*d));

    domains_reserve(sim, dom + 1);
    BUG_ON(!d || sim->domains[dom] || pool >= sim->nr_pools);
    BUG_ON(sched_domain_init(d, sim->pools[pool].sched, (uint16_t)dom));
    sim->domains[dom] = d;
}

/* ---- vCPUs ---- */

static void seed_stream(struct sim_vcpu *sv)
{
    uint64_t who = (uint64_t)sv->v.dom << 16 | sv->v.id;

    sv->random = (sv->sim->conf.seed + 1) * 0x9e3779b97f4a7c15u +
                 (who + 1) * 0xd1342543de82ef95u;
    sv->random |= 1;
    (void)sim_vcpu_random(sv);
    (void)sim_vcpu_random(sv);
}

static void vcpus_reserve(struct sim *sim, unsigned room)
{
    if (room <= sim->room_vcpus)
        return;
    sim->room_vcpus = sim->room_vcpus ? 2 * sim->room_vcpus : 64;
    sim->vcpus = realloc(sim->vcpus,
                         sim->room_vcpus * sizeof(struct sim_vcpu *));
    BUG_ON(!sim->vcpus);
    alarms_reserve(&sim->alarms, sim->room_vcpus);
}

/* With the size before it (memory.c) what is ours of an event ends a cache
 * line; what is the core's then fills four. sim.mk has as many bytes fetched.
 */
static_assert(offsetof(struct sim_vcpu, v) + sizeof(size_t) == 128,
              "the hot part of a vCPU is not whole cache lines");
static_assert(offsetof(struct sched_vcpu, affinity) + sizeof(uint64_t) <= 256,
              "the hot part of a vCPU has grown");

struct sim_vcpu *sim_add(struct sim *sim, unsigned dom, sim_load *load)
{
    struct sim_vcpu *sv = memory_get(sizeof(*sv));
    uint16_t id;

    BUG_ON(!sv);
    if (dom >= sim->nr_domains || !sim->domains[dom])
        sim_domain(sim, dom, 0);
    id = sim->next_id[dom]++;
    sv->sim = sim;
    sv->load = load;
    sv->index = sim->nr_vcpus;
    sv->ran_on = sv->waker = CPUSET_NONE;
    sv->entered = sim->now;
    BUG_ON(sched_vcpu_init(&sv->v, sim->domains[dom], id,
                           (dom + id) % sim->conf.nr_cpus));
    seed_stream(sv);
    vcpus_reserve(sim, sim->nr_vcpus + 1);
    sim->vcpus[sim->nr_vcpus++] = sv;
    return sv;
}

int sim_start(struct sim_vcpu *sv)
{
    return sim_start_at(sv, 0);
}

int sim_start_at(struct sim_vcpu *sv, ns_t when)
{
    int error;

    sim_host_cpu(sv->v.cpu);
    error = sched_vcpu_join(&sv->v, sv->sim->now);
    if (error)
        return error;
    sv->joined = true;
    sv->starts = when;
    sv->unborn = when > sv->sim->now;
    if (sv->unborn)
        alarm_set(&sv->sim->alarms, sv->index, when);
    else
        sched_unpause(&sv->v, sv->sim->now);
    return 0;
}

void sim_born_at(struct sim_vcpu *sv, unsigned cpu, ns_t joins, ns_t when)
{
    sv->v.cpu = cpu;
    sv->starts = when;
    sv->unborn = true;
    alarm_set(&sv->sim->alarms, sv->index, joins);
}

void sim_born(struct sim_vcpu *sv)
{
    if (!sv->joined) {
        (void)sim_start_at(sv, sv->starts);
        return;
    }
    sv->unborn = false;
    sched_unpause(&sv->v, sv->sim->now);
}

void sim_leave(struct sim_vcpu *sv)
{
    sched_vcpu_leave(&sv->v, sv->sim->now);
    sv->joined = false;
    alarm_clear(&sv->sim->alarms, sv->index);
}

int sim_set(struct sim *sim, struct sim_vcpu *sv, const char *name,
            int64_t value)
{
    struct sched *s = sv ? sv->v.sched : sim->sched;
    const struct sched_param *p = sched_param_find(sched_ops_of(s), name);
    struct sched_setting set = { p, value };
    bool of_vcpu = p && p->scope == SCHED_PER_VCPU;

    BUG_ON(!p || (p->scope == SCHED_PER_SYSTEM) != (sv == NULL));
    return sched_param_set(s, sv ? sv->v.cold.domain : NULL,
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

ns_t sim_time_in(const struct sim_vcpu *sv, enum sched_state state)
{
    ns_t time = sv->in[state];

    if (sv->v.core.state == state)
        time += sv->sim->now - sv->entered;
    return time;
}

ns_t sim_ran(const struct sim_vcpu *sv)
{
    return sim_time_in(sv, SCHED_STATE_RUNNING);
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

/* ---- random numbers ---- */

static uint64_t draw(uint64_t *state) /* xorshift64* */
{
    uint64_t x = *state;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 0x2545f4914f6cdd1du;
}

static uint64_t below(uint64_t x, uint64_t n)
{
    return (uint64_t)(((unsigned __int128)x * n) >> 64);
}

uint64_t sim_random(struct sim *sim)
{
    return draw(&sim->random);
}

uint64_t sim_below(struct sim *sim, uint64_t n)
{
    return below(draw(&sim->random), n);
}

uint64_t sim_vcpu_random(struct sim_vcpu *sv)
{
    return draw(&sv->random);
}

uint64_t sim_vcpu_below(struct sim_vcpu *sv, uint64_t n)
{
    return below(draw(&sv->random), n);
}
