/*
 * stack.h - the hypervisor's stacks, and what is found from the stack pointer.
 *
 * Every vCPU, every idle loop and every IST entry has a stack of STACK_SIZE
 * bytes, so aligned. At its top:
 *
 *     top - 232   struct cpu_user_regs  the guest's registers (public layout);
 *                 the processor pushes ss..rip from RSP0 = top - 64
 *     top - 32    percpu_offset         of the CPU that runs on it now
 *     top - 24    pv                    the vCPU; NULL on idle and IST stacks
 *     top - 16    cpu                   the number of that CPU
 *     top - 8     ring                  that CPU's trace ring
 *
 * so `this CPU` and `current vCPU` cost one OR and one load, without GS, which
 * is the guest's. percpu_offset, cpu and ring are written when a stack is
 * switched to; code that may be preempted (preempt_point()) reads them anew
 * afterwards.
 */
#ifndef XEN_ARCH_X86_STACK_H
#define XEN_ARCH_X86_STACK_H

#include <xen/xen.h>
#include "xen/arch/x86/layout.h"
#include "xen/lib/types.h"

struct pv_vcpu;
struct trace_ring;

struct stack_top {
    struct cpu_user_regs regs; /* 200 bytes */
    uintptr_t percpu_offset;
    struct pv_vcpu *pv;
    unsigned cpu;
    unsigned unused;
    struct trace_ring *ring;
};

_Static_assert(sizeof(struct cpu_user_regs) == 200, "public ABI");
_Static_assert(sizeof(struct stack_top) == 232, "RSP0 is 16-byte aligned");

static inline struct stack_top *stack_top(void)
{
    uintptr_t sp;

    __asm__("mov %%rsp, %0" : "=r"(sp));
    return (struct stack_top *)((sp | (STACK_SIZE - 1)) + 1 -
                                sizeof(struct stack_top));
}

static inline struct stack_top *stack_top_of(void *stack)
{
    return (struct stack_top *)((uintptr_t)stack + STACK_SIZE -
                                sizeof(struct stack_top));
}

static inline unsigned this_cpu_id(void)
{
    return stack_top()->cpu;
}

static inline struct pv_vcpu *current_pv(void)
{
    return stack_top()->pv;
}

/* The registers of the guest that entered on this stack. */
static inline struct cpu_user_regs *guest_regs(void)
{
    return &stack_top()->regs;
}

#endif
