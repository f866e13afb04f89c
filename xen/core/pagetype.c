/*
 * pagetype.c - beginning and ending the types of frames; freeing them.
 *
 * See docs/pagetypes.md. Only here does a type begin (type count 0 -> 1) or end
 * (1 -> 0): the first passes through BUSY whenever stale translations must be
 * flushed or entries checked; the second whenever entries must be dropped.
 */
#include "xen/core/pagetype.h"

#include <xen/errno.h>
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/smp.h"
#include "xen/base/softirq.h"
#include "xen/core/dirty.h"
#include "xen/core/domain.h"
#include "xen/core/pagetable.h"
#include "xen/lib/bug.h"

void page_relax(struct domain *d)
{
    if (likely(!softirq_pending()))
        return;
    spin_unlock(&d->mmu.lock);
    preempt_point();
    spin_lock(&d->mmu.lock);
}

/* Somebody is changing the type of a frame of d's: let them finish. */
static void wait_relaxed(struct domain *d)
{
    spin_unlock(&d->mmu.lock);
    cpu_pause();
    run_yield();
    spin_lock(&d->mmu.lock);
}

/* Flush what may be left of the frame's last type. */
static void flush_last_type(const struct page *page)
{
    const struct domain *d = page->owner;

    if (page_word(page) & PAGE_FOREIGN)
        tlb_flush_stale(&smp_online, page->stamp);
    else
        tlb_flush_stale(&d->mmu.cpus, page->stamp);
}

void page_release(struct page *page)
{
    mfn_t mfn = page_to_mfn(page);

    /* A full barrier, the locked subtraction, stands before. */
    page->stamp = tlb_stamp();
    page_clear(mfn_to_virt(mfn));
    m2p_set(mfn, INVALID_PFN);
    mmu_page_gone(page);
}

/* ---- writable ---- */

void page_put_writable_slow(struct page *page)
{
    uint64_t word = page_word(page);

    /* The entry is gone, by xchg: the stamp may be read now. A later one does
     * no harm, so a failing swap may leave it. */
    for (;;) {
        if ((word & TYPE_COUNT) == TYPE_ONE)
            page->stamp = tlb_stamp();
        if (page_swap(page, &word, word - TYPE_ONE - REF_ONE))
            break;
    }
    if ((word & REF_COUNT) == REF_ONE)
        page_release(page);
}

/* With a reference of the caller's: begin `writable` where the last type was
 * another; wait for others who are at it. */
static bool begin_writable(struct page *page)
{
    uint64_t word = page_word(page);

    for (;;) {
        uint64_t next = word + TYPE_ONE;

        if (word & COUNTS_FULL)
            return false;
        if ((word & PT_MASK) != PT_WRITABLE) {
            if (word & TYPE_COUNT)
                return false;
            next = (next & ~PT_MASK) | PT_WRITABLE | PAGE_BUSY;
        } else if (word & PAGE_BUSY) {
            cpu_pause(); /* for the length of a flush */
            word = page_word(page);
            continue;
        }
        if (page_swap(page, &word, next)) {
            if (next & PAGE_BUSY) {
                flush_last_type(page);
                __atomic_and_fetch(&page->word, ~PAGE_BUSY, __ATOMIC_SEQ_CST);
            }
            return true;
        }
    }
}

bool page_get_writable_slow(struct page *page, const struct domain *d)
{
    if (!page_get(page, d))
        return false;
    if (begin_writable(page))
        return true;
    page_put(page);
    return false;
}

/* ---- tables and descriptors ---- */

/* The entries of a table, or descriptors, are checked; BUSY. */
static int validate(struct domain *d, struct page *page, uint64_t type)
{
    if (type == PT_SEGDESC)
        return pagetable_check_descriptors(page_to_mfn(page));
    return pagetable_validate(d, page, (unsigned)(type >> PT_SHIFT));
}

/* End BUSY with `flags` set; drop `drop` from the counts. */
static void end_busy(struct page *page, uint64_t flags, uint64_t drop)
{
    uint64_t word = page_word(page);

    while (!page_swap(page, &word, ((word & ~PAGE_BUSY) | flags) - drop))
        ;
    dirty_wrote(page_to_mfn(page)); /* its entries, and what it is */
}

/* BUSY, flushed, count 1: check it. */
static int begin_type(struct domain *d, struct page *page, uint64_t type)
{
    int rc;

    rc = validate(d, page, type);
    if (rc) {
        page->stamp = tlb_stamp();
        end_busy(page, 0, TYPE_ONE);
        return rc;
    }
    end_busy(page, PAGE_VALIDATED, 0);
    return 0;
}

int page_get_type(struct domain *d, struct page *page, uint64_t type)
{
    uint64_t word = page_word(page);

    for (;;) {
        uint64_t last = word & PT_MASK;

        if (word & COUNTS_FULL)
            return -XEN_EBUSY;
        if (!(word & TYPE_COUNT)) {
            uint64_t next = (word & ~PT_MASK) | type | PAGE_BUSY;

            if (!page_swap(page, &word, next + TYPE_ONE))
                continue;
            if (last != type)
                flush_last_type(page);
            return begin_type(d, page, type);
        }
        if (last != type)
            return -XEN_EINVAL;
        if (word & PAGE_BUSY) {
            wait_relaxed(d);
            word = page_word(page);
            continue;
        }
        if (page_swap(page, &word, word + TYPE_ONE))
            return 0;
    }
}

void page_put_type(struct domain *d, struct page *page)
{
    uint64_t word = page_word(page);
    unsigned level;

    for (;;) {
        if ((word & TYPE_COUNT) != TYPE_ONE) {
            if (page_swap(page, &word, word - TYPE_ONE))
                return;
            continue;
        }
        if (page_swap(page, &word, (word & ~PAGE_VALIDATED) | PAGE_BUSY))
            break;
    }
    level = (unsigned)(word >> PT_SHIFT);
    if (level <= 4)
        pagetable_invalidate(d, page, level);
    page->stamp = tlb_stamp();
    end_busy(page, 0, TYPE_ONE);
}

int page_get_typed(struct domain *d, mfn_t mfn, uint64_t type)
{
    struct page *page = mfn_to_page(mfn);
    uint64_t word;
    int rc;

    if (unlikely(!mfn_valid(mfn)))
        return -XEN_EINVAL;
    /* A table that is one already: both counts at once. */
    word = page_word(page);
    while ((word & (PT_MASK | PAGE_BUSY)) == type && (word & TYPE_COUNT) &&
           !(word & COUNTS_FULL) && page->owner == d)
        if (page_swap(page, &word, word + TYPE_ONE + REF_ONE))
            return 0; /* d's tables can't change hands under d's lock */
    if (!page_get(page, d))
        return -XEN_EINVAL;
    rc = page_get_type(d, page, type);
    if (rc)
        page_put(page);
    return rc;
}

void page_put_typed(struct domain *d, struct page *page)
{
    page_put_type(d, page);
    page_put(page);
}
