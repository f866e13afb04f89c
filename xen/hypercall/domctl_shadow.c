/*
 * domctl_shadow.c - domctl: shadow_op, by which `xl migrate` follows what a
 * domain writes while its memory is being copied (xen/core/dirty.h).
 *
 * There is one mode, log-dirty. The others of the ABI are of domains that do
 * not write their own page tables.
 */
#include <xen/errno.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/core/dirty.h"
#include "xen/hypercall/domctl_private.h"

#define MB_FRAMES ((1ul << 20) / PAGE_SIZE)
#define MB_MOST   1024u

static int off(struct domain *d, struct xen_domctl_shadow_op *op)
{
    (void)op;
    dirty_stop(d);
    return 0;
}

static int log_dirty(struct domain *d, struct xen_domctl_shadow_op *op)
{
    (void)op;
    return dirty_start(d, d->mmu.shadow_wish);
}

static int enable(struct domain *d, struct xen_domctl_shadow_op *op)
{
    if (op->mode != XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY)
        return -XEN_EINVAL;
    return log_dirty(d, op);
}

/* ---- the bitmap ---- */

static int copy(struct domain *d, struct xen_domctl_shadow_op *op, bool clean)
{
    struct dirty_counts counts;
    int rc;

    /* FINAL: the domain won't run again here. That is nothing to us. */
    if (op->mode & ~(uint32_t)XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL)
        return -XEN_EINVAL;
    rc = dirty_copy(d, guest_handle(op->dirty_bitmap), op->pages, clean,
                    &counts);
    if (!rc)
        op->stats = (struct xen_domctl_shadow_op_stats){
            .fault_count = counts.faults, .dirty_count = counts.dirty
        };
    return rc;
}

static int clean(struct domain *d, struct xen_domctl_shadow_op *op)
{
    return copy(d, op, true);
}

static int peek(struct domain *d, struct xen_domctl_shadow_op *op)
{
    return copy(d, op, false);
}

/* ---- how much memory it may take ---- */

static int get_allocation(struct domain *d, struct xen_domctl_shadow_op *op)
{
    unsigned long frames = dirty_frames(d);

    if (!frames)
        frames = d->mmu.shadow_wish;
    if (!frames)
        frames = dirty_frames_default(d);
    op->mb = (uint32_t)((frames + MB_FRAMES - 1) / MB_FRAMES);
    return 0;
}

/* Of the next log; 0: by the domain's size. */
static int set_allocation(struct domain *d, struct xen_domctl_shadow_op *op)
{
    if (op->mb > MB_MOST)
        return -XEN_EINVAL;
    if (dirty_frames(d))
        return -XEN_EBUSY;
    d->mmu.shadow_wish = op->mb * MB_FRAMES;
    return 0;
}

typedef int shadow_fn(struct domain *d, struct xen_domctl_shadow_op *op);

static shadow_fn *const shadow_table[] = {
    [XEN_DOMCTL_SHADOW_OP_OFF] = off,
    [XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY] = log_dirty,
    [XEN_DOMCTL_SHADOW_OP_CLEAN] = clean,
    [XEN_DOMCTL_SHADOW_OP_PEEK] = peek,
    [XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION] = get_allocation,
    [XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION] = set_allocation,
    [XEN_DOMCTL_SHADOW_OP_ENABLE] = enable,
};

int domctl_shadow_op(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_shadow_op *s = &op->u.shadow_op;

    if (d == current_domain())
        return -XEN_EINVAL;
    if (s->op >= ARRAY_SIZE(shadow_table) || !shadow_table[s->op])
        return -XEN_EINVAL;
    return shadow_table[s->op](d, s);
}
