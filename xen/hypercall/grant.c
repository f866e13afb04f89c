/*
 * grant.c - grant_table_op: dispatch, and the table's own affairs.
 *
 * Every operation takes an array; each element carries its own status, and the
 * call fails as a whole only when the array can't be read. Mapping:
 * grant_map.c; copying: grant_copy.c.
 */
#include <xen/errno.h>
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/guest_access.h"
#include "xen/core/domain.h"
#include "xen/core/grant.h"
#include "xen/hypercall/again.h"
#include "xen/hypercall/grant_private.h"
#include "xen/hypercall/hypercall.h"
#include "xen/hypercall/mmu_private.h"

/* mmu_subject() in the terms of grants. */
static int grant_subject(domid_t id, struct domain **d)
{
    int rc = mmu_subject(id, d);

    return !rc                ? GNTST_okay
           : rc == -XEN_EPERM ? GNTST_permission_denied
                              : GNTST_bad_domain;
}

static int put_frames(struct domain *d, const struct gnttab_setup_table *s)
{
    unsigned i;

    for (i = 0; i < s->nr_frames; i++) {
        xen_pfn_t mfn = page_to_mfn(d->grant->frame[i]);

        if (copy_to_guest(guest_handle(s->frame_list) + i * sizeof(mfn), &mfn,
                          sizeof(mfn)))
            return -XEN_EFAULT;
    }
    return 0;
}

static int64_t setup_table(uintptr_t arg, unsigned count)
{
    struct gnttab_setup_table s;
    struct domain *d;
    int rc = 0;

    if (count != 1)
        return -XEN_EINVAL;
    if (copy_from_guest(&s, arg, sizeof(s)))
        return -XEN_EFAULT;
    s.status = (int16_t)grant_subject(s.dom, &d);
    if (!s.status) {
        if (grant_grow(d, s.nr_frames))
            s.status = GNTST_general_error;
        else
            rc = put_frames(d, &s);
        mmu_subject_put(d);
    }
    if (!rc)
        rc = copy_to_guest(arg, &s, sizeof(s));
    return rc;
}

static int64_t query_size(uintptr_t arg, unsigned count)
{
    struct gnttab_query_size q;
    struct domain *d;

    if (count != 1)
        return -XEN_EINVAL;
    if (copy_from_guest(&q, arg, sizeof(q)))
        return -XEN_EFAULT;
    q.status = (int16_t)grant_subject(q.dom, &d);
    if (!q.status) {
        q.nr_frames = READ_ONCE(d->grant->nr_frames);
        q.max_nr_frames = d->grant->max_frames;
        mmu_subject_put(d);
    }
    return copy_to_guest(arg, &q, sizeof(q));
}

static int64_t set_version(uintptr_t arg, unsigned count)
{
    struct gnttab_set_version v;
    uint32_t asked;

    (void)count;
    if (copy_from_guest(&v, arg, sizeof(v)))
        return -XEN_EFAULT;
    asked = v.version;
    v.version = 1; /* the one there is */
    if (copy_to_guest(arg, &v, sizeof(v)))
        return -XEN_EFAULT;
    return asked == 1 ? 0 : asked == 2 ? -XEN_ENOSYS : -XEN_EINVAL;
}

static int64_t get_version(uintptr_t arg, unsigned count)
{
    struct gnttab_get_version v;
    struct domain *d;
    int rc;

    if (count != 1)
        return -XEN_EINVAL;
    if (copy_from_guest(&v, arg, sizeof(v)))
        return -XEN_EFAULT;
    rc = mmu_subject(v.dom, &d);
    if (rc)
        return rc;
    mmu_subject_put(d);
    v.version = 1;
    return copy_to_guest(arg, &v, sizeof(v));
}

/* Version 1 has no status frames. */
static int64_t get_status_frames(uintptr_t arg, unsigned count)
{
    struct gnttab_get_status_frames s;

    if (count != 1)
        return -XEN_EINVAL;
    if (copy_from_guest(&s, arg, sizeof(s)))
        return -XEN_EFAULT;
    s.status = GNTST_general_error;
    return copy_to_guest(arg, &s, sizeof(s));
}

static int64_t swap_grant_ref(uintptr_t arg, unsigned count)
{
    struct gnttab_swap_grant_ref s;
    unsigned i;

    for (i = 0; i < count; i++, arg += sizeof(s)) {
        if (copy_from_guest(&s, arg, sizeof(s)))
            return -XEN_EFAULT;
        s.status = (int16_t)grant_swap(current_domain(), s.ref_a, s.ref_b);
        if (copy_to_guest(arg, &s, sizeof(s)))
            return -XEN_EFAULT;
        if (i + 1 < count && preempt_point_ends())
            return hypercall_again(GNTTABOP_swap_grant_ref, arg + sizeof(s),
                                   count - i - 1);
    }
    return 0;
}

/* ---- the cache ---- */

#define FLUSH_STEP 32u /* no line of a 64-bit processor is shorter */

static void flush_lines(mfn_t mfn, unsigned offset, unsigned length)
{
    const char *page = mfn_to_virt(mfn);
    unsigned at;

    for (at = offset & -FLUSH_STEP; at < offset + length; at += FLUSH_STEP)
        clflush(page + at);
}

/* Of a frame of one's own or that one maps. Whose it is may change meanwhile:
 * writing lines back tells nobody anything, and changes nothing. */
static int flush_one(const struct domain *d, const struct gnttab_cache_flush *f)
{
    mfn_t mfn = paddr_to_mfn(f->a.dev_bus_addr);
    const struct domain *owner;

    if (f->offset >= PAGE_SIZE || f->length > PAGE_SIZE - f->offset ||
        f->op & ~(uint32_t)(GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL))
        return -XEN_EINVAL;
    if (!f->length || !f->op)
        return 0;
    if (!mfn_valid(mfn))
        return -XEN_EINVAL;
    owner = READ_ONCE(mfn_to_page(mfn)->owner);
    if (owner != d && !grant_map_exists(d, mfn))
        return owner ? -XEN_EINVAL : -XEN_EPERM;
    /* Forgotten only, it would show what was there before: somebody else's. */
    if (!(f->op & GNTTAB_CACHE_CLEAN))
        return -XEN_EOPNOTSUPP;
    flush_lines(mfn, f->offset, f->length);
    return 0;
}

static int64_t cache_flush(uintptr_t arg, unsigned count)
{
    struct gnttab_cache_flush f;
    unsigned i;
    int rc;

    for (i = 0; i < count; i++, arg += sizeof(f)) {
        if (copy_from_guest(&f, arg, sizeof(f)))
            return -XEN_EFAULT;
        rc = flush_one(current_domain(), &f);
        if (rc)
            return rc;
        if (i + 1 < count && preempt_point_ends())
            return hypercall_again(GNTTABOP_cache_flush, arg + sizeof(f),
                                   count - i - 1);
    }
    return 0;
}

static int64_t not_supported(uintptr_t arg, unsigned count)
{
    (void)arg, (void)count;
    return -XEN_EOPNOTSUPP;
}

typedef int64_t grant_fn(uintptr_t arg, unsigned count);

static grant_fn *const grant_table[] = {
    [GNTTABOP_map_grant_ref] = grant_op_map,
    [GNTTABOP_unmap_grant_ref] = grant_op_unmap,
    [GNTTABOP_setup_table] = setup_table,
    [GNTTABOP_transfer] = not_supported,
    [GNTTABOP_copy] = grant_op_copy,
    [GNTTABOP_query_size] = query_size,
    [GNTTABOP_unmap_and_replace] = grant_op_unmap_and_replace,
    [GNTTABOP_set_version] = set_version,
    [GNTTABOP_get_status_frames] = get_status_frames,
    [GNTTABOP_get_version] = get_version,
    [GNTTABOP_swap_grant_ref] = swap_grant_ref,
    [GNTTABOP_cache_flush] = cache_flush,
};

int64_t hypercall_grant_table_op(uint64_t op, uint64_t arg, uint64_t count,
                                 uint64_t d, uint64_t e, uint64_t f)
{
    unsigned number = (unsigned)op;

    (void)d, (void)e, (void)f;
    if (unlikely(number >= ARRAY_SIZE(grant_table) || !grant_table[number]))
        return hypercall_unknown_op(__HYPERVISOR_grant_table_op, number);
    if (unlikely((int)count < 0))
        return -XEN_EINVAL;
    return grant_table[number](arg, (unsigned)count);
}
