/*
 * test_core.c - the core's moves, its checks, its accounting.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "sched/api/core_private.h"
#include "tests/sched_core/defect.h"
#include "tests/sched_core/fake.h"

static struct sched_domain *new_domain(struct sched *s, uint16_t id)
{
    struct sched_domain *d = calloc(1, sizeof(*d));

    assert_int_equal(sched_domain_init(d, s, id), 0);
    return d;
}

static void set(struct sched *s, struct sched_domain *d, const char *name,
                int64_t value)
{
    struct sched_setting one = { sched_param_find(sched_ops_of(s), name),
                                 value };

    assert_non_null(one.param);
    assert_int_equal(sched_param_set(s, d, NULL, &one, 1, fake.now), 0);
}

static void test_life(void **state)
{
    struct sched *s;
    struct fake_vcpu *a, *b;

    (void)state;
    fake_reset();
    s = fake_sched(sched_find("rr"), 1);
    a = fake_vcpu(new_domain(s, 1), 0, 0);
    b = fake_vcpu(new_domain(s, 2), 0, 0);
    assert_int_equal(a->state, SCHED_STATE_OFFLINE);
    fake.now = MS(1);
    fake_start(a);
    fake_start(b);
    assert_ptr_equal(sched_running(s, 0), &a->v);
    assert_int_equal(b->state, SCHED_STATE_RUNNABLE);
    fake_run_until(MS(2));
    fake_block(a);
    assert_ptr_equal(sched_running(s, 0), &b->v);
    fake_run_until(MS(4));
    fake_wake(a);
    fake_run_until(MS(5));
    fake_block(b);
    fake_run_until(MS(6));
    fake_block(a);
    assert_null(sched_running(s, 0));
    fake_run_until(MS(9));
    assert_int_equal(a->time[SCHED_STATE_OFFLINE], MS(1));
    assert_int_equal(a->time[SCHED_STATE_RUNNING], MS(2));
    assert_int_equal(a->time[SCHED_STATE_RUNNABLE], MS(1));
    assert_int_equal(a->time[SCHED_STATE_BLOCKED], MS(2));
    assert_int_equal(b->time[SCHED_STATE_RUNNING], MS(3));
    assert_true(fake_times_exact(a) && fake_times_exact(b));
    fake_destroy(s);
}

static void test_pending_prevents_blocking(void **state)
{
    struct sched *s;
    struct fake_vcpu *a;

    (void)state;
    fake_reset();
    s = fake_sched(&defect_ops, 1);
    a = fake_vcpu(new_domain(s, 1), 0, 0);
    fake_start(a);
    a->pending = true;
    fake_block(a);
    assert_int_equal(a->state, SCHED_STATE_RUNNING);
    assert_false(a->v.core.blocked);
    a->pending = false;
    fake_block(a);
    assert_int_equal(a->state, SCHED_STATE_BLOCKED);
    fake_wake(a);
    fake_wake(a); /* spurious */
    assert_int_equal(a->state, SCHED_STATE_RUNNING);
    fake_destroy(s);
}

static void test_pause_waits_for_hypercall(void **state)
{
    struct sched *s;
    struct fake_vcpu *a, *b;

    (void)state;
    fake_reset();
    s = fake_sched(&defect_ops, 1);
    a = fake_vcpu(new_domain(s, 1), 0, 0);
    b = fake_vcpu(new_domain(s, 2), 0, 0);
    fake_start(a);
    fake_start(b);
    a->v.core.finishing = true; /* preempted inside a hypercall */
    fake_run_until(MS(1) + US(1));
    assert_ptr_equal(sched_running(s, 0), &b->v);
    sched_pause(&a->v, fake.now);
    fake_settle();
    assert_int_equal(a->v.core.hand, SCHED_HAND_PLUGIN);
    fake_run_until(MS(2) + US(2));
    assert_ptr_equal(sched_running(s, 0), &a->v);
    a->v.core.finishing = false; /* it reaches the boundary */
    fake_schedule(0);
    assert_ptr_equal(sched_running(s, 0), &b->v);
    assert_int_equal(a->state, SCHED_STATE_OFFLINE);
    /* blocked and paused: waking alone does not run it */
    sched_unpause(&a->v, fake.now);
    fake_run_until(MS(4));
    fake_destroy(s);
}

static void test_wake_while_paused(void **state)
{
    struct sched *s;
    struct fake_vcpu *a;

    (void)state;
    fake_reset();
    s = fake_sched(&defect_ops, 1);
    a = fake_vcpu(new_domain(s, 1), 0, 0);
    fake_start(a);
    fake_block(a);
    sched_pause(&a->v, fake.now);
    assert_int_equal(a->state, SCHED_STATE_BLOCKED);
    fake_wake(a);
    assert_int_equal(a->state, SCHED_STATE_OFFLINE);
    assert_int_equal(a->v.core.hand, SCHED_HAND_CORE);
    fake_start(a);
    assert_int_equal(a->state, SCHED_STATE_RUNNING);
    fake_destroy(s);
}

static void test_affinity_moves(void **state)
{
    struct cpuset only = { { 0 } }, none = { { 0 } }, outside = { { 0 } };
    struct sched *s;
    struct fake_vcpu *a, *b;

    (void)state;
    fake_reset();
    s = fake_sched(&defect_ops, 3);
    a = fake_vcpu(new_domain(s, 1), 0, 0);
    b = fake_vcpu(new_domain(s, 2), 0, 0);
    fake_start(a);
    cpuset_add(&only, 2);
    assert_int_equal(sched_set_affinity(&a->v, &none, NULL, fake.now), -22);
    assert_int_equal(sched_set_affinity(&a->v, &only, NULL, fake.now), 0);
    fake_settle();
    assert_ptr_equal(sched_running(s, 2), &a->v);
    /* waiting behind a, then sent elsewhere */
    assert_int_equal(sched_set_affinity(&b->v, &only, NULL, fake.now), 0);
    fake_start(b);
    assert_int_equal(b->v.cpu, 2);
    assert_int_equal(b->state, SCHED_STATE_RUNNABLE);
    cpuset_remove(&only, 2);
    cpuset_add(&only, 1);
    assert_int_equal(sched_set_affinity(&b->v, &only, NULL, fake.now), 0);
    fake_settle();
    assert_ptr_equal(sched_running(s, 1), &b->v);
    /* CPUs outside of the pool mean all of the pool */
    cpuset_add(&outside, 700);
    assert_int_equal(sched_set_affinity(&b->v, &outside, NULL, fake.now), 0);
    assert_true(cpuset_has(&b->v.affinity, 0));
    assert_int_equal(fake.breaches, 0);
    fake_destroy(s);
}

static void test_soft_affinity(void **state)
{
    struct cpuset all = { { 7 } }, soft = { { 0 } };
    struct sched *s;
    struct fake_vcpu *a;

    (void)state;
    fake_reset();
    s = fake_sched(&defect_ops, 3);
    a = fake_vcpu(new_domain(s, 1), 0, 0);
    cpuset_add(&soft, 1);
    assert_int_equal(sched_set_affinity(&a->v, &all, &soft, fake.now), 0);
    fake_start(a);
    assert_int_equal(a->v.cpu, 1);
    fake_destroy(s);
}

static void test_cpu_leaves(void **state)
{
    struct sched *s;
    struct fake_vcpu *v[6];
    struct sched_domain *d;
    unsigned i;

    (void)state;
    fake_reset();
    s = fake_sched(&defect_ops, 3);
    d = new_domain(s, 1);
    for (i = 0; i < 6; i++) {
        v[i] = fake_vcpu(d, i, i % 3);
        fake_start(v[i]);
    }
    assert_int_equal(sched_cpu_drain(0, fake.now), 0);
    fake_settle();
    assert_int_equal(sched_cpu_down(0, fake.now), 0);
    assert_null(sched_of_cpu(0));
    fake_run_until(MS(50));
    for (i = 0; i < 6; i++) {
        assert_int_not_equal(v[i]->v.cpu, 0);
        assert_true(fake_times_exact(v[i]));
        assert_true(v[i]->time[SCHED_STATE_RUNNING] > MS(1));
    }
    assert_int_equal(sched_cpu_up(s, 0, fake.now), 0);
    fake_run_until(MS(100));
    assert_non_null(sched_running(s, 0));
    fake_destroy(s);
}

/* It blocks on a CPU that is drained, and wakes before that is down: it wakes
 * elsewhere, and the CPU can go. */
static void test_wakes_before_down(void **state)
{
    struct fake_vcpu *v;
    struct sched *s;

    (void)state;
    fake_reset();
    s = fake_sched(sched_find("rr"), 2);
    v = fake_vcpu(new_domain(s, 1), 0, 1);
    fake_start(v);
    assert_int_equal(v->v.cpu, 1);
    assert_int_equal(sched_cpu_drain(1, fake.now), 0);
    fake_block(v);
    fake_wake(v);
    assert_int_equal(fake.breaches, 0);
    assert_ptr_equal(sched_running(s, 0), &v->v);
    assert_int_equal(sched_cpu_down(1, fake.now), 0);
    fake_destroy(s);
}

/* A decision programs the host's timer, also where there is nothing to decide:
 * the host may have left that to it. */
static void test_timer_without_pool(void **state)
{
    struct sched *s;

    (void)state;
    fake_reset();
    s = fake_sched(sched_find("rr"), 2);
    assert_int_equal(sched_cpu_drain(1, fake.now), 0);
    assert_int_equal(sched_cpu_down(1, fake.now), 0);
    fake.timer[1] = fake.now; /* none has been set */
    fake_schedule(1);
    assert_true(fake.timer[1] == FOREVER);
    fake_destroy(s);
}

static void test_change(void **state)
{
    struct sched *s;
    struct fake_vcpu *v[6];
    struct sched_domain *d;
    ns_t ran[6];
    unsigned i, round;

    (void)state;
    fake_reset();
    s = fake_sched(&defect_ops, 2);
    d = new_domain(s, 1);
    for (i = 0; i < 6; i++) {
        v[i] = fake_vcpu(d, i, i % 2);
        if (i < 5)
            fake_start(v[i]);
    }
    for (round = 0; round < 4; round++) {
        fake_run_until(fake.now + MS(100));
        for (i = 0; i < 6; i++)
            ran[i] = v[i]->time[SCHED_STATE_RUNNING];
        assert_int_equal(
            sched_change(s, round % 2 ? &defect_ops : sched_find("rr"),
                         fake.now),
            0);
        fake_run_until(fake.now + MS(100));
        for (i = 0; i < 5; i++)
            assert_true(v[i]->time[SCHED_STATE_RUNNING] > ran[i]);
    }
    fake_start(v[5]);
    fake_run_until(fake.now + MS(100));
    assert_true(v[5]->time[SCHED_STATE_RUNNING] > MS(10));
    assert_int_equal(fake.breaches, 0);
    fake_destroy(s);
}

/* ---- broken rules ---- */

static void breaks(int64_t defect, const char *rule)
{
    struct sched *s;
    struct sched_domain *d;
    struct fake_vcpu *v[4];
    struct cpuset only = { { 1 } };
    unsigned i;

    fake_reset();
    s = fake_sched(&defect_ops, 2);
    d = new_domain(s, 1);
    for (i = 0; i < 4; i++) {
        v[i] = fake_vcpu(d, i, i % 2);
        if (defect == DEFECT_STARVES)
            assert_int_equal(sched_set_affinity(&v[i]->v, &only, NULL, 0), 0);
        fake_start(v[i]);
    }
    fake_run_until(MS(5));
    assert_int_equal(fake.breaches, 0);
    set(s, NULL, "defect", defect);
    if (defect == DEFECT_STEALS_UNLOCKED) {
        for (i = 0; i < 4; i++)
            if (v[i]->v.core.hand == SCHED_HAND_CPU && v[i]->v.cpu == 1)
                fake_block(v[i]);
        for (i = 0; i < 4; i++)
            if (v[i]->v.core.hand == SCHED_HAND_CPU && v[i]->v.cpu == 1)
                fake_block(v[i]);
    }
    if (defect == DEFECT_DEQUEUE_KEEPS)
        for (i = 0; i < 4; i++)
            if (v[i]->v.core.hand == SCHED_HAND_PLUGIN) {
                sched_pause(&v[i]->v, fake.now);
                break;
            }
    fake_run_until(S(20));
    assert_int_equal(fake.breaches, 1);
    if (!strstr(fake.rule, rule))
        fail_msg("%s, not %s", fake.rule, rule);
    assert_string_equal(sched_ops_of(s)->name, "rr");
    for (i = 0; i < 4; i++)
        assert_true(fake_times_exact(v[i]));
    /* the fallback serves all that want to run */
    for (i = 0; i < 4; i++)
        if (v[i]->v.core.blocked)
            fake_wake(v[i]);
    fake_run_until(S(21));
    for (i = 0; i < 4; i++)
        if (!v[i]->v.core.pauses && v[i]->state != SCHED_STATE_RUNNING &&
            v[i]->time[SCHED_STATE_RUNNING] < MS(100))
            fail_msg("d1v%u ran %ld, %s, hand %d cpu %u\n%s", i,
                     v[i]->time[SCHED_STATE_RUNNING], rule, v[i]->v.core.hand,
                     v[i]->v.cpu, fake.printed);
    fake_destroy(s);
}

static void test_breaches(void **state)
{
    (void)state;
    breaks(DEFECT_GRANTS_NOTHING, "granted no time");
    breaks(DEFECT_IDLES, "idle beside a waiting vCPU");
    breaks(DEFECT_PICK_KEEPS, "pick() left the vCPU in a queue");
    breaks(DEFECT_PICKS_OTHERS, "does not hold");
    breaks(DEFECT_DEQUEUE_KEEPS, "dequeue() left");
    breaks(DEFECT_STEALS_UNLOCKED, "without the lock");
    breaks(DEFECT_STARVES, "starves");
}

/* When the watchdog looks again after its first look, if one may wait for
 * `patience` and 100 ms for each of four vCPUs. */
static ns_t looks_again(ns_t patience)
{
    struct sched *s;
    struct sched_domain *d;
    ns_t at;
    unsigned i;

    fake_reset();
    s = fake_sched(&defect_ops, 1);
    d = new_domain(s, 1);
    for (i = 0; i < 4; i++)
        (void)fake_vcpu(d, i, 0);
    sched_set_patience(s, patience);
    fake_run_until(S(1));
    at = fake.timer[0] - S(1); /* nothing runs: what else should it be for? */
    fake_destroy(s);
    return at;
}

static void test_watchdog(void **state)
{
    (void)state;
    assert_int_equal(looks_again(MS(50)), S(1));
    assert_int_equal(looks_again(S(15)), S(1));
    assert_int_equal(looks_again(S(32) - MS(400)), S(2));
    assert_int_equal(looks_again(S(100000)), S(300));
    assert_int_equal(looks_again(FOREVER), S(300));
}

static void test_misplaced(void **state)
{
    struct sched *s;
    struct fake_vcpu *a;

    (void)state;
    fake_reset();
    s = fake_sched(sched_find("misplacing"), 2);
    a = fake_vcpu(new_domain(s, 1), 0, 0);
    set(s, NULL, "defect", DEFECT_PLACES_BADLY);
    fake_start(a);
    assert_int_equal(fake.breaches, 1);
    assert_non_null(strstr(fake.rule, "place()"));
    assert_ptr_equal(sched_running(s, 0), &a->v);
    fake_destroy(s);
}

/* ---- anything, in any order ---- */

static uint32_t seed;

static unsigned chance(unsigned n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

static void check_all(struct sched *s, struct fake_vcpu **v, unsigned n)
{
    unsigned cpu, i, waiting[FAKE_CPUS] = { 0 };

    for (i = 0; i < n; i++) {
        const struct sched_vcpu *sv = &v[i]->v;

        assert_true(fake_times_exact(v[i]));
        if (sv->core.hand == SCHED_HAND_PLUGIN)
            waiting[sv->cpu]++;
        if (sv->core.hand == SCHED_HAND_CPU)
            assert_ptr_equal(sched_running(s, sv->cpu), sv);
        if (sv->core.hand != SCHED_HAND_CORE)
            assert_true(cpuset_has(&sv->affinity, sv->cpu));
        assert_int_equal(sv->core.hand == SCHED_HAND_CORE, !sched_may_run(sv));
    }
    for_each_cpu (cpu, &s->cpus) {
        assert_int_equal(sched_waiting(s, cpu), waiting[cpu]);
        assert_true(sched_running(s, cpu) || !waiting[cpu]);
        assert_int_equal(cpuset_has(&s->idle, cpu), !sched_running(s, cpu));
        assert_false(fake.locked[cpu]);
    }
}

static void random_step(struct fake_vcpu *f)
{
    struct cpuset hard = { { 1 + chance(15) } };

    switch (chance(8)) {
    case 0:
    case 1:
        if (f->v.core.hand == SCHED_HAND_CPU)
            fake_block(f);
        break;
    case 2:
    case 3:
        fake_wake(f);
        break;
    case 4:
        if (f->v.core.pauses < 2)
            sched_pause(&f->v, fake.now);
        break;
    case 5:
        if (f->v.core.pauses)
            sched_unpause(&f->v, fake.now);
        break;
    case 6:
        if (f->v.core.hand == SCHED_HAND_CPU) {
            sched_will_yield(&f->v);
            fake_schedule(f->v.cpu);
        }
        break;
    default:
        (void)sched_set_affinity(&f->v, &hard, NULL, fake.now);
        break;
    }
}

static void random_run(const struct sched_ops *ops, unsigned cpus, unsigned n)
{
    struct fake_vcpu *v[FAKE_VCPUS];
    struct sched *s;
    unsigned i, cpu;

    fake_reset();
    s = fake_sched(ops, cpus);
    sched_set_patience(s, S(1000));
    for (i = 0; i < n; i++) {
        v[i] = fake_vcpu(new_domain(s, (uint16_t)i), 0, i % cpus);
        fake_start(v[i]);
    }
    for (i = 0; i < 4000; i++) {
        random_step(v[chance(n)]);
        cpu = chance(cpus);
        if (chance(50) == 0 && sched_cpu_drain(cpu, fake.now) == 0) {
            fake_settle();
            assert_int_equal(sched_cpu_down(cpu, fake.now), 0);
            assert_int_equal(sched_cpu_up(s, cpu, fake.now), 0);
        }
        fake_run_until(fake.now + US(chance(3000)));
        check_all(s, v, n);
    }
    assert_int_equal(fake.breaches, 0);
    fake_destroy(s);
}

static void test_random(void **state)
{
    unsigned i;

    (void)state;
    for (i = 1; i <= 5; i++) {
        seed = i;
        random_run(&defect_ops, 1, 3);
        random_run(&defect_ops, 4, 9);
        random_run(sched_find("rr"), 4, 9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life),
        cmocka_unit_test(test_pending_prevents_blocking),
        cmocka_unit_test(test_pause_waits_for_hypercall),
        cmocka_unit_test(test_wake_while_paused),
        cmocka_unit_test(test_affinity_moves),
        cmocka_unit_test(test_soft_affinity),
        cmocka_unit_test(test_cpu_leaves),
        cmocka_unit_test(test_wakes_before_down),
        cmocka_unit_test(test_timer_without_pool),
        cmocka_unit_test(test_change),
        cmocka_unit_test(test_breaches),
        cmocka_unit_test(test_watchdog),
        cmocka_unit_test(test_misplaced),
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
