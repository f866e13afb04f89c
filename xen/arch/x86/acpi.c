/*
 * acpi.c - finds the firmware's tables in memory and takes them in.
 */
#include <string.h>
#include "xen/arch/x86/acpi.h"
#include "xen/arch/x86/paging.h"
#include "xen/lib/log.h"

#define TABLE_MAX (1u << 20) /* longer than any real table that we read */

static struct acpi_info found;

extern const struct acpi_info acpi __attribute__((alias("found")));

/* The table at paddr, mapped whole, with a good checksum; or NULL. */
static const struct acpi_header *map_table(paddr_t paddr)
{
    const struct acpi_header *t = map_firmware(paddr, sizeof(*t));
    uint32_t length;

    if (!t)
        return NULL;
    length = t->length;
    if (length < sizeof(*t) || length > TABLE_MAX)
        return NULL;
    t = map_firmware(paddr, length);
    if (!t || acpi_table_ok(t, length))
        return t;
    log_warning("ACPI table %.4s at %#lx has a wrong checksum; left out.",
                t->signature, paddr);
    return NULL;
}

static void take_root(paddr_t root, bool wide)
{
    const struct acpi_header *r = map_table(root);
    const char *entries = (const char *)(r + 1);
    size_t entry_size = wide ? 8 : 4;

    if (!r)
        return;
    for (size_t at = 0; at + entry_size <= r->length - sizeof(*r);
         at += entry_size) {
        const struct acpi_header *t;
        uint64_t address = 0;

        memcpy(&address, entries + at, entry_size);
        t = map_table(address);
        if (!t)
            continue;
        log_debug("ACPI %.4s %#lx %u bytes", t->signature, address, t->length);
        acpi_parse_table(&found, t);
    }
}

/* Search [start, end) for an RSDP, on 16-byte boundaries: section 5.2.5.1. */
static paddr_t search_rsdp(paddr_t start, paddr_t end)
{
    const char *p = map_firmware(start, end - start);
    uint64_t root;
    bool wide;

    for (paddr_t at = 0; p && at + 36 <= end - start; at += 16)
        if (acpi_parse_rsdp(p + at, 36, &root, &wide))
            return start + at;
    return 0;
}

static paddr_t find_rsdp(void)
{
    const uint16_t *ebda = map_firmware(0x40e, 2);
    paddr_t at = ebda ? (paddr_t)*ebda << 4 : 0;
    paddr_t rsdp = 0;

    if (at >= 0x80000 && at < 0xa0000)
        rsdp = search_rsdp(at, at + 1024);
    return rsdp ? rsdp : search_rsdp(0xe0000, 0x100000);
}

bool acpi_init(paddr_t rsdp)
{
    const void *p;
    uint64_t root;
    bool wide;

    acpi_set_defaults(&found);
    if (!rsdp)
        rsdp = find_rsdp();
    p = rsdp ? map_firmware(rsdp, 36) : NULL;
    if (!p || !acpi_parse_rsdp(p, 36, &root, &wide)) {
        log_warning("No ACPI tables: one processor, default interrupts.");
        return false;
    }
    found.rsdp = rsdp;
    take_root(root, wide);
    log_info("ACPI: %u CPUs, %u IO-APICs, HPET %#lx, PM timer %#x",
             found.nr_cpus, found.nr_ioapics, found.hpet, found.pm_timer);
    if (found.nr_cpus_left_out)
        log_warning("%u CPUs more than %u are left out.",
                    found.nr_cpus_left_out, ACPI_CPUS);
    return true;
}
