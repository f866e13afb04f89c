/*
 * stubs_pv.c - weak stand-ins for what core has not landed yet. To be deleted.
 */
#include "xen/arch/up.h"

void WEAK up_stop(void)
{
}

bool WEAK up_page_fault(struct cpu_user_regs *regs, uintptr_t address,
                        unsigned error_code)
{
    (void)regs, (void)address, (void)error_code;
    return false;
}

void WEAK up_crash(const char *format, ...)
{
    (void)format;
}

bool WEAK up_may_use_ports(uint16_t first, uint16_t count)
{
    (void)first, (void)count;
    return false;
}

bool WEAK up_is_hardware_domain(void)
{
    return false;
}
