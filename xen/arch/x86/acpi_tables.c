/*
 * acpi_tables.c - takes in ACPI tables. Pure: reads nothing but the table that
 * it is given, and that only within its length.
 */
#include <string.h>
#include "xen/arch/x86/acpi.h"

/* Fields may lie anywhere: read through memcpy. The caller checked bounds. */
static uint16_t get16(const uint8_t *p)
{
    uint16_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static uint64_t get64(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static bool sum_is_zero(const void *p, size_t size)
{
    const uint8_t *byte = p;
    uint8_t sum = 0;

    while (size--)
        sum = (uint8_t)(sum + *byte++);
    return sum == 0;
}

bool acpi_parse_rsdp(const void *p, size_t size, uint64_t *root, bool *wide)
{
    const uint8_t *rsdp = p;

    if (size < 20 || memcmp(rsdp, "RSD PTR ", 8) || !sum_is_zero(rsdp, 20))
        return false;
    *wide = rsdp[15] >= 2 && size >= 36 && sum_is_zero(rsdp, 36) &&
            get64(rsdp + 24);
    *root = *wide ? get64(rsdp + 24) : get32(rsdp + 16);
    return *root != 0;
}

bool acpi_table_ok(const struct acpi_header *t, size_t size)
{
    return size >= sizeof(*t) && t->length >= sizeof(*t) && t->length <= size &&
           sum_is_zero(t, t->length);
}

void acpi_set_defaults(struct acpi_info *info)
{
    memset(info, 0, sizeof(*info));
    info->local_apic = 0xfee00000;
    for (unsigned i = 0; i < ACPI_ISA_IRQS; i++)
        info->isa[i].gsi = i;
}

/* ---- MADT: section 5.2.12 ---- */
#define MADT_ENABLED        1u
#define MADT_ONLINE_CAPABLE 2u

static void add_cpu(struct acpi_info *info, uint32_t apic_id, uint32_t acpi_id,
                    uint32_t flags)
{
    if (!(flags & MADT_ENABLED))
        return;
    for (unsigned i = 0; i < info->nr_cpus; i++)
        if (info->cpu[i].apic_id == apic_id)
            return; /* listed as APIC and x2APIC */
    if (info->nr_cpus == ACPI_CPUS)
        info->nr_cpus_left_out++;
    else
        info->cpu[info->nr_cpus++] = (struct acpi_cpu){ apic_id, acpi_id };
}

static void madt_entry(struct acpi_info *info, const uint8_t *e, size_t size)
{
    if (e[0] == 0 && size >= 8) {
        add_cpu(info, e[3], e[2], get32(e + 4));
    } else if (e[0] == 1 && size >= 12) {
        if (info->nr_ioapics < ACPI_IOAPICS)
            info->ioapic[info->nr_ioapics++] =
                (struct acpi_ioapic){ e[2], get32(e + 4), get32(e + 8) };
    } else if (e[0] == 2 && size >= 10) {
        if (e[2] == 0 && e[3] < ACPI_ISA_IRQS)
            info->isa[e[3]] = (struct acpi_isa_irq){ get32(e + 4),
                                                     get16(e + 8) };
    } else if (e[0] == 5 && size >= 12) {
        info->local_apic = get64(e + 4);
    } else if (e[0] == 9 && size >= 16) {
        add_cpu(info, get32(e + 4), get32(e + 12), get32(e + 8));
    }
}

static void parse_madt(struct acpi_info *info, const uint8_t *t, size_t size)
{
    size_t at = 44;

    if (size < at)
        return;
    info->local_apic = get32(t + 36);
    while (at + 2 <= size) {
        size_t length = t[at + 1];

        if (length < 2 || length > size - at)
            return;
        madt_entry(info, t + at, length);
        at += length;
    }
}

/* ---- FADT: section 5.2.9 ---- */
static void parse_fadt(struct acpi_info *info, const uint8_t *t, size_t size)
{
    if (size < 116)
        return;
    info->sci = get16(t + 46);
    info->pm1a_control = (uint16_t)get32(t + 64);
    info->pm1b_control = (uint16_t)get32(t + 68);
    info->pm_timer = (uint16_t)get32(t + 76);
    info->century = t[108];
}

/* ---- HPET description: HPET 1.0a section 3.2.4 ---- */
static void parse_hpet(struct acpi_info *info, const uint8_t *t, size_t size)
{
    if (size >= 56 && t[40] == 0) /* in memory space */
        info->hpet = get64(t + 44);
}

/* ---- MCFG: PCI Firmware 3.2, section 4.1.2 ---- */
static void parse_mcfg(struct acpi_info *info, const uint8_t *t, size_t size)
{
    for (size_t at = 44; at + 16 <= size; at += 16)
        if (info->nr_segments < ACPI_SEGMENTS)
            info->segment[info->nr_segments++] = (struct acpi_segment){
                get64(t + at), get16(t + at + 8), t[at + 10], t[at + 11]
            };
}

void acpi_parse_table(struct acpi_info *info, const struct acpi_header *t)
{
    const uint8_t *bytes = (const uint8_t *)t;

    if (!memcmp(t->signature, "APIC", 4))
        parse_madt(info, bytes, t->length);
    else if (!memcmp(t->signature, "FACP", 4))
        parse_fadt(info, bytes, t->length);
    else if (!memcmp(t->signature, "HPET", 4))
        parse_hpet(info, bytes, t->length);
    else if (!memcmp(t->signature, "MCFG", 4))
        parse_mcfg(info, bytes, t->length);
}
