/*
 * ioapic.h - the IO-APICs: which interrupt line raises which vector where.
 * Takes the IO-APIC lock with interrupts off; any context.
 */
#ifndef XEN_ARCH_X86_IOAPIC_H
#define XEN_ARCH_X86_IOAPIC_H

#include "xen/lib/types.h"

#define IOAPIC_MASKED 0x10000u
#define IOAPIC_LEVEL  0x08000u
#define IOAPIC_LOW    0x02000u
#define IOAPIC_GSIS   256u /* interrupt lines that we know of, at most */

/* Map them, mask every line, and silence the old PICs. Boot CPU. */
void ioapic_init(void);

/* An ISA interrupt for the hypervisor itself, whose it is from now on. False:
 * no such line. */
bool ioapic_route_isa(unsigned irq, unsigned vector, unsigned cpu);
bool ioapic_is_ours(unsigned gsi);

/* Deliver a GSI as `vector` to `cpu`. False: no such line. */
bool ioapic_route(unsigned gsi, unsigned vector, unsigned cpu, uint32_t flags);
/* To another CPU, the same vector: safe while interrupts come in. */
void ioapic_set_cpu(unsigned gsi, unsigned cpu);
void ioapic_mask(unsigned gsi, bool masked);

/* Registers as dom0 asks for them: index is of ACPI's list. */
bool ioapic_read(unsigned index, unsigned reg, uint32_t *value);
unsigned ioapic_lines(unsigned index); /* 0: no such IO-APIC */
unsigned ioapic_gsi_base(unsigned index);
unsigned ioapic_gsis(void); /* one past the highest line of all */

#endif
