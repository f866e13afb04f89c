/*
 * context.c - a vCPU's processor state as a whole: made, set, read.
 */
#include <string.h>
#include <xen/errno.h>
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/fpu.h"
#include "xen/arch/x86/guest_access.h"
#include "xen/arch/x86/pte.h"
#include "xen/arch/x86/pv/pv_private.h"
#include "xen/arch/x86/tables_private.h"
#include "xen/arch/x86/directmap.h"
#include "xen/lib/mem.h"

#define NR_TRAPS        256u
#define OUR_GDT_PTE     (PTE_P | PTE_W | PTE_A | PTE_D | PTE_NX)
#define LDT_ENTRIES_MAX 8192u

int pv_vcpu_create(struct pv_vcpu *p, struct stack_top *top, uintptr_t window,
                   uint64_t *window_ptes)
{
    p->gdt_page = mem_alloc_pages(0);
    p->traps = mem_alloc(NR_TRAPS * sizeof(struct trap_info));
    if (!p->gdt_page || !p->traps || fpu_create(p)) {
        mem_free_pages(p->gdt_page, 0);
        p->gdt_page = NULL;
        mem_free(p->traps);
        p->traps = NULL;
        return -XEN_ENOMEM;
    }
    memcpy(p->gdt_page, gdt_reserved, sizeof(gdt_reserved));
    p->top = top;
    p->window = window;
    p->window_ptes = window_ptes;
    window_ptes[FIRST_RESERVED_GDT_PAGE] = pte_make(virt_to_mfn(p->gdt_page),
                                                    OUR_GDT_PTE);
    p->gdtr.base = window;
    p->gdtr.limit = SELECTOR(GDT_RESERVED) - 1;
    p->dr[6] = DR6_FIXED;
    p->dr[7] = DR7_FIXED;
    p->ctrlreg[0] = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM |
                    CR0_PG;
    p->ctrlreg[4] = CR4_PAE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT;
    return 0;
}

void pv_vcpu_destroy(struct pv_vcpu *p)
{
    mem_free_pages(p->gdt_page, 0);
    p->gdt_page = NULL;
    mem_free(p->traps);
    p->traps = NULL;
    fpu_destroy(p);
}

bool pv_set_trap(struct pv_vcpu *p, const struct trap_info *t)
{
    if (!canonical(t->address))
        return false;
    p->traps[t->vector] = *t;
    return true;
}

/* ---- from and to the public structure ---- */

/* In user mode without a user's page table it would run on ours, where no
 * flush of its domain's would look for it. */
static bool mode_ok(const struct pv_vcpu *p, const struct vcpu_guest_context *c)
{
    return (c->flags & VGCF_in_kernel) || p->cr3_user;
}

static int check_context(const struct vcpu_guest_context *c)
{
    if (!canonical(c->fs_base) || !canonical(c->gs_base_kernel) ||
        !canonical(c->gs_base_user) || !canonical(c->event_callback_eip) ||
        !canonical(c->failsafe_callback_eip) ||
        !canonical(c->syscall_callback_eip) || !canonical(c->kernel_sp))
        return -XEN_EINVAL;
    for (unsigned i = 0; i < NR_TRAPS; i++)
        if (!canonical(c->trap_ctxt[i].address))
            return -XEN_EINVAL;
    return 0;
}

static int set_debug_registers(struct pv_vcpu *p, const uint64_t *dr)
{
    static const uint8_t regs[] = { 0, 1, 2, 3, 6, 7 };

    for (unsigned i = 0; i < sizeof(regs); i++)
        if (dr[regs[i]] && pv_set_debugreg(p, regs[i], dr[regs[i]]))
            return -XEN_EINVAL;
    return 0;
}

static void set_registers(struct pv_vcpu *p, const struct cpu_user_regs *from)
{
    struct cpu_user_regs *regs = &p->top->regs;

    *regs = *from;
    regs->error_code = 0;
    regs->entry_vector = 0; /* all registers count: no SYSRET */
    regs->cs |= 3;
    regs->ss |= 3;
    regs->rflags = pv_sane_flags(from->rflags);
    p->iopl = from->rflags & FLAG_IOPL;
    p->selectors = (union pv_selectors){ { from->ds, from->es, from->fs,
                                           from->gs } };
}

int pv_set_context(struct pv_vcpu *p, const struct vcpu_guest_context *c)
{
    int rc = mode_ok(p, c) ? check_context(c) : -XEN_EINVAL;

    if (!rc)
        rc = set_debug_registers(p, c->debugreg);
    if (rc)
        return rc;
    set_registers(p, &c->user_regs);
    p->kernel_mode = (c->flags & VGCF_in_kernel) != 0;
    p->failsafe_masks = (c->flags & VGCF_failsafe_disables_events) != 0;
    p->syscall_masks = (c->flags & VGCF_syscall_disables_events) != 0;
    memcpy(p->traps, c->trap_ctxt, NR_TRAPS * sizeof(struct trap_info));
    for (unsigned i = 0; i < NR_TRAPS; i++)
        p->traps[i].vector = (uint8_t)i;
    p->kernel_ss = c->kernel_ss;
    p->kernel_sp = c->kernel_sp;
    p->event_callback = c->event_callback_eip;
    p->failsafe_callback = c->failsafe_callback_eip;
    p->syscall_callback = c->syscall_callback_eip;
    p->fs_base = c->fs_base;
    p->gs_base[1] = c->gs_base_kernel;
    p->gs_base[0] = c->gs_base_user;
    if (c->ctrlreg[4])
        p->ctrlreg[4] = c->ctrlreg[4] & CR4_GUEST;
    if (c->flags & VGCF_i387_valid)
        fpu_set_legacy(p, c->fpu_ctxt.x);
    else
        fpu_clear(p);
    p->ts = (c->ctrlreg[0] & CR0_TS) != 0;
    return 0;
}

void pv_get_context(const struct pv_vcpu *p, struct vcpu_guest_context *c)
{
    memset(c, 0, sizeof(*c));
    fpu_get_legacy(p, c->fpu_ctxt.x);
    c->flags = VGCF_i387_valid;
    if (p->kernel_mode)
        c->flags |= VGCF_in_kernel;
    if (p->failsafe_masks)
        c->flags |= VGCF_failsafe_disables_events;
    if (p->syscall_masks)
        c->flags |= VGCF_syscall_disables_events;
    c->user_regs = p->top->regs;
    c->user_regs.rflags |= p->iopl;
    c->user_regs.ds = p->selectors.each[0];
    c->user_regs.es = p->selectors.each[1];
    c->user_regs.fs = p->selectors.each[2];
    c->user_regs.gs = p->selectors.each[3];
    memcpy(c->trap_ctxt, p->traps, sizeof(c->trap_ctxt));
    c->ldt_base = p->ldt_base;
    c->ldt_ents = p->ldt_entries;
    for (unsigned i = 0; i < PV_GDT_FRAMES; i++)
        c->gdt_frames[i] = p->gdt_frames[i];
    c->gdt_ents = p->gdt_entries;
    c->kernel_ss = p->kernel_ss;
    c->kernel_sp = p->kernel_sp;
    memcpy(c->ctrlreg, p->ctrlreg, sizeof(c->ctrlreg));
    if (p->ts)
        c->ctrlreg[0] |= CR0_TS;
    memcpy(c->debugreg, p->dr, sizeof(c->debugreg));
    c->event_callback_eip = p->event_callback;
    c->failsafe_callback_eip = p->failsafe_callback;
    c->syscall_callback_eip = p->syscall_callback;
    c->fs_base = p->fs_base;
    c->gs_base_kernel = p->gs_base[1];
    c->gs_base_user = p->gs_base[0];
}
