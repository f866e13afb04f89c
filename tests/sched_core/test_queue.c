/*
 * test_queue.c - the ordered queue against a plain array.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "sched/api/sched.h"

#define N 40

static uint32_t seed = 7;

static unsigned chance(unsigned n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* The queue gives the nodes in the order (key, arrival). */
static void check(struct sched_queue *q, const unsigned *order, unsigned n)
{
    struct sched_node *node = sched_queue_first(q), *last = NULL;
    unsigned count = 0;

    for (; node; node = sched_queue_next(node)) {
        if (last)
            assert_true(sched_key_before(last->key, node->key) ||
                        (last->key == node->key &&
                         order[last->vcpu->id] < order[node->vcpu->id]));
        last = node;
        count++;
    }
    assert_int_equal(count, n);
    assert_int_equal(q->length, n);
}

static void random_queue(int64_t base)
{
    static struct sched_vcpu v[N];
    unsigned order[N] = { 0 }, arrivals = 0, n = 0, i, step;
    struct sched_queue q;

    sched_queue_init(&q);
    for (i = 0; i < N; i++) {
        v[i] = (struct sched_vcpu){ .id = (uint16_t)i };
        v[i].node[0].vcpu = &v[i];
    }
    for (step = 0; step < 5000; step++) {
        i = chance(N);
        if (sched_queued(&v[i].node[0])) {
            sched_queue_del(&v[i].node[0]);
            n--;
        } else {
            int64_t key = (int64_t)((uint64_t)base + chance(12));

            sched_queue_add(&q, &v[i].node[0], key);
            order[i] = arrivals++;
            n++;
        }
        check(&q, order, n);
    }
}

static void test_order(void **state)
{
    (void)state;
    random_queue(0);
    random_queue(-5);
    random_queue(INT64_MAX - 5); /* keys wrap */
}

static void test_take(void **state)
{
    static struct sched_vcpu v[3];
    struct sched_queue q;
    unsigned i;

    (void)state;
    sched_queue_init(&q);
    for (i = 0; i < 3; i++) {
        v[i].node[0].vcpu = &v[i];
        cpuset_add(&v[i].affinity, i);
        sched_queue_add(&q, &v[i].node[0], 5);
    }
    assert_null(sched_queue_take(&q, 3));
    assert_ptr_equal(sched_queue_take(&q, 1), &v[1]);
    assert_null(sched_queue_take(&q, 1));
    assert_ptr_equal(sched_queue_head(&q), &v[0]);
    assert_int_equal(q.length, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_take),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
