/*
 * traps.c - exceptions that a guest raises, but for page faults (bounce.c).
 *
 * First we look whether we carry the instruction out for it, then it enters the
 * guest's own handler.
 */
#include "xen/arch/x86/fatal.h"
#include "xen/arch/x86/fpu.h"
#include "xen/arch/x86/pv/bounce_private.h"
#include "xen/arch/x86/spinlock.h"

/* Vectors with an error code: 8, 10 to 14, 17, 21, 29, 30. */
#define WITH_ERROR_CODE 0x60227d00u

static void debug(struct pv_vcpu *p)
{
    uint64_t dr6;

    __asm__ volatile("mov %%dr6, %0" : "=r"(dr6));
    __asm__ volatile("mov %0, %%dr6" : : "r"(0xffff0ff0ul));
    /* Bits 0-3 say which, 14 single step; the guest clears them itself. */
    p->dr[6] |= dr6 & 0x600f;
}

/* The guest asked to be told of its next use of the FPU; the flag is its own to
 * clear, as on the bare processor, but Xen clears it before it tells. */
static void no_fpu(struct pv_vcpu *p)
{
    uint64_t flags = irq_save();

    p->ts = 0;
    clts();
    irq_restore(flags);
}

void trap_guest(struct cpu_user_regs *regs)
{
    struct pv_vcpu *p = current_pv();
    unsigned vector = regs->entry_vector;
    uint32_t error_code = regs->error_code;

    if (vector == 1)
        debug(p);
    irq_enable();
    if (vector == 13 && pv_emulate_gp(p, regs))
        return;
    if (vector == 6 && pv_emulate_ud(p, regs))
        return;
    if (vector == 7)
        no_fpu(p);
    if (WITH_ERROR_CODE >> vector & 1)
        pv_inject(vector, (int)(error_code & 0xffff));
    else
        pv_inject(vector, -1);
}
