/*
 * grant_copy.c - copying between frames, granted or the caller's own.
 *
 * A network back-end copies packets, whose pieces are less than a page and
 * follow each other: of two copies in a row one side is nearly always the same.
 * So each side keeps what it holds until a copy names another frame, or the
 * call ends, or others are let run. Nothing is held beyond that.
 */
#include <xen/errno.h>
#include <string.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/core/domain.h"
#include "xen/core/grant.h"
#include "xen/core/pagetype.h"
#include "xen/hypercall/again.h"
#include "xen/hypercall/grant_private.h"

/* How a copy names what a side holds: 0, or this with its domid and GRANTED. */
#define HELD    ((uint32_t)1 << 16)
#define GRANTED ((uint32_t)1 << 17)

/* One side of the copies of a call. */
struct side {
    uint32_t whose; /* 0: no frame is held */
    bool write;
    uint64_t frame; /* as the caller named it: gmfn, or reference */
    char *bytes;
    struct page *page;
    struct domain *owner;
    struct domain *granter; /* with a reference, kept for more of its frames */
};

static inline void let_go(struct side *s)
{
    if (!s->whose)
        return;
    if (s->write)
        page_put_writable(s->page);
    else
        page_put(s->page);
    if (s->whose & GRANTED)
        grant_unpin(s->granter, (uint32_t)s->frame, s->write);
    s->whose = 0;
}

static inline void let_go_all(struct side *s)
{
    let_go(s);
    if (s->granter)
        domain_put(s->granter);
    s->granter = NULL;
}

static inline bool hold_page(struct side *s, mfn_t mfn)
{
    s->page = mfn_to_page(mfn);
    s->bytes = mfn_to_virt(mfn);
    return mfn_valid(mfn) && (s->write ? page_get_writable(s->page, s->owner)
                                       : page_get(s->page, s->owner));
}

static inline int hold_own(struct side *s, const struct gnttab_copy_ptr *p)
{
    if (unlikely(p->domid != DOMID_SELF))
        return GNTST_permission_denied;
    s->owner = current_domain();
    return hold_page(s, p->u.gmfn) ? GNTST_okay : GNTST_bad_page;
}

/* The reference on domain `id`, which may be the one that s has. */
static inline bool hold_granter(struct side *s, uint16_t id)
{
    if (likely(s->granter)) {
        if (likely(s->granter->id == id))
            return true;
        domain_put(s->granter);
    }
    s->granter = domain_get(id);
    return s->granter != NULL;
}

static inline int hold_granted(struct side *s, const struct gnttab_copy_ptr *p)
{
    mfn_t mfn;
    int rc;

    if (unlikely(!hold_granter(s, p->domid)))
        return GNTST_bad_domain;
    s->owner = s->granter;
    rc = grant_pin(s->granter, p->u.ref, current_domain()->id, s->write, &mfn);
    if (unlikely(rc))
        return rc;
    if (likely(hold_page(s, mfn)))
        return GNTST_okay;
    grant_unpin(s->granter, p->u.ref, s->write);
    return GNTST_bad_page;
}

static inline int hold(struct side *s, const struct gnttab_copy_ptr *p,
                       bool granted)
{
    uint32_t whose = HELD | (granted ? GRANTED : 0) | p->domid;
    int rc;

    if (s->whose == whose && s->frame == p->u.gmfn)
        return GNTST_okay;
    let_go(s);
    rc = granted ? hold_granted(s, p) : hold_own(s, p);
    if (likely(!rc)) {
        s->whose = whose;
        s->frame = p->u.gmfn; /* all of it: more than a reference has */
    }
    return rc;
}

static inline void copy_bytes(char *to, const char *from, size_t n)
{
    if (likely(n == PAGE_SIZE))
        page_copy(to, from);
    else
        memcpy(to, from, n);
}

static inline int copy_one(struct side *from, struct side *to,
                           const struct gnttab_copy *op)
{
    int rc;

    if (unlikely(op->source.offset + op->len > PAGE_SIZE ||
                 op->dest.offset + op->len > PAGE_SIZE))
        return GNTST_bad_copy_arg;
    rc = hold(from, &op->source, op->flags & GNTCOPY_source_gref);
    if (unlikely(rc))
        return rc;
    rc = hold(to, &op->dest, op->flags & GNTCOPY_dest_gref);
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

/* Copies `count` of arg's. *done: how many, if it ends for a pause. */
static inline int copy_all(struct side *from, struct side *to, uintptr_t arg,
                           unsigned count, unsigned *done)
{
    union copy_words u;
    unsigned i;

    for (i = 0; i < count; i++, arg += sizeof(u)) {
        if (unlikely(guest_get2(u.word, arg) ||
                     guest_get3(u.word + 2, arg + 16)))
            return -XEN_EFAULT;
        u.op.status = (int16_t)copy_one(from, to, &u.op);
        if (unlikely(guest_put16(arg + offsetof(struct gnttab_copy, status),
                                 (uint16_t)u.op.status)))
            return -XEN_EFAULT;
        if (unlikely(softirq_pending()) && i + 1 < count) {
            let_go_all(from); /* not while others run */
            let_go_all(to);
            if (preempt_point_ends()) {
                *done = i + 1;
                return 0;
            }
        }
    }
    *done = count;
    return 0;
}

int64_t grant_op_copy(uintptr_t arg, unsigned count)
{
    struct side from = { .write = false }, to = { .write = true };
    unsigned done;
    int rc = copy_all(&from, &to, arg, count, &done);

    let_go_all(&from);
    let_go_all(&to);
    if (unlikely(rc))
        return rc;
    if (unlikely(done < count))
        return hypercall_again(GNTTABOP_copy,
                               arg + done * sizeof(struct gnttab_copy),
                               count - done);
    return 0;
}
