/*
 * pool.h - CPU pools: each has CPUs, domains and a scheduler of its own.
 *
 * Pool-0 is made at boot with all CPUs and the scheduler of sched=; domains
 * begin there. A CPU is in one pool, or free. What is changed here is changed
 * while guests run; all may be called where a hypercall may (interrupts on, no
 * lock held), and return 0 or a negative Xen errno as the comment on
 * XEN_SYSCTL_cpupool_op in <xen/sysctl.h> has them; -EAGAIN: another change of
 * pools is under way.
 */
#ifndef XEN_SCHED_POOL_H
#define XEN_SCHED_POOL_H

#include "sched/api/sched.h"
#include "xen/sched/run.h"

#define POOL_ANY   0xffffffffu /* an id, or a CPU, that the callee chooses */
#define POOLS_MAX  256u
#define POOL_NAMES 32u /* room for a name */

struct pool_info {
    uint32_t id;
    char name[POOL_NAMES];
    const struct sched_ops *ops; /* its scheduler */
    unsigned nr_domains;
    struct cpuset cpus;
};

/* A pool without CPUs. *id: the wish, or POOL_ANY; then the pool's. name: NULL
 * for "Pool-ID". -EEXIST, -ENOSPC (POOLS_MAX), -ENOMEM. */
int pool_create(uint32_t *id, const struct sched_ops *ops, const char *name);
/* -ENOENT; -EBUSY: it has CPUs or domains, or is Pool-0. */
int pool_destroy(uint32_t id);

/* The pool with the smallest id that is not below `from`. -ENOENT: none. */
int pool_get_info(uint32_t from, struct pool_info *out);
/* The id of the pool of a name, or POOL_ANY. */
uint32_t pool_find(const char *name);
void pool_free_cpus(struct cpuset *out);
uint32_t pool_of_domain(const struct run_domain *rd);

/* A free CPU (POOL_ANY: the first). -ENOENT, -EINVAL (no such CPU), -ENODEV
 * (not free), -ENOMEM. */
int pool_add_cpu(uint32_t id, uint32_t cpu);
/* One of its CPUs (POOL_ANY: the last) becomes free; waits until nobody runs
 * there, letting others run meanwhile. -ENOENT; -EINVAL (no such CPU, or none
 * to choose, or the last one of Pool-0); -EADDRNOTAVAIL (not its); -EBUSY: it
 * is its last CPU, and there are domains. */
int pool_remove_cpu(uint32_t id, uint32_t cpu);

/* -ENOENT: no such pool, or it has no CPU; -ENOMEM; or what its scheduler's
 * admission test says. */
int pool_move_domain(struct run_domain *rd, uint32_t id);

/* Another scheduler for a pool. -ENOENT, -ENOMEM. */
int pool_change(uint32_t id, const struct sched_ops *ops);

/* Parameters of a pool's scheduler: NAME=VALUE as text (at boot, with what is
 * accepted in error[]), and as numbers; as run_params_text() and
 * run_params_put(). */
int pool_param(uint32_t id, const char *name, const char *value, char *error,
               size_t size);
int pool_params_put(uint32_t id, const struct run_setting *settings,
                    unsigned nr);
int pool_param_get(uint32_t id, const char *name, int64_t *value);

/* For the scheduler's host. */
struct sched *pool_sched(uint32_t id); /* NULL: none; members lock, or boot */
int pool_unknown_sched(const char *name, char *error, size_t size);

#endif
