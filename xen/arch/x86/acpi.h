/*
 * acpi.h - what the firmware's tables say about processors, interrupt
 * controllers and timers.
 *
 * Filled once at boot, then constant. The parsing of each table is pure and
 * trusts no length in it (acpi_tables.c; tested on the host). Sources: ACPI
 * 6.4, sections 5.2.5 to 5.2.12; IA-PC HPET 1.0a; PCI Firmware 3.2.
 */
#ifndef XEN_ARCH_X86_ACPI_H
#define XEN_ARCH_X86_ACPI_H

#include "xen/lib/types.h"

#define ACPI_CPUS     256u
#define ACPI_IOAPICS  16u
#define ACPI_ISA_IRQS 16u
#define ACPI_SEGMENTS 8u

struct acpi_cpu {
    uint32_t apic_id;
    uint32_t acpi_id;
};

struct acpi_ioapic {
    uint32_t id;
    uint32_t address;
    uint32_t gsi_base;
};

/* Where an ISA interrupt goes, and its MPS flags: polarity in bits 0-1 (3 is
 * active low), trigger in bits 2-3 (3 is level). */
struct acpi_isa_irq {
    uint32_t gsi;
    uint16_t flags;
};

struct acpi_segment {
    uint64_t address;
    uint16_t segment;
    uint8_t first_bus, last_bus;
};

struct acpi_info {
    unsigned nr_cpus, nr_cpus_left_out; /* usable; more than we have room for */
    struct acpi_cpu cpu[ACPI_CPUS];
    uint64_t local_apic; /* physical address of the xAPIC's registers */
    unsigned nr_ioapics;
    struct acpi_ioapic ioapic[ACPI_IOAPICS];
    struct acpi_isa_irq isa[ACPI_ISA_IRQS];
    uint64_t hpet;     /* physical address; 0: none */
    uint16_t pm_timer; /* I/O port; 0: none */
    uint16_t pm1a_control, pm1b_control;
    uint16_t sci;    /* its GSI */
    uint8_t century; /* RTC register, or 0 */
    unsigned nr_segments;
    struct acpi_segment segment[ACPI_SEGMENTS];
    uint64_t rsdp; /* physical address; 0: no ACPI */
};

extern const struct acpi_info acpi;

/* Find the tables and read them. False: there are none; then one processor is
 * assumed. Boot CPU, after paging_init(). */
bool acpi_init(paddr_t rsdp);

/* ---- pure parts ---- */

struct PACKED acpi_header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision, creator, creator_revision;
};

/* Is this an RSDP (of 20 bytes, or of 36 when revision is 2 and more)? Then
 * *root is the XSDT's or RSDT's address, *wide whether it is the XSDT. */
bool acpi_parse_rsdp(const void *p, size_t size, uint64_t *root, bool *wide);
/* Does the table's checksum over its length hold? `size` bytes can be read. */
bool acpi_table_ok(const struct acpi_header *t, size_t size);
void acpi_set_defaults(struct acpi_info *info);
/* Take in one table that is ok. Unknown tables are left alone. */
void acpi_parse_table(struct acpi_info *info, const struct acpi_header *t);

#endif
