/*
 * power.h - the machine's end: off, again, or still.
 *
 * Any context; the other CPUs are stopped first. None comes back.
 */
#ifndef XEN_ARCH_X86_POWER_H
#define XEN_ARCH_X86_POWER_H

#include "xen/lib/types.h"

void power_off(void) NORETURN; /* ACPI S5; reboots where that fails */
/* The same, with the values for the PM1 control registers that the firmware's
 * tables say, as dom0 has read them. */
void power_enter_s5(uint16_t pm1a, uint16_t pm1b) NORETURN;
void power_reboot(void) NORETURN;
void power_halt(void) NORETURN;

#endif
