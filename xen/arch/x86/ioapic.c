/*
 * ioapic.c - the IO-APICs. Intel 82093AA data sheet, section 3.
 */
#include "xen/arch/x86/acpi.h"
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/ioapic.h"
#include "xen/arch/x86/paging.h"
#include "xen/arch/x86/smp.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/lib/log.h"

#define REG_VERSION  0x01
#define REG_ENTRY(n) (0x10 + 2 * (n))
#define SELECT       0x00
#define WINDOW       0x10

#define PIC_MASTER 0x21
#define PIC_SLAVE  0xa1

static struct {
    struct spinlock lock; /* rank IOAPIC: each pair of SELECT and WINDOW */
    volatile char *registers[ACPI_IOAPICS]; /* NULL: none */
    unsigned lines[ACPI_IOAPICS];
    uint64_t ours[IOAPIC_GSIS / 64]; /* GSIs that the hypervisor itself uses */
} ioapics;

static uint32_t get(unsigned index, unsigned reg)
{
    mmio_write32(ioapics.registers[index] + SELECT, reg);
    return mmio_read32(ioapics.registers[index] + WINDOW);
}

static void set(unsigned index, unsigned reg, uint32_t value)
{
    mmio_write32(ioapics.registers[index] + SELECT, reg);
    mmio_write32(ioapics.registers[index] + WINDOW, value);
}

/* Which IO-APIC and which of its lines has this GSI? */
static bool find(unsigned gsi, unsigned *index, unsigned *line)
{
    for (unsigned i = 0; i < acpi.nr_ioapics; i++)
        if (ioapics.registers[i] && gsi >= acpi.ioapic[i].gsi_base &&
            gsi - acpi.ioapic[i].gsi_base < ioapics.lines[i]) {
            *index = i;
            *line = gsi - acpi.ioapic[i].gsi_base;
            return true;
        }
    return false;
}

bool ioapic_route(unsigned gsi, unsigned vector, unsigned cpu, uint32_t flags)
{
    unsigned index, line;
    uint64_t irq_flags;

    if (!find(gsi, &index, &line))
        return false;
    irq_flags = spin_lock_irqsave(&ioapics.lock);
    set(index, REG_ENTRY(line), IOAPIC_MASKED);
    set(index, REG_ENTRY(line) + 1, smp_apic_id(cpu) << 24);
    set(index, REG_ENTRY(line), flags | vector);
    spin_unlock_irqrestore(&ioapics.lock, irq_flags);
    return true;
}

bool ioapic_route_isa(unsigned irq, unsigned vector, unsigned cpu)
{
    uint32_t flags = 0;

    if (irq >= ACPI_ISA_IRQS)
        return false;
    if ((acpi.isa[irq].flags & 0x3) == 0x3)
        flags |= IOAPIC_LOW;
    if ((acpi.isa[irq].flags & 0xc) == 0xc)
        flags |= IOAPIC_LEVEL;
    if (acpi.isa[irq].gsi < IOAPIC_GSIS)
        ioapics.ours[acpi.isa[irq].gsi / 64] |= 1ul << acpi.isa[irq].gsi % 64;
    return ioapic_route(acpi.isa[irq].gsi, vector, cpu, flags);
}

bool ioapic_is_ours(unsigned gsi)
{
    return gsi < IOAPIC_GSIS && ioapics.ours[gsi / 64] >> gsi % 64 & 1;
}

void ioapic_set_cpu(unsigned gsi, unsigned cpu)
{
    unsigned index, line;
    uint64_t flags;

    if (!find(gsi, &index, &line))
        return;
    flags = spin_lock_irqsave(&ioapics.lock);
    set(index, REG_ENTRY(line) + 1, smp_apic_id(cpu) << 24);
    spin_unlock_irqrestore(&ioapics.lock, flags);
}

void ioapic_mask(unsigned gsi, bool masked)
{
    unsigned index, line;
    uint32_t entry;
    uint64_t flags;

    if (!find(gsi, &index, &line))
        return;
    flags = spin_lock_irqsave(&ioapics.lock);
    entry = get(index, REG_ENTRY(line)) & ~IOAPIC_MASKED;
    set(index, REG_ENTRY(line), masked ? entry | IOAPIC_MASKED : entry);
    spin_unlock_irqrestore(&ioapics.lock, flags);
}

bool ioapic_read(unsigned index, unsigned reg, uint32_t *value)
{
    uint64_t flags;

    if (!ioapic_lines(index) || reg >= REG_ENTRY(ioapics.lines[index]))
        return false;
    flags = spin_lock_irqsave(&ioapics.lock);
    *value = get(index, reg);
    spin_unlock_irqrestore(&ioapics.lock, flags);
    return true;
}

unsigned ioapic_lines(unsigned index)
{
    return index < ACPI_IOAPICS ? ioapics.lines[index] : 0;
}

unsigned ioapic_gsi_base(unsigned index)
{
    return index < acpi.nr_ioapics ? acpi.ioapic[index].gsi_base : 0;
}

unsigned ioapic_gsis(void)
{
    unsigned end = 0;

    for (unsigned i = 0; i < acpi.nr_ioapics; i++)
        if (ioapics.lines[i] && ioapic_gsi_base(i) + ioapics.lines[i] > end)
            end = ioapic_gsi_base(i) + ioapics.lines[i];
    return end < IOAPIC_GSIS ? end : IOAPIC_GSIS;
}

static void init_one(unsigned index)
{
    ioapics.registers[index] = map_device(acpi.ioapic[index].address,
                                          PAGE_SIZE);
    if (!ioapics.registers[index]) {
        log_error("IO-APIC %u at %#x can't be mapped.", index,
                  acpi.ioapic[index].address);
        return;
    }
    ioapics.lines[index] = ((get(index, REG_VERSION) >> 16) & 0xff) + 1;
    for (unsigned line = 0; line < ioapics.lines[index]; line++)
        set(index, REG_ENTRY(line), IOAPIC_MASKED);
}

void ioapic_init(void)
{
    outb(PIC_MASTER, 0xff);
    outb(PIC_SLAVE, 0xff);
    for (unsigned i = 0; i < acpi.nr_ioapics; i++)
        init_one(i);
}
