/*
 * stubs.c - weak stand-ins for what has not landed yet. To be emptied.
 */
#include "xen/core/domain.h"

void WEAK pv_vcpu_destroy(struct pv_vcpu *p)
{
    (void)p;
}

#include "xen/arch/up.h"

bool WEAK up_page_fault(struct cpu_user_regs *regs, uintptr_t address,
                        unsigned error_code)
{
    (void)regs, (void)address, (void)error_code;
    return false;
}
