/*
 * store_ring.h - an empty xenstore for boot-time domains that insist on one.
 *
 * Without a toolstack nobody keeps a store. Linux does without; a guest that
 * would wait for an answer for ever (GRUB) is told that there is nothing.
 */
#ifndef XEN_CORE_STORE_RING_H
#define XEN_CORE_STORE_RING_H

#include "xen/core/domain.h"

/* Serve the page `mfn` of d (public io/xs_wire.h) as an empty store: sets
 * d->store_port. 0, -EINVAL: not d's frame, -ENOMEM, -ENOSPC. */
int store_ring_create(struct domain *d, mfn_t mfn);
void store_ring_destroy(struct domain *d);
/* Its page, or NULL. */
const struct page *store_ring_page(const struct domain *d);

#endif
