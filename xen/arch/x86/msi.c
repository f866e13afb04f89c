/*
 * msi.c - MSI and MSI-X. PCI 3.0, section 6.8; the message: SDM 3A 10.11.
 *
 * A vector means the same on every CPU, so moving an interrupt changes the
 * address's low word alone: in one write, at any time.
 */
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/msi.h"
#include "xen/arch/x86/smp.h"

#define MESSAGE_ADDRESS 0xfee00000u
#define MESSAGE_CPU     12u /* shift of the APIC's id */

/* Of the MSI capability. */
#define CONTROL          0x02u
#define CONTROL_CAPACITY 1u /* shift: log2 of messages that there may be */
#define CONTROL_COUNT    4u /* ... that are enabled */
#define CONTROL_64       0x80u
#define CONTROL_MASKS    0x100u
#define ADDRESS          0x04u
#define ADDRESS_HIGH     0x08u
#define DATA(control)    ((control)&CONTROL_64 ? 0x0cu : 0x08u)
#define MASKS(control)   ((control)&CONTROL_64 ? 0x10u : 0x0cu)

/* Of the MSI-X capability, and of an entry of its table. */
#define MSIX_SIZE      0x7ffu /* in CONTROL, less one */
#define MSIX_TABLE     0x04u
#define MSIX_TABLE_BAR 0x7u
#define ENTRY_SIZE     16u
#define ENTRY_ADDRESS  0u
#define ENTRY_HIGH     4u
#define ENTRY_DATA     8u
#define ENTRY_CONTROL  12u
#define ENTRY_MASKED   1u

static uint32_t control_of(const struct msi *m)
{
    return pci_read(m->device, m->capability + CONTROL, 2);
}

unsigned msi_capacity(struct pci_device d)
{
    unsigned at = pci_find_capability(d, PCI_CAP_MSI);
    unsigned log;

    if (!at)
        return 0;
    log = pci_read(d, at + CONTROL, 2) >> CONTROL_CAPACITY & 7;
    return 1u << (log > 5 ? 5 : log);
}

paddr_t msix_entry_address(struct pci_device d, unsigned index)
{
    unsigned at = pci_find_capability(d, PCI_CAP_MSIX);
    uint32_t table;
    paddr_t bar;

    if (!at || index > (pci_read(d, at + CONTROL, 2) & MSIX_SIZE))
        return 0;
    table = pci_read(d, at + MSIX_TABLE, 4);
    bar = pci_bar_address(d, table & MSIX_TABLE_BAR);
    return bar ? bar + (table & ~MSIX_TABLE_BAR) + index * ENTRY_SIZE : 0;
}

struct msi msi_make(struct pci_device d, unsigned index, volatile char *entry)
{
    return (struct msi){
        .device = d,
        .capability = pci_find_capability(d,
                                          entry ? PCI_CAP_MSIX : PCI_CAP_MSI),
        .index = index,
        .entry = entry,
    };
}

static uint32_t address_to(unsigned cpu)
{
    return MESSAGE_ADDRESS | smp_apic_id(cpu) << MESSAGE_CPU;
}

void msi_set_cpu(const struct msi *m, unsigned cpu)
{
    if (m->entry)
        mmio_write32(m->entry + ENTRY_ADDRESS, address_to(cpu));
    else
        pci_write(m->device, m->capability + ADDRESS, 4, address_to(cpu));
}

static void set_msi(const struct msi *m, unsigned vector, unsigned count)
{
    uint32_t control = control_of(m);

    control &= ~(7u << CONTROL_COUNT);
    control |= (uint32_t)__builtin_ctz(count) << CONTROL_COUNT;
    if (control & CONTROL_64)
        pci_write(m->device, m->capability + ADDRESS_HIGH, 4, 0);
    pci_write(m->device, m->capability + DATA(control), 2, vector);
    pci_write(m->device, m->capability + CONTROL, 2, control);
}

void msi_set_message(const struct msi *m, unsigned vector, unsigned cpu,
                     unsigned count)
{
    msi_set_cpu(m, cpu);
    if (m->entry) {
        mmio_write32(m->entry + ENTRY_HIGH, 0);
        mmio_write32(m->entry + ENTRY_DATA, vector);
    } else {
        set_msi(m, vector, count);
    }
}

static void mask_msi(const struct msi *m, bool masked)
{
    uint32_t control = control_of(m), masks, bit = 1u << m->index;

    if (!(control & CONTROL_MASKS))
        return;
    masks = pci_read(m->device, m->capability + MASKS(control), 4);
    masks = masked ? masks | bit : masks & ~bit;
    pci_write(m->device, m->capability + MASKS(control), 4, masks);
}

void msi_mask(const struct msi *m, bool masked)
{
    if (m->entry)
        mmio_write32(m->entry + ENTRY_CONTROL, masked ? ENTRY_MASKED : 0);
    else
        mask_msi(m, masked);
}
