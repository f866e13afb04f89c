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

/* Black nodes on every way down from n, which are as many on all of them; no
 * red node is below a red one. */
static unsigned black_height(const struct sched_node *n)
{
    const struct sched_node *left, *right;
    unsigned height;

    if (!n)
        return 0;
    left = RB_LEFT(n, entry);
    right = RB_RIGHT(n, entry);
    if (RB_COLOR(n, entry) == RB_RED) {
        assert_true(!left || RB_COLOR(left, entry) == RB_BLACK);
        assert_true(!right || RB_COLOR(right, entry) == RB_BLACK);
    }
    assert_true(!left || RB_PARENT(left, entry) == n);
    assert_true(!right || RB_PARENT(right, entry) == n);
    height = black_height(left);
    assert_int_equal(height, black_height(right));
    return height + (RB_COLOR(n, entry) == RB_BLACK);
}

/* The queue gives the nodes in the order (key, arrival), and is balanced. */
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
    assert_true(!last || q->last->key == last->key);
    assert_true(!n || RB_COLOR(RB_ROOT(&q->tree), entry) == RB_BLACK);
    (void)black_height(RB_ROOT(&q->tree));
}

/* keys: how many different ones. */
static void random_queue(int64_t base, unsigned keys)
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
        if (n && chance(4) == 0)
            i = sched_queue_head(&q)->id;
        if (sched_queued(&v[i].node[0])) {
            sched_queue_del(&v[i].node[0]);
            n--;
        } else {
            int64_t key = (int64_t)((uint64_t)base + chance(keys));

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
    random_queue(0, 12);
    random_queue(-5, 12);
    random_queue(INT64_MAX - 5, 12); /* keys wrap */
    random_queue(0, 3);
    random_queue(0, 1000);
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
