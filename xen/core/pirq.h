/*
 * pirq.h - physical interrupts, as the domain that owns the machine has them.
 *
 * A PIRQ is a number for an interrupt line (its GSI) or for a message of a
 * device (MSI, MSI-X). It is mapped (it has a vector), then bound to an event
 * channel, which it makes pending. docs/interrupts.md has the whole way.
 *
 * All take the event lock of that domain, d, but where they say that it is
 * held; hypercall context. Errors are negative errnos.
 */
#ifndef XEN_CORE_PIRQ_H
#define XEN_CORE_PIRQ_H

#include "xen/arch/x86/pci.h"
#include "xen/lib/types.h"

struct domain;
struct vcpu;

#define NR_PIRQS 512u

/* How the line is wired. -EEXIST: it is in use, as it was set up before. */
int pirq_setup_gsi(struct domain *d, unsigned gsi, bool level, bool low);
/* The line's PIRQ is the number of its GSI. */
int pirq_map_gsi(struct domain *d, unsigned gsi);

/* A message of a device; or `count` from index 0 on, MSI only. *pirq: the
 * number of the first, < 0: any (they follow each other). */
struct pirq_message {
    struct pci_device device;
    bool msix;
    unsigned index, count;
};
int pirq_map_msi(struct domain *d, const struct pirq_message *m, int *pirq);
/* A number for pirq_map_msi() that is nobody else's from now on. */
int pirq_reserve(struct domain *d);
int pirq_unmap(struct domain *d, unsigned pirq);

/* Write the messages of a device again: it has been reset. */
int pirq_restore(struct domain *d, struct pci_device device);

/* Must the guest say when it has served the interrupt? -EINVAL: no PIRQ. */
int pirq_needs_eoi(unsigned pirq);
int pirq_eoi(struct domain *d, unsigned pirq);
/* A frame of d's in which those PIRQs' bits stand that need it; once. unmask:
 * with EOI goes an unmasking of the event channel. */
int pirq_set_eoi_map(struct domain *d, mfn_t mfn, bool unmask);

/* For event.c, the lock held: pirq makes `port` pending, whose target is v; and
 * no more. -EINVAL: not mapped; -EBUSY: bound, or the hypervisor's own. */
int pirq_start(struct domain *d, unsigned pirq, unsigned port,
               const struct vcpu *v);
void pirq_stop(unsigned pirq);

void pirq_dump(void); /* a debug key */

#endif
