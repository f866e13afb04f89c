/*
 * queue.c - the ordered queue of vCPUs. See queue.h.
 */
#include "sched/api/queue.h"
#include "sched/api/sched.h"
#include "xen/lib/bug.h"

static int node_cmp(const struct sched_node *a, const struct sched_node *b)
{
    if (a->key != b->key)
        return sched_key_before(a->key, b->key) ? -1 : 1;
    if (a->arrival != b->arrival)
        return a->arrival < b->arrival ? -1 : 1;
    return 0;
}

#define TREE_LINKAGE __attribute__((unused)) static
RB_PROTOTYPE_INTERNAL(sched_tree, sched_node, entry, node_cmp, TREE_LINKAGE)
RB_GENERATE_INTERNAL(sched_tree, sched_node, entry, node_cmp, TREE_LINKAGE)

void sched_queue_init(struct sched_queue *q)
{
    RB_INIT(&q->tree);
    q->first = NULL;
    q->arrivals = 0;
    q->length = 0;
}

void sched_queue_add(struct sched_queue *q, struct sched_node *n, int64_t key)
{
    ASSERT(!n->queue);
    n->key = key;
    n->arrival = q->arrivals++;
    n->queue = q;
    q->length++;
    (void)sched_tree_RB_INSERT(&q->tree, n);
    if (!q->first || sched_key_before(key, q->first->key))
        q->first = n;
}

void sched_queue_del(struct sched_node *n)
{
    struct sched_queue *q = n->queue;

    ASSERT(q);
    if (q->first == n)
        q->first = sched_tree_RB_NEXT(n);
    (void)sched_tree_RB_REMOVE(&q->tree, n);
    q->length--;
    n->queue = NULL;
}

struct sched_node *sched_queue_next(struct sched_node *n)
{
    return sched_tree_RB_NEXT(n);
}

struct sched_vcpu *sched_queue_take(struct sched_queue *q, unsigned cpu)
{
    struct sched_node *n;

    for (n = q->first; n; n = sched_tree_RB_NEXT(n)) {
        if (likely(cpuset_has(&n->vcpu->affinity, cpu))) {
            sched_queue_del(n);
            return n->vcpu;
        }
    }
    return NULL;
}
