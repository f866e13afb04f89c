/*
 * fifo.h - a correct plug-in, first come first served, in pieces: each wrong
 * plug-in here replaces one of them.
 *
 * These plug-ins are controls: the conformance kit must catch each by the name
 * of the rule that it breaks (test_controls.py). They are linked into
 * build/kit/wrong only, never into the hypervisor.
 */
#ifndef TESTS_CONFORMANCE_WRONG_FIFO_H
#define TESTS_CONFORMANCE_WRONG_FIFO_H

#include "sched/api/sched.h"

#define FIFO_SLICE MS(5)

struct fifo_cpu {
    struct sched_queue queue;
    struct sched_vcpu *last; /* picked here */
    unsigned picks;
};

struct fifo_dom {
    int64_t weight; /* not used: to be set */
};

void fifo_enqueue(struct sched_vcpu *v, enum sched_why why, ns_t now);
void fifo_dequeue(struct sched_vcpu *v, enum sched_why why, ns_t now);
struct sched_pick fifo_pick(struct sched *s, unsigned cpu, ns_t now);
void fifo_cpu_up(struct sched *s, unsigned cpu, ns_t now);
sched_take fifo_take;
/* One of a peer's, by take, for a slice; or idle. */
struct sched_pick fifo_steal(struct sched *s, unsigned cpu, sched_take *take);

static inline struct fifo_cpu *fifo_of(const struct sched_vcpu *v)
{
    return sched_cpu(v->sched, v->cpu);
}

/* The table, but for what is wrong. */
#define FIFO_OPS(what)                                                         \
    .name = "wrong_" what, .about = "a control: wrong on purpose",             \
    .class_ = 7, .cpu_size = sizeof(struct fifo_cpu), .cpu_up = fifo_cpu_up

#endif
