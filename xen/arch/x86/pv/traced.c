/*
 * traced.c - the ways of a guest into the hypervisor while they are traced.
 *
 * entry.S comes here in place of its fast ways when the class TRC_PV is on, so
 * that these cost nothing but a test when it is off.
 */
#include "trace/trace.h"
#include "xen/arch/x86/pv/bounce_private.h"

/* Any hypercall, interrupts on; what goes into rax. */
int64_t pv_traced_hypercall(struct cpu_user_regs *regs)
{
    uint64_t number = regs->rax;
    int64_t result;

    trace_3(TRC_PV_HYPERCALL_V2,
            (uint32_t)number | TRC_PV_HYPERCALL_V2_ARG_32(0) |
                TRC_PV_HYPERCALL_V2_ARG_32(1),
            (uint32_t)regs->rdi, (uint32_t)regs->rsi);
    result =
        up_hypercall_table[number < NR_HYPERCALLS ? number : NR_HYPERCALLS - 1](
            regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8, regs->r9);
    trace_3(TRACE_PV_HYPERCALL_DONE, (uint32_t)number, (uint32_t)result,
            (uint32_t)((uint64_t)result >> 32));
    return result;
}
