/*
 * control.h - what the toolstack's two hypercalls, domctl and sysctl, share.
 */
#ifndef XEN_HYPERCALL_CONTROL_H
#define XEN_HYPERCALL_CONTROL_H

#include <xen/domctl.h>
#include <xen/sysctl.h>
#include "xen/core/domain.h"
#include "xen/lib/cpuset.h"

/* *info := what the toolstack's lists say of d. */
void control_domain_info(struct domain *d,
                         struct xen_domctl_getdomaininfo *info);

/* A set of CPUs to and from the ABI's bitmap in guest memory. Bits beyond
 * CPUSET_MAX are dropped, missing ones are 0. 0 or -EFAULT, -EINVAL. */
int control_get_cpus(const struct xenctl_bitmap *map, struct cpuset *out);
int control_put_cpus(const struct cpuset *set, const struct xenctl_bitmap *map);

/* XEN_DOMCTL_SCHEDOP_*: parameters of a domain or its vCPUs (control_sched.c).
 */
int control_sched_domain(struct domain *d, struct xen_domctl_scheduler_op *op);
/* XEN_SYSCTL_SCHEDOP_*: parameters of a pool's scheduler. */
int control_sched_pool(struct xen_sysctl_scheduler_op *op);

/* XEN_SYSCTL_get_cpu_policy and _featureset (control_cpu.c). */
int control_cpu_policy(struct xen_sysctl_cpu_policy *op);
int control_cpu_featureset(struct xen_sysctl_cpu_featureset *op);

/* XEN_SYSCTL_CPUPOOL_OP_* (control_pool.c). */
int control_cpupool(struct xen_sysctl_cpupool_op *op);

#endif
