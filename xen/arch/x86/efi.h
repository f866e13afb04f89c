/*
 * efi.h - what UEFI firmware left: its system table, for dom0.
 *
 * The hypervisor calls no runtime service, and needs none of the tables but
 * ACPI's, whose place the loader says. UEFI 2.9, section 4.3.
 */
#ifndef XEN_ARCH_X86_EFI_H
#define XEN_ARCH_X86_EFI_H

#include "xen/lib/types.h"

#define EFI_VENDOR_MAX 64u

struct efi_info {
    bool present;
    uint32_t revision;          /* of the specification */
    uint32_t firmware_revision; /* the vendor's own */
    uint64_t tables;            /* physical address of the list of tables */
    uint32_t nr_tables;
    uint16_t vendor[EFI_VENDOR_MAX]; /* UCS-2, ends with 0 */
};

extern const struct efi_info efi; /* constant after efi_init() */

/* Read the system table at `table` (0: none), after paging_init(). */
void efi_init(paddr_t table);

#endif
