/*
 * grant_copy.c - copying between frames, granted or the caller's own.
 */
#include <xen/errno.h>
#include <string.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/core/dirty.h"
#include "xen/core/domain.h"
#include "xen/core/grant.h"
#include "xen/core/pagetype.h"
#include "xen/hypercall/again.h"
#include "xen/hypercall/grant_private.h"

/* One side of a copy, held. */
struct side {
    struct domain *d; /* whose frame; with a reference if it is granted */
    struct page *page;
    uint32_t ref;
    bool granted;
};

static inline bool hold_page(struct side *s, mfn_t mfn, bool write)
{
    s->page = mfn_to_page(mfn);
    return mfn_valid(mfn) &&
           (write ? page_get_writable(s->page, s->d) : page_get(s->page, s->d));
}

static inline int hold_own(struct side *s, const struct gnttab_copy_ptr *p,
                           bool write)
{
    if (unlikely(p->domid != DOMID_SELF))
        return GNTST_permission_denied;
    s->d = current_domain();
    return hold_page(s, p->u.gmfn, write) ? GNTST_okay : GNTST_bad_page;
}

static inline int hold_granted(struct side *s, const struct gnttab_copy_ptr *p,
                               bool write)
{
    mfn_t mfn;
    int rc;

    s->ref = p->u.ref;
    s->d = domain_get(p->domid);
    if (unlikely(!s->d))
        return GNTST_bad_domain;
    rc = grant_pin(s->d, s->ref, current_domain()->id, write, &mfn);
    if (likely(!rc)) {
        if (likely(hold_page(s, mfn, write)))
            return GNTST_okay;
        grant_unpin(s->d, s->ref, write);
        rc = GNTST_bad_page;
    }
    domain_put(s->d);
    return rc;
}

static inline int hold_side(struct side *s, const struct gnttab_copy_ptr *p,
                            bool granted, bool write)
{
    s->granted = granted;
    return granted ? hold_granted(s, p, write) : hold_own(s, p, write);
}

static inline void drop_side(const struct side *s, bool write)
{
    if (write) {
        dirty_wrote(page_to_mfn(s->page));
        page_put_writable(s->page);
    } else {
        page_put(s->page);
    }
    if (s->granted) {
        grant_unpin(s->d, s->ref, write);
        domain_put(s->d);
    }
}

static inline void copy_bytes(char *to, const char *from, size_t n)
{
    if (likely(n == PAGE_SIZE))
        page_copy(to, from);
    else
        memcpy(to, from, n);
}

static inline int copy_one(const struct gnttab_copy *op)
{
    struct side source = { .ref = 0 }, dest = { .ref = 0 };
    int rc;

    if (unlikely(op->source.offset + op->len > PAGE_SIZE ||
                 op->dest.offset + op->len > PAGE_SIZE))
        return GNTST_bad_copy_arg;
    rc = hold_side(&source, &op->source, op->flags & GNTCOPY_source_gref,
                   false);
    if (unlikely(rc))
        return rc;
    rc = hold_side(&dest, &op->dest, op->flags & GNTCOPY_dest_gref, true);
    if (likely(!rc)) {
        copy_bytes((char *)mfn_to_virt(page_to_mfn(dest.page)) +
                       op->dest.offset,
                   (const char *)mfn_to_virt(page_to_mfn(source.page)) +
                       op->source.offset,
                   op->len);
        drop_side(&dest, true);
    }
    drop_side(&source, false);
    return rc;
}

union copy_words {
    struct gnttab_copy op;
    uint64_t word[5];
};

_Static_assert(sizeof(struct gnttab_copy) == 40, "public ABI");

int64_t grant_op_copy(uintptr_t arg, unsigned count)
{
    union copy_words u;
    unsigned i;

    for (i = 0; i < count; i++, arg += sizeof(u)) {
        if (unlikely(guest_get2(u.word, arg) ||
                     guest_get3(u.word + 2, arg + 16)))
            return -XEN_EFAULT;
        u.op.status = (int16_t)copy_one(&u.op);
        if (unlikely(copy_to_guest(arg + offsetof(struct gnttab_copy, status),
                                   &u.op.status, sizeof(u.op.status))))
            return -XEN_EFAULT;
        if (i + 1 < count && preempt_point_ends())
            return hypercall_again(GNTTABOP_copy, arg + sizeof(u),
                                   count - i - 1);
    }
    return 0;
}
