/*
 * metronome.c - what Metronome adds to the ABI: xen/include/metronome.h.
 */
#include "xen/include/metronome.h"

#include <xen/errno.h>
#include "sched/api/core.h"
#include "xen/arch/x86/guest_access.h"
#include "xen/core/domain.h"
#include "xen/core/timepage.h"
#include "xen/hypercall/hypercall.h"
#include "xen/sched/pool.h"

static int64_t scheduler_page(uint64_t arg)
{
    struct vcpu *v = domain_vcpu(current_domain(), (uint32_t)arg);

    return v ? timepage_schedpage(v) : -XEN_ENOENT;
}

static int64_t pool_scheduler(uint64_t arg)
{
    struct metronome_pool_scheduler op;
    const struct sched_ops *ops;

    if (!current_domain()->privileged)
        return -XEN_EPERM;
    if (copy_from_guest(&op, arg, sizeof(op)))
        return -XEN_EFAULT;
    op.scheduler[sizeof(op.scheduler) - 1] = '\0';
    ops = sched_find(op.scheduler);
    return ops ? pool_change(op.pool, ops) : -XEN_EINVAL;
}

int64_t hypercall_metronome(uint64_t op, uint64_t arg, uint64_t c, uint64_t d,
                            uint64_t e, uint64_t f)
{
    (void)c, (void)d, (void)e, (void)f;
    switch ((uint32_t)op) {
    case METRONOMEOP_scheduler_page:
        return scheduler_page(arg);
    case METRONOMEOP_pool_scheduler:
        return pool_scheduler(arg);
    default:
        return hypercall_unknown_op(__HYPERVISOR_metronome, (uint32_t)op);
    }
}
