/*
 * admit.c - who may reserve, and where.
 *
 * On one CPU, earliest deadline first keeps every reservation if and only if
 * the sum of slice/period is at most 1 (Liu and Layland; deadline = period).
 * So each CPU has a sum of what is booked, in 2^-28 and rounded up, and nothing
 * is booked beyond 1 - overhead: who asks for more is refused.
 *
 * A vCPU is booked on the first CPU of its affinity that has room (of those it
 * prefers, if one has), its home, and waits there. If its affinity takes it
 * away, it is booked where it comes to if there is room, else it has to live
 * on extra time, and that is traced.
 *
 * Locks: a CPU's sum is changed atomically, as a vCPU may leave the one and
 * come to the other under only the latter's lock.
 */
#include "sched/sedf/sedf_private.h"

static int64_t limit(const struct sched *s)
{
    const struct sedf_sys *sys = sched_sys(s);

    return SEDF_ONE - SEDF_ONE * sys->overhead / 1000000;
}

/* The utilisation that a domain's parameters ask for each vCPU. */
static int64_t wanted(const struct sedf_dom *d)
{
    return ((d->slice << SEDF_SHIFT) / d->period) +
           ((d->slice << SEDF_SHIFT) % d->period != 0);
}

static int64_t *used_on(const struct sched *s, unsigned cpu)
{
    return &((struct sedf_cpu *)sched_cpu(s, cpu))->used;
}

/* Book `amount` for v on cpu. False: no room. */
static bool book(struct sched_vcpu *v, unsigned cpu, int64_t amount)
{
    struct sedf_vcpu *b = v->priv;
    int64_t *used = used_on(v->sched, cpu);

    if (__atomic_add_fetch(used, amount, __ATOMIC_RELAXED) > limit(v->sched)) {
        (void)__atomic_sub_fetch(used, amount, __ATOMIC_RELAXED);
        return false;
    }
    b->home = cpu;
    b->used = amount;
    sched_trace(v->sched, SEDF_EV_ADMIT, v, (int64_t)cpu);
    return true;
}

/* Is v booked on a CPU that has not left the pool meanwhile? */
static bool booked(const struct sched_vcpu *v)
{
    const struct sedf_vcpu *b = v->priv;

    return b->home != CPUSET_NONE && cpuset_has(sched_cpus(v->sched), b->home);
}

static void unbook(struct sched_vcpu *v)
{
    struct sedf_vcpu *b = v->priv;

    if (booked(v))
        (void)__atomic_sub_fetch(used_on(v->sched, b->home), b->used,
                                 __ATOMIC_RELAXED);
    b->home = CPUSET_NONE;
    b->used = 0;
}

static bool book_among(struct sched_vcpu *v, const struct cpuset *cpus)
{
    int64_t amount = wanted(v->dom_priv);
    unsigned cpu;

    for_each_cpu_of (cpu, v->sched, &v->affinity)
        if (cpuset_has(cpus, cpu) && book(v, cpu, amount))
            return true;
    return false;
}

static int check(const struct sedf_dom *d)
{
    if (d->slice > d->period || (!d->slice && !d->extra))
        return -SEDF_EINVAL;
    return 0;
}

int sedf_vcpu_up(struct sched_vcpu *v, ns_t now)
{
    const struct sedf_dom *d = v->dom_priv;
    struct sedf_vcpu *b = v->priv;
    int error = check(d);

    b->home = CPUSET_NONE;
    b->period = d->period;
    b->deadline = now;
    if (error || !d->slice)
        return error;
    if (book_among(v, &v->soft_affinity) || book_among(v, &v->affinity))
        return 0;
    sched_trace(v->sched, SEDF_EV_REFUSE, v, wanted(d));
    return -SEDF_ENOSPC;
}

void sedf_vcpu_down(struct sched_vcpu *v, ns_t now)
{
    (void)now;
    unbook(v);
}

void sedf_rehome(struct sched_vcpu *v)
{
    const struct sedf_dom *d = v->dom_priv;

    unbook(v);
    if (!book(v, v->cpu, wanted(d)))
        sched_trace(v->sched, SEDF_EV_REFUSE, v, wanted(d));
}

unsigned sedf_place(const struct sched_vcpu *v, ns_t now)
{
    const struct sedf_vcpu *b = v->priv;
    const struct sedf_dom *d = v->dom_priv;
    int64_t room = limit(v->sched) - (d->slice ? wanted(d) : 0);
    unsigned cpu, first;

    (void)now;
    if (b->home != CPUSET_NONE && cpuset_has(&v->affinity, b->home))
        return b->home;
    if (cpuset_has(&v->affinity, v->cpu)) {
        first = v->cpu;
        if (!d->slice && sched_idle(v->sched, v->cpu))
            return v->cpu;
    } else {
        first = sched_next_cpu(v->sched, &v->affinity, 0);
    }
    for_each_cpu_of (cpu, v->sched, &v->affinity)
        if (d->slice ? READ_ONCE(*used_on(v->sched, cpu)) <= room
                     : sched_idle(v->sched, cpu))
            return cpu;
    return first;
}

/* ---- changes ---- */

/* Where to book v anew: where it was, or else where it is; or, if that has left
 * the pool while v slept, where it may run. */
static unsigned new_home(const struct sched_vcpu *v)
{
    const struct sedf_vcpu *b = v->priv;

    if (b->was_home != CPUSET_NONE)
        return b->was_home;
    return cpuset_has(sched_cpus(v->sched), v->cpu)
               ? v->cpu
               : cpuset_next(&v->affinity, 0);
}

/* Book what the parameters of v's domain ask for now, for each of its vCPUs
 * where it is; if one cannot, all as before. v is the first of them. */
static int rebook(struct sched_vcpu *first)
{
    const struct sedf_dom *d = first->dom_priv;
    struct sched_vcpu *v;
    struct sedf_vcpu *b;
    bool fits = true;

    for (v = first; v; v = sched_sibling(v)) {
        b = v->priv;
        b->was_home = booked(v) ? b->home : CPUSET_NONE;
        b->was_used = b->used;
        unbook(v);
    }
    if (d->slice)
        for (v = first; v && fits; v = sched_sibling(v))
            fits = book(v, new_home(v), wanted(d));
    if (fits)
        return 0;
    for (v = first; v; v = sched_sibling(v)) {
        b = v->priv;
        unbook(v);
        b->home = b->was_home;
        b->used = b->was_used;
        if (b->home != CPUSET_NONE)
            (void)__atomic_add_fetch(used_on(v->sched, b->home), b->used,
                                     __ATOMIC_RELAXED);
    }
    sched_trace(first->sched, SEDF_EV_REFUSE, first, wanted(d));
    return -SEDF_ENOSPC;
}

static int change_domain(struct sched_vcpu *first, ns_t now)
{
    int error = check(first->dom_priv);
    struct sched_vcpu *v;
    struct sedf_vcpu *b;

    if (!error)
        error = rebook(first);
    if (error)
        return error;
    for (v = first; v; v = sched_sibling(v)) {
        b = v->priv;
        if (b->was_home == CPUSET_NONE)
            b->deadline = now; /* its first period begins now */
        sedf_requeue(v, now);
    }
    return 0;
}

int sedf_param_set(struct sched *s, struct sched_vcpu *v,
                   const struct sched_param *p, int64_t old, ns_t now)
{
    int error = v ? change_domain(v, now) : 0;
    unsigned cpu;

    (void)p, (void)old;
    for_each_cpu_of (cpu, s, sched_cpus(s))
        if (!v && *used_on(s, cpu) > limit(s))
            return -SEDF_ENOSPC;
    sched_resched_all(s, now);
    return error;
}
