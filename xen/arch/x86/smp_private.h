/*
 * smp_private.h - for those who start the processors (xen/boot/ap.c).
 */
#ifndef XEN_ARCH_X86_SMP_PRIVATE_H
#define XEN_ARCH_X86_SMP_PRIVATE_H

#include "xen/lib/types.h"

struct smp_cpu {
    uint32_t apic_id, acpi_id;
};

void smp_init(void); /* handlers of the IPIs */
void smp_set_cpu(unsigned cpu, struct smp_cpu ids);

#endif
