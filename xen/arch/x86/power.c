/*
 * power.c - turning the machine off.
 *
 * ACPI 6.4, 4.8.3.2.1: SLP_EN with the type of S5 in the PM1 control
 * registers. The type is the first number of the DSDT's object _S5_; dom0,
 * which reads that, says it; else 0, as the emulators that we know have it.
 */
#include "xen/arch/x86/acpi.h"
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/fatal.h"
#include "xen/arch/x86/power.h"
#include "xen/arch/x86/spinlock.h"

#define SLP_EN          0x2000u
#define SLP_TYPE        0x1c00u
#define DEBUG_EXIT_PORT 0x501 /* QEMU's isa-debug-exit, where it has one */

static void stop_others(void)
{
    irq_disable();
    fatal_stop_others();
}

void power_enter_s5(uint16_t pm1a, uint16_t pm1b)
{
    stop_others();
    if (acpi.pm1a_control)
        outw(acpi.pm1a_control, (uint16_t)((pm1a & SLP_TYPE) | SLP_EN));
    if (acpi.pm1b_control)
        outw(acpi.pm1b_control, (uint16_t)((pm1b & SLP_TYPE) | SLP_EN));
    outb(DEBUG_EXIT_PORT, 0);
    fatal_reboot();
}

void power_off(void)
{
    power_enter_s5(0, 0);
}

void power_reboot(void)
{
    stop_others();
    fatal_reboot();
}

void power_halt(void)
{
    stop_others();
    for (;;)
        cpu_halt();
}
