/*
 * host.c - what a simulation supplies to the core: host.h.
 *
 * The core has one set of per-CPU data, so there is one simulation at a time;
 * sim_now_running() is it. A lock is only a flag, which shows that each one is
 * taken once and released.
 */
#include <stdio.h>
#include <stdlib.h>
#include "sched/sim/memory.h"
#include "sched/sim/record.h"
#include "sched/sim/sim_private.h"
#include "xen/lib/bug.h"

static struct {
    struct sim *sim;
    unsigned cpu;
    bool locked[CPUSET_MAX];
} host;

void sim_host_is(struct sim *sim)
{
    BUG_ON(sim && host.sim);
    host.sim = sim;
    host.cpu = 0;
}

void sim_host_cpu(unsigned cpu)
{
    host.cpu = cpu;
}

unsigned host_cpu(void)
{
    return host.cpu;
}

void host_lock(unsigned lock)
{
    BUG_ON(host.locked[lock]);
    host.locked[lock] = true;
}

bool host_trylock(unsigned lock)
{
    if (host.locked[lock] || sim_lock_busy(host.sim, host.cpu))
        return false;
    if (host.sim->conf.trylock_fails &&
        sim_below(host.sim, 100) < host.sim->conf.trylock_fails)
        return false;
    host.locked[lock] = true;
    return true;
}

void host_unlock(unsigned lock)
{
    BUG_ON(!host.locked[lock]);
    host.locked[lock] = false;
}

void host_timer(unsigned cpu, ns_t when)
{
    sim_program(host.sim, cpu, when);
}

/* A timer's lateness is counted up to its decision. */
static ns_t poke_delay(const struct sim *sim, unsigned cpu)
{
    const struct sim_costs *cost = &sim->conf.cost;

    if (cpu != host.cpu)
        return sim_delay(sim, cpu, sim->at, cost->poke);
    return sim_delay(sim, cpu, sim->at, sim->timing ? 0 : cost->decide);
}

void host_poke(unsigned cpu)
{
    if (cpu < host.sim->conf.nr_cpus)
        sim_poke(host.sim, cpu, poke_delay(host.sim, cpu));
}

void host_state(struct sched_vcpu *v, enum sched_state to, ns_t now)
{
    sim_state_change(sim_vcpu_of(v), to, now);
}

bool host_pending(struct sched_vcpu *v)
{
    return sim_vcpu_of(v)->pending;
}

void host_idle(unsigned cpu, bool begins, ns_t now)
{
    struct sim_cpu *c = &host.sim->cpus[cpu];

    if (unlikely(host.sim->record != NULL))
        record_idle(host.sim->record, cpu, begins, now);
    if (begins)
        c->idle_since = now;
    else
        c->idle += now - c->idle_since;
}

void host_trace(const struct sched *s, unsigned event,
                const struct sched_vcpu *v, int64_t a)
{
    struct sim *sim = host.sim;

    if (event < ARRAY_SIZE(sim->traced))
        sim->traced[event]++;
    if (unlikely(sim->record != NULL))
        record_plugin(sim->record, s, event, v, a);
    if (sim->trace)
        sim->trace(v ? sim->vcpus[sim_index_of(v)] : NULL, event, a,
                   sim->watch_arg);
}

void host_vprint(const char *format, va_list args)
{
    if (!host.sim || !host.sim->conf.quiet)
        (void)vfprintf(stderr, format, args);
}

void *host_alloc(size_t size)
{
    return memory_get(size);
}

void host_free(void *p)
{
    memory_put(p);
}

void host_breach(const struct sched_breach *b)
{
    if (!host.sim->breach)
        host.sim->breach = b->rule;
    if (host.sim->conf.quiet)
        return;
    (void)fprintf(stderr, "%s: cpu%u: %s", b->plugin, b->cpu, b->rule);
    if (b->v)
        (void)fprintf(stderr, ": d%uv%u", b->v->dom, b->v->id);
    (void)fputc('\n', stderr);
}

void bug(const char *what, const char *file, unsigned line)
{
    (void)fprintf(stderr, "%s:%u: %s\n", file, line, what);
    abort();
}
