/*
 * order.c - plug-ins that choose wrongly, or not at all.
 */
#include "tests/conformance/wrong/fifo.h"

/* ---- lost-wakeup: no room for a waker while another runs ---- */

static void lost_enqueue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    if (why == SCHED_WAKE && sched_running(v->sched, v->cpu))
        return;
    fifo_enqueue(v, why, now);
}

static void lost_dequeue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    if (sched_queued(&v->node[0]))
        fifo_dequeue(v, why, now);
}

static const struct sched_ops lost_ops = { FIFO_OPS("lost"),
                                           .enqueue = lost_enqueue,
                                           .dequeue = lost_dequeue,
                                           .pick = fifo_pick };
SCHED_PLUGIN(lost_ops);

/* ---- work-conservation: an idle CPU does not look at its peers ---- */

static struct sched_pick idle_pick(struct sched *s, unsigned cpu, ns_t now)
{
    const struct fifo_cpu *c = sched_cpu(s, cpu);

    if (!sched_queue_first(&c->queue))
        return (struct sched_pick){ NULL, FOREVER };
    return fifo_pick(s, cpu, now);
}

static const struct sched_ops idle_ops = { FIFO_OPS("idle"),
                                           .enqueue = fifo_enqueue,
                                           .dequeue = fifo_dequeue,
                                           .pick = idle_pick };
SCHED_PLUGIN(idle_ops);

/* ---- starvation: last come, first served ---- */

static void starve_enqueue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    (void)why;
    sched_queue_add(&fifo_of(v)->queue, &v->node[0], -now);
}

static const struct sched_ops starve_ops = { FIFO_OPS("starve"),
                                             .enqueue = starve_enqueue,
                                             .dequeue = fifo_dequeue,
                                             .pick = fifo_pick };
SCHED_PLUGIN(starve_ops);

/* ---- determinism: remembers something from one run to the next ---- */

static struct sched_pick static_pick(struct sched *s, unsigned cpu, ns_t now)
{
    static unsigned picks;
    struct sched_pick pick = fifo_pick(s, cpu, now);

    if (pick.v)
        pick.run_for = MS(1) + picks++ % 7 * US(10);
    return pick;
}

static const struct sched_ops static_ops = { FIFO_OPS("static"),
                                             .enqueue = fifo_enqueue,
                                             .dequeue = fifo_dequeue,
                                             .pick = static_pick };
SCHED_PLUGIN(static_ops);

/* ---- parameters: repairs silently what it does not like ---- */

static int clamp_param_set(struct sched *s, struct sched_vcpu *v,
                           const struct sched_param *p, int64_t old, ns_t now)
{
    struct fifo_dom *d = v ? v->dom_priv : NULL;

    (void)s, (void)p, (void)old, (void)now;
    if (d && d->weight > 1000)
        d->weight = 1000;
    return 0;
}

static const struct sched_param clamp_params[] = {
    { "weight", "count", "share of the CPU", SCHED_PER_DOMAIN,
      offsetof(struct fifo_dom, weight), 1, 65535, 256 },
    { .name = NULL },
};

static const struct sched_ops clamp_ops = {
    FIFO_OPS("clamp"),           .dom_size = sizeof(struct fifo_dom),
    .params = clamp_params,      .enqueue = fifo_enqueue,
    .dequeue = fifo_dequeue,     .pick = fifo_pick,
    .param_set = clamp_param_set
};
SCHED_PLUGIN(clamp_ops);

/* ---- progress: decides again at once, if two wait ---- */

static struct sched_pick spin_pick(struct sched *s, unsigned cpu, ns_t now)
{
    const struct fifo_cpu *c = sched_cpu(s, cpu);
    struct sched_pick pick = fifo_pick(s, cpu, now);

    if (c->queue.length > 1)
        pick.run_for = 1;
    return pick;
}

static const struct sched_ops spin_ops = { FIFO_OPS("spin"),
                                           .enqueue = fifo_enqueue,
                                           .dequeue = fifo_dequeue,
                                           .pick = spin_pick };
SCHED_PLUGIN(spin_ops);

/* ---- crash: the queue is never empty, he thought ---- */

static struct sched_pick crash_pick(struct sched *s, unsigned cpu, ns_t now)
{
    const struct fifo_cpu *c = sched_cpu(s, cpu);

    if (c->last && sched_queue_first(&c->queue)->key)
        return (struct sched_pick){ NULL, MS(1) };
    return fifo_pick(s, cpu, now);
}

static const struct sched_ops crash_ops = { FIFO_OPS("crash"),
                                            .enqueue = fifo_enqueue,
                                            .dequeue = fifo_dequeue,
                                            .pick = crash_pick };
SCHED_PLUGIN(crash_ops);

/* ---- hang: waits for a third one to come to the queue ---- */

static void hang_enqueue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    const struct fifo_cpu *c = fifo_of(v);

    fifo_enqueue(v, why, now);
    while (*(const volatile unsigned *)&c->queue.length == 2)
        ;
}

static const struct sched_ops hang_ops = { FIFO_OPS("hang"),
                                           .enqueue = hang_enqueue,
                                           .dequeue = fifo_dequeue,
                                           .pick = fifo_pick };
SCHED_PLUGIN(hang_ops);
