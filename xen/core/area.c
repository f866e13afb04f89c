/*
 * area.c - looking up, holding and writing a guest's registered areas.
 *
 * Locks: the look-up reads page tables under the domain's mmu lock. An area is
 * written by the CPU that runs or switches its vCPU; it is replaced by that
 * vCPU itself with interrupts off, or by another while the vCPU is stopped,
 * and under the domain's lock, since there may be two others.
 */
#include <string.h>
#include <xen/errno.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/core/area.h"
#include "xen/core/domain.h"

static int area_hold(struct domain *d, uintptr_t address, struct page **page,
                     uint8_t **part)
{
    mfn_t mfn = mmu_guest_frame(current_vcpu(), address);

    if (mfn == INVALID_MFN)
        return -XEN_EFAULT;
    *page = mmu_hold(d, mfn);
    if (!*page)
        return -XEN_EFAULT;
    *part = (uint8_t *)mfn_to_virt(mfn) + (address & ~PAGE_MASK);
    return 0;
}

static void area_drop(struct area *a)
{
    if (a->page[0])
        mmu_unhold(a->page[0]);
    if (a->page[1])
        mmu_unhold(a->page[1]);
}

/* Put *new in the place of *a while nobody can be writing to it. */
static int area_replace(struct vcpu *v, struct area *a, const struct area *new)
{
    struct area old;
    uint64_t flags;
    int rc = vcpu_hold_still(v);

    if (rc)
        return rc;
    flags = spin_lock_irqsave(&v->domain->lock);
    old = *a;
    *a = *new;
    spin_unlock_irqrestore(&v->domain->lock, flags);
    vcpu_let_go(v);
    area_drop(&old);
    return 0;
}

void area_release(struct area *a)
{
    area_drop(a);
    memset(a, 0, sizeof(*a));
}

int area_register(struct vcpu *v, struct area *a, uintptr_t guest, size_t size)
{
    struct area new;
    int rc = 0;

    memset(&new, 0, sizeof(new));
    if (guest != 0) {
        if (!guest_range_ok(guest, size))
            return -XEN_EFAULT;
        new.first = PAGE_SIZE - (guest & ~PAGE_MASK);
        rc = area_hold(v->domain, guest, &new.page[0], &new.part[0]);
        if (!rc && new.first < size)
            rc = area_hold(v->domain, guest + new.first, &new.page[1],
                           &new.part[1]);
    }
    if (!rc)
        rc = area_replace(v, a, &new);
    if (rc)
        area_drop(&new);
    return rc;
}

void area_write(struct area *a, size_t offset, const void *from, size_t size)
{
    size_t first;

    if (offset >= a->first) {
        memcpy(a->part[1] + (offset - a->first), from, size);
        return;
    }
    first = a->first - offset < size ? a->first - offset : size;
    memcpy(a->part[0] + offset, from, first);
    if (first < size)
        memcpy(a->part[1], (const uint8_t *)from + first, size - first);
}
