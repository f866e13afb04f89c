/*
 * place.c - where a vCPU that becomes runnable shall wait.
 *
 * The default keeps it on its last CPU if nothing happens there (its cache may
 * still be warm), else takes an idle CPU, else stays. CPUs that it prefers
 * come before those where it merely may run. Other CPUs' state is read without
 * their locks: a hint.
 */
#include "sched/api/core_private.h"

/* The first CPU of s at or after `from`, in circular order, that is in a, b,
 * and (if it is not NULL) c; else CPUSET_NONE. */
static unsigned next_in_all(const struct sched *s, const struct cpuset *a,
                            const struct cpuset *b, const struct cpuset *c,
                            unsigned from)
{
    unsigned words = s->head.words, w = from / 64, i;

    for (i = 0; i <= words; i++) {
        uint64_t bits = a->word[w] & READ_ONCE(b->word[w]);

        if (c)
            bits &= c->word[w];
        if (i == 0)
            bits &= ~(uint64_t)0 << (from % 64);
        if (bits)
            return w * 64 + (unsigned)__builtin_ctzll(bits);
        w = w + 1 < words ? w + 1 : 0;
    }
    return CPUSET_NONE;
}

static unsigned place_default(const struct sched_vcpu *v)
{
    const struct sched *s = v->sched;
    const struct cpuset *soft = &v->soft_affinity;
    unsigned last = v->cpu, cpu;
    bool allowed = cpuset_has(&v->affinity, last);

    if (likely(allowed && (s->nr_cpus == 1 || sched_idle(s, last))) &&
        (!v->core.wishes || s->nr_cpus == 1 || cpuset_has(soft, last)))
        return last;
    cpu = CPUSET_NONE;
    if (v->core.wishes)
        cpu = next_in_all(s, &v->affinity, &s->idle, soft, last);
    if (cpu == CPUSET_NONE && allowed && sched_idle(s, last))
        return last;
    if (cpu == CPUSET_NONE)
        cpu = next_in_all(s, &v->affinity, &s->idle, NULL, last);
    if (cpu == CPUSET_NONE && allowed)
        return last;
    if (cpu == CPUSET_NONE && v->core.wishes)
        cpu = next_in_all(s, &v->affinity, &s->cpus, soft, last);
    if (cpu == CPUSET_NONE)
        cpu = next_in_all(s, &v->affinity, &s->cpus, NULL, last);
    return cpu;
}

unsigned sched_place(const struct sched_vcpu *v, ns_t now)
{
    struct sched *s = v->sched;
    unsigned cpu;

    if (!s->ops->place || s->broken)
        return place_default(v);
    cpu = s->ops->place(v, now);
    if (likely(cpu < CPUSET_MAX && cpuset_has(&v->affinity, cpu)))
        return cpu;
    sched_breach(s, v->cpu, v, "place() chose a CPU outside of the affinity");
    return place_default(v);
}

void sched_offer_idle(const struct sched_vcpu *v)
{
    struct sched *s = v->sched;
    unsigned cpu;

    do
        cpu = next_in_all(s, &v->affinity, &s->idle, NULL, v->cpu);
    while (cpu != CPUSET_NONE && !sched_claim_idle(s, cpu));
    if (cpu != CPUSET_NONE)
        host_poke(cpu);
}

void sched_poke_idle(struct sched *s)
{
    unsigned cpu;

    for_each_cpu_of (cpu, s, &s->idle)
        host_poke(cpu);
}

void sched_effective_affinity(struct sched_vcpu *v)
{
    v->core.wishes = !cpuset_empty(&v->soft_affinity);
    if (!cpuset_and(&v->affinity, &v->cold.hard, &v->sched->cpus))
        v->affinity = v->sched->cpus;
}
