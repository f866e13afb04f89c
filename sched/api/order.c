/*
 * order.c - who waited goes on waiting: under another plug-in, in another
 * instance, or on another CPU.
 *
 * A plug-in knows only in which order it is given them. So they are handed over
 * in the order in which they began to wait, whatever list they were found in,
 * and keep that time: what ran when a plug-in was exchanged comes after all of
 * them at the decision that follows. Hence the bound, for those of equal
 * standing under the new plug-in: of n that want one CPU, each has it after n-1
 * exchanges at the latest, however fast they come.
 *
 * Starvation is the plug-in's fault only from `came` on: see tick.c.
 */
#include "sched/api/core_private.h"

void sched_order_add(struct sched_queue *order, struct sched_vcpu *v)
{
    sched_queue_add(order, &v->node[0], v->core.waiting);
}

static void go_on(struct sched_vcpu *v, bool elsewhere, ns_t now)
{
    ns_t waiting = v->core.waiting;
    struct sched_pcpu *p;

    if (elsewhere) {
        v->core.hand = SCHED_HAND_CORE;
        WRITE_ONCE(v->cpu, sched_place(v, now));
    }
    p = &sched_pcpus[v->cpu];
    sched_move_enqueue(p, v, SCHED_MOVE, now);
    v->core.waiting = waiting;
    v->core.came = now;
    if (elsewhere)
        sched_announce(p, v->cpu, v);
}

void sched_order_wait(struct sched_queue *order, bool elsewhere, ns_t now)
{
    struct sched_vcpu *v;

    while ((v = sched_queue_head(order)) != NULL) {
        sched_queue_del(&v->node[0]);
        go_on(v, elsewhere, now);
    }
}
