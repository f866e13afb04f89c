/*
 * bounce.c - what a guest is told, by entering its handlers: events, system
 * calls of its user programs, page faults, exceptions, NMIs, failed returns.
 */
#include "trace/trace.h"
#include "xen/arch/x86/pv/bounce_private.h"
#include "xen/arch/x86/pv/pv_private.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/arch/x86/traps.h"

#define TRAP_MASKS 4u /* trap_info.flags: clear event enable */

enum page_fault_code { PF_PRESENT = 1, PF_WRITE = 2, PF_USER = 4 };

void pv_bounce_event(struct pv_vcpu *p, struct cpu_user_regs *regs)
{
    pv_bounce(p, regs, p->event_callback, true, NO_ERROR_CODE, 0);
}

void pv_bounce_syscall(struct pv_vcpu *p, struct cpu_user_regs *regs)
{
    if (unlikely(!p->syscall_callback)) {
        regs->rip -= 2; /* as if there were no such instruction */
        pv_inject(6, -1);
        return;
    }
    pv_bounce(p, regs, p->syscall_callback, p->syscall_masks, NO_ERROR_CODE, 0);
}

static void bounce_page_fault(struct pv_vcpu *p, struct cpu_user_regs *regs,
                              uintptr_t address, unsigned code)
{
    const struct trap_info *t = &p->traps[14];

    /* The guest's kernel is in ring 3 too: what it takes for user mode is. */
    code &= ~(unsigned)PF_USER;
    if (!p->kernel_mode)
        code |= PF_USER;
    p->info->arch.cr2 = address;
    trace_5(TRC_PV_PAGE_FAULT | TRC_64_FLAG, (uint32_t)regs->rip,
            (uint32_t)(regs->rip >> 32), (uint32_t)address,
            (uint32_t)(address >> 32), code);
    pv_bounce(p, regs, t->address, t->flags & TRAP_MASKS, ERROR_CODE, code);
}

/* From entry.S, interrupts off. Only a write of the kernel's to a page that is
 * there can be one to a page table; only in the hole are the windows. */
void pv_page_fault(struct pv_vcpu *p, struct cpu_user_regs *regs)
{
    uintptr_t address = read_cr2();
    unsigned code = regs->error_code;

    if (unlikely(p->shadow) && up_shadow_fault(address, &code))
        return;
    if (unlikely(address - HOLE_START < HOLE_END - HOLE_START) ||
        (p->kernel_mode && code & PF_PRESENT)) {
        irq_enable();
        if (up_page_fault(regs, address, code))
            return;
    }
    bounce_page_fault(p, regs, address, code);
}

void pv_inject_page_fault(uintptr_t address, unsigned error_code)
{
    bounce_page_fault(current_pv(), guest_regs(), address, error_code);
}

void pv_inject(unsigned vector, int error_code)
{
    struct pv_vcpu *p = current_pv();
    struct cpu_user_regs *regs = guest_regs();
    const struct trap_info *t = &p->traps[vector & 0xff];

    if (unlikely(!t->address)) {
        up_crash("exception %u at rip %#lx has no handler", vector, regs->rip);
        return;
    }
    /* vector:15, has an error code:1, error code:16 */
    trace_3(TRC_PV_TRAP | TRC_64_FLAG, (uint32_t)regs->rip,
            (uint32_t)(regs->rip >> 32),
            vector |
                (error_code < 0 ? 0 : 0x8000u | (uint32_t)error_code << 16));
    if (error_code < 0)
        pv_bounce(p, regs, t->address, t->flags & TRAP_MASKS, NO_ERROR_CODE, 0);
    else
        pv_bounce(p, regs, t->address, t->flags & TRAP_MASKS, ERROR_CODE,
                  (uint32_t)error_code);
}

/* From entry.S, interrupts off: the way back to the guest faulted. As on Xen it
 * gets that exception, as if the instruction that it was to go on at had raised
 * it; not its failsafe callback, which is for data selectors that cannot be
 * loaded any more: we make these null (switch.c). */
void pv_return_failed(void)
{
    struct trap_mended fault = trap_last_mended();

    irq_enable();
    pv_inject(fault.vector, (int)(fault.error_code & 0xffff));
}

/* What the fast ways work with is not for a guest that is resumed, or a log. */
static uint64_t none_of_ours(uint64_t value)
{
    return value - HOLE_START < HOLE_END - HOLE_START ? 0 : value;
}

/* From entry_fast.S: what the guest's kernel has to be told, or to tell, stands
 * on a stack that is not there. */
void pv_no_stack(struct cpu_user_regs *regs)
{
    irq_enable();
    regs->rcx = none_of_ours(regs->rcx);
    up_crash("no stack at %#lx for what happened at rip %#lx",
             current_pv()->kernel_mode ? regs->rsp : current_pv()->kernel_sp,
             regs->rip);
}

/* From entry_fast.S: part of an iret's frame has been read over ours. It is to
 * crash the guest, which another may have shut down already, and resume: so we
 * never leave here with a frame that entry would not have made. */
void pv_no_iret_frame(struct cpu_user_regs *regs)
{
    regs->entry_vector = 0;
    regs->cs |= 3;
    regs->ss |= 3;
    regs->rflags = pv_sane_flags(regs->rflags);
    pv_no_stack(regs);
}

void pv_send_nmi(struct pv_vcpu *p)
{
    p->nmi_pending = 1;
    p->event_work = !p->nmi_masked;
}

/* From entry.S, interrupts on: stop or event_work is set. */
void pv_exit_work(struct pv_vcpu *p)
{
    if (p->stop)
        up_stop();
    if (!p->event_work)
        return;
    p->event_work = 0;
    if (p->nmi_pending && !p->nmi_masked && p->nmi_callback) {
        p->nmi_pending = 0;
        p->nmi_masked = 1;
        pv_bounce(p, guest_regs(), p->nmi_callback, true, NO_ERROR_CODE, 0);
    }
}
