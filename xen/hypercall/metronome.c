/*
 * metronome.c - what Metronome adds to the ABI: xen/include/metronome.h. What
 * is asked by structures: metronome_sched.c.
 */
#include "xen/include/metronome.h"

#include <xen/errno.h>
#include "sched/api/core.h"
#include "trace/trace.h"
#include "xen/arch/x86/guest_access.h"
#include "xen/core/domain.h"
#include "xen/core/timepage.h"
#include "xen/hypercall/metronome_private.h"
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

static int64_t trace(uint32_t kind, uint64_t a, uint64_t b)
{
    const struct vcpu *v = current_vcpu();
    const uint32_t words[] = { trace_id(v->domain->id, v->id),
                               kind,
                               (uint32_t)a,
                               (uint32_t)(a >> 32),
                               (uint32_t)b,
                               (uint32_t)(b >> 32) };

    if (trace_enabled(TRC_GUEST))
        trace_write(TRC_GUEST, ARRAY_SIZE(words), words);
    return 0;
}

int64_t hypercall_metronome(uint64_t op, uint64_t arg, uint64_t c, uint64_t d,
                            uint64_t e, uint64_t f)
{
    (void)e, (void)f;
    switch ((uint32_t)op) {
    case METRONOMEOP_scheduler_page:
        return scheduler_page(arg);
    case METRONOMEOP_pool_scheduler:
        return pool_scheduler(arg);
    case METRONOMEOP_trace:
        return trace((uint32_t)arg, c, d);
    default:
        return metronome_sched_op((uint32_t)op, arg);
    }
}
