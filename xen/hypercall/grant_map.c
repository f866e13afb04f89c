/*
 * grant_map.c - mapping a granted frame into the caller's page tables, and
 * unmapping it.
 *
 * Mapping: pin the granter's entry, hold the frame, put the page-table entry,
 * record the mapping. Unmapping, for a handful at a time: take the page-table
 * entries away, flush, and only then unpin, for the granter may use its frame
 * as soon as it sees the pin gone.
 */
#include <xen/errno.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/arch/x86/smp.h"
#include "xen/core/domain.h"
#include "xen/core/grant.h"
#include "xen/core/pagetable.h"
#include "xen/hypercall/grant_private.h"

#define HANDFUL 16u

/* The L1 entry at host_addr: a guest address, or the machine address of the
 * entry itself. Under mmu.lock. */
static pte_t *entry_for(const struct vcpu *v, uint64_t host_addr,
                        uint32_t flags)
{
    const struct domain *d = v->domain;
    struct page *page;
    mfn_t mfn;

    if (!(flags & GNTMAP_contains_pte)) {
        if (host_addr >= HOLE_START && host_addr < HOLE_END)
            return NULL;
        return pagetable_walk(paddr_to_mfn(v->pv.cr3_kernel), host_addr, &mfn);
    }
    mfn = paddr_to_mfn(host_addr);
    page = mfn_to_page(mfn);
    if ((host_addr & 7) || !mfn_valid(mfn) || page->owner != d ||
        page_table_level(page_word(page)) != 1)
        return NULL;
    return paddr_to_virt(host_addr);
}

static pte_t entry_value(mfn_t mfn, uint32_t flags)
{
    pte_t available = (pte_t)(flags >> 16 & 7) << 9;

    return pte_make(mfn, PTE_P | PTE_U | PTE_A | PTE_D | PTE_NX | available |
                             (flags & GNTMAP_readonly ? 0 : PTE_W));
}

/* Hold the frame as the entry to be written will. */
static bool hold_frame(struct domain *granter, mfn_t mfn, bool write)
{
    struct page *page = mfn_to_page(mfn);

    if (!mfn_valid(mfn) ||
        !(write ? page_get_writable(page, granter) : page_get(page, granter)))
        return false;
    if (granter != current_domain() && !(page_word(page) & PAGE_FOREIGN))
        __atomic_or_fetch(&page->word, PAGE_FOREIGN, __ATOMIC_SEQ_CST);
    return true;
}

static void drop_frame(mfn_t mfn, bool write)
{
    if (write)
        page_put_writable(mfn_to_page(mfn));
    else
        page_put(mfn_to_page(mfn));
}

/* With the entry pinned: map its frame. */
static int map_frame(struct domain *granter, mfn_t mfn,
                     const struct gnttab_map_grant_ref *op)
{
    bool write = !(op->flags & GNTMAP_readonly);
    struct vcpu *v = current_vcpu();
    pte_t *p;

    if (!hold_frame(granter, mfn, write))
        return GNTST_bad_page;
    spin_lock(&v->domain->mmu.lock);
    p = entry_for(v, op->host_addr, op->flags);
    if (likely(p))
        pagetable_put_entry(p, entry_value(mfn, op->flags));
    spin_unlock(&v->domain->mmu.lock);
    if (unlikely(!p)) {
        drop_frame(mfn, write);
        return GNTST_bad_virt_addr;
    }
    return GNTST_okay;
}

/* granter's reference passes to the mapping. */
static int map_from(struct domain *granter, struct gnttab_map_grant_ref *op)
{
    bool write = !(op->flags & GNTMAP_readonly);
    struct domain *d = current_domain();
    struct grant_map *m;
    mfn_t mfn;
    int rc;

    m = grant_map_alloc(d, &op->handle);
    if (unlikely(!m))
        return GNTST_no_space;
    rc = grant_pin(granter, op->ref, d->id, write, &mfn);
    if (likely(!rc)) {
        rc = map_frame(granter, mfn, op);
        if (unlikely(rc))
            grant_unpin(granter, op->ref, write);
    }
    if (unlikely(rc)) {
        grant_map_free(d, op->handle, m);
        return rc;
    }
    m->granter = granter;
    m->ref = op->ref;
    m->flags = op->flags;
    m->mfn = mfn;
    grant_map_untake(d, m);
    op->dev_bus_addr = mfn_to_paddr(mfn);
    return GNTST_okay;
}

static int map_one(struct gnttab_map_grant_ref *op)
{
    struct domain *granter;
    int rc;

    if (unlikely(!(op->flags & GNTMAP_host_map)))
        return GNTST_general_error; /* devices see what their CPU sees */
    granter = domain_get(op->dom);
    if (unlikely(!granter))
        return GNTST_bad_domain;
    rc = map_from(granter, op);
    if (unlikely(rc))
        domain_put(granter);
    return rc;
}

int64_t grant_op_map(uintptr_t arg, unsigned count)
{
    struct gnttab_map_grant_ref op;
    unsigned i;

    for (i = 0; i < count; i++, arg += sizeof(op)) {
        if (unlikely(copy_from_guest(&op, arg, sizeof(op))))
            return -XEN_EFAULT;
        op.status = (int16_t)map_one(&op);
        if (unlikely(copy_to_guest(arg, &op, sizeof(op))))
            return -XEN_EFAULT;
        if (i + 1 < count)
            preempt_point();
    }
    return 0;
}

/* ---- unmapping ---- */

struct ending {
    struct grant_map *map; /* NULL: its status says why */
    uint32_t handle;
    int16_t status;
};

/* Take the entry away, or put what stands at new_addr in its place. Under
 * mmu.lock. */
static int take_entry(const struct vcpu *v, const struct grant_map *m,
                      uint64_t host_addr, uint64_t new_addr)
{
    pte_t *p = entry_for(v, host_addr, m->flags), *from;
    pte_t value = 0;

    if (!p || !(*p & PTE_P) || pte_mfn(*p) != m->mfn ||
        !(*p & PTE_W) != !!(m->flags & GNTMAP_readonly))
        return GNTST_bad_virt_addr;
    if (new_addr) {
        from = entry_for(v, new_addr, 0);
        if (!from || from == p)
            return GNTST_bad_virt_addr;
        value = __atomic_exchange_n(from, 0, __ATOMIC_SEQ_CST);
    }
    pagetable_put_entry(p, value);
    return GNTST_okay;
}

static void end_begin(struct ending *e, uint32_t handle, uint64_t host_addr,
                      uint64_t new_addr)
{
    struct vcpu *v = current_vcpu();

    e->handle = handle;
    e->status = GNTST_bad_handle;
    e->map = grant_map_take(v->domain, handle);
    if (unlikely(!e->map))
        return;
    spin_lock(&v->domain->mmu.lock);
    e->status = (int16_t)take_entry(v, e->map, host_addr, new_addr);
    spin_unlock(&v->domain->mmu.lock);
    if (unlikely(e->status)) {
        grant_map_untake(v->domain, e->map);
        e->map = NULL;
    }
}

static void end_finish(struct ending *e)
{
    if (unlikely(!e->map))
        return;
    grant_unpin(e->map->granter, e->map->ref,
                !(e->map->flags & GNTMAP_readonly));
    grant_map_free(current_domain(), e->handle, e->map);
}

/* What the two kinds of unmapping differ in. */
struct unmap_kind {
    size_t size, status_at; /* of an element, and where its status is */
    void (*begin)(struct ending *e, uintptr_t arg);
};

static void begin_unmap(struct ending *e, uintptr_t arg)
{
    struct gnttab_unmap_grant_ref op;

    if (copy_from_guest(&op, arg, sizeof(op))) {
        *e = (struct ending){ .status = GNTST_general_error };
        return;
    }
    if (unlikely(!op.host_addr))
        *e = (struct ending){ .status = GNTST_bad_virt_addr };
    else
        end_begin(e, op.handle, op.host_addr, 0);
}

static void begin_replace(struct ending *e, uintptr_t arg)
{
    struct gnttab_unmap_and_replace op;

    if (copy_from_guest(&op, arg, sizeof(op)))
        *e = (struct ending){ .status = GNTST_general_error };
    else
        end_begin(e, op.handle, op.host_addr, op.new_addr);
}

static const struct unmap_kind unmap_kind = {
    sizeof(struct gnttab_unmap_grant_ref),
    offsetof(struct gnttab_unmap_grant_ref, status),
    begin_unmap,
};
static const struct unmap_kind replace_kind = {
    sizeof(struct gnttab_unmap_and_replace),
    offsetof(struct gnttab_unmap_and_replace, status),
    begin_replace,
};

/* A handful: entries, one flush, pins, statuses. */
static int unmap_some(const struct unmap_kind *kind, uintptr_t arg, unsigned n)
{
    struct ending e[HANDFUL];
    unsigned i;
    int rc = 0;

    for (i = 0; i < n; i++)
        kind->begin(&e[i], arg + i * kind->size);
    tlb_flush_cpus(&current_domain()->mmu.cpus, TLB_ALL);
    for (i = 0; i < n; i++) {
        end_finish(&e[i]);
        if (copy_to_guest(arg + i * kind->size + kind->status_at, &e[i].status,
                          sizeof(e[i].status)))
            rc = -XEN_EFAULT;
    }
    return rc;
}

static int64_t unmap(const struct unmap_kind *kind, uintptr_t arg,
                     unsigned count)
{
    unsigned done, n;
    int rc;

    for (done = 0; done < count; done += n) {
        n = count - done < HANDFUL ? count - done : HANDFUL;
        rc = unmap_some(kind, arg + done * kind->size, n);
        if (rc)
            return rc;
        if (done + n < count)
            preempt_point();
    }
    return 0;
}

int64_t grant_op_unmap(uintptr_t arg, unsigned count)
{
    return unmap(&unmap_kind, arg, count);
}

int64_t grant_op_unmap_and_replace(uintptr_t arg, unsigned count)
{
    return unmap(&replace_kind, arg, count);
}
