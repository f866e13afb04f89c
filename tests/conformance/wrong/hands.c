/*
 * hands.c - plug-ins that break a rule about the hands.
 */
#include "tests/conformance/wrong/fifo.h"

/* ---- unlink: one of the ways out forgets to take v off the queue ---- */

static void unlink_dequeue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    if (why != SCHED_MOVE)
        fifo_dequeue(v, why, now);
}

static const struct sched_ops unlink_ops = { FIFO_OPS("unlink"),
                                             .enqueue = fifo_enqueue,
                                             .dequeue = unlink_dequeue,
                                             .pick = fifo_pick };
SCHED_PLUGIN(unlink_ops);

/* ---- three-hands: if nobody waits, who ran last runs on, even if asleep ----
 */

static struct sched_pick hands_pick(struct sched *s, unsigned cpu, ns_t now)
{
    struct fifo_cpu *c = sched_cpu(s, cpu);
    struct sched_pick pick = fifo_pick(s, cpu, now);

    if (!pick.v && c->last)
        pick = (struct sched_pick){ c->last, FIFO_SLICE };
    return pick;
}

static const struct sched_ops hands_ops = { FIFO_OPS("hands"),
                                            .enqueue = fifo_enqueue,
                                            .dequeue = fifo_dequeue,
                                            .pick = hands_pick };
SCHED_PLUGIN(hands_ops);

/* ---- grant: a remainder of time is granted even if there is none ---- */

static struct sched_pick grant_pick(struct sched *s, unsigned cpu, ns_t now)
{
    struct sched_pick pick = fifo_pick(s, cpu, now);

    pick.run_for = MS(3) - now % MS(3);
    if (pick.run_for == MS(3))
        pick.run_for = 0;
    return pick;
}

static const struct sched_ops grant_ops = { FIFO_OPS("grant"),
                                            .enqueue = fifo_enqueue,
                                            .dequeue = fifo_dequeue,
                                            .pick = grant_pick };
SCHED_PLUGIN(grant_ops);

/* ---- affinity: steals whoever stands first ---- */

static struct sched_vcpu *affinity_take(struct sched *s, unsigned from,
                                        unsigned cpu)
{
    struct fifo_cpu *c = sched_cpu(s, from);
    struct sched_vcpu *v = sched_queue_head(&c->queue);

    (void)cpu;
    if (v)
        sched_queue_del(&v->node[0]);
    return v;
}

static struct sched_pick affinity_pick(struct sched *s, unsigned cpu, ns_t now)
{
    const struct fifo_cpu *c = sched_cpu(s, cpu);

    if (!sched_queue_first(&c->queue))
        return fifo_steal(s, cpu, affinity_take);
    return fifo_pick(s, cpu, now);
}

static const struct sched_ops affinity_ops = { FIFO_OPS("affinity"),
                                               .enqueue = fifo_enqueue,
                                               .dequeue = fifo_dequeue,
                                               .pick = affinity_pick };
SCHED_PLUGIN(affinity_ops);

/* ---- locks: looks at peers' queues without their locks ---- */

static struct sched_pick locks_pick(struct sched *s, unsigned cpu, ns_t now)
{
    struct sched_pick pick = { NULL, FOREVER };
    const struct fifo_cpu *c = sched_cpu(s, cpu);
    unsigned peer;

    if (sched_queue_first(&c->queue))
        return fifo_pick(s, cpu, now);
    for_each_cpu (peer, sched_cpus(s))
        if (peer != cpu && !pick.v)
            pick.v = fifo_take(s, peer, cpu);
    if (pick.v)
        pick.run_for = FIFO_SLICE;
    return pick;
}

static const struct sched_ops locks_ops = { FIFO_OPS("locks"),
                                            .enqueue = fifo_enqueue,
                                            .dequeue = fifo_dequeue,
                                            .pick = locks_pick };
SCHED_PLUGIN(locks_ops);

/* ---- one-place: takes whom another CPU runs, and forges the hand ---- */

static struct sched_pick place_pick(struct sched *s, unsigned cpu, ns_t now)
{
    struct sched_pick pick = fifo_pick(s, cpu, now);
    struct sched_vcpu *v;
    unsigned peer;

    for_each_cpu (peer, sched_cpus(s)) {
        v = peer == cpu || pick.v ? NULL : sched_running(s, peer);
        if (!v || !cpuset_has(&v->affinity, cpu))
            continue;
        v->core.hand = v->core.state = 1; /* the plug-in's; runnable */
        v->cpu = cpu;
        pick = (struct sched_pick){ v, FIFO_SLICE };
    }
    return pick;
}

static const struct sched_ops place_ops = { FIFO_OPS("place"),
                                            .enqueue = fifo_enqueue,
                                            .dequeue = fifo_dequeue,
                                            .pick = place_pick };
SCHED_PLUGIN(place_ops);

/* ---- accounting: corrects the core's clock for what it calls overhead ---- */

static void account_tick(struct sched *s, unsigned cpu, ns_t now)
{
    (void)now;
    sched_running(s, cpu)->core.since += US(2);
}

static const struct sched_ops account_ops = {
    FIFO_OPS("account"), .enqueue = fifo_enqueue, .dequeue = fifo_dequeue,
    .pick = fifo_pick,   .tick_ns = MS(1),        .tick = account_tick
};
SCHED_PLUGIN(account_ops);

/* ---- move: newcomers wait on CPU 0, which in one pool is right ---- */

static int home_vcpu_up(struct sched_vcpu *v, ns_t now)
{
    (void)now;
    v->cpu = 0;
    return 0;
}

static const struct sched_ops home_ops = {
    FIFO_OPS("home"), .enqueue = fifo_enqueue, .dequeue = fifo_dequeue,
    .pick = fifo_pick, .vcpu_up = home_vcpu_up
};
SCHED_PLUGIN(home_ops);
