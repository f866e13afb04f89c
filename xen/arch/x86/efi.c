/*
 * efi.c - reads the firmware's system table, once, at boot.
 */
#include <string.h>
#include "xen/arch/x86/efi.h"
#include "xen/arch/x86/paging.h"
#include "xen/lib/log.h"

#define SIGNATURE 0x5453595320494249ull /* "IBI SYST" */

struct system_table {
    uint64_t signature;
    uint32_t revision, header_size, checksum, reserved;
    uint64_t vendor; /* addresses are physical: no one has changed them */
    uint32_t firmware_revision, pad;
    uint64_t console[6];
    uint64_t runtime_services, boot_services;
    uint64_t nr_tables, tables;
};

_Static_assert(sizeof(struct system_table) == 120, "UEFI 2.9, 4.3");

static struct efi_info found;

extern const struct efi_info efi __attribute__((alias("found")));

static void take_vendor(paddr_t paddr)
{
    const uint16_t *vendor = map_firmware(paddr, sizeof(found.vendor));

    if (vendor)
        memcpy(found.vendor, vendor, sizeof(found.vendor));
    found.vendor[EFI_VENDOR_MAX - 1] = 0;
}

void efi_init(paddr_t table)
{
    const struct system_table *t;

    if (!table)
        return;
    t = map_firmware(table, sizeof(*t));
    if (!t || t->signature != SIGNATURE) {
        log_warning("UEFI: no system table at %#lx; dom0 hears of none.",
                    table);
        return;
    }
    found.revision = t->revision;
    found.firmware_revision = t->firmware_revision;
    found.tables = t->tables;
    found.nr_tables = (uint32_t)t->nr_tables;
    take_vendor(t->vendor);
    found.present = true;
    log_info("UEFI %u.%u: %u tables at %#lx", found.revision >> 16,
             (found.revision & 0xffff) / 10, found.nr_tables, found.tables);
}
