/*
 * multicall.c - many hypercalls in one, and a fast way through them.
 *
 * Entries are read where they stand, one load a word, and a fault ends the
 * whole. Others may run between two of them. A multicall may not hold another
 * one, nor an iret, whose place is the end of the way in.
 *
 * When the vCPU is to stop, the call ends after the present entry, or within
 * it, and is made again for the rest: again.h.
 */
#include <xen/errno.h>
#include "trace/trace.h"
#include "xen/arch/x86/guest_access.h"
#include "xen/core/domain.h"
#include "xen/hypercall/again.h"
#include "xen/hypercall/hypercall.h"

_Static_assert(sizeof(struct multicall_entry) == 64, "public ABI");

static inline bool may_nest(uint64_t op)
{
    const uint64_t apart = 1ull << __HYPERVISOR_multicall |
                           1ull << __HYPERVISOR_iret;

    return op < NR_HYPERCALLS && !(apart >> op & 1);
}

int64_t hypercall_again(uint64_t a, uint64_t b, uint64_t c)
{
    struct cpu_user_regs *regs = guest_regs();
    struct vcpu *v = current_vcpu();

    if (v->again.listed) {
        v->again.set = true;
        v->again.args[0] = a;
        v->again.args[1] = b;
        v->again.args[2] = c;
        return HYPERCALL_AGAIN;
    }
    regs->rdi = a;
    regs->rsi = b;
    regs->rdx = c;
    regs->rip -= 2; /* SYSCALL */
    return (int64_t)regs->rax;
}

/* The entry itself has ended early: its arguments are what is left of it. */
static NOINLINE int64_t again_within(struct vcpu *v, struct multicall_entry *m,
                                     uint64_t number)
{
    v->again.set = false;
    v->again.listed = false;
    for (unsigned i = 0; i < ARRAY_SIZE(v->again.args); i++)
        GUEST_PUT64(&m->args[i], v->again.args[i], fault);
    return hypercall_again((uintptr_t)m, number, guest_regs()->rdx);
fault:
    return -XEN_EFAULT;
}

static int64_t call_list(struct vcpu *v, struct multicall_entry *m,
                         uint64_t number)
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
        if (unlikely(result == HYPERCALL_AGAIN) && v->again.set)
            return again_within(v, m, number);
        GUEST_PUT64(&m->result, result, fault);
        if (preempt_point_ends() && number > 1) {
            v->again.listed = false;
            return hypercall_again((uintptr_t)(m + 1), number - 1,
                                   guest_regs()->rdx);
        }
    }
    return 0;
fault:
    return -XEN_EFAULT;
}

/* multicall(struct multicall_entry *list, unsigned number) */
int64_t hypercall_multicall(uint64_t list, uint64_t number, uint64_t c,
                            uint64_t d, uint64_t e, uint64_t f)
{
    struct vcpu *v = current_vcpu();
    int64_t rc;

    number = (uint32_t)number;
    (void)c, (void)d, (void)e, (void)f;
    if (!guest_range_ok(list, number * sizeof(struct multicall_entry)))
        return -XEN_EFAULT;
    v->again.listed = true;
    rc = call_list(v, (struct multicall_entry *)list, number);
    v->again.listed = false;
    return rc;
}
