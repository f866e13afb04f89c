/*
 * pagetype.h - references and types of a guest's frames.
 *
 * docs/pagetypes.md has the argument and the layout of page.word; here are the
 * operations on it. All are atomic and any CPU may call them; those that begin
 * or end a table or descriptor type want the owner's mmu.lock, may drop it in
 * between to let others run, and say so. Hypercall context, interrupts on.
 */
#ifndef XEN_CORE_PAGETYPE_H
#define XEN_CORE_PAGETYPE_H

#include "xen/arch/x86/pte.h"
#include "xen/arch/x86/tlb.h"
#include "xen/base/frame.h"

#define PT_SHIFT      61
#define PT_MASK       ((uint64_t)7 << PT_SHIFT)
#define PT_HYPERVISOR ((uint64_t)0 << PT_SHIFT)
#define PT_TABLE(l)   ((uint64_t)(l) << PT_SHIFT) /* l = 1..4 */
#define PT_SEGDESC    ((uint64_t)5 << PT_SHIFT)
#define PT_WRITABLE   ((uint64_t)6 << PT_SHIFT)
#define PT_READONLY   ((uint64_t)7 << PT_SHIFT) /* shared, never writable */

#define PAGE_PINNED    ((uint64_t)1 << 60)
#define PAGE_VALIDATED ((uint64_t)1 << 59)
#define PAGE_BUSY      ((uint64_t)1 << 58)
#define PAGE_ALLOCATED ((uint64_t)1 << 57)
/* 56, 55: PAGE_RAM, PAGE_FREE (frame.h) */
#define PAGE_FOREIGN ((uint64_t)1 << 54)

#define TYPE_ONE    ((uint64_t)1 << 27)
#define TYPE_COUNT  ((uint64_t)0x7ffffff << 27)
#define REF_ONE     ((uint64_t)1)
#define REF_COUNT   ((uint64_t)0x7ffffff)
#define COUNTS_FULL ((uint64_t)1 << 53 | (uint64_t)1 << 26)

struct domain;

static inline uint64_t page_word(const struct page *page)
{
    return __atomic_load_n(&page->word, __ATOMIC_RELAXED);
}

/* *seen is what the word was; on failure it becomes what it is. */
static inline bool page_swap(struct page *page, uint64_t *seen, uint64_t word)
{
    return __atomic_compare_exchange_n(&page->word, seen, word, false,
                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* The level 1..4 of the validated table that word describes; 0: it is none. */
static inline unsigned page_table_level(uint64_t word)
{
    unsigned type = (unsigned)(word >> PT_SHIFT);

    return (word & PAGE_VALIDATED) && type <= 4 ? type : 0;
}

/* The last reference was dropped: give the frame back. */
void page_release(struct page *page);
/* page_put_writable() where a count falls to 0. */
void page_put_writable_slow(struct page *page);
/* page_get_writable() where the type must change or somebody changes it. */
bool page_get_writable_slow(struct page *page, const struct domain *d);

static inline void page_put(struct page *page)
{
    uint64_t word = __atomic_sub_fetch(&page->word, REF_ONE, __ATOMIC_SEQ_CST);

    if (unlikely(!(word & REF_COUNT)))
        page_release(page);
}

/* One reference on a frame of d's. False: it is not d's. mfn_valid(page). */
static inline bool page_get(struct page *page, const struct domain *d)
{
    uint64_t word = page_word(page);

    do {
        if (unlikely(!(word & REF_COUNT) || (word & COUNTS_FULL)))
            return false;
    } while (!page_swap(page, &word, word + REF_ONE));
    if (likely(page->owner == d))
        return true;
    page_put(page);
    return false;
}

/* Drop one reference and one type reference `writable`. */
static inline void page_put_writable(struct page *page)
{
    uint64_t word = page_word(page);

    do {
        if (unlikely((word & TYPE_COUNT) == TYPE_ONE ||
                     (word & REF_COUNT) == REF_ONE)) {
            page_put_writable_slow(page);
            return;
        }
    } while (!page_swap(page, &word, word - TYPE_ONE - REF_ONE));
}

/* One reference and one type reference `writable` on a frame of d's. */
static inline bool page_get_writable(struct page *page, const struct domain *d)
{
    uint64_t word = page_word(page);

    do {
        if (unlikely((word & (PT_MASK | PAGE_BUSY)) != PT_WRITABLE ||
                     !(word & REF_COUNT) || (word & COUNTS_FULL)))
            return page_get_writable_slow(page, d);
    } while (!page_swap(page, &word, word + TYPE_ONE + REF_ONE));
    if (likely(page->owner == d))
        return true;
    page_put_writable(page);
    return false;
}

/* One reference and one type reference of a table level or of descriptors on
 * frame mfn of d's, checked. Under d's mmu.lock, which may be dropped meanwhile
 * for levels above 1. 0, -EINVAL (not d's, another type in use, a bad entry),
 * -EBUSY (counts full). */
int page_get_typed(struct domain *d, mfn_t mfn, uint64_t type);

/* Drop what page_get_typed() gave. The same rules. */
void page_put_typed(struct domain *d, struct page *page);

/* The type reference alone, the caller keeping a reference. */
int page_get_type(struct domain *d, struct page *page, uint64_t type);
void page_put_type(struct domain *d, struct page *page);

/* Let others run, if they should, without d's mmu.lock. */
void page_relax(struct domain *d);

#endif
