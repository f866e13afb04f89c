/*
 * work.h - loads with all their parameters: what a scenario's domains do.
 *
 * A struct sim_work belongs to a domain; its vCPUs share it. Times are ns. A
 * job has a release, at which its vCPU is (or should have been) woken, and
 * responds when its work is done; later than its deadline is a miss.
 *
 *   hog        computes from `start` for `duration`
 *   periodic   `work` each `period`, first at start + offset; each release up
 *              to `jitter` late, by chance, the deadline is not
 *   sporadic   the same, each release `period` to period + `extra` after the
 *              former
 *              both: each job has up to `vary` more work, by chance, the first
 *              and each `key`-th after it all of that; burn=1, it computes
 *              between its jobs, too (and looks for the next one each 20 us);
 *              from start + `runaway` on, if that is not 0, it computes for
 *              ever
 *   rogue      computes for `work` of time, however much of it has the CPU, in
 *              each `period` from start + offset on; a job is one such period
 *   poisson    releases with exponentially distributed gaps, `period` on
 *              average; they queue up. exponential=1: so is the work
 *   onoff      work and `pause` in turn, both random, up to twice their value
 *   bulk       `work` and `pause` in turn
 *   yielder    `work`, yield
 *   ping, pong two domains: each does `work`, then notifies its `peer` and
 *              blocks; ping begins, each round `interval` after the former
 *   request    each `period`: `work`, a message to domain `to`, waits for the
 *              answer; that is a job
 *   serve      for each message `work`, then it goes on to domain `to`, or,
 *              without one, back to who asked
 *   forkjoin   all vCPUs of a domain: `work` (give or take `extra`), then a
 *              barrier; the next round begins at once, or each `period`
 *   spin       all vCPUs of a domain: `work` outside, `hold` inside of a lock.
 *              Who waits for it computes; the lock is handed on in the order
 *              of asking, also to one that has no CPU
 *   replay     bursts {release, work}, from a trace
 */
#ifndef SCHED_SIM_WORK_H
#define SCHED_SIM_WORK_H

#include "sched/sim/sim.h"

enum work_kind {
    WORK_HOG,
    WORK_PERIODIC,
    WORK_SPORADIC,
    WORK_POISSON,
    WORK_ONOFF,
    WORK_BULK,
    WORK_YIELDER,
    WORK_PING,
    WORK_PONG,
    WORK_REQUEST,
    WORK_SERVE,
    WORK_FORKJOIN,
    WORK_SPIN,
    WORK_ROGUE,
    WORK_REPLAY,
    WORK_KINDS
};

struct sim_work {
    enum work_kind kind;
    int64_t start, duration, period, work, deadline, count, jitter;
    int64_t exponential;
    struct sim_spread *respond; /* where responses are summed up, or NULL */
    int64_t offset, extra, pause, interval, hold, burn, runaway, vary, key;
    int64_t peer, to;         /* domains; -1: none */
    struct sim_vcpu **member; /* the domain's vCPUs */
    unsigned nr_members;
    struct sim_work *other; /* of domain `peer` or `to` */
    /* forkjoin: */
    unsigned arrived;
    uint64_t round;
    ns_t begun;
    /* spin: who holds the lock, and who waits, in order of asking */
    struct sim_vcpu *owner, **waiter;
    unsigned first, waiting;
};

/* `at`: when it became runnable, `cpu`: where that was handled; as recorded, or
 * `release` and CPUSET_NONE. */
struct work_burst {
    ns_t release, work, at;
    unsigned cpu;
};

/* The kind of a name, or WORK_KINDS. */
enum work_kind work_kind_of(const char *name);
/* Where parameter `name` of kind stands in w; NULL: it has no such one. */
int64_t *work_parameter(struct sim_work *w, const char *name);
/* What parameters begin with that are not given. */
void work_defaults(struct sim_work *w, enum work_kind kind);
/* sv, of a domain that does w, gets its load. */
void work_join(struct sim_work *w, struct sim_vcpu *sv);
/* Another burst of a replaying vCPU. */
void work_burst(struct sim_vcpu *sv, struct work_burst burst);
/* When sv is there at all: a replaying one from its first burst on. */
ns_t work_first(const struct sim_vcpu *sv);
void work_end(struct sim_work *w); /* before the vCPUs go */

sim_load work_next;

#endif
