/*
 * mmu_window.c - each vCPU's GDT and LDT as the processor loads from them.
 *
 * The windows stand in the per-domain slot: 16 pages of GDT, of which the guest
 * supplies 14, and 16 of LDT. A guest's frame in a window is of type
 * descriptors: checked, and writable to no guest. Where there is none, a page
 * of zeros stands in, all of whose descriptors fault.
 *
 * A window is changed by its vCPU, or while that does not run; a vCPU that
 * comes to another CPU flushes there (mmu_load_cr3()), and one that changes its
 * own window flushes at once, so no stale window is used.
 *
 * But for mmu_revoke_ldt(), which takes a frame from the LDT of a vCPU that may
 * run: whoever makes that frame writable flushes first, as at every change of a
 * type. Both under mmu.lock.
 */
#include <xen/errno.h>
#include "xen/arch/up.h"
#include "xen/arch/x86/smp.h"
#include "xen/core/domain.h"
#include "xen/core/pagetable.h"

#define WINDOW_PAGES (GDT_WINDOW_SIZE / PAGE_SIZE)
#define LDT_FIRST    (LDT_WINDOW_OFFSET / PAGE_SIZE)
#define LDT_FRAMES   16u
#define PER_PAGE     512u /* descriptors */
#define GDT_PTE      (PTE_P | PTE_W | PTE_A | PTE_D | PTE_NX)
#define EMPTY_PTE    (PTE_P | PTE_A | PTE_D | PTE_NX)

static const uint8_t zeros[PAGE_SIZE] ALIGNED(4096);

static mfn_t zero_mfn(void)
{
    return paddr_to_mfn((uintptr_t)zeros - IMAGE_OFFSET);
}

/* The table below *entry, made if there is none. */
static pte_t *descend(pte_t *entry)
{
    if (!(*entry & PTE_P)) {
        void *table = up_page_alloc();

        if (!table)
            return NULL;
        *entry = pte_make(virt_to_mfn(table), PTE_P | PTE_W | PTE_A);
    }
    return mfn_to_virt(pte_mfn(*entry));
}

int mmu_window(struct domain *d, unsigned id, uintptr_t *window,
               uint64_t **ptes)
{
    uintptr_t va = PERDOMAIN_START + id * GDT_WINDOW_SIZE;
    pte_t *l2 = descend(&d->mmu.perdomain_l3[pte_index(va, 3)]);
    pte_t *l1 = l2 ? descend(&l2[pte_index(va, 2)]) : NULL;
    unsigned i;

    if (!l1)
        return -XEN_ENOMEM;
    *window = va;
    *ptes = &l1[pte_index(va, 1)];
    for (i = 0; i < WINDOW_PAGES; i++)
        (*ptes)[i] = pte_make(zero_mfn(), EMPTY_PTE);
    return 0;
}

/* Put frames of type descriptors into the window pages from `first` on, zeros
 * up to `limit`, and drop what was there. Under mmu.lock, which may be dropped
 * meanwhile. */
static void replace(struct vcpu *v, unsigned first, const mfn_t *frames,
                    unsigned n, unsigned limit)
{
    mfn_t old[LDT_FRAMES];
    unsigned i;

    for (i = 0; i < limit; i++) {
        pte_t *p = &v->pv.window_ptes[first + i];

        old[i] = pte_mfn(*p);
        *p = i < n ? pte_make(frames[i], GDT_PTE)
                   : pte_make(zero_mfn(), EMPTY_PTE);
    }
    if (current_pv() == &v->pv)
        tlb_flush_here(TLB_ALL);
    else
        v->mmu_cpu = MMU_CPU_NONE; /* it flushes when it next runs */
    for (i = 0; i < limit; i++)
        if (old[i] != zero_mfn())
            page_put_typed(v->domain, mfn_to_page(old[i]));
}

/* Type n frames as descriptors, or none. */
static int take(struct domain *d, const mfn_t *frames, unsigned n)
{
    unsigned i;
    int rc = 0;

    for (i = 0; i < n; i++) {
        rc = page_get_typed(d, frames[i], PT_SEGDESC);
        if (rc)
            break;
    }
    if (rc)
        while (i-- > 0)
            page_put_typed(d, mfn_to_page(frames[i]));
    return rc;
}

int mmu_set_gdt(struct vcpu *v, const uint64_t *frames, unsigned entries)
{
    unsigned i, n = (entries + PER_PAGE - 1) / PER_PAGE;
    struct domain *d = v->domain;
    int rc;

    if (n > PV_GDT_FRAMES)
        return -XEN_EINVAL;
    spin_lock(&d->mmu.lock);
    rc = take(d, frames, n);
    if (!rc) {
        replace(v, 0, frames, n, PV_GDT_FRAMES);
        for (i = 0; i < PV_GDT_FRAMES; i++)
            v->pv.gdt_frames[i] = i < n ? frames[i] : 0;
        v->pv.gdt_entries = entries;
    }
    spin_unlock(&d->mmu.lock);
    return rc;
}

int mmu_set_ldt(struct vcpu *v, uintptr_t base, unsigned entries)
{
    unsigned i, n = (entries + PER_PAGE - 1) / PER_PAGE;
    struct domain *d = v->domain;
    mfn_t frames[LDT_FRAMES];
    int rc;

    if (n > LDT_FRAMES || (n && (base & (PAGE_SIZE - 1))))
        return -XEN_EINVAL;
    for (i = 0; i < n; i++) {
        frames[i] = mmu_guest_frame(v, base + i * PAGE_SIZE);
        if (frames[i] == INVALID_MFN)
            return -XEN_EINVAL;
    }
    spin_lock(&d->mmu.lock);
    rc = take(d, frames, n);
    if (!rc) {
        replace(v, LDT_FIRST, frames, n, LDT_FRAMES);
        v->pv.ldt_base = base;
        v->pv.ldt_entries = entries;
    }
    spin_unlock(&d->mmu.lock);
    return rc;
}

bool mmu_revoke_ldt(struct domain *d, mfn_t mfn)
{
    struct page *page = mfn_to_page(mfn);
    bool found = false;
    unsigned i, n;

    if ((page_word(page) & PT_MASK) != PT_SEGDESC)
        return false;
    for (n = 0; n < d->max_vcpus; n++) {
        const struct vcpu *v = d->vcpu[n];

        if (!v || !v->pv.window_ptes || !v->pv.ldt_entries)
            continue;
        for (i = LDT_FIRST; i < LDT_FIRST + LDT_FRAMES; i++) {
            pte_t *p = &v->pv.window_ptes[i];

            if (pte_mfn(*p) != mfn)
                continue;
            (void)__atomic_exchange_n(p, pte_make(zero_mfn(), EMPTY_PTE),
                                      __ATOMIC_SEQ_CST);
            page_put_typed(d, page);
            found = true;
        }
    }
    return found;
}

void mmu_drop_bases(struct vcpu *v)
{
    struct domain *d = v->domain;
    uint64_t kernel = v->pv.l4_kernel, user = v->pv.l4_user;

    if (v->pv.window_ptes) {
        (void)mmu_set_gdt(v, NULL, 0);
        (void)mmu_set_ldt(v, 0, 0);
    }
    spin_lock(&d->mmu.lock);
    v->pv.l4_kernel = v->pv.l4_user = 0;
    mmu_use_bases(v);
    if (user)
        page_put_typed(d, mfn_to_page(paddr_to_mfn(user)));
    if (kernel)
        page_put_typed(d, mfn_to_page(paddr_to_mfn(kernel)));
    spin_unlock(&d->mmu.lock);
}
