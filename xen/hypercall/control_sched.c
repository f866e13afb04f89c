/*
 * control_sched.c - XEN_DOMCTL_SCHEDOP_*: the schedulers' parameters by the
 * numbers and unions of the public header.
 *
 * This is the only place that knows them: each field is looked up by name in
 * the plug-in's own table, so a plug-in never sees a union or a guest handle.
 * BVT and SEDF have no union; METRONOMEOP_get and _put serve any parameter.
 */
#include <xen/errno.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/hypercall/control.h"
#include "xen/sched/pool.h"

struct field {
    const char *name; /* of the plug-in's parameter */
    int64_t value;    /* in the public header's unit ... */
    int64_t unit;     /* ... which is so many of the table's */
};

static int put_fields(struct domain *d, struct run *r, const struct field *f,
                      unsigned nr)
{
    struct run_setting set[RUN_SETTINGS_MAX];
    unsigned i;

    for (i = 0; i < nr; i++)
        set[i] = (struct run_setting){ f[i].name, f[i].value * f[i].unit };
    return run_params_put(d->sched, r, set, nr);
}

static int get_fields(struct domain *d, struct run *r, struct field *f,
                      unsigned nr)
{
    int64_t value;
    unsigned i;
    int error;

    for (i = 0; i < nr; i++) {
        error = run_param_get(d->sched, r, f[i].name, &value);
        if (error)
            return error;
        f[i].value = value / f[i].unit;
    }
    return 0;
}

/* Credit and Credit2 have the same two fields. A weight of 0 and, of Credit, a
 * cap of ~0 stand for "leave it"; Credit2 refuses a cap beyond all its vCPUs
 * (both as seen of Xen 4.17 by guests/abi/schedop). */
static int sched_shares(struct domain *d, uint16_t *weight, uint16_t *cap,
                        bool put)
{
    struct field f[] = { { "weight", *weight, 1 }, { "cap", *cap, 1 } };
    unsigned first = put && !*weight, end = put && *cap == 0xffff ? 1 : 2;
    int error;

    if (put && run_sched_id(d->sched) == XEN_SCHEDULER_CREDIT2 &&
        *cap > 100 * d->max_vcpus)
        return -XEN_EINVAL;
    if (put)
        return first < end ? put_fields(d, NULL, &f[first], end - first) : 0;
    error = get_fields(d, NULL, f, 2);
    *weight = (uint16_t)f[0].value;
    *cap = (uint16_t)f[1].value;
    return error;
}

/* For a whole domain, without `r`, Xen puts period and budget and leaves each
 * vCPU its extra time; libxl's flag there is none of the user's asking. */
static int sched_rtds(struct domain *d, struct run *r,
                      struct xen_domctl_sched_rtds *rt, bool put)
{
    struct field f[] = {
        { "period", rt->period, US(1) },
        { "budget", rt->budget, US(1) },
        { "extratime", rt->flags & XEN_DOMCTL_SCHEDRT_extra, 1 },
    };
    int error;

    if (put)
        return put_fields(d, r, f, r ? 3 : 2);
    error = get_fields(d, r, f, 3);
    rt->period = (uint32_t)f[0].value;
    rt->budget = (uint32_t)f[1].value;
    rt->flags = f[2].value ? XEN_DOMCTL_SCHEDRT_extra : 0;
    return error;
}

/* One element of the array at `at`, in guest memory. */
static int sched_vcpu(struct domain *d, uintptr_t at, bool put)
{
    struct xen_domctl_schedparam_vcpu one;
    int error = copy_from_guest(&one, at, sizeof(one));

    if (error)
        return error;
    if (one.vcpuid >= d->max_vcpus || !d->vcpu[one.vcpuid])
        return -XEN_EINVAL;
    error = sched_rtds(d, &d->vcpu[one.vcpuid]->run, &one.u.rtds, put);
    if (!error && !put)
        error = copy_to_guest(at, &one, sizeof(one));
    return error;
}

/* put/getvcpuinfo: an array of (vCPU, parameters), up to the first that is
 * wrong; how many were served is told. */
static int sched_vcpus(struct domain *d, struct xen_domctl_scheduler_op *op)
{
    uintptr_t at = guest_handle(op->u.v.vcpus);
    bool put = op->cmd == XEN_DOMCTL_SCHEDOP_putvcpuinfo;
    uint32_t i;
    int error = 0;

    if (op->sched_id != XEN_SCHEDULER_RTDS)
        return -XEN_EINVAL;
    for (i = 0; i < op->u.v.nr_vcpus; i++) {
        error = sched_vcpu(
            d, at + i * sizeof(struct xen_domctl_schedparam_vcpu), put);
        if (error)
            break;
        preempt_point();
    }
    op->u.v.nr_vcpus = i;
    return error;
}

int control_sched_domain(struct domain *d, struct xen_domctl_scheduler_op *op)
{
    bool put = op->cmd == XEN_DOMCTL_SCHEDOP_putinfo;

    if (op->sched_id != run_sched_id(d->sched))
        return -XEN_EINVAL;
    if (op->cmd == XEN_DOMCTL_SCHEDOP_putvcpuinfo ||
        op->cmd == XEN_DOMCTL_SCHEDOP_getvcpuinfo)
        return sched_vcpus(d, op);
    if (op->cmd > XEN_DOMCTL_SCHEDOP_getinfo)
        return -XEN_EINVAL;
    switch (op->sched_id) {
    case XEN_SCHEDULER_CREDIT:
        return sched_shares(d, &op->u.credit.weight, &op->u.credit.cap, put);
    case XEN_SCHEDULER_CREDIT2:
        return sched_shares(d, &op->u.credit2.weight, &op->u.credit2.cap, put);
    case XEN_SCHEDULER_RTDS:
        return sched_rtds(d, NULL, &op->u.rtds, put);
    default: /* it has no union in the ABI */
        return -XEN_EOPNOTSUPP;
    }
}

/* ---- a pool's scheduler ---- */

static int put_pool(uint32_t id, const struct field *f, unsigned nr)
{
    struct run_setting set[RUN_SETTINGS_MAX];
    unsigned i;

    for (i = 0; i < nr; i++)
        set[i] = (struct run_setting){ f[i].name, f[i].value * f[i].unit };
    return pool_params_put(id, set, nr);
}

static int get_pool(uint32_t id, struct field *f, unsigned nr)
{
    int64_t value;
    unsigned i;
    int error;

    for (i = 0; i < nr; i++) {
        error = pool_param_get(id, f[i].name, &value);
        if (error)
            return error;
        f[i].value = value / f[i].unit;
    }
    return 0;
}

/* There is no migration delay: a vCPU's home is where it last ran, and it is
 * shown, and taken, as 0. */
static int pool_credit(uint32_t id, struct xen_sysctl_credit_schedule *c,
                       bool put)
{
    struct field f[] = { { "tslice", c->tslice_ms, MS(1) },
                         { "ratelimit", c->ratelimit_us, US(1) } };
    int error = put ? put_pool(id, f, 2) : get_pool(id, f, 2);

    if (put)
        return error;
    c->tslice_ms = (uint32_t)f[0].value;
    c->ratelimit_us = (uint32_t)f[1].value;
    c->vcpu_migr_delay_us = 0;
    return error;
}

static int pool_credit2(uint32_t id, struct xen_sysctl_credit2_schedule *c,
                        bool put)
{
    struct field f = { "ratelimit", c->ratelimit_us, US(1) };
    int error = put ? put_pool(id, &f, 1) : get_pool(id, &f, 1);

    if (!put)
        c->ratelimit_us = (uint32_t)f.value;
    return error;
}

int control_sched_pool(struct xen_sysctl_scheduler_op *op)
{
    bool put = op->cmd == XEN_SYSCTL_SCHEDOP_putinfo;
    struct pool_info info;

    if (pool_get_info(op->cpupool_id, &info) || info.id != op->cpupool_id)
        return -XEN_ESRCH;
    if (op->sched_id != info.ops->xen_id ||
        op->cmd > XEN_SYSCTL_SCHEDOP_getinfo)
        return -XEN_EINVAL;
    if (op->sched_id == XEN_SCHEDULER_CREDIT)
        return pool_credit(info.id, &op->u.sched_credit, put);
    if (op->sched_id == XEN_SCHEDULER_CREDIT2)
        return pool_credit2(info.id, &op->u.sched_credit2, put);
    return -XEN_EOPNOTSUPP;
}
