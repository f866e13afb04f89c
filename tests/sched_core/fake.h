/*
 * fake.h - a host of the scheduler core for tests: its clock stands still
 * unless a test moves it, its CPUs take their turns one after another.
 */
#ifndef TESTS_SCHED_CORE_FAKE_H
#define TESTS_SCHED_CORE_FAKE_H

#include "sched/api/core.h"

#define FAKE_CPUS  8
#define FAKE_VCPUS 64

struct fake_vcpu {
    struct sched_vcpu v; /* first */
    ns_t created, entry, time[4];
    unsigned state;
    bool pending; /* what host_pending() says */
};

struct fake {
    ns_t now;
    unsigned cpu; /* host_cpu() */
    bool locked[CPUSET_MAX];
    bool poked[FAKE_CPUS], idle[FAKE_CPUS];
    ns_t timer[FAKE_CPUS];
    unsigned breaches, events;
    const char *rule;               /* of the last breach */
    void (*on_lock)(unsigned lock); /* called before one is taken, or NULL */
    char printed[4096];
};
extern struct fake fake;

void fake_reset(void);
/* Every CPU that was poked schedules, until none is. */
void fake_settle(void);
/* Move the clock to `when`, firing the timers on the way, in order. */
void fake_run_until(ns_t when);
void fake_schedule(unsigned cpu);

/* cpus CPUs of a new instance of ops. */
struct sched *fake_sched(const struct sched_ops *ops, unsigned cpus);
struct fake_vcpu *fake_vcpu(struct sched_domain *d, unsigned id, unsigned cpu);
void fake_start(struct fake_vcpu *f); /* unpause */
void fake_block(struct fake_vcpu *f); /* it runs, and blocks */
void fake_wake(struct fake_vcpu *f);
/* Its times sum up to its age exactly. */
bool fake_times_exact(const struct fake_vcpu *f);
/* Take all apart again: vCPUs, domains, CPUs, instance. */
void fake_destroy(struct sched *s);

#endif
