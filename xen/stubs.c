/*
 * stubs.c - weak stand-ins for what has not landed yet. To be emptied.
 */
#include "xen/arch/x86/fatal.h"
#include "xen/boot/boot.h"

void smp_ap_main(void);

void WEAK smp_ap_main(void)
{
}

void WEAK fatal_stop_others(void)
{
}

void WEAK boot_scheduler_parameter(const char *name, const char *value)
{
    (void)name, (void)value;
}
