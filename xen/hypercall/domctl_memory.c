/*
 * domctl_memory.c - domctl: how much memory a domain may have, and what its
 * frames are used for. What fills them goes by memory_op and the mmu
 * hypercalls, as for one's own.
 */
#include <xen/errno.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/core/pagetype.h"
#include "xen/hypercall/domctl_private.h"

int domctl_max_mem(struct domain *d, struct xen_domctl *op)
{
    spin_lock(&d->mmu.page_lock);
    d->mmu.max_pages = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);
    spin_unlock(&d->mmu.page_lock);
    return 0;
}

int domctl_hypercall_init(struct domain *d, struct xen_domctl *op)
{
    struct page *page = mmu_hold(d, op->u.hypercall_init.gmfn);

    if (!page)
        return -XEN_EACCES;
    pv_fill_hypercall_page(mfn_to_virt(op->u.hypercall_init.gmfn));
    mmu_unhold(page);
    return 0;
}

/* ---- what frames are used for ---- */

#define FRAMES_AT_ONCE 1024u /* as in Xen: so much libxc asks for */

static uint64_t describe(struct domain *d, mfn_t mfn)
{
    struct page *page = mfn_to_page(mfn);
    uint64_t type = XEN_DOMCTL_PFINFO_XTAB, word;

    if (!mfn_valid(mfn) || !page_get(page, d))
        return type;
    word = page_word(page);
    type = (uint64_t)page_table_level(word) << XEN_DOMCTL_PFINFO_LTAB_SHIFT;
    if (word & PAGE_PINNED)
        type |= XEN_DOMCTL_PFINFO_LPINTAB;
    page_put(page);
    return type;
}

/* Each frame number of the array becomes the frame's type. */
int domctl_getpageframeinfo3(struct domain *d, struct xen_domctl *op)
{
    uintptr_t at = guest_handle(op->u.getpageframeinfo3.array);
    uint64_t word, left = op->u.getpageframeinfo3.num;

    if (left > FRAMES_AT_ONCE)
        return -XEN_E2BIG;
    for (; left; left--, at += sizeof(word)) {
        if (copy_from_guest(&word, at, sizeof(word)))
            return -XEN_EFAULT;
        word = describe(d, word);
        if (copy_to_guest(at, &word, sizeof(word)))
            return -XEN_EFAULT;
        preempt_point();
    }
    return 0;
}

/* ---- 64 bits, and no other ---- */

int domctl_set_address_size(struct domain *d, struct xen_domctl *op)
{
    (void)d;
    if (op->u.address_size.size == 64)
        return 0;
    return op->u.address_size.size == 32 ? -XEN_EOPNOTSUPP : -XEN_EINVAL;
}

int domctl_get_address_size(struct domain *d, struct xen_domctl *op)
{
    (void)d;
    op->u.address_size.size = 64;
    return 0;
}
