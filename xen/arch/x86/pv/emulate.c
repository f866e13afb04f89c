/*
 * emulate.c - instructions that we carry out for a guest.
 */
#include "xen/arch/x86/pv/bounce_private.h"

bool pv_emulate_gp(struct pv_vcpu *p, struct cpu_user_regs *regs)
{
    (void)p, (void)regs;
    return false;
}

bool pv_emulate_ud(struct pv_vcpu *p, struct cpu_user_regs *regs)
{
    (void)p, (void)regs;
    return false;
}
