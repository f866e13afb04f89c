/*
 * test_join.c - a CPU joins an instance while another CPU goes over to a
 * plug-in that shares locks in another way.
 *
 * That comes in between wherever no lock is held: here, whenever the joining
 * CPU is about to take one and has none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "tests/sched_core/defect.h"
#include "tests/sched_core/fake.h"

static struct {
    struct sched *s;
    const struct sched_ops *to;
    unsigned before; /* locks that are taken before it comes */
    bool done;
    unsigned taken; /* the last one */
} change;

static void come_between(unsigned lock)
{
    static const bool none[CPUSET_MAX];

    (void)lock;
    if (change.done || memcmp(fake.locked, none, sizeof(none)) != 0)
        return;
    if (change.before) {
        change.before--;
        return;
    }
    change.done = true;
    fake.on_lock = NULL;
    assert_int_equal(sched_change(change.s, change.to, fake.now), 0);
    fake.on_lock = come_between;
}

static void remember(unsigned lock)
{
    change.taken = lock;
}

/* CPU 2 joins CPUs 0 and 1. True: the change came in between. */
static bool joins(const char *from, const char *to, unsigned before)
{
    struct sched *s;

    fake_reset();
    s = fake_sched(sched_find(from), 2);
    memset(&change, 0, sizeof(change));
    change.s = s;
    change.to = sched_find(to);
    change.before = before;
    fake.on_lock = come_between;
    fake.cpu = 2;
    assert_int_equal(sched_cpu_up(s, 2, fake.now), 0);
    fake.on_lock = remember;
    fake_schedule(2);
    fake.on_lock = NULL;
    /* Each has a lock of its own, or all have one. */
    if (!strcmp(sched_ops_of(s)->name, "single"))
        assert_int_equal(change.taken, 0);
    else
        assert_int_equal(change.taken, 2);
    fake_settle();
    fake_destroy(s);
    return change.done;
}

static void from_one_to_many(void **state)
{
    unsigned before = 0;

    (void)state;
    while (joins("single", "rr", before))
        before++;
    assert_true(before >= 2);
}

static void from_many_to_one(void **state)
{
    unsigned before = 0;

    (void)state;
    while (joins("rr", "single", before))
        before++;
    assert_true(before >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_one_to_many),
        cmocka_unit_test(from_many_to_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
