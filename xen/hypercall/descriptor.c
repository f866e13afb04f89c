/*
 * descriptor.c - update_descriptor: one entry of a table that guests load
 * segments from.
 */
#include <xen/errno.h>
#include "xen/core/domain.h"
#include "xen/core/pagetable.h"
#include "xen/core/pagetype.h"
#include "xen/hypercall/hypercall.h"

/* The frame may be a descriptor table in use, or ordinary memory that a guest
 * fills to make it one. mmu.lock keeps its type between check and write. */
static int write_descriptor(struct domain *d, mfn_t mfn, unsigned index,
                            uint64_t value)
{
    struct page *page = mfn_to_page(mfn);
    int rc = page_get_typed(d, mfn, PT_SEGDESC);

    if (!rc) {
        ((uint64_t *)mfn_to_virt(mfn))[index] = value;
        dirty_wrote(mfn);
        page_put_typed(d, page);
        return 0;
    }
    if (!mfn_valid(mfn) || !page_get_writable(page, d))
        return -XEN_EINVAL;
    ((uint64_t *)mfn_to_virt(mfn))[index] = value;
    dirty_wrote(mfn);
    page_put_writable(page);
    return 0;
}

/* update_descriptor(uint64_t machine_address, uint64_t descriptor) */
int64_t hypercall_update_descriptor(uint64_t a, uint64_t b, uint64_t c,
                                    uint64_t d, uint64_t e, uint64_t f)
{
    struct domain *domain = current_domain();
    int rc;

    (void)c, (void)d, (void)e, (void)f;
    if (a & 7 || !pagetable_descriptor_ok(&b))
        return -XEN_EINVAL;
    spin_lock(&domain->mmu.lock);
    rc = write_descriptor(domain, paddr_to_mfn(a),
                          (unsigned)(a & (PAGE_SIZE - 1)) / 8, b);
    spin_unlock(&domain->mmu.lock);
    return rc;
}
