/*
 * wrong.c - plug-ins that break a rule once they have gone right for a second:
 * only in the image that tests/guest/test_breach.py boots. Each is rr but for
 * what its name says.
 */
#include "sched/api/sched.h"

#define GOOD_NS S(1) /* so long each keeps the rules */

struct wrong_sys {
    int64_t slice;
};

struct wrong_cpu {
    struct sched_queue queue;
};

static const struct sched_param wrong_params[] = {
    { "slice", "ns", "time before the next one's turn", SCHED_PER_SYSTEM,
      offsetof(struct wrong_sys, slice), US(100), S(1), MS(5) },
    { .name = NULL },
};

static void wrong_cpu_up(struct sched *s, unsigned cpu, ns_t now)
{
    (void)now;
    sched_queue_init(&((struct wrong_cpu *)sched_cpu(s, cpu))->queue);
}

static void wrong_enqueue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    struct wrong_cpu *c = sched_cpu(v->sched, v->cpu);

    (void)why, (void)now;
    sched_queue_add(&c->queue, &v->node[0], 0);
}

static void wrong_dequeue(struct sched_vcpu *v, enum sched_why why, ns_t now)
{
    (void)why, (void)now;
    sched_queue_del(&v->node[0]);
}

static struct sched_vcpu *wrong_take(struct sched *s, unsigned from,
                                     unsigned cpu)
{
    struct wrong_cpu *c = sched_cpu(s, from);

    return sched_queue_take(&c->queue, cpu);
}

static struct sched_pick wrong_pick(struct sched *s, unsigned cpu, ns_t now)
{
    const struct wrong_sys *sys = sched_sys(s);
    struct sched_pick pick = { wrong_take(s, cpu, cpu), FOREVER };

    (void)now;
    if (!pick.v)
        pick = sched_steal(s, cpu, wrong_take);
    if (pick.v)
        pick.run_for = sys->slice;
    return pick;
}

/* The vCPU that it gives stays in its queue. */
static struct sched_pick keeps_pick(struct sched *s, unsigned cpu, ns_t now)
{
    struct wrong_cpu *c = sched_cpu(s, cpu);
    struct sched_node *n = sched_queue_first(&c->queue);

    if (now < GOOD_NS || !n || !cpuset_has(&n->vcpu->affinity, cpu))
        return wrong_pick(s, cpu, now);
    return (struct sched_pick){ n->vcpu, MS(5) };
}

/* Of those that wait, the last gets its turn, and so again and again. */
static struct sched_pick starves_pick(struct sched *s, unsigned cpu, ns_t now)
{
    struct wrong_cpu *c = sched_cpu(s, cpu);
    struct sched_node *n = sched_queue_first(&c->queue), *next;

    if (now < GOOD_NS || !n)
        return wrong_pick(s, cpu, now);
    while ((next = sched_queue_next(n)) != NULL)
        n = next;
    sched_queue_del(n);
    return (struct sched_pick){ n->vcpu, MS(5) };
}

/* Affinity is not looked at. */
static struct sched_vcpu *anyone_take(struct sched *s, unsigned from,
                                      unsigned cpu)
{
    struct wrong_cpu *c = sched_cpu(s, from);
    struct sched_node *n = sched_queue_first(&c->queue);

    (void)cpu;
    if (n)
        sched_queue_del(n);
    return n ? n->vcpu : NULL;
}

static struct sched_pick astray_pick(struct sched *s, unsigned cpu, ns_t now)
{
    struct sched_pick pick = { NULL, FOREVER };

    if (now >= GOOD_NS)
        pick = sched_steal(s, cpu, anyone_take);
    if (!pick.v)
        return wrong_pick(s, cpu, now);
    pick.run_for = MS(5);
    return pick;
}

#define WRONG(its_name, its_about, its_pick)                                   \
    static const struct sched_ops its_name##_ops = {                           \
        .name = #its_name,                                                     \
        .about = its_about,                                                    \
        .class_ = 7,                                                           \
        .sys_size = sizeof(struct wrong_sys),                                  \
        .cpu_size = sizeof(struct wrong_cpu),                                  \
        .params = wrong_params,                                                \
        .cpu_up = wrong_cpu_up,                                                \
        .enqueue = wrong_enqueue,                                              \
        .dequeue = wrong_dequeue,                                              \
        .pick = its_pick,                                                      \
    };                                                                         \
    SCHED_PLUGIN(its_name##_ops)

WRONG(keeps, "rr that forgets to unlink whom it picks", keeps_pick);
WRONG(starves, "rr that gives the last in the queue its turn", starves_pick);
WRONG(astray, "rr that ignores affinity", astray_pick);
