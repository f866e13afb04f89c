/*
 * segment.c - bases of FS and GS, and CR0.TS, of the vCPU that runs.
 */
#include <xen/errno.h>
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/fpu.h"
#include "xen/arch/x86/pv/pv_private.h"

/* The guest is in kernel mode: its kernel's GS.base is the active one. */
int pv_set_segment_base(struct pv_vcpu *p, unsigned which, uint64_t base)
{
    (void)p;
    if (which != SEGBASE_GS_USER_SEL && !canonical(base))
        return -XEN_EINVAL;
    switch (which) {
    case SEGBASE_FS:
        if (likely(fpu_host.fsgsbase))
            __asm__ volatile("wrfsbase %0" : : "r"(base));
        else
            wrmsr(MSR_FS_BASE, base);
        return 0;
    case SEGBASE_GS_USER:
        wrmsr(MSR_KERNEL_GS_BASE, base);
        return 0;
    case SEGBASE_GS_KERNEL:
        if (likely(fpu_host.fsgsbase))
            __asm__ volatile("wrgsbase %0" : : "r"(base));
        else
            wrmsr(MSR_GS_BASE, base);
        return 0;
    case SEGBASE_GS_USER_SEL: {
        uint64_t flags = irq_save(); /* the halves belong together */

        __asm__ volatile("swapgs" : : : "memory");
        pv_load_selector(gs, base & 0xffff);
        __asm__ volatile("swapgs" : : : "memory");
        irq_restore(flags);
        return 0;
    }
    default:
        return -XEN_EINVAL;
    }
}

void pv_set_ts(struct pv_vcpu *p, bool set)
{
    uint64_t flags = irq_save();

    p->ts = set;
    if (set)
        write_cr0(read_cr0() | CR0_TS);
    else
        clts();
    irq_restore(flags);
}
