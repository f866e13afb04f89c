/*
 * bounce_private.h - entering a guest's handler: the frame on its stack.
 *
 * The guest kernel finds, from its new stack pointer up:
 *
 *     rcx  r11  [error code]  rip  cs | mask << 32  rflags  rsp  ss
 *
 * cs has RPL 0 if its kernel was interrupted; rflags.IF says whether events
 * were unmasked. From user mode it stands on the kernel stack (stack_switch),
 * else below where the kernel's stack was, 16-byte aligned.
 */
#ifndef XEN_ARCH_X86_PV_BOUNCE_PRIVATE_H
#define XEN_ARCH_X86_PV_BOUNCE_PRIVATE_H

#include "xen/arch/up.h"
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/guest_access.h"
#include "xen/arch/x86/msr.h"
#include "xen/arch/x86/pv/pv.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/arch/x86/tlb.h"
#include "xen/arch/x86/traps.h"

/* What the processor clears when it takes a trap, SDM 3A 6.12.1.2; also AC. */
#define TRAP_CLEARS (FLAG_TF | FLAG_NT | FLAG_RF | FLAG_VM | FLAG_AC)

/* The guest goes from its kernel to its user, or back. Its addresses differ,
 * and so does GS.base; the hypervisor's half doesn't. What a flush by IPI loads
 * again is what tlb_cpu says, so that is told first. */
static inline void pv_toggle(struct pv_vcpu *p)
{
    uint64_t cr3 = p->kernel_mode ? p->cr3_user : p->cr3_kernel;

    p->kernel_mode ^= 1;
    __asm__ volatile("swapgs" : : : "memory");
    WRITE_ONCE(this_cpu(tlb_cpu).cr3, cr3);
    write_cr3(cr3);
}

enum bounce_error { NO_ERROR_CODE, ERROR_CODE };

/* Make the guest go on at `handler`. masks: and with events masked. Interrupts
 * on or off. Its stack not being there is its end. */
static inline __attribute__((always_inline)) void pv_bounce(
    struct pv_vcpu *p, struct cpu_user_regs *regs, uint64_t handler, bool masks,
    enum bounce_error with, uint32_t error)
{
    struct vcpu_info *info = p->info;
    uint64_t cs = regs->cs, sp = regs->rsp, flags = regs->rflags;
    unsigned words = with == ERROR_CODE ? 8 : 7, i = 0;
    uint64_t *frame;

    if (unlikely(!handler))
        goto no_handler;
    if (p->kernel_mode) {
        cs &= ~(uint64_t)3;
    } else {
        sp = p->kernel_sp;
        pv_toggle(p);
    }
    frame = (uint64_t *)(sp & ~15ull) - words;
    if (unlikely(!guest_range_ok((uintptr_t)frame, 8 * words)))
        goto no_stack;
    flags |= p->iopl & p->iopl_mask;
    if (info->evtchn_upcall_mask) {
        cs |= 1ull << 32;
        flags &= ~(uint64_t)FLAG_IF;
    }
    GUEST_PUT64(frame + i++, regs->rcx, no_stack);
    GUEST_PUT64(frame + i++, regs->r11, no_stack);
    if (with == ERROR_CODE)
        GUEST_PUT64(frame + i++, error, no_stack);
    GUEST_PUT64(frame + i++, regs->rip, no_stack);
    GUEST_PUT64(frame + i++, cs, no_stack);
    GUEST_PUT64(frame + i++, flags, no_stack);
    GUEST_PUT64(frame + i++, regs->rsp, no_stack);
    GUEST_PUT64(frame + i++, regs->ss, no_stack);
    if (masks)
        info->evtchn_upcall_mask = 1;
    regs->entry_vector = ENTRY_SYSCALL; /* rcx, r11 are free: use SYSRET */
    regs->rip = handler;
    regs->cs = FLAT_KERNEL_CS;
    regs->rflags &= ~(uint64_t)TRAP_CLEARS;
    regs->rsp = (uintptr_t)frame;
    regs->ss = FLAT_KERNEL_SS;
    return;

no_handler:
    irq_enable();
    up_crash("no handler for what happened at rip %#lx", regs->rip);
    return;
no_stack:
    irq_enable();
    up_crash("no stack at %#lx for what happened at rip %#lx", sp, regs->rip);
}

/* Exceptions by entry.S's ways, and the rest of bounce.c. */
void pv_bounce_event(struct pv_vcpu *p, struct cpu_user_regs *regs);
void pv_bounce_syscall(struct pv_vcpu *p, struct cpu_user_regs *regs);
void pv_page_fault(struct pv_vcpu *p, struct cpu_user_regs *regs);
void pv_return_failed(void);
void pv_no_stack(struct cpu_user_regs *regs);
void pv_no_iret_frame(struct cpu_user_regs *regs);
int64_t pv_traced_hypercall(struct cpu_user_regs *regs);
void pv_exit_work(struct pv_vcpu *p);

/* emulate.c: a #GP or #UD of the guest's that may be an instruction which we
 * carry out for it. True: done, rip has moved on or an exception is on its way.
 * Interrupts on. */
bool pv_emulate_gp(struct pv_vcpu *p, struct cpu_user_regs *regs);
bool pv_emulate_ud(struct pv_vcpu *p, struct cpu_user_regs *regs);

#endif
