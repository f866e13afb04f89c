/*
 * mmu.c - a domain's frames, and the tables that its vCPUs run on.
 *
 * A frame of a domain's stands in one of two lists: pages (ALLOCATED), or
 * released, when the domain gave it up while others still refer to it. A domain
 * with a frame in either holds a reference on itself.
 *
 * Locks: mmu.page_lock protects the lists and counts; mmu.lock see pagetype.h.
 */
#include "xen/core/mmu.h"

#include <xen/errno.h>
#include "xen/arch/up.h"
#include "xen/arch/x86/paging.h"
#include "xen/arch/x86/smp.h"
#include "xen/core/dirty.h"
#include "xen/core/domain.h"
#include "xen/core/pagetable.h"
#include "xen/lib/bug.h"

/* page.extra2 of a frame that stands in a list of its owner. */
#define LISTED 1u

/* ---- frames ---- */

/* n more frames for d, if its limit allows. Under page_lock. */
static bool count_add(struct domain *d, uint64_t n)
{
    if (n > d->mmu.max_pages - d->mmu.nr_pages ||
        d->mmu.nr_pages > d->mmu.max_pages)
        return false;
    if (!d->mmu.nr_pages)
        __atomic_add_fetch(&d->refs, 1, __ATOMIC_RELAXED);
    d->mmu.nr_pages += n;
    return true;
}

static bool assign(struct domain *d, struct page *page, unsigned order)
{
    size_t i, n = (size_t)1 << order;
    bool fits;

    spin_lock(&d->mmu.page_lock);
    fits = !d->dying && count_add(d, n);
    for (i = 0; fits && i < n; i++) {
        struct page *p = page + i;

        p->owner = d;
        p->extra2 = LISTED;
        TAILQ_INSERT_TAIL(&d->mmu.pages, p, entry);
        __atomic_store_n(&p->word,
                         PAGE_RAM | PAGE_ALLOCATED | PT_WRITABLE | REF_ONE,
                         __ATOMIC_RELEASE);
    }
    spin_unlock(&d->mmu.page_lock);
    return fits;
}

/* What the boot loader left in memory, modules of others for example, is not
 * for a guest's eyes. */
static void scrub_leftovers(struct page *page, unsigned order)
{
    struct page *p;

    for (p = page; p < page + ((size_t)1 << order); p++)
        if (p->extra3 == FRAME_LEFTOVER)
            frame_scrub(p);
}

bool mmu_assign_page(struct domain *d, struct page *page, unsigned order)
{
    scrub_leftovers(page, order);
    return assign(d, page, order);
}

struct page *mmu_alloc_page(struct domain *d, unsigned order, unsigned flags)
{
    struct page *page = frame_alloc(order, flags);

    if (!page)
        return NULL;
    if (!(flags & FRAME_UNSCRUBBED))
        scrub_leftovers(page, order);
    if (assign(d, page, order))
        return page;
    frame_free(page, order);
    return NULL;
}

/* A pin goes with ALLOCATED: mmu_pin() sets none without it. */
bool mmu_free_page(struct domain *d, struct page *page)
{
    uint64_t word;

    spin_lock(&d->mmu.page_lock);
    word = __atomic_fetch_and(&page->word, ~PAGE_ALLOCATED, __ATOMIC_SEQ_CST);
    if (word & PAGE_ALLOCATED) {
        TAILQ_REMOVE(&d->mmu.pages, page, entry);
        TAILQ_INSERT_TAIL(&d->mmu.released, page, entry);
    }
    spin_unlock(&d->mmu.page_lock);
    if (!(word & PAGE_ALLOCATED))
        return false;
    (void)mmu_unpin(d, page_to_mfn(page));
    page_put(page);
    return true;
}

void mmu_page_gone(struct page *page)
{
    struct domain *d = page->owner;
    bool last = false;

    if (page->extra2 == LISTED) {
        spin_lock(&d->mmu.page_lock);
        TAILQ_REMOVE(&d->mmu.released, page, entry);
        last = --d->mmu.nr_pages == 0;
        spin_unlock(&d->mmu.page_lock);
    }
    page->extra2 = 0;
    page->owner = NULL;
    frame_free(page, 0);
    if (last)
        domain_put(d);
}

void mmu_share_page(struct page *page, struct domain *d, bool writable)
{
    page->owner = d;
    page->extra2 = 0;
    __atomic_store_n(&page->word,
                     PAGE_RAM | (writable ? PT_WRITABLE : PT_READONLY) |
                         TYPE_ONE | REF_ONE,
                     __ATOMIC_RELEASE);
}

void mmu_unshare_page(struct page *page)
{
    page->owner = NULL; /* nobody maps it anew */
    page_put_writable(page);
}

struct page *mmu_hold(struct domain *d, mfn_t mfn)
{
    if (!mfn_valid(mfn) || !page_get_writable(mfn_to_page(mfn), d))
        return NULL;
    return mfn_to_page(mfn);
}

void mmu_unhold(struct page *page)
{
    dirty_wrote(page_to_mfn(page));
    page_put_writable(page);
}

/* ---- birth and death ---- */

int mmu_domain_create(struct domain *d)
{
    TAILQ_INIT(&d->mmu.pages);
    TAILQ_INIT(&d->mmu.released);
    d->mmu.perdomain_l3 = up_page_alloc();
    if (!d->mmu.perdomain_l3)
        return -XEN_ENOMEM;
    d->mmu.perdomain_mfn = virt_to_mfn(d->mmu.perdomain_l3);
    return 0;
}

static void free_tables(pte_t *table, unsigned level)
{
    unsigned i;

    for (i = 0; level > 1 && i < TABLE_ENTRIES; i++)
        if (table[i] & PTE_P)
            free_tables(mfn_to_virt(pte_mfn(table[i])), level - 1);
    page_clear(table);
    frame_free(mfn_to_page(virt_to_mfn(table)), 0);
}

void mmu_domain_destroy(struct domain *d)
{
    tlb_flush_cpus(&d->mmu.cpus, TLB_ALL); /* idle CPUs leave its tables */
    if (d->mmu.perdomain_l3)
        free_tables(d->mmu.perdomain_l3, 3);
    d->mmu.perdomain_l3 = NULL;
    mem_free(d->mmu.map);
    d->mmu.map = NULL;
    if (d->shared_page)
        mmu_unshare_page(d->shared_page);
    d->shared_page = NULL;
}

/* Any frame that d still has, with a reference; or NULL. */
static struct page *any_page(struct domain *d)
{
    struct page *page;

    spin_lock(&d->mmu.page_lock);
    page = TAILQ_FIRST(&d->mmu.pages);
    if (page)
        __atomic_add_fetch(&page->word, REF_ONE, __ATOMIC_SEQ_CST);
    spin_unlock(&d->mmu.page_lock);
    return page;
}

int mmu_domain_relinquish(struct domain *d)
{
    struct page *page;
    unsigned i;

    tlb_flush_cpus(&d->mmu.cpus, TLB_ALL);
    for (i = 0; i < d->max_vcpus; i++)
        if (d->vcpu[i])
            mmu_drop_bases(d->vcpu[i]);
    while ((page = any_page(d)) != NULL) {
        (void)mmu_free_page(d, page);
        page_put(page);
        preempt_point();
    }
    return 0;
}

/* ---- pins ---- */

/* Set PINNED, unless it is set, or the domain has given the frame up. */
static bool set_pinned(struct page *page)
{
    uint64_t word = page_word(page);

    do {
        if ((word & PAGE_PINNED) || !(word & PAGE_ALLOCATED))
            return false;
    } while (!page_swap(page, &word, word | PAGE_PINNED));
    return true;
}

int mmu_pin(struct domain *d, mfn_t mfn, unsigned level)
{
    int rc;

    spin_lock(&d->mmu.lock);
    rc = page_get_typed(d, mfn, PT_TABLE(level));
    if (!rc && !set_pinned(mfn_to_page(mfn))) {
        page_put_typed(d, mfn_to_page(mfn));
        rc = -XEN_EINVAL;
    }
    if (!rc)
        dirty_wrote(mfn);
    spin_unlock(&d->mmu.lock);
    return rc;
}

int mmu_unpin(struct domain *d, mfn_t mfn)
{
    struct page *page = mfn_to_page(mfn);
    uint64_t word;

    if (!mfn_valid(mfn) || !page_get(page, d))
        return -XEN_EINVAL;
    spin_lock(&d->mmu.lock);
    word = __atomic_fetch_and(&page->word, ~PAGE_PINNED, __ATOMIC_SEQ_CST);
    if (word & PAGE_PINNED)
        page_put_typed(d, page);
    dirty_wrote(mfn);
    spin_unlock(&d->mmu.lock);
    page_put(page);
    return word & PAGE_PINNED ? 0 : -XEN_EINVAL;
}

/* ---- the tables that vCPUs run on ---- */

void mmu_fill_hole(struct domain *d, uint64_t *l4)
{
    paging_fill_hole(l4);
    l4[pte_index(PERDOMAIN_START, 4)] = pte_make(d->mmu.perdomain_mfn,
                                                 PTE_P | PTE_W | PTE_A);
}

void mmu_use_bases(struct vcpu *v)
{
    const struct shadow *s = v->pv.shadow;

    v->pv.cr3_kernel = v->pv.l4_kernel;
    v->pv.cr3_user = v->pv.l4_user;
    if (s && v->pv.l4_kernel)
        v->pv.cr3_kernel = mfn_to_paddr(virt_to_mfn(s->root[1]));
    if (s && v->pv.l4_user)
        v->pv.cr3_user = mfn_to_paddr(virt_to_mfn(s->root[0]));
    if (current_pv() != &v->pv)
        v->mmu_cpu = MMU_CPU_NONE; /* and what its shadow holds is stale */
}

void mmu_load_cr3(struct vcpu *v)
{
    uint64_t cr3 = v->pv.kernel_mode ? v->pv.cr3_kernel : v->pv.cr3_user;
    unsigned cpu = this_cpu_id();
    bool moved = v->mmu_cpu != cpu; /* what it flushed there may be left here */

    v->mmu_cpu = cpu;
    this_cpu(tlb_cpu).shadow = v->pv.shadow;
    if (unlikely(!cr3))
        tlb_leave();
    else if (moved || !tlb_loaded(&v->domain->mmu.cpus, cr3))
        tlb_load(&v->domain->mmu.cpus, cr3);
}

void up_load_address_space(struct pv_vcpu *pv)
{
    struct vcpu *v = container_of(pv, struct vcpu, pv);
    uint64_t cr3 = pv->kernel_mode ? pv->cr3_kernel : pv->cr3_user;
    uint64_t irq;

    if (likely(cr3 && this_cpu(tlb_cpu).cpus == &v->domain->mmu.cpus)) {
        tlb_load(&v->domain->mmu.cpus, cr3); /* loading CR3 flushes */
        return;
    }
    irq = irq_save();
    mmu_load_cr3(v);
    irq_restore(irq);
}

int mmu_set_base(struct vcpu *v, mfn_t l4, bool kernel)
{
    uint64_t *base = kernel ? &v->pv.l4_kernel : &v->pv.l4_user;
    struct domain *d = v->domain;
    uint64_t old;
    int rc = 0;

    spin_lock(&d->mmu.lock);
    if (l4 || kernel)
        rc = page_get_typed(d, l4, PT_TABLE(4));
    if (!rc) {
        old = *base;
        *base = mfn_to_paddr(l4);
        mmu_use_bases(v);
        if (current_pv() == &v->pv && v->pv.kernel_mode == kernel)
            up_load_address_space(&v->pv);
        else if (unlikely(v->pv.shadow))
            shadow_empty_root(v->pv.shadow, kernel);
        if (old)
            page_put_typed(d, mfn_to_page(paddr_to_mfn(old)));
    }
    spin_unlock(&d->mmu.lock);
    return rc;
}

mfn_t mmu_guest_frame(struct vcpu *v, uintptr_t address)
{
    mfn_t frame = INVALID_MFN;
    pte_t *p;

    if (pagetable_walks_ours(address))
        return INVALID_MFN;
    spin_lock(&v->domain->mmu.lock);
    p = v->pv.l4_kernel ? pagetable_walk(v->pv.l4_kernel, address) : NULL;
    if (p && (*p & PTE_P))
        frame = pte_mfn(*p);
    spin_unlock(&v->domain->mmu.lock);
    return frame;
}
