/*
 * pool.c - instances, their CPUs, domains and vCPUs.
 *
 * Areas are allocated for the larger of the plug-in's and the fallback's wish,
 * so that going over to the fallback allocates nothing.
 */
#include "sched/api/core_private.h"

#define PATIENCE_NS S(10)

/* ---- locks ---- */

static void lock_set(const struct cpuset *locks)
{
    unsigned lock;

    for_each_cpu (lock, locks)
        host_lock(lock);
}

static void unlock_set(const struct cpuset *locks)
{
    unsigned lock;

    for_each_cpu (lock, locks)
        host_unlock(lock);
}

/* The numbers of the locks of a and, if it is not NULL, b. A CPU's number may
 * be that of the one lock of an instance which the CPU has left, so a lock may
 * stand for both. */
static void locks_of(const struct sched *a, const struct sched *b,
                     struct cpuset *out)
{
    unsigned one = READ_ONCE(a->one_lock), i;

    if (one == CPUSET_NONE) {
        *out = a->up;
    } else {
        *out = (struct cpuset){ { 0 } };
        cpuset_add(out, one);
    }
    if (!b)
        return;
    one = READ_ONCE(b->one_lock);
    if (one != CPUSET_NONE)
        cpuset_add(out, one);
    else
        for (i = 0; i < CPUSET_WORDS; i++)
            out->word[i] |= b->up.word[i];
}

void sched_lock_two(struct sched *a, struct sched *b)
{
    struct cpuset locks, again;

    for (;;) { /* CPUs may join and leave while we wait */
        locks_of(a, b, &locks);
        lock_set(&locks);
        locks_of(a, b, &again);
        if (likely(!__builtin_memcmp(&locks, &again, sizeof(locks))))
            return;
        unlock_set(&locks);
    }
}

void sched_unlock_two(struct sched *a, struct sched *b)
{
    struct cpuset locks;

    locks_of(a, b, &locks);
    unlock_set(&locks);
}

void sched_lock_all(struct sched *s)
{
    sched_lock_two(s, NULL);
}

void sched_unlock_all(struct sched *s)
{
    sched_unlock_two(s, NULL);
}

/* ---- instances ---- */

void *sched_area_alloc(const struct sched *s, size_t own, size_t of_fallback)
{
    size_t size = s->fallback && of_fallback > own ? of_fallback : own;

    return host_alloc(size ? size : 1);
}

struct sched *sched_create(const struct sched_ops *ops, uint64_t seed)
{
    struct sched *s = host_alloc(sizeof(*s));

    if (!s)
        return NULL;
    s->ops = ops;
    s->fallback = sched_find("rr");
    if (s->fallback == ops)
        s->fallback = NULL;
    s->one_lock = CPUSET_NONE;
    s->seed = seed;
    s->patience = PATIENCE_NS;
    LIST_INIT(&s->domains);
    s->head.sys = SCHED_AREA_ALLOC(s, ops, sys_size);
    if (!s->head.sys) {
        host_free(s);
        return NULL;
    }
    sched_param_fill(ops, SCHED_PER_SYSTEM, s->head.sys);
    return s;
}

void sched_destroy(struct sched *s)
{
    if (!s)
        return;
    BUG_ON(s->nr_cpus || !LIST_EMPTY(&s->domains));
    host_free(s->head.sys);
    host_free(s);
}

void sched_set_fallback(struct sched *s, const struct sched_ops *ops)
{
    void *sys;

    BUG_ON(s->nr_cpus || !LIST_EMPTY(&s->domains));
    s->fallback = ops == s->ops ? NULL : ops;
    sys = SCHED_AREA_ALLOC(s, s->ops, sys_size);
    BUG_ON(!sys);
    host_free(s->head.sys);
    s->head.sys = sys;
    sched_param_fill(s->ops, SCHED_PER_SYSTEM, s->head.sys);
}

const struct sched_ops *sched_ops_of(const struct sched *s)
{
    return s->ops;
}

void sched_set_number(struct sched *s, unsigned number)
{
    s->number = number;
}

unsigned sched_number(const struct sched *s)
{
    return s->number;
}

struct sched *sched_of_cpu(unsigned cpu)
{
    return sched_pcpus[cpu].sched;
}

void sched_set_patience(struct sched *s, ns_t patience)
{
    s->patience = patience;
}

/* ---- CPUs ---- */

/* If a plug-in broke the rule to do so. */
static void take_off(struct sched_vcpu *v)
{
    unsigned i;

    for (i = 0; i < SCHED_NODES; i++)
        v->node[i].queue = NULL;
}

/* s->cpus has changed: who waits where it may not run any more waits elsewhere
 * from now on, who runs there leaves. All locks held. */
static void affinities_changed(struct sched *s, ns_t now)
{
    struct sched_queue order;
    struct sched_domain *d;
    struct sched_vcpu *v;

    sched_queue_init(&order);
    for_each_domain_of(d, s)
    {
        for_each_vcpu_of(v, d)
        {
            sched_effective_affinity(v);
            if (cpuset_has(&v->affinity, v->cpu))
                continue;
            if (v->core.hand == SCHED_HAND_CPU)
                host_poke(v->cpu);
            if (v->core.hand == SCHED_HAND_CORE) /* it wakes up elsewhere */
                WRITE_ONCE(v->cpu, sched_place(v, now));
            if (v->core.hand != SCHED_HAND_PLUGIN)
                continue;
            sched_move_dequeue(v, SCHED_MOVE, now);
            take_off(v);
            sched_order_add(&order, v);
        }
    }
    sched_order_wait(&order, true, now);
}

/* Without a CPU there are none: the first one that comes sets them. The former
 * master may be another instance's by now. */
static void set_clocks(struct sched *s, ns_t now)
{
    struct sched_pcpu *p = &sched_pcpus[s->master];

    if (!s->nr_cpus)
        return;
    s->account_at = s->ops->account ? now + s->ops->account_ns : FOREVER;
    s->watch_at = now + S(1);
    p->slow_at = s->account_at < s->watch_at ? s->account_at : s->watch_at;
    sched_program(p, s->master);
}

static void set_lock(unsigned cpu, unsigned lock)
{
    struct sched_pcpu *p = &sched_pcpus[cpu];

    sched_lock_cpu(cpu);
    lock = __atomic_exchange_n(&p->lock, lock, __ATOMIC_SEQ_CST);
    host_unlock(lock);
}

static unsigned lock_for(const struct sched *s, unsigned cpu)
{
    unsigned one = READ_ONCE(s->one_lock);

    return one == CPUSET_NONE ? cpu : one;
}

/* All locks of s, and that of cpu, which joins it. Returns an area for it, or
 * NULL: no memory, and no lock. Until they are held another plug-in may come,
 * a fallback at any time: with an area of another size, and locks that are
 * shared in another way. */
static void *lock_and_join(struct sched *s, unsigned cpu)
{
    const struct sched_ops *ops;
    unsigned lock;
    void *priv;

    for (;;) {
        ops = READ_ONCE(s->ops);
        priv = SCHED_AREA_ALLOC(s, ops, cpu_size);
        if (!priv)
            return NULL;
        lock = lock_for(s, cpu);
        set_lock(cpu, lock);
        sched_lock_all(s);
        if (likely(ops == s->ops && lock == lock_for(s, cpu)))
            break;
        sched_unlock_all(s);
        host_free(priv);
    }
    if (s->one_lock == CPUSET_NONE)
        host_lock(cpu);
    return priv;
}

int sched_cpu_up(struct sched *s, unsigned cpu, ns_t now)
{
    struct sched_pcpu *p = &sched_pcpus[cpu];
    void *priv;

    if (p->sched)
        return -SCHED_EBUSY;
    if (cpuset_empty(&s->up))
        s->one_lock = s->ops->flags & SCHED_ONE_LOCK ? cpu : CPUSET_NONE;
    priv = lock_and_join(s, cpu);
    if (!priv)
        return -SCHED_ENOMEM;
    s->head.cpu[cpu] = priv;
    p->resched_at = p->slow_at = FOREVER;
    p->tick_at = 0;
    p->peer = CPUSET_NONE;
    p->now = now;
    p->random = 0;
    p->counts = (struct sched_counts){ 0 };
    if (cpu / 64 >= s->head.words)
        s->head.words = cpu / 64 + 1;
    cpuset_add(&s->up, cpu);
    cpuset_add(&s->cpus, cpu);
    cpuset_add(&s->idle, cpu);
    p->sched = s;
    s->nr_cpus++;
    s->nr_up++;
    if (s->ops->cpu_up && !s->broken)
        s->ops->cpu_up(s, cpu, now);
    if (s->nr_cpus == 1) {
        s->master = cpu;
        set_clocks(s, now);
    }
    affinities_changed(s, now);
    sched_unlock_all(s);
    host_poke(cpu);
    return 0;
}

int sched_cpu_drain(unsigned cpu, ns_t now)
{
    struct sched_pcpu *p = &sched_pcpus[cpu];
    struct sched *s = p->sched;

    if (!s)
        return -SCHED_EBUSY;
    if (!cpuset_has(&s->cpus, cpu))
        return 0;
    if (s->nr_cpus == 1 && !LIST_EMPTY(&s->domains))
        return -SCHED_EBUSY;
    sched_lock_all(s);
    now = sched_clamp(p, now);
    cpuset_remove(&s->cpus, cpu);
    s->nr_cpus--;
    (void)__atomic_fetch_and(&s->idle.word[cpu / 64],
                             ~((uint64_t)1 << (cpu % 64)), __ATOMIC_RELAXED);
    affinities_changed(s, now);
    p->slow_at = FOREVER;
    if (s->master == cpu && s->nr_cpus) {
        s->master = cpuset_next(&s->cpus, 0);
        set_clocks(s, now);
    }
    sched_unlock_all(s);
    host_poke(cpu);
    return 0;
}

/* Who blocked or paused on this CPU, which goes, wakes elsewhere. */
static void forget_cpu(struct sched *s, unsigned cpu)
{
    struct sched_domain *d;
    struct sched_vcpu *v;

    for_each_domain_of(d, s) for_each_vcpu_of(v, d) if (v->cpu == cpu)
        WRITE_ONCE(v->cpu, cpuset_next(&v->affinity, 0));
}

int sched_cpu_down(unsigned cpu, ns_t now)
{
    struct sched_pcpu *p = &sched_pcpus[cpu];
    struct sched *s = p->sched;
    struct cpuset locks;
    void *priv;

    if (!s)
        return 0;
    sched_lock_all(s);
    if (cpuset_has(&s->cpus, cpu) || p->running || p->waiting || p->leaving) {
        sched_unlock_all(s);
        return -SCHED_EBUSY;
    }
    now = sched_clamp(p, now);
    if (s->ops->cpu_down && !s->broken)
        s->ops->cpu_down(s, cpu, now);
    p->sched = NULL;
    priv = s->head.cpu[cpu];
    s->head.cpu[cpu] = NULL;
    forget_cpu(s, cpu);
    locks_of(s, NULL, &locks);
    cpuset_remove(&s->up, cpu);
    s->nr_up--;
    unlock_set(&locks);
    host_timer(cpu, FOREVER);
    host_free(priv);
    return 0;
}

/* ---- changing the plug-in ---- */

static void empty_areas(struct sched *s, const struct sched_ops *ops)
{
    struct sched_domain *d;
    struct sched_vcpu *v;
    unsigned cpu, i;

    __builtin_memset(s->head.sys, 0, ops->sys_size);
    sched_param_fill(ops, SCHED_PER_SYSTEM, s->head.sys);
    for_each_cpu (cpu, &s->up)
        __builtin_memset(s->head.cpu[cpu], 0, ops->cpu_size);
    for_each_domain_of(d, s)
    {
        __builtin_memset(d->priv, 0, ops->dom_size);
        sched_param_fill(ops, SCHED_PER_DOMAIN, d->priv);
        for_each_vcpu_made(v, d)
        {
            __builtin_memset(v->priv, 0, ops->vcpu_size);
            sched_param_fill(ops, SCHED_PER_VCPU, v->priv);
            for (i = 0; i < SCHED_NODES; i++)
                v->node[i].queue = NULL;
        }
    }
}

static void go_on_waiting(struct sched *s, ns_t now)
{
    struct sched_queue order;
    struct sched_domain *d;
    struct sched_vcpu *v;

    sched_queue_init(&order);
    for_each_domain_of(d, s)
        for_each_vcpu_of(v, d) if (v->core.hand == SCHED_HAND_PLUGIN)
            sched_order_add(&order, v);
    sched_order_wait(&order, false, now);
}

void sched_install(struct sched *s, const struct sched_ops *ops, ns_t now)
{
    unsigned cpu, first = cpuset_next(&s->up, 0);
    struct sched_domain *d;
    struct sched_vcpu *v;
    struct cpuset old;

    locks_of(s, NULL, &old);
    empty_areas(s, ops);
    s->ops = ops;
    s->broken = NULL;
    s->sound = false;
    for_each_cpu (cpu, &s->up) {
        struct sched_pcpu *p = &sched_pcpus[cpu];

        now = sched_clamp(p, now);
        p->waiting = 0;
        if (ops->cpu_up)
            ops->cpu_up(s, cpu, now);
        if (p->running)
            p->running->core.since = now;
        host_poke(cpu);
    }
    for_each_domain_of(d, s)
    {
        for_each_vcpu_of(v, d)
        {
            if (ops->vcpu_up && ops->vcpu_up(v, now))
                sched_print("%s refuses d%uv%u, which goes on all the same\n",
                            ops->name, v->dom, v->id);
        }
    }
    go_on_waiting(s, now);
    set_clocks(s, now);
    WRITE_ONCE(s->one_lock, ops->flags & SCHED_ONE_LOCK ? first : CPUSET_NONE);
    for_each_cpu (cpu, &s->up)
        WRITE_ONCE(sched_pcpus[cpu].lock,
                   s->one_lock == CPUSET_NONE ? cpu : s->one_lock);
    unlock_set(&old);
}
