/*
 * grant_copy.c - copying between frames, granted or the caller's own.
 */
#include <xen/errno.h>
#include <string.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/core/domain.h"
#include "xen/core/grant.h"
#include "xen/core/pagetype.h"
#include "xen/hypercall/grant_private.h"

/* One side of a copy, held. */
struct side {
    struct domain *d; /* whose frame; with a reference */
    struct page *page;
    uint32_t ref;
    bool granted, write;
};

static int hold_side(struct side *s, const struct gnttab_copy_ptr *p,
                     uint16_t flags)
{
    mfn_t mfn = p->u.gmfn;
    int rc = GNTST_okay;

    s->granted = flags & (s->write ? GNTCOPY_dest_gref : GNTCOPY_source_gref);
    if (!s->granted && p->domid != DOMID_SELF)
        return GNTST_permission_denied;
    s->d = domain_get(p->domid);
    if (!s->d)
        return GNTST_bad_domain;
    s->ref = p->u.ref;
    if (s->granted)
        rc = grant_pin(s->d, s->ref, current_domain()->id, s->write, &mfn);
    if (!rc) {
        s->page = mfn_to_page(mfn);
        if (mfn_valid(mfn) && (s->write ? page_get_writable(s->page, s->d)
                                        : page_get(s->page, s->d)))
            return GNTST_okay;
        rc = GNTST_bad_page;
        if (s->granted)
            grant_unpin(s->d, s->ref, s->write);
    }
    domain_put(s->d);
    return rc;
}

static void drop_side(const struct side *s)
{
    if (s->write)
        page_put_writable(s->page);
    else
        page_put(s->page);
    if (s->granted)
        grant_unpin(s->d, s->ref, s->write);
    domain_put(s->d);
}

static void copy_bytes(char *to, const char *from, size_t n)
{
    if (likely(n == PAGE_SIZE))
        page_copy(to, from);
    else
        memcpy(to, from, n);
}

static int copy_one(const struct gnttab_copy *op)
{
    struct side source = { .write = false }, dest = { .write = true };
    int rc;

    if (unlikely(op->source.offset + op->len > PAGE_SIZE ||
                 op->dest.offset + op->len > PAGE_SIZE))
        return GNTST_bad_copy_arg;
    rc = hold_side(&source, &op->source, op->flags);
    if (unlikely(rc))
        return rc;
    rc = hold_side(&dest, &op->dest, op->flags);
    if (likely(!rc)) {
        copy_bytes((char *)mfn_to_virt(page_to_mfn(dest.page)) +
                       op->dest.offset,
                   (const char *)mfn_to_virt(page_to_mfn(source.page)) +
                       op->source.offset,
                   op->len);
        drop_side(&dest);
    }
    drop_side(&source);
    return rc;
}

int64_t grant_op_copy(uintptr_t arg, unsigned count)
{
    struct gnttab_copy op;
    unsigned i;

    for (i = 0; i < count; i++, arg += sizeof(op)) {
        if (unlikely(copy_from_guest(&op, arg, sizeof(op))))
            return -XEN_EFAULT;
        op.status = (int16_t)copy_one(&op);
        if (unlikely(copy_to_guest(arg + offsetof(struct gnttab_copy, status),
                                   &op.status, sizeof(op.status))))
            return -XEN_EFAULT;
        if (i + 1 < count)
            preempt_point();
    }
    return 0;
}
