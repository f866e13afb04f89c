/*
 * core.h - the scheduler core, as its host sees it. Plug-ins never include it.
 *
 * The core keeps the three hands of sched.h: it is the only one that moves a
 * vCPU, checks each move, and calls the plug-in. A host reports what happens
 * (a vCPU wakes, blocks, yields; a timer is due) and switches to whom
 * sched_schedule() names.
 *
 * `now` is the host's clock, read for this call; per CPU the core makes it
 * monotonic. All functions: interrupts off, no scheduler lock held, unless
 * said. Those marked (creation) may allocate: interrupts on, no lock at all,
 * and the caller serialises them.
 *
 * LOCKS. A vCPU belongs to the lock of v->cpu. v->cpu changes only under the
 * old CPU's lock while v is in the core's hand, or under both locks.
 * Several locks are taken in ascending order; out of order by trylock only.
 * sched_schedule() returns with the CPU's lock held, and sched_scheduled()
 * releases it after the switch: so nobody runs a vCPU whose stack is in use.
 */
#ifndef SCHED_API_CORE_H
#define SCHED_API_CORE_H

#include "sched/api/host.h"
#include "sched/api/pcpu.h"
#include "sched/api/sched.h"

enum sched_hand {
    SCHED_HAND_CORE, /* blocked, paused, or in transit */
    SCHED_HAND_PLUGIN,
    SCHED_HAND_CPU,
    SCHED_HAND_NONE, /* not joined */
    SCHED_HAND_AWAY, /* joined, but its stack is in use on a CPU of the
                      * instance from which sched_domain_move() took it */
};

/* A domain, in one instance. */
struct sched_domain {
    uint16_t dom;
    struct sched *sched;
    void *priv;
    void *spare;                    /* of sched_change() */
    TAILQ_HEAD(, sched_vcpu) vcpus; /* that have joined; all locks */
    LIST_HEAD(, sched_vcpu) made;   /* and all that have areas; all locks */
    LIST_ENTRY(sched_domain) entry; /* of the instance */
    unsigned nr_apart; /* vCPUs made that have not joined (creation) */
};

/* ---- the registry ---- */

/* The plug-in of a name, or NULL. */
const struct sched_ops *sched_find(const char *name);
const struct sched_ops *sched_find_id(unsigned xen_id);
/* The i-th built-in or loaded one in order of name, or NULL. */
const struct sched_ops *sched_plugin(unsigned i);
/* Adds a loaded one. 0, -EEXIST, -EINVAL (incomplete), -ENOSPC. */
int sched_register(const struct sched_ops *ops);
/* All names, separated by blanks, into out. */
void sched_names(char *out, size_t size);
/* NULL, or what is wrong with this table (checked for all at start). */
const char *sched_check(const struct sched_ops *ops);

/* ---- instances (creation) ---- */

/* An instance of ops, with no CPU yet. NULL: no memory. */
struct sched *sched_create(const struct sched_ops *ops, uint64_t seed);
void sched_destroy(struct sched *s); /* no CPUs, no domains */
/* CPUs join and leave. drain: from now on nobody may run there; who waits goes
 * elsewhere, who runs leaves at the next sched_schedule(). -EBUSY: it is the
 * last one, and there are domains. down, once drained: -EBUSY while something
 * runs there still. A CPU goes to another instance by drain, down, up. */
int sched_cpu_up(struct sched *s, unsigned cpu, ns_t now);
int sched_cpu_drain(unsigned cpu, ns_t now);
int sched_cpu_down(unsigned cpu, ns_t now);
/* Change the plug-in while vCPUs run; parameters are the defaults of the new
 * one. 0, or -ENOMEM: nothing has changed. */
int sched_change(struct sched *s, const struct sched_ops *ops, ns_t now);

const struct sched_ops *sched_ops_of(const struct sched *s);
/* A number that the host gives to an instance, for its own use; 0 at first. */
void sched_set_number(struct sched *s, unsigned number);
unsigned sched_number(const struct sched *s);
struct sched *sched_of_cpu(unsigned cpu); /* NULL: not up */
/* What to go on with when the plug-in breaks a rule; NULL: nothing. (creation,
 * before there are CPUs) The registry's "rr", if it is another, is preset. */
void sched_set_fallback(struct sched *s, const struct sched_ops *ops);
/* How long a vCPU may wait before that counts as starved; FOREVER: ever. */
void sched_set_patience(struct sched *s, ns_t patience);

/* ---- domains and vCPUs (creation) ---- */

/* d is zeroed. 0 or -ENOMEM. */
int sched_domain_init(struct sched_domain *d, struct sched *s, uint16_t dom);
void sched_domain_fini(struct sched_domain *d); /* no vCPUs */
/* Put d with all its vCPUs into another instance while they run. Parameters are
 * the defaults of `to`, or kept if both have the same plug-in. Who runs leaves
 * its CPU at the next sched_schedule() there. 0; -EINVAL: `to` has no CPU;
 * -EBUSY: a vCPU has been made but has not joined; -ENOMEM; or what the
 * admission test of `to` says: then nothing has changed. (creation) */
int sched_domain_move(struct sched_domain *d, struct sched *to, ns_t now);
/* v is zeroed. It begins paused once (nobody has started it) and with every
 * CPU allowed. It has not joined: sched_vcpu_join() when its parameters are
 * set. 0 or -ENOMEM. */
int sched_vcpu_init(struct sched_vcpu *v, struct sched_domain *d, uint16_t id,
                    unsigned cpu);
/* 0, or what the plug-in's admission test says (-ENOSPC, -EINVAL). */
int sched_vcpu_join(struct sched_vcpu *v, ns_t now);
void sched_vcpu_leave(struct sched_vcpu *v, ns_t now); /* it does not run */
void sched_vcpu_fini(struct sched_vcpu *v);

/* ---- what happens to vCPUs ---- */

/* It is no longer blocked. Spurious calls are cheap and harmless. */
void sched_wake_slow(struct sched_vcpu *v, ns_t now);
static inline bool sched_blocked(const struct sched_vcpu *v)
{
    return READ_ONCE(v->core.blocked);
}

/* One more, one fewer reason for v not to run. Pausing what runs pokes its
 * CPU and returns at once; v may go on for a moment: see sched_is_running().
 * A vCPU with core.finishing set is not stopped while it waits or runs. */
void sched_pause(struct sched_vcpu *v, ns_t now);
void sched_unpause(struct sched_vcpu *v, ns_t now);
bool sched_is_running(const struct sched_vcpu *v); /* a hint without lock */

/* Where it may run, and likes to. Outside of the pool's CPUs it means all of
 * the pool's. -EINVAL: hard is empty. soft may be NULL: no wish. */
int sched_set_affinity(struct sched_vcpu *v, const struct cpuset *hard,
                       const struct cpuset *soft, ns_t now);

/* ---- a CPU's turns ---- */

/* This CPU's vCPU gives up its turn: before sched_schedule(). Ours alone. */
static inline void sched_will_yield(struct sched_vcpu *v)
{
    v->core.yielding = true;
}
/* ... it wants to block; then sched_schedule(), which looks at
 * host_pending() after a full barrier. */
static inline void sched_will_block(struct sched_vcpu *v)
{
    WRITE_ONCE(v->core.blocked, true);
}

/* Whose turn is it on this CPU? NULL: nobody's, idle. Returns with the CPU's
 * lock held: switch, then sched_scheduled() (pcpu.h) on the new stack. */
struct sched_vcpu *sched_schedule(unsigned cpu, ns_t now);

/* The time of host_timer() has come. */
void sched_timer(unsigned cpu, ns_t now);

/* ---- parameters (params.c) ---- */

const struct sched_param *sched_param_find(const struct sched_ops *ops,
                                           const char *name);
/* Text to value: "5ms", "30%", "on", "512". 0 or -EINVAL, then why holds one
 * line that names the accepted values. */
int sched_param_parse(const struct sched_ops *ops, const struct sched_param *p,
                      const char *text, int64_t *value, char *why, size_t size);
/* Value to text that the former would read. */
void sched_param_format(const struct sched_param *p, int64_t value, char *out,
                        size_t size);
/* The value that new areas begin with: an option of the command line. */
int64_t sched_param_default(const struct sched_param *p);
int sched_param_set_default(const struct sched_param *p, int64_t value);

/* d and v as the scope needs, else NULL. 0 if that is missing. */
int64_t sched_param_get(struct sched *s, const struct sched_domain *d,
                        const struct sched_vcpu *v,
                        const struct sched_param *p);
struct sched_setting {
    const struct sched_param *param;
    int64_t value;
};
/* All of them or none: 0, -EINVAL (range, scope), or the plug-in's no. A vCPU's
 * parameters with v NULL: each vCPU of d, one after the other, up to the first
 * that is refused. */
int sched_param_set(struct sched *s, struct sched_domain *d,
                    struct sched_vcpu *v, const struct sched_setting *set,
                    unsigned nr, ns_t now);

/* ---- looking ---- */

/* Hold v still: its CPU, hand and times. Interrupts off. Returns its CPU. */
unsigned sched_lock_vcpu(const struct sched_vcpu *v);
void sched_unlock_vcpu(unsigned cpu);

/* The plug-in's numbers on v (view()); how many there are. */
unsigned sched_view(struct sched_vcpu *v, ns_t now, int64_t *out);
/* All of an instance, by sched_print(). Takes each lock by trylock. */
void sched_dump(struct sched *s, ns_t now);

void sched_count(unsigned cpu, struct sched_counts *out);

#endif
