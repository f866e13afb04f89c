/*
 * queue.c - the ordered queue of vCPUs. See queue.h.
 */
#include "sched/api/queue.h"
#include "sched/api/sched.h"
#include "sched/api/warm.h"
#include "xen/lib/bug.h"

/* Beside RB_BLACK and RB_RED: not in the tree. */
#define QUEUE_RING 2

static bool in_tree(const struct sched_node *n)
{
    return RB_COLOR(n, entry) != QUEUE_RING;
}

static int node_cmp(const struct sched_node *a, const struct sched_node *b)
{
    return sched_key_before(a->key, b->key) ? -1 : a->key != b->key;
}

#define TREE_LINKAGE __attribute__((unused)) static
RB_PROTOTYPE_INTERNAL(sched_tree, sched_node, entry, node_cmp, TREE_LINKAGE)
RB_GENERATE_INTERNAL(sched_tree, sched_node, entry, node_cmp, TREE_LINKAGE)

void sched_queue_init(struct sched_queue *q)
{
    RB_INIT(&q->tree);
    q->first = q->last = NULL;
    q->length = 0;
}

/* n comes last of head's key. */
static void ring_add(struct sched_node *head, struct sched_node *n)
{
    RB_COLOR(n, entry) = QUEUE_RING;
    n->next = head;
    n->prev = head->prev;
    head->prev->next = n;
    head->prev = n;
}

/* n, of a new key, below a node that has no child there. */
static void tree_link(struct sched_queue *q, struct sched_node *parent,
                      bool before, struct sched_node *n)
{
    RB_SET(n, parent, entry); /* red: below a black one that is all */
    if (before)
        RB_LEFT(parent, entry) = n;
    else
        RB_RIGHT(parent, entry) = n;
    if (RB_COLOR(parent, entry) == RB_RED)
        sched_tree_RB_INSERT_COLOR(&q->tree, n);
}

/* n's key is not greater than all. Neither end needs a way down to search. */
static NOINLINE void add_before_last(struct sched_queue *q,
                                     struct sched_node *n)
{
    struct sched_node *same = NULL;

    if (q->last->key == n->key) {
        same = q->last;
    } else if (q->first->key == n->key) {
        same = q->first;
    } else if (sched_key_before(n->key, q->first->key)) {
        tree_link(q, q->first, true, n);
        q->first = n;
    } else {
        same = sched_tree_RB_INSERT(&q->tree, n);
    }
    if (same)
        ring_add(same, n);
}

void sched_queue_add(struct sched_queue *q, struct sched_node *n, int64_t key)
{
    ASSERT(!n->queue);
    n->key = key;
    n->queue = q;
    n->next = n->prev = n;
    if (q->length++ == 0) { /* the usual case on a hot path */
        RB_SET(n, NULL, entry);
        RB_COLOR(n, entry) = RB_BLACK;
        RB_ROOT(&q->tree) = q->first = q->last = n;
    } else if (sched_key_before(q->last->key, key)) {
        tree_link(q, q->last, false, n);
        q->last = n;
    } else {
        add_before_last(q, n);
    }
}

/* n, which leads a ring of several, hands its place to the next one. */
static void tree_replace(struct sched_queue *q, struct sched_node *n)
{
    struct sched_node *heir = n->next, *parent = RB_PARENT(n, entry);

    heir->entry = n->entry; /* with its colour */
    if (!parent)
        RB_ROOT(&q->tree) = heir;
    else if (RB_LEFT(parent, entry) == n)
        RB_LEFT(parent, entry) = heir;
    else
        RB_RIGHT(parent, entry) = heir;
    if (RB_LEFT(n, entry))
        RB_PARENT(RB_LEFT(n, entry), entry) = heir;
    if (RB_RIGHT(n, entry))
        RB_PARENT(RB_RIGHT(n, entry), entry) = heir;
    if (q->first == n) {
        q->first = heir;
        sched_warm(heir->next);
    }
    if (q->last == n)
        q->last = heir;
}

/* The first, as most picks do. It has no left child; so what it has to the
 * right is one red node, which comes next and takes over its place. Without one
 * its parent comes next, and a red leaf goes without a trace. False: a black
 * leaf, which leaves the tree unbalanced. */
static bool tree_remove_first(struct sched_queue *q, struct sched_node *n)
{
    struct sched_node *parent = RB_PARENT(n, entry);
    struct sched_node *child = RB_RIGHT(n, entry);

    if (child) {
        RB_COLOR(child, entry) = RB_BLACK;
        RB_PARENT(child, entry) = parent;
        q->first = child;
    } else {
        q->first = parent;
        if (RB_COLOR(n, entry) == RB_BLACK)
            return false;
    }
    if (parent)
        RB_LEFT(parent, entry) = child;
    else
        RB_ROOT(&q->tree) = child;
    return true;
}

static void tree_remove(struct sched_queue *q, struct sched_node *n)
{
    if (q->first == n && tree_remove_first(q, n))
        return;
    if (q->last == n)
        q->last = sched_tree_RB_PREV(n);
    (void)sched_tree_RB_REMOVE(&q->tree, n);
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
    if (n->next == n) {
        tree_remove(q, n);
        return;
    }
    if (in_tree(n))
        tree_replace(q, n);
    n->prev->next = n->next;
    n->next->prev = n->prev;
}

struct sched_node *sched_queue_next(struct sched_node *n)
{
    return in_tree(n->next) ? sched_tree_RB_NEXT(n->next) : n->next;
}

struct sched_vcpu *sched_queue_take(struct sched_queue *q, unsigned cpu)
{
    struct sched_node *n;

    for (n = q->first; n; n = sched_queue_next(n)) {
        if (likely(cpuset_has(&n->vcpu->affinity, cpu))) {
            sched_queue_del(n);
            return n->vcpu;
        }
    }
    return NULL;
}
