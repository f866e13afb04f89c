/* fake.c - see fake.h. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "sched/api/core_private.h"
#include "tests/sched_core/fake.h"

struct fake fake;

void bug(const char *what, const char *file, unsigned line)
{
    fprintf(stderr, "%s:%u: %s\n", file, line, what);
    abort();
}

unsigned host_cpu(void)
{
    return fake.cpu;
}

void host_lock(unsigned lock)
{
    if (fake.on_lock)
        fake.on_lock(lock);
    assert_false(fake.locked[lock]);
    fake.locked[lock] = true;
}

bool host_trylock(unsigned lock)
{
    if (fake.locked[lock])
        return false;
    fake.locked[lock] = true;
    return true;
}

void host_unlock(unsigned lock)
{
    assert_true(fake.locked[lock]);
    fake.locked[lock] = false;
}

void host_timer(unsigned cpu, ns_t when)
{
    fake.timer[cpu] = when;
}

void host_poke(unsigned cpu)
{
    fake.poked[cpu] = true;
}

void host_state(struct sched_vcpu *v, enum sched_state to, ns_t now)
{
    struct fake_vcpu *f = (struct fake_vcpu *)v;

    assert_int_equal(f->state, v->core.state);
    assert_int_not_equal(f->state, to);
    assert_true(now >= f->entry);
    assert_true(fake.locked[sched_pcpus[v->cpu].lock]);
    f->time[f->state] += now - f->entry;
    f->entry = now;
    f->state = to;
}

void host_idle(unsigned cpu, bool begins, ns_t now)
{
    (void)now;
    assert_int_equal(fake.idle[cpu], !begins);
    fake.idle[cpu] = begins;
}

bool host_pending(struct sched_vcpu *v)
{
    return ((struct fake_vcpu *)v)->pending;
}

void host_trace(const struct sched *s, unsigned event,
                const struct sched_vcpu *v, int64_t a)
{
    (void)s, (void)event, (void)v, (void)a;
    fake.events++;
}

void host_vprint(const char *format, va_list args)
{
    size_t used = strlen(fake.printed);

    vsnprintf(fake.printed + used, sizeof(fake.printed) - used, format, args);
}

void *host_alloc(size_t size)
{
    return calloc(1, size);
}

void host_free(void *p)
{
    free(p);
}

void host_breach(const struct sched_breach *b)
{
    fake.breaches++;
    fake.rule = b->rule;
    sched_dump(b->sched, fake.now);
    assert_true(b->can_fall_back);
}

/* ---- driving ---- */

void fake_reset(void)
{
    unsigned i;

    memset(&fake, 0, sizeof(fake));
    memset(sched_pcpus, 0, sizeof(sched_pcpus));
    for (i = 0; i < FAKE_CPUS; i++) {
        fake.timer[i] = FOREVER;
        fake.idle[i] = true;
    }
}

void fake_schedule(unsigned cpu)
{
    const struct sched_vcpu *v;

    fake.cpu = cpu;
    v = sched_schedule(cpu, fake.now);
    if (v) {
        assert_int_equal(v->cpu, cpu);
        assert_int_equal(v->core.state, SCHED_STATE_RUNNING);
    }
    sched_scheduled(cpu);
}

void fake_settle(void)
{
    unsigned cpu, rounds = 0;
    bool again = true;

    while (again) {
        again = false;
        assert_true(rounds++ < 1000);
        for (cpu = 0; cpu < FAKE_CPUS; cpu++) {
            if (!fake.poked[cpu])
                continue;
            fake.poked[cpu] = false;
            fake_schedule(cpu);
            again = true;
        }
    }
}

void fake_run_until(ns_t when)
{
    unsigned cpu, first;

    for (;;) {
        fake_settle();
        first = 0;
        for (cpu = 1; cpu < FAKE_CPUS; cpu++)
            if (fake.timer[cpu] < fake.timer[first])
                first = cpu;
        if (fake.timer[first] > when)
            break;
        if (fake.now < fake.timer[first])
            fake.now = fake.timer[first];
        fake.timer[first] = FOREVER;
        fake.cpu = first;
        sched_timer(first, fake.now);
    }
    fake.now = when;
}

struct sched *fake_sched(const struct sched_ops *ops, unsigned cpus)
{
    struct sched *s = sched_create(ops, 1);
    unsigned cpu;

    assert_non_null(s);
    for (cpu = 0; cpu < cpus; cpu++) {
        fake.cpu = cpu;
        assert_int_equal(sched_cpu_up(s, cpu, fake.now), 0);
    }
    fake_settle();
    return s;
}

struct fake_vcpu *fake_vcpu(struct sched_domain *d, unsigned id, unsigned cpu)
{
    struct fake_vcpu *f = calloc(1, sizeof(*f));

    f->created = f->entry = fake.now;
    f->state = SCHED_STATE_OFFLINE;
    assert_int_equal(sched_vcpu_init(&f->v, d, (uint16_t)id, cpu), 0);
    assert_int_equal(sched_vcpu_join(&f->v, fake.now), 0);
    return f;
}

void fake_start(struct fake_vcpu *f)
{
    sched_unpause(&f->v, fake.now);
    fake_settle();
}

void fake_block(struct fake_vcpu *f)
{
    assert_int_equal(f->v.core.hand, SCHED_HAND_CPU);
    sched_will_block(&f->v);
    fake_schedule(f->v.cpu);
    fake_settle();
}

void fake_wake(struct fake_vcpu *f)
{
    sched_wake_slow(&f->v, fake.now);
    fake_settle();
}

bool fake_times_exact(const struct fake_vcpu *f)
{
    ns_t sum = fake.now - f->entry;
    unsigned i;

    for (i = 0; i < 4; i++)
        sum += f->time[i];
    return sum == fake.now - f->created;
}

static void destroy_domain(struct sched_domain *d)
{
    struct sched_vcpu *v;

    while ((v = TAILQ_FIRST(&d->vcpus)) != NULL) {
        sched_pause(v, fake.now);
        fake_settle();
        sched_vcpu_leave(v, fake.now);
        sched_vcpu_fini(v);
        free(v);
    }
    sched_domain_fini(d);
    free(d);
}

void fake_destroy(struct sched *s)
{
    struct sched_domain *d;
    unsigned cpu;

    while ((d = LIST_FIRST(&s->domains)) != NULL)
        destroy_domain(d);
    while (s->nr_cpus) {
        cpu = cpuset_next(&s->cpus, 0);
        assert_int_equal(sched_cpu_drain(cpu, fake.now), 0);
        fake_settle();
        assert_int_equal(sched_cpu_down(cpu, fake.now), 0);
    }
    sched_destroy(s);
}
