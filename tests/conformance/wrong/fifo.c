/*
 * fifo.c - see fifo.h.
 */
#include "tests/conformance/wrong/fifo.h"

void fifo_enqueue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    (void)why, (void)now;
    sched_queue_add(&fifo_of(v)->queue, &v->node[0], 0);
}

void fifo_dequeue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    (void)why, (void)now;
    sched_queue_del(&v->node[0]);
}

struct sched_vcpu *fifo_take(struct sched *s, unsigned from, unsigned cpu)
{
    return sched_queue_take(&((struct fifo_cpu *)sched_cpu(s, from))->queue,
                            cpu);
}

struct sched_pick fifo_steal(struct sched *s, unsigned cpu, sched_take *take)
{
    struct sched_pick pick = sched_steal(s, cpu, take);

    if (pick.v)
        pick.run_for = FIFO_SLICE;
    return pick;
}

struct sched_pick fifo_pick(struct sched *s, unsigned cpu, ns_t now)
{
    struct fifo_cpu *c = sched_cpu(s, cpu);
    struct sched_vcpu *v = sched_queue_head(&c->queue);

    (void)now;
    if (!v)
        return fifo_steal(s, cpu, fifo_take);
    sched_queue_del(&v->node[0]);
    c->last = v;
    return (struct sched_pick){ v, FIFO_SLICE };
}

void fifo_cpu_up(struct sched *s, unsigned cpu, ns_t now)
{
    (void)now;
    sched_queue_init(&((struct fifo_cpu *)sched_cpu(s, cpu))->queue);
}
