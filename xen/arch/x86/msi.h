/*
 * msi.h - message-signalled interrupts of a device: where its message goes,
 * and whether it may send it.
 *
 * The hypervisor writes messages and masks; enabling MSI or MSI-X as such is
 * left to the driver in dom0, by configuration space. The caller keeps others
 * off the same device meanwhile.
 */
#ifndef XEN_ARCH_X86_MSI_H
#define XEN_ARCH_X86_MSI_H

#include "xen/arch/x86/pci.h"

struct msi {
    struct pci_device device;
    unsigned capability;  /* in configuration space */
    unsigned index;       /* of the message, among the device's */
    volatile char *entry; /* of the MSI-X table; NULL: MSI */
};

/* MSI: how many messages the device may send, or 0: it has no MSI. */
unsigned msi_capacity(struct pci_device d);
/* MSI-X: physical address of entry `index` of its table; 0: it has none. */
paddr_t msix_entry_address(struct pci_device d, unsigned index);

/* The message `index` of a device that has it, as the two above say; entry:
 * for MSI-X, the address of the entry, mapped. */
struct msi msi_make(struct pci_device d, unsigned index, volatile char *entry);

/* From now on it arrives as `vector` on `cpu`. MSI has one message for all: the
 * device adds the index to the vector; so it is set for index 0 alone, with
 * `count` messages enabled (a power of two) and a vector that is a multiple of
 * that. */
void msi_set_message(const struct msi *m, unsigned vector, unsigned cpu,
                     unsigned count);
/* Another CPU, the same vector: safe while interrupts come in. */
void msi_set_cpu(const struct msi *m, unsigned cpu);
void msi_mask(const struct msi *m, bool masked); /* no effect where it can't */

#endif
