/*
 * grant_copy.c - copying between frames, granted or the caller's own.
 *
 * A network back-end copies packets, whose pieces are less than a page and
 * follow each other: of two copies in a row one side is nearly always the same.
 * So each side keeps what it holds until a copy names another frame, or the
 * call ends, or others are let run. Nothing is held beyond that.
 *
 * All of it is in line, twice: in a copy alone the compiler sees that nothing
 * is held yet, and keeps the sides in registers.
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

#define INLINE static inline __attribute__((always_inline))

/* How a copy names what a side holds: 0, or this with its domid and GRANTED. */
#define HELD    ((uint32_t)1 << 16)
#define GRANTED ((uint32_t)1 << 17)

/* One side of the copies of a call. */
struct side {
    uint32_t whose; /* 0: no frame is held */
    uint64_t frame; /* as the caller named it: gmfn, or reference */
    char *bytes;
    struct page *page;
    struct domain *owner;
    struct domain *granter; /* with a reference, kept for more of its frames */
};

INLINE void let_go(struct side *s, bool write)
{
    if (!s->whose)
        return;
    if (write) {
        dirty_wrote(page_to_mfn(s->page));
        page_put_writable(s->page);
    } else {
        page_put(s->page);
    }
    if (s->whose & GRANTED)
        grant_unpin(s->granter, (uint32_t)s->frame, write);
    s->whose = 0;
}

INLINE void let_go_all(struct side *s, bool write)
{
    let_go(s, write);
    if (s->granter)
        domain_put(s->granter);
    s->granter = NULL;
}

INLINE bool hold_page(struct side *s, mfn_t mfn, bool write)
{
    s->page = mfn_to_page(mfn);
    s->bytes = mfn_to_virt(mfn);
    return mfn_valid(mfn) && (write ? page_get_writable(s->page, s->owner)
                                    : page_get(s->page, s->owner));
}

INLINE int hold_own(struct side *s, const struct gnttab_copy_ptr *p, bool write)
{
    if (unlikely(p->domid != DOMID_SELF))
        return GNTST_permission_denied;
    s->owner = current_domain();
    return hold_page(s, p->u.gmfn, write) ? GNTST_okay : GNTST_bad_page;
}

/* The reference on domain `id`, which may be the one that s has. */
INLINE bool hold_granter(struct side *s, uint16_t id)
{
    if (likely(s->granter)) {
        if (likely(s->granter->id == id))
            return true;
        domain_put(s->granter);
    }
    s->granter = domain_get(id);
    return s->granter != NULL;
}

INLINE int hold_granted(struct side *s, const struct gnttab_copy_ptr *p,
                        bool write)
{
    mfn_t mfn;
    int rc;

    if (unlikely(!hold_granter(s, p->domid)))
        return GNTST_bad_domain;
    s->owner = s->granter;
    rc = grant_pin(s->granter, p->u.ref, current_domain()->id, write, &mfn);
    if (unlikely(rc))
        return rc;
    if (likely(hold_page(s, mfn, write)))
        return GNTST_okay;
    grant_unpin(s->granter, p->u.ref, write);
    return GNTST_bad_page;
}

INLINE int hold(struct side *s, const struct gnttab_copy_ptr *p, bool granted,
                bool write)
{
    uint32_t whose = HELD | (granted ? GRANTED : 0) | p->domid;
    int rc;

    if (s->whose == whose && s->frame == p->u.gmfn)
        return GNTST_okay;
    let_go(s, write);
    rc = granted ? hold_granted(s, p, write) : hold_own(s, p, write);
    if (likely(!rc)) {
        s->whose = whose;
        s->frame = p->u.gmfn; /* all of it: more than a reference has */
    }
    return rc;
}

INLINE void copy_bytes(char *to, const char *from, size_t n)
{
    if (likely(n == PAGE_SIZE))
        page_copy(to, from);
    else
        memcpy(to, from, n);
}

INLINE int copy_one(struct side *from, struct side *to,
                    const struct gnttab_copy *op)
{
    int rc;

    if (unlikely(op->source.offset + op->len > PAGE_SIZE ||
                 op->dest.offset + op->len > PAGE_SIZE))
        return GNTST_bad_copy_arg;
    rc = hold(from, &op->source, op->flags & GNTCOPY_source_gref, false);
    if (unlikely(rc))
        return rc;
    rc = hold(to, &op->dest, op->flags & GNTCOPY_dest_gref, true);
    if (likely(!rc))
        copy_bytes(to->bytes + op->dest.offset, from->bytes + op->source.offset,
                   op->len);
    return rc;
}

union copy_words {
    struct gnttab_copy op;
    uint64_t word[5];
};

_Static_assert(sizeof(struct gnttab_copy) == 40, "public ABI");

INLINE void let_go_both(struct side *from, struct side *to)
{
    let_go_all(from, false);
    let_go_all(to, true);
}

/* False: it could not be read. */
INLINE bool get_op(union copy_words *u, uintptr_t arg)
{
    return !guest_get2(u->word, arg) && !guest_get3(u->word + 2, arg + 16);
}

INLINE int put_status(uintptr_t arg, int status)
{
    return guest_put16(arg + offsetof(struct gnttab_copy, status),
                       (uint16_t)status);
}

static int64_t copy_alone(uintptr_t arg)
{
    struct side from = { .whose = 0 }, to = { .whose = 0 };
    union copy_words u;
    int status;

    if (unlikely(!get_op(&u, arg)))
        return -XEN_EFAULT;
    status = copy_one(&from, &to, &u.op);
    let_go_both(&from, &to);
    return put_status(arg, status);
}

/* *done: how many, if it ends for a pause. */
INLINE int copy_row(struct side *from, struct side *to, uintptr_t arg,
                    unsigned count, unsigned *done)
{
    union copy_words u;

    for (*done = 0; *done < count; arg += sizeof(u)) {
        if (unlikely(!get_op(&u, arg)))
            return -XEN_EFAULT;
        if (unlikely(put_status(arg, copy_one(from, to, &u.op))))
            return -XEN_EFAULT;
        *done += 1;
        if (unlikely(softirq_pending()) && *done < count) {
            let_go_both(from, to); /* not while others run */
            if (preempt_point_ends())
                return 0;
        }
    }
    return 0;
}

int64_t grant_op_copy(uintptr_t arg, unsigned count)
{
    struct side from = { .whose = 0 }, to = { .whose = 0 };
    unsigned done;
    int rc;

    if (count == 1)
        return copy_alone(arg);
    rc = copy_row(&from, &to, arg, count, &done);
    let_go_both(&from, &to);
    if (unlikely(rc))
        return rc;
    if (unlikely(done < count))
        return hypercall_again(GNTTABOP_copy,
                               arg + done * sizeof(struct gnttab_copy),
                               count - done);
    return 0;
}
