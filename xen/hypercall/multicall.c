/*
 * multicall.c - many hypercalls in one, and a fast way through them.
 *
 * Entries are read where they stand, one load a word, and a fault ends the
 * whole. Others may run between two of them. A multicall may not hold another
 * one, nor an iret, whose place is the end of the way in.
 */
#include <xen/errno.h>
#include "trace/trace.h"
#include "xen/arch/x86/guest_access.h"
#include "xen/core/domain.h"
#include "xen/hypercall/hypercall.h"

_Static_assert(sizeof(struct multicall_entry) == 64, "public ABI");

static inline bool may_nest(uint64_t op)
{
    const uint64_t apart = 1ull << __HYPERVISOR_multicall |
                           1ull << __HYPERVISOR_iret;

    return op < NR_HYPERCALLS && !(apart >> op & 1);
}

static int call_list(struct multicall_entry *m, uint64_t number)
{
    bool traced = trace_enabled(TRC_PV_HYPERCALL_SUBCALL);

    for (; number; number--, m++) {
        uint64_t op, a, b, c, d, e, f;
        int64_t result = -XEN_ENOSYS;

        GUEST_GET64(op, &m->op, fault);
        GUEST_GET64(a, &m->args[0], fault);
        GUEST_GET64(b, &m->args[1], fault);
        GUEST_GET64(c, &m->args[2], fault);
        GUEST_GET64(d, &m->args[3], fault);
        GUEST_GET64(e, &m->args[4], fault);
        GUEST_GET64(f, &m->args[5], fault);
        if (unlikely(traced))
            trace_1(TRC_PV_HYPERCALL_SUBCALL, (uint32_t)op);
        if (likely(may_nest(op)))
            result = up_hypercall_table[op](a, b, c, d, e, f);
        GUEST_PUT64(&m->result, result, fault);
        preempt_point();
    }
    return 0;
fault:
    return -XEN_EFAULT;
}

/* multicall(struct multicall_entry *list, unsigned number) */
int64_t hypercall_multicall(uint64_t list, uint64_t number, uint64_t c,
                            uint64_t d, uint64_t e, uint64_t f)
{
    number = (uint32_t)number;
    (void)c, (void)d, (void)e, (void)f;
    if (!guest_range_ok(list, number * sizeof(struct multicall_entry)))
        return -XEN_EFAULT;
    return call_list((struct multicall_entry *)list, number);
}
