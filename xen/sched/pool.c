/*
 * pool.c - CPU pools; see pool.h.
 *
 * A pool is an instance of the scheduler core with a number and a name. CPUs
 * and domains move by the core's own verbs (sched/api/core.h); this file keeps
 * the list, what is free, and the order of things.
 *
 * Locks: run_members_lock (rank MEMBERS) holds the list, and who is in which
 * pool. A CPU that leaves may still be running somebody, who may need that lock
 * to get to where it can be preempted: so pool_remove_cpu() waits without it,
 * and `changing` keeps other changes of CPUs out meanwhile.
 *
 * An instance may be in use without that lock by a CPU that has interrupts off
 * (its turns, its timer). pool_destroy() frees it after every CPU has taken an
 * interrupt.
 */
#include "xen/sched/pool.h"

#include <sys/queue.h>
#include <xen/errno.h>
#include "trace/trace.h"
#include "xen/arch/x86/smp.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/base/console.h"
#include "xen/base/frame.h"
#include "trace/setup.h"
#include "xen/lib/format.h"
#include "xen/sched/host_private.h"
#include "xen/sched/run_private.h"

#define DEFAULT_SCHED "credit"

struct pool {
    uint32_t id;
    char name[POOL_NAMES];
    struct sched *sched;
    unsigned nr_domains;
    LIST_ENTRY(pool) entry; /* in order of id */
};

static struct {
    LIST_HEAD(, pool) list;
    unsigned nr;
    struct cpuset free;
    bool changing; /* a CPU is on its way out of a pool */
} pools;

/* ---- finding; all under run_members_lock ---- */

static struct pool *pool_at_least(uint32_t id)
{
    struct pool *p;

    LIST_FOREACH (p, &pools.list, entry)
        if (p->id >= id)
            return p;
    return NULL;
}

static struct pool *pool_get(uint32_t id)
{
    struct pool *p = pool_at_least(id);

    return p && p->id == id ? p : NULL;
}

static struct pool *pool_of(const struct run_domain *rd)
{
    return pool_get(sched_number(rd->sd.sched));
}

struct sched *pool_sched(uint32_t id)
{
    const struct pool *p = pool_get(id);

    return p ? p->sched : NULL;
}

uint32_t pool_of_domain(const struct run_domain *rd)
{
    uint32_t id;

    spin_lock(&run_members_lock);
    id = sched_number(rd->sd.sched);
    spin_unlock(&run_members_lock);
    return id;
}

static bool same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

uint32_t pool_find(const char *name)
{
    uint32_t id = POOL_ANY;
    struct pool *p;

    spin_lock(&run_members_lock);
    LIST_FOREACH (p, &pools.list, entry)
        if (same(p->name, name))
            id = p->id;
    spin_unlock(&run_members_lock);
    return id;
}

int pool_get_info(uint32_t from, struct pool_info *out)
{
    const struct pool *p;

    spin_lock(&run_members_lock);
    p = pool_at_least(from);
    if (p) {
        out->id = p->id;
        __builtin_memcpy(out->name, p->name, sizeof(out->name));
        out->ops = sched_ops_of(p->sched);
        out->nr_domains = p->nr_domains;
        out->cpus = *sched_cpus(p->sched);
    }
    spin_unlock(&run_members_lock);
    return p ? 0 : -XEN_ENOENT;
}

void pool_free_cpus(struct cpuset *out)
{
    spin_lock(&run_members_lock);
    *out = pools.free;
    spin_unlock(&run_members_lock);
}

/* ---- pools come and go ---- */

/* A place for a pool with p->id, or for any, which is then the lowest that is
 * free. */
static int enter(struct pool *p)
{
    struct pool *after = NULL, *other;
    uint32_t wish = p->id == POOL_ANY ? 0 : p->id;

    LIST_FOREACH (other, &pools.list, entry) {
        if (other->id > wish)
            break;
        if (other->id == wish && p->id != POOL_ANY)
            return -XEN_EEXIST;
        if (other->id == wish)
            wish++;
        after = other;
    }
    p->id = wish;
    sched_set_number(p->sched, wish);
    if (after)
        LIST_INSERT_AFTER(after, p, entry);
    else
        LIST_INSERT_HEAD(&pools.list, p, entry);
    pools.nr++;
    return 0;
}

static void pool_free(struct pool *p)
{
    if (p)
        sched_destroy(p->sched);
    mem_free(p);
}

int pool_create(uint32_t *id, const struct sched_ops *ops, const char *name)
{
    struct pool *p = mem_alloc(sizeof(*p));
    int error;

    if (p)
        p->sched = sched_create(ops, 1);
    if (!p || !p->sched) {
        pool_free(p);
        return -XEN_ENOMEM;
    }
    if (run_options.patience)
        sched_set_patience(p->sched, run_options.patience);
    p->id = *id;
    spin_lock(&run_members_lock);
    error = pools.nr < POOLS_MAX ? enter(p) : -XEN_ENOSPC;
    if (!error && name)
        (void)format_text(p->name, sizeof(p->name), "%s", name);
    else if (!error)
        (void)format_text(p->name, sizeof(p->name), "Pool-%u", p->id);
    spin_unlock(&run_members_lock);
    if (error)
        pool_free(p);
    else
        *id = p->id;
    return error;
}

static void nothing(void *arg)
{
    (void)arg;
}

int pool_destroy(uint32_t id)
{
    struct pool *p;
    int error = 0;

    spin_lock(&run_members_lock);
    p = pool_get(id);
    if (!p)
        error = -XEN_ENOENT;
    else if (!id || p->nr_domains || !cpuset_empty(sched_cpus(p->sched)))
        error = -XEN_EBUSY;
    else if (pools.changing)
        error = -XEN_EAGAIN;
    if (!error) {
        LIST_REMOVE(p, entry);
        pools.nr--;
    }
    spin_unlock(&run_members_lock);
    if (error)
        return error;
    smp_call(&smp_online, nothing, NULL); /* nobody uses it any more */
    pool_free(p);
    return 0;
}

/* ---- CPUs ---- */

int pool_add_cpu(uint32_t id, uint32_t cpu)
{
    bool any = cpu == POOL_ANY;
    struct pool *p;
    int error;

    spin_lock(&run_members_lock);
    p = pool_get(id);
    if (any)
        cpu = cpuset_next(&pools.free, 0);
    if (!p)
        error = -XEN_ENOENT;
    else if (pools.changing)
        error = -XEN_EAGAIN;
    else if (cpu >= smp_nr_cpus)
        error = any ? -XEN_ENODEV : -XEN_EINVAL;
    else if (!cpuset_has(&pools.free, cpu))
        error = -XEN_ENODEV;
    else
        error = sched_cpu_up(p->sched, cpu, time_now());
    if (!error) {
        cpuset_remove(&pools.free, cpu);
        plugin_announce_cpu(p->sched, cpu);
    }
    spin_unlock(&run_members_lock);
    return error;
}

/* The CPU that is to go; or an error. */
static int choose_leaving(const struct pool *p, uint32_t *cpu)
{
    const struct cpuset *cpus = sched_cpus(p->sched);
    unsigned next;

    if (*cpu == POOL_ANY)
        for_each_cpu (next, cpus)
            *cpu = next;
    if (*cpu >= smp_nr_cpus) /* nor is there any to choose */
        return -XEN_EINVAL;
    if (!cpuset_has(cpus, *cpu))
        return -XEN_EADDRNOTAVAIL;
    if (!p->id && cpuset_next(cpus, cpuset_next(cpus, 0) + 1) >= CPUSET_MAX)
        return -XEN_EINVAL; /* domains begin there; Xen's errno */
    return sched_cpu_drain(*cpu, time_now());
}

/* Until nobody runs on a drained CPU any more. */
static void wait_down(unsigned cpu)
{
    int error;

    for (;;) {
        spin_lock(&run_members_lock);
        error = sched_cpu_down(cpu, time_now());
        if (!error) {
            cpuset_add(&pools.free, cpu);
            pools.changing = false;
        }
        spin_unlock(&run_members_lock);
        if (!error)
            return;
        preempt_point(); /* it may be we who run there */
        __builtin_ia32_pause();
    }
}

int pool_remove_cpu(uint32_t id, uint32_t cpu)
{
    struct pool *p;
    int error;

    spin_lock(&run_members_lock);
    p = pool_get(id);
    if (!p)
        error = -XEN_ENOENT;
    else if (pools.changing)
        error = -XEN_EAGAIN;
    else
        error = choose_leaving(p, &cpu);
    if (!error)
        pools.changing = true;
    spin_unlock(&run_members_lock);
    if (!error)
        wait_down(cpu);
    return error;
}

/* ---- domains ---- */

int run_domain_enter(struct run_domain *rd, uint16_t id)
{
    struct pool *p;
    int error;

    spin_lock(&run_members_lock);
    p = pool_get(0);
    error = sched_domain_init(&rd->sd, p->sched, id);
    if (!error)
        p->nr_domains++;
    spin_unlock(&run_members_lock);
    return error;
}

void run_domain_leave(struct run_domain *rd)
{
    spin_lock(&run_members_lock);
    pool_of(rd)->nr_domains--;
    sched_domain_fini(&rd->sd);
    spin_unlock(&run_members_lock);
}

int pool_move_domain(struct run_domain *rd, uint32_t id)
{
    struct pool *from, *to;
    int error = -XEN_ENOENT;

    spin_lock(&run_members_lock);
    from = pool_of(rd);
    to = pool_get(id);
    if (to && !cpuset_empty(sched_cpus(to->sched)))
        error = sched_domain_move(&rd->sd, to->sched, time_now());
    if (!error) {
        from->nr_domains--;
        to->nr_domains++;
    }
    spin_unlock(&run_members_lock);
    return error;
}

/* ---- schedulers ---- */

int pool_change(uint32_t id, const struct sched_ops *ops)
{
    struct pool *p;
    int error = -XEN_ENOENT;

    spin_lock(&run_members_lock);
    p = pool_get(id);
    if (p)
        error = sched_change(p->sched, ops, time_now());
    if (!error)
        plugin_announce(p->sched, ops);
    spin_unlock(&run_members_lock);
    return error;
}

static const struct sched_ops *next_plugin(const struct sched_ops *ops)
{
    unsigned i = 0;

    while (sched_plugin(i) != ops)
        i++;
    return sched_plugin(i + 1) ? sched_plugin(i + 1) : sched_plugin(0);
}

void sched_next_all(void)
{
    struct pool_info info;
    uint32_t id;
    int error;

    for (id = 0; !pool_get_info(id, &info); id = info.id + 1) {
        const struct sched_ops *next = next_plugin(info.ops);

        error = pool_change(info.id, next);
        log_info("%s: scheduler %s%s", info.name, next->name,
                 error ? ": no memory to change to it" : ", with its defaults");
    }
}

void sched_dump_all(void)
{
    const struct pool *p;
    unsigned cpu;

    spin_lock(&run_members_lock);
    LIST_FOREACH (p, &pools.list, entry) {
        console_print("pool %u (%s): scheduler %s, %u domains, CPUs", p->id,
                      p->name, sched_ops_of(p->sched)->name, p->nr_domains);
        for_each_cpu (cpu, sched_cpus(p->sched))
            console_print(" %u", cpu);
        console_print("; now %lld\n", (long long)time_now());
        sched_dump(p->sched, time_now());
    }
    if (!cpuset_empty(&pools.free)) {
        console_print("free CPUs:");
        for_each_cpu (cpu, &pools.free)
            console_print(" %u", cpu);
        console_print("\n");
    }
    spin_unlock(&run_members_lock);
}

/* ---- boot ---- */

int run_join_pool(unsigned cpu, ns_t now)
{
    int error = sched_cpu_up(pool_sched(0), cpu, now);

    if (!error)
        plugin_announce_cpu(pool_sched(0), cpu);
    return error;
}

void sched_host_init(void)
{
    const char *name = run_options.name;
    const struct sched_ops *ops;
    uint32_t id = 0;
    char error[192];

    plugins_init();
    ops = sched_find(name ? name : DEFAULT_SCHED);
    if (!ops && !name)
        ops = sched_find("rr");
    if (!ops) {
        (void)pool_unknown_sched(name ? name : DEFAULT_SCHED, error,
                                 sizeof(error));
        panic("%s", error);
    }
    if (pool_create(&id, ops, NULL))
        panic("no memory for the scheduler");
    trace_anchor_scheduler(ops->name, ops->class_, ops->events);
    log_info("scheduler: %s (%s)", ops->name, ops->about);
}
