/*
 * queue.h - the ordered queue of vCPUs that plug-ins use.
 *
 * Ordered by (key, arrival): smallest key first, first come first among equal
 * keys, so that a constant key makes a FIFO. A red-black tree (libbsd's
 * sys/tree.h) of the different keys, with its first and last element
 * remembered; those of the same key stand in a ring behind the first come of
 * them. Add and remove O(log n), and O(1) for a key that is there; first O(1).
 * Under the lock of whoever owns the queue.
 *
 * Two keys are compared by the sign of their difference modulo 2^64, so that a
 * virtual time may wrap. All keys of one queue must therefore lie within 2^63
 * of each other; keys that never wrap (times, classes) need no thought.
 *
 * A node knows the queue it stands in, so the core can check that a vCPU which
 * leaves the plug-in's hand stands in none.
 */
#ifndef SCHED_API_QUEUE_H
#define SCHED_API_QUEUE_H

#include <bsd/sys/tree.h>
#include "xen/lib/types.h"

struct sched_queue;
struct sched_vcpu;

struct sched_node {
    /* The first come of a key is in the tree; the others have a colour of their
     * own. */
    RB_ENTRY(sched_node) entry;
    struct sched_node *next, *prev; /* ring of the same key, as they came */
    int64_t key;
    struct sched_queue *queue; /* NULL: in none */
    struct sched_vcpu *vcpu;   /* whose node this is; set by the core */
};

RB_HEAD(sched_tree, sched_node);

struct sched_queue {
    struct sched_tree tree;
    struct sched_node *first, *last; /* of those in the tree */
    unsigned length;
};

void sched_queue_init(struct sched_queue *q);

/* Put n into q at key. n must be in no queue. */
void sched_queue_add(struct sched_queue *q, struct sched_node *n, int64_t key);

/* Take n out of its queue. n must be in one. */
void sched_queue_del(struct sched_node *n);

/* The node after n in its queue, or NULL. */
struct sched_node *sched_queue_next(struct sched_node *n);

/* Take out the first vCPU whose affinity has cpu; NULL if there is none. */
struct sched_vcpu *sched_queue_take(struct sched_queue *q, unsigned cpu);

static inline struct sched_node *sched_queue_first(const struct sched_queue *q)
{
    return q->first;
}

/* The vCPU at the head, or NULL. */
static inline struct sched_vcpu *sched_queue_head(const struct sched_queue *q)
{
    return q->first ? q->first->vcpu : NULL;
}

/* Whether key a comes before key b: the order of the queue. */
static inline bool sched_key_before(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b) < 0;
}

static inline bool sched_queued(const struct sched_node *n)
{
    return n->queue != NULL;
}

#endif
