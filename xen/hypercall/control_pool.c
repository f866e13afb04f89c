/*
 * control_pool.c - XEN_SYSCTL_cpupool_op, by a table: CPU pools as libxc and xl
 * handle them. Errors are those of Xen 4.17, also where the comment in
 * <xen/sysctl.h> promises others: no such domain is ESRCH, a CPU that is not in
 * the pool EADDRNOTAVAIL (guests/abi/poolop, which runs on both). Not as
 * there: the caller may move itself; CPU 0 may leave Pool-0 if that has others;
 * a number whose lower half is a domain's id is no domain; a pool without a
 * wish gets the lowest free id, not the one after the last pool's.
 *
 * A scheduler without a number of Xen's (BVT, plug-ins of yours) is not to be
 * had by CREATE: make the pool with another, then METRONOMEOP_pool_scheduler.
 */
#include <xen/errno.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/hypercall/control.h"
#include "xen/sched/pool.h"
#include "sched/api/core.h"

static bool exists(uint32_t id)
{
    struct pool_info info;

    return id != POOL_ANY && !pool_get_info(id, &info) && info.id == id;
}

static int pool_op_create(struct xen_sysctl_cpupool_op *op)
{
    const struct sched_ops *ops = op->sched_id ? sched_find_id(op->sched_id)
                                               : NULL;

    if (exists(op->cpupool_id)) /* comes first, whatever the scheduler */
        return -XEN_EEXIST;
    return ops ? pool_create(&op->cpupool_id, ops, NULL) : -XEN_ENOENT;
}

static int pool_op_destroy(struct xen_sysctl_cpupool_op *op)
{
    return pool_destroy(op->cpupool_id);
}

/* The number for libxl, which makes a domain only where it knows how to set the
 * scheduler's parameters. All but those of 4.17 are null to it, which has none:
 * parameters of BVT and SEDF are metronomectl's matter. */
static uint32_t id_for_libxl(const struct sched_ops *ops)
{
    switch (ops->xen_id) {
    case XEN_SCHEDULER_CREDIT:
    case XEN_SCHEDULER_CREDIT2:
    case XEN_SCHEDULER_RTDS:
        return ops->xen_id;
    default:
        return XEN_SCHEDULER_NULL;
    }
}

/* Of the pool with this id or the next one: so a list is made. */
static int pool_op_info(struct xen_sysctl_cpupool_op *op)
{
    struct pool_info info;
    int error = pool_get_info(op->cpupool_id, &info);

    if (error)
        return error;
    op->cpupool_id = info.id;
    op->sched_id = id_for_libxl(info.ops);
    op->n_dom = info.nr_domains;
    return control_put_cpus(&info.cpus, &op->cpumap);
}

static int pool_op_addcpu(struct xen_sysctl_cpupool_op *op)
{
    return pool_add_cpu(op->cpupool_id, op->cpu);
}

static int pool_op_rmcpu(struct xen_sysctl_cpupool_op *op)
{
    return pool_remove_cpu(op->cpupool_id, op->cpu);
}

static int pool_op_movedomain(struct xen_sysctl_cpupool_op *op)
{
    struct domain *d = domain_get((uint16_t)op->domid);
    int error = -XEN_ESRCH;

    if (d && op->domid < DOMID_FIRST_RESERVED)
        error = pool_move_domain(d->sched, op->cpupool_id);
    if (d)
        domain_put(d);
    return error;
}

static int pool_op_freeinfo(struct xen_sysctl_cpupool_op *op)
{
    struct cpuset free;

    pool_free_cpus(&free);
    return control_put_cpus(&free, &op->cpumap);
}

#define ROW(name, serve) [XEN_SYSCTL_CPUPOOL_OP_##name] = pool_op_##serve

static int (*const pool_rows[])(struct xen_sysctl_cpupool_op *op) = {
    ROW(CREATE, create),     ROW(DESTROY, destroy), ROW(INFO, info),
    ROW(ADDCPU, addcpu),     ROW(RMCPU, rmcpu),     ROW(MOVEDOMAIN, movedomain),
    ROW(FREEINFO, freeinfo),
};

int control_cpupool(struct xen_sysctl_cpupool_op *op)
{
    if (op->op >= ARRAY_SIZE(pool_rows) || !pool_rows[op->op])
        return -XEN_ENOSYS;
    return pool_rows[op->op](op);
}
