/*
 * memory_exchange.c - XENMEM_exchange: give frames, get others that lie
 * better (contiguous, below 4 GiB), at the same place in the domain.
 *
 * Worked in chunks of the larger of the two extent sizes. For each: check the
 * frames given, allocate the new ones, then let go and assign, which does not
 * fail. The guest's list is read twice; a guest that changes it in between
 * gives up other frames of its own, no more.
 */
#include <xen/errno.h>
#include <xen/memory.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/core/dirty.h"
#include "xen/core/domain.h"
#include "xen/core/pagetype.h"
#include "xen/hypercall/again.h"
#include "xen/hypercall/memory_private.h"
#include "xen/hypercall/mmu_private.h"

struct exchange {
    struct xen_memory_exchange e;
    struct domain *d;
    unsigned order; /* of a chunk */
    unsigned flags;
};

/* Frame number i of the frames given. */
static int given(const struct exchange *x, unsigned long i, mfn_t *mfn)
{
    unsigned order = x->e.in.extent_order;
    xen_pfn_t first;

    if (copy_from_guest(&first,
                        guest_handle(x->e.in.extent_start) +
                            (i >> order) * sizeof(first),
                        sizeof(first)))
        return -XEN_EFAULT;
    *mfn = first + (i & ((1ul << order) - 1));
    return 0;
}

/* d has it, and nothing refers to it. */
static bool idle_frame(const struct domain *d, mfn_t mfn)
{
    uint64_t word;

    if (!mfn_valid(mfn) || mfn_to_page(mfn)->owner != d)
        return false;
    word = page_word(mfn_to_page(mfn));
    return (word & PAGE_ALLOCATED) && (word & REF_COUNT) == REF_ONE &&
           !(word & TYPE_COUNT);
}

static int check_chunk(const struct exchange *x, unsigned long from)
{
    unsigned long i;
    mfn_t mfn;

    for (i = from; i < from + (1ul << x->order); i++) {
        int rc = given(x, i, &mfn);

        if (rc)
            return rc;
        if (!idle_frame(x->d, mfn))
            return -XEN_EINVAL;
    }
    return 0;
}

static void free_list(struct page_list *list, unsigned order)
{
    struct page *page;

    while ((page = TAILQ_FIRST(list)) != NULL) {
        TAILQ_REMOVE(list, page, entry);
        frame_free(page, order);
    }
}

static int alloc_chunk(const struct exchange *x, struct page_list *list)
{
    unsigned out = x->e.out.extent_order;
    unsigned long i;

    TAILQ_INIT(list);
    for (i = 0; i < 1ul << (x->order - out); i++) {
        struct page *page = frame_alloc(out, x->flags);

        if (!page) {
            free_list(list, out);
            return -XEN_ENOMEM;
        }
        TAILQ_INSERT_TAIL(list, page, entry);
    }
    return 0;
}

static int let_go(const struct exchange *x, unsigned long from)
{
    unsigned long i;
    mfn_t mfn;

    for (i = from; i < from + (1ul << x->order); i++)
        if (given(x, i, &mfn) || !memory_give_up(x->d, mfn))
            return -XEN_EINVAL; /* it changed its list meanwhile */
    return 0;
}

/* The new frames become d's, at the places that its list of gpfns says. */
static int assign_chunk(const struct exchange *x, struct page_list *list,
                        unsigned long from)
{
    unsigned order = x->e.out.extent_order;
    uintptr_t slot = guest_handle(x->e.out.extent_start) +
                     (from >> order) * sizeof(xen_pfn_t);
    struct page *page;

    while ((page = TAILQ_FIRST(list)) != NULL) {
        xen_pfn_t gpfn, mfn = page_to_mfn(page);
        unsigned long i;

        if (copy_from_guest(&gpfn, slot, sizeof(gpfn)))
            return -XEN_EFAULT;
        TAILQ_REMOVE(list, page, entry);
        if (!mmu_assign_page(x->d, page, order)) {
            frame_free(page, order);
            return -XEN_ENOMEM;
        }
        for (i = 0; i < 1ul << order; i++) {
            m2p_set(mfn + i, gpfn + i);
            dirty_wrote(mfn + i);
        }
        if (copy_to_guest(slot, &mfn, sizeof(mfn)))
            return -XEN_EFAULT;
        slot += sizeof(xen_pfn_t);
    }
    return 0;
}

static int do_chunk(const struct exchange *x, unsigned long from)
{
    struct page_list list;
    int rc = check_chunk(x, from);

    if (!rc)
        rc = alloc_chunk(x, &list);
    if (rc)
        return rc;
    rc = let_go(x, from);
    if (!rc)
        rc = assign_chunk(x, &list, from);
    free_list(&list, x->e.out.extent_order);
    return rc;
}

static int check_exchange(const struct exchange *x)
{
    const struct xen_memory_exchange *e = &x->e;
    unsigned max = current_domain()->hardware ? FRAME_ORDER_MAX : 9;

    if (e->in.extent_order > max || e->out.extent_order > max)
        return -XEN_EPERM;
    if (e->in.nr_extents > 1ul << 40 || e->out.nr_extents > 1ul << 40 ||
        e->in.domid != e->out.domid ||
        e->in.nr_extents << e->in.extent_order != e->out.nr_extents
                                                      << e->out.extent_order ||
        (e->in.nr_extents << e->in.extent_order) & ((1ul << x->order) - 1) ||
        e->nr_exchanged > e->in.nr_extents ||
        (e->nr_exchanged << e->in.extent_order) & ((1ul << x->order) - 1))
        return -XEN_EINVAL;
    return 0;
}

int64_t memory_exchange(uintptr_t arg)
{
    unsigned long done, total;
    struct exchange x;
    bool again = false;
    int rc;

    if (copy_from_guest(&x.e, arg, sizeof(x.e)))
        return -XEN_EFAULT;
    x.order = x.e.in.extent_order > x.e.out.extent_order ? x.e.in.extent_order
                                                         : x.e.out.extent_order;
    x.flags = memory_frame_flags(x.e.out.mem_flags);
    rc = check_exchange(&x);
    if (rc)
        return rc;
    rc = mmu_subject(x.e.in.domid, &x.d);
    if (rc)
        return rc;
    total = x.e.in.nr_extents << x.e.in.extent_order;
    done = x.e.nr_exchanged << x.e.in.extent_order;
    while (done < total && !rc && !again) {
        rc = do_chunk(&x, done);
        if (!rc)
            done += 1ul << x.order;
        again = preempt_point_ends();
    }
    mmu_subject_put(x.d);
    x.e.nr_exchanged = done >> x.e.in.extent_order;
    if (copy_to_guest(arg, &x.e, sizeof(x.e)))
        return -XEN_EFAULT;
    if (again && !rc && done < total)
        return hypercall_again(XENMEM_exchange, arg, guest_regs()->rdx);
    return rc;
}
