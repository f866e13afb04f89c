/*
 * area.h - a guest's memory that the hypervisor writes to at any time: a
 * registered runstate area or secondary time area.
 *
 * The guest names it by a virtual address. Its frames are looked up and held
 * (as writable data) when it is registered, and written through the direct
 * map: so the scheduler can write them whatever address space is loaded, and
 * never faults. An area of at most one page crosses at most one page boundary.
 */
#ifndef XEN_CORE_AREA_H
#define XEN_CORE_AREA_H

#include "xen/lib/types.h"

struct vcpu;
struct page;

struct area {
    struct page *page[2]; /* held; [1] only when it crosses a boundary */
    uint8_t *part[2];     /* in the direct map; part[0] NULL: none */
    size_t first;         /* bytes in part[0] */
};

/* Register [guest, guest + size), as the current vCPU maps it, for v of the
 * same domain; guest 0: no area any more. 0; -EFAULT: not mapped, or not
 * writable data; -EBUSY: see vcpu_hold_still(). */
int area_register(struct vcpu *v, struct area *a, uintptr_t guest, size_t size);
void area_release(struct area *a); /* its vCPU is gone for good */

static inline bool area_present(const struct area *a)
{
    return a->part[0] != NULL;
}

/* Write size bytes at `offset` of a; size as registered. */
void area_write(struct area *a, size_t offset, const void *from, size_t size);

#endif
