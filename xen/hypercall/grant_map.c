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
#include "xen/hypercall/again.h"
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
        if (pagetable_walks_ours(host_addr))
            return NULL;
        return pagetable_walk(v->pv.l4_kernel, host_addr);
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
static inline int map_frame(struct domain *granter, mfn_t mfn,
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
        pagetable_put_entry(v->domain, p, entry_value(mfn, op->flags));
    spin_unlock(&v->domain->mmu.lock);
    if (unlikely(!p)) {
        drop_frame(mfn, write);
        return GNTST_bad_virt_addr;
    }
    return GNTST_okay;
}

/* granter's reference passes to the mapping. */
static inline int map_from(struct domain *granter,
                           struct gnttab_map_grant_ref *op)
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

static inline int map_one(struct gnttab_map_grant_ref *op)
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

union map_words {
    struct gnttab_map_grant_ref op;
    uint64_t word[4]; /* the last is only an answer */
};

_Static_assert(sizeof(struct gnttab_map_grant_ref) == 32, "public ABI");

int64_t grant_op_map(uintptr_t arg, unsigned count)
{
    union map_words u;
    unsigned i;

    for (i = 0; i < count; i++, arg += sizeof(u)) {
        if (unlikely(guest_get3(u.word, arg)))
            return -XEN_EFAULT;
        u.op.dev_bus_addr = 0;
        u.op.status = (int16_t)map_one(&u.op);
        if (unlikely(guest_put2(arg + 16, u.word[2], u.word[3])))
            return -XEN_EFAULT;
        if (i + 1 < count && preempt_point_ends())
            return hypercall_again(GNTTABOP_map_grant_ref, arg + sizeof(u),
                                   count - i - 1);
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
static inline int take_entry(const struct vcpu *v, const struct grant_map *m,
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
        pagetable_wrote(from);
    }
    pagetable_put_entry(v->domain, p, value);
    return GNTST_okay;
}

static inline void end_begin(struct ending *e, uint32_t handle,
                             uint64_t host_addr, uint64_t new_addr)
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

static inline void end_finish(struct ending *e)
{
    if (unlikely(!e->map))
        return;
    grant_unpin(e->map->granter, e->map->ref,
                !(e->map->flags & GNTMAP_readonly));
    grant_map_free(current_domain(), e->handle, e->map);
}

/* One element of either array: where its new_addr, handle and status are. */
union unmap_words {
    struct gnttab_unmap_grant_ref op;
    struct gnttab_unmap_and_replace replace;
    uint64_t word[3];
};

_Static_assert(sizeof(union unmap_words) == 24, "public ABI");
_Static_assert(offsetof(struct gnttab_unmap_grant_ref, handle) == 16 &&
                   offsetof(struct gnttab_unmap_and_replace, handle) == 16 &&
                   offsetof(struct gnttab_unmap_grant_ref, status) == 20 &&
                   offsetof(struct gnttab_unmap_and_replace, status) == 20,
               "public ABI");

static inline void begin_one(struct ending *e, uintptr_t arg, bool replace)
{
    union unmap_words u;

    *e = (struct ending){ .status = GNTST_bad_virt_addr };
    if (unlikely(guest_get3(u.word, arg))) {
        e->status = GNTST_general_error;
        return;
    }
    e->handle = u.op.handle;
    if (likely(u.op.host_addr))
        end_begin(e, u.op.handle, u.op.host_addr,
                  replace ? u.replace.new_addr : 0);
}

/* handle and status are one word. */
static inline int finish_one(struct ending *e, uintptr_t arg)
{
    end_finish(e);
    return guest_put1(arg + 16,
                      e->handle | (uint64_t)(uint16_t)e->status << 32);
}

static inline void flush_domain(const struct domain *d)
{
    if (likely(smp_nr_cpus == 1))
        tlb_flush_local();
    else
        tlb_flush_cpus(&d->mmu.cpus, TLB_ALL);
}

/* A handful: entries, one flush, pins, statuses. */
static int unmap_some(uintptr_t arg, unsigned n, bool replace)
{
    struct ending e[HANDFUL];
    unsigned i;
    int rc = 0;

    for (i = 0; i < n; i++)
        begin_one(&e[i], arg + i * sizeof(union unmap_words), replace);
    flush_domain(current_domain());
    for (i = 0; i < n; i++)
        if (finish_one(&e[i], arg + i * sizeof(union unmap_words)))
            rc = -XEN_EFAULT;
    return rc;
}

static int64_t unmap(uintptr_t arg, unsigned count, bool replace)
{
    unsigned done, n;
    int rc;

    for (done = 0; done < count; done += n) {
        n = count - done < HANDFUL ? count - done : HANDFUL;
        rc = unmap_some(arg + done * sizeof(union unmap_words), n, replace);
        if (rc)
            return rc;
        if (done + n < count && preempt_point_ends())
            return hypercall_again(
                replace ? GNTTABOP_unmap_and_replace : GNTTABOP_unmap_grant_ref,
                arg + (done + n) * sizeof(union unmap_words), count - done - n);
    }
    return 0;
}

int64_t grant_op_unmap(uintptr_t arg, unsigned count)
{
    return unmap(arg, count, false);
}

int64_t grant_op_unmap_and_replace(uintptr_t arg, unsigned count)
{
    return unmap(arg, count, true);
}
