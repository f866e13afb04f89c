/*
 * null - no scheduling: one vCPU, one CPU, for as long as both are there.
 *
 * For machines with at least as many CPUs as vCPUs: a wake-up costs nothing but
 * the wake-up, nobody is ever preempted, and there is nothing to tune.
 *
 * The idea: a CPU has at most one owner. A vCPU becomes the owner of the CPU
 * where it first waits, if that is free; else it stands in that CPU's queue
 * until it, or a CPU without an owner that asks around, takes it. An owner that
 * sleeps keeps its CPU idle for itself; one that is paused keeps it until
 * somebody else wants it.
 *
 * Invariant: v owns a CPU if, and only if, the CPU's owner is v and v's `cpu`
 * is that CPU. Only a CPU's lock is needed to take it; who goes elsewhere
 * changes its `cpu`, and so gives up what it had without the other lock.
 *
 * Locks: a CPU's fields under its lock; a vCPU's under the lock of v->cpu, and
 * `cpu` is read from elsewhere as well.
 */
#include "sched/api/sched.h"

/* Numbered as in Xen, where Xen has the event. */
enum { NULL_EV_ASSIGN = 2, NULL_EV_RELEASE = 3, NULL_EV_WAIT = 7 };

struct null_cpu {
    struct sched_vcpu *owner;
    bool ready;               /* the owner waits to run */
    bool paused;              /* the owner is paused */
    struct sched_queue queue; /* owners of nothing: a FIFO */
};

struct null_vcpu {
    unsigned cpu; /* which it owns, or CPUSET_NONE */
};

/* The owner of cpu, or NULL. A hint without its lock. */
static struct sched_vcpu *null_owner(const struct sched *s, unsigned cpu)
{
    const struct null_cpu *c = sched_cpu(s, cpu);
    struct sched_vcpu *v = READ_ONCE(c->owner);

    if (!v || READ_ONCE(((const struct null_vcpu *)v->priv)->cpu) != cpu)
        return NULL;
    return v;
}

static bool null_owns(const struct sched_vcpu *v)
{
    return null_owner(v->sched, v->cpu) == v;
}

/* Whether who waits on cpu may have it. */
static bool null_free(const struct sched *s, unsigned cpu)
{
    const struct null_cpu *c = sched_cpu(s, cpu);

    return !null_owner(s, cpu) || READ_ONCE(c->paused);
}

/* cpu is v's from now on. */
static void null_assign(struct sched_vcpu *v, unsigned cpu)
{
    struct null_cpu *c = sched_cpu(v->sched, cpu);
    struct null_vcpu *b = v->priv;

    if (c->paused && null_owner(v->sched, cpu))
        sched_trace(v->sched, NULL_EV_RELEASE, c->owner, (int64_t)cpu);
    c->owner = v;
    c->ready = c->paused = false;
    WRITE_ONCE(b->cpu, cpu);
    sched_trace(v->sched, NULL_EV_ASSIGN, v, (int64_t)cpu);
}

/* ---- coming and going ---- */

static void null_enqueue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    struct null_cpu *c = sched_cpu(v->sched, v->cpu);
    struct null_vcpu *b = v->priv;
    unsigned had = b->cpu;

    (void)why;
    if (unlikely(!null_owns(v))) {
        if (!null_free(v->sched, v->cpu)) {
            WRITE_ONCE(b->cpu, CPUSET_NONE);
            sched_queue_add(&c->queue, &v->node[0], 0);
            sched_trace(v->sched, NULL_EV_WAIT, v, (int64_t)v->cpu);
            return;
        }
        null_assign(v, v->cpu);
        if (had != CPUSET_NONE && had != v->cpu)
            sched_resched(v->sched, had, now); /* somebody may wait for it */
    }
    c->ready = true;
    c->paused = false;
}

/* The owner of this CPU is paused: whoever waits for a CPU may have it. */
static void null_paused(struct sched_vcpu *v, ns_t now)
{
    ((struct null_cpu *)sched_cpu(v->sched, v->cpu))->paused = true;
    sched_resched(v->sched, v->cpu, now);
}

static void null_dequeue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    struct null_cpu *c = sched_cpu(v->sched, v->cpu);

    if (sched_queued(&v->node[0])) {
        sched_queue_del(&v->node[0]);
        return;
    }
    c->ready = false;
    if (why == SCHED_SLEEP)
        null_paused(v, now);
}

static void null_sleep(struct sched_vcpu *v, bool voluntary, ns_t now)
{
    if (!voluntary && null_owns(v))
        null_paused(v, now);
}

/* ---- the decision ---- */

static struct sched_vcpu *null_take(struct sched *s, unsigned from,
                                    unsigned cpu)
{
    return sched_queue_take(&((struct null_cpu *)sched_cpu(s, from))->queue,
                            cpu);
}

static struct sched_pick null_pick(struct sched *s, unsigned cpu, ns_t now)
{
    struct null_cpu *c = sched_cpu(s, cpu);
    struct sched_pick pick = { NULL, FOREVER };
    const struct sched_vcpu *owner;

    (void)now;
    if (likely(c->ready)) {
        c->ready = false;
        pick.v = c->owner;
        return pick;
    }
    if (unlikely(!cpuset_has(sched_cpus(s), cpu)))
        return pick; /* it leaves, and its owner may be gone */
    owner = null_owner(s, cpu);
    /* Who sleeps here keeps it, unless it may not come back. */
    if (owner && !c->paused && cpuset_has(&owner->affinity, cpu))
        return pick;
    pick.v = null_take(s, cpu, cpu);
    if (!pick.v)
        pick = sched_steal(s, cpu, null_take);
    if (pick.v)
        null_assign(pick.v, cpu);
    return pick;
}

/* A CPU of `among` that v may have, or CPUSET_NONE. */
static unsigned null_find(const struct sched_vcpu *v,
                          const struct cpuset *among)
{
    unsigned cpu;

    if (cpuset_has(&v->affinity, v->cpu) && cpuset_has(among, v->cpu) &&
        null_free(v->sched, v->cpu))
        return v->cpu;
    for_each_cpu_of (cpu, v->sched, &v->affinity)
        if (cpuset_has(among, cpu) && null_free(v->sched, cpu))
            return cpu;
    return CPUSET_NONE;
}

/* Its own; else a free one, of those it prefers first; else any. */
static unsigned null_place(const struct sched_vcpu *v, ns_t now)
{
    const struct null_vcpu *b = v->priv;
    unsigned cpu = b->cpu;

    (void)now;
    if (cpu != CPUSET_NONE && cpuset_has(&v->affinity, cpu) &&
        null_owner(v->sched, cpu) == v)
        return cpu;
    cpu = null_find(v, &v->soft_affinity);
    if (cpu == CPUSET_NONE)
        cpu = null_find(v, &v->affinity);
    if (cpu != CPUSET_NONE)
        return cpu;
    return cpuset_has(&v->affinity, v->cpu) ? v->cpu
                                            : cpuset_next(&v->affinity, 0);
}

/* ---- joining, leaving, looking ---- */

static void null_cpu_up(struct sched *s, unsigned cpu, ns_t now)
{
    (void)now;
    sched_queue_init(&((struct null_cpu *)sched_cpu(s, cpu))->queue);
}

static int null_vcpu_up(struct sched_vcpu *v, ns_t now)
{
    (void)now;
    ((struct null_vcpu *)v->priv)->cpu = CPUSET_NONE;
    return 0;
}

/* Every CPU forgets v, those too that it has given up. */
static void null_vcpu_down(struct sched_vcpu *v, ns_t now)
{
    struct null_cpu *c;
    unsigned cpu;

    for_each_cpu_of (cpu, v->sched, sched_cpus(v->sched)) {
        c = sched_cpu(v->sched, cpu);
        if (c->owner != v)
            continue;
        c->owner = NULL;
        sched_trace(v->sched, NULL_EV_RELEASE, v, (int64_t)cpu);
        sched_resched(v->sched, cpu, now);
    }
}

static void null_view(const struct sched_vcpu *v, ns_t now, int64_t *out)
{
    const struct null_vcpu *b = v->priv;

    (void)now;
    out[0] = b->cpu == CPUSET_NONE ? -1 : (int64_t)b->cpu;
}

static void null_dump(struct sched *s, unsigned cpu, ns_t now)
{
    const struct null_cpu *c = sched_cpu(s, cpu);
    const struct sched_vcpu *owner = null_owner(s, cpu);
    struct sched_node *n;

    (void)now;
    if (owner)
        sched_print("null cpu%u: of d%uv%u%s\n", cpu, owner->dom, owner->id,
                    c->paused ? ", which is paused" : "");
    else
        sched_print("null cpu%u: free\n", cpu);
    for (n = sched_queue_first(&c->queue); n; n = sched_queue_next(n))
        sched_print("  d%uv%u waits for a CPU\n", n->vcpu->dom, n->vcpu->id);
}

static const char *const null_events[] = { "none",    "picked_cpu", "assign",
                                           "release", "migrate",    "schedule",
                                           "tasklet", "wait",       NULL };
static const char *const null_view_names[] = { "cpu", NULL };

static const struct sched_ops null_ops = {
    .name = "null",
    .about = "no scheduling: each vCPU has a CPU of its own, or waits for one",
    .xen_id = 9,
    .class_ = 5,
    .flags = SCHED_MAY_IDLE, /* its owner sleeps, and others wait */
    .cpu_size = sizeof(struct null_cpu),
    .vcpu_size = sizeof(struct null_vcpu),
    .events = null_events,
    .view_names = null_view_names,
    .enqueue = null_enqueue,
    .dequeue = null_dequeue,
    .pick = null_pick,
    .sleep = null_sleep,
    .cpu_up = null_cpu_up,
    .vcpu_up = null_vcpu_up,
    .vcpu_down = null_vcpu_down,
    .place = null_place,
    .view = null_view,
    .dump = null_dump,
};
SCHED_PLUGIN(null_ops);
