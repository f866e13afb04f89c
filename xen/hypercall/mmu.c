/*
 * mmu.c - mmu_update and update_va_mapping: the hottest calls of a guest.
 *
 * Requests are fetched from the guest in handfuls, and carried out under one
 * hold of mmu.lock. For an entry of an L1 table of the caller's own no
 * reference is taken on the table: docs/pagetypes.md, "Who writes what".
 */
#include <xen/errno.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/core/domain.h"
#include "xen/core/pagetable.h"
#include "xen/core/xen_frames.h"
#include "xen/hypercall/again.h"
#include "xen/hypercall/hypercall.h"
#include "xen/hypercall/mmu_private.h"

#define HANDFUL 16u

/* Whose tables a call changes, and whose frames it may put into them. */
struct subject {
    struct domain *tables, *frames;
};

/* A frame of type writable that a guest wants written like a table: plain
 * data, until it is made one. */
static int write_plain(struct domain *d, struct page *page, pte_t *p,
                       pte_t value)
{
    if (!page_get_writable(page, d))
        return -XEN_EINVAL;
    WRITE_ONCE(*p, value);
    pagetable_wrote(p);
    page_put_writable(page);
    return 0;
}

/* Under s->tables' mmu.lock. */
static inline int update_entry(const struct subject *s, uint64_t ptr,
                               uint64_t value, bool keep_ad)
{
    mfn_t mfn = paddr_to_mfn(ptr);
    struct page *page = mfn_to_page(mfn);
    pte_t *p = paddr_to_virt(ptr & ~(uint64_t)7);
    unsigned level;

    if (unlikely(!mfn_valid(mfn) || page->owner != s->tables))
        return -XEN_EINVAL;
    level = page_table_level(page_word(page));
    if (likely(level == 1 && s->tables == s->frames) &&
        pagetable_add_l1(s->tables, p, value))
        return 0;
    if (level == 1)
        return pagetable_set_l1(s->tables, s->frames, p, value, keep_ad);
    if (level)
        return pagetable_set_upper(s->tables, page, level,
                                   (unsigned)(ptr / sizeof(pte_t)) &
                                       (TABLE_ENTRIES - 1),
                                   value, keep_ad);
    return write_plain(s->tables, page, p, value);
}

static int update_m2p(struct domain *d, mfn_t mfn, pfn_t pfn)
{
    struct page *page = mfn_to_page(mfn);

    if (!mfn_valid(mfn) || !page_get(page, d))
        return -XEN_EINVAL;
    m2p_set(mfn, pfn);
    dirty_wrote(mfn);
    page_put(page);
    return 0;
}

static inline int update_one(const struct subject *s,
                             const struct mmu_update *u)
{
    unsigned command = u->ptr & 7;

    if (likely(command == MMU_NORMAL_PT_UPDATE))
        return update_entry(s, u->ptr, u->val, false);
    if (command == MMU_PT_UPDATE_PRESERVE_AD)
        return update_entry(s, u->ptr, u->val, true);
    if (command == MMU_PT_UPDATE_NO_TRANSLATE)
        return update_entry(s, u->ptr, u->val, false);
    if (command == MMU_MACHPHYS_UPDATE)
        return update_m2p(s->frames, paddr_to_mfn(u->ptr), u->val);
    return (int)hypercall_unknown_op(__HYPERVISOR_mmu_update, command);
}

/* All requests; *done says how many were carried out. HYPERCALL_AGAIN: not yet
 * all, but the vCPU is to stop. */
static int update_all(const struct subject *s, uintptr_t requests,
                      unsigned count, unsigned *done)
{
    struct mmu_update u[HANDFUL];
    unsigned i, n;
    int rc;

    while (*done < count) {
        n = count - *done < HANDFUL ? count - *done : HANDFUL;
        rc = copy_from_guest(u, requests + *done * sizeof(*u), n * sizeof(*u));
        if (unlikely(rc))
            return rc;
        spin_lock(&s->tables->mmu.lock);
        for (i = 0; i < n && !rc; i++)
            rc = update_one(s, &u[i]);
        spin_unlock(&s->tables->mmu.lock);
        *done += rc ? i - 1 : i;
        if (unlikely(rc))
            return rc;
        if (*done < count && preempt_point_ends())
            return HYPERCALL_AGAIN;
    }
    return 0;
}

/* The domain of an id that the caller may act upon; *out holds a reference
 * unless it is the caller's own. */
int mmu_subject(uint16_t id, struct domain **out)
{
    struct domain *self = current_domain();

    if (id == DOMID_SELF || id == self->id || id == DOMID_IO) {
        *out = self; /* devices are mapped by whose they are */
        return 0;
    }
    if (!self->privileged)
        return -XEN_EPERM;
    *out = domain_get(id);
    return *out ? 0 : -XEN_ESRCH;
}

void mmu_subject_put(struct domain *d)
{
    if (d != current_domain())
        domain_put(d);
}

/* Whose frames a page-table entry may name: dom0 sees some of the
 * hypervisor's, too. */
static int frames_of(uint16_t id, struct domain **out)
{
    if (id != DOMID_XEN || !current_domain()->privileged)
        return mmu_subject(id, out);
    *out = domain_hold(xen_frames_owner());
    return 0;
}

/* The public encoding: whose frames in the low half; in the high half 0, or
 * one more than whose tables. */
static int subject_of(uint32_t foreigndom, struct subject *s)
{
    uint16_t tables = (uint16_t)(foreigndom >> 16);
    int rc;

    if (likely(foreigndom == DOMID_SELF)) {
        s->tables = s->frames = current_domain();
        return 0;
    }
    rc = frames_of((uint16_t)foreigndom, &s->frames);
    if (rc)
        return rc;
    s->tables = current_domain();
    if (tables)
        rc = mmu_subject((uint16_t)(tables - 1), &s->tables);
    if (rc)
        mmu_subject_put(s->frames);
    return rc;
}

static void subject_end(const struct subject *s)
{
    struct domain *self = current_domain();

    if (unlikely(s->frames != self))
        domain_put(s->frames);
    if (unlikely(s->tables != self))
        domain_put(s->tables);
}

/* One request for the caller's own tables and frames. */
static inline int update_single(uintptr_t request)
{
    struct subject s;
    union {
        uint64_t word[2];
        struct mmu_update u;
    } r;
    int rc;

    if (unlikely(guest_get2(r.word, request)))
        return -XEN_EFAULT;
    s.tables = s.frames = current_domain();
    spin_lock(&s.tables->mmu.lock);
    rc = update_one(&s, &r.u);
    spin_unlock(&s.tables->mmu.lock);
    return rc;
}

int mmu_part_done(uint64_t count, uintptr_t pdone, unsigned *n,
                  unsigned *before)
{
    *n = (unsigned)count & ~AGAIN_PART_DONE;
    *before = 0;
    if (likely(!((unsigned)count & AGAIN_PART_DONE) || !pdone))
        return 0;
    return copy_from_guest(before, pdone, sizeof(*before));
}

int64_t hypercall_mmu_update(uint64_t requests, uint64_t count, uint64_t pdone,
                             uint64_t foreigndom, uint64_t e, uint64_t f)
{
    unsigned done = 0, before, n;
    struct subject s;
    int rc;

    (void)e, (void)f;
    if (likely((uint32_t)foreigndom == DOMID_SELF && (unsigned)count == 1 &&
               !pdone))
        return update_single(requests);
    if (mmu_part_done(count, pdone, &n, &before))
        return -XEN_EFAULT;
    rc = subject_of((uint32_t)foreigndom, &s);
    if (unlikely(rc))
        return rc;
    rc = update_all(&s, requests, n, &done);
    subject_end(&s);
    before += done;
    if (unlikely(pdone) && copy_to_guest(pdone, &before, sizeof(before)))
        rc = -XEN_EFAULT;
    if (unlikely(rc == HYPERCALL_AGAIN))
        return hypercall_again(requests + done * sizeof(struct mmu_update),
                               (n - done) | AGAIN_PART_DONE, pdone);
    return rc;
}

/* ---- update_va_mapping ---- */

static int flush_after(struct domain *d, uintptr_t address, uint64_t flags)
{
    uint64_t who = flags & ~(uint64_t)UVMF_FLUSHTYPE_MASK;
    uintptr_t what = TLB_ALL;
    struct cpuset cpus;

    if ((flags & UVMF_FLUSHTYPE_MASK) == UVMF_INVLPG)
        what = address & PAGE_MASK;
    if (who == UVMF_LOCAL) {
        tlb_flush_here(what);
    } else if (who == UVMF_ALL) {
        tlb_flush_cpus(&d->mmu.cpus, what);
    } else {
        if (mmu_vcpu_cpus(d, who, &cpus))
            return -XEN_EFAULT;
        smp_flush_tlb(&cpus, what);
    }
    return 0;
}

static inline int set_mapping(struct domain *from, uintptr_t address,
                              pte_t value)
{
    struct vcpu *v = current_vcpu();
    struct domain *d = v->domain;
    int rc = -XEN_EINVAL;
    pte_t *p;

    if (unlikely(pagetable_walks_ours(address)))
        return rc;
    spin_lock(&d->mmu.lock);
    p = pagetable_walk(v->pv.l4_kernel, address);
    if (likely(p && from == d) && pagetable_add_l1(d, p, value))
        rc = 0;
    else if (p)
        rc = pagetable_set_l1(d, from, p, value, false);
    spin_unlock(&d->mmu.lock);
    return rc;
}

int64_t hypercall_update_va_mapping(uint64_t address, uint64_t value,
                                    uint64_t flags, uint64_t d, uint64_t e,
                                    uint64_t f)
{
    int rc = set_mapping(current_domain(), address, value);

    (void)d, (void)e, (void)f;
    if (flags & UVMF_FLUSHTYPE_MASK && !rc)
        rc = flush_after(current_domain(), address, flags);
    return rc;
}

int64_t hypercall_update_va_mapping_otherdomain(uint64_t address,
                                                uint64_t value, uint64_t flags,
                                                uint64_t domid, uint64_t e,
                                                uint64_t f)
{
    struct domain *from;
    int rc = frames_of((uint16_t)domid, &from);

    (void)e, (void)f;
    if (rc)
        return rc;
    rc = set_mapping(from, address, value);
    mmu_subject_put(from);
    if (flags & UVMF_FLUSHTYPE_MASK && !rc)
        rc = flush_after(current_domain(), address, flags);
    return rc;
}
