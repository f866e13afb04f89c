/*
 * memory_resource.c - XENMEM_acquire_resource: the frames of a domain's grant
 * table, for the toolstack to map and fill before the domain runs.
 */
#include <xen/errno.h>
#include <xen/memory.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/core/domain.h"
#include "xen/core/grant.h"
#include "xen/hypercall/memory_private.h"
#include "xen/hypercall/mmu_private.h"

static int put_frames(const struct domain *d,
                      const struct xen_mem_acquire_resource *r)
{
    uint32_t i;

    for (i = 0; i < r->nr_frames; i++) {
        xen_pfn_t mfn = page_to_mfn(d->grant->frame[r->frame + i]);

        if (copy_to_guest(guest_handle(r->frame_list) + i * sizeof(mfn), &mfn,
                          sizeof(mfn)))
            return -XEN_EFAULT;
    }
    return 0;
}

int64_t memory_acquire_resource(uintptr_t arg)
{
    struct xen_mem_acquire_resource r;
    struct domain *d;
    int rc;

    if (copy_from_guest(&r, arg, sizeof(r)))
        return -XEN_EFAULT;
    if (r.pad || r.type != XENMEM_resource_grant_table ||
        r.id != XENMEM_resource_grant_table_id_shared)
        return -XEN_EOPNOTSUPP;
    rc = mmu_subject(r.domid, &d);
    if (rc)
        return rc;
    if (!guest_handle(r.frame_list) && !r.nr_frames) {
        r.nr_frames = d->grant->max_frames; /* it asks how many there can be */
        rc = copy_to_guest(arg, &r, sizeof(r));
    } else if (r.frame > d->grant->max_frames ||
               r.nr_frames > d->grant->max_frames - r.frame) {
        rc = -XEN_EINVAL;
    } else {
        rc = grant_grow(d, (unsigned)r.frame + r.nr_frames);
        if (!rc)
            rc = put_frames(d, &r);
    }
    mmu_subject_put(d);
    return rc;
}
