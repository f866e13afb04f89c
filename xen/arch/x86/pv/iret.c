/*
 * iret.c - the guest kernel returns: to its user, or to where it was itself.
 *
 * The frame on its stack is struct iret_context. Everything is read before
 * anything changes, as the user's address space need not have that stack.
 */
#include "xen/arch/x86/guest_access.h"
#include "xen/arch/x86/pv/bounce_private.h"
#include "xen/arch/x86/pv/pv_private.h"

int64_t pv_iret(void)
{
    struct cpu_user_regs *regs = guest_regs();
    struct pv_vcpu *p = current_pv();
    const struct iret_context *f = (const struct iret_context *)regs->rsp;
    uint64_t rax, r11, rcx, how, rip, cs, flags, rsp, ss;

    if (unlikely(!guest_range_ok((uintptr_t)f, sizeof(*f))))
        goto bad;
    GUEST_GET64(rax, &f->rax, bad);
    GUEST_GET64(r11, &f->r11, bad);
    GUEST_GET64(rcx, &f->rcx, bad);
    GUEST_GET64(how, &f->flags, bad);
    GUEST_GET64(rip, &f->rip, bad);
    GUEST_GET64(cs, &f->cs, bad);
    GUEST_GET64(flags, &f->rflags, bad);
    GUEST_GET64(rsp, &f->rsp, bad);
    GUEST_GET64(ss, &f->ss, bad);

    if (unlikely((flags ^ p->iopl) & p->iopl_mask))
        p->iopl = (uint32_t)(flags & FLAG_IOPL);
    regs->rip = rip;
    regs->rsp = rsp;
    regs->rflags = pv_sane_flags(flags);
    if (how & VGCF_in_syscall && !(flags & (FLAG_TF | FLAG_RF))) {
        /* entry_vector says SYSCALL since this hypercall came by one. */
        regs->cs = FLAT_USER_CS64;
        regs->ss = FLAT_USER_SS64;
    } else {
        regs->entry_vector = 0;
        regs->cs = (uint16_t)(cs | 3);
        regs->ss = (uint16_t)(ss | 3);
        regs->rcx = rcx;
        regs->r11 = r11;
    }
    if ((cs & 3) == 3) {
        if (unlikely(!p->cr3_user))
            goto no_user;
        pv_toggle(p);
    }
    p->info->evtchn_upcall_mask = !(flags & FLAG_IF);
    if (unlikely(p->nmi_masked)) {
        p->nmi_masked = 0;
        p->event_work = p->nmi_pending;
    }
    return (int64_t)rax;

no_user:
    up_crash("iret to user mode without a user page table");
    return 0;
bad:
    up_crash("no iret frame at %#lx", regs->rsp);
    return 0;
}
