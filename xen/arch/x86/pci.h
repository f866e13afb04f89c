/*
 * pci.h - PCI configuration space, by the ports CF8 and CFC.
 *
 * The hypervisor reads and writes it for interrupts; the domain that owns the
 * machine for all else. Both share one address register: so that domain's is
 * kept here, and each access sets the real one, under a lock (rank PCI,
 * interrupts off). Any context.
 */
#ifndef XEN_ARCH_X86_PCI_H
#define XEN_ARCH_X86_PCI_H

#include "xen/lib/types.h"

struct pci_device {
    uint16_t segment; /* only 0 can be reached by ports */
    uint8_t bus, devfn;
};

#define PCI_VENDOR        0x00u
#define PCI_COMMAND       0x04u
#define PCI_STATUS        0x06u
#define PCI_BAR(n)        (0x10u + 4 * (n))
#define PCI_CAPABILITIES  0x34u
#define PCI_CAP_MSI       0x05u
#define PCI_CAP_MSIX      0x11u
#define PCI_BARS          6u
#define PCI_STATUS_LIST   0x10u /* it has capabilities */
#define PCI_BAR_IO        0x1u
#define PCI_BAR_64        0x4u
#define PCI_BAR_MEM_FLAGS 0xfu

/* reg < 256, a multiple of width: 1, 2 or 4 bytes. All ones: nothing there. */
uint32_t pci_read(struct pci_device d, unsigned reg, unsigned width);
void pci_write(struct pci_device d, unsigned reg, unsigned width,
               uint32_t value);

static inline bool pci_present(struct pci_device d)
{
    return (pci_read(d, PCI_VENDOR, 2) & 0xffff) != 0xffff;
}

/* Where capability `id` stands; 0: the device has none. */
unsigned pci_find_capability(struct pci_device d, unsigned id);
/* Where the memory of its BAR n begins; 0: it is not a BAR of memory. */
paddr_t pci_bar_address(struct pci_device d, unsigned n);

/* Is the access the guest's use of CF8 to CFF as configuration space? Then do
 * it for the domain that owns the machine. (Bytes of CF8 to CFB are other
 * registers of the chipset.) */
static inline bool pci_is_port(uint16_t port, unsigned width)
{
    return (port == 0xcf8 && width == 4) || (port >> 2 == 0xcfc >> 2);
}
uint32_t pci_port_in(uint16_t port, unsigned width);
void pci_port_out(uint16_t port, unsigned width, uint32_t value);

#endif
