/*
 * test_timer.c - time, softirqs and timers on fake processors: the clock moves
 * only when a test moves it, and a clock event comes exactly when it was set.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "xen/arch/x86/fatal.h"
#include "xen/arch/x86/irq.h"
#include "xen/arch/x86/smp.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/base/console.h"
#include "xen/base/softirq.h"
#include "xen/base/time.h"
#include "xen/base/timer.h"
#include "xen/base/turn.h"
#include "xen/lib/bug.h"

unsigned fake_cpu;
uint64_t fake_tsc;
bool fake_irqs_on = true;

static struct {
    ns_t event[NR_CPUS];
    unsigned settings, ipis;
    irq_handler *handler;
} fake;

void fake_check(bool right)
{
    assert_true(right);
}

void bug(const char *what, const char *file, unsigned line)
{
    fail_msg("%s:%u: %s", file, line, what);
    abort();
}

void clock_event_set(ns_t deadline)
{
    assert_false(fake_irqs_on);
    fake.event[fake_cpu] = deadline;
    fake.settings++;
}

void ipi_send(unsigned cpu, unsigned vector)
{
    assert_int_not_equal(cpu, fake_cpu);
    assert_int_equal(vector, VECTOR_RESCHEDULE);
    fake.ipis++;
}

void irq_set_handler(unsigned vector, irq_handler *handler)
{
    assert_int_equal(vector, VECTOR_TIMER);
    fake.handler = handler;
}

void fatal_name(char *out, size_t size, uintptr_t address)
{
    (void)size, (void)address;
    out[0] = '\0';
}

void console_print(const char *format, ...)
{
    (void)format;
}

/* ---- driving ---- */

static void begin(void)
{
    fake_tsc = 5000;
    time_init(1000000); /* 1 GHz: a tick is a ns */
    fake.settings = fake.ipis = 0;
    for (fake_cpu = 0; fake_cpu < NR_CPUS; fake_cpu++) {
        timer_start_cpu();
        this_cpu(softirq).any = 0;
        fake.event[fake_cpu] = FOREVER;
    }
    fake_cpu = 0;
}

/* Softirqs of all CPUs, as on their way out. */
static void ways_out(void)
{
    unsigned back = fake_cpu;

    for (fake_cpu = 0; fake_cpu < NR_CPUS; fake_cpu++)
        if (softirq_pending())
            softirq_run();
    fake_cpu = back;
}

static void run_until(ns_t when)
{
    unsigned back = fake_cpu, c, first;

    for (;;) {
        ways_out();
        first = 0;
        for (c = 1; c < NR_CPUS; c++)
            if (fake.event[c] < fake.event[first])
                first = c;
        if (fake.event[first] > when)
            break;
        if (fake.event[first] > time_now())
            fake_tsc = time_to_tsc(fake.event[first]);
        fake.event[first] = FOREVER;
        fake_cpu = first;
        fake_irqs_on = false;
        fake.handler(NULL);
        fake_irqs_on = true;
        fake_cpu = back;
    }
    fake_tsc = time_to_tsc(when);
}

/* ---- time ---- */

static void scale(uint64_t khz)
{
    const struct time_scale *s = time_scale();
    uint64_t ticks;
    ns_t ns;

    fake_tsc = 123456789;
    time_init(khz);
    assert_int_equal(time_now(), 0);
    assert_true(s->mul >= 0x80000000u);
    for (ticks = 1; ticks < khz * 1000 * 3600 * 24; ticks = ticks * 3 + 1) {
        uint64_t delta = s->shift >= 0 ? ticks << s->shift : ticks >> -s->shift;
        unsigned __int128 exact = (unsigned __int128)ticks * 1000000 / khz;

        ns = time_of_tsc(fake_tsc + ticks);
        /* what a guest makes of the ABI's record */
        assert_int_equal(ns, (ns_t)(((unsigned __int128)delta * s->mul) >> 32));
        /* within 2^-31, and what is lost by shifting down */
        assert_true((uint64_t)ns <= exact);
        assert_true(exact - (uint64_t)ns <= (exact >> 31) + 2);
        /* the way back is never early, and at most one step late */
        if (ns) {
            uint64_t back = time_to_tsc(ns), step = (uint64_t)1 << s->down;

            assert_true(time_of_tsc(back) >= ns);
            assert_true(back < fake_tsc + 2 * step ||
                        time_of_tsc(back - 2 * step) < ns);
        }
    }
}

static void test_scale(void **state)
{
    (void)state;
    scale(1000000);
    scale(2400000);
    scale(3999999);
    scale(999999);
    scale(500000);
    scale(25000);
    scale(5000000);
}

/* ---- timers ---- */

struct probe {
    struct timer timer;
    ns_t at;
    unsigned on, fired;
    ns_t again; /* set itself so much later, if not 0 */
};

static void probe_fn(void *arg)
{
    struct probe *p = arg;

    assert_true(fake_irqs_on);
    p->at = time_now();
    p->on = fake_cpu;
    p->fired++;
    if (p->again)
        timer_set(&p->timer, p->at + p->again);
}

static void test_order(void **state)
{
    struct probe p[8] = { 0 };
    unsigned i;

    (void)state;
    begin();
    for (i = 0; i < 8; i++) {
        timer_init(&p[i].timer, probe_fn, &p[i], 0);
        timer_set(&p[i].timer, US(100 * ((i * 5) % 8 + 1)));
    }
    timer_stop(&p[3].timer);
    timer_stop(&p[3].timer);
    run_until(US(350));
    for (i = 0; i < 8; i++)
        assert_int_equal(p[i].fired, i != 3 && (i * 5) % 8 < 3);
    timer_set(&p[3].timer, US(400));
    timer_set(&p[3].timer, US(500)); /* later than it was */
    run_until(MS(1));
    for (i = 0; i < 8; i++) {
        assert_int_equal(p[i].fired, 1);
        assert_int_equal(p[i].at,
                         i == 3 ? US(500) : US(100 * ((i * 5) % 8 + 1)));
        assert_false(timer_armed(&p[i].timer));
    }
}

/* Of two for the same time, whichever stands first in memory. */
static void test_together(void **state)
{
    struct probe p[3] = { 0 };
    unsigned i;

    (void)state;
    begin();
    for (i = 0; i < 3; i++)
        timer_init(&p[i].timer, probe_fn, &p[i], 0);
    for (i = 3; i-- > 0;)
        timer_set(&p[i].timer, MS(1));
    run_until(MS(2));
    for (i = 0; i < 3; i++)
        timer_set(&p[i].timer, MS(3));
    run_until(MS(4));
    for (i = 0; i < 3; i++)
        assert_int_equal(p[i].fired, 2);
}

static void test_past_needs_no_event(void **state)
{
    struct probe p = { 0 };

    (void)state;
    begin();
    timer_init(&p.timer, probe_fn, &p, 0);
    timer_set(&p.timer, -5);
    assert_int_equal(fake.settings, 0);
    assert_true(softirq_pending());
    ways_out();
    assert_int_equal(p.fired, 1);
}

static void test_later_is_lazy(void **state)
{
    struct probe p[2] = { 0 };
    unsigned i;

    (void)state;
    begin();
    for (i = 0; i < 2; i++)
        timer_init(&p[i].timer, probe_fn, &p[i], 0);
    timer_set(&p[0].timer, MS(1));
    assert_int_equal(fake.settings, 1);
    for (i = 0; i < 100; i++)
        timer_set(&p[1].timer, MS(2) + i); /* not the first: nothing */
    timer_stop(&p[0].timer);
    assert_int_equal(fake.settings, 1);
    run_until(MS(5)); /* one event for nothing, one for p[1] */
    assert_int_equal(fake.settings, 2);
    assert_int_equal(p[0].fired, 0);
    assert_int_equal(p[1].at, MS(2) + 99);
}

static void test_other_cpu(void **state)
{
    struct probe p = { 0 };

    (void)state;
    begin();
    timer_init(&p.timer, probe_fn, &p, 2);
    timer_set(&p.timer, MS(1));
    assert_int_equal(fake.ipis, 1);
    run_until(US(500));
    timer_migrate(&p.timer, 3);
    run_until(MS(2));
    assert_int_equal(p.fired, 1);
    assert_int_equal(p.on, 3);
    assert_int_equal(p.at, MS(1));
}

static void test_again_and_kill(void **state)
{
    struct probe p = { .again = US(10) };

    (void)state;
    begin();
    timer_init(&p.timer, probe_fn, &p, 0);
    timer_set(&p.timer, US(10));
    run_until(US(105));
    assert_int_equal(p.fired, 10);
    timer_kill(&p.timer);
    timer_set(&p.timer, US(200));
    run_until(MS(1));
    assert_int_equal(p.fired, 10);
}

static void test_random(void **state)
{
    static struct probe p[50];
    ns_t due[50];
    uint32_t seed = 1;
    unsigned i, step;

    (void)state;
    begin();
    for (i = 0; i < 50; i++) {
        timer_init(&p[i].timer, probe_fn, &p[i], i % NR_CPUS);
        p[i].fired = 0;
        due[i] = 0;
    }
    for (step = 0; step < 20000; step++) {
        seed = seed * 1664525u + 1013904223u;
        i = (seed >> 8) % 50;
        fake_cpu = (seed >> 16) % NR_CPUS;
        if (seed >> 30 == 0) {
            timer_stop(&p[i].timer);
            due[i] = 0;
        } else if (seed >> 30 == 1) {
            timer_migrate(&p[i].timer, fake_cpu);
        } else {
            due[i] = time_now() + (seed >> 12) % 4096;
            timer_set(&p[i].timer, due[i]);
        }
        run_until(time_now() + (seed >> 10) % 128);
        for (i = 0; i < 50; i++) {
            if (p[i].fired) {
                assert_true(due[i] && p[i].fired == 1);
                assert_int_equal(p[i].at, due[i]);
                p[i].fired = 0;
                due[i] = 0;
            }
            assert_true(!due[i] || due[i] > time_now());
            assert_int_equal(timer_armed(&p[i].timer), due[i] != 0);
        }
    }
}

/* ---- the turn ---- */

static struct {
    unsigned over, schedules;
    ns_t next;
} turns;

static void turn_over(unsigned cpu, ns_t now)
{
    (void)cpu, (void)now;
    turns.over++;
    softirq_raise(SOFTIRQ_SCHEDULE);
}

static void take_turn(void)
{
    turns.schedules++;
    fake_irqs_on = false;
    timer_set_turn(fake_cpu, turns.next);
    fake_irqs_on = true;
}

static void test_turn(void **state)
{
    struct probe p = { 0 };

    (void)state;
    begin();
    timer_open_turn(turn_over);
    softirq_open(SOFTIRQ_SCHEDULE, take_turn);
    turns.over = turns.schedules = 0;
    turns.next = MS(2);
    timer_init(&p.timer, probe_fn, &p, 0);
    timer_set(&p.timer, US(1500));
    fake_irqs_on = false;
    timer_set_turn(0, MS(1));
    fake_irqs_on = true;
    fake.settings = 0;
    run_until(US(1200)); /* the turn's end: one setting, for the timer */
    assert_int_equal(turns.over, 1);
    assert_int_equal(turns.schedules, 1);
    assert_int_equal(fake.settings, 1);
    run_until(US(1600));
    assert_int_equal(p.at, US(1500));
    turns.next = FOREVER;
    run_until(MS(3));
    assert_int_equal(turns.over, 2);
    fake_cpu = 1; /* another CPU shortens it */
    fake_irqs_on = false;
    timer_set_turn(0, MS(4));
    fake_irqs_on = true;
    fake_cpu = 0;
    run_until(MS(5));
    assert_int_equal(turns.over, 3);
}

/* ---- softirqs ---- */

static unsigned works;

static void work_fn(void *arg)
{
    works += *(unsigned *)arg;
}

static void test_work(void **state)
{
    unsigned one = 1, ten = 10;
    struct softirq_work a = { .fn = work_fn, .arg = &one };
    struct softirq_work b = { .fn = work_fn, .arg = &ten };

    (void)state;
    begin();
    works = 0;
    softirq_defer(&a);
    softirq_defer(&b);
    softirq_defer(&a); /* stands already */
    ways_out();
    assert_int_equal(works, 11);
    softirq_defer(&a);
    ways_out();
    assert_int_equal(works, 12);
    assert_false(softirq_pending());
}

static void test_one_ipi(void **state)
{
    (void)state;
    begin();
    softirq_raise_on(1, SOFTIRQ_SCHEDULE);
    softirq_raise_on(1, SOFTIRQ_SCHEDULE);
    assert_int_equal(fake.ipis, 1);
    assert_int_equal(cpu(1, softirq).remote, 1u << SOFTIRQ_SCHEDULE);
    softirq_raise_on(1, SOFTIRQ_TIMER);
    assert_int_equal(fake.ipis, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scale),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_together),
        cmocka_unit_test(test_past_needs_no_event),
        cmocka_unit_test(test_later_is_lazy),
        cmocka_unit_test(test_other_cpu),
        cmocka_unit_test(test_again_and_kill),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_turn),
        cmocka_unit_test(test_work),
        cmocka_unit_test(test_one_ipi),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
