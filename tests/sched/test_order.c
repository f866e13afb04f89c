/*
 * test_order.c - the ordered queue against a plain array.
 */
#include <stdlib.h>
#include "tests/sched/kit.h"

#define NODES 64

struct model {
    struct sched_node *node[NODES];
    unsigned n;
};

/* Behind all that are not after it. */
static void model_add(struct model *m, struct sched_node *n)
{
    unsigned i = m->n++;

    for (; i && sched_key_before(n->key, m->node[i - 1]->key); i--)
        m->node[i] = m->node[i - 1];
    m->node[i] = n;
}

static void model_del(struct model *m, const struct sched_node *n)
{
    unsigned i = 0;

    while (m->node[i] != n)
        i++;
    for (m->n--; i < m->n; i++)
        m->node[i] = m->node[i + 1];
}

static void check(const struct model *m, const struct sched_queue *q)
{
    struct sched_node *n = sched_queue_first(q);
    unsigned i;

    assert_int_equal(q->length, m->n);
    for (i = 0; i < m->n; i++, n = sched_queue_next(n))
        assert_ptr_equal(n, m->node[i]);
    assert_null(n);
}

static void random_order(void **state)
{
    static const int64_t spread[] = { 1, 2, 5, 1000000 };
    struct sched_node node[NODES] = { 0 };
    struct sched_queue q;
    struct model m = { .n = 0 };
    int64_t base = INT64_MAX - 3; /* keys wrap */
    unsigned i, k;

    (void)state;
    srand(1);
    sched_queue_init(&q);
    for (i = 0; i < 200000; i++) {
        struct sched_node *n = &node[(unsigned)rand() % (i / 100 % NODES + 1)];
        uint64_t key = (uint64_t)base +
                       (uint64_t)(rand() % spread[i / 5000 % 4]);

        if (sched_queued(n)) {
            sched_queue_del(n);
            model_del(&m, n);
        } else {
            sched_queue_add(&q, n, (int64_t)key);
            model_add(&m, n);
        }
        if (i % 16 == 0)
            check(&m, &q);
    }
    for (k = 0; k < NODES; k++)
        if (sched_queued(&node[k]))
            sched_queue_del(&node[k]);
    assert_null(sched_queue_first(&q));
    assert_null(q.last);
}

static void take_by_affinity(void **state)
{
    struct sched_vcpu v[3] = { 0 };
    struct sched_queue q;
    unsigned i;

    (void)state;
    sched_queue_init(&q);
    for (i = 0; i < 3; i++) {
        v[i].node[0].vcpu = &v[i];
        cpuset_add(&v[i].affinity, i);
        sched_queue_add(&q, &v[i].node[0], 7);
    }
    assert_ptr_equal(sched_queue_take(&q, 1), &v[1]);
    assert_null(sched_queue_take(&q, 1));
    assert_ptr_equal(sched_queue_head(&q), &v[0]);
    assert_ptr_equal(sched_queue_take(&q, 0), &v[0]);
    assert_ptr_equal(sched_queue_take(&q, 2), &v[2]);
    assert_null(sched_queue_head(&q));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_order),
        cmocka_unit_test(take_by_affinity),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
