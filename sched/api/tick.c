/*
 * tick.c - what happens by the clock: ticks, accounting, the watchdog.
 *
 * Each CPU has one timer of the host, programmed for the earliest of: the end
 * of the granted time, its tick (only while something runs), and, on the
 * instance's master, the accounting and the watchdog.
 */
#include "sched/api/core_private.h"

/* The watchdog looks each second, or, where vCPUs may wait for long because
 * there are many, each sixteenth of that time: to look at all takes longer,
 * too. So it costs a share that does not grow with them. */
#define WATCH_NS    S(1)
#define WATCH_MOST  S(300)
#define WATCH_SHARE 16

void sched_timer(unsigned cpu, ns_t now)
{
    struct sched_pcpu *p = &sched_pcpus[cpu];
    struct sched *s;
    bool slow;

    sched_lock_cpu(cpu);
    s = p->sched;
    if (unlikely(!s)) {
        sched_unlock_cpu(cpu);
        return;
    }
    now = sched_clamp(p, now);
    if (p->running && s->ops->tick && now >= p->tick_at && !s->broken) {
        sched_charge(p, now);
        s->ops->tick(s, cpu, now);
        p->tick_at = now - now % s->ops->tick_ns + s->ops->tick_ns;
    }
    slow = now >= p->slow_at;
    if (now >= p->resched_at) {
        p->resched_at = FOREVER; /* sched_schedule() comes at once, */
        host_poke(cpu);          /* and programs the timer */
    } else if (!slow) {
        sched_program(p, cpu);
    }
    sched_unlock_cpu(cpu);
    if (slow)
        sched_slow(s, now);
}

/* Since when the plug-in has had v in its hand. */
static ns_t waits_since(const struct sched_vcpu *v)
{
    return v->core.came > v->core.waiting ? v->core.came : v->core.waiting;
}

/* How long one may wait at this number of vCPUs. */
static ns_t patience_of(const struct sched *s)
{
    return sched_add(s->patience, MS(100) * s->nr_vcpus);
}

static ns_t watch_again(const struct sched *s, ns_t now)
{
    ns_t every = patience_of(s) / WATCH_SHARE;

    if (every < WATCH_NS)
        every = WATCH_NS;
    return now + (every < WATCH_MOST ? every : WATCH_MOST);
}

/* ... and what the plug-in says of v in particular. */
static ns_t may_wait(const struct sched *s, const struct sched_vcpu *v)
{
    ns_t each = s->ops->may_wait(v, waits_since(v)), all;

    if (__builtin_mul_overflow(each, (ns_t)s->nr_vcpus, &all))
        return FOREVER;
    return sched_add(patience_of(s), all);
}

/* A vCPU that waits beyond patience, or NULL. */
static const struct sched_vcpu *find_starved(struct sched *s, ns_t now)
{
    ns_t patience = patience_of(s);
    struct sched_domain *d;
    struct sched_vcpu *v;

    if (s->broken || ((s->ops->flags & SCHED_MAY_IDLE) && !s->ops->may_wait))
        return NULL;
    for_each_domain_of(d, s) for_each_vcpu_of(
        v, d) if (v->core.hand == SCHED_HAND_PLUGIN &&
                  now - waits_since(v) > patience &&
                  (!s->ops->may_wait ||
                   now - waits_since(v) > may_wait(s, v))) return v;
    return NULL;
}

void sched_slow(struct sched *s, ns_t now)
{
    const struct sched_vcpu *starved = NULL;
    unsigned cpu;

    sched_lock_all(s);
    for_each_cpu (cpu, &s->cpus) {
        struct sched_pcpu *p = &sched_pcpus[cpu];

        now = sched_clamp(p, now);
    }
    if (s->ops->account && now >= s->account_at && !s->broken) {
        for_each_cpu (cpu, &s->cpus)
            if (sched_pcpus[cpu].running)
                sched_charge(&sched_pcpus[cpu], now);
        s->ops->account(s, now);
        s->account_at = now - now % s->ops->account_ns + s->ops->account_ns;
    }
    if (now >= s->watch_at) {
        s->watch_at = watch_again(s, now);
        starved = find_starved(s, now);
        if (starved) {
            s->sound = true;
            sched_breach(s, starved->cpu, starved, "a vCPU starves");
            host_poke(starved->cpu);
        }
    }
    if (!cpuset_empty(&s->cpus)) {
        struct sched_pcpu *p = &sched_pcpus[s->master];

        p->slow_at = s->watch_at;
        if (s->ops->account && s->account_at < p->slow_at)
            p->slow_at = s->account_at;
        sched_program(p, s->master);
    }
    sched_unlock_all(s);
}
