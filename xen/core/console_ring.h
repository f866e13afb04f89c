/*
 * console_ring.h - the console of a boot-time domain: its ring, of which the
 * hypervisor is the other end.
 *
 * What the guest writes comes out on the hypervisor's console, line by line,
 * after the domain's name; what is typed goes to one domain at a time.
 */
#ifndef XEN_CORE_CONSOLE_RING_H
#define XEN_CORE_CONSOLE_RING_H

#include "xen/lib/types.h"

struct domain;

/* Serve the ring in frame mfn of d, from its own new event channel. 0, or a
 * negative errno. */
int console_ring_create(struct domain *d, mfn_t mfn);
/* d, to which the caller has a reference, gives its ring and the focus back. */
void console_ring_destroy(struct domain *d);

/* Send what is typed to d, or (NULL) to nobody. A domain without a ring hears
 * of it by VIRQ_CONSOLE, and reads it here: how many characters it got. */
void console_ring_focus(struct domain *d);
size_t console_input_read(struct domain *d, char *out, size_t size);

#endif
