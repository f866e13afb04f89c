/*
 * test_move.c - domains and CPUs go from one instance to another.
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

/* CPUs from..to-1 in an instance of ops. */
static struct sched *pool(const struct sched_ops *ops, unsigned from,
                          unsigned to)
{
    struct sched *s = sched_create(ops, 1);

    assert_non_null(s);
    for (; from < to; from++) {
        fake.cpu = from;
        assert_int_equal(sched_cpu_up(s, from, fake.now), 0);
    }
    fake_settle();
    return s;
}

static ns_t ran(const struct fake_vcpu *f)
{
    return f->time[SCHED_STATE_RUNNING] +
           (f->state == SCHED_STATE_RUNNING ? fake.now - f->entry : 0);
}

static int64_t get(struct sched_domain *d, const char *name)
{
    const struct sched_ops *ops = sched_ops_of(d->sched);

    return sched_param_get(d->sched, d, NULL, sched_param_find(ops, name));
}

static void set(struct sched *s, struct sched_domain *d, const char *name,
                int64_t value)
{
    struct sched_setting one = { sched_param_find(sched_ops_of(s), name),
                                 value };

    assert_int_equal(sched_param_set(s, d, NULL, &one, 1, fake.now), 0);
}

/* One vCPU each that runs, waits, is blocked, is paused. */
static void test_all_hands(void **state)
{
    struct sched *a, *b;
    struct sched_domain *d;
    struct fake_vcpu *v[4];
    ns_t before;
    unsigned i;

    (void)state;
    fake_reset();
    a = pool(&defect_ops, 0, 1);
    b = pool(sched_find("rr"), 1, 3);
    d = new_domain(a, 1);
    for (i = 0; i < 4; i++)
        v[i] = fake_vcpu(d, i, 0);
    fake_start(v[2]);
    fake_block(v[2]);
    fake_start(v[0]);
    fake_start(v[1]);
    fake.now = US(500);
    assert_int_equal(v[0]->state, SCHED_STATE_RUNNING);
    assert_int_equal(v[1]->state, SCHED_STATE_RUNNABLE);

    assert_int_equal(sched_domain_move(d, b, fake.now), 0);
    /* who ran is still on its stack, and is counted as running */
    assert_null(sched_running(a, 0));
    assert_true(sched_is_running(&v[0]->v));
    assert_int_equal(v[0]->state, SCHED_STATE_RUNNING);
    fake.now = US(600);
    fake_settle();
    for (i = 0; i < 4; i++) {
        assert_ptr_equal(v[i]->v.sched, b);
        assert_true(v[i]->v.cpu == 1 || v[i]->v.cpu == 2);
        assert_true(fake_times_exact(v[i]));
    }
    assert_int_equal(v[0]->time[SCHED_STATE_RUNNING], US(600));
    assert_true(sched_running(b, 1) && sched_running(b, 2));
    assert_false(fake.idle[1] || fake.idle[2]);
    assert_true(fake.idle[0]);
    assert_int_equal(v[2]->state, SCHED_STATE_BLOCKED);
    assert_int_equal(v[3]->state, SCHED_STATE_OFFLINE);
    fake_wake(v[2]);
    fake_start(v[3]);
    before = ran(v[0]);
    fake_run_until(MS(100));
    for (i = 0; i < 4; i++)
        assert_true(ran(v[i]) > before);
    assert_int_equal(fake.breaches, 0);
    fake_destroy(b);
    fake_destroy(a);
}

/* What happens to a vCPU between the move and the end of its stay. */
static void test_while_away(void **state)
{
    struct sched *a, *b;
    struct sched_domain *d;
    struct fake_vcpu *v;

    (void)state;
    fake_reset();
    a = pool(&defect_ops, 2, 3);
    b = pool(&defect_ops, 0, 2);
    d = new_domain(a, 1);
    v = fake_vcpu(d, 0, 2);
    fake_start(v);
    /* it blocks */
    assert_int_equal(sched_domain_move(d, b, fake.now), 0);
    sched_will_block(&v->v);
    fake_settle();
    assert_int_equal(v->state, SCHED_STATE_BLOCKED);
    /* back, and on the way it is paused, and moved once more */
    fake_wake(v);
    fake.now = MS(1);
    assert_int_equal(sched_domain_move(d, a, fake.now), 0);
    sched_pause(&v->v, fake.now);
    assert_int_equal(sched_cpu_drain(1, fake.now), 0);
    assert_int_equal(sched_cpu_down(0, fake.now), -SCHED_EBUSY);
    assert_int_equal(sched_domain_move(d, b, fake.now), 0);
    assert_int_equal(sched_domain_move(d, a, fake.now), 0);
    fake_settle();
    assert_int_equal(v->state, SCHED_STATE_OFFLINE);
    assert_int_equal(v->v.cpu, 2);
    sched_unpause(&v->v, fake.now);
    fake_settle();
    assert_ptr_equal(sched_running(a, 2), &v->v);
    /* moved off and back at once: it goes on where it was */
    assert_int_equal(sched_domain_move(d, b, fake.now), 0);
    assert_int_equal(sched_domain_move(d, a, fake.now), 0);
    fake_settle();
    assert_ptr_equal(sched_running(a, 2), &v->v);
    assert_true(fake_times_exact(v));
    assert_int_equal(fake.breaches, 0);
    fake_destroy(a);
    assert_int_equal(sched_cpu_down(1, fake.now), 0);
    fake_destroy(b);
}

static void test_refused(void **state)
{
    struct sched *a, *b, *none;
    struct sched_domain *d;
    struct fake_vcpu *v[3];
    unsigned i;

    (void)state;
    fake_reset();
    a = pool(&defect_ops, 0, 2);
    b = pool(&defect_ops, 2, 3);
    none = sched_create(&defect_ops, 1);
    d = new_domain(a, 1);
    for (i = 0; i < 3; i++) {
        v[i] = fake_vcpu(d, i, 0);
        fake_start(v[i]);
    }
    set(a, d, "weight", 1000);
    set(b, NULL, "room", 2);
    assert_int_equal(sched_domain_move(d, b, fake.now), -28);
    assert_int_equal(sched_domain_move(d, none, fake.now), -SCHED_EINVAL);
    fake_run_until(MS(20));
    for (i = 0; i < 3; i++) {
        assert_ptr_equal(v[i]->v.sched, a);
        assert_true(v[i]->v.cpu < 2);
        assert_true(ran(v[i]) > MS(5));
    }
    assert_int_equal(get(d, "weight"), 1000);
    set(b, NULL, "room", 3); /* none of the two was left booked */
    assert_int_equal(sched_domain_move(d, b, fake.now), 0);
    assert_int_equal(get(d, "weight"), 1000); /* the same plug-in: kept */
    fake_settle();
    assert_int_equal(sched_change(a, sched_find("rr"), fake.now), 0);
    assert_int_equal(sched_domain_move(d, a, fake.now), 0);
    assert_int_equal(sched_domain_move(d, b, fake.now), 0);
    assert_int_equal(get(d, "weight"), 256); /* another: the default */
    fake_settle();
    fake_destroy(b);
    fake_destroy(a);
    sched_destroy(none);
}

static void test_apart(void **state)
{
    struct sched *a, *b;
    struct sched_domain *d;
    struct fake_vcpu v = { .state = SCHED_STATE_OFFLINE };

    (void)state;
    fake_reset();
    a = pool(&defect_ops, 0, 1);
    b = pool(&defect_ops, 1, 2);
    d = new_domain(a, 1);
    assert_int_equal(sched_vcpu_init(&v.v, d, 0, 0), 0);
    assert_int_equal(sched_domain_move(d, b, 0), -SCHED_EBUSY);
    assert_int_equal(sched_vcpu_join(&v.v, 0), 0);
    assert_int_equal(sched_domain_move(d, b, 0), 0);
    assert_int_equal(sched_cpu_drain(1, 0), -SCHED_EBUSY); /* the last one */
    sched_vcpu_leave(&v.v, 0);
    sched_vcpu_fini(&v.v);
    assert_int_equal(sched_domain_move(d, a, 0), 0);
    fake_destroy(b);
    fake_destroy(a);
}

/* Affinity is kept as asked for, and means all of a pool that has none of it.
 * Who is blocked on a CPU that leaves wakes in its own pool. */
static void test_affinity(void **state)
{
    struct cpuset zero = { { 1 } };
    struct sched *a, *b;
    struct sched_domain *d;
    struct fake_vcpu *v;

    (void)state;
    fake_reset();
    a = pool(&defect_ops, 0, 2);
    b = pool(&defect_ops, 2, 4);
    d = new_domain(a, 1);
    v = fake_vcpu(d, 0, 0);
    assert_int_equal(sched_set_affinity(&v->v, &zero, NULL, 0), 0);
    fake_start(v);
    assert_int_equal(sched_domain_move(d, b, 0), 0);
    fake_settle();
    assert_int_equal(v->v.affinity.word[0], 12);
    assert_int_equal(sched_domain_move(d, a, 0), 0);
    fake_settle();
    assert_ptr_equal(sched_running(a, 0), &v->v);
    assert_int_equal(v->v.affinity.word[0], 1);
    fake_block(v);
    assert_int_equal(sched_cpu_drain(0, 0), 0);
    fake_settle();
    assert_int_equal(sched_cpu_down(0, 0), 0);
    assert_int_equal(v->v.cpu, 1);
    assert_int_equal(sched_cpu_up(b, 0, 0), 0);
    fake_wake(v);
    assert_ptr_equal(sched_running(a, 1), &v->v);
    fake_destroy(a);
    fake_destroy(b);
}

/* A CPU on which somebody still has to leave his stack is not taken away. */
static void test_down_while_away(void **state)
{
    struct sched *a, *b;
    struct sched_domain *d;
    struct fake_vcpu *v;

    (void)state;
    fake_reset();
    a = pool(&defect_ops, 0, 2);
    b = pool(&defect_ops, 2, 3);
    d = new_domain(a, 1);
    v = fake_vcpu(d, 0, 1);
    fake_start(v);
    assert_ptr_equal(sched_running(a, 1), &v->v);
    assert_int_equal(sched_domain_move(d, b, 0), 0);
    assert_int_equal(sched_cpu_drain(1, 0), 0);
    assert_int_equal(sched_cpu_down(1, 0), -SCHED_EBUSY);
    fake_settle();
    assert_int_equal(sched_cpu_down(1, 0), 0);
    assert_ptr_equal(sched_running(b, 2), &v->v);
    fake_destroy(b);
    fake_destroy(a);
}

/* ---- anything, in any order ---- */

#define DOMAINS 5
#define VCPUS   10

static uint32_t seed;

static unsigned chance(unsigned n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

struct world {
    struct sched *pool[3];
    struct sched_domain *d[DOMAINS];
    struct fake_vcpu *v[VCPUS];
};

static void check_vcpu(const struct fake_vcpu *f)
{
    const struct sched_vcpu *v = &f->v;
    struct cpuset both;

    assert_true(fake_times_exact(f));
    assert_ptr_equal(v->sched, v->cold.domain->sched);
    assert_ptr_equal(v->dom_priv, v->cold.domain->priv);
    assert_true(cpuset_has(&v->sched->cpus, v->cpu));
    assert_int_equal(v->core.hand == SCHED_HAND_CORE, !sched_may_run(v));
    if (v->core.hand == SCHED_HAND_CPU)
        assert_ptr_equal(sched_running(v->sched, v->cpu), v);
    if (v->core.hand != SCHED_HAND_CORE)
        assert_true(cpuset_has(&v->affinity, v->cpu));
    /* no CPU is idle beside it that it may use */
    if (v->core.hand == SCHED_HAND_PLUGIN)
        assert_false(cpuset_and(&both, &v->affinity, &v->sched->idle));
}

static void check_world(const struct world *w)
{
    unsigned cpu, i, waiting[FAKE_CPUS] = { 0 };

    for (i = 0; i < VCPUS; i++) {
        check_vcpu(w->v[i]);
        if (w->v[i]->v.core.hand == SCHED_HAND_PLUGIN)
            waiting[w->v[i]->v.cpu]++;
    }
    for (cpu = 0; cpu < FAKE_CPUS; cpu++) {
        struct sched *s = sched_of_cpu(cpu);

        assert_false(fake.locked[cpu]);
        assert_null(sched_pcpus[cpu].leaving);
        if (!s)
            continue;
        assert_int_equal(sched_waiting(s, cpu), waiting[cpu]);
        assert_true(sched_running(s, cpu) || !waiting[cpu]);
        assert_int_equal(cpuset_has(&s->idle, cpu), !sched_running(s, cpu));
        assert_int_equal(fake.idle[cpu], !sched_running(s, cpu));
    }
}

static void vcpu_step(struct fake_vcpu *f)
{
    struct cpuset hard = { { 1 + chance(255) } };

    switch (chance(6)) {
    case 0:
        if (f->v.core.hand == SCHED_HAND_CPU)
            sched_will_block(&f->v), fake.poked[f->v.cpu] = true;
        break;
    case 1:
    case 2:
        sched_wake_slow(&f->v, fake.now);
        break;
    case 3:
        if (f->v.core.pauses < 2)
            sched_pause(&f->v, fake.now);
        break;
    case 4:
        if (f->v.core.pauses)
            sched_unpause(&f->v, fake.now);
        break;
    default:
        (void)sched_set_affinity(&f->v, &hard, NULL, fake.now);
        break;
    }
}

static void move_cpu(struct world *w)
{
    unsigned cpu = chance(FAKE_CPUS);
    struct sched *to = w->pool[chance(3)];

    if (sched_of_cpu(cpu) == to || sched_cpu_drain(cpu, fake.now))
        return;
    if (chance(2)) /* something happens to a CPU that is drained, not down */
        (void)sched_change(sched_of_cpu(cpu),
                           chance(2) ? &defect_ops : sched_find("rr"),
                           fake.now);
    vcpu_step(w->v[chance(VCPUS)]);
    fake_settle();
    assert_int_equal(sched_cpu_down(cpu, fake.now), 0);
    assert_int_equal(sched_cpu_up(to, cpu, fake.now), 0);
}

static void pool_step(struct world *w)
{
    const struct sched_ops *ops[3] = { &defect_ops, sched_find("rr"),
                                       sched_find("single") };
    int error;

    switch (chance(3)) {
    case 0:
        move_cpu(w);
        break;
    case 1:
        error = sched_change(w->pool[chance(3)], ops[chance(3)], fake.now);
        assert_int_equal(error, 0);
        break;
    default:
        error = sched_domain_move(w->d[chance(DOMAINS)], w->pool[chance(3)],
                                  fake.now);
        assert_true(error == 0 || error == -SCHED_EINVAL);
        break;
    }
}

static void random_run(void)
{
    struct world w;
    unsigned i;

    fake_reset();
    w.pool[0] = pool(&defect_ops, 0, 4);
    w.pool[1] = pool(sched_find("rr"), 4, 6);
    w.pool[2] = pool(sched_find("single"), 6, 8);
    for (i = 0; i < 3; i++)
        sched_set_patience(w.pool[i], S(1000));
    for (i = 0; i < DOMAINS; i++)
        w.d[i] = new_domain(w.pool[i % 3], (uint16_t)i);
    for (i = 0; i < VCPUS; i++) {
        w.v[i] = fake_vcpu(w.d[i % DOMAINS], i / DOMAINS, i % FAKE_CPUS);
        fake_start(w.v[i]);
    }
    for (i = 0; i < 4000; i++) {
        do {
            if (chance(4))
                vcpu_step(w.v[chance(VCPUS)]);
            else
                pool_step(&w);
        } while (chance(3)); /* several at one time, before anyone schedules */
        fake_run_until(fake.now + US(chance(2000)));
        check_world(&w);
    }
    assert_int_equal(fake.breaches, 0);
    for (i = 0; i < DOMAINS; i++)
        assert_int_equal(sched_domain_move(w.d[i], w.d[0]->sched, fake.now), 0);
    fake_settle();
    for (i = 0; i < 3; i++)
        if (w.pool[i] != w.d[0]->sched)
            fake_destroy(w.pool[i]);
    for (i = 0; i < 3; i++)
        if (w.pool[i] == w.d[0]->sched) {
            fake_destroy(w.pool[i]);
            return;
        }
}

static void test_random(void **state)
{
    unsigned i;

    (void)state;
    for (i = 1; i <= 20; i++) {
        seed = i;
        random_run();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_hands),
        cmocka_unit_test(test_while_away),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_apart),
        cmocka_unit_test(test_affinity),
        cmocka_unit_test(test_down_while_away),
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
