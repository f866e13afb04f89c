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
    q->first = q->last = NULL;
    q->arrivals = 0;
    q->length = 0;
}

void sched_queue_add(struct sched_queue *q, struct sched_node *n, int64_t key)
{
    ASSERT(!n->queue);
    n->key = key;
    n->arrival = q->arrivals++;
    n->queue = q;
    if (q->length++ == 0) { /* the usual case on a hot path */
        RB_SET(n, NULL, entry);
        RB_COLOR(n, entry) = RB_BLACK;
        RB_ROOT(&q->tree) = q->first = q->last = n;
        return;
    }
    if (!sched_key_before(key, q->last->key)) { /* last: no way down */
        RB_SET(n, q->last, entry);
        RB_RIGHT(q->last, entry) = n;
        sched_tree_RB_INSERT_COLOR(&q->tree, n);
        q->last = n;
        return;
    }
    (void)sched_tree_RB_INSERT(&q->tree, n);
    if (sched_key_before(key, q->first->key))
        q->first = n;
}

void sched_queue_del(struct sched_node *n)
{
    struct sched_queue *q = n->queue;

    ASSERT(q);
    n->queue = NULL;
    if (--q->length == 0) {
        RB_ROOT(&q->tree) = q->first = q->last = NULL;
        return;
    }
    if (q->first == n)
        q->first = sched_tree_RB_NEXT(n);
    if (q->last == n)
        q->last = sched_tree_RB_PREV(n);
    (void)sched_tree_RB_REMOVE(&q->tree, n);
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
