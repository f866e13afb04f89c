/*
 * rr - round robin: one queue per CPU, a fixed slice, no priorities.
 *
 * The teaching plug-in; copy this folder to begin a new one. A vCPU that wakes
 * or has used its slice goes to the tail of its CPU's queue. It preempts
 * nobody, so a waker waits at most (length of the queue x slice). A CPU with
 * nothing to do takes the first vCPU from a peer's queue that may run here.
 */
#include "sched/api/sched.h"

struct rr_sys {
    int64_t slice; /* parameter, ns */
};

struct rr_cpu {
    struct sched_queue queue; /* a FIFO: every key is 0 */
};

static const struct sched_param rr_params[] = {
    { "slice", "ns", "time before the next one's turn", SCHED_PER_SYSTEM,
      offsetof(struct rr_sys, slice), US(100), S(1), MS(10) },
    { .name = NULL },
};

static void rr_cpu_up(struct sched *s, unsigned cpu, ns_t now)
{
    (void)now;
    sched_queue_init(&((struct rr_cpu *)sched_cpu(s, cpu))->queue);
}

static void rr_enqueue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    struct rr_cpu *c = sched_cpu(v->sched, v->cpu);

    (void)why, (void)now;
    sched_queue_add(&c->queue, &v->node[0], 0);
}

static void rr_dequeue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    (void)why, (void)now;
    sched_queue_del(&v->node[0]);
}

static struct sched_vcpu *rr_take(struct sched *s, unsigned from, unsigned cpu)
{
    return sched_queue_take(&((struct rr_cpu *)sched_cpu(s, from))->queue, cpu);
}

static struct sched_pick rr_pick(struct sched *s, unsigned cpu, ns_t now)
{
    const struct rr_sys *sys = sched_sys(s);
    struct sched_pick pick = { rr_take(s, cpu, cpu), FOREVER };

    (void)now;
    if (!pick.v)
        pick = sched_steal(s, cpu, rr_take);
    if (pick.v)
        pick.run_for = sys->slice;
    return pick;
}

static const struct sched_ops rr_ops = {
    .name = "rr",
    .about = "round robin: one queue per CPU, a fixed slice",
    .class_ = 7,
    .sys_size = sizeof(struct rr_sys),
    .cpu_size = sizeof(struct rr_cpu),
    .params = rr_params,
    .cpu_up = rr_cpu_up,
    .enqueue = rr_enqueue,
    .dequeue = rr_dequeue,
    .pick = rr_pick,
};
SCHED_PLUGIN(rr_ops);
