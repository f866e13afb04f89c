/*
 * power.h - the machine's end: off, again, or still.
 *
 * Any context; the other CPUs are stopped first. None comes back.
 */
#ifndef XEN_ARCH_X86_POWER_H
#define XEN_ARCH_X86_POWER_H

#include "xen/lib/types.h"

void power_off(void) NORETURN; /* ACPI S5; reboots where that fails */
void power_reboot(void) NORETURN;
void power_halt(void) NORETURN;

#endif
