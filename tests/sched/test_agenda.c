/*
 * The agenda's alarms against an array that is searched: the first one is the
 * same after any sequence of setting, moving and taking out; with few (a heap
 * alone) and with so many that they are dealt out into slots. The CPUs' course
 * in the same way, up to as many as are compared at once and beyond.
 */
#include <stdlib.h>
#include "sched/sim/agenda.h"
#include "tests/sched/kit.h"

static struct plain {
    ns_t time[8192]; /* FOREVER: not set */
    unsigned nr;
} plain;

static unsigned plain_first(void)
{
    unsigned i, best = plain.nr;

    for (i = 0; i < plain.nr; i++)
        if (plain.time[i] < FOREVER &&
            (best == plain.nr || plain.time[i] < plain.time[best]))
            best = i;
    return best;
}

static uint64_t draw(void)
{
    static uint64_t x = 88172645463325252u;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

static void check(struct alarms *a)
{
    const struct alarm *first = alarm_first(a);
    unsigned want = plain_first();

    if (want == plain.nr) {
        assert_null(first);
        return;
    }
    assert_non_null(first);
    assert_int_equal(first->index, want);
    assert_int_equal(first->time, plain.time[want]);
}

static void set(struct alarms *a, unsigned i, ns_t time)
{
    alarm_set(a, i, time);
    plain.time[i] = time;
}

static void clear(struct alarms *a, unsigned i)
{
    alarm_clear(a, i);
    plain.time[i] = FOREVER;
}

/* As a simulation uses it: nothing is set before what came last. */
static void step(struct alarms *a, ns_t *now)
{
    unsigned i = (unsigned)(draw() % plain.nr), first = plain_first();
    uint64_t what = draw() % 16;

    if (what < 9 && first < plain.nr) {
        *now = plain.time[first];
        clear(a, first);
    } else if (what < 14) {
        set(a, i, *now + (ns_t)(draw() % (draw() % 64 ? MS(2) : S(9))));
    } else {
        clear(a, i);
    }
}

static void play(unsigned nr, unsigned steps)
{
    struct alarms *a = malloc(sizeof(*a));
    ns_t now = 0;
    unsigned i;

    alarms_begin(a);
    alarms_reserve(a, nr);
    plain.nr = nr;
    for (i = 0; i < nr; i++) {
        plain.time[i] = FOREVER;
        set(a, i, (ns_t)(draw() % MS(4)));
    }
    for (i = 0; i < steps; i++) {
        step(a, &now);
        check(a);
    }
    for (; plain_first() < nr; check(a))
        clear(a, plain_first());
    alarms_end(a);
    free(a);
}

static void few(void **state)
{
    (void)state;
    play(1, 100);
    play(7, 3000);
    play(900, 3000);
}

static void many(void **state)
{
    (void)state;
    play(6000, 12000);
}

static void course(void **state)
{
    static const unsigned sizes[] = { 1, 2, 3, 4, 5, 64, 100 };
    unsigned k, i, step;
    struct course c;

    (void)state;
    for (k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
        course_begin(&c, sizes[k]);
        plain.nr = sizes[k];
        for (i = 0; i < plain.nr; i++)
            plain.time[i] = FOREVER;
        for (step = 0; step < 1000; step++) {
            i = (unsigned)(draw() % plain.nr);
            plain.time[i] = draw() % 8 ? (ns_t)(draw() % 20) : FOREVER;
            course_set(&c, i, plain.time[i]);
            i = plain_first(); /* none: any that is FOREVER */
            assert_int_equal(c.time[course_first(&c)],
                             i < plain.nr ? plain.time[i] : FOREVER);
            if (i < plain.nr)
                assert_int_equal(course_first(&c), i);
        }
        course_end(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few),
        cmocka_unit_test(many),
        cmocka_unit_test(course),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
