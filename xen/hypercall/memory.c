/*
 * memory.c - memory_op: how much memory a domain has, and which.
 *
 * Two tables of operations, indexed by number. Those on reservations work
 * extent by extent, preemptibly, and return how many were done; one that is
 * made again has the number of its next extent above the operation's, as in
 * Xen.
 */
#include <xen/errno.h>
#include <xen/memory.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/arch/x86/paging.h"
#include "xen/core/dirty.h"
#include "xen/core/domain.h"
#include "xen/core/pagetype.h"
#include "xen/hypercall/again.h"
#include "xen/hypercall/hypercall.h"
#include "xen/hypercall/memory_private.h"
#include "xen/hypercall/mmu_private.h"

#define COMMAND_BITS 6  /* above them, a continued call's start extent */
#define MAX_ORDER    9u /* of an extent; dom0 may ask for more */

typedef int64_t memory_fn(uintptr_t arg);

/* ---- reservations ---- */

struct reservation {
    struct xen_memory_reservation r;
    struct domain *d;
    unsigned flags; /* FRAME_* */
};

/* From extent `start` on. */
typedef int64_t reservation_fn(uintptr_t arg, uint64_t start);

/* Extents up to `next` are done. */
static int64_t reserve_again(unsigned command, uint64_t next, uintptr_t arg)
{
    return hypercall_again(command | next << COMMAND_BITS, arg,
                           guest_regs()->rdx);
}

static bool extents_ok(const struct xen_memory_reservation *r)
{
    unsigned max = current_domain()->privileged ? FRAME_ORDER_MAX : MAX_ORDER;

    return r->extent_order <= max && r->nr_extents < 1ul << 40;
}

static int reservation_begin(uintptr_t arg, struct reservation *out)
{
    if (copy_from_guest(&out->r, arg, sizeof(out->r)))
        return -XEN_EFAULT;
    if (!extents_ok(&out->r))
        return -XEN_EPERM;
    out->flags = memory_frame_flags(out->r.mem_flags);
    return mmu_subject(out->r.domid, &out->d);
}

unsigned memory_frame_flags(unsigned mem_flags)
{
    return XENMEMF_get_address_bits(mem_flags) << FRAME_BITS;
}

/* Extent i of a list of the guest's. */
static uintptr_t extent_slot(const struct xen_memory_reservation *r,
                             unsigned long i)
{
    return guest_handle(r->extent_start) + i * sizeof(xen_pfn_t);
}

/* One more extent; gpfn: where it appears in the domain, or INVALID_PFN. */
static bool add_extent(const struct reservation *s, xen_pfn_t gpfn,
                       xen_pfn_t *mfn)
{
    struct page *page = mmu_alloc_page(s->d, s->r.extent_order, s->flags);
    size_t i;

    if (!page)
        return false;
    *mfn = page_to_mfn(page);
    for (i = 0; gpfn != INVALID_PFN && i < 1ul << s->r.extent_order; i++) {
        m2p_set(*mfn + i, gpfn + i);
        dirty_wrote(*mfn + i);
    }
    return true;
}

static int64_t grow(uintptr_t arg, uint64_t i, bool at_pfn)
{
    struct reservation s;
    bool again = false;
    int rc = reservation_begin(arg, &s);

    if (rc)
        return rc;
    while (i < s.r.nr_extents && !again) {
        bool listed = guest_handle(s.r.extent_start) != 0;
        xen_pfn_t gpfn = INVALID_PFN, mfn;

        if (at_pfn &&
            copy_from_guest(&gpfn, extent_slot(&s.r, i), sizeof(gpfn)))
            break;
        if (!add_extent(&s, gpfn, &mfn))
            break;
        if (listed && copy_to_guest(extent_slot(&s.r, i), &mfn, sizeof(mfn)))
            break;
        again = ++i < s.r.nr_extents && preempt_point_ends();
    }
    mmu_subject_put(s.d);
    if (unlikely(again))
        return reserve_again(at_pfn ? XENMEM_populate_physmap
                                    : XENMEM_increase_reservation,
                             i, arg);
    return (int64_t)i;
}

static int64_t increase_reservation(uintptr_t arg, uint64_t start)
{
    return grow(arg, start, false);
}

static int64_t populate_physmap(uintptr_t arg, uint64_t start)
{
    return grow(arg, start, true);
}

bool memory_give_up(struct domain *d, mfn_t mfn)
{
    struct page *page = mfn_to_page(mfn);
    bool had;

    if (!mfn_valid(mfn) || !page_get(page, d))
        return false;
    had = mmu_free_page(d, page);
    page_put(page);
    return had;
}

static int64_t decrease_reservation(uintptr_t arg, uint64_t i)
{
    struct reservation s;
    bool again = false;
    unsigned long j;
    xen_pfn_t mfn;
    int rc = reservation_begin(arg, &s);

    if (rc)
        return rc;
    while (i < s.r.nr_extents && !again) {
        if (copy_from_guest(&mfn, extent_slot(&s.r, i), sizeof(mfn)))
            break;
        for (j = 0; j < 1ul << s.r.extent_order; j++)
            if (!memory_give_up(s.d, mfn + j))
                goto out;
        again = ++i < s.r.nr_extents && preempt_point_ends();
    }
out:
    mmu_subject_put(s.d);
    if (unlikely(again))
        return reserve_again(XENMEM_decrease_reservation, i, arg);
    return (int64_t)i;
}

/* ---- questions ---- */

static int64_t maximum_ram_page(uintptr_t arg)
{
    (void)arg;
    return (int64_t)frame_max;
}

/* A number that ask() knows of the domain whose id stands at arg. */
static int64_t ask_domain(uintptr_t arg, int64_t (*ask)(const struct domain *))
{
    struct domain *d;
    int64_t answer;
    domid_t id;
    int rc;

    if (copy_from_guest(&id, arg, sizeof(id)))
        return -XEN_EFAULT;
    rc = mmu_subject(id, &d);
    if (rc)
        return rc;
    answer = ask(d);
    mmu_subject_put(d);
    return answer;
}

static int64_t get_current(const struct domain *d)
{
    return (int64_t)d->mmu.nr_pages;
}

static int64_t get_maximum(const struct domain *d)
{
    return (int64_t)d->mmu.max_pages;
}

static int64_t get_max_pfn(const struct domain *d)
{
    unsigned long frames = READ_ONCE(d->shared->arch.max_pfn);

    return frames ? (int64_t)frames - 1 : 0; /* a new domain has said none */
}

static int64_t current_reservation(uintptr_t arg)
{
    return ask_domain(arg, get_current);
}

static int64_t maximum_reservation(uintptr_t arg)
{
    return ask_domain(arg, get_maximum);
}

static int64_t maximum_gpfn(uintptr_t arg)
{
    return ask_domain(arg, get_max_pfn);
}

static int64_t machphys_mapping(uintptr_t arg)
{
    struct xen_machphys_mapping m = {
        .v_start = M2P_START,
        .v_end = M2P_START + frame_max * sizeof(pfn_t),
        .max_mfn = frame_max - 1,
    };

    return copy_to_guest(arg, &m, sizeof(m));
}

#define M2P_EXTENT ((size_t)1 << 21)

static int64_t machphys_mfn_list(uintptr_t arg)
{
    struct xen_machphys_mfn_list l;
    size_t size = frame_max * sizeof(pfn_t);
    xen_pfn_t mfn;
    unsigned i;

    if (copy_from_guest(&l, arg, sizeof(l)))
        return -XEN_EFAULT;
    for (i = 0; i < l.max_extents && i * M2P_EXTENT < size; i++) {
        if (!paging_lookup(M2P_START + i * M2P_EXTENT, &mfn) ||
            copy_to_guest(guest_handle(l.extent_start) + i * sizeof(mfn), &mfn,
                          sizeof(mfn)))
            return -XEN_EFAULT;
    }
    l.nr_extents = i;
    return copy_to_guest(arg, &l, sizeof(l));
}

static int64_t no_pages(uintptr_t arg)
{
    (void)arg;
    return 0; /* nothing is ever shared between domains behind their backs */
}

/* Memory is given out at once, so a claim only asks whether there is any. */
static int64_t claim_pages(uintptr_t arg)
{
    struct xen_memory_reservation r;

    if (!current_domain()->privileged)
        return -XEN_EPERM;
    if (copy_from_guest(&r, arg, sizeof(r)))
        return -XEN_EFAULT;
    if (r.extent_order || r.mem_flags || guest_handle(r.extent_start))
        return -XEN_EINVAL;
    return r.nr_extents > frame_count_free() ? -XEN_ENOMEM : 0;
}

static int64_t not_supported(uintptr_t arg)
{
    (void)arg;
    return -XEN_EOPNOTSUPP;
}

static reservation_fn *const reservation_table[] = {
    [XENMEM_increase_reservation] = increase_reservation,
    [XENMEM_decrease_reservation] = decrease_reservation,
    [XENMEM_populate_physmap] = populate_physmap,
};

static memory_fn *const memory_table[] = {
    [XENMEM_maximum_ram_page] = maximum_ram_page,
    [XENMEM_current_reservation] = current_reservation,
    [XENMEM_maximum_reservation] = maximum_reservation,
    [XENMEM_machphys_mfn_list] = machphys_mfn_list,
    [XENMEM_memory_map] = memory_get_map,
    [XENMEM_machine_memory_map] = memory_get_machine_map,
    [XENMEM_exchange] = memory_exchange,
    [XENMEM_machphys_mapping] = machphys_mapping,
    [XENMEM_set_memory_map] = memory_set_map,
    [XENMEM_maximum_gpfn] = maximum_gpfn,
    [XENMEM_get_sharing_freed_pages] = no_pages,
    [XENMEM_get_sharing_shared_pages] = no_pages,
    [XENMEM_claim_pages] = claim_pages,
    [XENMEM_get_vnumainfo] = not_supported,
    [XENMEM_acquire_resource] = memory_acquire_resource,
};

int64_t hypercall_memory_op(uint64_t op, uint64_t arg, uint64_t c, uint64_t d,
                            uint64_t e, uint64_t f)
{
    unsigned command = op & ((1u << COMMAND_BITS) - 1);

    (void)c, (void)d, (void)e, (void)f;
    if (command < ARRAY_SIZE(reservation_table) && reservation_table[command])
        return reservation_table[command](arg, op >> COMMAND_BITS);
    if (command >= ARRAY_SIZE(memory_table) || !memory_table[command])
        return hypercall_unknown_op(__HYPERVISOR_memory_op, command);
    return memory_table[command](arg);
}
