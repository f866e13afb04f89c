/*
 * service.c - what plug-ins may call: the services of sched.h.
 */
#include "sched/api/core_private.h"

void sched_resched(struct sched *s, unsigned cpu, ns_t when)
{
    struct sched_pcpu *p = &sched_pcpus[cpu];
    unsigned here = host_cpu();
    bool at_once = when <= p->now;

    if (unlikely(p->sched != s))
        return;
    if (cpu != here) {
        at_once = at_once || when <= sched_pcpus[here].now;
    } else if (p->deciding) { /* the pick that is under way answers */
        if (!at_once && when < p->resched_at)
            p->resched_at = when;
        return;
    }
    if (at_once) {
        host_poke(cpu);
    } else if (when < p->resched_at) {
        p->resched_at = when;
        sched_program(p, cpu);
    }
}

struct sched_vcpu *sched_running(struct sched *s, unsigned cpu)
{
    const struct sched_pcpu *p = &sched_pcpus[cpu];

    return p->sched == s ? READ_ONCE(p->running) : NULL;
}

bool sched_idle(const struct sched *s, unsigned cpu)
{
    const struct sched_pcpu *p = &sched_pcpus[cpu];

    return p->sched == s && !READ_ONCE(p->running) && !READ_ONCE(p->waiting);
}

unsigned sched_waiting(const struct sched *s, unsigned cpu)
{
    const struct sched_pcpu *p = &sched_pcpus[cpu];

    return p->sched == s ? READ_ONCE(p->waiting) : 0;
}

const struct cpuset *sched_cpus(const struct sched *s)
{
    return &s->cpus;
}

struct sched_vcpu *sched_sibling(const struct sched_vcpu *v)
{
    return TAILQ_NEXT(v, cold.peers);
}

bool sched_peer_trylock(struct sched *s, unsigned cpu)
{
    unsigned here = host_cpu(), lock;
    struct sched_pcpu *p = &sched_pcpus[here];
    const struct sched_pcpu *q = &sched_pcpus[cpu];

    if (cpu == here || !p->deciding || READ_ONCE(q->sched) != s)
        return false;
    if (p->peer_locked)
        host_unlock(sched_pcpus[p->peer].lock);
    p->peer_locked = false;
    p->peer = CPUSET_NONE;
    if (s->one_lock == CPUSET_NONE) {
        lock = READ_ONCE(q->lock);
        if (!host_trylock(lock))
            return false;
        if (unlikely(lock != READ_ONCE(q->lock) || q->sched != s)) {
            host_unlock(lock);
            return false;
        }
        p->peer_locked = true;
    }
    p->peer = cpu;
    return true;
}

/* Kept until the pick is taken: see pick() in sched.h. */
void sched_peer_unlock(struct sched *s, unsigned cpu)
{
    (void)s;
    (void)cpu;
}

/* xorshift64*; one state per CPU, so no lock. */
uint32_t sched_random(struct sched *s)
{
    struct sched_pcpu *p = &sched_pcpus[host_cpu()];
    uint64_t x = p->random;

    if (!x)
        x = (s->seed + 1) * 0x9e3779b97f4a7c15u + host_cpu();
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    p->random = x ? x : 1;
    return (uint32_t)((x * 0x2545f4914f6cdd1du) >> 32);
}

void sched_trace(struct sched *s, unsigned event, const struct sched_vcpu *v,
                 int64_t a)
{
    host_trace(s, event, v, a);
}

void sched_print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    host_vprint(format, args);
    va_end(args);
}
