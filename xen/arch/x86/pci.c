/*
 * pci.c - configuration space by ports. PCI 3.0, section 3.2.2.3.2.
 */
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/pci.h"
#include "xen/arch/x86/spinlock.h"

#define PORT_ADDRESS 0xcf8u
#define PORT_DATA    0xcfcu
#define ENABLE       0x80000000u

static struct {
    struct spinlock lock;   /* rank PCI: the two ports */
    uint32_t guest_address; /* what dom0 last wrote to PORT_ADDRESS */
} pci;

static uint32_t address_of(struct pci_device d, unsigned reg)
{
    return ENABLE | (uint32_t)d.bus << 16 | (uint32_t)d.devfn << 8 |
           (reg & 0xfcu);
}

/* port: of PORT_DATA's four. */
static uint32_t read_at(uint32_t address, uint16_t port, unsigned width)
{
    uint64_t flags = spin_lock_irqsave(&pci.lock);
    uint32_t value;

    outl(PORT_ADDRESS, address);
    value = port_read(port, width);
    spin_unlock_irqrestore(&pci.lock, flags);
    return value;
}

static void write_at(uint32_t address, uint16_t port, unsigned width,
                     uint32_t value)
{
    uint64_t flags = spin_lock_irqsave(&pci.lock);

    outl(PORT_ADDRESS, address);
    port_write(port, width, value);
    spin_unlock_irqrestore(&pci.lock, flags);
}

uint32_t pci_read(struct pci_device d, unsigned reg, unsigned width)
{
    if (d.segment)
        return ~0u;
    return read_at(address_of(d, reg), (uint16_t)(PORT_DATA + (reg & 3)),
                   width);
}

void pci_write(struct pci_device d, unsigned reg, unsigned width,
               uint32_t value)
{
    if (!d.segment)
        write_at(address_of(d, reg), (uint16_t)(PORT_DATA + (reg & 3)), width,
                 value);
}

unsigned pci_find_capability(struct pci_device d, unsigned id)
{
    unsigned at, left = 48; /* as many as there is room for: no loop */

    if (!pci_present(d) || !(pci_read(d, PCI_STATUS, 2) & PCI_STATUS_LIST))
        return 0;
    at = pci_read(d, PCI_CAPABILITIES, 1) & 0xfc;
    while (at >= 0x40 && left--) {
        if (pci_read(d, at, 1) == id)
            return at;
        at = pci_read(d, at + 1, 1) & 0xfc;
    }
    return 0;
}

paddr_t pci_bar_address(struct pci_device d, unsigned n)
{
    uint32_t low;
    paddr_t high = 0;

    if (n >= PCI_BARS)
        return 0;
    low = pci_read(d, PCI_BAR(n), 4);
    if (low & PCI_BAR_IO)
        return 0;
    if ((low & PCI_BAR_64) && n + 1 < PCI_BARS)
        high = pci_read(d, PCI_BAR(n + 1), 4);
    return high << 32 | (low & ~PCI_BAR_MEM_FLAGS);
}

/* ---- for the domain that owns the machine ---- */

uint32_t pci_port_in(uint16_t port, unsigned width)
{
    uint32_t address = READ_ONCE(pci.guest_address);

    if (port == PORT_ADDRESS)
        return address;
    return address & ENABLE ? read_at(address, port, width) : ~0u;
}

void pci_port_out(uint16_t port, unsigned width, uint32_t value)
{
    uint32_t address = READ_ONCE(pci.guest_address);

    if (port == PORT_ADDRESS)
        WRITE_ONCE(pci.guest_address, value);
    else if (address & ENABLE)
        write_at(address, port, width, value);
}
